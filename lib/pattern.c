// SPDX-License-Identifier: GPL-2.0-only
/*
 * The passes of the memory test, one block at a time. A block is read as a
 * whole before it is written: it stays in the first cache meanwhile, so that the
 * memory sees one read and one write; and the simple loops are what a compiler
 * makes vectors of. What is found wrong is looked at word by word, as it is rare.
 */
#include <stdio.h>

#include "pattern.h"

#define WORDS	(COHMEM_BLOCK / 8)

#define ADDRESS		{ ~0ULL, 0 }
#define COMPLEMENT	{ ~0ULL, ~0ULL }
#define EVEN_BITS	{ 0, 0x5555555555555555ULL }
#define ODD_BITS	{ 0, 0xaaaaaaaaaaaaaaaaULL }
#define ZERO		{ 0, 0 }

const struct cohmem_pass cohmem_passes[COHMEM_NR_PASSES] = {
	{ "write addresses", false, true, false, ZERO, ADDRESS },
	{ "addresses to complements", true, true, false, ADDRESS, COMPLEMENT },
	{ "complements to addresses", true, true, false, COMPLEMENT, ADDRESS },
	{ "addresses to complements, down", true, true, true, ADDRESS,
	  COMPLEMENT },
	{ "complements to 0x55, down", true, true, true, COMPLEMENT,
	  EVEN_BITS },
	{ "0x55 to 0xaa", true, true, false, EVEN_BITS, ODD_BITS },
	{ "0xaa to zero", true, true, false, ODD_BITS, ZERO },
	{ "read zero", true, false, false, ZERO, ZERO },
};

/**
 * cohmem_pattern_word() - what a word holds
 * @p: the pattern
 * @address: its physical address
 * Return: the word.
 */
u64 cohmem_pattern_word(const struct cohmem_pattern *p, u64 address)
{
	return (address & p->mask) ^ p->flip;
}

static u64 difference(const u64 *block, u64 address,
		      const struct cohmem_pattern *p)
{
	const u64 mask = p->mask, flip = p->flip;
	u64 diff = 0;
	unsigned int i;

	for (i = 0; i < WORDS; i++)
		diff |= block[i] ^ (((address + 8 * (u64)i) & mask) ^ flip);
	return diff;
}

static void fill(u64 *block, u64 address, const struct cohmem_pattern *p)
{
	const u64 mask = p->mask, flip = p->flip;
	unsigned int i;

	for (i = 0; i < WORDS; i++)
		block[i] = ((address + 8 * (u64)i) & mask) ^ flip;
}

/**
 * cohmem_pass_block() - one block in one pass
 * @block: where it is mapped
 * @address: its physical address
 * @pass: the pass
 * @fn: told of each word that does not read as it should
 * @arg: passed to @fn
 */
void cohmem_pass_block(u64 *block, u64 address, unsigned int pass,
		       cohmem_mismatch_fn *fn, void *arg)
{
	const struct cohmem_pass *p = &cohmem_passes[pass];
	struct cohmem_mismatch m = { .pass = pass };
	unsigned int i;

	if (p->has_expect && difference(block, address, &p->expect)) {
		for (i = 0; i < WORDS; i++) {
			m.address = address + 8 * i;
			m.expected = cohmem_pattern_word(&p->expect, m.address);
			m.found = ((const volatile u64 *)block)[i];
			if (m.found != m.expected)
				fn(arg, &m);
		}
	}
	if (p->has_write)
		fill(block, address, &p->write);
	/* Nobody may keep what was written in registers until later. */
	__asm__ volatile("" : : "r"(block) : "memory");
}

/**
 * cohmem_mismatch_bits() - which bits differ
 * @m: the mismatch
 * @buf: "3, 17", or "3, 17 and 5 more"
 * @size: size of @buf
 */
void cohmem_mismatch_bits(const struct cohmem_mismatch *m, char *buf,
			  size_t size)
{
	u64 diff = m->expected ^ m->found;
	unsigned int bit, shown = 0, left = __builtin_popcountll(diff);
	size_t n = 0;

	buf[0] = '\0';
	for (bit = 0; bit < 64; bit++) {
		if (!(diff >> bit & 1) || n >= size)
			continue;
		if (shown == 6 && left > 1) {
			snprintf(buf + n, size - n, " and %u more", left);
			return;
		}
		n += snprintf(buf + n, size - n, "%s%u", shown ? ", " : "",
			      bit);
		shown++;
		left--;
	}
}

/* Is it what the pattern has at another address? */
static bool belongs_to(u64 found, const struct cohmem_pattern *p, u64 base,
		       u64 bytes, u64 *address)
{
	*address = found ^ p->flip;
	return p->mask && !(*address & 7) && *address >= base &&
	       *address - base < bytes;
}

/**
 * cohmem_mismatch_why() - what it looks like
 * @m: the mismatch
 * @base: first address of the memory under test
 * @bytes: size of the memory under test
 * @buf: the words; only what the two words tell, no diagnosis
 * @size: size of @buf
 */
void cohmem_mismatch_why(const struct cohmem_mismatch *m, u64 base, u64 bytes,
			 char *buf, size_t size)
{
	const struct cohmem_pass *now = &cohmem_passes[m->pass];
	const struct cohmem_pass *before = m->pass ? now - 1 : NULL;
	u64 diff = m->expected ^ m->found, other;

	if (before && before->has_expect &&
	    m->found == cohmem_pattern_word(&before->expect, m->address)) {
		snprintf(buf, size, "still what was there before: the last write was lost");
		return;
	}
	if (belongs_to(m->found, &now->expect, base, bytes, &other) ||
	    (now->has_write &&
	     belongs_to(m->found, &now->write, base, bytes, &other))) {
		/* Of one bit nobody can say whether it is data or address. */
		snprintf(buf, size, "%swhat belongs to 0x%llx: two addresses, one cell",
			 diff & (diff - 1) ? "" : "one bit, or ",
			 (unsigned long long)other);
		return;
	}
	if (m->found == ~0ULL) {
		snprintf(buf, size, "all ones: nothing may have answered");
		return;
	}
	if (!(diff & (diff - 1)))
		snprintf(buf, size, "one bit, %u instead of %u",
			 !(m->expected & diff), !!(m->expected & diff));
	else if (!(diff & m->expected))
		snprintf(buf, size, "%u bits, all 1 instead of 0",
			 (unsigned int)__builtin_popcountll(diff));
	else if (!(diff & m->found))
		snprintf(buf, size, "%u bits, all 0 instead of 1",
			 (unsigned int)__builtin_popcountll(diff));
	else
		snprintf(buf, size, "%u bits, both ways",
			 (unsigned int)__builtin_popcountll(diff));
}
