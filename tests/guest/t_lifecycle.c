// SPDX-License-Identifier: GPL-2.0-only
/*
 * The GPU leaves its slot and comes back: asked for (attention button, as an
 * operator or a management tool does it), and by surprise. See lib/slot.c.
 *
 * Asked for, everything works until the user lets go. By surprise, nothing does
 * from the moment that the kernel knows. Either way the user is asked for the
 * device (VFIO_PCI_REQ_IRQ_INDEX), nobody hangs, nothing stays claimed, and the
 * GPU that is plugged in again works.
 */
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

#define STRETCH		(8 * MiB)
#define DMA_BYTES	(64 * KiB)
#define IOVA		(4ULL << 30)
/* Five seconds of blinking and a busy machine; what hangs takes much longer. */
#define ASKED_MS	25000
#define GONE_MS		10000

enum { LOAD, READ, WRITE, CONFIGURE, MAP, NR_USERS };

struct user {
	struct traffic *t;
	pthread_t thread;
	volatile u64 done, refused;
	double last_ms;		/* when it last got anything, be it an error */
};

struct traffic {
	struct dev d;
	u8 *p;			/* STRETCH of usemem */
	u8 *dma;		/* DMA_BYTES of RAM */
	int asked;		/* eventfd of the request interrupt */
	volatile bool stop;
	struct user user[NR_USERS];
};

static u64 signature(u64 off)
{
	return (off / facts()->page + 1) * 0x9e3779b97f4a7c15ULL;
}

static void count(struct user *u, bool done)
{
	if (done)
		u->done++;
	else
		u->refused++;
	u->last_ms = now_ms();
}

static void *load_thread(void *arg)
{
	struct user *u = arg;
	u64 page = facts()->page, seed = 1, off, v;
	struct fault f;
	bool ok;

	while (!u->t->stop) {
		off = mix(&seed) % (STRETCH / page) * page;
		ok = try_load((u64 *)(u->t->p + off), &v, &f);
		CHECK(ok ? v == signature(off) : f.sig == SIGBUS,
		      "page %#llx: %#llx, %s", (unsigned long long)off,
		      (unsigned long long)v, fault_str(&f));
		count(u, ok);
	}
	return NULL;
}

static void *read_thread(void *arg)
{
	struct user *u = arg;
	u64 page = facts()->page, seed = 2, off, len;
	static u8 buf[MiB];
	ssize_t n;

	while (!u->t->stop) {
		off = mix(&seed) % (STRETCH / 2 / page) * page;
		len = mix(&seed) % 2 ? 8 : sizeof(buf);
		n = reg_read(&u->t->d, 4, off, buf, len);
		CHECK(n > 0 ? *(u64 *)buf == signature(off) : n < 0 && errno == EIO,
		      "read %#llx+%#llx: %zd (%s)", (unsigned long long)off,
		      (unsigned long long)len, n, strerror(errno));
		count(u, n > 0);
	}
	return NULL;
}

static void *write_thread(void *arg)
{
	struct user *u = arg;
	u64 seed = 3, off;
	static u8 buf[256 * KiB];
	ssize_t n;

	while (!u->t->stop) {
		off = STRETCH + mix(&seed) % STRETCH;
		n = reg_write(&u->t->d, 4, off, buf, sizeof(buf));
		CHECK(n > 0 || errno == EIO, "write: %zd (%s)", n,
		      strerror(errno));
		count(u, n > 0);
	}
	return NULL;
}

/* COMMAND, as written again and again, and the emulated BAR. */
static void *config_thread(void *arg)
{
	struct user *u = arg;
	u16 command = PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
	u64 bar = 0x40000000c;
	ssize_t n;

	while (!u->t->stop) {
		n = cfg_write(&u->t->d, PCI_COMMAND, &command, 2);
		n = n == 2 ? cfg_write(&u->t->d, 0x20, &bar, 8) : n;
		count(u, n == 8);
		sleep_ms(1);
	}
	return NULL;
}

static void *map_thread(void *arg)
{
	struct user *u = arg;
	u64 page = facts()->page, seed = 4, v;

	while (!u->t->stop) {
		u64 off = mix(&seed) % (STRETCH / 2 / page) * page;
		u64 len = (1 + mix(&seed) % 512) * page;
		u8 *p = map_aligned(&u->t->d, 4, off, len, 2 * MiB,
				    mix(&seed) % 2 * page);
		bool ok = try_load((u64 *)p, &v, NULL);

		CHECK(!ok || v == signature(off), "page %#llx: %#llx",
		      (unsigned long long)off, (unsigned long long)v);
		count(u, ok);
		unmap(p, len);
	}
	return NULL;
}

static void traffic_open(struct traffic *t)
{
	u64 off, page = facts()->page;

	memset(t, 0, sizeof(*t));
	dev_open(&t->d);
	set_command(&t->d, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 0);
	t->asked = eventfd(0, EFD_CLOEXEC);
	CHECK_EQ(__irq_set(&t->d, VFIO_PCI_REQ_IRQ_INDEX, 0, &t->asked, 1), 0);
	t->p = map(&t->d, 4, 0, STRETCH);
	for (off = 0; off < STRETCH; off += page)
		store((u64 *)(t->p + off), signature(off));
	t->dma = mmap(NULL, DMA_BYTES, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(t->dma != MAP_FAILED, "%s", strerror(errno));
	dma_map(&t->d, t->dma, IOVA, DMA_BYTES);
	dma_map(&t->d, t->p, 2 * IOVA, STRETCH / 2);
}

static void traffic_start(struct traffic *t)
{
	static void *(*const fn[NR_USERS])(void *) = {
		[LOAD] = load_thread, [READ] = read_thread,
		[WRITE] = write_thread, [CONFIGURE] = config_thread,
		[MAP] = map_thread,
	};
	unsigned int i;

	for (i = 0; i < NR_USERS; i++) {
		t->user[i].t = t;
		CHECK(!pthread_create(&t->user[i].thread, NULL, fn[i],
				      &t->user[i]), "thread");
	}
}

static void traffic_stop(struct traffic *t)
{
	static const char *const name[NR_USERS] = {
		"load", "read", "write", "config", "map",
	};
	double begin = now_ms();
	unsigned int i;

	t->stop = true;
	for (i = 0; i < NR_USERS; i++) {
		pthread_join(t->user[i].thread, NULL);
		test_info("%s: %llu, refused %llu", name[i],
			  (unsigned long long)t->user[i].done,
			  (unsigned long long)t->user[i].refused);
	}
	CHECK(now_ms() - begin < 3000, "they ended after %.0f ms",
	      now_ms() - begin);
}

static void traffic_close(struct traffic *t)
{
	double begin = now_ms();

	dma_unmap(&t->d, IOVA, DMA_BYTES);
	dma_unmap(&t->d, 2 * IOVA, STRETCH / 2);
	munmap(t->dma, DMA_BYTES);
	unmap(t->p, STRETCH);
	dev_close(&t->d);
	close(t->asked);
	test_info("closed in %.0f ms", now_ms() - begin);
	CHECK(now_ms() - begin < 5000, "closing took %.0f ms",
	      now_ms() - begin);
}

static void asked_within(struct traffic *t, unsigned int ms)
{
	struct pollfd p = { .fd = t->asked, .events = POLLIN };
	double begin = now_ms();

	CHECK(poll(&p, 1, ms) == 1, "nobody asked for the device back");
	test_info("asked for the device after %.0f ms", now_ms() - begin);
}

/* Is anything of the GPU, or within its memory, claimed in /proc/iomem? */
static bool claimed(char *line, size_t size)
{
	unsigned long long start, end;
	bool found = false;
	FILE *f = fopen("/proc/iomem", "r");

	CHECK(f, "/proc/iomem: %s", strerror(errno));
	while (!found && fgets(line, size, f))
		found = strstr(line, facts()->bdf) ||
			(sscanf(line, " %llx-%llx", &start, &end) == 2 &&
			 start > facts()->mem_base &&
			 start < facts()->mem_base + facts()->hbm);
	fclose(f);
	return found;
}

/* Nothing in the way of whoever wants the memory next. */
static void nothing_is_left(void)
{
	double end = now_ms() + GONE_MS;
	char line[256];

	CHECK(slot_empty_within(GONE_MS), "the kernel does not let go of it");
	/* its BARs are given back after its files */
	while (claimed(line, sizeof(line))) {
		CHECK(now_ms() < end, "still claimed: %s", line);
		sleep_ms(10);
	}
	CHECK_EQ(kernel_mappings(), 0);
}

static void comes_back(void)
{
	struct dev d;
	u64 v, off = 64 * MiB;
	u8 *p;

	slot_plug();
	dev_open(&d);
	p = map(&d, 4, off, 64 * KiB);
	store((u64 *)p, 0x600df00d);
	CHECK_EQ(reg_read(&d, 4, off, &v, 8), 8);
	CHECK_EQ(v, 0x600df00d);
	CHECK_EQ(dev_reset(&d), 0);
	set_command(&d, PCI_COMMAND_MEMORY, 0);
	CHECK_EQ(load((u64 *)p), 0x600df00d);
	unmap(p, 64 * KiB);
	dev_close(&d);
}

static void unplugged_while_unused(void)
{
	slot_refill();
	slot_unplug();
	CHECK(slot_empty_within(ASKED_MS), "it is still there");
	nothing_is_left();
	comes_back();
}

static void yanked_while_unused(void)
{
	slot_refill();
	slot_yank();
	CHECK(slot_empty_within(GONE_MS), "it is still there");
	nothing_is_left();
	comes_back();
}

/* Whoever is asked politely can use it until he lets go, and save his data. */
static void unplugged_under_traffic(void)
{
	struct traffic t;
	unsigned int i;
	u64 v;

	slot_refill();
	traffic_open(&t);
	traffic_start(&t);
	slot_unplug();
	asked_within(&t, ASKED_MS);
	sleep_ms(300);
	CHECK_EQ(load((u64 *)t.p), signature(0));
	CHECK_EQ(reg_read(&t.d, 4, 0, &v, 8), 8);
	traffic_stop(&t);
	for (i = 0; i < NR_USERS; i++) {
		CHECK(t.user[i].done > 0, "user %u never got anything", i);
		CHECK_EQ(t.user[i].refused, 0);
	}
	traffic_close(&t);
	nothing_is_left();
	comes_back();
}

/* What is there to be had of a device that is gone: errors, and quickly. */
static void all_is_refused(struct traffic *t)
{
	double begin = now_ms();
	struct cohmem_vfio_region info;
	u64 v;
	u8 *p;

	expect_sigbus((u64 *)t->p, 0);
	CHECK_ERRNO(reg_read(&t->d, 4, 0, &v, 8), EIO);
	CHECK_ERRNO(reg_write(&t->d, 4, 0, &v, 8), EIO);
	p = __map(&t->d, 4, 0, 64 * KiB, PROT_READ, MAP_SHARED);
	if (p != MAP_FAILED) {
		expect_sigbus((u64 *)p, 0);
		unmap(p, 64 * KiB);
	}
	__region_info(t->d.fd, 4, &info);
	cfg_read(&t->d, 0, &v, 4);
	CHECK(dev_reset(&t->d) < 0, "a device that is gone was reset");
	CHECK(now_ms() - begin < 3000, "refusing took %.0f ms",
	      now_ms() - begin);
}

static void yanked_under_traffic(void)
{
	struct traffic t;
	unsigned int i;

	slot_refill();
	traffic_open(&t);
	traffic_start(&t);
	sleep_ms(500);
	slot_yank();
	asked_within(&t, ASKED_MS);
	all_is_refused(&t);
	sleep_ms(300);
	traffic_stop(&t);
	for (i = 0; i < NR_USERS; i++)
		CHECK(t.user[i].done > 0, "user %u never got anything", i);
	CHECK(t.user[LOAD].refused && t.user[READ].refused &&
	      t.user[WRITE].refused && t.user[MAP].refused,
	      "somebody was never refused");
	traffic_close(&t);
	nothing_is_left();
	comes_back();
}

/* Everybody waits for the memory of a device that will not come back. */
static void yanked_while_not_ready(void)
{
	struct traffic t;
	double begin, last = 0;
	unsigned int i;

	slot_refill();
	traffic_open(&t);
	reset_slowly(&t.d, 25000);
	traffic_start(&t);
	sleep_ms(500);
	CHECK_EQ(t.user[LOAD].done + t.user[READ].done, 0);
	begin = now_ms();
	slot_yank();
	asked_within(&t, ASKED_MS);
	all_is_refused(&t);
	traffic_stop(&t);
	for (i = 0; i < NR_USERS; i++)
		if (i != CONFIGURE) {
			CHECK_EQ(t.user[i].done, 0);
			last = max(last, t.user[i].last_ms);
		}
	test_info("the last waiter learned it after %.0f ms", last - begin);
	traffic_close(&t);
	nothing_is_left();
	sim("defaults");
	comes_back();
}

/* Nobody to ask: the user is killed, and that is all it takes. */
static void yanked_under_a_user_who_is_killed(void)
{
	struct traffic t;
	pid_t pid;
	int status, ready[2];

	slot_refill();
	CHECK(!pipe(ready), "pipe");
	pid = fork();
	if (!pid) {
		traffic_open(&t);
		traffic_start(&t);
		CHECK(write(ready[1], "", 1) == 1, "pipe");
		for (;;)
			pause();
	}
	CHECK(read(ready[0], &status, 1) == 1, "pipe");
	sleep_ms(300);
	slot_yank();
	sleep_ms(500);
	CHECK(waitpid(pid, &status, WNOHANG) == 0, "it ended: %#x", status);
	kill(pid, SIGKILL);
	CHECK(waitpid(pid, &status, 0) == pid, "waitpid");
	nothing_is_left();
	comes_back();
}

static bool scrub_is(const char *want)
{
	char text[32];
	int len = attr_read("scrub_state", text, sizeof(text));

	text[len > 0 ? strcspn(text, "\n") : 0] = 0;
	return !strcmp(text, want);
}

enum { CLOSED = 0, NOT_OPENED = 42 };

/*
 * Gone in the middle of being cleared: neither the one who waits for that to open
 * it is kept, nor the one who has closed it, who may be gone already.
 */
static void yank_when_scrub_is(const char *state, const char *policy,
			       unsigned int training_ms, int how_it_ends)
{
	double end, begin;
	bool ended = false;
	struct dev d;
	int status;
	pid_t pid;

	slot_refill();
	CHECK_EQ(file_write(dev_path("cohmem/scrub"), "off"), 0);
	sim_training(training_ms);
	sim_close();
	pid = fork();
	if (!pid) {
		if (!strcmp(policy, "close"))
			dev_open(&d);
		CHECK_EQ(file_write(dev_path("cohmem/scrub"), policy), 0);
		if (strcmp(policy, "close") && __dev_open(&d))
			_exit(NOT_OPENED);
		dev_close(&d);
		_exit(CLOSED);
	}
	end = now_ms() + 20000;
	while (!scrub_is(state)) {
		CHECK(now_ms() < end, "the scrub is never %s", state);
		ended = ended || waitpid(pid, &status, WNOHANG) == pid;
	}
	begin = now_ms();
	slot_yank();
	CHECK((ended || waitpid(pid, &status, 0) == pid) && WIFEXITED(status) &&
	      WEXITSTATUS(status) == how_it_ends, "user: %#x", status);
	test_info("%s: the user went on %.0f ms after the removal", state,
		  now_ms() - begin);
	CHECK(now_ms() - begin < 6000, "%.0f ms", now_ms() - begin);
	nothing_is_left();
	sim("defaults");
	comes_back();
}

static void yanked_while_cleared_on_close(void)
{
	yank_when_scrub_is("running", "close", 0, CLOSED);
}

static void yanked_while_cleared_on_open(void)
{
	yank_when_scrub_is("running", "open", 0, NOT_OPENED);
}

static void yanked_while_a_scrub_waits(void)
{
	yank_when_scrub_is("waiting", "close", 25000, CLOSED);
}

SUITE(TEST_LONG(unplugged_while_unused, 60), TEST_LONG(yanked_while_unused, 60),
      TEST_LONG(unplugged_under_traffic, 90),
      TEST_LONG(yanked_under_traffic, 60),
      TEST_LONG(yanked_while_not_ready, 60),
      TEST_LONG(yanked_under_a_user_who_is_killed, 60),
      TEST_LONG(yanked_while_cleared_on_close, 90),
      TEST_LONG(yanked_while_cleared_on_open, 90),
      TEST_LONG(yanked_while_a_scrub_waits, 90));
