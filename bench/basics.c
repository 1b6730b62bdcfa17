// SPDX-License-Identifier: GPL-2.0-only
/*
 * What every driver has, plain vfio-pci too: how far from that is one that does more?
 * And DMA to the machine's own memory, for scale beside that to the GPU's.
 */
#include <linux/vfio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "bench.h"

/* As in io.c: the best of many short samples. */
#define MEASURE_US	400000
#define SAMPLE_CALLS	50

/* Of BAR0, beside every page that the emulator keeps to itself. */
#define BAR0_PLAIN	0x80000

#define IOVA		(4 * GiB)
#define RAM		(256 * MiB)
#define ROUNDS		3

static void read_config(struct dev *d)
{
	u32 value;

	cfg_read(d, 0x20, &value, 4);
}

static void ask_info(struct dev *d)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };

	ioctl(d->fd, VFIO_DEVICE_GET_INFO, &info);
}

static void call_cost(struct dev *d, const char *name, void (*call)(struct dev *d))
{
	double start, best = 1e9, end = now_us() + MEASURE_US;
	int n;

	do {
		start = now_us();
		for (n = 0; n < SAMPLE_CALLS; n++)
			call(d);
		best = min(best, (now_us() - start) / n);
	} while (now_us() < end);
	report(name, best, "us");
}

static void bar0_load(struct dev *d)
{
	u64 words = facts()->page / sizeof(u64);
	double start, best = 1e9, end = now_us() + MEASURE_US;
	void *p = map(d, 0, BAR0_PLAIN, facts()->page);

	do {
		start = now_us();
		touch(p, facts()->page, sizeof(u64));
		best = min(best, (now_us() - start) / words);
	} while (now_us() < end);
	unmap(p, facts()->page);
	report("bar0_load", best * 1000, "ns");
}

static void dma_to_ram(struct dev *d)
{
	struct samples map_ms = { }, unmap_ms = { };
	double start;
	void *p;
	int i;

	p = mmap(NULL, RAM, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	CHECK(p != MAP_FAILED, "no memory: %s", strerror(errno));
	for (i = 0; i < ROUNDS; i++) {
		start = now_us();
		dma_map(d, p, IOVA, RAM);
		sample(&map_ms, (now_us() - start) / 1000);
		start = now_us();
		dma_unmap(d, IOVA, RAM);
		sample(&unmap_ms, (now_us() - start) / 1000);
	}
	munmap(p, RAM);
	report("dma_map_256m_ram", smallest(&map_ms), "ms");
	report("dma_unmap_256m_ram", smallest(&unmap_ms), "ms");
}

/**
 * bench_basics() - calls, BAR0, and DMA to ordinary memory
 * @d: the device
 */
void bench_basics(struct dev *d)
{
	call_cost(d, "config_read_bar4", read_config);
	call_cost(d, "device_info", ask_info);
	small_access(d, "bar0_read_4_bytes", 0, BAR0_PLAIN);
	bar0_load(d);
	dma_to_ram(d);
}
