// SPDX-License-Identifier: GPL-2.0-only
// File: drivers/vfio/pci/nvgrace-gpu/main.c
@@
identifier vma, inside, start;
@@
  nvgrace_gpu_pfn_to_vma_pgoff(struct vm_area_struct *vma, ...)
  {
  <...
  if (inside < start)
    return -EFAULT;
+
+	/* Nor behind its end: others may map what it does not. */
+	if (pfn_offset_in_region - vma_offset_in_region >= vma_pages(vma))
+		return -EFAULT;
  ...>
  }
