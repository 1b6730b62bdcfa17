// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the kernel takes a pointer to user memory. What each call copies first is
 * in front of the edge wherever that is a copy of its own, so that the kernel is
 * as deep in the call as it can get when it comes to the edge.
 */
#include <fcntl.h>
#include <linux/vfio.h>
#include <sys/ioctl.h>

#include "places.h"
#include "uapi.h"

/* A register of BAR0 that is plain memory in the emulated part. */
#define SCRATCH	0x600000

#define AT(s, type, in_front)	((type *)((s)->edge - (in_front)))

static long config_read(void *arg)
{
	struct site *s = arg;

	return cfg_read(s->d, 0, s->edge - 4, 8);
}

const struct place place_config_read = { "config read", NULL, config_read };

static long region_read(void *arg)
{
	struct site *s = arg;

	return reg_read(s->d, 4, MiB, s->edge - 8, 16);
}

const struct place place_region_read = { "read of usemem", NULL, region_read };

static long region_write(void *arg)
{
	struct site *s = arg;

	return reg_write(s->d, 4, MiB, s->edge - 8, 16);
}

const struct place place_region_write = {
	"write to usemem", NULL, region_write
};

static long bar0_read(void *arg)
{
	struct site *s = arg;

	return reg_read(s->d, 0, SCRATCH, s->edge - 4, 8);
}

const struct place place_bar0_read = { "read of BAR0", NULL, bar0_read };

static long bar0_write(void *arg)
{
	struct site *s = arg;

	return reg_write(s->d, 0, SCRATCH, s->edge - 4, 8);
}

const struct place place_bar0_write = { "write to BAR0", NULL, bar0_write };

static long feature(struct site *s)
{
	return ioctl(s->d->fd, VFIO_DEVICE_FEATURE,
		     AT(s, void, sizeof(struct vfio_device_feature)));
}

static void lay_low_power(struct site *s)
{
	struct vfio_device_feature *f = AT(s, struct vfio_device_feature,
					   sizeof(*f));
	struct abi_low_power_entry_with_wakeup *w = AT(s, void, 0);

	f->argsz = sizeof(*f) + sizeof(*w);
	f->flags = VFIO_DEVICE_FEATURE_SET | ABI_FEATURE_LOW_POWER_WAKEUP;
	w->wakeup_eventfd = s->fd;
	w->reserved = 0;
}

static long low_power(void *arg)
{
	return feature(arg);
}

const struct place place_low_power = {
	"low power entry with wakeup", lay_low_power, low_power
};

static void lay_dma_buf(struct site *s)
{
	struct vfio_device_feature *f = AT(s, struct vfio_device_feature,
					   sizeof(*f));
	struct abi_dma_buf *b = AT(s, void, 0);

	f->argsz = sizeof(*f) + sizeof(*b) + sizeof(b->range[0]);
	f->flags = VFIO_DEVICE_FEATURE_GET | ABI_FEATURE_DMA_BUF;
	b->region_index = 4;
	b->open_flags = O_RDWR | O_CLOEXEC;
	b->flags = 0;
	b->nr_ranges = 1;
	b->range[0] = (struct abi_dma_buf_range){ 0, 65536 };
}

static long dma_buf(void *arg)
{
	return feature(arg);
}

const struct place place_dma_buf = { "dma-buf export", lay_dma_buf, dma_buf };

static void lay_set_irqs(struct site *s)
{
	struct vfio_irq_set *set = AT(s, struct vfio_irq_set, sizeof(*set));

	set->argsz = sizeof(*set) + sizeof(int);
	set->flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER;
	set->index = VFIO_PCI_REQ_IRQ_INDEX;
	set->start = 0;
	set->count = 1;
	memcpy(s->edge, &s->fd, sizeof(int));
}

static long set_irqs(void *arg)
{
	struct site *s = arg;

	return ioctl(s->d->fd, VFIO_DEVICE_SET_IRQS,
		     AT(s, void, sizeof(struct vfio_irq_set)));
}

const struct place place_set_irqs = { "SET_IRQS", lay_set_irqs, set_irqs };

static void lay_ioeventfd(struct site *s)
{
	struct vfio_device_ioeventfd e = {
		.argsz = sizeof(e), .flags = VFIO_DEVICE_IOEVENTFD_32,
		.offset = s->d->region[0].offset + SCRATCH,
		.data = 1, .fd = s->fd,
	};

	memcpy(AT(s, void, 8), &e, sizeof(e));
}

static long ioeventfd(void *arg)
{
	struct site *s = arg;

	return ioctl(s->d->fd, VFIO_DEVICE_IOEVENTFD, AT(s, void, 8));
}

const struct place place_ioeventfd = { "IOEVENTFD", lay_ioeventfd, ioeventfd };

static void lay_hot_reset_info(struct site *s)
{
	struct vfio_pci_hot_reset_info head = { .argsz = 4096 };

	memcpy(AT(s, void, 8), &head, sizeof(head));
}

static long hot_reset_info(void *arg)
{
	struct site *s = arg;

	return ioctl(s->d->fd, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO,
		     AT(s, void, 8));
}

const struct place place_hot_reset_info = {
	"GET_PCI_HOT_RESET_INFO", lay_hot_reset_info, hot_reset_info
};

/* A part whose bus cannot be reset refuses before it looks at the groups. */
static void lay_hot_reset(struct site *s)
{
	struct vfio_pci_hot_reset head = {
		.argsz = sizeof(head) + sizeof(int), .count = 1,
	};

	memcpy(AT(s, void, 8), &head, sizeof(head));
	memcpy(s->edge + 4, &s->fd, sizeof(int));
}

static long hot_reset(void *arg)
{
	struct site *s = arg;

	return ioctl(s->d->fd, VFIO_DEVICE_PCI_HOT_RESET, AT(s, void, 8));
}

const struct place place_hot_reset = {
	"PCI_HOT_RESET", lay_hot_reset, hot_reset
};

static void lay_region_info(struct site *s)
{
	struct vfio_region_info info = { .argsz = 2048, .index = 4 };

	memcpy(AT(s, void, sizeof(info)), &info, sizeof(info));
}

static long region_info(void *arg)
{
	struct site *s = arg;

	return ioctl(s->d->fd, VFIO_DEVICE_GET_REGION_INFO,
		     AT(s, void, sizeof(struct vfio_region_info)));
}

const struct place place_region_info = {
	"GET_REGION_INFO", lay_region_info, region_info
};

static void lay_device_info(struct site *s)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };

	memcpy(AT(s, void, 8), &info, sizeof(info));
}

static long device_info(void *arg)
{
	struct site *s = arg;

	return ioctl(s->d->fd, VFIO_DEVICE_GET_INFO, AT(s, void, 8));
}

const struct place place_device_info = {
	"GET_INFO", lay_device_info, device_info
};
