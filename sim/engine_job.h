/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A job of the copy engine, for whoever reaches its registers, be it by VFIO or by a
 * BAR that is mapped: how one is started, and which register is written last, stands
 * here alone. The engine's manual is engine.h.
 */
#ifndef COHMEM_SIM_ENGINE_JOB_H
#define COHMEM_SIM_ENGINE_JOB_H

#include <stdint.h>

#include "engine.h"

/**
 * struct engine_job - what the engine is to do
 * @op: COHMEM_OP_*
 * @src_space: COHMEM_SPACE_* of the source
 * @dst_space: of the destination
 * @irq: what to signal at the end, or 0
 * @src: address of the source
 * @dst: of the destination
 * @len: bytes
 */
struct engine_job {
	uint32_t op, src_space, dst_space, irq;
	uint64_t src, dst, len;
};

/* A register of the engine, 32 bits wide, is written. */
typedef void (*engine_put)(void *to, uint32_t reg, uint32_t value);

static inline void engine_put64(engine_put put, void *to, uint32_t reg, uint64_t value)
{
	put(to, reg, (uint32_t)value);
	put(to, reg + 4, (uint32_t)(value >> 32));
}

/**
 * engine_start() - start a job
 * @put: writes a register
 * @to: what @put is given
 * @job: the job
 * @tag: any number but 0, which the engine repeats when it is done
 */
static inline void engine_start(engine_put put, void *to, const struct engine_job *job,
				uint32_t tag)
{
	put(to, COHMEM_ENGINE_OP, job->op);
	put(to, COHMEM_ENGINE_IRQ, job->irq);
	engine_put64(put, to, COHMEM_ENGINE_SRC, job->src);
	put(to, COHMEM_ENGINE_SRC_SPACE, job->src_space);
	engine_put64(put, to, COHMEM_ENGINE_DST, job->dst);
	put(to, COHMEM_ENGINE_DST_SPACE, job->dst_space);
	engine_put64(put, to, COHMEM_ENGINE_LEN, job->len);
	put(to, COHMEM_ENGINE_DOORBELL, tag);
}

#endif /* COHMEM_SIM_ENGINE_JOB_H */
