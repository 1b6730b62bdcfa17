/* SPDX-License-Identifier: GPL-2.0-only */
/* A bad page frame, told to its owner, where the kernel only asks. */
#ifndef COHMEM_COMPAT_FAILED_H
#define COHMEM_COMPAT_FAILED_H

#include <linux/interval_tree.h>
#include <linux/list.h>
#include <linux/mm_types.h>

/**
 * struct cohmem_compat_space - struct pfn_address_space with the hook
 *
 * @node, @mapping and @pfn_to_vma_pgoff are those of that structure.
 *
 * @failed: a page of the range has gone bad. rcu_read_lock() is held.
 * @real: what is registered with the kernel; private to failed.c
 * @list: of all that are registered; private to failed.c
 */
struct cohmem_compat_space {
	struct interval_tree_node node;
	struct address_space *mapping;
	int (*pfn_to_vma_pgoff)(struct vm_area_struct *vma, unsigned long pfn,
				pgoff_t *pgoff);
	void (*failed)(struct cohmem_compat_space *space, unsigned long pfn);
	void *real;
	struct list_head list;
};

int cohmem_compat_register_space(struct cohmem_compat_space *space);
void cohmem_compat_unregister_space(struct cohmem_compat_space *space);

#define pfn_address_space		cohmem_compat_space
#define register_pfn_address_space	cohmem_compat_register_space
#define unregister_pfn_address_space	cohmem_compat_unregister_space

#endif /* COHMEM_COMPAT_FAILED_H */
