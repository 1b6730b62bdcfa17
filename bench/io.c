// SPDX-License-Identifier: GPL-2.0-only
/* read() and write() on the regions, and ordinary memory for scale. */
#include <stdlib.h>

#include "bench.h"

#define SAMPLES		5
#define SAMPLE_US	150000

struct access {
	const char *name;
	unsigned int bar;
	bool write;
	u64 base;	/* offset in the region */
	u64 span;	/* walked round and round */
	u64 block;	/* bytes a call */
};

/* Megabytes a second, or a negative errno. */
static double bandwidth(struct dev *d, const struct access *a, void *buf)
{
	double start = now_us(), us;
	u64 pos = 0, moved = 0;
	ssize_t n;

	do {
		n = a->write ? reg_write(d, a->bar, a->base + pos, buf, a->block) :
			       reg_read(d, a->bar, a->base + pos, buf, a->block);
		if (n <= 0)
			return n ? -errno : -EIO;
		/* A short count is slow, not wrong: go on behind it. */
		moved += n;
		pos += n;
		if (pos + a->block > a->span)
			pos = 0;
		us = now_us() - start;
	} while (us < SAMPLE_US);
	return moved / us;
}

static void one_access(struct dev *d, const struct access *a, void *buf)
{
	struct samples s = { };
	double got;
	int i;

	/* Not counted: mappings are made, memory is allocated. */
	got = bandwidth(d, a, buf);
	for (i = 0; got > 0 && i < SAMPLES; i++) {
		got = bandwidth(d, a, buf);
		sample(&s, got);
	}
	if (got > 0)
		report(a->name, largest(&s), "MB/s");
	else
		report_none(a->name, "MB/s", "%s", strerror(-(int)got));
}

/* Calls that move almost nothing: what does a call cost? */
static void small_access(struct dev *d, const char *name, unsigned int bar)
{
	struct samples s = { };
	double start;
	u32 value;
	int i, n;

	for (i = 0; i < SAMPLES; i++) {
		start = now_us();
		for (n = 0; n < 2000; n++)
			if (reg_read(d, bar, n * 4, &value, 4) != 4) {
				report_none(name, "us", "%s", strerror(errno));
				return;
			}
		sample(&s, (now_us() - start) / n);
	}
	report(name, smallest(&s), "us");
}

static void config_access(struct dev *d)
{
	struct samples s = { };
	double start;
	u32 value;
	int i, n;

	for (i = 0; i < SAMPLES; i++) {
		start = now_us();
		for (n = 0; n < 500; n++)
			cfg_read(d, 0x20, &value, 4);
		sample(&s, (now_us() - start) / n);
	}
	report("config_read_bar4", smallest(&s), "us");
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
		{ "usemem_read_4m", USEMEM, false, 0, 64 * MiB, 4 * MiB },
		{ "usemem_write_4m", USEMEM, true, 0, 64 * MiB, 4 * MiB },
		{ "usemem_read_64k", USEMEM, false, 0, 64 * MiB, 64 * KiB },
		{ "usemem_write_64k", USEMEM, true, 0, 64 * MiB, 64 * KiB },
		{ "usemem_read_4k", USEMEM, false, 0, 64 * MiB, 4 * KiB },
		{ "usemem_write_4k", USEMEM, true, 0, 64 * MiB, 4 * KiB },
		{ "resmem_read_4m", RESMEM, false, 0, 16 * MiB, 4 * MiB },
		{ "resmem_write_4m", RESMEM, true, 0, 16 * MiB, 4 * MiB },
		{ "padding_read_4m", USEMEM, false, usemem, padding, 4 * MiB },
		{ "padding_write_4m", USEMEM, true, usemem, padding, 4 * MiB },
	};
	void *buf = malloc(4 * MiB);
	unsigned int i;

	CHECK(buf, "no memory");
	memset(buf, 0x5a, 4 * MiB);
	for (i = 0; i < ARRAY_SIZE(list); i++) {
		if (list[i].bar == RESMEM && !facts()->split)
			continue;
		if (list[i].base == usemem && padding < 4 * MiB)
			continue;
		one_access(d, &list[i], buf);
	}
	small_access(d, "usemem_read_4_bytes", USEMEM);
	if (facts()->split)
		small_access(d, "resmem_read_4_bytes", RESMEM);
	config_access(d);
	free(buf);
}

/**
 * bench_memory() - what this machine's own memory does
 * @d: not used
 */
void bench_memory(struct dev *d)
{
	struct samples copy = { }, set = { };
	char *from = malloc(16 * MiB), *to = malloc(16 * MiB);
	double start;
	int i, n;

	(void)d;
	CHECK(from && to, "no memory");
	memset(from, 1, 16 * MiB);
	memset(to, 2, 16 * MiB);
	for (i = 0; i < SAMPLES; i++) {
		start = now_us();
		for (n = 0; n < 64; n++)
			memcpy(to + n % 4 * 4 * MiB, from + n % 4 * 4 * MiB,
			       4 * MiB);
		sample(&copy, n * 4 * MiB / (now_us() - start));
		start = now_us();
		for (n = 0; n < 64; n++)
			memset(to + n % 4 * 4 * MiB, n, 4 * MiB);
		sample(&set, n * 4 * MiB / (now_us() - start));
	}
	report("memcpy_4m", largest(&copy), "MB/s");
	report("memset_4m", largest(&set), "MB/s");
	free(from);
	free(to);
}
