/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Extended capabilities that a guest must not see, and a chain without them.
 *
 *   0x100        0x140           0x180          0x1c0
 *   [AER|140]--->[CXL 0|180]---->[CXL 8|1c0]--->[DSN|0]    the function's
 *   [AER|1c0]---------------------------------->[DSN|0]    the guest's
 *                 0 0 0 0 0 0     0 0 0 0 0 0
 *
 * What is hidden reads as zero and swallows writes, so that nobody who knows
 * the place reaches it either. In front of it, the header of a capability that
 * stays gets another next pointer. Where the first one is hidden, its place
 * keeps a header with id 0 and version 0, as the chain begins there by
 * definition; vfio-pci-core does the same.
 *
 * There are two copies of config space to look at, as vfio-pci-core hides some
 * capabilities by itself: those of a kind or length that it does not know, which
 * until Linux 6.4 is every DVSEC. It takes them out of the chain only; reads and
 * writes of the place still reach the function.
 *
 *   raw    as the function has it: says what is where
 *   shown  as vfio-pci-core shows it: says which chain to mend
 */
#ifndef COHMEM_CORE_ECAP_H
#define COHMEM_CORE_ECAP_H

#include "span.h"

/* The most places that can differ; real functions have a handful. */
#define COHMEM_ECAP_MAX		64

/**
 * struct cohmem_ecap_map - what is shown in the place of something else
 * @nr: how many places
 * @win: where they are, in rising order, for cohmem_span_next(); whole dwords of
 *	extended config space, no two of them touching where one would do
 * @value: what the first dword of each reads as; the others read as zero
 *
 * All of it swallows writes.
 */
struct cohmem_ecap_map {
	unsigned int nr;
	struct cohmem_window win[COHMEM_ECAP_MAX];
	u32 value[COHMEM_ECAP_MAX];
};

const char *cohmem_dvsec_hidden(u16 vendor, u16 id);
bool cohmem_ecap_hide(struct cohmem_ecap_map *map, const u8 *raw,
		      const u8 *shown, unsigned int size);
void cohmem_ecap_bytes(const struct cohmem_ecap_map *map, unsigned int nr,
		       u64 pos, u8 *to, u64 len);

#endif /* COHMEM_CORE_ECAP_H */
