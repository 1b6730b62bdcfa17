/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The functions for huge leaves took their page frame number wrapped in a pfn_t,
 * which has to say that there is no struct page, until Linux 6.17 ("mm: remove
 * callers of pfn_t functionality").
 */
#ifndef COHMEM_COMPAT_PFN_T_H
#define COHMEM_COMPAT_PFN_T_H

#include <linux/mm.h>

#ifdef COHMEM_HAVE_PFN_T
#include <linux/pfn_t.h>
#define cohmem_compat_leaf(pfn)	__pfn_to_pfn_t(pfn, PFN_DEV)
#else
#define cohmem_compat_leaf(pfn)	(pfn)
#endif

/* One leaf of PMD_ORDER, where the kernel has them for page frames. */
static inline vm_fault_t cohmem_compat_insert_pmd(struct vm_fault *vmf,
						  unsigned long pfn)
{
#ifdef CONFIG_ARCH_SUPPORTS_PMD_PFNMAP
	return vmf_insert_pfn_pmd(vmf, cohmem_compat_leaf(pfn),
				  vmf->flags & FAULT_FLAG_WRITE);
#else
	return VM_FAULT_FALLBACK;
#endif
}

#endif /* COHMEM_COMPAT_PFN_T_H */
