// SPDX-License-Identifier: GPL-2.0-only
/*
 * Clearing all memory of a function that this driver has to itself, with the
 * CPUs that are next to it.
 *
 * A wipe cuts the regions into pieces, and threads, one for each CPU they may
 * run on, take the next piece until none is left. Each piece is mapped, cleared
 * and unmapped under state_lock, as every access to the memory: a reset waits
 * for a piece per thread, and finds no kernel mapping. Bad pages are left out:
 * writing to one may raise another error.
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

#include "trace.h"
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

	addr = cohmem_map_piece(w->cdev, r, off, len);
	if (!addr)
		return -ENOMEM;

	for (pos = 0; pos < len && !stopped(w); pos += n) {
		n = min_t(size_t, len - pos, STRIDE);
		memset(addr + pos, 0, n);
		cohmem_cache_clean(w->cdev, r, off + pos, addr + pos, n,
				   COHMEM_CLEAN_WIPE);
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
		good = cohmem_poison_clean(w->cdev, r, off, end - off);
		if (good) {
			ret = clear_range(w, r, off, good);
			if (ret)
				return ret;
			off += good;
			continue;
		}
		/* @off is page aligned here: pieces and bad pages are. */
		step = min_t(u64, end - off, PAGE_SIZE);
		atomic64_add(step, &w->skipped);
		off += step;
	}
	return 0;
}

/* The same rules as for any access to the memory. */
static int clear_locked(struct cohmem_wipe *w, const struct cohmem_region *r,
			u64 off, u64 len)
{
	struct cohmem_device *cdev = w->cdev;
	bool overflow;
	int ret;

	down_read(&cdev->state_lock);
	cohmem_poison_count(cdev, &overflow);
	if (overflow)
		ret = -EHWPOISON;
	else if (!cohmem_gate_open(cdev))
		ret = -EIO;
	else
		ret = cohmem_ready_check(cdev);
	if (!ret)
		ret = clear_piece(w, r, off, len);
	up_read(&cdev->state_lock);
	return ret;
}

static void account(struct cohmem_wipe *w, u64 len)
{
	u64 step = div_u64(w->total, STEPS) + 1;
	u64 after = atomic64_add_return(len, &w->done);

	if (div64_u64(after, step) != div64_u64(after - len, step))
		trace_cohmem_scrub(w->cdev->core.pdev, COHMEM_SCRUB_PROGRESS,
				   after, w->total, ms_since(w->started), 0);
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
	       find_piece(&w->cdev->plat.layout,
			  atomic64_inc_return(&w->next) - 1, &r, &off, &len)) {
		ret = clear_locked(w, r, off, len);
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
					   "cohmem-%s",
					   pci_name(w->cdev->core.pdev));
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

static bool settled(struct cohmem_wipe *w)
{
	struct cohmem_device *cdev = w->cdev;
	enum cohmem_ready_state state = READ_ONCE(cdev->ready.state);

	return state == COHMEM_READY || state == COHMEM_FAILED ||
	       !cohmem_gate_open(cdev) || w->stop(w->arg);
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
	struct cohmem_device *cdev = w->cdev;

	atomic64_set(&w->next, 0);
	atomic64_set(&w->done, 0);
	atomic64_set(&w->skipped, 0);
	atomic_set(&w->error, 0);

	set_state(w, COHMEM_WIPE_WAITING);
	cohmem_ready_kick(cdev);
	wait_event_idle(cdev->ready_wq, settled(w));

	set_state(w, COHMEM_WIPE_RUNNING);
	trace_cohmem_scrub(cdev->core.pdev, COHMEM_SCRUB_BEGIN, 0, w->total, 0,
			   0);
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
 * Context: may sleep; the function is held by this driver.
 * Return: 0, also if bad pages were left out (see @w->skipped); -ECANCELED;
 * -EIO if the memory failed or is off; -EAGAIN if it was reset over and over;
 * -EHWPOISON if there are more bad pages than can be told; -ENOMEM.
 */
int cohmem_wipe_run(struct cohmem_wipe *w, const struct cpumask *cpus,
		    bool (*stop)(void *), void *arg)
{
	const struct cohmem_layout *layout = &w->cdev->plat.layout;
	struct pci_dev *pdev = w->cdev->core.pdev;
	unsigned int i;
	u64 skipped;
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

	trace_cohmem_scrub(pdev, COHMEM_SCRUB_END, atomic64_read(&w->done),
			   w->total, w->ms, ret);
	skipped = atomic64_read(&w->skipped);
	if (!ret)
		pci_info_ratelimited(pdev,
				     "cleared %llu MiB of %s in %llu ms\n",
				     (w->total - skipped) >> 20,
				     layout->nr > 1 ? "usemem and resmem" :
				     cohmem_kind_name(layout->region[0].kind),
				     w->ms);
	return ret;
}

/**
 * cohmem_wipe_init() - get ready to wipe
 * @w: zeroed
 * @cdev: the function
 */
void cohmem_wipe_init(struct cohmem_wipe *w, struct cohmem_device *cdev)
{
	const struct cohmem_layout *layout = &cdev->plat.layout;
	unsigned int i;

	w->cdev = cdev;
	spin_lock_init(&w->lock);
	init_waitqueue_head(&w->ended);
	for (i = 0; i < layout->nr; i++)
		w->total += layout->region[i].size;
}
