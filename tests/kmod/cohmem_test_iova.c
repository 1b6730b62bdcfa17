// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where a device's address leads, for tests. An emulated device cannot always tell: QEMU's
 * virtio-iommu does not pass on what is mapped with IOMMU_MMIO, as iommufd maps dma-bufs.
 *
 * All in /sys/module/cohmem_test_iova/parameters:
 *
 *   look    write "DDDD:BB:DD.F IOVA": this address of this function
 *   phys    read: what the last look has found, a physical address; 0 for nothing
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/pci.h>
#include <linux/string.h>

static phys_addr_t found;

static int look_set(const char *val, const struct kernel_param *kp)
{
	struct iommu_domain *domain;
	unsigned long long iova;
	struct device *dev;
	char name[32];

	if (sscanf(val, "%31s %llx", name, &iova) != 2)
		return -EINVAL;
	dev = bus_find_device_by_name(&pci_bus_type, NULL, name);
	if (!dev)
		return -ENODEV;
	domain = iommu_get_domain_for_dev(dev);
	found = domain ? iommu_iova_to_phys(domain, iova) : 0;
	put_device(dev);
	return domain ? 0 : -ENXIO;
}

static const struct kernel_param_ops look_ops = {
	.set = look_set,
};

static int phys_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%pa\n", &found);
}

static const struct kernel_param_ops phys_ops = {
	.get = phys_get,
};

module_param_cb(look, &look_ops, NULL, 0200);
MODULE_PARM_DESC(look, "PCI function and IOVA to look up");
module_param_cb(phys, &phys_ops, NULL, 0400);
MODULE_PARM_DESC(phys, "physical address that was found");

static int __init test_iova_init(void)
{
	return 0;
}
module_init(test_iova_init);

static void __exit test_iova_exit(void)
{
}
module_exit(test_iova_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Test helper: where an IOVA leads");
