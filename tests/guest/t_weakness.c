// SPDX-License-Identifier: GPL-2.0-only
/*
 * One test for each weakness that was found in the in-tree driver for the same
 * parts, so that docs/peer.md can say by name what each driver does. They are
 * short on purpose; the suites beside this one go into depth. Numbers as in
 * docs/peer.md; from 17 on in t_weakness_use.c. Items without a test:
 *
 *   13 24 28   need other firmware tables, and so another boot: t_refuse
 *   14         needs a CXL DVSEC that announces no memory: as 13
 *   15         a function passed through plainly; as 28
 *   27         no SR-IOV and no PASID on the emulated parts
 */
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "guest.h"
#include "uapi.h"

#define RW	(PROT_READ | PROT_WRITE)

static void w01_private_mapping_is_refused(void)
{
	struct dev d;
	u64 v;
	u8 *p;

	dev_open(&d);
	p = __map(&d, 4, 0, 65536, RW, MAP_PRIVATE);
	if (p != MAP_FAILED) {
		try_load((u64 *)p, &v, NULL);
		try_store((u64 *)p, 1, NULL);
		FAIL("MAP_PRIVATE was accepted");
	}
	CHECK_EQ(errno, EINVAL);
	dev_close(&d);
}

/* A mapping that lies below the page and does not cover it: no reason to die. */
static void w02_poison_is_sigbus_never_sigkill(void)
{
	const struct facts *f = facts();
	u8 *below, *over;
	struct fault hit;
	struct dev d;

	need_memory_errors();
	rebind();
	dev_open(&d);
	below = map(&d, 4, 0, 65536);
	store((u64 *)below, 1);
	over = map(&d, 4, 32 * MiB, 65536);
	store((u64 *)over, 1);
	CHECK_EQ(go_bad(f->mem_base + 32 * MiB, &hit), 0);
	CHECK(hit.sig == SIGBUS && hit.addr == over, "%s, want SIGBUS at %p",
	      fault_str(&hit), (void *)over);
	unmap(below, 65536);
	unmap(over, 65536);
	dev_close(&d);
	rebind();
}

static void w03_dma_buf_of_usemem(void)
{
	struct dev d;
	int fd;

	dev_open(&d);
	fd = dev_export(&d, 0, 0, 65536);
	if (fd == -ENOTTY || fd == -EOPNOTSUPP)
		SKIP("this kernel's vfio-pci exports no dma-buf (since 7.0)");
	CHECK(fd >= 0, "export of BAR0: %s", strerror(-fd));
	close(fd);
	fd = dev_export(&d, 4, 0, 65536);
	CHECK(fd >= 0, "export of usemem: %s", strerror(-fd));
	close(fd);
	dev_close(&d);
}

/* One access over many registers: each of them, and the true count. */
static void w04_config_access_across_registers(void)
{
	u8 all[64], one[64], ones[24];
	unsigned int i;
	struct dev d;

	dev_open(&d);
	memset(ones, 0xff, sizeof(ones));
	CHECK_EQ(cfg_write(&d, 0x10, ones, 24), 24);
	for (i = 0; i < 64; i++)
		one[i] = cfg_r8(&d, i);
	CHECK_EQ(cfg_read(&d, 0, all, 64), 64);
	for (i = 0; i < 64; i++)
		CHECK(all[i] == one[i], "byte %#x is %#x in one piece, %#x alone",
		      i, all[i], one[i]);
	CHECK_EQ(cfg_r64(&d, 0x20), ~(d.region[4].size - 1) | 0xc);
	CHECK_EQ(cfg_r32(&d, 0x10), ~((u32)d.region[0].size - 1) | 0xc);

	/* and nothing happens to any of them from a buffer that is not there */
	CHECK_ERRNO(cfg_write(&d, 0x10, (void *)8, 24), EFAULT);
	CHECK_EQ(cfg_r64(&d, 0x20), ~(d.region[4].size - 1) | 0xc);
	dev_close(&d);
}

static void w05_the_file_position_moves(void)
{
	u64 a[2] = { 1, 2 }, b[2] = {}, end;
	struct iovec out[2] = { { a, 8 }, { a + 1, 8 } };
	struct iovec in[2] = { { b, 8 }, { b + 1, 8 } };
	unsigned int bar = facts()->split ? 2 : 4;
	struct dev d;

	dev_open(&d);
	CHECK_EQ(pwritev(d.fd, out, 2, d.region[bar].offset + 64), 16);
	CHECK_EQ(preadv(d.fd, in, 2, d.region[bar].offset + 64), 16);
	CHECK_EQ(b[0], 1);
	CHECK_EQ(b[1], 2);

	/* across the end of the memory, in one call */
	if (facts()->usemem < facts()->usemem_bar) {
		end = facts()->usemem;
		CHECK_EQ(reg_write(&d, 4, end - 8, a, 16), 16);
		CHECK_EQ(reg_read(&d, 4, end - 8, b, 16), 16);
		CHECK_EQ(b[0], 1);
		CHECK_EQ(b[1], ~0ULL);
	}
	dev_close(&d);
}

struct load {
	struct dev *d;
	u8 *p;
	u64 off;
	size_t len;
	volatile bool stop;
	volatile u64 done;
	volatile int err;
	double ms;
};

static void *load_loop(void *arg)
{
	struct load *l = arg;
	u64 v;

	while (!l->stop)
		l->done += try_load((u64 *)l->p, &v, NULL);
	return NULL;
}

static void *read_loop(void *arg)
{
	struct load *l = arg;
	u64 v;

	while (!l->stop) {
		if (reg_read(l->d, 4, 4096, &v, 8) == 8)
			l->done++;
		else if (errno != EIO)
			l->err = errno;
	}
	return NULL;
}

/* A reset from sysfs, which takes none of vfio's locks, under full use. */
static void w06_sysfs_reset_is_not_missed(void)
{
	struct load l = {}, r = {};
	pthread_t t[2];
	unsigned int i;
	u64 early;
	struct dev d;

	dev_open(&d);
	l.p = map(&d, 4, 0, 65536);
	r.d = &d;
	load((u64 *)l.p);
	sim_training(300);
	sim("watch add 0 1M");
	early = sim_counter("touched_early");
	pthread_create(&t[0], NULL, load_loop, &l);
	pthread_create(&t[1], NULL, read_loop, &r);
	for (i = 0; i < 4; i++) {
		CHECK_EQ(file_write(dev_path("reset"), "1"), 0);
		load((u64 *)l.p);
		CHECK(sim_number("status", "since_reset_ms") >= 300,
		      "touched before the memory was there");
	}
	l.stop = r.stop = true;
	pthread_join(t[0], NULL);
	pthread_join(t[1], NULL);
	CHECK_EQ(sim_counter("touched_early") - early, 0);
	dev_close(&d);
}

/* What vfio-pci's own BARs live through, the composed ones do, and no more. */
static void w07_resets_of_the_guest_clear_the_bars(void)
{
	struct dev d;

	dev_open(&d);
	cfg_w64(&d, 0x20, 1ULL << 50);
	flr(&d);
	CHECK_EQ(cfg_r64(&d, 0x20), 0xc);
	cfg_w64(&d, 0x20, 1ULL << 50);
	CHECK_EQ(file_write(dev_path("reset"), "1"), 0);
	CHECK_EQ(cfg_r64(&d, 0x20), 1ULL << 50 | 0xc);
	CHECK_EQ(dev_reset(&d), 0);
	CHECK_EQ(cfg_r64(&d, 0x20), 0xc);
	dev_close(&d);
}

static void w08_power_up_that_resets_is_waited_for(void)
{
	struct dev d;
	u64 since;
	u8 *p;

	sim("set nosoftrst 0");
	rebind();
	dev_open(&d);
	p = map(&d, 4, 0, 65536);
	load((u64 *)p);
	sim_training(800);
	set_power(&d, 3);
	set_power(&d, 0);
	set_command(&d, PCI_COMMAND_MEMORY, 0);
	load((u64 *)p);
	since = sim_number("status", "since_reset_ms");
	unmap(p, 65536);
	dev_close(&d);
	sim("defaults");
	rebind();
	CHECK(since >= 800, "touched %llu ms after D3hot to D0",
	      (unsigned long long)since);
}

static void w09_read_and_fault_obey_memory_decoding(void)
{
	struct dev d;
	u64 v;
	u8 *p;

	dev_open(&d);
	p = map(&d, 4, 0, 65536);
	load((u64 *)p);
	CHECK_EQ(reg_read(&d, 4, 0, &v, 8), 8);
	set_command(&d, 0, PCI_COMMAND_MEMORY);
	expect_sigbus((u64 *)p, 0);
	CHECK_ERRNO(reg_read(&d, 4, 0, &v, 8), EIO);
	CHECK_ERRNO(reg_write(&d, 4, 0, &v, 8), EIO);
	set_command(&d, PCI_COMMAND_MEMORY, 0);
	CHECK_EQ(reg_read(&d, 4, 0, &v, 8), 8);
	dev_close(&d);
}

static void w10_no_kernel_alias_survives_a_reset(void)
{
	struct dev d;
	u64 v;

	dev_open(&d);
	CHECK_EQ(reg_read(&d, 4, 0, &v, 8), 8);
	CHECK_EQ(reg_read(&d, 4, facts()->usemem - 8, &v, 8), 8);
	test_info("in use: %llu MiB",
		  (unsigned long long)(kernel_mappings() / MiB));
	/* slowly, so that nothing maps it again before we look */
	reset_slowly(&d, 3000);
	CHECK_EQ(kernel_mappings(), 0);
	CHECK_EQ(reg_read(&d, 4, 0, &v, 8), 8);
	dev_close(&d);
	CHECK_EQ(kernel_mappings(), 0);
}

static void w11_bad_pages_are_remembered(void)
{
	const struct facts *f = facts();
	u64 bad = 48 * MiB, v;
	struct fault hit;
	struct dev d;
	u8 *p;

	need_memory_errors();
	rebind();
	dev_open(&d);
	p = map(&d, 4, bad, 65536);
	store((u64 *)p, 1);
	CHECK_EQ(go_bad(f->mem_base + bad, &hit), 0);
	CHECK_ERRNO(reg_read(&d, 4, bad, &v, 8), EIO);
	CHECK_ERRNO(reg_write(&d, 4, bad, &v, 8), EIO);
	CHECK_EQ(reg_read(&d, 4, bad + f->page, &v, 8), 8);
	unmap(p, 65536);
	dev_close(&d);

	/* the next user, and after a reset */
	dev_open(&d);
	CHECK_EQ(dev_reset(&d), 0);
	set_command(&d, PCI_COMMAND_MEMORY, 0);
	p = map(&d, 4, bad - f->page, 65536);
	load((u64 *)p);
	load((u64 *)(p + 2 * f->page));
	CHECK_ERRNO(reg_read(&d, 4, bad, &v, 8), EIO);
	unmap(p, 65536);
	dev_close(&d);
	rebind();
}

static void w12_data_does_not_outlive_its_user(void)
{
	u64 v = 0x1234567812345678ULL;
	struct dev d;
	int ret;

	if (facts()->hbm > 8 * GiB)
		SKIP("clearing so much memory takes too long under emulation: use --hbm 3G");
	ret = file_write(dev_path("cohmem/scrub"), "close");
	CHECK(!ret, "no way to have the memory cleared: %s", strerror(-ret));
	dev_open(&d);
	CHECK_EQ(reg_write(&d, 4, facts()->usemem / 2, &v, 8), 8);
	dev_close(&d);
	dev_open(&d);
	CHECK_EQ(reg_read(&d, 4, facts()->usemem / 2, &v, 8), 8);
	dev_close(&d);
	file_write(dev_path("cohmem/scrub"), "default");
	CHECK_EQ(v, 0);
}

/* The second half of an emulated BAR is no BAR, whatever hardware has there. */
static void w14_a_cxl_dvsec_without_memory_decides_nothing(void)
{
	struct dev d;
	u64 since;
	u8 *p;

	if (strcmp(facts()->model, "nomem"))
		SKIP("only model nomem has a CXL DVSEC without memory");
	dev_open(&d);
	p = map(&d, 4, 0, 65536);
	load((u64 *)p);
	/* BAR0 says when; the DVSEC never would. */
	sim_training(1500);
	CHECK_EQ(dev_reset(&d), 0);
	load((u64 *)p);
	since = sim_number("status", "since_reset_ms");
	unmap(p, 65536);
	dev_close(&d);
	sim("defaults");
	CHECK(since >= 1500, "touched %llu ms after the reset",
	      (unsigned long long)since);
}

static void w16_what_lies_behind_is_hidden(void)
{
	unsigned int bars[] = { 5, 3 }, i, nr = facts()->split ? 2 : 1;
	struct dev d;
	u64 v;

	dev_open(&d);
	for (i = 0; i < nr; i++) {
		CHECK_EQ(d.region[bars[i]].size, 0);
		CHECK_ERRNO(reg_read(&d, bars[i], 0, &v, 8), EINVAL);
		CHECK_ERRNO(reg_write(&d, bars[i], 0, &v, 8), EINVAL);
		CHECK(__map(&d, bars[i], 0, 65536, RW, MAP_SHARED) ==
		      MAP_FAILED, "BAR%u was mapped", bars[i]);
	}
	dev_close(&d);
}

SUITE(TEST(w01_private_mapping_is_refused),
      TEST(w02_poison_is_sigbus_never_sigkill),
      TEST(w03_dma_buf_of_usemem),
      TEST(w04_config_access_across_registers),
      TEST(w05_the_file_position_moves),
      TEST(w06_sysfs_reset_is_not_missed),
      TEST(w07_resets_of_the_guest_clear_the_bars),
      TEST(w08_power_up_that_resets_is_waited_for),
      TEST(w09_read_and_fault_obey_memory_decoding),
      TEST(w10_no_kernel_alias_survives_a_reset),
      TEST(w11_bad_pages_are_remembered),
      TEST(w12_data_does_not_outlive_its_user),
      TEST(w14_a_cxl_dvsec_without_memory_decides_nothing),
      TEST(w16_what_lies_behind_is_hidden));
