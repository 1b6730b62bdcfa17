// SPDX-License-Identifier: GPL-2.0-only
/*
 * Config space, every (position, count) of the header, against what single
 * bytes say: whatever piece of config space is asked for, it is the same bytes.
 */
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest.h"

#define HEADER	64
#define SPACE	4096

/* Config space by single bytes. */
static void bytes(struct dev *d, unsigned int pos, u8 *buf, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		buf[i] = cfg_r8(d, pos + i);
}

static void compare(struct dev *d, unsigned int pos, const u8 *got,
		    const u8 *want, unsigned int count, const char *what)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		/* A register that hardware changes: what is it now? */
		if (got[i] != want[i] && got[i] == cfg_r8(d, pos + i))
			continue;
		CHECK(got[i] == want[i],
		      "%s pos %#x count %u: byte %#x is %#x, want %#x", what,
		      pos, count, pos + i, got[i], want[i]);
	}
}

/* Addresses in the emulated BARs, so that their bytes are not all alike. */
static void give_addresses(struct dev *d)
{
	cfg_w64(d, 0x20, 0x123456789abcdef0ULL);
	if (facts()->split)
		cfg_w64(d, 0x18, 0xfedcba9876543210ULL);
}

static void header_reads(void)
{
	u8 want[HEADER], got[HEADER + 2];
	unsigned int pos, count;
	struct dev d;
	ssize_t n;

	dev_open(&d);
	give_addresses(&d);
	bytes(&d, 0, want, HEADER);
	for (pos = 0; pos < HEADER; pos++)
		for (count = 1; pos + count <= HEADER; count++) {
			memset(got, 0xa5, sizeof(got));
			n = cfg_read(&d, pos, got + 1, count);
			CHECK(n == count, "read pos %#x count %u: %zd (%s)",
			      pos, count, n, strerror(errno));
			CHECK(got[0] == 0xa5 && got[count + 1] == 0xa5,
			      "read pos %#x count %u wrote beside the buffer",
			      pos, count);
			CHECK(!memcmp(got + 1, want + pos, count),
			      "read pos %#x count %u is not what its bytes say",
			      pos, count);
		}
	dev_close(&d);
}

/* What each byte of the header becomes when @pattern is written to it alone. */
static void learn(struct dev *d, const u8 *base, u8 pattern, u8 *result)
{
	u8 now[HEADER];
	unsigned int i;

	for (i = 0; i < HEADER; i++) {
		CHECK_EQ(cfg_write(d, 0, base, HEADER), HEADER);
		CHECK_EQ(cfg_write(d, i, &pattern, 1), 1);
		CHECK_EQ(cfg_read(d, 0, now, HEADER), HEADER);
		result[i] = now[i];
		now[i] = base[i];
		compare(d, 0, now, base, HEADER, "neighbours of a byte written");
	}
}

static void header_writes(void)
{
	static const u8 patterns[] = { 0xff, 0x00, 0x5a };
	u8 base[HEADER], now[HEADER], want[HEADER], result[HEADER];
	unsigned int pos, count, p;
	u8 fill[HEADER];
	struct dev d;
	ssize_t n;

	dev_open(&d);
	give_addresses(&d);
	bytes(&d, 0, base, HEADER);
	for (p = 0; p < ARRAY_SIZE(patterns); p++) {
		learn(&d, base, patterns[p], result);
		memset(fill, patterns[p], sizeof(fill));
		for (pos = 0; pos < HEADER; pos++)
			for (count = 1; pos + count <= HEADER; count++) {
				CHECK_EQ(cfg_write(&d, 0, base, HEADER),
					 HEADER);
				n = cfg_write(&d, pos, fill, count);
				CHECK(n == count,
				      "write pos %#x count %u: %zd (%s)", pos,
				      count, n, strerror(errno));
				memcpy(want, base, HEADER);
				memcpy(want + pos, result + pos, count);
				CHECK_EQ(cfg_read(&d, 0, now, HEADER), HEADER);
				CHECK(!memcmp(now, want, HEADER) ||
				      (compare(&d, 0, now, want, HEADER,
					       "after write"), true),
				      "write pos %#x count %u pattern %#x", pos,
				      count, patterns[p]);
			}
	}
	CHECK_EQ(cfg_write(&d, 0, base, HEADER), HEADER);
	dev_close(&d);
}

/* Sizing as a kernel does it, and as it might: bytes, words, dwords, all. */
static void sizing(void)
{
	static const u8 ones[8] = { 255, 255, 255, 255, 255, 255, 255, 255 };
	unsigned int bars[] = { 4, 2 }, nr = facts()->split ? 2 : 1, i, w, at;
	struct dev d;

	dev_open(&d);
	for (i = 0; i < nr; i++)
		for (w = 1; w <= 8; w *= 2) {
			unsigned int reg = 0x10 + 4 * bars[i];
			u64 size = d.region[bars[i]].size, got;

			for (at = 0; at < 8; at += w)
				CHECK_EQ(cfg_write(&d, reg + at, ones, w), w);
			got = cfg_r64(&d, reg);
			CHECK_EQ(got, ~(size - 1) | 0xc);
			cfg_w64(&d, reg, 0x4000000000000000ULL);
			CHECK_EQ(cfg_r64(&d, reg), 0x400000000000000cULL);
			cfg_w64(&d, reg, 0);
			CHECK_EQ(cfg_r64(&d, reg), 0xc);
		}
	dev_close(&d);
}

/* A write that covers BAR1 to BAR5 and more reaches each of them. */
static void one_write_reaches_all_bars(void)
{
	u8 ones[24], got[24], want[24];
	struct dev d;

	memset(ones, 0xff, sizeof(ones));
	dev_open(&d);
	/* first one by one, in the width every kernel uses */
	for (int i = 0; i < 24; i += 4)
		cfg_w32(&d, 0x10 + i, 0xffffffff);
	bytes(&d, 0x10, want, 24);
	for (int i = 0; i < 24; i += 4)
		cfg_w32(&d, 0x10 + i, 0);
	CHECK_EQ(cfg_write(&d, 0x10, ones, 24), 24);
	CHECK_EQ(cfg_read(&d, 0x10, got, 24), 24);
	compare(&d, 0x10, got, want, 24, "all BARs at once");
	dev_close(&d);
}

/* The whole space, at every width and in one piece. */
static void whole_space_reads(void)
{
	static u8 want[SPACE], got[SPACE];
	static const unsigned int widths[] = { 2, 4, 8, 64, 256, 4096 };
	unsigned int w, pos;
	struct dev d;

	dev_open(&d);
	give_addresses(&d);
	bytes(&d, 0, want, SPACE);
	for (w = 0; w < ARRAY_SIZE(widths); w++) {
		memset(got, 0, sizeof(got));
		for (pos = 0; pos < SPACE; pos += widths[w])
			CHECK_EQ(cfg_read(&d, pos, got + pos, widths[w]),
				 widths[w]);
		compare(&d, 0, got, want, SPACE, "whole space");
	}
	/* and from positions that are aligned to nothing */
	for (pos = 1; pos < SPACE; pos += 37) {
		unsigned int count = min(101U, SPACE - pos);

		CHECK_EQ(cfg_read(&d, pos, got, count), count);
		compare(&d, pos, got, want + pos, count, "odd position");
	}
	dev_close(&d);
}

/* Writing back what is there changes nothing and takes every byte. */
static void whole_space_writes_back(void)
{
	static u8 before[SPACE], after[SPACE];
	unsigned int exp, pm, pos;
	struct dev d;

	dev_open(&d);
	give_addresses(&d);
	exp = cfg_cap(&d, PCI_CAP_ID_EXP);
	pm = cfg_cap(&d, PCI_CAP_ID_PM);
	CHECK(exp && pm, "capabilities at %#x and %#x", exp, pm);
	CHECK_EQ(cfg_read(&d, 0, before, SPACE), SPACE);
	for (pos = 0; pos < 0x100; pos += 16)
		CHECK_EQ(cfg_write(&d, pos, before + pos, 16), 16);
	CHECK_EQ(cfg_write(&d, 0, before, 0x100), 0x100);
	CHECK_EQ(cfg_read(&d, 0, after, SPACE), SPACE);
	/* status bits that are cleared by writing ones may differ */
	memcpy(after + PCI_STATUS, before + PCI_STATUS, 2);
	memcpy(after + exp + PCI_EXP_DEVSTA, before + exp + PCI_EXP_DEVSTA, 2);
	compare(&d, 0, after, before, 0x100, "written back");
	dev_close(&d);
}

static void beyond_the_end(void)
{
	u8 buf[128];
	struct dev d;
	ssize_t n;

	dev_open(&d);
	memset(buf, 0x77, sizeof(buf));
	n = cfg_read(&d, SPACE, buf, 4);
	CHECK(n <= 0, "read at the end returned %zd", n);
	n = cfg_write(&d, SPACE, buf, 4);
	CHECK(n <= 0, "write at the end returned %zd", n);
	n = cfg_read(&d, SPACE - 2, buf, 4);
	CHECK(n <= 2, "read across the end returned %zd", n);
	CHECK_EQ(cfg_read(&d, SPACE - 4, buf, 4), 4);
	CHECK_EQ(cfg_read(&d, 0x10, buf, 0), 0);
	CHECK_EQ(cfg_write(&d, 0x10, buf, 0), 0);
	dev_close(&d);
}

static void a_bad_buffer_changes_nothing(void)
{
	u8 before[HEADER], after[HEADER];
	unsigned int pos, count;
	struct dev d;
	void *bad;

	bad = mmap(NULL, facts()->page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
		   -1, 0);
	CHECK(bad != MAP_FAILED, "%s", strerror(errno));
	dev_open(&d);
	give_addresses(&d);
	CHECK_EQ(cfg_read(&d, 0, before, HEADER), HEADER);
	for (pos = 0x0c; pos < 0x2c; pos++)
		for (count = 1; count <= 24 && pos + count <= HEADER;
		     count++) {
			CHECK_ERRNO(cfg_write(&d, pos, bad, count), EFAULT);
			CHECK_ERRNO(cfg_read(&d, pos, bad, count), EFAULT);
		}
	CHECK_EQ(cfg_read(&d, 0, after, HEADER), HEADER);
	compare(&d, 0, after, before, HEADER, "bad buffer");
	dev_close(&d);
}

/* A buffer that ends in mid-air: exactly what is returned has been done. */
static void a_half_mapped_buffer(void)
{
	u8 before[HEADER], after[HEADER], want[HEADER], ones[HEADER];
	u8 learnt[HEADER];
	u64 page = facts()->page;
	unsigned int pos, split;
	struct dev d;
	u8 *two, *buf;
	ssize_t n;

	memset(ones, 0xff, sizeof(ones));
	two = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(two != MAP_FAILED, "%s", strerror(errno));
	memset(two, 0xff, page);
	CHECK(!mprotect(two + page, page, PROT_NONE), "%s", strerror(errno));
	dev_open(&d);
	give_addresses(&d);
	CHECK_EQ(cfg_read(&d, 0, before, HEADER), HEADER);
	learn(&d, before, 0xff, learnt);
	for (pos = 0x10; pos < 0x28; pos++)
		for (split = 1; split < 16; split++) {
			CHECK_EQ(cfg_write(&d, 0, before, HEADER), HEADER);
			buf = two + page - split;
			n = cfg_write(&d, pos, buf, 16);
			CHECK(n <= (ssize_t)split, "pos %#x split %u: %zd", pos,
			      split, n);
			memcpy(want, before, HEADER);
			if (n > 0)
				memcpy(want + pos, learnt + pos, n);
			CHECK_EQ(cfg_read(&d, 0, after, HEADER), HEADER);
			CHECK(!memcmp(after, want, HEADER),
			      "pos %#x split %u returned %zd and left another state",
			      pos, split, n);
			/* reads: bytes returned are right, none beyond */
			memset(buf, 0xee, split);
			n = cfg_read(&d, pos, buf, 16);
			CHECK(n <= (ssize_t)split, "pos %#x split %u: %zd", pos,
			      split, n);
			CHECK(n <= 0 || !memcmp(buf, after + pos, n),
			      "read pos %#x split %u returned %zd wrong bytes",
			      pos, split, n);
			memset(two, 0xff, page);
		}
	CHECK_EQ(cfg_write(&d, 0, before, HEADER), HEADER);
	dev_close(&d);
}

/* Where the function itself has a capability; 0 where it has none. */
static unsigned int function_cap(const u8 *at, u8 id)
{
	unsigned int pos = at[PCI_CAPABILITY_LIST] & ~3u, left = 48;

	while (pos >= HEADER && left--) {
		if (at[pos] == id)
			return pos;
		pos = at[pos + 1] & ~3u;
	}
	return 0;
}

/* Capabilities a VMM and a guest driver need are where they were. */
static void capabilities(void)
{
	static const u8 ids[] = {
		PCI_CAP_ID_PM, PCI_CAP_ID_EXP, PCI_CAP_ID_MSI, PCI_CAP_ID_MSIX,
	};
	unsigned int i, pos[ARRAY_SIZE(ids)];
	u8 at[256];
	struct dev d;
	int fd;

	dev_open(&d);
	fd = open(dev_path("config"), O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0, "config: %s", strerror(errno));
	CHECK_EQ(pread(fd, at, sizeof(at), 0), sizeof(at));
	close(fd);
	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		pos[i] = function_cap(at, ids[i]);
		CHECK_EQ(cfg_cap(&d, ids[i]), pos[i]);
	}
	CHECK(pos[0], "PM");
	CHECK(pos[1], "PCI Express");
	CHECK(pos[2] || pos[3], "MSI or MSI-X");
	dev_close(&d);
}

/* It tells the driver of a guest what it tells ours. */
static void the_nvidia_dvsec(void)
{
	struct dev d;

	if (facts()->split)
		SKIP("this model has none");
	if (kernel_version() < 60400)
		SKIP("this kernel's vfio-pci hides every DVSEC (until 6.4)");
	dev_open(&d);
	CHECK(cfg_dvsec(&d, 0x10de, 3), "the NVIDIA DVSEC, which the guest driver reads");
	dev_close(&d);
}

/* A guest writes config space some hundred times at each start. */
static void a_write_looks_nothing_up(void)
{
	unsigned int i, writes = 500;
	struct dev d;
	u64 reads;

	dev_open(&d);
	reads = sim_counter("config_reads");
	/* The core has this register to itself, and asks nothing for it. */
	for (i = 0; i < writes; i++)
		cfg_w32(&d, PCI_BASE_ADDRESS_0, i << 24);
	reads = sim_counter("config_reads") - reads;
	dev_close(&d);
	/* Something else may read a register now and then. */
	CHECK(reads < writes / 10, "%llu reads of the device in %u writes",
	      (unsigned long long)reads, writes);
}

SUITE(TEST_LONG(header_reads, 60), TEST_LONG(header_writes, 120),
      TEST(sizing), TEST(one_write_reaches_all_bars),
      TEST_LONG(whole_space_reads, 60), TEST(whole_space_writes_back),
      TEST(beyond_the_end), TEST(a_write_looks_nothing_up),
      TEST(a_bad_buffer_changes_nothing),
      TEST_LONG(a_half_mapped_buffer, 60), TEST(capabilities),
      TEST(the_nvidia_dvsec));
