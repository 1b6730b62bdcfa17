/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Parts of the kernel's user interface that the headers of the oldest supported
 * build host (Debian 12, Linux 6.1) do not have. Own names, so that newer
 * headers do not clash; numbers and shapes are the ABI.
 */
#ifndef LIBCOHMEM_UAPI_H
#define LIBCOHMEM_UAPI_H

#include <linux/ioctl.h>
#include <stdint.h>

/* include/uapi/linux/vfio.h, since 6.6 */
struct abi_bind_iommufd {
	uint32_t argsz, flags;
	int32_t iommufd;
	uint32_t out_devid;
};

struct abi_attach_pt {
	uint32_t argsz, flags, pt_id;
};

/* since 6.15 */
struct abi_attach_pt_pasid {
	uint32_t argsz, flags, pt_id, pasid;
};

struct abi_detach_pt_pasid {
	uint32_t argsz, flags, pasid;
};

#define ABI_PT_PASID		1
#define ABI_BIND_IOMMUFD	_IO(';', 100 + 18)
#define ABI_ATTACH_PT		_IO(';', 100 + 19)
#define ABI_DETACH_PT		_IO(';', 100 + 20)

/* include/uapi/linux/vfio.h: features; DMA_BUF since 7.0 or so */
#define ABI_FEATURE_LOW_POWER_ENTRY	3
#define ABI_FEATURE_LOW_POWER_WAKEUP	4
#define ABI_FEATURE_LOW_POWER_EXIT	5
#define ABI_FEATURE_DMA_BUF		11

struct abi_low_power_entry_with_wakeup {
	int32_t wakeup_eventfd;
	uint32_t reserved;
};

struct abi_dma_buf_range {
	uint64_t offset, length;
};

struct abi_dma_buf {
	uint32_t region_index, open_flags, flags, nr_ranges;
	struct abi_dma_buf_range range[];
};

/* include/uapi/linux/iommufd.h */
struct abi_ioas_alloc {
	uint32_t size, flags, out_ioas_id;
};

struct abi_ioas_map {
	uint32_t size, flags, ioas_id, reserved;
	uint64_t user_va, length, iova;
};

struct abi_ioas_unmap {
	uint32_t size, ioas_id;
	uint64_t iova, length;
};

/* since 6.13; dma-bufs of vfio-pci since 7.0 or so */
struct abi_ioas_map_file {
	uint32_t size, flags, ioas_id;
	int32_t fd;
	uint64_t start, length, iova;
};

/* since 6.6; a page table of its own over an address space, for PASIDs since 6.15 */
struct abi_hwpt_alloc {
	uint32_t size, flags, dev_id, pt_id, out_hwpt_id, reserved;
	uint32_t data_type, data_len;
	uint64_t data_uptr;
	uint32_t fault_id, reserved2;
};

#define ABI_HWPT_ALLOC		_IO(';', 0x89)
#define ABI_HWPT_ALLOC_PASID	8
#define ABI_IOAS_ALLOC		_IO(';', 0x81)
#define ABI_IOAS_MAP		_IO(';', 0x85)
#define ABI_IOAS_UNMAP		_IO(';', 0x86)
#define ABI_IOAS_MAP_FILE	_IO(';', 0x8f)
#define ABI_IOAS_MAP_FIXED	1
#define ABI_IOAS_MAP_WRITE	2
#define ABI_IOAS_MAP_READ	4

#endif /* LIBCOHMEM_UAPI_H */
