// SPDX-License-Identifier: GPL-2.0-only
// File: drivers/vfio/pci/nvgrace-gpu/main.c
@@
expression cmd, error;
@@
  switch (cmd) {
- case VFIO_DEVICE_IOEVENTFD: return error;
  case VFIO_DEVICE_RESET: ...
  }

@@
@@
  nvgrace_get_dmabuf_phys(...) { ... }
+
+static bool nvgrace_gpu_claims_region(struct vfio_pci_core_device *core_vdev,
+				      unsigned int index)
+{
+	struct nvgrace_gpu_pci_core_device *nvdev =
+		container_of(core_vdev, struct nvgrace_gpu_pci_core_device,
+			     core_device);
+
+	return nvgrace_gpu_memregion(index, nvdev);
+}

@@
@@
  struct vfio_pci_device_ops nvgrace_gpu_pci_dev_ops = {
+	.claims_region = nvgrace_gpu_claims_region,
  ...
  };
