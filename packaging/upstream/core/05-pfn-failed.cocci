// SPDX-License-Identifier: GPL-2.0-only
// File: include/linux/memory-failure.h
// File: mm/memory-failure.c
@@
@@
+/**
+ * struct pfn_address_space - Page frames without struct page that users map
+ * @node: the first page frame and the last, filled in by the owner
+ * @mapping: the address space by whose VMAs they are mapped
+ * @pfn_to_vma_pgoff: where in a VMA of @mapping a page frame shows, as an offset
+ *	like that in vm_pgoff; an error if it does not
+ */
  struct pfn_address_space {
  ...
+
+	/**
+	 * @failed: A page frame has gone bad. Called once for each report, before
+	 * processes are looked for and signalled, and whether or not any maps it.
+	 * Optional. May sleep, but is called with the lock held that
+	 * register_pfn_address_space() and its counterpart take.
+	 */
+	void (*failed)(struct pfn_address_space *pfn_space, unsigned long pfn);
  };

@@
iterator name scoped_guard;
identifier space, pfn;
@@
  memory_failure_pfn(unsigned long pfn, ...)
  {
  <...
+			if (pfn_space->failed)
+				pfn_space->failed(pfn_space, pfn);
+
  collect_procs_pfn(space, pfn, ...);
  ...>
  }
