/* SPDX-License-Identifier: GPL-2.0-only */
/* Jobs of the emulated GPU's copy engine; its manual is engine.h. */
#ifndef COHMEM_GUEST_COPY_H
#define COHMEM_GUEST_COPY_H

#include "engine.h"
#include "guest.h"

#define BUS	COHMEM_SPACE_BUS
#define MEM	COHMEM_SPACE_COHERENT
#define EGM	COHMEM_SPACE_EGM
#define COPY	COHMEM_OP_COPY

void copy_open(struct dev *d);
u32 engine_r32(struct dev *d, u32 reg);
u64 engine_r64(struct dev *d, u32 reg);
void engine_w32(struct dev *d, u32 reg, u32 v);
void engine_w64(struct dev *d, u32 reg, u64 v);
void engine_submit(struct dev *d, u32 op, u32 src_space, u64 src, u32 dst_space,
		   u64 dst, u64 len, u32 irq);
u32 engine_finish(struct dev *d);
void engine_run(struct dev *d, u32 op, u32 src_space, u64 src, u32 dst_space,
		u64 dst, u64 len);
void engine_fails(struct dev *d, u32 op, u32 src_space, u64 src, u32 dst_space,
		  u64 dst, u64 len, u32 error);

#endif /* COHMEM_GUEST_COPY_H */
