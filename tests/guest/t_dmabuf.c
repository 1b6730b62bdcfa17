// SPDX-License-Identifier: GPL-2.0-only
/*
 * Export as dma-buf: the right addresses, and taken back when the memory goes.
 * The importer is the helper module cohmem_test_import (tests/kmod).
 */
#include <unistd.h>

#include "guest.h"

static void need_export(void)
{
	struct dev d;
	int fd;

	dev_open(&d);
	fd = dev_export(&d, 0, 0, facts()->page);
	if (fd == -ENOTTY || fd == -EOPNOTSUPP)
		SKIP("this kernel's vfio-pci exports no dma-buf");
	CHECK(fd >= 0, "export of BAR0: %s", strerror(-fd));
	close(fd);
	dev_close(&d);
}

static void let_go(int fd)
{
	import_end();
	close(fd);
}

static void mapped_at(u64 addr, u64 len)
{
	char want[64];

	snprintf(want, sizeof(want), "mapped 0x%llx 0x%llx ",
		 (unsigned long long)addr, (unsigned long long)len);
	import_is(want);
}

static void usemem_is_where_it_says(void)
{
	struct dev d;
	int fd;

	need_export();
	dev_open(&d);
	fd = dev_export(&d, 4, MiB, 2 * MiB);
	CHECK(fd >= 0, "%s", strerror(-fd));
	import(fd);
	mapped_at(facts()->mem_base + MiB, 2 * MiB);
	let_go(fd);
	dev_close(&d);
}

static void resmem_is_where_it_says(void)
{
	const struct facts *f = facts();
	struct dev d;
	int fd;

	if (!f->split)
		SKIP("this model has no resmem");
	need_export();
	dev_open(&d);
	fd = dev_export(&d, 2, f->resmem - MiB, MiB);
	CHECK(fd >= 0, "%s", strerror(-fd));
	import(fd);
	mapped_at(f->mem_base + f->hbm - MiB, MiB);
	let_go(fd);
	dev_close(&d);
}

static void only_backed_memory(void)
{
	const struct facts *f = facts();
	struct dev d;

	need_export();
	dev_open(&d);
	CHECK_EQ(dev_export(&d, 4, f->usemem - f->page, 2 * f->page), -EINVAL);
	CHECK_EQ(dev_export(&d, 4, f->usemem, f->page), -EINVAL);
	CHECK_EQ(dev_export(&d, 4, -f->page, 2 * f->page), -EOVERFLOW);
	CHECK(dev_export(&d, 5, 0, f->page) < 0, "the upper half of BAR4");
	dev_close(&d);
}

static void revoked_with_memory_off(void)
{
	struct dev d;
	int fd;

	need_export();
	dev_open(&d);
	fd = dev_export(&d, 4, 0, 2 * MiB);
	import(fd);
	set_command(&d, 0, 2);
	import_is("revoked");
	CHECK_EQ(import_map_again(), -ENODEV);
	set_command(&d, 2, 0);
	CHECK_EQ(import_map_again(), 0);
	mapped_at(facts()->mem_base, 2 * MiB);
	let_go(fd);
	dev_close(&d);
}

static void revoked_by_reset(void)
{
	struct dev d;
	int fd;

	need_export();
	dev_open(&d);
	fd = dev_export(&d, 4, 0, 2 * MiB);
	import(fd);
	CHECK_EQ(dev_reset(&d), 0);
	import_is("revoked");
	set_command(&d, 2, 0);
	CHECK_EQ(import_map_again(), 0);
	flr(&d);
	import_is("revoked");
	let_go(fd);
	dev_close(&d);
}

/* An export outlives its user as a dead thing, also if memory is cleared. */
static void dead_after_close(void)
{
	struct dev d;
	int fd;

	need_export();
	dev_open(&d);
	fd = dev_export(&d, 4, 0, 2 * MiB);
	import(fd);
	dev_close(&d);
	import_is("revoked");
	CHECK_EQ(import_map_again(), -ENODEV);
	dev_open(&d);
	set_command(&d, 2, 0);
	CHECK_EQ(import_map_again(), -ENODEV);
	let_go(fd);
	dev_close(&d);
}

/* Exports closed before and after the device leave nothing behind that a close trips over. */
static void many(void)
{
	struct dev d;
	int i, fd;

	need_export();
	for (i = 0; i < 20; i++) {
		dev_open(&d);
		fd = dev_export(&d, 4, i * MiB, MiB);
		CHECK(fd >= 0, "round %d: %s", i, strerror(-fd));
		if (i & 1)
			close(fd);
		dev_close(&d);
		if (!(i & 1))
			close(fd);
	}
}

/* Where users are refused bad pages; by default they are not. */
static void bad_page_is_not_exported(void)
{
	char text[32];
	struct dev d;
	int fd;

	need_export();
	CHECK_EQ(file_write(dev_path("cohmem/poison_policy"), "refuse"), 0);
	snprintf(text, sizeof(text), "0x%llx",
		 (unsigned long long)facts()->mem_base + 100 * MiB);
	CHECK_EQ(file_write(dev_path("cohmem/poison_pages"), text), 0);
	CHECK_EQ(file_write(dev_path("cohmem/poison_policy"), "refuse"), 0);
	dev_open(&d);
	CHECK_EQ(dev_export(&d, 4, 96 * MiB, 8 * MiB), -EHWPOISON);
	fd = dev_export(&d, 4, 96 * MiB, 4 * MiB);
	CHECK(fd >= 0, "pages before it: %s", strerror(-fd));
	close(fd);
	dev_close(&d);
	rebind();
}

SUITE(TEST(usemem_is_where_it_says), TEST(resmem_is_where_it_says),
      TEST(only_backed_memory), TEST(revoked_with_memory_off),
      TEST(revoked_by_reset), TEST(dead_after_close), TEST(many),
      TEST(bad_page_is_not_exported));
