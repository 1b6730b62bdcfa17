// SPDX-License-Identifier: GPL-2.0-only
// File: tools/testing/selftests/vfio/lib/vfio_pci_driver.c
// File: tools/testing/selftests/vfio/lib/libvfio.mk
// New: tools/testing/selftests/vfio/lib/drivers/cohmem/cohmem.c tests/selftests/cohmem.c
// New: tools/testing/selftests/vfio/lib/drivers/cohmem/hw.h sim/engine.h
// Behind: tools/testing/selftests/vfio/lib/libvfio.mk: LIBVFIO_C += drivers/igb/igb.c: LIBVFIO_C += drivers/cohmem/cohmem.c
@@
@@
  extern struct vfio_pci_driver_ops igb_ops;
+extern struct vfio_pci_driver_ops cohmem_ops;

@@
@@
  static struct vfio_pci_driver_ops *driver_ops[] = {
  ..., &igb_ops,
+	&cohmem_ops,
  };
