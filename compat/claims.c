// SPDX-License-Identifier: GPL-2.0-only
/*
 * "Whose region is it", asked in the core's place.
 *
 * What real BAR there may be behind a composed one must not be reached. The
 * driver answers for read(), write() and mmap() of its regions, and ioeventfd.c
 * for ioeventfds. Whoever else goes through the core's kernel mapping of the real
 * BAR, barmap[], finds none while the device is open: it is taken out of barmap[]
 * and put back before the core undoes it; a core that maps BARs when they are first
 * used finds the BAR claimed.
 *
 * Export as dma-buf: before the core asks the driver for physical ranges, it
 * demands that same mapping. For as long as the call goes on the entry holds a
 * cookie, an address in this module, through which nothing goes.
 */
#include <linux/pci.h>
#include <linux/vfio_pci_core.h>

#undef vfio_pci_core_ioctl_feature
#undef vfio_pci_core_enable
#undef vfio_pci_core_disable
#undef vfio_pci_core_close_device

#ifdef COHMEM_HAVE_GET_IOMAP
#define core_enable	vfio_pci_core_enable
#else
#define core_enable	cohmem_compat_enable
#endif

static struct vfio_pci_core_device *core_of(struct vfio_device *vdev)
{
	return container_of(vdev, struct vfio_pci_core_device, vdev);
}

static bool hidden(struct vfio_pci_core_device *core, unsigned int bar)
{
	return pci_resource_len(core->pdev, bar) &&
	       cohmem_compat_pci_ops_of()->claims_region(core, bar);
}

#ifdef COHMEM_HAVE_GET_IOMAP
static void hide(struct vfio_pci_core_device *core,
		 struct cohmem_compat_device *c, unsigned int bar)
{
	c->real[bar] = core->barmap[bar];
	core->barmap[bar] = IOMEM_ERR_PTR(-EINVAL);
}

static void unhide(struct vfio_pci_core_device *core,
		   struct cohmem_compat_device *c, unsigned int bar)
{
	core->barmap[bar] = c->real[bar];
}
#else
static void hide(struct vfio_pci_core_device *core,
		 struct cohmem_compat_device *c, unsigned int bar)
{
	if (!pci_request_selected_regions(core->pdev, BIT(bar), "hidden"))
		c->claimed |= BIT(bar);
}

static void unhide(struct vfio_pci_core_device *core,
		   struct cohmem_compat_device *c, unsigned int bar)
{
	if (c->claimed & BIT(bar))
		pci_release_selected_regions(core->pdev, BIT(bar));
	c->claimed &= ~BIT(bar);
}
#endif

static void each_hidden(struct vfio_pci_core_device *core,
			void (*fn)(struct vfio_pci_core_device *core,
				   struct cohmem_compat_device *c,
				   unsigned int bar))
{
	unsigned int bar;

	for (bar = 0; bar < PCI_STD_NUM_BARS; bar++) {
		if (hidden(core, bar))
			fn(core, cohmem_compat_device_of(core), bar);
	}
}

/**
 * cohmem_compat_enable_hidden() - vfio_pci_core_enable(), and hide real BARs
 * @core: the device
 *
 * Return: as vfio_pci_core_enable().
 */
int cohmem_compat_enable_hidden(struct vfio_pci_core_device *core)
{
	int ret = core_enable(core);

	if (!ret)
		each_hidden(core, hide);
	return ret;
}

/**
 * cohmem_compat_disable() - vfio_pci_core_disable(), with what it has to undo
 * @core: the device
 */
void cohmem_compat_disable(struct vfio_pci_core_device *core)
{
	cohmem_compat_ioeventfd_drop(core);
	each_hidden(core, unhide);
	vfio_pci_core_disable(core);
}

/**
 * cohmem_compat_close_device() - vfio_pci_core_close_device(), likewise
 * @vdev: the device
 */
void cohmem_compat_close_device(struct vfio_device *vdev)
{
	cohmem_compat_ioeventfd_drop(core_of(vdev));
	each_hidden(core_of(vdev), unhide);
	vfio_pci_core_close_device(vdev);
}

#ifdef VFIO_DEVICE_FEATURE_DMA_BUF
/* Has an address, and nothing else. */
static char cookie;

/* The cookie comes or goes. Whoever exports has the lock of the device. */
static void show_cookie(struct vfio_pci_core_device *core, bool on)
{
	unsigned int bar;

	for (bar = 0; bar < PCI_STD_NUM_BARS; bar++) {
		if (!cohmem_compat_pci_ops_of()->claims_region(core, bar))
			continue;
		WRITE_ONCE(core->barmap[bar], on ? (void __iomem *)&cookie :
						   IOMEM_ERR_PTR(-EINVAL));
	}
}

/**
 * cohmem_compat_export() - VFIO_DEVICE_FEATURE_DMA_BUF
 * @vdev: the device
 * @flags: feature and operation
 * @arg: its argument
 * @argsz: size of @arg
 *
 * Return: as the core's.
 */
int cohmem_compat_export(struct vfio_device *vdev, u32 flags,
			 void __user *arg, size_t argsz)
{
	struct vfio_pci_core_device *core = core_of(vdev);
	struct cohmem_compat_device *c = cohmem_compat_device_of(core);
	int ret;

	spin_lock(&c->lock);
	if (!c->exports++)
		show_cookie(core, true);
	spin_unlock(&c->lock);
	ret = vfio_pci_core_ioctl_feature(vdev, flags, arg, argsz);
	spin_lock(&c->lock);
	if (!--c->exports)
		show_cookie(core, false);
	spin_unlock(&c->lock);
	return ret;
}
#endif
