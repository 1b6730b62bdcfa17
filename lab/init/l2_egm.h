/* SPDX-License-Identifier: GPL-2.0-only */
/* What L2 finds out about its memory being EGM. */
#ifndef COHMEM_LAB_L2_EGM_H
#define COHMEM_LAB_L2_EGM_H

#include <stdint.h>

/**
 * struct l2_egm - EGM as the guest's firmware announces it
 * @base: physical address, of the guest's
 * @size: bytes
 * @pxm: node
 */
struct l2_egm {
	uint64_t base, size, pxm;
};

int l2_egm_announced(struct l2_egm *egm);
const char *l2_egm_copy(const struct l2_egm *egm, volatile void *engine,
			volatile uint64_t *gpu, uint64_t gpu_at,
			const char *seed, uint64_t *where);

#endif /* COHMEM_LAB_L2_EGM_H */
