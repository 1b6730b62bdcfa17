// SPDX-License-Identifier: GPL-2.0-only
/*
 * The model table. Sources of ids and layouts: docs/contract.md.
 *
 * Real BARs: those of GH200 are what lspci shows on one (NVIDIA on LKML, 2023),
 * and H20, the same chip on a card, has the same three. No dump of a GB200 or
 * GB300 is public: BAR0 and BAR4 are those of B300 and GB10, and BAR2, which a
 * guest gets to see there, is kept small because VFIO's type1 maps it page by
 * page; --real-bar2 makes it larger.
 */
#include "caps.h"
#include "config.h"
#include "model.h"

#define MiB	(1ULL << 20)
#define GiB	(1ULL << 30)

#define HOPPER_BARS	{ [0] = 16 * MiB, [2] = 128 * GiB, [4] = 32 * MiB }
#define BLACKWELL_BARS	{ [0] = 64 * MiB, [2] = 64 * MiB, [4] = 32 * MiB }

/*
 * Capabilities: places are those of H100 and H20, GH200's twins on a card, as
 * lspci shows them; a null head at 0x100 and AER far from it included. What no
 * dump shows has no place of its own. Blackwell parts need ATS and PASID for
 * CUDA's shared memory; what begins at 0x100 differs from part to part, so that
 * nobody takes it for granted.
 */
#define HOPPER_CAPS \
	{ &cohmem_sim_cap_pm, 0x40 }, { &cohmem_sim_cap_msi, 0x48 }, \
	{ &cohmem_sim_cap_exp, 0x60 }, { &cohmem_sim_cap_vendor, 0x9c }, \
	{ &cohmem_sim_cap_msix, 0xb0 }, { &cohmem_sim_cap_ltr, 0x12c }, \
	{ &cohmem_sim_cap_rebar, 0x134 }, { &cohmem_sim_cap_aer, 0x1b8 }, \
	{ &cohmem_sim_cap_vsec, 0x2a4 }, { &cohmem_sim_cap_power, 0x2b8 }, \
	{ &cohmem_sim_cap_dsn, 0x2f0 }, { &cohmem_sim_cap_secpcie, 0 }, \
	{ &cohmem_sim_cap_dlf, 0 }, { &cohmem_sim_cap_pl16, 0 }, \
	{ &cohmem_sim_cap_margin, 0 }

#define BLACKWELL_CAPS \
	HOPPER_CAPS, { &cohmem_sim_cap_ats, 0 }, { &cohmem_sim_cap_pasid, 0 }

static const struct sim_placed gh200_caps[] = { HOPPER_CAPS, { } };

static const struct sim_placed blackwell_caps[] = {
	BLACKWELL_CAPS, { &cohmem_sim_cap_nvidia, 0x100 }, { }
};

static const struct sim_placed next_caps[] = {
	BLACKWELL_CAPS, { &cohmem_sim_cap_flexbus, 0x100 },
	{ &cohmem_sim_cap_nvidia, 0 }, { &cohmem_sim_cap_cxl, 0 },
	{ &cohmem_sim_cap_locator, 0 }, { }
};

static const struct sim_placed nomem_caps[] = {
	BLACKWELL_CAPS, { &cohmem_sim_cap_nvidia, 0 },
	{ &cohmem_sim_cap_cxl, 0 }, { }
};

const struct sim_model cohmem_sim_models[] = {
	{
		.name = "gh200", .title = "GH200, memory split in two",
		.device_id = 0x2342, .subsystem_id = 0x16eb,
		.caps = gh200_caps,
		.real_bar = HOPPER_BARS, .hbm_size = 96 * GiB,
	}, {
		.name = "gb200", .title = "GB200, memory whole",
		.device_id = 0x2941, .subsystem_id = 0x2046,
		.whole = true, .caps = blackwell_caps,
		.real_bar = BLACKWELL_BARS, .hbm_size = 96 * GiB,
	}, {
		.name = "gb300", .title = "GB300, memory whole",
		.device_id = 0x31c2, .subsystem_id = 0x21f1,
		.whole = true, .caps = blackwell_caps,
		.real_bar = BLACKWELL_BARS, .hbm_size = 96 * GiB,
	}, {
		.name = "next", .title = "announces readiness by the CXL DVSEC",
		.device_id = 0x3041, .subsystem_id = 0x2300,
		.whole = true, .cxl_dvsec = true, .caps = next_caps,
		.real_bar = BLACKWELL_BARS, .hbm_size = 96 * GiB,
	}, {
		.name = "nomem", .title = "CXL DVSEC that announces no memory",
		.device_id = 0x307f, .subsystem_id = 0x2301,
		.whole = true, .caps = nomem_caps,
		.real_bar = BLACKWELL_BARS, .hbm_size = 96 * GiB,
	},
	{ }
};

/**
 * cohmem_sim_model_find() - a model by name
 * @name: the word given to --model
 * Return: the model, or NULL.
 */
const struct sim_model *cohmem_sim_model_find(const char *name)
{
	const struct sim_model *m;

	for (m = cohmem_sim_models; m->name; m++)
		if (!strcmp(m->name, name))
			return m;
	return NULL;
}

/**
 * cohmem_sim_model_bars() - the BARs of a model
 * @m: the model
 * @size: gets their sizes
 * @bits: gets the low bits of their registers
 */
void cohmem_sim_model_bars(const struct sim_model *m, u64 size[6], u8 bits[6])
{
	unsigned int i;

	for (i = 0; i < 6; i++) {
		size[i] = m->real_bar[i];
		bits[i] = m->real_bar[i] ? SIM_BAR_BITS : 0;
	}
}
