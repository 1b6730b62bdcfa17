// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel has written to usemem leaves the caches before the function can
 * be reset, sleep, or be handed over. No emulator has caches, so the driver's own
 * word is taken (tracepoint cohmem_cache_clean: bar, off, len, why): each byte
 * that was written is in a range that was cleaned in time.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "scrubbing.h"

#define TRACING	"/sys/kernel/tracing/"
#define EVENT	TRACING "events/cohmem/cohmem_cache_clean/"

struct range {
	unsigned int bar;
	u64 off, len;
};

static void trace_on(void)
{
	int fd;

	if (!file_exists(TRACING "trace"))
		SKIP("no tracefs in here");
	if (!file_exists(EVENT "enable"))
		SKIP("the driver has no tracepoint cohmem_cache_clean");
	file_write(TRACING "tracing_on", "0");
	CHECK_EQ(file_write(TRACING "current_tracer", "nop"), 0);
	CHECK_EQ(file_write(TRACING "buffer_size_kb", "8192"), 0);
	/* Opening it so is what empties it; truncate() only says that it did. */
	fd = open(TRACING "trace", O_WRONLY | O_TRUNC);
	CHECK(fd >= 0, "trace: %s", strerror(errno));
	close(fd);
	CHECK_EQ(file_write(EVENT "enable", "1"), 0);
	CHECK_EQ(file_write(TRACING "tracing_on", "1"), 0);
}

static void trace_off(void)
{
	file_write(TRACING "tracing_on", "0");
	file_write(EVENT "enable", "0");
}

/* The number behind a word, whatever stands between them. */
static bool number(const char *line, const char *word, u64 *value)
{
	const char *at = strstr(line, word);

	if (!at)
		return false;
	at += strlen(word);
	at += strspn(at, "=: ");
	*value = strtoull(at, NULL, 0);
	return true;
}

static int by_place(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	if (x->bar != y->bar)
		return x->bar < y->bar ? -1 : 1;
	return x->off < y->off ? -1 : x->off > y->off;
}

/* All ranges cleaned so far, sorted. */
static unsigned int cleaned(struct range *r, unsigned int max)
{
	FILE *f = fopen(TRACING "trace", "r");
	unsigned int nr = 0;
	char line[512], *at;
	u64 bar, off, len;

	CHECK(f, "trace: %s", strerror(errno));
	while (fgets(line, sizeof(line), f)) {
		at = strstr(line, "cohmem_cache_clean: ");
		if (!at)
			continue;
		CHECK(number(at, " bar", &bar) && number(at, " off", &off) &&
		      number(at, " len", &len), "trace: %s", line);
		CHECK(nr < max, "too many ranges");
		r[nr++] = (struct range){ bar, off, len };
	}
	fclose(f);
	qsort(r, nr, sizeof(*r), by_place);
	return nr;
}

/* Is each byte of @off+@len in one of them? */
static bool covered(const struct range *r, unsigned int nr, unsigned int bar,
		    u64 off, u64 len)
{
	u64 pos = off;
	unsigned int i;

	for (i = 0; i < nr && pos < off + len; i++)
		if (r[i].bar == bar && r[i].off <= pos &&
		    r[i].off + r[i].len > pos)
			pos = r[i].off + r[i].len;
	return pos >= off + len;
}

static struct range ranges[65536];

static void must_cover(unsigned int bar, u64 off, u64 len, const char *when)
{
	unsigned int nr = cleaned(ranges, ARRAY_SIZE(ranges));

	CHECK(covered(ranges, nr, bar, off, len),
	      "%s: not all of BAR%u %#llx+%#llx was cleaned", when, bar,
	      (unsigned long long)off, (unsigned long long)len);
}

static const struct { u64 off, len; } writes[] = {
	{ 8, 8 }, { MiB - 3, 9 }, { 64 * MiB + 4096, 65536 },
	{ 300 * MiB, 3 * MiB }, { 300 * MiB + 8, 8 },
};

static void write_some(struct dev *d)
{
	static u8 buf[3 * MiB];
	unsigned int i;

	memset(buf, 0x77, sizeof(buf));
	dev_open(d);
	set_command(d, 2, 0);
	for (i = 0; i < ARRAY_SIZE(writes); i++)
		CHECK_EQ(reg_write(d, 4, writes[i].off, buf, writes[i].len),
			 writes[i].len);
}

static void all_cleaned(const char *when)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(writes); i++)
		must_cover(4, writes[i].off, writes[i].len, when);
}

static void writes_before_a_reset(void)
{
	struct dev d;

	trace_on();
	write_some(&d);
	CHECK_EQ(dev_reset(&d), 0);
	trace_off();
	all_cleaned("after VFIO_DEVICE_RESET");
	dev_close(&d);
}

static void writes_before_close(void)
{
	struct dev d;

	trace_on();
	write_some(&d);
	dev_close(&d);
	trace_off();
	all_cleaned("after close");
}

static void writes_before_d3(void)
{
	struct dev d;

	trace_on();
	write_some(&d);
	set_power(&d, 3);
	trace_off();
	all_cleaned("in D3hot");
	set_power(&d, 0);
	dev_close(&d);
}

static void all_that_was_cleared(void)
{
	trace_on();
	scrub_fresh("off");
	scrub_user(0);
	attr_write("scrub_start", "start");
	scrub_ends("ok");
	trace_off();
	must_cover(4, 0, facts()->usemem, "after clearing");
}

/*
 * What users left there: nothing of it is known, so that it is all or nothing. What
 * was never ready nobody has used: a read waits until it is.
 */
static void reset_with(const char *flush)
{
	struct dev d;
	u64 word;

	trace_on();
	dev_open(&d);
	set_command(&d, 2, 0);
	CHECK_EQ(reg_read(&d, 4, 0, &word, sizeof(word)), sizeof(word));
	attr_write("flush_on_reset", flush);
	CHECK_EQ(dev_reset(&d), 0);
	trace_off();
	dev_close(&d);
}

static void users_are_not_flushed(void)
{
	unsigned int nr;

	reset_with("0");
	nr = cleaned(ranges, ARRAY_SIZE(ranges));
	CHECK(!covered(ranges, nr, 4, 16 * MiB, 4096),
	      "a page that nobody has written was cleaned");
}

static void users_are_flushed_on_demand(void)
{
	u64 size = facts()->usemem, bad = size / 2;
	u64 page_size = sysconf(_SC_PAGESIZE);
	char page[32];
	unsigned int nr;

	if (size > 16 * GiB)
		SKIP("cleaning %llu GiB takes too long in emulation",
		     (unsigned long long)(size / GiB));
	sim_training(300);
	reset_with("1");
	must_cover(4, 0, size, "after a reset that flushes");
	/* A bad page is left alone, and all the others are not. */
	snprintf(page, sizeof(page), "0x%llx",
		 (unsigned long long)(facts()->mem_base + bad));
	attr_write("poison_pages", page);
	reset_with("1");
	nr = cleaned(ranges, ARRAY_SIZE(ranges));
	CHECK(!covered(ranges, nr, 4, bad, 4096), "a bad page was touched");
	CHECK(covered(ranges, nr, 4, 0, bad) &&
	      covered(ranges, nr, 4, bad + page_size, size - bad - page_size),
	      "not all that is good was cleaned");
	attr_write("poison_pages", "-all");
	attr_write("flush_on_reset", "0");
}

SUITE(TEST(writes_before_a_reset), TEST(writes_before_close),
      TEST(writes_before_d3), TEST(users_are_not_flushed),
      TEST_LONG(users_are_flushed_on_demand, 120),
      TEST_LONG(all_that_was_cleared, 120));
