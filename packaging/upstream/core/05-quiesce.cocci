// SPDX-License-Identifier: GPL-2.0-only
// File: include/linux/vfio_pci_core.h
// File: drivers/vfio/pci/vfio_pci_core.c
@@
identifier vdev;
@@
+void vfio_pci_core_quiesce(struct vfio_pci_core_device *vdev);
  void vfio_pci_core_disable(struct vfio_pci_core_device *vdev);

// What is unused in the first half goes with the second.
@@
identifier vdev, pdev;
declaration bridge, dummy, eventfd, numbers;
@@
+/**
+ * vfio_pci_core_quiesce() - Let nobody reach the device any more, but the driver
+ * @vdev: the device, which its last user is about to close
+ *
+ * The first half of vfio_pci_core_disable(): the device is in D0, without
+ * interrupts, ioeventfds, exported dma-bufs and bus mastering. Config space,
+ * BARs, and whether memory is decoded stay as the user has left them. A driver
+ * that has to do something with a device that is quiet calls it from its
+ * close_device(), before vfio_pci_core_close_device(). To call it twice does no
+ * harm. The caller holds the lock of the device set.
+ */
- vfio_pci_core_disable
+ vfio_pci_core_quiesce
  (struct vfio_pci_core_device *vdev)
  {
- bridge
  struct pci_dev *pdev = vdev->pdev;
- dummy
  eventfd
- numbers
+
  lockdep_assert_held(...);
+
+	vfio_pci_dma_buf_cleanup(vdev);
  ...
  vdev->ioeventfds_nr = 0;
+}
+EXPORT_SYMBOL_GPL(vfio_pci_core_quiesce);
+
+void vfio_pci_core_disable(struct vfio_pci_core_device *vdev)
+{
+	struct vfio_pci_dummy_resource *dummy_res, *tmp;
+	struct pci_dev *pdev = vdev->pdev;
+	struct pci_dev *bridge;
+	int i, bar;
+
+	vfio_pci_core_quiesce(vdev);
  ...
  }

@@
@@
  vfio_pci_core_close_device(...)
  {
  <...
- vfio_pci_dma_buf_cleanup(...);
  ...>
  }
