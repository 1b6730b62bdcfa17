// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an administrator does to the clearing: starts it, stops it, says on which
 * processors; unbinds, or resets the function, while it goes on.
 */
#include <stdlib.h>
#include <unistd.h>

#include "scrubbing.h"

/* Long enough that nothing of it is over when we come to look. */
#define LONG_MS		(facts()->cxl ? 10000 : 20000)

static void unbind_now(void)
{
	double start = now_ms();

	CHECK_EQ(file_write(dev_path("driver/unbind"), facts()->bdf), 0);
	test_info("unbinding took %.0f ms", now_ms() - start);
	CHECK(now_ms() - start < AT_ONCE_MS, "unbinding took %.0f ms",
	      now_ms() - start);
}

static void bind_again(void)
{
	CHECK_EQ(file_write("/sys/bus/pci/drivers/cohmem_vfio_pci/bind",
			    facts()->bdf), 0);
}

static void unbinding_stops_a_wait(void)
{
	scrub_fresh("off");
	scrub_policy("close");
	scrub_user(LONG_MS);
	CHECK(scrub_starts(AT_ONCE_MS), "no clearing after close");
	unbind_now();
	sim("defaults");
	bind_again();
	CHECK_EQ(attr_u64("scrub_dirty"), 1);
	attr_is("scrub_result", "none");
	CHECK(traces_left() > 0, "it went on nevertheless");
}

static void unbinding_stops_a_run(void)
{
	scrub_fresh("off");
	scrub_policy("close");
	scrub_user(0);
	CHECK(attr_becomes("scrub_state", "running", AT_ONCE_MS),
	      "never saw it run");
	unbind_now();
	bind_again();
	CHECK_EQ(attr_u64("scrub_dirty"), 1);
	attr_is("scrub_result", "none");
}

static void off_stops_it(void)
{
	scrub_fresh("off");
	scrub_policy("close");
	scrub_user(LONG_MS);
	CHECK(scrub_starts(AT_ONCE_MS), "no clearing after close");
	scrub_policy("off");
	CHECK(attr_becomes("scrub_state", "idle", AT_ONCE_MS),
	      "it goes on after \"off\"");
	attr_is("scrub_result", "stopped");
	CHECK_EQ(attr_u64("scrub_dirty"), 1);
	CHECK(traces_left() > 0, "it had cleared something already");
	sim("defaults");
	/* and nobody has to wait for it any more */
	scrub_user(0);
}

static void started_by_hand(void)
{
	struct dev d;

	scrub_fresh("off");
	scrub_user(0);
	CHECK_EQ(attr_u64("scrub_dirty"), 1);
	CHECK_EQ(file_write(dev_path("cohmem/scrub_start"), "perhaps"), -EINVAL);
	attr_write("scrub_start", "start");
	scrub_ends("ok");
	CHECK_EQ(attr_u64("scrub_dirty"), 0);
	CHECK_EQ(traces_left(), 0);
	dev_open(&d);
	CHECK_EQ(file_write(dev_path("cohmem/scrub_start"), "start"), -EBUSY);
	dev_close(&d);
}

/* Ticks that processors 0 and 1 have spent in the kernel. */
static void kernel_ticks(unsigned long long t[2])
{
	char line[512];
	FILE *f = fopen("/proc/stat", "r");
	unsigned int cpu;
	unsigned long long sys;

	t[0] = t[1] = 0;
	CHECK(f, "/proc/stat: %s", strerror(errno));
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "cpu%u %*u %*u %llu", &cpu, &sys) == 2 &&
		    cpu < 2)
			t[cpu] = sys;
	fclose(f);
}

static void processors(void)
{
	unsigned long long before[2], after[2];
	unsigned int cpu;
	char text[64];

	scrub_fresh("off");
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		SKIP("one processor: no choice");
	CHECK(attr_read("scrub_cpus", text, sizeof(text)) > 0,
	      "no scrub_cpus");
	CHECK_EQ(file_write(dev_path("cohmem/scrub_cpus"), "some"), -EINVAL);
	CHECK(file_write(dev_path("cohmem/scrub_cpus"), "4000") < 0,
	      "a processor that is not there");
	for (cpu = 0; cpu < 2; cpu++) {
		snprintf(text, sizeof(text), "%u", cpu);
		attr_write("scrub_cpus", text);
		attr_is("scrub_cpus", text);
		kernel_ticks(before);
		attr_write("scrub_start", "start");
		scrub_ends("ok");
		kernel_ticks(after);
		test_info("on %u: %llu and %llu ticks, %llu ms", cpu,
			  after[0] - before[0], after[1] - before[1],
			  (unsigned long long)attr_u64("scrub_ms"));
		CHECK(after[cpu] - before[cpu] >
		      2 * (after[!cpu] - before[!cpu]),
		      "it was done elsewhere");
	}
	attr_write("scrub_cpus", "0-1");
	attr_is("scrub_cpus", "0-1");
	rebind();
}

/* What a reset has taken away is not clean because half of it was cleared. */
static void reset_in_between(const char *state, unsigned int training_ms)
{
	char result[32];
	struct dev d;

	scrub_fresh("off");
	scrub_policy("close");
	scrub_user(training_ms);
	CHECK(attr_becomes("scrub_state", state, AT_ONCE_MS),
	      "never saw it %s", state);
	CHECK_EQ(file_write(dev_path("reset"), "1"), 0);
	CHECK(attr_becomes("scrub_state", "idle", CLEARED_MS),
	      "it never ends");
	attr_read("scrub_result", result, sizeof(result));
	test_info("reset while %s: %s", state, result);
	if (!strcmp(result, "ok")) {
		CHECK_EQ(attr_u64("scrub_dirty"), 0);
		CHECK_EQ(traces_left(), 0);
	} else {
		CHECK(!strcmp(result, "reset"), "%s", result);
		CHECK_EQ(attr_u64("scrub_dirty"), 1);
	}
	dev_open(&d);
	CHECK_EQ(traces_left(), 0);
	dev_close(&d);
	scrub_policy("off");
}

static void reset_while_it_waits(void)
{
	reset_in_between("waiting", 2000);
}

static void reset_while_it_runs(void)
{
	reset_in_between("running", 0);
}

static void unknown_words(void)
{
	scrub_fresh("off");
	CHECK_EQ(file_write(dev_path("cohmem/scrub"), "sometimes"), -EINVAL);
	CHECK_EQ(file_write(dev_path("cohmem/scrub_accept_bad"), "2"), -EINVAL);
	attr_is("scrub_accept_bad", "0");
}

SUITE(TEST(unknown_words), TEST_LONG(started_by_hand, 120),
      TEST_LONG(off_stops_it, 60), TEST_LONG(unbinding_stops_a_wait, 60),
      TEST_LONG(unbinding_stops_a_run, 60), TEST_LONG(processors, 180),
      TEST_LONG(reset_while_it_waits, 120),
      TEST_LONG(reset_while_it_runs, 120));
