// SPDX-License-Identifier: GPL-2.0-only
/*
 * What it costs to have all of EGM mapped: page tables, faults, time; beside it
 * the same memory by remap_pfn_range() on the same kernel, by the helper module
 * cohmem_test_remap (tests/kmod).
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "egm.h"

#define RW	(PROT_READ | PROT_WRITE)
#define SOCKET_GIB	447ULL
#define HELPER	"/sys/module/cohmem_test_remap/parameters/range"

/* What one mapping has cost. */
struct cost {
	double map_ms, touch_ms;
	long tables;		/* KiB of page tables */
	long faults;
};

static long faults(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return u.ru_minflt;
}

/* What a page table of the last level maps: a large leaf takes its place. */
static u64 leaf(void)
{
	return facts()->page / 8 * facts()->page;
}

static bool retired_within(u64 off, u64 len)
{
	u64 at;

	for (at = off; at < off + len; at += EGM_BLOCK)
		if (egm_is_retired(at))
			return true;
	return false;
}

/* A word in each stretch that a large leaf could map. */
static void measure(struct cost *c, int fd)
{
	const struct egm_facts *e = egm_facts();
	u64 off, step = min(leaf(), 2 * MiB);
	long tables, before;
	double t[3];
	u8 *p;

	tables = self_status_kb("VmPTE");
	before = faults();
	p = egm_room(e->size, max(leaf(), GiB));
	t[0] = now_ms();
	egm_map_at(p, fd, 0, e->size);
	t[1] = now_ms();
	for (off = 0; off < e->size; off += step) {
		/* In the middle of a stretch of 64 KiB: not a block's edge. */
		u64 at = off + EGM_BLOCK / 2;

		while (egm_is_retired(at))
			at += EGM_BLOCK;
		*(volatile u64 *)(p + at) = off;
	}
	t[2] = now_ms();
	c->tables = self_status_kb("VmPTE") - tables;
	c->faults = faults() - before;
	c->map_ms = t[1] - t[0];
	c->touch_ms = t[2] - t[1];
	unmap(p, e->size);
}

/*
 * Large leaves wherever no retired block is in the way: there has to be a page
 * table for these stretches, one a GiB (of 4K pages) for what is above, and
 * nothing else.
 */
static void page_tables_are_few(void)
{
	const struct egm_facts *e = need_egm();
	u64 off, small = 0, page = facts()->page;
	long limit;
	struct cost c;
	int fd;

	if (kernel_version() < 61200)
		SKIP("this kernel has no large leaves of device memory");
	egm_settle("off");
	fd = egm_open(0);
	measure(&c, fd);
	for (off = 0; off < e->size; off += leaf())
		small += off + leaf() > e->size || retired_within(off, leaf());
	limit = (small + e->size / (leaf() * (page / 8)) + 5) * page / KiB;
	test_info("page tables of %llu MiB: %ld KiB, %llu stretches with holes; mmap %.2f ms, %ld faults",
		  (unsigned long long)(e->size / MiB), c.tables,
		  (unsigned long long)small, c.map_ms, c.faults);
	CHECK(c.tables <= limit, "%ld KiB of page tables, %ld would do",
	      c.tables, limit);
	egm_close(fd);
}

/* As with BARs: a fault brings in much, however the mapping lies. */
static void faults_are_few(void)
{
	u64 len = 16 * MiB, page = facts()->page, off, at;
	unsigned int skew;
	int fd;

	need_egm();
	egm_settle("off");
	fd = egm_open(0);
	at = egm_good(0, len + 2 * MiB);
	for (skew = 0; skew < 2; skew++) {
		u8 *p = egm_map_aligned(fd, at + skew * page, len, 32 * MiB);
		long before = faults(), n;

		for (off = 0; off < len; off += page)
			*(volatile u64 *)(p + off) = off + skew;
		n = faults() - before;
		test_info("skewed by %u pages: %ld faults for %llu pages", skew,
			  n, (unsigned long long)(len / page));
		CHECK(n <= (long)(len / page / 64), "%ld faults", n);
		for (off = 0; off < len; off += 37 * page)
			CHECK_EQ(load((u64 *)(p + off)), off + skew);
		unmap(p, len);
	}
	egm_close(fd);
}

/* mprotect() and munmap() of a part have to split a large leaf. */
static void leaves_are_split(void)
{
	u64 len = 4 * MiB, page = facts()->page, off, at;
	struct fault f;
	int fd;
	u64 v;
	u8 *p;

	need_egm();
	egm_settle("off");
	fd = egm_open(0);
	at = egm_good(0, len);
	p = egm_map_aligned(fd, at, len, 2 * MiB);
	for (off = 0; off < len; off += page)
		store((u64 *)(p + off), off);
	CHECK(!mprotect(p + MiB, page, PROT_READ), "%s", strerror(errno));
	CHECK(!try_store((u64 *)(p + MiB), 1, &f), "it is read-only");
	store((u64 *)(p + MiB + page), 5);
	unmap(p + 3 * MiB, page);
	CHECK(!try_load((u64 *)(p + 3 * MiB), &v, &f), "it is gone");
	CHECK_EQ(load((u64 *)(p + MiB)), MiB);
	CHECK_EQ(load((u64 *)(p + MiB + page)), 5);
	CHECK_EQ(load((u64 *)(p + 3 * MiB + page)), 3 * MiB + page);
	egm_close(fd);
}

/*
 * The figure. Ours with a touch in each 2 MiB, theirs with none: remap_pfn_range()
 * has made all of it at mmap().
 */
static void against_remap_pfn_range(void)
{
	const struct egm_facts *e = need_egm();
	struct cost ours, again, theirs = { .map_ms = 1e9 };
	unsigned int i;
	char range[64];
	int fd, helper;
	double t, ms;
	long tables;
	u8 *p;

	if (!file_exists(HELPER))
		SKIP("cohmem_test_remap is not loaded");
	if (e->nr_retired)
		SKIP("firmware has retired blocks: no even figure");
	egm_settle("off");
	fd = egm_open(0);
	measure(&ours, fd);
	/* One that is interrupted says nothing of the mapping. */
	for (i = 0; i < 4; i++) {
		measure(&again, fd);
		ours.map_ms = min(ours.map_ms, again.map_ms);
	}

	/* Ours is open meanwhile, so that nobody else has it. */
	snprintf(range, sizeof(range), "0x%llx 0x%llx",
		 (unsigned long long)e->base[0], (unsigned long long)e->size);
	CHECK_EQ(file_write(HELPER, range), 0);
	helper = open("/dev/cohmem_test_remap", O_RDWR | O_CLOEXEC);
	CHECK(helper >= 0, "%s", strerror(errno));
	for (i = 0; i < 5; i++) {
		tables = self_status_kb("VmPTE");
		p = egm_room(e->size, max(leaf(), GiB));
		t = now_ms();
		egm_map_at(p, helper, 0, e->size);
		ms = now_ms() - t;
		theirs.map_ms = min(theirs.map_ms, ms);
		theirs.tables = self_status_kb("VmPTE") - tables;
		unmap(p, e->size);
	}
	close(helper);
	egm_close(fd);
	test_info("%llu MiB: page tables %ld KiB, by remap_pfn_range() %ld KiB: 1/%.0f",
		  (unsigned long long)(e->size / MiB), ours.tables, theirs.tables,
		  (double)theirs.tables / max(ours.tables, 1L));
	test_info("mmap %.3f ms (and %.1f ms for a touch in each leaf), by remap_pfn_range() %.1f ms: 1/%.0f",
		  ours.map_ms, ours.touch_ms, theirs.map_ms,
		  theirs.map_ms / max(ours.map_ms, 0.001));
	if (kernel_version() < 61200)
		SKIP("this kernel has no large leaves of device memory");
	if (facts()->page > 4096)
		SKIP("with large pages tables are few whatever is done");
	CHECK(ours.tables * 100 <= theirs.tables, "page tables: %ld KiB, %ld KiB",
	      ours.tables, theirs.tables);
	/*
	 * A hundredth is for a socket's 447 GiB. By page the time goes with the
	 * size; ours is that of the system call, and here much of theirs, too.
	 */
	CHECK(ours.map_ms * 100 <= theirs.map_ms * SOCKET_GIB * GiB / e->size,
	      "mmap: %.3f ms, %.3f ms", ours.map_ms, theirs.map_ms);
	CHECK(ours.map_ms * 20 <= theirs.map_ms, "mmap: %.3f ms, %.3f ms",
	      ours.map_ms, theirs.map_ms);
}

/* A touch in each page of a mapping that is new. */
static double first_touch_ms(u8 *p, u64 len)
{
	double start = now_ms();
	u64 off;

	for (off = 0; off < len; off += facts()->page)
		*(volatile u64 *)(p + off) = off;
	return now_ms() - start;
}

/* A figure: who has EGM waits for it no longer than who has a GPU's memory. */
static void first_touch_is_that_of_a_gpu(void)
{
	u64 len = 128 * MiB, align = max(leaf(), 2 * MiB), at;
	double egm = 1e9, hbm = 1e9, ms;
	long nr_egm = 0, nr_hbm = 0;
	unsigned int i;
	struct dev d;
	int fd;
	u8 *p;

	need_egm();
	egm_settle("off");
	fd = egm_open(0);
	dev_open(&d);
	/* With the large leaves that both can have. */
	at = egm_good(0, len + align);
	at = (at + align - 1) / align * align;
	/* The first round is the emulator's: it makes the pages that they are. */
	for (i = 0; i < 10; i++) {
		p = egm_map_aligned(fd, at, len, align);
		nr_egm = faults();
		ms = first_touch_ms(p, len);
		nr_egm = faults() - nr_egm;
		egm = min(egm, ms);
		unmap(p, len);
		p = map_aligned(&d, 4, 64 * MiB, len, align, 0);
		nr_hbm = faults();
		ms = first_touch_ms(p, len);
		nr_hbm = faults() - nr_hbm;
		hbm = min(hbm, ms);
		unmap(p, len);
	}
	test_info("first touch of %llu MiB: EGM %.2f ms, %ld faults; a GPU's memory %.2f ms, %ld faults: %.2f x",
		  (unsigned long long)(len / MiB), egm, nr_egm, hbm, nr_hbm,
		  egm / max(hbm, 0.001));
	CHECK(nr_egm <= nr_hbm, "EGM %ld faults, a GPU's memory %ld", nr_egm,
	      nr_hbm);
	/*
	 * Some milliseconds, of which an interrupt of the host's can be half: on a
	 * machine that is idle it is one to one.
	 */
	CHECK(egm <= 3 * hbm + 1, "EGM %.2f ms, a GPU's memory %.2f ms", egm,
	      hbm);
	dev_close(&d);
	egm_close(fd);
}

SUITE(TEST(page_tables_are_few), TEST_LONG(faults_are_few, 60),
      TEST(leaves_are_split), TEST_LONG(against_remap_pfn_range, 60),
      TEST_LONG(first_touch_is_that_of_a_gpu, 60));
