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
 * runtime PM only, each time that it registers a device. Ours take their place
 * and pass runtime PM on.
 */
#include <linux/pci.h>
#include <linux/pm.h>
#include <linux/pm_runtime.h>

#include "device.h"

/* vfio-pci-core's; set before ours can be called, and always to the same. */
static const struct dev_pm_ops *core_ops;

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

static int cohmem_runtime_suspend(struct device *dev)
{
	return core_ops->runtime_suspend(dev);
}

static int cohmem_runtime_resume(struct device *dev)
{
	return core_ops->runtime_resume(dev);
}

static const struct dev_pm_ops cohmem_pm_ops = {
	SYSTEM_SLEEP_PM_OPS(cohmem_suspend, cohmem_resume)
	RUNTIME_PM_OPS(cohmem_runtime_suspend, cohmem_runtime_resume, NULL)
};

/**
 * cohmem_pm_register() - register with vfio-pci-core, and take part in sleep
 * @cdev: the device
 *
 * The device stays awake until its operations are in place. Those of others go
 * back to the core's for a moment; runtime PM is the same by either, and no
 * system sleep begins while a probe goes on.
 *
 * Context: probe.
 * Return: 0, or what vfio_pci_core_register_device() returns.
 */
int cohmem_pm_register(struct cohmem_device *cdev)
{
	struct device *dev = &cdev->core.pdev->dev;
	const struct dev_pm_ops *ops;
	int ret;

	pm_runtime_get_noresume(dev);
	ret = vfio_pci_core_register_device(&cdev->core);
	if (!ret) {
		/* Another device may be here, too: look once. */
		ops = READ_ONCE(dev->driver->pm);
		if (ops != &cohmem_pm_ops)
			core_ops = ops;
		WRITE_ONCE(dev->driver->pm, &cohmem_pm_ops);
	}
	pm_runtime_put(dev);
	return ret;
}
