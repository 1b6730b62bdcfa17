// SPDX-License-Identifier: GPL-2.0-only
/*
 * What firmware announces decides, and nonsense is refused with its cause: run
 * with the GPU unbound, in a machine whose ACPI table says COHMEM_ANNOUNCE (a
 * reason word, or one of cohmem-sim ssdt's own).
 *
 *	lab/run gh200-refuse --announce size-unaligned
 *
 * Numbers as in t_weakness.c.
 */
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <stdlib.h>
#include <unistd.h>

#include "guest.h"

#define DRIVER	"/sys/bus/pci/drivers/cohmem_vfio_pci"

static const char *announced(void)
{
	const char *word = getenv("COHMEM_ANNOUNCE");

	return word && *word ? word : "ok";
}

static bool is(const char *word)
{
	return !strcmp(announced(), word);
}

/* 0 or the -errno of the driver's probe. */
static int bind_it(void)
{
	int ret;

	if (!file_exists(DRIVER))
		SKIP("cohmem_vfio_pci is not loaded");
	if (file_exists(dev_path("driver")))
		file_write(dev_path("driver/unbind"), facts()->bdf);
	ret = file_write(dev_path("driver_override"), "cohmem_vfio_pci");
	CHECK(!ret, "driver_override: %s", strerror(-ret));
	return file_write(DRIVER "/bind", facts()->bdf);
}

/* The word that the driver has to say for what was announced. */
static const char *reason(void)
{
	if (is("no-base") || is("no-size") || is("string"))
		return "incomplete";
	/* a whole part is not split, so that nothing can be too small */
	return announced();
}

static void w13_w24_nonsense_is_refused_with_its_cause(void)
{
	int kmsg = kmsg_open(), ret;
	char want[100], line[1024];

	if (is("too-small") && !facts()->split)
		SKIP("only a part that is split can have too little memory");
	ret = bind_it();
	CHECK(ret < 0, "the driver took it");
	test_info("probe: %s", strerror(-ret));
	snprintf(want, sizeof(want), "refused (%s)", reason());
	CHECK(kmsg_find(kmsg, want, line, sizeof(line)),
	      "no line with \"%s\" in the kernel log", want);
	CHECK(strstr(line, facts()->bdf), "it does not name the device: %s",
	      line);
	/* a cause and a way out, not only a word */
	CHECK(strlen(line) > strlen(want) + 60, "it explains nothing: %s",
	      line);
	CHECK(!file_exists(dev_path("driver")), "a driver is bound");
	test_info("%s", line);
}

/* Nothing is left behind: twice the same, and others may have the device. */
static void a_refusal_leaves_nothing_behind(void)
{
	char text[64];
	int a, b, ret;

	if (is("too-small") && !facts()->split)
		SKIP("only a part that is split can have too little memory");
	a = bind_it();
	b = bind_it();
	CHECK(a < 0 && a == b, "%d, then %d", a, b);
	if (!file_exists("/sys/bus/pci/drivers/vfio-pci"))
		SKIP("vfio-pci is not loaded");
	ret = file_write(dev_path("driver_override"), "vfio-pci");
	CHECK(!ret, "driver_override: %s", strerror(-ret));
	ret = file_write("/sys/bus/pci/drivers/vfio-pci/bind", facts()->bdf);
	CHECK(!ret, "vfio-pci cannot take it: %s", strerror(-ret));
	CHECK_EQ(file_write(dev_path("driver/unbind"), facts()->bdf), 0);
	CHECK(file_read(dev_path("enable"), text, sizeof(text)) > 0 &&
	      !strcmp(text, "0"), "it is left enabled: %s", text);
}

static void w24_no_announcement_is_plain_and_said(void)
{
	int kmsg = kmsg_open(), ret;
	char line[1024];
	struct dev d;

	ret = bind_it();
	CHECK(!ret, "plain pass-through was refused: %s", strerror(-ret));
	CHECK(kmsg_find(kmsg, "plain pass-through", line, sizeof(line)),
	      "the kernel log does not say that it is plain");
	test_info("%s", line);
	CHECK(attr_read("mode", line, sizeof(line)) > 0 &&
	      !strcmp(line, "plain"), "mode is \"%s\"", line);
	dev_open(&d);
	CHECK_EQ(d.region[4].size, real_bar(4));
	CHECK(d.region[2].size && d.region[2].nr_areas == 0,
	      "the real BAR2 is hidden");
	CHECK(d.region[0].size, "BAR0");
	dev_close(&d);
}

static void plain_config_space_is_untouched(void)
{
	u8 whole[256];
	unsigned int i;
	struct dev d;
	u64 size;

	CHECK(!bind_it(), "bind");
	dev_open(&d);
	CHECK_EQ(cfg_read(&d, 0, whole, 256), 256);
	for (i = 0; i < 256; i++)
		CHECK_EQ(whole[i], cfg_r8(&d, i));
	/* BAR4 is the real one, if there is one at all */
	cfg_w32(&d, 0x20, 0xffffffff);
	size = real_bar(4);
	CHECK_EQ(cfg_r32(&d, 0x20) & ~0xfU, size ? (u32)-size : 0);
	CHECK_EQ(dev_reset(&d), 0);
	set_command(&d, PCI_COMMAND_MEMORY, 0);
	bar0_r32(&d, 0x10000);
	dev_close(&d);
}

static void w28_plain_waits_for_nothing(void)
{
	double start, ms;
	struct dev d;

	sim("set train stuck");
	sim("set link down");
	start = now_ms();
	CHECK(!bind_it(), "bind");
	dev_open(&d);
	CHECK_EQ(dev_reset(&d), 0);
	set_command(&d, PCI_COMMAND_MEMORY, 0);
	bar0_r32(&d, 0x10000);
	ms = now_ms() - start;
	dev_close(&d);
	test_info("bound, opened, reset and read in %.0f ms", ms);
	CHECK(ms < 5000, "%.0f ms", ms);
}

/* Somebody else's bad pages are none of ours. */
static void w15_plain_claims_no_pages(void)
{
	char text[32];
	struct dev d;

	if (!file_exists(POISON))
		SKIP("the helper module cohmem_test_poison is not loaded");
	CHECK(!bind_it(), "bind");
	dev_open(&d);
	snprintf(text, sizeof(text), "0x%llx",
		 (unsigned long long)facts()->mem_base);
	CHECK(file_write(POISON, text) < 0,
	      "the kernel thought that this driver handles a page of nobody's");
	dev_close(&d);
}

int main(int argc, char **argv)
{
	static const struct test refused[] = {
		TEST(w13_w24_nonsense_is_refused_with_its_cause),
		TEST(a_refusal_leaves_nothing_behind),
	};
	static const struct test plain[] = {
		TEST(w24_no_announcement_is_plain_and_said),
		TEST(plain_config_space_is_untouched),
		TEST(w28_plain_waits_for_nothing),
		TEST(w15_plain_claims_no_pages),
	};

	if (is("none"))
		return test_main(plain, ARRAY_SIZE(plain), argc, argv);
	if (!is("ok"))
		return test_main(refused, ARRAY_SIZE(refused), argc, argv);
	printf("1..0 # SKIP all is well announced: lab/run MODEL-refuse --announce WORD\n");
	return 0;
}
