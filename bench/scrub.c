// SPDX-License-Identifier: GPL-2.0-only
/*
 * Clearing all memory between users, against what memset() of all CPUs at once
 * does to the same memory. It writes every byte, and so needs as much memory
 * behind it: for an emulated superchip that is small.
 */
#include <pthread.h>
#include <stdlib.h>
#include <sys/sysinfo.h>

#include "bench.h"

#define ROUNDS	3

struct part {
	pthread_t thread;
	void *p;
	u64 len;
};

static void *clear(void *arg)
{
	struct part *part = arg;

	memset(part->p, 0, part->len);
	return NULL;
}

static double memset_all_cpus(void *p, u64 len)
{
	unsigned int nr = get_nprocs(), i;
	struct part *part = calloc(nr, sizeof(*part));
	double start = now_us();
	int ret;

	CHECK(part, "no memory");
	for (i = 0; i < nr; i++) {
		part[i].p = (u8 *)p + len / nr * i;
		part[i].len = len / nr;
		ret = pthread_create(&part[i].thread, NULL, clear, &part[i]);
		CHECK(!ret, "no thread: %s", strerror(ret));
	}
	for (i = 0; i < nr; i++)
		pthread_join(part[i].thread, NULL);
	free(part);
	return len / nr * nr / (now_us() - start);
}

/**
 * bench_scrub() - clear everything on close
 * @d: the device; closed and opened again
 */
void bench_scrub(struct dev *d)
{
	struct samples set = { }, scrub = { };
	u64 usemem = d->region[USEMEM].area[0].size, bytes, ms;
	void *p;
	int i;

	if (file_write(dev_path("cohmem/scrub"), "close")) {
		report_none("scrub", "MB/s", "this driver has no scrub policy");
		return;
	}
	p = map_aligned(d, USEMEM, 0, usemem, LEAF, 0);
	memset_all_cpus(p, usemem);
	for (i = 0; i < ROUNDS; i++)
		sample(&set, memset_all_cpus(p, usemem));
	unmap(p, usemem);
	for (i = 0; i < ROUNDS; i++) {
		dev_close(d);
		bytes = attr_u64("scrub_bytes");
		ms = attr_u64("scrub_ms");
		CHECK(bytes && ms, "nothing was cleared");
		sample(&scrub, (double)bytes / ms / 1000);
		dev_open(d);
		set_command(d, 2, 0);
		wait_until_ready(d);
	}
	file_write(dev_path("cohmem/scrub"), "default");
	report("memset_all_cpus", largest(&set), "MB/s");
	report("scrub", largest(&scrub), "MB/s");
}
