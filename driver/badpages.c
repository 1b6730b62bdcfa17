// SPDX-License-Identifier: GPL-2.0-only
/*
 * Notes of pages that have gone bad: a bounded array of physical addresses. Who
 * is told, and what a note means, is its owner's.
 *
 * Looking things up needs no lock: the array never moves, an entry is written
 * before the count that covers it, and one that is taken back is marked and used
 * again. While nothing is bad a lookup is one load.
 *
 * With more bad pages than entries nothing can be trusted any more: lookups call
 * everything bad then.
 *
 * Locks: @lock of struct cohmem_badpages guards adding and taking back. It is
 * taken where nothing may sleep: memory_failure() tells under rcu_read_lock().
 */
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sysfs.h>

#include "badpages.h"

/* An entry that was taken back: no page has this address. */
#define NO_PAGE		(~0ULL)

/**
 * cohmem_badpages_init() - nothing is noted
 * @b: zeroed
 */
void cohmem_badpages_init(struct cohmem_badpages *b)
{
	spin_lock_init(&b->lock);
}

/* Where @phys is noted, or @nr. */
static unsigned int slot_of(const struct cohmem_badpages *b, u64 phys)
{
	unsigned int i;

	for (i = 0; i < b->nr; i++) {
		if (b->page[i] == phys)
			break;
	}
	return i;
}

static enum cohmem_badpages_added add(struct cohmem_badpages *b, u64 phys)
{
	unsigned int i;

	lockdep_assert_held(&b->lock);
	if (slot_of(b, phys) < b->nr)
		return COHMEM_BADPAGES_KNOWN;
	i = slot_of(b, NO_PAGE);
	if (i == COHMEM_BADPAGES_MAX) {
		if (b->overflow)
			return COHMEM_BADPAGES_KNOWN;
		WRITE_ONCE(b->overflow, true);
		return COHMEM_BADPAGES_FULL;
	}
	WRITE_ONCE(b->page[i], phys);
	b->live++;
	if (i == b->nr)
		/* Pairs with the acquire of whoever looks up a page. */
		smp_store_release(&b->nr, i + 1);
	return COHMEM_BADPAGES_NEW;
}

/**
 * cohmem_badpages_add() - note a page
 * @b: the notes
 * @phys: physical address of the page
 * @live: set to how many pages are noted now
 *
 * Context: any that may take a spinlock.
 * Return: what became of it.
 */
enum cohmem_badpages_added cohmem_badpages_add(struct cohmem_badpages *b,
					       u64 phys, unsigned int *live)
{
	enum cohmem_badpages_added added;
	unsigned long flags;

	spin_lock_irqsave(&b->lock, flags);
	added = add(b, phys);
	*live = b->live;
	spin_unlock_irqrestore(&b->lock, flags);
	return added;
}

/**
 * cohmem_badpages_forget() - take a page back
 * @b: the notes
 * @phys: physical address of the page
 *
 * Context: any that may take a spinlock.
 * Return: 0, or -ENOENT if it is not noted.
 */
int cohmem_badpages_forget(struct cohmem_badpages *b, u64 phys)
{
	unsigned long flags;
	int ret = -ENOENT;
	unsigned int i;

	spin_lock_irqsave(&b->lock, flags);
	i = slot_of(b, phys);
	if (i < b->nr) {
		WRITE_ONCE(b->page[i], NO_PAGE);
		b->live--;
		ret = 0;
	}
	spin_unlock_irqrestore(&b->lock, flags);
	return ret;
}

/**
 * cohmem_badpages_forget_all() - take all pages back, and the overflow
 * @b: the notes
 *
 * Context: any that may take a spinlock.
 */
void cohmem_badpages_forget_all(struct cohmem_badpages *b)
{
	unsigned long flags;
	unsigned int i;

	spin_lock_irqsave(&b->lock, flags);
	for (i = 0; i < b->nr; i++)
		WRITE_ONCE(b->page[i], NO_PAGE);
	b->live = 0;
	WRITE_ONCE(b->overflow, false);
	spin_unlock_irqrestore(&b->lock, flags);
}

/**
 * cohmem_badpages_clean() - how much is good before the first bad page
 * @b: the notes
 * @start: physical address
 * @len: bytes in question
 *
 * Context: any. One load while no page is bad.
 * Return: bytes from @start on that come before the first bad page; @len if none
 * is bad, 0 if @start itself lies in a bad page or nothing can be trusted.
 */
u64 cohmem_badpages_clean(const struct cohmem_badpages *b, u64 start, u64 len)
{
	/* Pairs with the release in add(). */
	unsigned int i, nr = smp_load_acquire(&b->nr);

	if (likely(!nr))
		return len;
	if (READ_ONCE(b->overflow))
		return 0;

	for (i = 0; i < nr; i++) {
		u64 bad = READ_ONCE(b->page[i]);

		if (bad == NO_PAGE || bad + PAGE_SIZE <= start ||
		    bad >= start + len)
			continue;
		len = bad > start ? bad - start : 0;
	}
	return len;
}

/**
 * cohmem_badpages_run() - the good pages around an address
 * @b: the notes
 * @at: physical address
 * @start: in: an address up to @at; out: not before the last bad page below @at
 * @end: in: an address beyond @at; out: not beyond the first bad page above @at
 *
 * Context: any. One load while no page is bad.
 * Return: 0, or -EHWPOISON if @at itself lies in a bad page or nothing can be
 * trusted.
 */
int cohmem_badpages_run(const struct cohmem_badpages *b, u64 at, u64 *start,
			u64 *end)
{
	/* Pairs with the release in add(). */
	unsigned int i, nr = smp_load_acquire(&b->nr);

	if (likely(!nr))
		return 0;
	if (READ_ONCE(b->overflow))
		return -EHWPOISON;

	for (i = 0; i < nr; i++) {
		u64 bad = READ_ONCE(b->page[i]);

		if (bad == NO_PAGE)
			continue;
		if (bad <= at && at - bad < PAGE_SIZE)
			return -EHWPOISON;
		if (bad > at)
			*end = min(*end, bad);
		else
			*start = max(*start, bad + PAGE_SIZE);
	}
	return 0;
}

/**
 * cohmem_badpages_count() - how many pages are noted
 * @b: the notes
 * @overflow: set to whether there were more than can be noted
 *
 * Context: any.
 * Return: the number.
 */
unsigned int cohmem_badpages_count(const struct cohmem_badpages *b,
				   bool *overflow)
{
	*overflow = READ_ONCE(b->overflow);
	return READ_ONCE(b->live);
}

/**
 * cohmem_badpages_list() - print the bad pages, one physical address a line
 * @b: the notes
 * @buf: a sysfs buffer
 *
 * Lists the last ones of the array if there are more than fit: those are the
 * ones that nobody has seen yet.
 *
 * Context: any.
 * Return: bytes printed.
 */
int cohmem_badpages_list(const struct cohmem_badpages *b, char *buf)
{
	/* "0x", 16 digits, newline; and the NUL at the very end. */
	const unsigned int line = 2 + 16 + 1, fit = (PAGE_SIZE - 1) / line;
	/* Pairs with the release in add(). */
	unsigned int i, nr = smp_load_acquire(&b->nr);
	unsigned int live = READ_ONCE(b->live);
	unsigned int skip = live > fit ? live - fit : 0;
	int len = 0;

	for (i = 0; i < nr; i++) {
		u64 bad = READ_ONCE(b->page[i]);

		if (bad == NO_PAGE)
			continue;
		if (skip)
			skip--;
		else
			len += sysfs_emit_at(buf, len, "0x%llx\n", bad);
	}
	return len;
}
