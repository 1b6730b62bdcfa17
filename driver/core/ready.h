/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Is the memory there yet? After power-on and after every reset it may not
 * answer for a while, and touching it early raises RAS errors.
 *
 *              reset begins (from any state; counts a generation)
 *                   |
 *                   v   reset ended           answer: ready
 *              RESETTING ----------> WAITING ---------------> READY
 *                   ^                  |                        ^
 *                   |                  | timeout, device gone   | answer: ready,
 *                   +---- reset ------ FAILED ------------------+ late
 *
 * A failure heals by itself: who has failed is looked at now and then, and what
 * turns up late is used. Until then it is a failure, not a longer wait.
 *
 * Resets nest (a bus reset may run while an FLR is emulated): each begin needs
 * its end. "Generation" counts the resets; a waiter that sees it move knows
 * that what it learned before is void. The machine owns no clock and no lock:
 * the caller passes milliseconds and serialises.
 */
#ifndef COHMEM_CORE_READY_H
#define COHMEM_CORE_READY_H

#include "env.h"

enum cohmem_ready_state {
	COHMEM_RESETTING,
	COHMEM_WAITING,
	COHMEM_READY,
	COHMEM_FAILED,
};

/* How the function announces that its memory is there. */
enum cohmem_ready_by {
	COHMEM_READY_BY_BAR0,		/* two registers of BAR0 */
	COHMEM_READY_BY_CXL_DVSEC,	/* Range 1 Size Low */
};

enum cohmem_fail {
	COHMEM_FAIL_NONE,
	COHMEM_FAIL_C2C,		/* link not trained in time */
	COHMEM_FAIL_HBM,		/* memory not trained in time */
	COHMEM_FAIL_INFO_VALID,		/* CXL: MEM_INFO_VALID too late */
	COHMEM_FAIL_ACTIVE,		/* CXL: MEM_ACTIVE too late */
	COHMEM_FAIL_CLEAR,		/* hardware memory clear not finished */
	COHMEM_FAIL_GONE,		/* reads all-ones: off the bus */
	COHMEM_NR_FAILS,
};

/**
 * struct cohmem_observation - what one look at the device showed
 * @c2c: BAR0 + COHMEM_BAR0_C2C_LINK (BAR0 parts)
 * @hbm: BAR0 + COHMEM_BAR0_HBM_TRAINING (BAR0 parts)
 * @cxl_size_low: Range 1 Size Low of the CXL DVSEC (CXL parts)
 * @clear: BAR0 + COHMEM_BAR0_MEM_CLEAR, where @want_clear is set
 */
struct cohmem_observation {
	u32 c2c;
	u32 hbm;
	u32 cxl_size_low;
	u32 clear;
};

/**
 * struct cohmem_ready - the state machine
 * @by: how readiness is announced
 * @want_clear: not ready before the hardware has cleared its memory
 * @state: where it is
 * @fail: why it is COHMEM_FAILED
 * @depth: resets begun and not ended
 * @generation: resets begun since the start
 * @since_ms: when the present wait began
 * @delay_ms: how long until the next look
 */
struct cohmem_ready {
	enum cohmem_ready_by by;
	bool want_clear;
	enum cohmem_ready_state state;
	enum cohmem_fail fail;
	unsigned int depth;
	u64 generation;
	u64 since_ms;
	u32 delay_ms;
};

/* First and longest pause between two looks at the device. */
#define COHMEM_POLL_MIN_MS	1
#define COHMEM_POLL_MAX_MS	8
/* Pause between two looks at a device that has failed. */
#define COHMEM_POLL_FAILED_MS	1000

void cohmem_ready_init(struct cohmem_ready *r, enum cohmem_ready_by by,
		       u64 now_ms);
void cohmem_ready_reset_begin(struct cohmem_ready *r);
void cohmem_ready_reset_end(struct cohmem_ready *r, u64 now_ms);
void cohmem_ready_restart(struct cohmem_ready *r, u64 now_ms);
void cohmem_ready_forget(struct cohmem_ready *r, u64 now_ms);
enum cohmem_ready_state cohmem_ready_step(struct cohmem_ready *r,
					  const struct cohmem_observation *seen,
					  u64 now_ms);
u64 cohmem_ready_timeout_ms(const struct cohmem_ready *r,
			    const struct cohmem_observation *seen);
const char *cohmem_ready_state_name(enum cohmem_ready_state state);
const char *cohmem_fail_name(enum cohmem_fail fail);
const char *cohmem_fail_str(enum cohmem_fail fail);

#endif /* COHMEM_CORE_READY_H */
