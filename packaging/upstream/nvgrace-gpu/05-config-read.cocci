// SPDX-License-Identifier: GPL-2.0-only
// File: drivers/vfio/pci/nvgrace-gpu/main.c
@@
@@
+/*
+ * Whose is the register at @pos? Returns the region whose BAR it is a part of,
+ * or NULL where it is the core's, and cuts @count where somebody else's begins.
+ */
+static struct mem_region *
+nvgrace_gpu_config_owner(struct nvgrace_gpu_pci_core_device *nvdev,
+			 u64 pos, size_t *count)
+{
+	struct mem_region *memregion;
+	u64 start, end;
+	int index;
+
+	for (index = RESMEM_REGION_INDEX; index <= USEMEM_REGION_INDEX; index += 2) {
+		memregion = nvgrace_gpu_memregion(index, nvdev);
+		start = PCI_BASE_ADDRESS_0 + index * sizeof(u32);
+		end = start + sizeof(memregion->bar_val);
+		if (!memregion || pos >= end)
+			continue;
+		*count = min_t(u64, *count, (pos < start ? start : end) - pos);
+		return pos < start ? NULL : memregion;
+	}
+
+	return NULL;
+}
+
  nvgrace_gpu_get_read_value(...) { ... }

@@
@@
+static ssize_t
+nvgrace_gpu_read_config_emu(struct vfio_device *core_vdev,
+			    char __user *buf, size_t count, loff_t *ppos)
+{
+	struct nvgrace_gpu_pci_core_device *nvdev =
+		container_of(core_vdev, struct nvgrace_gpu_pci_core_device,
+			     core_device.vdev);
+	struct mem_region *memregion;
+	size_t done = 0, piece;
+	__le64 val64;
+	ssize_t ret;
+	u64 pos;
+
+	/* Each register from its owner, whatever lies beside it. */
+	while (done < count) {
+		pos = *ppos & VFIO_PCI_OFFSET_MASK;
+		piece = count - done;
+		memregion = nvgrace_gpu_config_owner(nvdev, pos, &piece);
+		if (memregion) {
+			val64 = nvgrace_gpu_get_read_value(memregion->bar_size,
+							   PCI_BASE_ADDRESS_MEM_TYPE_64 |
+							   PCI_BASE_ADDRESS_MEM_PREFETCH,
+							   memregion->bar_val);
+			ret = piece;
+			if (copy_to_user(buf + done,
+					 (u8 *)&val64 + pos % sizeof(val64), piece))
+				ret = -EFAULT;
+			else
+				*ppos += piece;
+		} else {
+			ret = vfio_pci_core_read(core_vdev, buf + done, piece, ppos);
+		}
+		if (ret <= 0)
+			return done ? done : ret;
+		done += ret;
+	}
+
+	return done;
+}
- nvgrace_gpu_read_config_emu(...) { ... }
