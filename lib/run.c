// SPDX-License-Identifier: GPL-2.0-only
/*
 * Running a plan: all of it, or none.
 *
 * When a step fails, each member is led from whatever it has become to what it
 * was when the plan was made, in reverse order. That is not the steps played
 * backwards: a step may have half worked, and the kernel may have done
 * something else. Loaded modules stay: they harm nobody, and somebody else may
 * use them by now.
 *
 * The signals by which people and service managers end a program count as a
 * failure of the step they arrive in: they are held back while a plan runs, so
 * that whoever dies of one leaves the host as it was. SIGKILL cannot be held
 * back; the record is written before anything is changed, and unbind repairs
 * what it finds half done.
 */
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "plan.h"

/* How long a driver may take to appear behind a probe that runs on its own. */
#define EXPECT_TRIES	100
#define EXPECT_PAUSE_MS	20

/**
 * struct run - one plan, carried out or undone
 * @ctx: the context
 * @plan: the plan
 * @done: called after each step; may be NULL
 * @arg: passed to @done
 * @held: signals that are held back
 * @before: those that were blocked before
 * @kmsg: listens to the kernel's log; or negative
 * @undoing: no signal ends it any more
 * @record: the record has been written or removed
 * @rule: the rule has been written or removed
 */
struct run {
	struct cohmem_ctx *ctx;
	const struct cohmem_plan *plan;
	cohmem_step_fn *done;
	void *arg;
	sigset_t held;
	sigset_t before;
	int kmsg;
	bool undoing;
	bool record;
	bool rule;
};

static const int fatal[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT };

static void hold_signals(struct run *r)
{
	struct sigaction sa;
	unsigned int i;

	sigprocmask(SIG_BLOCK, NULL, &r->before);
	sigemptyset(&r->held);
	for (i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
		/* What is ignored (nohup) or blocked ends nobody. */
		if (!sigaction(fatal[i], NULL, &sa) &&
		    sa.sa_handler != SIG_IGN &&
		    !sigismember(&r->before, fatal[i]))
			sigaddset(&r->held, fatal[i]);
	sigprocmask(SIG_BLOCK, &r->held, NULL);
}

/* The first one counts; a person who presses twice means the same. */
static void take_signals(struct run *r)
{
	const struct timespec now = { 0 };
	int signo;

	while ((signo = sigtimedwait(&r->held, NULL, &now)) > 0 ||
	       (signo < 0 && errno == EINTR))
		if (signo > 0 && !r->ctx->signo)
			r->ctx->signo = signo;
}

static int interrupted(struct run *r)
{
	if (r->undoing)
		return 0;
	take_signals(r);
	if (!r->ctx->signo)
		return 0;
	return cohmem_fail(r->ctx, -EINTR, r->plan->bdf, "",
			   "interrupted (%s): what was done is undone",
			   strsignal(r->ctx->signo));
}

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
	const char *hint = "";
	int ret;

	ret = cohmem_write(ctx, s->path, s->value);
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
	if (!ctx->live)
		hint = "";
	else if (geteuid())
		hint = "run as root";
	else if (strstr(err, "Key was rejected"))
		hint = "secure boot is on and the module is not signed with an enrolled key: mokutil --import /var/lib/dkms/mok.pub, and reboot";
	else if (strstr(err, "Exec format error"))
		hint = "the module was built for another kernel: dkms autoinstall";
	else if (!strcmp(s->value, COHMEM_DRIVER))
		hint = "is the driver installed for the running kernel? (package cohmem-dkms, or 'make module' and insmod)";
	return cohmem_fail(ctx, ret, s->value, hint, "cannot load module: %s",
			   err[0] ? err : strerror(-ret));
}

static bool as_expected(const char *want, const char *have)
{
	return !strcmp(want, "*") || !strcmp(want, have);
}

/* The module is there: is the driver, by that name? */
static int do_check(struct cohmem_ctx *ctx, const struct cohmem_step *s)
{
	char name[COHMEM_NAME_LEN], hint[128];

	if (cohmem_exists(ctx, s->path))
		return 0;
	hint[0] = '\0';
	if (!cohmem_driver_canonical(ctx, s->value, name) &&
	    strcmp(name, s->value))
		cohmem_fmt(hint, sizeof(hint), "its driver is %s", name);
	return cohmem_fail(ctx, -ENOENT, s->value, hint,
			   "the module is loaded, but there is no PCI driver of that name");
}

static int do_expect(struct run *r, const struct cohmem_step *s)
{
	const struct timespec pause = { .tv_nsec = EXPECT_PAUSE_MS * 1000000 };
	struct cohmem_ctx *ctx = r->ctx;
	struct cohmem_binding now;
	char text[256], hint[128];
	int i, ret;
	bool said;

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
		ret = interrupted(r);
		if (ret)
			return ret;
		nanosleep(&pause, NULL);
	}
	cohmem_fmt(hint, sizeof(hint), "dmesg | grep %s", s->bdf);
	if (now.driver[0])
		return cohmem_fail(ctx, -EBUSY, s->bdf, hint,
				   "bound to %s, not to %s", now.driver,
				   s->value[0] ? s->value : "nothing");
	said = cohmem_kmsg_last(r->kmsg, s->bdf, text, sizeof(text));
	r->kmsg = -1;
	if (said)
		return cohmem_fail(ctx, -ENXIO, s->bdf, hint,
				   "driver %s refused it: %s", s->value, text);
	return cohmem_fail(ctx, -ENXIO, s->bdf, hint,
			   "driver %s did not take it", s->value);
}

static int do_step(struct run *r, const struct cohmem_step *s)
{
	struct cohmem_ctx *ctx = r->ctx;
	int ret;

	switch (s->action) {
	case COHMEM_LOAD_MODULE:
		return do_load(ctx, s);
	case COHMEM_CHECK_DRIVER:
		return do_check(ctx, s);
	case COHMEM_SAVE_STATE:
		r->record = true;
		return cohmem_record_write(ctx, &r->plan->record);
	case COHMEM_WRITE:
		return do_write(ctx, s);
	case COHMEM_EXPECT_DRIVER:
		return do_expect(r, s);
	case COHMEM_FORGET_STATE:
		r->record = true;
		ret = cohmem_record_remove(ctx, r->plan->bdf);
		if (ret)
			cohmem_fail(ctx, ret, r->plan->bdf, "",
				    "cannot remove %s: %s", s->path,
				    strerror(-ret));
		return ret;
	case COHMEM_WRITE_RULE:
		r->rule = true;
		return cohmem_rule_write(ctx, r->plan->bdf, r->plan->rule);
	case COHMEM_REMOVE_RULE:
		r->rule = true;
		return cohmem_rule_remove(ctx, r->plan->bdf);
	}
	return -EINVAL;
}

/*
 * Lead one member back. Does as much as it can and says what it could not.
 * Returns true if it is as it was.
 */
static bool undo_member(struct run *r, const struct cohmem_binding *b)
{
	struct cohmem_ctx *ctx = r->ctx;
	struct cohmem_plan back = { 0 };
	struct cohmem_binding now;
	bool failed = false;
	unsigned int i;

	if (read_now(ctx, b->bdf, &now)) {
		cohmem_log(ctx, COHMEM_LOG_WARN, "%s: gone", b->bdf);
		return true;
	}
	if (cohmem_plan_converge(ctx, &back, b->bdf, &now, b->driver,
				 b->override))
		failed = true;
	for (i = 0; i < back.nr; i++) {
		if (do_step(r, &back.step[i])) {
			cohmem_log(ctx, COHMEM_LOG_WARN, "undo: %s: %s",
				   b->bdf, ctx->why.what);
			failed = true;
		} else if (r->done) {
			r->done(r->arg, &back.step[i]);
		}
	}
	cohmem_plan_free(&back);
	if (failed)
		cohmem_log(ctx, COHMEM_LOG_WARN,
			   "%s: could not be put back to driver '%s', driver_override '%s'; 'cohmem unbind %s' tries again",
			   b->bdf, b->driver, b->override, r->plan->bdf);
	return !failed;
}

static void undo(struct run *r)
{
	const struct cohmem_plan *plan = r->plan;
	struct cohmem_ctx *ctx = r->ctx;
	const struct cohmem_why why = ctx->why;
	unsigned int i = plan->nr_members;
	bool all = true;
	int ret = 0;

	r->undoing = true;
	while (i--)
		all &= undo_member(r, &plan->member[i]);
	if (r->rule) {
		ret = plan->old_rule ?
		      cohmem_rule_write(ctx, plan->bdf, plan->old_rule) :
		      cohmem_rule_remove(ctx, plan->bdf);
		if (ret)
			cohmem_log(ctx, COHMEM_LOG_WARN, "%s: %s", plan->bdf,
				   ctx->why.what);
	}
	/* Where something is left to repair, unbind needs the record. */
	ret = 0;
	if (r->record && plan->old.nr)
		ret = cohmem_record_write(ctx, &plan->old);
	else if (r->record && all)
		ret = cohmem_record_remove(ctx, plan->bdf);
	if (ret)
		cohmem_log(ctx, COHMEM_LOG_WARN,
			   "%s: the record in " COHMEM_RUN_DIR " could not be put back: %s",
			   plan->bdf, strerror(-ret));
	if (r->record && why.error != -EINTR)
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
 * that failed, the log what could not be undone. The same where a signal wants
 * to end the program: cohmem_interrupted() has it, and the caller ends.
 *
 * Return: 0 or -errno, explained.
 */
int cohmem_plan_run(struct cohmem_ctx *ctx, const struct cohmem_plan *plan,
		    cohmem_step_fn *done, void *arg)
{
	struct run r = {
		.ctx = ctx, .plan = plan, .done = done, .arg = arg, .kmsg = -1,
	};
	struct cohmem_lock lock;
	unsigned int i;
	int ret;

	ctx->signo = 0;
	if (!plan->nr)
		return 0;
	ret = cohmem_lock_plan(ctx, plan, &lock);
	if (ret)
		return ret;
	hold_signals(&r);
	ret = check_unchanged(ctx, plan);
	if (ret)
		goto out_unlock;
	r.kmsg = cohmem_kmsg_open(ctx);
	for (i = 0; !ret && i < plan->nr; i++) {
		ret = interrupted(&r);
		if (!ret)
			ret = do_step(&r, &plan->step[i]);
		if (!ret && done)
			done(arg, &plan->step[i]);
	}
	if (!ret)
		ret = interrupted(&r);
	if (ret)
		undo(&r);
	if (r.kmsg >= 0)
		close(r.kmsg);
out_unlock:
	take_signals(&r);
	cohmem_unlock(&lock);
	sigprocmask(SIG_SETMASK, &r.before, NULL);
	return ret;
}
