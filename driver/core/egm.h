/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Extended GPU Memory: CPU memory of a socket that firmware keeps from the
 * kernel and lends to virtual machines. From firmware's numbers to a range, and
 * which blocks of it firmware has retired.
 *
 *   base                                            base + size
 *   |<------------------- the socket's EGM ------------------>|
 *   |           |XX|          |XX|XX|                          |   XX: retired
 *
 * The list of retired blocks is a table in memory: a count, and that many
 * physical addresses, each of a block of 64 KiB. Firmware that has no list may
 * still say where it would be, and the memory there may end before the table
 * would: what is beyond the last entry announced is not there.
 */
#ifndef COHMEM_CORE_EGM_H
#define COHMEM_CORE_EGM_H

#include "env.h"

#define COHMEM_EGM_BLOCK	0x10000ULL	/* what is retired as a whole */
#define COHMEM_EGM_MAX_RETIRED	4096		/* firmware's table has room for them */
#define COHMEM_EGM_MAX_PXM	255		/* it is a device's minor number, too */

/*
 * Whether the EGM that firmware announces can be used, as the driver says it in
 * its log and in sysfs. The last group is found by the caller.
 */
enum cohmem_egm_verdict {
	COHMEM_EGM_OK = 0,
	COHMEM_EGM_OFF,			/* firmware announces none */
	COHMEM_EGM_INCOMPLETE,		/* not all of base, size and domain */
	COHMEM_EGM_BASE_ZERO,
	COHMEM_EGM_BASE_UNALIGNED,
	COHMEM_EGM_SIZE_UNALIGNED,
	COHMEM_EGM_OVERFLOW,
	COHMEM_EGM_PHYS_LIMIT,		/* above what the CPU can address */
	COHMEM_EGM_PXM,			/* no such domain, or it is another range's */
	COHMEM_EGM_RETIRED,		/* the list cannot be read, or lies */
	/* found by the caller */
	COHMEM_EGM_NO,			/* an administrator does not want it */
	COHMEM_EGM_FOREIGN,		/* another module has it */
	COHMEM_EGM_SYSTEM_RAM,		/* overlaps System RAM */
	COHMEM_EGM_HBM,			/* overlaps a GPU's own memory */
	COHMEM_EGM_BUSY,		/* claimed by somebody else */
	COHMEM_EGM_MISMATCH,		/* GPUs of a socket disagree */
	COHMEM_EGM_NOMEM,		/* no kernel memory for it */
	COHMEM_NR_EGM_VERDICTS,
};

/**
 * struct cohmem_egm_announced - what firmware says, as it says it
 * @nr_numbers: how many of base, size and domain it says anything of
 * @base: physical address
 * @size: bytes; 0 where EGM is turned off
 * @pxm: proximity domain
 * @retired: physical address of the list of retired blocks; 0 if there is none
 */
struct cohmem_egm_announced {
	unsigned int nr_numbers;
	u64 base;
	u64 size;
	u64 pxm;
	u64 retired;
};

enum cohmem_egm_verdict
cohmem_egm_check(const struct cohmem_egm_announced *a, u64 page_size,
		 unsigned int phys_bits);

/**
 * struct cohmem_egm_retired - the retired blocks of a range
 * @nr: how many there are
 * @off: offset of each in the range, ascending, none twice
 */
struct cohmem_egm_retired {
	unsigned int nr;
	u64 off[COHMEM_EGM_MAX_RETIRED];
};

enum cohmem_egm_verdict cohmem_egm_retired_add(struct cohmem_egm_retired *ret,
					       u64 base, u64 size, u64 phys);
u64 cohmem_egm_retired_good(const struct cohmem_egm_retired *ret, u64 off,
			    u64 len);
const char *cohmem_egm_verdict_name(enum cohmem_egm_verdict verdict);
const char *cohmem_egm_verdict_str(enum cohmem_egm_verdict verdict);
const char *cohmem_egm_verdict_hint(enum cohmem_egm_verdict verdict);

#endif /* COHMEM_CORE_EGM_H */
