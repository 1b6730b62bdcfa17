/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A model of the kernel: what it does when driver_override, unbind and
 * drivers_probe are written, on the tree of a recorded machine. So plans can be
 * run to their end, and failed at every single step.
 */
#ifndef COHMEM_KERNEL_MODEL_H
#define COHMEM_KERNEL_MODEL_H

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "host.h"

#define GPU	"0009:01:00.0"
#define NIC	"0009:02:00.0"
#define PATH	2048

/**
 * struct kernel - the model
 * @root: the machine's tree
 * @writes: writes so far
 * @fail_at: which write fails, counted from 1; 0 = none
 * @after: that write fails after it has had its effect
 * @signal_at: which write or module load a signal arrives at, from 1; 0 = none
 * @signo: that signal
 * @die: it is the end of the process, there and then
 * @steps: writes and module loads so far
 * @refuse: driver that refuses every function; NULL = none
 * @no_modules: modules cannot be loaded
 * @asked: modules asked for, with a space after each
 */
struct kernel {
	char root[256];
	int writes;
	int fail_at;
	bool after;
	int signal_at;
	int signo;
	bool die;
	int steps;
	const char *refuse;
	bool no_modules;
	char asked[256];
	char notes[2048];
	struct cohmem_ctx *ctx;
	struct cohmem_plan plan;
};

void km_rm_tree(const char *path);
void km_put(const char *path, const char *text);
void km_get(const char *path, char *buf, size_t size);
void km_play(struct kernel *k, struct cohmem_ctx *ctx);
void km_start(struct kernel *k, const char *machine);
void km_stop(struct kernel *k);
void km_snapshot(struct kernel *k, char *buf, size_t size);
void km_record(struct kernel *k, struct cohmem_record *rec);
const char *km_driver_of(struct kernel *k, const char *bdf);
const char *km_override_of(struct kernel *k, const char *bdf);
int km_bind(struct kernel *k, const char *driver, unsigned int flags);
int km_unbind(struct kernel *k);
int km_setup(void **state);
int km_teardown(void **state);

#endif /* COHMEM_KERNEL_MODEL_H */
