/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The device object, and what the files of this driver offer each other.
 *
 * Words
 *   region     memory behind one emulated BAR (struct cohmem_region)
 *   gate       may the function be touched at all: powered, on the bus, and
 *              memory decoding on. Closed gates fail at once, as in vfio-pci
 *   ready      does the coherent memory answer. Not-ready is waited for
 *   alias      a kernel mapping of a piece of a region, for read() and write()
 *   leaf       one entry of a user page table, of any size
 *
 * Locks, outermost first
 *   dev_set lock        (vfio) open and close
 *   gate_lock           what opens and closes the gate on a user's request, and
 *                       what that means for readiness; the poller holds it
 *                       while it looks at the device
 *   mmap or VMA lock    (mm) never held while waiting for readiness, unless the
 *                       fault cannot be retried
 *   core.memory_lock    (vfio-pci-core) memory decoding, D3, resets by vfio;
 *                       read side: whoever looks at the gate and then acts
 *   state_lock          the ready machine, and "ready" staying true; read side:
 *                       whoever touches the memory or maps it, for a bounded
 *                       piece of work; write side: every change of state
 *   bar_lock            emulated BAR registers; a leaf lock
 *   poison, scrub       leaf locks of their files
 *
 * Nothing sleeps for longer than a bounded piece of work (a chunk of a copy, a
 * batch of leaves) under memory_lock or state_lock, and no user page is faulted
 * in under either of them: that fault might need the same locks.
 *
 * A reset that vfio does not announce by memory_lock (sysfs, system sleep) is seen
 * through reset_prepare() or its like, which changes the state under state_lock and only then
 * removes user leaves and aliases: whoever comes later sees the state, whoever
 * came earlier is swept away.
 */
#ifndef COHMEM_DEVICE_H
#define COHMEM_DEVICE_H

#include <linux/fs.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/rwsem.h>
#include <linux/types.h>
#include <linux/vfio_pci_core.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "core/bar.h"
#include "core/layout.h"
#include "core/ready.h"
#include "core/regs.h"
#include "core/span.h"

struct attribute_group;
struct cohmem_alias;
struct cohmem_poison;
struct cohmem_scrub;

/**
 * struct cohmem_platform - what firmware and config space announce
 * @base: physical address of the coherent memory
 * @size: its size in bytes
 * @place: how the part lays it out; NULL for plain pass-through
 * @layout: the regions; none for plain pass-through
 * @ready_by: how readiness is announced
 * @cxl_dvsec: config offset of the CXL Device DVSEC, 0 without one
 * @cxl_range2: the second CXL range is in use and has to be ready too
 *
 * Filled by cohmem_firmware_read() at probe, constant from then on.
 */
struct cohmem_platform {
	u64 base;
	u64 size;
	const struct cohmem_placement *place;
	struct cohmem_layout layout;
	enum cohmem_ready_by ready_by;
	u16 cxl_dvsec;
	bool cxl_range2;
};

/**
 * struct cohmem_device - one function bound to this driver
 * @core: the vfio-pci-core device; first, as drvdata points to it
 * @plat: what the platform announces, constant
 * @bar_lock: guards @bar
 * @bar: emulated BARs, one per region of the layout, in the layout's order
 * @bar_win: config space windows of @bar in rising order, constant
 * @bar_of_win: index into @bar of each of @bar_win, constant
 * @gate_lock: serialises changes of the gate with each other and with @poll
 * @state_lock: guards @ready; see the top of this file
 * @ready: the readiness machine
 * @ready_wq: woken by every change of @ready and of the gate
 * @poll: looks at the device while it is waited for
 * @ready_ms: how long the last wait took that ended; under @state_lock
 * @opened: @poll may run; changed under @state_lock
 * @paused: @poll found the gate closed and stopped; under @state_lock
 * @alias: kernel mappings by number of their first page, one array per region;
 *	entries are added under @state_lock for reading, removed under it for
 *	writing
 * @alias_recent: an entry of @alias that was used lately, or NULL; set under
 *	@state_lock for reading, cleared under it for writing
 * @nr_alias: entries in all of @alias
 * @poison: private to poison.c
 * @scrub: private to scrub.c
 */
struct cohmem_device {
	struct vfio_pci_core_device core;
	struct cohmem_platform plat;

	struct mutex bar_lock;	/* guards bar[] */
	struct cohmem_bar bar[COHMEM_MAX_REGIONS];
	struct cohmem_window bar_win[COHMEM_MAX_REGIONS];
	u8 bar_of_win[COHMEM_MAX_REGIONS];

	struct mutex gate_lock;	/* see above */

	struct rw_semaphore state_lock;
	struct cohmem_ready ready;
	wait_queue_head_t ready_wq;
	struct delayed_work poll;
	u64 ready_ms;
	bool opened;
	bool paused;

	struct xarray alias[COHMEM_MAX_REGIONS];
	struct cohmem_alias *alias_recent;
	atomic_t nr_alias;

	struct cohmem_poison *poison;
	struct cohmem_scrub *scrub;
};

static inline struct cohmem_device *
cohmem_from_core(struct vfio_pci_core_device *core)
{
	return container_of(core, struct cohmem_device, core);
}

static inline struct cohmem_device *cohmem_from_vfio(struct vfio_device *vdev)
{
	return container_of(vdev, struct cohmem_device, core.vdev);
}

static inline struct cohmem_device *cohmem_from_pdev(struct pci_dev *pdev)
{
	return cohmem_from_core(dev_get_drvdata(&pdev->dev));
}

/* In D3hot or below, where memory is not decoded; or nobody knows. */
static inline bool cohmem_powered_down(struct pci_dev *pdev)
{
	return (__force int)READ_ONCE(pdev->current_state) >=
	       (__force int)PCI_D3hot;
}

#ifndef cohmem_mapping /* compat */
/* What user mappings of the device hang on, by their vfio offset. */
static inline struct address_space *cohmem_mapping(struct cohmem_device *cdev)
{
	return cdev->core.vdev.inode->i_mapping;
}

#endif /* compat */
/* Does the function show coherent memory, or is it passed through as it is? */
static inline bool cohmem_has_memory(const struct cohmem_device *cdev)
{
	return cdev->plat.layout.nr;
}

/* The region behind a vfio region index, or NULL. */
static inline const struct cohmem_region *
cohmem_region_at(const struct cohmem_device *cdev, unsigned int index)
{
	return cohmem_layout_at_bar(&cdev->plat.layout, index);
}

/* Is @index the upper half of an emulated 64-bit BAR, and so nothing itself? */
static inline bool cohmem_upper_half(const struct cohmem_device *cdev,
				     unsigned int index)
{
	return index && cohmem_region_at(cdev, index - 1);
}

static inline unsigned int cohmem_region_nr(const struct cohmem_device *cdev,
					    const struct cohmem_region *r)
{
	return r - cdev->plat.layout.region;
}

/**
 * cohmem_gate_open() - may the function be touched?
 * @cdev: the device, opened
 *
 * The same conditions under which vfio-pci answers a BAR access: on the bus,
 * in a power state that decodes memory, and memory decoding on.
 *
 * Context: the answer stays true under memory_lock, and as far as a user can
 *	change it under gate_lock; without either it is a hint.
 * Return: true if so.
 */
static inline bool cohmem_gate_open(struct cohmem_device *cdev)
{
	struct vfio_pci_core_device *core = &cdev->core;
	struct pci_dev *pdev = core->pdev;

	if (pci_channel_offline(pdev) || READ_ONCE(core->pm_runtime_engaged) ||
	    cohmem_powered_down(pdev))
		return false;
	return pdev->no_command_memory ||
	       (READ_ONCE(core->vconfig[PCI_COMMAND]) & PCI_COMMAND_MEMORY);
}

/**
 * cohmem_ready_check() - may the memory be touched right now?
 * @cdev: the device
 *
 * Context: state_lock held, for as long as the answer is relied upon.
 * Return: 0; -EAGAIN to wait; -EIO where the memory has failed.
 */
static inline int cohmem_ready_check(struct cohmem_device *cdev)
{
	lockdep_assert_held(&cdev->state_lock);
	switch (cdev->ready.state) {
	case COHMEM_READY:
		return 0;
	case COHMEM_FAILED:
		return -EIO;
	default:
		return -EAGAIN;
	}
}

/* firmware.c */
int cohmem_firmware_read(struct pci_dev *pdev, struct cohmem_platform *plat);

/* config.c */
void cohmem_config_init(struct cohmem_device *cdev);
void cohmem_config_reset(struct cohmem_device *cdev);
ssize_t cohmem_config_read(struct cohmem_device *cdev, char __user *buf,
			   size_t count, loff_t *ppos);
ssize_t cohmem_config_write(struct cohmem_device *cdev, const char __user *buf,
			    size_t count, loff_t *ppos);
int cohmem_device_feature(struct vfio_device *vdev, u32 flags,
			  void __user *arg, size_t argsz);

/* region.c */
int cohmem_get_region_info(struct vfio_device *vdev,
			   struct vfio_region_info *info,
			   struct vfio_info_cap *caps);
long cohmem_ioctl(struct vfio_device *vdev, unsigned int cmd,
		  unsigned long arg);

/* io.c: read(), write(), and aliases */
ssize_t cohmem_read(struct vfio_device *vdev, char __user *buf, size_t count,
		    loff_t *ppos);
ssize_t cohmem_write(struct vfio_device *vdev, const char __user *buf,
		     size_t count, loff_t *ppos);
int cohmem_access_begin(struct cohmem_device *cdev,
			const struct cohmem_region *r, u64 off, size_t *len,
			void **addr);
void cohmem_access_end(struct cohmem_device *cdev);
void cohmem_alias_init(struct cohmem_device *cdev);
void cohmem_alias_drop(struct cohmem_device *cdev);

/* pm.c */
int cohmem_pm_register(struct cohmem_device *cdev);

/* mmap.c */
int cohmem_mmap(struct vfio_device *vdev, struct vm_area_struct *vma);
void cohmem_zap(struct cohmem_device *cdev);

/* ready.c */
void cohmem_ready_setup(struct cohmem_device *cdev);
int cohmem_ready_open(struct cohmem_device *cdev);
void cohmem_ready_close(struct cohmem_device *cdev);
void cohmem_ready_kick(struct cohmem_device *cdev);
void cohmem_ready_lost(struct cohmem_device *cdev);
void cohmem_ready_reset_prepare(struct cohmem_device *cdev);
void cohmem_ready_reset_done(struct cohmem_device *cdev);
int cohmem_ready_wait(struct cohmem_device *cdev);

/*
 * poison.c: pages that have gone bad. Without CONFIG_MEMORY_FAILURE nobody
 * tells, and the functions say so.
 *
 * cohmem_poison_clean() is asked under state_lock, by code that is about to
 * touch or map @len bytes at @off of @r: it returns how many of them, from
 * @off on, come before the first bad page (@len if all are good).
 * cohmem_poison_run() also looks at what comes before @off.
 */
int cohmem_poison_init(struct cohmem_device *cdev);
void cohmem_poison_fini(struct cohmem_device *cdev);
int cohmem_poison_open(struct cohmem_device *cdev);
void cohmem_poison_close(struct cohmem_device *cdev);
u64 cohmem_poison_clean(struct cohmem_device *cdev,
			const struct cohmem_region *r, u64 off, u64 len);
int cohmem_poison_run(struct cohmem_device *cdev, const struct cohmem_region *r,
		      u64 off, u64 *start, u64 *end);
int cohmem_poison_add(struct cohmem_device *cdev, u64 phys);
unsigned int cohmem_poison_count(struct cohmem_device *cdev, bool *overflow);
int cohmem_poison_list(struct cohmem_device *cdev, char *buf);

/**
 * struct cohmem_scrub_status - what scrubbing is up to
 * @policy: the word that is in force: "off", "close" or "open"
 * @state: "idle", "waiting" (for the memory) or "running"
 * @dirty: the memory may hold what a user left
 * @result: how the last run ended: "none" yet, "ok", or what went wrong
 * @bytes: cleared by the run that goes on, or else by the last one
 * @total: bytes that this run has to clear
 * @skipped: bytes in bad pages that it left out
 * @ms: how long it has taken
 */
struct cohmem_scrub_status {
	const char *policy;
	const char *state;
	bool dirty;
	const char *result;
	u64 bytes;
	u64 total;
	u64 skipped;
	u64 ms;
};

/*
 * scrub.c (and wipe.c): data does not outlive its user. cohmem_scrub_open() runs after the
 * device is enabled and the poller started, before user space gets it;
 * cohmem_scrub_close() runs before the device is disabled, with no user left.
 */
int cohmem_scrub_init(struct cohmem_device *cdev);
void cohmem_scrub_fini(struct cohmem_device *cdev);
int cohmem_scrub_open(struct cohmem_device *cdev);
void cohmem_scrub_close(struct cohmem_device *cdev);
int cohmem_scrub_set_policy(struct cohmem_device *cdev, const char *word);
void cohmem_scrub_status(struct cohmem_device *cdev,
			 struct cohmem_scrub_status *st);

/* dmabuf.c: called right after enabling and right before disabling. */
#if IS_ENABLED(CONFIG_VFIO_PCI_DMABUF)
void cohmem_dmabuf_init(struct cohmem_device *cdev);
void cohmem_dmabuf_open(struct cohmem_device *cdev);
void cohmem_dmabuf_close(struct cohmem_device *cdev);
#else
static inline void cohmem_dmabuf_init(struct cohmem_device *cdev) {}
static inline void cohmem_dmabuf_open(struct cohmem_device *cdev) {}
static inline void cohmem_dmabuf_close(struct cohmem_device *cdev) {}
#endif

/* sysfs.c: attribute groups of the PCI device, ends with NULL */
extern const struct attribute_group *cohmem_sysfs_groups[];

#endif /* COHMEM_DEVICE_H */
