// SPDX-License-Identifier: GPL-2.0-only
// File: drivers/vfio/pci/vfio_pci_core.c
@@
@@
  vfio_pci_core_map_bars(...) { ... }
+
+/*
+ * System sleep takes power from the device as runtime suspend does, but users
+ * are not asked: they are frozen, with the device open. Their mappings go, and
+ * come back by faults; so do what others have imported from them.
+ */
+static int vfio_pci_core_suspend(struct device *dev)
+{
+	struct vfio_pci_core_device *vdev = dev_get_drvdata(dev);
+
+	vfio_pci_zap_and_down_write_memory_lock(vdev);
+	vfio_pci_dma_buf_move(vdev, true);
+	vfio_pci_memory_changed(vdev, VFIO_PCI_MEMORY_SUSPEND);
+	up_write(&vdev->memory_lock);
+
+	return 0;
+}
+
+static int vfio_pci_core_resume(struct device *dev)
+{
+	struct vfio_pci_core_device *vdev = dev_get_drvdata(dev);
+
+	down_write(&vdev->memory_lock);
+	vfio_pci_memory_changed(vdev, VFIO_PCI_MEMORY_RESUME);
+	/* Whoever opens or closes the device is frozen, maybe half-way. */
+	if (vdev->vconfig && !vdev->pm_runtime_engaged &&
+	    __vfio_pci_memory_enabled(vdev))
+		vfio_pci_dma_buf_move(vdev, false);
+	up_write(&vdev->memory_lock);
+
+	return 0;
+}

@@
identifier ops;
@@
  const struct dev_pm_ops ops = {
+	SYSTEM_SLEEP_PM_OPS(vfio_pci_core_suspend, vfio_pci_core_resume)
  ...
  };
