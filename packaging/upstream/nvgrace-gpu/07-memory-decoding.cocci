// SPDX-License-Identifier: GPL-2.0-only
// File: drivers/vfio/pci/nvgrace-gpu/main.c
@@
identifier dev, vdev;
@@
  nvgrace_gpu_check_device_ready(struct nvgrace_gpu_pci_core_device *dev)
  {
  ...
+	/* Ready or not: memory that is not decoded cannot be reached. */
+	if (!__vfio_pci_memory_enabled(vdev))
+		return -EIO;
+
  if (!dev->reset_done)
    return 0;
- if (!__vfio_pci_memory_enabled(vdev))
-   return -EIO;
  ...
  }
