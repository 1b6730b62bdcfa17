/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is allowed: how a call may end. Knows neither the driver nor the kernel's
 * code, only what VFIO, system calls and docs/sysfs-abi promise.
 */
#ifndef COHMEM_FUZZ_MODEL_H
#define COHMEM_FUZZ_MODEL_H

#include "step.h"

/**
 * struct outcome - how a call ended
 * @ret: what it returned, -1 for an error
 * @err: errno if so
 */
struct outcome {
	long ret;
	int err;
};

const char *model_breach(const struct step *s, const struct outcome *o,
			 const struct geometry *g);
bool model_errno(enum fuzz_call call, int err);

#endif /* COHMEM_FUZZ_MODEL_H */
