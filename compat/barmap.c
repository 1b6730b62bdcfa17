// SPDX-License-Identifier: GPL-2.0-only
/*
 * BAR0 mapped from the beginning, as the newest core does with all BARs: the
 * readiness registers are in it.
 *
 * It is done before user space gets the device, as the core maps lazily and
 * under no lock: with two at once, the later one fails to claim the BAR. The
 * core takes what it finds in barmap[] for its own, and undoes it when the
 * device is closed.
 */
#include <linux/io.h>
#include <linux/pci.h>
#include <linux/vfio_pci_core.h>

#undef vfio_pci_core_enable

static void map_bar(struct vfio_pci_core_device *core, unsigned int bar)
{
	struct pci_dev *pdev = core->pdev;

	if (!pci_resource_len(pdev, bar) || core->barmap[bar])
		return;
	if (pci_request_selected_regions(pdev, BIT(bar), "vfio-pci")) {
		pci_info(pdev, "BAR%u is in use by somebody else\n", bar);
		return;
	}
	core->barmap[bar] = pci_iomap(pdev, bar, 0);
	if (!core->barmap[bar])
		pci_release_selected_regions(pdev, BIT(bar));
}

/**
 * cohmem_compat_enable() - vfio_pci_core_enable(), and what it does later on
 * @core: the device
 *
 * A BAR that cannot be mapped is no error here: whoever needs it sees that it
 * is missing.
 *
 * Context: as vfio_pci_core_enable().
 * Return: as vfio_pci_core_enable().
 */
int cohmem_compat_enable(struct vfio_pci_core_device *core)
{
	int ret = vfio_pci_core_enable(core);

	if (ret)
		return ret;
	if (pci_resource_flags(core->pdev, 0) & IORESOURCE_MEM)
		map_bar(core, 0);
#ifndef COHMEM_HAVE_CORE_KNOBS
	cohmem_compat_knobs_enabled(core);
#endif
	return 0;
}

/**
 * cohmem_compat_get_iomap() - the mapping of a BAR
 * @core: the device, enabled
 * @bar: which one
 *
 * Return: the mapping, or an error pointer.
 */
void __iomem *cohmem_compat_get_iomap(struct vfio_pci_core_device *core,
				      unsigned int bar)
{
	void __iomem *io = READ_ONCE(core->barmap[bar]);

	return io ?: IOMEM_ERR_PTR(-ENODEV);
}

/**
 * cohmem_compat_iomap() - the mapping of a BAR, made where there is none yet
 * @core: the device, enabled
 * @bar: which one
 *
 * Context: one at a time. Somebody who makes the core map it at the same moment may
 * be told that the BAR is in use, as happens with two of the core's own calls.
 * Return: the mapping, or an error pointer.
 */
void __iomem *cohmem_compat_iomap(struct vfio_pci_core_device *core,
				  unsigned int bar)
{
	map_bar(core, bar);
	return cohmem_compat_get_iomap(core, bar);
}
