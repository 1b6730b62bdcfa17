// SPDX-License-Identifier: GPL-2.0-only
/*
 * EGM as a dma-buf: what can be exported, how it is mapped, and that an export ends
 * with its user. The importer is the helper module cohmem_test_import
 * (tests/kmod).
 */
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "egm.h"

static int open_exporter(void)
{
	int fd, buf;

	need_egm();
	fd = egm_open(0);
	buf = egm_export_one(fd, egm_good(0, MiB), MiB);
	if (buf == -ENOTTY || buf == -EOPNOTSUPP)
		SKIP("this kernel's vfio-pci exports no dma-buf");
	CHECK(buf >= 0, "export: %s", strerror(-buf));
	close(buf);
	return fd;
}

/* Pieces as they were asked for; their addresses are of an IOMMU's making. */
static void mapped(u64 first, u64 second)
{
	unsigned long long a[2], len[2] = { 0 };
	char text[256];
	int n;

	import_state(text, sizeof(text));
	n = sscanf(text, "mapped 0x%llx 0x%llx 0x%llx 0x%llx", &a[0], &len[0],
		   &a[1], &len[1]);
	CHECK(n == (second ? 4 : 2), "\"%s\"", text);
	CHECK_EQ(len[0], first);
	CHECK_EQ(len[1], second);
}

static void it_is_what_was_asked_for(void)
{
	struct egm_dma_range range[2];
	int fd = open_exporter(), buf;
	u64 a, b;

	a = egm_good(0, 4 * MiB);
	b = egm_good(16 * MiB, MiB);
	buf = egm_export_one(fd, a + MiB, 2 * MiB);
	CHECK(buf >= 0, "%s", strerror(-buf));
	CHECK_EQ(lseek(buf, 0, SEEK_END), 2 * MiB);
	import(buf);
	mapped(2 * MiB, 0);
	import_end();
	close(buf);

	/* Two ranges in one, in the order that was asked for. */
	range[0] = (struct egm_dma_range){ b, MiB };
	range[1] = (struct egm_dma_range){ a, 3 * MiB };
	buf = egm_export(fd, range, 2);
	CHECK(buf >= 0, "two ranges: %s", strerror(-buf));
	CHECK_EQ(lseek(buf, 0, SEEK_END), 4 * MiB);
	import(buf);
	mapped(MiB, 3 * MiB);
	import_end();
	close(buf);
	egm_close(fd);
}

static void nonsense(void)
{
	const struct egm_facts *e = need_egm();
	u64 page = facts()->page, good;
	struct {
		struct egm_dma_buf_export head;
		struct egm_dma_range range;
	} x = {
		.head.argsz = sizeof(x.head), .head.nr_ranges = 1,
		.head.open_flags = O_RDWR | O_CLOEXEC,
	};
	int fd = open_exporter(), ret;

	good = egm_good(0, 4 * MiB);
	x.range = (struct egm_dma_range){ good, page };
	CHECK(egm_export_one(fd, good + 1, page) < 0, "an odd offset");
	CHECK(egm_export_one(fd, good, page + 1) < 0, "an odd length");
	CHECK(egm_export_one(fd, good, 0) < 0, "nothing");
	CHECK(egm_export_one(fd, e->size, page) < 0, "behind it");
	CHECK(egm_export_one(fd, e->size - page, 2 * page) < 0, "over the end");
	CHECK(egm_export_one(fd, -page, 2 * page) < 0, "over the top");
	CHECK(egm_export(fd, NULL, 0) < 0, "no range at all");
	if (e->nr_retired) {
		ret = egm_export_one(fd, e->retired[e->nr_retired / 2],
				     EGM_BLOCK);
		CHECK(ret < 0, "a retired block was exported");
	}
	CHECK_ERRNO(ioctl(fd, EGM_EXPORT_DMABUF, &x), EINVAL);
	x.head.argsz = sizeof(x);
	x.head.flags = 1;
	CHECK_ERRNO(ioctl(fd, EGM_EXPORT_DMABUF, &x), EINVAL);
	x.head.flags = 0;
	x.head.open_flags = O_TRUNC;
	CHECK_ERRNO(ioctl(fd, EGM_EXPORT_DMABUF, &x), EINVAL);
	x.head.open_flags = O_RDWR;
	x.head.nr_ranges = UINT32_MAX;
	x.head.argsz = UINT32_MAX;
	CHECK(ioctl(fd, EGM_EXPORT_DMABUF, &x) < 0, "four billion ranges");
	CHECK_ERRNO(ioctl(fd, EGM_EXPORT_DMABUF, NULL), EFAULT);
	/* None of that has left anything behind. */
	egm_close(fd);
	CHECK(egm_freed(AT_ONCE_MS), "somebody still has it");
}

/*
 * An importer that goes on after close() must not have what the next user gets:
 * either it was told to stop, or there is no next user yet.
 */
static void an_export_ends_with_its_user(void)
{
	int fd = open_exporter(), buf, next;
	char text[256];

	buf = egm_export_one(fd, egm_good(0, MiB), MiB);
	CHECK(buf >= 0, "%s", strerror(-buf));
	import(buf);
	egm_close(fd);
	next = __egm_open(0);
	import_state(text, sizeof(text));
	if (next >= 0) {
		CHECK(!strncmp(text, "revoked", 7), "two users: \"%s\"", text);
		CHECK(import_map_again() < 0, "it can be mapped again");
		egm_close(next);
	} else {
		CHECK_EQ(next, -EBUSY);
	}
	import_end();
	close(buf);
	CHECK(egm_freed(AT_ONCE_MS), "somebody still has it");
	egm_close(egm_open(0));
}

/* The last GPU goes: so does whatever was exported. */
static void an_export_ends_with_the_driver(void)
{
	int fd = open_exporter(), buf;

	if (egm_gpus() > 1)
		SKIP("another GPU of the socket keeps it");
	buf = egm_export_one(fd, egm_good(0, MiB), MiB);
	CHECK(buf >= 0, "%s", strerror(-buf));
	import(buf);
	rebind();
	import_is("revoked");
	CHECK(import_map_again() < 0, "it can be mapped again");
	import_end();
	close(buf);
	egm_close(fd);
	egm_close(egm_open(0));
}

SUITE(TEST(it_is_what_was_asked_for), TEST(nonsense),
      TEST(an_export_ends_with_its_user), TEST(an_export_ends_with_the_driver));
