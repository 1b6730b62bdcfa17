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
#include "model.h"

#define MiB	(1ULL << 20)
#define GiB	(1ULL << 30)

#define HOPPER_BARS	{ [0] = 16 * MiB, [2] = 128 * GiB, [4] = 32 * MiB }
#define BLACKWELL_BARS	{ [0] = 64 * MiB, [2] = 64 * MiB, [4] = 32 * MiB }

const struct sim_model cohmem_sim_models[] = {
	{
		.name = "gh200", .title = "GH200, memory split in two",
		.device_id = 0x2342, .subsystem_id = 0x16eb,
		.real_bar = HOPPER_BARS, .hbm_size = 96 * GiB,
	}, {
		.name = "gb200", .title = "GB200, memory whole",
		.device_id = 0x2941, .subsystem_id = 0x2046,
		.nvidia_dvsec = true,
		.real_bar = BLACKWELL_BARS, .hbm_size = 96 * GiB,
	}, {
		.name = "gb300", .title = "GB300, memory whole",
		.device_id = 0x31c2, .subsystem_id = 0x21f1,
		.nvidia_dvsec = true,
		.real_bar = BLACKWELL_BARS, .hbm_size = 96 * GiB,
	}, {
		.name = "next", .title = "announces readiness by the CXL DVSEC",
		.device_id = 0x3041, .subsystem_id = 0x2300,
		.nvidia_dvsec = true, .cxl_dvsec = true, .cxl_locator = true,
		.real_bar = BLACKWELL_BARS, .hbm_size = 96 * GiB,
	}, {
		.name = "nomem", .title = "CXL DVSEC that announces no memory",
		.device_id = 0x307f, .subsystem_id = 0x2301,
		.nvidia_dvsec = true, .cxl_bare = true,
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
