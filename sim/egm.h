/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Extended GPU Memory: memory of the CPU's socket that the GPU reaches over the
 * same link as its own, past the IOMMU. A file that QEMU maps as well, made by
 * whoever starts both, as it may be more than the range: firmware's list of bad
 * blocks lies beside it. All GPUs of a socket have it at once.
 */
#ifndef COHMEM_SIM_EGM_H
#define COHMEM_SIM_EGM_H

#include "env.h"

/**
 * struct sim_egm - the range that the engine reaches
 * @fd: its file
 * @base: its physical address
 * @size: bytes, from the file's first on; 0: there is none
 */
struct sim_egm {
	int fd;
	u64 base, size;
};

int cohmem_sim_egm_open(struct sim_egm *e, const char *path, u64 base, u64 size);
void cohmem_sim_egm_close(struct sim_egm *e);
int cohmem_sim_egm_read(const struct sim_egm *e, u64 pos, void *buf, u32 len);
int cohmem_sim_egm_write(const struct sim_egm *e, u64 pos, const void *buf,
			 u32 len);

#endif /* COHMEM_SIM_EGM_H */
