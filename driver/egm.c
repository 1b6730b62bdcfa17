// SPDX-License-Identifier: GPL-2.0-only
/*
 * Extended GPU Memory: who has it.
 *
 * Firmware keeps a part of a socket's memory from the kernel, and virtual
 * machines get it as their RAM: the GPUs of the socket reach it at full speed. So
 * it belongs to no function, but to all of a socket, and there is one object for
 * it (egm_attach.c), alive while one of them is bound. It has two faces: the
 * character device that today's VMMs open (egm_dev.c), and a region of the VFIO
 * device of one of the functions (egm_region.c). Both show the same memory by the
 * same code (egm_map.c). One user has it at a time, through whichever face: that
 * is decided here, and nowhere else.
 *
 * Between a GPU and this memory there is no IOMMU. Whoever has a GPU of the
 * socket reaches all of it, whoever has the memory: so all of a socket's GPUs and
 * its memory are to be given to one virtual machine. What can be done here is
 * that nothing is left behind: a function that was open while somebody had the
 * memory may still write to it, or write back what it holds of it, until it has
 * been closed and seen to reset. Until then it is a suspect, and with a suspect
 * the memory cannot be cleared: it stays dirty, is not handed out by the policies
 * that promise clean memory, and is cleared as soon as no suspect is left.
 *
 * Locks, outermost first: the one of egm_attach.c, cohmem_egm_lock, @lock of
 * struct cohmem_egm. cohmem_egm_lock guards the lists, who has which memory, and
 * the functions' part in it (struct cohmem_egm_gpu). It is taken below the
 * dev_set lock and the mmap lock; nobody waits for memory to be cleared under it.
 */
#include <linux/pci.h>
#include <linux/sched.h>
#include <linux/sysfs.h>

#include "egm.h"
#include "scrub.h"

/* See the top of this file. */
DEFINE_MUTEX(cohmem_egm_lock);

/* The name of a face, for people and programs. */
static const char *face_name(const struct cohmem_egm *egm,
			     const struct cohmem_egm_user *user)
{
	switch (user->face) {
	case COHMEM_EGM_CHARDEV:
		return dev_name(&egm->dev);
	case COHMEM_EGM_REGION:
		return pci_name(user->gpu->core.pdev);
	default:
		return "-";
	}
}

/**
 * cohmem_egm_show_user() - by which face somebody has the memory
 * @egm: the memory
 * @buf: a sysfs buffer
 *
 * Return: bytes printed.
 */
int cohmem_egm_show_user(struct cohmem_egm *egm, char *buf)
{
	int len;

	mutex_lock(&cohmem_egm_lock);
	len = sysfs_emit(buf, "%s\n", face_name(egm, &egm->user));
	mutex_unlock(&cohmem_egm_lock);
	return len;
}

/**
 * cohmem_egm_suspects() - may a GPU still write to the memory?
 * @egm: the memory, that nobody has
 *
 * Says which one, if so.
 *
 * Context: may sleep.
 * Return: true if so.
 */
bool cohmem_egm_suspects(struct cohmem_egm *egm)
{
	struct cohmem_egm_gpu *g;
	bool any = false;

	mutex_lock(&cohmem_egm_lock);
	list_for_each_entry(g, &egm->gpus, peers) {
		struct cohmem_device *cdev =
			container_of(g, struct cohmem_device, egm);

		if (!g->suspect)
			continue;
		any = true;
		dev_info_ratelimited(&egm->dev,
				     "not cleared yet: GPU %s was open while somebody had it, and can write to it until it is closed and reset\n",
				     pci_name(cdev->core.pdev));
	}
	mutex_unlock(&cohmem_egm_lock);
	return any;
}

static int reserve(struct cohmem_egm *egm, const struct cohmem_egm_user *by)
{
	int ret = 0;

	mutex_lock(&cohmem_egm_lock);
	if (egm->gone) {
		ret = -ENODEV;
	} else if (egm->user.face != COHMEM_EGM_FREE) {
		dev_info_ratelimited(&egm->dev,
				     "not handed out to %s (%d): %s (%d) has it, by %s\n",
				     current->comm, task_tgid_nr(current),
				     egm->user.comm, egm->user.pid,
				     face_name(egm, &egm->user));
		ret = -EBUSY;
	} else {
		egm->user = *by;
		egm->user.pid = task_tgid_nr(current);
		get_task_comm(egm->user.comm, current);
	}
	mutex_unlock(&cohmem_egm_lock);
	return ret;
}

static void forget_user(struct cohmem_egm *egm)
{
	mutex_lock(&cohmem_egm_lock);
	memset(&egm->user, 0, sizeof(egm->user));
	mutex_unlock(&cohmem_egm_lock);
}

/* From here on, whatever GPU is open can reach what the user has there. */
static int hand_out(struct cohmem_egm *egm)
{
	struct cohmem_egm_gpu *g;
	int ret;

	mutex_lock(&cohmem_egm_lock);
	ret = egm->gone ? -ENODEV : cohmem_egm_watch(egm);
	if (!ret) {
		egm->in_use = true;
		list_for_each_entry(g, &egm->gpus, peers)
			g->suspect |= g->open;
	}
	mutex_unlock(&cohmem_egm_lock);
	return ret;
}

/**
 * cohmem_egm_claim() - have the memory
 * @egm: the memory
 * @by: by which face
 * @wait: wait for it to be cleared, if it has to be; otherwise say -EAGAIN then
 *
 * Context: may sleep; for long if @wait, and a fatal signal ends it.
 * Return: 0; -EBUSY if somebody has it; -ENODEV if it is gone; -EAGAIN; or what
 * keeps it from being cleared, as cohmem_scrub_open().
 */
int cohmem_egm_claim(struct cohmem_egm *egm, const struct cohmem_egm_user *by,
		     bool wait)
{
	int ret;

	ret = reserve(egm, by);
	if (ret)
		return ret;
	ret = wait ? cohmem_scrub_open(egm->scrub) :
		     cohmem_scrub_try_open(egm->scrub);
	if (ret)
		goto err_user;
	ret = hand_out(egm);
	if (ret)
		goto err_scrub;
	return 0;

err_scrub:
	cohmem_scrub_close(egm->scrub, true);
err_user:
	forget_user(egm);
	return ret;
}

/**
 * cohmem_egm_unclaim() - let go of the memory, which is to be cleared then
 * @egm: the memory, had by the caller, and no longer mapped
 *
 * Context: may sleep.
 */
void cohmem_egm_unclaim(struct cohmem_egm *egm)
{
	cohmem_egm_revoke(egm);
	mutex_lock(&cohmem_egm_lock);
	cohmem_egm_unwatch(egm);
	egm->in_use = false;
	mutex_unlock(&cohmem_egm_lock);
	/* Before the next one may come. */
	cohmem_scrub_close(egm->scrub, true);
	forget_user(egm);
}

static u64 address_of(struct pci_dev *pdev)
{
	return (u64)pci_domain_nr(pdev->bus) << 16 | pci_dev_id(pdev);
}

/**
 * cohmem_egm_is_owner() - is it this function that shows the region?
 * @cdev: the function
 *
 * The one with the lowest address of those of the socket that are bound.
 *
 * Context: may sleep.
 * Return: true if so; false also without such memory.
 */
bool cohmem_egm_is_owner(struct cohmem_device *cdev)
{
	struct cohmem_egm *egm = cdev->egm.egm;
	struct pci_dev *pdev = cdev->core.pdev;
	struct cohmem_egm_gpu *g;
	bool owner = true;

	if (!egm)
		return false;
	mutex_lock(&cohmem_egm_lock);
	list_for_each_entry(g, &egm->gpus, peers) {
		struct cohmem_device *other =
			container_of(g, struct cohmem_device, egm);

		owner &= address_of(pdev) <= address_of(other->core.pdev);
	}
	mutex_unlock(&cohmem_egm_lock);
	return owner;
}

/**
 * cohmem_egm_gpu_open() - a user has a function
 * @cdev: the function, enabled and so reset
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM; 0 also without such memory.
 */
int cohmem_egm_gpu_open(struct cohmem_device *cdev)
{
	struct cohmem_egm *egm = cdev->egm.egm;
	int ret;

	if (!egm)
		return 0;
	ret = cohmem_egm_region_add(cdev);
	if (ret)
		return ret;
	mutex_lock(&cohmem_egm_lock);
	cdev->egm.open = true;
	cdev->egm.suspect |= egm->in_use;
	mutex_unlock(&cohmem_egm_lock);
	return 0;
}

/* The function cannot write to the memory any more. */
static void cleared_of_suspicion(struct cohmem_device *cdev)
{
	bool was;

	mutex_lock(&cohmem_egm_lock);
	was = cdev->egm.suspect;
	cdev->egm.suspect = false;
	mutex_unlock(&cohmem_egm_lock);
	if (was)
		cohmem_scrub_retry(cdev->egm.egm->scrub);
}

/**
 * cohmem_egm_gpu_close() - a function's user is gone
 * @cdev: the function, disabled
 * @stopped: it has been reset since
 *
 * Its mappings are gone, too, so it also lets go of the memory. Also undoes
 * cohmem_egm_gpu_open() where the function could not be opened.
 *
 * Context: may sleep.
 */
void cohmem_egm_gpu_close(struct cohmem_device *cdev, bool stopped)
{
	struct cohmem_egm *egm = cdev->egm.egm;
	bool had;

	if (!egm)
		return;
	mutex_lock(&cohmem_egm_lock);
	cdev->egm.open = false;
	had = egm->user.face == COHMEM_EGM_REGION && egm->user.gpu == cdev;
	mutex_unlock(&cohmem_egm_lock);
	if (stopped)
		cleared_of_suspicion(cdev);
	if (had)
		cohmem_egm_unclaim(egm);
}

/**
 * cohmem_egm_gpu_stopped() - a function was seen to stop, by a reset
 * @cdev: the function, had by this driver alone
 *
 * Context: may sleep.
 */
void cohmem_egm_gpu_stopped(struct cohmem_device *cdev)
{
	if (cdev->egm.egm)
		cleared_of_suspicion(cdev);
}
