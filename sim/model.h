/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts that can be emulated, as data. */
#ifndef COHMEM_SIM_MODEL_H
#define COHMEM_SIM_MODEL_H

#include "env.h"

/**
 * struct sim_model - one emulated part
 * @name: the word for --model
 * @title: for people
 * @device_id: PCI device id, unless --device-id overrides it
 * @subsystem_id: PCI subsystem id
 * @nvidia_dvsec: has the NVIDIA DVSEC, with "MIG bug fixed" set
 * @cxl_dvsec: has the CXL Device DVSEC and announces readiness by it
 * @cxl_bare: has the CXL Device DVSEC, which announces no memory; readiness is
 *	announced by BAR0
 * @cxl_locator: has what a CXL driver looks for first: a Flex Bus Port DVSEC and
 *	a Register Locator
 * @real_bar: sizes of the real BARs by index, 0 for none
 * @hbm_size: coherent memory, unless --hbm overrides it
 */
struct sim_model {
	const char *name;
	const char *title;
	u16 device_id;
	u16 subsystem_id;
	bool nvidia_dvsec;
	bool cxl_dvsec;
	bool cxl_bare;
	bool cxl_locator;
	u64 real_bar[6];
	u64 hbm_size;
};

extern const struct sim_model cohmem_sim_models[];

const struct sim_model *cohmem_sim_model_find(const char *name);

#endif /* COHMEM_SIM_MODEL_H */
