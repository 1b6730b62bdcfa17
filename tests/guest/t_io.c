// SPDX-License-Identifier: GPL-2.0-only
/*
 * read() and write() on the coherent regions: memory, padding and the borders
 * between them. What the device holds is asked from the emulator as well, so
 * that a driver which remembers for itself would be found out.
 */
#include <linux/pci_regs.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "guest.h"

/* One coherent region and where it lies in the coherent memory. */
struct window {
	unsigned int bar;
	u64 size, region_size, at;
};

static unsigned int windows(struct window *w)
{
	const struct facts *f = facts();

	w[0] = (struct window){ 4, f->usemem, f->usemem_bar, 0 };
	if (!f->split)
		return 1;
	w[1] = (struct window){ 2, f->resmem, f->resmem_bar, f->usemem };
	return 2;
}

static u8 *buffer(size_t size)
{
	u8 *p = malloc(size);

	CHECK(p, "malloc %zu", size);
	return p;
}

/* Write a pattern, look at it from all sides. */
static void round_trip(struct dev *d, const struct window *w, u64 off,
		       size_t len)
{
	u8 *buf = buffer(len + 16), seen[64], guard_before[8], guard_after[8];
	u64 seed = off * 31 + len;
	size_t probe = min(len, sizeof(seen)), in_mem;
	bool head = off >= 8, tail = off + len + 8 <= w->size;

	if (head)
		CHECK_EQ(reg_read(d, w->bar, off - 8, guard_before, 8), 8);
	if (tail)
		CHECK_EQ(reg_read(d, w->bar, off + len, guard_after, 8), 8);

	fill(buf, len, seed);
	CHECK_EQ(reg_write(d, w->bar, off, buf, len), len);
	memset(buf, 0, len);
	CHECK_EQ(reg_read(d, w->bar, off, buf, len), len);
	in_mem = off >= w->size ? 0 : min(len, w->size - off);
	CHECK(mismatch(buf, in_mem, seed) < 0,
	      "BAR%u %#llx+%zu: byte %ld is not what was written", w->bar,
	      (unsigned long long)off, len, mismatch(buf, in_mem, seed));
	for (size_t i = in_mem; i < len; i++)
		CHECK(buf[i] == 0xff, "padding at +%zu reads %#x", i, buf[i]);

	/* the device's own view: first and last bytes */
	probe = min(in_mem, probe);
	if (probe && have_sim()) {
		sim_mem_read(w->at + off, seen, probe);
		CHECK(!memcmp(seen, buf, probe), "BAR%u %#llx: device differs",
		      w->bar, (unsigned long long)off);
		sim_mem_read(w->at + off + in_mem - probe, seen, probe);
		CHECK(!memcmp(seen, buf + in_mem - probe, probe),
		      "BAR%u %#llx: device differs at the end", w->bar,
		      (unsigned long long)off);
	}

	/* nothing beside it was touched */
	if (head) {
		CHECK_EQ(reg_read(d, w->bar, off - 8, buf, 8), 8);
		CHECK(!memcmp(buf, guard_before, 8), "bytes before changed");
	}
	if (tail) {
		CHECK_EQ(reg_read(d, w->bar, off + len, buf, 8), 8);
		CHECK(!memcmp(buf, guard_after, 8), "bytes behind changed");
	}
	free(buf);
}

static void memory_round_trips(void)
{
	static const size_t lens[] = {
		1, 2, 3, 4, 7, 8, 9, 63, 64, 65, 4095, 4096, 4097, 65535,
		65536, 65537, 200001,
	};
	struct window w[2];
	unsigned int nr = windows(w), i, l, s;
	struct dev d;

	dev_open(&d);
	for (i = 0; i < nr; i++) {
		const u64 starts[] = {
			0, 1, 7, 4093, 65533, 64 * MiB - 5, 128 * MiB - 65536,
			w[i].size / 2 - 3, 512 * MiB - 1,
		};

		for (s = 0; s < ARRAY_SIZE(starts); s++)
			for (l = 0; l < ARRAY_SIZE(lens); l++)
				round_trip(&d, &w[i], starts[s], lens[l]);
	}
	dev_close(&d);
}

/* Accesses that end at, cross or begin at the end of the memory. */
static void the_end_of_the_memory(void)
{
	static const size_t lens[] = { 1, 8, 13, 4096, 8192, 70000 };
	struct window w[2];
	unsigned int nr = windows(w), i, l;
	struct dev d;

	dev_open(&d);
	for (i = 0; i < nr; i++)
		for (l = 0; l < ARRAY_SIZE(lens); l++) {
			round_trip(&d, &w[i], w[i].size - lens[l], lens[l]);
			if (w[i].size == w[i].region_size)
				continue;
			round_trip(&d, &w[i], w[i].size - lens[l] / 2 - 1,
				   lens[l]);
			round_trip(&d, &w[i], w[i].size, lens[l]);
			round_trip(&d, &w[i], w[i].region_size - lens[l],
				   lens[l]);
		}
	dev_close(&d);
}

/* Writes into padding are taken, and change nothing anywhere. */
static void padding_swallows(void)
{
	const struct facts *f = facts();
	u8 buf[4096], first[4096], last[4096];
	struct dev d;

	if (f->usemem == f->usemem_bar)
		SKIP("this size of memory fills its BAR: there is no padding");
	dev_open(&d);
	fill(buf, sizeof(buf), 1);
	CHECK_EQ(reg_write(&d, 4, 0, buf, sizeof(buf)), sizeof(buf));
	CHECK_EQ(reg_write(&d, 4, f->usemem - 4096, buf, 4096), 4096);
	memset(first, 0x11, sizeof(first));
	CHECK_EQ(reg_write(&d, 4, f->usemem, first, 4096), 4096);
	CHECK_EQ(reg_write(&d, 4, f->usemem_bar - 4096, first, 4096), 4096);
	CHECK_EQ(reg_write(&d, 4, f->usemem + 12345, first, 77), 77);
	if (f->split) {
		/* what lies behind usemem physically is resmem, not padding */
		CHECK_EQ(reg_read(&d, 2, 0, last, 4096), 4096);
		CHECK(memcmp(last, first, 4096), "padding reached resmem");
	}
	CHECK_EQ(reg_read(&d, 4, 0, first, 4096), 4096);
	CHECK_EQ(reg_read(&d, 4, f->usemem - 4096, last, 4096), 4096);
	CHECK(!memcmp(first, buf, 4096) && !memcmp(last, buf, 4096),
	      "padding reached usemem");
	CHECK_EQ(reg_read(&d, 4, f->usemem + 12345, first, 77), 77);
	CHECK_EQ(first[0], 0xff);
	CHECK_EQ(first[76], 0xff);
	dev_close(&d);
}

static void the_end_of_the_region(void)
{
	struct window w[2];
	unsigned int nr = windows(w), i;
	u8 buf[8192];
	struct dev d;

	dev_open(&d);
	for (i = 0; i < nr; i++) {
		u64 end = w[i].region_size;
		static const u64 past[] = { 0, 1, 4096, 1ULL << 30 };
		unsigned int p;

		CHECK_EQ(reg_read(&d, w[i].bar, end - 100, buf, 4096), 100);
		CHECK_EQ(reg_write(&d, w[i].bar, end - 100, buf, 4096), 100);
		CHECK_EQ(reg_read(&d, w[i].bar, end - 1, buf, 8192), 1);
		for (p = 0; p < ARRAY_SIZE(past); p++) {
			CHECK_ERRNO(reg_read(&d, w[i].bar, end + past[p], buf,
					     8), EINVAL);
			CHECK_ERRNO(reg_write(&d, w[i].bar, end + past[p], buf,
					      8), EINVAL);
		}
		/* the upper half of the BAR is nothing */
		CHECK_ERRNO(reg_read(&d, w[i].bar + 1, 0, buf, 8), EINVAL);
		CHECK_ERRNO(reg_write(&d, w[i].bar + 1, 0, buf, 8), EINVAL);
	}
	dev_close(&d);
}

static void nothing_is_nothing(void)
{
	u8 byte = 0x42;
	struct dev d;

	dev_open(&d);
	CHECK_EQ(reg_read(&d, 4, 0, &byte, 0), 0);
	CHECK_EQ(reg_write(&d, 4, 0, &byte, 0), 0);
	CHECK_EQ(byte, 0x42);
	dev_close(&d);
}

/*
 * The file position. Over VFIO only the scattered calls show it: the kernel
 * calls the driver once for each piece, and goes on where the driver says.
 */
static void the_position_moves_on(void)
{
	struct window w[2];
	unsigned int nr = windows(w), i;
	struct dev d;

	dev_open(&d);
	for (i = 0; i < nr; i++) {
		u64 from[] = { 4096, w[i].size - 3000 };
		unsigned int k;

		for (k = 0; k < 2; k++) {
			u8 all[9000], a[1000], b[1], c[5000], e[2999];
			struct iovec v[] = {
				{ a, sizeof(a) }, { b, sizeof(b) },
				{ c, sizeof(c) }, { e, sizeof(e) },
			};
			off_t at = d.region[w[i].bar].offset + from[k];
			size_t room = min(w[i].region_size - from[k],
					  sizeof(all));

			fill(a, 1000, 1);
			fill(b, 1, 2);
			fill(c, 5000, 3);
			fill(e, 2999, 4);
			CHECK_EQ(pwritev(d.fd, v, 4, at), room);
			memset(a, 0, 1000);
			memset(c, 0, 5000);
			memset(e, 0, 2999);
			CHECK_EQ(preadv(d.fd, v, 4, at), room);
			CHECK_EQ(pread(d.fd, all, sizeof(all), at), room);
			CHECK(!memcmp(all, a, 1000), "first piece");
			CHECK(!memcmp(all + 1000, b, 1), "second piece");
			CHECK(!memcmp(all + 1001, c, min(room - 1001, 5000)),
			      "third piece");
			if (room == sizeof(all))
				CHECK(!memcmp(all + 6001, e, 2999), "fourth");
			CHECK_EQ(mismatch(a, 1000, 1), -1);
			if (!k)
				CHECK_EQ(mismatch(e, 2999, 4), -1);
		}
	}
	dev_close(&d);
}

static void bad_buffers(void)
{
	struct window w[2];
	unsigned int nr = windows(w), i;
	u64 page = facts()->page;
	u8 before[64], after[64];
	struct dev d;
	u8 *two;
	ssize_t n;

	two = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(two != MAP_FAILED, "%s", strerror(errno));
	fill(two, page, 9);
	CHECK(!mprotect(two + page, page, PROT_NONE), "%s", strerror(errno));
	dev_open(&d);
	for (i = 0; i < nr; i++) {
		CHECK_EQ(reg_read(&d, w[i].bar, 100, before, 64), 64);
		CHECK_ERRNO(reg_read(&d, w[i].bar, 100, two + page, 64),
			    EFAULT);
		CHECK_ERRNO(reg_write(&d, w[i].bar, 100, two + page, 64),
			    EFAULT);
		CHECK_ERRNO(reg_read(&d, w[i].bar, 100, NULL, 64), EFAULT);
		CHECK_EQ(reg_read(&d, w[i].bar, 100, after, 64), 64);
		CHECK(!memcmp(before, after, 64), "a bad buffer wrote");

		/* ends in mid-air: what was done is returned, and right */
		n = reg_write(&d, w[i].bar, 100, two + page - 32, 64);
		CHECK(n == 32 || (n < 0 && errno == EFAULT), "returned %zd", n);
		CHECK_EQ(reg_read(&d, w[i].bar, 100, after, 64), 64);
		CHECK(!memcmp(after + 32, before + 32, 32),
		      "bytes from nowhere were written");
		if (n == 32)
			CHECK(!memcmp(after, two + page - 32, 32), "bytes");
		n = reg_read(&d, w[i].bar, 100, two + page - 32, 64);
		CHECK(n == 32 || (n < 0 && errno == EFAULT), "returned %zd", n);

		/* and for padding */
		if (w[i].size == w[i].region_size)
			continue;
		CHECK_ERRNO(reg_read(&d, w[i].bar, w[i].size, two + page, 64),
			    EFAULT);
	}
	dev_close(&d);
}

/* The buffer may be a mapping of the same device: the classic deadlock. */
static void buffer_in_the_device_itself(void)
{
	u64 len = 256 * KiB;
	u8 *m, *check;
	struct dev d;

	dev_open(&d);
	check = buffer(len);
	fill(check, len, 5);
	CHECK_EQ(reg_write(&d, 4, 0, check, len), len);
	m = map(&d, 4, 16 * MiB, len);
	/* not yet touched: the copy faults it in */
	CHECK_EQ(reg_read(&d, 4, 0, m, len), len);
	CHECK_EQ(mismatch(m, len, 5), -1);
	CHECK_EQ(reg_write(&d, 4, 32 * MiB, m, len), len);
	CHECK_EQ(reg_read(&d, 4, 32 * MiB, check, len), len);
	CHECK_EQ(mismatch(check, len, 5), -1);
	unmap(m, len);
	m = map(&d, 4, 48 * MiB, len);
	CHECK_EQ(reg_write(&d, 4, 64 * MiB - 1, m, len), len);
	unmap(m, len);
	dev_close(&d);
}

/* Memory decoding off: nothing answers, as on a real BAR; on again: all does. */
static void memory_decoding_off(void)
{
	struct window w[2];
	unsigned int nr = windows(w), i;
	u8 buf[64], want[64];
	struct dev d;

	dev_open(&d);
	fill(want, sizeof(want), 3);
	for (i = 0; i < nr; i++) {
		CHECK_EQ(reg_write(&d, w[i].bar, 0, want, 64), 64);
		set_command(&d, 0, PCI_COMMAND_MEMORY);
		CHECK_ERRNO(reg_read(&d, w[i].bar, 0, buf, 64), EIO);
		CHECK_ERRNO(reg_write(&d, w[i].bar, 0, buf, 64), EIO);
		set_command(&d, PCI_COMMAND_MEMORY, 0);
		CHECK_EQ(reg_read(&d, w[i].bar, 0, buf, 64), 64);
		CHECK(!memcmp(buf, want, 64), "contents changed");
	}
	dev_close(&d);
}

struct worker {
	struct dev *d;
	u64 off;
	unsigned int rounds;
};

static void *work(void *arg)
{
	struct worker *w = arg;
	size_t len = 100000;
	u8 *buf = buffer(len);
	unsigned int i;

	for (i = 0; i < w->rounds; i++) {
		fill(buf, len, w->off + i);
		CHECK_EQ(reg_write(w->d, 4, w->off, buf, len), len);
		memset(buf, 0, len);
		CHECK_EQ(reg_read(w->d, 4, w->off, buf, len), len);
		CHECK_EQ(mismatch(buf, len, w->off + i), -1);
	}
	free(buf);
	return NULL;
}

static void several_at_once(void)
{
	struct worker w[4];
	pthread_t t[4];
	struct dev d;
	unsigned int i;

	dev_open(&d);
	for (i = 0; i < 4; i++) {
		w[i] = (struct worker){ &d, i * 100000ULL + 64 * MiB - 200000,
					20 };
		CHECK(!pthread_create(&t[i], NULL, work, &w[i]), "thread");
	}
	for (i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	dev_close(&d);
}

/* More windows than the driver may keep: old ones have to make room. */
static void all_over_the_memory(void)
{
	const struct facts *f = facts();
	u64 step = max(f->usemem / 200, 64 * MiB) & ~7ULL, off, v;
	struct dev d;

	dev_open(&d);
	for (off = 0; off + 8 <= f->usemem; off += step)
		CHECK_EQ(reg_write(&d, 4, off, &off, 8), 8);
	for (off = 0; off + 8 <= f->usemem; off += step) {
		CHECK_EQ(reg_read(&d, 4, off, &v, 8), 8);
		CHECK_EQ(v, off);
	}
	dev_close(&d);
}

static void speed(void)
{
	struct window w[2];
	unsigned int nr = windows(w), i;
	size_t len = 4 * MiB;
	u8 *buf = buffer(len);
	struct dev d;
	double t[3];

	memset(buf, 1, len);
	dev_open(&d);
	for (i = 0; i < nr; i++) {
		CHECK_EQ(reg_write(&d, w[i].bar, 0, buf, len), len);
		t[0] = now_ms();
		CHECK_EQ(reg_read(&d, w[i].bar, 0, buf, len), len);
		t[1] = now_ms();
		CHECK_EQ(reg_write(&d, w[i].bar, 0, buf, len), len);
		t[2] = now_ms();
		test_info("BAR%u: 4 MiB read in %.2f ms, written in %.2f ms",
			  w[i].bar, t[1] - t[0], t[2] - t[1]);
	}
	dev_close(&d);
}

SUITE(TEST_LONG(memory_round_trips, 60), TEST(the_end_of_the_memory),
      TEST(padding_swallows), TEST(the_end_of_the_region),
      TEST(nothing_is_nothing), TEST(the_position_moves_on),
      TEST(bad_buffers), TEST(buffer_in_the_device_itself),
      TEST(memory_decoding_off), TEST(several_at_once),
      TEST(all_over_the_memory), TEST(speed));
