// SPDX-License-Identifier: GPL-2.0-only
/* The arithmetic of Extended GPU Memory. Pure. */
#include "egm.h"
#include "regs.h"

/* How many numbers make a range: base, size and domain. */
#define NR_NUMBERS	3

/**
 * cohmem_egm_check() - can this be a range of EGM?
 * @a: what firmware announces
 * @page_size: the kernel's page size, a power of two
 * @phys_bits: physical address bits of the CPU; 0 leaves the limit untested
 *
 * Firmware of these machines always has the numbers: base and size are 0 where
 * EGM is turned off.
 *
 * Return: COHMEM_EGM_OK, COHMEM_EGM_OFF, or the first thing that is wrong.
 */
enum cohmem_egm_verdict
cohmem_egm_check(const struct cohmem_egm_announced *a, u64 page_size,
		 unsigned int phys_bits)
{
	if (!a->nr_numbers)
		return COHMEM_EGM_OFF;
	if (a->nr_numbers != NR_NUMBERS)
		return COHMEM_EGM_INCOMPLETE;
	if (!a->size)
		return COHMEM_EGM_OFF;
	if (!a->base)
		return COHMEM_EGM_BASE_ZERO;
	if (a->base & (page_size - 1))
		return COHMEM_EGM_BASE_UNALIGNED;
	if (a->size & (page_size - 1))
		return COHMEM_EGM_SIZE_UNALIGNED;
	if (a->base > ~0ULL - a->size)
		return COHMEM_EGM_OVERFLOW;
	if (phys_bits && phys_bits < 64 &&
	    (a->base + a->size - 1) >> phys_bits)
		return COHMEM_EGM_PHYS_LIMIT;
	if (a->pxm > COHMEM_EGM_MAX_PXM)
		return COHMEM_EGM_PXM;
	/* Words of 8 bytes; the first one has to be readable at least. */
	if (a->retired & 7 || a->retired > ~0ULL - 8 ||
	    (phys_bits && phys_bits < 64 && a->retired >> phys_bits))
		return COHMEM_EGM_RETIRED;
	return COHMEM_EGM_OK;
}

/* The first entry that is not below @off. */
static unsigned int find(const struct cohmem_egm_retired *ret, u64 off)
{
	unsigned int low = 0, high = ret->nr;

	while (low < high) {
		unsigned int mid = low + (high - low) / 2;

		if (ret->off[mid] < off)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/**
 * cohmem_egm_retired_add() - one more entry of firmware's list
 * @ret: what has been read before
 * @base: physical address of the range
 * @size: its bytes
 * @phys: the entry
 *
 * Entries come in any order, and may come twice.
 *
 * Return: COHMEM_EGM_OK, or COHMEM_EGM_RETIRED for an address that is none of a
 * block of the range, or one too many.
 */
enum cohmem_egm_verdict cohmem_egm_retired_add(struct cohmem_egm_retired *ret,
					       u64 base, u64 size, u64 phys)
{
	unsigned int i;
	u64 off;

	if (phys & (COHMEM_EGM_BLOCK - 1) || phys < base)
		return COHMEM_EGM_RETIRED;
	off = phys - base;
	if (size < COHMEM_EGM_BLOCK || off > size - COHMEM_EGM_BLOCK)
		return COHMEM_EGM_RETIRED;

	i = find(ret, off);
	if (i < ret->nr && ret->off[i] == off)
		return COHMEM_EGM_OK;
	if (ret->nr == COHMEM_EGM_MAX_RETIRED)
		return COHMEM_EGM_RETIRED;
	memmove(&ret->off[i + 1], &ret->off[i],
		(ret->nr - i) * sizeof(ret->off[0]));
	ret->off[i] = off;
	ret->nr++;
	return COHMEM_EGM_OK;
}

/**
 * cohmem_egm_retired_good() - how much is good before the first retired block
 * @ret: the retired blocks
 * @off: offset in the range
 * @len: bytes in question; @off + @len does not wrap
 *
 * Return: bytes from @off on that come before the first retired block; @len if
 * there is none, 0 if @off itself lies in one.
 */
u64 cohmem_egm_retired_good(const struct cohmem_egm_retired *ret, u64 off,
			    u64 len)
{
	unsigned int i = find(ret, off);

	if (i && off - ret->off[i - 1] < COHMEM_EGM_BLOCK)
		return 0;
	if (i < ret->nr && ret->off[i] - off < len)
		return ret->off[i] - off;
	return len;
}

/* One row a verdict: a stable word, a sentence, and the way out. */
static const struct {
	const char *name;
	const char *str;
	const char *hint;
} verdicts[COHMEM_NR_EGM_VERDICTS] = {
	[COHMEM_EGM_OK] = { "ok", "Extended GPU Memory announced and usable", "" },
	[COHMEM_EGM_OFF] = {
		"off",
		"firmware announces no Extended GPU Memory",
		"turn EGM on in the firmware's setup if virtual machines are to have it"
	},
	[COHMEM_EGM_INCOMPLETE] = {
		"incomplete",
		"firmware announces Extended GPU Memory incompletely",
		COHMEM_PROP_EGM_BASE ", " COHMEM_PROP_EGM_SIZE " and "
		COHMEM_PROP_EGM_PXM " have to be integers"
	},
	[COHMEM_EGM_BASE_ZERO] = {
		"base-zero",
		"firmware announces Extended GPU Memory at physical address 0",
		"update the firmware: " COHMEM_PROP_EGM_BASE " is wrong" },
	[COHMEM_EGM_BASE_UNALIGNED] = {
		"base-unaligned",
		"the announced base is not a multiple of the kernel's page size",
		"boot a kernel with smaller pages, or update the firmware" },
	[COHMEM_EGM_SIZE_UNALIGNED] = {
		"size-unaligned",
		"the announced size is not a multiple of the kernel's page size",
		"boot a kernel with smaller pages, or update the firmware" },
	[COHMEM_EGM_OVERFLOW] = {
		"overflow",
		"announced base and size together exceed 64 bits",
		"update the firmware: " COHMEM_PROP_EGM_BASE " or " COHMEM_PROP_EGM_SIZE " is wrong"
	},
	[COHMEM_EGM_PHYS_LIMIT] = {
		"phys-limit",
		"the announced memory lies above the CPU's physical address range",
		"update the firmware, or boot a kernel built for more physical address bits" },
	[COHMEM_EGM_PXM] = {
		"pxm",
		"the announced proximity domain is above 255, or another range has it",
		"update the firmware: " COHMEM_PROP_EGM_PXM " is wrong" },
	[COHMEM_EGM_RETIRED] = {
		"retired",
		"firmware's list of retired blocks cannot be read, or lists what is not in the memory",
		"update the firmware: without the list bad blocks would be handed out" },
	[COHMEM_EGM_NO] = {
		"no",
		"the module parameter egm says to leave it alone",
		"load the module with egm=Y" },
	[COHMEM_EGM_FOREIGN] = {
		"foreign",
		"another module has the class egm",
		"unload that module (NVIDIA's is called nvgrace_egm), then load this one anew"
	},
	[COHMEM_EGM_SYSTEM_RAM] = {
		"system-ram",
		"the announced memory overlaps System RAM",
		"the host has onlined it (or firmware is wrong): keep it out of the memory map"
	},
	[COHMEM_EGM_HBM] = {
		"hbm",
		"the announced memory overlaps a GPU's own memory",
		"update the firmware: " COHMEM_PROP_EGM_BASE " or " COHMEM_PROP_EGM_SIZE " is wrong"
	},
	[COHMEM_EGM_BUSY] = {
		"busy",
		"the announced memory is claimed by somebody else",
		"look for the owner of the range in /proc/iomem" },
	[COHMEM_EGM_MISMATCH] = {
		"mismatch",
		"another GPU announces the same memory with other numbers",
		"update the firmware: the GPUs of a socket have to agree" },
	[COHMEM_EGM_NOMEM] = {
		"nomem",
		"the kernel has no memory to manage it",
		"free some memory, and bind the GPU again" },
};

/* A number that is no verdict is not "ok". */
static bool known(enum cohmem_egm_verdict verdict)
{
	return (unsigned int)verdict < COHMEM_NR_EGM_VERDICTS;
}

/**
 * cohmem_egm_verdict_name() - a verdict as one stable word
 * @verdict: the verdict
 * Return: the word, for sysfs and scripts.
 */
const char *cohmem_egm_verdict_name(enum cohmem_egm_verdict verdict)
{
	return known(verdict) ? verdicts[verdict].name : "unknown";
}

/**
 * cohmem_egm_verdict_str() - a verdict as a sentence
 * @verdict: the verdict
 * Return: the sentence, no full stop.
 */
const char *cohmem_egm_verdict_str(enum cohmem_egm_verdict verdict)
{
	return known(verdict) ? verdicts[verdict].str : "unknown verdict";
}

/**
 * cohmem_egm_verdict_hint() - what a person can do about a verdict
 * @verdict: the verdict
 * Return: the hint; empty for COHMEM_EGM_OK.
 */
const char *cohmem_egm_verdict_hint(enum cohmem_egm_verdict verdict)
{
	return known(verdict) ? verdicts[verdict].hint : "";
}
