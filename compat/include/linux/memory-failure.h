/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * COHMEM_HAVE_PFN_ADDRESS_SPACE, since Linux 6.19 ("mm: handle poisoning of
 * pfn without struct pages"): memory_failure() asks the driver who maps a page
 * that has no struct page. Before, it only logs "memory outside kernel
 * control", so there is nothing to register with; poison.c says so to its user.
 *
 * Can go with 6.12.
 */
#ifdef COHMEM_HAVE_PFN_ADDRESS_SPACE
#include_next <linux/memory-failure.h>

/*
 * COHMEM_HAVE_PFN_FAILED: the owner is told that a page has failed. In no
 * kernel yet (packaging/upstream/core has the patch), so not since Linux 7.3:
 * failed.c. Can go with 7.3.
 */
#ifndef COHMEM_HAVE_PFN_FAILED
#include "compat/failed.h"
#endif

#else
#ifndef COHMEM_COMPAT_MEMORY_FAILURE_H
#define COHMEM_COMPAT_MEMORY_FAILURE_H

#include <linux/errno.h>
#include <linux/interval_tree.h>
#include <linux/mm_types.h>

struct pfn_address_space {
	struct interval_tree_node node;
	struct address_space *mapping;
	int (*pfn_to_vma_pgoff)(struct vm_area_struct *vma, unsigned long pfn,
				pgoff_t *pgoff);
	void (*failed)(struct pfn_address_space *space, unsigned long pfn);
};

static inline int register_pfn_address_space(struct pfn_address_space *space)
{
	return -EOPNOTSUPP;
}

static inline void unregister_pfn_address_space(struct pfn_address_space *space)
{
}

#endif /* COHMEM_COMPAT_MEMORY_FAILURE_H */
#endif /* COHMEM_HAVE_PFN_ADDRESS_SPACE */
