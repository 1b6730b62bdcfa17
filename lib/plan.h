/* SPDX-License-Identifier: GPL-2.0-only */
/* What planning and running share. */
#ifndef LIBCOHMEM_PLAN_H
#define LIBCOHMEM_PLAN_H

#include "internal.h"

int cohmem_plan_converge(struct cohmem_ctx *ctx, struct cohmem_plan *plan,
			 const char *bdf, const struct cohmem_binding *from,
			 const char *driver, const char *override);

#endif /* LIBCOHMEM_PLAN_H */
