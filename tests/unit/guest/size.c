// SPDX-License-Identifier: GPL-2.0-only
/*
 * How much memory is behind a BAR, and which blocks of it: every small case
 * against one that looks at each byte.
 */
#include "t.h"
#include "regs.h"
#include "size.h"

#define MIB	(1ULL << 20)
#define GIB	(1ULL << 30)

/* The block at @at: is all of it inside? Asked byte by byte. */
static bool whole(u64 base, u64 size, u64 at, u64 block)
{
	u64 i;

	for (i = 0; i < block; i++) {
		if (at + i < base || at + i >= base + size)
			return false;
	}
	return true;
}

static void every_small_range(struct kunit *t)
{
	u64 base, size, block, at, start, len, first, nr;

	for (block = 1; block <= 16; block *= 2)
		for (base = 0; base < 40; base++)
			for (size = 0; size < 70; size++) {
				len = cohmem_guest_blocks(base, size, block, &start);
				first = 0;
				nr = 0;
				for (at = 0; at < 128; at += block) {
					if (!whole(base, size, at, block))
						continue;
					if (!nr++)
						first = at;
				}
				T_MSG(t, len == nr * block, "base %u size %u block %u",
				      (unsigned int)base, (unsigned int)size,
				      (unsigned int)block);
				if (nr)
					T_EQ(t, start, first);
			}
}

static void blocks_of_real_sizes(struct kunit *t)
{
	static const u64 blocks[] = { 128 * MIB, 512 * MIB, 2 * GIB };
	u64 start, len, i;

	for (i = 0; i < ARRAY_SIZE(blocks); i++) {
		len = cohmem_guest_blocks(512 * GIB, 95 * GIB, blocks[i], &start);
		T_EQ(t, start, 512 * GIB);
		T_EQ(t, len, 95 * GIB / blocks[i] * blocks[i]);
		/* one page less is one block less */
		len = cohmem_guest_blocks(512 * GIB, blocks[i] * 3 - 4096, blocks[i], &start);
		T_EQ(t, len, 2 * blocks[i]);
		/* one page late is one block late */
		len = cohmem_guest_blocks(512 * GIB + 4096, blocks[i] * 3, blocks[i], &start);
		T_EQ(t, start, 512 * GIB + blocks[i]);
		T_EQ(t, len, 2 * blocks[i]);
	}
}

static void end_of_the_number_range(struct kunit *t)
{
	u64 start;

	T_EQ(t, cohmem_guest_blocks(~0ULL, 1, 128 * MIB, &start), 0);
	T_EQ(t, cohmem_guest_blocks(~0ULL - 4095, 4096, 128 * MIB, &start), 0);
	T_EQ(t, cohmem_guest_blocks(4096, ~0ULL, 128 * MIB, &start), 0);
	T_EQ(t, cohmem_guest_blocks(-(128 * MIB), 128 * MIB - 1, 128 * MIB, &start), 0);
	T_EQ(t, cohmem_guest_blocks(0, ~0ULL, 128 * MIB, &start), -(128 * MIB));
	T_EQ(t, cohmem_guest_blocks(0, 0, 128 * MIB, &start), 0);
}

/*
 * The host's driver makes the BAR, the guest takes it apart: what the one puts in
 * the other gets out. The slow way to the BAR: the first power of two that holds it.
 */
static void host_and_guest_agree(struct kunit *t)
{
	static const struct cohmem_placement *const place[] = {
		&cohmem_placement_split, &cohmem_placement_whole,
	};
	u64 total, usemem, bar, size, other;
	unsigned int i;

	for (i = 0; i < 2; i++)
		for (total = 1; total < 300 * 1024; total += total < 5000 ? 1 : 511) {
			usemem = total * MIB;
			if (i == 0 && usemem > GIB)
				usemem = (usemem - GIB) / (512 * MIB) * (512 * MIB);
			else if (i == 0)
				usemem = 0;
			for (bar = 1; bar < usemem;)
				bar *= 2;
			if (!usemem) {
				T_EQ(t, cohmem_guest_size(total, place[i], GIB, &size),
				     COHMEM_SIZE_SMALL);
				T_EQ(t, size, 0);
				continue;
			}
			T_EQ(t, cohmem_guest_size(total, place[i], bar, &size),
			     COHMEM_SIZE_OK);
			T_EQ(t, size, usemem);
			/* any other BAR is not that of this memory */
			for (other = 1ULL << 20; other <= 1ULL << 42; other *= 2) {
				if (other == bar)
					continue;
				T_EQ(t, cohmem_guest_size(total, place[i], other, &size),
				     COHMEM_SIZE_MISFIT);
				T_EQ(t, size, 0);
			}
		}
}

static void nothing_is_said(struct kunit *t)
{
	u64 size = 1;

	T_EQ(t, cohmem_guest_size(0, &cohmem_placement_whole, 128 * GIB, &size),
	     COHMEM_SIZE_UNKNOWN);
	T_EQ(t, size, 0);
	T_EQ(t, cohmem_guest_size(~0U, &cohmem_placement_whole, 128 * GIB, &size),
	     COHMEM_SIZE_UNKNOWN);
	/* absurd: more than a region can be */
	T_EQ(t, cohmem_guest_size(~0U - 1, &cohmem_placement_whole, 128 * GIB, &size),
	     COHMEM_SIZE_MISFIT);
}

/* An H100 on a card has registers behind BAR4, 32 MiB of them. */
static void a_bar_that_is_no_memory(struct kunit *t)
{
	u64 size;

	T_EQ(t, cohmem_guest_size(96 * 1024, &cohmem_placement_split, 32 * MIB, &size),
	     COHMEM_SIZE_MISFIT);
}

static void asked_for(struct kunit *t)
{
	u64 size;

	T_EQ(t, cohmem_guest_size_asked(95 * GIB, 128 * GIB, 4096, &size), COHMEM_SIZE_OK);
	T_EQ(t, size, 95 * GIB);
	T_EQ(t, cohmem_guest_size_asked(128 * GIB, 128 * GIB, 4096, &size), COHMEM_SIZE_OK);
	T_EQ(t, cohmem_guest_size_asked(128 * GIB + 1, 128 * GIB, 4096, &size),
	     COHMEM_SIZE_BEYOND);
	T_EQ(t, size, 0);
	T_EQ(t, cohmem_guest_size_asked(~0ULL, 128 * GIB, 4096, &size), COHMEM_SIZE_BEYOND);
	T_EQ(t, cohmem_guest_size_asked(0, 128 * GIB, 4096, &size), COHMEM_SIZE_SMALL);
	T_EQ(t, cohmem_guest_size_asked(4095, 128 * GIB, 4096, &size), COHMEM_SIZE_SMALL);
	T_EQ(t, cohmem_guest_size_asked(65536 + 4096, GIB, 65536, &size), COHMEM_SIZE_OK);
	T_EQ(t, size, 65536);
}

static void every_reason_has_words(struct kunit *t)
{
	unsigned int i, j;

	for (i = 0; i < COHMEM_NR_SIZES; i++)
		for (j = 0; j < i; j++)
			T_TRUE(t, strcmp(cohmem_guest_size_str(i), cohmem_guest_size_str(j)));
	T_STREQ(t, cohmem_guest_size_str(COHMEM_NR_SIZES), "unknown");
}

T_SUITE(guest_size,
	T_CASE(every_small_range),
	T_CASE(blocks_of_real_sizes),
	T_CASE(end_of_the_number_range),
	T_CASE(host_and_guest_agree),
	T_CASE(nothing_is_said),
	T_CASE(a_bar_that_is_no_memory),
	T_CASE(asked_for),
	T_CASE(every_reason_has_words));
