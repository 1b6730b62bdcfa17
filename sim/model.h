/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts that can be emulated, as data. */
#ifndef COHMEM_SIM_MODEL_H
#define COHMEM_SIM_MODEL_H

#include "env.h"

struct sim_placed;

/**
 * struct sim_model - one emulated part
 * @name: the word for --model
 * @title: for people
 * @device_id: PCI device id, unless --device-id overrides it
 * @subsystem_id: PCI subsystem id
 * @whole: memory whole, as its NVIDIA DVSEC says; else split in two
 * @cxl_dvsec: its CXL Device DVSEC has the memory, and announces readiness
 * @caps: its capabilities, with their places; ends with an empty one
 * @real_bar: sizes of the real BARs by index, 0 for none; 64-bit, prefetchable
 * @hbm_size: coherent memory, unless --hbm overrides it
 */
struct sim_model {
	const char *name;
	const char *title;
	u16 device_id;
	u16 subsystem_id;
	bool whole;
	bool cxl_dvsec;
	const struct sim_placed *caps;
	u64 real_bar[6];
	u64 hbm_size;
};

/* Where the coherent memory is unless somebody says otherwise. */
#define SIM_MEM_BASE	0x1000000000ULL

extern const struct sim_model cohmem_sim_models[];

const struct sim_model *cohmem_sim_model_find(const char *name);
void cohmem_sim_model_bars(const struct sim_model *m, u64 size[6], u8 bits[6]);

#endif /* COHMEM_SIM_MODEL_H */
