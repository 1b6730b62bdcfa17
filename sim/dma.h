/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What of the client's memory the function may reach: IOVA ranges, sorted, not
 * overlapping, each backed by a range of a file or by the client itself (then
 * reached by messages). Files are read and written, never mapped: a client
 * that shrinks its file gets an error instead of sending us a SIGBUS. They have
 * to be memory (file.h), unless the operator says otherwise.
 */
#ifndef COHMEM_SIM_DMA_H
#define COHMEM_SIM_DMA_H

#include "env.h"
#include <sys/types.h>

typedef int64_t s64;

#define SIM_DMA_READ		0x1	/* the function may read it */
#define SIM_DMA_WRITE		0x2
#define SIM_DMA_MAX_MAPS	65535
#define SIM_DMA_MAX_FILES	256

struct sim_dma_map {
	u64 iova, size, offset;
	u32 flags;
	int file;		/* index, or -1: by messages */
};

struct sim_dma_file {
	int fd;			/* -1: free */
	dev_t dev;
	ino_t ino;
	u32 may;		/* SIM_DMA_*, by how it was opened */
	u32 users;
};

struct sim_dma {
	struct sim_dma_map *map;
	u32 nr, room;
	bool any_file;		/* also files that may block */
	dev_t own_dev;		/* a file that is taken in any case: ours */
	ino_t own_ino;
	struct sim_dma_file file[SIM_DMA_MAX_FILES];
};

/* Where a piece of an IOVA range is. */
struct sim_dma_spot {
	int fd;			/* -1: ask the client */
	u64 offset;
	u64 len;
};

void cohmem_sim_dma_init(struct sim_dma *d);
void cohmem_sim_dma_fini(struct sim_dma *d);
int cohmem_sim_dma_map(struct sim_dma *d, u64 iova, u64 size, u64 offset,
		       u32 flags, int *fd);
int cohmem_sim_dma_unmap(struct sim_dma *d, u64 iova, u64 size, bool all,
			 u64 *unmapped);
int cohmem_sim_dma_find(const struct sim_dma *d, u64 iova, u64 len, u32 flags,
			struct sim_dma_spot *spot);

#endif /* COHMEM_SIM_DMA_H */
