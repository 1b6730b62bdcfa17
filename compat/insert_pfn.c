// SPDX-License-Identifier: GPL-2.0-only
/* The core's helper: one leaf of any order, by the driver's own. */
#include <linux/vfio_pci_core.h>

#include "leaf.h"

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

	return cohmem_insert_leaf(vmf, pfn, order);
}
