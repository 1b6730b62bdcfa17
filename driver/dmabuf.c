// SPDX-License-Identifier: GPL-2.0-only
/*
 * dma-buf export of the coherent regions, so that another device (or iommufd,
 * which maps PFNs of nobody's VMA) can be given usemem and resmem.
 *
 * vfio-pci-core does all of it, including revocation when memory decoding is
 * turned off, before D3 and around each reset that it does itself. It asks the
 * driver one question: which physical ranges, by which provider. But before, it
 * demands that the region has a kernel mapping, which no emulated BAR has: for
 * it barmap[] holds an error pointer, and the export ends with -ENODEV.
 *
 * So between open and close the entry of an emulated BAR without a real one
 * behind it holds a cookie: a valid address in this driver. Who else in the
 * core looks at that entry?
 *   - read and write of BARs, mmap, ioeventfd: need a resource of that index,
 *     which there is none, and do not get there, as this driver answers for
 *     the emulated indices itself;
 *   - vfio_pci_core_disable(), which unmaps what is no error: the error is put
 *     back before.
 *
 * Limits, both the core's: a reset from sysfs is done under no lock of the core
 * and does not revoke; and a peer below the same PCIe switch without ACS would
 * be given a bus address, though this memory lies on no PCI bus. Superchip GPUs
 * have a root port of their own.
 */
#include <linux/mm_types.h>
#include <linux/pci-p2pdma.h>

#include "device.h"

/* Has an address, and nothing else. */
static char cohmem_barmap_cookie;

static void __iomem *cookie(void)
{
	return (void __iomem *)&cohmem_barmap_cookie;
}

static int get_dmabuf_phys(struct vfio_pci_core_device *core,
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

		if (cohmem_poison_clean(cdev, r, off, len) != len)
			return -EHWPOISON;
	}
	return 0;
}

static const struct vfio_pci_device_ops cohmem_pci_ops = {
	.get_dmabuf_phys = get_dmabuf_phys,
};

/**
 * cohmem_dmabuf_init() - offer dma-buf export
 * @cdev: the function, before it is registered with vfio
 */
void cohmem_dmabuf_init(struct cohmem_device *cdev)
{
	cdev->core.pci_ops = &cohmem_pci_ops;
}

/**
 * cohmem_dmabuf_open() - make the core accept the emulated BARs
 * @cdev: the function, just enabled and not yet in anybody's hands
 */
void cohmem_dmabuf_open(struct cohmem_device *cdev)
{
	const struct cohmem_layout *layout = &cdev->plat.layout;
	unsigned int i;

	for (i = 0; i < layout->nr; i++) {
		unsigned int bar = layout->region[i].bar;

		/* A real BAR hidden behind the emulated one has its mapping. */
		if (IS_ERR_OR_NULL(cdev->core.barmap[bar]))
			cdev->core.barmap[bar] = cookie();
	}
}

/**
 * cohmem_dmabuf_close() - take back what cohmem_dmabuf_open() did
 * @cdev: the function, about to be disabled
 *
 * Exports that are still open get revoked by the core a little later.
 */
void cohmem_dmabuf_close(struct cohmem_device *cdev)
{
	const struct cohmem_layout *layout = &cdev->plat.layout;
	unsigned int i;

	for (i = 0; i < layout->nr; i++) {
		unsigned int bar = layout->region[i].bar;

		if (cdev->core.barmap[bar] == cookie())
			cdev->core.barmap[bar] = IOMEM_ERR_PTR(-ENODEV);
	}
}
