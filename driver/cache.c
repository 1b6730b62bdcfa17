// SPDX-License-Identifier: GPL-2.0-only
/*
 * CPU caches over the coherent memory.
 *
 * A line of this memory that is dirty in a CPU's cache when the link goes down
 * is lost, or is written back into a link that trains: what the kernel has
 * cleared comes back as what was there before, and on hardware the write-back
 * itself is an error. So whatever the kernel writes to cacheable memory is
 * cleaned to the point of coherency, and invalidated, before the locks are let
 * go of under which it was written: there is nothing of ours in a cache when a
 * reset, sleep or the next user comes.
 *
 * What users left in caches is theirs. Whether firmware cleans it at a reset is
 * not known for every machine; an administrator can have it done here, at the
 * price of one pass over all of the memory at each reset.
 *
 * "dc civac" is what there is: arch_wb_cache_pmem() cleans to the point of
 * persistence and leaves the line, arch_invalidate_pmem() throws dirty lines
 * away. NVIDIA's own driver uses the same instruction before it resets a GPU.
 */
#include <linux/io.h>
#include <linux/libnvdimm.h>
#include <linux/sched.h>
#include <linux/vmalloc.h>

#ifdef CONFIG_ARM64
#include <asm/cputype.h>
#include <asm/cpufeature.h>
#endif

#include "device.h"
#include "trace.h"

/* How much is cleaned between two offers to let somebody else run. */
#define STRIDE	SZ_1M

#ifdef CONFIG_ARM64
/*
 * CTR_EL0.DminLine (Arm ARM, D24.2): log2 of the number of words in the smallest
 * data cache line.
 */
#define LINE_SHIFT	16
#define LINE_MASK	0xf

/* Clean and invalidate by address, to the point of coherency. */
static void clean(void *addr, size_t len)
{
	const size_t line = 4UL << ((read_sanitised_ftr_reg(SYS_CTR_EL0) >>
				     LINE_SHIFT) & LINE_MASK);
	unsigned long p = (unsigned long)addr & ~(line - 1);
	const unsigned long end = (unsigned long)addr + len;

	for (; p < end; p += line)
		asm volatile("dc civac, %0" : : "r" (p) : "memory");
	dsb(sy);
}
#else
static void clean(void *addr, size_t len)
{
	arch_wb_cache_pmem(addr, len);
}
#endif

/**
 * cohmem_cache_clean() - nothing of this range is left in a CPU's cache
 * @cdev: the device
 * @r: the region
 * @off: offset of the range in it
 * @addr: where the kernel has it mapped
 * @len: bytes
 * @why: for whom, for the trace
 *
 * Does nothing for a region that is not mapped cacheable.
 *
 * Context: any; takes time in proportion to @len.
 */
void cohmem_cache_clean(struct cohmem_device *cdev,
			const struct cohmem_region *r, u64 off, void *addr,
			size_t len, enum cohmem_clean why)
{
	if (r->kind != COHMEM_USEMEM)
		return;
	clean(addr, len);
	trace_cohmem_cache_clean(cdev->core.pdev, r->bar, off, len, why);
}

/**
 * cohmem_cache_flush_users() - clean what users may have left in caches
 * @cdev: the device; nobody can reach its memory, but it still answers
 *
 * Bad pages are left alone: an address in one is not worth an error.
 *
 * Context: process; takes time in proportion to all of the memory.
 */
void cohmem_cache_flush_users(struct cohmem_device *cdev)
{
	const struct cohmem_layout *l = &cdev->plat.layout;
	const struct cohmem_region *r;
	u64 off, len, pos;
	unsigned int i;
	void *addr;

	for (i = 0; i < l->nr; i++) {
		r = &l->region[i];
		for (off = 0; r->kind == COHMEM_USEMEM && off < r->size;
		     off += len) {
			len = min_t(u64, r->size - off, COHMEM_WINDOW_SIZE);
			len = cohmem_poison_clean(cdev, r, off, len);
			if (!len) {
				len = PAGE_SIZE;
				continue;
			}
			addr = cohmem_map_piece(cdev, r, off, len);
			if (!addr) {
				dev_warn_ratelimited(&cdev->core.pdev->dev,
						     "no kernel memory to clean caches before the memory goes\n");
				return;
			}
			for (pos = 0; pos < len; pos += STRIDE) {
				clean(addr + pos, min_t(u64, len - pos, STRIDE));
				cond_resched();
			}
			memunmap(addr);
			trace_cohmem_cache_clean(cdev->core.pdev, r->bar, off,
						 len, COHMEM_CLEAN_USERS);
		}
	}
	vm_unmap_aliases();
}
