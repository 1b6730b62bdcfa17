/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Programming interface of the copy engine: everything a guest program needs,
 * nothing else, so that tests that run inside the VM may include this file.
 *
 * The engine moves data between two addresses, each in one of two spaces:
 * the bus (an IOVA, translated by whatever IOMMU stands between the function
 * and memory) and the coherent memory (an offset from its start, as firmware's
 * base address is offset 0; or with --addressing hpa the host-physical address,
 * as GB200 puts it on its link: what a guest takes for that must be it). One job
 * at a time:
 *
 *   1. write OP, SRC, SRC_SPACE, DST, DST_SPACE, LEN (and PATTERN, IRQ)
 *   2. write any tag but 0 to DOORBELL
 *   3. wait for the interrupt, or poll STATUS until it is not BUSY
 *   4. STATUS says DONE or ERROR; TAG repeats the tag; ERROR, FAULT and MOVED
 *      tell what went wrong, where, and how many bytes were moved before
 *
 * The interrupt is the MSI-X vector if MSI-X is on, INTA if it is off; INTA
 * stays up until INTX is written. Where both ends of a copy are coherent memory
 * they must not overlap.
 *
 * A doorbell while BUSY is ignored and counted in REJECTED. A reset ends a job
 * without interrupt and puts all registers to 0. Registers are little-endian
 * and may be written in any width; the doorbell acts when its last byte is
 * written.
 */
#ifndef COHMEM_SIM_ENGINE_H
#define COHMEM_SIM_ENGINE_H

/* All offsets are from the start of BAR0. */
#define COHMEM_ENGINE_BASE		0x200000
#define COHMEM_ENGINE_SIZE		0x10000

#define COHMEM_ENGINE_ID		0x00	/* u32 ro: COHMEM_ENGINE_MAGIC */
#define COHMEM_ENGINE_VERSION		0x04	/* u32 ro: 1 */
#define COHMEM_ENGINE_OP		0x08	/* u32 rw: COHMEM_OP_* */
#define COHMEM_ENGINE_IRQ		0x0c	/* u32 rw: 0 or vector | _IRQ_ON */
#define COHMEM_ENGINE_SRC		0x10	/* u64 rw */
#define COHMEM_ENGINE_DST		0x18	/* u64 rw */
#define COHMEM_ENGINE_LEN		0x20	/* u64 rw: bytes, any number */
#define COHMEM_ENGINE_SRC_SPACE		0x28	/* u32 rw: COHMEM_SPACE_* */
#define COHMEM_ENGINE_DST_SPACE		0x2c	/* u32 rw: COHMEM_SPACE_* */
#define COHMEM_ENGINE_PATTERN		0x30	/* u64 rw: what FILL repeats */
#define COHMEM_ENGINE_DOORBELL		0x38	/* u32 wo: tag, not 0 */
#define COHMEM_ENGINE_STATUS		0x3c	/* u32 ro: COHMEM_STATUS_* */
#define COHMEM_ENGINE_TAG		0x40	/* u32 ro: of the last doorbell */
#define COHMEM_ENGINE_ERROR		0x44	/* u32 ro: COHMEM_EERR_* */
#define COHMEM_ENGINE_FAULT		0x48	/* u64 ro: address that failed */
#define COHMEM_ENGINE_MOVED		0x50	/* u64 ro: bytes done */
#define COHMEM_ENGINE_RESULT		0x58	/* u32 ro: CRC32 of the source */
#define COHMEM_ENGINE_REJECTED		0x5c	/* u32 ro: doorbells ignored */
#define COHMEM_ENGINE_MEM_SIZE		0x60	/* u64 ro: coherent memory, bytes */
#define COHMEM_ENGINE_INTX		0x68	/* u32: 1: INTA is up; write 1: down */
#define COHMEM_ENGINE_REGS_END		0x6c

#define COHMEM_ENGINE_MAGIC		0x474e4543	/* "CENG" */
#define COHMEM_ENGINE_IRQ_ON		0x80000000

#define COHMEM_OP_COPY			0
#define COHMEM_OP_FILL			1	/* PATTERN to the destination */
#define COHMEM_OP_CRC32			2	/* source to RESULT (IEEE 802.3) */

#define COHMEM_SPACE_BUS		0	/* IOVA */
#define COHMEM_SPACE_COHERENT		1	/* its offset, or physical address */

#define COHMEM_STATUS_IDLE		0
#define COHMEM_STATUS_BUSY		1
#define COHMEM_STATUS_DONE		2
#define COHMEM_STATUS_ERROR		3

#define COHMEM_EERR_NONE		0
#define COHMEM_EERR_INVALID		1	/* bad OP, SPACE or LEN of 0 */
#define COHMEM_EERR_NOT_READY		2	/* coherent memory not trained */
#define COHMEM_EERR_RANGE		3	/* beyond the coherent memory */
#define COHMEM_EERR_UNMAPPED		4	/* IOVA not mapped */
#define COHMEM_EERR_ACCESS		5	/* mapped, but not for this */
#define COHMEM_EERR_NO_MASTER		6	/* bus mastering is off */
#define COHMEM_EERR_POISON		7	/* poisoned coherent memory */
#define COHMEM_EERR_BUS			8	/* the other side failed it */

#endif /* COHMEM_SIM_ENGINE_H */
