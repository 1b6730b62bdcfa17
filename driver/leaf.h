/* SPDX-License-Identifier: GPL-2.0-only */
/* Leaves of user page tables: what leaf.c offers those who answer faults. */
#ifndef COHMEM_LEAF_H
#define COHMEM_LEAF_H

#include <linux/mm.h>

/**
 * typedef cohmem_good_fn - how much of the memory may be shown to a user
 * @arg: whose memory
 * @phys: physical address
 * @len: bytes in question
 *
 * Return: bytes from @phys on that come before the first page that may not.
 */
typedef u64 cohmem_good_fn(void *arg, u64 phys, u64 len);

vm_fault_t cohmem_insert_leaf(struct vm_fault *vmf, unsigned long pfn,
			      unsigned int order);
void cohmem_insert_around(struct vm_fault *vmf, u64 phys, cohmem_good_fn *good,
			  void *arg);

#endif /* COHMEM_LEAF_H */
