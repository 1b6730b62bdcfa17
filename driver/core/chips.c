// SPDX-License-Identifier: GPL-2.0-only
/* The table of known parts. Sources: docs/contract.md, "Devices". */
#include "chips.h"
#include "regs.h"

const struct cohmem_placement cohmem_placement_split = {
	.name = "split",
	.usemem_bar = 4,
	.resmem_bar = 2,
	.resmem_min = COHMEM_RESMEM_MIN,
	.usemem_align = COHMEM_USEMEM_ALIGN,
};

const struct cohmem_placement cohmem_placement_whole = {
	.name = "whole",
	.usemem_bar = 4,
	.resmem_bar = COHMEM_NO_BAR,
};

const struct cohmem_placement cohmem_placement_bar2 = {
	.name = "bar2",
	.usemem_bar = 2,
	.resmem_bar = COHMEM_NO_BAR,
};

const struct cohmem_chip cohmem_chips[] = {
	{ COHMEM_PCI_VENDOR_NVIDIA, 0x2342, "GH200 120GB" },
	{ COHMEM_PCI_VENDOR_NVIDIA, 0x2343, "GH200" },
	{ COHMEM_PCI_VENDOR_NVIDIA, 0x2345, "GH200 480GB" },
	{ COHMEM_PCI_VENDOR_NVIDIA, 0x2348, "GH200 144GB HBM3e" },
	{ COHMEM_PCI_VENDOR_NVIDIA, 0x2941, "GB200" },
	{ COHMEM_PCI_VENDOR_NVIDIA, 0x31c2, "GB300" },
	{ COHMEM_PCI_VENDOR_NVIDIA, 0x3041, "Vera Rubin (pre-production)" },
	{ COHMEM_PCI_VENDOR_NVIDIA, 0x307f, "Vera Rubin (pre-production)" },
	{ }
};

/**
 * cohmem_chip_find() - look a part up by its id
 * @vendor: PCI vendor id
 * @device: PCI device id
 *
 * Return: the entry, or NULL where the id is not in the table.
 */
const struct cohmem_chip *cohmem_chip_find(u16 vendor, u16 device)
{
	const struct cohmem_chip *c;

	for (c = cohmem_chips; c->name; c++)
		if (c->vendor == vendor && c->device == device)
			return c;
	return NULL;
}

/**
 * cohmem_chip_selfhosted() - is this id in a range the guest driver calls
 *	self-hosted, that is, a GPU with coherent memory?
 * @vendor: PCI vendor id
 * @device: PCI device id
 *
 * Only a hint for people ("this looks like one, but firmware says nothing"):
 * nothing is decided by it. The ranges are those of the guest driver.
 *
 * Return: true if so.
 */
bool cohmem_chip_selfhosted(u16 vendor, u16 device)
{
	if (vendor != COHMEM_PCI_VENDOR_NVIDIA)
		return false;
	return (device >= 0x2340 && device <= 0x237f) ||
	       (device >= 0x2940 && device <= 0x297f) ||
	       (device >= 0x31c0 && device <= 0x31ff) ||
	       device == 0x31a1 || cohmem_chip_find(vendor, device);
}

/**
 * cohmem_placement_for() - how a function lays its memory out
 * @vendor: PCI vendor id
 * @device: PCI device id
 * @mig_fixed: its NVIDIA DVSEC says that the MIG bug is fixed
 *
 * The function's own word decides. The id is there for a future part that
 * needs a placement of its own, which is then a row here and no code.
 *
 * Return: the placement, never NULL.
 */
const struct cohmem_placement *cohmem_placement_for(u16 vendor, u16 device,
						    bool mig_fixed)
{
	static const struct {
		u16 vendor;
		u16 device;
		const struct cohmem_placement *place;
	} special[] = {
		/* The emulated part that keeps the 2023 proposal's layout. */
		{ COHMEM_PCI_VENDOR_NVIDIA, 0x23fe, &cohmem_placement_bar2 },
		{ }
	}, *s;

	for (s = special; s->place; s++)
		if (s->vendor == vendor && s->device == device)
			return s->place;

	return mig_fixed ? &cohmem_placement_whole : &cohmem_placement_split;
}
