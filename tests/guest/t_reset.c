// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every way a function can be reset, and what must be true of each: mappings
 * are gone before it, nobody reaches the memory until it is there again, the
 * emulated BARs have forgotten their addresses.
 */
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "guest.h"
#include "uapi.h"

enum way { BY_VFIO, BY_FLR, BY_SYSFS, BY_D3 };

static void reset_by(struct dev *d, enum way way)
{
	int ret = 0;

	switch (way) {
	case BY_VFIO:
		ret = dev_reset(d);
		break;
	case BY_FLR:
		flr(d);
		break;
	case BY_SYSFS:
		ret = file_write(dev_path("reset"), "1");
		break;
	case BY_D3:
		set_power(d, 3);
		set_power(d, 0);
		break;
	}
	CHECK(!ret, "reset: %s", strerror(-ret));
	set_command(d, PCI_COMMAND_MEMORY, 0);
}

/* Threads that use the memory as hard as they can, whatever happens to it. */
struct hammer {
	struct dev *d;
	u8 *p;
	volatile bool stop;
	volatile u64 loads, refused, reads;
};

static void *load_all_the_time(void *arg)
{
	struct hammer *h = arg;
	unsigned int i = 0;
	struct fault f;
	u64 v;

	while (!h->stop) {
		if (try_load((u64 *)(h->p + i++ % 512 * 4096), &v, &f))
			h->loads++;
		else if (f.sig == SIGBUS)
			h->refused++;
		else
			FAIL("%s", fault_str(&f));
	}
	return NULL;
}

static void *read_all_the_time(void *arg)
{
	struct hammer *h = arg;
	u8 buf[4096];
	ssize_t n;

	while (!h->stop) {
		n = reg_read(h->d, 4, MiB, buf, sizeof(buf));
		CHECK(n == sizeof(buf) || (n < 0 && errno == EIO), "%zd (%s)",
		      n, strerror(errno));
		h->reads++;
	}
	return NULL;
}

static void one_way(enum way way, const char *counter)
{
	u64 touched, resets, bars, v;
	struct hammer h = {};
	pthread_t t[2];
	struct dev d;

	dev_open(&d);
	h.d = &d;
	h.p = map(&d, 4, 0, 4 * MiB);
	store((u64 *)h.p, 1234);
	store((u64 *)(h.p + 2 * MiB), 5678);
	cfg_w64(&d, 0x20, 0x123456789abcdef0ULL);
	if (facts()->split)
		cfg_w64(&d, 0x18, 0x123456789abcdef0ULL);

	sim_training(800);
	sim("watch add 0 4M");
	touched = sim_counter("touched_early");
	resets = sim_counter(counter);
	CHECK(!pthread_create(&t[0], NULL, load_all_the_time, &h), "thread");
	CHECK(!pthread_create(&t[1], NULL, read_all_the_time, &h), "thread");
	sleep_ms(50);
	reset_by(&d, way);

	/* through the old mapping: waits, and is right in the end */
	v = load((u64 *)(h.p + 2 * MiB));
	CHECK(sim_number("status", "since_reset_ms") >= 800, "too early");
	CHECK_EQ(v, 5678);
	h.stop = true;
	pthread_join(t[0], NULL);
	pthread_join(t[1], NULL);
	CHECK_EQ(sim_counter(counter) - resets, 1);
	CHECK_EQ(sim_counter("touched_early") - touched, 0);
	CHECK_EQ(load((u64 *)h.p), 1234);
	test_info("%llu loads, %llu refused, %llu reads",
		  (unsigned long long)h.loads, (unsigned long long)h.refused,
		  (unsigned long long)h.reads);

	/* whoever has asked for it finds BARs as after a reset */
	bars = way == BY_SYSFS || way == BY_D3 ? ~0ULL : 0;
	bars &= 0x123456789abcdef0ULL;
	CHECK_EQ(cfg_r64(&d, 0x20), (bars & -facts()->usemem_bar) | 0xc);
	if (facts()->split)
		CHECK_EQ(cfg_r64(&d, 0x18), (bars & -facts()->resmem_bar) | 0xc);
	/* a mapping would hold the device, and whoever unbinds it next */
	unmap(h.p, 4 * MiB);
	dev_close(&d);
}

static void vfio_reset(void)
{
	one_way(BY_VFIO, "flr");
}

static void function_level_reset(void)
{
	one_way(BY_FLR, "flr");
}

static void sysfs_reset(void)
{
	one_way(BY_SYSFS, "flr");
}

/* A function that loses its state on the way from D3hot to D0. */
static void power_cycle_that_resets(void)
{
	sim("set nosoftrst 0");
	rebind();
	one_way(BY_D3, "d3_to_d0");
	sim("set nosoftrst 1");
	rebind();
}

/* One that keeps it: nothing to wait for, and nothing lost. */
static void power_cycle_that_keeps(void)
{
	u64 resets, page = facts()->page, v;
	struct dev d;
	double start;
	u8 *p;

	sim("set nosoftrst 1");
	rebind();
	dev_open(&d);
	p = map(&d, 4, 0, 4 * MiB);
	store((u64 *)p, 99);
	resets = sim_counter("total");
	set_power(&d, 3);
	expect_sigbus((u64 *)p, 0);
	expect_sigbus((u64 *)(p + page), 0);
	CHECK_ERRNO(reg_read(&d, 4, 0, &v, 8), EIO);
	CHECK_ERRNO(reg_write(&d, 4, 0, &v, 8), EIO);
	set_power(&d, 0);
	start = now_ms();
	CHECK_EQ(load((u64 *)p), 99);
	test_info("%.1f ms after D0", now_ms() - start);
	CHECK_EQ(sim_counter("total") - resets, 0);
	unmap(p, 4 * MiB);
	dev_close(&d);
}

static void memory_decoding_off_and_on(void)
{
	unsigned int i;
	struct dev d;
	u8 *p;

	dev_open(&d);
	p = map_aligned(&d, 4, 0, 8 * MiB, 2 * MiB, 0);
	for (i = 0; i < 5; i++) {
		store((u64 *)p, i);
		store((u64 *)(p + 5 * MiB), i);
		set_command(&d, 0, PCI_COMMAND_MEMORY);
		expect_sigbus((u64 *)p, 0);
		expect_sigbus((u64 *)(p + 5 * MiB), 0);
		expect_sigbus((u64 *)(p + 7 * MiB), 0);
		set_command(&d, PCI_COMMAND_MEMORY, 0);
		CHECK_EQ(load((u64 *)p), i);
		CHECK_EQ(load((u64 *)(p + 5 * MiB)), i);
	}
	dev_close(&d);
}

/* Every mapping goes, in whatever process, shape and region it is. */
static void all_mappings_go(void)
{
	const struct facts *f = facts();
	u64 base[4];
	u8 *p[4];
	unsigned int i, nr = 3;
	struct dev d;

	dev_open(&d);
	p[0] = map_aligned(&d, 4, 0, 4 * MiB, 2 * MiB, 0);
	p[1] = map_aligned(&d, 4, 0, 4 * MiB, 2 * MiB, f->page);
	p[2] = map(&d, 4, f->usemem - 64 * KiB, 64 * KiB);
	if (f->split)
		p[nr++] = map(&d, 2, f->resmem - 64 * KiB, 64 * KiB);
	for (i = 0; i < nr; i++)
		base[i] = load((u64 *)p[i]);
	set_command(&d, 0, PCI_COMMAND_MEMORY);
	for (i = 0; i < nr; i++)
		expect_sigbus((u64 *)p[i], 0);
	set_command(&d, PCI_COMMAND_MEMORY, 0);
	for (i = 0; i < nr; i++)
		CHECK_EQ(load((u64 *)p[i]), base[i]);
	dev_close(&d);
}

/* Resets under load, one after the other, of all kinds. */
static void many_resets(void)
{
	struct hammer h = {};
	pthread_t t[2];
	unsigned int i;
	u64 touched;
	struct dev d;
	double start = now_ms();

	dev_open(&d);
	h.d = &d;
	h.p = map_aligned(&d, 4, 0, 4 * MiB, 2 * MiB, 0);
	store((u64 *)(h.p + 4 * KiB * 511), 42);
	sim_training(60);
	sim("watch add 0 4M");
	touched = sim_counter("touched_early");
	pthread_create(&t[0], NULL, load_all_the_time, &h);
	pthread_create(&t[1], NULL, read_all_the_time, &h);
	for (i = 0; i < 12 && now_ms() - start < 20000; i++) {
		reset_by(&d, i % 3);
		if (i % 2)
			load((u64 *)h.p);
	}
	h.stop = true;
	pthread_join(t[0], NULL);
	pthread_join(t[1], NULL);
	CHECK_EQ(load((u64 *)(h.p + 4 * KiB * 511)), 42);
	CHECK_EQ(sim_counter("touched_early") - touched, 0);
	test_info("%u resets, %llu loads, %llu reads", i,
		  (unsigned long long)h.loads, (unsigned long long)h.reads);
	dev_close(&d);
}

/* The real BARs work after a reset as before. */
static void bar0_survives(void)
{
	struct dev d;
	u32 c2c, v;

	if (facts()->cxl)
		SKIP("readiness of this part is not in BAR0");
	dev_open(&d);
	CHECK_EQ(dev_reset(&d), 0);
	set_command(&d, PCI_COMMAND_MEMORY, 0);
	CHECK_EQ(reg_read(&d, 4, 0, &v, 4), 4);
	c2c = bar0_r32(&d, 0x1498);
	CHECK_EQ(c2c, 0xff);
	CHECK_EQ(bar0_r32(&d, 0x200bc), 0xff);
	dev_close(&d);
}

/* Asking whether there is a low power state must not cost the memory. */
static void asking_is_no_reset(void)
{
	struct vfio_device_feature ask = {
		.argsz = sizeof(ask),
		.flags = VFIO_DEVICE_FEATURE_PROBE | VFIO_DEVICE_FEATURE_SET |
			 ABI_FEATURE_LOW_POWER_ENTRY,
	};
	u64 before;
	struct dev d;

	dev_open(&d);
	before = attr_u64("reset_generation");
	if (ioctl(d.fd, VFIO_DEVICE_FEATURE, &ask))
		SKIP("no low power by feature: %s", strerror(errno));
	CHECK_EQ(attr_u64("reset_generation"), before);
	dev_close(&d);
}

SUITE(TEST(vfio_reset), TEST(function_level_reset), TEST(sysfs_reset),
      TEST(power_cycle_that_resets), TEST(power_cycle_that_keeps),
      TEST(memory_decoding_off_and_on), TEST(all_mappings_go),
      TEST_LONG(many_resets, 40), TEST(bar0_survives),
      TEST(asking_is_no_reset));
