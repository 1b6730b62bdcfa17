// SPDX-License-Identifier: GPL-2.0-only
/*
 * read() and write() on the coherent regions.
 *
 * An access is cut into chunks. A chunk of memory is copied straight between
 * a window (reach.c) and the user's buffer, under memory_lock and state_lock
 * for reading and with page faults off: the buffer may itself be a mapping of
 * this device, whose fault needs the same locks. If the buffer is not there,
 * the locks are dropped, the buffer is faulted in, and the chunk is tried
 * again. So whatever the buffer is and however long the access, nobody who
 * resets the device or writes its config space waits for more than one chunk.
 *
 * What has been written is not left in a cache of the CPU: see cache.c.
 */
#include <linux/pagemap.h>
#include <linux/pm_runtime.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/uaccess.h>

#include "device.h"

/*
 * Copied in one go: small against what anybody notices waiting for a lock, and
 * large against taking it. Write-combining memory is many times slower to read.
 */
#define CHUNK_SIZE	SZ_256K
#define CACHED_CHUNK	SZ_1M

/* Faulting in and copying can be torn apart by others, but not for ever. */
#define MAX_TRIES	64

/*
 * Get at @len bytes at @off of a region, which lie within what is backed. On
 * success memory_lock and state_lock are held for reading until access_end():
 * no sleep beyond a reschedule in between. @len comes back as the bytes to be
 * had, which end at a bad page, at a window's end or after a bounded piece of
 * work; @addr is where they are.
 *
 * Return: 0; -EAGAIN where the memory is not ready (wait, then try again);
 * -EHWPOISON where the page at @off is bad; -EIO where the device cannot be
 * reached or the memory has failed; -ENOMEM; -EINTR on a fatal signal.
 */
static int access_begin(struct cohmem_device *cdev,
			const struct cohmem_region *r, u64 off, size_t *len,
			void **addr)
{
	u64 start = ALIGN_DOWN(off, COHMEM_WINDOW_SIZE);
	u64 end = min_t(u64, start + COHMEM_WINDOW_SIZE, r->size);
	void *window;
	int ret;

	cohmem_windows_trim(cdev);
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
	window = cohmem_window_get(cdev, r, start, end);
	if (!window)
		goto err_unlock;
	*len = min_t(u64, *len, end - off);
	*addr = window + (off - start);
	return 0;

err_unlock:
	up_read(&cdev->state_lock);
	up_read(&cdev->core.memory_lock);
	return ret;
}

static void access_end(struct cohmem_device *cdev)
{
	up_read(&cdev->state_lock);
	up_read(&cdev->core.memory_lock);
}

struct transfer {
	char __user *buf;
	bool write;
};

/* Leave nothing behind in a CPU that the device or its users should see. */
static void written(struct cohmem_device *cdev, const struct cohmem_region *r,
		    u64 off, void *addr, size_t len)
{
	if (r->kind == COHMEM_RESMEM)
		/* Combined writes go out before the device is told. */
		wmb();
	else
		cohmem_cache_clean(cdev, r, off, addr, len, COHMEM_CLEAN_WRITE);
}

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
		ret = access_begin(cdev, r, off, &len, &addr);
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
		if (t->write) {
			left = __copy_from_user_inatomic(addr, t->buf, len);
			written(cdev, r, off, addr, len);
		} else {
			cohmem_before_read(cdev, r, off, addr, len);
			left = __copy_to_user_inatomic(t->buf, addr, len);
		}
		pagefault_enable();
		access_end(cdev);

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
 * cohmem_memory_read() - read() on a coherent region
 * @cdev: the device
 * @r: the region
 * @buf: to here
 * @count: bytes
 * @ppos: region and offset; moves on by what was read
 *
 * Return: bytes read, or a negative errno.
 */
ssize_t cohmem_memory_read(struct cohmem_device *cdev,
			   const struct cohmem_region *r, char __user *buf,
			   size_t count, loff_t *ppos)
{
	return access_region(cdev, r, (struct transfer){ buf, false }, count,
			     ppos);
}

/**
 * cohmem_memory_write() - write() on a coherent region
 * @cdev: the device
 * @r: the region
 * @buf: from here
 * @count: bytes
 * @ppos: region and offset; moves on by what was written
 *
 * Return: bytes written, or a negative errno.
 */
ssize_t cohmem_memory_write(struct cohmem_device *cdev,
			    const struct cohmem_region *r,
			    const char __user *buf, size_t count, loff_t *ppos)
{
	char __user *from = (char __user *)buf;

	return access_region(cdev, r, (struct transfer){ from, true }, count,
			     ppos);
}
