// SPDX-License-Identifier: GPL-2.0-only
/*
 * Extended GPU Memory as a device-specific region of a GPU: how a VMM finds it,
 * what it says of itself, and that it and /dev/egm<N> never have it at once.
 */
#include <linux/vfio.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "egm.h"
#include "scrubbing.h"

#define RW	(PROT_READ | PROT_WRITE)

/* What VMMs have compiled in. */
_Static_assert(EGM_REGION_TYPE == 0x800010de, "type");
_Static_assert(VFIO_REGION_SUBTYPE_NVIDIA_EGM == 2, "subtype");
_Static_assert(VFIO_REGION_INFO_CAP_EGM == 0x4547, "capability");

/* Whoever maps it while it is cleared gets EAGAIN: so nothing is cleared here. */
static void open_region(struct dev *d, struct egm_region *r)
{
	egm_settle("off");
	dev_open(d);
	CHECK(egm_region_find(d, r), "none of %u regions is EGM", d->nr_regions);
}

static void *__map_region(struct dev *d, struct egm_region *r, u64 off, u64 len,
			  int flags)
{
	return mmap(NULL, len, RW, flags, d->fd, r->info->offset + off);
}

static void *map_region(struct dev *d, struct egm_region *r, u64 off, u64 len)
{
	void *p = __map_region(d, r, off, len, MAP_SHARED);

	CHECK(p != MAP_FAILED, "mmap region %u %#llx+%#llx: %s", r->index,
	      (unsigned long long)off, (unsigned long long)len,
	      strerror(errno));
	return p;
}

static void what_it_says(void)
{
	const struct egm_facts *e = need_egm();
	struct egm_region r;
	struct vfio_region_info_cap_egm *c;
	unsigned int i;
	struct dev d;

	open_region(&d, &r);
	CHECK_EQ(r.info->size, e->size);
	CHECK_EQ(r.info->flags, VFIO_REGION_INFO_FLAG_MMAP |
		 VFIO_REGION_INFO_FLAG_CAPS);
	c = egm_region_cap(r.info, VFIO_REGION_INFO_CAP_EGM);
	CHECK(c, "no capability with its node");
	CHECK_EQ(c->header.version, 1);
	CHECK_EQ(c->pxm, e->pxm[0]);
	CHECK_EQ(c->nr_retired, e->nr_retired);
	CHECK((u8 *)&c->retired[c->nr_retired] - (u8 *)r.info <= r.info->argsz,
	      "the list is longer than the answer");
	for (i = 0; i < c->nr_retired; i++)
		CHECK_EQ(c->retired[i], e->retired[i]);
	test_info("region %u of %u, offset %#llx", r.index, d.nr_regions,
		  (unsigned long long)r.info->offset);
	dev_close(&d);
}

/* Each time it is opened, there is one, and it is the same. */
static void again_and_again(void)
{
	struct egm_region r, s;
	unsigned int i;
	struct dev d;

	open_region(&d, &r);
	dev_close(&d);
	for (i = 0; i < 5; i++) {
		open_region(&d, &s);
		CHECK_EQ(s.index, r.index);
		CHECK_EQ(s.info->offset, r.info->offset);
		dev_close(&d);
	}
}

static void no_reading_and_writing(void)
{
	struct egm_region r;
	struct dev d;
	u64 v = 0;

	open_region(&d, &r);
	CHECK_ERRNO(pread(d.fd, &v, 8, r.info->offset), EINVAL);
	CHECK_ERRNO(pwrite(d.fd, &v, 8, r.info->offset), EINVAL);
	CHECK_ERRNO(pread(d.fd, &v, 8, r.info->offset + r.info->size), EINVAL);
	dev_close(&d);
}

static void refused(struct dev *d, struct egm_region *r, u64 off, u64 len,
		    int flags)
{
	void *p = __map_region(d, r, off, len, flags);

	CHECK(p == MAP_FAILED, "%#llx+%#llx flags %#x was mapped",
	      (unsigned long long)off, (unsigned long long)len, flags);
	CHECK(errno == EINVAL || errno == EOVERFLOW || errno == ENOMEM, "%s",
	      strerror(errno));
}

static void what_can_be_mapped(void)
{
	u64 page = facts()->page, size;
	struct egm_region r;
	struct dev d;

	open_region(&d, &r);
	size = r.info->size;
	refused(&d, &r, 0, page, MAP_PRIVATE);
	refused(&d, &r, size, page, MAP_SHARED);
	refused(&d, &r, size - page, 2 * page, MAP_SHARED);
	refused(&d, &r, 0, size + page, MAP_SHARED);
	refused(&d, &r, (1ULL << 40) - page, page, MAP_SHARED);
	/* Nothing of that was a claim. */
	egm_is("user", "-");
	unmap(map_region(&d, &r, 0, size), size);
	unmap(map_region(&d, &r, size - page, page), page);
	dev_close(&d);
}

static void the_same_bytes(void)
{
	const struct egm_facts *e = need_egm();
	struct egm_region r;
	u64 off, v;
	struct dev d;
	unsigned int i;
	u8 *p;

	open_region(&d, &r);
	p = map_region(&d, &r, 0, e->size);
	for (off = 0; off < e->size; off += 7 * MiB) {
		if (egm_is_retired(off))
			continue;
		store((u64 *)(p + off), off + 1);
		sim_egm_read(off, &v, 8);
		CHECK_EQ(v, off + 1);
	}
	for (i = 0; i < e->nr_retired; i++)
		expect_sigbus((u64 *)(p + e->retired[i] + 4096), 0);
	/* The BARs beside it are what they were. */
	unmap(p, e->size);
	p = map(&d, 4, 0, MiB);
	store((u64 *)p, 77);
	sim_mem_read(0, &v, 8);
	CHECK_EQ(v, 77);
	unmap(p, MiB);
	dev_close(&d);
}

/* Who maps it has it; to open the GPU is no claim. */
static void one_face_at_a_time(void)
{
	struct egm_region r;
	struct dev d;
	int fd;
	u8 *p;

	need_egm();
	CHECK(egm_freed(AT_ONCE_MS), "somebody has it");
	open_region(&d, &r);
	egm_is("user", "-");
	fd = egm_open(0);
	p = __map_region(&d, &r, 0, 65536, MAP_SHARED);
	CHECK(p == MAP_FAILED && errno == EBUSY, "two have it: %s",
	      strerror(errno));
	egm_close(fd);
	CHECK(egm_freed(AT_ONCE_MS), "it is closed");

	p = map_region(&d, &r, 0, 65536);
	egm_is("user", facts()->bdf);
	CHECK_EQ(__egm_open(0), -EBUSY);
	/* Without a mapping it is still the GPU's user's, to map it again. */
	unmap(p, 65536);
	CHECK_EQ(__egm_open(0), -EBUSY);
	p = map_region(&d, &r, 65536 * 8, 65536);
	unmap(p, 65536);
	dev_close(&d);
	CHECK(egm_freed(AT_ONCE_MS), "the GPU is closed");
	egm_close(egm_open(0));
}

/* What is being cleared is nobody's yet: as mmap() cannot wait, it says so. */
static void a_mapping_does_not_wait(void)
{
	struct egm_region r;
	double end;
	struct dev d;
	void *p;

	/* Before the GPU is open, which would otherwise be in the way of it. */
	egm_settle("off");
	egm_close(egm_open(0));
	CHECK(egm_freed(AT_ONCE_MS), "it is closed");
	egm_set("scrub", "open");
	dev_open(&d);
	CHECK(egm_region_find(&d, &r), "no region");
	p = __map_region(&d, &r, 0, 65536, MAP_SHARED);
	CHECK(p == MAP_FAILED && errno == EAGAIN, "dirty memory was mapped: %s",
	      strerror(errno));
	/* It has set the clearing off. */
	end = now_ms() + CLEARED_MS;
	while (p == MAP_FAILED && errno == EAGAIN && now_ms() < end) {
		sleep_ms(20);
		p = __map_region(&d, &r, 0, 65536, MAP_SHARED);
	}
	CHECK(p != MAP_FAILED, "%s", strerror(errno));
	unmap(p, 65536);
	dev_close(&d);
}

/* A user of the region leaves no more than one of the character device. */
static void cleared_between_users(void)
{
	u64 at, v, page = facts()->page;
	struct egm_region r;
	struct dev d;
	u8 *p;

	open_region(&d, &r);
	egm_set("scrub", "close");
	at = egm_good(0, 4 * MiB);
	p = map_region(&d, &r, at, 4 * MiB);
	CHECK_EQ(egm_u64("scrub_dirty"), 1);
	store((u64 *)p, 0x4711);
	store((u64 *)(p + 4 * MiB - page), 0x4711);
	dev_close(&d);
	unmap(p, 4 * MiB);
	egm_cleared();
	sim_egm_read(at, &v, 8);
	CHECK_EQ(v, 0);
	sim_egm_read(at + 4 * MiB - page, &v, 8);
	CHECK_EQ(v, 0);
}

static long unbind_job(void *unused)
{
	(void)unused;
	return file_write(dev_path("driver/unbind"), facts()->bdf);
}

/* As with BARs: the user is asked, and waited for; nothing is taken away. */
static void unbinding_waits_for_its_user(void)
{
	struct job j = { 0 };
	struct egm_region r;
	struct pollfd asked;
	struct dev d;
	u64 at;
	u8 *p;

	open_region(&d, &r);
	asked.fd = eventfd(0, EFD_CLOEXEC);
	asked.events = POLLIN;
	CHECK_EQ(__irq_set(&d, VFIO_PCI_REQ_IRQ_INDEX, 0, &asked.fd, 1), 0);
	at = egm_good(0, MiB);
	p = map_region(&d, &r, at, MiB);
	store((u64 *)p, 3);
	job_start(&j, unbind_job, NULL);
	CHECK(poll(&asked, 1, AT_ONCE_MS) == 1, "nobody is asked to go");
	CHECK(!job_ended(&j, 300), "it did not wait");
	CHECK_EQ(load((u64 *)p), 3);
	unmap(p, MiB);
	dev_close(&d);
	job_join(&j, "unbind", AT_ONCE_MS);
	CHECK_EQ(j.ret, 0);
	CHECK_EQ(file_write("/sys/bus/pci/drivers/cohmem_vfio_pci/bind",
			    facts()->bdf), 0);
	egm_close(egm_open(0));
}

/* A reset, or memory decoding off, takes BARs away; this is no BAR. */
static void a_reset_leaves_it_alone(void)
{
	struct egm_region r;
	struct dev d;
	u64 at;
	u8 *p;

	open_region(&d, &r);
	at = egm_good(0, 2 * MiB);
	p = map_region(&d, &r, at, 2 * MiB);
	fill(p, 2 * MiB, 5);
	CHECK_EQ(dev_reset(&d), 0);
	CHECK_EQ(mismatch(p, 2 * MiB, 5), -1);
	set_command(&d, 0, 2);
	CHECK_EQ(mismatch(p, 2 * MiB, 5), -1);
	unmap(p, 2 * MiB);
	dev_close(&d);
}

SUITE(TEST(what_it_says), TEST_LONG(again_and_again, 60),
      TEST(no_reading_and_writing), TEST(what_can_be_mapped),
      TEST(the_same_bytes), TEST(one_face_at_a_time),
      TEST_LONG(a_mapping_does_not_wait, 180),
      TEST_LONG(cleared_between_users, 180), TEST(unbinding_waits_for_its_user),
      TEST(a_reset_leaves_it_alone));
