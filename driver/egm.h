/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Extended GPU Memory: the object, and what the egm_*.c offer each other. The
 * theory is in egm.c.
 */
#ifndef COHMEM_EGM_H
#define COHMEM_EGM_H

#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/list.h>
#include <linux/memory-failure.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/sched.h>

#include "badpages.h"
#include "device.h"

struct egm_dma_buf_export;
struct vm_area_struct;

/**
 * enum cohmem_egm_face - by which way somebody has the memory
 * @COHMEM_EGM_FREE: nobody has it
 * @COHMEM_EGM_CHARDEV: /dev/egm<domain> is open
 * @COHMEM_EGM_REGION: a GPU's region has been mapped, and the GPU is open
 */
enum cohmem_egm_face {
	COHMEM_EGM_FREE,
	COHMEM_EGM_CHARDEV,
	COHMEM_EGM_REGION,
};

/**
 * struct cohmem_egm_user - who has the memory
 * @face: by which way
 * @gpu: by @face "region": whose
 * @mapping: what user mappings hang on
 * @first: the file's page that shows the first page of the memory
 * @pid: of the process that took it
 * @comm: its name
 */
struct cohmem_egm_user {
	enum cohmem_egm_face face;
	struct cohmem_device *gpu;
	struct address_space *mapping;
	pgoff_t first;
	pid_t pid;
	char comm[TASK_COMM_LEN];
};

/**
 * struct cohmem_egm - the Extended GPU Memory of a socket
 * @dev: the device of class egm; its references are the object's
 * @chr: the character device
 * @node: in the list of all that there are
 * @gpus: the functions that announce it and are bound
 * @said: what firmware says of it; the same for all of @gpus
 * @layout: the range, as one region
 * @retired: blocks that nobody touches; constant
 * @bad: pages that have gone bad
 * @space: how memory_failure() finds its users
 * @watched: @space is registered
 * @scrub: clears it between users
 * @user: who has it; @face is set first, the rest when it has been handed out
 * @in_use: it has been handed out
 * @lock: guards @gone and @bufs; read side: whoever inserts leaves
 * @gone: the last of @gpus has gone: nobody reaches the memory any more
 * @bufs: exports as dma-buf
 */
struct cohmem_egm {
	struct device dev;
	struct cdev chr;
	struct list_head node;
	struct list_head gpus;
	struct cohmem_egm_announced said;
	struct cohmem_layout layout;
	struct cohmem_egm_retired retired;
	struct cohmem_badpages bad;
	struct pfn_address_space space;
	bool watched;
	struct cohmem_scrub *scrub;
	struct cohmem_egm_user user;
	bool in_use;
	struct rw_semaphore lock; /* see above */
	bool gone;
	struct list_head bufs;
};

static inline struct cohmem_egm *cohmem_egm_from_dev(struct device *dev)
{
	return container_of(dev, struct cohmem_egm, dev);
}

/* egm.c */
extern struct mutex cohmem_egm_lock;
int cohmem_egm_claim(struct cohmem_egm *egm, const struct cohmem_egm_user *by,
		     bool wait);
void cohmem_egm_unclaim(struct cohmem_egm *egm);
bool cohmem_egm_suspects(struct cohmem_egm *egm);
int cohmem_egm_show_user(struct cohmem_egm *egm, char *buf);
bool cohmem_egm_is_owner(struct cohmem_device *cdev);

/* egm_attach.c */
void cohmem_egm_put(struct cohmem_egm *egm);
bool cohmem_egm_wanted(void);

/* egm_bad.c */
int cohmem_egm_watch(struct cohmem_egm *egm);
void cohmem_egm_unwatch(struct cohmem_egm *egm);

/* egm_map.c */
extern const struct vm_operations_struct cohmem_egm_vm_ops;
int cohmem_egm_mmap_check(const struct cohmem_egm *egm,
			  const struct vm_area_struct *vma, pgoff_t first);
int cohmem_egm_mmap(struct cohmem_egm *egm, struct vm_area_struct *vma);
void cohmem_egm_zap(struct cohmem_egm *egm);

/* egm_clear.c */
int cohmem_egm_clear_init(struct cohmem_egm *egm);

/* egm_dev.c */
bool cohmem_egm_foreign(void);
int cohmem_egm_dev_init(struct cohmem_egm *egm, unsigned int pxm);
int cohmem_egm_dev_add(struct cohmem_egm *egm);
void cohmem_egm_dev_del(struct cohmem_egm *egm);

/* egm_region.c */
int cohmem_egm_region_add(struct cohmem_device *cdev);

/* egm_dmabuf.c */
#if IS_ENABLED(CONFIG_VFIO_PCI_DMABUF)
long cohmem_egm_export(struct cohmem_egm *egm,
		       struct egm_dma_buf_export __user *arg);
void cohmem_egm_revoke(struct cohmem_egm *egm);
#else
static inline long cohmem_egm_export(struct cohmem_egm *egm,
				     struct egm_dma_buf_export __user *arg)
{
	return -ENOTTY;
}

static inline void cohmem_egm_revoke(struct cohmem_egm *egm)
{
}
#endif

/* egm_sysfs.c: attributes of the class's devices */
extern const struct attribute_group *cohmem_egm_groups[];

#endif /* COHMEM_EGM_H */
