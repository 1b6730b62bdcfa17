// SPDX-License-Identifier: GPL-2.0-only
/*
 * Configuration space: an engine that knows headers, masks and resets. What a
 * part has in it is data: caps.c, model.c, or a dump.
 */
#include <errno.h>
#include <linux/pci_regs.h>

#include "config.h"
#include "regs.h"

/*
 * A vendor register: Linux turns the GPU's audio function on by bit 25 at each
 * resume, and says so, unless it is on.
 */
#define NVIDIA_AUDIO		0x488
#define NVIDIA_AUDIO_ON		0x02000000
/* CXL 3.1, 8.1.3.1: the hardware initializes its memory. */
/* Device Capabilities 2, bits 23:22: how many of them at once. */
#define MAX_PREFIXES		(1 << 22)

#define CXL_CAP_MEM_HWINIT	0x0008

/* The standard header; the BARs follow from their sizes. */
static const struct sim_reg header[] = {
	{ PCI_COMMAND, 2, .rw = PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER |
	  PCI_COMMAND_PARITY | PCI_COMMAND_SERR | PCI_COMMAND_INTX_DISABLE },
	{ PCI_STATUS, 2, .value = PCI_STATUS_CAP_LIST, .w1c = PCI_STATUS_PARITY |
	  PCI_STATUS_SIG_TARGET_ABORT | PCI_STATUS_REC_TARGET_ABORT |
	  PCI_STATUS_REC_MASTER_ABORT | PCI_STATUS_SIG_SYSTEM_ERROR |
	  PCI_STATUS_DETECTED_PARITY },
	{ PCI_REVISION_ID, 1, .value = 0xa1 },
	{ PCI_CLASS_DEVICE, 2, .value = 0x0302 },	/* 3D controller */
	{ PCI_CACHE_LINE_SIZE, 1, .rw = 0xff },
	{ PCI_SUBSYSTEM_VENDOR_ID, 2, .value = COHMEM_PCI_VENDOR_NVIDIA },
	{ PCI_INTERRUPT_LINE, 1, .rw = 0xff },
	{ PCI_INTERRUPT_PIN, 1, .value = 1 },		/* INTA */
	{ NVIDIA_AUDIO, 4, .value = NVIDIA_AUDIO_ON },
};

static void put(u8 *to, u32 pos, unsigned int size, u32 v)
{
	while (size--) {
		to[pos++] = v;
		v >>= 8;
	}
}

static u32 get(const u8 *from, u32 pos, unsigned int size)
{
	u32 v = 0;

	while (size--)
		v = v << 8 | from[pos + size];
	return v;
}

/*
 * Put registers at @pos. What hardware fixes is that of the dump, where there is
 * one; what software or errors have changed there is not.
 */
static void lay(struct sim_config *c, u32 pos, const struct sim_reg *r,
		unsigned int nr, const u8 *dump)
{
	for (; nr--; r++) {
		u32 at = pos + r->at, live = r->rw | r->w1c, v = r->value;

		if (dump)
			v = (v & live) | (get(dump, at, r->size) & ~live);
		put(c->byte, at, r->size, v);
		put(c->writable, at, r->size, r->rw);
		put(c->write1clear, at, r->size, r->w1c);
		put(c->sticky, at, r->size, r->sticky);
		put(c->keep, at, r->size, r->keep);
	}
}

static void init_bars(struct sim_config *c, const struct sim_config_setup *setup)
{
	unsigned int i;

	memset(c->byte + COHMEM_CFG_BAR(0), 0, 6 * 4);
	for (i = 0; i < 6; i++) {
		u64 size = setup->bar_size[i];

		if (!size)
			continue;
		put(c->byte, COHMEM_CFG_BAR(i), 4, setup->bar_bits[i]);
		put(c->writable, COHMEM_CFG_BAR(i), 4,
		    ~(size - 1) & ~(u64)COHMEM_BAR_TYPE_MASK);
		if (!(setup->bar_bits[i] & COHMEM_BAR_TYPE_64) || i == 5)
			continue;
		i++;
		put(c->writable, COHMEM_CFG_BAR(i), 4, ~(size - 1) >> 32);
	}
}

/**
 * cohmem_sim_config_find() - where a capability is
 * @c: config space
 * @cap: which
 * Return: its position, 0 where there is none.
 */
u32 cohmem_sim_config_find(const struct sim_config *c,
			   const struct sim_cap *cap)
{
	unsigned int i;

	for (i = 0; i < c->nr_caps; i++)
		if (c->cap[i].cap == cap || c->cap[i].cap->of == cap)
			return c->cap[i].pos;
	return 0;
}

/*
 * The BAR that can be resized has one size to choose, the one it has; a dump that
 * says this size stays as it is.
 */
static void init_rebar(struct sim_config *c, const u64 *bar_size)
{
	u32 pos = cohmem_sim_config_find(c, &cohmem_sim_cap_rebar), ctrl, bar, n;

	if (!pos)
		return;
	ctrl = sim_get32(c->byte, pos + PCI_REBAR_CTRL);
	bar = ctrl & PCI_REBAR_CTRL_BAR_IDX;
	n = bar < 6 && bar_size[bar] ? __builtin_ctzll(bar_size[bar]) : 0;
	if (n < 20)
		return;
	n -= 20;	/* 0 is 1 MiB */
	if ((ctrl & PCI_REBAR_CTRL_BAR_SIZE) >> PCI_REBAR_CTRL_BAR_SHIFT == n)
		return;
	sim_put32(c->byte, pos + PCI_REBAR_CAP, n < 28 ? 1U << (n + 4) : 0);
	sim_put32(c->byte, pos + PCI_REBAR_CTRL,
		  (ctrl & ~PCI_REBAR_CTRL_BAR_SIZE) |
		  n << PCI_REBAR_CTRL_BAR_SHIFT);
}

static void init_cxl(struct sim_config *c, const struct sim_config_setup *setup)
{
	unsigned int i, nr = setup->nr_cxl_ranges;

	if (!c->cxl || !setup->model->cxl_dvsec || !nr)
		return;
	c->nr_cxl_ranges = nr;
	sim_put16(c->byte, c->cxl + COHMEM_CXL_CAP,
		  (sim_get16(c->byte, c->cxl + COHMEM_CXL_CAP) &
		   ~COHMEM_CXL_CAP_HDM_COUNT) |
		  (setup->dump ? 0 : CXL_CAP_MEM_HWINIT) |
		  COHMEM_CXL_CAP_MEM_CAPABLE |
		  (nr > 1 ? COHMEM_CXL_CAP_HDM_COUNT_2 : 1 << 4));
	for (i = 0; i < nr; i++) {
		u64 base = setup->mem_base + (i ? setup->mem_size : 0);
		u32 pos = c->cxl + SIM_CXL_RANGE_BASE(i);

		sim_put32(c->byte, pos, base >> 32);
		sim_put32(c->byte, pos + 4, base & COHMEM_CXL_SIZE_LOW_MASK);
		sim_put32(c->writable, pos, ~0U);
		sim_put32(c->writable, pos + 4, COHMEM_CXL_SIZE_LOW_MASK);
	}
}

/*
 * A PASID travels in an End-End TLP prefix, so that who has the one takes the other
 * (PCIe 6.2, 6.20): Linux enables no PASID without. A dump has it, or says that it has not.
 */
static void init_prefixes(struct sim_config *c)
{
	u32 pos = c->exp + PCI_EXP_DEVCAP2;

	if (!c->exp || !cohmem_sim_config_find(c, &cohmem_sim_cap_pasid))
		return;
	sim_put32(c->byte, pos, sim_get32(c->byte, pos) |
		  PCI_EXP_DEVCAP2_EE_PREFIX | MAX_PREFIXES);
}

/* Where they are that mean something, and how many vectors they have. */
static void remember(struct sim_config *c)
{
	u16 flags;

	c->pm = cohmem_sim_config_find(c, &cohmem_sim_cap_pm);
	c->exp = cohmem_sim_config_find(c, &cohmem_sim_cap_exp);
	c->msi = cohmem_sim_config_find(c, &cohmem_sim_cap_msi);
	if (!c->msi)
		c->msi = cohmem_sim_config_find(c, &cohmem_sim_cap_msi32);
	c->msix = cohmem_sim_config_find(c, &cohmem_sim_cap_msix);
	c->aer = cohmem_sim_config_find(c, &cohmem_sim_cap_aer);
	c->cxl = cohmem_sim_config_find(c, &cohmem_sim_cap_cxl);
	if (c->msi) {
		flags = sim_get16(c->byte, c->msi + PCI_MSI_FLAGS);
		c->nr_msi = 1 << ((flags & PCI_MSI_FLAGS_QMASK) >> 1);
		if (c->nr_msi > SIM_NR_MSI)
			c->nr_msi = SIM_NR_MSI;
	}
	if (c->msix) {
		flags = sim_get16(c->byte, c->msix + PCI_MSIX_FLAGS);
		c->nr_msix = (flags & PCI_MSIX_FLAGS_QSIZE) + 1;
		if (c->nr_msix > SIM_NR_VECTORS)
			c->nr_msix = SIM_NR_VECTORS;
		/* Where our windows are, whatever a dump says. */
		sim_put16(c->byte, c->msix + PCI_MSIX_FLAGS, c->nr_msix - 1);
		sim_put32(c->byte, c->msix + PCI_MSIX_TABLE, SIM_MSIX_TABLE);
		sim_put32(c->byte, c->msix + PCI_MSIX_PBA, SIM_MSIX_PBA);
	}
}

/* Which capabilities, and where: those of the dump, or those of the model. */
static int choose(struct sim_config *c, const struct sim_config_setup *setup,
		  const char **why)
{
	const struct sim_placed *p = setup->model->caps;
	unsigned int i, nr = 0;
	int err;

	if (setup->dump) {
		memcpy(c->byte, setup->dump, sizeof(c->byte));
		err = cohmem_sim_dump_caps(c->byte, c->cap, c->made, &c->nr_caps,
					   why);
		if (err)
			return err;
	} else {
		while (p[c->nr_caps].cap) {
			c->cap[c->nr_caps] = p[c->nr_caps];
			c->nr_caps++;
		}
	}
	for (i = 0; i < c->nr_caps; i++) {
		const struct sim_cap *cap = c->cap[i].cap;

		if (!setup->no_msix || cap->ext || (cap->id != PCI_CAP_ID_MSI &&
						    cap->id != PCI_CAP_ID_MSIX))
			c->cap[nr++] = c->cap[i];
		else if (setup->dump)
			cohmem_sim_dump_unlink(c->byte, c->cap[i].pos);
	}
	c->nr_caps = nr;
	return 0;
}

/* What a dump shows of its moment, and no part has at power-on. */
static void forget(struct sim_config *c)
{
	unsigned int i;

	sim_put16(c->byte, PCI_STATUS, sim_get16(c->byte, PCI_STATUS) &
		  ~PCI_STATUS_INTERRUPT);
	sim_put32(c->byte, PCI_ROM_ADDRESS, 0);	/* we have none */
	if (c->exp)
		sim_put16(c->byte, c->exp + PCI_EXP_DEVSTA,
			  sim_get16(c->byte, c->exp + PCI_EXP_DEVSTA) &
			  ~PCI_EXP_DEVSTA_TRPND);
	cohmem_sim_config_pending(c, 0);
	if (!c->aer)
		return;
	sim_put32(c->byte, c->aer + PCI_ERR_CAP,
		  sim_get32(c->byte, c->aer + PCI_ERR_CAP) &
		  ~PCI_ERR_CAP_FEP(~0U));
	for (i = 0; i < 16; i += 4)
		sim_put32(c->byte, c->aer + PCI_ERR_HEADER_LOG + i, 0);
}

/**
 * cohmem_sim_config_init() - config space at power-on
 * @c: config space
 * @setup: what it is to be
 * @why: what is wrong
 * Return: 0, or -errno where the capabilities do not fit together.
 */
int cohmem_sim_config_init(struct sim_config *c,
			   const struct sim_config_setup *setup,
			   const char **why)
{
	const u8 *dump = setup->dump;
	unsigned int i;
	int err;

	memset(c, 0, sizeof(*c));
	err = choose(c, setup, why);
	if (err)
		return err;
	lay(c, 0, header, sizeof(header) / sizeof(header[0]), dump);
	if (!dump) {
		sim_put16(c->byte, PCI_VENDOR_ID, COHMEM_PCI_VENDOR_NVIDIA);
		sim_put16(c->byte, PCI_SUBSYSTEM_ID, setup->model->subsystem_id);
	}
	sim_put16(c->byte, PCI_DEVICE_ID, setup->device_id);
	/* A dump is linked already, in whatever order. */
	err = dump ? 0 : cohmem_sim_link(c->cap, c->nr_caps, c->byte, why);
	if (err)
		return err;
	for (i = 0; i < c->nr_caps; i++)
		lay(c, c->cap[i].pos, c->cap[i].cap->reg, c->cap[i].cap->nr_reg,
		    dump);
	remember(c);
	if (dump)
		forget(c);
	else
		init_prefixes(c);
	init_bars(c, setup);
	init_rebar(c, setup->bar_size);
	init_cxl(c, setup);
	memcpy(c->initial, c->byte, sizeof(c->initial));
	return 0;
}

/**
 * cohmem_sim_config_reset() - what a reset does to config space
 * @c: config space
 * @kind: what is left
 */
void cohmem_sim_config_reset(struct sim_config *c, enum sim_config_reset kind)
{
	u32 i;

	for (i = 0; i < SIM_CONFIG_SIZE; i++) {
		u8 keep = kind == SIM_CONFIG_POWER_ON ? 0 : c->sticky[i];

		if (kind == SIM_CONFIG_FLR)
			keep |= c->keep[i];
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
	return c->pm ? c->byte[c->pm + PCI_PM_CTRL] & PCI_PM_CTRL_STATE_MASK : 0;
}

/* CONFIG_LOCK: what CXL has to say cannot be changed any more. */
static bool locked(const struct sim_config *c, u32 pos)
{
	return c->cxl && pos >= c->cxl &&
	       pos < c->cxl + cohmem_sim_cap_cxl.size &&
	       (c->byte[c->cxl + SIM_CXL_LOCK] & 1);
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
	const u32 pmcsr = c->pm + PCI_PM_CTRL, flr = c->exp + PCI_EXP_DEVCTL + 1;
	unsigned int before = power_state(c), events = 0;
	const u8 *from = buf;
	u32 i;

	for (i = 0; i < len; i++) {
		u32 p = pos + i;
		u8 w = locked(c, p) ? 0 : c->writable[p];
		u8 v = from[i];

		if (c->pm && p == pmcsr &&
		    ((v & PCI_PM_CTRL_STATE_MASK) == 1 ||
		     (v & PCI_PM_CTRL_STATE_MASK) == 2))
			w &= ~PCI_PM_CTRL_STATE_MASK;
		c->byte[p] = (c->byte[p] & ~w) | (v & w);
		c->byte[p] &= ~(v & c->write1clear[p]);
		if (c->exp && p == flr && (v & PCI_EXP_DEVCTL_BCR_FLR >> 8))
			events |= SIM_EV_FLR;
	}
	if (before == 3 && power_state(c) == 0)
		events |= SIM_EV_D0_FROM_D3;
	if (before == 0 && power_state(c) == 3)
		events |= SIM_EV_TO_D3;
	return events;
}

/* Where MSI's mask is, if it has one; its pending bits follow. */
static u32 msi_mask(const struct sim_config *c)
{
	u16 flags = c->msi ? sim_get16(c->byte, c->msi + PCI_MSI_FLAGS) : 0;

	if (!(flags & PCI_MSI_FLAGS_MASKBIT))
		return 0;
	return c->msi + (flags & PCI_MSI_FLAGS_64BIT ? PCI_MSI_MASK_64 :
						       PCI_MSI_MASK_32);
}

/**
 * cohmem_sim_config_messages() - what message interrupts may do
 * @c: config space
 * Return: MSI-X if it is on, else MSI if that is on, else none.
 */
struct sim_messages cohmem_sim_config_messages(const struct sim_config *c)
{
	struct sim_messages m = { 0 };
	u16 flags = c->msix ? sim_get16(c->byte, c->msix + PCI_MSIX_FLAGS) : 0;

	if (flags & PCI_MSIX_FLAGS_ENABLE) {
		m.msix = true;
		m.nr = c->nr_msix;
		m.masked = flags & PCI_MSIX_FLAGS_MASKALL;
		return m;
	}
	flags = c->msi ? sim_get16(c->byte, c->msi + PCI_MSI_FLAGS) : 0;
	if (!(flags & PCI_MSI_FLAGS_ENABLE))
		return m;
	m.nr = 1 << ((flags & PCI_MSI_FLAGS_QSIZE) >> 4);
	if (m.nr > c->nr_msi)
		m.nr = c->nr_msi;
	if (msi_mask(c))
		m.mask = sim_get32(c->byte, msi_mask(c));
	return m;
}

/**
 * cohmem_sim_config_pending() - show which MSI vectors wait
 * @c: config space
 * @vectors: a bit each
 */
void cohmem_sim_config_pending(struct sim_config *c, u32 vectors)
{
	u32 mask = msi_mask(c);

	if (mask)
		sim_put32(c->byte, mask + 4, vectors);
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
 * cohmem_sim_config_intx_on() - may the function assert INTA?
 * @c: config space
 * Return: true in D0 with MSI and MSI-X off and Interrupt Disable clear.
 */
bool cohmem_sim_config_intx_on(const struct sim_config *c)
{
	return !cohmem_sim_config_messages(c).nr &&
	       !(sim_get16(c->byte, PCI_COMMAND) & PCI_COMMAND_INTX_DISABLE) &&
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
	return c->pm &&
	       (c->byte[c->pm + PCI_PM_CTRL] & PCI_PM_CTRL_NO_SOFT_RESET);
}

/**
 * cohmem_sim_config_set_nosoftrst() - change what D3hot to D0 does
 * @c: config space
 * @on: true to keep the state, false to reset it; survives resets
 */
void cohmem_sim_config_set_nosoftrst(struct sim_config *c, bool on)
{
	const u32 pos = c->pm + PCI_PM_CTRL;

	if (!c->pm)
		return;
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
	u32 pos = c->cxl + (range ? COHMEM_CXL_RANGE2_SIZE_HIGH :
				     COHMEM_CXL_RANGE1_SIZE_HIGH);
	u32 low;

	if (range >= c->nr_cxl_ranges)
		return;
	/* Kind of memory and the like: as a dump has it. */
	low = sim_get32(c->initial, pos + 4) &
	      ~(COHMEM_CXL_SIZE_LOW_MASK | COHMEM_CXL_MEM_INFO_VALID |
		COHMEM_CXL_MEM_ACTIVE | COHMEM_CXL_ACTIVE_TIMEOUT_MASK <<
					COHMEM_CXL_ACTIVE_TIMEOUT_SHIFT);
	low |= (timeout_code & COHMEM_CXL_ACTIVE_TIMEOUT_MASK) <<
	       COHMEM_CXL_ACTIVE_TIMEOUT_SHIFT;
	if (info_valid) {
		low |= (u32)size & 0xf0000000;
		low |= COHMEM_CXL_MEM_INFO_VALID;
	}
	if (active)
		low |= COHMEM_CXL_MEM_ACTIVE;
	sim_put32(c->byte, pos, info_valid ? size >> 32 : 0);
	sim_put32(c->byte, pos + 4, low);
}
