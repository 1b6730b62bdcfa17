/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Is this host fit to hand GPUs to virtual machines? Each check has an id that
 * stays, says what it has seen, what that means for the machine, and what to do.
 *
 * What no file tells (KVM's abilities, the versions of programs) are "answers": on
 * the running host they are asked for, of a recorded one they are in the recording.
 */
#ifndef COHMEM_CHECK_H
#define COHMEM_CHECK_H

#include "host_egm.h"
#include "vm.h"

#define COHMEM_MAX_FINDINGS	192

enum cohmem_severity {
	COHMEM_FIT,		/* as it should be */
	COHMEM_NOTE,		/* worth knowing */
	COHMEM_UNKNOWN,		/* could not be found out */
	COHMEM_ODD,		/* works, but worse than it could */
	COHMEM_BLOCKS,		/* the machine will not start, or lack its memory */
	COHMEM_NR_SEVERITIES,
};

/**
 * struct cohmem_finding - what one check has found
 * @id: stable word
 * @severity: how much it matters
 * @bdf: the function or EGM it is about, or empty
 * @evidence: what was seen
 * @means: what that means for the machine
 * @fix: what to do about it; may be empty
 */
struct cohmem_finding {
	const char *id;
	enum cohmem_severity severity;
	char bdf[COHMEM_BDF_LEN];
	char evidence[256];
	char means[256];
	char fix[256];
};

/**
 * struct cohmem_check - all that was found
 * @nr: findings
 * @finding: them, in the order of the checks
 * @count: how many of each severity
 */
struct cohmem_check {
	unsigned int nr;
	struct cohmem_finding finding[COHMEM_MAX_FINDINGS];
	unsigned int count[COHMEM_NR_SEVERITIES];
};

void cohmem_check_host(struct cohmem_ctx *ctx, struct cohmem_check *c);
void cohmem_check_gpu(struct cohmem_ctx *ctx, struct cohmem_func *f,
		      struct cohmem_check *c);
void cohmem_check_egm(const struct cohmem_egm *e, struct cohmem_check *c);
void cohmem_check_egm_host(struct cohmem_ctx *ctx, struct cohmem_check *c);
void cohmem_check_near_egm(struct cohmem_ctx *ctx, const struct cohmem_func *f,
			   struct cohmem_check *c);
void cohmem_check_guest(struct cohmem_ctx *ctx, struct cohmem_check *c);
int cohmem_check_plan(struct cohmem_ctx *ctx, const char *path,
		      struct cohmem_check *c);
const char *cohmem_severity_name(enum cohmem_severity severity);

/* check.c, for the files of checks */
__attribute__((format(printf, 5, 6)))
struct cohmem_finding *cohmem_found(struct cohmem_check *c, const char *id,
				    enum cohmem_severity severity,
				    const char *bdf, const char *fmt, ...);
void cohmem_explain(struct cohmem_finding *f, const char *means,
		    const char *fix);
unsigned int cohmem_kernel_version(struct cohmem_ctx *ctx);

/* answers.c */
#define COHMEM_ANSWERS	"/cohmem/answers"

int cohmem_answer(struct cohmem_ctx *ctx, const char *key, char *buf,
		  size_t size);
bool cohmem_answer_u64(struct cohmem_ctx *ctx, const char *key, u64 *out);
const char *cohmem_answer_key(unsigned int nr);

#endif /* COHMEM_CHECK_H */
