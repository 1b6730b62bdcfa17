/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The emulated superchip as one object.
 *
 * Theory. One process is one PCI function and one client at a time. There is
 * one thread, and so there are no locks: the loop in server.c waits for the
 * client, the control socket and the next deadline, and calls down. Whatever
 * takes long (a copy of gigabytes) is done a piece at a time between two turns
 * of the loop, so that a config access is answered within microseconds
 * meanwhile; and nothing below the loop may ever wait for the client, because
 * the client (QEMU) may hold its own big lock while it waits for us.
 *
 * Time is not simulated by timers but by comparison: a reset notes when it
 * happened, and each look at a readiness register compares the clock with it.
 * Arrows point down: server, control, proto, region, device, engine, irq, and
 * below them what knows nothing of the others: ready, config, dma, hbm, egm, clock,
 * log.
 *
 * Words: "ready" means that coherent memory answers; "removed" means that the
 * function has gone from the bus and answers all-ones; "trapped" BAR0 pages are
 * those the client cannot map, because reading or writing them does something.
 */
#ifndef COHMEM_SIM_SIM_H
#define COHMEM_SIM_SIM_H

#include <stdio.h>

#include "clock.h"
#include "config.h"
#include "dma.h"
#include "egm.h"
#include "engine.h"
#include "hbm.h"
#include "model.h"

enum sim_reset {
	SIM_RESET_POWER_ON,
	SIM_RESET_FLR,		/* DEVCTL bit 15 */
	SIM_RESET_MESSAGE,	/* the client's word: bus or system reset */
	SIM_RESET_D3,		/* D3hot to D0 without No_Soft_Reset */
	SIM_NR_RESETS,
};

/* BAR0 pages that trap; 64 KiB each, so that any page size can map the rest. */
enum sim_trap {
	SIM_TRAP_LINK,
	SIM_TRAP_TRAINING,
	SIM_TRAP_CLEAR,
	SIM_TRAP_ENGINE,
	SIM_TRAP_MSIX,
	SIM_NR_TRAPS,
};

#define SIM_TRAP_PAGE		0x10000ULL
/*
 * What of a BAR can be mapped: real ones are up to 256 GiB, and what is mapped
 * must be filled with ones when the function is removed. The rest answers
 * messages.
 */
#define SIM_BAR_MAPPED		(16ULL << 20)
#define SIM_NEVER		(-1)	/* a delay that does not end */
#define SIM_FOLLOW		(-2)	/* same as the other delay */

/* Interrupt indices of VFIO that matter here, and VFIO's region indices. */
enum { SIM_IRQ_INTX = 0, SIM_IRQ_MSI = 1, SIM_IRQ_MSIX = 2, SIM_IRQ_ERR = 3,
       SIM_IRQ_REQ = 4, SIM_NR_IRQS = 5 };
enum { SIM_REGION_CONFIG = 7, SIM_NR_REGIONS = 9 };

/* Longest payload of one region or DMA message, as announced to the client. */
#define SIM_MAX_XFER		(1U << 20)

/**
 * struct sim_counters - what happened; all of it visible by `ctl counters`
 * @resets: by kind
 * @to_d3: D0 to D3hot
 * @config_reads, @config_writes: messages
 * @bar_reads, @bar_writes: messages that hit a BAR (mapped pages make none)
 * @bar_refused: BAR accesses in D3hot or with memory decoding off
 * @polls: reads of a readiness register (BAR0 parts), or of the CXL range
 * @polls_not_ready: of these, how many were answered "not yet"
 * @dma_jobs, @dma_failed: engine jobs that ended
 * @dma_bytes: bytes moved by them
 * @dma_not_ready, @dma_poison: jobs that failed for this reason
 * @irqs, @irqs_lost: vectors signalled; not signalled because off or unset
 * @intx: times INTA was signalled
 * @clients: connections accepted
 * @messages: well-formed messages
 * @wire_errors: requests answered by an error
 * @wire_drops: connections ended because the stream made no sense
 * @touched_early: watched pages that somebody accessed while not ready, as far as
 *	memory has come back since
 * @link_lost: times the link went down by itself while memory was ready
 */
struct sim_counters {
	u64 resets[SIM_NR_RESETS];
	u64 to_d3;
	u64 config_reads, config_writes;
	u64 bar_reads, bar_writes, bar_refused;
	u64 polls, polls_not_ready;
	u64 dma_jobs, dma_failed, dma_bytes, dma_not_ready, dma_poison;
	u64 irqs, irqs_lost, intx;
	u64 clients, messages, wire_errors, wire_drops;
	u64 touched_early;
	u64 link_lost;
};

/**
 * struct sim_cxl_range - how a range of the CXL DVSEC behaves
 * @size: its share of the coherent memory
 * @info_ms, @active_ms: delays after a reset, or SIM_NEVER; SIM_FOLLOW takes
 *	those of the link and the training
 * @timeout: Memory_Active_Timeout code
 */
struct sim_cxl_range {
	u64 size;
	s64 info_ms, active_ms;
	unsigned int timeout;
};

/**
 * struct sim_behaviour - what the control socket can change
 * @link_ms, @train_ms, @clear_ms: delays after a reset, or SIM_NEVER
 * @cxl: the same for each range of the CXL DVSEC
 * @silent_ms: after a reset the function answers all-ones for so long
 * @link_down, @train_stuck: as if the delay were SIM_NEVER, without losing it
 * @withheld: memory not ready now, whatever the clock says
 * @clears: a reset also clears the coherent memory
 * @rrs: while silent, the vendor id reads as below a root port with RRS visibility
 */
struct sim_behaviour {
	s64 link_ms, train_ms, clear_ms;
	struct sim_cxl_range cxl[SIM_CXL_RANGES];
	s64 silent_ms;
	bool link_down, train_stuck, withheld, clears;
	bool rrs;
};

/* What the engine waits for. */
enum sim_engine_state {
	SIM_ENGINE_IDLE,
	SIM_ENGINE_LOAD,	/* next: read a piece of the source */
	SIM_ENGINE_LOADING,	/* the client was asked for it */
	SIM_ENGINE_STORE,	/* next: write the piece */
	SIM_ENGINE_STORING,	/* the client was asked to take it */
};

struct sim_engine {
	u8 reg[COHMEM_ENGINE_REGS_END];
	enum sim_engine_state state;
	u16 request;		/* id of the message waited for */
	bool request_write;
	u64 request_iova;
	u32 request_len;
	u64 moved;
	u32 piece;		/* bytes in @buf */
	u32 asked;		/* of these, how many the client shall take */
	u32 crc;
	u8 *buf;		/* SIM_MAX_XFER */
};

struct sim_wire;

struct sim {
	const struct sim_model *model;
	struct sim_config config;
	struct sim_hbm hbm;
	struct sim_egm egm;
	struct sim_dma dma;
	struct sim_engine engine;
	struct sim_behaviour will;
	struct sim_behaviour initial;	/* what "defaults" goes back to */
	struct sim_counters count;
	u64 mem_base;
	bool hpa;		/* the engine addresses memory as the CPU does */
	u64 bar_size[6];
	int bar_fd[6];		/* memfd behind each BAR, or -1 */
	struct sim_clock clock;
	u64 reset_ns;		/* when the last reset was, by that clock */
	u64 now_ns;		/* when the last tick was */
	s64 silent_ms;		/* what was wanted when the last reset was */
	bool removed;
	bool was_ready;		/* as of the last cohmem_sim_tick() */
	bool was_silent;	/* the same */
	int msix_fd[SIM_NR_VECTORS];
	int msi_fd[SIM_NR_MSI];
	u32 pending;		/* vectors that wait until they are unmasked */
	int intx_fd;
	bool intx_up;		/* the function asserts INTA */
	bool intx_masked;	/* by the client, or by having been signalled */
	int err_fd, req_fd;
	struct sim_wire *wire;	/* the client, NULL without one */
	bool agreed;		/* with it, on a version */
	u16 next_id;
	u32 client_max_xfer;	/* longest DMA message the client takes */
	FILE *log;
	bool verbose;
};

/* log.c */
void cohmem_sim_log(struct sim *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* ready.c: what time makes of it */
s64 cohmem_sim_next_deadline_ms(const struct sim *s);
s64 cohmem_sim_since_reset_ms(const struct sim *s);
bool cohmem_sim_cxl_size(struct sim *s, u64 range2);
bool cohmem_sim_link_up(const struct sim *s);
bool cohmem_sim_trained(const struct sim *s);
bool cohmem_sim_cleared(const struct sim *s);
bool cohmem_sim_ready(const struct sim *s);
bool cohmem_sim_silent(const struct sim *s);
void cohmem_sim_show_cxl(struct sim *s);

/* device.c: the function as a whole */
struct sim_setup {
	const struct sim_model *model;
	u16 device_id;
	u64 hbm_size;
	const char *hbm_path;
	u64 mem_base;
	struct sim_egm egm;	/* taken over */
	u64 bar_size[6];	/* of the real BARs */
	u8 bar_bits[6];		/* the low ones of their registers */
	bool no_msix;
	const u8 *dump;		/* a real part's config space, or NULL */
	bool hpa;		/* the engine takes host-physical addresses */
	bool any_file;		/* DMA to files that may block, too */
	bool cxl_two_ranges;	/* HDM count 2; the second may be empty */
	u64 cxl_range2;		/* its size, taken from the first */
	u8 cxl_timeout[SIM_CXL_RANGES];	/* Memory_Active_Timeout codes */
};

int cohmem_sim_init(struct sim *s, const struct sim_setup *setup,
		    const char **why);
void cohmem_sim_fini(struct sim *s);
void cohmem_sim_reset(struct sim *s, enum sim_reset kind);
void cohmem_sim_remove(struct sim *s);
void cohmem_sim_restore(struct sim *s);
void cohmem_sim_tick(struct sim *s);
const char *cohmem_sim_reset_name(enum sim_reset kind);
void cohmem_sim_client_gone(struct sim *s);

/* region.c: what the client reads, writes and maps */
struct sim_area {
	u64 start, size;
};

u64 cohmem_sim_region_size(const struct sim *s, u32 index);
unsigned int cohmem_sim_region_areas(const struct sim *s, u32 index,
				     struct sim_area area[SIM_NR_TRAPS + 1]);
int cohmem_sim_region_read(struct sim *s, u32 index, u64 pos, void *buf,
			   u32 len);
int cohmem_sim_region_write(struct sim *s, u32 index, u64 pos, const void *buf,
			    u32 len);

/* irq.c: interrupts */
struct sim_irq_set {
	u32 flags, index, start, count;
	const u8 *data;		/* one byte a vector, for DATA_BOOL */
	u32 data_len;
	int *fds;		/* taken over where used, then set to -1 */
	unsigned int nr_fds;
};

void cohmem_sim_irq_init(struct sim *s);
void cohmem_sim_irq_fini(struct sim *s);
u32 cohmem_sim_irq_count(const struct sim *s, u32 index);
int cohmem_sim_irq_set(struct sim *s, struct sim_irq_set *set);
int cohmem_sim_irq_fire(struct sim *s, u32 vector);
int cohmem_sim_irq_intx(struct sim *s, bool up);
void cohmem_sim_irq_update(struct sim *s);
int cohmem_sim_irq_error(struct sim *s);

/* engine.c: the copy engine */
int cohmem_sim_engine_init(struct sim *s);
void cohmem_sim_engine_fini(struct sim *s);
void cohmem_sim_engine_reset(struct sim *s);
void cohmem_sim_engine_read(struct sim *s, u32 pos, void *buf, u32 len);
void cohmem_sim_engine_write(struct sim *s, u32 pos, const void *buf, u32 len);
bool cohmem_sim_engine_runnable(const struct sim *s);
void cohmem_sim_engine_step(struct sim *s);
void cohmem_sim_engine_answer(struct sim *s, u16 id, int err, const void *data,
			      u32 len);

/* ask.c: messages that we send */
int cohmem_sim_ask_dma(struct sim *s, bool write, u64 iova, const void *data,
		       u32 len, u16 *id);

/* proto.c: the messages */
int cohmem_sim_proto_handle(struct sim *s, u8 *msg, u32 len, int *fds,
			    unsigned int nr_fds);


#endif /* COHMEM_SIM_SIM_H */
