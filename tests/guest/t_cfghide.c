// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a guest must not find: the host's CXL decoders. Where the memory is shown
 * as BAR4, the DVSECs by which the part announces it (vendor 1e98) are not in the
 * chain, their bytes are nothing, and no write reaches them. The function itself
 * is looked at beside VFIO, by sysfs.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "hold.h"

#define EXT		0x100
#define SPACE		4096
#define DVSEC		0x23
#define CXL		0x1e98
#define NVIDIA		0x10de

static u8 phys[SPACE];

static u32 get32(const u8 *at, unsigned int pos)
{
	u32 v;

	memcpy(&v, at + pos, 4);
	return v;
}

static void look_at_function(u8 *at)
{
	int fd = open(dev_path("config"), O_RDONLY | O_CLOEXEC);

	CHECK(fd >= 0, "config: %s", strerror(errno));
	CHECK_EQ(pread(fd, at, SPACE, 0), SPACE);
	close(fd);
}

struct cap {
	unsigned int pos, len;
	u16 id, vendor, dvsec;
};

/* The chain in @at: how many capabilities; ends the test where it is no chain. */
static unsigned int chain(const u8 *at, struct cap *c, unsigned int max)
{
	unsigned int pos = EXT, nr = 0, i;
	u32 head;

	if (!get32(at, EXT))
		return 0;
	while (pos) {
		CHECK(nr < max, "too many capabilities, or a loop");
		CHECK(pos >= EXT && pos <= SPACE - 4 && !(pos & 3),
		      "a capability at %#x", pos);
		for (i = 0; i < nr; i++)
			CHECK(c[i].pos != pos, "a loop at %#x", pos);
		head = get32(at, pos);
		c[nr] = (struct cap){ .pos = pos, .id = head & 0xffff };
		if (c[nr].id == DVSEC) {
			c[nr].vendor = get32(at, pos + 4) & 0xffff;
			c[nr].len = get32(at, pos + 4) >> 20;
			c[nr].dvsec = get32(at, pos + 8) & 0xffff;
		}
		/* an empty one holds the place of a first that is hidden */
		CHECK(c[nr].id || pos == EXT, "nothing at %#x", pos);
		nr++;
		pos = head >> 20;
	}
	return nr;
}

static void user_sees(struct dev *d, u8 *at)
{
	CHECK_EQ(cfg_read(d, 0, at, SPACE), SPACE);
}

/* Open, the memory ready: nothing changes by itself from here on. */
static void open_ready(struct dev *d)
{
	u64 v;

	dev_open(d);
	set_command(d, 2, 0);
	CHECK_EQ(reg_read(d, 4, 0, &v, 8), 8);
	look_at_function(phys);
}

/* The function's own CXL DVSECs. */
static unsigned int cxl_caps(struct cap *out, unsigned int max)
{
	struct cap c[64];
	unsigned int n = chain(phys, c, ARRAY_SIZE(c)), i, nr = 0;

	for (i = 0; i < n; i++)
		if (c[i].vendor == CXL && nr < max) {
			test_info("CXL DVSEC id %u at %#x, %u bytes",
				  c[i].dvsec, c[i].pos, c[i].len);
			out[nr++] = c[i];
		}
	if (!facts()->cxl)
		SKIP("this model does not announce its memory by CXL DVSECs");
	CHECK(nr > 0, "the function has no CXL DVSEC: the test is wrong");
	return nr;
}

static void the_chain_is_well_formed(void)
{
	struct cap c[64], p[64];
	unsigned int n, m, i, j = 0;
	u8 at[SPACE];
	struct dev d;

	open_ready(&d);
	user_sees(&d, at);
	n = chain(at, c, ARRAY_SIZE(c));
	m = chain(phys, p, ARRAY_SIZE(p));
	test_info("%u capabilities of %u", n, m);
	/* those that are shown come in the function's order */
	for (i = 0; i < n; i++) {
		if (!c[i].id)
			continue;
		while (j < m && p[j].pos != c[i].pos)
			j++;
		CHECK(j < m, "%#x is not the function's", c[i].pos);
		CHECK_EQ(c[i].id, p[j].id);
	}
	dev_close(&d);
}

static void no_cxl_dvsec_is_found(void)
{
	struct cap c[64], own[8];
	unsigned int n, i;
	u8 at[SPACE];
	struct dev d;

	open_ready(&d);
	cxl_caps(own, ARRAY_SIZE(own));
	user_sees(&d, at);
	n = chain(at, c, ARRAY_SIZE(c));
	for (i = 0; i < n; i++)
		CHECK(c[i].vendor != CXL, "CXL DVSEC id %u at %#x",
		      c[i].dvsec, c[i].pos);
	dev_close(&d);
}

/* Not by looking where they are known to be, either, with any width. */
static void their_bytes_are_nothing(void)
{
	unsigned int nr, i, pos, first;
	struct cap own[8];
	u8 at[SPACE];
	struct dev d;

	open_ready(&d);
	nr = cxl_caps(own, ARRAY_SIZE(own));
	user_sees(&d, at);
	for (i = 0; i < nr; i++) {
		/* the first of all may lead on to the next one shown */
		first = own[i].pos == EXT ? EXT + 4 : own[i].pos;
		for (pos = first; pos < own[i].pos + own[i].len; pos++) {
			CHECK(!at[pos], "byte %#x is %#x", pos, at[pos]);
			CHECK_EQ(cfg_r8(&d, pos), 0);
			if (!(pos % 4))
				CHECK_EQ(cfg_r32(&d, pos), 0);
		}
	}
	dev_close(&d);
}

static void unchanged(const struct cap *own, unsigned int nr, const char *what)
{
	unsigned int i, pos;
	u8 now[SPACE];

	look_at_function(now);
	for (i = 0; i < nr; i++)
		for (pos = own[i].pos; pos < own[i].pos + own[i].len; pos++)
			CHECK(now[pos] == phys[pos],
			      "%s reached DVSEC %u: byte %#x is %#x, was %#x",
			      what, own[i].dvsec, pos, now[pos], phys[pos]);
}

static void no_write_reaches_them(void)
{
	static const u8 patterns[] = { 0xff, 0x00, 0xa5, 0x5a };
	unsigned int nr, i, p, pos, len;
	struct cap own[8];
	u8 with[64];
	struct dev d;

	open_ready(&d);
	nr = cxl_caps(own, ARRAY_SIZE(own));
	for (p = 0; p < ARRAY_SIZE(patterns); p++) {
		memset(with, patterns[p], sizeof(with));
		for (i = 0; i < nr; i++)
			for (pos = own[i].pos - 4;
			     pos < own[i].pos + own[i].len; pos++)
				for (len = 1; len <= 8; len++)
					cfg_write(&d, pos, with, len);
		unchanged(own, nr, "a write");
	}
	dev_close(&d);
}

/* All of extended config space, as a guest may that has nothing to lose. */
static void not_by_writing_everything(void)
{
	unsigned int nr, pos;
	struct cap own[8];
	u8 with[SPACE];
	struct dev d;

	open_ready(&d);
	nr = cxl_caps(own, ARRAY_SIZE(own));
	memset(with, 0xff, sizeof(with));
	cfg_write(&d, EXT, with, SPACE - EXT);
	unchanged(own, nr, "one large write");
	for (pos = EXT; pos < SPACE; pos += 4)
		cfg_write(&d, pos, with, 4);
	unchanged(own, nr, "a write of each register");
	CHECK_EQ(dev_reset(&d), 0);
	dev_close(&d);
}

/* The guest driver asks it whether the memory is split. */
static void nvidias_own_stays(void)
{
	struct cap c[64];
	unsigned int n, i;
	u8 at[SPACE];
	struct dev d;

	open_ready(&d);
	n = chain(phys, c, ARRAY_SIZE(c));
	for (i = 0; i < n; i++)
		if (c[i].vendor == NVIDIA && c[i].dvsec == 3)
			break;
	if (i == n)
		SKIP("this model has no NVIDIA DVSEC");
	if (kernel_version() < 60400)
		SKIP("this kernel's vfio-pci hides every DVSEC (until 6.4)");
	CHECK_EQ(cfg_dvsec(&d, NVIDIA, 3), c[i].pos);
	user_sees(&d, at);
	CHECK(!memcmp(at + c[i].pos + 4, phys + c[i].pos + 4, c[i].len - 4),
	      "it is not what the function has");
	dev_close(&d);
}

/* Readiness is read on the host, behind what the guest sees. */
static void readiness_does_not_need_them(void)
{
	struct dev d;
	u8 *p;

	dev_open(&d);
	set_command(&d, 2, 0);
	p = map(&d, 4, 0, 65536);
	reset_slowly(&d, 800);
	load((u64 *)p);
	CHECK(sim_number("status", "since_reset_ms") >= 800,
	      "loaded before the memory was there");
	unmap(p, 65536);
	dev_close(&d);
}

SUITE(TEST(the_chain_is_well_formed), TEST(no_cxl_dvsec_is_found),
      TEST(their_bytes_are_nothing), TEST(no_write_reaches_them),
      TEST(not_by_writing_everything), TEST(nvidias_own_stays),
      TEST(readiness_does_not_need_them));
