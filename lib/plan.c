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

#include "host_egm.h"
#include "plan.h"

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
	case COHMEM_CHECK_DRIVER:
		return "check_driver";
	case COHMEM_SAVE_STATE:
		return "save_state";
	case COHMEM_WRITE:
		return "write";
	case COHMEM_EXPECT_DRIVER:
		return "expect_driver";
	case COHMEM_FORGET_STATE:
		return "forget_state";
	case COHMEM_WRITE_RULE:
		return "write_rule";
	case COHMEM_REMOVE_RULE:
		return "remove_rule";
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

/**
 * cohmem_plan_add_module() - a step that loads a module
 * @ctx: the context
 * @plan: where it is added
 * @name: the module
 * @optional: a failure is worth a note, no more
 * Return: 0 or -ENOMEM.
 */
int cohmem_plan_add_module(struct cohmem_ctx *ctx, struct cohmem_plan *plan,
			   const char *name, bool optional)
{
	struct cohmem_step s = {
		.action = COHMEM_LOAD_MODULE, .optional = optional,
	};

	cohmem_fmt(s.value, sizeof(s.value), "%s", name);
	return add(ctx, plan, &s);
}

/**
 * cohmem_plan_add_own() - a step about a file of ours: the record or the rule
 * @ctx: the context
 * @plan: where it is added
 * @action: what is done to it
 * Return: 0 or -ENOMEM.
 */
int cohmem_plan_add_own(struct cohmem_ctx *ctx, struct cohmem_plan *plan,
			enum cohmem_action action)
{
	struct cohmem_step s = { .action = action };

	cohmem_fmt(s.bdf, sizeof(s.bdf), "%s", plan->bdf);
	if (action == COHMEM_WRITE_RULE || action == COHMEM_REMOVE_RULE)
		cohmem_rule_path(plan->bdf, s.path, sizeof(s.path));
	else
		cohmem_record_path(plan->bdf, s.path, sizeof(s.path));
	return add(ctx, plan, &s);
}

/**
 * cohmem_plan_add_driver() - the module of a driver, unless that is there
 * @ctx: the context
 * @plan: where the steps are added
 * @driver: the driver
 * @optional: it may be missing; else it has to be there afterwards
 * Return: 0 or -ENOMEM.
 */
int cohmem_plan_add_driver(struct cohmem_ctx *ctx, struct cohmem_plan *plan,
			   const char *driver, bool optional)
{
	struct cohmem_step s = { .action = COHMEM_CHECK_DRIVER };
	unsigned int i;
	int ret;

	cohmem_fmt(s.value, sizeof(s.value), "%s", driver);
	cohmem_fmt(s.path, sizeof(s.path), "/sys/bus/pci/drivers/%s", driver);
	if (cohmem_exists(ctx, s.path))
		return 0;
	for (i = 0; i < plan->nr; i++)
		if (plan->step[i].action == COHMEM_LOAD_MODULE &&
		    !strcmp(plan->step[i].value, driver))
			return 0;
	ret = cohmem_plan_add_module(ctx, plan, driver, optional);
	return ret || optional ? ret : add(ctx, plan, &s);
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

/**
 * cohmem_plan_start() - begin a plan with a fresh look at the host
 * @ctx: the context; scanned anew, unless cohmem_set_snapshot() says otherwise
 * @plan: the plan
 * @bdf: the function
 * Return: the function, or NULL, explained.
 */
struct cohmem_func *cohmem_plan_start(struct cohmem_ctx *ctx,
				      struct cohmem_plan *plan, const char *bdf)
{
	struct cohmem_func *f;

	memset(plan, 0, sizeof(*plan));
	cohmem_fmt(plan->bdf, sizeof(plan->bdf), "%s", bdf);
	if ((!ctx->keep || !ctx->nr) && cohmem_scan(ctx))
		return NULL;
	f = cohmem_func_find(ctx, bdf);
	if (!f) {
		cohmem_fail(ctx, -ENODEV, bdf, "'cohmem list' shows what there is",
			    "no such PCI function");
		return NULL;
	}
	/* Only the head of config space matters here: what is a bridge? */
	cohmem_config_load(ctx, f);
	plan->old_rule = cohmem_rule_read(ctx, bdf);
	return f;
}

/**
 * cohmem_plan_add_member() - a function that changes driver
 * @plan: the plan
 * @f: the function
 * @driver: what it is given
 * Return: how it is bound now, or NULL where there is no room.
 */
struct cohmem_binding *cohmem_plan_add_member(struct cohmem_plan *plan,
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

/* Look again and again, as long as it was said, until nobody holds it. */
static int wait_for_users(struct cohmem_ctx *ctx, const struct cohmem_func *f,
			  struct cohmem_user *user)
{
	struct timespec until = { 0 };
	int nr = cohmem_users(ctx, f, user, 1);

	if (nr && ctx->wait_users && ctx->wait_s)
		cohmem_log(ctx, COHMEM_LOG_NOTE,
			   "%s: waiting for %s (pid %d) to let go of it", f->bdf,
			   user->comm, user->pid);
	while (nr && ctx->wait_users && cohmem_wait_more(ctx, &until)) {
		cohmem_holders_free(ctx);
		nr = cohmem_users(ctx, f, user, 1);
	}
	return nr;
}

static bool keeps_egm(const struct cohmem_plan *plan,
		      const struct cohmem_func *f)
{
	unsigned int i;

	for (i = 0; i < plan->nr_members; i++)
		if (!strcmp(plan->member[i].bdf, f->bdf))
			return false;
	return !strcmp(f->driver, COHMEM_DRIVER);
}

/*
 * The EGM of a socket goes with its last GPU, whoever has it open: a machine whose
 * memory it is would end.
 */
static int check_egm(struct cohmem_ctx *ctx, const struct cohmem_plan *plan,
		     const struct cohmem_func *f, unsigned int flags)
{
	const struct cohmem_egm *e = cohmem_egm_of(ctx, f);
	struct cohmem_user user = { .comm = "somebody" };
	unsigned int i;

	if (strcmp(f->driver, COHMEM_DRIVER) || !e || !e->user[0] ||
	    !strcmp(e->user, "-"))
		return 0;
	for (i = 0; i < e->nr_gpus; i++)
		if (e->gpu[i] != f && keeps_egm(plan, e->gpu[i]))
			return 0;
	cohmem_users(ctx, &e->unit, &user, 1);
	if (flags & COHMEM_BIND_FORCE) {
		cohmem_log(ctx, COHMEM_LOG_WARN,
			   "%s: the memory of %s (pid %d) goes with it: /dev/%s",
			   f->bdf, user.comm, user.pid, e->unit.bdf);
		return 0;
	}
	return cohmem_fail(ctx, -EBUSY, f->bdf,
			   "shut the virtual machine down first; --force takes its memory away",
			   "in use: /dev/%s, which goes with the last GPU of its socket, is held open by %s (pid %d)",
			   e->unit.bdf, user.comm, user.pid);
}

/**
 * cohmem_plan_check_users() - does nobody hold a function that is about to lose
 *	its driver, or memory that goes with it?
 * @ctx: the context
 * @plan: the plan
 * @f: the function
 * @flags: COHMEM_BIND_FORCE: do not care
 * Return: 0, or -EBUSY, explained.
 */
int cohmem_plan_check_users(struct cohmem_ctx *ctx, struct cohmem_plan *plan,
			    const struct cohmem_func *f, unsigned int flags)
{
	struct cohmem_user user = { 0 };
	char more[32] = "";
	const char *hint;
	int nr;

	nr = flags & COHMEM_BIND_FORCE ? cohmem_users(ctx, f, &user, 1) :
	     wait_for_users(ctx, f, &user);
	plan->users_unknown = cohmem_users_unknown(ctx, f);
	if (!nr && plan->users_unknown &&
	    (f->is_vfio || !strcmp(f->driver, "nvidia")))
		cohmem_log(ctx, COHMEM_LOG_WARN,
			   "%s: it may be in use: %s", f->bdf,
			   plan->users_unknown);
	if (!nr)
		return check_egm(ctx, plan, f, flags);
	if (nr > 1)
		cohmem_fmt(more, sizeof(more), " and %d more", nr - 1);
	if (flags & COHMEM_BIND_FORCE) {
		cohmem_log(ctx, COHMEM_LOG_WARN,
			   "%s: held open by %s (pid %d)%s: the kernel waits for them",
			   f->bdf, user.comm, user.pid, more);
		return 0;
	}
	if (!strncmp(user.comm, "nvidia-persiste", 15))
		hint = "systemctl stop nvidia-persistenced";
	else if (f->is_vfio)
		hint = "shut the virtual machine down first; --wait=SECONDS waits for that";
	else
		hint = "end these processes first; --wait=SECONDS waits for that";
	return cohmem_fail(ctx, -EBUSY, f->bdf, hint,
			   "in use: %s is held open by %s (pid %d%s%s)%s",
			   user.path, user.comm, user.pid,
			   user.guest[0] ? ", guest " : "", user.guest, more);
}

/**
 * cohmem_plan_free() - end of a plan
 * @plan: the plan; may be all zero
 */
void cohmem_plan_free(struct cohmem_plan *plan)
{
	free(plan->step);
	free(plan->old_rule);
	memset(plan, 0, sizeof(*plan));
}
