// SPDX-License-Identifier: GPL-2.0-only
/*
 * EGM as a dma-buf: what can be exported, how it is mapped, and that an export ends
 * with its user. The importer is the helper module cohmem_test_import
 * (tests/kmod).
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "egm.h"

#define HELPER	"/sys/module/cohmem_test_import/parameters/"
#define MAX	8

struct export {
	struct egm_dma_buf_export head;
	struct egm_dma_range range[MAX];
};

/* A descriptor, or -errno. */
static int export(int fd, struct export *x, unsigned int nr)
{
	int ret;

	x->head.argsz = sizeof(x->head) + nr * sizeof(x->range[0]);
	x->head.nr_ranges = nr;
	x->head.open_flags = O_RDWR | O_CLOEXEC;
	ret = ioctl(fd, EGM_EXPORT_DMABUF, x);
	return ret < 0 ? -errno : ret;
}

static int export_one(int fd, u64 off, u64 len)
{
	struct export x = { .range = { { off, len } } };

	return export(fd, &x, 1);
}

static int open_exporter(void)
{
	int fd, buf;

	need_egm();
	fd = egm_open(0);
	buf = export_one(fd, egm_good(0, MiB), MiB);
	if (buf == -ENOTTY || buf == -EOPNOTSUPP)
		SKIP("this kernel's vfio-pci exports no dma-buf");
	CHECK(buf >= 0, "export: %s", strerror(-buf));
	close(buf);
	return fd;
}

static void import(int buf)
{
	char text[64];

	if (!file_exists(HELPER "attach"))
		SKIP("cohmem_test_import is not loaded");
	snprintf(text, sizeof(text), "%d %s", buf, facts()->bdf);
	CHECK_EQ(file_write(HELPER "attach", text), 0);
}

static void state(char *text, size_t size)
{
	CHECK(file_read(HELPER "state", text, size) > 0, "no state");
}

/* Pieces as they were asked for; their addresses are of an IOMMU's making. */
static void mapped(u64 first, u64 second)
{
	unsigned long long a[2], len[2] = { 0 };
	char text[256];
	int n;

	state(text, sizeof(text));
	n = sscanf(text, "mapped 0x%llx 0x%llx 0x%llx 0x%llx", &a[0], &len[0],
		   &a[1], &len[1]);
	CHECK(n == (second ? 4 : 2), "\"%s\"", text);
	CHECK_EQ(len[0], first);
	CHECK_EQ(len[1], second);
}

static void it_is_what_was_asked_for(void)
{
	struct export x = { 0 };
	int fd = open_exporter(), buf;
	u64 a, b;

	a = egm_good(0, 4 * MiB);
	b = egm_good(16 * MiB, MiB);
	x.range[0] = (struct egm_dma_range){ a + MiB, 2 * MiB };
	buf = export(fd, &x, 1);
	CHECK(buf >= 0, "%s", strerror(-buf));
	CHECK_EQ(lseek(buf, 0, SEEK_END), 2 * MiB);
	import(buf);
	mapped(2 * MiB, 0);
	CHECK_EQ(file_write(HELPER "detach", "1"), 0);
	close(buf);

	/* Two ranges in one, in the order that was asked for. */
	x.range[0] = (struct egm_dma_range){ b, MiB };
	x.range[1] = (struct egm_dma_range){ a, 3 * MiB };
	buf = export(fd, &x, 2);
	CHECK(buf >= 0, "two ranges: %s", strerror(-buf));
	CHECK_EQ(lseek(buf, 0, SEEK_END), 4 * MiB);
	import(buf);
	mapped(MiB, 3 * MiB);
	CHECK_EQ(file_write(HELPER "detach", "1"), 0);
	close(buf);
	egm_close(fd);
}

static void nonsense(void)
{
	const struct egm_facts *e = need_egm();
	u64 page = facts()->page, good;
	struct export x = { 0 };
	int fd = open_exporter(), ret;

	good = egm_good(0, 4 * MiB);
	CHECK(export_one(fd, good + 1, page) < 0, "an odd offset");
	CHECK(export_one(fd, good, page + 1) < 0, "an odd length");
	CHECK(export_one(fd, good, 0) < 0, "nothing");
	CHECK(export_one(fd, e->size, page) < 0, "behind it");
	CHECK(export_one(fd, e->size - page, 2 * page) < 0, "over the end");
	CHECK(export_one(fd, -page, 2 * page) < 0, "over the top");
	CHECK(export(fd, &x, 0) < 0, "no range at all");
	if (e->nr_retired) {
		ret = export_one(fd, e->retired[e->nr_retired / 2], EGM_BLOCK);
		CHECK(ret < 0, "a retired block was exported");
	}
	x.range[0] = (struct egm_dma_range){ good, page };
	x.head = (struct egm_dma_buf_export){
		.argsz = sizeof(x.head), .nr_ranges = 1,
		.open_flags = O_RDWR | O_CLOEXEC,
	};
	CHECK_ERRNO(ioctl(fd, EGM_EXPORT_DMABUF, &x), EINVAL);
	x.head.argsz = sizeof(x.head) + sizeof(x.range[0]);
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

	buf = export_one(fd, egm_good(0, MiB), MiB);
	CHECK(buf >= 0, "%s", strerror(-buf));
	import(buf);
	egm_close(fd);
	next = __egm_open(0);
	state(text, sizeof(text));
	if (next >= 0) {
		CHECK(!strncmp(text, "revoked", 7), "two users: \"%s\"", text);
		CHECK(file_write(HELPER "map", "1") < 0, "it can be mapped again");
		egm_close(next);
	} else {
		CHECK_EQ(next, -EBUSY);
	}
	CHECK_EQ(file_write(HELPER "detach", "1"), 0);
	close(buf);
	CHECK(egm_freed(AT_ONCE_MS), "somebody still has it");
	egm_close(egm_open(0));
}

/* The last GPU goes: so does whatever was exported. */
static void an_export_ends_with_the_driver(void)
{
	int fd = open_exporter(), buf;
	char text[256];

	if (egm_gpus() > 1)
		SKIP("another GPU of the socket keeps it");
	buf = export_one(fd, egm_good(0, MiB), MiB);
	CHECK(buf >= 0, "%s", strerror(-buf));
	import(buf);
	rebind();
	state(text, sizeof(text));
	CHECK(!strncmp(text, "revoked", 7), "\"%s\"", text);
	CHECK(file_write(HELPER "map", "1") < 0, "it can be mapped again");
	CHECK_EQ(file_write(HELPER "detach", "1"), 0);
	close(buf);
	egm_close(fd);
	egm_close(egm_open(0));
}

SUITE(TEST(it_is_what_was_asked_for), TEST(nonsense),
      TEST(an_export_ends_with_its_user), TEST(an_export_ends_with_the_driver));
