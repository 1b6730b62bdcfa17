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
 * The poller reads BAR0 and config space only while the gate is open. It sees
 * to that by memory_lock, which everything in vfio-pci-core takes that closes
 * the gate, and by state_lock, which every reset has to pass before it begins.
 * It only tries memory_lock: who has it for writing is about to change what the
 * poller would see. With the gate closed the poller stops, and the clock of the
 * wait with it, until it is kicked: by the next one who waits, or by what opens
 * the gate. Not having looked is no proof of failure.
 *
 * Memory that has failed is looked at once a second, as long as somebody has
 * the function: what turns up late is used.
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

/*
 * From an error on the link to the reset that may follow: some milliseconds, but
 * the drivers of all functions of the slot are asked in between.
 */
#define HOLD_MS		2000

static bool wait_clear;
module_param(wait_clear, bool, 0644);
MODULE_PARM_DESC(wait_clear,
		 "After a reset, also wait until the hardware reports that it has cleared its memory (default: N)");

static u64 now_ms(void)
{
	return ktime_to_ms(ktime_get());
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
	if (!cdev->bar0 || !decodes_memory(cdev->core.pdev))
		return ~0U;
	return ioread32(cdev->bar0 + reg);
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

/* Is there anything to learn by looking at the device? */
static bool undecided(struct cohmem_device *cdev)
{
	lockdep_assert_held(&cdev->state_lock);
	return cdev->holder != COHMEM_HELD_BY_NOBODY &&
	       (cdev->ready.state == COHMEM_WAITING ||
		cdev->ready.state == COHMEM_FAILED);
}

/* state_lock, read or write, keeps cohmem_ready_close() from overtaking. */
static void kick_locked(struct cohmem_device *cdev, unsigned int delay_ms)
{
	if (!undecided(cdev))
		return;
	/* It may be about to look much later, after a failure. */
	if (!delay_ms)
		cancel_delayed_work(&cdev->poll);
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

static void say_outcome(struct cohmem_device *cdev, u64 waited_ms, bool late)
{
	struct pci_dev *pdev = cdev->core.pdev;

	if (cdev->ready.state == COHMEM_FAILED)
		dev_err_ratelimited(&pdev->dev,
				    "coherent memory failed after %llu ms: %s%s; accesses to it fail until it turns up or is reset\n",
				    waited_ms, cohmem_fail_str(cdev->ready.fail),
				    failed_range(cdev));
	else if (late)
		dev_notice_ratelimited(&pdev->dev,
				       "coherent memory turned up after %llu ms, and is used from now on\n",
				       waited_ms);
	else if (waited_ms >= SLOW_MS)
		pci_info_ratelimited(pdev,
				     "coherent memory ready after %llu ms\n",
				     waited_ms);
	else
		pci_dbg(pdev, "coherent memory ready after %llu ms\n",
			waited_ms);
}

static void look(struct cohmem_device *cdev)
{
	enum cohmem_ready_state before = cdev->ready.state;
	struct cohmem_observation seen;
	u64 now = now_ms(), waited;

	if (cdev->paused) {
		if (before == COHMEM_WAITING)
			cdev->ready.since_ms = now;
		cdev->paused = false;
	}
	waited = now - cdev->ready.since_ms;

	observe(cdev, &seen);
	if (cohmem_ready_step(&cdev->ready, &seen, now) == before) {
		kick_locked(cdev, cdev->ready.delay_ms);
		return;
	}
	cdev->ready_ms = waited;
	say_outcome(cdev, waited, before == COHMEM_FAILED);
	changed(cdev, waited);
	/* It may have failed: go on looking. */
	kick_locked(cdev, cdev->ready.delay_ms);
}

static void poll_work(struct work_struct *work)
{
	struct cohmem_device *cdev = container_of(to_delayed_work(work),
						  struct cohmem_device, poll);
	bool stable = down_read_trylock(&cdev->core.memory_lock);

	down_write(&cdev->state_lock);
	if (!stable) {
		/* The gate is being moved just now: come back after it. */
		kick_locked(cdev, COHMEM_POLL_MAX_MS);
	} else if (now_ms() < cdev->hold_until_ms) {
		kick_locked(cdev, COHMEM_POLL_MAX_MS);
	} else if (undecided(cdev)) {
		if (cohmem_gate_open(cdev)) {
			look(cdev);
		} else {
			cdev->paused = true;
			/* Whoever waits has to learn that the gate closed. */
			wake_up_all(&cdev->ready_wq);
		}
	}
	up_write(&cdev->state_lock);
	if (stable)
		up_read(&cdev->core.memory_lock);
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
 * cohmem_ready_open() - somebody has the function: look at it afresh
 * @cdev: the device, enabled
 * @holder: who has it now
 * @bar0: BAR0 as the holder has mapped it; NULL or an error pointer if not
 *
 * Enabling has reset the function, or at least powered it up. A failure of
 * before is forgotten: whoever takes the device tries again.
 *
 * Context: process; the function is held by nobody, and nobody else takes it.
 * Return: 0, or -EBUSY where BAR0 is needed and cannot be had.
 */
int cohmem_ready_open(struct cohmem_device *cdev, enum cohmem_holder holder,
		      void __iomem *bar0)
{
	if (IS_ERR(bar0))
		bar0 = NULL;
	if (cdev->plat.ready_by == COHMEM_READY_BY_BAR0 && !bar0) {
		dev_err_ratelimited(&cdev->core.pdev->dev,
				    "BAR0 cannot be mapped, so nobody can tell whether the memory is ready; see /proc/iomem for who has claimed it\n");
		return -EBUSY;
	}
	down_write(&cdev->state_lock);
	cdev->bar0 = bar0;
	WRITE_ONCE(cdev->holder, holder);
	cdev->paused = false;
	cdev->ready.want_clear =
		READ_ONCE(wait_clear) && bar0 &&
		pci_resource_len(cdev->core.pdev, 0) >= COHMEM_BAR0_MIN_SIZE;
	cohmem_ready_restart(&cdev->ready, now_ms());
	changed(cdev, 0);
	kick_locked(cdev, 0);
	up_write(&cdev->state_lock);
	return 0;
}

/**
 * cohmem_ready_close() - nobody has the function any more: stop looking
 * @cdev: the device, not yet disabled
 *
 * Windows go with the one who had it, and so does what was known: from here on
 * the function may be reset or put to sleep without a word.
 *
 * Context: process; no user left who could wait or map.
 */
void cohmem_ready_close(struct cohmem_device *cdev)
{
	down_write(&cdev->state_lock);
	WRITE_ONCE(cdev->holder, COHMEM_HELD_BY_NOBODY);
	cdev->bar0 = NULL;
	cohmem_windows_drop(cdev);
	cohmem_ready_forget(&cdev->ready, now_ms());
	changed(cdev, 0);
	up_write(&cdev->state_lock);
	cancel_delayed_work_sync(&cdev->poll);
}

/**
 * cohmem_ready_kick() - the gate may have opened or closed
 * @cdev: the device
 *
 * Sets the poller going if there is something to wait for, and lets waiters
 * look at the gate again.
 *
 * Context: may sleep for a bounded piece of work.
 */
void cohmem_ready_kick(struct cohmem_device *cdev)
{
	down_read(&cdev->state_lock);
	kick_locked(cdev, 0);
	up_read(&cdev->state_lock);
	wake_up_all(&cdev->ready_wq);
}

/*
 * Make the memory unreachable: nobody gets at it who comes after the state has
 * changed, and what was there before is taken away. The one place where that is
 * done. @reset: a reset begins, which says when it is over. @hold_ms: for how long
 * not to ask the function, whose answer may be that of before a reset.
 */
static void cut_off(struct cohmem_device *cdev, bool reset, unsigned int hold_ms)
{
	bool was_ready;

	down_write(&cdev->state_lock);
	was_ready = cdev->ready.state == COHMEM_READY;
	if (reset)
		cohmem_ready_reset_begin(&cdev->ready);
	else
		cohmem_ready_restart(&cdev->ready, now_ms());
	cdev->hold_until_ms = hold_ms ? now_ms() + hold_ms : 0;
	cohmem_windows_drop(cdev);
	changed(cdev, 0);
	kick_locked(cdev, 0);
	up_write(&cdev->state_lock);
	cohmem_zap(cdev);
	if (was_ready && READ_ONCE(cdev->flush_users))
		cohmem_cache_flush_users(cdev);
}

/**
 * cohmem_ready_lost() - the memory may have gone, or is about to
 * @cdev: the device
 *
 * Power states that reset the function, errors that reset its link: without a
 * reset being announced. The memory counts as not ready from here on; mappings
 * are removed.
 *
 * Context: process; memory_lock may be held for writing.
 */
void cohmem_ready_lost(struct cohmem_device *cdev)
{
	if (cohmem_has_memory(cdev))
		cut_off(cdev, false, 0);
}

/**
 * cohmem_ready_hold() - the function's slot may be about to be reset
 * @cdev: the device
 *
 * As cohmem_ready_lost(), and the memory stays unreachable until it is known
 * whether there is a reset: until cohmem_ready_release(), or cohmem_ready_lost()
 * once it is over. Where neither comes, as nobody says so, for two seconds; by then
 * a reset is under way, and the function does not call itself ready.
 *
 * Context: process.
 */
void cohmem_ready_hold(struct cohmem_device *cdev)
{
	if (cohmem_has_memory(cdev))
		cut_off(cdev, false, HOLD_MS);
}

/**
 * cohmem_ready_release() - what cohmem_ready_hold() waits for is over
 * @cdev: the device
 *
 * Context: process.
 */
void cohmem_ready_release(struct cohmem_device *cdev)
{
	if (!cohmem_has_memory(cdev))
		return;
	down_write(&cdev->state_lock);
	if (cdev->hold_until_ms) {
		cdev->hold_until_ms = 0;
		cohmem_ready_restart(&cdev->ready, now_ms());
	}
	kick_locked(cdev, 0);
	up_write(&cdev->state_lock);
	wake_up_all(&cdev->ready_wq);
}

/**
 * cohmem_ready_reset_prepare() - a reset is about to begin
 * @cdev: the device
 *
 * On return nobody can reach the memory: user leaves and windows are gone, and
 * new ones are refused until it is ready again.
 *
 * Context: process; device lock held, or the machine is about to sleep;
 *	memory_lock held for writing if vfio resets.
 */
void cohmem_ready_reset_prepare(struct cohmem_device *cdev)
{
	if (cohmem_has_memory(cdev))
		cut_off(cdev, true, 0);
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
 * @cdev: the device, held by somebody
 *
 * Returns when the memory is ready, has failed, or the gate is closed: the
 * caller takes its locks and looks again. Whoever waits here does not keep the
 * machine from going to sleep.
 *
 * Context: no lock held that a reset, a config access or anybody else who is
 *	to be frozen needs.
 * Return: 0, or -ERESTARTSYS on a fatal signal.
 */
int cohmem_ready_wait(struct cohmem_device *cdev)
{
	cohmem_ready_kick(cdev);
	return wait_event_state(cdev->ready_wq, !worth_waiting(cdev),
				(TASK_KILLABLE | TASK_FREEZABLE));
}
