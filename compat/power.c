// SPDX-License-Identifier: GPL-2.0-only
/*
 * "The memory's usability has changed", told from outside of the core: around
 * its functions that can change power or decoding on a user's word.
 *
 * The hook is called under memory_lock by a core that has it, and in order.
 * Here it is called without, before (where it can be seen what the call wants)
 * and after: what the driver does about it may be done once too often, but not
 * once too seldom. No lock is held around the core's function, as that one
 * faults in pages of the user's.
 *
 * What is lost against the core's own hook: a user that changes the bytes of a
 * write while it goes on can put the function into D3hot with kernel mappings
 * of its memory still there for a moment. Nothing uses them: the gate is closed.
 */
#include <linux/pci.h>
#include <linux/uaccess.h>
#include <linux/vfio_pci_core.h>

#undef vfio_pci_core_write
#undef vfio_pci_core_ioctl
#undef vfio_pci_core_ioctl_feature
#undef vfio_pci_core_sriov_configure

static struct vfio_pci_core_device *core_of(struct vfio_device *vdev)
{
	return container_of(vdev, struct vfio_pci_core_device, vdev);
}

static bool asleep(struct vfio_pci_core_device *core)
{
	return READ_ONCE(core->pm_runtime_engaged) ||
	       (__force int)READ_ONCE(core->pdev->current_state) >=
	       (__force int)PCI_D3hot;
}

static void tell(struct vfio_pci_core_device *core,
		 enum vfio_pci_memory_change what)
{
	cohmem_compat_pci_ops_of()->memory_changed(core, what);
}

/* Say how it is now, if that is not how it was or was said to be. */
static void tell_after(struct vfio_pci_core_device *core, bool was, bool said)
{
	bool is = asleep(core);

	if (is != was || said)
		tell(core, is ? VFIO_PCI_MEMORY_POWER_DOWN :
				VFIO_PCI_MEMORY_POWER_UP);
}

static bool touches(u64 pos, size_t count, unsigned int start, unsigned int len)
{
	return pos < start + len && start < pos + count;
}

/* Does a write of config space ask for D3hot? */
static bool wants_d3hot(u64 pos, size_t count, const char __user *buf,
			unsigned int pmcsr)
{
	u8 low;

	return touches(pos, count, pmcsr, 1) &&
	       !get_user(low, (const u8 __user *)buf + (pmcsr - pos)) &&
	       (low & PCI_PM_CTRL_STATE_MASK) == 3;
}

/**
 * cohmem_compat_core_write() - vfio_pci_core_write(), and what it changes
 * @vdev: the device
 * @buf: from here
 * @count: bytes
 * @ppos: region and offset
 *
 * Return: as vfio_pci_core_write().
 */
ssize_t cohmem_compat_core_write(struct vfio_device *vdev,
				 const char __user *buf, size_t count,
				 loff_t *ppos)
{
	struct vfio_pci_core_device *core = core_of(vdev);
	u64 pos = *ppos & VFIO_PCI_OFFSET_MASK;
	unsigned int pmcsr = core->pdev->pm_cap + PCI_PM_CTRL;
	bool power, was, said = false;
	ssize_t ret;

	if (VFIO_PCI_OFFSET_TO_INDEX(*ppos) != VFIO_PCI_CONFIG_REGION_INDEX)
		return vfio_pci_core_write(vdev, buf, count, ppos);

	power = core->pdev->pm_cap && touches(pos, count, pmcsr, 2);
	was = asleep(core);
	if (power && !was && wants_d3hot(pos, count, buf, pmcsr)) {
		tell(core, VFIO_PCI_MEMORY_POWER_DOWN);
		said = true;
	}
	ret = vfio_pci_core_write(vdev, buf, count, ppos);
	if (power)
		tell_after(core, was, said);
	if (touches(pos, count, PCI_COMMAND, 2))
		tell(core, VFIO_PCI_MEMORY_DECODING);
	return ret;
}

/**
 * cohmem_compat_core_ioctl() - vfio_pci_core_ioctl(), and what it changes
 * @vdev: the device
 * @cmd: the ioctl
 * @arg: its argument
 *
 * A reset wakes the function up first, and may fail then.
 *
 * Return: as vfio_pci_core_ioctl().
 */
long cohmem_compat_core_ioctl(struct vfio_device *vdev, unsigned int cmd,
			      unsigned long arg)
{
	struct vfio_pci_core_device *core = core_of(vdev);
	bool was;
	long ret;

	if (cmd == VFIO_DEVICE_IOEVENTFD)
		return cohmem_compat_ioeventfd(vdev, arg);
	if (cmd != VFIO_DEVICE_RESET && cmd != VFIO_DEVICE_PCI_HOT_RESET)
		return vfio_pci_core_ioctl(vdev, cmd, arg);

	was = asleep(core);
	ret = vfio_pci_core_ioctl(vdev, cmd, arg);
	tell_after(core, was, false);
	return ret;
}

/**
 * cohmem_compat_core_feature() - vfio_pci_core_ioctl_feature(), likewise
 * @vdev: the device
 * @flags: feature and operation
 * @arg: its argument
 * @argsz: size of @arg
 *
 * Low power begins when the ioctl has returned, at the earliest, and until the
 * exit the gate is closed: telling it after the entry misses nothing.
 *
 * Return: as vfio_pci_core_ioctl_feature().
 */
int cohmem_compat_core_feature(struct vfio_device *vdev, u32 flags,
			       void __user *arg, size_t argsz)
{
	struct vfio_pci_core_device *core = core_of(vdev);
	int ret;

	switch (flags & VFIO_DEVICE_FEATURE_MASK) {
#ifdef VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY
	case VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY:
	case VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY_WITH_WAKEUP:
	case VFIO_DEVICE_FEATURE_LOW_POWER_EXIT:
		break;
#endif
#ifdef VFIO_DEVICE_FEATURE_DMA_BUF
	case VFIO_DEVICE_FEATURE_DMA_BUF:
		return cohmem_compat_export(vdev, flags, arg, argsz);
#endif
	default:
		return vfio_pci_core_ioctl_feature(vdev, flags, arg, argsz);
	}
	ret = vfio_pci_core_ioctl_feature(vdev, flags, arg, argsz);
	/* Asking whether it could is no reason to lose anything. */
	if (!ret && flags & VFIO_DEVICE_FEATURE_SET &&
	    !(flags & VFIO_DEVICE_FEATURE_PROBE))
		tell(core, asleep(core) ? VFIO_PCI_MEMORY_POWER_DOWN :
					  VFIO_PCI_MEMORY_POWER_UP);
	return ret;
}

/**
 * cohmem_compat_core_sriov() - vfio_pci_core_sriov_configure(), likewise
 * @core: the device
 * @nr_virtfn: as in that function
 *
 * Leaves D3hot, and so maybe the memory untrained. It may wait for users of
 * virtual functions for as long as they like.
 *
 * Return: as vfio_pci_core_sriov_configure().
 */
int cohmem_compat_core_sriov(struct vfio_pci_core_device *core,
			     int nr_virtfn)
{
	bool was = asleep(core);
	int ret;

	ret = vfio_pci_core_sriov_configure(core, nr_virtfn);
	tell_after(core, was, false);
	return ret;
}
