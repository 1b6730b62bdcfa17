// SPDX-License-Identifier: GPL-2.0-only
/*
 * Extended GPU Memory: pages of it that have gone bad, as poison.c has it for a
 * function's. Notes stay until the last function of the socket is unbound, or an
 * administrator takes one back. The kernel does not touch such a page: it is not
 * cleared.
 */
#include <linux/kstrtox.h>
#include <linux/memory-failure.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "egm.h"

/* Context: any that may take a spinlock. */
static void note(struct cohmem_egm *egm, u64 phys)
{
	enum cohmem_badpages_added added;
	unsigned int live;

	added = cohmem_badpages_add(&egm->bad, phys, &live);
	if (added == COHMEM_BADPAGES_NEW)
		dev_err_ratelimited(&egm->dev,
				    "bad page at 0x%llx (+ 0x%llx), %u known: clearing leaves it out\n",
				    phys, phys - egm->said.base, live);
	else if (added == COHMEM_BADPAGES_FULL)
		dev_err_ratelimited(&egm->dev,
				    "more than %u bad pages: it cannot be cleared any more; replace the memory\n",
				    COHMEM_BADPAGES_MAX);
}

/* Context: rcu_read_lock() held. */
static void failed(struct pfn_address_space *space, unsigned long pfn)
{
	note(container_of(space, struct cohmem_egm, space),
	     PFN_PHYS((u64)pfn));
}

/*
 * memory_failure() asks: does @vma show @pfn, and where? The VMAs of a VFIO
 * device hang on one inode, so it may be somebody else's.
 *
 * Context: rcu_read_lock() and i_mmap_rwsem of the inode held.
 */
static int pfn_to_vma_pgoff(struct vm_area_struct *vma, unsigned long pfn,
			    pgoff_t *pgoff)
{
	const struct cohmem_egm *egm = vma->vm_private_data;
	pgoff_t at;

	if (vma->vm_ops != &cohmem_egm_vm_ops)
		return -ENOENT;
	if (pfn < PHYS_PFN(egm->said.base) ||
	    pfn - PHYS_PFN(egm->said.base) >= PHYS_PFN(egm->said.size))
		return -ENOENT;
	at = egm->user.first + (pfn - PHYS_PFN(egm->said.base));
	if (at < vma->vm_pgoff || at - vma->vm_pgoff >= vma_pages(vma))
		return -EFAULT;
	*pgoff = at;
	return 0;
}

/**
 * cohmem_egm_watch() - ask the kernel to report bad pages
 * @egm: the memory, about to be handed out
 *
 * Context: cohmem_egm_lock held.
 * Return: 0, also where the kernel has no such reports; or why not.
 */
int cohmem_egm_watch(struct cohmem_egm *egm)
{
	int ret;

	lockdep_assert_held(&cohmem_egm_lock);
	egm->space.node.start = PHYS_PFN(egm->said.base);
	egm->space.node.last = PHYS_PFN(egm->said.base + egm->said.size - 1);
	egm->space.mapping = egm->user.mapping;
	egm->space.failed = failed;
	egm->space.pfn_to_vma_pgoff = pfn_to_vma_pgoff;
	ret = register_pfn_address_space(&egm->space);
	/* The functions' own memory has said what this kernel lacks. */
	if (ret == -EOPNOTSUPP)
		return 0;
	if (ret)
		dev_err_ratelimited(&egm->dev,
				    "cannot watch it for memory errors: %d%s\n",
				    ret, ret == -EBUSY ?
				    " (another driver watches it)" : "");
	egm->watched = !ret;
	return ret;
}

/**
 * cohmem_egm_unwatch() - stop the reports
 * @egm: the memory, no longer mapped by anybody
 *
 * Context: cohmem_egm_lock held.
 */
void cohmem_egm_unwatch(struct cohmem_egm *egm)
{
	lockdep_assert_held(&cohmem_egm_lock);
	if (egm->watched)
		unregister_pfn_address_space(&egm->space);
	egm->watched = false;
}

/**
 * cohmem_egm_bad_of() - the notes of bad pages
 * @dev: a device of the class egm
 *
 * Return: them.
 */
struct cohmem_badpages *cohmem_egm_bad_of(struct device *dev)
{
	return &cohmem_egm_from_dev(dev)->bad;
}

/**
 * cohmem_egm_bad_command() - what an administrator knows about bad pages
 * @dev: a device of the class egm
 * @text: as for cohmem_poison_command()
 *
 * Context: may sleep.
 * Return: as cohmem_poison_command().
 */
int cohmem_egm_bad_command(struct device *dev, const char *text)
{
	struct cohmem_egm *egm = cohmem_egm_from_dev(dev);
	bool minus = text[0] == '-';
	u64 phys;
	int ret;

	if (sysfs_streq(text, "-all")) {
		cohmem_badpages_forget_all(&egm->bad);
		dev_info(dev, "all bad pages are taken off the list\n");
		return 0;
	}
	ret = kstrtou64(text + minus, 0, &phys);
	if (ret)
		return ret;
	if (phys < egm->said.base || phys - egm->said.base >= egm->said.size)
		return -ERANGE;
	phys &= PAGE_MASK;
	if (!minus) {
		note(egm, phys);
		return 0;
	}
	ret = cohmem_badpages_forget(&egm->bad, phys);
	if (!ret)
		dev_info(dev, "the bad page at 0x%llx is taken off the list\n",
			 phys);
	return ret;
}
