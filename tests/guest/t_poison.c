// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages that go bad: who is told, and who gets them afterwards. Needs the helper
 * module cohmem_test_poison (tests/kmod), which plays the hardware.
 */
#include <stdlib.h>
#include <sys/mman.h>

#include "guest.h"

static int note_bad(u64 phys)
{
	char text[32];

	snprintf(text, sizeof(text), "0x%llx", (unsigned long long)phys);
	return file_write(dev_path("cohmem/poison_pages"), text);
}

/*
 * Bad pages are remembered until the driver is unbound: begin with none. Each
 * test unmaps before it binds anew: unbinding waits for the last mapping.
 */
static void fresh(bool need_hook)
{
	if (need_hook)
		need_memory_errors();
	rebind();
	CHECK_EQ(attr_u64("poison_count"), 0);
}

/* Not the default (t_badpage): the administrator wants no user to have them. */
static void refuse(void)
{
	CHECK_EQ(file_write(dev_path("cohmem/poison_policy"), "refuse"), 0);
}

static void sigbus_to_the_mapper(void)
{
	const struct facts *f = facts();
	u64 off = 3 * f->page;
	struct fault hit;
	struct dev d;
	u8 *p;

	fresh(true);
	dev_open(&d);
	p = map(&d, 4, 0, 4 * MiB);
	store((u64 *)(p + off), 1);
	CHECK_EQ(go_bad(f->mem_base + off, &hit), 0);
	CHECK(hit.sig == SIGBUS && hit.code == BUS_MCEERR_AR, "%s",
	      fault_str(&hit));
	CHECK((u8 *)hit.addr == p + off, "at %p, not %p", hit.addr, p + off);
	CHECK_EQ(attr_u64("poison_count"), 1);
	CHECK_EQ(attr_u64("poison_pages"), f->mem_base + off);
	unmap(p, 4 * MiB);
	dev_close(&d);
	rebind();
}

/* The place is right with several mappings, and nobody dies of a gap. */
static void several_mappings(void)
{
	const struct facts *f = facts();
	struct fault hit;
	struct dev d;
	u8 *a, *b, *c;

	fresh(true);
	dev_open(&d);
	a = map(&d, 4, 0, 4 * MiB);
	b = map(&d, 4, 8 * MiB, 4 * MiB);
	c = map(&d, 4, 64 * MiB, MiB);
	store((u64 *)a, 1);
	store((u64 *)b, 1);

	CHECK_EQ(go_bad(f->mem_base + 6 * MiB, &hit), 0);
	CHECK(!hit.sig, "a page that nobody maps: %s", fault_str(&hit));
	CHECK_EQ(go_bad(f->mem_base + 256 * MiB, &hit), 0);
	CHECK(!hit.sig, "a page above all mappings: %s", fault_str(&hit));
	CHECK_EQ(go_bad(f->mem_base + 9 * MiB, &hit), 0);
	CHECK((u8 *)hit.addr == b + MiB, "at %p, not %p", hit.addr, b + MiB);
	CHECK_EQ(attr_u64("poison_count"), 3);
	/* The same page again counts once. */
	CHECK_EQ(go_bad(f->mem_base + 9 * MiB, &hit), 0);
	CHECK_EQ(attr_u64("poison_count"), 3);
	unmap(a, 4 * MiB);
	unmap(b, 4 * MiB);
	unmap(c, MiB);
	dev_close(&d);
	rebind();
}

static void in_resmem(void)
{
	const struct facts *f = facts();
	struct fault hit;
	struct dev d;
	u64 v;
	u8 *p;

	if (!f->split)
		SKIP("this model has no resmem");
	fresh(true);
	dev_open(&d);
	p = map(&d, 2, 0, 4 * MiB);
	store((u64 *)p, 1);
	CHECK_EQ(go_bad(f->mem_base + f->usemem + f->page, &hit), 0);
	CHECK((u8 *)hit.addr == p + f->page, "%s", fault_str(&hit));
	CHECK_ERRNO(reg_read(&d, 2, f->page, &v, 8), EIO);
	unmap(p, 4 * MiB);
	dev_close(&d);
	rebind();
}

static void read_and_write_stop_there(void)
{
	const struct facts *f = facts();
	static u8 buf[65536];
	u64 bad = 8 * MiB + 5 * f->page;
	struct dev d;

	if (5 * f->page >= sizeof(buf))
		SKIP("pages too large for this test's buffer");
	fresh(false);
	CHECK_EQ(note_bad(f->mem_base + bad + 7), 0);
	dev_open(&d);
	CHECK_ERRNO(reg_read(&d, 4, bad + 8, buf, 8), EIO);
	CHECK_ERRNO(reg_write(&d, 4, bad + 8, buf, 8), EIO);
	CHECK_EQ(reg_read(&d, 4, 8 * MiB, buf, sizeof(buf)), 5 * f->page);
	CHECK_EQ(reg_write(&d, 4, 8 * MiB, buf, sizeof(buf)), 5 * f->page);
	CHECK_EQ(reg_read(&d, 4, bad + f->page, buf, 8), 8);
	dev_close(&d);
	rebind();
}

/*
 * Where the policy refuses it, no new mapping shows it: not now, not after a
 * reset, not to the next user.
 */
static void nobody_maps_it_again(void)
{
	const struct facts *f = facts();
	u64 bad = 16 * MiB + 5 * f->page;
	unsigned int user;
	struct dev d;
	u8 *p;

	fresh(false);
	refuse();
	CHECK_EQ(note_bad(f->mem_base + bad), 0);
	for (user = 0; user < 2; user++) {
		dev_open(&d);
		p = map_aligned(&d, 4, 16 * MiB, 4 * MiB, 2 * MiB, 0);
		expect_sigbus((u64 *)(p + 5 * f->page), BUS_MCEERR_AR);
		store((u64 *)(p + 4 * f->page), 1);
		store((u64 *)(p + 6 * f->page), 1);
		CHECK_EQ(dev_reset(&d), 0);
		expect_sigbus((u64 *)(p + 5 * f->page), BUS_MCEERR_AR);
		unmap(p, 4 * MiB);
		dev_close(&d);
	}
	rebind();
}

static void sysfs_takes_only_our_pages(void)
{
	const struct facts *f = facts();

	fresh(false);
	CHECK_EQ(note_bad(f->mem_base - 1), -ERANGE);
	CHECK_EQ(note_bad(f->mem_base + f->hbm), -ERANGE);
	CHECK_EQ(file_write(dev_path("cohmem/poison_pages"), "bad"), -EINVAL);
	CHECK_EQ(attr_u64("poison_count"), 0);
	CHECK_EQ(note_bad(f->mem_base + f->hbm - 1), 0);
	CHECK_EQ(attr_u64("poison_count"), 1);
	CHECK_EQ(attr_u64("poison_overflow"), 0);
	rebind();
}

/*
 * More bad pages than the driver can note: then none is trusted, by the kernel
 * in any case, and for users where the policy refuses bad pages.
 */
static void overflow_closes_the_memory(void)
{
	const struct facts *f = facts();
	struct dev d;
	unsigned int i;
	void *p;
	u64 v;

	fresh(false);
	refuse();
	for (i = 0; i < 100000 && !attr_u64("poison_overflow"); i++)
		CHECK_EQ(note_bad(f->mem_base + GiB + i * f->page), 0);
	CHECK(attr_u64("poison_overflow"), "not after %u pages", i);
	test_info("after %u pages", i);
	CHECK_EQ(file_write(dev_path("cohmem/poison_policy"), "refuse"), 0);
	dev_open(&d);
	CHECK_ERRNO(reg_read(&d, 4, 0, &v, 8), EIO);
	p = map(&d, 4, 0, f->page);
	expect_sigbus(p, BUS_MCEERR_AR);
	unmap(p, f->page);
	dev_close(&d);
	rebind();
	dev_open(&d);
	CHECK_EQ(reg_read(&d, 4, 0, &v, 8), 8);
	dev_close(&d);
}

/* Does the kernel map the page at @phys? */
static bool aliased(u64 phys)
{
	unsigned long long at, size;
	bool found = false;
	char line[512], *p;
	FILE *f = fopen("/proc/vmallocinfo", "r");

	if (!f)
		SKIP("/proc/vmallocinfo cannot be read: %s", strerror(errno));
	while (!found && fgets(line, sizeof(line), f)) {
		p = strstr(line, "phys=");
		if (!p || sscanf(p, "phys=%llx", &at) != 1 ||
		    sscanf(line, "%*s %llu", &size) != 1)
			continue;
		/* the size counts a guard page */
		found = phys >= at && phys < at + size - facts()->page;
	}
	fclose(f);
	return found;
}

/* The kernel's own mappings end before a bad page, whenever it went bad. */
static void no_alias_of_a_bad_page(void)
{
	const struct facts *f = facts();
	u64 off = 40 * MiB, bad = f->mem_base + off, v;
	struct dev d;
	int i;

	fresh(false);
	dev_open(&d);
	CHECK_EQ(reg_read(&d, 4, off, &v, 8), 8);
	CHECK(aliased(bad), "read() maps what it reads: the test is wrong");
	CHECK_EQ(note_bad(bad), 0);
	for (i = 0; i < 100 && aliased(bad); i++)
		sleep_ms(20);
	CHECK(!aliased(bad), "the alias stays");

	v = 0x12345678;
	CHECK_EQ(reg_write(&d, 4, off - 8, &v, 8), 8);
	CHECK_EQ(reg_write(&d, 4, off + f->page, &v, 8), 8);
	v = 0;
	CHECK_EQ(reg_read(&d, 4, off - 8, &v, 8), 8);
	CHECK_EQ(v, 0x12345678);
	CHECK_EQ(reg_read(&d, 4, off + f->page, &v, 8), 8);
	CHECK_EQ(v, 0x12345678);
	CHECK_ERRNO(reg_read(&d, 4, off, &v, 8), EIO);
	CHECK(aliased(bad - f->page) && aliased(bad + f->page) && !aliased(bad),
	      "the alias of what is around covers it");
	dev_close(&d);
	CHECK_EQ(kernel_mappings(), 0);
	rebind();
}

SUITE(TEST(sigbus_to_the_mapper), TEST(several_mappings), TEST(in_resmem),
      TEST(read_and_write_stop_there), TEST(nobody_maps_it_again),
      TEST(sysfs_takes_only_our_pages), TEST(overflow_closes_the_memory),
      TEST(no_alias_of_a_bad_page));
