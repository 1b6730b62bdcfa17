// SPDX-License-Identifier: GPL-2.0-only
// File: drivers/vfio/pci/vfio_pci_rdwr.c
@@
identifier pos, count;
@@
  vfio_pci_ioeventfd(...)
  {
  <...
  if (pos + count > pci_resource_len(...))
    return -EINVAL;
+
+	/* Done by the kernel, where a device must be written to aligned. */
+	if (pos & (count - 1))
+		return -EINVAL;
  ...>
  }
