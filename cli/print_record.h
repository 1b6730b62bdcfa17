/* SPDX-License-Identifier: GPL-2.0-only */
/* What record has to say of what goes in. */
#ifndef COHMEM_PRINT_RECORD_H
#define COHMEM_PRINT_RECORD_H

#include "cohmem.h"

/**
 * struct record_list - members of a recording, as they come
 * @cli: the run
 * @show: each is listed
 * @nr: how many
 * @bytes: all together
 * @json: the list, with --json
 */
struct record_list {
	struct cli *cli;
	bool show;
	unsigned int nr;
	u64 bytes;
	void *json;
};

void record_begin(struct record_list *list);
void record_member(void *arg, const char *name, u64 size, const char *target);
void record_end(struct record_list *list, const char *path);

#endif /* COHMEM_PRINT_RECORD_H */
