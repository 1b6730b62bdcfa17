/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Capabilities as data: what they are made of (caps.c), where a part has them
 * (model.c), and the linker that places and chains them (link.c).
 */
#ifndef COHMEM_SIM_CAPS_H
#define COHMEM_SIM_CAPS_H

#include "env.h"

#define SIM_CONFIG_SIZE		4096
#define SIM_EXT_START		0x100
#define SIM_MAX_CAPS		48

/**
 * struct sim_reg - a register of a capability
 * @at: offset from the capability's start
 * @size: 1, 2 or 4 bytes
 * @value: at power-on
 * @rw: bits that can be written
 * @w1c: bits that are cleared by writing 1
 * @sticky: bits that survive every reset but power-on
 * @keep: bits that survive a function level reset (PCIe 6.0, 6.6.2)
 */
struct sim_reg {
	u16 at;
	u8 size;
	u32 value, rw, w1c, sticky, keep;
};

/**
 * struct sim_cap - a capability
 * @name: for messages
 * @ext: an extended one, above 0x100
 * @id, @version: of its header
 * @size: bytes, header included
 * @vendor, @dvsec_id, @dvsec_rev: of a DVSEC; else 0
 * @reg, @nr_reg: what follows the header
 * @need: of a dump's: it is known only if it has so many bytes; 0 stands for all
 *	that it has here
 * @of: of a dump's: the one here that it is like, or NULL for one that is not known
 */
struct sim_cap {
	const char *name;
	bool ext;
	u16 id;
	u8 version;
	u16 size;
	u16 vendor, dvsec_id;
	u8 dvsec_rev;
	const struct sim_reg *reg;
	unsigned int nr_reg;
	u16 need;
	const struct sim_cap *of;
};

/* A capability and where it is; 0: wherever there is room. */
struct sim_placed {
	const struct sim_cap *cap;
	u16 pos;
};

/* What is needed by name; the models use more of them. */
extern const struct sim_cap cohmem_sim_cap_pm, cohmem_sim_cap_msi,
	cohmem_sim_cap_msi32, cohmem_sim_cap_exp, cohmem_sim_cap_vendor, cohmem_sim_cap_msix,
	cohmem_sim_cap_ltr, cohmem_sim_cap_rebar, cohmem_sim_cap_aer,
	cohmem_sim_cap_vsec, cohmem_sim_cap_power, cohmem_sim_cap_dsn,
	cohmem_sim_cap_ats, cohmem_sim_cap_pasid, cohmem_sim_cap_secpcie,
	cohmem_sim_cap_dlf, cohmem_sim_cap_pl16, cohmem_sim_cap_margin,
	cohmem_sim_cap_nvidia, cohmem_sim_cap_cxl, cohmem_sim_cap_flexbus,
	cohmem_sim_cap_locator;
extern const struct sim_cap *const cohmem_sim_caps[];

/* Offsets in capabilities that linux/pci_regs.h does not have. */
#define SIM_CXL_CTRL		0x0c
#define SIM_CXL_LOCK		0x14
#define SIM_CXL_RANGE_BASE(r)	(0x20 + 0x10 * (r))	/* high, then low */

int cohmem_sim_link(struct sim_placed *list, unsigned int nr, u8 *byte,
		    const char **why);
int cohmem_sim_link_check(const struct sim_placed *list, unsigned int nr,
			  const char **why);

#endif /* COHMEM_SIM_CAPS_H */
