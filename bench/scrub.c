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

#define ROUNDS	4

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

/* The clearing goes on when close() has returned. */
static void until_idle(void)
{
	char state[32] = "";

	do {
		sleep_ms(5);
		attr_read("scrub_state", state, sizeof(state));
	} while (strncmp(state, "idle", 4));
}

/* A reset, with and without cleaning what users may have left in caches. */
static void bench_flush(struct dev *d)
{
	struct samples plain = { }, flush = { };
	double start;
	int i;

	if (file_write(dev_path("cohmem/flush_on_reset"), "0")) {
		report_none("reset_flush", "ms", "this driver flushes nothing");
		return;
	}
	for (i = 0; i < 2 * ROUNDS; i++) {
		wait_until_ready(d);
		CHECK_EQ(file_write(dev_path("cohmem/flush_on_reset"),
				    i & 1 ? "1" : "0"), 0);
		start = now_us();
		CHECK_EQ(dev_reset(d), 0);
		sample(i & 1 ? &flush : &plain, (now_us() - start) / 1000);
	}
	file_write(dev_path("cohmem/flush_on_reset"), "0");
	wait_until_ready(d);
	report("reset_plain", median(&plain), "ms");
	report("reset_flush", median(&flush), "ms");
}

/**
 * bench_scrub() - clear everything after a close
 * @d: the device; closed and opened again
 */
void bench_scrub(struct dev *d)
{
	struct samples set = { }, scrub = { }, gone = { };
	u64 usemem = d->region[USEMEM].area[0].size, bytes, ms;
	double start;
	void *p;
	int i;

	if (file_write(dev_path("cohmem/scrub"), "close")) {
		report_none("scrub", "MB/s", "this driver has no scrub policy");
		return;
	}
	p = map_aligned(d, USEMEM, 0, usemem, LEAF, 0);
	memset_all_cpus(p, usemem);
	unmap(p, usemem);
	/* One of each in turn: the machine may get slower and faster. */
	for (i = 0; i < ROUNDS; i++) {
		p = map_aligned(d, USEMEM, 0, usemem, LEAF, 0);
		memset_all_cpus(p, usemem / 64);
		sample(&set, memset_all_cpus(p, usemem));
		unmap(p, usemem);
		start = now_us();
		dev_close(d);
		sample(&gone, (now_us() - start) / 1000);
		until_idle();
		bytes = attr_u64("scrub_bytes");
		ms = attr_u64("scrub_ms");
		CHECK(bytes && ms, "nothing was cleared");
		sample(&scrub, (double)bytes / ms / 1000);
		dev_open(d);
		set_command(d, 2, 0);
		wait_until_ready(d);
	}
	file_write(dev_path("cohmem/scrub"), "default");
	report("memset_all_cpus", median(&set), "MB/s");
	report("scrub", median(&scrub), "MB/s");
	report("close_before_scrub", median(&gone), "ms");
	bench_flush(d);
}
