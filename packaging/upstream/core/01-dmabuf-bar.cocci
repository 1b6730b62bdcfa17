// SPDX-License-Identifier: GPL-2.0-only
// File: drivers/vfio/pci/vfio_pci_dmabuf.c
@@
identifier pdev, vdev;
@@
  vfio_pci_core_get_dmabuf_phys(...)
  {
  struct pci_dev *pdev = vdev->pdev;
+
+	/* Only a BAR that is there, and that has been claimed. */
+	if (IS_ERR(vfio_pci_core_get_iomap(vdev, region_index)))
+		return -ENODEV;
  ...
  }

@@
expression index, none;
@@
  vfio_pci_core_feature_dma_buf(...)
  {
  <...
// Comment above goes
+	/*
+	 * For PCI the region_index is the BAR number. What backs it, and whether
+	 * that is there, is for get_dmabuf_phys() to say.
+	 */
+	if (get_dma_buf.region_index >= VFIO_PCI_ROM_REGION_INDEX)
+		return -ENODEV;
- if (index >= VFIO_PCI_ROM_REGION_INDEX || IS_ERR(vfio_pci_core_get_iomap(...)))
-   return none;
  ...>
  }
