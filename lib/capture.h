/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A recording of a host: one file that is looked at like the host itself
 * (--sysroot FILE), and from which an emulated GPU can be made.
 *
 * Form: a tar file (POSIX ustar, nothing beyond it), in this order:
 *
 *	cohmem/recording	"schema=cohmem.recording.1" and the version
 *	cohmem/gpu-BDF.json	each GPU, complete in itself (cohmem.gpu.1)
 *	cohmem/answers		what no file tells: lines "key=value" (answers.c)
 *	cohmem/kernel.log	what the kernel logged of the GPUs and their drivers
 *	sys/.., proc/.., ..	files and links of the host, paths as on the host
 *
 * What is not in: host name, serial numbers (of a function's configuration space,
 * too), network addresses, kernel command line, processes and users. Only functions
 * that have to do with a GPU are in: itself, its group, the way up to the root.
 */
#ifndef COHMEM_CAPTURE_H
#define COHMEM_CAPTURE_H

#include "host.h"

/**
 * typedef cohmem_capture_fn - hears of each member of a recording
 * @arg: its own
 * @name: the member
 * @size: bytes; 0 for a link or folder
 * @target: what a link points to, or NULL
 */
typedef void cohmem_capture_fn(void *arg, const char *name, u64 size,
			       const char *target);

int cohmem_capture(struct cohmem_ctx *ctx, FILE *out, cohmem_capture_fn *seen,
		   void *arg);

/* capture_gpu.c */
struct cohmem_tar;
void cohmem_capture_gpu(struct cohmem_ctx *ctx, struct cohmem_tar *t,
			const struct cohmem_func *f);
void cohmem_hide_serial(u8 *cfg, size_t len);

/* capture_egm.c */
void cohmem_capture_egm(struct cohmem_ctx *ctx, struct cohmem_tar *t);

/* archive.c: the tar file itself */
struct cohmem_tar {
	FILE *out;
	cohmem_capture_fn *seen;
	void *arg;
	int error;
};

void cohmem_tar_file(struct cohmem_tar *t, const char *name, const void *data,
		     size_t len);
void cohmem_tar_link(struct cohmem_tar *t, const char *name,
		     const char *target);
void cohmem_tar_dir(struct cohmem_tar *t, const char *name);
int cohmem_tar_end(struct cohmem_tar *t);
int cohmem_tar_unpack(const char *path, const char *dir);
void cohmem_tar_remove(const char *dir);

#endif /* COHMEM_CAPTURE_H */
