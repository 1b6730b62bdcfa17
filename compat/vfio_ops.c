// SPDX-License-Identifier: GPL-2.0-only
/*
 * Operations of the newest kernel, made into those of this one.
 *
 * A member that this kernel has is passed on. The others: a token that is
 * matched by uuid and PASIDs do not come up here, and region info comes through
 * the ioctl, so that what vfio does around the newer operation is done here.
 *
 * The driver has one set of operations, and so has this file. It is filled
 * before the first device is allocated and constant from then on.
 */
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vfio_pci_core.h>

/* From here on the kernel's own is meant, not the driver's. */
#undef vfio_device_ops

static const struct cohmem_compat_ops *newest;
static struct vfio_device_ops ops;
static DEFINE_MUTEX(fill_lock);

static long get_region_info(struct vfio_device *vdev,
			    struct vfio_region_info __user *arg)
{
	size_t minsz = offsetofend(struct vfio_region_info, offset);
	struct vfio_info_cap caps = {};
	struct vfio_region_info info = {};
	long ret;

	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz)
		return -EINVAL;

	ret = newest->get_region_info_caps(vdev, &info, &caps);
	if (ret)
		goto out;

	if (caps.size) {
		info.flags |= VFIO_REGION_INFO_FLAG_CAPS;
		info.cap_offset = 0;
		if (info.argsz < sizeof(info) + caps.size) {
			info.argsz = sizeof(info) + caps.size;
		} else {
			vfio_info_cap_shift(&caps, sizeof(info));
			info.cap_offset = sizeof(info);
			if (copy_to_user(arg + 1, caps.buf, caps.size))
				ret = -EFAULT;
		}
	}
	if (copy_to_user(arg, &info, minsz))
		ret = -EFAULT;
out:
	kfree(caps.buf);
	return ret;
}

static long compat_ioctl(struct vfio_device *vdev, unsigned int cmd,
			 unsigned long arg)
{
	long ret;

	if (cmd != VFIO_DEVICE_GET_REGION_INFO)
		return newest->ioctl(vdev, cmd, arg);

	ret = get_region_info(vdev, (struct vfio_region_info __user *)arg);
	/* Not a region of the driver's: see include/linux/vfio_pci_core.h. */
	if (ret == -ENOIOCTLCMD)
		ret = vfio_pci_core_ioctl(vdev, cmd, arg);
	return ret;
}

static int compat_mmap(struct vfio_device *vdev, struct vm_area_struct *vma)
{
	int ret = newest->mmap(vdev, vma);

#ifndef COHMEM_HAVE_VFIO_INODE
	/* A region of another kind is no part of the function's memory. */
	if (!ret && vma->vm_pgoff >> (VFIO_PCI_OFFSET_SHIFT - PAGE_SHIFT) <
		    VFIO_PCI_NUM_REGIONS)
		cohmem_compat_track(vma);
#endif
	return ret;
}

static void fill(const struct cohmem_compat_ops *from)
{
	ops.name = from->name;
	ops.init = from->init;
	ops.release = from->release;
#ifdef COHMEM_HAVE_IOMMUFD_OPS
	ops.bind_iommufd = from->bind_iommufd;
	ops.unbind_iommufd = from->unbind_iommufd;
	ops.attach_ioas = from->attach_ioas;
	ops.detach_ioas = from->detach_ioas;
#endif
#ifdef COHMEM_HAVE_PASID_OPS
	ops.pasid_attach_ioas = from->pasid_attach_ioas;
	ops.pasid_detach_ioas = from->pasid_detach_ioas;
#endif
	ops.open_device = from->open_device;
	ops.close_device = from->close_device;
	ops.read = from->read;
	ops.write = from->write;
	ops.ioctl = compat_ioctl;
	ops.mmap = compat_mmap;
	ops.request = from->request;
	ops.match = from->match;
#ifdef COHMEM_HAVE_MATCH_TOKEN_UUID
	ops.match_token_uuid = from->match_token_uuid;
#endif
	ops.dma_unmap = from->dma_unmap;
	ops.device_feature = from->device_feature;
	newest = from;
}

/**
 * cohmem_compat_alloc_device() - vfio_alloc_device() for the driver's operations
 * @size: bytes of the driver's structure, which begins with a vfio_device
 * @dev: the parent device
 * @from: the driver's operations, the same in every call
 *
 * Context: may sleep; probes may run at once.
 * Return: the device, or an error pointer.
 */
struct vfio_device *
cohmem_compat_alloc_device(size_t size, struct device *dev,
			   const struct cohmem_compat_ops *from)
{
	mutex_lock(&fill_lock);
	if (!newest)
		fill(from);
	mutex_unlock(&fill_lock);
	if (newest != from)
		return ERR_PTR(-EINVAL);
	return _vfio_alloc_device(size, dev, &ops);
}
