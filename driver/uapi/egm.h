/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * Extended GPU Memory: CPU memory of a socket that firmware keeps from the kernel
 * and lends to virtual machines, so that GPUs reach it.
 *
 * One range per socket, known by its proximity domain, and two ways to it: the
 * character device /dev/egm<domain>, and a region of the VFIO device of one of
 * the socket's GPUs. Either is mapped shared; one user at a time has the range.
 */
#ifndef _UAPI_LINUX_EGM_H
#define _UAPI_LINUX_EGM_H

#include <linux/ioctl.h>
#include <linux/types.h>
#include <linux/vfio.h>

#define EGM_TYPE	'E'

/**
 * struct egm_retired_pages_info - blocks that must not be used
 * @offset: from the beginning of the range, in bytes
 * @size: bytes, a multiple of 64 KiB
 */
struct egm_retired_pages_info {
	__aligned_u64 offset;
	__aligned_u64 size;
};

/**
 * struct egm_retired_pages_list - EGM_RETIRED_PAGES_LIST
 * @argsz: in: bytes of the whole structure; out: bytes needed
 * @count: out: entries
 * @retired_pages: out: the entries, in order of their offsets
 *
 * Mappings of the range have holes there: touching one is SIGBUS. With too small
 * an @argsz only @argsz and @count are written, and the error is ENOSPC.
 */
struct egm_retired_pages_list {
	__u32 argsz;
	__u32 count;
	struct egm_retired_pages_info retired_pages[];
};

#define EGM_RETIRED_PAGES_LIST	_IO(EGM_TYPE, 100)

/**
 * struct egm_dma_range - a piece of the range
 * @offset: from its beginning, in bytes, page aligned
 * @length: bytes, page aligned
 */
struct egm_dma_range {
	__aligned_u64 offset;
	__aligned_u64 length;
};

/**
 * struct egm_dma_buf_export - EGM_EXPORT_DMABUF
 * @argsz: in: bytes of the whole structure
 * @flags: 0
 * @nr_ranges: how many pieces
 * @open_flags: O_CLOEXEC and the access mode of the new file
 * @dma_ranges: the pieces, in the order in which they follow each other
 *
 * Returns a file descriptor of a dma-buf. Retired blocks cannot be exported
 * (EHWPOISON). The export is revoked when the range goes away.
 */
struct egm_dma_buf_export {
	__u32 argsz;
	__u32 flags;
	__u32 nr_ranges;
	__u32 open_flags;
	struct egm_dma_range dma_ranges[];
};

#define EGM_EXPORT_DMABUF	_IOWR(EGM_TYPE, 101, struct egm_dma_buf_export)

/*
 * The region: of the type VFIO_REGION_TYPE_PCI_VENDOR_TYPE | 0x10de, on the GPU
 * with the lowest address of those of the socket that are bound. It can only be
 * mapped. Mapping it takes the range for this VFIO device until that is closed:
 * EBUSY while somebody else has it, EAGAIN while it is being cleared.
 */
#define VFIO_REGION_SUBTYPE_NVIDIA_EGM		2

#define VFIO_REGION_INFO_CAP_EGM		0x4547	/* "EG" */
#define VFIO_REGION_INFO_CAP_EGM_VERSION	1

/**
 * struct vfio_region_info_cap_egm - what a virtual machine has to be told
 * @header: id VFIO_REGION_INFO_CAP_EGM
 * @pxm: proximity domain of the range
 * @nr_retired: how many blocks must not be used
 * @retired: offset of each block of 64 KiB in the region, ascending
 */
struct vfio_region_info_cap_egm {
	struct vfio_info_cap_header header;
	__u32 pxm;
	__u32 nr_retired;
	__aligned_u64 retired[];
};

#endif /* _UAPI_LINUX_EGM_H */
