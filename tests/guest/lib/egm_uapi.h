/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * /dev/egm<N> and the VFIO region: numbers and shapes, written down here once
 * more, so that the driver's own header is not asked about itself.
 */
#ifndef COHMEM_GUEST_EGM_UAPI_H
#define COHMEM_GUEST_EGM_UAPI_H

#include <linux/ioctl.h>
#include <stdint.h>

struct abi_egm_block {
	uint64_t offset, size;
};

struct abi_egm_list {
	uint32_t argsz, count;
	struct abi_egm_block block[];
};

struct abi_egm_range {
	uint64_t offset, length;
};

struct abi_egm_export {
	uint32_t argsz, flags, nr_ranges, open_flags;
	struct abi_egm_range range[];
};

#define ABI_EGM_LIST		_IO('E', 100)
#define ABI_EGM_EXPORT		_IOWR('E', 101, struct abi_egm_export)

/* Of the vendor with the PCI id 10de. */
#define ABI_EGM_REGION_TYPE	0x800010de
#define ABI_EGM_REGION_SUBTYPE	2
#define ABI_EGM_CAP		0x4547

#endif /* COHMEM_GUEST_EGM_UAPI_H */
