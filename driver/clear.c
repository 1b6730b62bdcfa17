// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory of a function, for scrub.c and wipe.c: who has it to himself, and
 * when it may be touched.
 *
 * vfio-pci-core resets the function when its user is gone; where it has seen that
 * this worked, the function has stopped, and otherwise alone.c resets it. Not
 * without need: during a reset Linux lets nobody attach a device that has ATS to
 * an IOMMU domain (since 7.0), so that whoever comes at once would be turned away.
 *
 * Where the hardware clears its memory after each reset and says when it is
 * done, the wait_clear parameter makes that a part of being ready (ready.c),
 * with any policy.
 */
#include <linux/pci.h>

#include "device.h"
#include "scrub.h"
#include "trace.h"

static bool settled(struct cohmem_device *cdev, struct cohmem_wipe *w)
{
	enum cohmem_ready_state state = READ_ONCE(cdev->ready.state);

	return state == COHMEM_READY || state == COHMEM_FAILED ||
	       !cohmem_gate_open(cdev) || cohmem_wipe_stopped(w);
}

static void wait_settled(struct cohmem_wipe *w)
{
	struct cohmem_device *cdev = w->owner;

	cohmem_ready_kick(cdev);
	wait_event_idle(cdev->ready_wq, settled(cdev, w));
}

/* The same rules as for any access to the memory. */
static int piece_begin(void *owner)
{
	struct cohmem_device *cdev = owner;
	bool overflow;
	int ret;

	down_read(&cdev->state_lock);
	cohmem_poison_count(cdev, &overflow);
	if (overflow)
		ret = -EHWPOISON;
	else if (!cohmem_gate_open(cdev))
		ret = -EIO;
	else
		ret = cohmem_ready_check(cdev);
	if (ret)
		up_read(&cdev->state_lock);
	return ret;
}

static void piece_end(void *owner)
{
	struct cohmem_device *cdev = owner;

	up_read(&cdev->state_lock);
}

static u64 piece_good(void *owner, const struct cohmem_region *r, u64 off,
		      u64 len)
{
	return cohmem_poison_clean(owner, r, off, len);
}

static void *piece_map(void *owner, const struct cohmem_region *r, u64 off,
		       u64 len)
{
	return cohmem_map_piece(owner, r, off, len);
}

static void piece_clean(void *owner, const struct cohmem_region *r, u64 off,
			void *addr, size_t len)
{
	cohmem_cache_clean(owner, r, off, addr, len, COHMEM_CLEAN_WIPE);
}

static void trace(void *owner, enum cohmem_scrub_event event, u64 bytes,
		  u64 total, u64 ms, int ret)
{
	struct cohmem_device *cdev = owner;

	trace_cohmem_scrub(cdev->core.pdev, event, bytes, total, ms, ret);
}

static const struct cohmem_wipe_ops wipe_ops = {
	.wait	= wait_settled,
	.begin	= piece_begin,
	.end	= piece_end,
	.good	= piece_good,
	.map	= piece_map,
	.clean	= piece_clean,
	.trace	= trace,
};

static int take(void *owner, bool stopped, bool (*stop)(void *arg), void *arg)
{
	int ret = cohmem_alone_begin(owner, stopped, stop, arg);

	if (!ret)
		cohmem_egm_gpu_stopped(owner);
	return ret;
}

static int let_go(void *owner, int ret)
{
	struct cohmem_device *cdev = owner;

	if (ret == -EIO && !pci_device_is_present(cdev->core.pdev))
		ret = -ENODEV;
	cohmem_alone_end(cdev);
	return ret;
}

static void wake(void *owner)
{
	struct cohmem_device *cdev = owner;

	wake_up_all(&cdev->ready_wq);
}

static const struct cohmem_scrub_ops scrub_ops = {
	.begin	= take,
	.end	= let_go,
	.wake	= wake,
};

/**
 * cohmem_clear_init() - get ready to clear the memory between users
 * @cdev: the function, at probe
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int cohmem_clear_init(struct cohmem_device *cdev)
{
	const struct cohmem_layout *layout = &cdev->plat.layout;
	struct cohmem_scrub_setup setup = {
		.whose	= COHMEM_SCRUB_GPU,
		.dev	= &cdev->core.pdev->dev,
		.name	= pci_name(cdev->core.pdev),
		.owner	= cdev,
		.layout	= layout,
		.ops	= &scrub_ops,
		.wipe	= &wipe_ops,
	};

	if (!cohmem_has_memory(cdev))
		return 0;
	setup.what = layout->nr > 1 ? "usemem and resmem" :
		     cohmem_kind_name(layout->region[0].kind);
	cdev->scrub = cohmem_scrub_new(&setup);
	return cdev->scrub ? 0 : -ENOMEM;
}

/**
 * cohmem_clear_stop() - the driver is being unbound: clear nothing any more
 * @cdev: the function
 *
 * Context: may sleep for a bounded piece of work; device lock held.
 */
void cohmem_clear_stop(struct cohmem_device *cdev)
{
	cohmem_scrub_stop(cdev->scrub);
}

/**
 * cohmem_clear_fini() - undo cohmem_clear_init()
 * @cdev: the function, closed, after cohmem_clear_stop() if it was registered
 *
 * Context: may sleep.
 */
void cohmem_clear_fini(struct cohmem_device *cdev)
{
	cohmem_scrub_free(cdev->scrub);
	cdev->scrub = NULL;
}

/**
 * cohmem_clear_open() - hand out clean memory, or none
 * @cdev: the function, not yet enabled
 *
 * Context: may sleep for long; a fatal signal ends it.
 * Return: as cohmem_scrub_open().
 */
int cohmem_clear_open(struct cohmem_device *cdev)
{
	return cohmem_scrub_open(cdev->scrub);
}

/**
 * cohmem_clear_close() - the last user is gone: clear what it left
 * @cdev: the function, disabled
 * @stopped: it was reset after everything that the user had set up was gone
 *
 * Context: may sleep.
 */
void cohmem_clear_close(struct cohmem_device *cdev, bool stopped)
{
	cohmem_scrub_close(cdev->scrub, stopped);
}
