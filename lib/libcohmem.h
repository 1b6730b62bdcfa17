/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libcohmem: the GPUs of a host whose memory is CPU-coherent: which there are, how
 * they are, and how to hand them to VFIO and back. What "cohmem list", "bind",
 * "unbind" and "reset" do, for programs.
 *
 *	struct cohmem_ctx *ctx;
 *	struct cohmem_func *f;
 *
 *	if (cohmem_new(&ctx, NULL) || cohmem_scan(ctx))
 *		...
 *	cohmem_func_foreach(ctx, f) {
 *		cohmem_func_load(ctx, f);
 *		if (cohmem_func_is_gpu(f))
 *			printf("%s %s\n", cohmem_func_bdf(f), cohmem_func_state(f));
 *	}
 *	cohmem_free(ctx);
 *
 * Words: a "function" is a PCI function; a "GPU" one that has, or by its id should
 * have, coherent memory; a "user" a process that holds it open.
 *
 * Rules:
 * - Objects are opaque and belong to their context. A function is valid until the
 *   next cohmem_scan(), cohmem_bind() or cohmem_unbind(): find it again after that.
 *   Strings live as long as what they were asked of.
 * - Verbs return 0 or -errno; after an error cohmem_why_what() and its sisters say
 *   what went wrong. Nothing prints or ends the program.
 * - A context is for one thread at a time; two contexts are independent.
 * - Words ("ready", "busy-group") are those of cohmem-json(5). They stay; new ones
 *   may come, so be prepared for one that you do not know. So are enums.
 * - In libcohmem.so.1 nothing here changes or goes; more may come.
 */
#ifndef LIBCOHMEM_H
#define LIBCOHMEM_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define COHMEM_DRIVER		"cohmem_vfio_pci"
#define COHMEM_BDF_LEN		20	/* "10000:00:00.0" and room */

struct cohmem_ctx;
struct cohmem_func;

const char *cohmem_version(void);

/* The host. */

enum cohmem_log_level {
	COHMEM_LOG_DEBUG,	/* what is done, step by step */
	COHMEM_LOG_NOTE,	/* worth knowing, nothing failed */
	COHMEM_LOG_WARN,	/* something was left undone */
};

typedef void cohmem_log_fn(void *arg, enum cohmem_log_level level,
			   const char *text);

int cohmem_new(struct cohmem_ctx **out, const char *root);
void cohmem_free(struct cohmem_ctx *ctx);
void cohmem_set_log(struct cohmem_ctx *ctx, cohmem_log_fn *fn, void *arg);
void cohmem_set_wait(struct cohmem_ctx *ctx, unsigned int seconds);
int cohmem_scan(struct cohmem_ctx *ctx);
bool cohmem_has_iommu(const struct cohmem_ctx *ctx);

/* What the last failure was. */

const char *cohmem_why_reason(const struct cohmem_ctx *ctx);
const char *cohmem_why_subject(const struct cohmem_ctx *ctx);
const char *cohmem_why_what(const struct cohmem_ctx *ctx);
const char *cohmem_why_hint(const struct cohmem_ctx *ctx);

/* Functions. */

int cohmem_bdf_normalise(const char *text, char out[COHMEM_BDF_LEN]);
struct cohmem_func *cohmem_func_next(struct cohmem_ctx *ctx,
				     const struct cohmem_func *prev);
struct cohmem_func *cohmem_func_find(struct cohmem_ctx *ctx, const char *bdf);
struct cohmem_func *cohmem_group_next(struct cohmem_ctx *ctx,
				      const struct cohmem_func *of,
				      const struct cohmem_func *prev);

/* All functions of a scanned context, in order of their address. */
#define cohmem_func_foreach(ctx, f) \
	for (f = cohmem_func_next(ctx, NULL); f; f = cohmem_func_next(ctx, f))

/* All functions in the IOMMU group of @of, itself included. */
#define cohmem_group_foreach(ctx, of, f) \
	for (f = cohmem_group_next(ctx, of, NULL); f; \
	     f = cohmem_group_next(ctx, of, f))

const char *cohmem_func_bdf(const struct cohmem_func *f);
const char *cohmem_func_name(const struct cohmem_func *f);
uint16_t cohmem_func_vendor(const struct cohmem_func *f);
uint16_t cohmem_func_device(const struct cohmem_func *f);
const char *cohmem_func_driver(const struct cohmem_func *f);
const char *cohmem_func_override(const struct cohmem_func *f);
int cohmem_func_numa_node(const struct cohmem_func *f);
int cohmem_func_group(const struct cohmem_func *f);
int cohmem_func_cdev(const struct cohmem_func *f);
bool cohmem_func_is_vfio(const struct cohmem_func *f);

/* The rest is known of functions that were loaded. */

void cohmem_func_load(struct cohmem_ctx *ctx, struct cohmem_func *f);
bool cohmem_func_is_gpu(const struct cohmem_func *f);
const char *cohmem_func_state(const struct cohmem_func *f);
const char *cohmem_func_health(struct cohmem_ctx *ctx,
			       const struct cohmem_func *f);
const char *cohmem_func_issue(struct cohmem_ctx *ctx,
			      const struct cohmem_func *f, unsigned int nr);
int cohmem_func_available(struct cohmem_ctx *ctx, const struct cohmem_func *f,
			  const char **why);
bool cohmem_func_persistent(const struct cohmem_ctx *ctx,
			    const struct cohmem_func *f);

/* Its memory. */

enum cohmem_mem_state {
	COHMEM_MEM_UNKNOWN,	/* cannot tell; cohmem_memory_why() says why */
	COHMEM_MEM_ABSENT,	/* firmware announces none */
	COHMEM_MEM_BAD,		/* announced, unusable: cohmem_memory_reason() */
	COHMEM_MEM_OK,
};

enum cohmem_mem_state cohmem_memory_state(const struct cohmem_func *f);
const char *cohmem_memory_reason(const struct cohmem_func *f);
const char *cohmem_memory_why(const struct cohmem_func *f);
int cohmem_memory_range(const struct cohmem_func *f, uint64_t *base,
			uint64_t *size);
int cohmem_memory_region(const struct cohmem_func *f, unsigned int nr,
			 unsigned int *bar, uint64_t *base, uint64_t *size,
			 uint64_t *bar_size);

/* What the driver tells of it: the files that docs/sysfs-abi describes. */

int cohmem_fact(const struct cohmem_func *f, const char *key,
		uint64_t *number, const char **word);
int cohmem_bad_page(const struct cohmem_func *f, unsigned int nr,
		    uint64_t *address);

/* Who holds it open. */

typedef void cohmem_user_fn(void *arg, int pid, const char *process,
			    const char *guest, const char *path);

int cohmem_users_foreach(struct cohmem_ctx *ctx, const struct cohmem_func *f,
			 cohmem_user_fn *fn, void *arg);

/* What can be done with it. */

#define COHMEM_BIND_GROUP	0x1	/* take the group's other endpoints too */
#define COHMEM_BIND_FORCE	0x2	/* do it although it looks wrong */
#define COHMEM_BIND_PERSIST	0x4	/* at each boot, too */

int cohmem_bind(struct cohmem_ctx *ctx, const char *bdf, const char *driver,
		unsigned int flags);
int cohmem_unbind(struct cohmem_ctx *ctx, const char *bdf, unsigned int flags);
int cohmem_reset(struct cohmem_ctx *ctx, struct cohmem_func *f,
		 unsigned int flags);
int cohmem_interrupted(const struct cohmem_ctx *ctx);

#ifdef __cplusplus
}
#endif

#endif /* LIBCOHMEM_H */
