// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mapping the coherent regions into user space.
 *
 * mmap() only checks and marks; leaves are inserted by faults (leaf.c), the
 * largest that the kernel, the alignment of the mapping and bad pages allow.
 *
 * vm_pgoff keeps the vfio offset: vfio-pci-core removes mappings by it, and so
 * do we.
 *
 * A fault that has to wait, for readiness or for a reset, first lets go of the
 * mmap or VMA lock and asks to be called again. It pins the file meanwhile:
 * without the lock, the mapping, the file and with it the device could vanish.
 * One that cannot be called again does not wait: it ends in a signal or an
 * error of its caller. So does the last of the kernel's own callers of that
 * kind, futexes, which nobody needs in device memory; waiting there would hold
 * the mmap lock, and with it whoever looks at the process.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>

#include "device.h"
#include "leaf.h"
#include "trace.h"

#define PGOFF_SHIFT	(VFIO_PCI_OFFSET_SHIFT - PAGE_SHIFT)
#define PGOFF_MASK	((1UL << PGOFF_SHIFT) - 1)

/**
 * struct target - what a fault is about
 * @cdev: the device
 * @r: the region
 * @off: offset in the region of the leaf wanted, bytes
 * @order: order of the leaf wanted
 */
struct target {
	struct cohmem_device *cdev;
	const struct cohmem_region *r;
	u64 off;
	unsigned int order;
};

/* Offset in the region of a user address. */
static u64 region_offset(struct vm_area_struct *vma, unsigned long addr)
{
	return ((u64)(vma->vm_pgoff & PGOFF_MASK) << PAGE_SHIFT) +
	       (addr - vma->vm_start);
}

static u64 mappable(void *arg, u64 phys, u64 len)
{
	const struct target *t = arg;

	return cohmem_poison_mappable(t->cdev, t->r, phys - t->r->base, len);
}

static vm_fault_t insert(struct vm_fault *vmf, struct target *t)
{
	u64 size = (u64)PAGE_SIZE << t->order;
	vm_fault_t ret;

	lockdep_assert_held_read(&t->cdev->state_lock);
	if (cohmem_poison_mappable(t->cdev, t->r, t->off, size) < size)
		return t->order ? VM_FAULT_FALLBACK : VM_FAULT_HWPOISON;

	ret = vfio_pci_vmf_insert_pfn(&t->cdev->core, vmf,
				      PHYS_PFN(t->r->base + t->off), t->order);
	if (!t->order && ret == VM_FAULT_NOPAGE)
		cohmem_insert_around(vmf, t->r->base + t->off, mappable, t);
	return ret;
}

/*
 * Wait without the fault's lock, then have the fault retried.
 * @reset: vfio holds memory_lock; otherwise the memory is not ready.
 */
static vm_fault_t wait_unlocked(struct vm_fault *vmf, const struct target *t,
				bool reset)
{
	struct file *file;

	/* Asked not to sleep: "retry" with the lock still held. */
	if (vmf->flags & FAULT_FLAG_RETRY_NOWAIT)
		return VM_FAULT_RETRY;

	file = get_file(vmf->vma->vm_file);
	release_fault_lock(vmf);
	if (!reset)
		cohmem_ready_wait(t->cdev);
	else if (!down_read_killable(&t->cdev->core.memory_lock))
		up_read(&t->cdev->core.memory_lock);
	fput(file);
	return VM_FAULT_RETRY;
}

static vm_fault_t serve(struct vm_fault *vmf, struct target *t)
{
	struct cohmem_device *cdev = t->cdev;
	/*
	 * A kernel thread on a process's behalf would give the file back later
	 * than it returns from here, and with it maybe this code.
	 */
	bool may_retry = vmf->flags & FAULT_FLAG_ALLOW_RETRY &&
			 !(current->flags & PF_KTHREAD);
	vm_fault_t ret = VM_FAULT_SIGBUS;
	int state;

	if (!down_read_trylock(&cdev->core.memory_lock))
		return may_retry ? wait_unlocked(vmf, t, true) : ret;
	down_read(&cdev->state_lock);
	state = cohmem_gate_open(cdev) ? cohmem_ready_check(cdev) : -EIO;
	if (!state)
		ret = insert(vmf, t);
	up_read(&cdev->state_lock);
	up_read(&cdev->core.memory_lock);

	if (state == -EAGAIN && may_retry)
		return wait_unlocked(vmf, t, false);
	return ret;
}

static vm_fault_t fault_order(struct vm_fault *vmf, unsigned int order)
{
	struct vm_area_struct *vma = vmf->vma;
	unsigned long size = PAGE_SIZE << order;
	unsigned long addr = ALIGN_DOWN(vmf->address, size);
	unsigned int index = vma->vm_pgoff >> PGOFF_SHIFT;
	struct target t = { .cdev = vma->vm_private_data, .order = order };
	struct pci_dev *pdev = t.cdev->core.pdev;
	vm_fault_t ret = VM_FAULT_FALLBACK;

	if (order && (addr < vma->vm_start || vma->vm_end - addr < size))
		return ret;
	t.r = cohmem_region_at(t.cdev, index);
	t.off = region_offset(vma, addr);
	if (!order || IS_ALIGNED(t.r->base + t.off, size))
		ret = serve(vmf, &t);
	/* The locks may be gone by now, and with them all but local values. */
	if (!(ret & VM_FAULT_RETRY))
		trace_cohmem_fault(pdev, index, t.off, order,
				   (__force unsigned int)ret);
	return ret;
}

static vm_fault_t fault_page(struct vm_fault *vmf)
{
	return fault_order(vmf, 0);
}

static const struct vm_operations_struct vm_ops = {
	.fault = fault_page,
#ifdef CONFIG_ARCH_SUPPORTS_HUGE_PFNMAP
	.huge_fault = fault_order,
#endif
};

/**
 * cohmem_memory_mmap() - map a coherent region
 * @cdev: the device
 * @r: the region
 * @vma: the mapping
 *
 * Return: 0; -EINVAL for a private mapping, or one beyond the backed size.
 */
int cohmem_memory_mmap(struct cohmem_device *cdev,
		       const struct cohmem_region *r,
		       struct vm_area_struct *vma)
{
	u64 start, len;

	/* A private mapping would be copied on write, from pages without
	 * struct page: the mm cannot do that, and says so by BUG().
	 */
	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	start = region_offset(vma, vma->vm_start);
	len = vma->vm_end - vma->vm_start;
	if (start >= r->size || len > r->size - start)
		return -EINVAL;

	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	if (r->kind == COHMEM_RESMEM) {
		/* Lets KVM give the guest Normal-NC, not Device memory. */
		vm_flags_set(vma, VM_ALLOW_ANY_UNCACHED);
		vma->vm_page_prot = pgprot_writecombine(vma->vm_page_prot);
	}
	vma->vm_private_data = cdev;
	vma->vm_ops = &vm_ops;
	return 0;
}
