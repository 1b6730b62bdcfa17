// SPDX-License-Identifier: GPL-2.0-only
/*
 * Users of /dev/egm<N> who do what nobody should: copies by fork, reads past all
 * mappings, the driver unbound under them, everything at once, and memory that
 * goes bad. The kernel stands, and says what it has to.
 *
 * COHMEM_RACE_SECONDS: how long each race lasts (5).
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "egm.h"

#define RW	(PROT_READ | PROT_WRITE)
#define DRIVER	"/sys/bus/pci/drivers/cohmem_vfio_pci"
#define PARAM	"/sys/module/cohmem_vfio_pci/parameters/egm_scrub"

static void fork_shares(void)
{
	volatile u64 *p;
	int status, fd;
	pid_t pid;

	need_egm();
	fd = egm_open(0);
	p = egm_map(fd, egm_good(0, 4 * MiB), 4 * MiB);
	shared_with_a_child(p);

	/* The child outlives us as a user: its mapping alone holds it. */
	pid = fork();
	if (!pid) {
		close(fd);
		sleep_ms(500);
		store(p, 4);
		_exit(load(p) == 4 ? 0 : 3);
	}
	unmap((void *)p, 4 * MiB);
	egm_close(fd);
	CHECK_EQ(__egm_open(0), -EBUSY);
	CHECK(waitpid(pid, &status, 0) == pid && !status, "child: %#x", status);
	CHECK(egm_freed(AT_ONCE_MS), "the child has gone");
}

/* The kernel on a user's behalf, where a page has no struct page. */
static void through_the_kernel(void)
{
	int fd, mem, out, pipes[2];
	struct iovec here, there;
	u64 v = 7, w = 0;
	char path[32];
	u8 *p;

	need_egm();
	fd = egm_open(0);
	p = egm_map(fd, egm_good(0, 2 * MiB), 2 * MiB);
	store((u64 *)p, 0x1234);
	/* Copies from and to it are plain memory accesses. */
	CHECK(!pipe(pipes), "%s", strerror(errno));
	CHECK_EQ(write(pipes[1], p, 8), 8);
	CHECK_EQ(read(pipes[0], &w, 8), 8);
	CHECK_EQ(w, 0x1234);
	CHECK_EQ(write(pipes[1], &v, 8), 8);
	CHECK_EQ(read(pipes[0], p + 8, 8), 8);
	CHECK_EQ(load((u64 *)(p + 8)), 7);
	/* What takes a reference to pages cannot; it may say so as it likes. */
	here = (struct iovec){ &w, 8 };
	there = (struct iovec){ p, 8 };
	CHECK(process_vm_readv(getpid(), &here, 1, &there, 1, 0) <= 8, "readv");
	CHECK(vmsplice(pipes[1], &there, 1, SPLICE_F_GIFT) <= 8, "vmsplice");
	snprintf(path, sizeof(path), "/proc/self/mem");
	mem = open(path, O_RDWR | O_CLOEXEC);
	CHECK(mem >= 0, "%s: %s", path, strerror(errno));
	w = 0;
	if (pread(mem, &w, 8, (uintptr_t)p) == 8)
		CHECK_EQ(w, 0x1234);
	close(mem);
	out = open("/tmp/egm.direct", O_RDWR | O_CREAT | O_DIRECT | O_CLOEXEC,
		   0600);
	if (out >= 0) {
		CHECK(write(out, p, 4096) <= 4096, "O_DIRECT");
		close(out);
		unlink("/tmp/egm.direct");
	}
	CHECK_EQ(load((u64 *)p), 0x1234);
	unmap(p, 2 * MiB);
	egm_close(fd);
}

/* Advice that would drop, merge or move pages must not harm. */
static void advice(void)
{
	static const int all[] = {
		MADV_DONTNEED, MADV_WILLNEED, MADV_HUGEPAGE, MADV_NOHUGEPAGE,
		MADV_DONTFORK, MADV_DOFORK, MADV_FREE, MADV_REMOVE, MADV_COLD,
		MADV_PAGEOUT, MADV_MERGEABLE, MADV_DODUMP, MADV_POPULATE_READ,
		MADV_POPULATE_WRITE,
	};
	unsigned int i;
	u64 off;
	int fd;
	u8 *p;

	need_egm();
	fd = egm_open(0);
	off = egm_good(0, 4 * MiB);
	p = egm_map(fd, off, 4 * MiB);
	store((u64 *)p, 99);
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		madvise(p, 4 * MiB, all[i]);
		CHECK_EQ(load((u64 *)p), 99);
	}
	p = __egm_map(fd, off, 4 * MiB, RW, MAP_SHARED | MAP_POPULATE);
	CHECK(p != MAP_FAILED, "MAP_POPULATE: %s", strerror(errno));
	CHECK_EQ(load((u64 *)p), 99);
	/* All of it, holes included. */
	p = __egm_map(fd, 0, egm_facts()->size, RW, MAP_SHARED | MAP_POPULATE);
	CHECK(p != MAP_FAILED, "MAP_POPULATE: %s", strerror(errno));
	CHECK_EQ(load((u64 *)(p + off)), 99);
	egm_close(fd);
}

static void unbind(void)
{
	CHECK_EQ(file_write(dev_path("driver/unbind"), facts()->bdf), 0);
}

static void bind(void)
{
	CHECK_EQ(file_write(DRIVER "/bind", facts()->bdf), 0);
}

static void need_last_gpu(void)
{
	need_egm();
	if (egm_gpus() > 1)
		SKIP("another GPU of the socket keeps it");
}

static long unbind_job(void *unused)
{
	(void)unused;
	return file_write(dev_path("driver/unbind"), facts()->bdf);
}

/*
 * The last GPU goes while somebody has the device open and mapped: it does not
 * wait for that. What was mapped answers by SIGBUS, what is asked by ENODEV.
 */
static void unbound_under_a_user(void)
{
	struct job j = { 0 };
	struct egm_retired_pages_list l = { .argsz = sizeof(l) };
	u64 off;
	int fd, again;
	u8 *p;

	need_last_gpu();
	fd = egm_open(0);
	off = egm_good(0, 4 * MiB);
	p = egm_map(fd, off, 4 * MiB);
	store((u64 *)p, 1);
	job_start(&j, unbind_job, NULL);
	job_join(&j, "unbind", AT_ONCE_MS);
	CHECK_EQ(j.ret, 0);
	expect_sigbus((u64 *)p, 0);
	expect_sigbus((u64 *)(p + 2 * MiB), 0);
	CHECK_ERRNO(ioctl(fd, EGM_RETIRED_PAGES_LIST, &l), ENODEV);
	CHECK(__egm_map(fd, off, 65536, RW, MAP_SHARED) == MAP_FAILED,
	      "it can be mapped");
	CHECK(!file_exists(egm_path(0, "egm_size")), "it is still in sysfs");

	/* A new one turns up while the old one is still open: theirs is dead. */
	bind();
	expect_sigbus((u64 *)p, 0);
	again = egm_open(0);
	expect_sigbus((u64 *)p, 0);
	CHECK_ERRNO(ioctl(fd, EGM_RETIRED_PAGES_LIST, &l), ENODEV);
	egm_close(fd);
	unmap(p, 4 * MiB);
	p = egm_map(again, off, 4 * MiB);
	store((u64 *)p, 2);
	unmap(p, 4 * MiB);
	egm_close(again);
	CHECK(egm_freed(AT_ONCE_MS), "it is closed");
}

/* An open file pins the module, whether its object is there or not. */
static void module_is_pinned(void)
{
	int fd;

	need_last_gpu();
	fd = egm_open(0);
	CHECK_ERRNO(syscall(SYS_delete_module, "cohmem_vfio_pci", O_NONBLOCK),
		    EWOULDBLOCK);
	unbind();
	CHECK_ERRNO(syscall(SYS_delete_module, "cohmem_vfio_pci", O_NONBLOCK),
		    EWOULDBLOCK);
	egm_close(fd);
	bind();
}

/* --- everything at once ---------------------------------------------------- */

struct race {
	volatile bool stop;
	volatile int holders;	/* who has it open, as far as they know */
	volatile u64 opens, busy, loads, refused, gone;
};

static void load_or_sigbus(struct race *r, u8 *p)
{
	struct fault f;
	u64 v;

	if (try_load((u64 *)p, &v, &f)) {
		r->loads++;
	} else {
		CHECK(f.sig == SIGBUS, "%s", fault_str(&f));
		r->refused++;
	}
}

static void *open_thread(void *arg)
{
	struct race *r = arg;
	u64 seed = (uintptr_t)&seed, size = egm_facts()->size;

	while (!r->stop) {
		int fd = __egm_open(0);
		unsigned int i;
		u8 *p;

		if (fd == -EBUSY) {
			r->busy++;
			continue;
		}
		if (fd < 0) {
			CHECK(fd == -ENODEV || fd == -ENOENT || fd == -ENXIO ||
			      fd == -EINTR, "open: %s", strerror(-fd));
			r->gone++;
			sleep_ms(1);
			continue;
		}
		CHECK(__sync_add_and_fetch(&r->holders, 1) == 1,
		      "two have it open");
		r->opens++;
		p = __egm_map(fd, 0, size, RW, MAP_SHARED);
		for (i = 0; p != MAP_FAILED && i < 16; i++)
			load_or_sigbus(r, p + mix(&seed) % (size / 4096) * 4096);
		if (p != MAP_FAILED && mix(&seed) % 2)
			unmap(p + 2 * MiB, MiB);
		__sync_sub_and_fetch(&r->holders, 1);
		if (p != MAP_FAILED)
			unmap(p, size);
		close(fd);
	}
	return NULL;
}

static unsigned int race_seconds(void)
{
	const char *text = getenv("COHMEM_RACE_SECONDS");

	return text ? atoi(text) : 5;
}

static void race_end(struct race *r, pthread_t *t, unsigned int nr,
		     bool opens)
{
	unsigned int i;

	r->stop = true;
	for (i = 0; i < nr; i++)
		pthread_join(t[i], NULL);
	test_info("%llu opens, %llu busy, %llu without it, %llu loads, %llu refused",
		  (unsigned long long)r->opens, (unsigned long long)r->busy,
		  (unsigned long long)r->gone, (unsigned long long)r->loads,
		  (unsigned long long)r->refused);
	CHECK(r->opens || !opens, "nobody could open it");
	CHECK(egm_freed(AT_ONCE_MS), "somebody still has it");
	egm_set("scrub", "default");
	egm_close(egm_open(0));
}

static void openers(void)
{
	static struct race r;
	pthread_t t[4];
	unsigned int i;

	egm_settle("off");
	for (i = 0; i < ARRAY_SIZE(t); i++)
		pthread_create(&t[i], NULL, open_thread, &r);
	sleep_ms(race_seconds() * 1000);
	race_end(&r, t, ARRAY_SIZE(t), true);
	CHECK(r.busy, "never two at once: no race");
}

/*
 * Unbinding may come between any two steps of theirs. An object that has gone may
 * still be open when its successor is opened, so holders are not counted here:
 * each thread has the number for itself.
 */
static void *lonely_open_thread(void *arg)
{
	struct race *shared = arg, own = { 0 };
	pthread_t t;

	pthread_create(&t, NULL, open_thread, &own);
	while (!shared->stop)
		sleep_ms(5);
	own.stop = true;
	pthread_join(t, NULL);
	__sync_add_and_fetch(&shared->opens, own.opens);
	__sync_add_and_fetch(&shared->busy, own.busy);
	__sync_add_and_fetch(&shared->gone, own.gone);
	__sync_add_and_fetch(&shared->loads, own.loads);
	__sync_add_and_fetch(&shared->refused, own.refused);
	return NULL;
}

static void *sysfs_thread(void *arg)
{
	static const char *const names[] = {
		"user", "egm_size", "retired_pages", "scrub_state", "scrub_bytes",
		"scrub_result", "poison_pages", "scrub_cpus",
	};
	struct race *r = arg;
	char text[4096];
	unsigned int i = 0;

	while (!r->stop) {
		file_read(egm_path(0, "%s", names[i++ % ARRAY_SIZE(names)]),
			  text, sizeof(text));
		if (!(i % 7))
			file_write(egm_path(0, "scrub_start"), "start");
	}
	return NULL;
}

static void unbinding_race(bool wipes)
{
	static struct race r;
	unsigned int i, nr = 0;
	pthread_t t[3];
	double end;

	need_last_gpu();
	/* Else nobody would get it before it is clean, and it is never for long. */
	CHECK_EQ(file_write(PARAM, wipes ? "open" : "off"), 0);
	end = now_ms() + race_seconds() * 1000.0;
	pthread_create(&t[0], NULL, lonely_open_thread, &r);
	pthread_create(&t[1], NULL, lonely_open_thread, &r);
	pthread_create(&t[2], NULL, sysfs_thread, &r);
	while (now_ms() < end) {
		unbind();
		bind();
		nr++;
		for (i = 0; i < nr % 5; i++)
			sleep_ms(7);
	}
	test_info("%u times unbound", nr);
	CHECK_EQ(file_write(PARAM, "close"), 0);
	race_end(&r, t, ARRAY_SIZE(t), !wipes);
}

static void unbinding(void)
{
	unbinding_race(false);
}

static void unbinding_while_it_is_cleared(void)
{
	unbinding_race(true);
}

/* --- memory that goes bad ---------------------------------------------------- */

static void memory_errors(void)
{
	const struct egm_facts *e = need_egm();
	u64 page = facts()->page, at;
	struct fault hit;
	u8 *p, *q;
	int fd;

	need_memory_errors();
	need_last_gpu();
	CHECK_EQ(egm_u64("poison_count"), 0);
	fd = egm_open(0);
	at = egm_good(0, 8 * MiB);
	p = egm_map(fd, at, 4 * MiB);
	q = egm_map(fd, at + 6 * MiB, MiB);
	store((u64 *)p, 1);
	store((u64 *)q, 1);
	CHECK_EQ(go_bad(e->base[0] + at + 3 * page, &hit), 0);
	CHECK(hit.sig == SIGBUS && hit.code == BUS_MCEERR_AR, "%s",
	      fault_str(&hit));
	CHECK((u8 *)hit.addr == p + 3 * page, "at %p, not %p", hit.addr,
	      p + 3 * page);
	CHECK_EQ(egm_u64("poison_count"), 1);
	CHECK_EQ(egm_u64("poison_pages"), e->base[0] + at + 3 * page);
	CHECK_EQ(go_bad(e->base[0] + at + 6 * MiB, &hit), 0);
	CHECK((u8 *)hit.addr == q, "at %p, not %p", hit.addr, q);
	/* Between the two mappings, and the same again: nobody dies of it. */
	CHECK_EQ(go_bad(e->base[0] + at + 5 * MiB, &hit), 0);
	CHECK(!hit.sig, "a page that nobody maps: %s", fault_str(&hit));
	CHECK_EQ(go_bad(e->base[0] + at + 5 * MiB, &hit), 0);
	CHECK_EQ(egm_u64("poison_count"), 3);
	store((u64 *)(p + 4 * page), 2);
	unmap(p, 4 * MiB);
	unmap(q, MiB);
	egm_close(fd);
	/* Bad pages are remembered until the last GPU is unbound. */
	unbind();
	bind();
	CHECK_EQ(egm_u64("poison_count"), 0);
}

SUITE(TEST(fork_shares), TEST(through_the_kernel), TEST(advice),
      TEST(unbound_under_a_user), TEST(module_is_pinned),
      TEST_LONG(openers, 90), TEST_LONG(unbinding, 120),
      TEST_LONG(unbinding_while_it_is_cleared, 120),
      TEST_LONG(memory_errors, 60));
