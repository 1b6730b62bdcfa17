// SPDX-License-Identifier: GPL-2.0-only
/*
 * Removing user mappings on a kernel before Linux 6.10: all vfio devices share
 * the address space of one anonymous inode, so mappings cannot be found by file
 * offset. The core keeps a list of the VMAs that may have leaves, empties it
 * before memory decoding goes off, and asks drivers for nothing; so the VMAs of
 * the coherent regions have to be on that list, too.
 *
 * The invariant is the core's: a VMA that has leaves is on the list. Leaves are
 * inserted with vma_lock held, so that the core cannot take the VMA off in
 * between. A VMA that gets leaves otherwise, by fork() or mremap(), loses them
 * at once. The VMA is off the list before it goes away.
 *
 * vma_lock is outside of memory_lock, and the driver faults with memory_lock
 * held. So it is only tried; when it is taken, the fault ends without a leaf
 * and comes again.
 *
 * An entry is allocated by whoever adds it and freed by whoever takes it off,
 * so its layout is part of the bargain. It has been the same in all kernels that
 * have the list.
 */
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/vfio_pci_core.h>

#include "device.h"

#undef vmf_insert_pfn
#undef apply_to_page_range
#undef unmap_mapping_range

struct entry {
	struct vm_area_struct *vma;
	struct list_head node;
};

static const struct vm_operations_struct *driver_ops;

static struct vfio_pci_core_device *core_of(struct vm_area_struct *vma)
{
	struct cohmem_device *cdev = vma->vm_private_data;

	return &cdev->core;
}

static struct entry *find(struct vfio_pci_core_device *core,
			  struct vm_area_struct *vma)
{
	struct entry *e;

	lockdep_assert_held(&core->vma_lock);
	list_for_each_entry(e, &core->vma_list, node) {
		if (e->vma == vma)
			return e;
	}
	return NULL;
}

static void drop(struct entry *e)
{
	list_del(&e->node);
	kfree(e);
}

static int add(struct vfio_pci_core_device *core, struct vm_area_struct *vma)
{
	struct entry *e;

	if (find(core, vma))
		return 0;
	e = kmalloc(sizeof(*e), GFP_KERNEL_ACCOUNT);
	if (!e)
		return -ENOMEM;
	e->vma = vma;
	list_add(&e->node, &core->vma_list);
	return 0;
}

static void zap_vma(struct vm_area_struct *vma)
{
	zap_vma_ptes(vma, vma->vm_start, vma->vm_end - vma->vm_start);
}

/* Also after mremap(): what has been moved here is not on the list. */
static void vma_open(struct vm_area_struct *vma)
{
	zap_vma(vma);
}

static int vma_mremap(struct vm_area_struct *vma)
{
	zap_vma(vma);
	return 0;
}

static void vma_close(struct vm_area_struct *vma)
{
	struct vfio_pci_core_device *core = core_of(vma);
	struct entry *e;

	mutex_lock(&core->vma_lock);
	e = find(core, vma);
	if (e)
		drop(e);
	mutex_unlock(&core->vma_lock);
}

static vm_fault_t vma_fault(struct vm_fault *vmf)
{
	return driver_ops->fault(vmf);
}

static const struct vm_operations_struct tracked_ops = {
	.open = vma_open,
	.close = vma_close,
	.mremap = vma_mremap,
	.fault = vma_fault,
};

/**
 * cohmem_compat_track() - keep track of a mapping the driver has just made
 * @vma: the mapping; one that the core made is left to the core
 *
 * Context: mmap lock held for writing.
 */
void cohmem_compat_track(struct vm_area_struct *vma)
{
	const struct vm_operations_struct *ops = vma->vm_ops;

	if (!ops || !within_module((unsigned long)ops, THIS_MODULE))
		return;
	/* The driver has one set, so it does not matter who is first. */
	WRITE_ONCE(driver_ops, ops);
	vma->vm_ops = &tracked_ops;
}

/**
 * cohmem_compat_insert_tracked() - vmf_insert_pfn() that keeps the invariant
 * @vma: a mapping of a coherent region, or of what is on no list
 * @addr: user address of the page
 * @pfn: its page frame number
 *
 * Context: mmap lock and memory_lock held for reading.
 * Return: VM_FAULT_NOPAGE, also where the page has to be asked for again;
 * VM_FAULT_OOM; or what vmf_insert_pfn() returns.
 */
vm_fault_t cohmem_compat_insert_tracked(struct vm_area_struct *vma,
					unsigned long addr, unsigned long pfn)
{
	struct vfio_pci_core_device *core;
	vm_fault_t ret = VM_FAULT_OOM;

	if (vma->vm_ops != &tracked_ops)
		return vmf_insert_pfn(vma, addr, pfn);
	core = core_of(vma);
	if (!mutex_trylock(&core->vma_lock))
		return VM_FAULT_NOPAGE;
	if (!add(core, vma))
		ret = vmf_insert_pfn(vma, addr, pfn);
	mutex_unlock(&core->vma_lock);
	return ret;
}

/**
 * cohmem_compat_apply() - apply_to_page_range() that keeps the invariant
 * @mm: whose page table
 * @addr: where, in one mapping
 * @len: bytes
 * @fn: inserts a leaf
 * @data: for @fn
 *
 * Context: mmap lock and memory_lock held for reading.
 * Return: -EAGAIN where the mapping is on no list any more, or the list is in
 * use; or what apply_to_page_range() returns.
 */
int cohmem_compat_apply(struct mm_struct *mm, unsigned long addr,
			unsigned long len, pte_fn_t fn, void *data)
{
	struct vm_area_struct *vma = find_vma(mm, addr);
	struct vfio_pci_core_device *core;
	int ret = -EAGAIN;

	if (!vma || vma->vm_start > addr)
		return ret;
	if (vma->vm_ops != &tracked_ops)
		return apply_to_page_range(mm, addr, len, fn, data);
	core = core_of(vma);
	if (!mutex_trylock(&core->vma_lock))
		return ret;
	if (find(core, vma))
		ret = apply_to_page_range(mm, addr, len, fn, data);
	mutex_unlock(&core->vma_lock);
	return ret;
}

/* An mm that has VMAs on the list, referenced; NULL once the list is empty. */
static struct mm_struct *first_mm(struct vfio_pci_core_device *core)
{
	struct mm_struct *mm = NULL;
	struct entry *e;

	mutex_lock(&core->vma_lock);
	while (!list_empty(&core->vma_list)) {
		e = list_first_entry(&core->vma_list, struct entry, node);
		if (mmget_not_zero(e->vma->vm_mm)) {
			mm = e->vma->vm_mm;
			break;
		}
		/* Its leaves go with the mm, which nobody uses any more. */
		drop(e);
	}
	mutex_unlock(&core->vma_lock);
	return mm;
}

/**
 * cohmem_compat_zap() - remove all user mappings of a device
 * @core: the device
 *
 * Those of its real BARs, too: they come back by the next fault.
 *
 * Context: process. Inside a reset by vfio memory_lock is held for writing, and
 * the list was emptied before and stays so: then there is nothing to do, and no
 * lock is taken that the core takes the other way round.
 */
void cohmem_compat_zap(struct vfio_pci_core_device *core)
{
	struct entry *e, *next;
	struct mm_struct *mm;

	while (!list_empty_careful(&core->vma_list)) {
		mm = first_mm(core);
		if (!mm)
			return;
		mmap_read_lock(mm);
		mutex_lock(&core->vma_lock);
		list_for_each_entry_safe(e, next, &core->vma_list, node) {
			if (e->vma->vm_mm != mm)
				continue;
			zap_vma(e->vma);
			drop(e);
		}
		mutex_unlock(&core->vma_lock);
		mmap_read_unlock(mm);
		mmput(mm);
	}
}
