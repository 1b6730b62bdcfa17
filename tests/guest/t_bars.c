// SPDX-License-Identifier: GPL-2.0-only
/*
 * Real BARs behind the composed ones: a GH200 has 128 GiB at BAR2 and 32 MiB at
 * BAR4. Nothing of them can be reached: not by mapping, reading or writing, and
 * not by an ioeventfd whose argument changes between two looks at it.
 *
 * And what an ioeventfd may do with those that can be reached: write to what is aligned.
 * Anything else is the end of an arm64 host as soon as the eventfd is signalled, which
 * is not done here.
 */
#include <linux/vfio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine.h"
#include "hold.h"

#define ROUNDS	20000

/* A composed BAR with a real one behind it, or no test. */
static unsigned int hidden_bar(void)
{
	unsigned int bar;

	for (bar = facts()->split ? 2 : 4; bar <= 4; bar += 2)
		if (real_bar(bar)) {
			test_info("real BAR%u: %llu MiB", bar,
				  (unsigned long long)(real_bar(bar) / MiB));
			return bar;
		}
	SKIP("no real BAR behind a composed one");
}

static int arm(struct dev *d, struct vfio_device_ioeventfd *io)
{
	return ioctl(d->fd, VFIO_DEVICE_IOEVENTFD, io) ? -errno : 0;
}

static void not_by_ioeventfd(void)
{
	struct vfio_device_ioeventfd io = {
		.argsz = sizeof(io), .flags = VFIO_DEVICE_IOEVENTFD_32,
		.fd = eventfd(0, EFD_CLOEXEC),
	};
	struct dev d;
	unsigned int bar;
	u64 at[] = { 0, 4096, 17 * MiB };
	unsigned int i;

	hidden_bar();
	dev_open(&d);
	set_command(&d, 2, 0);
	for (bar = facts()->split ? 2 : 4; bar < 6; bar++)
		for (i = 0; i < ARRAY_SIZE(at); i++) {
			io.offset = d.region[bar].offset + at[i];
			CHECK(arm(&d, &io) == -EINVAL, "BAR%u at %#llx", bar,
			      (unsigned long long)at[i]);
		}
	dev_close(&d);
}

static void not_by_going_further(void)
{
	unsigned int bar;
	struct dev d;
	u64 v, off;

	hidden_bar();
	dev_open(&d);
	set_command(&d, 2, 0);
	for (bar = facts()->split ? 2 : 4; bar <= 4; bar += 2)
		for (off = d.region[bar].size; off < 256 * GiB; off *= 2) {
			CHECK_ERRNO(reg_read(&d, bar, off, &v, 8), EINVAL);
			CHECK_ERRNO(reg_write(&d, bar, off, &v, 8), EINVAL);
			CHECK(__map(&d, bar, off, facts()->page, PROT_READ,
				    MAP_SHARED) == MAP_FAILED,
			      "BAR%u mapped at %#llx", bar,
			      (unsigned long long)off);
		}
	dev_close(&d);
}

/* Memory that the real BAR2 cannot have: it is zero after a reset, always. */
static void what_is_read_is_the_memory(void)
{
	unsigned int bar = hidden_bar();
	u64 base = bar == 2 ? facts()->usemem : 0, v = 0;
	struct dev d;
	u8 *p;

	dev_open(&d);
	set_command(&d, 2, 0);
	sim_mem_write(base + 4096, &(u64){ 0x1122334455667788ULL }, 8);
	CHECK_EQ(reg_read(&d, bar, 4096, &v, 8), 8);
	CHECK_EQ(v, 0x1122334455667788ULL);
	p = map(&d, bar, 0, 65536);
	CHECK_EQ(load((u64 *)(p + 4096)), 0x1122334455667788ULL);
	store((u64 *)(p + 4096), 5);
	sim_mem_read(base + 4096, &v, 8);
	CHECK_EQ(v, 5);
	unmap(p, 65536);
	dev_close(&d);
}

struct call {
	struct dev *d;
	struct vfio_device_ioeventfd *io;
};

static long arm_it(void *arg)
{
	struct call *c = arg;

	return arm(c->d, c->io);
}

/*
 * The first half of the argument is looked at, and then changed while the kernel
 * waits for the second half: whoever looks again gets another BAR.
 */
static void not_by_changing_ones_mind(void)
{
	unsigned int bar = hidden_bar();
	struct vfio_device_ioeventfd io = {
		.argsz = sizeof(io), .flags = VFIO_DEVICE_IOEVENTFD_32,
		.fd = eventfd(0, EFD_CLOEXEC), .data = 1,
	};
	u8 pages[2][65536] = {};
	struct hold h;
	struct call c;
	struct dev d;
	struct job j;
	u64 nr, again;
	u8 *at;

	CHECK(facts()->page <= sizeof(pages[0]), "huge pages");
	hold_init(&h);
	dev_open(&d);
	set_command(&d, 2, 0);
	at = h.base + h.page - 16;
	io.offset = d.region[0].offset + 0x600000;
	memcpy(at, &io, sizeof(io));
	memcpy(pages[1], h.base + h.page, h.page);
	again = d.region[bar].offset;
	io.offset = again;
	memcpy(pages[0] + h.page - 16, &io, 16);
	hold_page(&h, 0);
	hold_page(&h, 1);
	hold_take_back(&h, 1);
	c = (struct call){ &d, (void *)at };
	job_start(&j, arm_it, &c);
	CHECK(hold_wanted(&h, &nr, AT_ONCE_MS) && nr == 1,
	      "the kernel does not read the argument");
	hold_take_back(&h, 0);
	hold_give(&h, 1, pages[1]);
	again = 0;
	while (!job_ended(&j, 20))
		if (hold_wanted(&h, &nr, 20)) {
			again++;
			hold_give(&h, nr, pages[nr]);
		}
	job_join(&j, "IOEVENTFD", AT_ONCE_MS);
	test_info("looked at %llu times, returned %ld",
		  (unsigned long long)again + 1, j.ret);
	CHECK(!again || j.ret == -EINVAL || j.ret == -EBUSY,
	      "an ioeventfd on the real BAR%u: %ld", bar, j.ret);
	dev_close(&d);
}

struct flipper {
	struct vfio_device_ioeventfd *io;
	u64 good, bad;
	volatile bool stop;
};

static long flip(void *arg)
{
	struct flipper *f = arg;
	volatile u64 *offset = (volatile u64 *)&f->io->offset;

	while (!f->stop) {
		*offset = f->bad;
		*offset = f->good;
	}
	return 0;
}

/*
 * The same by luck: an offset in BAR1, which is no BAR and which the core refuses,
 * or in the hidden one. They differ in one byte: a mixture of the two, which a
 * reader may see whose loads are not atomic, is one of them.
 */
static void not_by_racing(void)
{
	unsigned int bar = hidden_bar(), i, hits = 0;
	struct vfio_device_ioeventfd io = {
		.argsz = sizeof(io), .flags = VFIO_DEVICE_IOEVENTFD_32,
		.fd = eventfd(0, EFD_CLOEXEC),
	};
	struct flipper f = { .io = &io };
	struct dev d;
	struct job j;

	dev_open(&d);
	set_command(&d, 2, 0);
	f.good = d.region[1].offset;
	f.bad = d.region[bar].offset;
	io.offset = f.good;
	job_start(&j, flip, &f);
	for (i = 0; i < ROUNDS; i++)
		hits += !arm(&d, &io);
	f.stop = true;
	job_join(&j, "the race", AT_ONCE_MS);
	CHECK(!hits, "%u of %u ioeventfds are on the real BAR%u", hits, i, bar);
	dev_close(&d);
}

/* A register of the copy engine, for which any value will do. */
#define REGISTER	(COHMEM_ENGINE_BASE + COHMEM_ENGINE_PATTERN)

/* Its register is written when the eventfd is signalled, and not afterwards. */
static void an_ioeventfd_writes(void)
{
	struct dev d;
	struct vfio_device_ioeventfd io = {
		.argsz = sizeof(io), .flags = VFIO_DEVICE_IOEVENTFD_32,
		.data = 0x1234567, .fd = eventfd(0, EFD_CLOEXEC),
	};
	int fd = io.fd;

	dev_open(&d);
	set_command(&d, 2, 0);
	io.offset = d.region[0].offset + REGISTER;
	CHECK_EQ(arm(&d, &io), 0);
	CHECK_EQ(arm(&d, &io), -EEXIST);
	io.data++;
	CHECK_EQ(arm(&d, &io), 0);
	io.fd = -1;
	CHECK_EQ(arm(&d, &io), 0);
	CHECK_EQ(arm(&d, &io), -ENODEV);
	CHECK(!eventfd_write(fd, 1), "%s", strerror(errno));
	CHECK_EQ(bar0_r32(&d, REGISTER), 0x1234567);
	/* Memory that is off is not written to. */
	set_command(&d, 0, 2);
	CHECK(!eventfd_write(fd, 1), "%s", strerror(errno));
	set_command(&d, 2, 0);
	bar0_w32(&d, REGISTER, 7);
	io.data--;
	CHECK_EQ(arm(&d, &io), 0);
	CHECK(!eventfd_write(fd, 1), "%s", strerror(errno));
	CHECK_EQ(bar0_r32(&d, REGISTER), 7);
	io.fd = -2;
	CHECK_EQ(arm(&d, &io), -EINVAL);
	io.fd = d.fd;
	CHECK_EQ(arm(&d, &io), -EINVAL);
	dev_close(&d);
}

static void ioeventfds_are_aligned(void)
{
	struct vfio_device_ioeventfd io = {
		.argsz = sizeof(io), .fd = eventfd(0, EFD_CLOEXEC),
	};
	unsigned int size, skew;
	struct dev d;
	int ret;

	dev_open(&d);
	set_command(&d, 2, 0);
	for (size = 1; size <= 8; size *= 2)
		for (skew = 0; skew < 8; skew++) {
			io.flags = size;
			io.offset = d.region[0].offset + REGISTER + skew;
			ret = arm(&d, &io);
			/* Not every kernel writes 8 bytes at once on amd64. */
			if (size == 8 && !skew && ret == -EINVAL)
				test_info("8 bytes are too many for this kernel");
			else
				CHECK(ret == (skew % size ? -EINVAL : 0),
				      "%u bytes, %u off: %d", size, skew, ret);
		}
	/* A real BAR that nobody has used before. */
	if (!facts()->split && real_bar(2)) {
		io.flags = VFIO_DEVICE_IOEVENTFD_32;
		io.offset = d.region[2].offset;
		CHECK_EQ(arm(&d, &io), 0);
		io.offset += real_bar(2) - 2;
		CHECK_EQ(arm(&d, &io), -EINVAL);
	}
	dev_close(&d);
}

/* Nor by changing the offset between two looks: who is armed is aligned. */
static void aligned_ones_stay_so(void)
{
	struct vfio_device_ioeventfd io = {
		.argsz = sizeof(io), .flags = VFIO_DEVICE_IOEVENTFD_32,
		.fd = eventfd(0, EFD_CLOEXEC),
	}, aligned;
	struct flipper f = { .io = &io };
	unsigned int i, armed = 0, hits = 0;
	struct dev d;
	struct job j;

	dev_open(&d);
	set_command(&d, 2, 0);
	f.good = d.region[0].offset + REGISTER;
	f.bad = f.good + 1;
	io.offset = f.good;
	aligned = io;
	aligned.fd = -1;
	job_start(&j, flip, &f);
	for (i = 0; i < ROUNDS; i++) {
		if (arm(&d, &io))
			continue;
		armed++;
		hits += arm(&d, &aligned) != 0;
	}
	f.stop = true;
	job_join(&j, "the race", AT_ONCE_MS);
	test_info("%u of %u were armed", armed, i);
	CHECK(!hits, "%u of %u ioeventfds are not aligned", hits, armed);
	dev_close(&d);
}

SUITE(TEST(not_by_ioeventfd), TEST(not_by_going_further),
      TEST(what_is_read_is_the_memory), TEST(not_by_changing_ones_mind),
      TEST_LONG(not_by_racing, 60), TEST(an_ioeventfd_writes),
      TEST(ioeventfds_are_aligned), TEST_LONG(aligned_ones_stay_so, 60));
