// SPDX-License-Identifier: GPL-2.0-only
/*
 * What user space is told about the regions, who answers when one is read,
 * written or mapped, and the ioctls that name one.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vfio.h>

#include "device.h"

/*
 * The region is a power of two, as a BAR has to be; the one sparse area says
 * how much of it is memory, and so can be mapped.
 */
static int add_sparse_area(const struct cohmem_region *r,
			   struct vfio_info_cap *caps)
{
	struct vfio_region_info_cap_sparse_mmap *sparse;
	size_t size = struct_size(sparse, areas, 1);
	int ret;

	sparse = kzalloc(size, GFP_KERNEL);
	if (!sparse)
		return -ENOMEM;
	sparse->header.id = VFIO_REGION_INFO_CAP_SPARSE_MMAP;
	sparse->header.version = 1;
	sparse->nr_areas = 1;
	sparse->areas[0].offset = 0;
	sparse->areas[0].size = r->size;
	ret = vfio_info_add_capability(caps, &sparse->header, size);
	kfree(sparse);
	return ret;
}

/**
 * cohmem_get_region_info() - VFIO_DEVICE_GET_REGION_INFO
 * @vdev: the device
 * @info: in: index; out: the region
 * @caps: capabilities are added here
 *
 * Return: 0 or a negative errno.
 */
int cohmem_get_region_info(struct vfio_device *vdev,
			   struct vfio_region_info *info,
			   struct vfio_info_cap *caps)
{
	struct cohmem_device *cdev = cohmem_from_vfio(vdev);
	const struct cohmem_region *r = cohmem_region_at(cdev, info->index);

	if (r) {
		info->offset = VFIO_PCI_INDEX_TO_OFFSET(info->index);
		info->size = r->region_size;
		info->flags = VFIO_REGION_INFO_FLAG_READ |
			      VFIO_REGION_INFO_FLAG_WRITE |
			      VFIO_REGION_INFO_FLAG_MMAP;
		return add_sparse_area(r, caps);
	}
	if (cohmem_upper_half(cdev, info->index)) {
		info->offset = VFIO_PCI_INDEX_TO_OFFSET(info->index);
		info->size = 0;
		info->flags = 0;
		return 0;
	}
	return vfio_pci_ioctl_get_region_info(vdev, info, caps);
}

/**
 * cohmem_claims_region() - does this driver answer for a region by itself?
 * @core: the device
 * @index: vfio region index
 *
 * The core must then keep away from what real BAR there may be behind it: no
 * ioeventfd writes to it, and none is needed to export the region.
 *
 * Context: any.
 * Return: true if so.
 */
bool cohmem_claims_region(struct vfio_pci_core_device *core,
			  unsigned int index)
{
	struct cohmem_device *cdev = cohmem_from_core(core);

	return cohmem_region_at(cdev, index) || cohmem_upper_half(cdev, index);
}

/**
 * cohmem_ioctl() - ioctls of the device
 * @vdev: the device
 * @cmd: the ioctl
 * @arg: its argument
 *
 * A reset that the user asks for also takes the addresses of the emulated BARs;
 * it comes back to us as reset_done(), on this call's account.
 *
 * Return: as the ioctl defines it.
 */
long cohmem_ioctl(struct vfio_device *vdev, unsigned int cmd,
		  unsigned long arg)
{
	struct cohmem_device *cdev = cohmem_from_vfio(vdev);
	bool resets = cmd == VFIO_DEVICE_RESET ||
		      cmd == VFIO_DEVICE_PCI_HOT_RESET;
	long ret;

	if (resets)
		atomic_inc(&cdev->resetters);
	ret = vfio_pci_core_ioctl(vdev, cmd, arg);
	if (resets)
		atomic_dec(&cdev->resetters);
	return ret;
}

/**
 * cohmem_read() - read() on the device
 * @vdev: the device
 * @buf: to here
 * @count: bytes
 * @ppos: region and offset; moves on by what was read
 *
 * Return: bytes read, or a negative errno.
 */
ssize_t cohmem_read(struct vfio_device *vdev, char __user *buf, size_t count,
		    loff_t *ppos)
{
	struct cohmem_device *cdev = cohmem_from_vfio(vdev);
	unsigned int index = VFIO_PCI_OFFSET_TO_INDEX(*ppos);
	const struct cohmem_region *r = cohmem_region_at(cdev, index);

	if (r)
		return cohmem_memory_read(cdev, r, buf, count, ppos);
	if (cohmem_upper_half(cdev, index))
		return -EINVAL;
	if (index == VFIO_PCI_CONFIG_REGION_INDEX)
		return cohmem_config_read(cdev, buf, count, ppos);
	return vfio_pci_core_read(vdev, buf, count, ppos);
}

/**
 * cohmem_write() - write() on the device
 * @vdev: the device
 * @buf: from here
 * @count: bytes
 * @ppos: region and offset; moves on by what was written
 *
 * Return: bytes written, or a negative errno.
 */
ssize_t cohmem_write(struct vfio_device *vdev, const char __user *buf,
		     size_t count, loff_t *ppos)
{
	struct cohmem_device *cdev = cohmem_from_vfio(vdev);
	unsigned int index = VFIO_PCI_OFFSET_TO_INDEX(*ppos);
	const struct cohmem_region *r = cohmem_region_at(cdev, index);

	if (r)
		return cohmem_memory_write(cdev, r, buf, count, ppos);
	if (cohmem_upper_half(cdev, index))
		return -EINVAL;
	if (index == VFIO_PCI_CONFIG_REGION_INDEX)
		return cohmem_config_write(cdev, buf, count, ppos);
	return vfio_pci_core_write(vdev, buf, count, ppos);
}

/**
 * cohmem_mmap() - map a region
 * @vdev: the device
 * @vma: the mapping
 *
 * Return: 0; -EINVAL for one that cannot be mapped so.
 */
int cohmem_mmap(struct vfio_device *vdev, struct vm_area_struct *vma)
{
	struct cohmem_device *cdev = cohmem_from_vfio(vdev);
	unsigned int index = vma->vm_pgoff >>
			     (VFIO_PCI_OFFSET_SHIFT - PAGE_SHIFT);
	const struct cohmem_region *r = cohmem_region_at(cdev, index);

	if (r)
		return cohmem_memory_mmap(cdev, r, vma);
	if (cohmem_upper_half(cdev, index))
		return -EINVAL;
	return vfio_pci_core_mmap(vdev, vma);
}
