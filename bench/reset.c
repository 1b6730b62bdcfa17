// SPDX-License-Identifier: GPL-2.0-only
/*
 * Resets, and the time after them in which the memory does not answer yet.
 *
 * When the device got ready is computed: it was reset when the emulator says,
 * and has trained for as long as it was told to. Its answer is a millisecond or
 * two old when it comes, which is what "late" can be wrong by.
 */
#include <linux/vfio.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "bench.h"

#define RESETS	5

/*
 * How long the device trains in the rounds of bench_ready(), ms: longer than the
 * 100 ms for which the PCI core waits after a function level reset.
 */
static const unsigned int train_ms[] = { 210, 330, 470, 610, 890, 1150, 1580 };

/* In bench_others(): long enough to see who is held up. */
#define OTHERS_TRAIN_MS	1200

struct toucher {
	const volatile u64 *p;
	double us;
	bool ok;
};

/* When the device was last reset, on our clock. */
static double reset_time_us(void)
{
	struct samples s = { };
	double asked;
	int i;

	for (i = 0; i < 5; i++) {
		asked = now_us();
		sample(&s, asked - sim_number("status", "since_reset_ms") * 1000.0);
	}
	return median(&s);
}

static void *touch_it(void *arg)
{
	struct toucher *t = arg;
	u64 value;

	t->ok = try_load(t->p, &value, NULL);
	t->us = now_us();
	return NULL;
}

static void start(pthread_t *thread, void *(*fn)(void *), void *arg)
{
	int ret = pthread_create(thread, NULL, fn, arg);

	CHECK(!ret, "no thread: %s", strerror(ret));
}

static double reset_ms(struct dev *d)
{
	double begin = now_us();
	int ret = dev_reset(d);

	CHECK(!ret, "VFIO_DEVICE_RESET: %s", strerror(-ret));
	return (now_us() - begin) / 1000;
}

static void set_training(unsigned int ms)
{
	sim("set link-ms 0");
	sim("set train-ms %u", ms);
}

/**
 * bench_reset() - VFIO_DEVICE_RESET
 * @d: the device
 */
void bench_reset(struct dev *d)
{
	struct samples bare = { }, mapped = { };
	u64 usemem = d->region[USEMEM].area[0].size;
	void *p, *q = NULL;
	int i;

	set_training(0);
	for (i = 0; i < RESETS; i++) {
		sample(&bare, reset_ms(d));
		if (is_coherent(d))
			wait_until_ready(d);
	}
	report("reset_unmapped", smallest(&bare), "ms");
	for (i = 0; is_coherent(d) && i < 3; i++) {
		p = map_aligned(d, USEMEM, 0, usemem, LEAF, 0);
		touch(p, usemem, LEAF);
		if (facts()->split) {
			q = map_aligned(d, RESMEM, 0, facts()->resmem, LEAF, 0);
			touch(q, facts()->resmem, LEAF);
		}
		sample(&mapped, reset_ms(d));
		unmap(p, usemem);
		if (q)
			unmap(q, facts()->resmem);
		wait_until_ready(d);
	}
	if (mapped.nr)
		report("reset_all_mapped", smallest(&mapped), "ms");
}

/**
 * bench_ready() - first access after the device has become ready
 * @d: the device
 *
 * An access that succeeds before the device is ready is not quick but wrong, so
 * those are counted and reported apart.
 */
void bench_ready(struct dev *d)
{
	struct samples late = { };
	unsigned int i, early = 0, failed = 0;
	struct toucher t;
	double ready_us;
	void *p;

	p = map_aligned(d, USEMEM, 0, LEAF, LEAF, 0);
	t.p = p;
	load(t.p);
	for (i = 0; i < ARRAY_SIZE(train_ms); i++) {
		set_training(train_ms[i]);
		reset_ms(d);
		touch_it(&t);
		ready_us = reset_time_us() + train_ms[i] * 1000.0;
		if (!t.ok)
			failed++;
		else if (t.us < ready_us - 5000)
			early++;
		else
			sample(&late, max(t.us - ready_us, 0.0) / 1000);
		wait_until_ready(d);
	}
	unmap(p, LEAF);
	report("ready_access_early", early, "times");
	report("ready_access_failed", failed, "times");
	if (late.nr) {
		report("ready_late_median", median(&late), "ms");
		report("ready_late_worst", largest(&late), "ms");
	} else {
		report_none("ready_late_median", "ms", "no access waited for readiness");
		report_none("ready_late_worst", "ms", "no access waited for readiness");
	}
}

static void call_info(struct dev *d)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };

	ioctl(d->fd, VFIO_DEVICE_GET_INFO, &info);
}

static void call_region_info(struct dev *d)
{
	struct cohmem_vfio_region r;

	__region_info(d->fd, USEMEM, &r);
}

static void call_config_read(struct dev *d)
{
	cfg_r32(d, 0);
}

static void call_command_write(struct dev *d)
{
	cfg_w16(d, 4, cfg_r16(d, 4));
}

static void call_bar_write(struct dev *d)
{
	cfg_w32(d, 0x20, ~0U);
}

static void call_bar0_read(struct dev *d)
{
	bar0_r32(d, 0);
}

static void call_padding_read(struct dev *d)
{
	u64 value;

	reg_read(d, USEMEM, d->region[USEMEM].size - 8, &value, 8);
}

static void call_anon_mmap(struct dev *d)
{
	void *p = mmap(NULL, MiB, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)d;
	munmap(p, MiB);
}

static void call_reset(struct dev *d)
{
	dev_reset(d);
}

static const struct {
	const char *name;
	void (*fn)(struct dev *d);
} calls[] = {
	{ "get_info", call_info },
	{ "region_info", call_region_info },
	{ "config_read", call_config_read },
	{ "command_write", call_command_write },
	{ "bar_write", call_bar_write },
	{ "bar0_read", call_bar0_read },
	{ "padding_read", call_padding_read },
	{ "anon_mmap", call_anon_mmap },
	{ "reset", call_reset },
};

/* How long one call takes beside a fault that waits for readiness. */
static double beside_a_fault(struct dev *d, void (*call)(struct dev *d))
{
	pthread_t thread;
	struct toucher t;
	double us;
	void *p;

	set_training(OTHERS_TRAIN_MS);
	p = map_aligned(d, USEMEM, 0, LEAF, LEAF, facts()->page);
	t.p = p;
	reset_ms(d);
	start(&thread, touch_it, &t);
	sleep_ms(60);
	us = now_us();
	call(d);
	us = now_us() - us;
	pthread_join(thread, NULL);
	unmap(p, LEAF);
	return us / 1000;
}

/**
 * bench_others() - calls of others while somebody waits for readiness
 * @d: the device
 *
 * A reset is reported with the time that it takes when nobody waits: see
 * reset_unmapped.
 */
void bench_others(struct dev *d)
{
	char name[80];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		struct samples s = { };

		if (calls[i].fn == call_padding_read &&
		    d->region[USEMEM].size == d->region[USEMEM].area[0].size)
			continue;
		sample(&s, beside_a_fault(d, calls[i].fn));
		sample(&s, beside_a_fault(d, calls[i].fn));
		snprintf(name, sizeof(name), "while_waiting_%s", calls[i].name);
		report(name, largest(&s), "ms");
	}
}
