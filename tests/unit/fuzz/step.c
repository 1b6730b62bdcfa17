// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fuzzer's grammar: a number is always the same step; everything that can be
 * said is said now and then; and what no step may do, none of a million does,
 * by an oracle that knows intervals only.
 */
#include "t.h"
#include "step.h"

#define MiB	(1ULL << 20)
#define GiB	(1ULL << 30)

static const struct geometry geo = {
	.page = 4096, .mem_base = 64 * GiB, .hbm = 3584 * MiB,
	.usemem = 2560 * MiB, .usemem_bar = 4 * GiB, .resmem = GiB, .bar2 = GiB,
	.quiet = 64 * MiB, .quiet_len = 2 * MiB,
};

static bool same(const struct step *a, const struct step *b)
{
	return a->id == b->id && a->call == b->call && a->ptr == b->ptr &&
	       a->argsz == b->argsz && a->slot == b->slot &&
	       a->region == b->region && a->flags == b->flags &&
	       a->num == b->num && a->off == b->off && a->len == b->len;
}

static void a_number_is_a_step(struct kunit *t)
{
	struct t_random r = { 1 };
	unsigned int i, differ = 0;
	struct step a, b, c;

	for (i = 0; i < 10000; i++) {
		u64 id = t_random(&r);

		step_make(&a, id, i % 2, &geo);
		memset(&b, 0xff, sizeof(b));
		step_make(&b, id, i % 2, &geo);
		T_MSG(t, same(&a, &b), "id %#llx", (unsigned long long)id);
		step_make(&c, id + 1, i % 2, &geo);
		differ += a.off != c.off || a.call != c.call;
	}
	T_MSG(t, differ > 9000, "neighbours are alike: %u", differ);
}

static void everything_is_said(struct kunit *t)
{
	unsigned int calls[NR_CALLS] = {}, ptrs[NR_PTRS] = {}, i;
	unsigned int argsz[NR_ARGSZ] = {}, slots[8] = {}, regions[256] = {};
	struct t_random r = { 2 };
	struct step s;

	for (i = 0; i < 200000; i++) {
		step_make(&s, t_random(&r), i % 2, &geo);
		T_TRUE(t, (i % 2 == POOL_USER) == (s.call < NR_USER_CALLS));
		T_TRUE(t, s.slot < 8 && s.region < 256);
		calls[s.call]++;
		ptrs[s.ptr]++;
		argsz[s.argsz]++;
		slots[s.slot]++;
		regions[s.region]++;
	}
	for (i = 0; i < NR_CALLS; i++)
		T_MSG(t, calls[i] > 100, "%s: %u", fuzz_call_name(i), calls[i]);
	for (i = 0; i < NR_PTRS; i++)
		T_MSG(t, ptrs[i] > 1000, "%s: %u", fuzz_ptr_name(i), ptrs[i]);
	for (i = 0; i < NR_ARGSZ; i++)
		T_MSG(t, argsz[i] > 1000, "argsz %u: %u", i, argsz[i]);
	for (i = 0; i < 8; i++)
		T_MSG(t, slots[i] > 1000, "slot %u: %u", i, slots[i]);
	for (i = 0; i <= 10; i++)
		T_MSG(t, regions[i] > 1000, "region %u: %u", i, regions[i]);
	T_TRUE(t, regions[255] > 1000);
}

/* Do [a, a + n) and [b, b + m) meet? Nothing here overflows. */
static bool meet(u64 a, u64 n, u64 b, u64 m)
{
	return a < b + m && b < a + n;
}

static void the_quiet_memory_is_not_written(struct kunit *t)
{
	struct t_random r = { 3 };
	unsigned int i, writes = 0, near = 0;
	struct step s;

	for (i = 0; i < 1000000; i++) {
		u64 len;

		step_make(&s, t_random(&r), POOL_USER, &geo);
		if (!step_writes(&s))
			continue;
		writes++;
		/* What lies beyond a region's TiB is another region's. */
		if (s.region == 4 && s.off < 1ULL << 40) {
			len = s.len < FUZZ_WRITE_MAX ? s.len : FUZZ_WRITE_MAX;
			T_MSG(t, !meet(s.off, len, geo.quiet, geo.quiet_len),
			      "id %#llx writes %#llx+%#llx",
			      (unsigned long long)s.id,
			      (unsigned long long)s.off,
			      (unsigned long long)len);
			near += s.off - geo.quiet - geo.quiet_len < 8192;
		}
		/* From below, the end of another region's offsets would lead here. */
		if (s.region == 3 && s.off >= 1ULL << 40 && s.off < 2ULL << 40)
			T_TRUE(t, !meet(s.off - (1ULL << 40), FUZZ_WRITE_MAX,
					geo.quiet, geo.quiet_len));
		if (s.region == 0 && s.off < 1ULL << 40)
			T_MSG(t, !meet(s.off, s.len, 2 * MiB, 65536),
			      "id %#llx writes to the engine",
			      (unsigned long long)s.id);
	}
	T_MSG(t, writes > 100000 && near > 1000, "%u writes, %u of them near",
	      writes, near);
}

static void ends_are_met(struct kunit *t)
{
	const u64 ends[] = { 0, geo.usemem, geo.usemem_bar, geo.usemem - 8 };
	unsigned int met[4] = {}, i, j;
	struct t_random r = { 4 };
	struct step s;

	for (i = 0; i < 200000; i++) {
		step_make(&s, t_random(&r), POOL_USER, &geo);
		for (j = 0; j < 4; j++)
			met[j] += s.region == 4 && s.off == ends[j];
	}
	for (j = 0; j < 4; j++)
		T_MSG(t, met[j] > 50, "%#llx: %u times",
		      (unsigned long long)ends[j], met[j]);
}

static void sizes_that_are_said(struct kunit *t)
{
	T_EQ(t, fuzz_argsz(ARGSZ_RIGHT, 24), 24);
	T_EQ(t, fuzz_argsz(ARGSZ_ZERO, 24), 0);
	T_EQ(t, fuzz_argsz(ARGSZ_SHORT, 24), 8);
	T_EQ(t, fuzz_argsz(ARGSZ_SHORT, 8), 4);
	T_EQ(t, fuzz_argsz(ARGSZ_ONE_SHORT, 24), 23);
	T_EQ(t, fuzz_argsz(ARGSZ_LARGER, 24), 40);
	T_EQ(t, fuzz_argsz(ARGSZ_HUGE, 24), 0xffffffffu);
}

static void in_words(struct kunit *t)
{
	struct step s = {
		.call = CALL_PREAD, .region = 4, .off = 0x1000, .len = 8,
		.ptr = PTR_HELD,
	};
	char text[300], small[8];
	struct t_random r = { 5 };
	unsigned int i;

	step_text(&s, text, sizeof(text));
	T_STREQ(t, text, "pread region 4 at 0x1000 length 0x8, pointer to a page that comes late");
	T_TRUE(t, step_text(&s, small, sizeof(small)) > (int)sizeof(small));
	T_STREQ(t, small, "pread r");
	for (i = 0; i < 10000; i++) {
		step_make(&s, t_random(&r), i % 2, &geo);
		T_TRUE(t, step_text(&s, text, sizeof(text)) < (int)sizeof(text));
	}
}

T_SUITE(fuzz_step, T_CASE(a_number_is_a_step), T_CASE(everything_is_said),
	T_CASE(the_quiet_memory_is_not_written), T_CASE(ends_are_met),
	T_CASE(sizes_that_are_said), T_CASE(in_words));
