// SPDX-License-Identifier: GPL-2.0-only
/*
 * Is the memory there: the machine of core/ready.h, with its clock, its lock
 * and its eyes.
 *
 * One work item, the poller, looks at the device while it is being waited for;
 * everybody who needs the memory sleeps on one wait queue, with no lock held.
 * The state changes under state_lock for writing only, so whoever reads
 * "ready" under state_lock may touch or map the memory until it lets go.
 *
 * The poller reads BAR0 and config space only while the gate is open, under
 * gate_lock, so that no user closes it meanwhile, and under state_lock, which
 * every reset has to pass before it begins. Not under memory_lock: a hot reset
 * only tries to get that, and must not fail because of us. With the gate closed
 * the poller stops, and the clock of the wait with it, until it is kicked: by
 * the next one who waits, or by the access that opens the gate. Not having
 * looked is no proof of failure.
 */
#include <linux/io.h>
#include <linux/ktime.h>
#include <linux/moduleparam.h>
#include <linux/pci.h>
#include <linux/sched/signal.h>

#include "device.h"
#include "trace.h"

/* A wait this long is worth a line in the log; shorter ones are the rule. */
#define SLOW_MS		1000

static bool wait_clear;
module_param(wait_clear, bool, 0644);
MODULE_PARM_DESC(wait_clear,
		 "After a reset, also wait until the hardware reports that it has cleared its memory (default: N)");

static u64 now_ms(void)
{
	return ktime_to_ms(ktime_get());
}

/* BAR0 as vfio-pci-core has mapped it, or NULL. */
static void __iomem *bar0_of(struct cohmem_device *cdev)
{
	void __iomem *io = vfio_pci_core_get_iomap(&cdev->core, 0);

	return IS_ERR(io) ? NULL : io;
}

/*
 * Does the function itself decode memory now? It does not after a reset that
 * nobody has restored it from: the link's, on a fatal error. Its user is told,
 * and restores it; until then a read would end as an error on the bus.
 */
static bool decodes_memory(struct pci_dev *pdev)
{
	u16 cmd;

	return pdev->no_command_memory ||
	       (!pci_read_config_word(pdev, PCI_COMMAND, &cmd) &&
		cmd & PCI_COMMAND_MEMORY);
}

static u32 read_bar0(struct cohmem_device *cdev, unsigned int reg)
{
	void __iomem *io = bar0_of(cdev);

	if (!io || !decodes_memory(cdev->core.pdev))
		return ~0U;
	return ioread32(io + reg);
}

static u32 read_cxl(struct cohmem_device *cdev, unsigned int reg)
{
	u32 value;

	if (pci_read_config_dword(cdev->core.pdev, cdev->plat.cxl_dvsec + reg,
				  &value))
		return ~0U;
	return value;
}

/* Both ranges in one word: ready when both are, patient as the slower one. */
static u32 read_cxl_ranges(struct cohmem_device *cdev)
{
	const u32 bits = COHMEM_CXL_MEM_INFO_VALID | COHMEM_CXL_MEM_ACTIVE;
	const u32 time = COHMEM_CXL_ACTIVE_TIMEOUT_MASK <<
			 COHMEM_CXL_ACTIVE_TIMEOUT_SHIFT;
	u32 one = read_cxl(cdev, COHMEM_CXL_RANGE1_SIZE_LOW), two;

	if (one == ~0U || !cdev->plat.cxl_range2)
		return one;
	two = read_cxl(cdev, COHMEM_CXL_RANGE2_SIZE_LOW);
	if (two == ~0U)
		return two;
	/* Valid and empty: a range that will never be active. */
	if (two & COHMEM_CXL_MEM_INFO_VALID &&
	    !(two & COHMEM_CXL_SIZE_LOW_MASK) &&
	    !read_cxl(cdev, COHMEM_CXL_RANGE2_SIZE_HIGH))
		return one;
	return (one & ~(bits | time)) | (one & two & bits) |
	       max(one & time, two & time);
}

static void observe(struct cohmem_device *cdev, struct cohmem_observation *seen)
{
	memset(seen, 0, sizeof(*seen));
	if (cdev->ready.by == COHMEM_READY_BY_CXL_DVSEC) {
		seen->cxl_size_low = read_cxl_ranges(cdev);
	} else {
		seen->c2c = read_bar0(cdev, COHMEM_BAR0_C2C_LINK);
		seen->hbm = read_bar0(cdev, COHMEM_BAR0_HBM_TRAINING);
	}
	if (cdev->ready.want_clear)
		seen->clear = read_bar0(cdev, COHMEM_BAR0_MEM_CLEAR);
}

static void changed(struct cohmem_device *cdev, u64 waited_ms)
{
	lockdep_assert_held_write(&cdev->state_lock);
	trace_cohmem_ready_state(cdev->core.pdev, &cdev->ready, waited_ms);
	wake_up_all(&cdev->ready_wq);
}

/* state_lock, read or write, keeps cohmem_ready_close() from overtaking. */
static void kick_locked(struct cohmem_device *cdev, unsigned int delay_ms)
{
	lockdep_assert_held(&cdev->state_lock);
	if (cdev->opened && cdev->ready.state == COHMEM_WAITING)
		schedule_delayed_work(&cdev->poll, msecs_to_jiffies(delay_ms));
}

/* Which of two CXL ranges failed, as words for the log. */
static const char *failed_range(struct cohmem_device *cdev)
{
	u32 bit;

	if (!cdev->plat.cxl_range2)
		return "";
	switch (cdev->ready.fail) {
	case COHMEM_FAIL_INFO_VALID:
		bit = COHMEM_CXL_MEM_INFO_VALID;
		break;
	case COHMEM_FAIL_ACTIVE:
		bit = COHMEM_CXL_MEM_ACTIVE;
		break;
	default:
		return "";
	}
	return read_cxl(cdev, COHMEM_CXL_RANGE1_SIZE_LOW) & bit ?
	       " (range 2)" : " (range 1)";
}

static void say_outcome(struct cohmem_device *cdev, u64 waited_ms)
{
	struct pci_dev *pdev = cdev->core.pdev;

	if (cdev->ready.state == COHMEM_FAILED)
		pci_err(pdev, "coherent memory failed after %llu ms: %s%s; accesses to it fail until the next reset\n",
			waited_ms, cohmem_fail_str(cdev->ready.fail),
			failed_range(cdev));
	else if (waited_ms >= SLOW_MS)
		pci_info(pdev, "coherent memory ready after %llu ms\n",
			 waited_ms);
	else
		pci_dbg(pdev, "coherent memory ready after %llu ms\n",
			waited_ms);
}

static void look(struct cohmem_device *cdev)
{
	struct cohmem_observation seen;
	u64 now = now_ms(), waited;

	if (cdev->paused) {
		cdev->ready.since_ms = now;
		cdev->paused = false;
	}
	waited = now - cdev->ready.since_ms;

	observe(cdev, &seen);
	if (cohmem_ready_step(&cdev->ready, &seen, now) == COHMEM_WAITING) {
		kick_locked(cdev, cdev->ready.delay_ms);
		return;
	}
	cdev->ready_ms = waited;
	say_outcome(cdev, waited);
	changed(cdev, waited);
}

static void poll_work(struct work_struct *work)
{
	struct cohmem_device *cdev = container_of(to_delayed_work(work),
						  struct cohmem_device, poll);

	/* The gate is being moved just now: come back after it. */
	if (!mutex_trylock(&cdev->gate_lock)) {
		down_read(&cdev->state_lock);
		kick_locked(cdev, COHMEM_POLL_MAX_MS);
		up_read(&cdev->state_lock);
		return;
	}
	down_write(&cdev->state_lock);
	if (cdev->opened && cdev->ready.state == COHMEM_WAITING) {
		if (cohmem_gate_open(cdev)) {
			look(cdev);
		} else {
			cdev->paused = true;
			/* Whoever waits has to learn that the gate closed. */
			wake_up_all(&cdev->ready_wq);
		}
	}
	up_write(&cdev->state_lock);
	mutex_unlock(&cdev->gate_lock);
}

/**
 * cohmem_ready_setup() - prepare what this file keeps in the device
 * @cdev: the device, before it is registered
 */
void cohmem_ready_setup(struct cohmem_device *cdev)
{
	init_rwsem(&cdev->state_lock);
	init_waitqueue_head(&cdev->ready_wq);
	INIT_DELAYED_WORK(&cdev->poll, poll_work);
	cohmem_ready_init(&cdev->ready, cdev->plat.ready_by, now_ms());
}

/**
 * cohmem_ready_open() - a new user: look at the device afresh
 * @cdev: the device, enabled
 *
 * Enabling has reset the function, or at least powered it up. A failure of
 * before is forgotten: whoever opens the device tries again.
 *
 * Return: 0, or -EBUSY where BAR0 is needed and cannot be had.
 */
int cohmem_ready_open(struct cohmem_device *cdev)
{
	if (cdev->plat.ready_by == COHMEM_READY_BY_BAR0 && !bar0_of(cdev)) {
		pci_err(cdev->core.pdev, "BAR0 cannot be mapped, so nobody can tell whether the memory is ready; see /proc/iomem for who has claimed it\n");
		return -EBUSY;
	}
	down_write(&cdev->state_lock);
	cdev->opened = true;
	cdev->paused = false;
	cdev->ready.want_clear =
		READ_ONCE(wait_clear) && bar0_of(cdev) &&
		pci_resource_len(cdev->core.pdev, 0) >= COHMEM_BAR0_MIN_SIZE;
	cohmem_ready_restart(&cdev->ready, now_ms());
	changed(cdev, 0);
	kick_locked(cdev, 0);
	up_write(&cdev->state_lock);
	return 0;
}

/**
 * cohmem_ready_close() - the last user is gone: stop looking
 * @cdev: the device, not yet disabled
 *
 * Kernel aliases go with the user.
 */
void cohmem_ready_close(struct cohmem_device *cdev)
{
	down_write(&cdev->state_lock);
	cdev->opened = false;
	cohmem_alias_drop(cdev);
	up_write(&cdev->state_lock);
	cancel_delayed_work_sync(&cdev->poll);
}

/**
 * cohmem_ready_kick() - the gate may have opened or closed
 * @cdev: the device
 *
 * Sets the poller going if there is something to wait for, and lets waiters
 * look at the gate again.
 */
void cohmem_ready_kick(struct cohmem_device *cdev)
{
	down_read(&cdev->state_lock);
	kick_locked(cdev, 0);
	up_read(&cdev->state_lock);
	wake_up_all(&cdev->ready_wq);
}

/**
 * cohmem_ready_lost() - the memory may have gone without a reset being announced
 * @cdev: the device
 *
 * Power states that reset the function, errors that reset its link. The memory
 * counts as not ready from here on; mappings are removed.
 */
void cohmem_ready_lost(struct cohmem_device *cdev)
{
	if (!cohmem_has_memory(cdev))
		return;
	down_write(&cdev->state_lock);
	cohmem_ready_restart(&cdev->ready, now_ms());
	cohmem_alias_drop(cdev);
	changed(cdev, 0);
	kick_locked(cdev, 0);
	up_write(&cdev->state_lock);
	cohmem_zap(cdev);
}

/**
 * cohmem_ready_reset_prepare() - a reset is about to begin
 * @cdev: the device
 *
 * On return nobody can reach the memory: user leaves and kernel aliases are
 * gone, and new ones are refused until it is ready again.
 *
 * Context: device lock held; memory_lock held for writing if vfio resets.
 */
void cohmem_ready_reset_prepare(struct cohmem_device *cdev)
{
	if (!cohmem_has_memory(cdev))
		return;
	down_write(&cdev->state_lock);
	cohmem_ready_reset_begin(&cdev->ready);
	cohmem_alias_drop(cdev);
	changed(cdev, 0);
	up_write(&cdev->state_lock);
	cohmem_zap(cdev);
}

/**
 * cohmem_ready_reset_done() - a reset is over
 * @cdev: the device
 *
 * Context: device lock held; memory_lock held for writing if vfio resets.
 */
void cohmem_ready_reset_done(struct cohmem_device *cdev)
{
	if (!cohmem_has_memory(cdev))
		return;
	down_write(&cdev->state_lock);
	cohmem_ready_reset_end(&cdev->ready, now_ms());
	cdev->paused = false;
	changed(cdev, 0);
	kick_locked(cdev, 0);
	up_write(&cdev->state_lock);
}

static bool worth_waiting(struct cohmem_device *cdev)
{
	switch (READ_ONCE(cdev->ready.state)) {
	case COHMEM_RESETTING:
	case COHMEM_WAITING:
		return cohmem_gate_open(cdev);
	default:
		return false;
	}
}

/**
 * cohmem_ready_wait() - wait until there is something new to learn
 * @cdev: the device, opened
 *
 * Returns when the memory is ready, has failed, or the gate is closed: the
 * caller takes its locks and looks again.
 *
 * Context: no lock held that a reset or a config access needs.
 * Return: 0, or -ERESTARTSYS on a fatal signal.
 */
int cohmem_ready_wait(struct cohmem_device *cdev)
{
	cohmem_ready_kick(cdev);
	return wait_event_killable(cdev->ready_wq, !worth_waiting(cdev));
}
