// SPDX-License-Identifier: GPL-2.0-only
/* The arithmetic behind struct cohmem_layout. Pure. */
#include "layout.h"
#include "regs.h"

static u64 next_power_of_two(u64 n)
{
	u64 p = 1;

	while (p < n)
		p <<= 1;
	return p;
}

static void add_region(struct cohmem_layout *l, enum cohmem_kind kind, u8 bar,
		       u64 base, u64 size)
{
	struct cohmem_region *r = &l->region[l->nr++];

	r->kind = kind;
	r->bar = bar;
	r->base = base;
	r->size = size;
	r->region_size = next_power_of_two(size);
}

/**
 * cohmem_layout_compute() - from firmware's numbers to regions
 * @place: how this kind of part shows its memory
 * @base: physical address of the memory, from firmware
 * @size: its length in bytes, from firmware; 0 means the link is down
 * @page_size: the kernel's page size, a power of two
 * @phys_bits: physical address bits of the CPU; 0 leaves the limit untested
 * @out: the layout; all zero unless COHMEM_OK is returned
 *
 * Everything that arithmetic can find wrong is found here, so that what comes
 * out can be mapped page by page and shown as power-of-two BARs.
 *
 * Return: COHMEM_OK or the first thing that is wrong.
 */
enum cohmem_reason cohmem_layout_compute(const struct cohmem_placement *place,
					 u64 base, u64 size, u64 page_size,
					 unsigned int phys_bits,
					 struct cohmem_layout *out)
{
	u64 usemem = size, resmem = 0;

	memset(out, 0, sizeof(*out));

	if (!size)
		return COHMEM_ERR_LINK_DOWN;
	if (!base)
		return COHMEM_ERR_BASE_ZERO;
	if (base & (page_size - 1))
		return COHMEM_ERR_BASE_UNALIGNED;
	if (size & (page_size - 1))
		return COHMEM_ERR_SIZE_UNALIGNED;
	if (base > ~0ULL - size)
		return COHMEM_ERR_OVERFLOW;
	if (phys_bits && phys_bits < 64 && (base + size - 1) >> phys_bits)
		return COHMEM_ERR_PHYS_LIMIT;

	if (place->resmem_bar != COHMEM_NO_BAR) {
		if (size <= place->resmem_min)
			return COHMEM_ERR_TOO_SMALL;
		usemem = size - place->resmem_min;
		if (place->usemem_align)
			usemem &= ~(place->usemem_align - 1);
		if (!usemem)
			return COHMEM_ERR_TOO_SMALL;
		resmem = size - usemem;
	}
	if (usemem > COHMEM_REGION_SIZE_MAX || resmem > COHMEM_REGION_SIZE_MAX)
		return COHMEM_ERR_TOO_LARGE;

	add_region(out, COHMEM_USEMEM, place->usemem_bar, base, usemem);
	if (resmem)
		add_region(out, COHMEM_RESMEM, place->resmem_bar, base + usemem,
			   resmem);
	return COHMEM_OK;
}

/**
 * cohmem_layout_at_bar() - the region behind a BAR
 * @l: the layout
 * @bar: BAR index, 0 to 5
 *
 * Return: the region whose pair starts at @bar, or NULL.
 */
const struct cohmem_region *cohmem_layout_at_bar(const struct cohmem_layout *l,
						 unsigned int bar)
{
	unsigned int i;

	for (i = 0; i < l->nr; i++)
		if (l->region[i].bar == bar)
			return &l->region[i];
	return NULL;
}

/* One row a reason: a stable word, a sentence, and the way out. */
static const struct {
	const char *name;
	const char *str;
	const char *hint;
} reasons[COHMEM_NR_REASONS] = {
	[COHMEM_OK] = { "ok", "coherent memory announced and usable", "" },
	[COHMEM_ERR_LINK_DOWN] = {
		"link-down",
		"firmware announces coherent memory of size 0: the C2C link is down",
		"read the firmware's (BMC, UEFI) log for link training; a cold power cycle retrains it"
	},
	[COHMEM_ERR_BASE_ZERO] = {
		"base-zero",
		"firmware announces coherent memory at physical address 0",
		"update the firmware: " COHMEM_PROP_MEM_BASE " is wrong" },
	[COHMEM_ERR_BASE_UNALIGNED] = {
		"base-unaligned",
		"the announced base is not a multiple of the kernel's page size",
		"boot a kernel with smaller pages, or update the firmware" },
	[COHMEM_ERR_SIZE_UNALIGNED] = {
		"size-unaligned",
		"the announced size is not a multiple of the kernel's page size",
		"boot a kernel with smaller pages, or update the firmware" },
	[COHMEM_ERR_OVERFLOW] = {
		"overflow",
		"announced base and size together exceed 64 bits",
		"update the firmware: " COHMEM_PROP_MEM_BASE " or " COHMEM_PROP_MEM_SIZE " is wrong"
	},
	[COHMEM_ERR_TOO_SMALL] = {
		"too-small",
		"the announced memory is too small to be split into usemem and resmem",
		"a part that needs the split must announce at least 1.5 GiB" },
	[COHMEM_ERR_TOO_LARGE] = {
		"too-large",
		"the announced memory exceeds what a VFIO region can hold (1 TiB)",
		"no VFIO user can map it; report the part" },
	[COHMEM_ERR_PHYS_LIMIT] = {
		"phys-limit",
		"the announced memory lies above the CPU's physical address range",
		"update the firmware, or boot a kernel built for more physical address bits" },
	[COHMEM_ERR_INCOMPLETE] = {
		"incomplete",
		"firmware announces coherent memory incompletely",
		"both " COHMEM_PROP_MEM_BASE " and " COHMEM_PROP_MEM_SIZE " have to be integers"
	},
	[COHMEM_ERR_SYSTEM_RAM] = {
		"system-ram",
		"the announced memory overlaps System RAM",
		"the host has onlined the GPU's memory (or firmware is wrong): keep it out of the memory map"
	},
	[COHMEM_ERR_BUSY] = {
		"busy",
		"the announced memory is claimed by somebody else",
		"look for the owner of the range in /proc/iomem" },
	[COHMEM_ERR_REAL_BAR] = {
		"real-bar",
		"a real BAR stands where the coherent memory has to appear",
		"no layout is known for this part; report it with lspci -vvv" },
	[COHMEM_ERR_BAR0] = {
		"bar0",
		"BAR0 is absent or too small to hold the readiness registers",
		"check the kernel log for BAR assignment failures" },
};

/* A number that is no reason (a newer driver's, a torn file) is not "ok". */
static bool known(enum cohmem_reason reason)
{
	return (unsigned int)reason < COHMEM_NR_REASONS;
}

/**
 * cohmem_reason_name() - a reason as one stable word
 * @reason: the reason
 * Return: the word, for JSON and scripts.
 */
const char *cohmem_reason_name(enum cohmem_reason reason)
{
	return known(reason) ? reasons[reason].name : "unknown";
}

/**
 * cohmem_reason_str() - a reason as a sentence
 * @reason: the reason
 * Return: the sentence, no full stop.
 */
const char *cohmem_reason_str(enum cohmem_reason reason)
{
	return known(reason) ? reasons[reason].str : "unknown reason";
}

/**
 * cohmem_reason_hint() - what a person can do about a reason
 * @reason: the reason
 * Return: the hint; empty for COHMEM_OK.
 */
const char *cohmem_reason_hint(enum cohmem_reason reason)
{
	return known(reason) ? reasons[reason].hint : "";
}

/**
 * cohmem_kind_name() - name of a kind of region
 * @kind: the kind
 * Return: "usemem" or "resmem".
 */
const char *cohmem_kind_name(enum cohmem_kind kind)
{
	return kind == COHMEM_RESMEM ? "resmem" : "usemem";
}
