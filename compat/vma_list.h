/* SPDX-License-Identifier: GPL-2.0-only */
/* User mappings on a kernel whose devices have no inode of their own. */
#ifndef COHMEM_COMPAT_VMA_LIST_H
#define COHMEM_COMPAT_VMA_LIST_H

#include <linux/mm.h>

struct address_space;
struct vfio_pci_core_device;

void cohmem_compat_track(struct vm_area_struct *vma);
vm_fault_t cohmem_compat_insert_tracked(struct vm_area_struct *vma,
					unsigned long addr, unsigned long pfn);
int cohmem_compat_apply(struct mm_struct *mm, unsigned long addr,
			unsigned long len, pte_fn_t fn, void *data);
void cohmem_compat_zap(struct vfio_pci_core_device *core);

/*
 * All files share one address space: what is passed around in its place is the
 * name of the device, which is odd, and whoever would look into it is replaced as
 * well.
 */
#define cohmem_mapping(cdev)						\
	((struct address_space *)((unsigned long)&(cdev)->core | 1))

/* A list of VMAs knows no ranges: the whole device, its real BARs too. */
static inline void cohmem_compat_unmap(struct address_space *mapping,
				       loff_t start, loff_t len, int even_cows)
{
	unsigned long name = (unsigned long)mapping;

	if (name & 1)
		cohmem_compat_zap((struct vfio_pci_core_device *)(name - 1));
	else
		unmap_mapping_range(mapping, start, len, even_cows);
}

#define unmap_mapping_range	cohmem_compat_unmap
#define vmf_insert_pfn		cohmem_compat_insert_tracked
#define apply_to_page_range	cohmem_compat_apply

#endif /* COHMEM_COMPAT_VMA_LIST_H */
