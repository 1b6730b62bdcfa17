/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest's side: a GPU's memory behind BAR4, used by the kernel of the virtual
 * machine (mode "numa") or mapped by its programs (mode "driver").
 *
 * Words: "memory" is [base, base + size), what is really behind the BAR; "blocks"
 * is [start, start + len), the whole memory blocks in it, which is what mode numa
 * can give to the kernel.
 *
 * Locks: @lock is taken first and guards the state of mode numa; it may be held
 * for as long as it takes to put memory on line or off line. @gate lets faults
 * through in mode driver: a writer changes what they may find.
 */
#ifndef COHMEM_GUEST_H
#define COHMEM_GUEST_H

#include <linux/kref.h>
#include <linux/memory-failure.h>
#include <linux/miscdevice.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/pci.h>
#include <linux/rwsem.h>
#include <linux/workqueue.h>

/* Name of the memory in /proc/iomem. */
#define COHMEM_GUEST_RAM	"System RAM (cohmem)"

/* The BAR that NVIDIA's guest driver looks at, too. */
#define COHMEM_GUEST_BAR	4

enum cohmem_guest_mode {
	COHMEM_GUEST_NUMA,
	COHMEM_GUEST_DRIVER,
	COHMEM_GUEST_NR_MODES,
};

struct cohmem_guest_bad;

/**
 * struct cohmem_guest - a GPU in a guest
 * @pdev: the function, while the driver is bound to it
 * @ref: the driver's and one for each open file
 * @mode: what is done with the memory
 * @base: its first byte
 * @size: its bytes
 * @start: of the blocks
 * @len: of the blocks
 * @node: the NUMA node that is kept for it, or NUMA_NO_NODE
 * @bad: pages that have gone bad
 * @lock: guards @online
 * @online: the kernel has the blocks as memory
 * @notifier: hears of blocks that come and go; on while @online
 * @going: the block that is next to go off line
 * @name: of @misc
 * @misc: the file, mode driver
 * @inode: whose mapping all mappings are of
 * @gate: guards @closed and @resets
 * @closed: the memory cannot be reached now
 * @resets: how often it has been lost
 * @space: the memory, registered for memory errors
 * @watched: @space is registered
 * @zap: takes all mappings away
 */
struct cohmem_guest {
	struct pci_dev *pdev;
	struct kref ref;
	enum cohmem_guest_mode mode;
	u64 base;
	u64 size;
	u64 start;
	u64 len;
	int node;
	struct cohmem_guest_bad *bad;

	struct mutex lock; /* see above */
	bool online;
	struct notifier_block notifier;
	u64 going;

	char name[32];
	struct miscdevice misc;
	struct inode *inode;
	struct rw_semaphore gate; /* see above */
	bool closed;
	unsigned int resets;
	struct pfn_address_space space;
	bool watched;
	struct work_struct zap;
};

/* main.c */
void cohmem_guest_put(struct cohmem_guest *gpu);

/* numa.c: memory of the kernel */
void cohmem_guest_numa_init(void);
void cohmem_guest_numa_exit(void);
int cohmem_guest_numa_start(struct cohmem_guest *gpu);
void cohmem_guest_numa_stop(struct cohmem_guest *gpu);
int cohmem_guest_online(struct cohmem_guest *gpu);
int cohmem_guest_offline(struct cohmem_guest *gpu);
bool cohmem_guest_is_ram(const struct cohmem_guest *gpu);

/* file.c: memory of programs */
int cohmem_guest_file_init(void);
void cohmem_guest_file_exit(void);
int cohmem_guest_file_start(struct cohmem_guest *gpu);
void cohmem_guest_file_stop(struct cohmem_guest *gpu);
void cohmem_guest_file_release(struct cohmem_guest *gpu);
void cohmem_guest_file_close(struct cohmem_guest *gpu);
void cohmem_guest_file_open(struct cohmem_guest *gpu);
void cohmem_guest_file_zap(struct cohmem_guest *gpu, u64 offset, u64 len);

/* bad.c: pages that have gone bad */
struct cohmem_guest_bad *cohmem_guest_bad_find(struct pci_dev *pdev);
void cohmem_guest_bad_exit(void);
bool cohmem_guest_bad_note(struct cohmem_guest_bad *bad, u64 offset);
bool cohmem_guest_bad_any(struct cohmem_guest_bad *bad, u64 offset, u64 len);
bool cohmem_guest_bad_nth(struct cohmem_guest_bad *bad, unsigned int n,
			  u64 *offset);
u8 *cohmem_guest_bad_reset(struct cohmem_guest_bad *bad);
int cohmem_guest_bad_tell(struct cohmem_guest *gpu, u64 offset);

/* sysfs.c */
extern const struct attribute_group *cohmem_guest_groups[];

#endif /* COHMEM_GUEST_H */
