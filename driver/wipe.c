// SPDX-License-Identifier: GPL-2.0-only
/*
 * Clearing all memory of somebody who has it to himself (a function, a socket's
 * EGM), with the CPUs that are next to it.
 *
 * A wipe cuts the regions into pieces, and threads, one for each CPU they may
 * run on, take the next piece until none is left. Each piece is mapped, cleared
 * and unmapped under what keeps the memory there (for a function state_lock, as
 * every access to the memory: a reset waits for a piece per thread, and finds no
 * kernel mapping). Bad pages are left out: writing to one may raise another
 * error.
 *
 * Cleared means cleared in the memory: what has been written is cleaned from
 * the CPU's caches before it counts (cache.c).
 *
 * Locks: @lock of struct cohmem_wipe guards what sysfs shows of it. The caller
 * sees to it that one wipe goes on at a time.
 */
#include <linux/cpumask.h>
#include <linux/io.h>
#include <linux/kthread.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

#include "wipe.h"

/* What a thread clears under the lock: some milliseconds, also on one CPU. */
#define PIECE		SZ_16M
/* How much of it between two offers to let somebody else run. */
#define STRIDE		SZ_1M
/* Trace events in one wipe. */
#define STEPS		16
/* How often to start over on a bus that is reset again and again. */
#define MAX_ROUNDS	3

static u64 ms_since(ktime_t start)
{
	return ktime_ms_delta(ktime_get(), start);
}

static void give_up(struct cohmem_wipe *w, int error)
{
	atomic_cmpxchg(&w->error, 0, error);
}

static bool stopped(struct cohmem_wipe *w)
{
	if (w->stop(w->arg))
		give_up(w, -ECANCELED);
	return atomic_read(&w->error);
}

/* Clear @len good bytes. */
static int clear_range(struct cohmem_wipe *w, const struct cohmem_region *r,
		       u64 off, size_t len)
{
	size_t pos, n;
	void *addr;

	addr = w->ops->map(w->owner, r, off, len);
	if (!addr)
		return -ENOMEM;

	for (pos = 0; pos < len && !stopped(w); pos += n) {
		n = min_t(size_t, len - pos, STRIDE);
		memset(addr + pos, 0, n);
		w->ops->clean(w->owner, r, off + pos, addr + pos, n);
		cond_resched();
	}
	if (r->kind == COHMEM_RESMEM) {
		/* Nothing may linger in a write buffer: it counts as cleared. */
		wmb();
	}
	memunmap(addr);
	return 0;
}

/* Clear @len bytes but for the bad pages. */
static int clear_piece(struct cohmem_wipe *w, const struct cohmem_region *r,
		       u64 off, u64 len)
{
	const u64 end = off + len;
	u64 good, step;
	int ret;

	while (off < end && !stopped(w)) {
		good = w->ops->good(w->owner, r, off, end - off);
		if (good) {
			ret = clear_range(w, r, off, good);
			if (ret)
				return ret;
			off += good;
			continue;
		}
		step = w->ops->hole ? w->ops->hole(w->owner, r, off, end - off) :
				      0;
		if (step) {
			off += step;
			continue;
		}
		/* @off is page aligned here: pieces and bad pages are. */
		step = min_t(u64, end - off, PAGE_SIZE);
		atomic64_add(step, &w->skipped);
		off += step;
	}
	return 0;
}

static int clear_begun(struct cohmem_wipe *w, const struct cohmem_region *r,
		       u64 off, u64 len)
{
	int ret = w->ops->begin(w->owner);

	if (ret)
		return ret;
	ret = clear_piece(w, r, off, len);
	w->ops->end(w->owner);
	return ret;
}

static void account(struct cohmem_wipe *w, u64 len)
{
	u64 step = div_u64(w->total, STEPS) + 1;
	u64 after = atomic64_add_return(len, &w->done);

	if (div64_u64(after, step) != div64_u64(after - len, step))
		w->ops->trace(w->owner, COHMEM_SCRUB_PROGRESS, after, w->total,
			      ms_since(w->started), 0);
}

/* Where piece @nr lies; false if there is no such piece. */
static bool find_piece(const struct cohmem_layout *layout, u64 nr,
		       const struct cohmem_region **r, u64 *off, u64 *len)
{
	unsigned int i;

	for (i = 0; i < layout->nr; i++) {
		u64 pieces = DIV_ROUND_UP_ULL(layout->region[i].size, PIECE);

		if (nr >= pieces) {
			nr -= pieces;
			continue;
		}
		*r = &layout->region[i];
		*off = nr * PIECE;
		*len = min_t(u64, (*r)->size - *off, PIECE);
		return true;
	}
	return false;
}

static int clear_pieces(void *arg)
{
	struct cohmem_wipe *w = arg;
	const struct cohmem_region *r;
	u64 off, len;
	int ret;

	/*
	 * Any of them: the scheduler knows which one has time. Not before the
	 * thread runs: it is given the CPUs of its node when it starts.
	 */
	set_cpus_allowed_ptr(current, w->cpus);
	while (!stopped(w) &&
	       find_piece(w->layout, atomic64_inc_return(&w->next) - 1, &r,
			  &off, &len)) {
		ret = clear_begun(w, r, off, len);
		if (ret)
			give_up(w, ret);
		else if (!stopped(w))
			account(w, len);
	}
	if (atomic_dec_and_test(&w->threads))
		wake_up(&w->ended);
	return 0;
}

/* A thread for each CPU; fewer where there is no memory for all of them. */
static int clear_all(struct cohmem_wipe *w)
{
	struct task_struct **thread, *t;
	unsigned int cpu, i, nr = 0;

	thread = kvzalloc_objs(*thread, nr_cpu_ids);
	if (!thread)
		return -ENOMEM;
	/* One for us, so that none of them is the last before all are there. */
	atomic_set(&w->threads, 1);
	for_each_cpu_and(cpu, w->cpus, cpu_online_mask) {
		t = kthread_create_on_node(clear_pieces, w, cpu_to_node(cpu),
					   "cohmem-%s", w->name);
		if (IS_ERR(t))
			break;
		thread[nr++] = get_task_struct(t);
		atomic_inc(&w->threads);
		wake_up_process(t);
	}
	if (!atomic_dec_and_test(&w->threads))
		wait_event_idle(w->ended, !atomic_read(&w->threads));
	/* They have done their work; none must run code of ours any more. */
	for (i = 0; i < nr; i++) {
		kthread_stop(thread[i]);
		put_task_struct(thread[i]);
	}
	kvfree(thread);
	return nr ? atomic_read(&w->error) : -ENOMEM;
}

static void set_state(struct cohmem_wipe *w, enum cohmem_wipe_state state)
{
	spin_lock(&w->lock);
	w->state = state;
	if (state == COHMEM_WIPE_RUNNING)
		w->started = ktime_get();
	if (state == COHMEM_WIPE_IDLE)
		w->ms = ms_since(w->started);
	spin_unlock(&w->lock);
}

static int one_round(struct cohmem_wipe *w)
{
	atomic64_set(&w->next, 0);
	atomic64_set(&w->done, 0);
	atomic64_set(&w->skipped, 0);
	atomic_set(&w->error, 0);

	set_state(w, COHMEM_WIPE_WAITING);
	if (w->ops->wait)
		w->ops->wait(w);

	set_state(w, COHMEM_WIPE_RUNNING);
	w->ops->trace(w->owner, COHMEM_SCRUB_BEGIN, 0, w->total, 0, 0);
	return clear_all(w);
}

/**
 * cohmem_wipe_run() - clear everything, once
 * @w: the wipe; none goes on
 * @cpus: where to run; at least one of them is on line
 * @stop: asked now and then: is it to be given up
 * @arg: for @stop
 *
 * Whether the memory is ready is found out by the threads, under the lock. A
 * reset in between makes it start over.
 *
 * Context: may sleep; nobody else has the memory.
 * Return: 0, also if bad pages were left out (see @w->skipped); -ECANCELED;
 * -EIO if the memory failed or is off; -EAGAIN if it was reset over and over;
 * -EHWPOISON if there are more bad pages than can be told; -ENOMEM.
 */
int cohmem_wipe_run(struct cohmem_wipe *w, const struct cpumask *cpus,
		    bool (*stop)(void *), void *arg)
{
	unsigned int i;
	int ret;

	w->cpus = cpus;
	w->stop = stop;
	w->arg = arg;
	for (i = 0; i < MAX_ROUNDS; i++) {
		ret = one_round(w);
		if (ret != -EAGAIN)
			break;
	}
	set_state(w, COHMEM_WIPE_IDLE);

	w->ops->trace(w->owner, COHMEM_SCRUB_END, atomic64_read(&w->done),
		      w->total, w->ms, ret);
	return ret;
}

/**
 * cohmem_wipe_init() - get ready to wipe
 * @w: zeroed
 * @ops: how to get at the memory
 * @owner: for @ops
 * @layout: what there is to clear
 * @name: of the owner
 */
void cohmem_wipe_init(struct cohmem_wipe *w, const struct cohmem_wipe_ops *ops,
		      void *owner, const struct cohmem_layout *layout,
		      const char *name)
{
	unsigned int i;

	w->ops = ops;
	w->owner = owner;
	w->layout = layout;
	w->name = name;
	spin_lock_init(&w->lock);
	init_waitqueue_head(&w->ended);
	for (i = 0; i < layout->nr; i++)
		w->total += layout->region[i].size;
}
