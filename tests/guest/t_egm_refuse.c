// SPDX-License-Identifier: GPL-2.0-only
/*
 * Firmware's words on EGM that make no sense: refused with their cause, once, and
 * the GPU works all the same. Run with the GPU unbound, in a machine whose ACPI
 * table says COHMEM_EGM_ANNOUNCE, or whose list of retired blocks lies; or, as
 * "foreign", where another driver has the device class.
 *
 *	lab/run gb200-egm-refuse --egm-announce base-unaligned
 *	lab/run gb200-egm-refuse --retired lying
 *	lab/run gb200x2-egm-refuse --egm-announce mismatch
 */
#include <stdlib.h>
#include <unistd.h>

#include "egm.h"

#define DRIVER	"/sys/bus/pci/drivers/cohmem_vfio_pci"

/* The word that cohmem/egm has to read. */
static const char *reason(void)
{
	const char *word = getenv("COHMEM_EGM_ANNOUNCE");
	const char *list = egm_facts()->list;

	if (word && *word && strcmp(word, "ok"))
		return word;
	if (!strcmp(list, "lying") || !strcmp(list, "too-many"))
		return "retired";
	return egm_facts()->size ? "ok" : "off";
}

static int bind_it(void)
{
	int ret;

	if (!file_exists(DRIVER))
		SKIP("cohmem_vfio_pci is not loaded");
	if (!file_exists("/sys/module/cohmem_vfio_pci/parameters/egm"))
		SKIP("this driver knows no EGM");
	if (file_exists(dev_path("driver")))
		file_write(dev_path("driver/unbind"), facts()->bdf);
	ret = file_write(dev_path("driver_override"), "cohmem_vfio_pci");
	CHECK(!ret, "driver_override: %s", strerror(-ret));
	return file_write(DRIVER "/bind", facts()->bdf);
}

static bool shown(void)
{
	char path[32];

	snprintf(path, sizeof(path), "/dev/egm%u", egm_facts()->pxm[0]);
	return file_exists(path) || file_exists("/sys/class/egm/egm4");
}

static void the_cause_is_told(void)
{
	char line[1024], want[64];
	int kmsg = kmsg_open();

	/* The first one of a socket is believed. */
	if (!strcmp(reason(), "mismatch")) {
		CHECK(use_gpu(1), "use gb200x2-egm-refuse");
		CHECK_EQ(bind_it(), 0);
		attr_is("egm", "ok");
		CHECK(use_gpu(0), "no GPU");
		CHECK(shown(), "it is not shown");
		kmsg_skip(kmsg);
	}
	CHECK_EQ(bind_it(), 0);
	attr_is("egm", reason());
	attr_is("mode", "coherent");
	CHECK_EQ(shown(), !strcmp(reason(), "ok") ||
		 !strcmp(reason(), "mismatch"));
	if (!strcmp(reason(), "ok") || !strcmp(reason(), "off"))
		return;
	snprintf(want, sizeof(want), "(%s)", reason());
	for (;;) {
		CHECK(kmsg_find(kmsg, "Extended GPU Memory", line,
				sizeof(line)),
		      "no line on EGM with \"%s\" in the kernel log", want);
		if (strstr(line, want))
			break;
	}
	CHECK(strstr(line, facts()->bdf), "it does not name the GPU: %s", line);
	/* A cause and a way out, not only a word. */
	CHECK(strlen(line) > 80, "it explains nothing: %s", line);
	test_info("%s", line);
}

/* The GPU itself is as ever. */
static void the_gpu_works(void)
{
	struct dev d;
	u64 v = 5;

	CHECK_EQ(bind_it(), 0);
	dev_open(&d);
	set_command(&d, 2, 0);
	CHECK_EQ(reg_write(&d, 4, 4096, &v, 8), 8);
	CHECK_EQ(reg_read(&d, 4, 4096, &v, 8), 8);
	CHECK_EQ(v, 5);
	dev_close(&d);
}

SUITE(TEST(the_cause_is_told), TEST(the_gpu_works));
