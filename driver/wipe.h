/* SPDX-License-Identifier: GPL-2.0-only */
/* Clearing all memory of a function, once: what wipe.c offers scrub.c. */
#ifndef COHMEM_WIPE_H
#define COHMEM_WIPE_H

#include <linux/atomic.h>
#include <linux/cpumask.h>
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
	struct cohmem_device *cdev;
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

void cohmem_wipe_init(struct cohmem_wipe *w, struct cohmem_device *cdev);
int cohmem_wipe_run(struct cohmem_wipe *w, const struct cpumask *cpus,
		    bool (*stop)(void *), void *arg);

#endif /* COHMEM_WIPE_H */
