/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Time limits on a machine that is slow.
 *
 * A limit says how long something may take on processors that L1 has to itself.
 * They are emulated: threads of the host, which wait when the host has more to do.
 * The host measures how long they have waited (lab/clock.sh) and tells L1 once a
 * second; that time is "lost" and does not count. As a measure that is wrong must
 * not make a limit endless, at most four fifths of any time are believed to be lost.
 *
 * Nothing but arithmetic here, so that it can be tested anywhere.
 */
#ifndef COHMEM_LAB_LIMIT_H
#define COHMEM_LAB_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

/* No limit becomes longer than this many times itself; lab/clock.sh has it, too. */
#define LAB_STRETCH_MAX	5

/* What init writes and every program of L1 may map, in a file of its own. */
#define LAB_LOST_FILE	"/run/lab-lost"

struct lab_lost {
	uint64_t wall_ms;	/* the host's clock; 0: it does not tell */
	uint64_t lost_ms;	/* of that, how much was lost, since the start */
	uint64_t worst10;	/* the worst factor of late, in tenths */
};

/* Reports in which lab_lost::worst10 looks for the worst, about one a second. */
#define LAB_RECENT	10

/* Of @wall ms that have gone by while @lost were lost: what counts. */
static inline uint64_t lab_spent_ms(uint64_t wall, uint64_t lost)
{
	uint64_t least = (wall + LAB_STRETCH_MAX - 1) / LAB_STRETCH_MAX;
	uint64_t spent = lost < wall ? wall - lost : 0;

	return spent > least ? spent : least;
}

/* Is a limit of @limit ms over? */
static inline bool lab_over(uint64_t limit, uint64_t wall, uint64_t lost)
{
	return lab_spent_ms(wall, lost) > limit;
}

/* How many times slower than it would have been alone, in tenths: 10 to 50. */
static inline unsigned int lab_factor10(uint64_t wall, uint64_t lost)
{
	uint64_t spent = lab_spent_ms(wall, lost);

	return spent ? (wall * 10 + spent / 2) / spent : 10;
}

/* A factor by which to multiply whole numbers: a little more than 1 is 1. */
static inline unsigned int lab_times(unsigned int factor10)
{
	return factor10 <= 12 ? 1 : (factor10 + 9) / 10;
}

#endif /* COHMEM_LAB_LIMIT_H */
