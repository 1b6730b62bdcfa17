// SPDX-License-Identifier: GPL-2.0-only
/* The arithmetic of limits on a slow host: lab/init/limit.h. */
#include "t.h"
#include "limit.h"

#define LIMIT	180000ULL

/* A limit is over when the time that counts is: by a walk in small steps. */
static u64 ends_at(u64 limit, unsigned int lost_percent)
{
	u64 wall;

	for (wall = 0; !lab_over(limit, wall, wall * lost_percent / 100); wall += 10)
		;
	return wall;
}

static void alone(struct kunit *t)
{
	T_EQ(t, lab_spent_ms(0, 0), 0);
	T_EQ(t, lab_spent_ms(1234, 0), 1234);
	T_TRUE(t, !lab_over(LIMIT, LIMIT, 0));
	T_TRUE(t, lab_over(LIMIT, LIMIT + 1, 0));
	T_EQ(t, lab_factor10(5000, 0), 10);
	T_EQ(t, lab_factor10(0, 0), 10);
}

static void stretches(struct kunit *t)
{
	T_EQ(t, ends_at(LIMIT, 0), LIMIT + 10);
	T_EQ(t, ends_at(LIMIT, 50), 2 * LIMIT + 10);
	T_EQ(t, lab_factor10(3000, 1500), 20);
	T_EQ(t, lab_factor10(3000, 2000), 30);
	T_EQ(t, lab_factor10(10000, 1000), 11);
}

static void bounded(struct kunit *t)
{
	unsigned int percent;
	u64 end;

	for (percent = 0; percent <= 300; percent++) {
		end = ends_at(1000, percent);
		T_TRUE(t, end >= 1000);
		T_TRUE(t, end <= LAB_STRETCH_MAX * 1000 + 10);
		T_TRUE(t, lab_factor10(end, end * percent / 100) <= 10 * LAB_STRETCH_MAX);
	}
	/* All of it lost, and more than there was: the bound holds. */
	T_EQ(t, ends_at(1000, 100), LAB_STRETCH_MAX * 1000 + 10);
	T_EQ(t, lab_spent_ms(1000, ~0ULL), 1000 / LAB_STRETCH_MAX);
	T_EQ(t, lab_factor10(1000, ~0ULL), 10 * LAB_STRETCH_MAX);
}

/* Time never runs backwards, however much is lost in it. */
static void monotonic(struct kunit *t)
{
	u64 wall, lost;

	for (wall = 0; wall < 300; wall++)
		for (lost = 0; lost < 320; lost++) {
			T_TRUE(t, lab_spent_ms(wall + 1, lost) >= lab_spent_ms(wall, lost));
			T_TRUE(t, lab_spent_ms(wall, lost + 1) <= lab_spent_ms(wall, lost));
			T_TRUE(t, lab_spent_ms(wall + 1, lost + 1) >= lab_spent_ms(wall, lost));
			T_TRUE(t, lab_spent_ms(wall, lost) <= wall);
		}
}

static void times(struct kunit *t)
{
	T_EQ(t, lab_times(0), 1);
	T_EQ(t, lab_times(10), 1);
	T_EQ(t, lab_times(12), 1);
	T_EQ(t, lab_times(13), 2);
	T_EQ(t, lab_times(20), 2);
	T_EQ(t, lab_times(21), 3);
	T_EQ(t, lab_times(50), 5);
}

T_SUITE(limit,
	T_CASE(alone),
	T_CASE(stretches),
	T_CASE(bounded),
	T_CASE(monotonic),
	T_CASE(times));
