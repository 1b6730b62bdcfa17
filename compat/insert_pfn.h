/* SPDX-License-Identifier: GPL-2.0-only */
/* The core's helper for leaves of any size, where the core has none. */
#ifndef COHMEM_COMPAT_INSERT_PFN_H
#define COHMEM_COMPAT_INSERT_PFN_H

#include <linux/mm.h>

struct vfio_pci_core_device;

#define vfio_pci_vmf_insert_pfn cohmem_compat_insert_pfn

vm_fault_t cohmem_compat_insert_pfn(struct vfio_pci_core_device *core,
				    struct vm_fault *vmf, unsigned long pfn,
				    unsigned int order);

#endif /* COHMEM_COMPAT_INSERT_PFN_H */
