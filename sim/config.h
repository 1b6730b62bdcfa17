/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI configuration space of the emulated function: bytes, which of their bits
 * can be written, and which are cleared by writing 1. What a write means
 * beyond storing it is returned as events; the device acts on them.
 */
#ifndef COHMEM_SIM_CONFIG_H
#define COHMEM_SIM_CONFIG_H

#include "model.h"

#define SIM_CONFIG_SIZE		4096

/* Where things are in config space. */
#define SIM_CFG_PM		0x60
#define SIM_CFG_PCIE		0x78
#define SIM_CFG_MSIX		0xc0
#define SIM_CFG_AER		0x100
#define SIM_CFG_NVIDIA		0x150
#define SIM_CFG_CXL		0x170
#define SIM_CFG_FLEXBUS		0x1b0
#define SIM_CFG_LOCATOR		0x1d0
#define SIM_CXL_RANGES		2	/* at most */
/* The component registers that the register locator leads to, in BAR0. */
#define SIM_CXL_COMPONENT	0x400000

/* MSI-X: table and PBA lie in BAR0. */
#define SIM_NR_VECTORS		16
#define SIM_MSIX_TABLE		0x300000
#define SIM_MSIX_PBA		0x310000

/* What a write did, for the device to act on. */
#define SIM_EV_FLR		0x1
#define SIM_EV_D0_FROM_D3	0x2
#define SIM_EV_TO_D3		0x4

struct sim_config {
	u16 device_id;
	u64 bar_size[6];
	u64 mem_base;		/* where firmware has put the memory */
	const struct sim_model *model;
	bool no_msix;
	unsigned int nr_cxl_ranges;	/* 0 without memory in the CXL DVSEC */
	u8 byte[SIM_CONFIG_SIZE];
	u8 writable[SIM_CONFIG_SIZE];
	u8 write1clear[SIM_CONFIG_SIZE];
	u8 sticky[SIM_CONFIG_SIZE];	/* survives every reset but power-on */
	u8 initial[SIM_CONFIG_SIZE];
};

enum sim_aer { SIM_AER_CORRECTABLE, SIM_AER_NONFATAL, SIM_AER_FATAL };

void cohmem_sim_config_init(struct sim_config *c, const struct sim_model *m,
			    u16 device_id, const u64 bar_size[6], u64 mem_base);
void cohmem_sim_config_no_msix(struct sim_config *c);
void cohmem_sim_config_cxl_ranges(struct sim_config *c, unsigned int nr,
				  u64 range1);
void cohmem_sim_config_reset(struct sim_config *c, bool power_on);
void cohmem_sim_config_read(const struct sim_config *c, u32 pos, void *buf,
			    u32 len);
unsigned int cohmem_sim_config_write(struct sim_config *c, u32 pos,
				     const void *buf, u32 len);
bool cohmem_sim_config_memory_on(const struct sim_config *c);
bool cohmem_sim_config_master_on(const struct sim_config *c);
bool cohmem_sim_config_msix_on(const struct sim_config *c);
bool cohmem_sim_config_intx_on(const struct sim_config *c);
void cohmem_sim_config_set_intx(struct sim_config *c, bool up);
bool cohmem_sim_config_in_d3(const struct sim_config *c);
bool cohmem_sim_config_nosoftrst(const struct sim_config *c);
void cohmem_sim_config_set_nosoftrst(struct sim_config *c, bool on);
void cohmem_sim_config_set_cxl(struct sim_config *c, unsigned int range,
			       u64 size, unsigned int timeout_code,
			       bool info_valid, bool active);
void cohmem_sim_config_aer(struct sim_config *c, enum sim_aer kind);

#endif /* COHMEM_SIM_CONFIG_H */
