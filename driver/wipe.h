/* SPDX-License-Identifier: GPL-2.0-only */
/* Clearing all memory of somebody, once: what wipe.c offers scrub.c. */
#ifndef COHMEM_WIPE_H
#define COHMEM_WIPE_H

#include <linux/atomic.h>
#include <linux/cpumask.h>
#include <linux/ktime.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

#include "core/layout.h"

struct cohmem_wipe;

/**
 * enum cohmem_scrub_event - how far clearing the memory is
 * @COHMEM_SCRUB_BEGIN: it starts
 * @COHMEM_SCRUB_PROGRESS: another part is done
 * @COHMEM_SCRUB_END: it is over, with a result
 */
enum cohmem_scrub_event {
	COHMEM_SCRUB_BEGIN,
	COHMEM_SCRUB_PROGRESS,
	COHMEM_SCRUB_END,
};

/**
 * struct cohmem_wipe_ops - getting at the memory
 * @wait: sleep until it can be found out whether the memory answers, or until
 *	cohmem_wipe_stopped(); NULL if it always does
 * @begin: the memory may be touched until @end, for a bounded piece of work:
 *	0; -EAGAIN to wait and start over; or why not
 * @end: see @begin
 * @good: how many of the bytes at an offset come before the first that must not
 *	be touched
 * @hole: how many of the bytes at an offset, where none is good, are not part of
 *	what there is to clear; NULL if all are
 * @map: map good bytes into the kernel; undone by memunmap()
 * @clean: nothing of them is left in a CPU's cache
 * @trace: for the tracepoints
 */
struct cohmem_wipe_ops {
	void (*wait)(struct cohmem_wipe *w);
	int (*begin)(void *owner);
	void (*end)(void *owner);
	u64 (*good)(void *owner, const struct cohmem_region *r, u64 off,
		    u64 len);
	u64 (*hole)(void *owner, const struct cohmem_region *r, u64 off,
		    u64 len);
	void *(*map)(void *owner, const struct cohmem_region *r, u64 off,
		     u64 len);
	void (*clean)(void *owner, const struct cohmem_region *r, u64 off,
		      void *addr, size_t len);
	void (*trace)(void *owner, enum cohmem_scrub_event event, u64 bytes,
		      u64 total, u64 ms, int ret);
};

/**
 * enum cohmem_wipe_state - what a wipe is doing
 * @COHMEM_WIPE_IDLE: none goes on
 * @COHMEM_WIPE_WAITING: it waits for the memory to become ready
 * @COHMEM_WIPE_RUNNING: it clears
 */
enum cohmem_wipe_state {
	COHMEM_WIPE_IDLE,
	COHMEM_WIPE_WAITING,
	COHMEM_WIPE_RUNNING,
};

/**
 * struct cohmem_wipe - the wipe that goes on, or what is known of the last one
 * @ops: how to get at the memory
 * @owner: for @ops
 * @layout: what there is to clear
 * @name: of the owner, for threads
 * @total: bytes there are to clear
 * @cpus: where the threads may run
 * @next: number of the next piece to clear
 * @done: bytes cleared or left out
 * @skipped: bytes in bad pages that were left out
 * @error: first error; makes all threads stop
 * @stop: asked now and then: is it to be given up
 * @arg: for @stop
 * @threads: that have not ended yet
 * @ended: woken when the last of @threads has ended
 * @lock: guards what follows
 * @state: what it is doing
 * @started: when this one began to clear
 * @ms: how long the last one took to clear
 */
struct cohmem_wipe {
	const struct cohmem_wipe_ops *ops;
	void *owner;
	const struct cohmem_layout *layout;
	const char *name;
	u64 total;
	const struct cpumask *cpus;

	atomic64_t next;
	atomic64_t done;
	atomic64_t skipped;
	atomic_t error;
	bool (*stop)(void *arg);
	void *arg;
	atomic_t threads;
	wait_queue_head_t ended;

	spinlock_t lock; /* see above */
	enum cohmem_wipe_state state;
	ktime_t started;
	u64 ms;
};

void cohmem_wipe_init(struct cohmem_wipe *w, const struct cohmem_wipe_ops *ops,
		      void *owner, const struct cohmem_layout *layout,
		      const char *name);
int cohmem_wipe_run(struct cohmem_wipe *w, const struct cpumask *cpus,
		    bool (*stop)(void *), void *arg);

/* For the operations: is this one to be given up? */
static inline bool cohmem_wipe_stopped(struct cohmem_wipe *w)
{
	return w->stop(w->arg);
}

#endif /* COHMEM_WIPE_H */
