// SPDX-License-Identifier: GPL-2.0-only
/*
 * Clearing all memory of a function, with all CPUs.
 *
 * A wipe cuts the regions into pieces, and workers on an unbound queue, one per
 * CPU with the caller as one of them, take the next piece until none is left.
 * An administrator can keep CPUs out of it by the queue's cpumask in sysfs.
 *
 * Each piece is mapped, cleared and unmapped under memory_lock and state_lock,
 * as every access to the memory: a reset waits for a piece per CPU, and finds
 * no kernel mapping. Bad pages are left out: writing to one may raise another
 * error, and nobody can map it any more.
 *
 * Locks: @lock of struct cohmem_wipe guards what sysfs shows of it. The caller
 * sees to it that one wipe goes on at a time.
 */
#include <linux/cpumask.h>
#include <linux/io.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "trace.h"
#include "wipe.h"

/* What a worker clears under the locks: some milliseconds, also on one CPU. */
#define PIECE		SZ_16M
/* How much of it between two offers to let somebody else run. */
#define STRIDE		SZ_1M
/* Trace events in one wipe. */
#define STEPS		16
/* Who cannot be killed is not held up for longer by a device not ready. */
#define MAX_WAIT_MS	30000

struct worker {
	struct work_struct work;
	struct cohmem_wipe *w;
};

static u64 ms_since(ktime_t start)
{
	return ktime_ms_delta(ktime_get(), start);
}

static void stop(struct cohmem_wipe *w, int error)
{
	atomic_cmpxchg(&w->error, 0, error);
}

static bool stopped(struct cohmem_wipe *w)
{
	if (w->killable && fatal_signal_pending(w->owner))
		stop(w, -EINTR);
	return atomic_read(&w->error);
}

/*
 * Clear @len good bytes. The mapping has the type that users of the region get,
 * so that no two types ever meet on a page.
 */
static int clear_range(struct cohmem_wipe *w, const struct cohmem_region *r,
		       u64 off, size_t len)
{
	bool cached = r->kind == COHMEM_USEMEM;
	size_t pos, n;
	void *addr;

	addr = memremap(r->base + off, len, cached ? MEMREMAP_WB : MEMREMAP_WC);
	if (!addr)
		return -ENOMEM;

	for (pos = 0; pos < len && !stopped(w); pos += n) {
		n = min_t(size_t, len - pos, STRIDE);
		memset(addr + pos, 0, n);
		cond_resched();
	}
	if (!cached) {
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
	int ret;

	down_read(&cdev->core.memory_lock);
	down_read(&cdev->state_lock);
	if (!cohmem_gate_open(cdev))
		ret = -EIO;
	else
		ret = cohmem_ready_check(cdev);
	if (!ret) {
		/*
		 * Unmapping a piece leaves its TLB entries for later. The
		 * workers' mappings count as one alias, so that whoever drops
		 * the aliases, a reset or we at the end, flushes them.
		 */
		atomic_cmpxchg(&cdev->nr_alias, 0, 1);
		ret = clear_piece(w, r, off, len);
	}
	up_read(&cdev->state_lock);
	up_read(&cdev->core.memory_lock);
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

static void work_loop(struct cohmem_wipe *w)
{
	const struct cohmem_region *r;
	u64 off, len;
	int ret;

	while (!stopped(w) &&
	       find_piece(&w->cdev->plat.layout,
			  atomic64_inc_return(&w->next) - 1, &r, &off, &len)) {
		ret = clear_locked(w, r, off, len);
		if (ret)
			stop(w, ret);
		else if (!stopped(w))
			account(w, len);
	}
}

static void work_fn(struct work_struct *work)
{
	work_loop(container_of(work, struct worker, work)->w);
}

/* All CPUs, or only this one if there is no memory to tell the others. */
static void clear_all(struct cohmem_wipe *w)
{
	unsigned int i, nr = num_online_cpus() - 1;
	struct worker *workers;

	workers = kvzalloc_objs(*workers, nr);
	if (!workers)
		nr = 0;
	for (i = 0; i < nr; i++) {
		workers[i].w = w;
		INIT_WORK(&workers[i].work, work_fn);
		queue_work(w->wq, &workers[i].work);
	}
	work_loop(w);
	for (i = 0; i < nr; i++)
		flush_work(&workers[i].work);
	kvfree(workers);
}

static bool settled(struct cohmem_device *cdev)
{
	enum cohmem_ready_state state = READ_ONCE(cdev->ready.state);

	return state == COHMEM_READY || state == COHMEM_FAILED ||
	       !cohmem_gate_open(cdev);
}

static int wait_ready(struct cohmem_wipe *w)
{
	struct cohmem_device *cdev = w->cdev;

	if (w->killable)
		return cohmem_ready_wait(cdev) ? -EINTR : 0;

	cohmem_ready_kick(cdev);
	if (!wait_event_timeout(cdev->ready_wq, settled(cdev),
				msecs_to_jiffies(MAX_WAIT_MS)))
		return -ETIMEDOUT;
	return 0;
}

/**
 * cohmem_wipe_run() - clear everything, once
 * @w: the wipe; none goes on
 * @killable: a fatal signal for the caller stops it
 *
 * Whether the memory is ready is found out by the workers, under the locks.
 *
 * Context: may sleep; no lock held that a reset or a config access needs.
 * Return: 0; -EINTR; -ETIMEDOUT; -EIO if the memory failed or is off; -EAGAIN
 * if a reset came in between; -ENOMEM.
 */
int cohmem_wipe_run(struct cohmem_wipe *w, bool killable)
{
	struct cohmem_device *cdev = w->cdev;
	const struct cohmem_layout *layout = &cdev->plat.layout;
	struct pci_dev *pdev = cdev->core.pdev;
	u64 skipped;
	int ret;

	atomic64_set(&w->next, 0);
	atomic64_set(&w->done, 0);
	atomic64_set(&w->skipped, 0);
	atomic_set(&w->error, 0);
	w->killable = killable;
	w->owner = current;

	spin_lock(&w->lock);
	w->state = COHMEM_WIPE_WAITING;
	spin_unlock(&w->lock);
	ret = wait_ready(w);

	spin_lock(&w->lock);
	w->state = COHMEM_WIPE_RUNNING;
	w->started = ktime_get();
	spin_unlock(&w->lock);

	if (!ret) {
		trace_cohmem_scrub(pdev, COHMEM_SCRUB_BEGIN, 0, w->total, 0, 0);
		clear_all(w);
		down_write(&cdev->state_lock);
		cohmem_alias_drop(cdev);
		up_write(&cdev->state_lock);
		ret = atomic_read(&w->error);
	}

	cohmem_wipe_finish(w, ret, ms_since(w->started));

	trace_cohmem_scrub(pdev, COHMEM_SCRUB_END, atomic64_read(&w->done),
			   w->total, w->ms, ret);
	skipped = atomic64_read(&w->skipped);
	if (!ret)
		pci_info(pdev, "cleared %llu MiB of %s in %llu ms\n",
			 (w->total - skipped) >> 20, layout->nr > 1 ?
			 "usemem and resmem" :
			 cohmem_kind_name(layout->region[0].kind), w->ms);
	if (!ret && skipped)
		pci_info(pdev, "%llu bytes in bad pages were left out\n",
			 skipped);
	return ret;
}

/**
 * cohmem_wipe_finish() - note how a wipe ended
 * @w: the wipe
 * @result: 0 or a negative errno
 * @ms: how long it took to clear
 *
 * Also for one that could not begin.
 *
 * Context: any that may take a spinlock.
 */
void cohmem_wipe_finish(struct cohmem_wipe *w, int result, u64 ms)
{
	spin_lock(&w->lock);
	w->state = COHMEM_WIPE_IDLE;
	w->ms = ms;
	w->result = result;
	w->runs++;
	spin_unlock(&w->lock);
}

/**
 * cohmem_wipe_init() - get ready to wipe
 * @w: zeroed
 * @cdev: the function
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int cohmem_wipe_init(struct cohmem_wipe *w, struct cohmem_device *cdev)
{
	const struct cohmem_layout *layout = &cdev->plat.layout;
	unsigned int i;

	w->wq = alloc_workqueue("cohmem-%s", WQ_UNBOUND | WQ_SYSFS, 0,
				pci_name(cdev->core.pdev));
	if (!w->wq)
		return -ENOMEM;
	w->cdev = cdev;
	spin_lock_init(&w->lock);
	for (i = 0; i < layout->nr; i++)
		w->total += layout->region[i].size;
	return 0;
}

/**
 * cohmem_wipe_fini() - undo cohmem_wipe_init()
 * @w: the wipe; none goes on
 *
 * Context: may sleep.
 */
void cohmem_wipe_fini(struct cohmem_wipe *w)
{
	destroy_workqueue(w->wq);
}
