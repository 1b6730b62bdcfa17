// SPDX-License-Identifier: GPL-2.0-only
/*
 * When the memory must not be called clean: bad pages, a function that cannot be
 * stopped, memory that never comes. scrub_result says which, scrub_dirty stays
 * 1, and nobody gets the device unless the administrator accepts it.
 */
#include "scrubbing.h"

/*
 * How long Linux waits for a function after its reset, and some: it counts what it
 * means to sleep, not how long that takes.
 */
#define NOT_READY_MS	(70000 * slowness())

static void note_bad(u64 off)
{
	char text[32];

	snprintf(text, sizeof(text), "0x%llx",
		 (unsigned long long)(facts()->mem_base + off));
	attr_write("poison_pages", text);
}

static void refused(void)
{
	struct dev d;
	int ret = __dev_open(&d);

	if (!ret)
		dev_close(&d);
	CHECK_EQ(ret, -EIO);
}

static void more_bad_pages_than_can_be_noted(void)
{
	unsigned int i;

	scrub_fresh("off");
	for (i = 0; i < 100000 && !attr_u64("poison_overflow"); i++)
		note_bad(GiB + i * facts()->page);
	scrub_leave("close");
	scrub_ends("poison");
	CHECK_EQ(attr_u64("scrub_dirty"), 1);
	refused();
	scrub_policy("off");
	rebind();
}

static void one_page_left_out(void)
{
	struct dev d;

	scrub_fresh("off");
	note_bad(5 * facts()->page);
	scrub_leave("close");
	scrub_ends("skipped");
	CHECK_EQ(attr_u64("scrub_skipped"), facts()->page);
	CHECK_EQ(attr_u64("scrub_dirty"), 1);
	refused();

	attr_write("scrub_accept_bad", "1");
	dev_open(&d);
	dev_close(&d);
	scrub_ends("skipped");
	CHECK_EQ(attr_u64("scrub_dirty"), 1);
	attr_write("scrub_accept_bad", "0");
	refused();

	/* the page was replaced by a spare one, as a reset of such a part can */
	attr_write("poison_pages", "-all");
	dev_open(&d);
	CHECK_EQ(traces_left(), 0);
	attr_is("scrub_result", "ok");
	dev_close(&d);
	scrub_policy("off");
	rebind();
}

/*
 * Nothing can stop its engines: what was cleared may be written again. Just bound,
 * as after a user the core has another way: it resets the bus.
 */
static void no_way_to_reset_it(void)
{
	struct dev d;
	int ret;

	scrub_fresh("off");
	scrub_leave(NULL);
	rebind();
	ret = file_write(dev_path("reset_method"), "\n");
	if (ret)
		SKIP("reset_method cannot be cleared: %s", strerror(-ret));
	scrub_policy("open");
	attr_write("scrub_start", "start");
	scrub_ends("no-reset");
	CHECK_EQ(attr_u64("scrub_dirty"), 1);
	ret = __dev_open(&d);
	if (!ret)
		dev_close(&d);
	CHECK_EQ(file_write(dev_path("reset_method"), "default"), 0);
	CHECK(ret == -EIO, "handed out though it could not be reset: %d", ret);

	dev_open(&d);
	CHECK_EQ(traces_left(), 0);
	attr_is("scrub_result", "ok");
	dev_close(&d);
	scrub_policy("off");
}

/*
 * The reset is tried and the function does not come back from it in the time that
 * Linux gives it, a minute at most; later it does. One way of resetting is enough,
 * each takes its minute.
 */
static void a_reset_that_times_out(void)
{
	unsigned int ms = NOT_READY_MS;
	struct dev d;
	int ret;

	scrub_fresh("off");
	scrub_leave(NULL);
	/* just bound: nobody has seen it stop, so that it is reset */
	rebind();
	ret = file_write(dev_path("reset_method"), "flr");
	if (ret)
		SKIP("reset_method cannot be set: %s", strerror(-ret));
	sim("set silent-ms %u", ms);
	attr_write("scrub_start", "start");
	CHECK(attr_becomes("scrub_state", "idle", ms + CLEARED_MS),
	      "it never ends");
	attr_is("scrub_result", "no-reset");
	CHECK_EQ(attr_u64("scrub_dirty"), 1);
	sim("defaults");
	CHECK_EQ(file_write(dev_path("reset_method"), "default"), 0);
	scrub_policy("open");
	dev_open(&d);
	CHECK_EQ(traces_left(), 0);
	attr_is("scrub_result", "ok");
	dev_close(&d);
	scrub_policy("off");
}

/* Memory that never comes is not waited for longer than ever, nor handed out. */
static void memory_that_never_comes(void)
{
	char result[32];
	struct dev d;

	scrub_fresh("off");
	scrub_policy("close");
	dev_open(&d);
	leave_traces();
	if (facts()->cxl)
		sim("set cxl-timeout 0");
	sim("set train stuck");
	dev_close(&d);
	CHECK(scrub_starts(AT_ONCE_MS), "no clearing after close");
	CHECK(attr_becomes("scrub_state", "idle", CLEARED_MS), "it never ends");
	attr_read("scrub_result", result, sizeof(result));
	CHECK(!strcmp(result, "timeout") || !strcmp(result, "unavailable"),
	      "%s", result);
	CHECK_EQ(attr_u64("scrub_dirty"), 1);
	sim("defaults");
	dev_open(&d);
	CHECK_EQ(traces_left(), 0);
	dev_close(&d);
	scrub_policy("off");
}

SUITE(TEST_LONG(more_bad_pages_than_can_be_noted, 120),
      TEST_LONG(one_page_left_out, 120), TEST_LONG(no_way_to_reset_it, 120),
      TEST_LONG(a_reset_that_times_out, 200),
      TEST_LONG(memory_that_never_comes, 120));
