/* SPDX-License-Identifier: GPL-2.0-only */
/* BARs that the core maps when they are first used. */
#ifndef COHMEM_COMPAT_BARMAP_H
#define COHMEM_COMPAT_BARMAP_H

struct vfio_pci_core_device;

#define vfio_pci_core_enable	cohmem_compat_enable
#define vfio_pci_core_get_iomap	cohmem_compat_get_iomap

int cohmem_compat_enable(struct vfio_pci_core_device *core);
void __iomem *cohmem_compat_get_iomap(struct vfio_pci_core_device *core,
				      unsigned int bar);
void __iomem *cohmem_compat_iomap(struct vfio_pci_core_device *core,
				  unsigned int bar);

#endif /* COHMEM_COMPAT_BARMAP_H */
