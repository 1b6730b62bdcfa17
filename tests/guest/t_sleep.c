// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machine sleeps whatever users of the GPU do: who waits for the memory is
 * frozen where he stands. And a probe that fails elsewhere takes nothing away
 * from those who are bound. See t_suspend.c for what sleep does to a device.
 */
#include <glob.h>
#include <linux/pci_regs.h>
#include <unistd.h>

#include "hold.h"

#define STRETCH		(4 * MiB)
#define TRAINING_MS	12000
/* Going down and up takes about two seconds; waiting it out would take all. */
#define SLEEP_MS	(9000 * slowness())

static void need_sleep(void)
{
	if (!file_exists("/sys/power/pm_test"))
		SKIP("this kernel cannot test its suspend");
	/* what is meant to be asleep for a second only */
	file_write("/sys/module/suspend/parameters/pm_test_delay", "1");
}

static void sleep_and_wake(void)
{
	double begin = now_ms();
	int ret;

	CHECK_EQ(file_write("/sys/power/pm_test", "platform"), 0);
	ret = file_write("/sys/power/state", "freeze");
	CHECK(!ret, "suspend after %.0f ms: %s", now_ms() - begin,
	      strerror(-ret));
	test_info("asleep and awake in %.0f ms", now_ms() - begin);
	CHECK(now_ms() - begin < SLEEP_MS, "that took %.0f ms",
	      now_ms() - begin);
}

static long one_load(void *arg)
{
	u64 v;

	return try_load(arg, &v, NULL) ? 0 : -EFAULT;
}

static long one_read(void *arg)
{
	u64 v;

	return reg_read(arg, 4, 0, &v, 8);
}

static void frozen(long (*wait)(void *), bool by_read)
{
	struct dev d;
	struct job j;
	u8 *p;

	need_sleep();
	dev_open(&d);
	set_command(&d, PCI_COMMAND_MEMORY, 0);
	p = map(&d, 4, 0, facts()->page);
	reset_slowly(&d, TRAINING_MS);
	job_start(&j, wait, by_read ? (void *)&d : p);
	sleep_ms(200);
	CHECK(!job_ended(&j, 0), "nobody waits: the test is wrong");
	sleep_and_wake();
	job_join(&j, "the one who waits", TRAINING_MS + AT_ONCE_MS);
	CHECK(j.ret >= 0, "it returned %ld", j.ret);
	CHECK(sim_number("status", "since_reset_ms") >= TRAINING_MS,
	      "touched before the memory was there");
	unmap(p, facts()->page);
	dev_close(&d);
}

static void who_waits_in_a_fault(void)
{
	frozen(one_load, false);
}

static void who_waits_in_read(void)
{
	frozen(one_read, true);
}

/* A function that vfio cannot take, as no IOMMU stands before it; or NULL. */
static const char *unprotected(void)
{
	static char dir[256];
	char path[300], class[32];
	unsigned int i;
	glob_t g;

	dir[0] = 0;
	if (glob("/sys/bus/pci/devices/*", 0, NULL, &g))
		return NULL;
	for (i = 0; i < g.gl_pathc && !dir[0]; i++) {
		snprintf(path, sizeof(path), "%s/iommu_group", g.gl_pathv[i]);
		if (file_exists(path))
			continue;
		snprintf(path, sizeof(path), "%s/driver", g.gl_pathv[i]);
		if (file_exists(path))
			continue;
		snprintf(path, sizeof(path), "%s/class", g.gl_pathv[i]);
		file_read(path, class, sizeof(class));
		if (strncmp(class, "0x06", 4))
			snprintf(dir, sizeof(dir), "%s", g.gl_pathv[i]);
	}
	globfree(&g);
	return dir[0] ? dir : NULL;
}

static void probe_fails_at(const char *dir)
{
	char path[300];
	int ret;

	snprintf(path, sizeof(path), "%s/driver_override", dir);
	CHECK_EQ(file_write(path, "cohmem_vfio_pci"), 0);
	ret = file_write("/sys/bus/pci/drivers/cohmem_vfio_pci/bind",
			 strrchr(dir, '/') + 1);
	CHECK_EQ(file_write(path, "\n"), 0);
	test_info("bind of %s: %s", strrchr(dir, '/') + 1, strerror(-ret));
	CHECK(ret < 0, "it was bound: the test is wrong");
}

struct loader {
	u8 *p;
	volatile bool stop;
	volatile u64 loads;
};

static long load_loop(void *arg)
{
	struct loader *l = arg;
	u64 off = 0;

	while (!l->stop) {
		load((u64 *)(l->p + off));
		l->loads++;
		off = (off + facts()->page) % STRETCH;
	}
	return 0;
}

static void a_probe_that_failed_elsewhere(void)
{
	const char *dir = unprotected();
	struct loader l = { .stop = false };
	struct dev d;
	struct job j;
	u64 early;

	need_sleep();
	if (!dir)
		SKIP("every function here is behind an IOMMU");
	sim("set nosoftrst 0");
	rebind();
	dev_open(&d);
	set_command(&d, PCI_COMMAND_MEMORY, 0);
	l.p = map(&d, 4, 0, STRETCH);
	load((u64 *)l.p);
	probe_fails_at(dir);
	sim_training(TRAINING_MS / 3);
	/* that counts from the last reset on: ready, so that a loss is seen */
	while (!sim_number("status", "ready"))
		sleep_ms(20);
	sim("watch add 0 %llu", STRETCH);
	early = sim_counter("touched_early");
	job_start(&j, load_loop, &l);
	sleep_and_wake();
	load((u64 *)l.p);
	CHECK(sim_number("status", "since_reset_ms") >= TRAINING_MS / 3,
	      "touched %llu ms after it woke up, untrained",
	      (unsigned long long)sim_number("status", "since_reset_ms"));
	CHECK_EQ(sim_counter("touched_early") - early, 0);
	l.stop = true;
	job_join(&j, "the loads", AT_ONCE_MS);
	unmap(l.p, STRETCH);
	dev_close(&d);
	sim("defaults");
	rebind();
}

SUITE(TEST_LONG(who_waits_in_a_fault, 60), TEST_LONG(who_waits_in_read, 60),
      TEST_LONG(a_probe_that_failed_elsewhere, 60));
