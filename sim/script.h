/* SPDX-License-Identifier: GPL-2.0-only */
/* What was said on the control socket, with its time: written down, or replayed. */
#ifndef COHMEM_SIM_SCRIPT_H
#define COHMEM_SIM_SCRIPT_H

#include <stdio.h>

#include "env.h"

typedef int64_t s64;

#define SIM_SCRIPT_LINE		40000	/* longest line; mem write has 32 K digits */

struct sim_script {
	FILE *to, *from;	/* NULL where there is none */
	u64 start_ns;
	u64 next_ms;		/* when @line is due */
	char line[SIM_SCRIPT_LINE];	/* empty at the end */
};

int cohmem_sim_script_open(struct sim_script *s, const char *to,
			   const char *from, u64 now_ns);
void cohmem_sim_script_close(struct sim_script *s);
void cohmem_sim_script_note(struct sim_script *s, u64 now_ns, const char *line);
char *cohmem_sim_script_due(struct sim_script *s, u64 now_ns);
s64 cohmem_sim_script_wait_ms(const struct sim_script *s, u64 now_ns);

#endif /* COHMEM_SIM_SCRIPT_H */
