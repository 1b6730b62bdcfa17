// SPDX-License-Identifier: GPL-2.0-only
/* read() and write() on the regions, and ordinary memory for scale. */
#include <stdlib.h>

#include "bench.h"

/*
 * Samples are short, so that some of them fall where nothing else ran: the best
 * of many is the cost of the work itself, on a busy machine as on an idle one.
 */
#define MEASURE_US	400000
#define SAMPLE_BYTES	MiB
#define SAMPLE_CALLS	50

/* Of a region, walked round and round. */
#define SPAN		(16 * MiB)

struct access {
	const char *name;
	unsigned int bar;
	bool write;
	u64 base;	/* offset in the region */
	u64 block;	/* bytes a call */
};

/* One sample, in megabytes a second; or a negative errno. */
static double bandwidth(struct dev *d, const struct access *a, u64 pos,
			void *buf)
{
	double start = now_us();
	u64 moved = 0;
	ssize_t n;

	do {
		n = a->write ?
		    reg_write(d, a->bar, a->base + pos, buf, a->block) :
		    reg_read(d, a->bar, a->base + pos, buf, a->block);
		if (n <= 0)
			return n ? -errno : -EIO;
		/* A short count is slow, not wrong: go on behind it. */
		moved += n;
		pos += n;
	} while (moved < SAMPLE_BYTES);
	return moved / (now_us() - start);
}

static void one_access(struct dev *d, const struct access *a, void *buf)
{
	const u64 step = max(a->block, (u64)SAMPLE_BYTES);
	double got = 1, best = 0, end = 0;
	u64 pos;

	/* The first time round mappings are made and memory is allocated. */
	while (got > 0 && (!end || now_us() < end)) {
		for (pos = 0; got > 0 && pos + step <= SPAN; pos += step) {
			got = bandwidth(d, a, pos, buf);
			best = end ? max(best, got) : 0;
		}
		if (!end)
			end = now_us() + MEASURE_US;
	}
	if (got > 0)
		report(a->name, best, "MB/s");
	else
		report_none(a->name, "MB/s", "%s", strerror(-(int)got));
}

/**
 * small_access() - calls that move almost nothing: what does a call cost?
 * @d: the device
 * @name: of the measurement
 * @bar: which region
 * @off: of the first word there
 */
void small_access(struct dev *d, const char *name, unsigned int bar, u64 off)
{
	double start, best = 1e9, end = now_us() + MEASURE_US;
	u32 value;
	int n;

	do {
		start = now_us();
		for (n = 0; n < SAMPLE_CALLS; n++)
			if (reg_read(d, bar, off + n * 4, &value, 4) != 4) {
				report_none(name, "us", "%s", strerror(errno));
				return;
			}
		best = min(best, (now_us() - start) / n);
	} while (now_us() < end);
	report(name, best, "us");
}

/**
 * bench_io() - read() and write() on usemem, resmem and padding
 * @d: the device
 */
void bench_io(struct dev *d)
{
	const u64 usemem = d->region[USEMEM].area[0].size;
	const u64 padding = d->region[USEMEM].size - usemem;
	const struct access list[] = {
		{ "usemem_read_4m", USEMEM, false, 0, 4 * MiB },
		{ "usemem_write_4m", USEMEM, true, 0, 4 * MiB },
		{ "usemem_read_64k", USEMEM, false, 0, 64 * KiB },
		{ "usemem_write_64k", USEMEM, true, 0, 64 * KiB },
		{ "usemem_read_4k", USEMEM, false, 0, 4 * KiB },
		{ "usemem_write_4k", USEMEM, true, 0, 4 * KiB },
		{ "resmem_read_4m", RESMEM, false, 0, 4 * MiB },
		{ "resmem_write_4m", RESMEM, true, 0, 4 * MiB },
		{ "padding_read_4m", USEMEM, false, usemem, 4 * MiB },
		{ "padding_write_4m", USEMEM, true, usemem, 4 * MiB },
	};
	void *buf = malloc(4 * MiB);
	unsigned int i;

	CHECK(buf, "no memory");
	memset(buf, 0x5a, 4 * MiB);
	for (i = 0; i < ARRAY_SIZE(list); i++) {
		if (list[i].bar == RESMEM && !facts()->split)
			continue;
		if (list[i].base == usemem && padding < SPAN)
			continue;
		one_access(d, &list[i], buf);
	}
	small_access(d, "usemem_read_4_bytes", USEMEM, 0);
	if (facts()->split)
		small_access(d, "resmem_read_4_bytes", RESMEM, 0);
	free(buf);
}

/* The compiler shall not leave out what nobody reads. */
static void keep(void *p)
{
	__asm__ volatile("" : : "r" (p) : "memory");
}

/**
 * bench_memory() - what this machine's own memory does
 * @d: not used
 */
void bench_memory(struct dev *d)
{
	char *from = malloc(16 * MiB), *to = malloc(16 * MiB);
	double start, copy = 0, set = 0;
	int n;

	(void)d;
	CHECK(from && to, "no memory");
	memset(from, 1, 16 * MiB);
	memset(to, 2, 16 * MiB);
	for (n = 0; n < 200; n++) {
		start = now_us();
		memcpy(to + n % 4 * 4 * MiB, from + n % 4 * 4 * MiB, 4 * MiB);
		keep(to);
		copy = max(copy, 4 * MiB / (now_us() - start));
		start = now_us();
		memset(to + n % 4 * 4 * MiB, n, 4 * MiB);
		keep(to);
		set = max(set, 4 * MiB / (now_us() - start));
	}
	report("memcpy_4m", copy, "MB/s");
	report("memset_4m", set, "MB/s");
	free(from);
	free(to);
}
