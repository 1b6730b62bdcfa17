/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How much memory there is behind a BAR that shows more than there is, and which
 * part of it a kernel can take as memory.
 *
 *   BAR      0                 size            BAR's size (a power of two)
 *            |<---- memory ---->|<-- padding -->|
 *   blocks      |<-------->|                      whole memory blocks
 */
#ifndef COHMEM_GUEST_SIZE_H
#define COHMEM_GUEST_SIZE_H

#include "chips.h"

/* Why the size cannot be told. */
enum cohmem_guest_size {
	COHMEM_SIZE_OK = 0,
	COHMEM_SIZE_UNKNOWN,	/* the register says nothing */
	COHMEM_SIZE_SMALL,	/* nothing is left for the guest */
	COHMEM_SIZE_MISFIT,	/* such memory would have another BAR */
	COHMEM_SIZE_BEYOND,	/* what was asked for is not in the BAR */
	COHMEM_NR_SIZES,
};

enum cohmem_guest_size cohmem_guest_size(u32 mib,
					 const struct cohmem_placement *place,
					 u64 bar_size, u64 *size);
enum cohmem_guest_size cohmem_guest_size_asked(u64 asked, u64 bar_size,
					       u64 page_size, u64 *size);
u64 cohmem_guest_blocks(u64 base, u64 size, u64 block, u64 *start);
const char *cohmem_guest_size_str(enum cohmem_guest_size why);

#endif /* COHMEM_GUEST_SIZE_H */
