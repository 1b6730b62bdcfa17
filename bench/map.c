// SPDX-License-Identifier: GPL-2.0-only
/* Mapping usemem, faulting it in, and what page tables that costs. */
#include <sys/mman.h>
#include <sys/resource.h>

#include "bench.h"

#define TOUCHED	(256 * MiB)
#define ROUNDS	5
/* Touched pieces are timed one by one; each holds the same number of leaves. */
#define PIECE	(2 * LEAF)

static u64 usemem_size(const struct dev *d)
{
	return d->region[USEMEM].area[0].size;
}

static long faults(void)
{
	struct rusage ru;

	getrusage(RUSAGE_SELF, &ru);
	return ru.ru_minflt + ru.ru_majflt;
}

/**
 * bench_map() - map and unmap all of usemem
 * @d: the device
 */
void bench_map(struct dev *d)
{
	struct samples map_us = { }, unmap_us = { };
	u64 size = usemem_size(d);
	long before, mapped, touched;
	double start;
	void *p;
	int i;

	before = self_status_kb("VmPTE");
	for (i = 0; i < ROUNDS; i++) {
		start = now_us();
		p = map(d, USEMEM, 0, size);
		sample(&map_us, now_us() - start);
		mapped = self_status_kb("VmPTE");
		start = now_us();
		unmap(p, size);
		sample(&unmap_us, now_us() - start);
	}
	report("mmap_all", smallest(&map_us), "us");
	report("munmap_all", smallest(&unmap_us), "us");
	report("page_tables_mapped", max(mapped - before, 0L), "KiB");

	p = map_aligned(d, USEMEM, 0, size, LEAF, 0);
	start = now_us();
	touch(p, size, LEAF);
	report("touch_all_by_2m", (now_us() - start) / 1000, "ms");
	touched = self_status_kb("VmPTE");
	report("page_tables_touched", touched - before, "KiB");
	start = now_us();
	unmap(p, size);
	report("munmap_all_touched", (now_us() - start) / 1000, "ms");
}

/* Place the mapping, touch every page of it, unmap it. */
static void touch_once(struct dev *d, bool placed, u64 skew,
		       double *best_ns, struct samples *nr_faults,
		       struct samples *all_ms)
{
	long page = facts()->page, before;
	double start = now_us(), piece_us;
	u64 at;
	u8 *p;

	p = placed ? map_aligned(d, USEMEM, 0, TOUCHED, LEAF, skew) :
		     map(d, USEMEM, 0, TOUCHED);
	before = faults();
	for (at = 0; at < TOUCHED; at += PIECE) {
		piece_us = now_us();
		touch(p + at, PIECE, page);
		piece_us = now_us() - piece_us;
		*best_ns = min(*best_ns, piece_us * 1000 / (PIECE / page));
	}
	sample(nr_faults, faults() - before);
	unmap(p, TOUCHED);
	sample(all_ms, (now_us() - start) / 1000);
}

static void touch_case(struct dev *d, const char *name, bool placed, u64 skew)
{
	struct samples nr_faults = { }, all_ms = { };
	double best_ns = 1e9;
	char full[80];
	int i;

	for (i = 0; i < ROUNDS; i++)
		touch_once(d, placed, skew, &best_ns, &nr_faults, &all_ms);
	snprintf(full, sizeof(full), "touch_%s", name);
	report(full, best_ns, "ns/page");
	snprintf(full, sizeof(full), "faults_%s", name);
	report(full, smallest(&nr_faults), "faults");
	snprintf(full, sizeof(full), "map_touch_unmap_%s", name);
	report(full, smallest(&all_ms), "ms");
}

/**
 * bench_touch() - touch every page of 256 MiB of usemem
 * @d: the device
 *
 * In a mapping as libc places it, in one that cannot hold a large leaf, and in
 * one that is congruent with the memory. A first pass, not counted, has the host
 * of the emulation allocate what it needs.
 */
void bench_touch(struct dev *d)
{
	void *p = map(d, USEMEM, 0, TOUCHED);

	printf("# libc placed the mapping at %p\n", p);
	touch(p, TOUCHED, facts()->page);
	unmap(p, TOUCHED);

	touch_case(d, "libc", false, 0);
	touch_case(d, "misaligned", true, facts()->page);
	touch_case(d, "aligned", true, 0);
}
