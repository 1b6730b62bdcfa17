/* SPDX-License-Identifier: GPL-2.0-only */
#include_next <linux/mm.h>

#ifndef COHMEM_COMPAT_MM_H
#define COHMEM_COMPAT_MM_H

/* COHMEM_HAVE_VM_FLAGS_SET, since Linux 6.3. Can go with 6.1. */
#ifndef COHMEM_HAVE_VM_FLAGS_SET
static inline void vm_flags_set(struct vm_area_struct *vma, unsigned long flags)
{
	vma->vm_flags |= flags;
}
#endif

/*
 * Since Linux 6.9 ("mm: introduce new flag to indicate wc safe"). KVM of older
 * kernels knows no Normal-NC for PFN mappings: nothing reads the flag there.
 * Can go with 6.1.
 */
#ifndef VM_ALLOW_ANY_UNCACHED
#define VM_ALLOW_ANY_UNCACHED	VM_NONE
#endif

/*
 * COHMEM_HAVE_CACHEABLE_PFNMAP, since Linux 6.17 ("KVM: arm64: Allow cacheable
 * stage 2 mapping using VMA flags"). Before, KVM maps all PFN mappings into a
 * guest as Device memory, on which unaligned accesses and cache instructions
 * fault, unless the flag allows Normal-NC: so usemem has it, too, there. Where
 * KVM can do better the flag would promise something else. A guest then goes
 * around the caches: read() has to do away with what is in them from before, as
 * cache.c does with what write() leaves; and so has clearing. Can go with 6.12.
 */
#ifndef COHMEM_HAVE_CACHEABLE_PFNMAP
static inline void cohmem_compat_flags(struct vm_area_struct *vma, unsigned long flags)
{
	vm_flags_set(vma, flags | (flags & VM_PFNMAP ? VM_ALLOW_ANY_UNCACHED : 0));
}
#define vm_flags_set cohmem_compat_flags
#define cohmem_before_read(cdev, r, off, addr, len)			\
	cohmem_cache_clean(cdev, r, off, addr, len, COHMEM_CLEAN_USERS)
void cohmem_compat_clean(void *addr, size_t len);
#define cohmem_egm_cleared cohmem_compat_clean
#endif
/*
 * COHMEM_HAVE_RELEASE_FAULT_LOCK, since Linux 6.6: before, a fault always holds
 * the mmap lock. Can go with 6.1.
 */
#ifndef COHMEM_HAVE_RELEASE_FAULT_LOCK
static inline void release_fault_lock(struct vm_fault *vmf)
{
	mmap_read_unlock(vmf->vma->vm_mm);
}
#endif
/* COHMEM_HAVE_PFN_T: no longer since Linux 6.17. Can go with 6.12. */
#ifdef COHMEM_HAVE_PFN_T
#include "compat/pfn_t.h"
#endif

#endif /* COHMEM_COMPAT_MM_H */
