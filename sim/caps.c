// SPDX-License-Identifier: GPL-2.0-only
/*
 * The capabilities. Numbers are those of linux/pci_regs.h and the specifications
 * named; values are those of the real parts where a dump shows them, and else
 * what a function of this kind says. What depends on the machine (sizes of BARs,
 * where memory is) is filled in by config.c.
 */
#include <linux/pci_regs.h>

#include "caps.h"
#include "config.h"
#include "regs.h"

#define ALL		0xffffffff
#define REGS(array)	.reg = array, .nr_reg = sizeof(array) / sizeof(array[0])

static const struct sim_reg pm[] = {
	{ PCI_PM_PMC, 2, .value = 3 },			/* version 3, no PME */
	{ PCI_PM_CTRL, 2, .value = PCI_PM_CTRL_NO_SOFT_RESET,
	  .rw = PCI_PM_CTRL_STATE_MASK },
};

const struct sim_cap cohmem_sim_cap_pm = {
	.name = "power management", .id = PCI_CAP_ID_PM, .size = PCI_PM_SIZEOF,
	REGS(pm),
};

static const struct sim_reg msi[] = {
	{ PCI_MSI_FLAGS, 2, .value = PCI_MSI_FLAGS_64BIT | PCI_MSI_FLAGS_MASKBIT |
	  4 << 1, .rw = PCI_MSI_FLAGS_ENABLE | PCI_MSI_FLAGS_QSIZE },	/* 16 */
	{ PCI_MSI_ADDRESS_LO, 4, .rw = 0xfffffffc },
	{ PCI_MSI_ADDRESS_HI, 4, .rw = ALL },
	{ PCI_MSI_DATA_64, 2, .rw = 0xffff },
	{ PCI_MSI_MASK_64, 4, .rw = 0xffff },
};

const struct sim_cap cohmem_sim_cap_msi = {
	.name = "MSI", .id = PCI_CAP_ID_MSI, .size = 0x18, REGS(msi),
};

/* The same with 32-bit addresses: of parts that were recorded. */
static const struct sim_reg msi32[] = {
	{ PCI_MSI_FLAGS, 2, .value = PCI_MSI_FLAGS_MASKBIT | 4 << 1,
	  .rw = PCI_MSI_FLAGS_ENABLE | PCI_MSI_FLAGS_QSIZE },
	{ PCI_MSI_ADDRESS_LO, 4, .rw = 0xfffffffc },
	{ PCI_MSI_DATA_32, 2, .rw = 0xffff },
	{ PCI_MSI_MASK_32, 4, .rw = ALL },
};

const struct sim_cap cohmem_sim_cap_msi32 = {
	.name = "MSI", .id = PCI_CAP_ID_MSI, .size = 0x14, REGS(msi32),
};

/* What a function level reset leaves alone: payload size, link control. */
static const struct sim_reg express[] = {
	{ PCI_EXP_FLAGS, 2, .value = 2 },		/* v2, endpoint */
	{ PCI_EXP_DEVCAP, 4, .value = PCI_EXP_DEVCAP_FLR | PCI_EXP_DEVCAP_RBER |
	  PCI_EXP_DEVCAP_EXT_TAG | 1 },
	/* All but "initiate FLR", which acts and reads 0; 512-byte reads. */
	{ PCI_EXP_DEVCTL, 2, .value = PCI_EXP_DEVCTL_RELAX_EN |
	  PCI_EXP_DEVCTL_NOSNOOP_EN | 0x2000, .rw = 0x7fff,
	  .keep = PCI_EXP_DEVCTL_PAYLOAD },
	{ PCI_EXP_DEVSTA, 2, .w1c = 0x000f },
	{ PCI_EXP_LNKCAP, 4, .value = PCI_EXP_LNKCAP_SLS_16_0GB | 16 << 4 |
	  1 << 22 },			/* x16; ASPM Optionality Compliance */
	{ PCI_EXP_LNKCTL, 2, .rw = PCI_EXP_LNKCTL_ASPMC | PCI_EXP_LNKCTL_RCB |
	  PCI_EXP_LNKCTL_CCC | PCI_EXP_LNKCTL_ES,
	  .keep = PCI_EXP_LNKCTL_ASPMC | PCI_EXP_LNKCTL_RCB |
	  PCI_EXP_LNKCTL_CCC | PCI_EXP_LNKCTL_ES },
	{ PCI_EXP_LNKSTA, 2, .value = PCI_EXP_LNKSTA_CLS_16_0GB | 16 << 4 },
	{ PCI_EXP_DEVCAP2, 4, .value = PCI_EXP_DEVCAP2_COMP_TMOUT_DIS | 0xf |
	  PCI_EXP_DEVCAP2_LTR | 1 << 16 },	/* 10-bit tags as completer */
	{ PCI_EXP_DEVCTL2, 2, .rw = 0x001f | PCI_EXP_DEVCTL2_LTR_EN },
	{ PCI_EXP_LNKCAP2, 4, .value = 0x1e },		/* 2.5 to 16 GT/s */
	{ PCI_EXP_LNKCTL2, 2, .value = PCI_EXP_LNKCTL2_TLS_16_0GT },
	{ PCI_EXP_LNKSTA2, 2, .value = 0x1e },		/* equalized */
};

const struct sim_cap cohmem_sim_cap_exp = {
	.name = "PCI Express", .id = PCI_CAP_ID_EXP, .size = 0x3c, REGS(express),
	.need = 0x14,		/* version 1 of an endpoint that has a link */
};

static const struct sim_reg vendor[] = {
	{ 2, 1, .value = 0x14 },			/* its length */
};

const struct sim_cap cohmem_sim_cap_vendor = {
	.name = "vendor-specific", .id = PCI_CAP_ID_VNDR, .size = 0x14,
	REGS(vendor), .need = 3,
};

static const struct sim_reg msix[] = {
	{ PCI_MSIX_FLAGS, 2, .value = SIM_NR_VECTORS - 1,
	  .rw = PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL },
	{ PCI_MSIX_TABLE, 4, .value = SIM_MSIX_TABLE },	/* BAR0 */
	{ PCI_MSIX_PBA, 4, .value = SIM_MSIX_PBA },
};

const struct sim_cap cohmem_sim_cap_msix = {
	.name = "MSI-X", .id = PCI_CAP_ID_MSIX, .size = PCI_CAP_MSIX_SIZEOF,
	REGS(msix),
};

static const struct sim_reg ltr[] = {
	{ PCI_LTR_MAX_SNOOP_LAT, 4, .rw = 0x1fff1fff },
};

const struct sim_cap cohmem_sim_cap_ltr = {
	.name = "LTR", .ext = true, .id = PCI_EXT_CAP_ID_LTR, .version = 1,
	.size = 8, REGS(ltr),
};

/* One BAR of one size, filled in by config.c: there is nothing to choose. */
static const struct sim_reg rebar[] = {
	{ PCI_REBAR_CTRL, 4, .value = 2 | 1 << PCI_REBAR_CTRL_NBAR_SHIFT },
};

const struct sim_cap cohmem_sim_cap_rebar = {
	.name = "Resizable BAR", .ext = true, .id = PCI_EXT_CAP_ID_REBAR,
	.version = 1, .size = 0xc, REGS(rebar),
};

/* PCIe 6.0, 7.8.4: internal errors are masked, so are three correctable ones. */
static const struct sim_reg aer[] = {
	{ PCI_ERR_UNCOR_STATUS, 4, .w1c = SIM_AER_UNCOR_KNOWN, .sticky = ALL },
	{ PCI_ERR_UNCOR_MASK, 4, .value = 0x00400000, .rw = SIM_AER_UNCOR_KNOWN,
	  .sticky = ALL },
	{ PCI_ERR_UNCOR_SEVER, 4, .value = 0x00462030,
	  .rw = SIM_AER_UNCOR_KNOWN, .sticky = ALL },
	{ PCI_ERR_COR_STATUS, 4, .w1c = SIM_AER_COR_KNOWN, .sticky = ALL },
	{ PCI_ERR_COR_MASK, 4, .value = 0x0000e000, .rw = SIM_AER_COR_KNOWN,
	  .sticky = ALL },
	{ PCI_ERR_CAP, 4, .value = PCI_ERR_CAP_ECRC_GENC | PCI_ERR_CAP_ECRC_CHKC,
	  .rw = PCI_ERR_CAP_ECRC_GENE | PCI_ERR_CAP_ECRC_CHKE, .sticky = ALL },
	{ PCI_ERR_HEADER_LOG, 4, .sticky = ALL },
	{ PCI_ERR_HEADER_LOG + 4, 4, .sticky = ALL },
	{ PCI_ERR_HEADER_LOG + 8, 4, .sticky = ALL },
	{ PCI_ERR_HEADER_LOG + 12, 4, .sticky = ALL },
};

const struct sim_cap cohmem_sim_cap_aer = {
	.name = "AER", .ext = true, .id = PCI_EXT_CAP_ID_ERR, .version = 2,
	.size = 0x48, REGS(aer), .need = 0x2c,	/* without TLP prefixes */
};

static const struct sim_reg vsec[] = {
	{ 4, 4, .value = 0x01410001 },		/* id 1, rev 1, length 0x14 */
};

const struct sim_cap cohmem_sim_cap_vsec = {
	.name = "VSEC", .ext = true, .id = PCI_EXT_CAP_ID_VNDR, .version = 1,
	.size = 0x14, REGS(vsec), .need = 8,
};

static const struct sim_reg power[] = {
	{ PCI_PWR_DSR, 1, .rw = 0xff },
};

const struct sim_cap cohmem_sim_cap_power = {
	.name = "power budgeting", .ext = true, .id = PCI_EXT_CAP_ID_PWR,
	.version = 1, .size = 0x10, REGS(power),
};

static const struct sim_reg dsn[] = {
	{ 4, 4, .value = 0xa42db048 }, { 8, 4, .value = 0x9f210f69 },
};

const struct sim_cap cohmem_sim_cap_dsn = {
	.name = "serial number", .ext = true, .id = PCI_EXT_CAP_ID_DSN,
	.version = 1, .size = 0xc, REGS(dsn),
};

static const struct sim_reg ats[] = {
	{ PCI_ATS_CAP, 2, .value = 0x60 },	/* aligned, global invalidate */
	{ PCI_ATS_CTRL, 2, .rw = PCI_ATS_CTRL_ENABLE | 0x1f },
};

const struct sim_cap cohmem_sim_cap_ats = {
	.name = "ATS", .ext = true, .id = PCI_EXT_CAP_ID_ATS, .version = 1,
	.size = PCI_EXT_CAP_ATS_SIZEOF, REGS(ats),
};

static const struct sim_reg pasid[] = {
	{ PCI_PASID_CAP, 2, .value = 20 << 8 },		/* 20 bits, plain */
	{ PCI_PASID_CTRL, 2, .rw = PCI_PASID_CTRL_ENABLE },
};

const struct sim_cap cohmem_sim_cap_pasid = {
	.name = "PASID", .ext = true, .id = PCI_EXT_CAP_ID_PASID, .version = 1,
	.size = PCI_EXT_CAP_PASID_SIZEOF, REGS(pasid),
};

/* What PCIe 6.0 wants of a 16 GT/s link of 16 lanes; nothing acts on them. */
static const struct sim_reg secpcie[] = {
	{ 8, 4, .w1c = 0xffff },		/* lane errors */
};

const struct sim_cap cohmem_sim_cap_secpcie = {
	.name = "secondary PCIe", .ext = true, .id = PCI_EXT_CAP_ID_SECPCI,
	.version = 1, .size = 0x2c, REGS(secpcie), .need = 0xc,
};

static const struct sim_reg dlf[] = {
	{ 4, 4, .value = 0x80000001, .rw = 0 },
	{ 8, 4, .value = 0x80000001 },
};

const struct sim_cap cohmem_sim_cap_dlf = {
	.name = "data link feature", .ext = true, .id = PCI_EXT_CAP_ID_DLF,
	.version = 1, .size = 0xc, REGS(dlf),
};

static const struct sim_reg pl16[] = {
	{ 0xc, 4, .value = 0xf },		/* equalized */
};

const struct sim_cap cohmem_sim_cap_pl16 = {
	.name = "16 GT/s physical layer", .ext = true,
	.id = PCI_EXT_CAP_ID_PL_16GT, .version = 1, .size = 0x30, REGS(pl16),
	.need = 0x10,
};

static const struct sim_reg margin[] = {
	{ 6, 2, .value = 1 },			/* ready */
};

const struct sim_cap cohmem_sim_cap_margin = {
	.name = "lane margining", .ext = true, .id = 0x27, .version = 1,
	.size = 0x48, REGS(margin), .need = 8,
};

static const struct sim_reg nvidia[] = {
	{ COHMEM_DVSEC_NVIDIA_FLAGS, 2, .value = COHMEM_DVSEC_NVIDIA_MIG_FIXED },
};

const struct sim_cap cohmem_sim_cap_nvidia = {
	.name = "NVIDIA DVSEC", .ext = true, .id = PCI_EXT_CAP_ID_DVSEC,
	.version = 1, .size = 0x10, .vendor = COHMEM_PCI_VENDOR_NVIDIA,
	.dvsec_id = COHMEM_DVSEC_NVIDIA_ID, .dvsec_rev = 1, REGS(nvidia),
	.need = 0xc,
};

/*
 * CXL 3.1, 8.1.3. Firmware has enabled the function (its memory is up when it
 * powers on) and has not locked it, so that whatever is written is seen. Nothing
 * of it is affected by a function level reset (9.5). Memory, as far as there is
 * any, is filled in by config.c.
 */
static const struct sim_reg cxl[] = {
	{ COHMEM_CXL_CAP, 2, .value = 0x0003 },		/* cache, I/O */
	{ SIM_CXL_CTRL, 2, .value = 0x0007, .rw = 0x4ffd, .keep = ALL },
	{ 0x10, 2, .rw = 0x0001, .keep = ALL },		/* no caching */
	{ SIM_CXL_LOCK, 2, .rw = 0x0001, .keep = ALL },
	{ SIM_CXL_RANGE_BASE(0), 4, .keep = ALL },
	{ SIM_CXL_RANGE_BASE(0) + 4, 4, .keep = ALL },
	{ SIM_CXL_RANGE_BASE(1), 4, .keep = ALL },
	{ SIM_CXL_RANGE_BASE(1) + 4, 4, .keep = ALL },
};

const struct sim_cap cohmem_sim_cap_cxl = {
	.name = "CXL Device DVSEC", .ext = true, .id = PCI_EXT_CAP_ID_DVSEC,
	.version = 1, .size = 0x38, .vendor = COHMEM_PCI_VENDOR_CXL,
	.dvsec_id = COHMEM_DVSEC_CXL_ID, .dvsec_rev = 1, REGS(cxl),
};

/* 8.2.1.3: capable of all three in 68-byte flits, and so it trained. */
static const struct sim_reg flexbus[] = {
	{ 0xa, 2, .value = 0x0027 }, { 0xe, 2, .value = 0x0027 },
};

const struct sim_cap cohmem_sim_cap_flexbus = {
	.name = "Flex Bus Port DVSEC", .ext = true, .id = PCI_EXT_CAP_ID_DVSEC,
	.version = 1, .size = 0x20, .vendor = COHMEM_PCI_VENDOR_CXL,
	.dvsec_id = 7, .dvsec_rev = 2, REGS(flexbus), .need = 0x10,
};

/* 8.1.9: one block, of component registers (id 1), in BAR0. */
static const struct sim_reg locator[] = {
	{ 0xc, 4, .value = SIM_CXL_COMPONENT | 0x0100 },
};

const struct sim_cap cohmem_sim_cap_locator = {
	.name = "Register Locator DVSEC", .ext = true,
	.id = PCI_EXT_CAP_ID_DVSEC, .version = 1, .size = 0x14,
	.vendor = COHMEM_PCI_VENDOR_CXL, .dvsec_id = 8, REGS(locator),
	.need = 0xc,
};

/* All of them, for who has a header and wants to know what follows. */
const struct sim_cap *const cohmem_sim_caps[] = {
	&cohmem_sim_cap_pm, &cohmem_sim_cap_msi, &cohmem_sim_cap_exp,
	&cohmem_sim_cap_vendor, &cohmem_sim_cap_msix, &cohmem_sim_cap_ltr,
	&cohmem_sim_cap_rebar, &cohmem_sim_cap_aer, &cohmem_sim_cap_vsec,
	&cohmem_sim_cap_power, &cohmem_sim_cap_dsn, &cohmem_sim_cap_ats,
	&cohmem_sim_cap_pasid, &cohmem_sim_cap_secpcie, &cohmem_sim_cap_dlf,
	&cohmem_sim_cap_pl16, &cohmem_sim_cap_margin, &cohmem_sim_cap_nvidia,
	&cohmem_sim_cap_cxl, &cohmem_sim_cap_flexbus, &cohmem_sim_cap_locator,
	NULL
};
