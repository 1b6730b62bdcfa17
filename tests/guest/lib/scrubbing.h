/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Clearing the memory between users, from the outside: what a user leaves is put
 * there by the emulated superchip and looked for by it, so that nobody has to
 * open the device for that.
 */
#ifndef COHMEM_GUEST_SCRUBBING_H
#define COHMEM_GUEST_SCRUBBING_H

#include "hold.h"

/* Clearing takes its time where one processor is emulated by another. */
#define CLEARED_MS	(60000 * slowness())
/* How long close() may take besides what the core does in it: no clearing. */
#define CLOSE_MS	(1000 * slowness())

void scrub_policy(const char *word);
void leave_traces(void);
unsigned int traces_left(void);
void scrub_leave(void);
void scrub_user(unsigned int training_ms);
bool scrub_starts(unsigned int ms);
void scrub_ends(const char *result);
void scrub_fresh(const char *policy);

#endif /* COHMEM_GUEST_SCRUBBING_H */
