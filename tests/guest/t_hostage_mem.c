// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory itself as hostage: the argument of a call reaches from a page of
 * ordinary memory into usemem, and usemem trains. The call waits for it, as a
 * load would, and nobody else does; all are served when the hardware is ready.
 */
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "hold.h"
#include "places.h"
#include "uapi.h"

#define TRAINING_MS	1500

/* Ordinary memory up to the address returned, the start of usemem from there. */
static u8 *edge_of_usemem(struct dev *d, u64 off)
{
	u64 page = facts()->page;
	u8 *p = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED, "mmap: %s", strerror(errno));
	memset(p, 0, page);
	CHECK(mmap(p + page, page, PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_FIXED, d->fd,
		   d->region[4].offset + off) == p + page,
	      "usemem behind it: %s", strerror(errno));
	return p + page;
}

static long command_write(void *arg)
{
	u16 cmd = PCI_COMMAND_MEMORY;

	return cfg_write(arg, PCI_COMMAND, &cmd, 2);
}

static long one_load(void *arg)
{
	u64 v;

	return try_load(arg, &v, NULL) ? 0 : -EFAULT;
}

static void leave_low_power(struct dev *d)
{
	struct vfio_device_feature f = {
		.argsz = sizeof(f),
		.flags = VFIO_DEVICE_FEATURE_SET | ABI_FEATURE_LOW_POWER_EXIT,
	};

	ioctl(d->fd, VFIO_DEVICE_FEATURE, &f);
}

/* While @held sleeps over training memory: others write, and wait, as ever. */
static void all_are_served(struct dev *d, struct job *held,
			   const struct place *pl, u8 *p)
{
	const char *name = pl->name;
	struct job write, wait;

	job_start(&wait, one_load, p);
	job_start(&write, command_write, d);
	job_join(&write, "a COMMAND write", AT_ONCE_MS);
	CHECK_EQ(write.ret, 2);
	job_join(&wait, "another waiter", TRAINING_MS + AT_ONCE_MS);
	job_join(held, name, AT_ONCE_MS);
	/* Both wake up at once; a device in low power answers with SIGBUS. */
	CHECK(!wait.ret || (pl->call == place_low_power.call && !held->ret),
	      "another waiter got SIGBUS");
	CHECK(sim_number("status", "since_reset_ms") >= TRAINING_MS,
	      "%s ended before the memory was there", name);
	test_info("%s: %ld (%s)", name, held->ret,
		  held->ret < 0 ? strerror(held->err) : "done");
}

static void trains_at(const struct place *pl)
{
	struct site s;
	struct dev d;
	struct job j;
	u8 *p;

	dev_open(&d);
	set_command(&d, PCI_COMMAND_MEMORY, 0);
	p = map(&d, 4, MiB, facts()->page);
	load((u64 *)p);
	s = (struct site){ .d = &d, .edge = edge_of_usemem(&d, 0),
			   .fd = eventfd(0, EFD_CLOEXEC) };
	if (pl->lay)
		pl->lay(&s);
	reset_slowly(&d, TRAINING_MS);
	job_start(&j, pl->call, &s);
	if (job_ended(&j, 200))
		SKIP("%s takes nothing from there here: %s", pl->name,
		     j.ret < 0 ? strerror(j.err) : "done");
	all_are_served(&d, &j, pl, p);
	leave_low_power(&d);
	munmap(s.edge - facts()->page, 2 * facts()->page);
	unmap(p, facts()->page);
	dev_close(&d);
}

#define TRAINS_AT(name) \
	static void trains_##name(void) \
	{ \
		trains_at(&place_##name); \
	} \
	extern int swallow_semicolon

TRAINS_AT(config_read);
TRAINS_AT(region_read);
TRAINS_AT(region_write);
TRAINS_AT(bar0_read);
TRAINS_AT(bar0_write);
TRAINS_AT(low_power);
TRAINS_AT(dma_buf);
TRAINS_AT(set_irqs);
TRAINS_AT(ioeventfd);
TRAINS_AT(hot_reset);
TRAINS_AT(region_info);
TRAINS_AT(device_info);

struct config_write {
	struct dev *d;
	u8 *at;
};

static long write_command(void *arg)
{
	struct config_write *w = arg;

	return cfg_write(w->d, PCI_COMMAND, w->at, 12);
}

/*
 * COMMAND from the last bytes of usemem, and what follows it from a page that is
 * held until a reset has come in between: the buffer was there when the kernel
 * looked first, and is not when it looks again.
 */
static void trains_command_write(void)
{
	struct config_write w;
	u64 nr, size, page = facts()->page;
	u8 rest[65536] = {};
	struct hold h;
	struct dev d;
	struct job j;
	u8 *p;

	hold_init(&h);
	dev_open(&d);
	set_command(&d, PCI_COMMAND_MEMORY, 0);
	p = map(&d, 4, MiB, page);
	load((u64 *)p);
	CHECK(mmap(h.base, page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		   d.fd, d.region[4].offset) == h.base,
	      "usemem in front: %s", strerror(errno));
	w = (struct config_write){ &d, h.base + page - 8 };
	CHECK_EQ(cfg_read(&d, PCI_COMMAND, w.at, 12), 12);
	size = min(page, sizeof(rest));
	memcpy(rest, h.base + page, size);
	hold_page(&h, 1);
	hold_take_back(&h, 1);

	job_start(&j, write_command, &w);
	CHECK(hold_wanted(&h, &nr, AT_ONCE_MS) && nr == 1,
	      "the kernel does not read its buffer");
	reset_slowly(&d, TRAINING_MS);
	hold_give(&h, 1, rest);
	sleep_ms(50);
	{
		struct job write, wait;

		job_start(&wait, one_load, p);
		job_start(&write, command_write, &d);
		job_join(&write, "a COMMAND write", AT_ONCE_MS);
		job_join(&wait, "another waiter", TRAINING_MS + AT_ONCE_MS);
		CHECK(!wait.ret, "another waiter got SIGBUS");
	}
	job_join(&j, "COMMAND write from usemem", TRAINING_MS + AT_ONCE_MS);
	CHECK(j.ret == 12, "it returned %ld (%s)", j.ret, strerror(j.err));
	unmap(p, page);
	munmap(h.base, 2 * page);
	dev_close(&d);
}

SUITE(TEST(trains_config_read), TEST(trains_command_write),
      TEST(trains_low_power), TEST(trains_dma_buf), TEST(trains_set_irqs),
      TEST(trains_ioeventfd), TEST(trains_hot_reset), TEST(trains_region_info),
      TEST(trains_device_info), TEST(trains_region_read),
      TEST(trains_region_write), TEST(trains_bar0_read),
      TEST(trains_bar0_write));
