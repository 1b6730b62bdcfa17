/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Extended capabilities that a guest must not see, and a chain without them.
 *
 *   0x100          0x120          0x150          0x1a0
 *   [AER|next]---->[DVSEC|next]-->[DVSEC|next]-->[DSN|0]       as it is
 *   [AER|next]------------------------------>    [DSN|0]       as it is shown
 *                   0 0 0 0 0 0    0 0 0 0 0 0
 *
 * What is hidden reads as zero and swallows writes, so that nobody who knows
 * the place reaches it either. In front of it the header of a capability that
 * is shown gets another next pointer. Where the first one is hidden its place
 * keeps a header without a capability (id 0), as the chain begins there by
 * definition: so does vfio-pci-core.
 */
#ifndef COHMEM_CORE_ECAP_H
#define COHMEM_CORE_ECAP_H

#include "span.h"

/* The most capabilities that a chain can have; real ones have about a dozen. */
#define COHMEM_ECAP_MAX		64

/**
 * struct cohmem_ecap_map - what is shown in the place of something else
 * @nr: how many places
 * @win: where they are, in rising order; for cohmem_span_next()
 * @value: what the first four bytes of each read as; all others read as zero
 */
struct cohmem_ecap_map {
	unsigned int nr;
	struct cohmem_window win[COHMEM_ECAP_MAX];
	u32 value[COHMEM_ECAP_MAX];
};

/* Reads a dword of config space at a position that is a multiple of four. */
typedef u32 (*cohmem_ecap_read)(void *ctx, unsigned int pos);

void cohmem_ecap_hide(struct cohmem_ecap_map *map, cohmem_ecap_read read,
		      void *ctx);
void cohmem_ecap_bytes(const struct cohmem_ecap_map *map, unsigned int nr,
		       u64 pos, u8 *to, u64 len);

#endif /* COHMEM_CORE_ECAP_H */
