// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which steps give a function to a VFIO driver, and which give it back.
 *
 * Nothing is changed here. A plan is a list of steps made from a fresh look at
 * the host, so that it can be shown (--dry-run) before it is run, and what is
 * shown is what is run.
 *
 * One routine, converge(), leads a function from the binding it has to another
 * one. bind leads to the VFIO driver, unbind to what the record says was there
 * before, and undoing a half-done plan (run.c) to what was there when it was
 * made. The order in it is what keeps others away: driver_override first, so
 * that whatever the kernel probes in between takes the right driver only.
 */
#include <stdlib.h>

#include "plan.h"

#define VFIO_PCI	"vfio-pci"
#define TYPE1		"vfio_iommu_type1"

/**
 * cohmem_action_name() - what a step does, in one stable word
 * @action: the action
 * Return: the word.
 */
const char *cohmem_action_name(enum cohmem_action action)
{
	switch (action) {
	case COHMEM_LOAD_MODULE:
		return "load_module";
	case COHMEM_SAVE_STATE:
		return "save_state";
	case COHMEM_WRITE:
		return "write";
	case COHMEM_EXPECT_DRIVER:
		return "expect_driver";
	case COHMEM_FORGET_STATE:
		return "forget_state";
	}
	return "unknown";
}

static int add(struct cohmem_ctx *ctx, struct cohmem_plan *plan,
	       const struct cohmem_step *step)
{
	struct cohmem_step *more;
	unsigned int room;

	if (plan->nr == plan->room) {
		room = plan->room ? plan->room * 2 : 16;
		more = realloc(plan->step, room * sizeof(*more));
		if (!more)
			return cohmem_fail(ctx, -ENOMEM, plan->bdf, NULL,
					   "out of memory");
		plan->step = more;
		plan->room = room;
	}
	plan->step[plan->nr++] = *step;
	return 0;
}

static int add_write(struct cohmem_ctx *ctx, struct cohmem_plan *plan,
		     const char *bdf, const char *path, const char *value)
{
	struct cohmem_step s = { .action = COHMEM_WRITE };

	cohmem_fmt(s.bdf, sizeof(s.bdf), "%s", bdf);
	cohmem_fmt(s.path, sizeof(s.path), "%s", path);
	cohmem_fmt(s.value, sizeof(s.value), "%s", value);
	return add(ctx, plan, &s);
}

static int add_override(struct cohmem_ctx *ctx, struct cohmem_plan *plan,
			const char *bdf, const char *value)
{
	char path[128];

	cohmem_fmt(path, sizeof(path), "/sys/bus/pci/devices/%s/driver_override",
		   bdf);
	return add_write(ctx, plan, bdf, path, value);
}

static int add_expect(struct cohmem_ctx *ctx, struct cohmem_plan *plan,
		      const char *bdf, const char *driver)
{
	struct cohmem_step s = { .action = COHMEM_EXPECT_DRIVER };

	cohmem_fmt(s.bdf, sizeof(s.bdf), "%s", bdf);
	cohmem_fmt(s.path, sizeof(s.path), "/sys/bus/pci/devices/%s/driver",
		   bdf);
	cohmem_fmt(s.value, sizeof(s.value), "%s", driver);
	return add(ctx, plan, &s);
}

static int add_module(struct cohmem_ctx *ctx, struct cohmem_plan *plan,
		      const char *name, bool optional)
{
	struct cohmem_step s = {
		.action = COHMEM_LOAD_MODULE, .optional = optional,
	};

	cohmem_fmt(s.value, sizeof(s.value), "%s", name);
	return add(ctx, plan, &s);
}

static int add_record_step(struct cohmem_ctx *ctx, struct cohmem_plan *plan,
			   enum cohmem_action action)
{
	struct cohmem_step s = { .action = action };

	cohmem_fmt(s.bdf, sizeof(s.bdf), "%s", plan->bdf);
	cohmem_record_path(plan->bdf, s.path, sizeof(s.path));
	return add(ctx, plan, &s);
}

static bool driver_exists(struct cohmem_ctx *ctx, const char *driver)
{
	char path[128];

	cohmem_fmt(path, sizeof(path), "/sys/bus/pci/drivers/%s", driver);
	return cohmem_exists(ctx, path);
}

/* The module of a PCI driver, unless the driver is there already. */
static int add_driver_module(struct cohmem_ctx *ctx, struct cohmem_plan *plan,
			     const char *driver, bool optional)
{
	unsigned int i;

	if (driver_exists(ctx, driver))
		return 0;
	for (i = 0; i < plan->nr; i++)
		if (plan->step[i].action == COHMEM_LOAD_MODULE &&
		    !strcmp(plan->step[i].value, driver))
			return 0;
	return add_module(ctx, plan, driver, optional);
}

/**
 * cohmem_plan_converge() - steps from one binding of a function to another
 * @ctx: the context
 * @plan: where the steps are added
 * @bdf: the function
 * @from: how it is bound; .driver and .override are looked at
 * @driver: driver to have; "" = none, "*" = the kernel's choice
 * @override: driver_override to have in the end
 * Return: 0 or -ENOMEM.
 */
int cohmem_plan_converge(struct cohmem_ctx *ctx, struct cohmem_plan *plan,
			 const char *bdf, const struct cohmem_binding *from,
			 const char *driver, const char *override)
{
	bool any = !strcmp(driver, "*");
	bool change = any || strcmp(from->driver, driver);
	const char *during = any || !*driver ? override : driver;
	const char *now = from->override;
	char path[128];
	int ret = 0;

	if (change && strcmp(now, during)) {
		ret = add_override(ctx, plan, bdf, during);
		now = during;
	}
	if (!ret && change && from->driver[0]) {
		cohmem_fmt(path, sizeof(path), "/sys/bus/pci/drivers/%s/unbind",
			   from->driver);
		ret = add_write(ctx, plan, bdf, path, bdf);
	}
	if (!ret && change && *driver)
		ret = add_write(ctx, plan, bdf, "/sys/bus/pci/drivers_probe",
				bdf);
	if (!ret && change)
		ret = add_expect(ctx, plan, bdf, driver);
	if (!ret && strcmp(now, override))
		ret = add_override(ctx, plan, bdf, override);
	return ret;
}

static struct cohmem_func *fresh_look(struct cohmem_ctx *ctx, const char *bdf)
{
	struct cohmem_func *f;

	if (cohmem_scan(ctx))
		return NULL;
	f = cohmem_func_find(ctx, bdf);
	if (!f) {
		cohmem_fail(ctx, -ENODEV, bdf, "'cohmem list' shows what there is",
			    "no such PCI function");
		return NULL;
	}
	/* Only the head of config space matters here: what is a bridge? */
	cohmem_config_load(ctx, f);
	return f;
}

static struct cohmem_binding *add_member(struct cohmem_plan *plan,
					 const struct cohmem_func *f,
					 const char *driver)
{
	struct cohmem_binding *b;

	if (plan->nr_members == COHMEM_MAX_MEMBERS)
		return NULL;
	b = &plan->member[plan->nr_members++];
	memcpy(b->bdf, f->bdf, sizeof(b->bdf));
	memcpy(b->driver, f->driver, sizeof(b->driver));
	memcpy(b->override, f->override, sizeof(b->override));
	cohmem_fmt(b->bound_to, sizeof(b->bound_to), "%s", driver);
	return b;
}

/* Nobody may hold a member that is about to lose its driver. */
static int check_users(struct cohmem_ctx *ctx, const struct cohmem_func *f,
		       unsigned int flags)
{
	struct cohmem_user user;
	char more[32] = "";
	const char *hint;
	int nr;

	nr = cohmem_users(ctx, f, &user, 1);
	if (!nr)
		return 0;
	if (nr > 1)
		cohmem_fmt(more, sizeof(more), " and %d more", nr - 1);
	if (flags & COHMEM_BIND_FORCE) {
		cohmem_log(ctx, COHMEM_LOG_WARN,
			   "%s: held open by %s (pid %d)%s: the kernel waits for them",
			   f->bdf, user.comm, user.pid, more);
		return 0;
	}
	if (!strcmp(user.comm, "nvidia-persiste"))
		hint = "systemctl stop nvidia-persistenced";
	else if (f->is_vfio)
		hint = "shut the virtual machine down first; --force waits for it";
	else
		hint = "end these processes first; --force waits for them";
	return cohmem_fail(ctx, -EBUSY, f->bdf, hint,
			   "in use: %s is held open by %s (pid %d)%s",
			   user.path, user.comm, user.pid, more);
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
	if (f->memory.state == COHMEM_MEM_BAD && !(flags & COHMEM_BIND_FORCE))
		return cohmem_fail(ctx, -ENXIO, f->bdf,
				   cohmem_reason_hint(f->memory.reason),
				   "cannot bind: the driver would refuse it: %s",
				   cohmem_reason_str(f->memory.reason));
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

	add_member(plan, f, driver);
	cohmem_group_foreach(ctx, f, g) {
		if (g == f)
			continue;
		cohmem_config_load(ctx, g);
		if (cohmem_func_viability(g) != COHMEM_NOT_VIABLE)
			continue;
		if (flags & COHMEM_BIND_GROUP) {
			bool same = g->is_selfhosted && !g->is_vf;

			if (!add_member(plan, g, same ? driver : VFIO_PCI))
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
 * What unbind has to restore: for functions that an earlier bind has changed
 * and that still are as it left them, the state before that bind.
 */
static void make_record(struct cohmem_ctx *ctx, struct cohmem_plan *plan)
{
	struct cohmem_record *rec = &plan->record;
	unsigned int i, j;

	memcpy(rec->bdf, plan->bdf, sizeof(rec->bdf));
	for (i = 0; i < plan->nr_members; i++)
		rec->member[rec->nr++] = plan->member[i];

	for (j = 0; j < plan->old.nr; j++) {
		const struct cohmem_binding *o = &plan->old.member[j];
		const struct cohmem_func *f = cohmem_func_find(ctx, o->bdf);

		if (!f || strcmp(f->driver, o->bound_to)) {
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
		ret = add_module(ctx, plan, TYPE1, true);
	for (i = 0; !ret && i < plan->nr_members; i++)
		ret = add_driver_module(ctx, plan, plan->member[i].bound_to,
					false);
	if (!ret)
		ret = add_record_step(ctx, plan, COHMEM_SAVE_STATE);
	for (i = 0; !ret && i < plan->nr_members; i++) {
		const struct cohmem_binding *b = &plan->member[i];

		ret = cohmem_plan_converge(ctx, plan, b->bdf, b, b->bound_to,
					   b->bound_to);
	}
	return ret;
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

	memset(plan, 0, sizeof(*plan));
	if (!driver)
		driver = COHMEM_DRIVER;
	cohmem_fmt(plan->bdf, sizeof(plan->bdf), "%s", bdf);
	cohmem_fmt(plan->driver, sizeof(plan->driver), "%s", driver);
	if (!cohmem_word_ok(driver))
		return cohmem_fail(ctx, -EINVAL, bdf, NULL,
				   "cannot bind: '%s' is no driver name", driver);
	f = fresh_look(ctx, bdf);
	if (!f)
		return -ENODEV;
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
		return 0;
	for (i = 0; i < plan->nr_members; i++) {
		f = cohmem_func_find(ctx, plan->member[i].bdf);
		if (strcmp(f->driver, plan->member[i].bound_to))
			ret = check_users(ctx, f, flags);
		if (ret)
			return ret;
	}
	ret = cohmem_record_read(ctx, bdf, &plan->old);
	if (ret && ret != -ENOENT)
		return ret;
	make_record(ctx, plan);
	return bind_steps(ctx, plan);
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
		struct cohmem_binding *b;

		if (!f || (f->driver[0] && strcmp(f->driver, o->bound_to))) {
			cohmem_log(ctx, COHMEM_LOG_NOTE,
				   "%s: %s since the bind: left alone", o->bdf,
				   f ? "given to another driver" : "gone");
			continue;
		}
		ret = check_users(ctx, f, flags);
		if (ret)
			return ret;
		b = add_member(plan, f, o->driver);
		if (o->driver[0]) {
			ret = add_driver_module(ctx, plan, o->driver, true);
			if (ret)
				return ret;
		}
		ret = cohmem_plan_converge(ctx, plan, f->bdf, b, o->driver,
					   o->override);
		if (ret)
			return ret;
	}
	cohmem_fmt(plan->driver, sizeof(plan->driver), "%s",
		   plan->old.member[0].driver);
	return add_record_step(ctx, plan, COHMEM_FORGET_STATE);
}

/* No record: whoever bound it, give it to the driver the kernel picks. */
static int unbind_unrecorded(struct cohmem_ctx *ctx, struct cohmem_func *f,
			     unsigned int flags, struct cohmem_plan *plan)
{
	struct cohmem_binding *b;
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
		if (f->driver[0] || !strstr(f->override, "vfio"))
			return 0;
		b = add_member(plan, f, "");
		return cohmem_plan_converge(ctx, plan, f->bdf, b, "", "");
	}
	ret = check_users(ctx, f, flags);
	if (ret)
		return ret;
	cohmem_log(ctx, COHMEM_LOG_NOTE,
		   "%s: not bound by cohmem: the kernel picks the driver",
		   f->bdf);
	cohmem_fmt(plan->driver, sizeof(plan->driver), "*");
	b = add_member(plan, f, "*");
	return cohmem_plan_converge(ctx, plan, f->bdf, b, "*", "");
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

	memset(plan, 0, sizeof(*plan));
	cohmem_fmt(plan->bdf, sizeof(plan->bdf), "%s", bdf);
	f = fresh_look(ctx, bdf);
	if (!f)
		return -ENODEV;
	ret = cohmem_record_read(ctx, bdf, &plan->old);
	if (!ret)
		return unbind_recorded(ctx, flags, plan);
	if (ret != -ENOENT)
		return ret;
	cohmem_fmt(plan->driver, sizeof(plan->driver), "%s", f->driver);
	return unbind_unrecorded(ctx, f, flags, plan);
}

/**
 * cohmem_plan_free() - end of a plan
 * @plan: the plan; may be all zero
 */
void cohmem_plan_free(struct cohmem_plan *plan)
{
	free(plan->step);
	memset(plan, 0, sizeof(*plan));
}
