// SPDX-License-Identifier: GPL-2.0-only
// File: drivers/vfio/pci/nvgrace-gpu/main.c
@@
identifier ret, size;
@@
  nvgrace_gpu_init_nvdev_struct(...)
  {
  int ret = 0;
  u64 size = 0;
+	u64 last;
+
+	/* What a VFIO region can show, and what nobody else has. */
+	if (!PAGE_ALIGNED(memphys) || !PAGE_ALIGNED(memlength) ||
+	    memlength > BIT_ULL(VFIO_PCI_OFFSET_SHIFT) ||
+	    check_add_overflow(memphys, memlength - 1, &last) ||
+	    region_intersects(memphys, memlength, IORESOURCE_SYSTEM_RAM,
+			      IORES_DESC_NONE) != REGION_DISJOINT) {
+		pci_err(pdev, "cannot use memory of %#llx bytes at %#llx\n",
+			memlength, memphys);
+		return -EINVAL;
+	}
  ...
  }
