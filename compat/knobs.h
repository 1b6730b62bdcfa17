/* SPDX-License-Identifier: GPL-2.0-only */
/* What the newest core lets a driver set per device. */
#ifndef COHMEM_COMPAT_KNOBS_H
#define COHMEM_COMPAT_KNOBS_H

#include <linux/types.h>

struct vfio_pci_core_device;

void cohmem_compat_knobs(struct vfio_pci_core_device *core,
			 bool disable_idle_d3);
void cohmem_compat_knobs_enabled(struct vfio_pci_core_device *core);

#endif /* COHMEM_COMPAT_KNOBS_H */
