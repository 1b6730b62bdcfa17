/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The functions for huge leaves took their page frame number wrapped until Linux
 * 6.17 ("mm: remove callers of pfn_t functionality"); it has to say that there is
 * no struct page.
 */
#ifndef COHMEM_COMPAT_PFN_T_H
#define COHMEM_COMPAT_PFN_T_H

#include <linux/pfn_t.h>

#define vmf_insert_pfn_pmd(vmf, pfn, write)				\
	vmf_insert_pfn_pmd(vmf, __pfn_to_pfn_t(pfn, PFN_DEV), write)
#define vmf_insert_pfn_pud(vmf, pfn, write)				\
	vmf_insert_pfn_pud(vmf, __pfn_to_pfn_t(pfn, PFN_DEV), write)

#endif /* COHMEM_COMPAT_PFN_T_H */
