// SPDX-License-Identifier: GPL-2.0-only
/*
 * System sleep. The PCI core puts the function into D3hot or lets it lose its
 * power, and restores its config space when it wakes; about its memory nobody
 * says a word. So sleep is a reset like any other: nobody reaches the memory from
 * the moment that the function goes down, and afterwards it is waited for. The
 * emulated BARs stay as they are, as the real ones do: users are frozen
 * meanwhile and shall not notice.
 *
 * Nothing is to be done for a function that sleeps already, unused or by its
 * user's word: the PCI core passes it by, and its waking up counts by itself.
 *
 * vfio-pci-core gives a driver its own power management operations, which know
 * runtime PM only, each time that it registers a device. They are taken from
 * there and completed.
 */
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/pm.h>

#include "device.h"

static struct dev_pm_ops pm_ops;
static DEFINE_MUTEX(pm_ops_lock);	/* guards filling pm_ops, once */

static int cohmem_suspend(struct device *dev)
{
	cohmem_ready_reset_prepare(cohmem_from_pdev(to_pci_dev(dev)));
	return 0;
}

static int cohmem_resume(struct device *dev)
{
	cohmem_ready_reset_done(cohmem_from_pdev(to_pci_dev(dev)));
	return 0;
}

/**
 * cohmem_pm_setup() - take part in system sleep
 * @pdev: the function, registered with vfio-pci-core just now
 *
 * Context: probe. No system sleep begins while a probe goes on.
 */
void cohmem_pm_setup(struct pci_dev *pdev)
{
	struct device_driver *drv = pdev->dev.driver;

	mutex_lock(&pm_ops_lock);
	if (!pm_ops.suspend) {
		struct dev_pm_ops ops = *drv->pm;

		ops.suspend = cohmem_suspend;
		ops.resume = cohmem_resume;
		ops.freeze = cohmem_suspend;
		ops.thaw = cohmem_resume;
		ops.poweroff = cohmem_suspend;
		ops.restore = cohmem_resume;
		pm_ops = ops;
	}
	drv->pm = &pm_ops;
	mutex_unlock(&pm_ops_lock);
}
