/* SPDX-License-Identifier: GPL-2.0-only */
/* Data does not outlive its user: what scrub.c offers whoever owns memory. */
#ifndef COHMEM_SCRUB_H
#define COHMEM_SCRUB_H

#include <linux/types.h>

#include "wipe.h"

struct cohmem_near_cpus;
struct cohmem_scrub;
struct device;

/**
 * enum cohmem_scrub_whose - which module parameter is the policy by default
 * @COHMEM_SCRUB_GPU: "scrub"
 * @COHMEM_SCRUB_EGM: "egm_scrub"
 * @COHMEM_NR_SCRUB_WHOSE: how many there are
 */
enum cohmem_scrub_whose {
	COHMEM_SCRUB_GPU,
	COHMEM_SCRUB_EGM,
	COHMEM_NR_SCRUB_WHOSE,
};

/**
 * struct cohmem_scrub_ops - having the memory to oneself
 * @begin: take it: nobody else writes to it any more on success; -EUSERS where
 *	somebody does for now. @stopped: that was so when it was given back. @stop:
 *	asked now and then: give up
 * @end: let go of it; @ret: how clearing ended, which may be put more precisely
 * @wake: whoever sleeps in @begin or for the memory has to look at @stop again;
 *	NULL if nobody does
 */
struct cohmem_scrub_ops {
	int (*begin)(void *owner, bool stopped, bool (*stop)(void *arg),
		     void *arg);
	int (*end)(void *owner, int ret);
	void (*wake)(void *owner);
};

/**
 * struct cohmem_scrub_setup - whose memory, and how to get at it
 * @whose: whose policy is the default
 * @dev: for the log, and for the NUMA node
 * @name: of a workqueue and of threads; stays
 * @what: what is cleared, for the log; stays
 * @owner: for the operations
 * @layout: the memory
 * @ops: having it to oneself
 * @wipe: getting at it
 */
struct cohmem_scrub_setup {
	enum cohmem_scrub_whose whose;
	struct device *dev;
	const char *name;
	const char *what;
	void *owner;
	const struct cohmem_layout *layout;
	const struct cohmem_scrub_ops *ops;
	const struct cohmem_wipe_ops *wipe;
};

/**
 * struct cohmem_scrub_status - what scrubbing is up to
 * @policy: the word that is in force: "off", "close" or "open"
 * @state: "idle", "waiting" (for the memory) or "running"
 * @dirty: the memory may hold what a user left
 * @result: how the last run ended: "none" yet, "ok", or what went wrong
 * @accept_bad: bad pages that were left out do not keep the next user away
 * @bytes: cleared by the run that goes on, or else by the last one
 * @skipped: bytes in bad pages that it left out
 * @ms: how long it has taken
 */
struct cohmem_scrub_status {
	const char *policy;
	const char *state;
	bool dirty;
	const char *result;
	bool accept_bad;
	u64 bytes;
	u64 skipped;
	u64 ms;
};

struct cohmem_scrub *
cohmem_scrub_new(const struct cohmem_scrub_setup *setup);
void cohmem_scrub_stop(struct cohmem_scrub *s);
void cohmem_scrub_free(struct cohmem_scrub *s);
int cohmem_scrub_open(struct cohmem_scrub *s);
int cohmem_scrub_try_open(struct cohmem_scrub *s);
void cohmem_scrub_close(struct cohmem_scrub *s, bool stopped);
int cohmem_scrub_start(struct cohmem_scrub *s);
void cohmem_scrub_retry(struct cohmem_scrub *s);
int cohmem_scrub_set_policy(struct cohmem_scrub *s, const char *word);
void cohmem_scrub_set_accept_bad(struct cohmem_scrub *s, bool accept);
struct cohmem_near_cpus *cohmem_scrub_cpus(struct cohmem_scrub *s);
void cohmem_scrub_status(struct cohmem_scrub *s,
			 struct cohmem_scrub_status *st);

#endif /* COHMEM_SCRUB_H */
