// SPDX-License-Identifier: GPL-2.0-only
/*
 * Generic initiators in SRAT. Tables are made from lists of structures, and what is
 * to be found is asked of the list, not of the bytes; then tables that lie.
 */
#include "t.h"
#include "srat.h"

#define FIRST		48
#define MAX_STRUCTS	48

/* One structure, as its maker means it. */
struct entry {
	u8 type, len;
	u8 handle;		/* 1: PCI */
	u16 segment;
	u8 at2, at3;		/* bytes 2 and 3 of the handle */
	u32 pxm, flags;
};

static u8 table[FIRST + MAX_STRUCTS * 40];
static struct entry list[MAX_STRUCTS];

static void put32(u8 *p, u32 v)
{
	p[0] = v;
	p[1] = v >> 8;
	p[2] = v >> 16;
	p[3] = v >> 24;
}

/* The table of the first @nr entries: its length. */
static u32 make(unsigned int nr)
{
	u32 pos = FIRST;
	unsigned int i;

	memset(table, 0xa5, sizeof(table));
	memcpy(table, "SRAT", 4);
	for (i = 0; i < nr; i++) {
		const struct entry *e = &list[i];
		u8 *s = table + pos;

		s[0] = e->type;
		s[1] = e->len;
		if (e->len >= 32) {
			s[3] = e->handle;
			put32(s + 4, e->pxm);
			s[8] = e->segment;
			s[9] = e->segment >> 8;
			s[10] = e->at2;
			s[11] = e->at3;
			put32(s + 24, e->flags);
		}
		pos += e->len;
	}
	put32(table + 4, pos);
	return pos;
}

static bool matches(const struct entry *e, const struct cohmem_guest_where *w,
		    bool swapped)
{
	return e->type == 5 && e->len >= 32 && e->handle == 1 && e->flags & 1 &&
	       e->segment == w->segment &&
	       (swapped ? e->at3 : e->at2) == w->bus &&
	       (swapped ? e->at2 : e->at3) == w->devfn;
}

/* What the list says; in @want, how many. */
static unsigned int oracle(unsigned int nr, const struct cohmem_guest_where *w,
			   u32 want[MAX_STRUCTS])
{
	unsigned int found = 0, order, i, j;

	for (order = 0; order < 2 && !found; order++)
		for (i = 0; i < nr; i++) {
			if (!matches(&list[i], w, order))
				continue;
			for (j = 0; j < found && want[j] != list[i].pxm; j++)
				;
			if (j == found)
				want[found++] = list[i].pxm;
		}
	return found > COHMEM_GUEST_MAX_PXM ? COHMEM_GUEST_MAX_PXM : found;
}

static void compare(struct kunit *t, unsigned int nr, u32 len,
		    const struct cohmem_guest_where *w)
{
	u32 want[MAX_STRUCTS], got[COHMEM_GUEST_MAX_PXM];
	unsigned int i, expect = oracle(nr, w, want);

	T_EQ(t, cohmem_guest_srat(table, len, w, got), expect);
	for (i = 0; i < expect; i++)
		T_EQ(t, got[i], want[i]);
}

/* Few values for each field, so that things meet. */
static void made_up_tables(struct kunit *t)
{
	static const u8 types[] = { 0, 1, 2, 3, 5, 5, 5, 5 };
	struct t_random r = { .x = 5 };
	struct cohmem_guest_where w;
	unsigned int round, nr, i;
	u32 len;

	for (round = 0; round < T_SCALE(20000, 500); round++) {
		nr = t_random(&r) % (MAX_STRUCTS + 1);
		for (i = 0; i < nr; i++) {
			u64 x = t_random(&r);

			list[i] = (struct entry){
				.type = types[x % 8],
				.len = x >> 3 & 7 ? 32 : 2 + (x >> 6) % 38,
				.handle = (x >> 12) % 4 ? 1 : 0,
				.segment = (x >> 14) % 4 ? 0 : 0x100 * ((x >> 16) % 2),
				.at2 = (x >> 18) % 3, .at3 = (x >> 20) % 3,
				.pxm = (x >> 24) % 40, .flags = (x >> 32) % 4,
			};
		}
		len = make(nr);
		w.segment = t_random(&r) % 4 ? 0 : 0x100;
		w.bus = t_random(&r) % 3;
		w.devfn = t_random(&r) % 3;
		compare(t, nr, len, &w);
	}
}

/* Eight for the GPU, as a VMM makes them, and some for others. */
static unsigned int usual(bool swapped)
{
	unsigned int i;

	for (i = 0; i < 12; i++)
		list[i] = (struct entry){
			.type = i < 2 ? 1 : 5, .len = i < 2 ? 40 : 32, .handle = 1,
			.at2 = swapped ? 0 : i < 10 ? 1 : 2, .at3 = swapped ? i < 10 ? 1 : 2 : 0,
			.pxm = i - 1, .flags = 1,
		};
	return 12;
}

static void eight_nodes(struct kunit *t)
{
	struct cohmem_guest_where w = { .bus = 1 };
	u32 pxm[COHMEM_GUEST_MAX_PXM];
	unsigned int swapped, i;
	u32 len;

	for (swapped = 0; swapped < 2; swapped++) {
		len = make(usual(swapped));
		T_EQ(t, cohmem_guest_srat(table, len, &w, pxm), 8);
		for (i = 0; i < 8; i++)
			T_EQ(t, pxm[i], i + 1);
	}
}

/* Bus 8 device 0 and bus 0 device 1 are each other's mirror image. */
static void the_right_order_wins(struct kunit *t)
{
	struct cohmem_guest_where w = { .bus = 8 }, other = { .devfn = 8 };
	u32 pxm[COHMEM_GUEST_MAX_PXM], len;

	list[0] = (struct entry){
		.type = 5, .len = 32, .handle = 1, .flags = 1, .at3 = 8, .pxm = 3,
	};
	list[1] = (struct entry){
		.type = 5, .len = 32, .handle = 1, .flags = 1, .at2 = 8, .pxm = 4,
	};
	len = make(2);
	T_EQ(t, cohmem_guest_srat(table, len, &w, pxm), 1);
	T_EQ(t, pxm[0], 4);
	T_EQ(t, cohmem_guest_srat(table, len, &other, pxm), 1);
	T_EQ(t, pxm[0], 3);
}

/* What is cut off is not read: behind the cut there is more that would match. */
static void cut_anywhere(struct kunit *t)
{
	struct cohmem_guest_where w = { .bus = 1 };
	u32 pxm[COHMEM_GUEST_MAX_PXM], len, cut, whole;
	unsigned int nr = usual(false), fits, i;

	len = make(nr);
	for (cut = 0; cut <= len; cut++) {
		fits = 0;
		for (i = 0, whole = FIRST; i < nr; i++) {
			whole += list[i].len;
			if (whole <= cut && matches(&list[i], &w, false))
				fits++;
		}
		T_EQ(t, cohmem_guest_srat(table, cut, &w, pxm), fits);
		/* the same by the table's own word */
		put32(table + 4, cut);
		T_EQ(t, cohmem_guest_srat(table, len, &w, pxm), cut < FIRST ? 0 : fits);
		put32(table + 4, len);
	}
	/* a table that says to be longer than it is */
	put32(table + 4, ~0U);
	T_EQ(t, cohmem_guest_srat(table, len, &w, pxm), 8);
}

/* Any byte of it replaced by any value: what is behind the table changes nothing. */
static void any_byte_lies(struct kunit *t)
{
	struct cohmem_guest_where w = { .bus = 1 };
	u32 pxm[COHMEM_GUEST_MAX_PXM], len = make(usual(false)), pos;
	unsigned int value, nr;
	u8 was;

	for (pos = 4; pos < len; pos++) {
		was = table[pos];
		for (value = 0; value < 256; value += T_SCALE(1, 17)) {
			table[pos] = value;
			memset(table + len, 0xa5, 64);
			nr = cohmem_guest_srat(table, len, &w, pxm);
			/* the last structure again, and as one of ours */
			memcpy(table + len, table + len - 32, 32);
			table[len] = 5;
			table[len + 10] = 1;
			T_EQ(t, cohmem_guest_srat(table, len, &w, pxm), nr);
		}
		table[pos] = was;
	}
	/* lengths that lead nowhere */
	for (value = 0; value < 2; value++) {
		table[FIRST + 1] = value;
		T_EQ(t, cohmem_guest_srat(table, len, &w, pxm), 0);
	}
}

static void no_more_than_there_is_room(struct kunit *t)
{
	struct cohmem_guest_where w = { 0 };
	u32 pxm[COHMEM_GUEST_MAX_PXM + 1], len;
	unsigned int i;

	for (i = 0; i < MAX_STRUCTS; i++)
		list[i] = (struct entry){
			.type = 5, .len = 32, .handle = 1, .pxm = i, .flags = 1,
		};
	len = make(MAX_STRUCTS);
	pxm[COHMEM_GUEST_MAX_PXM] = 0xdead;
	T_EQ(t, cohmem_guest_srat(table, len, &w, pxm), COHMEM_GUEST_MAX_PXM);
	T_EQ(t, pxm[COHMEM_GUEST_MAX_PXM], 0xdead);
	T_EQ(t, pxm[COHMEM_GUEST_MAX_PXM - 1], COHMEM_GUEST_MAX_PXM - 1);
}

T_SUITE(guest_srat,
	T_CASE(made_up_tables),
	T_CASE(eight_nodes),
	T_CASE(the_right_order_wins),
	T_CASE(cut_anywhere),
	T_CASE(any_byte_lies),
	T_CASE(no_more_than_there_is_room));
