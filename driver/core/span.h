/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Cutting an access into pieces that each have one owner. Whoever serves a
 * read or write walks it piece by piece, so that an access which crosses any
 * border is right by construction.
 */
#ifndef COHMEM_CORE_SPAN_H
#define COHMEM_CORE_SPAN_H

#include "env.h"

/**
 * struct cohmem_window - a range that has an owner other than the default
 * @start: first offset
 * @end: one past the last offset
 */
struct cohmem_window {
	u64 start;
	u64 end;
};

/**
 * struct cohmem_span - one piece of an access
 * @pos: offset of its first byte
 * @len: bytes, never 0
 * @owner: index of the window it lies in, or -1 for none
 */
struct cohmem_span {
	u64 pos;
	u64 len;
	int owner;
};

bool cohmem_span_next(const struct cohmem_window *win, unsigned int nr_win,
		      u64 pos, u64 count, struct cohmem_span *span);

/* Where an offset of a region lies. */
enum cohmem_where {
	COHMEM_WHERE_MEMORY,
	COHMEM_WHERE_PADDING,
	COHMEM_WHERE_OUTSIDE,	/* at or past the region size */
};

enum cohmem_where cohmem_region_span(u64 size, u64 region_size, u64 pos,
				     u64 count, u64 *len);

#endif /* COHMEM_CORE_SPAN_H */
