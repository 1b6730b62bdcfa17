// SPDX-License-Identifier: GPL-2.0-only
// File: tools/testing/selftests/vfio/lib/include/libvfio/vfio_pci_device.h
// File: tools/testing/selftests/vfio/lib/vfio_pci_device.c
// File: tools/testing/selftests/vfio/vfio_dma_mapping_mmio_test.c
// Behind: tools/testing/selftests/vfio/vfio_dma_mapping_mmio_test.c: #include <uapi/linux/types.h>: #include <linux/log2.h>
// Word: tools/testing/selftests/vfio/vfio_dma_mapping_mmio_test.c: self->bar->info.size: self->bar->mmap_size
@@
@@
  struct vfio_pci_bar {
  ...
  void *vaddr;
+
+	/* What can be mapped of it in one piece from its start on, in bytes. */
+	__u64 mmap_size;
  };

@@
@@
+/* The areas that can be mapped, or NULL: all of it. To be freed. */
+static struct vfio_region_info *
+vfio_pci_region_sparse(struct vfio_pci_device *device,
+		       const struct vfio_region_info *info,
+		       struct vfio_region_info_cap_sparse_mmap **sparse)
+{
+	struct vfio_region_info *full;
+	struct vfio_info_cap_header *cap;
+	u32 offset;
+
+	*sparse = NULL;
+	if (!(info->flags & VFIO_REGION_INFO_FLAG_CAPS))
+		return NULL;
+
+	full = calloc_assert(1, info->argsz);
+	full->argsz = info->argsz;
+	full->index = info->index;
+	ioctl_assert(device->fd, VFIO_DEVICE_GET_REGION_INFO, full);
+
+	for (offset = full->cap_offset; offset; offset = cap->next) {
+		cap = (void *)full + offset;
+		if (cap->id == VFIO_REGION_INFO_CAP_SPARSE_MMAP)
+			*sparse = (void *)cap;
+	}
+
+	return full;
+}
+
+static void vfio_pci_bar_map_area(struct vfio_pci_device *device,
+				  struct vfio_pci_bar *bar, int prot,
+				  u64 offset, u64 size)
+{
+	void *vaddr;
+
+	vaddr = mmap(bar->vaddr + offset, size, prot, MAP_SHARED | MAP_FIXED,
+		     device->fd, bar->info.offset + offset);
+	VFIO_ASSERT_NE(vaddr, MAP_FAILED);
+
+	madvise(vaddr, size, MADV_HUGEPAGE);
+}
+
+static void vfio_pci_bar_map_areas(struct vfio_pci_device *device,
+				   struct vfio_pci_bar *bar, int prot)
+{
+	struct vfio_region_info_cap_sparse_mmap *sparse;
+	struct vfio_region_info *full;
+	u32 i;
+
+	full = vfio_pci_region_sparse(device, &bar->info, &sparse);
+	if (!sparse) {
+		bar->mmap_size = bar->info.size;
+		vfio_pci_bar_map_area(device, bar, prot, 0, bar->info.size);
+	} else {
+		bar->mmap_size = 0;
+		for (i = 0; i < sparse->nr_areas; i++) {
+			vfio_pci_bar_map_area(device, bar, prot,
+					      sparse->areas[i].offset,
+					      sparse->areas[i].size);
+			if (sparse->areas[i].offset == bar->mmap_size)
+				bar->mmap_size += sparse->areas[i].size;
+		}
+	}
+
+	free(full);
+}
+
  vfio_pci_bar_map(...) { ... }

@@
@@
  vfio_pci_bar_map(...)
  {
  <...
- bar->vaddr = mmap(vaddr, ...);
- VFIO_ASSERT_NE(bar->vaddr, MAP_FAILED);
-
- madvise(bar->vaddr, ...);
+	bar->vaddr = vaddr;
+	vfio_pci_bar_map_areas(device, bar, prot);
  ...>
  }

@@
symbol bar, bar_size;
@@
(
- bar_size = bar->info.size
+ bar_size = bar->mmap_size
|
- bar->info.size > bar_size
+ bar->mmap_size > bar_size
)

@@
symbol iova_allocator, size;
@@
- iova_allocator_alloc(iova_allocator, size)
+ iova_allocator_alloc(iova_allocator, roundup_pow_of_two(size))
