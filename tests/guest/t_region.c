// SPDX-License-Identifier: GPL-2.0-only
/* What user space is told about the regions: the contract with every VMM. */
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "guest.h"

#define RW	(VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE)
#define RWM	(RW | VFIO_REGION_INFO_FLAG_MMAP)

static void device_info(void)
{
	struct dev d;

	dev_open(&d);
	CHECK(d.flags & VFIO_DEVICE_FLAGS_PCI, "flags %#x", d.flags);
	CHECK(d.flags & VFIO_DEVICE_FLAGS_RESET, "flags %#x", d.flags);
	CHECK(d.nr_regions >= VFIO_PCI_NUM_REGIONS, "%u regions", d.nr_regions);
	CHECK_EQ(d.nr_irqs, VFIO_PCI_NUM_IRQS);
	dev_close(&d);
}

static void check_coherent(const struct dev *d, unsigned int bar, u64 size,
			   u64 region_size)
{
	const struct cohmem_vfio_region *r = &d->region[bar];

	CHECK_EQ(r->size, region_size);
	CHECK_EQ(r->flags, RWM | VFIO_REGION_INFO_FLAG_CAPS);
	CHECK_EQ(r->nr_areas, 1);
	CHECK_EQ(r->area[0].offset, 0);
	CHECK_EQ(r->area[0].size, size);
}

static void usemem(void)
{
	struct dev d;

	dev_open(&d);
	check_coherent(&d, 4, facts()->usemem, facts()->usemem_bar);
	dev_close(&d);
}

static void resmem_or_the_real_bar2(void)
{
	struct dev d;

	dev_open(&d);
	if (facts()->split) {
		check_coherent(&d, 2, facts()->resmem, facts()->resmem_bar);
	} else {
		CHECK_EQ(d.region[2].size, real_bar(2));
		CHECK(d.region[2].size, "the model has a real BAR2");
	}
	dev_close(&d);
}

/* A 64-bit BAR takes two indices; the second is nothing of its own. */
static void upper_halves_are_empty(void)
{
	struct dev d;

	dev_open(&d);
	CHECK_EQ(d.region[5].size, 0);
	CHECK_EQ(d.region[5].flags & RWM, 0);
	CHECK_EQ(d.region[3].size, 0);
	CHECK_EQ(d.region[3].flags & RWM, 0);
	dev_close(&d);
}

static void other_regions_are_the_real_ones(void)
{
	struct dev d;

	dev_open(&d);
	CHECK_EQ(d.region[0].size, real_bar(0));
	CHECK_EQ(d.region[0].flags & RW, RW);
	CHECK_EQ(d.region[1].size, real_bar(1));
	CHECK_EQ(d.region[CONFIG].size, 4096);
	CHECK_EQ(d.region[CONFIG].flags & RW, RW);
	dev_close(&d);
}

/* Regions do not overlap in the file, whatever their size. */
static void offsets_keep_apart(void)
{
	unsigned int i, j;
	struct dev d;

	dev_open(&d);
	for (i = 0; i < NR_REGIONS; i++)
		for (j = 0; j < NR_REGIONS; j++) {
			const struct cohmem_vfio_region *a = &d.region[i];
			const struct cohmem_vfio_region *b = &d.region[j];

			if (i == j || !a->size || !b->size)
				continue;
			CHECK(a->offset + a->size <= b->offset ||
			      b->offset + b->size <= a->offset,
			      "regions %u and %u", i, j);
		}
	dev_close(&d);
}

/* The two-step dance of every VMM: ask how long, then ask again. */
static void argsz_says_what_is_needed(void)
{
	static const unsigned int regions[] = { 4, 2 };
	unsigned int i, nr = facts()->split ? 2 : 1;
	struct vfio_region_info info, *full;
	struct dev d;

	dev_open(&d);
	for (i = 0; i < nr; i++) {
		memset(&info, 0, sizeof(info));
		info.argsz = sizeof(info);
		info.index = regions[i];
		CHECK(!ioctl(d.fd, VFIO_DEVICE_GET_REGION_INFO, &info), "%s",
		      strerror(errno));
		CHECK(info.flags & VFIO_REGION_INFO_FLAG_CAPS, "flags %#x",
		      info.flags);
		CHECK_EQ(info.cap_offset, 0);
		CHECK(info.argsz > sizeof(info), "argsz %u", info.argsz);

		full = calloc(1, info.argsz);
		full->argsz = info.argsz;
		full->index = regions[i];
		CHECK(!ioctl(d.fd, VFIO_DEVICE_GET_REGION_INFO, full), "%s",
		      strerror(errno));
		CHECK(full->cap_offset >= sizeof(info) &&
		      full->cap_offset < full->argsz, "cap_offset %u",
		      full->cap_offset);
		free(full);
	}
	dev_close(&d);
}

static void bad_questions_are_refused(void)
{
	static const u32 bad[] = { 9, 10, 64, 1000, 0x7fffffff, 0xffffffff };
	struct vfio_region_info info = { .argsz = sizeof(info), .index = 4 };
	unsigned int i;
	struct dev d;

	dev_open(&d);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		info.argsz = sizeof(info);
		info.index = bad[i];
		CHECK_ERRNO(ioctl(d.fd, VFIO_DEVICE_GET_REGION_INFO, &info),
			    EINVAL);
	}
	info.index = 4;
	info.argsz = 8;
	CHECK_ERRNO(ioctl(d.fd, VFIO_DEVICE_GET_REGION_INFO, &info), EINVAL);
	CHECK_ERRNO(ioctl(d.fd, VFIO_DEVICE_GET_REGION_INFO, (void *)8),
		    EFAULT);
	CHECK_ERRNO(ioctl(d.fd, VFIO_DEVICE_GET_REGION_INFO, NULL), EFAULT);
	dev_close(&d);
}

/* The user ABI names no vendor and no driver: capabilities say everything. */
static void a_second_user_is_kept_out(void)
{
	struct dev a, b;
	int ret;

	dev_open(&a);
	ret = __dev_open(&b);
	CHECK(ret == -EBUSY || ret == -EINVAL, "second open: %d", ret);
	dev_close(&a);
	dev_open(&b);
	dev_close(&b);
}

static void over_the_cdev_too(void)
{
	struct dev d;

	if (!have_cdev())
		SKIP("this kernel has no iommufd and so no VFIO character devices");
	setenv("COHMEM_VIA", "cdev", 1);
	dev_open(&d);
	check_coherent(&d, 4, facts()->usemem, facts()->usemem_bar);
	dev_close(&d);
}

SUITE(TEST(device_info), TEST(usemem), TEST(resmem_or_the_real_bar2),
      TEST(upper_halves_are_empty), TEST(other_regions_are_the_real_ones),
      TEST(offsets_keep_apart), TEST(argsz_says_what_is_needed),
      TEST(bad_questions_are_refused), TEST(a_second_user_is_kept_out),
      TEST(over_the_cdev_too));
