// SPDX-License-Identifier: GPL-2.0-only
// File: drivers/vfio/pci/nvgrace-gpu/main.c
@@
expression to, from, n, error;
@@
  nvgrace_gpu_map_and_write(...)
  {
  <...
+		/* Not copy_from_user(), which clears what it cannot copy. */
  if (
-     copy_from_user
+     __copy_from_user
      (to, from, n))
    return error;
  ...>
  }
