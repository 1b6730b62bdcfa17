// SPDX-License-Identifier: GPL-2.0-only
/* The function's clock, and the real one. */
#include <time.h>

#include "clock.h"

/**
 * cohmem_sim_real_ns() - the real clock
 * Return: nanoseconds since some start, never going back.
 */
u64 cohmem_sim_real_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/**
 * cohmem_sim_clock_ns() - the function's clock
 * @c: the clock
 * Return: nanoseconds, never going back.
 */
u64 cohmem_sim_clock_ns(const struct sim_clock *c)
{
	return c->frozen ? c->at_ns : cohmem_sim_real_ns() + c->ahead_ns;
}

/**
 * cohmem_sim_clock_freeze() - time stands still
 * @c: the clock
 * @at_ns: what it has shown last; whatever is said next is said at that time, so
 *	that a script which repeats it is never too early
 */
void cohmem_sim_clock_freeze(struct sim_clock *c, u64 at_ns)
{
	if (!c->frozen)
		c->at_ns = at_ns;
	c->frozen = true;
}

/**
 * cohmem_sim_clock_advance() - so much time is over at once
 * @c: the clock, frozen or not
 * @ms: how much
 */
void cohmem_sim_clock_advance(struct sim_clock *c, u64 ms)
{
	c->at_ns += ms * 1000000;
	c->ahead_ns += ms * 1000000;
}

/**
 * cohmem_sim_clock_run() - time goes on from where it stands
 * @c: the clock
 */
void cohmem_sim_clock_run(struct sim_clock *c)
{
	if (c->frozen)
		c->ahead_ns = c->at_ns - cohmem_sim_real_ns();
	c->frozen = false;
}
