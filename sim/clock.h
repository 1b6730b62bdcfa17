/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Time. What the function does after a reset goes by a clock of its own, which
 * can be stopped and set forward, so that a test need not wait and cannot be too
 * late. Patience with clients goes by the real one.
 */
#ifndef COHMEM_SIM_CLOCK_H
#define COHMEM_SIM_CLOCK_H

#include "env.h"

/* All zero: as the real one. */
struct sim_clock {
	bool frozen;
	u64 at_ns;		/* what it shows while frozen */
	u64 ahead_ns;		/* of the real one, modulo 2^64, while running */
};

u64 cohmem_sim_real_ns(void);
u64 cohmem_sim_clock_ns(const struct sim_clock *c);
void cohmem_sim_clock_freeze(struct sim_clock *c, u64 at_ns);
void cohmem_sim_clock_advance(struct sim_clock *c, u64 ms);
void cohmem_sim_clock_run(struct sim_clock *c);

#endif /* COHMEM_SIM_CLOCK_H */
