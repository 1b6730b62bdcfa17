/* SPDX-License-Identifier: GPL-2.0-only */
/* The GPU's copy engine (sim/engine.h) from within L2. */
#ifndef COHMEM_LAB_COPY_H
#define COHMEM_LAB_COPY_H

#include <stdbool.h>
#include <stdint.h>

#include "engine.h"

bool lab_engine_there(volatile void *engine);
uint32_t lab_engine_copy(volatile void *engine, uint32_t from_space, uint64_t from,
			 uint32_t to_space, uint64_t to, uint64_t len);

/* What no engine answers: it did not end. */
#define LAB_ENGINE_HANGS	0xffff

#endif /* COHMEM_LAB_COPY_H */
