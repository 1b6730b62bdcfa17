// SPDX-License-Identifier: GPL-2.0-only
/*
 * One leaf of any order. The functions for huge leaves took their page frame
 * number wrapped in a pfn_t until Linux 6.17 ("mm: remove callers of pfn_t
 * functionality"); it has to say that there is no struct page.
 */
#include <linux/mm.h>
#include <linux/vfio_pci_core.h>
#ifdef COHMEM_HAVE_PFN_T
#include <linux/pfn_t.h>
#define to_leaf(pfn)	__pfn_to_pfn_t(pfn, PFN_DEV)
#else
#define to_leaf(pfn)	(pfn)
#endif

/**
 * cohmem_compat_insert_pfn() - insert one leaf for a fault
 * @core: the device
 * @vmf: the fault
 * @pfn: first page of the leaf, aligned to it as the address is
 * @order: its order
 *
 * Context: memory_lock held for reading; the caller has found that memory
 * decoding is on and the device is powered.
 * Return: VM_FAULT_NOPAGE, VM_FAULT_FALLBACK for an order this kernel has no
 * leaf for, or an error.
 */
vm_fault_t cohmem_compat_insert_pfn(struct vfio_pci_core_device *core,
				    struct vm_fault *vmf, unsigned long pfn,
				    unsigned int order)
{
	lockdep_assert_held_read(&core->memory_lock);

	if (!order)
		return vmf_insert_pfn(vmf->vma, vmf->address, pfn);
#ifdef CONFIG_ARCH_SUPPORTS_PMD_PFNMAP
	if (order == PMD_ORDER)
		return vmf_insert_pfn_pmd(vmf, to_leaf(pfn), false);
#endif
#ifdef CONFIG_ARCH_SUPPORTS_PUD_PFNMAP
	if (order == PUD_ORDER)
		return vmf_insert_pfn_pud(vmf, to_leaf(pfn), false);
#endif
	return VM_FAULT_FALLBACK;
}
