// SPDX-License-Identifier: GPL-2.0-only
/* What gives a function back: to whom the record says, or the kernel's choice. */
#include <stdlib.h>

#include "plan.h"

static int give_back(struct cohmem_ctx *ctx, struct cohmem_plan *plan,
		     const struct cohmem_func *f, const char *driver,
		     const char *override)
{
	struct cohmem_binding *b = cohmem_plan_add_member(plan, f, driver);

	if (!b)
		return cohmem_fail(ctx, -E2BIG, f->bdf, NULL,
				   "cannot unbind: too many functions");
	return cohmem_plan_converge(ctx, plan, f->bdf, b, driver, override);
}

/* One member of the record. */
static int restore(struct cohmem_ctx *ctx, struct cohmem_plan *plan,
		   const struct cohmem_func *f, const struct cohmem_binding *o,
		   unsigned int flags)
{
	int ret;

	if (f->driver[0] && strcmp(f->driver, o->bound_to)) {
		/*
		 * Whoever has it keeps it. The override that bind has set must
		 * not stay: a bind that was killed leaves it behind.
		 */
		if (!strcmp(f->override, o->bound_to))
			return give_back(ctx, plan, f, f->driver, o->override);
		if (strcmp(f->driver, o->driver))
			cohmem_log(ctx, COHMEM_LOG_NOTE,
				   "%s: given to another driver since the bind: left alone",
				   o->bdf);
		return 0;
	}
	ret = cohmem_plan_check_users(ctx, plan, f, flags);
	if (!ret && o->driver[0])
		ret = cohmem_plan_add_driver(ctx, plan, o->driver, true);
	return ret ? ret : give_back(ctx, plan, f, o->driver, o->override);
}

/* Restore what the record says. */
static int unbind_recorded(struct cohmem_ctx *ctx, unsigned int flags,
			   struct cohmem_plan *plan)
{
	unsigned int i;
	int ret;

	for (i = 0; i < plan->old.nr; i++) {
		const struct cohmem_binding *o = &plan->old.member[i];
		struct cohmem_func *f = cohmem_func_find(ctx, o->bdf);

		if (!f)
			cohmem_log(ctx, COHMEM_LOG_NOTE,
				   "%s: gone since the bind: left alone",
				   o->bdf);
		ret = f ? restore(ctx, plan, f, o, flags) : 0;
		if (ret)
			return ret;
	}
	cohmem_fmt(plan->driver, sizeof(plan->driver), "%s",
		   plan->old.member[0].driver);
	return cohmem_plan_add_own(ctx, plan, COHMEM_FORGET_STATE);
}

/* No record: whoever bound it, give it to the driver the kernel picks. */
static int unbind_unrecorded(struct cohmem_ctx *ctx, struct cohmem_func *f,
			     unsigned int flags, struct cohmem_plan *plan)
{
	char owner[COHMEM_BDF_LEN], hint[128];
	int ret;

	if (cohmem_record_owner(ctx, f->bdf, owner)) {
		cohmem_fmt(hint, sizeof(hint), "cohmem unbind %s", owner);
		return cohmem_fail(ctx, -EBUSY, f->bdf, hint,
				   "cannot unbind: it was bound together with %s",
				   owner);
	}
	if (!f->is_vfio) {
		/* Nothing of VFIO left but, maybe, the override. */
		if (!cohmem_func_is_stray(f))
			return 0;
		return give_back(ctx, plan, f, f->driver, "");
	}
	ret = cohmem_plan_check_users(ctx, plan, f, flags);
	if (ret)
		return ret;
	cohmem_log(ctx, COHMEM_LOG_NOTE,
		   "%s: not bound by cohmem: the kernel picks the driver",
		   f->bdf);
	cohmem_fmt(plan->driver, sizeof(plan->driver), "*");
	return give_back(ctx, plan, f, "*", "");
}

/**
 * cohmem_plan_unbind() - plan to give a function back
 * @ctx: the context; scanned anew
 * @bdf: the function
 * @flags: COHMEM_BIND_FORCE or 0
 * @plan: the plan, to be freed whatever is returned; without steps where there
 *	is nothing to give back
 * Return: 0 or -errno, explained.
 */
int cohmem_plan_unbind(struct cohmem_ctx *ctx, const char *bdf,
		       unsigned int flags, struct cohmem_plan *plan)
{
	struct cohmem_func *f;
	int ret;

	f = cohmem_plan_start(ctx, plan, bdf);
	if (!f)
		return ctx->why.error;
	/* First, so that nothing takes it again behind our back. */
	ret = plan->old_rule ?
	      cohmem_plan_add_own(ctx, plan, COHMEM_REMOVE_RULE) : 0;
	if (ret)
		return ret;
	ret = cohmem_record_read(ctx, bdf, &plan->old);
	if (!ret)
		return unbind_recorded(ctx, flags, plan);
	if (ret != -ENOENT)
		return ret;
	cohmem_fmt(plan->driver, sizeof(plan->driver), "%s", f->driver);
	return unbind_unrecorded(ctx, f, flags, plan);
}
