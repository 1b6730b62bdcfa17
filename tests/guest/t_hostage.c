// SPDX-License-Identifier: GPL-2.0-only
/*
 * A page held hostage (userfaultfd) at each place where VFIO takes a pointer to
 * user memory. The caller has himself to blame; everybody else goes on: config
 * space, resets, low power, and whoever waits for the memory gets it when the
 * hardware has it.
 */
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "hold.h"
#include "places.h"
#include "uapi.h"

/* How long the memory trains while somebody is held, and is waited for. */
#define TRAINING_MS	600

static long probe_config_read(void *arg)
{
	u32 id;

	return cfg_read(arg, 0, &id, 4);
}

static long probe_command(void *arg)
{
	u16 cmd = PCI_COMMAND_MEMORY;

	return cfg_write(arg, PCI_COMMAND, &cmd, 2);
}

static long probe_reset(void *arg)
{
	return dev_reset(arg);
}

static long probe_low_power(void *arg)
{
	struct dev *d = arg;
	struct vfio_device_feature f = {
		.argsz = sizeof(f),
		.flags = VFIO_DEVICE_FEATURE_SET | ABI_FEATURE_LOW_POWER_ENTRY,
	};

	if (ioctl(d->fd, VFIO_DEVICE_FEATURE, &f))
		return errno == ENOTTY ? 0 : -errno;
	f.flags = VFIO_DEVICE_FEATURE_SET | ABI_FEATURE_LOW_POWER_EXIT;
	return ioctl(d->fd, VFIO_DEVICE_FEATURE, &f) ? -errno : 0;
}

static long probe_load(void *arg)
{
	u64 v;

	return try_load(arg, &v, NULL) ? 0 : -EFAULT;
}

static void probe(const char *what, long (*fn)(void *), void *arg, long want,
		  unsigned int ms)
{
	struct job j;

	job_start(&j, fn, arg);
	job_join(&j, what, ms);
	CHECK(j.ret == want, "%s returned %ld (%s)", what, j.ret,
	      strerror(j.ret < 0 ? -j.ret : j.err));
	if (j.ms > 500)
		test_info("%s took %.0f ms", what, j.ms);
}

/* What others do while somebody hangs. @p: a mapping of usemem. */
static void others_go_on(struct dev *d, u8 *p)
{
	probe("a config read", probe_config_read, d, 4, AT_ONCE_MS);
	probe("a COMMAND write", probe_command, d, 2, AT_ONCE_MS);
	sim_training(TRAINING_MS);
	probe("VFIO_DEVICE_RESET", probe_reset, d, 0, AT_ONCE_MS);
	probe("a COMMAND write after it", probe_command, d, 2, AT_ONCE_MS);
	probe("a load from training memory", probe_load, p, 0,
	      TRAINING_MS + AT_ONCE_MS);
	CHECK(sim_number("status", "since_reset_ms") >= TRAINING_MS,
	      "loaded before the memory was there");
	probe("low power, in and out", probe_low_power, d, 0, AT_ONCE_MS);
	probe("a COMMAND write after that", probe_command, d, 2, AT_ONCE_MS);
}

/* The call at @pl sleeps over the page behind the edge. */
static void held_at(const struct place *pl)
{
	struct site s;
	struct hold h;
	struct dev d;
	struct job j;
	u8 copy[65536];
	u64 page;
	u8 *p;

	hold_init(&h);
	dev_open(&d);
	set_command(&d, PCI_COMMAND_MEMORY, 0);
	p = map(&d, 4, 0, facts()->page);
	load((u64 *)p);
	s = (struct site){ .d = &d, .edge = h.base + h.page,
			   .fd = eventfd(0, EFD_CLOEXEC) };
	if (pl->lay)
		pl->lay(&s);
	CHECK(h.page <= sizeof(copy), "huge pages");
	memcpy(copy, s.edge, h.page);
	hold_page(&h, 1);
	hold_take_back(&h, 1);

	job_start(&j, pl->call, &s);
	if (!hold_wanted(&h, &page, AT_ONCE_MS)) {
		CHECK(job_ended(&j, 0), "%s neither asks for its page nor ends",
		      pl->name);
		SKIP("%s takes nothing from there here: %s", pl->name,
		     j.ret < 0 ? strerror(j.err) : "done");
	}
	others_go_on(&d, p);
	CHECK(!job_ended(&j, 0), "%s did not wait for its page", pl->name);
	hold_give(&h, 1, copy);
	job_join(&j, pl->name, AT_ONCE_MS);
	test_info("%s: %ld (%s)", pl->name, j.ret,
		  j.ret < 0 ? strerror(j.err) : "done");
	/* entered low power or not: it is left */
	probe_low_power(&d);
	unmap(p, facts()->page);
	dev_close(&d);
}

#define HELD_AT(name) \
	static void held_##name(void) \
	{ \
		held_at(&place_##name); \
	} \
	extern int swallow_semicolon

HELD_AT(config_read);
HELD_AT(region_read);
HELD_AT(region_write);
HELD_AT(bar0_read);
HELD_AT(bar0_write);
HELD_AT(low_power);
HELD_AT(dma_buf);
HELD_AT(set_irqs);
HELD_AT(ioeventfd);
HELD_AT(hot_reset_info);
HELD_AT(hot_reset);
HELD_AT(region_info);
HELD_AT(device_info);

struct config_write {
	struct dev *d;
	u8 *at;
	unsigned int pos, len;
};

static long write_config(void *arg)
{
	struct config_write *w = arg;

	return cfg_write(w->d, w->pos, w->at, w->len);
}

/*
 * Twelve bytes from @pos on, written as they are read, eight of them before the
 * edge. While the kernel waits for the rest we take the first page back: whoever
 * copies them a second time, under whatever lock, is held there.
 */
static void config_write_held(const char *what, unsigned int pos)
{
	struct config_write w;
	u8 pages[2][65536];
	unsigned int i;
	struct hold h;
	struct dev d;
	struct job j;
	u64 page;
	u8 *p;

	CHECK(facts()->page <= sizeof(pages[0]), "huge pages");
	hold_init(&h);
	dev_open(&d);
	set_command(&d, PCI_COMMAND_MEMORY, 0);
	p = map(&d, 4, 0, facts()->page);
	load((u64 *)p);
	w = (struct config_write){ &d, h.base + h.page - 8, pos, 12 };
	CHECK_EQ(cfg_read(&d, pos, w.at, w.len), w.len);
	for (i = 0; i < 2; i++)
		memcpy(pages[i], h.base + i * h.page, h.page);
	hold_page(&h, 0);
	hold_page(&h, 1);
	hold_take_back(&h, 1);

	job_start(&j, write_config, &w);
	CHECK(hold_wanted(&h, &page, AT_ONCE_MS) && page == 1,
	      "%s: the kernel does not read its buffer", what);
	others_go_on(&d, p);
	hold_take_back(&h, 0);
	hold_give(&h, 1, pages[1]);
	while (!job_ended(&j, 20)) {
		if (!hold_wanted(&h, &page, 20))
			continue;
		test_info("%s: the buffer is read a second time", what);
		others_go_on(&d, p);
		hold_give(&h, page, pages[page]);
	}
	job_join(&j, what, AT_ONCE_MS);
	CHECK(j.ret == w.len, "%s returned %ld (%s)", what, j.ret,
	      strerror(j.err));
	unmap(p, facts()->page);
	dev_close(&d);
}

static void held_command_write(void)
{
	config_write_held("COMMAND write", PCI_COMMAND);
}

static void held_pmcsr_write(void)
{
	struct dev d;
	unsigned int pm;

	dev_open(&d);
	pm = cfg_cap(&d, PCI_CAP_ID_PM);
	dev_close(&d);
	CHECK(pm, "no power management capability");
	config_write_held("PMCSR write", pm + PCI_PM_CTRL);
}

SUITE(TEST(held_config_read), TEST(held_command_write),
      TEST(held_pmcsr_write), TEST(held_low_power), TEST(held_dma_buf),
      TEST(held_set_irqs), TEST(held_ioeventfd), TEST(held_hot_reset_info),
      TEST(held_hot_reset), TEST(held_region_info), TEST(held_device_info),
      TEST(held_region_read), TEST(held_region_write), TEST(held_bar0_read),
      TEST(held_bar0_write));
