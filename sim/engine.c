// SPDX-License-Identifier: GPL-2.0-only
/*
 * The copy engine; engine.h is its manual.
 *
 * A job moves in pieces of at most SIM_MAX_XFER, each cut where the source or
 * the destination changes owner. A piece goes LOAD, STORE; where one end is
 * reached by messages, the state is LOADING or STORING until the client has
 * answered. One piece is one turn of the main loop.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "file.h"
#include "sim.h"
#include "wire.h"

static u64 get(const struct sim_engine *e, u32 reg, u32 len)
{
	u64 v = 0;

	while (len--)
		v = v << 8 | e->reg[reg + len];
	return v;
}

static void put(struct sim_engine *e, u32 reg, u32 len, u64 v)
{
	u32 i;

	for (i = 0; i < len; i++)
		e->reg[reg + i] = v >> 8 * i;
}

/**
 * cohmem_sim_engine_init() - allocate what the engine needs
 * @s: the superchip
 * Return: 0 or -ENOMEM.
 */
int cohmem_sim_engine_init(struct sim *s)
{
	s->engine.buf = malloc(SIM_MAX_XFER);
	return s->engine.buf ? 0 : -ENOMEM;
}

/**
 * cohmem_sim_engine_fini() - free what the engine needs
 * @s: the superchip
 */
void cohmem_sim_engine_fini(struct sim *s)
{
	free(s->engine.buf);
	s->engine.buf = NULL;
}

/**
 * cohmem_sim_engine_reset() - end any job without a word, registers to 0
 * @s: the superchip
 */
void cohmem_sim_engine_reset(struct sim *s)
{
	struct sim_engine *e = &s->engine;

	if (e->state != SIM_ENGINE_IDLE) {
		s->count.dma_jobs++;
		s->count.dma_failed++;
	}
	e->state = SIM_ENGINE_IDLE;
	s->intx_up = false;
	memset(e->reg, 0, sizeof(e->reg));
	put(e, COHMEM_ENGINE_ID, 4, COHMEM_ENGINE_MAGIC);
	put(e, COHMEM_ENGINE_VERSION, 4, 1);
	put(e, COHMEM_ENGINE_MEM_SIZE, 8, s->hbm.size);
	put(e, COHMEM_ENGINE_EGM_SIZE, 8, s->egm.size);
}

static void finish(struct sim *s, u32 error, u64 fault)
{
	struct sim_engine *e = &s->engine;
	u32 irq = get(e, COHMEM_ENGINE_IRQ, 4);

	e->state = SIM_ENGINE_IDLE;
	s->count.dma_jobs++;
	s->count.dma_bytes += e->moved;
	if (error)
		s->count.dma_failed++;
	if (error == COHMEM_EERR_NOT_READY)
		s->count.dma_not_ready++;
	if (error == COHMEM_EERR_POISON)
		s->count.dma_poison++;
	put(e, COHMEM_ENGINE_ERROR, 4, error);
	put(e, COHMEM_ENGINE_FAULT, 8, fault);
	put(e, COHMEM_ENGINE_MOVED, 8, e->moved);
	put(e, COHMEM_ENGINE_RESULT, 4, e->crc);
	put(e, COHMEM_ENGINE_STATUS, 4,
	    error ? COHMEM_STATUS_ERROR : COHMEM_STATUS_DONE);
	cohmem_sim_log(s, "engine: tag %#x: error %u at %#llx, %llu bytes",
		       (unsigned int)get(e, COHMEM_ENGINE_TAG, 4), error,
		       (unsigned long long)fault, (unsigned long long)e->moved);
	if (!(irq & COHMEM_ENGINE_IRQ_ON))
		return;
	if (cohmem_sim_config_intx_on(&s->config))
		cohmem_sim_irq_intx(s, true);
	else
		cohmem_sim_irq_fire(s, irq & ~COHMEM_ENGINE_IRQ_ON);
}

static bool op_loads(const struct sim_engine *e)
{
	return get(e, COHMEM_ENGINE_OP, 4) != COHMEM_OP_FILL;
}

static bool op_stores(const struct sim_engine *e)
{
	return get(e, COHMEM_ENGINE_OP, 4) != COHMEM_OP_CRC32;
}

static bool space_ok(const struct sim *s, u32 space)
{
	return space <= COHMEM_SPACE_COHERENT ||
	       (space == COHMEM_SPACE_EGM && s->egm.size);
}

static void doorbell(struct sim *s)
{
	struct sim_engine *e = &s->engine;
	u32 tag = get(e, COHMEM_ENGINE_DOORBELL, 4);

	put(e, COHMEM_ENGINE_DOORBELL, 4, 0);
	if (!tag)
		return;
	if (e->state != SIM_ENGINE_IDLE) {
		put(e, COHMEM_ENGINE_REJECTED, 4,
		    get(e, COHMEM_ENGINE_REJECTED, 4) + 1);
		return;
	}
	put(e, COHMEM_ENGINE_TAG, 4, tag);
	e->moved = 0;
	e->crc = 0;
	e->piece = 0;
	if (get(e, COHMEM_ENGINE_OP, 4) > COHMEM_OP_CRC32 ||
	    !space_ok(s, get(e, COHMEM_ENGINE_SRC_SPACE, 4)) ||
	    !space_ok(s, get(e, COHMEM_ENGINE_DST_SPACE, 4)) ||
	    !get(e, COHMEM_ENGINE_LEN, 8)) {
		finish(s, COHMEM_EERR_INVALID, 0);
		return;
	}
	put(e, COHMEM_ENGINE_STATUS, 4, COHMEM_STATUS_BUSY);
	put(e, COHMEM_ENGINE_ERROR, 4, COHMEM_EERR_NONE);
	e->state = op_loads(e) ? SIM_ENGINE_LOAD : SIM_ENGINE_STORE;
}

/**
 * cohmem_sim_engine_read() - read the engine's window
 * @s: the superchip
 * @pos: offset in the window
 * @buf: where to; what is no register reads 0
 * @len: bytes
 */
void cohmem_sim_engine_read(struct sim *s, u32 pos, void *buf, u32 len)
{
	struct sim_engine *e = &s->engine;

	if (e->state != SIM_ENGINE_IDLE)
		put(e, COHMEM_ENGINE_MOVED, 8, e->moved);
	put(e, COHMEM_ENGINE_INTX, 4, s->intx_up);
	memset(buf, 0, len);
	if (pos >= COHMEM_ENGINE_REGS_END)
		return;
	if (len > COHMEM_ENGINE_REGS_END - pos)
		len = COHMEM_ENGINE_REGS_END - pos;
	memcpy(buf, e->reg + pos, len);
}

/**
 * cohmem_sim_engine_write() - write the engine's window
 * @s: the superchip
 * @pos: offset in the window
 * @buf: where from; what cannot be written is ignored
 * @len: bytes
 *
 * A job keeps the parameters it was started with: while one runs, only the
 * doorbell and INTX take writes.
 */
void cohmem_sim_engine_write(struct sim *s, u32 pos, const void *buf, u32 len)
{
	struct sim_engine *e = &s->engine;
	const u8 *from = buf;
	u32 i;

	for (i = 0; i < len && pos + i < COHMEM_ENGINE_REGS_END; i++) {
		u32 p = pos + i;

		if (p == COHMEM_ENGINE_INTX && (from[i] & 1))
			cohmem_sim_irq_intx(s, false);
		if (p < COHMEM_ENGINE_OP || p >= COHMEM_ENGINE_STATUS ||
		    (e->state != SIM_ENGINE_IDLE && p < COHMEM_ENGINE_DOORBELL))
			continue;
		e->reg[p] = from[i];
		if (p == COHMEM_ENGINE_DOORBELL + 3)
			doorbell(s);
	}
}

/**
 * cohmem_sim_engine_runnable() - is there a piece to move now?
 * @s: the superchip
 *
 * In D3hot a job stands still, and goes on in D0 if the state is kept until then.
 * A piece that has to be asked of a client who does not read what it is sent
 * waits until it does. Others do not.
 *
 * Return: true if cohmem_sim_engine_step() has work.
 */
bool cohmem_sim_engine_runnable(const struct sim *s)
{
	const struct sim_engine *e = &s->engine;
	bool write = e->state == SIM_ENGINE_STORE;
	struct sim_dma_spot spot;

	if ((e->state != SIM_ENGINE_LOAD && !write) ||
	    cohmem_sim_config_in_d3(&s->config))
		return false;
	if (!s->wire || !cohmem_sim_wire_blocked(s->wire) ||
	    get(e, write ? COHMEM_ENGINE_DST_SPACE : COHMEM_ENGINE_SRC_SPACE, 4))
		return true;
	return cohmem_sim_dma_find(&s->dma, e->moved +
				   get(e, write ? COHMEM_ENGINE_DST :
						  COHMEM_ENGINE_SRC, 8), 1, 0,
				   &spot) || spot.fd >= 0;
}

/* One end of the copy, at the present position. */
struct end {
	u32 space;		/* COHMEM_SPACE_* */
	u64 addr;
	struct sim_dma_spot spot;
};

/*
 * From an address of memory that begins at @base to an offset in it; cuts *len to
 * what there is of it. Return: COHMEM_EERR_*.
 */
static u32 offset_in(const struct sim *s, u64 base, u64 size, u64 *addr,
		     u64 *len)
{
	if (s->hpa && *addr < base)
		return COHMEM_EERR_RANGE;
	if (s->hpa)
		*addr -= base;
	if (*addr >= size)
		return COHMEM_EERR_RANGE;
	if (*len > size - *addr)
		*len = size - *addr;
	return 0;
}

static u32 find_coherent(const struct sim *s, struct end *end, u64 *len)
{
	u32 error;
	u64 bad;

	if (!cohmem_sim_ready(s))
		return COHMEM_EERR_NOT_READY;
	error = offset_in(s, s->mem_base, s->hbm.size, &end->addr, len);
	if (error)
		return error;
	if (cohmem_sim_hbm_poisoned(&s->hbm, end->addr, *len, &bad)) {
		if (bad == end->addr)
			return COHMEM_EERR_POISON;
		*len = bad - end->addr;
	}
	return 0;
}

/* Over the link, whatever PCI says of bus mastering, and past the IOMMU. */
static u32 find_egm(const struct sim *s, struct end *end, u64 *len)
{
	if (!cohmem_sim_link_up(s))
		return COHMEM_EERR_NOT_READY;
	return offset_in(s, s->egm.base, s->egm.size, &end->addr, len);
}

/*
 * Find an end; cuts *len to what lies in one piece, and turns the address of
 * coherent memory and EGM into an offset. Return: COHMEM_EERR_*.
 */
static u32 find(struct sim *s, struct end *end, u64 *len, bool write)
{
	if (end->space == COHMEM_SPACE_COHERENT)
		return find_coherent(s, end, len);
	if (end->space == COHMEM_SPACE_EGM)
		return find_egm(s, end, len);
	if (!cohmem_sim_config_master_on(&s->config))
		return COHMEM_EERR_NO_MASTER;
	switch (cohmem_sim_dma_find(&s->dma, end->addr, *len, write ?
				    SIM_DMA_WRITE : SIM_DMA_READ, &end->spot)) {
	case 0:
		*len = end->spot.len;
		if (end->spot.fd < 0 && *len > s->client_max_xfer)
			*len = s->client_max_xfer;
		return 0;
	case -EACCES:
		return COHMEM_EERR_ACCESS;
	default:
		return COHMEM_EERR_UNMAPPED;
	}
}

static int load(struct sim *s, const struct end *end, u32 len)
{
	struct sim_engine *e = &s->engine;

	if (end->space == COHMEM_SPACE_COHERENT)
		return cohmem_sim_hbm_read(&s->hbm, end->addr, e->buf, len);
	if (end->space == COHMEM_SPACE_EGM)
		return cohmem_sim_egm_read(&s->egm, end->addr, e->buf, len);
	if (end->spot.fd < 0) {
		e->state = SIM_ENGINE_LOADING;
		return cohmem_sim_ask_dma(s, false, end->addr, NULL, len,
					  &e->request);
	}
	return cohmem_sim_file_read(end->spot.fd, e->buf, len,
				    end->spot.offset);
}

static int store(struct sim *s, const struct end *end, u32 len)
{
	struct sim_engine *e = &s->engine;

	if (end->space == COHMEM_SPACE_COHERENT)
		return cohmem_sim_hbm_write(&s->hbm, end->addr, e->buf, len);
	if (end->space == COHMEM_SPACE_EGM)
		return cohmem_sim_egm_write(&s->egm, end->addr, e->buf, len);
	if (end->spot.fd < 0) {
		e->state = SIM_ENGINE_STORING;
		e->asked = len;
		return cohmem_sim_ask_dma(s, true, end->addr, e->buf, len,
					  &e->request);
	}
	return cohmem_sim_file_write(end->spot.fd, e->buf, len,
				     end->spot.offset);
}

static void fill(struct sim_engine *e, u32 len)
{
	u32 i;

	/* The pattern's phase follows the position in the job. */
	for (i = 0; i < len; i++)
		e->buf[i] = e->reg[COHMEM_ENGINE_PATTERN + ((e->moved + i) & 7)];
}

static void loaded(struct sim *s)
{
	struct sim_engine *e = &s->engine;

	if (op_stores(e)) {
		e->state = SIM_ENGINE_STORE;
		return;
	}
	e->crc = cohmem_sim_crc32(e->crc, e->buf, e->piece);
	e->moved += e->piece;
	e->piece = 0;
	e->state = SIM_ENGINE_LOAD;
	if (e->moved == get(e, COHMEM_ENGINE_LEN, 8))
		finish(s, 0, 0);
}

/* @n bytes of the piece are stored; the rest of it follows in the next turn. */
static void stored(struct sim *s, u32 n)
{
	struct sim_engine *e = &s->engine;

	e->moved += n;
	e->piece -= n;
	if (e->moved == get(e, COHMEM_ENGINE_LEN, 8)) {
		finish(s, 0, 0);
		return;
	}
	if (e->piece)
		memmove(e->buf, e->buf + n, e->piece);
	e->state = e->piece || !op_loads(e) ? SIM_ENGINE_STORE :
					      SIM_ENGINE_LOAD;
}

static void step_load(struct sim *s, u64 left)
{
	struct sim_engine *e = &s->engine;
	struct end src = {
		.space = get(e, COHMEM_ENGINE_SRC_SPACE, 4),
		.addr = get(e, COHMEM_ENGINE_SRC, 8) + e->moved,
	};
	u32 error = find(s, &src, &left, false);

	if (error) {
		finish(s, error, get(e, COHMEM_ENGINE_SRC, 8) + e->moved);
		return;
	}
	e->piece = left;
	if (load(s, &src, left))
		finish(s, COHMEM_EERR_BUS, src.addr);
	else if (e->state == SIM_ENGINE_LOAD)
		loaded(s);
}

static void step_store(struct sim *s, u64 left)
{
	struct sim_engine *e = &s->engine;
	struct end dst = {
		.space = get(e, COHMEM_ENGINE_DST_SPACE, 4),
		.addr = get(e, COHMEM_ENGINE_DST, 8) + e->moved,
	};
	u32 error;

	if (op_loads(e))
		left = e->piece;
	error = find(s, &dst, &left, true);
	if (error) {
		finish(s, error, get(e, COHMEM_ENGINE_DST, 8) + e->moved);
		return;
	}
	if (!op_loads(e)) {
		fill(e, left);
		e->piece = left;
	}
	if (store(s, &dst, left))
		finish(s, COHMEM_EERR_BUS, dst.addr);
	else if (e->state == SIM_ENGINE_STORE)
		stored(s, left);
}

/**
 * cohmem_sim_engine_step() - move one piece
 * @s: the superchip; cohmem_sim_engine_runnable()
 */
void cohmem_sim_engine_step(struct sim *s)
{
	struct sim_engine *e = &s->engine;
	u64 left = get(e, COHMEM_ENGINE_LEN, 8) - e->moved;

	if (left > SIM_MAX_XFER)
		left = SIM_MAX_XFER;
	if (e->state == SIM_ENGINE_LOAD)
		step_load(s, left);
	else if (e->state == SIM_ENGINE_STORE)
		step_store(s, left);
}

/**
 * cohmem_sim_engine_answer() - the client has answered a DMA message
 * @s: the superchip
 * @id: of the message; an answer nobody waits for any more is ignored
 * @err: 0 or the client's error
 * @data: what was read
 * @len: how much
 */
void cohmem_sim_engine_answer(struct sim *s, u16 id, int err, const void *data,
			      u32 len)
{
	struct sim_engine *e = &s->engine;
	struct sim_dma_spot spot;
	bool loading;
	u64 addr;

	if (id != e->request || (e->state != SIM_ENGINE_LOADING &&
				 e->state != SIM_ENGINE_STORING))
		return;
	loading = e->state == SIM_ENGINE_LOADING;
	addr = get(e, loading ? COHMEM_ENGINE_SRC : COHMEM_ENGINE_DST, 8) +
	       e->moved;
	if (err || (loading && len != e->piece)) {
		finish(s, COHMEM_EERR_BUS, addr);
		return;
	}
	/* What was unmapped meanwhile was not there to be reached. */
	if (cohmem_sim_dma_find(&s->dma, addr, 1, 0, &spot)) {
		finish(s, COHMEM_EERR_UNMAPPED, addr);
		return;
	}
	if (loading) {
		memcpy(e->buf, data, len);
		loaded(s);
	} else {
		stored(s, e->asked);
	}
}
