/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parts known by name, and the two ways their memory is laid out in BARs.
 * Ids only give names and a default: what a function announces (firmware
 * properties, DVSECs) decides, so an unknown id works just as well.
 */
#ifndef COHMEM_CORE_CHIPS_H
#define COHMEM_CORE_CHIPS_H

#include "env.h"

/**
 * struct cohmem_placement - how one kind of part shows its memory
 * @name: short word for messages and JSON: "split", "whole", "bar2"
 * @usemem_bar: BAR index that carries the cacheable memory
 * @resmem_bar: BAR index that carries the reserved tail, or 0xff for none
 * @resmem_min: least size of the tail, bytes; 0 without one
 * @usemem_align: usemem is rounded down to this, bytes; 0 keeps it whole
 */
struct cohmem_placement {
	const char *name;
	u8 usemem_bar;
	u8 resmem_bar;
	u64 resmem_min;
	u64 usemem_align;
};

#define COHMEM_NO_BAR	0xff

/**
 * struct cohmem_chip - a part known by its PCI id
 * @vendor: PCI vendor id
 * @device: PCI device id
 * @name: marketing name
 */
struct cohmem_chip {
	u16 vendor;
	u16 device;
	const char *name;
};

extern const struct cohmem_placement cohmem_placement_split;
extern const struct cohmem_placement cohmem_placement_whole;
/* The whole memory at BAR2, as first proposed in 2023; no shipping part. */
extern const struct cohmem_placement cohmem_placement_bar2;

/* All known parts; ends with an entry whose name is NULL. */
extern const struct cohmem_chip cohmem_chips[];

const struct cohmem_chip *cohmem_chip_find(u16 vendor, u16 device);
bool cohmem_chip_selfhosted(u16 vendor, u16 device);
const struct cohmem_placement *cohmem_placement_for(u16 vendor, u16 device,
						    bool mig_fixed);

#endif /* COHMEM_CORE_CHIPS_H */
