// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages that have gone bad.
 *
 * A page of GPU memory can lose its contents (an uncorrectable ECC error). The
 * memory has no struct page, so the kernel can mark nothing: memory_failure()
 * tells the owner of the range that a page has failed, asks which addresses of
 * which processes map it, signals those, and forgets the page at once. So it is
 * noted here.
 *
 * Neither a reset nor a new user heals a memory cell, so notes stay until the
 * driver is unbound, or until an administrator takes one back: a reset of such
 * a GPU can put a spare row in the place of a bad one, and only whoever reads
 * the GPU's own log knows of that. The notes themselves are badpages.c's.
 *
 * What noting means: the kernel does not touch the page. read() and write()
 * fail there with -EIO, clearing leaves it out (and does not call the memory
 * clean), windows that cover it, through which a CPU might prefetch it, are
 * dropped a moment later by a work item, and new ones end before it.
 *
 * Users go on mapping it. A virtual machine handles an error at the page: its
 * guest gets a machine check, as on bare metal. It does not handle a page that
 * cannot be mapped: KVM_RUN ends with -EFAULT, type1 and dma-buf refuse all of
 * the memory for one page of it, and no reboot of the guest would help. Who
 * wants that all the same sets the policy "refuse".
 *
 * The array is bounded. A GPU with more bad pages than that has to be replaced;
 * until then the kernel touches none of its memory, as it is not known which
 * pages are bad.
 *
 * The kernel asks only on behalf of processes that it is going to signal: the
 * one that ran into the error, and those that asked to be told early (as QEMU
 * does). An error that hit neither is not seen here. Whoever knows of it, from
 * rasdaemon or the firmware's log, can add it through sysfs.
 */
#include <linux/kstrtox.h>
#include <linux/memory-failure.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "badpages.h"
#include "device.h"
#include "trace.h"

enum policy {
	POLICY_MAP,
	POLICY_REFUSE,
};

static const char * const policy_names[] = {
	[POLICY_MAP] = "map",
	[POLICY_REFUSE] = "refuse",
};

struct cohmem_poison;

/* A range registered with the kernel. */
struct watch {
	struct pfn_address_space space;
	struct cohmem_poison *p;
	const struct cohmem_region *r;
	bool on;	/* registered: the kernel cannot tell */
};

/**
 * struct cohmem_poison - what is known about bad pages of one function
 * @cdev: the function
 * @watch: one per region
 * @told: the user was told that this kernel reports nothing
 * @policy: may users map bad pages
 * @drop: removes the windows, which may cover a page just noted
 * @bad: the notes
 */
struct cohmem_poison {
	struct cohmem_device *cdev;
	struct watch watch[COHMEM_MAX_REGIONS];
	bool told;
	enum policy policy;
	struct work_struct drop;
	struct cohmem_badpages bad;
};

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

/* Context: any that may take a spinlock. */
static void note(struct cohmem_poison *p, const struct cohmem_region *r,
		 u64 phys)
{
	struct device *dev = &p->cdev->core.pdev->dev;
	enum cohmem_badpages_added added;
	unsigned int live;

	added = cohmem_badpages_add(&p->bad, phys, &live);
	if (added == COHMEM_BADPAGES_KNOWN)
		return;

	/* Not before the page can be seen: the next window must not cover it. */
	schedule_work(&p->drop);
	trace_cohmem_poison(p->cdev->core.pdev, phys, live,
			    added == COHMEM_BADPAGES_NEW);
	if (added == COHMEM_BADPAGES_NEW)
		dev_err_ratelimited(dev,
				    "bad page at 0x%llx (%s + 0x%llx), %u known: read(), write() and clearing leave it out%s\n",
				    phys, cohmem_kind_name(r->kind),
				    phys - r->base, live,
				    READ_ONCE(p->policy) == POLICY_REFUSE ?
				    ", and it can no longer be mapped" : "");
	else
		dev_err_ratelimited(dev,
				    "more than %u bad pages: the kernel touches none of the memory any more, and cannot clear it; replace the GPU\n",
				    COHMEM_BADPAGES_MAX);
}

static void drop_windows(struct work_struct *work)
{
	struct cohmem_device *cdev =
		container_of(work, struct cohmem_poison, drop)->cdev;

	down_write(&cdev->state_lock);
	cohmem_windows_drop(cdev);
	up_write(&cdev->state_lock);
}

/*
 * A page of a watched range has failed.
 *
 * Context: rcu_read_lock() held.
 */
static void failed(struct pfn_address_space *space, unsigned long pfn)
{
	struct watch *w = container_of(space, struct watch, space);

	note(w->p, w->r, PFN_PHYS((u64)pfn));
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
	/* The core's VMAs of real BARs hang on the same inode; @core is first. */
	const struct cohmem_device *cdev = vma->vm_private_data;
	u64 phys = PFN_PHYS((u64)pfn);
	const struct cohmem_region *r;
	pgoff_t at;

	/* So do those of a region of another kind, which have something else. */
	if (vma->vm_pgoff >> shift >= VFIO_PCI_NUM_REGIONS)
		return -ENOENT;
	r = region_of(&cdev->plat.layout, phys);
	if (!r)
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
	INIT_WORK(&p->drop, drop_windows);
	cohmem_badpages_init(&p->bad);
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
	struct device *dev = &cdev->core.pdev->dev;
	struct cohmem_poison *p = cdev->poison;
	unsigned int i;
	int ret;

	for (i = 0; i < layout->nr; i++) {
		const struct cohmem_region *r = &layout->region[i];
		struct watch *w = &p->watch[i];

		w->p = p;
		w->r = r;
		w->space.node.start = PHYS_PFN(r->base);
		w->space.node.last = PHYS_PFN(r->base + r->size - 1);
		w->space.mapping = cohmem_mapping(cdev);
		w->space.failed = failed;
		w->space.pfn_to_vma_pgoff = pfn_to_vma_pgoff;
		ret = register_pfn_address_space(&w->space);
		if (ret == -EOPNOTSUPP) {
			if (!p->told)
				dev_info(dev,
					 "this kernel does not report memory errors of device memory: a user that hits a bad page gets no BUS_MCEERR signal, and the page is not remembered unless added to poison_pages\n");
			p->told = true;
			return 0;
		}
		if (ret)
			goto err_close;
		w->on = true;
	}
	return 0;

err_close:
	dev_err_ratelimited(dev,
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
		if (p->watch[i].on)
			unregister_pfn_address_space(&p->watch[i].space);
		p->watch[i].on = false;
	}
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
	return cohmem_badpages_clean(&cdev->poison->bad, r->base + off, len);
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
	u64 from = r->base + *start, to = r->base + *end;
	int ret = cohmem_badpages_run(&cdev->poison->bad, r->base + off, &from,
				      &to);

	*start = from - r->base;
	*end = to - r->base;
	return ret;
}

/**
 * cohmem_poison_mappable() - how much a user may map
 * @cdev: the function
 * @r: one of its regions
 * @off: offset in @r
 * @len: bytes in question
 *
 * Context: any. One load by the default policy.
 * Return: bytes from @off on that come before the first page that the policy
 * keeps from users; @len if there is none.
 */
u64 cohmem_poison_mappable(struct cohmem_device *cdev,
			   const struct cohmem_region *r, u64 off, u64 len)
{
	if (READ_ONCE(cdev->poison->policy) == POLICY_MAP)
		return len;
	return cohmem_poison_clean(cdev, r, off, len);
}

/**
 * cohmem_poison_set_policy() - may users map bad pages
 * @cdev: the function
 * @word: "map" or "refuse"
 *
 * What is mapped stays mapped: taking the leaf from a running guest would turn
 * an error that it can handle into one that stops it.
 *
 * Context: any.
 * Return: 0 or -EINVAL.
 */
int cohmem_poison_set_policy(struct cohmem_device *cdev, const char *word)
{
	int i = __sysfs_match_string(policy_names, ARRAY_SIZE(policy_names),
				     word);

	if (i < 0)
		return i;
	WRITE_ONCE(cdev->poison->policy, i);
	return 0;
}

/**
 * cohmem_poison_policy() - may users map bad pages
 * @cdev: the function
 *
 * Return: "map" or "refuse".
 */
const char *cohmem_poison_policy(struct cohmem_device *cdev)
{
	return policy_names[READ_ONCE(cdev->poison->policy)];
}

/**
 * cohmem_poison_command() - what an administrator knows about bad pages
 * @cdev: the function
 * @text: a physical address, to note the page that holds it; "-" and an
 *	address, to take that page back; "-all", to take back all
 *
 * Context: may sleep.
 * Return: 0, also if the page to note is known; -EINVAL; -ERANGE if it is not a
 * page of @cdev; -ENOENT if the page to take back is not noted.
 */
int cohmem_poison_command(struct cohmem_device *cdev, const char *text)
{
	struct pci_dev *pdev = cdev->core.pdev;
	struct cohmem_poison *p = cdev->poison;
	const struct cohmem_region *r;
	bool minus = text[0] == '-';
	u64 phys;
	int ret;

	if (sysfs_streq(text, "-all")) {
		cohmem_badpages_forget_all(&p->bad);
		pci_info(pdev, "all bad pages are taken off the list\n");
		return 0;
	}
	ret = kstrtou64(text + minus, 0, &phys);
	if (ret)
		return ret;
	r = region_of(&cdev->plat.layout, phys);
	if (!r)
		return -ERANGE;
	phys &= PAGE_MASK;
	if (!minus) {
		note(p, r, phys);
		return 0;
	}
	ret = cohmem_badpages_forget(&p->bad, phys);
	if (!ret)
		pci_info(pdev, "the bad page at 0x%llx is taken off the list\n",
			 phys);
	return ret;
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
	return cohmem_badpages_count(&cdev->poison->bad, overflow);
}

/**
 * cohmem_poison_list() - print the bad pages, one physical address a line
 * @cdev: the function
 * @buf: a sysfs buffer
 *
 * Lists the last ones of the array if there are more than fit: those are the
 * ones that nobody has seen yet.
 *
 * Context: any.
 * Return: bytes printed.
 */
int cohmem_poison_list(struct cohmem_device *cdev, char *buf)
{
	return cohmem_badpages_list(&cdev->poison->bad, buf);
}
