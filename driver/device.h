/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The device object, and what the files of this driver offer each other.
 *
 * Words
 *   region     memory behind one emulated BAR (struct cohmem_region)
 *   gate       may the function be touched at all: powered, on the bus, and
 *              memory decoding on. Closed gates fail at once, as in vfio-pci
 *   ready      does the coherent memory answer. Not-ready is waited for
 *   window     a kernel mapping of a piece of a region, for read() and write()
 *   leaf       one entry of a user page table, of any size
 *   holder     who has the function now: nobody, a user (it is open), or this
 *              driver by itself, which clears the memory between two users
 *
 * Locks, outermost first
 *   dev_set lock        (vfio) open and close
 *   mmap or VMA lock    (mm) never held while waiting for readiness
 *   core.memory_lock    (vfio-pci-core) memory decoding, D3, resets by vfio;
 *                       read side: whoever looks at the gate and then acts
 *   state_lock          the ready machine, who the holder is, and "ready"
 *                       staying true; read side: whoever touches the memory or
 *                       maps it, for a bounded piece of work; write side: every
 *                       change of state
 *   bar_lock            emulated BAR registers; a leaf lock
 *   egm                 locks of egm.c, which says what they guard; below the
 *                       dev_set lock and the mmap lock, and never together with
 *                       memory_lock or state_lock
 *   poison, scrub       leaf locks of their files
 *
 * None of these locks is ours to hold while a user page is faulted in, while
 * vfio-pci-core is called with a pointer of the user's, or while another user
 * is waited for: such a page may never come, or may itself be a piece of this
 * memory that is not ready. Nothing sleeps for longer than a bounded piece of
 * work (a chunk of a copy, a batch of leaves) under memory_lock or state_lock.
 *
 * A wait for readiness holds none of them, can be killed, and does not keep the
 * machine from going to sleep. A fault that cannot be retried, and so cannot
 * let go of its lock, does not wait at all.
 *
 * What vfio-pci-core moves under memory_lock (decoding, power) it tells by
 * memory_changed(). A reset that it does not know of (sysfs, the bus) is seen
 * by reset_prepare(). Both change the state under state_lock and only then
 * remove user leaves and windows: whoever comes later sees the state, whoever
 * came earlier is swept away.
 */
#ifndef COHMEM_DEVICE_H
#define COHMEM_DEVICE_H

#include <linux/fs.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/rwsem.h>
#include <linux/sizes.h>
#include <linux/types.h>
#include <linux/vfio_pci_core.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "core/bar.h"
#include "core/egm.h"
#include "core/layout.h"
#include "core/ready.h"
#include "core/regs.h"
#include "core/span.h"

struct attribute_group;
struct cohmem_badpages;
struct cohmem_config;
struct cohmem_egm;
struct cohmem_poison;
struct cohmem_scrub;
struct cohmem_window_map;

/**
 * struct cohmem_proximity - what firmware says about where the memory belongs
 * @pxm_start: first of the proximity domains kept for the guest's driver
 * @pxm_count: how many there are, 0 if firmware does not say
 * @egm: what it says of the socket's Extended GPU Memory
 */
struct cohmem_proximity {
	u64 pxm_start;
	u64 pxm_count;
	struct cohmem_egm_announced egm;
};

/**
 * struct cohmem_platform - what firmware and config space announce
 * @base: physical address of the coherent memory
 * @size: its size in bytes
 * @place: how the part lays it out; NULL for plain pass-through
 * @layout: the regions; none for plain pass-through
 * @ready_by: how readiness is announced
 * @cxl_dvsec: config offset of the CXL Device DVSEC, 0 without one
 * @cxl_range2: the second CXL range is in use and has to be ready too
 * @near: proximity domains and the like
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
	struct cohmem_proximity near;
};

/**
 * enum cohmem_holder - who has the function
 * @COHMEM_HELD_BY_NOBODY: it is bound and closed
 * @COHMEM_HELD_BY_USER: vfio-pci-core has enabled it for a user
 * @COHMEM_HELD_BY_US: this driver has it to itself (alone.c)
 */
enum cohmem_holder {
	COHMEM_HELD_BY_NOBODY,
	COHMEM_HELD_BY_USER,
	COHMEM_HELD_BY_US,
};

/**
 * struct cohmem_egm_gpu - a function's part in the Extended GPU Memory of its socket
 * @node: in the list of all functions that are bound
 * @peers: in the list of those of @egm
 * @egm: the memory, or NULL
 * @state: whether it can be used; constant after probe
 * @open: a user has the function
 * @suspect: the function was open while somebody had @egm, and has not been seen
 *	to stop since: it may write to it
 *
 * Guarded by a lock of egm.c. No IOMMU stands between a GPU and this memory.
 */
struct cohmem_egm_gpu {
	struct list_head node;
	struct list_head peers;
	struct cohmem_egm *egm;
	enum cohmem_egm_verdict state;
	bool open;
	bool suspect;
};

/**
 * struct cohmem_device - one function bound to this driver
 * @core: the vfio-pci-core device; first, as drvdata points to it
 * @plat: what the platform announces, constant
 * @bar_lock: guards @bar
 * @bar: emulated BARs, one per region of the layout, in the layout's order
 * @config: what else of config space is not the core's; private to config.c
 * @resetters: calls of a user under way that may reset the function on its word
 * @state_lock: guards @ready, @holder, @bar0; see the top of this file
 * @ready: the readiness machine
 * @ready_wq: woken by every change of @ready and of the gate
 * @poll: looks at the device while it is waited for
 * @ready_ms: how long the last wait took that ended; under @state_lock
 * @holder: who has the function
 * @bar0: BAR0 as the holder has mapped it, or NULL
 * @hold_until_ms: @poll does not look before, as the slot may be about to be
 *	reset; 0 for none; under @state_lock
 * @paused: @poll found the gate closed and stopped; under @state_lock
 * @window: kernel mappings by number of their first page, one array per region;
 *	entries are added under @state_lock for reading, removed under it for
 *	writing
 * @window_recent: an entry of @window that was used lately, or NULL; set under
 *	@state_lock for reading, cleared under it for writing
 * @nr_windows: entries in all of @window
 * @mapped: a piece of the memory has been mapped in the kernel since the last
 *	time that all TLBs were told to forget what is gone; changed as @window
 * @flush_users: also clean what users left in the CPUs' caches when the memory
 *	is about to go
 * @poison: private to poison.c
 * @scrub: private to scrub.c
 * @egm: its part in the socket's Extended GPU Memory
 */
struct cohmem_device {
	struct vfio_pci_core_device core;
	struct cohmem_platform plat;

	struct mutex bar_lock;	/* guards bar[] */
	struct cohmem_bar bar[COHMEM_MAX_REGIONS];
	struct cohmem_config *config;
	atomic_t resetters;

	struct rw_semaphore state_lock;
	struct cohmem_ready ready;
	wait_queue_head_t ready_wq;
	struct delayed_work poll;
	u64 ready_ms;
	enum cohmem_holder holder;
	void __iomem *bar0;
	u64 hold_until_ms;
	bool paused;

	struct xarray window[COHMEM_MAX_REGIONS];
	struct cohmem_window_map *window_recent;
	atomic_t nr_windows;
	bool mapped;
	bool flush_users;

	struct cohmem_poison *poison;
	struct cohmem_scrub *scrub;
	struct cohmem_egm_gpu egm;
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

#ifndef cohmem_before_read /* compat */
/* Users map the memory as the kernel does: what it reads is what is there. */
static inline void cohmem_before_read(struct cohmem_device *cdev,
				      const struct cohmem_region *r, u64 off,
				      void *addr, size_t len)
{
}

/* And what it has cleared of the CPUs' own memory they find cleared. */
static inline void cohmem_egm_cleared(void *addr, size_t len)
{
}

#endif /* compat */
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
 * @cdev: the device
 *
 * For a user, the same conditions under which vfio-pci answers a BAR access: on
 * the bus, in a power state that decodes memory, and memory decoding on.
 *
 * Context: the answer stays true under memory_lock, or while this driver has
 *	the function to itself; otherwise it is a hint. A device that is closed
 *	meanwhile must be kept from it by state_lock.
 * Return: true if so.
 */
static inline bool cohmem_gate_open(struct cohmem_device *cdev)
{
	struct vfio_pci_core_device *core = &cdev->core;

	if (pci_channel_offline(core->pdev))
		return false;
	switch (READ_ONCE(cdev->holder)) {
	case COHMEM_HELD_BY_USER:
		return !READ_ONCE(core->pm_runtime_engaged) &&
		       __vfio_pci_memory_enabled(core);
	case COHMEM_HELD_BY_US:
		return !cohmem_powered_down(core->pdev);
	default:
		return false;
	}
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
unsigned int cohmem_phys_bits(void);

/* config.c */
int cohmem_config_init(struct cohmem_device *cdev);
void cohmem_config_fini(struct cohmem_device *cdev);
int cohmem_config_open(struct cohmem_device *cdev);
void cohmem_config_reset(struct cohmem_device *cdev);
ssize_t cohmem_config_read(struct cohmem_device *cdev, char __user *buf,
			   size_t count, loff_t *ppos);
ssize_t cohmem_config_write(struct cohmem_device *cdev, const char __user *buf,
			    size_t count, loff_t *ppos);

/* region.c */
int cohmem_get_region_info(struct vfio_device *vdev,
			   struct vfio_region_info *info,
			   struct vfio_info_cap *caps);
bool cohmem_claims_region(struct vfio_pci_core_device *core,
			  unsigned int index);
long cohmem_ioctl(struct vfio_device *vdev, unsigned int cmd,
		  unsigned long arg);
ssize_t cohmem_read(struct vfio_device *vdev, char __user *buf, size_t count,
		    loff_t *ppos);
ssize_t cohmem_write(struct vfio_device *vdev, const char __user *buf,
		     size_t count, loff_t *ppos);
int cohmem_mmap(struct vfio_device *vdev, struct vm_area_struct *vma);

/* io.c: read() and write() on coherent regions */
ssize_t cohmem_memory_read(struct cohmem_device *cdev,
			   const struct cohmem_region *r, char __user *buf,
			   size_t count, loff_t *ppos);
ssize_t cohmem_memory_write(struct cohmem_device *cdev,
			    const struct cohmem_region *r,
			    const char __user *buf, size_t count, loff_t *ppos);

/* reach.c: the ways by which the memory can be reached, and taking them away */
void cohmem_reach_init(struct cohmem_device *cdev);
void *cohmem_window_get(struct cohmem_device *cdev,
			const struct cohmem_region *r, u64 start, u64 end);
void cohmem_windows_drop(struct cohmem_device *cdev);
void cohmem_windows_trim(struct cohmem_device *cdev);
void *cohmem_map_piece(struct cohmem_device *cdev,
		       const struct cohmem_region *r, u64 off, u64 len);
void cohmem_zap(struct cohmem_device *cdev);

/* The most that one window shows, and what windows are aligned to. */
#define COHMEM_WINDOW_SIZE	SZ_64M

/**
 * enum cohmem_clean - why a range was cleaned from the CPUs' caches
 * @COHMEM_CLEAN_WRITE: write()
 * @COHMEM_CLEAN_WIPE: clearing between users
 * @COHMEM_CLEAN_USERS: for what users did, before the memory goes
 */
enum cohmem_clean {
	COHMEM_CLEAN_WRITE,
	COHMEM_CLEAN_WIPE,
	COHMEM_CLEAN_USERS,
};

/* cache.c */
void cohmem_cache_clean(struct cohmem_device *cdev,
			const struct cohmem_region *r, u64 off, void *addr,
			size_t len, enum cohmem_clean why);
void cohmem_cache_flush_users(struct cohmem_device *cdev);

/* mmap.c: mapping coherent regions */
int cohmem_memory_mmap(struct cohmem_device *cdev,
		       const struct cohmem_region *r,
		       struct vm_area_struct *vma);

/* ready.c */
void cohmem_ready_setup(struct cohmem_device *cdev);
int cohmem_ready_open(struct cohmem_device *cdev, enum cohmem_holder holder,
		      void __iomem *bar0);
void cohmem_ready_close(struct cohmem_device *cdev);
void cohmem_ready_kick(struct cohmem_device *cdev);
void cohmem_ready_lost(struct cohmem_device *cdev);
void cohmem_ready_hold(struct cohmem_device *cdev);
void cohmem_ready_release(struct cohmem_device *cdev);
void cohmem_ready_reset_prepare(struct cohmem_device *cdev);
void cohmem_ready_reset_done(struct cohmem_device *cdev);
int cohmem_ready_wait(struct cohmem_device *cdev);

/*
 * poison.c: pages that have gone bad. Without CONFIG_MEMORY_FAILURE nobody
 * tells, and the functions say so.
 *
 * cohmem_poison_clean() is asked under state_lock, by code that is about to
 * touch @len bytes at @off of @r: it returns how many of them, from @off on,
 * come before the first bad page (@len if all are good). cohmem_poison_run()
 * also looks at what comes before @off. cohmem_poison_mappable() asks the same
 * as the former on behalf of a user who maps the memory or exports it.
 */
int cohmem_poison_init(struct cohmem_device *cdev);
void cohmem_poison_fini(struct cohmem_device *cdev);
int cohmem_poison_open(struct cohmem_device *cdev);
void cohmem_poison_close(struct cohmem_device *cdev);
u64 cohmem_poison_clean(struct cohmem_device *cdev,
			const struct cohmem_region *r, u64 off, u64 len);
u64 cohmem_poison_mappable(struct cohmem_device *cdev,
			   const struct cohmem_region *r, u64 off, u64 len);
int cohmem_poison_run(struct cohmem_device *cdev, const struct cohmem_region *r,
		      u64 off, u64 *start, u64 *end);
int cohmem_poison_command(struct cohmem_device *cdev, const char *text);
int cohmem_poison_set_policy(struct cohmem_device *cdev, const char *word);
const char *cohmem_poison_policy(struct cohmem_device *cdev);
unsigned int cohmem_poison_count(struct cohmem_device *cdev, bool *overflow);
int cohmem_poison_list(struct cohmem_device *cdev, char *buf);

/*
 * alone.c: the function, taken by this driver for itself between two users.
 * Serialised by the caller (scrub.c, by way of clear.c).
 */
int cohmem_alone_begin(struct cohmem_device *cdev, bool stopped,
		       bool (*stop)(void *), void *arg);
void cohmem_alone_end(struct cohmem_device *cdev);

/*
 * clear.c (scrub.c and wipe.c below it): data does not outlive its user.
 * cohmem_clear_open() runs before the core enables the device for a user,
 * cohmem_clear_close() after it has disabled it.
 */
int cohmem_clear_init(struct cohmem_device *cdev);
void cohmem_clear_stop(struct cohmem_device *cdev);
void cohmem_clear_fini(struct cohmem_device *cdev);
int cohmem_clear_open(struct cohmem_device *cdev);
void cohmem_clear_close(struct cohmem_device *cdev, bool stopped);

/*
 * egm.c: Extended GPU Memory, which belongs to a socket and is shared by its
 * functions. A function comes at probe and leaves at remove; while it is bound its
 * opens and closes are told, and whether it was reset since.
 */
int cohmem_egm_module_init(void);
void cohmem_egm_module_exit(void);
void cohmem_egm_attach(struct cohmem_device *cdev);
void cohmem_egm_detach(struct cohmem_device *cdev);
int cohmem_egm_gpu_open(struct cohmem_device *cdev);
void cohmem_egm_gpu_close(struct cohmem_device *cdev, bool stopped);
void cohmem_egm_gpu_stopped(struct cohmem_device *cdev);

/* egm_sysfs.c: what a device of the class egm stands for */
struct cohmem_scrub *cohmem_egm_scrub_of(struct device *dev);
struct cohmem_badpages *cohmem_egm_bad_of(struct device *dev);
int cohmem_egm_bad_command(struct device *dev, const char *text);

/* dmabuf.c */
#if IS_ENABLED(CONFIG_VFIO_PCI_DMABUF)
int cohmem_get_dmabuf_phys(struct vfio_pci_core_device *core,
			   struct p2pdma_provider **provider,
			   unsigned int region_index,
			   struct phys_vec *phys_vec,
			   struct vfio_region_dma_range *dma_ranges,
			   size_t nr_ranges);
#else
#define cohmem_get_dmabuf_phys	NULL
#endif

/*
 * sysfs.c: attribute groups of the PCI device; and of any device whose memory has
 * bad pages and is cleared. Both end with NULL.
 */
extern const struct attribute_group *cohmem_sysfs_groups[];
extern const struct attribute_group *cohmem_memory_groups[];

#endif /* COHMEM_DEVICE_H */
