/* SPDX-License-Identifier: GPL-2.0-only */
#include_next <linux/vfio.h>

#ifndef COHMEM_COMPAT_VFIO_H
#define COHMEM_COMPAT_VFIO_H

/*
 * COHMEM_HAVE_IOMMUFD_OPS, since Linux 6.2 ("vfio-iommufd: Support iommufd for
 * physical VFIO devices"). Can go with 6.1.
 */
#ifndef COHMEM_HAVE_IOMMUFD_OPS
#define vfio_iommufd_physical_bind		NULL
#define vfio_iommufd_physical_unbind		NULL
#define vfio_iommufd_physical_attach_ioas	NULL
#define vfio_iommufd_physical_detach_ioas	NULL
#endif

/*
 * COHMEM_HAVE_PASID_OPS, since Linux 6.15 ("vfio-iommufd: Support pasid
 * [at|de]tach for physical VFIO devices"). Can go with 6.12.
 */
#ifndef COHMEM_HAVE_PASID_OPS
#define vfio_iommufd_physical_pasid_attach_ioas	NULL
#define vfio_iommufd_physical_pasid_detach_ioas	NULL
#endif

/*
 * COHMEM_HAVE_MATCH_TOKEN_UUID, since Linux 6.17 ("vfio/pci: Do vf_token checks
 * for VFIO_DEVICE_BIND_IOMMUFD"); before, such a bind asks for no token. Can go
 * with 6.12.
 */
#ifndef COHMEM_HAVE_MATCH_TOKEN_UUID
#define vfio_pci_core_match_token_uuid		NULL
#endif

/*
 * COHMEM_HAVE_REGION_INFO_CAPS, since Linux 6.19 ("vfio: Add
 * get_region_info_caps op"). Before, the call comes through .ioctl: the driver
 * fills the operations of the newest kernel, and glue (vfio_ops.c) makes this
 * kernel's of them. Can go with 6.12.
 */
#ifndef COHMEM_HAVE_REGION_INFO_CAPS
#include "compat/vfio_ops.h"
#undef vfio_alloc_device
#define vfio_alloc_device(dev_struct, member, dev, ops)			\
	container_of(cohmem_compat_alloc_device(sizeof(struct dev_struct) + \
			BUILD_BUG_ON_ZERO(offsetof(struct dev_struct, member)), \
			dev, ops), struct dev_struct, member)
#define vfio_device_ops cohmem_compat_ops
#endif

#endif /* COHMEM_COMPAT_VFIO_H */
