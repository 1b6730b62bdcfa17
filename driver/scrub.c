// SPDX-License-Identifier: GPL-2.0-only
/*
 * Data does not outlive its user.
 *
 * "Dirty" says that the memory may hold what a user left: true from the moment
 * that a user gets the device, and true for a function just bound, whose past
 * nobody knows. Only a run that cleared everything makes it false.
 *
 *   policy   when the last user closes     when the next user opens
 *   off      -                             -
 *   close    clear                         clear if dirty, else fail to open
 *   open     -                             clear if dirty, else fail to open
 *
 * So with either policy no user finds anything of the one before, whatever
 * happened in between; "close" also leaves nothing lying around, and has the
 * first one pay for it. A close cannot fail: it says so in the log, and the
 * function stays dirty.
 *
 * On close the function has to be stopped first, or its engines could write
 * after the clearing: exports are revoked, bus mastering is turned off, and the
 * function is reset. While the driver is being unbound its device lock is taken
 * and no reset possible; then the memory is cleared as it is, and stays dirty.
 *
 * A run cuts all regions into pieces, and workers on an unbound queue, one per
 * CPU with the caller as one of them, take the next piece until none is left.
 * Each piece is mapped, cleared and unmapped under memory_lock and state_lock,
 * as every access to the memory: a reset waits for one piece, and finds no
 * kernel mapping. An administrator can keep CPUs out of it by the queue's cpumask
 * in sysfs. Bad pages are left out: writing to one may raise another error, and
 * nobody can map it any more.
 *
 * Locks: @lock of struct cohmem_scrub guards the results, for sysfs. Open and
 * close are serialised by vfio, so there is one run at a time.
 */
#include <linux/atomic.h>
#include <linux/cpumask.h>
#include <linux/io.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/pm_runtime.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "device.h"
#include "trace.h"

/* What a worker clears under the locks: some milliseconds, also on one CPU. */
#define PIECE		SZ_16M
/* How much of it between two offers to let somebody else run. */
#define STRIDE		SZ_1M
/* Trace events in one run. */
#define STEPS		16
/* A closing process is beyond signals: do not hold it up for longer. */
#define CLOSE_WAIT_MS	30000

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

enum run_state {
	RUN_IDLE,
	RUN_WAITING,
	RUN_RUNNING,
};

static const char * const state_names[] = {
	[RUN_IDLE] = "idle",
	[RUN_WAITING] = "waiting",
	[RUN_RUNNING] = "running",
};

/**
 * struct cohmem_scrub - clearing the memory of one function
 * @cdev: the function
 * @wq: where the workers run
 * @policy: an enum policy, POLICY_DEFAULT to follow the module parameter
 * @dirty: the memory may hold what a user left; changed by open and close
 * @next: number of the next piece to clear
 * @done: bytes cleared in this run
 * @skipped: bytes in bad pages that were left out in this run
 * @error: first error of this run; makes all workers stop
 * @killable: a fatal signal for @owner stops the run
 * @owner: who asked for the run
 * @total: bytes to clear
 * @lock: guards what follows
 * @state: what is going on
 * @runs: how many runs have ended
 * @result: how the last one ended
 * @started: when this run began to clear
 * @ms: how long the last one took
 */
struct cohmem_scrub {
	struct cohmem_device *cdev;
	struct workqueue_struct *wq;
	enum policy policy;
	bool dirty;

	atomic64_t next;
	atomic64_t done;
	atomic64_t skipped;
	atomic_t error;
	bool killable;
	struct task_struct *owner;
	u64 total;

	spinlock_t lock;
	enum run_state state;
	u64 runs;
	int result;
	ktime_t started;
	u64 ms;
};

struct worker {
	struct work_struct work;
	struct cohmem_scrub *s;
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
		 "Clear device memory between users: off, close (when the last user closes, and before the next one if that failed) or open (before the next user) (default: off)");

static enum policy policy_of(const struct cohmem_scrub *s)
{
	enum policy policy = READ_ONCE(s->policy);

	return policy == POLICY_DEFAULT ? READ_ONCE(module_policy) : policy;
}

static void set_state(struct cohmem_scrub *s, enum run_state state)
{
	spin_lock(&s->lock);
	s->state = state;
	spin_unlock(&s->lock);
}

static void finish(struct cohmem_scrub *s, int result, u64 ms)
{
	spin_lock(&s->lock);
	s->state = RUN_IDLE;
	s->ms = ms;
	s->result = result;
	s->runs++;
	spin_unlock(&s->lock);
}

static u64 ms_since(ktime_t start)
{
	return ktime_ms_delta(ktime_get(), start);
}

static void stop(struct cohmem_scrub *s, int error)
{
	atomic_cmpxchg(&s->error, 0, error);
}

static bool stopped(struct cohmem_scrub *s)
{
	if (s->killable && fatal_signal_pending(s->owner))
		stop(s, -EINTR);
	return atomic_read(&s->error);
}

/*
 * Clear @len good bytes. The mapping has the type that users of the region get,
 * so that no two types ever meet on a page.
 */
static int clear_range(struct cohmem_scrub *s, const struct cohmem_region *r,
		       u64 off, size_t len)
{
	bool cached = r->kind == COHMEM_USEMEM;
	size_t pos, n;
	void *addr;

	addr = memremap(r->base + off, len, cached ? MEMREMAP_WB : MEMREMAP_WC);
	if (!addr)
		return -ENOMEM;

	for (pos = 0; pos < len && !stopped(s); pos += n) {
		n = min_t(size_t, len - pos, STRIDE);
		memset(addr + pos, 0, n);
		cond_resched();
	}
	/* Nothing may linger in a write buffer once this counts as cleared. */
	if (!cached)
		wmb();
	memunmap(addr);
	return 0;
}

/* Clear @len bytes but for the bad pages. */
static int clear_piece(struct cohmem_scrub *s, const struct cohmem_region *r,
		       u64 off, u64 len)
{
	const u64 end = off + len;
	u64 good, step;
	int ret;

	while (off < end && !stopped(s)) {
		good = cohmem_poison_clean(s->cdev, r, off, end - off);
		if (good) {
			ret = clear_range(s, r, off, good);
			if (ret)
				return ret;
			off += good;
			continue;
		}
		/* @off is page aligned here: pieces and bad pages are. */
		step = min_t(u64, end - off, PAGE_SIZE);
		atomic64_add(step, &s->skipped);
		off += step;
	}
	return 0;
}

/* The same rules as for any access to the memory. */
static int clear_locked(struct cohmem_scrub *s, const struct cohmem_region *r,
			u64 off, u64 len)
{
	struct cohmem_device *cdev = s->cdev;
	int ret;

	down_read(&cdev->core.memory_lock);
	down_read(&cdev->state_lock);
	if (!cohmem_gate_open(cdev))
		ret = -EIO;
	else
		ret = cohmem_ready_check(cdev);
	if (!ret)
		ret = clear_piece(s, r, off, len);
	up_read(&cdev->state_lock);
	up_read(&cdev->core.memory_lock);
	return ret;
}

static void account(struct cohmem_scrub *s, u64 len)
{
	u64 step = div_u64(s->total, STEPS) + 1;
	u64 after = atomic64_add_return(len, &s->done);

	if (div64_u64(after, step) != div64_u64(after - len, step))
		trace_cohmem_scrub(s->cdev->core.pdev, COHMEM_SCRUB_PROGRESS,
				   after, s->total, ms_since(s->started), 0);
}

/* Where piece @nr lies; false if there is no such piece. */
static bool find_piece(const struct cohmem_layout *layout, u64 nr,
		       const struct cohmem_region **r, u64 *off, u64 *len)
{
	unsigned int i;

	for (i = 0; i < layout->nr; i++) {
		u64 pieces = DIV_ROUND_UP_ULL(layout->region[i].size, PIECE);

		if (nr >= pieces) {
			nr -= pieces;
			continue;
		}
		*r = &layout->region[i];
		*off = nr * PIECE;
		*len = min_t(u64, (*r)->size - *off, PIECE);
		return true;
	}
	return false;
}

static void work_loop(struct cohmem_scrub *s)
{
	const struct cohmem_region *r;
	u64 off, len;
	int ret;

	while (!stopped(s) &&
	       find_piece(&s->cdev->plat.layout,
			  atomic64_inc_return(&s->next) - 1, &r, &off, &len)) {
		ret = clear_locked(s, r, off, len);
		if (ret)
			stop(s, ret);
		else if (!stopped(s))
			account(s, len);
	}
}

static void work_fn(struct work_struct *work)
{
	work_loop(container_of(work, struct worker, work)->s);
}

/* All CPUs, or only this one if there is no memory to tell the others. */
static void clear_all(struct cohmem_scrub *s)
{
	unsigned int i, nr = num_online_cpus() - 1;
	struct worker *w;

	w = kvcalloc(nr, sizeof(*w), GFP_KERNEL);
	if (!w)
		nr = 0;
	for (i = 0; i < nr; i++) {
		w[i].s = s;
		INIT_WORK(&w[i].work, work_fn);
		queue_work(s->wq, &w[i].work);
	}
	work_loop(s);
	for (i = 0; i < nr; i++)
		flush_work(&w[i].work);
	kvfree(w);
}

static bool settled(struct cohmem_device *cdev)
{
	enum cohmem_ready_state state = READ_ONCE(cdev->ready.state);

	return state == COHMEM_READY || state == COHMEM_FAILED ||
	       !cohmem_gate_open(cdev);
}

static int wait_ready(struct cohmem_scrub *s)
{
	struct cohmem_device *cdev = s->cdev;

	if (s->killable)
		return cohmem_ready_wait(cdev) ? -EINTR : 0;

	cohmem_ready_kick(cdev);
	if (!wait_event_timeout(cdev->ready_wq, settled(cdev),
				msecs_to_jiffies(CLOSE_WAIT_MS)))
		return -ETIMEDOUT;
	return 0;
}

/**
 * run() - clear everything, once
 * @s: scrubbing
 * @killable: a fatal signal stops it
 *
 * Whether the memory is ready is found out by the workers, under the locks.
 *
 * Return: 0; -EINTR; -ETIMEDOUT; -EIO if the memory failed or is off; -EAGAIN
 * if a reset came in between; -ENOMEM.
 */
static int run(struct cohmem_scrub *s, bool killable)
{
	struct cohmem_device *cdev = s->cdev;
	const struct cohmem_layout *layout = &cdev->plat.layout;
	struct pci_dev *pdev = cdev->core.pdev;
	u64 skipped;
	int ret;

	atomic64_set(&s->next, 0);
	atomic64_set(&s->done, 0);
	atomic64_set(&s->skipped, 0);
	atomic_set(&s->error, 0);
	s->killable = killable;
	s->owner = current;

	set_state(s, RUN_WAITING);
	ret = wait_ready(s);

	spin_lock(&s->lock);
	s->state = RUN_RUNNING;
	s->started = ktime_get();
	spin_unlock(&s->lock);

	if (!ret) {
		trace_cohmem_scrub(pdev, COHMEM_SCRUB_BEGIN, 0, s->total, 0, 0);
		/*
		 * Unmapping a piece leaves its TLB entries for later. The
		 * workers' mappings count as one alias, so that whoever drops
		 * the aliases, a reset or we at the end, flushes them.
		 */
		atomic_inc(&cdev->nr_alias);
		clear_all(s);
		down_write(&cdev->state_lock);
		cohmem_alias_drop(cdev);
		up_write(&cdev->state_lock);
		ret = atomic_read(&s->error);
	}

	finish(s, ret, ms_since(s->started));

	trace_cohmem_scrub(pdev, COHMEM_SCRUB_END, atomic64_read(&s->done),
			   s->total, s->ms, ret);
	skipped = atomic64_read(&s->skipped);
	if (!ret)
		pci_info(pdev,
			 "cleared %llu MiB of %s in %llu ms, %llu bytes in bad pages left out\n",
			 s->total >> 20, layout->nr > 1 ? "usemem and resmem" :
			 cohmem_kind_name(layout->region[0].kind), s->ms,
			 skipped);
	return ret;
}

/* What went wrong: a word for programs, a sentence for people. */
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
static void set_decoding(struct vfio_pci_core_device *core, bool on)
{
	__le16 *virt = (__le16 *)&core->vconfig[PCI_COMMAND];
	const u16 bit = PCI_COMMAND_MEMORY;
	u16 cmd;

	down_write(&core->memory_lock);
	pci_read_config_word(core->pdev, PCI_COMMAND, &cmd);
	cmd = on ? cmd | bit : cmd & ~bit;
	pci_write_config_word(core->pdev, PCI_COMMAND, cmd);
	if (on)
		*virt |= cpu_to_le16(bit);
	else
		*virt &= ~cpu_to_le16(bit);
	up_write(&core->memory_lock);
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

	set_decoding(core, false);
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
		set_decoding(core, true);
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
	const struct cohmem_layout *layout = &cdev->plat.layout;
	struct cohmem_scrub *s;
	unsigned int i;

	if (!cohmem_has_memory(cdev))
		return 0;

	s = kzalloc(sizeof(*s), GFP_KERNEL);
	if (!s)
		return -ENOMEM;
	s->wq = alloc_workqueue("cohmem-%s", WQ_UNBOUND | WQ_SYSFS, 0,
				pci_name(cdev->core.pdev));
	if (!s->wq) {
		kfree(s);
		return -ENOMEM;
	}
	s->cdev = cdev;
	s->policy = POLICY_DEFAULT;
	s->dirty = true;
	spin_lock_init(&s->lock);
	for (i = 0; i < layout->nr; i++)
		s->total += layout->region[i].size;
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
	destroy_workqueue(s->wq);
	kfree(s);
	cdev->scrub = NULL;
}

/**
 * cohmem_scrub_open() - hand out clean memory, or none
 * @cdev: the function, enabled and being waited for
 *
 * Context: may sleep for as long as the memory takes to get ready and to be
 * cleared; a fatal signal ends it.
 * Return: 0, or the error of run().
 */
int cohmem_scrub_open(struct cohmem_device *cdev)
{
	struct cohmem_scrub *s = cdev->scrub;
	int ret;

	if (!s)
		return 0;
	if (s->dirty && policy_of(s) != POLICY_OFF) {
		ret = run(s, true);
		if (ret) {
			pci_err(cdev->core.pdev,
				"not handed out: its memory may hold data of an earlier user and could not be cleared: %s (%d)\n",
				why(ret), ret);
			return ret;
		}
	}
	WRITE_ONCE(s->dirty, true);
	return 0;
}

/**
 * cohmem_scrub_close() - the last user is gone: clear what it left
 * @cdev: the function, still enabled
 *
 * Context: may sleep, up to CLOSE_WAIT_MS plus the time to clear.
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
			ret = run(s, false);
		else
			finish(s, ret, 0);
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

	st->policy = policy_names[policy_of(s)];
	st->dirty = READ_ONCE(s->dirty);
	st->bytes = atomic64_read(&s->done);
	st->skipped = atomic64_read(&s->skipped);
	st->total = s->total;

	spin_lock(&s->lock);
	st->state = state_names[s->state];
	st->result = s->runs ? outcomes[outcome(s->result)].word : "none";
	st->ms = s->state == RUN_RUNNING ? ms_since(s->started) : s->ms;
	spin_unlock(&s->lock);
}
