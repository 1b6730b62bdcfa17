/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Extended GPU Memory: memory of a CPU socket that firmware keeps from the host's
 * kernel and lends to virtual machines. One range a socket, shared by the socket's
 * GPUs, named by its proximity domain: egm4 is /dev/egm4 and /sys/class/egm/egm4.
 *
 * Who knows of it: our driver, in the class and in the word "egm" of each GPU that it
 * has; another module in the same class; firmware's tables, before anybody is bound.
 */
#ifndef LIBCOHMEM_HOST_EGM_H
#define LIBCOHMEM_HOST_EGM_H

#include "egm.h"
#include "operate.h"

#define COHMEM_EGM_CLASS	"/sys/class/egm"
#define COHMEM_EGM_MAX_GPUS	32

enum cohmem_egm_state {
	COHMEM_EGM_STATE_READY,	/* our driver lends it */
	COHMEM_EGM_STATE_UNBOUND,	/* our driver has no GPU of its socket */
	COHMEM_EGM_STATE_FOREIGN,	/* another module lends it */
	COHMEM_EGM_STATE_DISABLED,	/* our driver was told to leave it alone */
	COHMEM_EGM_STATE_REFUSED,	/* our driver does not take what firmware announces */
	COHMEM_EGM_STATE_UNKNOWN,	/* the driver does not say */
};

/**
 * struct cohmem_egm - the EGM of one socket
 * @pxm: its proximity domain
 * @state: who lends it
 * @word: why our driver does not lend it, in its word; empty where it does, or could
 * @unit: itself, as those see it who clear it and note its bad pages: its name in
 *	place of an address, what our driver tells, base and size of its memory
 * @user: what our driver says of who has it: "-", its own name for an opener of
 *	/dev/egm<PXM>, or the address of the GPU; empty where nobody says
 * @nr_gpus: GPUs of the socket
 * @gpu: them
 */
struct cohmem_egm {
	u64 pxm;
	enum cohmem_egm_state state;
	char word[COHMEM_NAME_LEN];
	struct cohmem_func unit;
	char user[COHMEM_NAME_LEN];
	unsigned int nr_gpus;
	struct cohmem_func *gpu[COHMEM_EGM_MAX_GPUS];
};

struct cohmem_egm *cohmem_egm_next(struct cohmem_ctx *ctx,
				   const struct cohmem_egm *prev);
struct cohmem_egm *cohmem_egm_find(struct cohmem_ctx *ctx, const char *name);
struct cohmem_egm *cohmem_egm_of(struct cohmem_ctx *ctx,
				 const struct cohmem_func *f);
struct cohmem_egm *cohmem_egm_unit(struct cohmem_ctx *ctx,
				   const struct cohmem_func *unit);
struct cohmem_func *cohmem_find(struct cohmem_ctx *ctx, const char *name);

/* The EGM of all sockets, in the order of their proximity domains. */
#define cohmem_egm_foreach(ctx, e) \
	for (e = cohmem_egm_next(ctx, NULL); e; e = cohmem_egm_next(ctx, e))

const char *cohmem_egm_state_name(enum cohmem_egm_state state);
bool cohmem_egm_is_off(const struct cohmem_func *f);
const char *cohmem_egm_refusal(const struct cohmem_func *f);
const char *cohmem_egm_explain(const char *word, const char **hint);
void cohmem_egm_health(const struct cohmem_egm *e, struct cohmem_health *h);

#endif /* LIBCOHMEM_HOST_EGM_H */
