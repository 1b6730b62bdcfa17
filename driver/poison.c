// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages that have gone bad.
 *
 * A page of GPU memory can lose its contents (an uncorrectable ECC error). The
 * memory has no struct page, so the kernel can mark nothing: memory_failure()
 * asks whoever registered the range which addresses of which processes map the
 * page, and signals those. That question is the only notice this driver gets,
 * and the kernel forgets the page at once. So it is noted here.
 *
 * The notes only grow, until the driver is unbound: neither a reset nor a new
 * user heals a memory cell. That makes looking things up free of locks: the
 * array never moves, an entry is written before the count that covers it, and
 * while nothing is bad a lookup is one load.
 *
 * What noting means: nobody maps the page from now on, read() and write() skip
 * it with -EIO, scrubbing leaves it out. Kernel aliases that cover it, through
 * which a CPU might prefetch it, are dropped a moment later by a work item, and
 * new ones end before it. User leaves that already map it stay. Their user has
 * got his signal, and taking the leaf from a running guest would turn an error
 * that the guest can handle into one that stops it.
 *
 * The array is bounded. A GPU with more bad pages than that has to be replaced;
 * until then no page of it is trusted, as it is not known which ones are bad.
 *
 * The kernel asks only on behalf of processes that it is going to signal: the
 * one that ran into the error, and those that asked to be told early (as QEMU
 * does). An error that hit neither is not seen here. Whoever knows of it, from
 * rasdaemon or the firmware's log, can add it through sysfs.
 *
 * Locks: open_lock guards open_list. @lock of struct cohmem_poison guards
 * adding. Both are taken where nothing may sleep: memory_failure() asks under
 * rcu_read_lock().
 */
#include <linux/memory-failure.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "device.h"
#include "trace.h"

/* 16 KiB of notes: far more bad pages than a GPU fit for use ever shows. */
#define COHMEM_POISON_MAX	2048

/**
 * struct cohmem_poison - what is known about bad pages of one function
 * @cdev: the function
 * @node: entry of open_list between open and close
 * @watch: ranges registered with the kernel, one per region
 * @watched: which of @watch are registered; the kernel cannot tell
 * @told: the user was told that this kernel reports nothing
 * @drop: removes the kernel aliases, which may cover a page just noted
 * @lock: guards adding to @page; nests in open_lock
 * @nr: entries of @page; read without @lock
 * @overflow: there were more bad pages than entries
 * @page: physical address of each bad page, in order of discovery
 */
struct cohmem_poison {
	struct cohmem_device *cdev;
	struct list_head node;
	struct pfn_address_space watch[COHMEM_MAX_REGIONS];
	bool watched[COHMEM_MAX_REGIONS];
	bool told;
	struct work_struct drop;
	spinlock_t lock; /* see above */
	unsigned int nr;
	bool overflow;
	u64 page[COHMEM_POISON_MAX];
};

static LIST_HEAD(open_list);
static DEFINE_SPINLOCK(open_lock);

static const struct cohmem_region *region_of(const struct cohmem_layout *layout,
					     u64 phys)
{
	unsigned int i;

	for (i = 0; i < layout->nr; i++) {
		const struct cohmem_region *r = &layout->region[i];

		if (phys >= r->base && phys - r->base < r->size)
			return r;
	}
	return NULL;
}

static bool known(const struct cohmem_poison *p, u64 phys)
{
	unsigned int i;

	for (i = 0; i < p->nr; i++) {
		if (p->page[i] == phys)
			return true;
	}
	return false;
}

/* Context: any that may take a spinlock. */
static void note(struct cohmem_poison *p, const struct cohmem_region *r,
		 u64 phys)
{
	struct pci_dev *pdev = p->cdev->core.pdev;
	bool kept, news = true;
	unsigned int nr;

	spin_lock(&p->lock);
	nr = p->nr;
	if (known(p, phys)) {
		spin_unlock(&p->lock);
		return;
	}
	kept = nr < COHMEM_POISON_MAX;
	if (kept) {
		p->page[nr++] = phys;
		/* Pairs with the acquire of whoever looks up a page. */
		smp_store_release(&p->nr, nr);
	} else {
		news = !p->overflow;
		WRITE_ONCE(p->overflow, true);
	}
	spin_unlock(&p->lock);

	/* Not before the page can be seen: the next alias must not cover it. */
	if (news)
		schedule_work(&p->drop);

	trace_cohmem_poison(pdev, phys, nr, kept);
	if (kept)
		dev_err_ratelimited(&pdev->dev,
				    "bad page at 0x%llx (%s + 0x%llx), %u known: it can no longer be mapped, read or written\n",
				    phys, cohmem_kind_name(r->kind),
				    phys - r->base, nr);
	else if (news)
		pci_err(pdev,
			"more than %u bad pages: refusing all access to the memory; replace the GPU\n",
			COHMEM_POISON_MAX);
}

static void drop_aliases(struct work_struct *work)
{
	struct cohmem_device *cdev =
		container_of(work, struct cohmem_poison, drop)->cdev;

	down_write(&cdev->state_lock);
	cohmem_alias_drop(cdev);
	up_write(&cdev->state_lock);
}

static struct cohmem_poison *open_find(u64 phys, const struct cohmem_region **r)
{
	struct cohmem_poison *p;

	lockdep_assert_held(&open_lock);

	list_for_each_entry(p, &open_list, node) {
		*r = region_of(&p->cdev->plat.layout, phys);
		if (*r)
			return p;
	}
	return NULL;
}

/*
 * memory_failure() asks: does @vma show @pfn, and where? It signals SIGKILL if
 * it is given a place that lies outside of @vma, so both ends are checked.
 *
 * Context: rcu_read_lock() and i_mmap_rwsem of the device's inode held: @vma
 * can neither move nor change. One call per VMA of each process concerned.
 */
static int pfn_to_vma_pgoff(struct vm_area_struct *vma, unsigned long pfn,
			    pgoff_t *pgoff)
{
	const unsigned int shift = VFIO_PCI_OFFSET_SHIFT - PAGE_SHIFT;
	u64 phys = PFN_PHYS((u64)pfn);
	const struct cohmem_region *r;
	struct cohmem_poison *p;
	pgoff_t at;

	spin_lock(&open_lock);
	p = open_find(phys, &r);
	if (p)
		note(p, r, phys);
	spin_unlock(&open_lock);
	if (!p)
		return -ENOENT;

	/* File offset of the page; fits, as a region has at most 2^40 bytes. */
	at = ((pgoff_t)r->bar << shift) + PHYS_PFN(phys - r->base);
	if (at < vma->vm_pgoff || at - vma->vm_pgoff >= vma_pages(vma))
		return -EFAULT;

	*pgoff = at;
	return 0;
}

/**
 * cohmem_poison_init() - get ready to note bad pages
 * @cdev: the function, at probe
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int cohmem_poison_init(struct cohmem_device *cdev)
{
	struct cohmem_poison *p;

	if (!cohmem_has_memory(cdev))
		return 0;
	p = kvzalloc_obj(*p);
	if (!p)
		return -ENOMEM;
	p->cdev = cdev;
	INIT_LIST_HEAD(&p->node);
	INIT_WORK(&p->drop, drop_aliases);
	spin_lock_init(&p->lock);
	cdev->poison = p;
	return 0;
}

/**
 * cohmem_poison_fini() - forget everything
 * @cdev: the function, closed
 *
 * Context: may sleep.
 */
void cohmem_poison_fini(struct cohmem_device *cdev)
{
	if (!cdev->poison)
		return;
	cancel_work_sync(&cdev->poison->drop);
	kvfree(cdev->poison);
	cdev->poison = NULL;
}

/**
 * cohmem_poison_open() - ask the kernel to report bad pages
 * @cdev: the function, being opened
 *
 * Registered between open and close only: with nobody to signal, the kernel
 * must not call an error handled.
 *
 * Context: may sleep. Not concurrent with itself or cohmem_poison_close().
 * Return: 0, also where the kernel has no such reports; -EBUSY if another
 * driver has registered the range.
 */
int cohmem_poison_open(struct cohmem_device *cdev)
{
	const struct cohmem_layout *layout = &cdev->plat.layout;
	struct cohmem_poison *p = cdev->poison;
	unsigned int i;
	int ret;

	spin_lock(&open_lock);
	list_add(&p->node, &open_list);
	spin_unlock(&open_lock);

	for (i = 0; i < layout->nr; i++) {
		const struct cohmem_region *r = &layout->region[i];
		struct pfn_address_space *w = &p->watch[i];

		w->node.start = PHYS_PFN(r->base);
		w->node.last = PHYS_PFN(r->base + r->size - 1);
		w->mapping = cohmem_mapping(cdev);
		w->pfn_to_vma_pgoff = pfn_to_vma_pgoff;
		ret = register_pfn_address_space(w);
		if (ret == -EOPNOTSUPP) {
			if (!p->told)
				pci_info(cdev->core.pdev,
					 "this kernel does not report memory errors of device memory: a user that hits a bad page gets no BUS_MCEERR signal, and the page is not remembered unless added to poison_pages\n");
			p->told = true;
			return 0;
		}
		if (ret)
			goto err_close;
		p->watched[i] = true;
	}
	return 0;

err_close:
	pci_err(cdev->core.pdev,
		"cannot watch %s at 0x%llx for memory errors: %d%s\n",
		cohmem_kind_name(layout->region[i].kind),
		layout->region[i].base, ret,
		ret == -EBUSY ? " (another driver watches it)" : "");
	cohmem_poison_close(cdev);
	return ret;
}

/**
 * cohmem_poison_close() - stop the reports
 * @cdev: the function, no longer mapped by anybody
 *
 * What is noted stays. Does nothing without a preceding open.
 *
 * Context: may sleep. Not concurrent with itself or cohmem_poison_open().
 */
void cohmem_poison_close(struct cohmem_device *cdev)
{
	struct cohmem_poison *p = cdev->poison;
	unsigned int i;

	for (i = 0; i < COHMEM_MAX_REGIONS; i++) {
		if (p->watched[i])
			unregister_pfn_address_space(&p->watch[i]);
		p->watched[i] = false;
	}

	spin_lock(&open_lock);
	list_del_init(&p->node);
	spin_unlock(&open_lock);
}

/**
 * cohmem_poison_clean() - how much is good before the first bad page
 * @cdev: the function
 * @r: one of its regions
 * @off: offset in @r
 * @len: bytes in question
 *
 * Context: any. One load while no page is bad.
 * Return: bytes from @off on that come before the first bad page; @len if none
 * is bad, 0 if @off itself lies in a bad page or nothing can be trusted.
 */
u64 cohmem_poison_clean(struct cohmem_device *cdev,
			const struct cohmem_region *r, u64 off, u64 len)
{
	const struct cohmem_poison *p = cdev->poison;
	/* Pairs with the release in note(). */
	unsigned int i, nr = smp_load_acquire(&p->nr);
	u64 start = r->base + off;

	if (likely(!nr))
		return len;
	if (READ_ONCE(p->overflow))
		return 0;

	for (i = 0; i < nr; i++) {
		u64 bad = p->page[i];

		if (bad + PAGE_SIZE <= start || bad >= start + len)
			continue;
		len = bad > start ? bad - start : 0;
	}
	return len;
}

/**
 * cohmem_poison_run() - the good pages around an offset
 * @cdev: the function
 * @r: one of its regions
 * @off: offset in @r
 * @start: in: an offset up to @off; out: not before the last bad page below @off
 * @end: in: an offset beyond @off; out: not beyond the first bad page above @off
 *
 * Context: any. One load while no page is bad.
 * Return: 0, or -EHWPOISON if @off itself lies in a bad page or nothing can be
 * trusted.
 */
int cohmem_poison_run(struct cohmem_device *cdev, const struct cohmem_region *r,
		      u64 off, u64 *start, u64 *end)
{
	const struct cohmem_poison *p = cdev->poison;
	/* Pairs with the release in note(). */
	unsigned int i, nr = smp_load_acquire(&p->nr);
	u64 at = r->base + off;

	if (likely(!nr))
		return 0;
	if (READ_ONCE(p->overflow))
		return -EHWPOISON;

	for (i = 0; i < nr; i++) {
		u64 bad = p->page[i];

		if (bad > at)
			*end = min(*end, bad - r->base);
		else if (at - bad < PAGE_SIZE)
			return -EHWPOISON;
		else if (bad >= r->base)
			*start = max(*start, bad + PAGE_SIZE - r->base);
	}
	return 0;
}

/**
 * cohmem_poison_add() - note a bad page that somebody else knows of
 * @cdev: the function
 * @phys: physical address within the page
 *
 * Context: any that may take a spinlock.
 * Return: 0, also if the page is known; -ERANGE if it is not a page of @cdev.
 */
int cohmem_poison_add(struct cohmem_device *cdev, u64 phys)
{
	const struct cohmem_region *r = region_of(&cdev->plat.layout, phys);

	if (!r)
		return -ERANGE;
	note(cdev->poison, r, phys & PAGE_MASK);
	return 0;
}

/**
 * cohmem_poison_count() - how many pages are known to be bad
 * @cdev: the function
 * @overflow: set to whether there were more than can be noted
 *
 * Context: any.
 * Return: the number.
 */
unsigned int cohmem_poison_count(struct cohmem_device *cdev, bool *overflow)
{
	const struct cohmem_poison *p = cdev->poison;

	*overflow = READ_ONCE(p->overflow);
	return READ_ONCE(p->nr);
}

/**
 * cohmem_poison_list() - print the bad pages, one physical address a line
 * @cdev: the function
 * @buf: a sysfs buffer
 *
 * Lists the ones discovered last if there are more than fit: those are the ones
 * that nobody has seen yet.
 *
 * Context: any.
 * Return: bytes printed.
 */
int cohmem_poison_list(struct cohmem_device *cdev, char *buf)
{
	/* "0x", 16 digits, newline; and the NUL at the very end. */
	const unsigned int line = 2 + 16 + 1, fit = (PAGE_SIZE - 1) / line;
	const struct cohmem_poison *p = cdev->poison;
	/* Pairs with the release in note(). */
	unsigned int nr = smp_load_acquire(&p->nr);
	unsigned int i = nr > fit ? nr - fit : 0;
	int len = 0;

	for (; i < nr; i++)
		len += sysfs_emit_at(buf, len, "0x%llx\n", p->page[i]);
	return len;
}
