// SPDX-License-Identifier: GPL-2.0-only
/*
 * A page that is known to have gone bad, after a reset has taken its mapping: its
 * user gets it again, as a guest can live with a machine check but not without
 * its memory; the kernel itself never touches it. Whoever wants otherwise says
 * so (poison_policy), and what was repaired can be taken off the list.
 */
#include <fcntl.h>
#include <linux/vfio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "hold.h"
#include "uapi.h"

#define IOVA	0x400000000ULL

static u64 bad;	/* offset in usemem */

static int note(const char *sign, u64 off)
{
	char text[32];

	snprintf(text, sizeof(text), "%s0x%llx", sign,
		 (unsigned long long)(facts()->mem_base + off));
	return file_write(dev_path("cohmem/poison_pages"), text);
}

/* One bad page, noted before anybody maps it. */
static void one_bad_page(struct dev *d)
{
	rebind();
	bad = 16 * MiB + 5 * facts()->page;
	CHECK_EQ(note("", bad), 0);
	CHECK_EQ(attr_u64("poison_count"), 1);
	dev_open(d);
	set_command(d, 2, 0);
}

static void done(struct dev *d)
{
	dev_close(d);
	rebind();
}

static void users_go_on_mapping_it(void)
{
	struct dev d;
	u8 *p;

	one_bad_page(&d);
	p = map_aligned(&d, 4, 16 * MiB, 4 * MiB, 2 * MiB, 0);
	store((u64 *)(p + 5 * facts()->page), 7);
	CHECK_EQ(dev_reset(&d), 0);
	set_command(&d, 2, 0);
	CHECK_EQ(load((u64 *)(p + 5 * facts()->page)), 7);
	store((u64 *)(p + 6 * facts()->page), 8);
	unmap(p, 4 * MiB);
	done(&d);
}

static void the_kernel_never_touches_it(void)
{
	struct dev d;
	u64 v;

	one_bad_page(&d);
	CHECK_ERRNO(reg_read(&d, 4, bad, &v, 8), EIO);
	CHECK_ERRNO(reg_write(&d, 4, bad, &v, 8), EIO);
	CHECK_EQ(reg_read(&d, 4, bad + facts()->page, &v, 8), 8);
	CHECK_EQ(reg_read(&d, 4, bad - 8, &v, 8), 8);
	done(&d);
}

static void refusing_is_a_policy(void)
{
	struct dev d;
	u8 *p;

	attr_is("poison_policy", "map");
	CHECK_EQ(file_write(dev_path("cohmem/poison_policy"), "perhaps"),
		 -EINVAL);
	attr_write("poison_policy", "refuse");
	attr_is("poison_policy", "refuse");
	rebind();
	/* it is the administrator's word for this device: said anew */
	attr_write("poison_policy", "refuse");
	bad = 16 * MiB + 5 * facts()->page;
	CHECK_EQ(note("", bad), 0);
	dev_open(&d);
	set_command(&d, 2, 0);
	p = map_aligned(&d, 4, 16 * MiB, 4 * MiB, 2 * MiB, 0);
	expect_sigbus((u64 *)(p + 5 * facts()->page), BUS_MCEERR_AR);
	store((u64 *)(p + 4 * facts()->page), 1);
	attr_write("poison_policy", "map");
	store((u64 *)(p + 5 * facts()->page), 1);
	unmap(p, 4 * MiB);
	done(&d);
}

static void all_of_it_as_dma_buf(void)
{
	struct dev d;
	int fd;

	one_bad_page(&d);
	fd = dev_export(&d, 4, 0, facts()->usemem);
	if (fd == -ENOTTY || fd == -EOPNOTSUPP)
		SKIP("this kernel's vfio-pci exports no dma-buf");
	CHECK(fd >= 0, "export of all of usemem: %s", strerror(-fd));
	close(fd);
	done(&d);
}

static void all_of_it_by_type1(void)
{
	u64 len = facts()->usemem;
	struct dev d;
	double start;
	u8 *p;
	int ret;

	one_bad_page(&d);
	p = map_aligned(&d, 4, 0, len, GiB, 0);
	start = now_ms();
	ret = __dma_map(&d, p, IOVA, len);
	CHECK(!ret, "DMA map of all of usemem: %s", strerror(-ret));
	test_info("DMA map of %llu MiB: %.0f ms",
		  (unsigned long long)(len / MiB), now_ms() - start);
	dma_unmap(&d, IOVA, len);
	unmap(p, len);
	done(&d);
}

static void one_can_be_forgotten(void)
{
	char text[64];
	struct dev d;
	u64 v = 9;

	one_bad_page(&d);
	CHECK_EQ(note("", bad + 64 * MiB), 0);
	CHECK_EQ(attr_u64("poison_count"), 2);
	CHECK_EQ(note("-", bad + 16), 0);
	CHECK_EQ(attr_u64("poison_count"), 1);
	snprintf(text, sizeof(text), "0x%llx",
		 (unsigned long long)(facts()->mem_base + bad + 64 * MiB));
	attr_is("poison_pages", text);
	CHECK_EQ(reg_write(&d, 4, bad, &v, 8), 8);
	v = 0;
	CHECK_EQ(reg_read(&d, 4, bad, &v, 8), 8);
	CHECK_EQ(v, 9);
	CHECK_ERRNO(reg_read(&d, 4, bad + 64 * MiB, &v, 8), EIO);
	/* no page of ours, and nonsense */
	CHECK_EQ(note("-", facts()->hbm), -ERANGE);
	CHECK_EQ(file_write(dev_path("cohmem/poison_pages"), "-some"), -EINVAL);
	/* it can go bad again */
	CHECK_EQ(note("", bad), 0);
	CHECK_EQ(attr_u64("poison_count"), 2);
	CHECK_ERRNO(reg_read(&d, 4, bad, &v, 8), EIO);
	done(&d);
}

static void all_can_be_forgotten(void)
{
	unsigned int i;
	struct dev d;
	u64 v;

	one_bad_page(&d);
	for (i = 0; i < 100000 && !attr_u64("poison_overflow"); i++)
		CHECK_EQ(note("", GiB + i * facts()->page), 0);
	CHECK_ERRNO(reg_read(&d, 4, 0, &v, 8), EIO);
	attr_write("poison_pages", "-all");
	CHECK_EQ(attr_u64("poison_overflow"), 0);
	CHECK_EQ(attr_u64("poison_count"), 0);
	attr_is("poison_pages", "");
	CHECK_EQ(reg_read(&d, 4, 0, &v, 8), 8);
	CHECK_EQ(reg_read(&d, 4, bad, &v, 8), 8);
	done(&d);
}

/* With more of them than can be noted the kernel keeps off; its users go on. */
static void users_go_on_after_an_overflow(void)
{
	unsigned int i;
	struct dev d;
	u8 *p;

	one_bad_page(&d);
	for (i = 0; i < 100000 && !attr_u64("poison_overflow"); i++)
		CHECK_EQ(note("", GiB + i * facts()->page), 0);
	p = map(&d, 4, 0, 4 * MiB);
	store((u64 *)p, 1);
	CHECK_EQ(load((u64 *)p), 1);
	unmap(p, 4 * MiB);
	done(&d);
}

SUITE(TEST(users_go_on_mapping_it), TEST(the_kernel_never_touches_it),
      TEST(refusing_is_a_policy), TEST(all_of_it_as_dma_buf),
      TEST_LONG(all_of_it_by_type1, 120), TEST(one_can_be_forgotten),
      TEST_LONG(all_can_be_forgotten, 60),
      TEST_LONG(users_go_on_after_an_overflow, 60));
