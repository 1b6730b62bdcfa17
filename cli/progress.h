/* SPDX-License-Identifier: GPL-2.0-only */
/* How far something long has come, in one line. */
#ifndef COHMEM_PROGRESS_H
#define COHMEM_PROGRESS_H

#include <stddef.h>

#include "env.h"

/**
 * struct progress - how far it has come
 * @subject: what it is about
 * @step: the step it is in, from 1
 * @nr_steps: how many there are
 * @done: bytes, of all steps
 * @total: bytes, of all steps
 * @ms: since it began
 */
struct progress {
	const char *subject;
	unsigned int step;
	unsigned int nr_steps;
	u64 done;
	u64 total;
	u64 ms;
};

u64 progress_rate(u64 bytes, u64 ms);
void duration(u64 ms, char *buf, size_t size);
void progress_line(const struct progress *p, char *buf, size_t size);
void progress_show(const struct progress *p);
void progress_end(void);

#endif /* COHMEM_PROGRESS_H */
