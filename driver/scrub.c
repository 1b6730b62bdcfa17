// SPDX-License-Identifier: GPL-2.0-only
/*
 * Data does not outlive its user: when memory is cleared, and what happens when
 * it cannot be. How it is cleared is in wipe.c, whose it is in clear.c.
 *
 * "Dirty" says that the memory may hold what a user left: true from the moment
 * that a user gets it, and true for what just turned up, whose past nobody knows.
 * Only two things together make it false: whoever could write to it was seen to
 * stop, and everything was cleared, with nothing left out.
 *
 *   policy   when the last user closes     when the next user comes
 *   off      -                             -
 *   close    clearing begins               waits for it; clears if dirty
 *   open     -                             clears if dirty
 *
 * So with either policy no user finds anything of the one before, whatever
 * happened in between: who cannot be given clean memory is turned away.
 * "close" also leaves nothing lying around.
 *
 * Clearing is not a part of closing. By then what the user had set up may not yet
 * be taken down, the user may be dying, and others may wait. A worker does it
 * afterwards, with the memory to itself; the next one who opens waits for the
 * worker, as it would have to in any case, and can be killed while it does. It
 * does not wait for longer than OPEN_LIMIT_S: others wait for the locks that vfio
 * holds around an open, and they cannot be killed.
 *
 * Bad pages are not touched, so what is in them is not cleared. Memory with such
 * pages stays dirty and is not handed out, unless an administrator has said that
 * this is good enough (accept_bad), or takes the pages off the list.
 *
 * What this driver cannot do: a device that has mapped this memory for peer
 * DMA by VFIO's type1 keeps it mapped, whoever opens or closes it
 * (drivers/vfio/vfio_iommu_type1.c knows only page frames). Exports as dma-buf
 * are revoked.
 *
 * All functions take NULL for memory that there is not, and do nothing then.
 *
 * Locks: @lock of struct cohmem_scrub; a leaf lock. Whoever finds the memory
 * idle and changes that under it, be it to open it or to clear it, has it.
 */
#include <linux/cpumask.h>
#include <linux/device.h>
#include <linux/moduleparam.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <linux/workqueue.h>

#include "near_cpus.h"
#include "scrub.h"

/*
 * Less than khungtaskd's 120 s: whoever waits in vfio for the locks that the
 * opener holds sleeps uninterruptibly.
 */
#define OPEN_LIMIT_S	100

/* Who waits for less need not be told. */
#define SAY_AFTER_S	1

enum policy {
	POLICY_OFF,
	POLICY_CLOSE,
	POLICY_OPEN,
	NR_POLICIES,
	POLICY_DEFAULT = NR_POLICIES,	/* the module parameter decides */
};

static const char * const policy_names[NR_POLICIES + 1] = {
	[POLICY_OFF] = "off",
	[POLICY_CLOSE] = "close",
	[POLICY_OPEN] = "open",
	[POLICY_DEFAULT] = "default",
};

static const char * const state_names[] = {
	[COHMEM_WIPE_IDLE] = "idle",
	[COHMEM_WIPE_WAITING] = "waiting",
	[COHMEM_WIPE_RUNNING] = "running",
};

/* How clearing can end. */
enum outcome {
	OUTCOME_NONE,
	OUTCOME_OK,
	OUTCOME_SKIPPED,
	OUTCOME_POISON,
	OUTCOME_UNAVAILABLE,
	OUTCOME_RESET,
	OUTCOME_NO_RESET,
	OUTCOME_GONE,
	OUTCOME_NOMEM,
	OUTCOME_STOPPED,
	OUTCOME_IN_USE,
	OUTCOME_ERROR,
};

/* A word for programs, a sentence for people, and the error that leads to it. */
static const struct {
	int error;
	const char *word;
	const char *why;
} outcomes[] = {
	[OUTCOME_NONE] = { 1, "none", "never tried" },
	[OUTCOME_OK] = { 0, "ok", "all cleared" },
	[OUTCOME_SKIPPED] = { 1, "skipped",
		"bad pages were left out; see poison_pages and scrub_accept_bad" },
	[OUTCOME_POISON] = { -EHWPOISON, "poison",
		"too many bad pages to tell which" },
	[OUTCOME_UNAVAILABLE] = { -EIO, "unavailable",
		"the memory failed or is turned off" },
	[OUTCOME_RESET] = { -EAGAIN, "reset", "it was reset over and over" },
	[OUTCOME_NO_RESET] = { -ENOTTY, "no-reset",
		"a reset failed or is impossible, so the function cannot be stopped" },
	[OUTCOME_GONE] = { -ENODEV, "gone", "the device is gone" },
	[OUTCOME_NOMEM] = { -ENOMEM, "nomem", "no kernel memory to do it" },
	[OUTCOME_STOPPED] = { -ECANCELED, "stopped", "an administrator stopped it" },
	[OUTCOME_IN_USE] = { -EUSERS, "in-use",
		"a GPU that was open while somebody had it has not been reset since" },
	/* Any other error. */
	[OUTCOME_ERROR] = { 1, "error", "the device could not be taken" },
};

/**
 * struct cohmem_scrub - keeping one user's data from the next
 * @setup: whose memory it is
 * @wipe: clears the memory
 * @wq: where @work runs
 * @work: takes the memory and clears it
 * @idle: woken when @busy becomes false
 * @accept_bad: bad pages that were left out do not keep the next user away
 * @cpus: where to clear
 * @lock: guards what follows
 * @policy: an enum policy, POLICY_DEFAULT to follow the module parameter
 * @open: a user has the memory
 * @busy: @work is queued or runs
 * @stop: @work is to give up
 * @again: what may have kept @work from clearing has changed meanwhile
 * @asked: @work was set going by somebody who does not wait for it
 * @dying: the memory is about to go: @work must not begin any more
 * @dirty: the memory may hold what a user left
 * @stopped: whoever writes to it was seen to stop, and nobody has since; @work's
 *	own while @busy
 * @result: how the last run ended
 * @error: the error behind @result
 * @clean_but_bad: nothing happened since the last run, which left only bad
 *	pages out
 */
struct cohmem_scrub {
	struct cohmem_scrub_setup setup;
	struct cohmem_wipe wipe;
	struct workqueue_struct *wq;
	struct work_struct work;
	wait_queue_head_t idle;
	bool accept_bad;
	struct cohmem_near_cpus cpus;

	spinlock_t lock; /* see above */
	enum policy policy;
	bool open;
	bool busy;
	bool stop;
	bool again;
	bool asked;
	bool dying;
	bool dirty;
	bool stopped;
	enum outcome result;
	int error;
	bool clean_but_bad;
};

static enum policy module_policy[COHMEM_NR_SCRUB_WHOSE] = {
	[COHMEM_SCRUB_GPU] = POLICY_OFF,
	[COHMEM_SCRUB_EGM] = POLICY_CLOSE,
};

static int policy_set(const char *val, const struct kernel_param *kp)
{
	int i = __sysfs_match_string(policy_names, NR_POLICIES, val);

	if (i < 0)
		return i;
	WRITE_ONCE(*(enum policy *)kp->arg, i);
	return 0;
}

static int policy_get(char *buf, const struct kernel_param *kp)
{
	const enum policy *policy = kp->arg;

	return sysfs_emit(buf, "%s\n", policy_names[READ_ONCE(*policy)]);
}

static const struct kernel_param_ops policy_ops = {
	.set = policy_set,
	.get = policy_get,
};

module_param_cb(scrub, &policy_ops, &module_policy[COHMEM_SCRUB_GPU], 0644);
MODULE_PARM_DESC(scrub,
		 "Clear device memory between users: off, close (after the last user has closed; before the next one where that failed) or open (before the next user) (default: off)");

module_param_cb(egm_scrub, &policy_ops, &module_policy[COHMEM_SCRUB_EGM], 0644);
MODULE_PARM_DESC(egm_scrub,
		 "Clear Extended GPU Memory between users: off, close or open, as scrub does for device memory (default: close)");

static enum policy policy_of(const struct cohmem_scrub *s)
{
	enum policy policy = READ_ONCE(s->policy);

	return policy == POLICY_DEFAULT ?
	       READ_ONCE(module_policy[s->setup.whose]) : policy;
}

static enum outcome outcome_of(int error)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(outcomes) - 1; i++) {
		if (outcomes[i].error == error)
			break;
	}
	return i;
}

static bool stopping(void *arg)
{
	const struct cohmem_scrub *s = arg;

	return READ_ONCE(s->stop);
}

static int clear(struct cohmem_scrub *s)
{
	const struct cohmem_scrub_setup *on = &s->setup;
	cpumask_var_t cpus;
	u64 cleared;
	int ret;

	if (!alloc_cpumask_var(&cpus, GFP_KERNEL))
		return -ENOMEM;
	cohmem_near_cpus_get(&s->cpus, on->dev, cpus);
	ret = on->ops->begin(on->owner, s->stopped, stopping, s);
	if (!ret) {
		s->stopped = true;
		ret = cohmem_wipe_run(&s->wipe, cpus, stopping, s);
		ret = on->ops->end(on->owner, ret);
	}
	free_cpumask_var(cpus);
	cleared = s->wipe.total - atomic64_read(&s->wipe.skipped);
	if (!ret)
		dev_info_ratelimited(on->dev,
				     "cleared %llu MiB of %s in %llu ms\n",
				     cleared >> 20, on->what, s->wipe.ms);
	return ret;
}

static void scrub_work(struct work_struct *work)
{
	struct cohmem_scrub *s = container_of(work, struct cohmem_scrub, work);
	struct device *dev = s->setup.dev;
	enum outcome result;
	int ret = clear(s);

	result = outcome_of(ret);
	if (!ret && atomic64_read(&s->wipe.skipped))
		result = OUTCOME_SKIPPED;

	/*
	 * Once: whoever is turned away is told again. Only we write the result.
	 * Who is still using it has been told already.
	 */
	if (result != s->result && result != OUTCOME_OK &&
	    result != OUTCOME_STOPPED && result != OUTCOME_IN_USE)
		dev_warn_ratelimited(dev,
				     "its memory may still hold data of an earlier user: %s (%d)\n",
				     outcomes[result].why, ret);

	spin_lock(&s->lock);
	s->result = result;
	s->error = ret;
	s->dirty = result != OUTCOME_OK;
	s->clean_but_bad = result == OUTCOME_SKIPPED;
	s->busy = s->again && s->dirty && !s->stop;
	s->again = false;
	if (s->busy)
		queue_work(s->wq, &s->work);
	else
		/* Under the lock: whoever sees it idle may free it. */
		wake_up_all(&s->idle);
	spin_unlock(&s->lock);
}

static int start_locked(struct cohmem_scrub *s)
{
	lockdep_assert_held(&s->lock);
	if (s->dying)
		return -ENODEV;
	if (s->open || s->busy)
		return -EBUSY;
	s->busy = true;
	s->stop = false;
	s->again = false;
	atomic64_set(&s->wipe.done, 0);
	queue_work(s->wq, &s->work);
	return 0;
}

/**
 * cohmem_scrub_new() - get ready to clear memory
 * @setup: whose, and how; copied
 *
 * Context: may sleep.
 * Return: what the other functions take, or NULL for lack of memory.
 */
struct cohmem_scrub *
cohmem_scrub_new(const struct cohmem_scrub_setup *setup)
{
	struct cohmem_scrub *s;

	s = kzalloc_obj(*s);
	if (!s)
		return NULL;
	if (cohmem_near_cpus_init(&s->cpus))
		goto err_free;
	s->wq = alloc_ordered_workqueue("cohmem-%s", 0, setup->name);
	if (!s->wq)
		goto err_cpus;
	s->setup = *setup;
	cohmem_wipe_init(&s->wipe, setup->wipe, setup->owner, setup->layout,
			 setup->name);
	INIT_WORK(&s->work, scrub_work);
	init_waitqueue_head(&s->idle);
	spin_lock_init(&s->lock);
	s->policy = POLICY_DEFAULT;
	s->dirty = true;
	return s;

err_cpus:
	cohmem_near_cpus_fini(&s->cpus);
err_free:
	kfree(s);
	return NULL;
}

static void stop_work(struct cohmem_scrub *s, bool dying)
{
	spin_lock(&s->lock);
	s->stop = true;
	s->dying |= dying;
	spin_unlock(&s->lock);
	/* Whoever waits for the memory, or for the worker, has to see it. */
	if (s->setup.ops->wake)
		s->setup.ops->wake(s->setup.owner);
	wake_up_all(&s->idle);
}

/**
 * cohmem_scrub_stop() - the memory is about to go: clear nothing any more
 * @s: whose memory; may be NULL
 *
 * One that goes on is given up; the memory stays dirty.
 *
 * Context: may sleep for a bounded piece of work.
 */
void cohmem_scrub_stop(struct cohmem_scrub *s)
{
	if (!s)
		return;
	stop_work(s, true);
	flush_work(&s->work);
}

/**
 * cohmem_scrub_free() - undo cohmem_scrub_new()
 * @s: whose memory, with no user; after cohmem_scrub_stop() if any was let in;
 *	may be NULL
 *
 * Context: may sleep.
 */
void cohmem_scrub_free(struct cohmem_scrub *s)
{
	if (!s)
		return;
	destroy_workqueue(s->wq);
	cohmem_near_cpus_fini(&s->cpus);
	kfree(s);
}

/* Take the memory for a user, or say why not. -EAGAIN: clear it first. */
static int take(struct cohmem_scrub *s)
{
	bool good;

	lockdep_assert_held(&s->lock);
	if (s->dying)
		return -ENODEV;
	if (s->busy)
		return -EBUSY;
	good = !s->dirty || policy_of(s) == POLICY_OFF ||
	       (s->clean_but_bad && READ_ONCE(s->accept_bad));
	if (!good)
		return -EAGAIN;
	s->open = true;
	s->dirty = true;
	s->stopped = false;
	s->clean_but_bad = false;
	return 0;
}

static bool is_busy(const struct cohmem_scrub *s)
{
	return READ_ONCE(s->busy) && !READ_ONCE(s->dying);
}

/* Sleep until nobody clears the memory, or until then. */
static int sleep_until(struct cohmem_scrub *s, unsigned long then)
{
	while (is_busy(s) && time_before(jiffies, then)) {
		DEFINE_WAIT(wait);

		prepare_to_wait(&s->idle, &wait,
				TASK_KILLABLE | TASK_FREEZABLE);
		if (is_busy(s))
			schedule_timeout(max_t(long, then - jiffies, 1));
		finish_wait(&s->idle, &wait);
		if (fatal_signal_pending(current))
			return -EINTR;
	}
	return 0;
}

/* Wait until nobody clears the memory any more. */
static int wait_idle(struct cohmem_scrub *s, unsigned long until)
{
	struct device *dev = s->setup.dev;
	struct cohmem_wipe *w = &s->wipe;
	int ret = sleep_until(s, jiffies + SAY_AFTER_S * HZ);

	if (ret || !is_busy(s))
		return ret;
	dev_info_ratelimited(dev,
			     "whoever opens it waits for its memory to be cleared: %llu of %llu MiB done\n",
			     (u64)atomic64_read(&w->done) >> 20,
			     w->total >> 20);
	ret = sleep_until(s, until);
	if (ret || !is_busy(s))
		return ret;
	dev_warn_ratelimited(dev,
			     "not handed out yet: its memory is still being cleared, %llu of %llu MiB are done; try again\n",
			     (u64)atomic64_read(&w->done) >> 20,
			     w->total >> 20);
	return -EBUSY;
}

/* What a user is told whose memory could not be cleared. */
static int refusal(enum outcome result, int error)
{
	switch (result) {
	case OUTCOME_GONE:
	case OUTCOME_NOMEM:
		return error;
	case OUTCOME_STOPPED:
	case OUTCOME_IN_USE:
		return -EBUSY;
	default:
		return -EIO;
	}
}

static int refuse(struct cohmem_scrub *s, enum outcome result, int error)
{
	dev_err_ratelimited(s->setup.dev,
			    "not handed out: its memory may hold data of an earlier user and could not be cleared: %s (%d)\n",
			    outcomes[result].why, error);
	return refusal(result, error);
}

/**
 * cohmem_scrub_open() - hand out clean memory, or none
 * @s: whose memory, with no user; may be NULL
 *
 * Context: may sleep for OPEN_LIMIT_S; a fatal signal ends it, and leaves what
 * goes on alone.
 * Return: 0; -EINTR; -EBUSY where clearing takes longer or was stopped; -ENODEV;
 * -ENOMEM; -EIO where the memory cannot be cleared.
 */
int cohmem_scrub_open(struct cohmem_scrub *s)
{
	const unsigned long until = jiffies + OPEN_LIMIT_S * HZ;
	enum outcome result;
	bool tried = false;
	int ret, error;

	if (!s)
		return 0;
	for (;;) {
		spin_lock(&s->lock);
		ret = take(s);
		result = s->result;
		error = s->error;
		if (ret == -EAGAIN && !tried) {
			ret = start_locked(s) ?: -EBUSY;
			tried = true;
		}
		spin_unlock(&s->lock);
		if (ret == -EBUSY) {
			ret = wait_idle(s, until);
			if (ret)
				return ret;
			continue;
		}
		if (ret == -EAGAIN)
			break;
		return ret;
	}
	return refuse(s, result, error);
}

/**
 * cohmem_scrub_try_open() - hand out clean memory now, or have it cleared
 * @s: whose memory, with no user; may be NULL
 *
 * For those who cannot wait. Whoever comes back after -EAGAIN and finds that
 * clearing has failed is told so.
 *
 * Context: any that may take a spinlock.
 * Return: 0; -EAGAIN while it is being cleared; or as cohmem_scrub_open().
 */
int cohmem_scrub_try_open(struct cohmem_scrub *s)
{
	enum outcome result;
	bool failed = false;
	int ret, error;

	if (!s)
		return 0;
	spin_lock(&s->lock);
	ret = take(s);
	result = s->result;
	error = s->error;
	if (ret == -EAGAIN) {
		failed = s->asked;
		s->asked = !failed && !start_locked(s);
	} else if (ret == -EBUSY) {
		s->asked = true;
		ret = -EAGAIN;
	} else {
		s->asked = false;
	}
	spin_unlock(&s->lock);
	return failed ? refuse(s, result, error) : ret;
}

/**
 * cohmem_scrub_close() - the last user is gone: clear what it left
 * @s: whose memory; may be NULL
 * @stopped: nobody writes to it any more
 *
 * Only sets a worker going. Also undoes cohmem_scrub_open() where the user does
 * not get it in the end.
 *
 * Context: may sleep.
 */
void cohmem_scrub_close(struct cohmem_scrub *s, bool stopped)
{
	if (!s)
		return;
	spin_lock(&s->lock);
	s->open = false;
	s->stopped = stopped;
	if (policy_of(s) == POLICY_CLOSE)
		start_locked(s);
	spin_unlock(&s->lock);
}

/**
 * cohmem_scrub_start() - clear the memory now, whatever the policy
 * @s: whose memory
 *
 * Context: may sleep.
 * Return: 0 once it has begun; -EBUSY if somebody has the memory or it is being
 * cleared; -ENODEV if it is about to go.
 */
int cohmem_scrub_start(struct cohmem_scrub *s)
{
	int ret;

	spin_lock(&s->lock);
	ret = start_locked(s);
	spin_unlock(&s->lock);
	return ret;
}

/**
 * cohmem_scrub_retry() - what kept the memory from being cleared may have changed
 * @s: whose memory
 *
 * Context: any that may take a spinlock.
 */
void cohmem_scrub_retry(struct cohmem_scrub *s)
{
	spin_lock(&s->lock);
	if (s->busy)
		s->again = true;
	else if (s->dirty && policy_of(s) == POLICY_CLOSE)
		start_locked(s);
	spin_unlock(&s->lock);
}

/**
 * cohmem_scrub_set_policy() - override the module parameter
 * @s: whose memory
 * @word: "off", "close", "open", or "default" to follow the parameter again
 *
 * Takes effect with the next close or open. "off" also gives up a clearing that
 * goes on.
 *
 * Context: any that may take a spinlock.
 * Return: 0 or -EINVAL.
 */
int cohmem_scrub_set_policy(struct cohmem_scrub *s, const char *word)
{
	int i = __sysfs_match_string(policy_names, ARRAY_SIZE(policy_names),
				     word);

	if (i < 0)
		return i;
	WRITE_ONCE(s->policy, i);
	if (i == POLICY_OFF)
		stop_work(s, false);
	return 0;
}

/**
 * cohmem_scrub_set_accept_bad() - is it good enough to clear all but bad pages
 * @s: whose memory
 * @accept: whether it is
 */
void cohmem_scrub_set_accept_bad(struct cohmem_scrub *s, bool accept)
{
	WRITE_ONCE(s->accept_bad, accept);
}

/**
 * cohmem_scrub_cpus() - where to clear, from the next time on
 * @s: whose memory
 *
 * Return: the CPUs, to be looked at and set.
 */
struct cohmem_near_cpus *cohmem_scrub_cpus(struct cohmem_scrub *s)
{
	return &s->cpus;
}

/**
 * cohmem_scrub_status() - what scrubbing is up to
 * @s: whose memory
 * @st: filled
 *
 * Context: any that may take a spinlock.
 */
void cohmem_scrub_status(struct cohmem_scrub *s,
			 struct cohmem_scrub_status *st)
{
	struct cohmem_wipe *w = &s->wipe;
	bool busy;

	st->policy = policy_names[policy_of(s)];
	st->accept_bad = READ_ONCE(s->accept_bad);
	st->bytes = atomic64_read(&w->done);
	st->skipped = atomic64_read(&w->skipped);

	spin_lock(&s->lock);
	st->dirty = s->dirty;
	st->result = outcomes[s->result].word;
	busy = s->busy;
	spin_unlock(&s->lock);

	spin_lock(&w->lock);
	st->state = state_names[w->state];
	st->ms = w->ms;
	if (w->state == COHMEM_WIPE_RUNNING)
		st->ms = ktime_ms_delta(ktime_get(), w->started);
	/* Being stopped, or about to be let go of. */
	if (busy && w->state == COHMEM_WIPE_IDLE)
		st->state = state_names[COHMEM_WIPE_WAITING];
	spin_unlock(&w->lock);
}
