// SPDX-License-Identifier: GPL-2.0-only
/*
 * Clearing happens behind the back of the one who has left: close() ends at once,
 * a worker waits for the memory and clears it, the next user waits for the
 * worker, and the administrator can start, stop and watch it.
 */
#include <linux/vfio.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine.h"
#include "scrubbing.h"

/* The function trains so long after the resets of a test that looks at it. */
#define TRAINING_MS	3000

static void close_does_not_wait(void)
{
	scrub_fresh("off");
	scrub_policy("close");
	scrub_user(TRAINING_MS);
	CHECK(scrub_starts(AT_ONCE_MS), "no clearing after close");
	CHECK_EQ(attr_u64("scrub_dirty"), 1);
	scrub_ends("ok");
	CHECK_EQ(attr_u64("scrub_dirty"), 0);
	CHECK_EQ(traces_left(), 0);
	CHECK_EQ(attr_u64("scrub_bytes"), facts()->usemem + facts()->resmem);
	scrub_policy("off");
}

/* However the user left the device. */
static void close_in_d3(void)
{
	struct dev d;

	scrub_fresh("off");
	scrub_policy("close");
	dev_open(&d);
	leave_traces();
	set_command(&d, 0, 2);
	set_power(&d, 3);
	dev_close(&d);
	CHECK(scrub_starts(AT_ONCE_MS), "no clearing after close");
	scrub_ends("ok");
	CHECK_EQ(attr_u64("scrub_dirty"), 0);
	CHECK_EQ(traces_left(), 0);
	scrub_policy("off");
}

struct shooter {
	int fd[8];
	volatile bool stop;
	volatile u64 shots;
};

static long shoot(void *arg)
{
	struct shooter *s = arg;
	u64 one = 1;
	unsigned int i;

	while (!s->stop) {
		for (i = 0; i < ARRAY_SIZE(s->fd); i++)
			if (write(s->fd[i], &one, 8) == 8)
				s->shots++;
		usleep(200);
	}
	return 0;
}

static long close_it(void *arg)
{
	dev_close(arg);
	return 0;
}

static void arm(struct dev *d, struct shooter *s)
{
	struct vfio_device_ioeventfd io = {
		.argsz = sizeof(io), .flags = VFIO_DEVICE_IOEVENTFD_32,
		.offset = d->region[0].offset + COHMEM_ENGINE_BASE +
			  COHMEM_ENGINE_PATTERN,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(s->fd); i++) {
		s->fd[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		io.fd = s->fd[i];
		io.data = i;
		CHECK(!ioctl(d->fd, VFIO_DEVICE_IOEVENTFD, &io),
		      "IOEVENTFD: %s", strerror(errno));
	}
}

/*
 * Somebody keeps the ex-user's eventfds and goes on shooting. From the reset that
 * ends his use until the memory is clear, no register is written.
 */
static void ioeventfds_are_dead(void)
{
	struct shooter s = { .stop = false };
	u64 resets, writes, before, seen = 0;
	struct job gun, closer;
	struct dev d;
	double end;

	scrub_fresh("off");
	scrub_policy("close");
	dev_open(&d);
	set_command(&d, 2, 0);
	leave_traces();
	arm(&d, &s);
	job_start(&gun, shoot, &s);
	before = sim_counter("bar_writes");
	sleep_ms(100);
	CHECK(sim_counter("bar_writes") > before,
	      "the ioeventfds do not write: the test is wrong");
	sim_training(TRAINING_MS);
	resets = sim_counter("flr");
	job_start(&closer, close_it, &d);
	end = now_ms() + AT_ONCE_MS;
	while (sim_counter("flr") == resets)
		CHECK(now_ms() < end, "close does not reset the function");
	writes = sim_counter("bar_writes");
	CHECK(scrub_starts(AT_ONCE_MS), "no clearing after close");
	do {
		seen = sim_counter("bar_writes") - writes;
	} while (!seen && !attr_becomes("scrub_state", "idle", 0) &&
		 now_ms() < end + CLEARED_MS);
	s.stop = true;
	job_join(&gun, "shooting", AT_ONCE_MS);
	test_info("%llu shots", (unsigned long long)s.shots);
	CHECK(!seen, "%llu registers written after the reset",
	      (unsigned long long)seen);
	job_join(&closer, "close", CLEARED_MS);
	scrub_ends("ok");
	CHECK_EQ(attr_u64("scrub_dirty"), 0);
	CHECK_EQ(traces_left(), 0);
	scrub_policy("off");
}

static void the_next_user_waits(void)
{
	int kmsg = kmsg_open();
	struct dev d;
	double start;

	scrub_fresh("off");
	scrub_policy("close");
	scrub_user(TRAINING_MS);
	CHECK(scrub_starts(AT_ONCE_MS), "no clearing after close");
	kmsg_skip(kmsg);
	start = now_ms();
	dev_open(&d);
	test_info("open took %.0f ms", now_ms() - start);
	CHECK(now_ms() - start > TRAINING_MS / 3, "open took %.0f ms",
	      now_ms() - start);
	CHECK_EQ(traces_left(), 0);
	attr_is("scrub_result", "ok");
	attr_is("scrub_state", "idle");
	CHECK(kmsg_find(kmsg, "clear", NULL, 0),
	      "the kernel log does not say what is waited for");
	dev_close(&d);
	close(kmsg);
	scrub_policy("off");
}

/*
 * Nobody is turned away for coming early, as a VM does that is started anew: Linux
 * refuses to attach a device that has ATS while it is being reset. So this one
 * comes when a reset has just begun after close, or when there was none for long.
 */
static void who_comes_early(void)
{
	u64 resets;
	double end;
	struct dev d;
	int ret;

	scrub_fresh("off");
	scrub_policy("close");
	dev_open(&d);
	dev_close(&d);
	resets = sim_counter("flr");
	end = now_ms() + AT_ONCE_MS;
	while (sim_counter("flr") == resets && now_ms() < end)
		;
	test_info("%llu resets after close",
		  (unsigned long long)(sim_counter("flr") - resets));
	ret = __dev_open(&d);
	CHECK(!ret, "turned away: %s", strerror(-ret));
	dev_close(&d);
	scrub_policy("off");
}

static pid_t opener(void)
{
	pid_t pid = fork();
	struct dev d;

	if (!pid) {
		__dev_open(&d);
		_exit(0);
	}
	CHECK(pid > 0, "fork: %s", strerror(errno));
	return pid;
}

static bool killed_within(pid_t pid, unsigned int ms)
{
	double end = now_ms() + ms;
	int status;

	kill(pid, SIGKILL);
	while (waitpid(pid, &status, WNOHANG) != pid) {
		if (now_ms() > end)
			return false;
		sleep_ms(5);
	}
	return true;
}

/* Who is killed while he waits dies at once, and the clearing goes on. */
static void killed_while_waiting(const char *policy)
{
	pid_t pid;

	scrub_fresh("off");
	if (!strcmp(policy, "close"))
		scrub_policy(policy);
	scrub_user(TRAINING_MS);
	scrub_policy(policy);
	pid = opener();
	CHECK(scrub_starts(AT_ONCE_MS), "no clearing");
	sleep_ms(300);
	CHECK(killed_within(pid, CLOSE_MS), "he cannot be killed");
	scrub_ends("ok");
	CHECK_EQ(attr_u64("scrub_dirty"), 0);
	CHECK_EQ(traces_left(), 0);
	scrub_policy("off");
}

static void killed_after_close(void)
{
	killed_while_waiting("close");
}

static void killed_on_open(void)
{
	killed_while_waiting("open");
}

/* Waiting for a worker blocks nobody who only asks. */
static void others_may_ask(void)
{
	char path[64];
	double start;
	pid_t pid;
	int i;

	scrub_fresh("off");
	scrub_policy("close");
	scrub_user(TRAINING_MS);
	CHECK(scrub_starts(AT_ONCE_MS), "no clearing after close");
	pid = opener();
	sleep_ms(200);
	start = now_ms();
	for (i = 0; i < 20; i++) {
		snprintf(path, sizeof(path), "%s", "scrub_bytes");
		attr_u64(path);
		attr_u64("reset_generation");
	}
	CHECK(now_ms() - start < AT_ONCE_MS / 2, "20 looks took %.0f ms",
	      now_ms() - start);
	scrub_ends("ok");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	/* he may have got it, and what he got he may have left dirty */
	attr_becomes("scrub_state", "idle", CLEARED_MS);
	scrub_policy("off");
}

SUITE(TEST_LONG(close_does_not_wait, 120), TEST_LONG(close_in_d3, 120),
      TEST_LONG(ioeventfds_are_dead, 120), TEST_LONG(who_comes_early, 120),
      TEST_LONG(the_next_user_waits, 120),
      TEST_LONG(killed_after_close, 120), TEST_LONG(killed_on_open, 120),
      TEST_LONG(others_may_ask, 120));
