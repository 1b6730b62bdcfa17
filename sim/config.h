/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI configuration space of the emulated function: bytes, and what may happen
 * to each of their bits. It is built from capabilities that are data (caps.h) by
 * the linker, or from the dump of a real part. What a write means beyond storing
 * it is returned as events; the device acts on them.
 */
#ifndef COHMEM_SIM_CONFIG_H
#define COHMEM_SIM_CONFIG_H

#include "caps.h"
#include "model.h"

#define SIM_CXL_RANGES		2	/* at most */
/* The component registers that the register locator leads to, in BAR0. */
#define SIM_CXL_COMPONENT	0x400000

/* MSI-X: table and PBA lie in BAR0. Real parts have 9 vectors, and MSI 16: at most. */
#define SIM_NR_VECTORS		9
#define SIM_NR_MSI		16
#define SIM_MSIX_TABLE		0x300000
#define SIM_MSIX_PBA		0x310000
#define SIM_MSIX_BAR0_SIZE	0x400000	/* holds both */

/* The low bits of a real part's BARs: 64-bit, prefetchable. */
#define SIM_BAR_BITS		0xc

/* What a write did, for the device to act on. */
#define SIM_EV_FLR		0x1
#define SIM_EV_D0_FROM_D3	0x2
#define SIM_EV_TO_D3		0x4

/* AER errors that exist (PCIe 6.0, 7.8.4.2 and .5). */
#define SIM_AER_UNCOR_KNOWN	0x047ff030
#define SIM_AER_COR_KNOWN	0x0000f1c1

/* What a reset leaves of config space, from less to more. */
enum sim_config_reset {
	SIM_CONFIG_POWER_ON,	/* nothing */
	SIM_CONFIG_CONVENTIONAL, /* what is sticky */
	SIM_CONFIG_FLR,		/* and what a function level reset exempts */
};

/**
 * struct sim_config_setup - what config space is to be
 * @model: whose capabilities
 * @device_id: PCI device id
 * @bar_size: sizes of the BARs, powers of two or 0
 * @bar_bits: low bits of their registers: what kind they are
 * @mem_base: where firmware has put the coherent memory
 * @mem_size: of the first CXL range
 * @nr_cxl_ranges: how many the CXL DVSEC has, if the model has memory there
 * @no_msix: neither MSI-X nor MSI
 * @dump: config space of a real part, 4096 bytes, or NULL; then it is taken as it
 *	is, but for what software or the client decides
 */
struct sim_config_setup {
	const struct sim_model *model;
	u16 device_id;
	u64 bar_size[6];
	u8 bar_bits[6];
	u64 mem_base, mem_size;
	unsigned int nr_cxl_ranges;
	bool no_msix;
	const u8 *dump;
};

struct sim_config {
	struct sim_placed cap[SIM_MAX_CAPS];
	unsigned int nr_caps;
	struct sim_cap made[SIM_MAX_CAPS];	/* those of a dump */
	/* Where those are that mean something; 0 for none. */
	u16 pm, exp, msi, msix, aer, cxl;
	unsigned int nr_cxl_ranges;	/* 0 without memory in the CXL DVSEC */
	unsigned int nr_msi, nr_msix;	/* vectors */
	u8 byte[SIM_CONFIG_SIZE];
	u8 writable[SIM_CONFIG_SIZE];
	u8 write1clear[SIM_CONFIG_SIZE];
	u8 sticky[SIM_CONFIG_SIZE];	/* survives every reset but power-on */
	u8 keep[SIM_CONFIG_SIZE];	/* survives a function level reset */
	u8 initial[SIM_CONFIG_SIZE];
};

int cohmem_sim_config_init(struct sim_config *c,
			   const struct sim_config_setup *setup,
			   const char **why);
u32 cohmem_sim_config_find(const struct sim_config *c,
			   const struct sim_cap *cap);
void cohmem_sim_config_reset(struct sim_config *c, enum sim_config_reset kind);
void cohmem_sim_config_read(const struct sim_config *c, u32 pos, void *buf,
			    u32 len);
unsigned int cohmem_sim_config_write(struct sim_config *c, u32 pos,
				     const void *buf, u32 len);
bool cohmem_sim_config_memory_on(const struct sim_config *c);
bool cohmem_sim_config_master_on(const struct sim_config *c);
bool cohmem_sim_config_intx_on(const struct sim_config *c);
void cohmem_sim_config_set_intx(struct sim_config *c, bool up);
bool cohmem_sim_config_in_d3(const struct sim_config *c);
bool cohmem_sim_config_nosoftrst(const struct sim_config *c);
void cohmem_sim_config_set_nosoftrst(struct sim_config *c, bool on);
void cohmem_sim_config_set_cxl(struct sim_config *c, unsigned int range,
			       u64 size, unsigned int timeout_code,
			       bool info_valid, bool active);

/* What message interrupts may do now. */
struct sim_messages {
	unsigned int nr;	/* vectors on, 0 for none */
	bool msix;		/* of MSI-X, else of MSI */
	bool masked;		/* all of them; they stay pending */
	u32 mask;		/* of MSI: single ones */
};

struct sim_messages cohmem_sim_config_messages(const struct sim_config *c);
void cohmem_sim_config_pending(struct sim_config *c, u32 vectors);

/* aer.c */
u32 cohmem_sim_aer_bit(const char *name, bool *correctable);
void cohmem_sim_aer_raise(struct sim_config *c, u32 bit, bool correctable);

/* dump.c */
int cohmem_sim_dump_caps(const u8 *byte, struct sim_placed *list,
			 struct sim_cap *made, unsigned int *nr,
			 const char **why);
void cohmem_sim_dump_unlink(u8 *byte, u32 pos);

/* Little-endian, as config space is. */
static inline u16 sim_get16(const u8 *a, u32 pos)
{
	return a[pos] | a[pos + 1] << 8;
}

static inline u32 sim_get32(const u8 *a, u32 pos)
{
	return sim_get16(a, pos) | (u32)sim_get16(a, pos + 2) << 16;
}

static inline void sim_put16(u8 *a, u32 pos, u16 v)
{
	a[pos] = v;
	a[pos + 1] = v >> 8;
}

static inline void sim_put32(u8 *a, u32 pos, u32 v)
{
	sim_put16(a, pos, v);
	sim_put16(a, pos + 2, v >> 16);
}

#endif /* COHMEM_SIM_CONFIG_H */
