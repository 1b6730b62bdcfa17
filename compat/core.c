// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who the driver is, for a core that cannot ask: its hooks are kept here, and
 * whoever in compat/ does the core's part calls them. A driver has one set, and
 * so has this file.
 */
#include <linux/pci.h>
#include <linux/vfio_pci_core.h>

#undef vfio_pci_device_ops

static const struct cohmem_compat_pci_ops *hooks;

static void forget(struct device *dev, void *res)
{
}

/**
 * cohmem_compat_pci_ops_of() - the driver's hooks
 *
 * Return: them; a device is there, so they are known.
 */
const struct cohmem_compat_pci_ops *cohmem_compat_pci_ops_of(void)
{
	return READ_ONCE(hooks);
}

/**
 * cohmem_compat_device_of() - what compat/ keeps for a device
 * @core: the device, bound
 *
 * Return: it; NULL only if it could not be had at probe, which failed then.
 */
struct cohmem_compat_device *
cohmem_compat_device_of(struct vfio_pci_core_device *core)
{
	return devres_find(core->vdev.dev, forget, NULL, NULL);
}

#ifdef COHMEM_HAVE_PCI_OPS
static const struct vfio_pci_device_ops *real_ops(void)
{
	static struct vfio_pci_device_ops real;

	/* The same for all devices, however many probes run at once. */
	WRITE_ONCE(real.get_dmabuf_phys, hooks->get_dmabuf_phys);
	return &real;
}
#endif

/**
 * cohmem_compat_init() - a device that is being bound
 * @core: the device
 * @ops: the driver's hooks, the same for all of its devices
 * @nointxmask: do not rely on PCI 2.3 INTx masking
 * @disable_idle_d3: keep it in D0 while unused
 *
 * Context: in the device's init operation.
 * Return: 0 or -ENOMEM.
 */
int cohmem_compat_init(struct vfio_pci_core_device *core,
		       const struct cohmem_compat_pci_ops *ops,
		       bool nointxmask, bool disable_idle_d3)
{
	struct cohmem_compat_device *c;

	WRITE_ONCE(hooks, ops);
	c = devres_alloc(forget, sizeof(*c), GFP_KERNEL);
	if (!c)
		return -ENOMEM;
	spin_lock_init(&c->lock);
	mutex_init(&c->ioeventfd_lock);
	INIT_LIST_HEAD(&c->ioeventfds);
	c->nointxmask = nointxmask;
	devres_add(core->vdev.dev, c);
#ifdef COHMEM_HAVE_PCI_OPS
	core->pci_ops = real_ops();
#endif
#ifdef COHMEM_HAVE_CORE_KNOBS
	core->nointxmask = nointxmask;
	core->disable_idle_d3 = disable_idle_d3;
#else
	cohmem_compat_knobs(core, disable_idle_d3);
#endif
	return 0;
}
