// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages of the GPU's memory that have gone bad, by their offset. A list outlives
 * the driver's being bound: memory that goes off line and comes back is as bad as
 * before, but the kernel has forgotten. It ends with the module.
 */
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "guest.h"

#define BAD_MAX		1024

/**
 * struct cohmem_guest_bad - bad pages of one GPU
 * @list: of all that were ever seen
 * @where: address of the function: segment, bus, devfn
 * @reset: the method by which it is reset, while that is forbidden
 * @lock: guards what follows
 * @nr: entries of @offset
 * @offset: each page's
 */
struct cohmem_guest_bad {
	struct list_head list;
	u32 where;
	u8 reset;
	spinlock_t lock; /* see above */
	unsigned int nr;
	u64 offset[BAD_MAX];
};

static LIST_HEAD(all);
/* Guards the list of lists. */
static DEFINE_MUTEX(all_lock);

/**
 * cohmem_guest_bad_find() - the list of a function, made if there is none
 * @pdev: the function
 *
 * Return: the list, which stays until cohmem_guest_bad_exit(); NULL without memory
 * for it.
 */
struct cohmem_guest_bad *cohmem_guest_bad_find(struct pci_dev *pdev)
{
	u32 where = pci_domain_nr(pdev->bus) << 16 | pci_dev_id(pdev);
	struct cohmem_guest_bad *bad;

	mutex_lock(&all_lock);
	list_for_each_entry(bad, &all, list) {
		if (bad->where == where)
			goto out;
	}
	bad = kvzalloc(sizeof(*bad), GFP_KERNEL);
	if (bad) {
		bad->where = where;
		spin_lock_init(&bad->lock);
		list_add(&bad->list, &all);
	}
out:
	mutex_unlock(&all_lock);
	return bad;
}

/**
 * cohmem_guest_bad_exit() - the module goes, and all lists
 */
void cohmem_guest_bad_exit(void)
{
	struct cohmem_guest_bad *bad, *next;

	list_for_each_entry_safe(bad, next, &all, list)
		kvfree(bad);
}

/**
 * cohmem_guest_bad_note() - a page has gone bad
 * @bad: the list
 * @offset: where it is, anywhere in the page
 *
 * Context: any but interrupts.
 * Return: true if that is news.
 */
bool cohmem_guest_bad_note(struct cohmem_guest_bad *bad, u64 offset)
{
	bool news = true;
	unsigned int i;

	offset &= PAGE_MASK;
	spin_lock(&bad->lock);
	for (i = 0; i < bad->nr && news; i++)
		news = bad->offset[i] != offset;
	if (news && bad->nr < BAD_MAX) {
		bad->offset[bad->nr] = offset;
		/* cohmem_guest_bad_nth() looks without the lock. */
		smp_store_release(&bad->nr, bad->nr + 1);
	} else if (news) {
		pr_warn_once("cohmem_guest: more than %u bad pages: no more are remembered\n",
			     BAD_MAX);
	}
	spin_unlock(&bad->lock);
	return news;
}

/**
 * cohmem_guest_bad_any() - is there a bad page in a range?
 * @bad: the list
 * @offset: where the range begins
 * @len: its bytes
 *
 * Return: true if so.
 */
bool cohmem_guest_bad_any(struct cohmem_guest_bad *bad, u64 offset, u64 len)
{
	unsigned int i;
	u64 at;

	for (i = 0; cohmem_guest_bad_nth(bad, i, &at); i++) {
		if (at < offset + len && offset < at + PAGE_SIZE)
			return true;
	}
	return false;
}

/**
 * cohmem_guest_bad_nth() - one after the other
 * @bad: the list
 * @n: which one, from 0
 * @offset: gets its offset
 *
 * Return: false if there are no more.
 */
bool cohmem_guest_bad_nth(struct cohmem_guest_bad *bad, unsigned int n,
			  u64 *offset)
{
	/* Pairs with cohmem_guest_bad_note(). */
	if (n >= smp_load_acquire(&bad->nr))
		return false;
	*offset = bad->offset[n];
	return true;
}

/**
 * cohmem_guest_bad_reset() - where the reset method is kept
 * @bad: the list, which outlives the driver's being bound
 *
 * Return: the place.
 */
u8 *cohmem_guest_bad_reset(struct cohmem_guest_bad *bad)
{
	return &bad->reset;
}

/**
 * cohmem_guest_bad_tell() - somebody says that a page has gone bad
 * @gpu: the GPU
 * @offset: where it is
 *
 * As NVIDIA's driver does when the GPU reports a page that has to be retired: what
 * the kernel has as memory is the kernel's business, by memory_failure(). What
 * programs have mapped is taken away from them, and whoever touches it gets SIGBUS.
 *
 * Context: may sleep.
 * Return: 0; -ERANGE if the memory has no such place; what memory_failure() says.
 */
int cohmem_guest_bad_tell(struct cohmem_guest *gpu, u64 offset)
{
	u64 phys = gpu->base + offset;
	int ret = 0;

	if (offset >= gpu->size)
		return -ERANGE;
	if (cohmem_guest_bad_note(gpu->bad, offset))
		dev_warn(&gpu->pdev->dev, "page at offset 0x%llx has gone bad\n",
			 offset & PAGE_MASK);
	if (gpu->mode == COHMEM_GUEST_DRIVER) {
		cohmem_guest_file_zap(gpu, offset & PAGE_MASK, PAGE_SIZE);
		return 0;
	}
	mutex_lock(&gpu->lock);
	if (gpu->online && phys >= gpu->start && phys - gpu->start < gpu->len)
		ret = memory_failure(PHYS_PFN(phys), 0);
	mutex_unlock(&gpu->lock);
	/* It was known already: that is no failure. */
	return ret == -EHWPOISON ? 0 : ret;
}
