// SPDX-License-Identifier: GPL-2.0-only
// File: include/linux/vfio_pci_core.h
// File: drivers/vfio/pci/vfio_pci_priv.h
// File: drivers/vfio/pci/vfio_pci_core.c
// File: drivers/vfio/pci/vfio_pci_dmabuf.c
@@
@@
+/**
+ * struct vfio_pci_device_ops - What the core asks of a variant driver
+ *
+ * Each is optional, and has to be set before vfio_pci_core_register_device().
+ */
  struct vfio_pci_device_ops {
+	/**
+	 * @get_dmabuf_phys: Fill in the physical addresses that are behind ranges
+	 * of a region, and who provides them to peers. Without it, no region can
+	 * be exported; vfio_pci_core_get_dmabuf_phys() does it for real BARs.
+	 */
  int (*get_dmabuf_phys)(...);
+
+	/**
+	 * @claims_region: Does the driver answer for region @index all by itself,
+	 * whatever BAR the function has there? The core then lets nothing reach
+	 * that BAR: no ioeventfd, and no export by its own get_dmabuf_phys.
+	 * Called at any time between open and close, without locks.
+	 */
+	bool (*claims_region)(struct vfio_pci_core_device *vdev,
+			      unsigned int index);
  };

@@
@@
+static inline bool
+vfio_pci_region_claimed(struct vfio_pci_core_device *vdev, unsigned int index)
+{
+	return vdev->pci_ops && vdev->pci_ops->claims_region &&
+	       vdev->pci_ops->claims_region(vdev, index);
+}
+
  vfio_pci_is_vga(...) { ... }

@@
identifier count, eventfd, fd;
@@
  vfio_pci_ioctl_ioeventfd(...)
  {
  <...
  if (hweight8(count) != 1 || eventfd.fd < -1)
    return -EINVAL;
+
+	if (vfio_pci_region_claimed(vdev, VFIO_PCI_OFFSET_TO_INDEX(ioeventfd.offset)))
+		return -EINVAL;
  ...>
  }

@@
expression vdev, index, none;
@@
  vfio_pci_core_get_dmabuf_phys(...)
  {
  <...
+	if (vfio_pci_region_claimed(vdev, region_index) ||
+	    IS_ERR(vfio_pci_core_get_iomap(vdev, region_index)))
+		return -ENODEV;
- if (IS_ERR(vfio_pci_core_get_iomap(vdev, index))) return none;
  ...>
  }
