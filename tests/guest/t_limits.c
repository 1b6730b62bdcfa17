// SPDX-License-Identifier: GPL-2.0-only
/*
 * The lab's own promises on a slow host: limits follow, and a step that had to be
 * killed leaves nothing behind. See lab/scenarios/limits, which makes the host
 * slow and says which of these run in which step.
 */
#include "guest.h"
#include "limit.h"

/* On a host as slow as the scenario makes it, longer than the step may take. */
#define BUSY_MS		6000

/* Something to do for processors, until so much of the time has counted. */
static void spin(double ms)
{
	struct stopwatch w = stopwatch_start();

	while (stopwatch_ms(&w) < ms)
		;
}

static void slow_host_is_told(void)
{
	double start = now_ms(), wall;

	if (!host_tells_lost())
		SKIP("the host's kernel does not count how long threads wait");
	spin(BUSY_MS);
	wall = now_ms() - start;
	test_info("%d ms counted of %.0f", BUSY_MS, wall);
	CHECK(wall > BUSY_MS * 1.5, "this host is not slow: %.0f ms", wall);
	CHECK(wall <= (BUSY_MS + 3000) * LAB_STRETCH_MAX, "%.0f ms", wall);
	CHECK(slowness() > 1, "slowness() has not noticed");
}

/* Its limit is 4 s; it ends after 2 that count, which are more on the clock. */
static void limit_of_a_test_follows(void)
{
	if (!host_tells_lost())
		SKIP("the host's kernel does not count how long threads wait");
	spin(2000);
}

/* Killed while it does: in a process group of its own, as all tests are. */
static void holds_the_device(void)
{
	struct dev d;

	dev_open(&d);
	test_info("holding it");
	sleep_ms(3600 * 1000);
}

static void has_the_device(void)
{
	struct dev d;

	dev_open(&d);
	dev_close(&d);
}

SUITE(TEST_LONG(slow_host_is_told, 20),
      TEST_LONG(limit_of_a_test_follows, 4),
      TEST_LONG(holds_the_device, 3600),
      TEST(has_the_device));
