/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sequences: for each actor a list of numbers, each of which is a step. Made from
 * a seed, or from others that have shown something new; written and read as
 * text; made smaller while they still show what they show.
 */
#ifndef COHMEM_FUZZ_PROGRAM_H
#define COHMEM_FUZZ_PROGRAM_H

#include "env.h"

#define FUZZ_ACTORS	6	/* the last one is the machine */
#define FUZZ_MACHINE	(FUZZ_ACTORS - 1)
#define FUZZ_STEPS	160	/* of an actor in one round, at most */

/**
 * struct list - what one actor does
 * @nr: how many steps
 * @id: them
 */
struct list {
	unsigned int nr;
	u64 id[FUZZ_STEPS];
};

/**
 * struct program - what all actors do in one round
 * @seed: what it was made from, and what decides which kind of round it is
 * @list: one for each
 */
struct program {
	u64 seed;
	struct list list[FUZZ_ACTORS];
};

void program_from_seed(struct program *p, u64 seed, unsigned int steps);
void list_mutate(struct list *l, const struct list *a, const struct list *b,
		 u64 seed);
unsigned int program_steps(const struct program *p);
bool program_parse_line(struct program *p, const char *line);
int program_line(const struct list *l, unsigned int actor, char *buf,
		 size_t size);
bool program_parse_choice(struct program *p, const char *text);
unsigned int program_shrink(struct program *p,
			    bool (*fails)(const struct program *p, void *arg),
			    void *arg, unsigned int tries);

#endif /* COHMEM_FUZZ_PROGRAM_H */
