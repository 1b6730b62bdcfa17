// SPDX-License-Identifier: GPL-2.0-only
/*
 * Leave a device out of system sleep, for tests.
 *
 * Linux's driver of the virtio IOMMU, for one, knows nothing of suspend: the PCI
 * function is reset on the way back, its queues are dead, and whoever maps
 * something next spins for ever. So:
 *
 *   echo 0000:00:03.0 > /sys/module/cohmem_test_awake/parameters/device
 *
 * has the kernel pass this PCI function by when it puts devices to sleep and
 * when it wakes them up, until it is removed.
 */
#include <linux/capability.h>
#include <linux/device.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/pci.h>
#include <linux/string.h>

static int device_set(const char *val, const struct kernel_param *kp)
{
	struct device *dev;
	char name[32];

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	strscpy(name, val, sizeof(name));
	dev = bus_find_device_by_name(&pci_bus_type, NULL, strim(name));
	if (!dev)
		return -ENODEV;
	dev_pm_syscore_device(dev, true);
	dev_info(dev, "left out of system sleep\n");
	put_device(dev);
	return 0;
}

static const struct kernel_param_ops device_ops = {
	.set = device_set,
};

module_param_cb(device, &device_ops, NULL, 0200);
MODULE_PARM_DESC(device, "PCI function to leave out of system sleep");

static int __init test_awake_init(void)
{
	return 0;
}
module_init(test_awake_init);

static void __exit test_awake_exit(void)
{
}
module_exit(test_awake_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Test helper: leave a device out of system sleep");
