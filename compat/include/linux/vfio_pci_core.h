/* SPDX-License-Identifier: GPL-2.0-only */
#include_next <linux/vfio_pci_core.h>

#ifndef COHMEM_COMPAT_VFIO_PCI_CORE_H
#define COHMEM_COMPAT_VFIO_PCI_CORE_H

/* Since Linux 6.18 the offset is unsigned before it is shifted. Can go with 6.12. */
#undef VFIO_PCI_OFFSET_TO_INDEX
#define VFIO_PCI_OFFSET_TO_INDEX(off)	((u64)(off) >> VFIO_PCI_OFFSET_SHIFT)

/* See vfio.h: only the core's ioctl can answer; vfio_ops.c calls that then. */
#ifndef COHMEM_HAVE_REGION_INFO_CAPS
#define vfio_pci_ioctl_get_region_info(vdev, info, caps)	(-ENOIOCTLCMD)
#endif

/*
 * COHMEM_HAVE_VMF_INSERT_PFN, since Linux 6.19 ("vfio: refactor
 * vfio_pci_mmap_huge_fault function"): insert_pfn.c. Can go with 6.12.
 */
#ifndef COHMEM_HAVE_VMF_INSERT_PFN
#include "compat/insert_pfn.h"
#endif

/*
 * COHMEM_HAVE_GET_IOMAP, since Linux 7.2 ("vfio/pci: Replace
 * vfio_pci_core_setup_barmap() with vfio_pci_core_get_iomap()"): barmap.c. Can
 * go with 6.12.
 */
#ifndef COHMEM_HAVE_GET_IOMAP
#include "compat/barmap.h"
#endif

/* COHMEM_HAVE_CORE_KNOBS, since Linux 7.2: knobs.c. Can go with 6.12. */
#ifndef COHMEM_HAVE_CORE_KNOBS
#include "compat/knobs.h"
#endif

/*
 * COHMEM_HAVE_MEMORY_CHANGED: the core's hooks for drivers that compose BARs. In
 * no kernel yet, so not since Linux 7.3: core.h. Can go with 7.3.
 */
#ifndef COHMEM_HAVE_MEMORY_CHANGED
#include "compat/core.h"
#endif

/* COHMEM_HAVE_MEMORY_ENABLED, since Linux 7.2. Can go with 6.12. */
#ifndef COHMEM_HAVE_MEMORY_ENABLED
#include "compat/memory_enabled.h"
#endif

/*
 * COHMEM_HAVE_VFIO_INODE, since Linux 6.10 ("vfio: Create vfio_fs_type with
 * inode per device", "vfio/pci: Use unmap_mapping_range()"): vma_list.c. Can
 * go with 6.1.
 */
#ifndef COHMEM_HAVE_VFIO_INODE
#include "compat/vma_list.h"
#endif

#endif /* COHMEM_COMPAT_VFIO_PCI_CORE_H */
