// SPDX-License-Identifier: GPL-2.0-only
/* What gives a function to a VFIO driver, and what stands in the way. */
#include <stdlib.h>

#include "plan.h"

#define VFIO_PCI	"vfio-pci"
#define TYPE1		"vfio_iommu_type1"

/* Nothing is taken from the host for a driver that VFIO cannot use. */
static int check_driver(struct cohmem_ctx *ctx, struct cohmem_plan *plan,
			const char *driver)
{
	if (cohmem_driver_canonical(ctx, driver, plan->driver))
		return cohmem_fail(ctx, -EINVAL, plan->bdf, NULL,
				   "cannot bind: '%s' is no driver name", driver);
	if (!cohmem_driver_is_vfio(ctx, plan->driver))
		return cohmem_fail(ctx, -EINVAL, plan->bdf,
				   "VFIO drivers: " COHMEM_DRIVER ", vfio-pci, and others with vfio in their names",
				   "cannot bind: '%s' is no VFIO driver", driver);
	return 0;
}

/* What a person should hear before the driver refuses, or does less. */
static int check_gpu(struct cohmem_ctx *ctx, struct cohmem_func *f,
		     const char *driver, unsigned int flags)
{
	bool ours = !strcmp(driver, COHMEM_DRIVER);

	if (f->is_bridge)
		return cohmem_fail(ctx, -EINVAL, f->bdf,
				   "'cohmem list' shows the GPUs",
				   "cannot bind: this is a bridge");
	cohmem_func_load(ctx, f);
	if (!cohmem_func_is_gpu(f) && !(flags & COHMEM_BIND_FORCE))
		return cohmem_fail(ctx, -EINVAL, f->bdf,
				   "'cohmem list' shows the GPUs; --force binds any function",
				   "cannot bind: %s is no GPU with coherent memory",
				   f->name);
	if (!ours || !strcmp(f->driver, COHMEM_DRIVER))
		return 0;
	if (f->memory.state == COHMEM_MEM_BAD && !(flags & COHMEM_BIND_FORCE)) {
		cohmem_fail(ctx, -ENXIO, f->bdf,
			    cohmem_reason_hint(f->memory.reason),
			    "cannot bind: the driver would refuse it: %s",
			    cohmem_reason_str(f->memory.reason));
		ctx->why.reason = cohmem_reason_name(f->memory.reason);
		return -ENXIO;
	}
	if (f->memory.state == COHMEM_MEM_ABSENT)
		cohmem_log(ctx, COHMEM_LOG_NOTE,
			   "%s: firmware announces no coherent memory: it will be passed through as a plain PCI function",
			   f->bdf);
	return 0;
}

/* Choose the members: @f, and with --group what stands in its way. */
static int choose_members(struct cohmem_ctx *ctx, struct cohmem_func *f,
			  const char *driver, unsigned int flags,
			  struct cohmem_plan *plan)
{
	char others[256] = "";
	struct cohmem_func *g;
	size_t len = 0;

	cohmem_plan_add_member(plan, f, driver);
	cohmem_group_foreach(ctx, f, g) {
		if (g == f)
			continue;
		cohmem_config_load(ctx, g);
		if (cohmem_func_viability(g) != COHMEM_NOT_VIABLE)
			continue;
		if (flags & COHMEM_BIND_GROUP) {
			bool same = g->is_selfhosted && !g->is_vf;

			if (!cohmem_plan_add_member(plan, g, same ? driver :
						    VFIO_PCI))
				return cohmem_fail(ctx, -E2BIG, f->bdf, NULL,
						   "cannot bind: IOMMU group %d has too many functions",
						   f->group);
			continue;
		}
		if (len < sizeof(others) - 1)
			cohmem_fmt(others + len, sizeof(others) - len,
				   "%s%s (%s)", len ? ", " : "", g->bdf,
				   g->driver);
		len = strlen(others);
	}
	if (!len)
		return 0;
	return cohmem_fail(ctx, -EBUSY, f->bdf,
			   "--group takes them from the host, too; or move the device to a slot with a group of its own",
			   "cannot bind: IOMMU group %d has functions that the host uses: %s",
			   f->group, others);
}

/*
 * Is a function still as an earlier bind left it? Or as one left it that was
 * killed on its way: back with its old driver, or with none, but for the
 * override.
 */
static bool as_bound(const struct cohmem_func *f,
		     const struct cohmem_binding *o)
{
	if (!strcmp(f->driver, o->bound_to))
		return true;
	return !strcmp(f->override, o->bound_to) &&
	       (!f->driver[0] || !strcmp(f->driver, o->driver));
}

/*
 * What unbind has to restore: for functions that an earlier bind has changed
 * and that still are as it left them, the state before that bind.
 */
static void make_record(struct cohmem_ctx *ctx, struct cohmem_plan *plan)
{
	struct cohmem_record *rec = &plan->record;
	unsigned int i, j;

	memcpy(rec->bdf, plan->bdf, sizeof(rec->bdf));
	for (i = 0; i < plan->nr_members; i++) {
		const struct cohmem_func *f = cohmem_func_find(ctx,
							plan->member[i].bdf);

		rec->member[rec->nr] = plan->member[i];
		/* A stray override is nothing to go back to. */
		if (f && cohmem_func_is_stray(f))
			rec->member[rec->nr].override[0] = '\0';
		rec->nr++;
	}
	for (j = 0; j < plan->old.nr; j++) {
		const struct cohmem_binding *o = &plan->old.member[j];
		const struct cohmem_func *f = cohmem_func_find(ctx, o->bdf);

		if (!f || !as_bound(f, o)) {
			cohmem_log(ctx, COHMEM_LOG_NOTE,
				   "%s: changed since the last bind: its record is out of date",
				   o->bdf);
			continue;
		}
		for (i = 0; i < rec->nr; i++)
			if (!strcmp(rec->member[i].bdf, o->bdf))
				break;
		if (i < rec->nr) {
			memcpy(rec->member[i].driver, o->driver,
			       sizeof(o->driver));
			memcpy(rec->member[i].override, o->override,
			       sizeof(o->override));
		} else if (rec->nr < COHMEM_MAX_MEMBERS) {
			rec->member[rec->nr++] = *o;
		}
	}
}

static int bind_steps(struct cohmem_ctx *ctx, struct cohmem_plan *plan)
{
	unsigned int i;
	int ret = 0;

	if (!cohmem_exists(ctx, "/sys/module/" TYPE1))
		ret = cohmem_plan_add_module(ctx, plan, TYPE1, true);
	for (i = 0; !ret && i < plan->nr_members; i++)
		ret = cohmem_plan_add_driver(ctx, plan, plan->member[i].bound_to,
					false);
	if (!ret)
		ret = cohmem_plan_add_own(ctx, plan, COHMEM_SAVE_STATE);
	for (i = 0; !ret && i < plan->nr_members; i++) {
		const struct cohmem_binding *b = &plan->member[i];

		ret = cohmem_plan_converge(ctx, plan, b->bdf, b, b->bound_to,
					   b->bound_to);
	}
	return ret;
}

/* The rule for the next boots, where it is wanted and does not say so yet. */
static int add_rule(struct cohmem_ctx *ctx, struct cohmem_plan *plan,
		    unsigned int flags)
{
	if (!(flags & COHMEM_BIND_PERSIST)) {
		if (plan->old_rule && !strstr(plan->old_rule, plan->driver))
			cohmem_log(ctx, COHMEM_LOG_NOTE,
				   "%s: at the next boot it gets the driver that bind --persist was told",
				   plan->bdf);
		return 0;
	}
	cohmem_rule_make(ctx, plan);
	if (plan->old_rule && !strcmp(plan->old_rule, plan->rule))
		return 0;
	return cohmem_plan_add_own(ctx, plan, COHMEM_WRITE_RULE);
}

static bool settled(const struct cohmem_plan *plan)
{
	unsigned int i;

	for (i = 0; i < plan->nr_members; i++) {
		const struct cohmem_binding *b = &plan->member[i];

		if (strcmp(b->driver, b->bound_to) ||
		    strcmp(b->override, b->bound_to))
			return false;
	}
	return true;
}

/**
 * cohmem_plan_bind() - plan to hand a function to a VFIO driver
 * @ctx: the context; scanned anew
 * @bdf: the function
 * @driver: the driver, COHMEM_DRIVER by default where NULL
 * @flags: COHMEM_BIND_*
 * @plan: the plan, to be freed whatever is returned; without steps where the
 *	function is bound as asked
 * Return: 0 or -errno, explained.
 */
int cohmem_plan_bind(struct cohmem_ctx *ctx, const char *bdf,
		     const char *driver, unsigned int flags,
		     struct cohmem_plan *plan)
{
	struct cohmem_func *f;
	unsigned int i;
	int ret;

	f = cohmem_plan_start(ctx, plan, bdf);
	if (!f)
		return ctx->why.error;
	ret = check_driver(ctx, plan, driver ? driver : COHMEM_DRIVER);
	if (ret)
		return ret;
	driver = plan->driver;
	ret = check_gpu(ctx, f, driver, flags);
	if (ret)
		return ret;
	if (f->group < 0 && !cohmem_has_iommu(ctx))
		return cohmem_fail(ctx, -ENOTSUP, bdf,
				   "turn the IOMMU on: firmware set-up (SMMU, VT-d, AMD-Vi), on Intel also intel_iommu=on",
				   "cannot bind: the function is in no IOMMU group");
	ret = choose_members(ctx, f, driver, flags, plan);
	if (ret)
		return ret;
	if (settled(plan))
		return add_rule(ctx, plan, flags);
	for (i = 0; i < plan->nr_members; i++) {
		f = cohmem_func_find(ctx, plan->member[i].bdf);
		if (strcmp(f->driver, plan->member[i].bound_to))
			ret = cohmem_plan_check_users(ctx, plan, f, flags);
		if (ret)
			return ret;
	}
	ret = cohmem_record_read(ctx, bdf, &plan->old);
	if (ret && ret != -ENOENT)
		return ret;
	make_record(ctx, plan);
	ret = bind_steps(ctx, plan);
	return ret ? ret : add_rule(ctx, plan, flags);
}
