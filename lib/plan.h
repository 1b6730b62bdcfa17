/* SPDX-License-Identifier: GPL-2.0-only */
/* What planning and running share. */
#ifndef LIBCOHMEM_PLAN_H
#define LIBCOHMEM_PLAN_H

#include "internal.h"

/* plan.c */
struct cohmem_func *cohmem_plan_start(struct cohmem_ctx *ctx,
				      struct cohmem_plan *plan, const char *bdf);
struct cohmem_binding *cohmem_plan_add_member(struct cohmem_plan *plan,
					      const struct cohmem_func *f,
					      const char *driver);
int cohmem_plan_add_module(struct cohmem_ctx *ctx, struct cohmem_plan *plan,
			   const char *name, bool optional);
int cohmem_plan_add_driver(struct cohmem_ctx *ctx, struct cohmem_plan *plan,
			   const char *driver, bool optional);
int cohmem_plan_add_own(struct cohmem_ctx *ctx, struct cohmem_plan *plan,
			enum cohmem_action action);
int cohmem_plan_check_users(struct cohmem_ctx *ctx, struct cohmem_plan *plan,
			    const struct cohmem_func *f, unsigned int flags);
int cohmem_plan_converge(struct cohmem_ctx *ctx, struct cohmem_plan *plan,
			 const char *bdf, const struct cohmem_binding *from,
			 const char *driver, const char *override);

/* driver.c */
bool cohmem_driver_is_vfio(struct cohmem_ctx *ctx, const char *driver);

/* rule.c */
char *cohmem_rule_read(struct cohmem_ctx *ctx, const char *bdf);
void cohmem_rule_make(struct cohmem_ctx *ctx, struct cohmem_plan *plan);
int cohmem_rule_write(struct cohmem_ctx *ctx, const char *bdf,
		      const char *text);
int cohmem_rule_remove(struct cohmem_ctx *ctx, const char *bdf);

#endif /* LIBCOHMEM_PLAN_H */
