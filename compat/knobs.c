// SPDX-License-Identifier: GPL-2.0-only
/*
 * Module parameters of the driver, where the core has one set of knobs for all
 * devices, which belongs to vfio-pci.
 *
 * nointxmask is applied after the core has found out whether the function can
 * mask INTx: it is told that it cannot. disable_idle_d3 is a reference on the
 * runtime power state, held as long as the function is bound. Legacy VGA does
 * not come up: these functions have no VGA class code.
 */
#include <linux/pci.h>
#include <linux/pm_runtime.h>
#include <linux/vfio_pci_core.h>

static void put_power(void *dev)
{
	pm_runtime_put_noidle(dev);
}

/**
 * cohmem_compat_knobs() - take the parameters for a device being bound
 * @core: the device
 * @disable_idle_d3: keep it in D0 while unused
 *
 * Context: in the device's init operation.
 */
void cohmem_compat_knobs(struct vfio_pci_core_device *core,
			 bool disable_idle_d3)
{
	struct device *dev = core->vdev.dev;

	if (!disable_idle_d3)
		return;
	pm_runtime_get_noresume(dev);
	if (devm_add_action_or_reset(dev, put_power, dev))
		dev_warn(dev, "no memory to keep it in D0: disable_idle_d3 has no effect\n");
}

/**
 * cohmem_compat_knobs_enabled() - apply what can only be applied later
 * @core: the device, enabled but not yet in user space's hands
 */
void cohmem_compat_knobs_enabled(struct vfio_pci_core_device *core)
{
	if (cohmem_compat_device_of(core)->nointxmask)
		core->pci_2_3 = false;
}
