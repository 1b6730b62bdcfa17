// SPDX-License-Identifier: GPL-2.0-only
/* Size rules of the guest's side; size.h has the picture. */
#include "layout.h"
#include "regs.h"
#include "size.h"

#define MIB_SHIFT	20

/**
 * cohmem_guest_size() - how much memory the BAR has, by what the GPU says
 * @mib: what COHMEM_BAR0_FB_MIB reads: all of the GPU's memory
 * @place: how the function lays it out
 * @bar_size: what the BAR shows
 * @size: gets the bytes of memory from the start of the BAR
 *
 * The host's driver makes the BAR of the memory, so the BAR has to be the one that
 * this much memory makes. A function whose memory the host does not show, has a
 * BAR of its own there, with registers behind it: that is no memory.
 *
 * Return: COHMEM_SIZE_OK, or why it cannot be told; @size is 0 then.
 */
enum cohmem_guest_size cohmem_guest_size(u32 mib,
					 const struct cohmem_placement *place,
					 u64 bar_size, u64 *size)
{
	const struct cohmem_region *r;
	struct cohmem_layout layout;
	enum cohmem_reason why;

	*size = 0;
	/* All-ones: nobody answered. */
	if (!mib || mib == ~0U)
		return COHMEM_SIZE_UNKNOWN;
	/* Where it is does not matter: some address that is aligned. */
	why = cohmem_layout_compute(place, 1ULL << MIB_SHIFT,
				    (u64)mib << MIB_SHIFT, 1ULL << MIB_SHIFT, 0,
				    &layout);
	if (why == COHMEM_ERR_TOO_SMALL)
		return COHMEM_SIZE_SMALL;
	if (why)
		return COHMEM_SIZE_MISFIT;
	r = cohmem_layout_at_bar(&layout, place->usemem_bar);
	if (!r || r->region_size != bar_size)
		return COHMEM_SIZE_MISFIT;
	*size = r->size;
	return COHMEM_SIZE_OK;
}

/**
 * cohmem_guest_size_asked() - the same, by an administrator's word
 * @asked: bytes
 * @bar_size: what the BAR shows
 * @page_size: the kernel's pages
 * @size: gets @asked in whole pages
 *
 * Return: COHMEM_SIZE_OK, or why it cannot be; @size is 0 then.
 */
enum cohmem_guest_size cohmem_guest_size_asked(u64 asked, u64 bar_size,
					       u64 page_size, u64 *size)
{
	*size = 0;
	if (asked > bar_size)
		return COHMEM_SIZE_BEYOND;
	asked &= ~(page_size - 1);
	if (!asked)
		return COHMEM_SIZE_SMALL;
	*size = asked;
	return COHMEM_SIZE_OK;
}

/**
 * cohmem_guest_blocks() - the whole memory blocks of a range
 * @base: first byte of the range
 * @size: its bytes
 * @block: bytes of a block, a power of two
 * @start: gets the first byte of the first whole block
 *
 * Return: bytes of whole blocks from @start; 0 where there is none.
 */
u64 cohmem_guest_blocks(u64 base, u64 size, u64 block, u64 *start)
{
	u64 skip = -base & (block - 1);

	*start = base;
	/* Rounding up can leave the range, and the number range. */
	if (skip >= size || base > ~0ULL - skip || base > ~0ULL - size)
		return 0;
	*start = base + skip;
	return (size - skip) & ~(block - 1);
}

/**
 * cohmem_guest_size_str() - why the size cannot be told, for people
 * @why: the reason
 *
 * Return: part of a sentence.
 */
const char *cohmem_guest_size_str(enum cohmem_guest_size why)
{
	static const char * const str[COHMEM_NR_SIZES] = {
		[COHMEM_SIZE_OK] = "ok",
		[COHMEM_SIZE_UNKNOWN] =
			"the GPU does not say how much memory it has: give size=",
		[COHMEM_SIZE_SMALL] = "it is too small for memory",
		[COHMEM_SIZE_MISFIT] =
			"it is not the BAR that this GPU's memory makes: is the host's driver one that shows it? If so, give size=",
		[COHMEM_SIZE_BEYOND] = "size= is more than that",
	};

	return (unsigned int)why < COHMEM_NR_SIZES ? str[why] : "unknown";
}
