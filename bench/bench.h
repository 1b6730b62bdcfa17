/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cohmem-bench: how long things take, over VFIO, with whatever driver holds the
 * GPU. It knows no driver's code and asks for nothing that vfio-pci variants do
 * not have in common, so that two of them can be measured by the same program in
 * one boot: under emulation only the ratio of such a pair means anything.
 *
 * A measurement is a function; it takes several samples and reports one line:
 *
 *	bench TAG NAME VALUE UNIT
 *
 * What costs work reports its best sample, as everything else on the machine can
 * only make it slower; what waits for something reports median and worst.
 *
 * Units say which way is better: us, ms, ns/page, faults, KiB: less; MB/s: more.
 * A value that cannot be had is reported as "-" with the reason as a comment.
 */
#ifndef COHMEM_BENCH_H
#define COHMEM_BENCH_H

#include "guest.h"

#define USEMEM		4	/* BAR index */
#define RESMEM		2
#define LEAF		(2 * MiB)
#define MAX_SAMPLES	32

struct samples {
	unsigned int nr;
	double value[MAX_SAMPLES];
};

void sample(struct samples *s, double value);
double median(struct samples *s);
double smallest(const struct samples *s);
double largest(const struct samples *s);

void report(const char *name, double value, const char *unit);
void report_none(const char *name, const char *unit, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

double now_us(void);
bool wait_until_ready(struct dev *d);
bool is_coherent(const struct dev *d);
void small_access(struct dev *d, const char *name, unsigned int bar, u64 off);
void touch(const void *p, u64 len, u64 step);

void bench_basics(struct dev *d);
void bench_map(struct dev *d);
void bench_touch(struct dev *d);
void bench_io(struct dev *d);
void bench_reset(struct dev *d);
void bench_ready(struct dev *d);
void bench_others(struct dev *d);
void bench_dma(struct dev *d);
void bench_memory(struct dev *d);
void bench_emulator(struct dev *d);
void bench_scrub(struct dev *d);

#endif /* COHMEM_BENCH_H */
