// SPDX-License-Identifier: GPL-2.0-only
// File: drivers/vfio/pci/nvgrace-gpu/main.c
@@
identifier ret;
identifier f =~ "^nvgrace_gpu_map_and_\(read\|write\)$";
@@
  f(...)
  {
  <...
  ret = vfio_pci_core_do_io_rw(...);
+ if (ret > 0)
+   ret = 0;
  ...>
  }
