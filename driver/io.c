// SPDX-License-Identifier: GPL-2.0-only
/*
 * read() and write() on the coherent regions, and the kernel mappings
 * ("aliases") they go through.
 *
 * An access is cut into chunks. A chunk of memory is copied straight between
 * the alias and the user's buffer, under memory_lock and state_lock for reading
 * and with page faults off: the buffer may itself be a mapping of this device,
 * whose fault needs the same locks. If the buffer is not there, the locks are
 * dropped, the buffer is faulted in, and the chunk starts again. So whatever
 * the buffer is and however long the access, nobody who resets the device or
 * writes its config space waits for more than one chunk.
 *
 * Aliases are windows of 64 MiB, made when first touched and kept until a
 * reset, a close, or until too many are there: a region of hundreds of GiB is
 * never mapped as a whole, and nothing is left through which the CPU could
 * speculate into a device that is being reset. A window with a bad page in it
 * falls into pieces, with the page in none of them.
 */
#include <linux/io.h>
#include <linux/pagemap.h>
#include <linux/pm_runtime.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "device.h"

#define WINDOW_SIZE	SZ_64M
#define MAX_WINDOWS	64

/*
 * Copied in one go: small against what anybody notices waiting for a lock, and
 * large against taking it. Write-combining memory is many times slower to read.
 */
#define CHUNK_SIZE	SZ_256K
#define CACHED_CHUNK	SZ_1M

/* Faulting in and copying can be torn apart by others, but not for ever. */
#define MAX_TRIES	64

/* An alias, kept in cohmem_device.alias by the number of its first page. */
struct cohmem_alias {
	const struct cohmem_region *r;
	u64 start;	/* offset in the region */
	void *addr;
};

static void alias_free(struct cohmem_alias *a)
{
	memunmap(a->addr);
	kfree(a);
}

/**
 * cohmem_alias_init() - no alias yet
 * @cdev: the device
 */
void cohmem_alias_init(struct cohmem_device *cdev)
{
	unsigned int i;

	for (i = 0; i < COHMEM_MAX_REGIONS; i++)
		xa_init(&cdev->alias[i]);
	atomic_set(&cdev->nr_alias, 0);
}

/**
 * cohmem_alias_drop() - remove all kernel mappings of the memory
 * @cdev: the device
 *
 * Context: state_lock held for writing.
 */
void cohmem_alias_drop(struct cohmem_device *cdev)
{
	struct cohmem_alias *a;
	unsigned long index;
	unsigned int i;

	lockdep_assert_held_write(&cdev->state_lock);
	if (!atomic_read(&cdev->nr_alias))
		return;
	cdev->alias_recent = NULL;
	for (i = 0; i < COHMEM_MAX_REGIONS; i++) {
		xa_for_each(&cdev->alias[i], index, a) {
			xa_erase(&cdev->alias[i], index);
			alias_free(a);
		}
	}
	atomic_set(&cdev->nr_alias, 0);
	/* Unmapping leaves TLB entries for later: not good enough here. */
	vm_unmap_aliases();
}

/* The alias of [@start, @end), which lies within a window. */
static void *alias_get(struct cohmem_device *cdev,
		       const struct cohmem_region *r, u64 start, u64 end)
{
	struct xarray *xa = &cdev->alias[cohmem_region_nr(cdev, r)];
	/* Not freed before state_lock is let go of; pairs with the release below. */
	struct cohmem_alias *a = READ_ONCE(cdev->alias_recent), *there;

	lockdep_assert_held_read(&cdev->state_lock);
	/*
	 * One of the same start may be longer, if a page has gone bad since; its
	 * user stays within what is good, and it is about to be dropped.
	 */
	if (a && a->start == start && a->r == r)
		return a->addr;
	a = xa_load(xa, PHYS_PFN(start));
	if (a)
		goto found;

	a = kzalloc_obj(*a);
	if (!a)
		return NULL;
	a->r = r;
	a->start = start;
	a->addr = memremap(r->base + start, end - start,
			   r->kind == COHMEM_RESMEM ? MEMREMAP_WC : MEMREMAP_WB);
	if (!a->addr) {
		kfree(a);
		return NULL;
	}
	there = xa_cmpxchg(xa, PHYS_PFN(start), NULL, a, GFP_KERNEL);
	if (there) {
		/* Another reader was quicker, or no memory for the entry. */
		alias_free(a);
		if (xa_is_err(there))
			return NULL;
		a = there;
	} else {
		atomic_inc(&cdev->nr_alias);
	}
found:
	/* What is in it comes first; pairs with the load above. */
	smp_store_release(&cdev->alias_recent, a);
	return a->addr;
}

/**
 * cohmem_access_begin() - get at a piece of a region
 * @cdev: the device, opened
 * @r: the region
 * @off: offset in it, below its backed size
 * @len: in: bytes wanted, within the backed size; out: bytes to be had, which
 *	end at a bad page, at a window's end or after a bounded piece of work
 * @addr: where they are
 *
 * On success memory_lock and state_lock are held for reading until
 * cohmem_access_end(): no sleep beyond a reschedule in between.
 *
 * Context: process; no lock held that comes after gate_lock.
 * Return: 0; -EAGAIN where the memory is not ready (cohmem_ready_wait(), then
 * try again); -EHWPOISON where the page at @off is bad; -EIO where the device
 * cannot be reached or the memory has failed; -ENOMEM; -EINTR on a fatal signal.
 */
int cohmem_access_begin(struct cohmem_device *cdev,
			const struct cohmem_region *r, u64 off, size_t *len,
			void **addr)
{
	u64 start = ALIGN_DOWN(off, WINDOW_SIZE);
	u64 end = min_t(u64, start + WINDOW_SIZE, r->size);
	void *alias;
	int ret;

	if (atomic_read(&cdev->nr_alias) >= MAX_WINDOWS) {
		down_write(&cdev->state_lock);
		cohmem_alias_drop(cdev);
		up_write(&cdev->state_lock);
	}

	ret = down_read_killable(&cdev->core.memory_lock);
	if (ret)
		return ret;
	down_read(&cdev->state_lock);

	ret = -EIO;
	if (!cohmem_gate_open(cdev))
		goto err_unlock;
	ret = cohmem_ready_check(cdev);
	if (ret)
		goto err_unlock;

	ret = cohmem_poison_run(cdev, r, off, &start, &end);
	if (ret)
		goto err_unlock;

	ret = -ENOMEM;
	alias = alias_get(cdev, r, start, end);
	if (!alias)
		goto err_unlock;
	*len = min_t(u64, *len, end - off);
	*addr = alias + (off - start);
	return 0;

err_unlock:
	cohmem_access_end(cdev);
	return ret;
}

/**
 * cohmem_access_end() - done with the piece
 * @cdev: the device
 */
void cohmem_access_end(struct cohmem_device *cdev)
{
	up_read(&cdev->state_lock);
	up_read(&cdev->core.memory_lock);
}

struct transfer {
	char __user *buf;
	bool write;
};

/* Bytes copied of one chunk, at least one; or a negative errno. */
static ssize_t copy_memory(struct cohmem_device *cdev,
			   const struct cohmem_region *r, u64 off,
			   const struct transfer *t, size_t count)
{
	const size_t chunk = r->kind == COHMEM_USEMEM ? CACHED_CHUNK :
							CHUNK_SIZE;
	unsigned int tries;
	size_t len, left;
	void *addr;
	int ret;

	for (tries = 0; tries < MAX_TRIES; tries++) {
		if (fatal_signal_pending(current))
			return -EINTR;
		len = min(count, chunk);
		ret = cohmem_access_begin(cdev, r, off, &len, &addr);
		if (ret == -EAGAIN) {
			ret = cohmem_ready_wait(cdev);
			if (ret)
				return ret;
			tries = 0;
			continue;
		}
		if (ret)
			return ret == -EHWPOISON ? -EIO : ret;

		pagefault_disable();
		if (t->write)
			left = __copy_from_user_inatomic(addr, t->buf, len);
		else
			left = __copy_to_user_inatomic(t->buf, addr, len);
		pagefault_enable();
		if (t->write && r->kind == COHMEM_RESMEM)
			/* Combined writes go out before the device is told. */
			wmb();
		cohmem_access_end(cdev);

		if (left < len)
			return len - left;
		left = t->write ? fault_in_readable(t->buf, len) :
				  fault_in_writeable(t->buf, len);
		if (left == len)
			return -EFAULT;
	}
	return -EFAULT;
}

/* The part of a BAR that has no memory: reads as ones, swallows writes. */
static ssize_t copy_padding(struct cohmem_device *cdev,
			    const struct transfer *t, size_t count)
{
	static const u8 ones[SZ_16K] = { [0 ... SZ_16K - 1] = 0xff };
	size_t done = 0, len, left;

	if (!cohmem_gate_open(cdev))
		return -EIO;
	count = min_t(size_t, count, CHUNK_SIZE);
	if (t->write)
		return count;
	while (done < count) {
		len = min_t(size_t, count - done, sizeof(ones));
		left = copy_to_user(t->buf + done, ones, len);
		done += len - left;
		if (left)
			return done ?: -EFAULT;
	}
	return done;
}

static ssize_t region_rw(struct cohmem_device *cdev,
			 const struct cohmem_region *r, u64 off,
			 struct transfer t, size_t count)
{
	enum cohmem_where where;
	size_t done = 0;
	ssize_t ret = 0;
	u64 len;

	while (done < count) {
		where = cohmem_region_span(r->size, r->region_size, off + done,
					   count - done, &len);
		if (where == COHMEM_WHERE_OUTSIDE) {
			ret = -EINVAL;
			break;
		}
		if (where == COHMEM_WHERE_MEMORY)
			ret = copy_memory(cdev, r, off + done, &t, len);
		else
			ret = copy_padding(cdev, &t, len);
		if (ret < 0)
			break;
		done += ret;
		t.buf += ret;
		if (done == count)
			break;
		if (fatal_signal_pending(current)) {
			ret = -EINTR;
			break;
		}
		cond_resched();
	}
	return done ?: ret;
}

static ssize_t access_region(struct cohmem_device *cdev,
			     const struct cohmem_region *r, struct transfer t,
			     size_t count, loff_t *ppos)
{
	struct pci_dev *pdev = cdev->core.pdev;
	bool asleep;
	ssize_t ret;

	if (!count)
		return 0;
	/* Opening woke it up for good, unless its user sends it to sleep. */
	asleep = READ_ONCE(cdev->core.pm_runtime_engaged);
	ret = asleep ? pm_runtime_resume_and_get(&pdev->dev) : 0;
	if (ret) {
		pci_info_ratelimited(pdev, "cannot wake the device up: %zd\n",
				     ret);
		return -EIO;
	}
	ret = region_rw(cdev, r, *ppos & VFIO_PCI_OFFSET_MASK, t, count);
	if (asleep)
		pm_runtime_put(&pdev->dev);
	if (ret > 0)
		*ppos += ret;
	return ret;
}

/**
 * cohmem_read() - read() on the device
 * @vdev: the device
 * @buf: to here
 * @count: bytes
 * @ppos: region and offset; moves on by what was read
 *
 * Return: bytes read, or a negative errno.
 */
ssize_t cohmem_read(struct vfio_device *vdev, char __user *buf, size_t count,
		    loff_t *ppos)
{
	struct cohmem_device *cdev = cohmem_from_vfio(vdev);
	unsigned int index = VFIO_PCI_OFFSET_TO_INDEX(*ppos);
	const struct cohmem_region *r = cohmem_region_at(cdev, index);

	if (r)
		return access_region(cdev, r, (struct transfer){ buf, false },
				     count, ppos);
	if (cohmem_upper_half(cdev, index))
		return -EINVAL;
	if (index == VFIO_PCI_CONFIG_REGION_INDEX)
		return cohmem_config_read(cdev, buf, count, ppos);
	return vfio_pci_core_read(vdev, buf, count, ppos);
}

/**
 * cohmem_write() - write() on the device
 * @vdev: the device
 * @buf: from here
 * @count: bytes
 * @ppos: region and offset; moves on by what was written
 *
 * Return: bytes written, or a negative errno.
 */
ssize_t cohmem_write(struct vfio_device *vdev, const char __user *buf,
		     size_t count, loff_t *ppos)
{
	struct cohmem_device *cdev = cohmem_from_vfio(vdev);
	unsigned int index = VFIO_PCI_OFFSET_TO_INDEX(*ppos);
	const struct cohmem_region *r = cohmem_region_at(cdev, index);
	char __user *from = (char __user *)buf;

	if (r)
		return access_region(cdev, r, (struct transfer){ from, true },
				     count, ppos);
	if (cohmem_upper_half(cdev, index))
		return -EINVAL;
	if (index == VFIO_PCI_CONFIG_REGION_INDEX)
		return cohmem_config_write(cdev, buf, count, ppos);
	return vfio_pci_core_write(vdev, buf, count, ppos);
}
