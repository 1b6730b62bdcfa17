// SPDX-License-Identifier: GPL-2.0-only
/*
 * Data does not outlive its user: when the memory is cleared, and what happens
 * when it cannot be. How it is cleared is in wipe.c.
 *
 * "Dirty" says that the memory may hold what a user left: true from the moment
 * that a user gets the device, and true for a function just bound, whose past
 * nobody knows. Only a wipe that cleared everything makes it false.
 *
 *   policy   when the last user closes     when the next user comes
 *   off      -                             -
 *   close    clear                         clear if dirty, or turn him away
 *   open     -                             clear if dirty, or turn him away
 *
 * So with either policy no user finds anything of the one before, whatever
 * happened in between; "close" also leaves nothing lying around, and lets the
 * one who leaves wait for it. A close cannot fail: it says so in the log, and
 * the function stays dirty.
 *
 * On close the function has to be stopped first, or its engines could write
 * after the clearing: exports are revoked, bus mastering is turned off, and the
 * function is reset. While the driver is being unbound its device lock is taken
 * and no reset possible; then the memory is cleared as it is, and stays dirty.
 *
 * Where the hardware clears its memory after each reset and says when it is
 * done, the wait_clear parameter makes that a part of being ready (ready.c),
 * with any policy.
 *
 * Locks: vfio serialises open and close.
 */
#include <linux/moduleparam.h>
#include <linux/pm_runtime.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "wipe.h"

enum policy {
	POLICY_OFF,
	POLICY_CLOSE,
	POLICY_OPEN,
	NR_POLICIES,
	POLICY_DEFAULT = NR_POLICIES,	/* the module parameter decides */
};

static const char * const policy_names[NR_POLICIES + 1] = {
	[POLICY_OFF] = "off",
	[POLICY_CLOSE] = "close",
	[POLICY_OPEN] = "open",
	[POLICY_DEFAULT] = "default",
};

static const char * const state_names[] = {
	[COHMEM_WIPE_IDLE] = "idle",
	[COHMEM_WIPE_WAITING] = "waiting",
	[COHMEM_WIPE_RUNNING] = "running",
};

/* How a wipe ended: a word for programs, a sentence for people. */
static const struct {
	int error;
	const char *word;
	const char *why;
} outcomes[] = {
	{ 0, "ok", "all cleared" },
	{ -EINTR, "killed", "killed" },
	{ -ETIMEDOUT, "timeout", "the memory did not become ready in time" },
	{ -EIO, "unavailable", "the memory failed or is turned off" },
	{ -EAGAIN, "reset", "a reset came in between" },
	{ -ENODEV, "gone", "the device is gone" },
	{ -ENOMEM, "nomem", "no kernel memory to map it" },
	/* Any other error. */
	{ 1, "error", "the device could not be stopped" },
};

/**
 * struct cohmem_scrub - keeping one user's data from the next
 * @wipe: clears the memory
 * @policy: an enum policy, POLICY_DEFAULT to follow the module parameter
 * @dirty: the memory may hold what a user left; changed by open and close
 */
struct cohmem_scrub {
	struct cohmem_wipe wipe;
	enum policy policy;
	bool dirty;
};

static enum policy module_policy = POLICY_OFF;

static int policy_set(const char *val, const struct kernel_param *kp)
{
	int i = __sysfs_match_string(policy_names, NR_POLICIES, val);

	if (i < 0)
		return i;
	WRITE_ONCE(module_policy, i);
	return 0;
}

static int policy_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%s\n", policy_names[READ_ONCE(module_policy)]);
}

static const struct kernel_param_ops policy_ops = {
	.set = policy_set,
	.get = policy_get,
};

module_param_cb(scrub, &policy_ops, NULL, 0644);
MODULE_PARM_DESC(scrub,
		 "Clear device memory between users: off, close (when the last user closes; before the next one where that failed) or open (before the next user) (default: off)");

static enum policy policy_of(const struct cohmem_scrub *s)
{
	enum policy policy = READ_ONCE(s->policy);

	return policy == POLICY_DEFAULT ? READ_ONCE(module_policy) : policy;
}

static unsigned int outcome(int error)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(outcomes) - 1; i++) {
		if (outcomes[i].error == error)
			break;
	}
	return i;
}

static const char *why(int error)
{
	return outcomes[outcome(error)].why;
}

/* Turn memory decoding off or on, for the device and for the core. */
static void set_decoding(struct cohmem_device *cdev, bool on)
{
	struct vfio_pci_core_device *core = &cdev->core;
	__le16 *virt = (__le16 *)&core->vconfig[PCI_COMMAND];
	const u16 bit = PCI_COMMAND_MEMORY;
	u16 cmd;

	/* The poller must not look at BAR0 in between. */
	mutex_lock(&cdev->gate_lock);
	down_write(&core->memory_lock);
	pci_read_config_word(core->pdev, PCI_COMMAND, &cmd);
	cmd = on ? cmd | bit : cmd & ~bit;
	pci_write_config_word(core->pdev, PCI_COMMAND, cmd);
	if (on)
		*virt |= cpu_to_le16(bit);
	else
		*virt &= ~cpu_to_le16(bit);
	up_write(&core->memory_lock);
	mutex_unlock(&cdev->gate_lock);
}

/*
 * Let nothing but the CPU write to the memory any more.
 *
 * Entering low power is how a driver can have the core revoke what has been
 * exported as dma-buf; leaving it again would undo that, but not as long as
 * memory decoding is off. It also ends a low power state that the user left.
 *
 * Return: 0; -EBUSY if all is done but the reset, as the device lock is taken;
 * another error if the device cannot be stopped.
 */
static int quiesce(struct cohmem_device *cdev)
{
	const u32 set = VFIO_DEVICE_FEATURE_SET;
	struct vfio_pci_core_device *core = &cdev->core;
	int ret;

	if (!pci_device_is_present(core->pdev))
		return -ENODEV;

	set_decoding(cdev, false);
	vfio_pci_core_ioctl_feature(&core->vdev,
				    set | VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY,
				    NULL, 0);
	vfio_pci_core_ioctl_feature(&core->vdev,
				    set | VFIO_DEVICE_FEATURE_LOW_POWER_EXIT,
				    NULL, 0);

	pci_clear_master(core->pdev);
	/* Wakes it from D3hot, tells the ready machine, and keeps COMMAND. */
	ret = pci_try_reset_function(core->pdev);
	if (ret == -EAGAIN)
		ret = -EBUSY;
	/* No way to reset it at all: stopping its DMA has to do. */
	if (ret == -ENOTTY)
		ret = 0;
	if (!ret || ret == -EBUSY)
		set_decoding(cdev, true);
	return ret;
}

/**
 * cohmem_scrub_init() - get ready to clear memory
 * @cdev: the function, at probe
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int cohmem_scrub_init(struct cohmem_device *cdev)
{
	struct cohmem_scrub *s;
	int ret;

	if (!cohmem_has_memory(cdev))
		return 0;

	s = kzalloc_obj(*s);
	if (!s)
		return -ENOMEM;
	ret = cohmem_wipe_init(&s->wipe, cdev);
	if (ret) {
		kfree(s);
		return ret;
	}
	s->policy = POLICY_DEFAULT;
	s->dirty = true;
	cdev->scrub = s;
	return 0;
}

/**
 * cohmem_scrub_fini() - undo cohmem_scrub_init()
 * @cdev: the function, closed
 *
 * Context: may sleep.
 */
void cohmem_scrub_fini(struct cohmem_device *cdev)
{
	struct cohmem_scrub *s = cdev->scrub;

	if (!s)
		return;
	cohmem_wipe_fini(&s->wipe);
	kfree(s);
	cdev->scrub = NULL;
}

/**
 * cohmem_scrub_open() - hand out clean memory, or none
 * @cdev: the function, enabled and being waited for
 *
 * Context: may sleep for as long as the memory takes to get ready and to be
 * cleared; a fatal signal ends it.
 * Return: 0, or the error of cohmem_wipe_run().
 */
int cohmem_scrub_open(struct cohmem_device *cdev)
{
	struct cohmem_scrub *s = cdev->scrub;
	int ret;

	if (!s)
		return 0;
	if (s->dirty && policy_of(s) != POLICY_OFF) {
		ret = cohmem_wipe_run(&s->wipe, true);
		/* Killing the one who opens it says nothing about the device. */
		if (ret && ret != -EINTR)
			pci_err(cdev->core.pdev,
				"not handed out: its memory may hold data of an earlier user and could not be cleared: %s (%d)\n",
				why(ret), ret);
		if (ret)
			return ret;
	}
	WRITE_ONCE(s->dirty, true);
	return 0;
}

/**
 * cohmem_scrub_close() - the last user is gone: clear what it left
 * @cdev: the function, still enabled
 *
 * Context: may sleep; deaf to signals, as its caller may be dying.
 */
void cohmem_scrub_close(struct cohmem_device *cdev)
{
	struct cohmem_scrub *s = cdev->scrub;
	struct pci_dev *pdev = cdev->core.pdev;
	bool running = false;
	int ret;

	if (!s || policy_of(s) != POLICY_CLOSE)
		return;

	ret = pm_runtime_resume_and_get(&pdev->dev);
	if (!ret) {
		ret = quiesce(cdev);
		running = ret == -EBUSY;
		if (!ret || running)
			ret = cohmem_wipe_run(&s->wipe, false);
		else
			cohmem_wipe_finish(&s->wipe, ret, 0);
		pm_runtime_put(&pdev->dev);
	}

	if (ret)
		pci_warn(pdev,
			 "memory not cleared on close: %s (%d); it will be before the next user\n",
			 why(ret), ret);
	else if (running)
		pci_info(pdev,
			 "the device could not be reset before its memory was cleared; it will be cleared again before the next user\n");
	else
		WRITE_ONCE(s->dirty, false);
}

/**
 * cohmem_scrub_set_policy() - override the module parameter for one device
 * @cdev: a function with coherent memory
 * @word: "off", "close", "open", or "default" to follow the parameter again
 *
 * Takes effect with the next close or open.
 *
 * Context: any.
 * Return: 0 or -EINVAL.
 */
int cohmem_scrub_set_policy(struct cohmem_device *cdev, const char *word)
{
	int i = __sysfs_match_string(policy_names, ARRAY_SIZE(policy_names),
				     word);

	if (i < 0)
		return i;
	WRITE_ONCE(cdev->scrub->policy, i);
	return 0;
}

/**
 * cohmem_scrub_status() - what scrubbing is up to
 * @cdev: a function with coherent memory
 * @st: filled
 *
 * Context: any that may take a spinlock.
 */
void cohmem_scrub_status(struct cohmem_device *cdev,
			 struct cohmem_scrub_status *st)
{
	struct cohmem_scrub *s = cdev->scrub;
	struct cohmem_wipe *w = &s->wipe;

	st->policy = policy_names[policy_of(s)];
	st->dirty = READ_ONCE(s->dirty);
	st->bytes = atomic64_read(&w->done);
	st->skipped = atomic64_read(&w->skipped);
	st->total = w->total;

	spin_lock(&w->lock);
	st->state = state_names[w->state];
	st->result = w->runs ? outcomes[outcome(w->result)].word : "none";
	st->ms = w->ms;
	if (w->state == COHMEM_WIPE_RUNNING)
		st->ms = ktime_ms_delta(ktime_get(), w->started);
	spin_unlock(&w->lock);
}
