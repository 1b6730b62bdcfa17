// SPDX-License-Identifier: GPL-2.0-only
// File: tools/testing/selftests/vfio/lib/iommu.c
@@
identifier name;
@@
  lookup_iommu_mode(const char *name)
  {
  ...
- if (!name) name = default_iommu_mode;
+	if (!iommu_mode)
+		iommu_mode = default_iommu_mode;
+	if (iommu_mode == default_iommu_mode && access("/dev/iommu", F_OK))
+		iommu_mode = MODE_VFIO_TYPE1V2_IOMMU;
  ...
  }
