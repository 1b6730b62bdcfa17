// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ways by which the memory can be reached, and taking them away: kernel
 * windows, through which read() and write() go, and user leaves. Whether
 * anybody may have one is not decided here.
 *
 * Windows show 64 MiB at most, are made when first touched and kept until a
 * reset, a close, or until too many are there: a region of hundreds of GiB is
 * never mapped as a whole, and nothing is left through which the CPU could
 * speculate into a device that is being reset. A window with a bad page in it
 * falls into pieces, with the page in none of them; the caller says where a
 * window may begin and end.
 */
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "device.h"

#define MAX_WINDOWS	64

/* A window, kept in cohmem_device.window by the number of its first page. */
struct cohmem_window_map {
	const struct cohmem_region *r;
	u64 start;	/* offset in the region */
	void *addr;
};

/**
 * cohmem_map_piece() - map a piece of a region into the kernel
 * @cdev: the device
 * @r: the region
 * @off: offset in it, page aligned
 * @len: bytes, page aligned
 *
 * With the memory type that users of the region get, so that no two types ever
 * meet on a page. Undone by memunmap(), which leaves TLB entries for later;
 * whoever drops the windows sees to those.
 *
 * Context: may sleep; state_lock held for reading, or nobody else left who
 *	could drop windows.
 * Return: the address, or NULL.
 */
void *cohmem_map_piece(struct cohmem_device *cdev,
		       const struct cohmem_region *r, u64 off, u64 len)
{
	WRITE_ONCE(cdev->mapped, true);
	return memremap(r->base + off, len,
			r->kind == COHMEM_RESMEM ? MEMREMAP_WC : MEMREMAP_WB);
}

static void window_free(struct cohmem_window_map *w)
{
	memunmap(w->addr);
	kfree(w);
}

/**
 * cohmem_reach_init() - nothing is mapped yet
 * @cdev: the device
 */
void cohmem_reach_init(struct cohmem_device *cdev)
{
	unsigned int i;

	for (i = 0; i < COHMEM_MAX_REGIONS; i++)
		xa_init(&cdev->window[i]);
	atomic_set(&cdev->nr_windows, 0);
}

/**
 * cohmem_windows_drop() - remove all kernel mappings of the memory
 * @cdev: the device
 *
 * Context: state_lock held for writing.
 */
void cohmem_windows_drop(struct cohmem_device *cdev)
{
	struct cohmem_window_map *w;
	unsigned long index;
	unsigned int i;

	lockdep_assert_held_write(&cdev->state_lock);
	if (!cdev->mapped)
		return;
	cdev->window_recent = NULL;
	for (i = 0; i < COHMEM_MAX_REGIONS; i++) {
		xa_for_each(&cdev->window[i], index, w) {
			xa_erase(&cdev->window[i], index);
			window_free(w);
		}
	}
	atomic_set(&cdev->nr_windows, 0);
	/* Unmapping leaves TLB entries for later: not good enough here. */
	vm_unmap_aliases();
	cdev->mapped = false;
}

/**
 * cohmem_windows_trim() - remove all windows if there are too many
 * @cdev: the device
 *
 * Context: may sleep; no lock held that comes after state_lock, nor state_lock.
 */
void cohmem_windows_trim(struct cohmem_device *cdev)
{
	if (likely(atomic_read(&cdev->nr_windows) < MAX_WINDOWS))
		return;
	down_write(&cdev->state_lock);
	cohmem_windows_drop(cdev);
	up_write(&cdev->state_lock);
}

/**
 * cohmem_window_get() - a kernel mapping of a piece of a region
 * @cdev: the device
 * @r: the region
 * @start: where the piece begins, offset in @r
 * @end: where it ends, at most COHMEM_WINDOW_SIZE behind @start
 *
 * Context: state_lock held for reading; what is returned is there until it is
 *	let go of.
 * Return: the address of @start, or NULL for lack of memory.
 */
void *cohmem_window_get(struct cohmem_device *cdev,
			const struct cohmem_region *r, u64 start, u64 end)
{
	struct xarray *xa = &cdev->window[cohmem_region_nr(cdev, r)];
	/* Not freed before state_lock is let go of; pairs with the release below. */
	struct cohmem_window_map *w = READ_ONCE(cdev->window_recent), *there;

	lockdep_assert_held_read(&cdev->state_lock);
	/*
	 * One of the same start may be longer, if a page has gone bad since; its
	 * user stays within what is good, and it is about to be dropped.
	 */
	if (w && w->start == start && w->r == r)
		return w->addr;
	w = xa_load(xa, PHYS_PFN(start));
	if (w)
		goto found;

	w = kzalloc_obj(*w);
	if (!w)
		return NULL;
	w->r = r;
	w->start = start;
	w->addr = cohmem_map_piece(cdev, r, start, end - start);
	if (!w->addr) {
		kfree(w);
		return NULL;
	}
	there = xa_cmpxchg(xa, PHYS_PFN(start), NULL, w, GFP_KERNEL);
	if (there) {
		/* Another reader was quicker, or no memory for the entry. */
		window_free(w);
		if (xa_is_err(there))
			return NULL;
		w = there;
	} else {
		atomic_inc(&cdev->nr_windows);
	}
found:
	/* What is in it comes first; pairs with the load above. */
	smp_store_release(&cdev->window_recent, w);
	return w->addr;
}

/**
 * cohmem_zap() - remove all user mappings of the coherent regions
 * @cdev: the device
 *
 * Context: process; not under state_lock, whose readers insert leaves.
 */
void cohmem_zap(struct cohmem_device *cdev)
{
	unsigned int i;

	for (i = 0; i < cdev->plat.layout.nr; i++) {
		const struct cohmem_region *r = &cdev->plat.layout.region[i];

		unmap_mapping_range(cohmem_mapping(cdev),
				    VFIO_PCI_INDEX_TO_OFFSET(r->bar),
				    r->region_size, true);
	}
}
