// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mapping Extended GPU Memory into user space, by either face: the same faults,
 * with the largest leaves that fit. It is there as long as one of the socket's
 * functions is bound, so nobody waits; what a reset does to a GPU's own memory does
 * not touch this.
 *
 * Retired blocks are holes. A page that has gone bad since is no hole: a virtual
 * machine handles an error there as a machine does (poison.c has the reasons).
 */
#include <linux/fs.h>
#include <linux/mm.h>

#include "egm.h"
#include "leaf.h"
#include "trace.h"

/* Offset in the memory of a user address. */
static u64 offset_of(const struct cohmem_egm *egm, struct vm_area_struct *vma,
		     unsigned long addr)
{
	return ((u64)(vma->vm_pgoff - egm->user.first) << PAGE_SHIFT) +
	       (addr - vma->vm_start);
}

static u64 mappable(void *arg, u64 phys, u64 len)
{
	const struct cohmem_egm *egm = arg;

	return cohmem_egm_retired_good(&egm->retired, phys - egm->said.base,
				       len);
}

static vm_fault_t insert(struct vm_fault *vmf, struct cohmem_egm *egm, u64 off,
			 unsigned int order)
{
	u64 phys = egm->said.base + off, size = (u64)PAGE_SIZE << order;
	vm_fault_t ret;

	if (egm->gone)
		return VM_FAULT_SIGBUS;
	if (mappable(egm, phys, size) < size)
		return order ? VM_FAULT_FALLBACK : VM_FAULT_SIGBUS;
	ret = cohmem_insert_leaf(vmf, PHYS_PFN(phys), order);
	if (!order && ret == VM_FAULT_NOPAGE)
		cohmem_insert_around(vmf, phys, mappable, egm);
	return ret;
}

static vm_fault_t fault_order(struct vm_fault *vmf, unsigned int order)
{
	struct vm_area_struct *vma = vmf->vma;
	struct cohmem_egm *egm = vma->vm_private_data;
	unsigned long size = PAGE_SIZE << order;
	unsigned long addr = ALIGN_DOWN(vmf->address, size);
	vm_fault_t ret = VM_FAULT_FALLBACK;
	u64 off;

	if (order && (addr < vma->vm_start || vma->vm_end - addr < size))
		return ret;
	off = offset_of(egm, vma, addr);
	if (order && !IS_ALIGNED(egm->said.base + off, size))
		return ret;
	down_read(&egm->lock);
	ret = insert(vmf, egm, off, order);
	up_read(&egm->lock);
	trace_cohmem_egm_fault(egm->said.pxm, off, order,
			       (__force unsigned int)ret);
	return ret;
}

static vm_fault_t fault_page(struct vm_fault *vmf)
{
	return fault_order(vmf, 0);
}

const struct vm_operations_struct cohmem_egm_vm_ops = {
	.fault = fault_page,
#ifdef CONFIG_ARCH_SUPPORTS_HUGE_PFNMAP
	.huge_fault = fault_order,
#endif
};

/**
 * cohmem_egm_mmap_check() - could this be mapped?
 * @egm: the memory
 * @vma: the mapping
 * @first: the file's page that shows the first page of the memory
 *
 * Return: 0; -EINVAL for a private mapping, or one beyond the size.
 */
int cohmem_egm_mmap_check(const struct cohmem_egm *egm,
			  const struct vm_area_struct *vma, pgoff_t first)
{
	u64 start = (u64)(vma->vm_pgoff - first) << PAGE_SHIFT;
	u64 len = vma->vm_end - vma->vm_start;

	/* See cohmem_memory_mmap(). */
	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	if (start >= egm->said.size || len > egm->said.size - start)
		return -EINVAL;
	return 0;
}

/**
 * cohmem_egm_mmap() - map the memory
 * @egm: the memory, had by the caller
 * @vma: the mapping, checked
 *
 * Return: 0, or -ENODEV if the memory is gone.
 */
int cohmem_egm_mmap(struct cohmem_egm *egm, struct vm_area_struct *vma)
{
	if (READ_ONCE(egm->gone))
		return -ENODEV;
	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_private_data = egm;
	vma->vm_ops = &cohmem_egm_vm_ops;
	return 0;
}

/**
 * cohmem_egm_zap() - remove all user mappings
 * @egm: the memory, gone
 *
 * And what the kernel does on their account: the range may be another's soon.
 *
 * A region's are gone by then, as the function is closed that shows it.
 *
 * Context: process.
 */
void cohmem_egm_zap(struct cohmem_egm *egm)
{
	mutex_lock(&cohmem_egm_lock);
	if (egm->user.face == COHMEM_EGM_CHARDEV && egm->user.mapping)
		unmap_mapping_range(egm->user.mapping,
				    (loff_t)egm->user.first << PAGE_SHIFT,
				    egm->said.size, true);
	cohmem_egm_unwatch(egm);
	mutex_unlock(&cohmem_egm_lock);
}
