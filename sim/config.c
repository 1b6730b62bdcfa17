// SPDX-License-Identifier: GPL-2.0-only
/*
 * Configuration space. Three capabilities in the first 256 bytes (power
 * management, PCI Express, MSI-X), then AER and the DVSECs.
 */
#include <linux/pci_regs.h>

#include "config.h"
#include "regs.h"

/* AER status bits that the control socket can raise, one of each kind. */
#define AER_COR_BAD_TLP		0x00000040
#define AER_UNCOR_COMP_TIMEOUT	0x00004000	/* non-fatal by default */
#define AER_UNCOR_MALFORMED	0x00040000	/* fatal by default */
#define AER_UNCOR_KNOWN		0x0477f030
#define AER_SEVERITY_DEFAULT	0x00462030	/* PCIe 6.0, 7.8.4.4 */
#define AER_COR_KNOWN		0x0000f1c1
/*
 * A vendor register: Linux turns the GPU's audio function on by bit 25 at each
 * resume, and says so, unless it is on.
 */
#define NVIDIA_AUDIO		0x488
#define NVIDIA_AUDIO_ON		0x02000000
#define AER_COR_MASK_DEFAULT	0x00002000	/* advisory non-fatal */

/*
 * CXL 3.1, 8.1.3: what the CXL Device DVSEC has besides what the driver reads.
 * Firmware has enabled the function (its memory is up when it powers on) and
 * has not locked it, so that whatever is written is seen.
 */
#define CXL_CAP_CACHE_IO	0x0003
#define CXL_CAP_MEM_HWINIT	0x0008
#define CXL_CTRL		0x0c
#define CXL_CTRL_ON		0x0007	/* cache, I/O, memory */
#define CXL_CTRL_WRITABLE	0x4ffd	/* I/O cannot be turned off */
#define CXL_CTRL2		0x10
#define CXL_CTRL2_NO_CACHING	0x0001
#define CXL_LOCK		0x14
#define CXL_RANGE_BASE(range)	(0x20 + 0x10 * (range))	/* high, then low */
/* 8.2.1.3: Flex Bus Port DVSEC, id 7: capable of all three, in 68-byte flits. */
#define FLEXBUS_ID		7
#define FLEXBUS_CAP		0x0a
#define FLEXBUS_STATUS		0x0e
#define FLEXBUS_ALL		0x0027
/* 8.1.9: Register Locator DVSEC, id 8: one block, component registers. */
#define LOCATOR_ID		8
#define LOCATOR_ENTRY		0x0c
#define LOCATOR_COMPONENT	0x0100	/* block id 1, in BAR0 */

static void put16(u8 *a, u32 pos, u16 v)
{
	a[pos] = v;
	a[pos + 1] = v >> 8;
}

static void put32(u8 *a, u32 pos, u32 v)
{
	put16(a, pos, v);
	put16(a, pos + 2, v >> 16);
}

static u16 get16(const u8 *a, u32 pos)
{
	return a[pos] | a[pos + 1] << 8;
}

static u32 get32(const u8 *a, u32 pos)
{
	return get16(a, pos) | (u32)get16(a, pos + 2) << 16;
}

static void init_bars(struct sim_config *c)
{
	unsigned int i;

	for (i = 0; i < 6; i += 2) {
		u64 size = c->bar_size[i];

		if (!size)
			continue;
		put32(c->byte, COHMEM_CFG_BAR(i),
		      COHMEM_BAR_TYPE_64 | COHMEM_BAR_PREFETCH);
		put32(c->writable, COHMEM_CFG_BAR(i), ~(size - 1));
		put32(c->writable, COHMEM_CFG_BAR(i + 1), ~(size - 1) >> 32);
	}
}

static void init_header(struct sim_config *c)
{
	put16(c->byte, PCI_VENDOR_ID, COHMEM_PCI_VENDOR_NVIDIA);
	put16(c->byte, PCI_DEVICE_ID, c->device_id);
	put16(c->writable, PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER |
	      PCI_COMMAND_PARITY | PCI_COMMAND_SERR | PCI_COMMAND_INTX_DISABLE);
	put16(c->byte, PCI_STATUS, PCI_STATUS_CAP_LIST);
	put16(c->write1clear, PCI_STATUS, PCI_STATUS_PARITY |
	      PCI_STATUS_SIG_TARGET_ABORT | PCI_STATUS_REC_TARGET_ABORT |
	      PCI_STATUS_REC_MASTER_ABORT | PCI_STATUS_SIG_SYSTEM_ERROR |
	      PCI_STATUS_DETECTED_PARITY);
	c->byte[PCI_REVISION_ID] = 0xa1;
	put16(c->byte, PCI_CLASS_DEVICE, 0x0302);	/* 3D controller */
	c->writable[PCI_CACHE_LINE_SIZE] = 0xff;
	c->writable[PCI_INTERRUPT_LINE] = 0xff;
	c->byte[PCI_INTERRUPT_PIN] = 1;			/* INTA */
	put32(c->byte, NVIDIA_AUDIO, NVIDIA_AUDIO_ON);
	put16(c->byte, PCI_SUBSYSTEM_VENDOR_ID, COHMEM_PCI_VENDOR_NVIDIA);
	put16(c->byte, PCI_SUBSYSTEM_ID, c->model->subsystem_id);
	c->byte[PCI_CAPABILITY_LIST] = SIM_CFG_PM;
}

static void init_caps(struct sim_config *c)
{
	u32 pm = SIM_CFG_PM, exp = SIM_CFG_PCIE, msix = SIM_CFG_MSIX;

	put16(c->byte, pm, PCI_CAP_ID_PM | exp << 8);
	put16(c->byte, pm + PCI_PM_PMC, 3);		/* version 3, no PME */
	put16(c->byte, pm + PCI_PM_CTRL, PCI_PM_CTRL_NO_SOFT_RESET);
	put16(c->writable, pm + PCI_PM_CTRL, PCI_PM_CTRL_STATE_MASK);

	put16(c->byte, exp, PCI_CAP_ID_EXP | msix << 8);
	put16(c->byte, exp + PCI_EXP_FLAGS, 2);		/* v2, endpoint */
	put32(c->byte, exp + PCI_EXP_DEVCAP, PCI_EXP_DEVCAP_FLR |
	      PCI_EXP_DEVCAP_RBER | PCI_EXP_DEVCAP_EXT_TAG | 1);
	put16(c->byte, exp + PCI_EXP_DEVCTL, PCI_EXP_DEVCTL_RELAX_EN |
	      PCI_EXP_DEVCTL_NOSNOOP_EN | 0x2000);	/* 512-byte reads */
	/* All but "initiate FLR", which acts and reads 0. */
	put16(c->writable, exp + PCI_EXP_DEVCTL, 0x7fff);
	put16(c->write1clear, exp + PCI_EXP_DEVSTA, 0x000f);
	put32(c->byte, exp + PCI_EXP_LNKCAP, PCI_EXP_LNKCAP_SLS_16_0GB |
	      16 << 4);
	put16(c->byte, exp + PCI_EXP_LNKSTA, PCI_EXP_LNKSTA_CLS_16_0GB |
	      16 << 4);
	put16(c->writable, exp + PCI_EXP_LNKCTL, PCI_EXP_LNKCTL_ASPMC |
	      PCI_EXP_LNKCTL_RCB | PCI_EXP_LNKCTL_CCC | PCI_EXP_LNKCTL_ES);
	put32(c->byte, exp + PCI_EXP_DEVCAP2, PCI_EXP_DEVCAP2_COMP_TMOUT_DIS |
	      0xf);
	put16(c->writable, exp + PCI_EXP_DEVCTL2, 0x001f);
	put32(c->byte, exp + PCI_EXP_LNKCAP2, 0x1e);	/* 2.5 to 16 GT/s */
	put16(c->byte, exp + PCI_EXP_LNKCTL2, PCI_EXP_LNKCTL2_TLS_16_0GT);

	put16(c->byte, msix, PCI_CAP_ID_MSIX);
	put16(c->byte, msix + PCI_MSIX_FLAGS, SIM_NR_VECTORS - 1);
	put16(c->writable, msix + PCI_MSIX_FLAGS,
	      PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
	put32(c->byte, msix + PCI_MSIX_TABLE, SIM_MSIX_TABLE);	/* BAR0 */
	put32(c->byte, msix + PCI_MSIX_PBA, SIM_MSIX_PBA);
}

static void dvsec(struct sim_config *c, u32 pos, u32 next, u16 vendor,
		  unsigned int rev, unsigned int len, u16 id)
{
	put32(c->byte, pos, PCI_EXT_CAP_ID_DVSEC | 1 << 16 | next << 20);
	put32(c->byte, pos + 4, vendor | rev << 16 | len << 20);
	put16(c->byte, pos + 8, id);
}

/* What a CXL driver looks for before anything else. Return: first of them. */
static u32 init_locator(struct sim_config *c)
{
	const u32 bus = SIM_CFG_FLEXBUS, loc = SIM_CFG_LOCATOR;

	dvsec(c, loc, 0, COHMEM_PCI_VENDOR_CXL, 0, 0x14, LOCATOR_ID);
	put32(c->byte, loc + LOCATOR_ENTRY,
	      SIM_CXL_COMPONENT | LOCATOR_COMPONENT);
	dvsec(c, bus, loc, COHMEM_PCI_VENDOR_CXL, 2, 0x20, FLEXBUS_ID);
	put16(c->byte, bus + FLEXBUS_CAP, FLEXBUS_ALL);
	put16(c->byte, bus + FLEXBUS_STATUS, FLEXBUS_ALL);
	return bus;
}

static void init_cxl(struct sim_config *c, u32 next)
{
	const u32 cxl = SIM_CFG_CXL;

	dvsec(c, cxl, next, COHMEM_PCI_VENDOR_CXL, 1, 0x38,
	      COHMEM_DVSEC_CXL_ID);
	put16(c->byte, cxl + COHMEM_CXL_CAP, CXL_CAP_CACHE_IO);
	put16(c->byte, cxl + CXL_CTRL, CXL_CTRL_ON);
	put16(c->writable, cxl + CXL_CTRL, CXL_CTRL_WRITABLE);
	put16(c->writable, cxl + CXL_CTRL2, CXL_CTRL2_NO_CACHING);
	put16(c->writable, cxl + CXL_LOCK, 1);
}

static void init_ext_caps(struct sim_config *c)
{
	u32 aer = SIM_CFG_AER, next = 0;

	if (c->model->cxl_locator)
		next = init_locator(c);
	if (c->model->cxl_dvsec || c->model->cxl_bare) {
		init_cxl(c, next);
		next = SIM_CFG_CXL;
	}
	if (c->model->nvidia_dvsec) {
		dvsec(c, SIM_CFG_NVIDIA, next, COHMEM_PCI_VENDOR_NVIDIA, 1,
		      0x10, COHMEM_DVSEC_NVIDIA_ID);
		put16(c->byte, SIM_CFG_NVIDIA + COHMEM_DVSEC_NVIDIA_FLAGS,
		      COHMEM_DVSEC_NVIDIA_MIG_FIXED);
		next = SIM_CFG_NVIDIA;
	}

	put32(c->byte, aer, PCI_EXT_CAP_ID_ERR | 2 << 16 | next << 20);
	put32(c->write1clear, aer + PCI_ERR_UNCOR_STATUS, AER_UNCOR_KNOWN);
	put32(c->sticky, aer + PCI_ERR_UNCOR_STATUS, ~0U);
	put32(c->writable, aer + PCI_ERR_UNCOR_MASK, AER_UNCOR_KNOWN);
	put32(c->sticky, aer + PCI_ERR_UNCOR_MASK, ~0U);
	put32(c->byte, aer + PCI_ERR_UNCOR_SEVER, AER_SEVERITY_DEFAULT);
	put32(c->writable, aer + PCI_ERR_UNCOR_SEVER, AER_UNCOR_KNOWN);
	put32(c->sticky, aer + PCI_ERR_UNCOR_SEVER, ~0U);
	put32(c->write1clear, aer + PCI_ERR_COR_STATUS, AER_COR_KNOWN);
	put32(c->sticky, aer + PCI_ERR_COR_STATUS, ~0U);
	put32(c->byte, aer + PCI_ERR_COR_MASK, AER_COR_MASK_DEFAULT);
	put32(c->writable, aer + PCI_ERR_COR_MASK, AER_COR_KNOWN);
	put32(c->sticky, aer + PCI_ERR_COR_MASK, ~0U);
	put32(c->sticky, aer + PCI_ERR_CAP, ~0U);
	memset(c->sticky + aer + PCI_ERR_HEADER_LOG, 0xff, 16);
}

/**
 * cohmem_sim_config_init() - config space at power-on
 * @c: config space
 * @m: the model
 * @device_id: PCI device id
 * @bar_size: sizes of the 64-bit BARs at even indices, powers of two or 0
 * @mem_base: where firmware has put the coherent memory
 */
void cohmem_sim_config_init(struct sim_config *c, const struct sim_model *m,
			    u16 device_id, const u64 bar_size[6], u64 mem_base)
{
	memset(c, 0, sizeof(*c));
	c->model = m;
	c->device_id = device_id;
	c->mem_base = mem_base;
	memcpy(c->bar_size, bar_size, sizeof(c->bar_size));
	init_header(c);
	init_bars(c);
	init_caps(c);
	init_ext_caps(c);
	memcpy(c->initial, c->byte, sizeof(c->initial));
}

/**
 * cohmem_sim_config_no_msix() - take the MSI-X capability away
 * @c: config space as after cohmem_sim_config_init()
 */
void cohmem_sim_config_no_msix(struct sim_config *c)
{
	c->no_msix = true;
	c->byte[SIM_CFG_PCIE + PCI_CAP_LIST_NEXT] = 0;
	memset(c->byte + SIM_CFG_MSIX, 0, PCI_CAP_MSIX_SIZEOF);
	memset(c->writable + SIM_CFG_MSIX, 0, PCI_CAP_MSIX_SIZEOF);
	memcpy(c->initial, c->byte, sizeof(c->initial));
}

/**
 * cohmem_sim_config_cxl_ranges() - how many ranges of memory the CXL DVSEC has
 * @c: config space as after cohmem_sim_config_init(), with a CXL DVSEC
 * @nr: 1 or 2
 * @range1: size of the first, which the second follows
 */
void cohmem_sim_config_cxl_ranges(struct sim_config *c, unsigned int nr,
				  u64 range1)
{
	unsigned int i;

	c->nr_cxl_ranges = nr;
	put16(c->byte, SIM_CFG_CXL + COHMEM_CXL_CAP,
	      CXL_CAP_CACHE_IO | CXL_CAP_MEM_HWINIT |
	      COHMEM_CXL_CAP_MEM_CAPABLE |
	      (nr > 1 ? COHMEM_CXL_CAP_HDM_COUNT_2 : 1 << 4));
	for (i = 0; i < nr; i++) {
		u64 base = c->mem_base + (i ? range1 : 0);
		u32 pos = SIM_CFG_CXL + CXL_RANGE_BASE(i);

		put32(c->byte, pos, base >> 32);
		put32(c->byte, pos + 4, base & COHMEM_CXL_SIZE_LOW_MASK);
		put32(c->writable, pos, ~0U);
		put32(c->writable, pos + 4, COHMEM_CXL_SIZE_LOW_MASK);
	}
	memcpy(c->initial, c->byte, sizeof(c->initial));
}

/**
 * cohmem_sim_config_reset() - what a reset does to config space
 * @c: config space
 * @power_on: also forget what is sticky
 */
void cohmem_sim_config_reset(struct sim_config *c, bool power_on)
{
	u32 i;

	for (i = 0; i < SIM_CONFIG_SIZE; i++) {
		u8 keep = power_on ? 0 : c->sticky[i];

		c->byte[i] = (c->byte[i] & keep) | (c->initial[i] & ~keep);
	}
}

/**
 * cohmem_sim_config_read() - read bytes
 * @c: config space
 * @pos: first byte
 * @buf: where to
 * @len: how many; @pos + @len is at most SIM_CONFIG_SIZE
 */
void cohmem_sim_config_read(const struct sim_config *c, u32 pos, void *buf,
			    u32 len)
{
	memcpy(buf, c->byte + pos, len);
}

static unsigned int power_state(const struct sim_config *c)
{
	return c->byte[SIM_CFG_PM + PCI_PM_CTRL] & PCI_PM_CTRL_STATE_MASK;
}

/**
 * cohmem_sim_config_write() - write bytes
 * @c: config space
 * @pos: first byte
 * @buf: where from
 * @len: how many; @pos + @len is at most SIM_CONFIG_SIZE
 *
 * A write of a power state that the function lacks (D1, D2) changes nothing.
 *
 * Return: SIM_EV_* bits, what the device must now do.
 */
unsigned int cohmem_sim_config_write(struct sim_config *c, u32 pos,
				     const void *buf, u32 len)
{
	const u32 pmcsr = SIM_CFG_PM + PCI_PM_CTRL;
	const u32 flr = SIM_CFG_PCIE + PCI_EXP_DEVCTL + 1;
	unsigned int before = power_state(c), events = 0;
	const u8 *from = buf;
	u32 i;

	for (i = 0; i < len; i++) {
		u32 p = pos + i;
		u8 w = c->writable[p];
		u8 v = from[i];

		if (p == pmcsr && ((v & PCI_PM_CTRL_STATE_MASK) == 1 ||
				   (v & PCI_PM_CTRL_STATE_MASK) == 2))
			w &= ~PCI_PM_CTRL_STATE_MASK;
		c->byte[p] = (c->byte[p] & ~w) | (v & w);
		c->byte[p] &= ~(v & c->write1clear[p]);
		if (p == flr && (v & PCI_EXP_DEVCTL_BCR_FLR >> 8))
			events |= SIM_EV_FLR;
	}
	if (before == 3 && power_state(c) == 0)
		events |= SIM_EV_D0_FROM_D3;
	if (before == 0 && power_state(c) == 3)
		events |= SIM_EV_TO_D3;
	return events;
}

/**
 * cohmem_sim_config_memory_on() - does the function answer memory accesses?
 * @c: config space
 * Return: true with memory decoding on and in D0.
 */
bool cohmem_sim_config_memory_on(const struct sim_config *c)
{
	return (c->byte[PCI_COMMAND] & PCI_COMMAND_MEMORY) &&
	       power_state(c) == 0;
}

/**
 * cohmem_sim_config_master_on() - may the function read and write memory?
 * @c: config space
 * Return: true with bus mastering on and in D0.
 */
bool cohmem_sim_config_master_on(const struct sim_config *c)
{
	return (c->byte[PCI_COMMAND] & PCI_COMMAND_MASTER) &&
	       power_state(c) == 0;
}

/**
 * cohmem_sim_config_msix_on() - may the function signal MSI-X?
 * @c: config space
 * Return: true with MSI-X enabled and not masked as a whole.
 */
bool cohmem_sim_config_msix_on(const struct sim_config *c)
{
	u16 flags = get16(c->byte, SIM_CFG_MSIX + PCI_MSIX_FLAGS);

	return (flags & PCI_MSIX_FLAGS_ENABLE) &&
	       !(flags & PCI_MSIX_FLAGS_MASKALL);
}

/**
 * cohmem_sim_config_intx_on() - may the function assert INTA?
 * @c: config space
 * Return: true in D0 with MSI-X off and Interrupt Disable clear.
 */
bool cohmem_sim_config_intx_on(const struct sim_config *c)
{
	return !(get16(c->byte, SIM_CFG_MSIX + PCI_MSIX_FLAGS) &
		 PCI_MSIX_FLAGS_ENABLE) &&
	       !(get16(c->byte, PCI_COMMAND) & PCI_COMMAND_INTX_DISABLE) &&
	       power_state(c) == 0;
}

/**
 * cohmem_sim_config_set_intx() - show in the status register whether INTA is up
 * @c: config space
 * @up: true if so, whether or not it gets out
 */
void cohmem_sim_config_set_intx(struct sim_config *c, bool up)
{
	c->byte[PCI_STATUS] &= ~PCI_STATUS_INTERRUPT;
	if (up)
		c->byte[PCI_STATUS] |= PCI_STATUS_INTERRUPT;
}

/**
 * cohmem_sim_config_in_d3() - power state
 * @c: config space
 * Return: true in D3hot.
 */
bool cohmem_sim_config_in_d3(const struct sim_config *c)
{
	return power_state(c) == 3;
}

/**
 * cohmem_sim_config_nosoftrst() - does D3hot to D0 keep the state?
 * @c: config space
 * Return: true if so (No_Soft_Reset is set).
 */
bool cohmem_sim_config_nosoftrst(const struct sim_config *c)
{
	return c->byte[SIM_CFG_PM + PCI_PM_CTRL] & PCI_PM_CTRL_NO_SOFT_RESET;
}

/**
 * cohmem_sim_config_set_nosoftrst() - change what D3hot to D0 does
 * @c: config space
 * @on: true to keep the state, false to reset it; survives resets
 */
void cohmem_sim_config_set_nosoftrst(struct sim_config *c, bool on)
{
	const u32 pos = SIM_CFG_PM + PCI_PM_CTRL;

	c->byte[pos] &= ~PCI_PM_CTRL_NO_SOFT_RESET;
	c->initial[pos] &= ~PCI_PM_CTRL_NO_SOFT_RESET;
	if (on) {
		c->byte[pos] |= PCI_PM_CTRL_NO_SOFT_RESET;
		c->initial[pos] |= PCI_PM_CTRL_NO_SOFT_RESET;
	}
}

/**
 * cohmem_sim_config_set_cxl() - bring a range of the CXL DVSEC up to date
 * @c: config space
 * @range: which, from 0; nothing happens where there are fewer
 * @size: its memory, bytes
 * @timeout_code: Memory_Active_Timeout, 0 to 7
 * @info_valid: MEM_INFO_VALID
 * @active: MEM_ACTIVE
 */
void cohmem_sim_config_set_cxl(struct sim_config *c, unsigned int range,
			       u64 size, unsigned int timeout_code,
			       bool info_valid, bool active)
{
	u32 pos = SIM_CFG_CXL + (range ? COHMEM_CXL_RANGE2_SIZE_HIGH :
					 COHMEM_CXL_RANGE1_SIZE_HIGH);
	u32 low;

	if (range >= c->nr_cxl_ranges)
		return;
	low = (timeout_code & COHMEM_CXL_ACTIVE_TIMEOUT_MASK) <<
	      COHMEM_CXL_ACTIVE_TIMEOUT_SHIFT;
	if (info_valid) {
		low |= (u32)size & 0xf0000000;
		low |= COHMEM_CXL_MEM_INFO_VALID;
	}
	if (active)
		low |= COHMEM_CXL_MEM_ACTIVE;
	put32(c->byte, pos, info_valid ? size >> 32 : 0);
	put32(c->byte, pos + 4, low);
}

/**
 * cohmem_sim_config_aer() - log an error as the function itself would
 * @c: config space
 * @kind: which severity
 *
 * A severity that software has redefined in the severity register is honoured
 * only so far as the bit raised is one whose default has that severity.
 */
void cohmem_sim_config_aer(struct sim_config *c, enum sim_aer kind)
{
	static const u32 header[4] = { 0x4a000001, 0x01000004, 0x00000000, 0 };
	const u32 aer = SIM_CFG_AER, sta = SIM_CFG_PCIE + PCI_EXP_DEVSTA;
	u32 bit, pos, i;

	switch (kind) {
	case SIM_AER_CORRECTABLE:
		put16(c->byte, sta, get16(c->byte, sta) | PCI_EXP_DEVSTA_CED);
		pos = aer + PCI_ERR_COR_STATUS;
		bit = AER_COR_BAD_TLP;
		break;
	case SIM_AER_NONFATAL:
		put16(c->byte, sta, get16(c->byte, sta) | PCI_EXP_DEVSTA_NFED);
		pos = aer + PCI_ERR_UNCOR_STATUS;
		bit = AER_UNCOR_COMP_TIMEOUT;
		break;
	default:
		put16(c->byte, sta, get16(c->byte, sta) | PCI_EXP_DEVSTA_FED);
		pos = aer + PCI_ERR_UNCOR_STATUS;
		bit = AER_UNCOR_MALFORMED;
		break;
	}
	put32(c->byte, pos, get32(c->byte, pos) | bit);
	if (kind == SIM_AER_CORRECTABLE)
		return;
	put32(c->byte, aer + PCI_ERR_CAP,
	      (get32(c->byte, aer + PCI_ERR_CAP) & ~0x1fU) |
	      (u32)__builtin_ctz(bit));
	for (i = 0; i < 4; i++)
		put32(c->byte, aer + PCI_ERR_HEADER_LOG + 4 * i, header[i]);
}
