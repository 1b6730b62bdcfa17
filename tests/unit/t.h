/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One case list, several runners. A file of cases includes this header, writes
 * its cases as `static void name(struct kunit *t)` and closes with T_SUITE(). In
 * user space that makes a cmocka program; in a kernel it makes a KUnit suite.
 *
 * A case owes both worlds: no libc beyond string functions, no floating point,
 * no big stack frames (256 bytes are fine, a page is not), no allocation.
 *
 * T_* stop the case at the first failure: what an exhaustive loop finds first
 * is what a person wants to see, not its ten thousand consequences. They cost
 * one comparison when they hold, so they may stand in the innermost loop.
 */
#ifndef COHMEM_TESTS_T_H
#define COHMEM_TESTS_T_H

#include "env.h"

#ifdef __KERNEL__

#include <kunit/test.h>

#define T_CASE(fn)	KUNIT_CASE(fn)
/* How much to do: a checked kernel under emulation is slow. */
#define T_SCALE(user, kernel)	(0 ? (user) : (kernel))

#define T_FAIL(t_, fmt, ...) \
	KUNIT_FAIL_AND_ABORT(t_, fmt, ##__VA_ARGS__)
#define T_INFO(t_, fmt, ...) \
	kunit_info(t_, fmt, ##__VA_ARGS__)

#define T_SUITE(suite_name, ...)					\
	static struct kunit_case suite_name##_cases[] = {		\
		__VA_ARGS__, {}						\
	};								\
	static struct kunit_suite suite_name##_suite = {		\
		.name = "cohmem_" #suite_name,				\
		.test_cases = suite_name##_cases,			\
	};								\
	kunit_test_suite(suite_name##_suite);				\
	MODULE_DESCRIPTION("cohmem core: " #suite_name);		\
	MODULE_LICENSE("GPL")

#else /* user space: cmocka */

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <cmocka.h>

typedef int64_t s64;

/* The context of a case. KUnit's name, so that cases read the same there. */
struct kunit {
	const char *name;
};

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define BIT_ULL(n)	(1ULL << (n))

/*
 * cmocka calls with void **state and knows no context argument: each case is
 * handed over as the initial state of one function that calls it.
 */
typedef void (*t_case_fn)(struct kunit *t);

struct t_entry {
	const char *name;
	t_case_fn fn;
};

static inline void t_thunk(void **state)
{
	const struct t_entry *e = *state;
	struct kunit ctx = { .name = e->name };

	e->fn(&ctx);
}

#define T_CASE(fn)	{ #fn, fn }
#define T_SCALE(user, kernel)	(0 ? (kernel) : (user))

#define T_FAIL(t_, fmt, ...) \
	do { (void)(t_); fail_msg(fmt, ##__VA_ARGS__); } while (0)
#define T_INFO(t_, fmt, ...) \
	do { (void)(t_); printf("# " fmt "\n", ##__VA_ARGS__); } while (0)

#define T_SUITE(suite_name, ...)					\
	int main(void)							\
	{								\
		static struct t_entry e[] = { __VA_ARGS__ };		\
		static struct CMUnitTest tests[ARRAY_SIZE(e)];		\
		unsigned int i;						\
									\
		setvbuf(stdout, NULL, _IOLBF, 0);			\
		for (i = 0; i < ARRAY_SIZE(e); i++) {			\
			tests[i].name = e[i].name;			\
			tests[i].test_func = t_thunk;			\
			tests[i].initial_state = &e[i];			\
		}							\
		return cmocka_run_group_tests_name(#suite_name, tests,	\
						   NULL, NULL);		\
	}								\
	extern int t_swallow_semicolon

#endif

/* T_MSG(t, cond, fmt, ...): @cond must hold; the message names the input. */
#define T_MSG(t_, cond, fmt, ...) \
	do { \
		if (!(cond)) \
			T_FAIL(t_, "%s:%d: " #cond ": " fmt, __func__, \
			       __LINE__, ##__VA_ARGS__); \
	} while (0)

#define T_TRUE(t_, cond)	T_MSG(t_, cond, "does not hold%s", "")
#define T_FALSE(t_, cond)	T_MSG(t_, !(cond), "does not hold%s", "")

/* T_EQ(t, a, b): integers, compared and shown as 64 bits. */
#define T_EQ(t_, a, b) \
	do { \
		u64 a_ = (u64)(a), b_ = (u64)(b); \
\
		if (a_ != b_) \
			T_FAIL(t_, "%s:%d: %s is %#llx, want %s = %#llx", \
			       __func__, __LINE__, #a, \
			       (unsigned long long)a_, #b, \
			       (unsigned long long)b_); \
	} while (0)

#define T_STREQ(t_, a, b) \
	do { \
		const char *a_ = (a), *b_ = (b); \
\
		if (strcmp(a_, b_)) \
			T_FAIL(t_, "%s:%d: %s is \"%s\", want \"%s\"", \
			       __func__, __LINE__, #a, a_, b_); \
	} while (0)

/* Numbers that look random and are the same in every run. */
struct t_random {
	u64 x;
};

static inline u64 t_random(struct t_random *r)
{
	/* splitmix64: one addition and a mix; any seed is a good seed */
	u64 z = r->x += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

#endif /* COHMEM_TESTS_T_H */
