// SPDX-License-Identifier: GPL-2.0-only
/* What can be measured, what was asked for, and how a result is said. */
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

#include "bench.h"

/* A group that any driver can be asked for, and not only one that shows the memory. */
#define ANY_DRIVER	0x1
#define ONLY_NAMED	0x2

static const struct {
	const char *name;
	void (*fn)(struct dev *d);
	unsigned int flags;
	const char *what;
} groups[] = {
	{ "memory", bench_memory, ANY_DRIVER, "ordinary memory, for scale" },
	{ "basics", bench_basics, ANY_DRIVER, "what every driver has: calls, BAR0, DMA to ordinary memory" },
	{ "map", bench_map, 0, "map and unmap all of usemem; page tables" },
	{ "touch", bench_touch, 0, "touch every page of 256 MiB" },
	{ "io", bench_io, 0, "read() and write() on the regions" },
	{ "dma", bench_dma, 0, "type1 map and unmap of device memory" },
	{ "reset", bench_reset, ANY_DRIVER, "VFIO_DEVICE_RESET, mapped and not" },
	{ "ready", bench_ready, 0, "first access after the device is ready" },
	{ "others", bench_others, 0, "other calls while it is not ready" },
	{ "emulator", bench_emulator, 0, "what the emulator sees of all this" },
	{ "scrub", bench_scrub, ONLY_NAMED, "clearing all memory on close" },
};

static const char *tag = "-";

/**
 * sample() - one more sample; what does not fit is dropped
 * @s: the samples
 * @value: the new one
 */
void sample(struct samples *s, double value)
{
	if (s->nr < MAX_SAMPLES)
		s->value[s->nr++] = value;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/**
 * median() - the sample in the middle
 * @s: at least one; they are sorted
 * Return: its value; of two in the middle, their mean.
 */
double median(struct samples *s)
{
	CHECK(s->nr, "no samples");
	qsort(s->value, s->nr, sizeof(s->value[0]), compare);
	return (s->value[(s->nr - 1) / 2] + s->value[s->nr / 2]) / 2;
}

/**
 * smallest() - the smallest sample
 * @s: at least one
 * Return: its value.
 */
double smallest(const struct samples *s)
{
	double value = s->value[0];
	unsigned int i;

	for (i = 1; i < s->nr; i++)
		value = min(value, s->value[i]);
	return value;
}

/**
 * largest() - the largest sample
 * @s: at least one
 * Return: its value.
 */
double largest(const struct samples *s)
{
	double value = s->value[0];
	unsigned int i;

	for (i = 1; i < s->nr; i++)
		value = max(value, s->value[i]);
	return value;
}

/**
 * report() - say a result
 * @name: of what
 * @value: how much
 * @unit: of which unit
 */
void report(const char *name, double value, const char *unit)
{
	printf("bench %s %s %.3f %s\n", tag, name, value, unit);
	fflush(stdout);
}

/**
 * report_none() - there is no result
 * @name: of what
 * @unit: of which unit it would be
 * @fmt: why
 */
void report_none(const char *name, const char *unit, const char *fmt, ...)
{
	va_list ap;

	printf("bench %s %s - %s # ", tag, name, unit);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

/**
 * now_us() - the time
 * Return: microseconds on the monotonic clock.
 */
double now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1e6 + ts.tv_nsec / 1e3;
}

/**
 * wait_until_ready() - wait until the coherent memory can be read
 * @d: the device
 *
 * By read(), which drivers serve whose mappings do not survive a reset.
 *
 * Return: false if it cannot within 40 s.
 */
bool wait_until_ready(struct dev *d)
{
	double end = now_ms() + 40000;
	u64 value;

	while (reg_read(d, USEMEM, 0, &value, sizeof(value)) != sizeof(value)) {
		if (now_ms() > end)
			return false;
		sleep_ms(5);
	}
	return true;
}

/**
 * is_coherent() - does the driver show the coherent memory?
 * @d: the device
 * Return: false for plain vfio-pci, which shows the BARs that the function has.
 */
bool is_coherent(const struct dev *d)
{
	return d->region[USEMEM].size == facts()->usemem_bar;
}

/**
 * touch() - read one word in every @step bytes
 * @p: from here
 * @len: bytes
 * @step: a multiple of 8
 */
void touch(const void *p, u64 len, u64 step)
{
	const volatile u64 *word = p;
	u64 i;

	for (i = 0; i < len / sizeof(*word); i += step / sizeof(*word))
		(void)word[i];
}

static void usage(FILE *f)
{
	unsigned int i;

	fprintf(f, "usage: cohmem-bench [--tag WORD] [GROUP...]\n"
		"Measures the driver that holds the GPU COHMEM_BDF, over VFIO.\n\n"
		"Groups (default: all but scrub, which writes all of the memory):\n");
	for (i = 0; i < ARRAY_SIZE(groups); i++)
		fprintf(f, "  %-10s %s\n", groups[i].name, groups[i].what);
}

static bool wanted(unsigned int i, int argc, char **argv)
{
	int n;

	for (n = optind; n < argc; n++)
		if (!strcmp(argv[n], groups[i].name))
			return true;
	return optind == argc && !(groups[i].flags & ONLY_NAMED);
}

static bool known(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(groups); i++)
		if (!strcmp(name, groups[i].name))
			return true;
	return false;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "tag", required_argument, NULL, 't' },
		{ "help", no_argument, NULL, 'h' },
		{ },
	};
	unsigned int i;
	struct dev d;
	int c;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) >= 0) {
		if (c == 't') {
			tag = optarg;
		} else {
			usage(c == 'h' ? stdout : stderr);
			return c == 'h' ? 0 : 2;
		}
	}
	for (c = optind; c < argc; c++) {
		if (known(argv[c]))
			continue;
		fprintf(stderr, "cohmem-bench: no group '%s'; --help names them\n",
			argv[c]);
		return 2;
	}
	for (i = 0; i < ARRAY_SIZE(groups); i++) {
		if (!wanted(i, argc, argv))
			continue;
		if (have_sim())
			sim_defaults();
		dev_open(&d);
		set_command(&d, 2, 0);
		if (!is_coherent(&d) && !(groups[i].flags & ANY_DRIVER))
			printf("# %s: this driver does not show the memory\n", groups[i].name);
		else if (!is_coherent(&d) || wait_until_ready(&d))
			groups[i].fn(&d);
		else
			report_none(groups[i].name, "-", "the memory does not get ready");
		dev_close(&d);
	}
	sim_close();
	return 0;
}
