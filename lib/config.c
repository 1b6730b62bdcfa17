// SPDX-License-Identifier: GPL-2.0-only
/*
 * Configuration space: which DVSECs a function has and what they say. Only
 * root reads beyond the first 64 bytes; others simply learn less.
 */
#include <stdlib.h>

#include "internal.h"
#include "regs.h"

#define CFG_HEADER_TYPE		0x0e
#define CFG_EXT_START		0x100
#define CFG_EXT_SIZE		0x1000
#define EXT_CAP_ID_DVSEC	0x23	/* PCIe 5.0, 7.9.6 */
#define DVSEC_VENDOR		0x04
#define DVSEC_ID		0x08

static u16 get16(const u8 *p)
{
	return p[0] | p[1] << 8;
}

static u32 get32(const u8 *p)
{
	return get16(p) | (u32)get16(p + 2) << 16;
}

/* Note what one DVSEC at @off, whose words up to +0xc are there, says. */
static void see_dvsec(struct cohmem_func *f, const u8 *cfg, unsigned int off)
{
	u16 vendor = get16(cfg + off + DVSEC_VENDOR);
	u16 id = get16(cfg + off + DVSEC_ID);

	if (vendor == COHMEM_PCI_VENDOR_NVIDIA &&
	    id == COHMEM_DVSEC_NVIDIA_ID && !f->has_nv_dvsec) {
		f->has_nv_dvsec = true;
		f->nv_flags = get16(cfg + off + COHMEM_DVSEC_NVIDIA_FLAGS);
	}
	if (vendor == COHMEM_PCI_VENDOR_CXL && id == COHMEM_DVSEC_CXL_ID &&
	    !f->has_cxl_dvsec) {
		f->has_cxl_dvsec = true;
		f->cxl_cap = get16(cfg + off + COHMEM_CXL_CAP);
	}
}

/**
 * cohmem_config_load() - read config space and walk the extended capabilities
 * @ctx: the context
 * @f: the function; config_size, is_bridge and the DVSEC fields are filled in
 *
 * The list is a device's own data: each header is visited once at most and
 * nothing is read beyond what was delivered.
 */
void cohmem_config_load(struct cohmem_ctx *ctx, struct cohmem_func *f)
{
	unsigned int off = CFG_EXT_START, left = CFG_EXT_SIZE / 8;
	char path[128];
	size_t len;
	u32 header;
	u8 *cfg;

	f->config_size = 0;
	f->has_nv_dvsec = false;
	f->has_cxl_dvsec = false;
	cohmem_fmt(path, sizeof(path), "/sys/bus/pci/devices/%s/config", f->bdf);
	if (cohmem_read_blob(ctx, path, CFG_EXT_SIZE, &cfg, &len))
		return;
	f->config_size = len;
	if (len > CFG_HEADER_TYPE)
		f->is_bridge = (cfg[CFG_HEADER_TYPE] & 0x7f) == 1;

	while (left-- && off >= CFG_EXT_START && off + 12 <= len) {
		header = get32(cfg + off);
		if (!header || header == ~0U)
			break;
		if ((header & 0xffff) == EXT_CAP_ID_DVSEC)
			see_dvsec(f, cfg, off);
		off = header >> 20 & ~3U;
	}
	free(cfg);
}
