// SPDX-License-Identifier: GPL-2.0-only
/*
 * Extended GPU Memory, for scrub.c and wipe.c: cleared with all CPUs of its
 * socket, in the background as soon as it turns up and after each user. Retired
 * blocks are nobody's, so they are not looked at. With a suspect (egm.c) there is
 * no point in it.
 */
#include <linux/io.h>

#include "egm.h"
#include "scrub.h"
#include "trace.h"

static int piece_begin(void *owner)
{
	const struct cohmem_egm *egm = owner;
	bool overflow;

	cohmem_badpages_count(&egm->bad, &overflow);
	return overflow ? -EHWPOISON : 0;
}

/* It is there until scrubbing has been stopped. */
static void piece_end(void *owner)
{
}

static u64 piece_good(void *owner, const struct cohmem_region *r, u64 off,
		      u64 len)
{
	const struct cohmem_egm *egm = owner;

	len = cohmem_egm_retired_good(&egm->retired, off, len);
	return cohmem_badpages_clean(&egm->bad, r->base + off, len);
}

static u64 piece_hole(void *owner, const struct cohmem_region *r, u64 off,
		      u64 len)
{
	const struct cohmem_egm *egm = owner;
	u64 in_block;

	if (cohmem_egm_retired_good(&egm->retired, off, len))
		return 0;
	/* Blocks count from their physical address; the range may not. */
	in_block = (r->base + off) & (COHMEM_EGM_BLOCK - 1);
	return min(len, COHMEM_EGM_BLOCK - in_block);
}

static void *piece_map(void *owner, const struct cohmem_region *r, u64 off,
		       u64 len)
{
	return memremap(r->base + off, len, MEMREMAP_WB);
}

/* The memory is the CPUs' own: nothing has to leave their caches. */
static void piece_clean(void *owner, const struct cohmem_region *r, u64 off,
			void *addr, size_t len)
{
	cohmem_egm_cleared(addr, len);
}

static void trace(void *owner, enum cohmem_scrub_event event, u64 bytes,
		  u64 total, u64 ms, int ret)
{
	const struct cohmem_egm *egm = owner;

	trace_cohmem_egm_scrub(egm->said.pxm, event, bytes, total, ms, ret);
}

static const struct cohmem_wipe_ops wipe_ops = {
	.begin	= piece_begin,
	.end	= piece_end,
	.good	= piece_good,
	.hole	= piece_hole,
	.map	= piece_map,
	.clean	= piece_clean,
	.trace	= trace,
};

static int take(void *owner, bool stopped, bool (*stop)(void *arg), void *arg)
{
	return cohmem_egm_suspects(owner) ? -EUSERS : 0;
}

static int let_go(void *owner, int ret)
{
	return ret;
}

static const struct cohmem_scrub_ops scrub_ops = {
	.begin	= take,
	.end	= let_go,
};

/**
 * cohmem_egm_clear_init() - get ready to clear the memory between users
 * @egm: the memory, whose device has its name
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int cohmem_egm_clear_init(struct cohmem_egm *egm)
{
	struct cohmem_scrub_setup setup = {
		.whose	= COHMEM_SCRUB_EGM,
		.dev	= &egm->dev,
		.name	= dev_name(&egm->dev),
		.what	= "Extended GPU Memory",
		.owner	= egm,
		.layout	= &egm->layout,
		.ops	= &scrub_ops,
		.wipe	= &wipe_ops,
	};

	egm->scrub = cohmem_scrub_new(&setup);
	return egm->scrub ? 0 : -ENOMEM;
}
