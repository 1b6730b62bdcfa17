// SPDX-License-Identifier: GPL-2.0-only
// File: drivers/vfio/pci/nvgrace-gpu/main.c
@@
@@
  nvgrace_get_dmabuf_phys(...) { ... }
+
+/*
+ * Without power the memory has lost its training, as in a reset. Nobody is in
+ * the middle of an access here: memory_lock is held for writing.
+ */
+static void nvgrace_gpu_memory_changed(struct vfio_pci_core_device *core_vdev,
+				       enum vfio_pci_memory_change what)
+{
+	struct nvgrace_gpu_pci_core_device *nvdev =
+		container_of(core_vdev, struct nvgrace_gpu_pci_core_device,
+			     core_device);
+
+	if (what == VFIO_PCI_MEMORY_POWER_UP || what == VFIO_PCI_MEMORY_RESUME)
+		nvdev->reset_done = true;
+}

@@
@@
  struct vfio_pci_device_ops nvgrace_gpu_pci_dev_ops = {
+	.memory_changed = nvgrace_gpu_memory_changed,
  ...
  };
