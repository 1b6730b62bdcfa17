// SPDX-License-Identifier: GPL-2.0-only
/*
 * Extended GPU Memory: what firmware may say against rules written a second time,
 * and retired blocks against a map that has a bit for each block.
 */
#include "t.h"
#include "egm.h"

#define PAGE	0x1000ULL
#define BLOCKS	96
#define BASE	0x100000000000ULL
#define SIZE	(BLOCKS * COHMEM_EGM_BLOCK)

/* Too big for a stack in the kernel; cases run one after the other. */
static struct cohmem_egm_retired retired;

/* What is wrong with one announcement, in an order of its own. */
static bool sound(const struct cohmem_egm_announced *a, unsigned int bits)
{
	unsigned int i;

	for (i = 0; i < 12; i++)
		if ((a->base | a->size) & (1ULL << i))
			return false;
	if (a->base + a->size < a->base || a->base + a->size == 0)
		return false;
	if (bits && bits < 64 && a->base + a->size > 1ULL << bits)
		return false;
	if (a->pxm != (u8)a->pxm)
		return false;
	for (i = 0; i < 3; i++)
		if (a->retired & (1ULL << i))
			return false;
	if (a->retired + 8 < a->retired || a->retired + 8 == 0)
		return false;
	return !(bits && bits < 64 && a->retired >= 1ULL << bits);
}

static void border(struct kunit *t, u64 base, u64 size, u64 list, u64 pxm,
		   unsigned int bits)
{
	struct cohmem_egm_announced a = {
		.nr_numbers = 3, .base = base, .size = size, .pxm = pxm,
		.retired = list,
	};
	enum cohmem_egm_verdict is = cohmem_egm_check(&a, PAGE, bits);

	if (!size)
		T_EQ(t, is, COHMEM_EGM_OFF);
	else if (!base)
		T_EQ(t, is, COHMEM_EGM_BASE_ZERO);
	else
		T_MSG(t, (is == COHMEM_EGM_OK) == sound(&a, bits),
		      "%d: base %#llx size %#llx list %#llx domain %#llx bits %u",
		      (int)is, (unsigned long long)base,
		      (unsigned long long)size, (unsigned long long)list,
		      (unsigned long long)pxm, bits);
}

static void every_border(struct kunit *t)
{
	static const u64 edges[] = {
		0, 1, 8, PAGE - 1, PAGE, PAGE + 1, COHMEM_EGM_BLOCK,
		1ULL << 39, (1ULL << 40) - PAGE, 1ULL << 40, (1ULL << 48) - PAGE,
		1ULL << 48, 1ULL << 63, ~0ULL - PAGE + 1, ~0ULL - 7, ~0ULL - 8,
		~0ULL - 15, ~0ULL,
	};
	static const u64 domains[] = { 0, 4, 255, 256, ~0ULL };
	static const unsigned int bits[] = { 0, 40, 48, 64 };
	const unsigned int n = ARRAY_SIZE(edges);
	unsigned int b, s, l, d, k;

	for (b = 0; b < n; b++)
		for (s = 0; s < n; s++)
			for (l = 0; l < n; l++)
				for (d = 0; d < ARRAY_SIZE(domains); d++)
					for (k = 0; k < ARRAY_SIZE(bits); k++)
						border(t, edges[b], edges[s],
						       edges[l], domains[d],
						       bits[k]);
}

static enum cohmem_egm_verdict said(unsigned int nr, u64 base, u64 size, u64 pxm,
				    u64 list)
{
	struct cohmem_egm_announced a = {
		.nr_numbers = nr, .base = base, .size = size, .pxm = pxm,
		.retired = list,
	};

	return cohmem_egm_check(&a, PAGE, 48);
}

/* Each word has an announcement of its own. */
static void which_word(struct kunit *t)
{
	T_EQ(t, said(0, 0, 0, 0, 0), COHMEM_EGM_OFF);
	T_EQ(t, said(3, 0, 0, 0, 0), COHMEM_EGM_OFF);
	T_EQ(t, said(3, BASE, 0, 999, 1), COHMEM_EGM_OFF);
	T_EQ(t, said(1, BASE, SIZE, 4, 0), COHMEM_EGM_INCOMPLETE);
	T_EQ(t, said(2, BASE, SIZE, 4, 0), COHMEM_EGM_INCOMPLETE);
	T_EQ(t, said(3, BASE, SIZE, 4, 0), COHMEM_EGM_OK);
	T_EQ(t, said(3, 0, SIZE, 4, 0), COHMEM_EGM_BASE_ZERO);
	T_EQ(t, said(3, BASE + 1, SIZE, 4, 0), COHMEM_EGM_BASE_UNALIGNED);
	T_EQ(t, said(3, BASE, SIZE + 1, 4, 0), COHMEM_EGM_SIZE_UNALIGNED);
	T_EQ(t, said(3, BASE, ~0ULL - PAGE + 1, 4, 0), COHMEM_EGM_OVERFLOW);
	T_EQ(t, said(3, BASE, 1ULL << 48, 4, 0), COHMEM_EGM_PHYS_LIMIT);
	T_EQ(t, said(3, BASE, SIZE, 255, 0), COHMEM_EGM_OK);
	T_EQ(t, said(3, BASE, SIZE, 256, 0), COHMEM_EGM_PXM);
	T_EQ(t, said(3, BASE, SIZE, 4, 4), COHMEM_EGM_RETIRED);
	T_EQ(t, said(3, BASE, SIZE, 4, 1ULL << 48), COHMEM_EGM_RETIRED);
}

/* The list says what the map says, for every offset and length in pages. */
static void same_as_map(struct kunit *t, const bool *map)
{
	u64 off, len, i;
	unsigned int n = 0;

	for (i = 0; i < BLOCKS; i++) {
		if (!map[i])
			continue;
		T_TRUE(t, n < retired.nr);
		T_EQ(t, retired.off[n], i * COHMEM_EGM_BLOCK);
		n++;
	}
	T_EQ(t, n, retired.nr);

	/* Odd steps, so that all places in a block come up. */
	for (off = 0; off < SIZE; off += 13 * PAGE) {
		for (len = 1; off + len <= SIZE; len = len * 2 + 511) {
			for (i = 0; i < len; i += PAGE)
				if (map[(off + i) / COHMEM_EGM_BLOCK])
					break;
			if (i > len)
				i = len;
			T_EQ(t, cohmem_egm_retired_good(&retired, off, len), i);
		}
	}
}

/* Lists in any order, with doubles. */
static void any_list(struct kunit *t)
{
	struct t_random r = { 7 };
	bool map[BLOCKS];
	unsigned int round, n, i;

	for (round = 0; round < T_SCALE(300, 30); round++) {
		memset(map, 0, sizeof(map));
		memset(&retired, 0, sizeof(retired));
		n = t_random(&r) % 40;
		for (i = 0; i < n; i++) {
			u64 block = t_random(&r) % BLOCKS;

			map[block] = true;
			T_EQ(t, cohmem_egm_retired_add(&retired, BASE, SIZE,
						       BASE + block *
						       COHMEM_EGM_BLOCK),
			     COHMEM_EGM_OK);
		}
		same_as_map(t, map);
	}
}

static void all_and_none(struct kunit *t)
{
	bool map[BLOCKS];
	unsigned int i;

	memset(map, 0, sizeof(map));
	memset(&retired, 0, sizeof(retired));
	same_as_map(t, map);
	for (i = BLOCKS; i--;) {
		map[i] = true;
		T_EQ(t, cohmem_egm_retired_add(&retired, BASE, SIZE,
					       BASE + i * COHMEM_EGM_BLOCK),
		     COHMEM_EGM_OK);
	}
	same_as_map(t, map);
}

static void lies(struct kunit *t)
{
	static const u64 at[] = {
		0, 1, BASE - COHMEM_EGM_BLOCK, BASE - 1, BASE + 1, BASE + PAGE,
		BASE + SIZE - PAGE, BASE + SIZE, ~0ULL - COHMEM_EGM_BLOCK + 1,
		~0ULL,
	};
	unsigned int i;

	memset(&retired, 0, sizeof(retired));
	for (i = 0; i < ARRAY_SIZE(at); i++)
		T_EQ(t, cohmem_egm_retired_add(&retired, BASE, SIZE, at[i]),
		     COHMEM_EGM_RETIRED);
	T_EQ(t, retired.nr, 0);
	/* A range smaller than a block, or one that ends within one. */
	T_EQ(t, cohmem_egm_retired_add(&retired, BASE, PAGE, BASE),
	     COHMEM_EGM_RETIRED);
	T_EQ(t, cohmem_egm_retired_add(&retired, BASE, COHMEM_EGM_BLOCK + PAGE,
				       BASE + COHMEM_EGM_BLOCK),
	     COHMEM_EGM_RETIRED);
	T_EQ(t, cohmem_egm_retired_add(&retired, BASE, COHMEM_EGM_BLOCK, BASE),
	     COHMEM_EGM_OK);
}

/* As many as firmware's table holds, and one more. */
static void full(struct kunit *t)
{
	const u64 size = 2ULL * COHMEM_EGM_MAX_RETIRED * COHMEM_EGM_BLOCK;
	u64 i;

	memset(&retired, 0, sizeof(retired));
	for (i = 0; i < COHMEM_EGM_MAX_RETIRED; i++)
		T_EQ(t, cohmem_egm_retired_add(&retired, BASE, size,
					       BASE + 2 * i * COHMEM_EGM_BLOCK),
		     COHMEM_EGM_OK);
	T_EQ(t, retired.nr, COHMEM_EGM_MAX_RETIRED);
	T_EQ(t, cohmem_egm_retired_add(&retired, BASE, size, BASE),
	     COHMEM_EGM_OK);
	T_EQ(t, cohmem_egm_retired_add(&retired, BASE, size,
				       BASE + COHMEM_EGM_BLOCK),
	     COHMEM_EGM_RETIRED);
	for (i = 0; i < 2 * COHMEM_EGM_MAX_RETIRED; i++)
		T_EQ(t, cohmem_egm_retired_good(&retired, i * COHMEM_EGM_BLOCK,
						2 * COHMEM_EGM_BLOCK),
		     i & 1 && i != 2 * COHMEM_EGM_MAX_RETIRED - 1 ?
		     COHMEM_EGM_BLOCK : i & 1 ? 2 * COHMEM_EGM_BLOCK : 0);
}

/* A word and a sentence each, all of them different. */
static void words(struct kunit *t)
{
	unsigned int i, j;

	for (i = 0; i < COHMEM_NR_EGM_VERDICTS; i++) {
		const char *name = cohmem_egm_verdict_name(i);
		const char *c;

		T_TRUE(t, name && *name);
		for (c = name; *c; c++)
			T_TRUE(t, (*c >= 'a' && *c <= 'z') || *c == '-');
		T_TRUE(t, strlen(cohmem_egm_verdict_str(i)) > 8);
		T_EQ(t, !*cohmem_egm_verdict_hint(i), i == COHMEM_EGM_OK);
		for (j = 0; j < i; j++) {
			T_TRUE(t, strcmp(name, cohmem_egm_verdict_name(j)));
			T_TRUE(t, strcmp(cohmem_egm_verdict_str(i),
					 cohmem_egm_verdict_str(j)));
		}
	}
	T_STREQ(t, cohmem_egm_verdict_name(COHMEM_NR_EGM_VERDICTS), "unknown");
	T_STREQ(t, cohmem_egm_verdict_name(-1), "unknown");
}

T_SUITE(egm,
	T_CASE(every_border),
	T_CASE(which_word),
	T_CASE(any_list),
	T_CASE(all_and_none),
	T_CASE(lies),
	T_CASE(full),
	T_CASE(words));
