// SPDX-License-Identifier: GPL-2.0-only
// File: drivers/vfio/pci/nvgrace-gpu/main.c
@@
identifier ret, ops, real;
@@
  nvgrace_gpu_probe(...)
  {
  <...
  ret = nvgrace_gpu_fetch_memory_property(...);
  if (!ret)
    ops = &real;
+
+	/* Half an announcement, or one of a link that is down, is not none. */
+	if (ret && (device_property_present(&pdev->dev, "nvidia,gpu-mem-base-pa") ||
+		    device_property_present(&pdev->dev, "nvidia,gpu-mem-size"))) {
+		pci_err(pdev, "cannot use the memory that firmware announces: %d\n", ret);
+		return ret;
+	}
  ...>
  }
