/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Things that do not end: a page whose contents never come, a call that sleeps
 * over it, and what others can do meanwhile, each with a deadline.
 *
 * Whoever is left hanging dies with the test: nothing here waits for good.
 */
#ifndef COHMEM_GUEST_HOLD_H
#define COHMEM_GUEST_HOLD_H

#include <pthread.h>

#include "guest.h"

/* What is meant to be instant may take so long on a busy emulated machine. */
#define AT_ONCE_MS	(3000 * slowness())

/**
 * struct hold - two pages, of which one or both can be held hostage
 * @base: the first of them
 * @page: size of each
 * @uffd: the userfaultfd
 */
struct hold {
	u8 *base;
	u64 page;
	int uffd;
};

void hold_init(struct hold *h);
void hold_page(struct hold *h, unsigned int nr);
bool hold_wanted(struct hold *h, u64 *page, unsigned int ms);
void hold_give(struct hold *h, unsigned int nr, const void *with);
void hold_take_back(struct hold *h, unsigned int nr);

/**
 * struct job - a call in a thread of its own
 * @fn: the call
 * @arg: its argument
 * @ret: what it returned
 * @err: errno after it
 * @ms: how long it took
 * @done: it has ended
 * @thread: who runs it
 */
struct job {
	long (*fn)(void *arg);
	void *arg;
	long ret;
	int err;
	double ms;
	volatile bool done;
	pthread_t thread;
};

void job_start(struct job *j, long (*fn)(void *), void *arg);
bool job_ended(struct job *j, unsigned int ms);
void job_join(struct job *j, const char *what, unsigned int ms);

bool poll_until(bool (*cond)(void *), void *arg, unsigned int ms);
bool attr_becomes(const char *name, const char *want, unsigned int ms);
void attr_is(const char *name, const char *want);
void attr_write(const char *name, const char *value);
unsigned int kmsg_count(int fd, const char *needle);

#endif /* COHMEM_GUEST_HOLD_H */
