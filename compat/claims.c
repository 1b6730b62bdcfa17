// SPDX-License-Identifier: GPL-2.0-only
/*
 * "Whose region is it", asked in the core's place.
 *
 * Export as dma-buf: before the core asks the driver for physical ranges, it
 * demands a kernel mapping of the real BAR with that number, which a composed
 * BAR has not: barmap[] holds an error for it. For as long as the call goes on
 * the entry holds a cookie instead, an address in this module.
 *
 * An ioeventfd writes to a real BAR through the same entry. So the two exclude
 * each other; neither waits, as both look at pages of the user's: whoever comes
 * second is told that the device is busy. Who else looks at the entry? read(),
 * write() and mmap() do not, as the driver answers for its regions itself;
 * vfio_pci_core_disable() comes when no call is under way.
 *
 * The driver claims what real BAR there is behind a composed one, so the core
 * has no mapping of it, and none is replaced here.
 */
#include <linux/pci.h>
#include <linux/uaccess.h>
#include <linux/vfio_pci_core.h>

#undef vfio_pci_core_ioctl
#undef vfio_pci_core_ioctl_feature

static struct vfio_pci_core_device *core_of(struct vfio_device *vdev)
{
	return container_of(vdev, struct vfio_pci_core_device, vdev);
}

/**
 * cohmem_compat_ioeventfd() - VFIO_DEVICE_IOEVENTFD
 * @vdev: the device
 * @arg: its argument
 *
 * The core reads the argument once more: what is checked here is only to give
 * the right error. What protects a region that is not the core's is that the
 * core has no mapping of it.
 *
 * Return: -EINVAL for a region that the driver answers for; -EBUSY while
 * something is exported; or as the core's.
 */
long cohmem_compat_ioeventfd(struct vfio_device *vdev, unsigned long arg)
{
	size_t minsz = offsetofend(struct vfio_device_ioeventfd, fd);
	struct vfio_pci_core_device *core = core_of(vdev);
	struct cohmem_compat_device *c = cohmem_compat_device_of(core);
	struct vfio_device_ioeventfd io;
	long ret;

	if (copy_from_user(&io, (void __user *)arg, minsz))
		return -EFAULT;
	if (cohmem_compat_pci_ops_of()->claims_region(core,
			min_t(u64, VFIO_PCI_OFFSET_TO_INDEX(io.offset), U8_MAX)))
		return -EINVAL;
	spin_lock(&c->lock);
	ret = c->exports ? -EBUSY : 0;
	if (!ret)
		c->ioeventfds++;
	spin_unlock(&c->lock);
	if (ret)
		return ret;
	ret = vfio_pci_core_ioctl(vdev, VFIO_DEVICE_IOEVENTFD, arg);
	spin_lock(&c->lock);
	c->ioeventfds--;
	spin_unlock(&c->lock);
	return ret;
}

#ifdef VFIO_DEVICE_FEATURE_DMA_BUF
/* Has an address, and nothing else. */
static char cookie;

/* The cookie comes or goes. Whoever exports has the lock of the device. */
static void show_cookie(struct vfio_pci_core_device *core, bool on)
{
	unsigned int bar;

	for (bar = 0; bar < PCI_STD_NUM_BARS; bar++) {
		if (!cohmem_compat_pci_ops_of()->claims_region(core, bar))
			continue;
		WRITE_ONCE(core->barmap[bar], on ? (void __iomem *)&cookie :
						   IOMEM_ERR_PTR(-ENODEV));
	}
}

/**
 * cohmem_compat_export() - VFIO_DEVICE_FEATURE_DMA_BUF
 * @vdev: the device
 * @flags: feature and operation
 * @arg: its argument
 * @argsz: size of @arg
 *
 * Return: -EBUSY while an ioeventfd is set up; or as the core's.
 */
int cohmem_compat_export(struct vfio_device *vdev, u32 flags,
			 void __user *arg, size_t argsz)
{
	struct vfio_pci_core_device *core = core_of(vdev);
	struct cohmem_compat_device *c = cohmem_compat_device_of(core);
	int ret;

	spin_lock(&c->lock);
	ret = c->ioeventfds ? -EBUSY : 0;
	if (!ret && !c->exports++)
		show_cookie(core, true);
	spin_unlock(&c->lock);
	if (ret)
		return ret;
	ret = vfio_pci_core_ioctl_feature(vdev, flags, arg, argsz);
	spin_lock(&c->lock);
	if (!--c->exports)
		show_cookie(core, false);
	spin_unlock(&c->lock);
	return ret;
}
#endif
