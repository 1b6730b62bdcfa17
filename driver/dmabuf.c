// SPDX-License-Identifier: GPL-2.0-only
/*
 * dma-buf export of the coherent regions, so that another device (or iommufd,
 * which maps PFNs of nobody's VMA) can be given usemem and resmem.
 *
 * vfio-pci-core does all of it, including revocation when memory decoding is
 * turned off, before D3 and around each reset that it does itself. It asks the
 * driver which physical ranges, by which provider.
 *
 * A limit, which is the core's: a reset that it does not do itself (sysfs, the
 * link's recovery) is done under no lock of the core and does not revoke. And a
 * peer below the same PCIe switch without ACS would be given a bus address,
 * though this memory lies on no PCI bus: superchip GPUs have a root port of
 * their own.
 */
#include <linux/mm_types.h>
#include <linux/pci-p2pdma.h>

#include "device.h"

/**
 * cohmem_get_dmabuf_phys() - physical ranges of a region to be exported
 * @core: the device
 * @provider: filled: by whom a peer reaches them
 * @region_index: vfio region index
 * @phys_vec: filled
 * @dma_ranges: offsets and lengths in the region
 * @nr_ranges: how many
 *
 * Return: 0 or a negative errno; -EHWPOISON where the policy keeps a bad page
 * from users.
 */
int cohmem_get_dmabuf_phys(struct vfio_pci_core_device *core,
			   struct p2pdma_provider **provider,
			   unsigned int region_index,
			   struct phys_vec *phys_vec,
			   struct vfio_region_dma_range *dma_ranges,
			   size_t nr_ranges)
{
	struct cohmem_device *cdev = cohmem_from_core(core);
	const struct cohmem_region *r = cohmem_region_at(cdev, region_index);
	size_t i;
	int ret;

	if (!r)
		return vfio_pci_core_get_dmabuf_phys(core, provider,
						     region_index, phys_vec,
						     dma_ranges, nr_ranges);

	/*
	 * The provider stands for the device, seen through the host bridge;
	 * BAR0 is there on every part with coherent memory.
	 */
	*provider = pcim_p2pdma_provider(core->pdev, 0);
	if (!*provider)
		return -EOPNOTSUPP;

	/* Against the memory there is, not against the size of the BAR. */
	ret = vfio_pci_core_fill_phys_vec(phys_vec, dma_ranges, nr_ranges,
					  r->base, r->size);
	if (ret)
		return ret;

	for (i = 0; i < nr_ranges; i++) {
		u64 off = dma_ranges[i].offset, len = dma_ranges[i].length;

		if (cohmem_poison_mappable(cdev, r, off, len) != len)
			return -EHWPOISON;
	}
	return 0;
}
