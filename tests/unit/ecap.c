// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hiding extended capabilities: every chain of up to six, in every order of
 * places, with every subset hidden; then chains of noise. What is shown is
 * walked by a reader of its own, and compared with the chain filtered by hand.
 */
#include "t.h"
#include "ecap.h"
#include "regs.h"

#define SPACE	4096
#define SLOT	0x40	/* from one place to the next */

/* One case at a time; a page has no place on a kernel's stack. */
static u8 cfg[SPACE], shown[SPACE];
static struct cohmem_ecap_map map;

static void put(unsigned int pos, u32 v)
{
	unsigned int i;

	for (i = 0; i < 4; i++)
		cfg[pos + i] = v >> 8 * i;
}

static u32 get(const u8 *from, unsigned int pos)
{
	return from[pos] | from[pos + 1] << 8 | from[pos + 2] << 16 |
	       (u32)from[pos + 3] << 24;
}

static u32 read_cfg(void *ctx, unsigned int pos)
{
	return get(ctx, pos);
}

static u32 noise(u32 *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

/* What a guest sees: the bytes as they are, and over them what is shown. */
static void show(struct kunit *t)
{
	unsigned int i;
	u64 last = 0;

	cohmem_ecap_hide(&map, read_cfg, cfg);
	T_TRUE(t, map.nr <= COHMEM_ECAP_MAX);
	memcpy(shown, cfg, SPACE);
	for (i = 0; i < map.nr; i++) {
		/* as cohmem_span_next() wants them */
		T_TRUE(t, map.win[i].start >= last);
		T_TRUE(t, map.win[i].start >= 0x100);
		T_TRUE(t, map.win[i].end > map.win[i].start);
		T_TRUE(t, map.win[i].end <= SPACE);
		last = map.win[i].end;
		cohmem_ecap_bytes(&map, i, map.win[i].start,
				  shown + map.win[i].start,
				  map.win[i].end - map.win[i].start);
	}
}

/* As the PCI core walks: 0 at the end, at most as many steps as fit. */
static unsigned int step(unsigned int pos, unsigned int *left)
{
	pos = get(shown, pos) >> 20 & 0xffc;
	return pos >= 0x100 && (*left)-- ? pos : 0;
}

#define MAX	6

struct chain {
	unsigned int nr;
	unsigned int slot[MAX];	/* place of each, the first has none to choose */
	unsigned int hidden;	/* a bit each */
	unsigned int len;	/* of each DVSEC, by what it says */
};

static unsigned int place(const struct chain *c, unsigned int i)
{
	return i ? 0x100 + SLOT * c->slot[i] : 0x100;
}

/* Each one has an id or a DVSEC id of its own, and a body of its own. */
static void build(const struct chain *c)
{
	unsigned int i, pos, next, n;

	memset(cfg, 0xa5, SPACE);
	for (i = 0; i < c->nr; i++) {
		pos = place(c, i);
		next = i + 1 < c->nr ? place(c, i + 1) : 0;
		for (n = 4; n < SLOT; n++)
			cfg[pos + n] = 0x10 * i + n;
		if (c->hidden & 1 << i) {
			put(pos, next << 20 | 1 << 16 | COHMEM_ECAP_DVSEC);
			put(pos + 4, c->len << 20 | 0x1e98);
			put(pos + 8, i);
		} else if (i & 1) {
			/* somebody else's DVSEC stays */
			put(pos, next << 20 | 1 << 16 | COHMEM_ECAP_DVSEC);
			put(pos + 4, SLOT << 20 | 0x10de);
			put(pos + 8, 3);
		} else {
			put(pos, next << 20 | 2 << 16 | (0x40 + i));
		}
	}
	if (!c->nr)
		put(0x100, 0);
}

/* Which capability owns a byte, or -1. */
static int owner(const struct chain *c, unsigned int pos)
{
	unsigned int i;

	for (i = 0; i < c->nr; i++) {
		if (pos >= place(c, i) && pos < place(c, i) + SLOT)
			return i;
	}
	return -1;
}

static void check_chain(struct kunit *t, const struct chain *c)
{
	unsigned int left = 64, i, pos = 0x100, off;
	int o;

	build(c);
	show(t);

	/* the chain is what is left of it, in its order */
	for (i = 0; i < c->nr; i++) {
		if (c->hidden & 1 << i) {
			if (i)
				continue;
			/* the anchor */
			T_EQ(t, get(shown, 0x100) & 0xfffff, 0);
			pos = step(0x100, &left);
			continue;
		}
		T_EQ(t, pos, place(c, i));
		T_EQ(t, get(shown, pos) & 0xfffff, get(cfg, pos) & 0xfffff);
		pos = step(pos, &left);
	}
	T_EQ(t, c->nr ? pos : 0, 0);
	T_TRUE(t, left);

	/* bytes: as they are, or gone */
	for (pos = 0; pos < SPACE; pos++) {
		o = owner(c, pos);
		off = o < 0 ? 0 : pos - place(c, o);
		if (o < 0 || !(c->hidden & 1 << o)) {
			/* behind all of them one may say that it goes on */
			if (o < 0 ? pos < 0x100 || c->len <= SLOT : off >= 4)
				T_EQ(t, shown[pos], cfg[pos]);
		} else if (off >= 4 && off < (c->len < 12 ? 12 : c->len)) {
			T_EQ(t, shown[pos], 0);
		}
	}
}

/* All permutations of places for the ones behind the first. */
static void permute(struct kunit *t, struct chain *c, unsigned int i)
{
	unsigned int j, k, lens[] = { SLOT, 0, 12, 0x38, 0xfff };

	if (i >= c->nr) {
		for (k = 0; k < ARRAY_SIZE(lens); k++) {
			c->len = lens[k];
			for (c->hidden = 0; c->hidden < 1U << c->nr; c->hidden++)
				check_chain(t, c);
		}
		return;
	}
	for (j = 1; j < c->nr; j++) {
		for (k = 1; k < i && c->slot[k] != j; k++)
			;
		if (k < i)
			continue;
		c->slot[i] = j;
		permute(t, c, i + 1);
	}
}

/*
 * A length of 0xfff reaches over the neighbours: who is shown behind stays as
 * it is. check_chain() looks at exactly that.
 */
static void every_chain(struct kunit *t)
{
	struct chain c = { };

	for (c.nr = 0; c.nr <= T_SCALE(5, 4); c.nr++)
		permute(t, &c, 1);
}

static void nothing_to_hide(struct kunit *t)
{
	struct chain c = { .nr = 5, .slot = { 0, 1, 2, 3, 4 }, .len = SLOT };

	build(&c);
	show(t);
	T_EQ(t, map.nr, 0);

	memset(cfg, 0, SPACE);
	show(t);
	T_EQ(t, map.nr, 0);
	memset(cfg, 0xff, SPACE);
	show(t);
	T_EQ(t, map.nr, 0);
}

/* Chains that bite their tail, leave the space, or point at nothing. */
static void broken_chains(struct kunit *t)
{
	static const u32 bad_next[] = { 0x100, 0x140, 0x180, 0x040, 0x0fc, 0x103 };
	struct chain c = { .nr = 3, .slot = { 0, 1, 2 }, .len = SLOT };
	unsigned int i, left, pos, nr;

	for (i = 0; i < ARRAY_SIZE(bad_next); i++) {
		for (c.hidden = 0; c.hidden < 8; c.hidden++) {
			build(&c);
			put(0x180, (get(cfg, 0x180) & 0xfffff) | bad_next[i] << 20);
			show(t);
			nr = 0;
			left = 64;
			for (pos = 0x100; pos; pos = step(pos, &left))
				nr += (get(shown, pos) & 0xffff) != 0;
			T_TRUE(t, left);
			T_EQ(t, nr, 3 - (c.hidden & 1) - (c.hidden >> 1 & 1) -
				    (c.hidden >> 2));
		}
	}
}

/* The last places there are. */
static void at_the_end(struct kunit *t)
{
	unsigned int pos;

	for (pos = 0xfe0; pos < SPACE; pos += 4) {
		memset(cfg, 0x5a, SPACE);
		put(0x100, pos << 20 | 1 << 16 | 1);
		put(pos, 1 << 16 | COHMEM_ECAP_DVSEC);
		if (pos + 8 <= SPACE)
			if (pos + 4 < SPACE)
				put(pos + 4, 0x38 << 20 | 0x1e98);
		show(t);
		if (pos + 12 <= SPACE)
			T_EQ(t, get(shown, pos), 0);
		T_EQ(t, get(shown, 0x100) >> 20,
		     pos + 12 <= SPACE ? 0 : pos);
	}
}

/* More of them than can be told: all of it is hidden. */
static void too_many(struct kunit *t)
{
	unsigned int i, pos;

	memset(cfg, 0x77, SPACE);
	for (i = 0; i < COHMEM_ECAP_MAX + 1; i++) {
		pos = 0x100 + 16 * i;
		put(pos, (pos + 16) << 20 | 1 << 16 | 1);
	}
	show(t);
	for (pos = 0x100; pos < SPACE; pos++)
		T_EQ(t, shown[pos], 0);

	/* as many as can be told */
	put(0x100 + 16 * (COHMEM_ECAP_MAX - 1), 1 << 16 | 1);
	show(t);
	T_EQ(t, map.nr, 0);
}

/*
 * Noise: whatever stands there, the chain ends and shows no DVSEC of the CXL
 * vendor, and what is hidden reads as zero.
 */
static void noisy_chains(struct kunit *t)
{
	unsigned int n, i, pos, left;
	u32 seed = 1;

	for (n = 0; n < T_SCALE(20000, 500); n++) {
		for (pos = 0; pos < SPACE; pos += 4)
			put(pos, 0);
		for (i = 0; i < 24; i++) {
			pos = i ? 0x100 + noise(&seed) % 0x300 * 4 : 0x100;
			put(pos, (noise(&seed) % 0x400 * 4) << 20 | 1 << 16 |
				 (noise(&seed) % 3 ? COHMEM_ECAP_DVSEC :
						     noise(&seed) % 0x30));
			if (pos + 8 <= SPACE - 4)
				put(pos + 4, noise(&seed) % 0x100 << 20 |
					     (noise(&seed) % 2 ? 0x1e98 : 0x10de));
		}
		show(t);
		left = 1024;
		for (pos = 0x100; pos; pos = step(pos, &left)) {
			if ((get(shown, pos) & 0xffff) == COHMEM_ECAP_DVSEC &&
			    pos + 12 <= SPACE)
				T_TRUE(t, (get(cfg, pos + 4) & 0xffff) != 0x1e98);
		}
		T_TRUE(t, left);
	}
}

T_SUITE(ecap, T_CASE(every_chain), T_CASE(nothing_to_hide),
	T_CASE(broken_chains), T_CASE(at_the_end), T_CASE(too_many),
	T_CASE(noisy_chains));
