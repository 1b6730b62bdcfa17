/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The coherent memory: a sparse file that the client maps as well, so that the
 * function and the CPU see the same bytes without a copy. Ranges of it can be
 * poisoned (the engine then fails on them), and ranges can be watched: what the
 * CPU does to memory it has mapped is invisible here, but while the memory is
 * not ready a watched range is set aside and replaced by a hole, and each page
 * that has come into being when the memory turns ready was touched too early.
 */
#ifndef COHMEM_SIM_HBM_H
#define COHMEM_SIM_HBM_H

#include "env.h"

#define SIM_MAX_POISON		256
#define SIM_MAX_WATCH		8
#define SIM_WATCH_MAX_LEN	(256ULL << 20)
#define SIM_HBM_PAGE		4096

struct sim_range {
	u64 start, len;
};

struct sim_watch {
	struct sim_range range;
	int aside;		/* a file of its bytes while it is a hole, or -1 */
};

struct sim_hbm {
	int fd;
	u64 size;
	struct sim_range poison[SIM_MAX_POISON];
	unsigned int nr_poison;
	struct sim_watch watch[SIM_MAX_WATCH];
	unsigned int nr_watch;
};

int cohmem_sim_hbm_open(struct sim_hbm *h, const char *path, u64 size);
void cohmem_sim_hbm_close(struct sim_hbm *h);
int cohmem_sim_hbm_read(struct sim_hbm *h, u64 pos, void *buf, u64 len);
int cohmem_sim_hbm_write(struct sim_hbm *h, u64 pos, const void *buf, u64 len);
int cohmem_sim_hbm_clear(struct sim_hbm *h);
bool cohmem_sim_hbm_poisoned(const struct sim_hbm *h, u64 pos, u64 len,
			     u64 *where);
int cohmem_sim_hbm_poison(struct sim_hbm *h, u64 pos, u64 len);
int cohmem_sim_hbm_watch(struct sim_hbm *h, u64 pos, u64 len);
void cohmem_sim_hbm_unwatch(struct sim_hbm *h);
void cohmem_sim_hbm_withdraw(struct sim_hbm *h);
u64 cohmem_sim_hbm_return(struct sim_hbm *h);
u64 cohmem_sim_hbm_touched(const struct sim_hbm *h);
u32 cohmem_sim_crc32(u32 crc, const void *buf, u64 len);

#endif /* COHMEM_SIM_HBM_H */
