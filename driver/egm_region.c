// SPDX-License-Identifier: GPL-2.0-only
/*
 * Extended GPU Memory as a region of a VFIO device: of the one function of the
 * socket that has the lowest address. Its type and capability are in uapi/egm.h.
 *
 * Opening the function does not take the memory, as few of its users know of the
 * region: the first mapping does, and closing the function gives it back. mmap()
 * must not wait, so memory that is being cleared is "try again".
 */
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/vfio_pci_core.h>

#include "egm.h"
#include "uapi/egm.h"

#define PGOFF_SHIFT	(VFIO_PCI_OFFSET_SHIFT - PAGE_SHIFT)

static ssize_t region_rw(struct vfio_pci_core_device *core, char __user *buf,
			 size_t count, loff_t *ppos, bool iswrite)
{
	return -EINVAL;
}

/* The memory is given back later, when it is known whether the GPU has stopped. */
static void region_release(struct vfio_pci_core_device *core,
			   struct vfio_pci_region *region)
{
}

static bool has_it(struct cohmem_egm *egm, struct cohmem_device *cdev)
{
	bool has;

	mutex_lock(&cohmem_egm_lock);
	has = egm->in_use && egm->user.gpu == cdev;
	mutex_unlock(&cohmem_egm_lock);
	return has;
}

static int region_mmap(struct vfio_pci_core_device *core,
		       struct vfio_pci_region *region,
		       struct vm_area_struct *vma)
{
	struct cohmem_device *cdev = cohmem_from_core(core);
	struct cohmem_egm *egm = region->data;
	struct cohmem_egm_user by = {
		.face = COHMEM_EGM_REGION,
		.gpu = cdev,
		.mapping = cohmem_mapping(cdev),
		.first = vma->vm_pgoff >> PGOFF_SHIFT << PGOFF_SHIFT,
	};
	int ret;

	/* What cannot be mapped takes nothing. */
	ret = cohmem_egm_mmap_check(egm, vma, by.first);
	if (ret)
		return ret;
	if (!has_it(egm, cdev)) {
		ret = cohmem_egm_claim(egm, &by, false);
		/* Another thread of the same user may just have been quicker. */
		if (ret && !(ret == -EBUSY && has_it(egm, cdev)))
			return ret;
	}
	return cohmem_egm_mmap(egm, vma);
}

static int region_capability(struct vfio_pci_core_device *core,
			     struct vfio_pci_region *region,
			     struct vfio_info_cap *caps)
{
	const struct cohmem_egm *egm = region->data;
	struct vfio_region_info_cap_egm *cap;
	size_t size = struct_size(cap, retired, egm->retired.nr);
	int ret;

	cap = kzalloc(size, GFP_KERNEL);
	if (!cap)
		return -ENOMEM;
	cap->header.id = VFIO_REGION_INFO_CAP_EGM;
	cap->header.version = VFIO_REGION_INFO_CAP_EGM_VERSION;
	cap->pxm = egm->said.pxm;
	cap->nr_retired = egm->retired.nr;
	memcpy(cap->retired, egm->retired.off,
	       egm->retired.nr * sizeof(cap->retired[0]));
	ret = vfio_info_add_capability(caps, &cap->header, size);
	kfree(cap);
	return ret;
}

static const struct vfio_pci_regops region_ops = {
	.rw		= region_rw,
	.release	= region_release,
	.mmap		= region_mmap,
	.add_capability	= region_capability,
};

/**
 * cohmem_egm_region_add() - show the region, if it is this function that does
 * @cdev: the function, being opened, with Extended GPU Memory
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int cohmem_egm_region_add(struct cohmem_device *cdev)
{
	struct cohmem_egm *egm = cdev->egm.egm;

	if (!cohmem_egm_is_owner(cdev))
		return 0;
	if (egm->said.size > COHMEM_REGION_SIZE_MAX) {
		dev_info_ratelimited(&egm->dev,
				     "too large for a VFIO region: only %s shows it\n",
				     dev_name(&egm->dev));
		return 0;
	}
	return vfio_pci_core_register_dev_region(&cdev->core,
			VFIO_REGION_TYPE_PCI_VENDOR_TYPE |
			COHMEM_PCI_VENDOR_NVIDIA, VFIO_REGION_SUBTYPE_NVIDIA_EGM,
			&region_ops, egm->said.size,
			VFIO_REGION_INFO_FLAG_MMAP, egm);
}
