// SPDX-License-Identifier: GPL-2.0-only
/* Jobs of the emulated GPU's copy engine. */
#include <linux/pci_regs.h>

#include "copy.h"
#include "engine_job.h"

static u32 tag;

/**
 * engine_r32() - read a register of the engine
 * @d: the device
 * @reg: COHMEM_ENGINE_*
 * Return: its value.
 */
u32 engine_r32(struct dev *d, u32 reg)
{
	return bar0_r32(d, COHMEM_ENGINE_BASE + reg);
}

/**
 * engine_r64() - read a 64-bit register of the engine
 * @d: the device
 * @reg: COHMEM_ENGINE_*
 * Return: its value.
 */
u64 engine_r64(struct dev *d, u32 reg)
{
	return bar0_r64(d, COHMEM_ENGINE_BASE + reg);
}

/**
 * engine_w32() - write a register of the engine
 * @d: the device
 * @reg: COHMEM_ENGINE_*
 * @v: its value
 */
void engine_w32(struct dev *d, u32 reg, u32 v)
{
	bar0_w32(d, COHMEM_ENGINE_BASE + reg, v);
}

/**
 * engine_w64() - write a 64-bit register of the engine
 * @d: the device
 * @reg: COHMEM_ENGINE_*
 * @v: its value
 */
void engine_w64(struct dev *d, u32 reg, u64 v)
{
	bar0_w64(d, COHMEM_ENGINE_BASE + reg, v);
}

/**
 * copy_open() - open the GPU so that the engine can work; skips without one
 * @d: the device
 */
void copy_open(struct dev *d)
{
	dev_open(d);
	set_command(d, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 0);
	if (engine_r32(d, COHMEM_ENGINE_ID) != COHMEM_ENGINE_MAGIC)
		SKIP("this GPU has no copy engine that we know");
	/* the engine works on memory that has trained */
	CHECK_EQ(reg_read(d, 4, 0, &(u64){ 0 }, 8), 8);
}

static void put(void *to, u32 reg, u32 value)
{
	engine_w32(to, reg, value);
}

/**
 * engine_submit() - start a job
 * @d: the device
 * @op: COHMEM_OP_*
 * @src_space: COHMEM_SPACE_* of the source
 * @src: its address
 * @dst_space: of the destination
 * @dst: its address
 * @len: bytes
 * @irq: what to signal at the end, or 0
 */
void engine_submit(struct dev *d, u32 op, u32 src_space, u64 src, u32 dst_space,
		   u64 dst, u64 len, u32 irq)
{
	const struct engine_job job = {
		.op = op, .irq = irq, .src = src, .src_space = src_space,
		.dst = dst, .dst_space = dst_space, .len = len,
	};

	engine_start(put, d, &job, ++tag);
}

/**
 * engine_finish() - wait for the end of the job
 * @d: the device
 * Return: COHMEM_STATUS_*.
 */
u32 engine_finish(struct dev *d)
{
	double end = now_ms() + 10000;
	u32 status;

	while ((status = engine_r32(d, COHMEM_ENGINE_STATUS)) ==
	       COHMEM_STATUS_BUSY) {
		CHECK(now_ms() < end, "the engine does not end");
		sleep_ms(1);
	}
	CHECK_EQ(engine_r32(d, COHMEM_ENGINE_TAG), tag);
	return status;
}

/**
 * engine_run() - a job that must be done
 * @d: the device
 * @op: COHMEM_OP_*
 * @src_space: COHMEM_SPACE_* of the source
 * @src: its address
 * @dst_space: of the destination
 * @dst: its address
 * @len: bytes
 */
void engine_run(struct dev *d, u32 op, u32 src_space, u64 src, u32 dst_space,
		u64 dst, u64 len)
{
	u32 status;

	engine_submit(d, op, src_space, src, dst_space, dst, len, 0);
	status = engine_finish(d);
	CHECK(status == COHMEM_STATUS_DONE,
	      "engine: status %u error %u at %#llx after %llu bytes", status,
	      engine_r32(d, COHMEM_ENGINE_ERROR),
	      (unsigned long long)engine_r64(d, COHMEM_ENGINE_FAULT),
	      (unsigned long long)engine_r64(d, COHMEM_ENGINE_MOVED));
	CHECK_EQ(engine_r64(d, COHMEM_ENGINE_MOVED), len);
}

/**
 * engine_fails() - a job that must fail
 * @d: the device
 * @op: COHMEM_OP_*
 * @src_space: COHMEM_SPACE_* of the source
 * @src: its address
 * @dst_space: of the destination
 * @dst: its address
 * @len: bytes
 * @error: COHMEM_EERR_*, the error that must come
 */
void engine_fails(struct dev *d, u32 op, u32 src_space, u64 src, u32 dst_space,
		  u64 dst, u64 len, u32 error)
{
	engine_submit(d, op, src_space, src, dst_space, dst, len, 0);
	CHECK_EQ(engine_finish(d), COHMEM_STATUS_ERROR);
	CHECK_EQ(engine_r32(d, COHMEM_ENGINE_ERROR), error);
}
