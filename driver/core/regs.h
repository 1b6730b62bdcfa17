/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every number that hardware or firmware fixes, each with its source. The
 * driver reads them, the emulated superchip answers them.
 */
#ifndef COHMEM_CORE_REGS_H
#define COHMEM_CORE_REGS_H

#define COHMEM_PCI_VENDOR_NVIDIA	0x10de
#define COHMEM_PCI_VENDOR_CXL		0x1e98

/* BAR0 registers (source: nvgrace-gpu of Linux, which polls the first two). */
#define COHMEM_BAR0_C2C_LINK		0x001498	/* C2C link training */
#define COHMEM_BAR0_HBM_TRAINING	0x0200bc	/* HBM training */
#define COHMEM_BAR0_TRAINED		0xff		/* both read this when done */
/* BAR0 register of the kernel's VFIO selftest falcon driver (nv_falcon). */
#define COHMEM_BAR0_MEM_CLEAR		0x100b20
#define COHMEM_BAR0_MEM_CLEARED		0x1
/*
 * All of the memory in MiB, in parts from Ampere on, as NVIDIA's firmware leaves
 * it there (source: nova-core of Linux, NV_USABLE_FB_SIZE_IN_MB).
 */
#define COHMEM_BAR0_FB_MIB		0x1183a4
#define COHMEM_BAR0_MIN_SIZE		0x101000	/* holds all of the above */

/* Give up on the BAR0 registers after this long (source: nvgrace-gpu). */
#define COHMEM_TRAINING_TIMEOUT_MS	30000

/*
 * A function that answers all-ones for this long after a reset is off the bus:
 * PCIe 6.0, 2.3.1 lets a function be unready for 1 s after a reset.
 */
#define COHMEM_GONE_TIMEOUT_MS		1000

/* PCIe 6.0, 7.9.6: Designated Vendor-Specific Extended Capability. */
#define COHMEM_ECAP_DVSEC		0x23
#define COHMEM_DVSEC_HEADER1		0x04	/* vendor 15:0, length 31:20 */
#define COHMEM_DVSEC_LEN_SHIFT		20
#define COHMEM_DVSEC_HEADER2		0x08	/* id 15:0 */
#define COHMEM_DVSEC_MIN_LEN		12	/* that much are the headers */

/* NVIDIA DVSEC id 3, word at +0xa, bit 0: the MIG bug is fixed. */
#define COHMEM_DVSEC_NVIDIA_ID		3
#define COHMEM_DVSEC_NVIDIA_FLAGS	0x0a
#define COHMEM_DVSEC_NVIDIA_MIG_FIXED	0x0001

/* CXL 3.1, 8.1.3: PCIe DVSEC for CXL Devices, id 0. */
#define COHMEM_DVSEC_CXL_ID		0
#define COHMEM_CXL_CAP			0x0a
#define COHMEM_CXL_CAP_MEM_CAPABLE	0x0004
#define COHMEM_CXL_CAP_HDM_COUNT	0x0030	/* how many ranges */
#define COHMEM_CXL_CAP_HDM_COUNT_2	0x0020
#define COHMEM_CXL_RANGE1_SIZE_HIGH	0x18
#define COHMEM_CXL_RANGE1_SIZE_LOW	0x1c
#define COHMEM_CXL_RANGE2_SIZE_HIGH	0x28
#define COHMEM_CXL_RANGE2_SIZE_LOW	0x2c
#define COHMEM_CXL_SIZE_LOW_MASK	0xf0000000
#define COHMEM_CXL_MEM_INFO_VALID	0x00000001
#define COHMEM_CXL_MEM_ACTIVE		0x00000002
#define COHMEM_CXL_ACTIVE_TIMEOUT_SHIFT	13
#define COHMEM_CXL_ACTIVE_TIMEOUT_MASK	0x7
#define COHMEM_CXL_INFO_TIMEOUT_MS	1000	/* MEM_INFO_VALID, same section */

/* CXL 3.1, 8.1.8: Flex Bus Port; 8.1.9: Register Locator. */
#define COHMEM_DVSEC_CXL_FLEXBUS_ID	7
#define COHMEM_DVSEC_CXL_LOCATOR_ID	8

/* PCI Local Bus 3.0, 6.2.5.1: memory BAR type bits: 64-bit, prefetchable. */
#define COHMEM_BAR_TYPE_64		0x4
#define COHMEM_BAR_PREFETCH		0x8
#define COHMEM_BAR_TYPE_MASK		0xf

/* PCI config header offsets of the BARs. */
#define COHMEM_CFG_BAR(index)		(0x10 + 4 * (index))

/*
 * The split of parts with the MIG bug, an ABI constant shared by GPU firmware,
 * host driver and guest driver.
 */
#define COHMEM_RESMEM_MIN		0x40000000ULL	/* 1 GiB */
#define COHMEM_USEMEM_ALIGN		0x20000000ULL	/* 512 MiB */

/* vfio-pci-core gives each region 40 bits of file offset. */
#define COHMEM_REGION_SIZE_MAX		0x10000000000ULL

/* Names of the firmware properties (ACPI _DSD, uuid daffd814-...). */
#define COHMEM_PROP_MEM_BASE		"nvidia,gpu-mem-base-pa"
#define COHMEM_PROP_MEM_SIZE		"nvidia,gpu-mem-size"
#define COHMEM_PROP_PXM_START		"nvidia,gpu-mem-pxm-start"
#define COHMEM_PROP_PXM_COUNT		"nvidia,gpu-mem-pxm-count"
#define COHMEM_PROP_EGM_BASE		"nvidia,egm-base-pa"
#define COHMEM_PROP_EGM_SIZE		"nvidia,egm-size"
#define COHMEM_PROP_EGM_PXM		"nvidia,egm-pxm"
#define COHMEM_PROP_EGM_RETIRED		"nvidia,egm-retired-pages-data-base"

#endif /* COHMEM_CORE_REGS_H */
