// SPDX-License-Identifier: GPL-2.0-only
/* The GPU's copy engine, polled. */
#include <unistd.h>

#include "common.h"
#include "copy.h"
#include "engine_job.h"

#define PATIENCE_MS	20000

static void put32(void *engine, uint32_t reg, uint32_t value)
{
	*(volatile uint32_t *)((char *)engine + reg) = value;
}

static uint32_t get32(volatile void *engine, unsigned int reg)
{
	return *(volatile uint32_t *)((volatile char *)engine + reg);
}

/**
 * lab_engine_there() - is there a copy engine?
 * @engine: its window in BAR0
 * Return: true if there is.
 */
bool lab_engine_there(volatile void *engine)
{
	return get32(engine, COHMEM_ENGINE_ID) == COHMEM_ENGINE_MAGIC;
}

/**
 * lab_engine_copy() - have the GPU copy, and wait until it is done
 * @engine: the window in BAR0
 * @from_space: COHMEM_SPACE_* of the source
 * @from: the source
 * @to_space: COHMEM_SPACE_* of the destination
 * @to: the destination
 * @len: bytes
 * Return: 0, COHMEM_EERR_*, or LAB_ENGINE_HANGS.
 */
uint32_t lab_engine_copy(volatile void *engine, uint32_t from_space, uint64_t from,
			 uint32_t to_space, uint64_t to, uint64_t len)
{
	const struct engine_job job = {
		.op = COHMEM_OP_COPY, .src_space = from_space, .src = from,
		.dst_space = to_space, .dst = to, .len = len,
	};
	uint64_t end = lab_now_ms() + PATIENCE_MS;
	static uint32_t tag;

	/* What was written to memory is there before the engine looks. */
	__sync_synchronize();
	engine_start(put32, (void *)engine, &job, ++tag);
	while (get32(engine, COHMEM_ENGINE_STATUS) == COHMEM_STATUS_BUSY)
		if (lab_now_ms() > end)
			return LAB_ENGINE_HANGS;
	__sync_synchronize();
	return get32(engine, COHMEM_ENGINE_STATUS) == COHMEM_STATUS_DONE ? 0 :
	       get32(engine, COHMEM_ENGINE_ERROR);
}
