// SPDX-License-Identifier: GPL-2.0-only
// File: drivers/vfio/pci/nvgrace-gpu/main.c
@@
identifier dev, vma, region;
@@
  nvgrace_gpu_mmap(struct vfio_device *dev, struct vm_area_struct *vma)
  {
  <...
  if (!region)
    return vfio_pci_core_mmap(dev, vma);
+
+	/* A private mapping would copy pages, and page frames have none. */
+	if (!(vma->vm_flags & VM_SHARED))
+		return -EINVAL;
  ...>
  }
