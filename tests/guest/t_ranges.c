// SPDX-License-Identifier: GPL-2.0-only
/*
 * A CXL DVSEC with two ranges: the memory is there when both are.
 *
 * Needs an emulated superchip with --cxl-range2, see lab/scenarios/ranges.
 */
#include <linux/pci_regs.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "guest.h"

#define CXL_RANGE2_SIZE_LOW	0x2c
#define INFO_VALID		0x1
#define ACTIVE			0x2

/* Open, map, and begin a reset with what was ordered of the emulator. */
static u8 *begin(struct dev *d)
{
	unsigned int dvsec;
	u8 *p;

	dev_open(d);
	/* A user does not find it, see t_cfghide. The word begins with its id. */
	dvsec = host_dvsec(0x1e98, 0);
	CHECK(dvsec && (host_cfg_r32(dvsec + 8) >> 16 >> 4 & 3) == 2,
	      "one range only: needs cohmem-sim run --cxl-range2");
	p = map(d, 4, 0, 65536);
	store((u64 *)p, 42);
	return p;
}

static void reset(struct dev *d)
{
	int ret = dev_reset(d);

	CHECK(!ret, "reset: %s", strerror(-ret));
	set_command(d, PCI_COMMAND_MEMORY, 0);
}

/* The first touch after a reset must find the memory after @ms, not before. */
static void comes_after(struct dev *d, u8 *p, unsigned int ms)
{
	u64 since;

	reset(d);
	CHECK_EQ(load((u64 *)p), 42);
	since = sim_number("status", "since_reset_ms");
	CHECK(since >= ms, "touched %llu ms after the reset, too early",
	      (unsigned long long)since);
	CHECK(since <= ms + 500 * slowness(), "touched %llu ms after the reset",
	      (unsigned long long)since);
	test_info("%u ms: seen after %llu", ms, (unsigned long long)since);
}

static void both_are_waited_for(void)
{
	struct dev d;
	u8 *p = begin(&d);

	sim("set cxl2-active 900");
	comes_after(&d, p, 900);
	/* valid late, and active at once: valid counts, too */
	sim("set cxl2-info-valid 700");
	sim("set cxl2-active 0");
	comes_after(&d, p, 700);
	sim("set cxl2-info-valid follow");
	sim("set cxl-active 800");
	comes_after(&d, p, 800);
	dev_close(&d);
}

/* Range 1 gives itself a second, range 2 four: the slower one's word counts. */
static void the_slower_one_sets_the_time(void)
{
	struct dev d;
	u8 *p = begin(&d);

	sim("set cxl-timeout 0");
	sim("set cxl2-timeout 1");
	sim("set cxl2-active 3000");
	comes_after(&d, p, 3000);
	dev_close(&d);
}

/* What never comes fails, in time, and the log says which range it was. */
static void fails(const char *order, const char *word, const char *message)
{
	int kmsg = kmsg_open();
	char text[1024];
	struct dev d;
	double start;
	u8 *p = begin(&d);
	u64 v;

	sim("set cxl-timeout 0");
	sim("set cxl2-timeout 0");
	sim("%s", order);
	reset(&d);
	start = now_ms();
	expect_sigbus((u64 *)p, 0);
	CHECK_ERRNO(reg_read(&d, 4, 0, &v, 8), EIO);
	CHECK(now_ms() - start < 2000 + 1500 * slowness(),
	      "given up after %.0f ms", now_ms() - start);
	CHECK(attr_read("ready_state", text, sizeof(text)) > 0 &&
	      !strcmp(text, "failed"), "ready_state is \"%s\"", text);
	CHECK(attr_read("ready_fail", text, sizeof(text)) > 0 &&
	      !strcmp(text, word), "ready_fail is \"%s\", want \"%s\"", text,
	      word);
	CHECK(kmsg_find(kmsg, message, text, sizeof(text)),
	      "no line with \"%s\" in the kernel log", message);
	test_info("%s", text);

	/* as with one range: a reset tries again */
	sim("defaults");
	comes_after(&d, p, 0);
	dev_close(&d);
}

static void the_second_is_never_active(void)
{
	fails("set cxl2-active never", "active",
	      "MEM_ACTIVE did not come in time (range 2)");
}

static void the_second_is_never_valid(void)
{
	fails("set cxl2-info-valid never", "info-valid",
	      "MEM_INFO_VALID did not come in time (range 2)");
}

static void the_first_is_never_active(void)
{
	fails("set cxl-active never", "active",
	      "MEM_ACTIVE did not come in time (range 1)");
}

/* A range without memory never becomes active: nobody waits for that. */
static void an_empty_one_is_not_waited_for(void)
{
	struct dev d;
	u8 *p = begin(&d);
	u32 low;

	sim("set cxl-timeout 0");
	sim("set cxl2-timeout 0");
	sim("set cxl2-size 0");
	comes_after(&d, p, 50);
	low = host_cfg_r32(host_dvsec(0x1e98, 0) + CXL_RANGE2_SIZE_LOW);
	CHECK((low & (INFO_VALID | ACTIVE)) == INFO_VALID,
	      "the emulated range 2 says %#x", low);
	/* but only once it has said that it is empty */
	sim("set cxl2-info-valid 600");
	comes_after(&d, p, 600);
	dev_close(&d);
}

SUITE(TEST(both_are_waited_for), TEST(the_slower_one_sets_the_time),
      TEST(the_second_is_never_active), TEST(the_second_is_never_valid),
      TEST(the_first_is_never_active), TEST(an_empty_one_is_not_waited_for));
