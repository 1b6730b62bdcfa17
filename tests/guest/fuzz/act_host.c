// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a machine does: a guest's firmware by config space, an administrator by
 * sysfs, and the emulated superchip by its control port.
 */
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "act.h"
#include "engine.h"
#include "uapi.h"

static long config_rw(struct actor *a, unsigned int pos, u16 clear, u16 set)
{
	struct dev *d = &a->w->d;
	u64 at = d->region[CONFIG].offset + pos;
	u16 v;

	if (pread(d->fd, &v, 2, at) != 2)
		return -1;
	v = (v & ~clear) | set;
	return pwrite(d->fd, &v, 2, at) == 2 ? 0 : -1;
}

/**
 * do_wake() - out of low power, D0, memory decoding and DMA on
 * @a: the actor
 * @s: the step
 * @o: how it ended
 */
void do_wake(struct actor *a, const struct step *s, struct outcome *o)
{
	struct vfio_device_feature f = {
		.argsz = sizeof(f),
		.flags = VFIO_DEVICE_FEATURE_SET | ABI_FEATURE_LOW_POWER_EXIT,
	};

	(void)s;
	/* Refused where it is not in low power. */
	ioctl(a->w->d.fd, VFIO_DEVICE_FEATURE, &f);
	outcome(o, config_rw(a, a->w->pm + PCI_PM_CTRL, PCI_PM_CTRL_STATE_MASK,
			     0));
	if (!o->ret)
		outcome(o, config_rw(a, PCI_COMMAND, 0, PCI_COMMAND_MEMORY |
				     PCI_COMMAND_MASTER));
}

/**
 * do_flr() - a function level reset by config space
 * @a: the actor
 * @s: the step
 * @o: how it ended
 */
void do_flr(struct actor *a, const struct step *s, struct outcome *o)
{
	(void)s;
	outcome(o, config_rw(a, a->w->exp + PCI_EXP_DEVCTL, 0,
			     PCI_EXP_DEVCTL_BCR_FLR));
}

/**
 * do_power() - D3hot, or D0
 * @a: the actor
 * @s: the step
 * @o: how it ended
 */
void do_power(struct actor *a, const struct step *s, struct outcome *o)
{
	outcome(o, config_rw(a, a->w->pm + PCI_PM_CTRL, PCI_PM_CTRL_STATE_MASK,
			     s->num % 2 ? 3 : 0));
}

/**
 * do_decode() - memory decoding off, or on
 * @a: the actor
 * @s: the step
 * @o: how it ended
 */
void do_decode(struct actor *a, const struct step *s, struct outcome *o)
{
	outcome(o, config_rw(a, PCI_COMMAND, s->num % 3 ? 0 : PCI_COMMAND_MEMORY,
			     s->num % 3 ? PCI_COMMAND_MEMORY : 0));
}

static void write_to(const char *path, const char *text, struct outcome *o)
{
	int ret = file_write(path, text);

	*o = (struct outcome){ ret < 0 ? -1 : 0, ret < 0 ? -ret : 0 };
}

/**
 * do_sysfs_reset() - a reset that VFIO is not asked about
 * @a: the actor
 * @s: the step
 * @o: how it ended
 *
 * While the driver is being unbound it would wait for that to end, which waits
 * for us.
 */
void do_sysfs_reset(struct actor *a, const struct step *s, struct outcome *o)
{
	(void)s;
	if (!a->w->unbinding)
		write_to(dev_path("reset"), "1", o);
}

static const char *const attrs[] = {
	"mode", "layout", "usemem_size", "resmem_size", "ready_state",
	"ready_fail", "ready_ms", "reset_generation", "poison_count",
	"poison_overflow", "poison_pages", "poison_policy", "flush_on_reset",
	"scrub", "scrub_state", "scrub_result", "scrub_dirty", "scrub_bytes",
	"scrub_skipped", "scrub_ms", "scrub_accept_bad", "scrub_cpus",
	"pxm_start", "pxm_count", "socket", "egm_base", "egm_size", "egm_pxm",
};

/* What is known, what is not, and what nearly is. NULL: a physical address. */
static const struct {
	const char *attr;
	const char *value;
} words[] = {
	{ "poison_policy", "map" }, { "poison_policy", "refuse" },
	{ "poison_policy", "nonsense" }, { "poison_policy", "" },
	{ "poison_pages", NULL }, { "poison_pages", NULL },
	{ "poison_pages", "-all" }, { "poison_pages", "-0x0" },
	{ "poison_pages", "0xffffffffffffffffff" }, { "poison_pages", "-" },
	{ "flush_on_reset", "0" }, { "flush_on_reset", "0" },
	{ "flush_on_reset", "1" }, { "flush_on_reset", "2" },
	{ "scrub", "off" }, { "scrub", "close" }, { "scrub", "open" },
	{ "scrub", "default" }, { "scrub", "of" }, { "scrub", "open\nclose" },
	{ "scrub_start", "start" }, { "scrub_start", "stop" },
	{ "scrub_cpus", "0" }, { "scrub_cpus", "0-1" },
	{ "scrub_cpus", "default" }, { "scrub_cpus", "9999" },
	{ "scrub_cpus", "0-" }, { "scrub_accept_bad", "1" },
	{ "scrub_accept_bad", "0" }, { "scrub_accept_bad", "x" },
	{ "ready_state", "ready" }, { "mode", "" },
};

/**
 * do_attr() - an attribute of the driver, read or written
 * @a: the actor
 * @s: the step
 * @o: how it ended
 *
 * Bad pages are noted anywhere but in the quiet memory.
 */
void do_attr(struct actor *a, const struct step *s, struct outcome *o)
{
	unsigned int nr = s->num % ARRAY_SIZE(words);
	const char *value = words[nr].value;
	char text[4200], number[40];
	int ret;

	if (s->call == CALL_ATTR_READ) {
		ret = attr_read(attrs[s->num % ARRAY_SIZE(attrs)], text,
				sizeof(text));
		*o = (struct outcome){ ret < 0 ? -1 : 0, ret < 0 ? -ret : 0 };
		return;
	}
	if (!value) {
		snprintf(number, sizeof(number), "%s0x%llx",
			 s->num & 32 ? "-" : "",
			 (unsigned long long)(a->w->g.mem_base + GiB +
					      s->off % (a->w->g.hbm)));
		value = number;
	}
	write_to(dev_path("cohmem/%s", words[nr].attr), value, o);
}

/* A register of the engine; nothing to say where the gate is shut. */
static long reg_write_32(struct actor *a, unsigned int reg, u32 value)
{
	struct dev *d = &a->w->d;

	return pwrite(d->fd, &value, 4, d->region[0].offset +
		      COHMEM_ENGINE_BASE + reg);
}

static long reg_write_64(struct actor *a, unsigned int reg, u64 value)
{
	struct dev *d = &a->w->d;

	return pwrite(d->fd, &value, 8, d->region[0].offset +
		      COHMEM_ENGINE_BASE + reg);
}

/**
 * do_engine() - a job for the copy engine, sometimes before the last one ended
 * @a: the actor
 * @s: the step
 * @o: how it ended
 *
 * All that is written into the coherent memory lies behind its first GiB.
 */
void do_engine(struct actor *a, const struct step *s, struct outcome *o)
{
	u64 mem = GiB + s->off % (a->w->g.hbm - GiB);
	u64 bus = FUZZ_IOVA + s->num % 16 * 65536;
	bool to_bus = s->num & 16;
	bool ok;

	ok = reg_write_32(a, COHMEM_ENGINE_OP, s->num / 32 % 5) == 4 &&
	     reg_write_32(a, COHMEM_ENGINE_IRQ, s->num & 512 ?
			  COHMEM_ENGINE_IRQ_ON | s->num % 12 : 0) == 4 &&
	     reg_write_64(a, COHMEM_ENGINE_SRC, to_bus ? mem : bus) == 8 &&
	     reg_write_32(a, COHMEM_ENGINE_SRC_SPACE, to_bus) == 4 &&
	     reg_write_64(a, COHMEM_ENGINE_DST, to_bus ? bus : mem) == 8 &&
	     reg_write_32(a, COHMEM_ENGINE_DST_SPACE, !to_bus) == 4 &&
	     reg_write_64(a, COHMEM_ENGINE_LEN, s->len % (4 * MiB)) == 8 &&
	     reg_write_32(a, COHMEM_ENGINE_DOORBELL, 1 + s->num) == 4;
	outcome(o, ok ? 0 : -1);
}

/* The emulator's answer is no system call's: refused, or nobody there. */
static void order(struct outcome *o, int ret)
{
	*o = (struct outcome){ ret ? -1 : 0, ret ? -ret : 0 };
}

static void fail_for(struct step const *s, struct outcome *o, const char *bad,
		     const char *good)
{
	order(o, __sim(NULL, "%s", bad));
	sleep_ms(s->len % 200);
	if (!o->ret)
		order(o, __sim(NULL, "%s", good));
}

static void fails(const struct step *s, struct outcome *o)
{
	static const char *const errors[] = {
		"correctable", "nonfatal", "fatal", "receiver bad-tlp timeout",
		"malformed poisoned", "unsupported",
	};

	switch (s->num % 16) {
	case 0: case 1: case 2:
		fail_for(s, o, "set memory-ready no", "set memory-ready yes");
		break;
	case 3: case 4:
		fail_for(s, o, "set link down", "set link up");
		break;
	case 5: case 6:
		fail_for(s, o, "set train stuck", "set train ok");
		break;
	case 7: case 8:
		order(o, __sim(NULL, "set silent-ms %llu",
			       (unsigned long long)s->len % 300));
		break;
	case 9:
		if (s->num / 16 % 4 == 0)
			fail_for(s, o, "remove", "restore");
		break;
	default:
		order(o, __sim(NULL, "aer %s",
			       errors[s->num / 16 % ARRAY_SIZE(errors)]));
	}
}

/**
 * do_emulator() - orders to the emulated superchip
 * @a: the actor
 * @s: the step
 * @o: how it ended
 */
void do_emulator(struct actor *a, const struct step *s, struct outcome *o)
{
	if (!have_sim())
		return;
	if (s->call == CALL_FAULT) {
		if (a->w->faults)
			fails(s, o);
		return;
	}
	/* Memory that was ready may not be so any more after the first three. */
	switch (a->w->faults ? s->num % 8 : 3 + s->num % 5) {
	case 0: case 1:
		order(o, __sim(NULL, "set train-ms %llu",
			       (unsigned long long)s->len % 400));
		break;
	case 2:
		order(o, __sim(NULL, "set link-ms %llu",
			       (unsigned long long)s->len % 200));
		break;
	case 3:
		order(o, __sim(NULL, s->num & 8 ? "irq intx" : "irq %u",
			       s->num / 16 % 10));
		break;
	case 4:
		order(o, __sim(NULL, "poison add %llu 4096", GiB +
			       s->num % 64 * MiB));
		break;
	case 5:
		order(o, __sim(NULL, "poison clear"));
		break;
	case 6:
		order(o, __sim(NULL, "set rrs %s", s->num & 8 ? "yes" : "no"));
		break;
	default:
		order(o, __sim(NULL, "status"));
	}
}

/**
 * do_pause() - nothing, so that the others meet what was done
 * @a: the actor
 * @s: the step
 * @o: how it ended
 */
void do_pause(struct actor *a, const struct step *s, struct outcome *o)
{
	(void)a;
	(void)o;
	sleep_ms(s->num % 40);
}
