// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machine sleeps, with the GPU bound, open, mapped, or on its way. The kernel
 * puts the function into D3hot, and gives it its config space back when it
 * wakes; whether it has kept its memory trained, nobody says.
 *
 * Nothing here sleeps in earnest: the kernel's own test (pm_test) turns round
 * when every device has gone down.
 */
#include <linux/pci_regs.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <linux/vfio.h>
#include <unistd.h>

#include "guest.h"
#include "uapi.h"
#include <sys/ioctl.h>

#define STRETCH		(4 * MiB)
/* Longer than it takes from the GPU's waking to that of its users. */
#define TRAINING_MS	3000

static void need_sleep(void)
{
	if (!file_exists("/sys/power/pm_test"))
		SKIP("this kernel cannot test its suspend");
}

static void sleep_and_wake(void)
{
	double begin = now_ms();
	int ret;

	CHECK_EQ(file_write("/sys/power/pm_test", "platform"), 0);
	/* seconds; where it is no parameter it is 5 */
	file_write("/sys/module/suspend/parameters/pm_test_delay", "1");
	ret = file_write("/sys/power/state", "freeze");
	CHECK(!ret, "suspend: %s", strerror(-ret));
	test_info("asleep and awake in %.0f ms", now_ms() - begin);
}

/* The way down and up resets the function, as on real parts that lose power. */
static void resets_when_it_wakes(void)
{
	sim("set nosoftrst 0");
	rebind();
}

static void bound_and_unused(void)
{
	struct dev d;
	u64 v;

	need_sleep();
	dev_open(&d);
	CHECK_EQ(reg_write(&d, 4, 0, &(u64){ 0x5a5a }, 8), 8);
	dev_close(&d);
	sleep_and_wake();
	dev_open(&d);
	CHECK_EQ(reg_read(&d, 4, 0, &v, 8), 8);
	CHECK_EQ(v, 0x5a5a);
	dev_close(&d);
}

/*
 * Open and mapped: what was there is there again, by the same mapping, as soon as
 * the memory is; and its user has not been told lies about his BARs.
 */
static void open_and_mapped(void)
{
	u64 generation, page = facts()->page, off, v;
	struct dev d;
	u8 *p;

	need_sleep();
	dev_open(&d);
	set_command(&d, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 0);
	cfg_w64(&d, 0x20, 0x8000000000ULL);
	p = map(&d, 4, 0, STRETCH);
	for (off = 0; off < STRETCH; off += page)
		store((u64 *)(p + off), off + 1);
	generation = attr_u64("reset_generation");

	sleep_and_wake();

	for (off = 0; off < STRETCH; off += page)
		CHECK_EQ(load((u64 *)(p + off)), off + 1);
	CHECK_EQ(reg_read(&d, 4, 0, &v, 8), 8);
	CHECK_EQ(v, 1);
	CHECK(attr_u64("reset_generation") > generation,
	      "sleep did not count as a reset");
	CHECK_EQ(cfg_r16(&d, PCI_COMMAND) &
		 (PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER),
		 PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	CHECK_EQ(cfg_r64(&d, 0x20) & ~0xfULL, 0x8000000000ULL);
	unmap(p, STRETCH);
	dev_close(&d);
}

struct loader {
	u8 *p;
	volatile bool stop;
	volatile u64 loads, wrong;
};

static void *load_thread(void *arg)
{
	struct loader *l = arg;
	u64 off = 0;

	while (!l->stop) {
		l->wrong += load((u64 *)(l->p + off)) != off + 1;
		l->loads++;
		off = (off + facts()->page) % STRETCH;
	}
	return NULL;
}

/* Memory that has to train again after it woke up is waited for, not touched. */
static void woken_up_untrained(void)
{
	u64 early, resets, page = facts()->page, off, v;
	struct loader l = { 0 };
	pthread_t t;
	struct dev d;
	double begin;

	need_sleep();
	resets_when_it_wakes();
	dev_open(&d);
	l.p = map(&d, 4, 0, STRETCH);
	for (off = 0; off < STRETCH; off += page)
		store((u64 *)(l.p + off), off + 1);
	sim_training(TRAINING_MS);
	sim("watch add 0 %llu", STRETCH);
	early = sim_counter("touched_early");
	resets = sim_counter("d3_to_d0");
	CHECK(!pthread_create(&t, NULL, load_thread, &l), "thread");

	sleep_and_wake();

	begin = now_ms();
	CHECK_EQ(sim_counter("d3_to_d0"), resets + 1);
	CHECK_EQ(reg_read(&d, 4, 0, &v, 8), 8);
	test_info("readable %.0f ms after waking", now_ms() - begin);
	CHECK_EQ(load((u64 *)l.p), 1);
	l.stop = true;
	pthread_join(t, NULL);
	test_info("%llu loads", (unsigned long long)l.loads);
	CHECK(l.loads > 0 && !l.wrong, "%llu of %llu loads were wrong",
	      (unsigned long long)l.wrong, (unsigned long long)l.loads);
	/* nobody knows of a touch before the memory is there again */
	CHECK_EQ(sim_number("status", "since_reset_ms") >= TRAINING_MS, 1);
	CHECK_EQ(sim_counter("touched_early") - early, 0);
	unmap(l.p, STRETCH);
	dev_close(&d);
	sim("defaults");
	rebind();
}

static void *one_load(void *arg)
{
	struct loader *l = arg;
	u64 v;

	l->loads = try_load((u64 *)l->p, &v, NULL);
	return NULL;
}

/* One who waits for the memory neither prevents the sleep nor delays it. */
static void while_somebody_waits(void)
{
	struct loader l = { 0 };
	struct dev d;
	pthread_t t;

	need_sleep();
	dev_open(&d);
	l.p = map(&d, 4, 0, STRETCH);
	reset_slowly(&d, 1500);
	CHECK(!pthread_create(&t, NULL, one_load, &l), "thread");
	sleep_ms(100);
	sleep_and_wake();
	pthread_join(t, NULL);
	CHECK_EQ(l.loads, 1);
	unmap(l.p, STRETCH);
	dev_close(&d);
}

/* The user has sent it to sleep himself, by the register or by the ioctl. */
static void in_d3hot_already(void)
{
	struct dev d;
	u64 v;

	need_sleep();
	resets_when_it_wakes();
	dev_open(&d);
	CHECK_EQ(reg_write(&d, 4, 0, &(u64){ 77 }, 8), 8);
	set_power(&d, 3);
	CHECK_ERRNO(reg_read(&d, 4, 0, &v, 8), EIO);
	sleep_and_wake();
	set_power(&d, 0);
	set_command(&d, PCI_COMMAND_MEMORY, 0);
	CHECK_EQ(reg_read(&d, 4, 0, &v, 8), 8);
	CHECK_EQ(v, 77);
	dev_close(&d);
	sim("defaults");
	rebind();
}

static int feature(struct dev *d, u32 nr)
{
	struct vfio_device_feature f = {
		.argsz = sizeof(f), .flags = nr | VFIO_DEVICE_FEATURE_SET,
	};

	return ioctl(d->fd, VFIO_DEVICE_FEATURE, &f) ? -errno : 0;
}

static void in_low_power_already(void)
{
	struct dev d;
	u64 v;
	int ret;

	need_sleep();
	dev_open(&d);
	CHECK_EQ(reg_write(&d, 4, 0, &(u64){ 78 }, 8), 8);
	ret = feature(&d, ABI_FEATURE_LOW_POWER_ENTRY);
	if (ret == -ENOTTY)
		SKIP("this kernel has no low power feature");
	CHECK_EQ(ret, 0);
	sleep_and_wake();
	CHECK_EQ(feature(&d, ABI_FEATURE_LOW_POWER_EXIT), 0);
	CHECK_EQ(reg_read(&d, 4, 0, &v, 8), 8);
	CHECK_EQ(v, 78);
	dev_close(&d);
}

SUITE(TEST_LONG(bound_and_unused, 60), TEST_LONG(open_and_mapped, 60),
      TEST_LONG(woken_up_untrained, 60), TEST_LONG(while_somebody_waits, 60),
      TEST_LONG(in_d3hot_already, 60), TEST_LONG(in_low_power_already, 60));
