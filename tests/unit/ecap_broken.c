// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hiding extended capabilities, where lengths lie and chains are broken: each
 * against an oracle that works on lists of capabilities, paints bytes one
 * capability after the other, and knows no windows.
 */
#include "chain.h"

static struct list l_raw, l_shown;

/* Which dwords are not as they are shown by vfio-pci-core. */
static bool touched[SPACE / 4];

/* The oracle: lists, and bytes painted one capability after the other. */
static void list_chain(const u8 *cfg, struct list *l)
{
	unsigned int pos = FIRST;

	l->nr = 0;
	while (pos >= FIRST && !in_list(l, pos) && get(cfg, pos) != 0 &&
	       get(cfg, pos) != 0xffffffff) {
		l->pos[l->nr++] = pos;
		pos = get(cfg, pos) >> 22 << 2;
	}
}

static bool is_cxl(const u8 *cfg, unsigned int pos)
{
	return (get(cfg, pos) & 0xffff) == 0x23 &&
	       (get(cfg, pos + 4) & 0xffff) == 0x1e98;
}

static bool gone(unsigned int pos)
{
	return (in_list(&l_raw, pos) && is_cxl(raw, pos)) ||
	       (in_list(&l_shown, pos) && is_cxl(shown, pos));
}

static void paint(const u8 *cfg, const struct list *l)
{
	unsigned int i, j, end;

	for (i = 0; i < l->nr; i++) {
		unsigned int pos = l->pos[i], len = get(cfg, pos + 4) >> 20;

		if (!is_cxl(cfg, pos))
			continue;
		end = len < 12 ? SPACE : (pos + len + 3) & ~3U;
		end = end > SPACE ? SPACE : end;
		for (j = 0; j < l_raw.nr; j++)
			if (l_raw.pos[j] > pos && l_raw.pos[j] < end &&
			    !gone(l_raw.pos[j]))
				end = l_raw.pos[j];
		for (j = 0; j < l_shown.nr; j++)
			if (l_shown.pos[j] > pos && l_shown.pos[j] < end &&
			    !gone(l_shown.pos[j]))
				end = l_shown.pos[j];
		memset(want + pos, 0, end - pos);
		for (j = pos; j < end; j += 4)
			touched[j / 4] = true;
	}
}

/* Fills want[] and touched[]; how many windows that takes. */
static unsigned int ask_oracle(void)
{
	unsigned int i, next = 0, nr = 0;
	u32 header;

	list_chain(raw, &l_raw);
	list_chain(shown, &l_shown);
	memcpy(want, shown, SPACE);
	memset(touched, 0, sizeof(touched));
	paint(raw, &l_raw);
	paint(shown, &l_shown);
	for (i = l_shown.nr; i--;) {
		unsigned int pos = l_shown.pos[i];

		if (gone(pos)) {
			if (!i)
				put(want, FIRST, next << 20);
			continue;
		}
		header = (get(shown, pos) & 0xfffff) | next << 20;
		if (header != get(shown, pos))
			touched[pos / 4] = true;
		put(want, pos, header);
		next = pos;
	}
	/* A new one where the one before cannot go on: it goes on with zeros. */
	for (i = FIRST / 4; i < SPACE / 4; i++)
		nr += touched[i] && (!touched[i - 1] || get(want, 4 * i));
	return nr;
}

/* Against the oracle, and promises that need none. */
static void check_any(struct kunit *t, u64 seed)
{
	unsigned int i, nr = ask_oracle();
	bool null = false;

	if (!overlay(t, raw, shown)) {
		T_TRUE(t, nr > COHMEM_ECAP_MAX);
		memset(want + FIRST, 0, SPACE - FIRST);
		same_bytes(t, seed);
		return;
	}
	T_EQ(t, map.nr, nr);
	same_bytes(t, seed);
	T_TRUE(t, !memcmp(got, shown, FIRST));
	walk_as_linux(t, got, &l_got);

	/* What is left is what was reached and is not hidden, in its order. */
	l_want.nr = 0;
	for (i = 0; i < l_shown.nr; i++) {
		unsigned int pos = l_shown.pos[i];
		u32 header = get(shown, pos);

		null |= pos != FIRST && !(header & 0xfffff);
		if (gone(pos) || !(header & 0xffff))
			continue;
		l_want.pos[l_want.nr++] = pos;
	}
	same_list(t, seed);
	for (i = 0; i < l_got.nr; i++)
		T_FALSE(t, is_cxl(got, l_got.pos[i]));

	/*
	 * Nothing is left to hide. (A capability without an id and a version
	 * reads as none when it comes to be the last.)
	 */
	if (!null) {
		memcpy(want, got, SPACE);
		T_TRUE(t, cohmem_ecap_hide(&map, want, want, SPACE));
		T_EQ(t, map.nr, 0);
	}
}

struct lie {
	unsigned int first;	/* of the two in the chain, a hidden one */
	unsigned int second;
	unsigned int len[2];
	bool both;		/* the second one is hidden, too */
};

static void one_lie(struct kunit *t, const struct lie *l, u64 seed)
{
	unsigned int pos;

	background(raw);
	if (l->first != FIRST)
		put(raw, FIRST, HEADER(0x01, l->first));
	put_dvsec(raw, l->second, l->both ? 0x1e98 : 0x10de, 3, l->len[1]);
	put_dvsec(raw, l->first, 0x1e98, 8, l->len[0]);
	put(raw, l->first, HEADER(0x23, l->second));
	put(raw, l->second, HEADER(0x23, 0xf80));
	put(raw, 0xf80, HEADER(0x0d, 0));
	memcpy(shown, raw, SPACE);
	check_any(t, seed);

	/* The least of it: all there is of its headers is gone. */
	if (!is_cxl(raw, l->first))
		return;
	for (pos = l->first; pos < l->first + 12; pos++) {
		if (pos == l->second && !l->both)
			break;
		if (pos >= FIRST + 4)
			T_EQ(t, got[pos], 0);
	}
}

/* Lengths that lie, before and behind every neighbour at every distance. */
static void lengths_that_lie(struct kunit *t)
{
	static const u16 lens[] = {
		0, 1, 4, 8, 11, 12, 13, 16, 17, 0x38, 0x3c, 0x40, 0x44, 0xf00,
		0xfff,
	};
	const unsigned int nr = ARRAY_SIZE(lens), nr_pairs = nr * nr;
	unsigned int i, d;
	struct lie l;

	for (i = 0; i < nr_pairs; i += T_SCALE(1, 13))
		for (d = 4; d <= 0x48; d += 4) {
			l.len[0] = lens[i % nr];
			l.len[1] = lens[i / nr];
			for (l.both = false;; l.both = true) {
				l.first = FIRST;
				l.second = FIRST + d;
				one_lie(t, &l, i << 8 | d);
				l.first = 0x180;
				l.second = 0x180 + d;
				one_lie(t, &l, i << 8 | d);
				l.first = 0x180 + d;
				l.second = 0x180;
				one_lie(t, &l, i << 8 | d);
				if (l.both)
					break;
			}
		}
}

/* Planted headers, the more the closer to each other. */
static void plant(struct t_random *r)
{
	static const u16 ids[] = { 0x23, 0x23, 0x23, 0x23, 0x01, 0x0d, 0x00, 0xffff };
	static const u16 lens[] = { 0x38, 0x10, 0x0c, 0x00, 0x04, 0xfff, 0x80 };
	u16 pos[24];
	u64 x = t_random(r);
	unsigned int i, nr = 1 + x % ARRAY_SIZE(pos);
	unsigned int spread = 8 << (x >> 8) % 8;	/* dwords: 8 to 1024 */
	unsigned int from = x >> 16 & 1 ? 0 : 0x3c0 - (spread > 0x380 ? 0x380 : spread);

	pos[0] = FIRST;
	for (i = 1; i < nr; i++)
		pos[i] = FIRST + 4 * ((from + t_random(r) % spread) % 0x3c0);
	for (i = 0; i < nr; i++) {
		u32 next;

		x = t_random(r);
		next = x % 16 < 13 ? pos[(x >> 8) % nr] : x % 16 < 14 ? x >> 40 & 0xfff : 0;
		if (x % 16 == 12)
			next |= x >> 50 & 3;
		/* mostly on to the next, so that chains get long */
		if (x % 16 < 9 && i + 1 < nr)
			next = pos[i + 1];
		put(raw, pos[i], next << 20 | (x >> 24 & 1) << 16 |
				 ids[(x >> 25) % ARRAY_SIZE(ids)]);
		if (x >> 30 & 3)
			put_dvsec(raw, pos[i], x >> 32 & 1 ? 0x1e98 : 0x10de,
				  x >> 33 & 15, lens[(x >> 37) % ARRAY_SIZE(lens)]);
	}
}

/*
 * What a core could have made of it: other headers here and there. Or the two
 * have little to do with each other: the function was gone when it was asked.
 */
static void differ(struct t_random *r)
{
	unsigned int i;
	u64 x = t_random(r);

	list_chain(raw, &l_raw);
	if (x % 16 == 0)
		memset(raw + (x >> 4) % SPACE, 0xff, SPACE - (x >> 4) % SPACE);
	for (i = 0; i < l_raw.nr; i++) {
		unsigned int pos = l_raw.pos[i], to;

		x = t_random(r);
		if (x & 7)
			continue;
		to = x & 8 ? l_raw.pos[(x >> 8) % l_raw.nr] : 0;
		put(shown, pos, x & 16 ? to << 20 :
				(get(raw, pos) & 0xfffff) | to << 20);
	}
}

static void broken_chains(struct kunit *t)
{
	struct t_random r = { 1 };
	unsigned int n, i, long_ones = 0, hiding = 0;

	for (n = 0; n < T_SCALE(200000, 2000); n++) {
		u64 seed = r.x, x = t_random(&r);

		if (x % 4)
			background(raw);
		else
			for (i = 0; i < SPACE; i += 4)
				put(raw, i, t_random(&r));
		if (x % 4 == 1)
			memset(raw + FIRST, x >> 8 & 1 ? 0xff : 0, SPACE - FIRST);
		if (x % 16)
			plant(&r);
		memcpy(shown, raw, SPACE);
		if (x >> 9 & 1)
			differ(&r);
		check_any(t, seed);
		long_ones += l_shown.nr > 8;
		for (i = 0; i < l_raw.nr; i++)
			if (gone(l_raw.pos[i]))
				break;
		hiding += i < l_raw.nr;
	}
	/* The cases are worth something. */
	T_TRUE(t, long_ones > n / 20 && hiding > n / 4);
}

/* The last places there are, and every next pointer there is. */
static void every_pointer(struct kunit *t)
{
	unsigned int next, kind;

	for (next = 0; next < SPACE; next += T_SCALE(1, 13))
		for (kind = 0; kind < 8; kind++) {
			unsigned int at = next & 0xffc;

			background(raw);
			if (at > FIRST) {
				put(raw, at, HEADER(0x23, kind & 4 ? at : 0));
				put_dvsec(raw, at, kind & 1 ? 0x1e98 : 0x10de, 0,
					  0x38);
			}
			put(raw, FIRST, HEADER(kind & 2 ? 0x23 : 0x0b, next));
			if (at != FIRST + 4 && at != FIRST + 8)
				put_dvsec(raw, FIRST, 0x1e98, 8, 0x24);
			memcpy(shown, raw, SPACE);
			check_any(t, next << 4 | kind);
		}
}

T_SUITE(ecap_broken,
	T_CASE(lengths_that_lie),
	T_CASE(every_pointer),
	T_CASE(broken_chains));
