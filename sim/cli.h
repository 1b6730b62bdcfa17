/* SPDX-License-Identifier: GPL-2.0-only */
/* The program's commands, and what they share. */
#ifndef COHMEM_SIM_CLI_H
#define COHMEM_SIM_CLI_H

#include "env.h"
#include <getopt.h>

/* Exit codes. */
#define SIM_EXIT_FAILURE	1
#define SIM_EXIT_USAGE		2

struct sim_model;

int cohmem_sim_cmd_run(int argc, char **argv);
int cohmem_sim_cmd_ssdt(int argc, char **argv);
int cohmem_sim_cmd_ctl(int argc, char **argv);
int cohmem_sim_cmd_models(int argc, char **argv);

int cohmem_sim_parse_size(const char *text, u64 *value);
size_t cohmem_sim_parse_hex(const char *text, u8 *buf, size_t len);
void cohmem_sim_hex(const u8 *buf, size_t len, char *text);
int cohmem_sim_usage_error(const char *command, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
const struct sim_model *cohmem_sim_need_model(const char *command,
					      const char *name);

/* cmd_models.c */
struct sim_gpu;
struct sim_notes;

void cohmem_sim_say_notes(const char *file, const struct sim_notes *notes);
int cohmem_sim_be_like(const char *command, const char *file,
		       const char *model, struct sim_gpu *g,
		       const struct sim_model **base, struct sim_notes *notes);

int cohmem_sim_pick_gpu(const char *command, const char *like,
			const char *model, struct sim_gpu *g,
			struct sim_notes *notes);

#endif /* COHMEM_SIM_CLI_H */
