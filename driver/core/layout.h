/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From "memory at this base, this long" to regions behind BARs.
 *
 *   base                                              base + size
 *   |<------------- usemem ------------>|<--- resmem --->|   split parts
 *   |<------------------- usemem ----------------------->|   whole parts
 *
 *   region:  0            backed size            region size (power of two)
 *            |<-- memory, mappable -->|<-- padding -->|
 *            |   sparse-mmap area     | reads 0xff, writes discarded
 *
 * Words: "backed size" is the memory behind a region; "region size" is what
 * the BAR shows, the next power of two; "padding" is between the two.
 */
#ifndef COHMEM_CORE_LAYOUT_H
#define COHMEM_CORE_LAYOUT_H

#include "chips.h"

enum cohmem_kind {
	COHMEM_USEMEM,	/* cacheable, what the guest onlines */
	COHMEM_RESMEM,	/* write-combining, for MIG */
};

/**
 * struct cohmem_region - memory behind one emulated 64-bit BAR
 * @kind: usemem or resmem
 * @bar: BAR index, 2 or 4; the pair @bar and @bar + 1 is taken
 * @base: physical address of its first byte
 * @size: backed size, bytes, a multiple of the page size
 * @region_size: BAR size, bytes, the next power of two of @size
 */
struct cohmem_region {
	enum cohmem_kind kind;
	u8 bar;
	u64 base;
	u64 size;
	u64 region_size;
};

#define COHMEM_MAX_REGIONS	2

/**
 * struct cohmem_layout - all regions of one function
 * @nr: how many of @region are used; in order of physical address
 * @region: the regions
 */
struct cohmem_layout {
	u8 nr;
	struct cohmem_region region[COHMEM_MAX_REGIONS];
};

/*
 * Why firmware's announcement cannot be used. One vocabulary: the driver logs
 * these words, the command line explains them, the emulator provokes them.
 * The last group is found by the caller, not by cohmem_layout_compute().
 */
enum cohmem_reason {
	COHMEM_OK = 0,
	COHMEM_ERR_LINK_DOWN,		/* size 0: the C2C link is down */
	COHMEM_ERR_BASE_ZERO,
	COHMEM_ERR_BASE_UNALIGNED,
	COHMEM_ERR_SIZE_UNALIGNED,
	COHMEM_ERR_OVERFLOW,
	COHMEM_ERR_TOO_SMALL,		/* nothing left for usemem */
	COHMEM_ERR_TOO_LARGE,		/* above COHMEM_REGION_SIZE_MAX */
	COHMEM_ERR_PHYS_LIMIT,		/* above what the CPU can address */
	/* found by the caller */
	COHMEM_ERR_INCOMPLETE,		/* base without size, or the reverse */
	COHMEM_ERR_SYSTEM_RAM,		/* overlaps System RAM */
	COHMEM_ERR_BUSY,		/* claimed by somebody else */
	COHMEM_ERR_REAL_BAR,		/* the BAR index is taken by a real BAR */
	COHMEM_ERR_BAR0,		/* BAR0 absent or too small */
	COHMEM_NR_REASONS,
};

enum cohmem_reason cohmem_layout_compute(const struct cohmem_placement *place,
					 u64 base, u64 size, u64 page_size,
					 unsigned int phys_bits,
					 struct cohmem_layout *out);
const struct cohmem_region *cohmem_layout_at_bar(const struct cohmem_layout *l,
						 unsigned int bar);
const char *cohmem_reason_name(enum cohmem_reason reason);
const char *cohmem_reason_str(enum cohmem_reason reason);
const char *cohmem_reason_hint(enum cohmem_reason reason);
const char *cohmem_kind_name(enum cohmem_kind kind);

#endif /* COHMEM_CORE_LAYOUT_H */
