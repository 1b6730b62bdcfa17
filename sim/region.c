// SPDX-License-Identifier: GPL-2.0-only
/*
 * Regions: config space and BARs as the client reads, writes and maps them.
 *
 * The client maps the first SIM_BAR_MAPPED bytes of each BAR, of BAR0 without
 * five 64 KiB windows, whose accesses arrive here as messages: readiness
 * registers are answered by the clock and counted, the engine acts, the MSI-X
 * structures are the client's own business. The rest is plain memory, shared or
 * reached by messages.
 */
#include <errno.h>
#include <linux/pci_regs.h>
#include <unistd.h>

#include "regs.h"
#include "sim.h"
#include "span.h"

/* PCIe 6.0, 2.3.2: the root port's word for "ask again". */
#define VENDOR_RRS	0x0001

#define WINDOW(at, pages) { (at) / SIM_TRAP_PAGE * SIM_TRAP_PAGE, \
			    ((at) / SIM_TRAP_PAGE + (pages)) * SIM_TRAP_PAGE }

static const struct cohmem_window traps[SIM_NR_TRAPS] = {
	[SIM_TRAP_LINK] = WINDOW(COHMEM_BAR0_C2C_LINK, 1),
	[SIM_TRAP_TRAINING] = WINDOW(COHMEM_BAR0_HBM_TRAINING, 1),
	[SIM_TRAP_CLEAR] = WINDOW(COHMEM_BAR0_MEM_CLEAR, 1),
	[SIM_TRAP_ENGINE] = WINDOW(COHMEM_ENGINE_BASE, 1),
	[SIM_TRAP_MSIX] = WINDOW(SIM_MSIX_TABLE, 2),
};

/**
 * cohmem_sim_region_size() - size of a region
 * @s: the superchip
 * @index: VFIO region index
 * Return: bytes, 0 for a region that is not there.
 */
u64 cohmem_sim_region_size(const struct sim *s, u32 index)
{
	if (index < 6)
		return s->bar_size[index];
	return index == SIM_REGION_CONFIG ? SIM_CONFIG_SIZE : 0;
}

/**
 * cohmem_sim_region_areas() - what of a region can be mapped
 * @s: the superchip
 * @index: VFIO region index
 * @area: the areas, in rising order
 * Return: how many; 0 where nothing can be mapped.
 */
unsigned int cohmem_sim_region_areas(const struct sim *s, u32 index,
				     struct sim_area area[SIM_NR_TRAPS + 1])
{
	unsigned int nr = 0, i;
	u64 pos = 0, end;

	if (index >= 6 || s->bar_fd[index] < 0)
		return 0;
	end = s->bar_size[index];
	if (end > SIM_BAR_MAPPED)
		end = SIM_BAR_MAPPED;
	for (i = 0; index == 0 && i < SIM_NR_TRAPS && traps[i].start < end; i++) {
		if (traps[i].start > pos)
			area[nr++] = (struct sim_area){ pos,
							traps[i].start - pos };
		pos = traps[i].end;
	}
	if (pos < end)
		area[nr++] = (struct sim_area){ pos, end - pos };
	return nr;
}

static int memory(struct sim *s, u32 bar, u64 pos, void *buf, u32 len,
		  bool write)
{
	ssize_t n;

	n = write ? pwrite(s->bar_fd[bar], buf, len, pos) :
		    pread(s->bar_fd[bar], buf, len, pos);
	return n == len ? 0 : -EIO;
}

/* Lay a register's bytes over what was read around it. */
static bool overlay(u64 reg, u32 value, u64 pos, u8 *buf, u32 len)
{
	bool hit = false;
	unsigned int i;

	for (i = 0; i < 4; i++) {
		if (reg + i < pos || reg + i - pos >= len)
			continue;
		buf[reg + i - pos] = value >> 8 * i;
		hit = true;
	}
	return hit;
}

static void count_poll(struct sim *s, bool ready)
{
	s->count.polls++;
	if (!ready)
		s->count.polls_not_ready++;
}

static int bar0_read(struct sim *s, u64 pos, u8 *buf, u32 len)
{
	struct cohmem_span span;
	bool ok;
	int err;

	while (cohmem_span_next(traps, SIM_NR_TRAPS, pos, len, &span)) {
		if (span.owner == SIM_TRAP_ENGINE) {
			cohmem_sim_engine_read(s, pos - COHMEM_ENGINE_BASE, buf,
					       span.len);
		} else {
			err = memory(s, 0, pos, buf, span.len, false);
			if (err)
				return err;
		}
		switch (span.owner) {
		case SIM_TRAP_LINK:
			ok = cohmem_sim_link_up(s);
			if (overlay(COHMEM_BAR0_C2C_LINK,
				    ok ? COHMEM_BAR0_TRAINED : 0, pos, buf,
				    span.len))
				count_poll(s, ok);
			break;
		case SIM_TRAP_TRAINING:
			ok = cohmem_sim_trained(s);
			if (overlay(COHMEM_BAR0_HBM_TRAINING,
				    ok ? COHMEM_BAR0_TRAINED : 0, pos, buf,
				    span.len))
				count_poll(s, ok);
			break;
		case SIM_TRAP_CLEAR:
			overlay(COHMEM_BAR0_MEM_CLEAR, cohmem_sim_cleared(s) ?
				COHMEM_BAR0_MEM_CLEARED : 0, pos, buf,
				span.len);
			break;
		}
		pos += span.len;
		buf += span.len;
		len -= span.len;
	}
	return 0;
}

static int bar0_write(struct sim *s, u64 pos, const u8 *buf, u32 len)
{
	struct cohmem_span span;
	int err;

	while (cohmem_span_next(traps, SIM_NR_TRAPS, pos, len, &span)) {
		if (span.owner == SIM_TRAP_ENGINE) {
			cohmem_sim_engine_write(s, pos - COHMEM_ENGINE_BASE,
						buf, span.len);
		} else {
			err = memory(s, 0, pos, (void *)buf, span.len, true);
			if (err)
				return err;
		}
		pos += span.len;
		buf += span.len;
		len -= span.len;
	}
	return 0;
}

static bool in_bounds(const struct sim *s, u32 index, u64 pos, u32 len)
{
	u64 size = cohmem_sim_region_size(s, index);

	return len && len <= SIM_MAX_XFER && pos <= size && len <= size - pos;
}

static void config_read(struct sim *s, u32 pos, void *buf, u32 len)
{
	const u32 cxl = s->config.cxl + COHMEM_CXL_RANGE1_SIZE_LOW;

	s->count.config_reads++;
	cohmem_sim_tick(s);
	cohmem_sim_config_read(&s->config, pos, buf, len);
	if (s->config.nr_cxl_ranges && pos < cxl + 4 && cxl < pos + len)
		count_poll(s, cohmem_sim_ready(s));
}

/**
 * cohmem_sim_region_read() - the client reads a region
 * @s: the superchip
 * @index: VFIO region index
 * @pos: offset in it
 * @buf: where to
 * @len: bytes, at most SIM_MAX_XFER
 *
 * A BAR that does not answer (power state, decoding off) reads all-ones, as a
 * read that nobody claims does on the bus.
 *
 * Return: 0, -EINVAL outside the region, -EIO.
 */
int cohmem_sim_region_read(struct sim *s, u32 index, u64 pos, void *buf,
			   u32 len)
{
	if (!in_bounds(s, index, pos, len))
		return -EINVAL;
	if (index != SIM_REGION_CONFIG)
		s->count.bar_reads++;
	if (cohmem_sim_silent(s)) {
		memset(buf, 0xff, len);
		if (s->will.rrs && !s->removed && index == SIM_REGION_CONFIG &&
		    !pos && len >= 2)
			sim_put16(buf, PCI_VENDOR_ID, VENDOR_RRS);
		return 0;
	}
	if (index == SIM_REGION_CONFIG) {
		config_read(s, pos, buf, len);
		return 0;
	}
	if (!cohmem_sim_config_memory_on(&s->config)) {
		s->count.bar_refused++;
		memset(buf, 0xff, len);
		return 0;
	}
	if (index == 0)
		return bar0_read(s, pos, buf, len);
	return memory(s, index, pos, buf, len, false);
}

static void config_write(struct sim *s, u32 pos, const void *buf, u32 len)
{
	bool keep = cohmem_sim_config_nosoftrst(&s->config);
	unsigned int events;

	s->count.config_writes++;
	events = cohmem_sim_config_write(&s->config, pos, buf, len);
	cohmem_sim_irq_update(s);
	/* What it was doing stops; registers are kept or lost on the way back. */
	if (events & SIM_EV_TO_D3)
		s->count.to_d3++;
	if (events & SIM_EV_FLR)
		cohmem_sim_reset(s, SIM_RESET_FLR);
	else if ((events & SIM_EV_D0_FROM_D3) && !keep)
		cohmem_sim_reset(s, SIM_RESET_D3);
}

/**
 * cohmem_sim_region_write() - the client writes a region
 * @s: the superchip
 * @index: VFIO region index
 * @pos: offset in it
 * @buf: where from
 * @len: bytes, at most SIM_MAX_XFER
 * Return: 0, -EINVAL outside the region, -EIO.
 */
int cohmem_sim_region_write(struct sim *s, u32 index, u64 pos, const void *buf,
			    u32 len)
{
	if (!in_bounds(s, index, pos, len))
		return -EINVAL;
	if (index != SIM_REGION_CONFIG)
		s->count.bar_writes++;
	if (cohmem_sim_silent(s))
		return 0;
	if (index == SIM_REGION_CONFIG) {
		config_write(s, pos, buf, len);
		return 0;
	}
	if (!cohmem_sim_config_memory_on(&s->config)) {
		s->count.bar_refused++;
		return 0;
	}
	if (index == 0)
		return bar0_write(s, pos, buf, len);
	return memory(s, index, pos, (void *)buf, len, true);
}
