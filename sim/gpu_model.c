// SPDX-License-Identifier: GPL-2.0-only
/*
 * From a GPU that was written down to a superchip that is like it, and back. What
 * the file does not tell is as with the model that is nearest of kin; what we
 * cannot be is said.
 */
#include <errno.h>
#include <linux/pci_regs.h>
#include <stdlib.h>

#include "chips.h"
#include "gpu.h"
#include "regs.h"
#include "sim.h"

#define IDS		0x10	/* bytes of the header that say what it is */

/* What its CXL DVSEC says of memory; 0 ranges without. */
struct cxl {
	unsigned int nr;
	u64 base, size[SIM_CXL_RANGES];
	u8 timeout[SIM_CXL_RANGES];
};

struct caps {
	struct sim_placed list[SIM_MAX_CAPS];
	struct sim_cap made[SIM_MAX_CAPS];
	unsigned int nr;
};

/**
 * cohmem_sim_gpu_find() - where a GPU has a capability
 * @g: the GPU
 * @cap: which
 * Return: its position, 0 where there is none.
 */
u32 cohmem_sim_gpu_find(const struct sim_gpu *g, const struct sim_cap *cap)
{
	struct caps *c = malloc(sizeof(*c));
	const char *why;
	unsigned int i;
	u32 pos = 0;

	if (c && !cohmem_sim_dump_caps(g->byte, c->list, c->made, &c->nr, &why))
		for (i = 0; !pos && i < c->nr; i++)
			if (c->made[i].of == cap)
				pos = c->list[i].pos;
	free(c);
	return pos;
}

static void read_cxl(const struct sim_gpu *g, struct cxl *cxl)
{
	u32 pos = cohmem_sim_gpu_find(g, &cohmem_sim_cap_cxl), at;
	unsigned int i;
	u16 cap;

	memset(cxl, 0, sizeof(*cxl));
	if (!pos)
		return;
	cap = sim_get16(g->byte, pos + COHMEM_CXL_CAP);
	if (cap & COHMEM_CXL_CAP_MEM_CAPABLE)
		cxl->nr = (cap & COHMEM_CXL_CAP_HDM_COUNT) >> 4;
	if (cxl->nr > SIM_CXL_RANGES)	/* 3 is reserved */
		cxl->nr = 0;
	at = pos + SIM_CXL_RANGE_BASE(0);
	cxl->base = (u64)sim_get32(g->byte, at) << 32 |
		    (sim_get32(g->byte, at + 4) & COHMEM_CXL_SIZE_LOW_MASK);
	for (i = 0; i < cxl->nr; i++) {
		u32 low;

		at = pos + (i ? COHMEM_CXL_RANGE2_SIZE_HIGH :
				COHMEM_CXL_RANGE1_SIZE_HIGH);
		low = sim_get32(g->byte, at + 4);
		cxl->size[i] = (u64)sim_get32(g->byte, at) << 32 |
			       (low & COHMEM_CXL_SIZE_LOW_MASK);
		cxl->timeout[i] = low >> COHMEM_CXL_ACTIVE_TIMEOUT_SHIFT &
				  COHMEM_CXL_ACTIVE_TIMEOUT_MASK;
	}
}

static bool memory_whole(const struct sim_gpu *g)
{
	u32 pos = cohmem_sim_gpu_find(g, &cohmem_sim_cap_nvidia);
	bool fixed = pos && (sim_get16(g->byte, pos + COHMEM_DVSEC_NVIDIA_FLAGS) &
			     COHMEM_DVSEC_NVIDIA_MIG_FIXED);

	return cohmem_placement_for(sim_get16(g->byte, PCI_VENDOR_ID),
				    sim_get16(g->byte, PCI_DEVICE_ID), fixed) !=
	       &cohmem_placement_split;
}

/**
 * cohmem_sim_gpu_kin() - which model a GPU is nearest to
 * @g: the GPU
 * Return: the model, for what is not known of the GPU.
 */
const struct sim_model *cohmem_sim_gpu_kin(const struct sim_gpu *g)
{
	const struct sim_model *m;
	struct cxl cxl;

	for (m = cohmem_sim_models; m->name; m++)
		if (sim_get16(g->byte, PCI_VENDOR_ID) ==
		    COHMEM_PCI_VENDOR_NVIDIA &&
		    sim_get16(g->byte, PCI_DEVICE_ID) == m->device_id)
			return m;
	read_cxl(g, &cxl);
	return cohmem_sim_model_find(cxl.nr ? "next" : memory_whole(g) ?
				     "gb200" : "gh200");
}

/* Only what it is is known: the capabilities of its kin, and its own ids. */
static int borrow_config(struct sim_gpu *g, const struct sim_model *base,
			 struct sim_notes *n)
{
	struct sim_gpu *kin = calloc(1, sizeof(*kin));
	int err = kin ? cohmem_sim_gpu_of_model(base, kin, n) : -ENOMEM;
	unsigned int i;

	if (!err) {
		cohmem_sim_note(n, "config space: %u bytes known (is it root's recording?): capabilities as model %s",
				g->have, base->name);
		for (i = 0; i < IDS; i++)
			if (i < PCI_COMMAND || (i >= PCI_CLASS_REVISION &&
						i < PCI_CACHE_LINE_SIZE &&
						(g->have || g->byte[PCI_CLASS_DEVICE + 1])))
				kin->byte[i] = g->byte[i];
		memcpy(kin->byte + PCI_SUBSYSTEM_VENDOR_ID,
		       g->byte + PCI_SUBSYSTEM_VENDOR_ID, 4);
		memcpy(g->byte, kin->byte, sizeof(g->byte));
	}
	free(kin);
	return err;
}

static int complete_config(struct sim_gpu *g, const struct sim_model *base,
			   struct sim_notes *n)
{
	struct caps *c;
	const char *why;
	int err = 0;

	if (g->have < SIM_EXT_START) {
		err = borrow_config(g, base, n);
	} else if (g->have < SIM_CONFIG_SIZE) {
		cohmem_sim_note(n, "config space: %u bytes known: no extended capabilities",
				g->have);
		memset(g->byte + SIM_EXT_START, 0,
		       SIM_CONFIG_SIZE - SIM_EXT_START);
	}
	if (err)
		return err;
	g->have = SIM_CONFIG_SIZE;
	c = malloc(sizeof(*c));
	if (!c)
		return -ENOMEM;
	if (cohmem_sim_dump_caps(g->byte, c->list, c->made, &c->nr, &why))
		err = cohmem_sim_refuse(n, "config space: %s", why);
	free(c);
	return err;
}

static void leave_out(struct sim_gpu *g, unsigned int bar)
{
	g->bar_size[bar] = 0;
	g->bar_bits[bar] = 0;
}

static int complete_bars(struct sim_gpu *g, const struct sim_model *base,
			 struct sim_notes *n)
{
	unsigned int i;

	if (!g->has_bars) {
		cohmem_sim_note(n, "BARs: their sizes are not known: as model %s",
				base->name);
		cohmem_sim_model_bars(base, g->bar_size, g->bar_bits);
		g->has_bars = true;
	}
	for (i = 0; i < 6; i++) {
		u64 size = g->bar_size[i];
		bool wide = g->bar_bits[i] & COHMEM_BAR_TYPE_64;

		if (!size) {
			leave_out(g, i);
			continue;
		}
		if (size & (size - 1))
			return cohmem_sim_refuse(n, "BAR%u: its size is no power of two", i);
		if (g->bar_bits[i] & PCI_BASE_ADDRESS_SPACE_IO) {
			cohmem_sim_note(n, "BAR%u: I/O ports: left out", i);
			leave_out(g, i);
			continue;
		}
		if (wide ? i == 5 || g->bar_size[i + 1] : size > 1U << 31)
			return cohmem_sim_refuse(n, "BAR%u: there is no room for it", i);
		if (size < 4096) {
			cohmem_sim_note(n, "BAR%u: less than a page: left out", i);
			leave_out(g, i);
		} else if (size > COHMEM_REGION_SIZE_MAX) {
			cohmem_sim_note(n, "BAR%u: only 1T of it", i);
			g->bar_size[i] = COHMEM_REGION_SIZE_MAX;
		}
	}
	if (!g->bar_size[0])
		return cohmem_sim_refuse(n, "no memory in BAR0, where readiness is asked for");
	return 0;
}

static bool size_ok(u64 size)
{
	return size && !(size % SIM_HBM_PAGE) && size <= COHMEM_REGION_SIZE_MAX;
}

static void complete_memory(struct sim_gpu *g, const struct sim_model *base,
			    struct sim_notes *n)
{
	struct cxl cxl;
	u64 sum;

	read_cxl(g, &cxl);
	sum = cxl.size[0] < 1ULL << 62 && cxl.size[1] < 1ULL << 62 ?
	      cxl.size[0] + cxl.size[1] : 0;
	/* Firmware's word first: that is what a driver hears. */
	if (g->has_prop[SIM_PROP_SIZE] && size_ok(g->prop[SIM_PROP_SIZE]))
		g->memory_size = g->prop[SIM_PROP_SIZE];
	else if (!size_ok(g->memory_size) && size_ok(sum))
		g->memory_size = sum;
	if (!size_ok(g->memory_size)) {
		g->memory_size = base->hbm_size;
		cohmem_sim_note(n, "memory: how much is not known: 0x%llx, as model %s",
				(unsigned long long)g->memory_size, base->name);
	}
	if (cxl.nr && sum && sum != g->memory_size)
		cohmem_sim_note(n, "CXL DVSEC: it says 0x%llx bytes of memory, of 0x%llx",
				(unsigned long long)sum,
				(unsigned long long)g->memory_size);
	if (g->has_prop[SIM_PROP_BASE] && g->prop[SIM_PROP_BASE])
		g->memory_base = g->prop[SIM_PROP_BASE];
	else if (!g->memory_base)
		g->memory_base = cxl.nr && cxl.base ? cxl.base : SIM_MEM_BASE;
}

/**
 * cohmem_sim_gpu_complete() - know all of a GPU
 * @g: the GPU; what is not known of it becomes as with the model
 * @base: the model, mostly cohmem_sim_gpu_kin()
 * @n: what is to be said, and why it failed
 * Return: 0, -EINVAL for what cannot be, -ENOMEM.
 */
int cohmem_sim_gpu_complete(struct sim_gpu *g, const struct sim_model *base,
			    struct sim_notes *n)
{
	int err;

	err = complete_config(g, base, n);
	if (!err)
		err = complete_bars(g, base, n);
	if (!err)
		complete_memory(g, base, n);
	return err;
}

/**
 * cohmem_sim_gpu_setup() - a superchip that is like a GPU
 * @g: the GPU, complete
 * @base: the model that completed it
 * @model: becomes the GPU's
 * @setup: gets all that the GPU decides
 * @n: what is to be said
 */
void cohmem_sim_gpu_setup(const struct sim_gpu *g, const struct sim_model *base,
			  struct sim_model *model, struct sim_setup *setup,
			  struct sim_notes *n)
{
	struct cxl cxl;
	unsigned int i;

	read_cxl(g, &cxl);
	*model = *base;
	model->name = "like";
	model->title = "like one that was recorded";
	model->device_id = sim_get16(g->byte, PCI_DEVICE_ID);
	model->subsystem_id = sim_get16(g->byte, PCI_SUBSYSTEM_ID);
	model->whole = memory_whole(g);
	model->cxl_dvsec = cxl.nr;
	model->hbm_size = g->memory_size;
	memcpy(model->real_bar, g->bar_size, sizeof(model->real_bar));
	setup->model = model;
	setup->device_id = model->device_id;
	setup->hbm_size = g->memory_size;
	setup->mem_base = g->memory_base;
	setup->dump = g->byte;
	memcpy(setup->bar_size, g->bar_size, sizeof(setup->bar_size));
	memcpy(setup->bar_bits, g->bar_bits, sizeof(setup->bar_bits));
	for (i = 0; i < cxl.nr; i++)
		setup->cxl_timeout[i] = cxl.timeout[i];
	setup->cxl_two_ranges = cxl.nr == 2;
	setup->cxl_range2 = cxl.nr == 2 ? cxl.size[1] : 0;
	if (setup->cxl_range2 >= g->memory_size) {
		setup->cxl_range2 = 0;
		cohmem_sim_note(n, "CXL DVSEC: its second range is left empty");
	}
}

/* Capabilities that would do something, and what of it is missing. */
static const struct {
	u16 id;
	const char *what;
} inert[] = {
	{ PCI_EXT_CAP_ID_SRIOV, "SR-IOV: no virtual function can be had" },
	{ PCI_EXT_CAP_ID_ACS, "ACS: as recorded, nobody can change it" },
	{ PCI_EXT_CAP_ID_PRI, "PRI: no page is asked for" },
	{ PCI_EXT_CAP_ID_TPH, "TPH: as recorded, nobody can change it" },
	{ PCI_EXT_CAP_ID_DOE, "DOE: nobody answers" },
};

static void explain_cap(const struct sim_placed *at, struct sim_notes *n)
{
	const struct sim_cap *cap = at->cap;
	unsigned int i;

	if (cap->of)
		return;
	for (i = 0; cap->ext && i < sizeof(inert) / sizeof(inert[0]); i++)
		if (inert[i].id == cap->id) {
			cohmem_sim_note(n, "0x%03x: %s", at->pos, inert[i].what);
			return;
		}
	if (strcmp(cap->name, "unknown"))
		cohmem_sim_note(n, "0x%03x: %s: too short, shown and not served",
				at->pos, cap->name);
	else
		cohmem_sim_note(n, "0x%03x: %scapability 0x%x is not known: shown, cannot be written",
				at->pos, cap->ext ? "extended " : "", cap->id);
}

/**
 * cohmem_sim_gpu_explain() - what of a GPU is not imitated
 * @g: the GPU
 * @c: config space of the superchip that is like it
 * @n: gets a line each
 */
void cohmem_sim_gpu_explain(const struct sim_gpu *g, const struct sim_config *c,
			    struct sim_notes *n)
{
	u32 rebar = cohmem_sim_config_find(c, &cohmem_sim_cap_rebar), sizes;
	u32 locator = cohmem_sim_config_find(c, &cohmem_sim_cap_locator);
	unsigned int i;

	if (g->bar_size[0] < COHMEM_ENGINE_BASE + COHMEM_ENGINE_SIZE)
		cohmem_sim_note(n, "BAR0: too small for the copy engine");
	if (locator && sim_get32(g->byte, locator + 0xc) !=
	    (SIM_CXL_COMPONENT | 0x0100))
		cohmem_sim_note(n, "CXL component registers: if BAR0 has room, at 0x%x of it",
				SIM_CXL_COMPONENT);
	if (g->byte[PCI_HEADER_TYPE] & 0x80)
		cohmem_sim_note(n, "the device's other functions: not there");
	if (sim_get32(g->byte, PCI_ROM_ADDRESS))
		cohmem_sim_note(n, "expansion ROM: left out");
	if (c->msix && memcmp(g->byte + c->msix + PCI_MSIX_TABLE,
			      c->initial + c->msix + PCI_MSIX_TABLE, 8))
		cohmem_sim_note(n, "MSI-X: its table is at 0x%x of BAR0",
				SIM_MSIX_TABLE);
	i = c->msix ? (sim_get16(g->byte, c->msix + PCI_MSIX_FLAGS) &
		       PCI_MSIX_FLAGS_QSIZE) + 1 : 0;
	if (i > c->nr_msix)
		cohmem_sim_note(n, "MSI-X: %u of its %u vectors", c->nr_msix, i);
	i = c->msi ? 1 << ((sim_get16(g->byte, c->msi + PCI_MSI_FLAGS) &
			    PCI_MSI_FLAGS_QMASK) >> 1) : 0;
	if (i > c->nr_msi)
		cohmem_sim_note(n, "MSI: %u of its %u vectors", c->nr_msi, i);
	sizes = rebar ? sim_get32(c->initial, rebar + PCI_REBAR_CAP) >> 4 : 0;
	if (sizes & (sizes - 1))
		cohmem_sim_note(n, "Resizable BAR: it keeps its size");
	for (i = 0; i < c->nr_caps; i++)
		explain_cap(&c->cap[i], n);
}

/**
 * cohmem_sim_gpu_announce() - let firmware announce a GPU's memory as a model's
 * @g: the GPU
 */
void cohmem_sim_gpu_announce(struct sim_gpu *g)
{
	unsigned int i;

	for (i = SIM_PROP_BASE; i <= SIM_PROP_PXMS; i++)
		g->has_prop[i] = true;
	g->prop[SIM_PROP_BASE] = g->memory_base;
	g->prop[SIM_PROP_SIZE] = g->memory_size;
	g->prop[SIM_PROP_PXM] = 1;
	g->prop[SIM_PROP_PXMS] = 8;
}

/**
 * cohmem_sim_gpu_of_model() - what would be recorded of a model
 * @model: the model
 * @g: gets it
 * @n: why it failed
 * Return: 0, -EINVAL, -ENOMEM.
 */
int cohmem_sim_gpu_of_model(const struct sim_model *model, struct sim_gpu *g,
			    struct sim_notes *n)
{
	struct sim_config_setup setup = {
		.model = model, .device_id = model->device_id,
		.mem_base = SIM_MEM_BASE, .mem_size = model->hbm_size,
		.nr_cxl_ranges = 1,
	};
	struct sim_config *c = malloc(sizeof(*c));
	const char *why;
	int err;

	if (!c)
		return -ENOMEM;
	memset(g, 0, sizeof(*g));
	cohmem_sim_model_bars(model, g->bar_size, g->bar_bits);
	memcpy(setup.bar_size, g->bar_size, sizeof(setup.bar_size));
	memcpy(setup.bar_bits, g->bar_bits, sizeof(setup.bar_bits));
	err = cohmem_sim_config_init(c, &setup, &why);
	if (err) {
		cohmem_sim_refuse(n, "%s", why);
	} else {
		cohmem_sim_config_set_cxl(c, 0, model->hbm_size, 1, true, true);
		memcpy(g->byte, c->byte, sizeof(g->byte));
	}
	free(c);
	g->have = SIM_CONFIG_SIZE;
	g->has_bars = true;
	g->memory_base = SIM_MEM_BASE;
	g->memory_size = model->hbm_size;
	g->has_firmware = true;
	cohmem_sim_gpu_announce(g);
	return err;
}
