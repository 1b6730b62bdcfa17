// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an administrator does to the clearing: starts it, stops it, says on which
 * processors; unbinds, or resets the function, while it goes on.
 */
#include <stdlib.h>
#include <sys/wait.h>
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

/* The number of the process that was made last. */
static pid_t last_pid(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	CHECK(pid > 0 && waitpid(pid, NULL, 0) == pid, "fork");
	return pid;
}

/*
 * Where a thread that clears may run, as a list of processors: false if there is
 * none now. Those made after @first are looked at, as all of them take longer
 * than clearing may.
 */
static bool threads_run_on(pid_t first, char *list, size_t size)
{
	char path[64], line[256], cpus[64];
	bool ours = false;
	pid_t pid;
	FILE *f;

	*list = 0;
	for (pid = first + 1; pid < first + 64 && !*list; pid++) {
		snprintf(path, sizeof(path), "/proc/%d/status", pid);
		f = fopen(path, "r");
		if (!f)
			continue;
		while (fgets(line, sizeof(line), f)) {
			if (!strncmp(line, "Name:", 5))
				ours = strstr(line, "\tcohmem-0000:");
			if (ours && sscanf(line, "Cpus_allowed_list: %63s",
					   cpus) == 1)
				snprintf(list, size, "%s", cpus);
		}
		fclose(f);
	}
	return *list;
}

static void processors(void)
{
	char text[64], list[64], state[32];
	unsigned int cpu;
	pid_t first;

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
		first = last_pid();
		attr_write("scrub_start", "start");
		/* a thread may run anywhere in the moment that it is made */
		while (!threads_run_on(first, list, sizeof(list)) ||
		       strcmp(list, text)) {
			attr_read("scrub_state", state, sizeof(state));
			CHECK(strncmp(state, "idle", 4),
			      "it ended, and was seen on \"%s\", not on %s",
			      list, text);
		}
		scrub_ends("ok");
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
