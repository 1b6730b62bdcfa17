/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the driver expects of a vfio-pci-core that knows drivers which compose
 * BARs: packaging/upstream/core has the patches. No kernel has them yet, so
 * they are made up for here: core.c (who the driver is), power.c (memory
 * usability changed), sleep.c (system sleep), claims.c (whose region is it),
 * ioeventfd.c (which of them may be).
 */
#ifndef COHMEM_COMPAT_CORE_H
#define COHMEM_COMPAT_CORE_H

#include <linux/device.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct p2pdma_provider;
struct phys_vec;
struct vfio_device;
struct vfio_pci_core_device;
struct vfio_region_dma_range;

/* As in packaging/upstream/core. */
enum vfio_pci_memory_change {
	VFIO_PCI_MEMORY_DECODING,
	VFIO_PCI_MEMORY_POWER_DOWN,
	VFIO_PCI_MEMORY_POWER_UP,
	VFIO_PCI_MEMORY_SUSPEND,
	VFIO_PCI_MEMORY_RESUME,
};

/**
 * struct cohmem_compat_pci_ops - struct vfio_pci_device_ops with the hooks
 *
 * Members and their meaning are those of that structure.
 */
struct cohmem_compat_pci_ops {
	int (*get_dmabuf_phys)(struct vfio_pci_core_device *core,
			       struct p2pdma_provider **provider,
			       unsigned int region_index,
			       struct phys_vec *phys_vec,
			       struct vfio_region_dma_range *dma_ranges,
			       size_t nr_ranges);
	bool (*claims_region)(struct vfio_pci_core_device *core,
			      unsigned int index);
	void (*memory_changed)(struct vfio_pci_core_device *core,
			       enum vfio_pci_memory_change what);
};

/**
 * struct cohmem_compat_device - what compat/ keeps for each device
 * @nointxmask: do not rely on PCI 2.3 INTx masking (knobs.c)
 * @real: what the core had mapped of BARs that are hidden (claims.c)
 * @claimed: BARs that are hidden by claiming them (claims.c)
 * @lock: guards @exports; never held around a call of the core (claims.c)
 * @exports: calls under way that export something as dma-buf
 * @ioeventfd_lock: guards the two that follow (ioeventfd.c); memory_lock is taken
 *	with it held, by way of waiting for who has been signalled
 * @ioeventfds: writes that eventfds set off
 * @nr_ioeventfds: how many
 */
struct cohmem_compat_device {
	bool nointxmask;
	void __iomem *real[PCI_STD_NUM_BARS];
	unsigned int claimed;
	spinlock_t lock; /* see above */
	unsigned int exports;
	struct mutex ioeventfd_lock; /* see above */
	struct list_head ioeventfds;
	unsigned int nr_ioeventfds;
};

int cohmem_compat_init(struct vfio_pci_core_device *core,
		       const struct cohmem_compat_pci_ops *ops,
		       bool nointxmask, bool disable_idle_d3);
const struct cohmem_compat_pci_ops *cohmem_compat_pci_ops_of(void);
struct cohmem_compat_device *
cohmem_compat_device_of(struct vfio_pci_core_device *core);

ssize_t cohmem_compat_core_write(struct vfio_device *vdev,
				 const char __user *buf, size_t count,
				 loff_t *ppos);
long cohmem_compat_core_ioctl(struct vfio_device *vdev, unsigned int cmd,
			      unsigned long arg);
int cohmem_compat_core_feature(struct vfio_device *vdev, u32 flags,
			       void __user *arg, size_t argsz);
int cohmem_compat_core_sriov(struct vfio_pci_core_device *core,
			     int nr_virtfn);
int cohmem_compat_register(struct vfio_pci_core_device *core);
int cohmem_compat_enable_hidden(struct vfio_pci_core_device *core);
void cohmem_compat_disable(struct vfio_pci_core_device *core);
void cohmem_compat_close_device(struct vfio_device *vdev);
long cohmem_compat_ioeventfd(struct vfio_device *vdev, unsigned long arg);
void cohmem_compat_ioeventfd_drop(struct vfio_pci_core_device *core);
#ifdef COHMEM_HAVE_GET_IOMAP
#define cohmem_compat_iomap		vfio_pci_core_get_iomap
#endif
int cohmem_compat_export(struct vfio_device *vdev, u32 flags,
			 void __user *arg, size_t argsz);

#define vfio_pci_device_ops		cohmem_compat_pci_ops
#undef vfio_pci_core_enable
#define vfio_pci_core_enable		cohmem_compat_enable_hidden
#define vfio_pci_core_disable		cohmem_compat_disable
#define vfio_pci_core_close_device	cohmem_compat_close_device
#define vfio_pci_core_write		cohmem_compat_core_write
#define vfio_pci_core_ioctl		cohmem_compat_core_ioctl
#define vfio_pci_core_ioctl_feature	cohmem_compat_core_feature
#define vfio_pci_core_sriov_configure	cohmem_compat_core_sriov
#define vfio_pci_core_register_device	cohmem_compat_register

#endif /* COHMEM_COMPAT_CORE_H */
