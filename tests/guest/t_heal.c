// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that has failed, and turns up later: it is looked at once a second as
 * long as somebody has the device open, and used without another reset. Until
 * then accesses fail at once.
 */
#include <sys/ioctl.h>
#include <unistd.h>

#include "hold.h"

/* A look a second, and some for a machine that stumbles. */
#define HEALS_MS	(2500 + AT_ONCE_MS)
#define FAILS_MS	(60000 * slowness())

static bool loads(void *p)
{
	u64 v;

	return try_load(p, &v, NULL);
}

/* Half a minute for each failure, and each of them shows the same. */
static void need_quick_failure(void)
{
	if (!facts()->cxl)
		SKIP("memory that is announced by BAR0 takes 30 s to fail: once is enough, see model next");
}

/* Reset, and the memory does not train within its time. */
static void fail(struct dev *d)
{
	if (facts()->cxl)
		sim("set cxl-timeout 0");
	sim("set train stuck");
	CHECK_EQ(dev_reset(d), 0);
	set_command(d, 2, 0);
	CHECK(attr_becomes("ready_state", "failed", FAILS_MS),
	      "the memory does not fail");
}

static void fails_at_once(struct dev *d, u8 *p)
{
	double start = now_ms();
	u64 v;

	CHECK(!loads(p), "memory that is not there was read");
	CHECK_ERRNO(reg_read(d, 4, 0, &v, 8), EIO);
	CHECK_ERRNO(reg_write(d, 4, 0, &v, 8), EIO);
	CHECK(now_ms() - start < AT_ONCE_MS / 3, "failing took %.0f ms",
	      now_ms() - start);
}

static void turns_up_later(void)
{
	int kmsg = kmsg_open();
	unsigned int nr;
	u64 resets, v = 4711;
	struct dev d;
	double start;
	u8 *p;

	dev_open(&d);
	set_command(&d, 2, 0);
	p = map(&d, 4, 0, 65536);
	CHECK_EQ(reg_write(&d, 4, 0, &v, 8), 8);
	fail(&d);
	fails_at_once(&d, p);
	sleep_ms(1500);
	fails_at_once(&d, p);

	kmsg_skip(kmsg);
	resets = sim_number("counters", "total");
	sim("set train ok");
	start = now_ms();
	CHECK(poll_until(loads, p, HEALS_MS), "not used after %u ms", HEALS_MS);
	test_info("used %.0f ms after it was there", now_ms() - start);
	CHECK_EQ(load((u64 *)p), 4711);
	CHECK_EQ(reg_read(&d, 4, 0, &v, 8), 8);
	CHECK_EQ(v, 4711);
	CHECK_EQ(sim_number("counters", "total"), resets);
	attr_is("ready_state", "ready");
	attr_is("ready_fail", "none");
	sleep_ms(1500);
	nr = kmsg_count(kmsg, facts()->bdf);
	CHECK(nr == 1, "%u lines in the log", nr);
	unmap(p, 65536);
	dev_close(&d);
	close(kmsg);
}

/* Nobody has to touch it for that. */
static void without_being_asked(void)
{
	struct dev d;
	u64 v;

	need_quick_failure();
	dev_open(&d);
	set_command(&d, 2, 0);
	fail(&d);
	sim("set train ok");
	CHECK(attr_becomes("ready_state", "ready", HEALS_MS),
	      "not ready after %u ms", HEALS_MS);
	CHECK_EQ(reg_read(&d, 4, 0, &v, 8), 8);
	dev_close(&d);
}

/* While the gate is closed nobody looks; when it opens, the looks go on. */
static void with_memory_off_meanwhile(void)
{
	struct dev d;
	u8 *p;

	need_quick_failure();
	dev_open(&d);
	set_command(&d, 2, 0);
	p = map(&d, 4, 0, 65536);
	fail(&d);
	set_command(&d, 0, 2);
	sim("set train ok");
	sleep_ms(1500);
	CHECK(!loads(p), "read with memory decoding off");
	set_command(&d, 2, 0);
	CHECK(poll_until(loads, p, HEALS_MS), "not used after %u ms", HEALS_MS);
	unmap(p, 65536);
	dev_close(&d);
}

/* A wait of hours does not come to nothing: it never gets worse by looking. */
static void fails_again(void)
{
	struct dev d;
	u8 *p;

	need_quick_failure();
	dev_open(&d);
	set_command(&d, 2, 0);
	p = map(&d, 4, 0, 65536);
	fail(&d);
	sim("set train ok");
	CHECK(poll_until(loads, p, HEALS_MS), "not used after %u ms", HEALS_MS);
	fail(&d);
	fails_at_once(&d, p);
	sim("set train ok");
	CHECK(poll_until(loads, p, HEALS_MS), "not used after %u ms", HEALS_MS);
	unmap(p, 65536);
	dev_close(&d);
}

SUITE(TEST_LONG(turns_up_later, 120), TEST_LONG(without_being_asked, 120),
      TEST_LONG(with_memory_off_meanwhile, 120), TEST_LONG(fails_again, 180));
