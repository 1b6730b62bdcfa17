/* SPDX-License-Identifier: GPL-2.0-only */
/* Options of a command: one row each, which is parser and help in one. */
#ifndef COHMEM_SIM_OPTIONS_H
#define COHMEM_SIM_OPTIONS_H

#include <stddef.h>

#include "env.h"

enum sim_option_kind {
	SIM_OPT_TEXT,		/* const char * */
	SIM_OPT_NUMBER,		/* u64 or s64: 0 to INT64_MAX */
	SIM_OPT_NUMBER64,	/* u64: whatever fits */
	SIM_OPT_FLAG,		/* bool */
};

/**
 * struct sim_option - one option
 * @name: the word after "--"
 * @letter: the same in short, or 0
 * @kind: what it takes
 * @arg: what that is called in the help
 * @at: where in the command's struct it goes
 * @given: where there a bool tells that it was given, or 0
 * @help: what it does; "\n" goes on in the next line
 */
struct sim_option {
	const char *name;
	char letter;
	enum sim_option_kind kind;
	const char *arg;
	size_t at, given;
	const char *help;
};

#define SIM_OPTIONS_GO_ON	(-1)

int cohmem_sim_options(const char *command, const struct sim_option *row,
		       void (*help)(void), void *to, int argc, char **argv);
int cohmem_sim_no_arguments(const char *command, int argc, char **argv);
void cohmem_sim_options_help(const struct sim_option *row);

#endif /* COHMEM_SIM_OPTIONS_H */
