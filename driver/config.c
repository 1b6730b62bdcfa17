// SPDX-License-Identifier: GPL-2.0-only
/*
 * Config space: the emulated BARs are ours, everything else is
 * vfio-pci-core's. An access is cut at the borders of the BARs and each piece
 * goes to its owner, so any position and any length comes out right, and the
 * count returned is what was really done.
 *
 * Writes are copied in before anything is changed: a buffer that cannot be
 * read changes nothing.
 *
 * Some writes also decide whether the memory can be reached: memory decoding
 * (COMMAND) and power states (PMCSR, and the low-power feature). What they mean
 * for readiness is done here, around the core's own handling. Resets through
 * config space come back to us as reset_prepare() and reset_done().
 */
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "device.h"

#define BAR_BYTES	8

/**
 * cohmem_config_init() - emulated BARs as after power-on
 * @cdev: the device, its layout known
 */
void cohmem_config_init(struct cohmem_device *cdev)
{
	const struct cohmem_layout *l = &cdev->plat.layout;
	unsigned int i, j;

	mutex_init(&cdev->bar_lock);
	mutex_init(&cdev->gate_lock);
	for (i = 0; i < l->nr; i++) {
		cohmem_bar_init(&cdev->bar[i], l->region[i].region_size);

		/* The layout rises by address, windows by BAR index. */
		for (j = i; j && cdev->bar_win[j - 1].start >
				 COHMEM_CFG_BAR(l->region[i].bar); j--) {
			cdev->bar_win[j] = cdev->bar_win[j - 1];
			cdev->bar_of_win[j] = cdev->bar_of_win[j - 1];
		}
		cdev->bar_win[j].start = COHMEM_CFG_BAR(l->region[i].bar);
		cdev->bar_win[j].end = cdev->bar_win[j].start + BAR_BYTES;
		cdev->bar_of_win[j] = i;
	}
}

/**
 * cohmem_config_reset() - what a reset does to the emulated BARs
 * @cdev: the device
 */
void cohmem_config_reset(struct cohmem_device *cdev)
{
	unsigned int i;

	mutex_lock(&cdev->bar_lock);
	for (i = 0; i < cdev->plat.layout.nr; i++)
		cohmem_bar_reset(&cdev->bar[i]);
	mutex_unlock(&cdev->bar_lock);
}

/* The core refuses what leaves config space; so it does with the whole of it. */
static bool inside(struct cohmem_device *cdev, u64 pos, size_t count)
{
	u64 size = cdev->core.pdev->cfg_size;

	return pos < size && count <= size - pos;
}

static ssize_t read_bar(struct cohmem_device *cdev, char __user *buf,
			const struct cohmem_span *s)
{
	u8 bytes[BAR_BYTES];

	mutex_lock(&cdev->bar_lock);
	cohmem_bar_read(&cdev->bar[cdev->bar_of_win[s->owner]],
			s->pos - cdev->bar_win[s->owner].start, bytes, s->len);
	mutex_unlock(&cdev->bar_lock);
	return copy_to_user(buf, bytes, s->len) ? -EFAULT : s->len;
}

/**
 * cohmem_config_read() - read config space
 * @cdev: the device
 * @buf: to here
 * @count: bytes
 * @ppos: region and offset; moves on by what was read
 *
 * Return: bytes read, or a negative errno.
 */
ssize_t cohmem_config_read(struct cohmem_device *cdev, char __user *buf,
			   size_t count, loff_t *ppos)
{
	u64 pos = *ppos & VFIO_PCI_OFFSET_MASK;
	struct cohmem_span s;
	size_t done = 0;
	ssize_t ret = 0;
	loff_t at;

	if (!cohmem_has_memory(cdev) || !inside(cdev, pos, count))
		return vfio_pci_core_read(&cdev->core.vdev, buf, count, ppos);

	while (cohmem_span_next(cdev->bar_win, cdev->plat.layout.nr,
				pos + done, count - done, &s)) {
		at = VFIO_PCI_INDEX_TO_OFFSET(VFIO_PCI_CONFIG_REGION_INDEX) +
		     s.pos;
		if (s.owner >= 0)
			ret = read_bar(cdev, buf + done, &s);
		else
			ret = vfio_pci_core_read(&cdev->core.vdev, buf + done,
						 s.len, &at);
		if (ret <= 0)
			break;
		done += ret;
	}
	*ppos += done;
	return done ?: ret;
}

/* Does a piece of config space touch [@start, @start + @len)? */
static bool touches(const struct cohmem_span *s, unsigned int start,
		    unsigned int len)
{
	return s->pos < start + len && start < s->pos + s->len;
}

/*
 * Memory decoding and power. A function may reset on its way from D3hot to D0
 * and come back with its memory untrained. "Lost" is noted when it goes down,
 * so that it is true whoever wakes it up; and again when it comes up, so that
 * the clock starts then.
 */
static ssize_t write_gate(struct cohmem_device *cdev, const char __user *buf,
			  size_t len, loff_t *at)
{
	struct pci_dev *pdev = cdev->core.pdev;
	bool was_down, is_down;
	ssize_t ret;

	mutex_lock(&cdev->gate_lock);
	was_down = cohmem_powered_down(pdev);
	ret = vfio_pci_core_write(&cdev->core.vdev, buf, len, at);
	is_down = cohmem_powered_down(pdev);
	if (was_down != is_down)
		cohmem_ready_lost(cdev);
	mutex_unlock(&cdev->gate_lock);

	cohmem_ready_kick(cdev);
	return ret;
}

static ssize_t write_core(struct cohmem_device *cdev, const char __user *buf,
			  const struct cohmem_span *s)
{
	loff_t at = VFIO_PCI_INDEX_TO_OFFSET(VFIO_PCI_CONFIG_REGION_INDEX) +
		    s->pos;
	u8 pm = cdev->core.pdev->pm_cap;

	if (touches(s, PCI_COMMAND, 2) ||
	    (pm && touches(s, pm + PCI_PM_CTRL, 2)))
		return write_gate(cdev, buf, s->len, &at);
	return vfio_pci_core_write(&cdev->core.vdev, buf, s->len, &at);
}

static void write_bar(struct cohmem_device *cdev, const u8 *bytes,
		      const struct cohmem_span *s)
{
	mutex_lock(&cdev->bar_lock);
	cohmem_bar_write(&cdev->bar[cdev->bar_of_win[s->owner]],
			 s->pos - cdev->bar_win[s->owner].start, bytes, s->len);
	mutex_unlock(&cdev->bar_lock);
}

/**
 * cohmem_config_write() - write config space
 * @cdev: the device
 * @buf: from here
 * @count: bytes
 * @ppos: region and offset; moves on by what was written
 *
 * Return: bytes written, or a negative errno.
 */
ssize_t cohmem_config_write(struct cohmem_device *cdev, const char __user *buf,
			    size_t count, loff_t *ppos)
{
	u64 pos = *ppos & VFIO_PCI_OFFSET_MASK;
	struct cohmem_span s;
	size_t done = 0;
	ssize_t ret = 0;
	u8 *bytes;

	if (!count)
		return 0;
	if (!cohmem_has_memory(cdev) || !inside(cdev, pos, count))
		return vfio_pci_core_write(&cdev->core.vdev, buf, count, ppos);

	bytes = memdup_user(buf, count);
	if (IS_ERR(bytes))
		return PTR_ERR(bytes);

	while (cohmem_span_next(cdev->bar_win, cdev->plat.layout.nr,
				pos + done, count - done, &s)) {
		if (s.owner >= 0) {
			write_bar(cdev, bytes + done, &s);
			ret = s.len;
		} else {
			ret = write_core(cdev, buf + done, &s);
		}
		if (ret <= 0)
			break;
		done += ret;
	}
	kfree(bytes);
	*ppos += done;
	return done ?: ret;
}

/*
 * Low power by the device feature may end in D3cold, from which the memory
 * comes back untrained. The device goes down when this ioctl has returned, at
 * the earliest, and until the exit the gate is closed: noting the loss after
 * the entry misses nothing. The exit starts the clock afresh.
 */
static int low_power(struct cohmem_device *cdev, u32 flags, void __user *arg,
		     size_t argsz)
{
	int ret;

	mutex_lock(&cdev->gate_lock);
	ret = vfio_pci_core_ioctl_feature(&cdev->core.vdev, flags, arg, argsz);
	/* Asking whether it could is no reason to lose anything. */
	if (!ret && flags & VFIO_DEVICE_FEATURE_SET &&
	    !(flags & VFIO_DEVICE_FEATURE_PROBE))
		cohmem_ready_lost(cdev);
	mutex_unlock(&cdev->gate_lock);
	return ret;
}

/**
 * cohmem_device_feature() - VFIO_DEVICE_FEATURE
 * @vdev: the device
 * @flags: feature and operation
 * @arg: its argument
 * @argsz: size of @arg
 *
 * Return: as the feature defines it.
 */
int cohmem_device_feature(struct vfio_device *vdev, u32 flags,
			  void __user *arg, size_t argsz)
{
	switch (flags & VFIO_DEVICE_FEATURE_MASK) {
	case VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY:
	case VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY_WITH_WAKEUP:
	case VFIO_DEVICE_FEATURE_LOW_POWER_EXIT:
		return low_power(cohmem_from_vfio(vdev), flags, arg, argsz);
	default:
		return vfio_pci_core_ioctl_feature(vdev, flags, arg, argsz);
	}
}
