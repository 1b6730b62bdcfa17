// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a guest and an administrator see of small things: BAR addresses after the
 * resets that a guest asked for and those that it did not, the state of memory
 * that nobody has open, and how much a user can write into the kernel log.
 */
#include <linux/pci_regs.h>
#include <unistd.h>

#include "hold.h"

#define ADDRESS		0x8000000000ULL
#define USERS		40

static void set_bars(struct dev *d)
{
	cfg_w64(d, 0x20, ADDRESS);
	if (facts()->split)
		cfg_w64(d, 0x18, 2 * ADDRESS);
}

static void bars_are(struct dev *d, u64 usemem, u64 resmem)
{
	CHECK_EQ(cfg_r64(d, 0x20) & ~0xfULL, usemem);
	if (facts()->split)
		CHECK_EQ(cfg_r64(d, 0x18) & ~0xfULL, resmem);
}

/* As with vfio-pci's own BARs: the guest knows nothing of it. */
static void a_reset_of_the_host_leaves_bars(void)
{
	struct dev d;
	u64 bar0;

	dev_open(&d);
	cfg_w64(&d, 0x10, ADDRESS / 2);
	bar0 = cfg_r64(&d, 0x10);
	set_bars(&d);
	CHECK_EQ(file_write(dev_path("reset"), "1"), 0);
	CHECK_EQ(cfg_r64(&d, 0x10), bar0);
	bars_are(&d, ADDRESS, 2 * ADDRESS);
	dev_close(&d);
}

static void a_reset_of_the_guest_clears_them(void)
{
	struct dev d;

	dev_open(&d);
	set_bars(&d);
	flr(&d);
	bars_are(&d, 0, 0);
	set_bars(&d);
	CHECK_EQ(dev_reset(&d), 0);
	bars_are(&d, 0, 0);
	dev_close(&d);
}

static void the_next_user_finds_them_clear(void)
{
	struct dev d;

	dev_open(&d);
	set_bars(&d);
	dev_close(&d);
	dev_open(&d);
	bars_are(&d, 0, 0);
	dev_close(&d);
}

/* Nobody looks at a function that nobody has open: nobody knows. */
static void closed_is_not_ready(void)
{
	struct dev d;
	u64 v;

	dev_open(&d);
	set_command(&d, PCI_COMMAND_MEMORY, 0);
	CHECK_EQ(reg_read(&d, 4, 0, &v, 8), 8);
	attr_is("ready_state", "ready");
	dev_close(&d);
	attr_is("ready_state", "waiting");
	attr_is("ready_fail", "none");
}

/* What the kernel lets through at most in so much time, by its own default. */
static unsigned int allowed(double ms)
{
	return 10 * (unsigned int)(ms / 5000 + 2);
}

/*
 * What the driver says. Lines of the core have the driver's name, too, but begin
 * with the name of a function; 6.1 has five for each open.
 */
static unsigned int own_lines(int kmsg)
{
	unsigned int nr = 0;
	char line[256];

	while (kmsg_find(kmsg, "cohmem_vfio_pci", line, sizeof(line)))
		nr += !strstr(line, ": vfio_");
	return nr;
}

static void few_lines(int kmsg, const char *what, unsigned int times, double ms)
{
	unsigned int nr = own_lines(kmsg);

	test_info("%u times %s in %.0f ms: %u lines", times, what, ms, nr);
	CHECK(nr <= allowed(ms), "%s: %u lines in %.0f ms", what, nr, ms);
}

static void opened_often(void)
{
	int kmsg = kmsg_open();
	double start = now_ms();
	struct dev d;
	int i;

	for (i = 0; i < USERS; i++) {
		dev_open(&d);
		dev_close(&d);
	}
	few_lines(kmsg, "opened", i, now_ms() - start);
	close(kmsg);
}

/* Refused each time: its memory cannot be cleared, as too much of it is bad. */
static void refused_often(void)
{
	double limit = 20000 * slowness(), start, ms;
	unsigned int i;
	char text[32];
	struct dev d;
	int kmsg;

	if (facts()->hbm > 8 * GiB)
		SKIP("clearing so much memory takes too long: use --hbm 3584M");
	rebind();
	for (i = 0; i < 100000 && !attr_u64("poison_overflow"); i++) {
		snprintf(text, sizeof(text), "0x%llx",
			 (unsigned long long)(facts()->mem_base +
					      i * facts()->page));
		attr_write("poison_pages", text);
	}
	attr_write("scrub", "open");
	kmsg = kmsg_open();
	start = now_ms();
	for (i = 0; i < USERS && now_ms() - start < limit; i++)
		if (!__dev_open(&d))
			dev_close(&d);
	ms = now_ms() - start;
	attr_write("scrub", "default");
	rebind();
	few_lines(kmsg, "tried to open", i, ms);
	close(kmsg);
}

/* A user resets it in a loop. */
static void reset_often(void)
{
	int kmsg = kmsg_open();
	double start;
	struct dev d;
	int i;

	dev_open(&d);
	start = now_ms();
	for (i = 0; i < USERS; i++) {
		CHECK_EQ(dev_reset(&d), 0);
		set_command(&d, PCI_COMMAND_MEMORY, 0);
	}
	few_lines(kmsg, "reset", i, now_ms() - start);
	dev_close(&d);
	close(kmsg);
}

SUITE(TEST(a_reset_of_the_host_leaves_bars),
      TEST(a_reset_of_the_guest_clears_them),
      TEST(the_next_user_finds_them_clear), TEST(closed_is_not_ready),
      TEST_LONG(opened_often, 180), TEST_LONG(refused_often, 120),
      TEST_LONG(reset_often, 120));
