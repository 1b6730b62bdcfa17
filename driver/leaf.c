// SPDX-License-Identifier: GPL-2.0-only
/*
 * Inserting leaves into user page tables, of any size that this kernel has.
 * Whether anybody may have one is for the caller to find out.
 *
 * Where only single pages fit (a VMA that is not congruent with the memory, or a
 * kernel without larger leaves), one fault inserts what is around it too.
 */
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/vfio_pci_core.h>

#include "leaf.h"

/* How much one fault maps where only pages fit; aligned to itself. */
#define FAULT_AROUND	min_t(unsigned long, SZ_2M, PMD_SIZE)

/*
 * May a module set leaves itself? Other architectures may have a memory type for
 * each page, and arm64's set_pte_at() calls a function that is not exported where
 * it checks the mm.
 */
#define SETS_LEAVES	(IS_ENABLED(CONFIG_ARM64) && !IS_ENABLED(CONFIG_DEBUG_VM))

/* A run of pages that lie one behind the other in the memory and in the VMA. */
struct run {
	struct vm_area_struct *vma;
	unsigned long pfn;	/* of the page that comes next */
};

static int set_leaf(pte_t *pte, unsigned long addr, void *data)
{
	struct run *run = data;

	if (pte_none(ptep_get(pte)))
		set_pte_at(run->vma->vm_mm, addr, pte,
			   pte_mkspecial(pfn_pte(run->pfn,
						 run->vma->vm_page_prot)));
	run->pfn++;
	return 0;
}

/*
 * Insert leaves for [@addr, @addr + @len) where there is none, from @pfn on, by
 * one walk of the page table: all of it lies below one PMD, in which there is a
 * page table already, as a leaf of one page has just been inserted there. By page
 * where a leaf is not ours to set.
 */
static int insert_run(struct vm_area_struct *vma, unsigned long addr,
		      unsigned long pfn, unsigned long len)
{
	struct run run = { .vma = vma, .pfn = pfn };
	unsigned long end = addr + len;

	if (SETS_LEAVES)
		return apply_to_page_range(vma->vm_mm, addr, len, set_leaf,
					   &run);
	for (; addr != end; addr += PAGE_SIZE) {
		if (vmf_insert_pfn(vma, addr, pfn++) != VM_FAULT_NOPAGE)
			return -ENOMEM;
	}
	return 0;
}

/**
 * cohmem_insert_around() - insert pages around the one that faulted
 * @vmf: the fault, for which a leaf of one page has been inserted
 * @phys: physical address of that page
 * @good: what may be shown
 * @arg: for @good
 *
 * A help, so errors only end it.
 *
 * Context: as for inserting the leaf itself.
 */
void cohmem_insert_around(struct vm_fault *vmf, u64 phys, cohmem_good_fn *good,
			  void *arg)
{
	struct vm_area_struct *vma = vmf->vma;
	unsigned long page = vmf->address & PAGE_MASK;
	unsigned long base = ALIGN_DOWN(page, FAULT_AROUND);
	unsigned long addr = max(base, vma->vm_start);
	unsigned long last = min(base + FAULT_AROUND - 1, vma->vm_end - 1);
	u64 at, len;

	while (addr < last) {
		/* Wraps and comes back for what lies before the page. */
		at = phys + addr - page;
		len = good(arg, at, last - addr + 1);
		if (len && insert_run(vma, addr, PHYS_PFN(at), len))
			return;
		/* Step over the bad page, or beyond the end. */
		addr += len + PAGE_SIZE;
	}
}

/**
 * cohmem_insert_leaf() - insert one leaf for a fault
 * @vmf: the fault
 * @pfn: first page of the leaf, aligned to it as the address is
 * @order: its order
 *
 * Context: the memory is there, and stays until the caller lets go of what
 *	keeps it.
 * Return: VM_FAULT_NOPAGE, VM_FAULT_FALLBACK for an order this kernel has no
 * leaf for, or an error.
 */
vm_fault_t cohmem_insert_leaf(struct vm_fault *vmf, unsigned long pfn,
			      unsigned int order)
{
	if (!order)
		return vmf_insert_pfn(vmf->vma, vmf->address, pfn);
#ifdef CONFIG_ARCH_SUPPORTS_PMD_PFNMAP
	if (order == PMD_ORDER)
		return vmf_insert_pfn_pmd(vmf, pfn, false);
#endif
#ifdef CONFIG_ARCH_SUPPORTS_PUD_PFNMAP
	if (order == PUD_ORDER)
		return vmf_insert_pfn_pud(vmf, pfn, false);
#endif
	return VM_FAULT_FALLBACK;
}
