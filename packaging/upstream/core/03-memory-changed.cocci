// SPDX-License-Identifier: GPL-2.0-only
// File: include/linux/vfio_pci_core.h
// File: drivers/vfio/pci/vfio_pci_priv.h
// File: drivers/vfio/pci/vfio_pci_core.c
// File: drivers/vfio/pci/vfio_pci_config.c
@@
@@
+/**
+ * enum vfio_pci_memory_change - What has happened to a device's memory
+ * @VFIO_PCI_MEMORY_DECODING: The command register has turned memory decoding on
+ *	or off; __vfio_pci_memory_enabled() says which. Contents stay.
+ * @VFIO_PCI_MEMORY_POWER_DOWN: Power is about to go, or may go at any time:
+ *	D3hot by the user, low power entry, runtime suspend. The memory still
+ *	works, and may lose its contents when the call has returned.
+ * @VFIO_PCI_MEMORY_POWER_UP: Power is back, or did not go after all. Contents
+ *	may have been lost, and memory that has to be trained may not work yet.
+ * @VFIO_PCI_MEMORY_SUSPEND: The machine goes to sleep. As POWER_DOWN, but the
+ *	driver must not touch the device again before it is told of RESUME.
+ * @VFIO_PCI_MEMORY_RESUME: The machine is awake again. As POWER_UP; comes once
+ *	for each SUSPEND.
+ */
+enum vfio_pci_memory_change {
+	VFIO_PCI_MEMORY_DECODING,
+	VFIO_PCI_MEMORY_POWER_DOWN,
+	VFIO_PCI_MEMORY_POWER_UP,
+	VFIO_PCI_MEMORY_SUSPEND,
+	VFIO_PCI_MEMORY_RESUME,
+};
+
  struct vfio_pci_regops { ... };

@@
@@
  struct vfio_pci_device_ops {
  ...
  bool (*claims_region)(...);
+
+	/**
+	 * @memory_changed: What decides whether the memory can be reached is
+	 * moved by the core. Mappings are gone, where they have to be, and
+	 * memory_lock is held for writing, so that nobody comes meanwhile. A
+	 * driver with memory of its own takes its own mappings away here.
+	 *
+	 * Calls for power do not come in pairs: a function in D3hot goes to D0 on
+	 * its way into runtime suspend, and several causes of one kind may overlap.
+	 * Power also comes and goes while nobody has the device open. Resets are
+	 * announced by &struct pci_error_handlers.
+	 */
+	void (*memory_changed)(struct vfio_pci_core_device *vdev,
+			       enum vfio_pci_memory_change what);
  };

@@
@@
+static inline void
+vfio_pci_memory_changed(struct vfio_pci_core_device *vdev,
+			enum vfio_pci_memory_change what)
+{
+	lockdep_assert_held_write(&vdev->memory_lock);
+
+	if (vdev->pci_ops && vdev->pci_ops->memory_changed)
+		vdev->pci_ops->memory_changed(vdev, what);
+}
+
  vfio_pci_is_vga(...) { ... }

// Who goes to D3hot or comes back, for whatever reason. A state that is not known
// is neither.
@@
@@
  vfio_pci_probe_power_state(...) { ... }
+
+static bool vfio_pci_is_off(pci_power_t state)
+{
+	return state == PCI_D3hot || state == PCI_D3cold;
+}

@@
identifier vdev, state, pdev, ret;
@@
  vfio_pci_set_power_state(struct vfio_pci_core_device *vdev, pci_power_t state)
  {
  ...
  int ret;
+	bool was_off = vfio_pci_is_off(pdev->current_state);
+	bool goes_off = !was_off && vfio_pci_is_off(state);
  ...
+	if (goes_off)
+		vfio_pci_memory_changed(vdev, VFIO_PCI_MEMORY_POWER_DOWN);
+
  ret = pci_set_power_state(pdev, state);
  ...
+	/* Not before the state is restored: the memory may be behind a BAR. */
+	if ((was_off || goes_off) && !vfio_pci_is_off(pdev->current_state))
+		vfio_pci_memory_changed(vdev, VFIO_PCI_MEMORY_POWER_UP);
+
  return ret;
  }

@@
identifier vdev;
@@
  vfio_pci_runtime_pm_entry(...)
  {
  <...
  vdev->pm_runtime_engaged = true;
+	vfio_pci_memory_changed(vdev, VFIO_PCI_MEMORY_POWER_DOWN);
  ...>
  }

@@
identifier vdev;
@@
  __vfio_pci_runtime_pm_exit(...)
  {
  <...
  vdev->pm_runtime_engaged = false;
+		vfio_pci_memory_changed(vdev, VFIO_PCI_MEMORY_POWER_UP);
  ...>
  }

@@
identifier vdev;
@@
  vfio_pci_core_runtime_suspend(...)
  {
  <...
  vfio_pci_set_power_state(vdev, PCI_D0);
+	vfio_pci_memory_changed(vdev, VFIO_PCI_MEMORY_POWER_DOWN);
  ...>
  }

@@
identifier vdev;
@@
  vfio_pci_core_runtime_resume(...)
  {
  <...
+	vfio_pci_memory_changed(vdev, VFIO_PCI_MEMORY_POWER_UP);
  up_write(&vdev->memory_lock);
  ...>
  }

// The two that have gone without the lock, as they knew of no user.
@@
identifier vdev;
identifier f =~ "^vfio_pci_core_\(disable\|register_device\)$";
@@
  f(...)
  {
  <...
+ down_write(&vdev->memory_lock);
  vfio_pci_set_power_state(vdev, PCI_D0);
+ up_write(&vdev->memory_lock);
  ...>
  }

@@
identifier cmd;
@@
  vfio_basic_config_write(...)
  {
  ...
  u16 cmd = 0;
+	bool was_enabled = false;
  ...
  }

@@
identifier vdev, on;
@@
  vfio_basic_config_write(struct vfio_pci_core_device *vdev, ...)
  {
  <...
  if (!on) { ... } else { down_write(&vdev->memory_lock); }
+		was_enabled = __vfio_pci_memory_enabled(vdev);
  ...>
  }

@@
identifier vdev;
@@
  vfio_basic_config_write(struct vfio_pci_core_device *vdev, ...)
  {
  <...
+		if (__vfio_pci_memory_enabled(vdev) != was_enabled)
+			vfio_pci_memory_changed(vdev, VFIO_PCI_MEMORY_DECODING);
  if (__vfio_pci_memory_enabled(vdev))
    vfio_pci_dma_buf_move(vdev, false);
  ...>
  }
