// SPDX-License-Identifier: GPL-2.0-only
/*
 * Readiness: what the time since the last reset, and whoever has said so on the
 * control socket, make of link, training and memory. It knows the clock and
 * config space, and nothing that acts.
 */
#include "regs.h"
#include "sim.h"

/**
 * cohmem_sim_since_reset_ms() - how long ago the last reset was
 * @s: the superchip
 *
 * As of the last cohmem_sim_tick(): the clock stands still between two of them,
 * so that no register says "ready" before the memory has come back.
 *
 * Return: milliseconds.
 */
s64 cohmem_sim_since_reset_ms(const struct sim *s)
{
	return (s->now_ns - s->reset_ns) / 1000000;
}

static bool elapsed(const struct sim *s, s64 delay_ms)
{
	return delay_ms >= 0 && cohmem_sim_since_reset_ms(s) >= delay_ms;
}

static s64 info_ms(const struct sim *s, unsigned int range)
{
	s64 ms = s->will.cxl[range].info_ms;

	return ms == SIM_FOLLOW ? s->will.link_ms : ms;
}

static s64 active_ms(const struct sim *s, unsigned int range)
{
	s64 ms = s->will.cxl[range].active_ms;

	return ms == SIM_FOLLOW ? s->will.train_ms : ms;
}

/* MEM_INFO_VALID: its size can be read, be it nothing. */
static bool info_valid(const struct sim *s, unsigned int range)
{
	return !s->will.link_down && !s->will.withheld &&
	       elapsed(s, info_ms(s, range));
}

/* MEM_ACTIVE, which nothing can never be. */
static bool active(const struct sim *s, unsigned int range)
{
	return s->will.cxl[range].size && !s->will.train_stuck &&
	       !s->will.withheld && elapsed(s, active_ms(s, range));
}

/**
 * cohmem_sim_cxl_size() - share the memory out between two CXL ranges
 * @s: the superchip
 * @range2: size of the second one, 0 for an empty one
 * Return: true, or false where the DVSEC cannot say that.
 */
bool cohmem_sim_cxl_size(struct sim *s, u64 range2)
{
	if (range2 & ~(u64)COHMEM_CXL_SIZE_LOW_MASK & 0xffffffff ||
	    range2 >= s->hbm.size)
		return false;
	s->will.cxl[0].size = s->hbm.size - range2;
	s->will.cxl[1].size = range2;
	return true;
}

/**
 * cohmem_sim_link_up() - is the chip-to-chip link trained?
 * @s: the superchip
 * Return: true if so. A part with the CXL DVSEC: MEM_INFO_VALID of all ranges.
 */
bool cohmem_sim_link_up(const struct sim *s)
{
	unsigned int i;

	for (i = 0; i < s->config.nr_cxl_ranges; i++)
		if (!info_valid(s, i))
			return false;
	return s->config.nr_cxl_ranges ||
	       (!s->will.link_down && !s->will.withheld &&
		elapsed(s, s->will.link_ms));
}

/**
 * cohmem_sim_trained() - is the memory trained?
 * @s: the superchip
 * Return: true if so. A part with the CXL DVSEC: MEM_ACTIVE of all ranges that
 * have memory.
 */
bool cohmem_sim_trained(const struct sim *s)
{
	unsigned int i;

	for (i = 0; i < s->config.nr_cxl_ranges; i++)
		if (s->will.cxl[i].size && !active(s, i))
			return false;
	return s->config.nr_cxl_ranges ||
	       (!s->will.train_stuck && !s->will.withheld &&
		elapsed(s, s->will.train_ms));
}

/**
 * cohmem_sim_cleared() - has the hardware finished clearing its memory?
 * @s: the superchip
 * Return: true if so.
 */
bool cohmem_sim_cleared(const struct sim *s)
{
	return elapsed(s, s->will.clear_ms);
}

/**
 * cohmem_sim_ready() - does coherent memory answer?
 * @s: the superchip
 * Return: true if so.
 */
bool cohmem_sim_ready(const struct sim *s)
{
	return !s->removed && cohmem_sim_link_up(s) && cohmem_sim_trained(s);
}

/*
 * What was set when the last reset came: who answers does not fall silent because
 * of what will be. Taking it back helps at once.
 */
static s64 silence_ms(const struct sim *s)
{
	return s->silent_ms < s->will.silent_ms ? s->silent_ms :
						  s->will.silent_ms;
}

/**
 * cohmem_sim_silent() - does the function answer all-ones to everything?
 * @s: the superchip
 * Return: true where it was removed, or still recovers from a reset.
 */
bool cohmem_sim_silent(const struct sim *s)
{
	s64 ms = silence_ms(s);

	return s->removed || (ms && !elapsed(s, ms));
}

/**
 * cohmem_sim_show_cxl() - bring the ranges of the CXL DVSEC up to date
 * @s: the superchip
 */
void cohmem_sim_show_cxl(struct sim *s)
{
	unsigned int i;

	for (i = 0; i < s->config.nr_cxl_ranges; i++)
		cohmem_sim_config_set_cxl(&s->config, i, s->will.cxl[i].size,
					  s->will.cxl[i].timeout,
					  info_valid(s, i),
					  info_valid(s, i) && active(s, i));
}

/**
 * cohmem_sim_next_deadline_ms() - when cohmem_sim_tick() has work to do
 * @s: the superchip
 * Return: milliseconds from now, -1 for never, or while the clock is frozen.
 */
s64 cohmem_sim_next_deadline_ms(const struct sim *s)
{
	s64 at[2 + 2 * SIM_CXL_RANGES] = { silence_ms(s), s->will.clear_ms };
	s64 now = cohmem_sim_since_reset_ms(s), next = -1;
	unsigned int i, nr = 2;

	if (s->clock.frozen)
		return -1;
	for (i = 0; i < s->config.nr_cxl_ranges; i++) {
		at[nr++] = info_ms(s, i);
		at[nr++] = active_ms(s, i);
	}
	if (!s->config.nr_cxl_ranges) {
		at[nr++] = s->will.link_ms;
		at[nr++] = s->will.train_ms;
	}
	for (i = 0; i < nr; i++)
		if (at[i] > now && (next < 0 || at[i] - now < next))
			next = at[i] - now;
	/* Round up, so that the deadline has passed when we look. */
	return next < 0 ? -1 : next + 1;
}
