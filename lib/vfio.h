/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A user of VFIO: a device, entered by its group and a container or by its own
 * character device and iommufd; what follows is the same for both. Knows
 * nothing of this project's driver. Verbs return 0 or -errno, or are as the
 * system call they stand for.
 */
#ifndef LIBCOHMEM_VFIO_H
#define LIBCOHMEM_VFIO_H

#include <sys/types.h>

#include "env.h"

#define COHMEM_VFIO_AREAS	8
#define COHMEM_VFIO_REGIONS	9	/* BARs, ROM, configuration, VGA */
#define COHMEM_VFIO_CONFIG	7

/**
 * struct cohmem_vfio_area - a piece of a region that can be mapped
 * @offset: where it begins in the region
 * @size: bytes
 */
struct cohmem_vfio_area {
	u64 offset;
	u64 size;
};

/**
 * struct cohmem_vfio_region - a region as VFIO announces it
 * @size: bytes; 0 = not there
 * @offset: of its first byte in the device's file
 * @flags: VFIO_REGION_INFO_FLAG_*
 * @nr_areas: pieces that can be mapped, where not all of it can
 * @area: them
 */
struct cohmem_vfio_region {
	u64 size;
	u64 offset;
	u32 flags;
	unsigned int nr_areas;
	struct cohmem_vfio_area area[COHMEM_VFIO_AREAS];
};

/**
 * struct cohmem_vfio - an open device
 * @fd: the device
 * @group: its group, or -1
 * @container: where the group's mappings are, or -1
 * @iommufd: the other way in, or -1
 * @ioas: its address space in @iommufd
 * @devid: what @iommufd calls the device
 * @flags: VFIO_DEVICE_FLAGS_*
 * @nr_regions: how many the kernel has
 * @nr_irqs: kinds of interrupts
 * @region: the regions
 */
struct cohmem_vfio {
	int fd;
	int group;
	int container;
	int iommufd;
	u32 ioas, devid;
	u32 flags;
	u32 nr_regions;
	u32 nr_irqs;
	struct cohmem_vfio_region region[COHMEM_VFIO_REGIONS];
};

int cohmem_vfio_open(struct cohmem_vfio *v, const char *bdf, const char *group,
		     const char *cdev);
void cohmem_vfio_close(struct cohmem_vfio *v);
int cohmem_vfio_region_info(int fd, unsigned int index,
			    struct cohmem_vfio_region *r);
int cohmem_vfio_reset(struct cohmem_vfio *v);
void *cohmem_vfio_map(struct cohmem_vfio *v, unsigned int index, u64 off,
		      u64 len, int prot, int flags);
void *cohmem_vfio_map_aligned(struct cohmem_vfio *v, unsigned int index,
			      u64 off, u64 len, u64 align, u64 skew);
ssize_t cohmem_vfio_read(struct cohmem_vfio *v, unsigned int index, u64 off,
			 void *buf, size_t count);
ssize_t cohmem_vfio_write(struct cohmem_vfio *v, unsigned int index, u64 off,
			  const void *buf, size_t count);
int cohmem_vfio_dma_map(struct cohmem_vfio *v, void *va, u64 iova, u64 len);
int cohmem_vfio_dma_unmap(struct cohmem_vfio *v, u64 iova, u64 len);

#endif /* LIBCOHMEM_VFIO_H */
