// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mode "numa": the kernel has the GPU's memory, as that of the node which is kept
 * for it. Programs need to know nothing; all that knows NUMA can choose.
 *
 * All of it is to be movable: only then can it be given back. The kernel's policy
 * (auto_online_blocks) may put new blocks on line as it likes, so a notifier
 * forbids every other zone, and what is off line after that is put on line as
 * movable, through the only door that modules have: a block's file in sysfs.
 *
 * While it is on line, the module cannot be unloaded (it holds a reference to
 * itself), the function cannot be reset through sysfs, and the machine does not
 * sleep: each of these would pull memory away from under the kernel.
 */
#include <linux/acpi.h>
#include <linux/completion.h>
#include <linux/fs.h>
#include <linux/kthread.h>
#include <linux/memory.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/namei.h>
#include <linux/node.h>
#include <linux/path.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>

#include "guest.h"

static unsigned int offline_ms = 30000;
module_param(offline_ms, uint, 0644);
MODULE_PARM_DESC(offline_ms,
		 "Give up on taking memory off line after this long, in milliseconds (30000)");

/* Is [a, a + len) one of the blocks? */
static bool is_ours(const struct cohmem_guest *gpu, u64 a, u64 len)
{
	return a < gpu->start + gpu->len && gpu->start < a + len;
}

static int heard(struct notifier_block *nb, unsigned long what, void *data)
{
	struct cohmem_guest *gpu = container_of(nb, struct cohmem_guest, notifier);
	const struct memory_notify *m = data;
	u64 at = PFN_PHYS((u64)m->start_pfn);

	if (!is_ours(gpu, at, PFN_PHYS((u64)m->nr_pages)))
		return NOTIFY_DONE;
	switch (what) {
	case MEM_GOING_ONLINE:
		/* Its zone is known by now. */
		if (page_zonenum(pfn_to_page(m->start_pfn)) != ZONE_MOVABLE)
			return NOTIFY_BAD;
		break;
	case MEM_OFFLINE:
		/* They go in order: if one does not, it is the next. */
		gpu->going = at + PFN_PHYS((u64)m->nr_pages);
		break;
	}
	return NOTIFY_OK;
}

/*
 * Where blocks have their files. The kernel probes a function that is near a node in a
 * thread of its own, and those of 7.3 see no file system: so that is looked up when
 * the module is loaded, by who loads it.
 */
#define BLOCKS	"/sys/devices/system/memory"
static struct path blocks;

/**
 * cohmem_guest_numa_init() - find where sysfs has memory blocks
 *
 * Without it no memory comes on line; mode driver needs none.
 */
void cohmem_guest_numa_init(void)
{
	if (kern_path(BLOCKS, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &blocks))
		memset(&blocks, 0, sizeof(blocks));
}

/**
 * cohmem_guest_numa_exit() - let go of it
 */
void cohmem_guest_numa_exit(void)
{
	path_put(&blocks);
}

/* Write a word into a file of sysfs below that, as an administrator would. */
static int write_file(const char *path, const char *text)
{
	struct file *f;
	ssize_t n;
	loff_t pos;

	if (!blocks.dentry)
		return -ENOENT;
	f = file_open_root(&blocks, path, O_WRONLY, 0);
	if (IS_ERR(f))
		return PTR_ERR(f);
	do {
		pos = 0;
		n = kernel_write(f, text, strlen(text), &pos);
		/* Somebody else adds or removes something: sysfs says so. */
	} while (n == -ERESTARTNOINTR);
	filp_close(f, NULL);
	return n < 0 ? n : 0;
}

/* A block's last page: the first ones may hold the block's own page structures. */
static bool is_movable(u64 block, u64 size)
{
	struct page *page = pfn_to_online_page(PHYS_PFN(block + size - 1));

	return page && page_zonenum(page) == ZONE_MOVABLE;
}

/* Put every block on line that is not. */
static int online_blocks(struct cohmem_guest *gpu)
{
	u64 size = memory_block_size_bytes(), at;
	char path[64];
	int ret = 0;

	for (at = gpu->start; at < gpu->start + gpu->len; at += size) {
		if (is_movable(at, size))
			continue;
		snprintf(path, sizeof(path), "memory%llu/state", at / size);
		ret = write_file(path, "online_movable");
		/* udev may have been quicker. */
		if (ret && !is_movable(at, size))
			break;
		ret = 0;
		cond_resched();
	}
	if (ret)
		dev_err(&gpu->pdev->dev, "cannot write online_movable into " BLOCKS "/%s: %d%s\n",
			path, ret, blocks.dentry ? "" : ": sysfs was not mounted when the module was loaded");
	return ret;
}

/* What was bad before is bad still, and new memory to the kernel. */
static void retire_bad(struct cohmem_guest *gpu)
{
	u64 offset, phys;
	unsigned int i;
	int ret;

	for (i = 0; cohmem_guest_bad_nth(gpu->bad, i, &offset); i++) {
		phys = gpu->base + offset;
		if (!is_ours(gpu, phys, PAGE_SIZE))
			continue;
		ret = memory_failure(PHYS_PFN(phys), 0);
		if (ret && ret != -EHWPOISON)
			dev_warn(&gpu->pdev->dev,
				 "bad page at offset 0x%llx cannot be taken out of use: %d\n",
				 offset, ret);
	}
}

/* Pages that the kernel found to be bad, before it forgets. */
static void remember_bad(struct cohmem_guest *gpu)
{
	unsigned long pfn, end = PHYS_PFN(gpu->start + gpu->len);
	struct page *page;

	for (pfn = PHYS_PFN(gpu->start); pfn < end; pfn++) {
		page = pfn_to_online_page(pfn);
		if (page && PageHWPoison(page))
			cohmem_guest_bad_note(gpu->bad, PFN_PHYS((u64)pfn) - gpu->base);
		if (!(pfn % 4096))
			cond_resched();
	}
}

/*
 * The sysfs attribute answers ENOTTY without a method. Which one it was outlives the
 * driver's being bound, as the memory may.
 */
static void forbid_reset(struct cohmem_guest *gpu)
{
	u8 *method = &gpu->pdev->reset_methods[0];

	if (*method)
		*cohmem_guest_bad_reset(gpu->bad) = *method;
	*method = 0;
}

static void allow_reset(struct cohmem_guest *gpu)
{
	gpu->pdev->reset_methods[0] = *cohmem_guest_bad_reset(gpu->bad);
}

static void now_online(struct cohmem_guest *gpu)
{
	gpu->online = true;
	__module_get(THIS_MODULE);
	forbid_reset(gpu);
}

static void now_offline(struct cohmem_guest *gpu)
{
	gpu->online = false;
	allow_reset(gpu);
	unregister_memory_notifier(&gpu->notifier);
	module_put(THIS_MODULE);
}

/**
 * cohmem_guest_is_ram() - does the kernel have it as memory already?
 * @gpu: the GPU
 *
 * So it is where the driver was unbound while the memory was in use.
 *
 * Return: true if so.
 */
bool cohmem_guest_is_ram(const struct cohmem_guest *gpu)
{
	return gpu->len &&
	       region_intersects(gpu->start, gpu->len, IORESOURCE_SYSTEM_RAM,
				 IORES_DESC_NONE) == REGION_INTERSECTS;
}

struct take {
	u64 start;
	u64 len;
	int ret;
	struct completion done;
};

static int take_thread(void *arg)
{
	struct take *t = arg;

	allow_signal(SIGTERM);
	t->ret = offline_and_remove_memory(t->start, t->len);
	complete(&t->done);
	return 0;
}

/*
 * The kernel tries for ever to move what is in use, unless a signal comes. So that
 * is done by a thread, which gets one when time is up, or when the caller does.
 */
static int take_back(struct cohmem_guest *gpu)
{
	struct take t = { .start = gpu->start, .len = gpu->len };
	struct task_struct *task;

	init_completion(&t.done);
	task = kthread_create(take_thread, &t, "cohmem_offline");
	if (IS_ERR(task))
		return PTR_ERR(task);
	get_task_struct(task);
	wake_up_process(task);
	if (wait_for_completion_interruptible_timeout(&t.done, msecs_to_jiffies(offline_ms)) <= 0) {
		send_sig(SIGTERM, task, 1);
		wait_for_completion(&t.done);
	}
	/* Not before it has left this module's code. */
	kthread_stop(task);
	put_task_struct(task);
	return t.ret;
}

static int offline_locked(struct cohmem_guest *gpu)
{
	struct device *dev = &gpu->pdev->dev;
	u64 block = memory_block_size_bytes();
	int ret;

	if (!gpu->online)
		return 0;
	remember_bad(gpu);
	gpu->going = gpu->start;
	ret = take_back(gpu);
	if (!ret) {
		now_offline(gpu);
		dev_info(dev, "memory is off line and removed\n");
		return 0;
	}
	if (gpu->going < gpu->start + gpu->len)
		dev_err(dev,
			"memory stays on line (%d): node %d's memory%llu, 0x%llx-0x%llx, is in use: end what is bound to node %d, or make room for it elsewhere\n",
			ret, gpu->node, gpu->going / block, gpu->going & ~(block - 1),
			gpu->going | (block - 1), gpu->node);
	else
		dev_err(dev, "memory stays on line: the kernel says %d\n", ret);
	return -EBUSY;
}

/**
 * cohmem_guest_offline() - take the memory back from the kernel
 * @gpu: the GPU
 *
 * Context: may sleep, for offline_ms and longer.
 * Return: 0, also if it was off line; -EBUSY if it is in use, all of it is on line
 * then.
 */
int cohmem_guest_offline(struct cohmem_guest *gpu)
{
	int ret;

	mutex_lock(&gpu->lock);
	ret = offline_locked(gpu);
	mutex_unlock(&gpu->lock);
	return ret;
}

static int add(struct cohmem_guest *gpu)
{
	struct device *dev = &gpu->pdev->dev;
	struct range can = mhp_get_pluggable_range(true);
	u64 last = gpu->start + gpu->len - 1;
	int ret;

	if (gpu->start < can.start || last > can.end) {
		dev_err(dev, "0x%llx-0x%llx is not within 0x%llx-0x%llx, where this kernel can have memory\n",
			gpu->start, last, can.start, can.end);
		return -ERANGE;
	}
	/*
	 * With memory_hotplug.memmap_on_memory=1 the page structures (1.6 % of it)
	 * lie in the GPU's memory and not in that of the machine.
	 */
	ret = add_memory_driver_managed(gpu->node, gpu->start, gpu->len,
					COHMEM_GUEST_RAM, MHP_MEMMAP_ON_MEMORY);
	if (ret == -ENOMEM)
		dev_err(dev,
			"no room for the page structures of %llu MiB: give the machine more memory, or memory_hotplug.memmap_on_memory=1, which puts them into the GPU's\n",
			gpu->len >> 20);
	else if (ret)
		dev_err(dev, "the kernel does not take 0x%llx-0x%llx as memory: %d%s\n",
			gpu->start, last, ret,
			ret == -EEXIST ? ", somebody has it" : "");
	return ret;
}

/**
 * cohmem_guest_online() - give the memory to the kernel
 * @gpu: the GPU
 *
 * Context: may sleep, long.
 * Return: 0, also if it was on line; or -errno, and then @gpu->online says whether some
 * of it got there and cannot be taken back.
 */
int cohmem_guest_online(struct cohmem_guest *gpu)
{
	struct device *dev = &gpu->pdev->dev;
	int ret = 0;

	mutex_lock(&gpu->lock);
	if (gpu->online)
		goto out;
	gpu->notifier.notifier_call = heard;
	ret = register_memory_notifier(&gpu->notifier);
	if (ret)
		goto out;
	ret = add(gpu);
	if (ret) {
		unregister_memory_notifier(&gpu->notifier);
		goto out;
	}
	now_online(gpu);
	ret = online_blocks(gpu);
	if (ret) {
		offline_locked(gpu);
		goto out;
	}
	retire_bad(gpu);
	dev_info(dev, "0x%llx-0x%llx is on line: %llu MiB on node %d\n", gpu->start,
		 gpu->start + gpu->len - 1, gpu->len >> 20, gpu->node);
out:
	mutex_unlock(&gpu->lock);
	return ret;
}

/* The driver goes, and the memory does not. */
static void leave_online(struct cohmem_guest *gpu)
{
	dev_err(&gpu->pdev->dev,
		"unbound with its memory on line: it stays so; bind cohmem_guest again to take it back\n");
	unregister_memory_notifier(&gpu->notifier);
	gpu->online = false;
}

/**
 * cohmem_guest_numa_start() - begin mode numa
 * @gpu: the GPU, its memory known
 *
 * Return: 0 or -errno.
 */
int cohmem_guest_numa_start(struct cohmem_guest *gpu)
{
	struct device *dev = &gpu->pdev->dev;
	struct page *page;
	int ret;

	if (!cohmem_guest_is_ram(gpu)) {
		ret = cohmem_guest_online(gpu);
		if (ret && gpu->online)
			leave_online(gpu);
		return ret;
	}
	/* Left on line when the driver was unbound. */
	page = pfn_to_online_page(PHYS_PFN(gpu->start + gpu->len - 1));
	if (!page) {
		dev_err(dev, "0x%llx is memory already, and not ours\n", gpu->start);
		return -EBUSY;
	}
	gpu->notifier.notifier_call = heard;
	ret = register_memory_notifier(&gpu->notifier);
	if (ret)
		return ret;
	gpu->node = page_to_nid(page);
	now_online(gpu);
	/* The reference of back then was kept. */
	module_put(THIS_MODULE);
	dev_info(dev, "memory was left on line on node %d\n", gpu->node);
	return 0;
}

/**
 * cohmem_guest_numa_stop() - end mode numa
 * @gpu: the GPU
 *
 * Who unbinds a driver cannot be refused. Memory that is in use stays on line, and
 * the module stays loaded; the driver finds it again when it is bound the next time.
 */
void cohmem_guest_numa_stop(struct cohmem_guest *gpu)
{
	mutex_lock(&gpu->lock);
	if (offline_locked(gpu))
		leave_online(gpu);
	mutex_unlock(&gpu->lock);
}
