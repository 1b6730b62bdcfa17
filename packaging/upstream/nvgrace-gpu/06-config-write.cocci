// SPDX-License-Identifier: GPL-2.0-only
// File: drivers/vfio/pci/nvgrace-gpu/main.c
@@
@@
+static ssize_t
+nvgrace_gpu_write_config_emu(struct vfio_device *core_vdev,
+			     const char __user *buf, size_t count, loff_t *ppos)
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
+	/* Each register to its owner, whatever lies beside it. */
+	while (done < count) {
+		pos = *ppos & VFIO_PCI_OFFSET_MASK;
+		piece = count - done;
+		memregion = nvgrace_gpu_config_owner(nvdev, pos, &piece);
+		if (memregion) {
+			/* A copy that fails half-way leaves the BAR alone. */
+			val64 = memregion->bar_val;
+			ret = piece;
+			if (copy_from_user((u8 *)&val64 + pos % sizeof(val64),
+					   buf + done, piece)) {
+				ret = -EFAULT;
+			} else {
+				memregion->bar_val = val64;
+				*ppos += piece;
+			}
+		} else {
+			ret = vfio_pci_core_write(core_vdev, buf + done, piece, ppos);
+		}
+		if (ret <= 0)
+			return done ? done : ret;
+		done += ret;
+	}
+
+	return done;
+}
- nvgrace_gpu_write_config_emu(...) { ... }
