// SPDX-License-Identifier: GPL-2.0-only
/* The readiness state machine. Pure; clock and lock are the caller's. */
#include "ready.h"
#include "regs.h"

static void start_waiting(struct cohmem_ready *r, u64 now_ms)
{
	r->state = COHMEM_WAITING;
	r->fail = COHMEM_FAIL_NONE;
	r->since_ms = now_ms;
	r->delay_ms = COHMEM_POLL_MIN_MS;
}

/**
 * cohmem_ready_init() - a function after power-on: waiting
 * @r: the machine
 * @by: how the function announces readiness
 * @now_ms: the time
 */
void cohmem_ready_init(struct cohmem_ready *r, enum cohmem_ready_by by,
		       u64 now_ms)
{
	memset(r, 0, sizeof(*r));
	r->by = by;
	start_waiting(r, now_ms);
}

/**
 * cohmem_ready_reset_begin() - a reset is about to start
 * @r: the machine
 *
 * From now on the memory must not be touched. Each call needs its
 * cohmem_ready_reset_end().
 */
void cohmem_ready_reset_begin(struct cohmem_ready *r)
{
	r->depth++;
	r->generation++;
	r->state = COHMEM_RESETTING;
	r->fail = COHMEM_FAIL_NONE;
}

/**
 * cohmem_ready_reset_end() - a reset is over
 * @r: the machine
 * @now_ms: the time
 *
 * The wait begins when the outermost reset ends. An end without a begin (the
 * device was reset by somebody who did not announce it) counts as a reset.
 */
void cohmem_ready_reset_end(struct cohmem_ready *r, u64 now_ms)
{
	if (!r->depth)
		r->generation++;
	else if (--r->depth)
		return;
	start_waiting(r, now_ms);
}

/**
 * cohmem_ready_restart() - look again, from a fresh start
 * @r: the machine
 * @now_ms: the time
 *
 * For events after which the memory may have gone without a reset being
 * announced (power state changes), and for a new user after a failure. Counts
 * a generation. Inside a reset it does nothing: its end starts the wait.
 */
void cohmem_ready_restart(struct cohmem_ready *r, u64 now_ms)
{
	r->generation++;
	if (!r->depth)
		start_waiting(r, now_ms);
}

/**
 * cohmem_ready_forget() - nobody looks any more
 * @r: the machine
 * @now_ms: the time
 *
 * What was known is not known any longer: the last user has gone, and what
 * happens to the function from here on is not followed. Counts no generation,
 * as nobody is there to see it move. Inside a reset it does nothing.
 */
void cohmem_ready_forget(struct cohmem_ready *r, u64 now_ms)
{
	if (!r->depth)
		start_waiting(r, now_ms);
}

/* CXL: the device says itself how long MEM_ACTIVE may take: 1, 4 .. 256 s. */
static u64 active_timeout_ms(u32 size_low)
{
	unsigned int n = (size_low >> COHMEM_CXL_ACTIVE_TIMEOUT_SHIFT) &
			 COHMEM_CXL_ACTIVE_TIMEOUT_MASK;

	/* Values above 4 are reserved: give the longest defined time. */
	return 1000ULL << (2 * (n > 4 ? 4 : n));
}

static bool gone(const struct cohmem_ready *r,
		 const struct cohmem_observation *seen)
{
	if (r->by == COHMEM_READY_BY_CXL_DVSEC)
		return seen->cxl_size_low == ~0U;
	return seen->c2c == ~0U && seen->hbm == ~0U;
}

/**
 * cohmem_ready_timeout_ms() - how long the present wait may take in all
 * @r: the machine
 * @seen: the last look at the device
 *
 * Return: milliseconds since the wait began.
 */
u64 cohmem_ready_timeout_ms(const struct cohmem_ready *r,
			    const struct cohmem_observation *seen)
{
	if (gone(r, seen))
		return COHMEM_GONE_TIMEOUT_MS;
	if (r->by == COHMEM_READY_BY_BAR0)
		return COHMEM_TRAINING_TIMEOUT_MS;
	if (!(seen->cxl_size_low & COHMEM_CXL_MEM_INFO_VALID))
		return COHMEM_CXL_INFO_TIMEOUT_MS;
	/* Before INFO_VALID the timeout field means nothing: count from both. */
	return COHMEM_CXL_INFO_TIMEOUT_MS +
	       active_timeout_ms(seen->cxl_size_low);
}

/* What is missing, or COHMEM_FAIL_NONE if the memory is there. */
static enum cohmem_fail untrained(const struct cohmem_ready *r,
				  const struct cohmem_observation *seen)
{
	if (gone(r, seen))
		return COHMEM_FAIL_GONE;

	if (r->by == COHMEM_READY_BY_CXL_DVSEC) {
		if (!(seen->cxl_size_low & COHMEM_CXL_MEM_INFO_VALID))
			return COHMEM_FAIL_INFO_VALID;
		if (!(seen->cxl_size_low & COHMEM_CXL_MEM_ACTIVE))
			return COHMEM_FAIL_ACTIVE;
		return COHMEM_FAIL_NONE;
	}

	if (seen->c2c != COHMEM_BAR0_TRAINED)
		return COHMEM_FAIL_C2C;
	if (seen->hbm != COHMEM_BAR0_TRAINED)
		return COHMEM_FAIL_HBM;
	return COHMEM_FAIL_NONE;
}

static enum cohmem_fail missing(const struct cohmem_ready *r,
				const struct cohmem_observation *seen)
{
	enum cohmem_fail fail = untrained(r, seen);

	if (fail == COHMEM_FAIL_NONE && r->want_clear &&
	    seen->clear != COHMEM_BAR0_MEM_CLEARED)
		fail = COHMEM_FAIL_CLEAR;
	return fail;
}

/**
 * cohmem_ready_step() - take one look at the device into account
 * @r: the machine
 * @seen: what the look showed
 * @now_ms: the time
 *
 * Only a waiting machine fails, and it fails once: what has failed can only
 * become ready. All-ones is taken for "gone" only once the time is up: a
 * function that has just been reset may answer so for a while.
 *
 * Return: the new state. While it is COHMEM_WAITING or COHMEM_FAILED, look
 * again in @r->delay_ms.
 */
enum cohmem_ready_state cohmem_ready_step(struct cohmem_ready *r,
					  const struct cohmem_observation *seen,
					  u64 now_ms)
{
	enum cohmem_fail fail;
	u64 waited, timeout;

	if (r->state != COHMEM_WAITING && r->state != COHMEM_FAILED)
		return r->state;

	fail = missing(r, seen);
	if (fail == COHMEM_FAIL_NONE) {
		r->state = COHMEM_READY;
		r->fail = COHMEM_FAIL_NONE;
		return r->state;
	}
	if (r->state == COHMEM_FAILED)
		return r->state;

	waited = now_ms > r->since_ms ? now_ms - r->since_ms : 0;
	timeout = fail == COHMEM_FAIL_CLEAR ? COHMEM_TRAINING_TIMEOUT_MS :
					      cohmem_ready_timeout_ms(r, seen);
	if (waited >= timeout) {
		r->state = COHMEM_FAILED;
		r->fail = fail;
		r->delay_ms = COHMEM_POLL_FAILED_MS;
		return r->state;
	}

	/* Grow with the wait: quick devices are seen at once, slow ones cost
	 * little, and nobody waits more than COHMEM_POLL_MAX_MS in vain.
	 */
	r->delay_ms = waited / 8;
	if (r->delay_ms < COHMEM_POLL_MIN_MS)
		r->delay_ms = COHMEM_POLL_MIN_MS;
	if (r->delay_ms > COHMEM_POLL_MAX_MS)
		r->delay_ms = COHMEM_POLL_MAX_MS;
	return r->state;
}

/**
 * cohmem_ready_state_name() - a state as one stable word
 * @state: the state
 * Return: the word.
 */
const char *cohmem_ready_state_name(enum cohmem_ready_state state)
{
	switch (state) {
	case COHMEM_RESETTING:
		return "resetting";
	case COHMEM_WAITING:
		return "waiting";
	case COHMEM_READY:
		return "ready";
	case COHMEM_FAILED:
		return "failed";
	}
	return "unknown";
}

static const struct {
	const char *name;
	const char *str;
} fails[COHMEM_NR_FAILS] = {
	[COHMEM_FAIL_NONE] = { "none", "no failure" },
	[COHMEM_FAIL_C2C] = {
		"c2c", "the C2C link did not train in time" },
	[COHMEM_FAIL_HBM] = {
		"hbm", "the GPU memory did not train in time" },
	[COHMEM_FAIL_INFO_VALID] = {
		"info-valid", "CXL DVSEC: MEM_INFO_VALID did not come in time" },
	[COHMEM_FAIL_ACTIVE] = {
		"active", "CXL DVSEC: MEM_ACTIVE did not come in time" },
	[COHMEM_FAIL_CLEAR] = {
		"clear", "the hardware did not finish clearing its memory" },
	[COHMEM_FAIL_GONE] = {
		"gone", "the device answers all-ones: it fell off the bus" },
};

/**
 * cohmem_fail_name() - a failure as one stable word
 * @fail: the failure
 * Return: the word.
 */
const char *cohmem_fail_name(enum cohmem_fail fail)
{
	return (unsigned int)fail < COHMEM_NR_FAILS ? fails[fail].name :
						      "unknown";
}

/**
 * cohmem_fail_str() - a failure as a sentence
 * @fail: the failure
 * Return: the sentence, no full stop.
 */
const char *cohmem_fail_str(enum cohmem_fail fail)
{
	return (unsigned int)fail < COHMEM_NR_FAILS ? fails[fail].str :
						      "unknown failure";
}
