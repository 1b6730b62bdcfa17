// SPDX-License-Identifier: GPL-2.0-only
/* What the fuzzer's model lets through, and what it does not. */
#include <errno.h>

#include "t.h"
#include "model.h"

#define MiB	(1ULL << 20)
#define GiB	(1ULL << 30)

static const struct geometry geo = {
	.page = 4096, .mem_base = 64 * GiB, .hbm = 3584 * MiB,
	.usemem = 2560 * MiB, .usemem_bar = 4 * GiB, .resmem = GiB, .bar2 = GiB,
	.quiet = 64 * MiB, .quiet_len = 2 * MiB,
};

/* Every call says how it may fail, but those that cannot. */
static void errors_are_declared(struct kunit *t)
{
	unsigned int call, err, nr;

	for (call = 0; call < NR_CALLS; call++) {
		for (nr = 0, err = 1; err < 200; err++)
			nr += model_errno(call, err);
		T_MSG(t, nr < 17, "%s: %u errors", fuzz_call_name(call), nr);
		if (call != CALL_LOAD && call != CALL_STORE && call != CALL_PAUSE)
			T_MSG(t, nr, "%s: none", fuzz_call_name(call));
		T_FALSE(t, model_errno(call, 0));
		/* Nobody waits to be interrupted, and all is ours to do. */
		T_FALSE(t, model_errno(call, EINTR));
		T_FALSE(t, model_errno(call, ENAMETOOLONG));
	}
	T_TRUE(t, model_errno(CALL_PREAD, EIO));
	T_FALSE(t, model_errno(CALL_PREAD, ENOMEM));
	T_FALSE(t, model_errno(CALL_LOAD, EIO));
}

static void bytes_that_moved(struct kunit *t)
{
	static const struct {
		enum fuzz_call call;
		enum fuzz_ptr ptr;
		unsigned int region;
		u64 off, len;
		long ret;
		bool good;
	} cases[] = {
		{ CALL_PREAD, PTR_GOOD, 4, 0, 8, 8, true },
		{ CALL_PREAD, PTR_GOOD, 4, 0, 8, 0, true },
		{ CALL_PREAD, PTR_GOOD, 4, 0, 8, 9, false },
		{ CALL_PREAD, PTR_GOOD, 4, 4 * GiB - 8, 64, 8, true },
		{ CALL_PREAD, PTR_GOOD, 4, 4 * GiB - 8, 64, 9, false },
		{ CALL_PREAD, PTR_GOOD, 4, 4 * GiB, 64, 0, true },
		{ CALL_PREAD, PTR_GOOD, 4, 4 * GiB, 64, 1, false },
		{ CALL_PREAD, PTR_GOOD, 2, GiB, 64, 1, false },
		{ CALL_PREAD, PTR_GOOD, 4, 1ULL << 40, 64, 64, true },
		{ CALL_PREAD, PTR_READ_ONLY, 4, 0, 8, 8, false },
		{ CALL_PWRITE, PTR_READ_ONLY, 4, 0, 8, 8, true },
		{ CALL_PWRITE, PTR_NULL, 4, 0, 8, 8, false },
		{ CALL_PWRITE, PTR_NULL, 4, 0, 8, 0, true },
		{ CALL_PWRITE, PTR_NULL, 4, 2560 * MiB - 8, 8, 8, false },
		{ CALL_PWRITE, PTR_NULL, 4, 2560 * MiB, 8, 8, true },
		{ CALL_PREAD, PTR_NULL, 4, 2560 * MiB, 8, 8, false },
		{ CALL_PREAD, PTR_UNMAPPED, 4, 0, 8, 1, false },
		{ CALL_PREAD, PTR_KERNEL, 0, 0, 8, 8, false },
		{ CALL_PREAD, PTR_EDGE, 4, 0, 8, 4, true },
		{ CALL_URING, PTR_GOOD, 4, 4 * GiB, 64, 1, false },
		{ CALL_AIO, PTR_GOOD, 4, 0, 64, 65, false },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct step s = {
			.call = cases[i].call, .ptr = cases[i].ptr,
			.region = cases[i].region, .off = cases[i].off,
			.len = cases[i].len,
		};
		struct outcome o = { .ret = cases[i].ret };
		const char *breach = model_breach(&s, &o, &geo);

		T_MSG(t, !breach == cases[i].good, "case %u: %s", i,
		      breach ? breach : "let through");
	}
}

/* Against pages, counted one by one. */
static bool all_backed(u64 off, u64 len)
{
	u64 at;

	if (off % geo.page || !len)
		return false;
	for (at = off; at < off + len; at += geo.page)
		if (at >= geo.usemem)
			return false;
	return true;
}

static void memory_that_is_given_out(struct kunit *t)
{
	static const u64 lens[] = {
		0, 1, 4095, 4096, 4097, 8192, 65536, MiB, 2560 * MiB,
		2560 * MiB + 1,
	};
	struct outcome yes = { .ret = 3 }, no = { -1, EINVAL };
	unsigned int i;
	int page, skew;

	for (page = -3; page <= 3; page++)
		for (skew = -1; skew <= 1; skew++)
			for (i = 0; i < ARRAY_SIZE(lens); i++) {
				struct step s = {
					.call = i % 2 ? CALL_MMAP : CALL_EXPORT,
					.region = 4, .len = lens[i],
					.off = geo.usemem + page * 4096 + skew,
				};

				T_TRUE(t, !model_breach(&s, &no, &geo));
				T_MSG(t, !model_breach(&s, &yes, &geo) ==
				      all_backed(s.off, s.len), "%#llx+%#llx",
				      (unsigned long long)s.off,
				      (unsigned long long)s.len);
				s.off = skew < 0 ? 0 : (u64)skew;
				T_MSG(t, !model_breach(&s, &yes, &geo) ==
				      all_backed(s.off, s.len), "%#llx+%#llx",
				      (unsigned long long)s.off,
				      (unsigned long long)s.len);
				/* Lengths that come round to where they began. */
				s.off = 4096;
				s.len = ~0ULL - lens[i];
				T_TRUE(t, model_breach(&s, &yes, &geo));
			}
}

T_SUITE(fuzz_model, T_CASE(errors_are_declared), T_CASE(bytes_that_moved),
	T_CASE(memory_that_is_given_out));
