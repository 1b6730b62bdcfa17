// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hiding extended capabilities, in chains that are well formed: every number up
 * to six, every kind in every position, every order of places. What must be seen
 * is written down while the chain is built.
 */
#include "chain.h"

/* What a capability is, and who shows it. */
enum kind {
	PLAIN,		/* stays */
	NVIDIA,		/* a DVSEC that stays */
	CXL,		/* hidden by us */
	OTHER_CORE,	/* not shown by vfio-pci-core, and none of our business */
	CXL_CORE,	/* neither shown by it, but the place has to be hidden */
	NR_KINDS,
};

#define MAX_CAPS	6

struct chain {
	unsigned int nr;
	unsigned int gap;		/* bytes between two places */
	unsigned int slot[MAX_CAPS];	/* place of each; the first has no choice */
	enum kind kind[MAX_CAPS];
};

static const u16 slot_size[MAX_CAPS] = { 0x38, 0x0c, 0x14, 0x10, 0x40, 0x24 };
static const u16 cxl_ids[MAX_CAPS] = { 0, 8, 7, 5, 9, 0xffff };

static unsigned int place(const struct chain *c, unsigned int i)
{
	unsigned int s, pos = FIRST;

	for (s = 0; s < c->slot[i]; s++)
		pos += slot_size[s] + c->gap;
	return pos;
}

static bool core_shows(enum kind k)
{
	return k != OTHER_CORE && k != CXL_CORE;
}

static bool we_hide(enum kind k)
{
	return k == CXL || k == CXL_CORE;
}

static void build_one(u8 *cfg, const struct chain *c, unsigned int i,
		      unsigned int next)
{
	unsigned int pos = place(c, i), size = slot_size[c->slot[i]];

	switch (c->kind[i]) {
	case PLAIN:
		put(cfg, pos, HEADER(1 + i, next));
		break;
	case OTHER_CORE:
		put(cfg, pos, HEADER(0x2e, next));
		break;
	case NVIDIA:
		put(cfg, pos, HEADER(COHMEM_ECAP_DVSEC, next));
		put_dvsec(cfg, pos, 0x10de, 3, size);
		break;
	default:
		put(cfg, pos, HEADER(COHMEM_ECAP_DVSEC, next));
		put_dvsec(cfg, pos, 0x1e98, cxl_ids[i], size);
	}
}

/*
 * All three at once: as the function has it, as vfio-pci-core shows it, and what
 * must come out. From the back, so that what follows is known.
 */
static void build(const struct chain *c)
{
	unsigned int i, pos, next = 0, core_next = 0, want_next = 0;

	background(raw);
	put(raw, FIRST, 0);
	memcpy(shown, raw, SPACE);
	memcpy(want, raw, SPACE);
	l_want.nr = 0;
	for (i = c->nr; i--;) {
		bool stays = core_shows(c->kind[i]) && !we_hide(c->kind[i]);

		pos = place(c, i);
		build_one(raw, c, i, next);
		build_one(shown, c, i, core_next);
		build_one(want, c, i, want_next);
		if (!i && !core_shows(c->kind[0]))
			put(shown, pos, core_next << 20);
		if (we_hide(c->kind[i]))
			memset(want + pos, 0, slot_size[c->slot[i]]);
		if (!i && !stays)
			put(want, pos, want_next << 20);
		next = pos;
		/* what is in no chain has nobody who changes it */
		if (i && c->kind[i] == OTHER_CORE)
			put(want, pos, get(shown, pos));
		if (core_shows(c->kind[i]))
			core_next = pos;
		if (stays)
			want_next = pos;
	}
	for (i = 0; i < c->nr; i++)
		if (core_shows(c->kind[i]) && !we_hide(c->kind[i]))
			l_want.pos[l_want.nr++] = place(c, i);
}

static u64 nr_chains;

static void check_chain(struct kunit *t, const struct chain *c)
{
	build(c);
	T_TRUE(t, overlay(t, raw, shown));
	same_bytes(t, nr_chains);
	walk_as_linux(t, got, &l_got);
	same_list(t, nr_chains);
	nr_chains++;
}

/* Every kind in every position. */
static void every_kind(struct kunit *t, struct chain *c)
{
	/* For six, those that decide anything. */
	static const enum kind few[] = { NVIDIA, CXL, CXL_CORE };
	unsigned int base = c->nr < MAX_CAPS ? NR_KINDS : ARRAY_SIZE(few);
	unsigned int i, n, code, nr = 1;

	for (i = 0; i < c->nr; i++)
		nr *= base;
	for (code = 0; code < nr; code++) {
		for (i = 0, n = code; i < c->nr; i++, n /= base)
			c->kind[i] = c->nr < MAX_CAPS ? n % base : few[n % base];
		c->gap = 0;
		check_chain(t, c);
		c->gap = 8;
		check_chain(t, c);
	}
}

static void swap_slots(struct chain *c, unsigned int i, unsigned int j)
{
	unsigned int x = c->slot[i];

	c->slot[i] = c->slot[j];
	c->slot[j] = x;
}

/* Every order of places: the next one in lexical order, or false. */
static bool next_order(struct chain *c)
{
	unsigned int i, j, n = c->nr;

	if (n < 3)
		return false;
	for (i = n - 2; i && c->slot[i] > c->slot[i + 1]; i--)
		;
	if (!i)
		return false;
	for (j = n - 1; c->slot[j] < c->slot[i]; j--)
		;
	swap_slots(c, i, j);
	for (i++, j = n - 1; i < j; i++, j--)
		swap_slots(c, i, j);
	return true;
}

static void every_chain(struct kunit *t)
{
	struct chain c = { };
	unsigned int i;

	nr_chains = 0;
	for (c.nr = 0; c.nr <= T_SCALE(MAX_CAPS, 4); c.nr++) {
		for (i = 0; i < c.nr; i++)
			c.slot[i] = i;
		do
			every_kind(t, &c);
		while (next_order(&c));
	}
	/* the sum of 2 (n - 1)! 5^n, and for six 2 (6 - 1)! 3^6 */
	T_EQ(t, nr_chains, T_SCALE(333022, 8062));
}

/* The view of an access: cut into pieces, any position and length. */
static void in_pieces(struct kunit *t)
{
	struct chain c = {
		.nr = 5, .gap = 4, .slot = { 0, 3, 1, 2, 4 },
		.kind = { CXL, NVIDIA, CXL, PLAIN, CXL_CORE },
	};
	struct cohmem_span s;
	unsigned int pos, count;
	u8 bytes[64];

	build(&c);
	T_TRUE(t, overlay(t, raw, shown));
	for (pos = 0xf8; pos < 0x200; pos++)
		for (count = 1; count <= sizeof(bytes); count++) {
			unsigned int done = 0;

			while (cohmem_span_next(map.win, map.nr, pos + done,
						count - done, &s)) {
				if (s.owner < 0)
					memcpy(bytes + done, shown + s.pos, s.len);
				else
					cohmem_ecap_bytes(&map, s.owner, s.pos,
							  bytes + done, s.len);
				done += s.len;
			}
			T_EQ(t, done, count);
			T_MSG(t, !memcmp(bytes, want + pos, count),
			      "%u bytes at %#x", count, pos);
		}
}

/* By hand: what a guest's driver would take a host's address from. */
static void cxl_part(struct kunit *t)
{
	background(raw);
	put(raw, 0x100, HEADER(0x01, 0x140));
	put(raw, 0x140, HEADER(0x23, 0x180));	/* CXL Device */
	put_dvsec(raw, 0x140, 0x1e98, 0, 0x3c);
	put(raw, 0x180, HEADER(0x23, 0x1a0));	/* Register Locator */
	put_dvsec(raw, 0x180, 0x1e98, 8, 0x14);
	put(raw, 0x1a0, HEADER(0x23, 0x1b0));	/* NVIDIA's */
	put_dvsec(raw, 0x1a0, 0x10de, 3, 0x10);
	put(raw, 0x1b0, HEADER(0x23, 0));	/* Flex Bus Port */
	put_dvsec(raw, 0x1b0, 0x1e98, 7, 0x20);

	T_TRUE(t, cohmem_ecap_hide(&map, raw, raw, SPACE));
	T_EQ(t, map.nr, 5);
	T_EQ(t, map.win[0].start, 0x100);
	T_EQ(t, map.win[0].end, 0x104);
	T_EQ(t, map.value[0], 0x1a010001);
	T_EQ(t, map.win[1].start, 0x140);
	T_EQ(t, map.win[1].end, 0x17c);
	T_EQ(t, map.value[1], 0);
	T_EQ(t, map.win[2].start, 0x180);
	T_EQ(t, map.win[2].end, 0x194);
	T_EQ(t, map.value[2], 0);
	T_EQ(t, map.win[3].start, 0x1a0);
	T_EQ(t, map.win[3].end, 0x1a4);
	T_EQ(t, map.value[3], 0x00010023);
	T_EQ(t, map.win[4].start, 0x1b0);
	T_EQ(t, map.win[4].end, 0x1d0);
	T_EQ(t, map.value[4], 0);

	/* The same with a core that shows no DVSEC: the places are hidden. */
	memcpy(shown, raw, SPACE);
	put(shown, 0x100, HEADER(0x01, 0));
	T_TRUE(t, cohmem_ecap_hide(&map, raw, shown, SPACE));
	T_EQ(t, map.nr, 3);
	T_EQ(t, map.win[0].start, 0x140);
	T_EQ(t, map.win[1].start, 0x180);
	T_EQ(t, map.win[2].start, 0x1b0);

	/* Nothing to see here: no extended config space at all. */
	T_TRUE(t, cohmem_ecap_hide(&map, raw, raw, 256));
	T_EQ(t, map.nr, 0);
	T_TRUE(t, cohmem_ecap_hide(&map, raw, raw, 0));
	T_EQ(t, map.nr, 0);
}

/* All that is one bit away from a CXL DVSEC stays. */
static void near_misses(struct kunit *t)
{
	unsigned int bit;

	for (bit = 0; bit < 16; bit++) {
		background(raw);
		put(raw, FIRST, HEADER(0x23, 0x200));
		put_dvsec(raw, FIRST, 0x1e98 ^ 1 << bit, 7, 0x38);
		put(raw, 0x200, HEADER(0x23 ^ 1 << bit, 0));
		put_dvsec(raw, 0x200, 0x1e98, 7, 0x38);
		T_TRUE(t, cohmem_ecap_hide(&map, raw, raw, SPACE));
		T_EQ(t, map.nr, 0);
	}
	/* Every version of it goes. */
	for (bit = 0; bit < 16; bit++) {
		put(raw, 0x200, 0x23 | bit << 16);
		T_TRUE(t, cohmem_ecap_hide(&map, raw, raw, SPACE));
		T_EQ(t, map.nr, 2);
		T_EQ(t, map.win[1].start, 0x200);
		T_EQ(t, map.win[1].end, 0x238);
	}
}

/* Hidden ones, @step bytes from one to the next, 12 long. */
static bool hide_many(unsigned int nr, unsigned int step)
{
	unsigned int i, pos;

	background(raw);
	for (i = 0; i < nr; i++) {
		pos = FIRST + step * i;
		put(raw, pos, HEADER(0x23, i + 1 < nr ? pos + step : 0));
		put_dvsec(raw, pos, 0x1e98, i, 12);
	}
	return cohmem_ecap_hide(&map, raw, raw, SPACE);
}

static void too_many(struct kunit *t)
{
	unsigned int pos;

	T_TRUE(t, hide_many(COHMEM_ECAP_MAX, 16));
	T_EQ(t, map.nr, COHMEM_ECAP_MAX);
	/* What touches is one window. */
	T_TRUE(t, hide_many(320, 12));
	T_EQ(t, map.nr, 1);
	T_EQ(t, map.win[0].start, FIRST);
	T_EQ(t, map.win[0].end, SPACE);

	/* Too much to tell: all is hidden. */
	T_FALSE(t, hide_many(COHMEM_ECAP_MAX + 1, 16));
	T_EQ(t, map.nr, 1);
	T_EQ(t, map.win[0].start, FIRST);
	T_EQ(t, map.win[0].end, SPACE);
	T_EQ(t, map.value[0], 0);
	memset(got, 0xff, SPACE);
	cohmem_ecap_bytes(&map, 0, FIRST, got, SPACE - FIRST);
	for (pos = 0; pos < SPACE - FIRST; pos++)
		T_EQ(t, got[pos], 0);
}

/* No other vendor's, whatever its id; of the CXL vendor, each. */
static void the_table(struct kunit *t)
{
	static const u16 ids[] = { 0, 1, 3, 7, 8, 9, 0x7fff, 0xffff };
	unsigned int v, i;

	for (v = 0; v <= 0xffff; v++)
		for (i = 0; i < ARRAY_SIZE(ids); i++)
			T_MSG(t, !cohmem_dvsec_hidden(v, ids[i]) == (v != 0x1e98),
			      "DVSEC %04x:%x", v, ids[i]);
	for (i = 0; i <= 0xffff; i++) {
		T_MSG(t, cohmem_dvsec_hidden(0x1e98, i), "DVSEC 1e98:%x", i);
		T_MSG(t, !cohmem_dvsec_hidden(0x10de, i), "DVSEC 10de:%x", i);
	}
	/* The ones that lead a guest to a host's address say so. */
	for (i = 0; i < 4; i++) {
		static const u16 id[] = { 0, 7, 8, 9 };
		const char *why = cohmem_dvsec_hidden(0x1e98, id[i]);

		for (v = i + 1; v < 4; v++)
			T_TRUE(t, strcmp(why, cohmem_dvsec_hidden(0x1e98, id[v])));
	}
}

T_SUITE(ecap,
	T_CASE(the_table),
	T_CASE(cxl_part),
	T_CASE(near_misses),
	T_CASE(every_chain),
	T_CASE(in_pieces),
	T_CASE(too_many));
