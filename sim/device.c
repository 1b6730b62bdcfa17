// SPDX-License-Identifier: GPL-2.0-only
/* The function as a whole: life and resets. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "regs.h"
#include "sim.h"

/* Delays that no test needs to wait for, and none can miss. */
#define LINK_MS		20
#define TRAIN_MS	50

/* CXL 3.1, 8.2.4: where the cache and memory part of the registers starts. */
#define CXL_CACHE_MEM	0x1000

/**
 * cohmem_sim_reset_name() - a kind of reset as a word
 * @kind: the kind
 * Return: the word, for JSON.
 */
const char *cohmem_sim_reset_name(enum sim_reset kind)
{
	static const char * const name[SIM_NR_RESETS] = {
		[SIM_RESET_POWER_ON] = "power_on",
		[SIM_RESET_FLR] = "flr",
		[SIM_RESET_MESSAGE] = "message",
		[SIM_RESET_D3] = "d3_to_d0",
	};

	return name[kind];
}

static void zero_bars(struct sim *s)
{
	unsigned int i;

	for (i = 0; i < 6; i++)
		if (s->bar_fd[i] >= 0 &&
		    fallocate(s->bar_fd[i],
			      FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
			      s->bar_size[i]))
			cohmem_sim_log(s, "BAR%u: cannot clear: %s", i,
				       strerror(errno));
}

/*
 * CXL 3.1, 8.2.4: the block of component registers, as far as a driver reads it
 * that looks for the memory there: one HDM decoder, committed by firmware. It is
 * plain memory, so that whatever is written is seen.
 */
static void cxl_component(struct sim *s)
{
	const u64 base = s->mem_base, size = s->hbm.size;
	const struct { u32 pos, value; } reg[] = {
		{ 0x0000, 0x01110001 },		/* an array of one */
		{ 0x0004, 0x10010005 },		/* HDM decoders, at +0x100 */
		{ 0x0104, 0x00000002 },		/* enabled */
		{ 0x0110, base & 0xf0000000 }, { 0x0114, base >> 32 },
		{ 0x0118, size & 0xf0000000 }, { 0x011c, size >> 32 },
		{ 0x0120, 0x00000600 },		/* commit, committed */
	};
	unsigned int i;

	if (!cohmem_sim_config_find(&s->config, &cohmem_sim_cap_locator) ||
	    s->bar_size[0] < SIM_BAR_MAPPED)
		return;
	for (i = 0; i < sizeof(reg) / sizeof(reg[0]); i++)
		if (pwrite(s->bar_fd[0], &reg[i].value, 4, SIM_CXL_COMPONENT +
			   CXL_CACHE_MEM + reg[i].pos) != 4)
			cohmem_sim_log(s, "BAR0: %s", strerror(errno));
}

/* Only what can be mapped: the rest is asked for by message, and answered so. */
static void fill_bars(struct sim *s, u8 with)
{
	static u8 chunk[1 << 20];
	unsigned int i;
	u64 pos, end;

	memset(chunk, with, sizeof(chunk));
	for (i = 0; i < 6; i++) {
		end = s->bar_size[i];
		if (end > SIM_BAR_MAPPED)
			end = SIM_BAR_MAPPED;
		for (pos = 0; pos < end; pos += sizeof(chunk)) {
			u64 len = end - pos < sizeof(chunk) ? end - pos :
							      sizeof(chunk);

			if (pwrite(s->bar_fd[i], chunk, len, pos) < 0)
				cohmem_sim_log(s, "BAR%u: %s", i,
					       strerror(errno));
		}
	}
}

/* How much memory there is, where firmware of the real parts leaves it. */
static void memory_size(struct sim *s)
{
	u32 mib = s->hbm.size >> 20;

	if (s->bar_size[0] < COHMEM_BAR0_FB_MIB + sizeof(mib))
		return;
	if (pwrite(s->bar_fd[0], &mib, sizeof(mib), COHMEM_BAR0_FB_MIB) != sizeof(mib))
		cohmem_sim_log(s, "BAR0: %s", strerror(errno));
}

/* What BARs have after a reset: zero, or what a driver looks for. */
static void start_bars(struct sim *s)
{
	zero_bars(s);
	cxl_component(s);
	memory_size(s);
}

/**
 * cohmem_sim_tick() - bring everything that depends on time up to date
 * @s: the superchip
 */
void cohmem_sim_tick(struct sim *s)
{
	u64 touched;
	bool ready;

	s->now_ns = cohmem_sim_clock_ns(&s->clock);
	ready = cohmem_sim_ready(s);
	cohmem_sim_show_cxl(s);
	/* What was up during the silence gets out after it. */
	if (s->was_silent && !cohmem_sim_silent(s)) {
		s->was_silent = false;
		start_bars(s);
		cohmem_sim_irq_update(s);
	}
	s->was_silent = cohmem_sim_silent(s);
	if (ready == s->was_ready)
		return;
	s->was_ready = ready;
	if (!ready) {
		if (!s->removed && !s->will.withheld && !cohmem_sim_link_up(s)) {
			s->count.link_lost++;
			cohmem_sim_log(s, "chip-to-chip link lost");
		}
		cohmem_sim_hbm_withdraw(&s->hbm);
		cohmem_sim_log(s, "memory not ready");
		return;
	}
	touched = cohmem_sim_hbm_return(&s->hbm);
	s->count.touched_early += touched;
	if (touched)
		cohmem_sim_log(s, "error: %llu pages were touched while memory was not ready",
			       (unsigned long long)touched);
	cohmem_sim_log(s, "memory ready");
}

/**
 * cohmem_sim_reset() - reset the function
 * @s: the superchip
 * @kind: why; counted, and power-on also forgets sticky state
 *
 * Coherent memory keeps its bytes unless told otherwise: software that needs
 * them gone must see to it.
 */
void cohmem_sim_reset(struct sim *s, enum sim_reset kind)
{
	s->count.resets[kind]++;
	s->reset_ns = cohmem_sim_clock_ns(&s->clock);
	s->now_ns = s->reset_ns;
	s->silent_ms = s->will.silent_ms;
	cohmem_sim_engine_reset(s);
	cohmem_sim_config_reset(&s->config, kind == SIM_RESET_POWER_ON ?
				SIM_CONFIG_POWER_ON : kind == SIM_RESET_FLR ?
				SIM_CONFIG_FLR : SIM_CONFIG_CONVENTIONAL);
	s->pending = 0;
	cohmem_sim_irq_update(s);
	start_bars(s);
	if (cohmem_sim_silent(s)) {
		/* This takes a while, which is none of the silence. */
		fill_bars(s, 0xff);
		s->reset_ns = cohmem_sim_clock_ns(&s->clock);
		s->now_ns = s->reset_ns;
	}
	/* The memory goes away first, so that a touch from now on shows. */
	if (s->was_ready) {
		s->was_ready = false;
		cohmem_sim_hbm_withdraw(&s->hbm);
	}
	if (s->will.clears && cohmem_sim_hbm_clear(&s->hbm))
		cohmem_sim_log(s, "cannot clear the coherent memory");
	cohmem_sim_log(s, "reset: %s", cohmem_sim_reset_name(kind));
	cohmem_sim_tick(s);
}

/**
 * cohmem_sim_remove() - surprise removal
 * @s: the superchip
 *
 * Everything answers all-ones from now on, pages that the client has mapped
 * included; writes are lost, DMA ends, no interrupt is signalled.
 */
void cohmem_sim_remove(struct sim *s)
{
	if (s->removed)
		return;
	s->removed = true;
	cohmem_sim_engine_reset(s);
	fill_bars(s, 0xff);
	cohmem_sim_tick(s);
	cohmem_sim_log(s, "removed");
}

/**
 * cohmem_sim_restore() - put the function back: it powers on
 * @s: the superchip
 */
void cohmem_sim_restore(struct sim *s)
{
	if (!s->removed)
		return;
	s->removed = false;
	cohmem_sim_reset(s, SIM_RESET_POWER_ON);
}

/**
 * cohmem_sim_client_gone() - forget everything that belonged to the client
 * @s: the superchip
 */
void cohmem_sim_client_gone(struct sim *s)
{
	cohmem_sim_engine_reset(s);
	cohmem_sim_dma_fini(&s->dma);
	cohmem_sim_irq_fini(s);
	s->wire = NULL;
	s->agreed = false;
}

static int make_bar(struct sim *s, unsigned int bar, u64 size)
{
	char name[32];

	if (!size)
		return 0;
	snprintf(name, sizeof(name), "cohmem-sim-bar%u", bar);
	s->bar_fd[bar] = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (s->bar_fd[bar] < 0)
		return -errno;
	/* Sparse: no page of it exists before somebody writes there. */
	if (ftruncate(s->bar_fd[bar], size))
		return -errno;
	/* It outlives the client that has it: none may cut it for the next. */
	if (fcntl(s->bar_fd[bar], F_ADD_SEALS,
		  F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
		return -errno;
	s->bar_size[bar] = size;
	return 0;
}

static int init_config(struct sim *s, const struct sim_setup *setup,
		       const char **why)
{
	struct sim_config_setup c = {
		.model = s->model, .device_id = setup->device_id,
		.mem_base = setup->mem_base, .mem_size = s->will.cxl[0].size,
		.nr_cxl_ranges = setup->cxl_two_ranges ? 2 : 1,
		.no_msix = setup->no_msix, .dump = setup->dump,
	};

	memcpy(c.bar_size, s->bar_size, sizeof(c.bar_size));
	memcpy(c.bar_bits, setup->bar_bits, sizeof(c.bar_bits));
	return cohmem_sim_config_init(&s->config, &c, why);
}

/**
 * cohmem_sim_init() - assemble a superchip and power it on
 * @s: the superchip
 * @setup: what it is to be
 * @why: where more than the error is known, what is wrong; else NULL
 *
 * Return: 0, or -errno with nothing left behind.
 */
int cohmem_sim_init(struct sim *s, const struct sim_setup *setup,
		    const char **why)
{
	unsigned int i;
	struct stat st;
	int err;

	*why = NULL;
	memset(s, 0, sizeof(*s));
	s->log = stderr;
	s->model = setup->model;
	s->mem_base = setup->mem_base;
	s->hpa = setup->hpa;
	s->hbm.fd = -1;
	s->egm = setup->egm;
	for (i = 0; i < 6; i++)
		s->bar_fd[i] = -1;
	s->will = (struct sim_behaviour){
		.link_ms = LINK_MS, .train_ms = TRAIN_MS,
	};
	for (i = 0; i < SIM_CXL_RANGES; i++)
		s->will.cxl[i] = (struct sim_cxl_range){
			.info_ms = SIM_FOLLOW, .active_ms = SIM_FOLLOW,
			.timeout = setup->cxl_timeout[i],
		};
	cohmem_sim_dma_init(&s->dma);
	cohmem_sim_irq_init(s);

	err = cohmem_sim_engine_init(s);
	for (i = 0; !err && i < 6; i++)
		err = make_bar(s, i, setup->bar_size[i]);
	if (!err)
		err = cohmem_sim_hbm_open(&s->hbm, setup->hbm_path,
					  setup->hbm_size);
	if (!err && fstat(s->hbm.fd, &st))
		err = -errno;
	if (!err) {
		cohmem_sim_cxl_size(s, setup->cxl_range2);
		err = init_config(s, setup, why);
	}
	if (err) {
		cohmem_sim_fini(s);
		return err;
	}
	s->dma.any_file = setup->any_file;
	s->dma.own_dev = st.st_dev;
	s->dma.own_ino = st.st_ino;
	cohmem_sim_reset(s, SIM_RESET_POWER_ON);
	return 0;
}

/**
 * cohmem_sim_fini() - take a superchip apart
 * @s: the superchip
 */
void cohmem_sim_fini(struct sim *s)
{
	unsigned int i;

	cohmem_sim_dma_fini(&s->dma);
	cohmem_sim_irq_fini(s);
	cohmem_sim_engine_fini(s);
	cohmem_sim_hbm_close(&s->hbm);
	cohmem_sim_egm_close(&s->egm);
	for (i = 0; i < 6; i++)
		if (s->bar_fd[i] >= 0)
			close(s->bar_fd[i]);
}
