// SPDX-License-Identifier: GPL-2.0-only
/* Mapping the coherent regions: what is allowed, what is not, what is there. */
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

#define RW	(PROT_READ | PROT_WRITE)

/* A page through every way there is. */
static void check_page(struct dev *d, unsigned int bar, u64 off, u64 at,
		       volatile u64 *p)
{
	u64 v, seed = bar * 1000 + off;

	store(p, mix(&seed));
	v = load(p);
	CHECK_EQ(reg_read(d, bar, off, &seed, 8), 8);
	CHECK_EQ(seed, v);
	if (have_sim()) {
		sim_mem_read(at + off, &seed, 8);
		CHECK_EQ(seed, v);
	}
	v = ~v;
	CHECK_EQ(reg_write(d, bar, off, &v, 8), 8);
	CHECK_EQ(load(p), v);
}

static void usemem(void)
{
	u64 len = 4 * MiB, off;
	struct dev d;
	u8 *p;

	dev_open(&d);
	p = map(&d, 4, 0, len);
	for (off = 0; off < len; off += 512 * KiB + 4096)
		check_page(&d, 4, off, 0, (u64 *)(p + off));
	check_page(&d, 4, len - 8, 0, (u64 *)(p + len - 8));
	unmap(p, len);
	dev_close(&d);
}

static void resmem(void)
{
	u64 len = 4 * MiB, off;
	struct dev d;
	u8 *p;

	if (!facts()->split)
		SKIP("this model has no resmem");
	dev_open(&d);
	p = map(&d, 2, 0, len);
	for (off = 0; off < len; off += 512 * KiB + 4096)
		check_page(&d, 2, off, facts()->usemem, (u64 *)(p + off));
	unmap(p, len);
	p = map(&d, 2, facts()->resmem - 65536, 65536);
	check_page(&d, 2, facts()->resmem - 8, facts()->usemem,
		   (u64 *)(p + 65528));
	dev_close(&d);
}

/* One page in each GiB of the whole region. */
static void all_of_usemem(void)
{
	const struct facts *f = facts();
	double t[4];
	struct dev d;
	u64 off;
	u8 *p;

	dev_open(&d);
	t[0] = now_ms();
	p = map(&d, 4, 0, f->usemem);
	t[1] = now_ms();
	for (off = 0; off < f->usemem; off += GiB)
		store((u64 *)(p + off), off ^ 0xabcdef);
	store((u64 *)(p + f->usemem - 8), 77);
	for (off = 0; off < f->usemem; off += GiB) {
		u64 v;

		CHECK_EQ(reg_read(&d, 4, off, &v, 8), 8);
		CHECK_EQ(v, off ^ 0xabcdef);
	}
	test_info("page tables: %ld KiB", self_status_kb("VmPTE"));
	t[2] = now_ms();
	unmap(p, f->usemem);
	t[3] = now_ms();
	test_info("mmap of all usemem %.2f ms, munmap %.2f ms", t[1] - t[0],
		  t[3] - t[2]);
	dev_close(&d);
}

static void private_is_refused(void)
{
	static const int prots[] = { PROT_NONE, PROT_READ, PROT_WRITE, RW };
	unsigned int i;
	struct dev d;
	void *p;

	dev_open(&d);
	for (i = 0; i < ARRAY_SIZE(prots); i++) {
		p = __map(&d, 4, 0, 65536, prots[i], MAP_PRIVATE);
		CHECK(p == MAP_FAILED && errno == EINVAL,
		      "MAP_PRIVATE prot %d: %p (%s)", prots[i], p,
		      strerror(errno));
		if (!facts()->split)
			continue;
		p = __map(&d, 2, 0, 65536, prots[i], MAP_PRIVATE);
		CHECK(p == MAP_FAILED && errno == EINVAL, "resmem prot %d",
		      prots[i]);
	}
	dev_close(&d);
}

static void refused(struct dev *d, unsigned int bar, u64 off, u64 len)
{
	void *p = __map(d, bar, off, len, RW, MAP_SHARED);

	CHECK(p == MAP_FAILED, "BAR%u %#llx+%#llx was mapped", bar,
	      (unsigned long long)off, (unsigned long long)len);
	CHECK(errno == EINVAL || errno == EOVERFLOW || errno == ENOMEM,
	      "BAR%u %#llx+%#llx: %s", bar, (unsigned long long)off,
	      (unsigned long long)len, strerror(errno));
}

static void bounds(void)
{
	const struct facts *f = facts();
	u64 page = f->page;
	struct dev d;

	dev_open(&d);
	unmap(map(&d, 4, f->usemem - page, page), page);
	unmap(map(&d, 4, 0, f->usemem), f->usemem);
	refused(&d, 4, f->usemem, page);
	refused(&d, 4, f->usemem - page, 2 * page);
	refused(&d, 4, 0, f->usemem + page);
	refused(&d, 4, page, f->usemem);
	refused(&d, 4, f->usemem_bar, page);
	refused(&d, 4, f->usemem_bar - page, 2 * page);
	refused(&d, 5, 0, page);
	refused(&d, 4, (1ULL << 40) - page, page);
	refused(&d, 4, (1ULL << 40) - page, 2 * page);
	refused(&d, 4, (1ULL << 62), page);
	refused(&d, 4, (1ULL << 63) - d.region[4].offset - page, page);
	if (f->split) {
		unmap(map(&d, 2, f->resmem - page, page), page);
		refused(&d, 2, f->resmem, page);
		refused(&d, 2, f->resmem - page, 2 * page);
		refused(&d, 3, 0, page);
	}
	refused(&d, CONFIG, 0, page);
	refused(&d, 8, 0, page);
	dev_close(&d);
}

static void offsets_are_pages(void)
{
	struct dev d;

	dev_open(&d);
	CHECK(mmap(NULL, 4096, RW, MAP_SHARED, d.fd, d.region[4].offset + 1) ==
	      MAP_FAILED && errno == EINVAL, "offset 1: %s", strerror(errno));
	CHECK(mmap(NULL, 0, RW, MAP_SHARED, d.fd, d.region[4].offset) ==
	      MAP_FAILED && errno == EINVAL, "length 0: %s", strerror(errno));
	dev_close(&d);
}

static void protections(void)
{
	struct fault f;
	struct dev d;
	u64 v;
	u8 *p;

	dev_open(&d);
	p = __map(&d, 4, 0, 65536, PROT_READ, MAP_SHARED);
	CHECK(p != MAP_FAILED, "read-only: %s", strerror(errno));
	v = load((u64 *)p);
	CHECK(!try_store((u64 *)p, 1, &f) && f.sig == SIGSEGV, "%s",
	      fault_str(&f));
	CHECK_EQ(load((u64 *)p), v);
	CHECK(!mprotect(p, 65536, RW), "%s", strerror(errno));
	store((u64 *)p, ~v);
	CHECK_EQ(load((u64 *)p), ~v);
	CHECK(!mprotect(p, 65536, PROT_READ), "%s", strerror(errno));
	CHECK(!try_store((u64 *)p, 1, &f) && f.sig == SIGSEGV, "%s",
	      fault_str(&f));
	CHECK(!mprotect(p + facts()->page, facts()->page, PROT_NONE), "%s",
	      strerror(errno));
	CHECK(!try_load((u64 *)(p + facts()->page), &v, &f) &&
	      f.sig == SIGSEGV, "%s", fault_str(&f));
	CHECK(!mprotect(p, 65536, RW), "%s", strerror(errno));
	store((u64 *)(p + facts()->page), 3);
	unmap(p, 65536);
	dev_close(&d);
}

/* mprotect() on a part of a large leaf has to split it. */
static void protections_split_leaves(void)
{
	u64 len = 4 * MiB, off, page = facts()->page;
	struct fault f;
	struct dev d;
	u8 *p;

	dev_open(&d);
	p = map_aligned(&d, 4, 0, len, 2 * MiB, 0);
	for (off = 0; off < len; off += page)
		store((u64 *)(p + off), off);
	CHECK(!mprotect(p + MiB, page, PROT_READ), "%s", strerror(errno));
	CHECK(!try_store((u64 *)(p + MiB), 1, &f), "it is read-only");
	for (off = 0; off < len; off += page)
		CHECK_EQ(load((u64 *)(p + off)), off);
	store((u64 *)(p + MiB + page), 5);
	CHECK_EQ(load((u64 *)(p + MiB + page)), 5);
	unmap(p, len);
	dev_close(&d);
}

static void moving(void)
{
	u64 len = 2 * MiB, page = facts()->page;
	struct dev d;
	u8 *p, *q, *room;

	dev_open(&d);
	p = map(&d, 4, 8 * MiB, len);
	store((u64 *)p, 11);
	store((u64 *)(p + len - 8), 22);

	/* growing would reach what was not asked for at mmap() */
	CHECK(mremap(p, len, 2 * len, MREMAP_MAYMOVE) == MAP_FAILED, "it grew");
	CHECK_EQ(load((u64 *)p), 11);

	room = mmap(NULL, 3 * len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		    0);
	CHECK(room != MAP_FAILED, "%s", strerror(errno));
	q = mremap(p, len, len, MREMAP_MAYMOVE | MREMAP_FIXED, room + page);
	CHECK(q == room + page, "move: %s", strerror(errno));
	CHECK_EQ(load((u64 *)q), 11);
	CHECK_EQ(load((u64 *)(q + len - 8)), 22);
	/* a part of it, elsewhere again */
	p = mremap(q + MiB, page, page, MREMAP_MAYMOVE | MREMAP_FIXED, room);
	CHECK(p == room, "move a page: %s", strerror(errno));
	store((u64 *)p, 33);
	CHECK_EQ(reg_read(&d, 4, 9 * MiB, &page, 8), 8);
	CHECK_EQ(page, 33);
	dev_close(&d);
}

static void fork_shares(void)
{
	volatile u64 *p;
	struct dev d;
	int status;
	pid_t pid;

	dev_open(&d);
	p = map(&d, 4, 0, 4 * MiB);
	shared_with_a_child(p);

	/* the child outlives us as a user: its mapping alone holds the device */
	pid = fork();
	if (!pid) {
		dev_close(&d);
		sleep_ms(300);
		store(p, 4);
		_exit(load(p) == 4 ? 0 : 3);
	}
	unmap((void *)p, 4 * MiB);
	dev_close(&d);
	CHECK(waitpid(pid, &status, 0) == pid && !status, "child: %#x", status);
}

static void a_mapping_holds_the_device(void)
{
	struct dev d, e;
	volatile u64 *p;
	int ret;

	dev_open(&d);
	p = map(&d, 4, 0, 65536);
	dev_close(&d);
	store(p, 5);
	CHECK_EQ(load(p), 5);
	ret = __dev_open(&e);
	CHECK(ret < 0, "the device could be opened twice");
	unmap((void *)p, 65536);
	dev_open(&e);
	dev_close(&e);
}

static void partial_munmap(void)
{
	u64 len = 6 * MiB, page = facts()->page, off;
	struct fault f;
	struct dev d;
	u64 v;
	u8 *p;

	dev_open(&d);
	p = map_aligned(&d, 4, 0, len, 2 * MiB, 0);
	for (off = 0; off < len; off += 64 * KiB)
		store((u64 *)(p + off), off);
	unmap(p + MiB, page);
	unmap(p + 4 * MiB, 2 * MiB);
	CHECK(!try_load((u64 *)(p + MiB), &v, &f) && f.sig == SIGSEGV, "%s",
	      fault_str(&f));
	CHECK(!try_load((u64 *)(p + 5 * MiB), &v, &f) && f.sig == SIGSEGV, "%s",
	      fault_str(&f));
	for (off = 0; off < 4 * MiB; off += 64 * KiB)
		if (off != MiB)
			CHECK_EQ(load((u64 *)(p + off)), off);
	/* a reset finds all the pieces */
	CHECK_EQ(dev_reset(&d), 0);
	set_command(&d, 2, 0);
	CHECK_EQ(load((u64 *)(p + 2 * MiB)), 2 * MiB);
	dev_close(&d);
}

static void several_vmas(void)
{
	u64 page = facts()->page, i;
	volatile u64 *v[16];
	struct dev d;

	dev_open(&d);
	/* the same memory at different skews, overlapping each other */
	for (i = 0; i < 16; i++)
		v[i] = map_aligned(&d, 4, i * page, 4 * MiB, 2 * MiB,
				   i % 2 ? i * page : 0);
	for (i = 0; i < 16; i++)
		store(v[i] + 512 * KiB / 8, 1000 + i);
	for (i = 0; i < 16; i++)
		CHECK_EQ(load(v[0] + (512 * KiB + i * page) / 8), 1000 + i);
	for (i = 1; i < 16; i++)
		CHECK_EQ(load(v[1] + (512 * KiB + (i - 1) * page) / 8),
			 1000 + i);
	for (i = 0; i < 16; i += 2)
		unmap((void *)v[i], 4 * MiB);
	for (i = 1; i < 16; i += 2)
		CHECK_EQ(load(v[i] + 512 * KiB / 8), 1000 + i);
	dev_close(&d);
}

static long faults(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return u.ru_minflt;
}

/* Touch every page; @return faults it took. */
static long touch(u8 *p, u64 len, double *ms)
{
	u64 off, page = facts()->page;
	long before = faults();
	double start = now_ms();

	for (off = 0; off < len; off += page)
		*(volatile u64 *)(p + off) = off;
	*ms = now_ms() - start;
	return faults() - before;
}

static void check_touched(struct dev *d, u64 at, u64 len)
{
	u64 off, v, page = facts()->page;

	for (off = 0; off < len; off += 37 * page) {
		CHECK_EQ(reg_read(d, 4, at + off, &v, 8), 8);
		CHECK_EQ(v, off);
	}
}

/* A VMA that the memory's large leaves fit into: few faults, each a large one. */
static void aligned_faults_are_few(void)
{
	u64 len = 32 * MiB, pages = len / facts()->page;
	struct dev d;
	double ms;
	long n;
	u8 *p;

	dev_open(&d);
	p = map_aligned(&d, 4, 64 * MiB, len, 32 * MiB, 0);
	n = touch(p, len, &ms);
	test_info("%ld faults for %llu pages, %.2f us a page", n,
		  (unsigned long long)pages, ms * 1000 / pages);
	check_touched(&d, 64 * MiB, len);
	CHECK(n <= (long)(pages / 64), "%ld faults", n);
	dev_close(&d);
}

/* One that is skewed by a page: only small leaves, but not a fault for each. */
static void unaligned_faults_are_few(void)
{
	u64 len = 16 * MiB, page = facts()->page, pages = len / page;
	struct dev d;
	double ms;
	long n;
	u8 *p;

	dev_open(&d);
	p = map_aligned(&d, 4, 64 * MiB, len, 32 * MiB, page);
	n = touch(p, len, &ms);
	test_info("%ld faults for %llu pages, %.2f us a page", n,
		  (unsigned long long)pages, ms * 1000 / pages);
	check_touched(&d, 64 * MiB, len);
	CHECK(n <= (long)(pages / 64), "%ld faults", n);
	dev_close(&d);
}

/* An advice that would drop or merge pages must not harm. */
static void advice(void)
{
	static const int all[] = {
		MADV_DONTNEED, MADV_WILLNEED, MADV_HUGEPAGE, MADV_NOHUGEPAGE,
		MADV_DONTFORK, MADV_DOFORK, MADV_SEQUENTIAL, MADV_RANDOM,
		MADV_FREE, MADV_REMOVE, MADV_COLD, MADV_PAGEOUT, MADV_MERGEABLE,
		MADV_DODUMP, MADV_POPULATE_READ, MADV_POPULATE_WRITE,
	};
	unsigned int i;
	struct dev d;
	u8 *p;

	dev_open(&d);
	p = map(&d, 4, 0, 4 * MiB);
	store((u64 *)p, 99);
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		madvise(p, 4 * MiB, all[i]);
		CHECK_EQ(load((u64 *)p), 99);
	}
	p = __map(&d, 4, 0, 4 * MiB, RW, MAP_SHARED | MAP_POPULATE);
	CHECK(p != MAP_FAILED, "MAP_POPULATE: %s", strerror(errno));
	CHECK_EQ(load((u64 *)p), 99);
	p = __map(&d, 4, 0, 4 * MiB, RW, MAP_SHARED | MAP_LOCKED);
	if (p != MAP_FAILED)
		CHECK_EQ(load((u64 *)p), 99);
	dev_close(&d);
}

/* A core dump must not read the device, nor may a fork or mremap enlarge it. */
static void flags_of_the_mapping(void)
{
	static const char *const want[] = { " io", " pf", " de", " dd", " sh" };
	char start[64], line[512];
	bool here = false, seen = false;
	unsigned int i;
	struct dev d;
	FILE *f;
	u8 *p;

	dev_open(&d);
	p = map(&d, 4, 0, 65536);
	snprintf(start, sizeof(start), "%lx-", (unsigned long)p);
	f = fopen("/proc/self/smaps", "r");
	CHECK(f, "smaps: %s", strerror(errno));
	while (!seen && fgets(line, sizeof(line), f)) {
		here |= !strncmp(line, start, strlen(start));
		if (!here || strncmp(line, "VmFlags:", 8))
			continue;
		seen = true;
		for (i = 0; i < ARRAY_SIZE(want); i++)
			CHECK(strstr(line, want[i]), "no%s in %s", want[i],
			      line);
	}
	fclose(f);
	CHECK(seen, "the mapping is not in smaps");
	dev_close(&d);
}

SUITE(TEST(usemem), TEST(resmem), TEST(all_of_usemem),
      TEST(private_is_refused), TEST(bounds), TEST(offsets_are_pages),
      TEST(protections), TEST(protections_split_leaves), TEST(moving),
      TEST(fork_shares), TEST(a_mapping_holds_the_device),
      TEST(partial_munmap), TEST(several_vmas), TEST(aligned_faults_are_few),
      TEST(unaligned_faults_are_few), TEST(advice), TEST(flags_of_the_mapping));
