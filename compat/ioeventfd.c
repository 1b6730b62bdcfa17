// SPDX-License-Identifier: GPL-2.0-only
/*
 * ioeventfds that are aligned, whose argument is read once.
 *
 * The core writes to a BAR when an eventfd is signalled, at any address that the user
 * has named. A write to a device that is not aligned is an alignment fault on arm64,
 * in the kernel and often in an interrupt: the host panics (seen on 7.3, by
 * tests/guest/fuzz). To look at the argument first and to call the core then would be
 * no cure, as the core reads it once more, and the user can have changed it. So the
 * core's part is done here, with that one check more, and with what the driver says of
 * its regions.
 *
 * It can go when the core looks: packaging/upstream/core has the patch.
 */
#include <linux/bitops.h>
#include <linux/eventfd.h>
#include <linux/io.h>
#include <linux/lockdep.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vfio.h>
#include <linux/vfio_pci_core.h>

/* As many as the core allows. */
#define MAX_IOEVENTFDS	1000

/**
 * struct ioeventfd - a write that an eventfd sets off
 * @next: in the list of the device
 * @core: the device
 * @virqfd: the link with the eventfd
 * @at: where it writes to
 * @data: what it writes
 * @pos: offset in the BAR
 * @bar: which BAR
 * @count: how many bytes: 1, 2, 4 or 8
 * @memory: whether the BAR is memory, which can be turned off
 */
struct ioeventfd {
	struct list_head next;
	struct vfio_pci_core_device *core;
	struct virqfd *virqfd;
	void __iomem *at;
	u64 data;
	u64 pos;
	unsigned int bar;
	unsigned int count;
	bool memory;
};

static void do_write(const struct ioeventfd *e)
{
	switch (e->count) {
	case 1:
		iowrite8(e->data, e->at);
		break;
	case 2:
		iowrite16(e->data, e->at);
		break;
	case 4:
		iowrite32(e->data, e->at);
		break;
#ifdef iowrite64
	case 8:
		iowrite64(e->data, e->at);
		break;
#endif
	}
}

/* Wherever the eventfd is signalled, an interrupt included. 1: ask the thread. */
static int signalled(void *opaque, void *unused)
{
	struct ioeventfd *e = opaque;

	if (!e->memory) {
		do_write(e);
		return 0;
	}
	if (!down_read_trylock(&e->core->memory_lock))
		return 1;
	if (__vfio_pci_memory_enabled(e->core))
		do_write(e);
	up_read(&e->core->memory_lock);
	return 0;
}

static void from_thread(void *opaque, void *unused)
{
	struct ioeventfd *e = opaque;

	down_read(&e->core->memory_lock);
	if (__vfio_pci_memory_enabled(e->core))
		do_write(e);
	up_read(&e->core->memory_lock);
}

static void drop(struct cohmem_compat_device *c, struct ioeventfd *e)
{
	lockdep_assert_held(&c->ioeventfd_lock);

	/* Returns when nobody is in signalled() or from_thread() any more. */
	vfio_virqfd_disable(&e->virqfd);
	list_del(&e->next);
	c->nr_ioeventfds--;
	kfree(e);
}

/**
 * cohmem_compat_ioeventfd_drop() - no eventfd writes to the device any more
 * @core: the device
 *
 * Context: may sleep; before the core takes the device down.
 */
void cohmem_compat_ioeventfd_drop(struct vfio_pci_core_device *core)
{
	struct cohmem_compat_device *c = cohmem_compat_device_of(core);
	struct ioeventfd *e, *next;

	mutex_lock(&c->ioeventfd_lock);
	list_for_each_entry_safe(e, next, &c->ioeventfds, next)
		drop(c, e);
	mutex_unlock(&c->ioeventfd_lock);
}

static bool touches_msix_table(struct vfio_pci_core_device *core,
			       unsigned int bar, u64 pos, unsigned int count)
{
	return bar == core->msix_bar && pos + count > core->msix_offset &&
	       pos < core->msix_offset + core->msix_size;
}

static struct ioeventfd *find(struct cohmem_compat_device *c,
			      const struct ioeventfd *like)
{
	struct ioeventfd *e;

	list_for_each_entry(e, &c->ioeventfds, next) {
		if (e->bar == like->bar && e->pos == like->pos &&
		    e->data == like->data && e->count == like->count)
			return e;
	}
	return NULL;
}

/* As it was asked for: @fd is -1 to take it away. */
static long change(struct cohmem_compat_device *c, struct ioeventfd *want, int fd)
{
	struct ioeventfd *e;
	void __iomem *bar;
	long ret;

	lockdep_assert_held(&c->ioeventfd_lock);

	/* Under the lock, as not every core has it mapped before. */
	bar = cohmem_compat_iomap(want->core, want->bar);
	if (IS_ERR(bar))
		return PTR_ERR(bar);
	want->at = bar + want->pos;
	e = find(c, want);
	if (e && fd != -1)
		return -EEXIST;
	if (e) {
		drop(c, e);
		return 0;
	}
	if (fd < 0)
		return -ENODEV;
	if (c->nr_ioeventfds >= MAX_IOEVENTFDS)
		return -ENOSPC;
	e = kmemdup(want, sizeof(*want), GFP_KERNEL_ACCOUNT);
	if (!e)
		return -ENOMEM;
	ret = vfio_virqfd_enable(e, signalled, from_thread, NULL, &e->virqfd, fd);
	if (ret) {
		kfree(e);
		return ret;
	}
	list_add(&e->next, &c->ioeventfds);
	c->nr_ioeventfds++;
	return 0;
}

/**
 * cohmem_compat_ioeventfd() - VFIO_DEVICE_IOEVENTFD
 * @vdev: the device
 * @arg: its argument
 *
 * Return: 0; -EINVAL for what is no naturally aligned access to a BAR of the core's,
 * MSI-X table left out; -EEXIST for one that is there, -ENODEV to take away one that is
 * not; -ENOSPC for too many; -ENOMEM, -EFAULT, or what keeps the BAR from being mapped.
 */
long cohmem_compat_ioeventfd(struct vfio_device *vdev, unsigned long arg)
{
	size_t minsz = offsetofend(struct vfio_device_ioeventfd, fd);
	struct vfio_pci_core_device *core =
		container_of(vdev, struct vfio_pci_core_device, vdev);
	struct cohmem_compat_device *c = cohmem_compat_device_of(core);
	struct ioeventfd want = { .core = core };
	struct vfio_device_ioeventfd io;
	u64 index;
	long ret;

	if (copy_from_user(&io, (void __user *)arg, minsz))
		return -EFAULT;
	want.count = io.flags & VFIO_DEVICE_IOEVENTFD_SIZE_MASK;
	if (io.argsz < minsz || io.flags & ~VFIO_DEVICE_IOEVENTFD_SIZE_MASK ||
	    hweight8(want.count) != 1 || io.fd < -1)
		return -EINVAL;
#ifndef iowrite64
	if (want.count == 8)
		return -EINVAL;
#endif
	index = VFIO_PCI_OFFSET_TO_INDEX(io.offset);
	if (index > VFIO_PCI_BAR5_REGION_INDEX)
		return -EINVAL;
	want.bar = index;
	want.pos = io.offset & VFIO_PCI_OFFSET_MASK;
	want.data = io.data;
	want.memory = pci_resource_flags(core->pdev, want.bar) & IORESOURCE_MEM;
	if (want.pos + want.count > pci_resource_len(core->pdev, want.bar) ||
	    want.pos & (want.count - 1) ||
	    touches_msix_table(core, want.bar, want.pos, want.count) ||
	    cohmem_compat_pci_ops_of()->claims_region(core, want.bar))
		return -EINVAL;

	mutex_lock(&c->ioeventfd_lock);
	ret = change(c, &want, io.fd);
	mutex_unlock(&c->ioeventfd_lock);
	return ret;
}
