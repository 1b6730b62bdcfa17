/* SPDX-License-Identifier: GPL-2.0-only */
/* Does the function decode memory, as vfio-pci-core sees it? */
#ifndef COHMEM_COMPAT_MEMORY_ENABLED_H
#define COHMEM_COMPAT_MEMORY_ENABLED_H

#include <linux/pci.h>

static inline bool
cohmem_compat_memory_enabled(struct vfio_pci_core_device *core)
{
	return (__force int)READ_ONCE(core->pdev->current_state) <
	       (__force int)PCI_D3hot &&
	       (core->pdev->no_command_memory ||
		READ_ONCE(core->vconfig[PCI_COMMAND]) & PCI_COMMAND_MEMORY);
}

#define __vfio_pci_memory_enabled	cohmem_compat_memory_enabled

#endif /* COHMEM_COMPAT_MEMORY_ENABLED_H */
