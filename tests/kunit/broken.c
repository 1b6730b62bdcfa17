// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cases that are wrong on purpose, so that it is known what a failure looks like
 * from a kernel. The lab's scenario kunit loads them after the true ones and
 * wants each "wrong" to fail and each "right" to pass.
 */
#include "t.h"

static void wrong_number(struct kunit *t)
{
	T_EQ(t, 1 + 1, 3);
}

static void wrong_condition(struct kunit *t)
{
	unsigned int i;

	for (i = 0; i < 10; i++)
		T_MSG(t, i < 9, "i is %u", i);
}

static void wrong_word(struct kunit *t)
{
	T_STREQ(t, "ready", "resetting");
}

static void right(struct kunit *t)
{
	T_TRUE(t, true);
	T_FALSE(t, false);
	T_EQ(t, 1 + 1, 2);
	T_STREQ(t, "ready", "ready");
}

T_SUITE(broken,
	T_CASE(wrong_number),
	T_CASE(wrong_condition),
	T_CASE(wrong_word),
	T_CASE(right));
