// SPDX-License-Identifier: GPL-2.0-only
/*
 * What was cleared of memory whose next user may go around the CPUs' caches: it is
 * brought to memory. See include/linux/mm.h.
 */
#include <linux/libnvdimm.h>
#include <linux/mm.h>

/**
 * cohmem_compat_clean() - bring to memory what the kernel has written
 * @addr: where the kernel has it mapped
 * @len: bytes
 *
 * Context: any; takes time in proportion to @len.
 */
void cohmem_compat_clean(void *addr, size_t len)
{
	arch_wb_cache_pmem(addr, len);
}
