// SPDX-License-Identifier: GPL-2.0-only
/*
 * System sleep. The PCI core puts the function into D3hot or lets it lose its
 * power, and restores its config space when it wakes; about its memory nobody
 * says a word, and vfio-pci-core's power management operations know runtime PM
 * only. Each time that it registers a device it gives them to the driver: to
 * all of the driver's devices at once, whether it succeeds or not. So ours take
 * their place each time, tell of system sleep, and pass runtime PM on.
 *
 * Nothing is to be done for a function that sleeps already, unused or by its
 * user's word: the PCI core passes it by, and its waking up counts by itself.
 *
 * Exports as dma-buf are not revoked: only the core can do that.
 */
#include <linux/pci.h>
#include <linux/pm.h>
#include <linux/pm_runtime.h>
#include <linux/vfio_pci_core.h>

#undef vfio_pci_core_register_device

/* vfio-pci-core's; set before ours can be called, and always to the same. */
static const struct dev_pm_ops *core_ops;

static void tell(struct device *dev, enum vfio_pci_memory_change what)
{
	cohmem_compat_pci_ops_of()->memory_changed(dev_get_drvdata(dev), what);
}

static int suspend(struct device *dev)
{
	tell(dev, VFIO_PCI_MEMORY_SUSPEND);
	return 0;
}

static int resume(struct device *dev)
{
	tell(dev, VFIO_PCI_MEMORY_RESUME);
	return 0;
}

static int runtime_suspend(struct device *dev)
{
	return core_ops->runtime_suspend(dev);
}

static int runtime_resume(struct device *dev)
{
	return core_ops->runtime_resume(dev);
}

static const struct dev_pm_ops pm_ops = {
	SYSTEM_SLEEP_PM_OPS(suspend, resume)
	RUNTIME_PM_OPS(runtime_suspend, runtime_resume, NULL)
};

/**
 * cohmem_compat_register() - vfio_pci_core_register_device(), and system sleep
 * @core: the device
 *
 * The device stays awake until the operations are in place. Those of others go
 * back to the core's for a moment; runtime PM is the same by either, and no
 * system sleep begins while a probe goes on.
 *
 * Context: probe.
 * Return: as vfio_pci_core_register_device().
 */
int cohmem_compat_register(struct vfio_pci_core_device *core)
{
	struct device *dev = &core->pdev->dev;
	const struct dev_pm_ops *ops;
	int ret;

	pm_runtime_get_noresume(dev);
	ret = vfio_pci_core_register_device(core);
	/* Also if it has failed: others of this driver's devices may be there. */
	ops = READ_ONCE(dev->driver->pm);
	if (ops && ops != &pm_ops) {
		core_ops = ops;
		WRITE_ONCE(dev->driver->pm, &pm_ops);
	}
	pm_runtime_put(dev);
	return ret;
}
