// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that is not there yet: who touches it waits, everybody else goes on,
 * and if it never comes the error says so and a reset tries again.
 */
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

/* Emulated machines stumble: what is meant to be instant may take so long. */
#define SLACK_MS	(400 * slowness())

static u64 since_reset(void)
{
	return sim_number("status", "since_reset_ms");
}

/* Reset so that the memory takes @ms from then on. */
static void slow_reset(struct dev *d, unsigned int ms)
{
	int ret;

	sim_training(ms);
	ret = dev_reset(d);
	CHECK(!ret, "reset: %s", strerror(-ret));
	set_command(d, PCI_COMMAND_MEMORY, 0);
}

static void took(const char *what, unsigned int ms)
{
	u64 since = since_reset();

	CHECK(since >= ms, "%s ended %llu ms after the reset: too early", what,
	      (unsigned long long)since);
	CHECK(since <= ms + SLACK_MS, "%s ended %llu ms after the reset", what,
	      (unsigned long long)since);
	test_info("%s: %lld ms after the memory was there", what,
		  (long long)since - ms);
}

static void open_and_touch(void)
{
	struct dev d;
	u8 *p;

	dev_open(&d);
	p = map(&d, 4, 0, 65536);
	store((u64 *)p, 1);
	CHECK_EQ(load((u64 *)p), 1);
	dev_close(&d);
}

static void a_fault_waits(void)
{
	struct dev d;
	u8 *p;

	dev_open(&d);
	p = map(&d, 4, 0, 65536);
	store((u64 *)p, 42);
	slow_reset(&d, 1000);
	CHECK_EQ(load((u64 *)p), 42);
	took("fault", 1000);
	dev_close(&d);
}

static void a_read_waits(void)
{
	struct dev d;
	u64 v = 43;

	dev_open(&d);
	CHECK_EQ(reg_write(&d, 4, 0, &v, 8), 8);
	slow_reset(&d, 1000);
	CHECK_EQ(reg_read(&d, 4, 0, &v, 8), 8);
	took("read", 1000);
	CHECK_EQ(v, 43);
	slow_reset(&d, 500);
	CHECK_EQ(reg_write(&d, 4, 0, &v, 8), 8);
	took("write", 500);
	dev_close(&d);
}

static void the_first_open_waits_too(void)
{
	struct dev d;
	double t;
	u8 *p;

	sim_training(1200);
	t = now_ms();
	dev_open(&d);
	test_info("open took %.0f ms", now_ms() - t);
	CHECK(now_ms() - t < 1100 * slowness(), "open waits for the memory");
	p = map(&d, 4, 0, 65536);
	load((u64 *)p);
	CHECK(since_reset() >= 1200, "touched too early");
	dev_close(&d);
}

struct waiter {
	struct dev *d;
	volatile u64 *p;
	bool by_read;
	bool ok;
	struct fault f;
	int err;
	double ms;
};

static void *wait_in_thread(void *arg)
{
	struct waiter *w = arg;
	double start = now_ms();
	u64 v;

	if (w->by_read) {
		w->ok = reg_read(w->d, 4, 4096, &v, 8) == 8;
		w->err = errno;
	} else {
		w->ok = try_load(w->p, &v, &w->f);
	}
	w->ms = now_ms() - start;
	return NULL;
}

static void start_waiters(pthread_t *t, struct waiter *w, unsigned int nr,
			  struct dev *d, u8 *p)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		w[i] = (struct waiter){ .d = d, .by_read = i % 2,
					.p = (u64 *)(p + i * 256 * KiB) };
		CHECK(!pthread_create(&t[i], NULL, wait_in_thread, &w[i]),
		      "thread");
	}
}

static void one_wait_serves_all(void)
{
	struct waiter w[6];
	pthread_t t[6];
	struct dev d;
	unsigned int i;
	u8 *p;

	dev_open(&d);
	p = map(&d, 4, 0, 4 * MiB);
	slow_reset(&d, 1000);
	start_waiters(t, w, 6, &d, p);
	for (i = 0; i < 6; i++) {
		pthread_join(t[i], NULL);
		CHECK(w[i].ok, "waiter %u: %s %s", i, fault_str(&w[i].f),
		      strerror(w[i].err));
	}
	took("six waiters", 1000);
	dev_close(&d);
}

static void config_read_call(struct dev *d)
{
	cfg_r32(d, 0);
}

static void config_write_call(struct dev *d)
{
	cfg_w32(d, 0x20, 0);
}

static void command_write_call(struct dev *d)
{
	cfg_w16(d, PCI_COMMAND, cfg_r16(d, PCI_COMMAND));
}

static void region_info_call(struct dev *d)
{
	struct cohmem_vfio_region r;

	CHECK_EQ(__region_info(d->fd, 4, &r), 0);
}

static void device_info_call(struct dev *d)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };

	CHECK(!ioctl(d->fd, VFIO_DEVICE_GET_INFO, &info), "%s",
	      strerror(errno));
}

static void bar0_call(struct dev *d)
{
	bar0_r32(d, 0x10000);
}

static void padding_call(struct dev *d)
{
	u64 v;

	if (facts()->usemem < facts()->usemem_bar)
		CHECK_EQ(reg_read(d, 4, facts()->usemem, &v, 8), 8);
}

static void mmap_call(struct dev *d)
{
	unmap(map(d, 4, 0, 65536), 65536);
}

static void anonymous_call(struct dev *d)
{
	u8 *p = mmap(NULL, 4 * MiB, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)d;
	CHECK(p != MAP_FAILED, "%s", strerror(errno));
	p[0] = 1;
	unmap(p, 4 * MiB);
}

/* While two threads wait, one in a fault and one in read(), all else goes on. */
static void others_go_on(void)
{
	static const struct {
		const char *name;
		void (*call)(struct dev *d);
	} calls[] = {
		{ "config read", config_read_call },
		{ "config write", config_write_call },
		{ "COMMAND write", command_write_call },
		{ "region info", region_info_call },
		{ "device info", device_info_call },
		{ "BAR0 read", bar0_call },
		{ "padding read", padding_call },
		{ "mmap of the region", mmap_call },
		{ "anonymous mmap", anonymous_call },
	};
	double worst[ARRAY_SIZE(calls)] = {}, sum[ARRAY_SIZE(calls)] = {};
	double start, ms;
	struct waiter w[2];
	pthread_t t[2];
	unsigned int i, rounds = 0;
	struct dev d;
	u8 *p;

	dev_open(&d);
	/* a VMA that only single pages fit into, which is the harder case */
	p = map_aligned(&d, 4, 0, 4 * MiB, 2 * MiB, facts()->page);
	slow_reset(&d, 2500);
	start_waiters(t, w, 2, &d, p);
	sleep_ms(100);
	while (since_reset() < 2000) {
		for (i = 0; i < ARRAY_SIZE(calls); i++) {
			start = now_ms();
			calls[i].call(&d);
			ms = now_ms() - start;
			worst[i] = max(worst[i], ms);
			sum[i] += ms;
		}
		rounds++;
	}
	for (i = 0; i < 2; i++) {
		pthread_join(t[i], NULL);
		CHECK(w[i].ok, "waiter %u: %s %s", i, fault_str(&w[i].f),
		      strerror(w[i].err));
		CHECK(w[i].ms > 1000, "waiter %u did not wait", i);
	}
	took("the waiters", 2500);
	for (i = 0; i < ARRAY_SIZE(calls); i++)
		test_info("%s: mean %.2f ms, worst of %u %.2f ms",
			  calls[i].name, sum[i] / rounds, rounds, worst[i]);
	CHECK(rounds >= 3, "only %u rounds", rounds);
	/* An emulated machine on a busy host stumbles now and then; being held
	 * up by those who wait shows in the mean, or for their whole wait.
	 */
	for (i = 0; i < ARRAY_SIZE(calls); i++)
		CHECK(sum[i] / rounds < 25 * slowness() && worst[i] < 1200,
		      "%s took %.1f ms, at worst %.0f ms", calls[i].name,
		      sum[i] / rounds, worst[i]);
	dev_close(&d);
}

/* A reset does not wait for those who wait; they wait for what it begins. */
static void a_reset_goes_on(void)
{
	struct waiter w[2];
	pthread_t t[2];
	struct dev d;
	double start;
	unsigned int i;
	u8 *p;

	dev_open(&d);
	p = map(&d, 4, 0, 4 * MiB);
	start = now_ms();
	CHECK_EQ(dev_reset(&d), 0);
	test_info("an idle reset takes %.0f ms", now_ms() - start);
	slow_reset(&d, 3000);
	start_waiters(t, w, 2, &d, p);
	sleep_ms(300);
	start = now_ms();
	CHECK_EQ(dev_reset(&d), 0);
	test_info("a reset under waiters takes %.0f ms", now_ms() - start);
	CHECK(now_ms() - start < 1500 * slowness(), "reset took %.0f ms", now_ms() - start);
	for (i = 0; i < 2; i++) {
		pthread_join(t[i], NULL);
		CHECK(w[i].ok, "waiter %u: %s %s", i, fault_str(&w[i].f),
		      strerror(w[i].err));
	}
	took("the waiters", 3000);
	dev_close(&d);
}

/* A process that waits can be killed, at once. */
static void killed_while_waiting(bool by_read)
{
	int status, pipe_fd[2];
	double start;
	struct dev d;
	pid_t pid;
	char c;
	u8 *p;

	CHECK(!pipe(pipe_fd), "%s", strerror(errno));
	dev_open(&d);
	p = map(&d, 4, 0, 65536);
	slow_reset(&d, 8000);
	pid = fork();
	if (!pid) {
		u64 v;

		if (write(pipe_fd[1], "x", 1) != 1)
			_exit(3);
		if (by_read)
			reg_read(&d, 4, 0, &v, 8);
		else
			try_load((u64 *)p, &v, NULL);
		_exit(1);
	}
	CHECK(read(pipe_fd[0], &c, 1) == 1, "%s", strerror(errno));
	sleep_ms(200);
	start = now_ms();
	kill(pid, SIGKILL);
	CHECK(waitpid(pid, &status, 0) == pid, "%s", strerror(errno));
	CHECK(WIFSIGNALED(status), "status %#x: it did not wait", status);
	test_info("died %.0f ms after SIGKILL", now_ms() - start);
	CHECK(now_ms() - start < 500 * slowness(), "died %.0f ms after SIGKILL",
	      now_ms() - start);
	dev_close(&d);
}

static void a_waiting_fault_can_be_killed(void)
{
	killed_while_waiting(false);
}

static void a_waiting_read_can_be_killed(void)
{
	killed_while_waiting(true);
}

/* The gate closes while somebody waits: no use in waiting any longer. */
static void memory_off_ends_the_wait(void)
{
	struct waiter w[2];
	pthread_t t[2];
	double start;
	struct dev d;
	u8 *p;

	dev_open(&d);
	p = map(&d, 4, 0, 4 * MiB);
	slow_reset(&d, 5000);
	start_waiters(t, w, 2, &d, p);
	sleep_ms(300);
	start = now_ms();
	set_command(&d, 0, PCI_COMMAND_MEMORY);
	pthread_join(t[0], NULL);
	pthread_join(t[1], NULL);
	CHECK(now_ms() - start < 1000 * slowness(), "%.0f ms", now_ms() - start);
	CHECK(!w[0].ok && w[0].f.sig == SIGBUS, "fault: %s",
	      fault_str(&w[0].f));
	CHECK(!w[1].ok && w[1].err == EIO, "read: %s", strerror(w[1].err));
	/* and with it open again, the wait goes on to its good end */
	set_command(&d, PCI_COMMAND_MEMORY, 0);
	load((u64 *)p);
	CHECK(since_reset() >= 5000, "touched too early");
	dev_close(&d);
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* The memory is seen soon after it is there. By the emulator's own clock. */
static void ready_is_seen_soon(void)
{
	static const unsigned int after[] = {
		400, 450, 500, 550, 600, 700, 900, 1200, 1500,
	};
	double late[ARRAY_SIZE(after)];
	unsigned int i, n = 0;
	struct dev d;
	u8 *p;

	dev_open(&d);
	p = map(&d, 4, 0, 65536);
	for (i = 0; i < ARRAY_SIZE(after); i++) {
		u64 before, seen;

		slow_reset(&d, after[i]);
		before = since_reset();
		load((u64 *)p);
		seen = since_reset();
		/* the machine stumbled: the memory was there before we asked */
		if (before >= after[i])
			continue;
		late[n++] = (double)seen - after[i];
		test_info("ready after %u ms: seen %.0f ms later", after[i],
			  late[n - 1]);
	}
	if (n < 3)
		SKIP("this machine is too slow to measure milliseconds");
	qsort(late, n, sizeof(late[0]), by_size);
	test_info("median %.0f ms of %u", late[n / 2], n);
	CHECK(late[n / 2] < 60, "median %.0f ms", late[n / 2]);
	dev_close(&d);
}

/* Nobody has touched the memory before it was there: the device has watched. */
static void nothing_is_touched_early(void)
{
	struct waiter w[4];
	pthread_t t[4];
	struct dev d;
	unsigned int i, round;
	u64 before;
	u8 *p;

	dev_open(&d);
	p = map(&d, 4, 0, 4 * MiB);
	sim("watch add 0 4M");
	before = sim_counter("touched_early");
	for (round = 0; round < 3; round++) {
		for (i = 0; i < 4; i++)
			load((u64 *)(p + i * 256 * KiB));
		slow_reset(&d, 600);
		start_waiters(t, w, 4, &d, p);
		for (i = 0; i < 4; i++) {
			pthread_join(t[i], NULL);
			CHECK(w[i].ok, "waiter %u", i);
		}
	}
	CHECK_EQ(sim_counter("touched_early") - before, 0);
	dev_close(&d);
}

static void fails_at_once(struct dev *d, u8 *p)
{
	double start = now_ms();
	u64 v;

	expect_sigbus((u64 *)p, 0);
	CHECK_ERRNO(reg_read(d, 4, 0, &v, 8), EIO);
	CHECK_ERRNO(reg_write(d, 4, 0, &v, 8), EIO);
	CHECK(now_ms() - start < 200 * slowness(), "a known failure took %.0f ms to report",
	      now_ms() - start);
}

/* It never comes: an error in time, a message that says why, a way out. */
static void never_ready(const char *order, const char *message,
			unsigned int limit_ms)
{
	struct waiter w[2];
	int kmsg = kmsg_open();
	char line[512];
	pthread_t t[2];
	unsigned int i;
	struct dev d;
	double start;
	u64 v = 7;
	u8 *p;

	dev_open(&d);
	p = map(&d, 4, 0, 4 * MiB);
	CHECK_EQ(reg_write(&d, 4, 0, &v, 8), 8);
	sim("%s", order);
	CHECK_EQ(dev_reset(&d), 0);
	set_command(&d, PCI_COMMAND_MEMORY, 0);
	start = now_ms();
	start_waiters(t, w, 2, &d, p);
	for (i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	test_info("given up after %.0f ms", now_ms() - start);
	CHECK(!w[0].ok && w[0].f.sig == SIGBUS, "fault: %s",
	      fault_str(&w[0].f));
	CHECK(!w[1].ok && w[1].err == EIO, "read: %s", strerror(w[1].err));
	CHECK(w[0].ms > limit_ms - 700 && w[0].ms < limit_ms + 1500,
	      "given up after %.0f ms, want %u", w[0].ms, limit_ms);
	fails_at_once(&d, p);

	/* one line in the log, which names the device and the cause */
	CHECK(kmsg_find(kmsg, message, line, sizeof(line)),
	      "no line with \"%s\" in the kernel log", message);
	CHECK(strstr(line, facts()->bdf), "the device is not named: %s", line);
	CHECK(!kmsg_find(kmsg, message, line, sizeof(line)),
	      "said twice: %s", line);

	/* still down; then repaired, which takes a reset to be noticed */
	sim("defaults");
	fails_at_once(&d, p);
	CHECK_EQ(dev_reset(&d), 0);
	set_command(&d, PCI_COMMAND_MEMORY, 0);
	CHECK_EQ(load((u64 *)p), 7);
	CHECK_EQ(reg_read(&d, 4, 0, &v, 8), 8);
	dev_close(&d);
}

static void memory_never_trains(void)
{
	if (facts()->cxl) {
		sim("set cxl-timeout 0");
		never_ready("set train stuck", "MEM_ACTIVE", 2000);
	} else {
		never_ready("set train stuck", "did not train", 30000);
	}
}

static void link_never_trains(void)
{
	if (!facts()->cxl)
		SKIP("as memory_never_trains on a part without the CXL DVSEC, and takes 30 s");
	never_ready("set link down", "MEM_INFO_VALID", 1000);
}

/* A failure of one user's is not the next one's: opening tries again. */
static void the_next_user_tries_again(void)
{
	struct dev d;
	u64 v;

	if (!facts()->cxl)
		SKIP("needs a failure in seconds, which only the CXL DVSEC announces");
	dev_open(&d);
	sim("set link down");
	CHECK_EQ(dev_reset(&d), 0);
	CHECK_ERRNO(reg_read(&d, 4, 0, &v, 8), EIO);
	dev_close(&d);
	sim("defaults");
	dev_open(&d);
	CHECK_EQ(reg_read(&d, 4, 0, &v, 8), 8);
	dev_close(&d);
}

/* All-ones for a while after a reset is not yet the end. */
static void silence_after_a_reset(void)
{
	struct dev d;
	u64 v = 5;

	dev_open(&d);
	CHECK_EQ(reg_write(&d, 4, 0, &v, 8), 8);
	/* opening has reset the function: let that be long ago */
	while (since_reset() < 700)
		sleep_ms(50);
	sim("set silent-ms 600");
	CHECK_EQ(dev_reset(&d), 0);
	set_command(&d, PCI_COMMAND_MEMORY, 0);
	CHECK_EQ(reg_read(&d, 4, 0, &v, 8), 8);
	CHECK_EQ(v, 5);
	CHECK(since_reset() >= 600, "touched too early");
	dev_close(&d);
}

#define WAIT_CLEAR	"/sys/module/cohmem_vfio_pci/parameters/wait_clear"

/* With the parameter wait_clear, hardware that still clears is not ready. */
static void clearing_is_waited_for_on_demand(void)
{
	struct dev d;
	u8 *p;

	if (!file_exists(WAIT_CLEAR))
		SKIP("this driver has no parameter wait_clear");
	sim("set clear-ms 1500");
	CHECK_EQ(file_write(WAIT_CLEAR, "Y"), 0);
	dev_open(&d);
	p = map(&d, 4, 0, 65536);
	slow_reset(&d, 300);
	load((u64 *)p);
	took("clearing", 1500);
	/* It is asked for at the next open, not in the middle of this one. */
	CHECK_EQ(file_write(WAIT_CLEAR, "N"), 0);
	slow_reset(&d, 300);
	load((u64 *)p);
	took("clearing, once more", 1500);
	unmap(p, 65536);
	dev_close(&d);

	dev_open(&d);
	p = map(&d, 4, 0, 65536);
	slow_reset(&d, 300);
	load((u64 *)p);
	took("training", 300);
	dev_close(&d);
}

SUITE(TEST(open_and_touch), TEST(a_fault_waits), TEST(a_read_waits),
      TEST(the_first_open_waits_too), TEST(one_wait_serves_all),
      TEST(others_go_on), TEST(a_reset_goes_on),
      TEST(a_waiting_fault_can_be_killed), TEST(a_waiting_read_can_be_killed),
      TEST(memory_off_ends_the_wait), TEST(ready_is_seen_soon),
      TEST(nothing_is_touched_early), TEST_LONG(memory_never_trains, 60),
      TEST(link_never_trains), TEST(the_next_user_tries_again),
      TEST(silence_after_a_reset), TEST(clearing_is_waited_for_on_demand));
