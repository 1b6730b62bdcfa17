/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * GPUs in operation: how they are, and what is done with them while they are
 * bound: reset, clearing, the list of bad pages. Same rules as host.h.
 */
#ifndef LIBCOHMEM_OPERATE_H
#define LIBCOHMEM_OPERATE_H

#include "host.h"

/* What is worth knowing before a GPU is handed out; bits of .issues. */
enum cohmem_issue {
	COHMEM_ISSUE_FAILED,		/* its memory did not become ready */
	COHMEM_ISSUE_MEMORY,		/* what firmware announces is no use */
	COHMEM_ISSUE_OVERFLOW,		/* more bad pages than can be noted */
	COHMEM_ISSUE_NO_IOMMU,
	COHMEM_ISSUE_POISONED,		/* some pages have gone bad */
	COHMEM_ISSUE_STRAY,		/* driver_override is not its driver */
	COHMEM_ISSUE_GROUP,		/* the host uses others of its group */
	COHMEM_ISSUE_DIRTY,		/* data of its last user may be there */
	COHMEM_ISSUE_RETIRED,		/* firmware has retired blocks: of EGM */
	COHMEM_ISSUE_UNKNOWN,		/* something could not be looked at */
	COHMEM_NR_ISSUES,
};

enum cohmem_status {
	COHMEM_STATUS_OK,
	COHMEM_STATUS_ATTENTION,	/* usable, and somebody should look */
	COHMEM_STATUS_FAILED,		/* not usable */
	COHMEM_STATUS_UNKNOWN,
};

/**
 * struct cohmem_health - how a function is
 * @status: all in all
 * @issues: bit n: issue n of enum cohmem_issue
 * @available: a virtual machine can have it now: 1, 0, or -1 for "nobody knows"
 * @why: why not, in one stable word; NULL where it can
 */
struct cohmem_health {
	enum cohmem_status status;
	unsigned int issues;
	int available;
	const char *why;
};

void cohmem_health(struct cohmem_ctx *ctx, const struct cohmem_func *f,
		   struct cohmem_health *h);
void cohmem_health_status(struct cohmem_health *h);
bool cohmem_is_clearing(const struct cohmem_func *f);
bool cohmem_cannot_clear(const struct cohmem_func *f);
const char *cohmem_issue_name(enum cohmem_issue issue);
const char *cohmem_status_name(enum cohmem_status status);

/**
 * struct cohmem_variant - a VFIO driver that claims a part
 * @driver: its module
 * @wildcards: parts of the id that its alias leaves open: fewer win
 * @chosen: the one that libvirt takes
 */
struct cohmem_variant {
	char driver[COHMEM_NAME_LEN];
	unsigned int wildcards;
	bool chosen;
};

int cohmem_variants(struct cohmem_ctx *ctx, const struct cohmem_func *f,
		    struct cohmem_variant *out, unsigned int max);

int cohmem_control_read(struct cohmem_ctx *ctx, const struct cohmem_func *f,
			const char *file, char *buf, size_t size);
int cohmem_control_write(struct cohmem_ctx *ctx, const struct cohmem_func *f,
			 const char *file, const char *value);
void cohmem_control_path(const struct cohmem_func *f, const char *file,
			 char *buf, size_t size);
int cohmem_control_open(struct cohmem_ctx *ctx, const struct cohmem_func *f,
			const char *file);
bool cohmem_has_address(const struct cohmem_func *f, u64 address);

/* Memory errors as the kernel traces them. */
int cohmem_mf_open(struct cohmem_ctx *ctx);
void cohmem_mf_close(struct cohmem_ctx *ctx, int fd);
bool cohmem_mf_parse(const char *line, u64 *pfn, char *result, size_t size);
u64 cohmem_page_size(struct cohmem_ctx *ctx);

#endif /* LIBCOHMEM_OPERATE_H */
