// SPDX-License-Identifier: GPL-2.0-only
/* What VFIO is asked: the ioctls of device, container and group, and exports. */
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/vfio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "act.h"
#include "uapi.h"

/**
 * do_info() - the GET_*_INFO family
 * @a: the actor
 * @s: the step
 * @o: how it ended
 *
 * All of them begin as the longest does: argsz, flags, and an index if any.
 */
void do_info(struct actor *a, const struct step *s, struct outcome *o)
{
	struct vfio_region_info info = {
		.index = s->region, .flags = s->flags,
	};
	size_t size = sizeof(info);
	unsigned long cmd;

	switch (s->call) {
	case CALL_GET_INFO:
		cmd = VFIO_DEVICE_GET_INFO;
		size = sizeof(struct vfio_device_info);
		break;
	case CALL_REGION_INFO:
		cmd = VFIO_DEVICE_GET_REGION_INFO;
		break;
	case CALL_IRQ_INFO:
		cmd = VFIO_DEVICE_GET_IRQ_INFO;
		size = sizeof(struct vfio_irq_info);
		break;
	default:
		cmd = VFIO_DEVICE_GET_PCI_HOT_RESET_INFO;
		size = sizeof(struct vfio_pci_hot_reset_info);
	}
	info.argsz = fuzz_argsz(s->argsz, size);
	outcome(o, ioctl(device_fd(a, s), cmd,
			 pointer_lay(a, s, &info, min(size, sizeof(info)))));
}

/**
 * do_irqs() - VFIO_DEVICE_SET_IRQS
 * @a: the actor
 * @s: the step
 * @o: how it ended
 */
void do_irqs(struct actor *a, const struct step *s, struct outcome *o)
{
	static const u32 actions[] = {
		VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER,
		VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER,
		VFIO_IRQ_SET_DATA_BOOL | VFIO_IRQ_SET_ACTION_TRIGGER,
		VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_MASK,
		VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_UNMASK,
		VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_UNMASK,
	};
	struct {
		struct vfio_irq_set head;
		int fd[12];
	} arg = { .head.index = s->region % 6 };
	unsigned int i;

	arg.head.flags = s->flags % 8 ? actions[s->num % ARRAY_SIZE(actions)] :
					s->flags;
	arg.head.start = s->num % 5 ? 0 : s->len;
	/* Most kinds have one interrupt. */
	arg.head.count = s->num % 7 ? s->num % 4 ? 1 : s->num % 9 : s->len;
	for (i = 0; i < ARRAY_SIZE(arg.fd); i++)
		arg.fd[i] = s->id >> i & 8 ? -1 :
			    a->w->eventfd[(s->num + i) % FUZZ_EVENTFDS];
	if (s->flags % 16 == 7)
		arg.fd[0] = a->w->d.fd;
	arg.head.argsz = fuzz_argsz(s->argsz, sizeof(arg.head) +
				    min(arg.head.count, 12U) * sizeof(int));
	outcome(o, ioctl(device_fd(a, s), VFIO_DEVICE_SET_IRQS,
			 pointer_lay(a, s, &arg, sizeof(arg))));
}

/**
 * do_reset() - VFIO_DEVICE_RESET
 * @a: the actor
 * @s: the step
 * @o: how it ended
 */
void do_reset(struct actor *a, const struct step *s, struct outcome *o)
{
	outcome(o, ioctl(a->w->d.fd, VFIO_DEVICE_RESET, s->id));
}

/**
 * do_hot_reset() - VFIO_DEVICE_PCI_HOT_RESET
 * @a: the actor
 * @s: the step
 * @o: how it ended
 */
void do_hot_reset(struct actor *a, const struct step *s, struct outcome *o)
{
	struct {
		struct vfio_pci_hot_reset head;
		int fd[4];
	} arg = {
		.head.flags = s->flags % 4 ? 0 : s->flags,
		.head.count = s->num % 4 ? s->num % 3 : s->num,
		.fd = { a->w->d.group, a->w->eventfd[0], -1, a->w->d.fd },
	};

	arg.head.argsz = fuzz_argsz(s->argsz, sizeof(arg.head) +
				    min(arg.head.count, 4U) * sizeof(int));
	outcome(o, ioctl(device_fd(a, s), VFIO_DEVICE_PCI_HOT_RESET,
			 pointer_lay(a, s, &arg, sizeof(arg))));
}

/**
 * do_ioeventfd() - VFIO_DEVICE_IOEVENTFD
 * @a: the actor
 * @s: the step
 * @o: how it ended
 *
 * What it writes when the descriptor is signalled must not be the quiet memory,
 * nor start the engine: such offsets lead to a register that is plain memory.
 */
void do_ioeventfd(struct actor *a, const struct step *s, struct outcome *o)
{
	struct vfio_device_ioeventfd e = {
		.flags = s->flags % 3 ? 1u << s->num % 4 : s->flags,
		.offset = ((u64)s->region << 40) + s->off, .data = s->num,
		.fd = s->num % 5 ? a->w->eventfd[s->num % FUZZ_EVENTFDS] : -1,
	};

	if (s->region == 0 ||
	    (s->region == 4 && !step_far_from_quiet(s->off, &a->w->g)))
		e.offset = 0x600000 + s->off % 8;
	e.argsz = fuzz_argsz(s->argsz, sizeof(e));
	outcome(o, ioctl(device_fd(a, s), VFIO_DEVICE_IOEVENTFD,
			 pointer_lay(a, s, &e, sizeof(e))));
}

/**
 * do_feature() - VFIO_DEVICE_FEATURE, low power states among them
 * @a: the actor
 * @s: the step
 * @o: how it ended
 */
void do_feature(struct actor *a, const struct step *s, struct outcome *o)
{
	static const u32 ops[] = {
		VFIO_DEVICE_FEATURE_PROBE, VFIO_DEVICE_FEATURE_GET,
		VFIO_DEVICE_FEATURE_SET, VFIO_DEVICE_FEATURE_SET,
		VFIO_DEVICE_FEATURE_PROBE | VFIO_DEVICE_FEATURE_GET, 0,
	};
	struct {
		struct vfio_device_feature head;
		u8 data[48];
	} arg = {};
	struct abi_low_power_entry_with_wakeup *low = (void *)arg.data;
	u32 feature = s->num % 9 ? s->num % 16 : s->num;
	size_t size = sizeof(arg.head);

	memset(arg.data, s->id, sizeof(arg.data));
	if (feature == ABI_FEATURE_LOW_POWER_WAKEUP) {
		low->wakeup_eventfd = a->w->eventfd[s->num % FUZZ_EVENTFDS];
		low->reserved = s->num % 8 ? 0 : s->num;
		size += sizeof(*low);
	} else if (feature != ABI_FEATURE_LOW_POWER_ENTRY &&
		   feature != ABI_FEATURE_LOW_POWER_EXIT) {
		size += s->id % 48;
	}
	arg.head.argsz = fuzz_argsz(s->argsz, size);
	arg.head.flags = s->flags % 8 ?
		(ops[s->num % ARRAY_SIZE(ops)] | (feature & 0xffff)) : s->flags;
	outcome(o, ioctl(device_fd(a, s), VFIO_DEVICE_FEATURE,
			 pointer_lay(a, s, &arg, sizeof(arg))));
	/* An export's descriptor has to go. */
	if (o->ret > 0)
		close(o->ret);
}

static void put_fd(int *where, int fd)
{
	int old = __atomic_exchange_n(where, fd, __ATOMIC_ACQ_REL);

	if (old >= 0)
		close(old);
}

/**
 * do_export() - a piece of memory as a dma-buf
 * @a: the actor
 * @s: the step
 * @o: how it ended
 */
void do_export(struct actor *a, const struct step *s, struct outcome *o)
{
	struct {
		struct vfio_device_feature head;
		struct abi_dma_buf buf;
		struct abi_dma_buf_range range[2];
	} arg = {
		.head.flags = VFIO_DEVICE_FEATURE_GET | ABI_FEATURE_DMA_BUF,
		.buf = {
			.region_index = s->region, .nr_ranges = 1,
			.open_flags = O_RDWR | O_CLOEXEC,
		},
		.range = { { s->off, s->len }, { s->off, s->len } },
	};

	if (s->num % 8 == 7)
		arg.buf.nr_ranges = s->num / 8 % 4 ? s->num / 8 % 4 : s->num;
	if (s->num % 16 == 6)
		arg.buf.open_flags = s->flags | O_CLOEXEC;
	if (s->num % 16 == 14)
		arg.buf.flags = s->flags;
	arg.head.argsz = sizeof(arg.head) + sizeof(arg.buf) +
			 min(arg.buf.nr_ranges, 2U) * sizeof(arg.range[0]);
	outcome(o, ioctl(device_fd(a, s), VFIO_DEVICE_FEATURE, &arg));
	if (o->ret >= 0)
		put_fd(&a->p->dmabuf[s->slot], o->ret);
}

/**
 * do_dmabuf() - an export is used, as far as it can be without an importer
 * @a: the actor
 * @s: the step
 * @o: how it ended
 */
void do_dmabuf(struct actor *a, const struct step *s, struct outcome *o)
{
	struct dma_buf_sync sync = { .flags = s->num / 8 % 8 };
	u64 len = min(s->len, 4 * MiB);
	int fd = a->p->dmabuf[s->slot];
	struct abi_ioas_map_file file = {
		.size = sizeof(file),
		.flags = ABI_IOAS_MAP_WRITE | ABI_IOAS_MAP_READ,
		.ioas_id = a->w->d.ioas, .fd = fd,
		.start = s->off, .length = s->len,
	};
	u64 v;
	u8 *p;

	switch (s->num % 6) {
	case 0:
		outcome(o, ioctl(fd, DMA_BUF_IOCTL_SYNC, &sync));
		break;
	case 1:
		outcome(o, lseek(fd, 0, SEEK_END) < 0 ? -1 : 0);
		break;
	case 2:
		p = mmap(slot_base(FUZZ_SLOTS + a->nr), len,
			 PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd,
			 s->off);
		outcome(o, p == MAP_FAILED ? -1 : 0);
		if (p != MAP_FAILED) {
			cohmem_try_load((u64 *)p, &v, NULL);
			munmap(p, len);
		}
		break;
	case 3:
		outcome(o, ioctl(a->w->d.iommufd, ABI_IOAS_MAP_FILE, &file));
		break;
	default:
		put_fd(&a->p->dmabuf[s->slot], -1);
	}
}

/**
 * do_ioctl() - commands by number, what is behind the pointer is as it comes
 * @a: the actor
 * @s: the step
 * @o: how it ended
 */
void do_ioctl(struct actor *a, const struct step *s, struct outcome *o)
{
	struct dev *d = &a->w->d;
	unsigned int cmd = _IO(VFIO_TYPE, VFIO_BASE + s->num % 40);
	u32 junk[16];
	unsigned int i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(junk); i++)
		junk[i] = fuzz_mix(s->id + i) >> (s->num % 2 ? 32 : 60);
	junk[0] = s->num % 3 ? sizeof(junk) : s->num % 64;
	if (s->call == CALL_DEVICE_IOCTL) {
		fd = device_fd(a, s);
	} else if (s->call == CALL_GROUP_IOCTL) {
		fd = d->group;
	} else {
		fd = d->container >= 0 ? d->container : d->iommufd;
		if (d->iommufd >= 0)
			cmd = _IO(VFIO_TYPE, 0x80 + s->num % 24);
	}
	/* Whole numbers outside of VFIO's: for those who look at other types. */
	if (s->num % 16 == 15)
		cmd = s->flags;
	outcome(o, ioctl(fd, cmd, pointer_lay(a, s, junk, sizeof(junk))));
	/* Who is told of a new descriptor closes it. */
	if (o->ret > 2 && s->call != CALL_ENTRY_IOCTL && o->ret != d->fd)
		close(o->ret);
}

/**
 * do_open() - more descriptors, of all kinds
 * @a: the actor
 * @s: the step
 * @o: how it ended
 */
void do_open(struct actor *a, const struct step *s, struct outcome *o)
{
	struct world *w = a->w;
	long fd;

	switch (s->num % 5) {
	case 0:
		fd = open(w->group_path, O_RDWR | O_CLOEXEC);
		break;
	case 1:
		fd = open(w->cdev_path, O_RDWR | O_CLOEXEC);
		break;
	case 2:
		fd = fcntl(w->d.fd, F_DUPFD_CLOEXEC, 3);
		break;
	default:
		if (w->d.group < 0)
			fd = fcntl(w->d.fd, F_DUPFD_CLOEXEC, 3);
		else
			fd = ioctl(w->d.group, VFIO_GROUP_GET_DEVICE_FD,
				   s->num % 16 == 3 ? "0000:ff:1f.7" :
						      facts()->bdf);
	}
	outcome(o, fd);
	if (fd >= 0)
		put_fd(&a->p->extra[s->slot], fd);
}

/**
 * do_close() - a descriptor less; another thread may be using it
 * @a: the actor
 * @s: the step
 * @o: how it ended
 */
void do_close(struct actor *a, const struct step *s, struct outcome *o)
{
	put_fd(&a->p->extra[s->slot], -1);
	outcome(o, 0);
}
