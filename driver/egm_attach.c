// SPDX-License-Identifier: GPL-2.0-only
/*
 * Extended GPU Memory: from what the functions of a socket announce to one object
 * for all of them, and its end.
 *
 * The first function that is bound brings the object about, with a claim on the
 * range; the others join it, if they announce the same; the last one that goes
 * takes it away. What is wrong with an announcement costs its function the memory
 * and nothing else: a GPU works without.
 *
 * An open file outlives the object's functions. From then on it has nothing any
 * more: mappings are removed, faults are SIGBUS, ioctls fail, exports are revoked.
 * As everywhere, what a device has been given of it by a type1 DMA mapping of
 * somebody's stays.
 *
 * Firmware's list of retired blocks lies in memory that nobody has described:
 * nothing of it is mapped or read but the count, and as many entries as that says.
 *
 * Locks: join_lock, outermost: functions come and go one at a time. Devices of the
 * class are added and removed under it, not under cohmem_egm_lock, which their
 * attributes need.
 */
#include <linux/bits.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "egm.h"
#include "scrub.h"

static bool wanted = true;
module_param_named(egm, wanted, bool, 0444);
MODULE_PARM_DESC(egm,
		 "Hand out the Extended GPU Memory that firmware announces (default: Y)");

/* See the top of this file. */
static DEFINE_MUTEX(join_lock);

/* What there is, and all functions that are bound; cohmem_egm_lock guards both. */
static LIST_HEAD(all);
static LIST_HEAD(gpus);

/**
 * cohmem_egm_wanted() - does the module parameter allow it?
 *
 * Return: true if so.
 */
bool cohmem_egm_wanted(void)
{
	return wanted;
}

static bool overlap(u64 base, u64 size, u64 base2, u64 size2)
{
	return base < base2 + size2 && base2 < base + size;
}

static bool same(const struct cohmem_egm_announced *a,
		 const struct cohmem_egm_announced *b)
{
	return a->base == b->base && a->size == b->size && a->pxm == b->pxm &&
	       a->retired == b->retired;
}

/* Copy @nr words at a physical address, which do not cross a page's end. */
static int read_words(u64 phys, u64 *to, unsigned int nr)
{
	void *from = memremap(phys, nr * sizeof(*to), MEMREMAP_WB);

	if (!from)
		return -ENXIO;
	memcpy(to, from, nr * sizeof(*to));
	memunmap(from);
	return 0;
}

static enum cohmem_egm_verdict read_entries(struct cohmem_egm *egm, u64 at,
					    u64 count, u64 *page)
{
	enum cohmem_egm_verdict state = COHMEM_EGM_OK;
	unsigned int i, nr;

	for (; count && !state; count -= nr, at += nr * sizeof(*page)) {
		nr = min_t(u64, count,
			   (PAGE_SIZE - offset_in_page(at)) / sizeof(*page));
		if (read_words(at, page, nr))
			return COHMEM_EGM_RETIRED;
		for (i = 0; i < nr && !state; i++)
			state = cohmem_egm_retired_add(&egm->retired,
						       egm->said.base,
						       egm->said.size, page[i]);
	}
	return state;
}

static enum cohmem_egm_verdict read_retired(struct cohmem_egm *egm)
{
	u64 at = egm->said.retired, count, *page;
	enum cohmem_egm_verdict state;

	if (!at)
		return COHMEM_EGM_OK;
	if (read_words(at, &count, 1) || count > COHMEM_EGM_MAX_RETIRED ||
	    (count + 1) * sizeof(count) - 1 >
	    GENMASK_ULL(cohmem_phys_bits() - 1, 0) - at)
		return COHMEM_EGM_RETIRED;
	if (!count)
		return COHMEM_EGM_OK;
	page = kmalloc(PAGE_SIZE, GFP_KERNEL);
	if (!page)
		return COHMEM_EGM_NOMEM;
	state = read_entries(egm, at + sizeof(count), count, page);
	kfree(page);
	return state;
}

static enum cohmem_egm_verdict claim_range(struct cohmem_egm *egm)
{
	const struct cohmem_region *r = &egm->layout.region[0];

	if (region_intersects(r->base, r->size, IORESOURCE_SYSTEM_RAM,
			      IORES_DESC_NONE) != REGION_DISJOINT)
		return COHMEM_EGM_SYSTEM_RAM;
	if (!request_mem_region(r->base, r->size, dev_name(&egm->dev)))
		return COHMEM_EGM_BUSY;
	return COHMEM_EGM_OK;
}

static void release_range(struct cohmem_egm *egm)
{
	release_mem_region(egm->layout.region[0].base,
			   egm->layout.region[0].size);
}

/* What is wrong with an announcement, whoever else has made one. */
static enum cohmem_egm_verdict check(const struct cohmem_egm_announced *a)
{
	enum cohmem_egm_verdict state =
		cohmem_egm_check(a, PAGE_SIZE, cohmem_phys_bits());

	if (state == COHMEM_EGM_OFF)
		return state;
	if (!wanted)
		return COHMEM_EGM_NO;
	if (cohmem_egm_foreign())
		return COHMEM_EGM_FOREIGN;
	return state;
}

/*
 * What there is already of what @a announces, in *@egm; or what of it stands in
 * the way.
 */
static enum cohmem_egm_verdict find(const struct cohmem_egm_announced *a,
				    struct cohmem_egm **egm)
{
	enum cohmem_egm_verdict state = COHMEM_EGM_OK;
	struct cohmem_egm_gpu *g;
	struct cohmem_egm *e;

	lockdep_assert_held(&cohmem_egm_lock);
	list_for_each_entry(g, &gpus, node) {
		const struct cohmem_platform *plat =
			&container_of(g, struct cohmem_device, egm)->plat;

		if (overlap(a->base, a->size, plat->base, plat->size))
			return COHMEM_EGM_HBM;
	}
	list_for_each_entry(e, &all, node) {
		if (same(a, &e->said)) {
			*egm = e;
			return COHMEM_EGM_OK;
		}
		if (overlap(a->base, a->size, e->said.base, e->said.size))
			return COHMEM_EGM_MISMATCH;
		if (a->pxm == e->said.pxm)
			state = COHMEM_EGM_PXM;
	}
	return state;
}

static enum cohmem_egm_verdict create(struct cohmem_device *cdev,
				      struct cohmem_egm **result)
{
	const struct cohmem_egm_announced *a = &cdev->plat.near.egm;
	enum cohmem_egm_verdict state = COHMEM_EGM_NOMEM;
	struct cohmem_egm *egm;

	egm = kvzalloc_obj(*egm);
	if (!egm)
		return state;
	egm->said = *a;
	egm->layout.nr = 1;
	egm->layout.region[0] = (struct cohmem_region){
		.kind = COHMEM_USEMEM,
		.base = a->base,
		.size = a->size,
		.region_size = a->size,
	};
	INIT_LIST_HEAD(&egm->gpus);
	INIT_LIST_HEAD(&egm->bufs);
	init_rwsem(&egm->lock);
	cohmem_badpages_init(&egm->bad);
	if (cohmem_egm_dev_init(egm, a->pxm))
		goto err_put;
	set_dev_node(&egm->dev, dev_to_node(&cdev->core.pdev->dev));
	if (cohmem_egm_clear_init(egm))
		goto err_put;
	state = read_retired(egm);
	if (state)
		goto err_put;
	state = claim_range(egm);
	if (state)
		goto err_put;
	if (cohmem_egm_dev_add(egm)) {
		state = COHMEM_EGM_NOMEM;
		goto err_release;
	}
	mutex_lock(&cohmem_egm_lock);
	list_add_tail(&egm->node, &all);
	mutex_unlock(&cohmem_egm_lock);
	dev_info(&egm->dev, "%llu MiB of Extended GPU Memory at %#llx, %u retired blocks\n",
		 a->size >> 20, a->base, egm->retired.nr);
	*result = egm;
	return COHMEM_EGM_OK;

err_release:
	release_range(egm);
err_put:
	cohmem_egm_put(egm);
	return state;
}

/**
 * cohmem_egm_put() - let go of a reference
 * @egm: the memory
 *
 * Context: may sleep.
 */
void cohmem_egm_put(struct cohmem_egm *egm)
{
	put_device(&egm->dev);
}

static enum cohmem_egm_verdict join(struct cohmem_device *cdev)
{
	const struct cohmem_egm_announced *a = &cdev->plat.near.egm;
	struct pci_dev *pdev = cdev->core.pdev;
	struct cohmem_egm *egm = NULL;
	enum cohmem_egm_verdict state;

	lockdep_assert_held(&join_lock);
	mutex_lock(&cohmem_egm_lock);
	list_add_tail(&cdev->egm.node, &gpus);
	state = check(a);
	if (!state)
		state = find(a, &egm);
	mutex_unlock(&cohmem_egm_lock);
	if (!state && !egm)
		state = create(cdev, &egm);
	if (state)
		return state;

	mutex_lock(&cohmem_egm_lock);
	cdev->egm.egm = egm;
	list_add_tail(&cdev->egm.peers, &egm->gpus);
	mutex_unlock(&cohmem_egm_lock);
	if (sysfs_create_link(&egm->dev.kobj, &pdev->dev.kobj, pci_name(pdev)))
		pci_warn(pdev, "no link from %s to it\n", dev_name(&egm->dev));
	/* Nobody knows who had it before. */
	cohmem_scrub_retry(egm->scrub);
	return COHMEM_EGM_OK;
}

/**
 * cohmem_egm_attach() - a function is being bound
 * @cdev: the function
 *
 * Context: probe.
 */
void cohmem_egm_attach(struct cohmem_device *cdev)
{
	const struct cohmem_egm_announced *a = &cdev->plat.near.egm;
	struct pci_dev *pdev = cdev->core.pdev;
	enum cohmem_egm_verdict state;

	INIT_LIST_HEAD(&cdev->egm.node);
	INIT_LIST_HEAD(&cdev->egm.peers);
	cdev->egm.state = COHMEM_EGM_OFF;
	if (!cohmem_has_memory(cdev))
		return;
	mutex_lock(&join_lock);
	state = join(cdev);
	mutex_unlock(&join_lock);
	cdev->egm.state = state;
	if (state == COHMEM_EGM_OK || state == COHMEM_EGM_OFF)
		return;
	pci_warn(pdev, "no Extended GPU Memory (%s): %s; %s\n",
		 cohmem_egm_verdict_name(state), cohmem_egm_verdict_str(state),
		 cohmem_egm_verdict_hint(state));
	pci_info(pdev, "%s = %#llx, %s = %#llx, %s = %llu, %s = %#llx\n",
		 COHMEM_PROP_EGM_BASE, a->base, COHMEM_PROP_EGM_SIZE, a->size,
		 COHMEM_PROP_EGM_PXM, a->pxm, COHMEM_PROP_EGM_RETIRED,
		 a->retired);
}

/* Nobody reaches the memory any more: neither who has it, nor who comes. */
static void end(struct cohmem_egm *egm)
{
	cohmem_scrub_stop(egm->scrub);
	cohmem_egm_zap(egm);
	cohmem_egm_revoke(egm);
	cohmem_egm_dev_del(egm);
	release_range(egm);
	cohmem_egm_put(egm);
}

static void leave(struct cohmem_device *cdev, struct cohmem_egm *egm)
{
	struct pci_dev *pdev = cdev->core.pdev;
	bool last;

	sysfs_remove_link(&egm->dev.kobj, pci_name(pdev));
	mutex_lock(&cohmem_egm_lock);
	list_del_init(&cdev->egm.peers);
	cdev->egm.egm = NULL;
	last = list_empty(&egm->gpus);
	if (last) {
		list_del(&egm->node);
		down_write(&egm->lock);
		egm->gone = true;
		up_write(&egm->lock);
	}
	mutex_unlock(&cohmem_egm_lock);
	if (cdev->egm.suspect)
		pci_warn(pdev, "leaves without having been reset: what it still writes to %s is not known\n",
			 dev_name(&egm->dev));
	if (last)
		end(egm);
	else
		cohmem_scrub_retry(egm->scrub);
}

/**
 * cohmem_egm_detach() - a function is being unbound
 * @cdev: the function, with no user any more
 *
 * Context: may sleep.
 */
void cohmem_egm_detach(struct cohmem_device *cdev)
{
	struct cohmem_egm *egm = cdev->egm.egm;

	mutex_lock(&join_lock);
	if (egm)
		leave(cdev, egm);
	mutex_lock(&cohmem_egm_lock);
	list_del_init(&cdev->egm.node);
	mutex_unlock(&cohmem_egm_lock);
	mutex_unlock(&join_lock);
}
