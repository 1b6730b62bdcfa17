/* SPDX-License-Identifier: GPL-2.0-only */
/* Clearing all memory of a function, once: what wipe.c offers scrub.c. */
#ifndef COHMEM_WIPE_H
#define COHMEM_WIPE_H

#include <linux/atomic.h>
#include <linux/ktime.h>
#include <linux/spinlock.h>

#include "device.h"

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
 * @cdev: the function
 * @wq: where the workers run
 * @total: bytes there are to clear
 * @next: number of the next piece to clear
 * @done: bytes cleared
 * @skipped: bytes in bad pages that were left out
 * @error: first error; makes all workers stop
 * @killable: a fatal signal for @owner stops it
 * @owner: who asked for it
 * @lock: guards what follows
 * @state: what it is doing
 * @runs: how many have ended
 * @result: how the last one ended, 0 or a negative errno
 * @started: when this one began to clear
 * @ms: how long the last one took to clear
 */
struct cohmem_wipe {
	struct cohmem_device *cdev;
	struct workqueue_struct *wq;
	u64 total;

	atomic64_t next;
	atomic64_t done;
	atomic64_t skipped;
	atomic_t error;
	bool killable;
	struct task_struct *owner;

	spinlock_t lock; /* see above */
	enum cohmem_wipe_state state;
	u64 runs;
	int result;
	ktime_t started;
	u64 ms;
};

int cohmem_wipe_init(struct cohmem_wipe *w, struct cohmem_device *cdev);
void cohmem_wipe_fini(struct cohmem_wipe *w);
int cohmem_wipe_run(struct cohmem_wipe *w, bool killable);
void cohmem_wipe_finish(struct cohmem_wipe *w, int result, u64 ms);

#endif /* COHMEM_WIPE_H */
