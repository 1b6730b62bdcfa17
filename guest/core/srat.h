/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which proximity domains are kept for a PCI function: the Generic Initiator
 * Affinity structures of the SRAT (ACPI 6.5, 5.2.16.6).
 */
#ifndef COHMEM_GUEST_SRAT_H
#define COHMEM_GUEST_SRAT_H

#include "env.h"

/* A GPU has eight; nobody is given more than this. */
#define COHMEM_GUEST_MAX_PXM	32

/**
 * struct cohmem_guest_where - where a PCI function is
 * @segment: its segment (domain)
 * @bus: its bus
 * @devfn: its device and function, as in config addresses
 */
struct cohmem_guest_where {
	u16 segment;
	u8 bus;
	u8 devfn;
};

unsigned int cohmem_guest_srat(const u8 *table, u32 len,
			       const struct cohmem_guest_where *where,
			       u32 pxm[COHMEM_GUEST_MAX_PXM]);

#endif /* COHMEM_GUEST_SRAT_H */
