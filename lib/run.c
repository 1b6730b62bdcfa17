// SPDX-License-Identifier: GPL-2.0-only
/*
 * Running a plan: all of it, or none.
 *
 * When a step fails, each member is led from whatever it has become to what it
 * was when the plan was made, in reverse order. That is not the steps played
 * backwards: a step may have half worked, and the kernel may have done
 * something else. Loaded modules stay: they harm nobody, and somebody else may
 * use them by now.
 */
#include <time.h>
#include <unistd.h>

#include "plan.h"

/* How long a driver may take to appear behind a probe that runs on its own. */
#define EXPECT_TRIES	100
#define EXPECT_PAUSE_MS	20

static int read_now(struct cohmem_ctx *ctx, const char *bdf,
		    struct cohmem_binding *now)
{
	char path[128];
	int ret;

	memset(now, 0, sizeof(*now));
	cohmem_fmt(path, sizeof(path), "/sys/bus/pci/devices/%s", bdf);
	if (!cohmem_exists(ctx, path))
		return -ENODEV;
	cohmem_fmt(path, sizeof(path), "/sys/bus/pci/devices/%s/driver", bdf);
	ret = cohmem_read_link(ctx, path, now->driver, sizeof(now->driver));
	if (ret && ret != -ENOENT)
		return ret;
	cohmem_fmt(path, sizeof(path), "/sys/bus/pci/devices/%s/driver_override",
		   bdf);
	cohmem_read_str(ctx, path, now->override, sizeof(now->override));
	if (!strcmp(now->override, "(null)"))
		now->override[0] = '\0';
	return 0;
}

static int do_write(struct cohmem_ctx *ctx, const struct cohmem_step *s)
{
	char full[PATH_MAX];
	const char *hint = "";
	int ret;

	ret = cohmem_path(ctx, full, s->path);
	if (!ret)
		ret = ctx->ops->write(ctx->ops_arg, full, s->value);
	if (!ret)
		return 0;
	if (ret == -EACCES || ret == -EPERM)
		hint = "run as root";
	return cohmem_fail(ctx, ret, s->bdf, hint,
			   "cannot write '%s' to %s: %s", s->value, s->path,
			   strerror(-ret));
}

static int do_load(struct cohmem_ctx *ctx, const struct cohmem_step *s)
{
	const char *hint = "";
	char err[256] = "";
	int ret;

	ret = ctx->ops->load_module(ctx->ops_arg, s->value, err, sizeof(err));
	if (!ret)
		return 0;
	if (s->optional) {
		cohmem_log(ctx, COHMEM_LOG_NOTE, "module %s not loaded: %s",
			   s->value, err);
		return 0;
	}
	if (geteuid())
		hint = "run as root";
	else if (!strcmp(s->value, COHMEM_DRIVER))
		hint = "is the driver installed for the running kernel? (package cohmem-dkms, or 'make module' and insmod)";
	return cohmem_fail(ctx, ret, s->value, hint, "cannot load module: %s",
			   err[0] ? err : strerror(-ret));
}

static bool as_expected(const char *want, const char *have)
{
	return !strcmp(want, "*") || !strcmp(want, have);
}

/* @kmsg listens since before the probe; it is closed here or by the caller. */
static int do_expect(struct cohmem_ctx *ctx, const struct cohmem_step *s,
		     int *kmsg)
{
	const struct timespec pause = { .tv_nsec = EXPECT_PAUSE_MS * 1000000 };
	struct cohmem_binding now;
	char text[256], hint[128];
	int i, ret;

	for (i = 0; ; i++) {
		ret = read_now(ctx, s->bdf, &now);
		if (ret)
			return cohmem_fail(ctx, ret, s->bdf, "",
					   "the function is gone: %s",
					   strerror(-ret));
		if (as_expected(s->value, now.driver))
			return 0;
		/* A driver that has taken it does not let go by itself. */
		if (!ctx->live || now.driver[0] || i == EXPECT_TRIES)
			break;
		nanosleep(&pause, NULL);
	}
	cohmem_fmt(hint, sizeof(hint), "dmesg | grep %s", s->bdf);
	if (now.driver[0])
		return cohmem_fail(ctx, -EBUSY, s->bdf, hint,
				   "bound to %s, not to %s", now.driver,
				   s->value[0] ? s->value : "nothing");
	if (cohmem_kmsg_last(*kmsg, s->bdf, text, sizeof(text))) {
		*kmsg = -1;
		return cohmem_fail(ctx, -ENXIO, s->bdf, hint,
				   "driver %s refused it: %s", s->value, text);
	}
	*kmsg = -1;
	return cohmem_fail(ctx, -ENXIO, s->bdf, hint,
			   "driver %s did not take it", s->value);
}

static int do_step(struct cohmem_ctx *ctx, const struct cohmem_plan *plan,
		   const struct cohmem_step *s, int *kmsg)
{
	int ret;

	switch (s->action) {
	case COHMEM_LOAD_MODULE:
		return do_load(ctx, s);
	case COHMEM_SAVE_STATE:
		return cohmem_record_write(ctx, &plan->record);
	case COHMEM_WRITE:
		return do_write(ctx, s);
	case COHMEM_EXPECT_DRIVER:
		return do_expect(ctx, s, kmsg);
	case COHMEM_FORGET_STATE:
		ret = cohmem_record_remove(ctx, plan->bdf);
		if (ret)
			cohmem_fail(ctx, ret, plan->bdf, "",
				    "cannot remove %s: %s", s->path,
				    strerror(-ret));
		return ret;
	}
	return -EINVAL;
}

/* Lead one member back. Does as much as it can and says what it could not. */
static void undo_member(struct cohmem_ctx *ctx, const struct cohmem_binding *b,
			cohmem_step_fn *done, void *arg)
{
	struct cohmem_plan back = { 0 };
	struct cohmem_binding now;
	bool failed = false;
	unsigned int i;
	int none = -1;

	if (read_now(ctx, b->bdf, &now)) {
		cohmem_log(ctx, COHMEM_LOG_WARN, "%s: gone", b->bdf);
		return;
	}
	if (cohmem_plan_converge(ctx, &back, b->bdf, &now, b->driver,
				 b->override))
		failed = true;
	for (i = 0; i < back.nr; i++) {
		if (do_step(ctx, &back, &back.step[i], &none)) {
			cohmem_log(ctx, COHMEM_LOG_WARN, "undo: %s: %s",
				   b->bdf, ctx->why.what);
			failed = true;
		} else if (done) {
			done(arg, &back.step[i]);
		}
	}
	cohmem_plan_free(&back);
	if (failed)
		cohmem_log(ctx, COHMEM_LOG_WARN,
			   "%s: could not be put back to driver '%s', driver_override '%s'",
			   b->bdf, b->driver, b->override);
}

static void undo(struct cohmem_ctx *ctx, const struct cohmem_plan *plan,
		 bool saved, cohmem_step_fn *done, void *arg)
{
	const struct cohmem_why why = ctx->why;
	unsigned int i = plan->nr_members;
	int ret = 0;

	while (i--)
		undo_member(ctx, &plan->member[i], done, arg);
	if (saved && plan->old.nr)
		ret = cohmem_record_write(ctx, &plan->old);
	else if (saved)
		ret = cohmem_record_remove(ctx, plan->bdf);
	if (ret)
		cohmem_log(ctx, COHMEM_LOG_WARN,
			   "%s: the record in " COHMEM_RUN_DIR " could not be put back: %s",
			   plan->bdf, strerror(-ret));
	if (saved)
		cohmem_log(ctx, COHMEM_LOG_NOTE, "%s: failed, and undone",
			   plan->bdf);
	ctx->why = why;
}

/* Has somebody else changed a member since the plan was made? */
static int check_unchanged(struct cohmem_ctx *ctx,
			   const struct cohmem_plan *plan)
{
	struct cohmem_binding now;
	unsigned int i;
	int ret;

	for (i = 0; i < plan->nr_members; i++) {
		const struct cohmem_binding *b = &plan->member[i];

		ret = read_now(ctx, b->bdf, &now);
		if (ret)
			return cohmem_fail(ctx, ret, b->bdf, "",
					   "the function is gone: %s",
					   strerror(-ret));
		if (strcmp(now.driver, b->driver) ||
		    strcmp(now.override, b->override))
			return cohmem_fail(ctx, -EAGAIN, b->bdf,
					   "try again",
					   "somebody else has just changed its binding");
	}
	return 0;
}

/**
 * cohmem_plan_run() - carry a plan out
 * @ctx: the context
 * @plan: the plan
 * @done: called after each step, those of undoing included; may be NULL
 * @arg: passed to @done
 *
 * What the plan could not do as a whole is undone; the error explains the step
 * that failed, the log what could not be undone.
 *
 * Return: 0 or -errno, explained.
 */
int cohmem_plan_run(struct cohmem_ctx *ctx, const struct cohmem_plan *plan,
		    cohmem_step_fn *done, void *arg)
{
	bool saved = false;
	unsigned int i;
	int lock, kmsg, ret;

	if (!plan->nr)
		return 0;
	lock = cohmem_record_lock(ctx);
	if (lock < 0)
		return lock;
	ret = check_unchanged(ctx, plan);
	if (ret)
		goto out_unlock;
	kmsg = cohmem_kmsg_open(ctx);
	for (i = 0; i < plan->nr; i++) {
		ret = do_step(ctx, plan, &plan->step[i], &kmsg);
		if (ret)
			break;
		if (plan->step[i].action == COHMEM_SAVE_STATE)
			saved = true;
		if (done)
			done(arg, &plan->step[i]);
	}
	if (ret)
		undo(ctx, plan, saved, done, arg);
	if (kmsg >= 0)
		close(kmsg);
out_unlock:
	close(lock);
	return ret;
}
