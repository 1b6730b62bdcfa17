// SPDX-License-Identifier: GPL-2.0-only
/*
 * Layouts against a slow reference. The reference knows the contract, not the
 * code: it finds usemem by walking down in 512 MiB steps, a power of two by
 * trying each, and collects everything that is wrong with the input instead of
 * stopping at the first, so that the order of the checks is not copied.
 */
#include "t.h"
#include "layout.h"
#include "regs.h"

#define K	BIT_ULL(10)
#define M	BIT_ULL(20)
#define G	BIT_ULL(30)
#define TB	BIT_ULL(40)

struct input {
	const struct cohmem_placement *place;
	u64 base;
	u64 size;
	u64 page;
	unsigned int bits;
};

static u64 ref_power(u64 n)
{
	unsigned int k;

	for (k = 0; k < 64; k++)
		if ((1ULL << k) >= n)
			return 1ULL << k;
	return 0;
}

/* The largest usemem the placement allows; 0 if there is none. */
static u64 ref_usemem(const struct cohmem_placement *p, u64 size)
{
	u64 room, step = p->usemem_align, use = 0;

	if (p->resmem_bar == COHMEM_NO_BAR)
		return size;
	if (size < p->resmem_min)
		return 0;
	room = size - p->resmem_min;
	/* Far above any memory we try, jump near first to stay bounded. */
	if (room > 4096 * step)
		use = (room / step - 2) * step;
	while (use <= room && room - use >= step)
		use += step;
	return use;
}

/* Bit n set: reason n applies. Bit COHMEM_OK alone: nothing is wrong. */
static u32 ref_reasons(const struct input *in, u64 *usemem)
{
	u32 why = 0;
	u64 use = 0, res = 0;
	bool wraps = in->base + in->size < in->base ||
		     (in->size && in->base + in->size == 0);

	if (in->size == 0)
		why |= 1U << COHMEM_ERR_LINK_DOWN;
	if (in->base == 0)
		why |= 1U << COHMEM_ERR_BASE_ZERO;
	if (in->base % in->page)
		why |= 1U << COHMEM_ERR_BASE_UNALIGNED;
	if (in->size % in->page)
		why |= 1U << COHMEM_ERR_SIZE_UNALIGNED;
	if (wraps)
		why |= 1U << COHMEM_ERR_OVERFLOW;
	if (in->bits && in->bits < 64 && in->size &&
	    (wraps || in->base + (in->size - 1) >= 1ULL << in->bits))
		why |= 1U << COHMEM_ERR_PHYS_LIMIT;

	use = ref_usemem(in->place, in->size);
	res = in->size - use;
	if (in->place->resmem_bar != COHMEM_NO_BAR && !use)
		why |= 1U << COHMEM_ERR_TOO_SMALL;
	if (use > TB || (use && res > TB))
		why |= 1U << COHMEM_ERR_TOO_LARGE;
	*usemem = use;
	return why ? why : 1U << COHMEM_OK;
}

static void check_region(struct kunit *t, const struct cohmem_region *r, int kind,
			 unsigned int bar, u64 base, u64 size)
{
	T_EQ(t, r->kind, kind);
	T_EQ(t, r->bar, bar);
	T_EQ(t, r->base, base);
	T_EQ(t, r->size, size);
	T_EQ(t, r->region_size, ref_power(size));
}

static void check(struct kunit *t, const struct input *in)
{
	static const struct cohmem_layout none;
	struct cohmem_layout l;
	enum cohmem_reason got;
	u64 use, res;
	u32 want = ref_reasons(in, &use);

	memset(&l, 0xa5, sizeof(l));
	got = cohmem_layout_compute(in->place, in->base, in->size, in->page,
				    in->bits, &l);
	T_MSG(t, got < 32 && (want >> got & 1),
	      "%s base %#llx size %#llx page %#llx bits %u: got %s, want set %#x",
	      in->place->name, (unsigned long long)in->base,
	      (unsigned long long)in->size, (unsigned long long)in->page,
	      in->bits, cohmem_reason_name(got), want);
	if (got != COHMEM_OK) {
		T_MSG(t, !memcmp(&l, &none, sizeof(l)),
		      "%s leaves the layout dirty", cohmem_reason_name(got));
		return;
	}

	res = in->size - use;
	T_EQ(t, l.nr, 1 + (res != 0));
	check_region(t, &l.region[0], COHMEM_USEMEM, in->place->usemem_bar,
		     in->base, use);
	if (res)
		check_region(t, &l.region[1], COHMEM_RESMEM,
			     in->place->resmem_bar, in->base + use, res);
}

static const struct cohmem_placement *const places[] = {
	&cohmem_placement_split, &cohmem_placement_whole,
	&cohmem_placement_bar2,
};

static const u64 pages[] = { 4 * K, 16 * K, 64 * K };

/* What a GH200, a GB200 and a GB300 must look like: numbers, no reference. */
static void products(struct kunit *t)
{
	const u64 base = 0x400000000000ULL;
	struct cohmem_layout l;

	T_EQ(t, cohmem_layout_compute(&cohmem_placement_split, base, 96 * G,
				      4 * K, 48, &l), COHMEM_OK);
	T_EQ(t, l.nr, 2);
	check_region(t, &l.region[0], COHMEM_USEMEM, 4, base, 95 * G);
	check_region(t, &l.region[1], COHMEM_RESMEM, 2, base + 95 * G, G);
	T_EQ(t, l.region[0].region_size, 128 * G);
	T_EQ(t, l.region[1].region_size, G);

	/* A size that is no multiple of 512 MiB: the tail takes the rest. */
	T_EQ(t, cohmem_layout_compute(&cohmem_placement_split, base,
				      0x1788000000ULL, 64 * K, 48, &l),
	     COHMEM_OK);
	check_region(t, &l.region[0], COHMEM_USEMEM, 4, base, 0x1740000000ULL);
	check_region(t, &l.region[1], COHMEM_RESMEM, 2, base + 0x1740000000ULL,
		     0x48000000ULL);
	T_EQ(t, l.region[1].region_size, 2 * G);

	T_EQ(t, cohmem_layout_compute(&cohmem_placement_whole, base, 184 * G,
				      4 * K, 48, &l), COHMEM_OK);
	T_EQ(t, l.nr, 1);
	check_region(t, &l.region[0], COHMEM_USEMEM, 4, base, 184 * G);
	T_EQ(t, l.region[0].region_size, 256 * G);

	T_EQ(t, cohmem_layout_compute(&cohmem_placement_whole, base, 288 * G,
				      4 * K, 48, &l), COHMEM_OK);
	T_EQ(t, l.region[0].region_size, 512 * G);

	T_EQ(t, cohmem_layout_compute(&cohmem_placement_bar2, base, 120 * G,
				      4 * K, 48, &l), COHMEM_OK);
	T_EQ(t, l.nr, 1);
	check_region(t, &l.region[0], COHMEM_USEMEM, 2, base, 120 * G);
}

static void sizes_at_every_border(struct kunit *t)
{
	static const u64 around[] = {
		0, 4 * K, 64 * K, M, 512 * M, G, G + 512 * M, 2 * G,
		2 * G + 512 * M, 3 * G, 4 * G, 16 * G, 64 * G, 95 * G, 96 * G,
		96 * G + 512 * M, 97 * G, 120 * G, 128 * G, 129 * G, 144 * G,
		184 * G, 256 * G, 288 * G, 480 * G, 512 * G, TB - G, TB,
		TB + 512 * M, TB + G, TB + G + 512 * M, TB + 2 * G, 2 * TB,
		1ULL << 52, 1ULL << 63,
	};
	static const s64 delta[] = {
		0, 1, -1, 4096, -4096, 4097, -4095, 16384, -16384, 65536,
		-65536, 512, -512, 2097152, -2097152,
	};
	struct input in = { .base = 64 * G };
	unsigned int p, g, i, d;

	for (p = 0; p < ARRAY_SIZE(places); p++)
		for (g = 0; g < ARRAY_SIZE(pages); g++)
			for (i = 0; i < ARRAY_SIZE(around); i++)
				for (d = 0; d < ARRAY_SIZE(delta); d++) {
					in.place = places[p];
					in.page = pages[g];
					in.size = around[i] + (u64)delta[d];
					check(t, &in);
				}
}

/* Every 512 MiB multiple up to the region limit and beyond, and its neighbours. */
static void every_step(struct kunit *t)
{
	struct input in = { .base = 64 * G };
	unsigned int p, g;
	u64 size;

	for (p = 0; p < ARRAY_SIZE(places); p++)
		for (g = 0; g < ARRAY_SIZE(pages); g++)
			for (size = 512 * M; size <= TB + 4 * G;
			     size += 512 * M) {
				in.place = places[p];
				in.page = pages[g];
				in.size = size - in.page;
				check(t, &in);
				in.size = size;
				check(t, &in);
				in.size = size + in.page;
				check(t, &in);
			}
}

/* End at, just below and just above each power of two; and begin there. */
static void around_powers_of_two(struct kunit *t, struct input *in)
{
	unsigned int e;
	int d;

	for (e = 0; e <= 64; e++)
		for (d = -2; d <= 2; d++) {
			u64 edge = e < 64 ? 1ULL << e : 0;

			in->base = edge + (u64)(s64)d * in->page - in->size;
			check(t, in);
			in->base = edge + (u64)(s64)d * in->page;
			check(t, in);
			in->base = edge + (u64)(s64)d;
			check(t, in);
		}
}

static void bases_and_physical_limits(struct kunit *t)
{
	static const unsigned int bits[] = {
		0, 1, 12, 32, 36, 39, 40, 44, 47, 48, 51, 52, 56, 63, 64, 70,
	};
	static const u64 sizes[] = {
		4 * K, 64 * K, 512 * M, G + 512 * M, 2 * G, 96 * G, TB,
	};
	struct input in;
	unsigned int p, g, b, s;

	for (p = 0; p < ARRAY_SIZE(places); p++)
		for (g = 0; g < ARRAY_SIZE(pages); g++)
			for (b = 0; b < ARRAY_SIZE(bits); b++)
				for (s = 0; s < ARRAY_SIZE(sizes); s++) {
					in.place = places[p];
					in.page = pages[g];
					in.bits = bits[b];
					in.size = sizes[s];
					around_powers_of_two(t, &in);
				}
}

static void random_inputs(struct kunit *t)
{
	struct t_random r = { 2026 };
	struct input in;
	unsigned int i;

	for (i = 0; i < 200000; i++) {
		u64 x = t_random(&r);

		in.place = places[x % ARRAY_SIZE(places)];
		in.page = pages[(x >> 8) % ARRAY_SIZE(pages)];
		in.bits = (x >> 16) % 66;
		in.base = t_random(&r) >> ((x >> 24) & 63);
		in.size = t_random(&r) >> ((x >> 32) & 63);
		if (x >> 40 & 1)
			in.base &= ~(in.page - 1);
		if (x >> 41 & 3)
			in.size &= ~(in.page - 1);
		check(t, &in);
	}
}

/* What a layout promises to those above it, whatever the numbers. */
static void invariants(struct kunit *t)
{
	struct t_random r = { 7 };
	struct cohmem_layout l;
	unsigned int i, n, bar, found;

	for (i = 0; i < 100000; i++) {
		u64 x = t_random(&r), at, page = pages[x % ARRAY_SIZE(pages)];
		u64 size = (t_random(&r) >> 23) & ~(page - 1);
		u64 base = (t_random(&r) >> 17) & ~(page - 1);

		if (cohmem_layout_compute(places[i % ARRAY_SIZE(places)], base,
					  size, page, 0, &l) != COHMEM_OK)
			continue;
		at = base;
		for (n = 0; n < l.nr; n++) {
			const struct cohmem_region *g = &l.region[n];

			T_EQ(t, g->base, at);
			T_TRUE(t, g->size && !(g->size & (page - 1)));
			T_EQ(t, g->region_size & (g->region_size - 1), 0);
			T_TRUE(t, g->region_size >= g->size);
			T_TRUE(t, g->region_size / 2 < g->size);
			T_TRUE(t, g->region_size <= COHMEM_REGION_SIZE_MAX);
			at += g->size;
		}
		T_EQ(t, at, base + size);
		for (bar = 0, found = 0; bar < 8; bar++)
			found += !!cohmem_layout_at_bar(&l, bar);
		T_EQ(t, found, l.nr);
	}
}

static void at_bar(struct kunit *t)
{
	struct cohmem_layout l;
	unsigned int bar;

	T_EQ(t, cohmem_layout_compute(&cohmem_placement_split, 64 * G, 16 * G,
				      4 * K, 0, &l), COHMEM_OK);
	for (bar = 0; bar < 8; bar++) {
		const struct cohmem_region *r = cohmem_layout_at_bar(&l, bar);

		if (bar == 4)
			T_TRUE(t, r == &l.region[0]);
		else if (bar == 2)
			T_TRUE(t, r == &l.region[1]);
		else
			T_TRUE(t, !r);
	}

	T_EQ(t, cohmem_layout_compute(&cohmem_placement_whole, 64 * G, 16 * G,
				      4 * K, 0, &l), COHMEM_OK);
	T_TRUE(t, !cohmem_layout_at_bar(&l, 2));
	T_TRUE(t, cohmem_layout_at_bar(&l, 4) == &l.region[0]);

	memset(&l, 0, sizeof(l));
	for (bar = 0; bar < 8; bar++)
		T_TRUE(t, !cohmem_layout_at_bar(&l, bar));
}

T_SUITE(layout,
	T_CASE(products),
	T_CASE(sizes_at_every_border),
	T_CASE(every_step),
	T_CASE(bases_and_physical_limits),
	T_CASE(random_inputs),
	T_CASE(invariants),
	T_CASE(at_bar));
