// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pretend that a virtual machine reads a page that has gone bad, for tests.
 *
 * What a CPU does then cannot be had under emulation: nothing there loses the contents
 * of a page. On hardware the load ends with a synchronous external abort, taken by the
 * host in the context of the virtual CPU, and firmware's record of it has the kernel
 * call memory_failure() there, on the way back to user space (ghes_do_memory_failure()).
 * The last step is what is done here, at the moment of the load:
 *
 *   echo PID IPA PHYS > /sys/module/cohmem_test_touch/parameters/page
 *
 * takes away what process PID (the VMM) maps by page frames, so that its guest faults
 * on what it knows as IPA. Of the first such fault that comes from a program of the
 * guest - its kernel would die of it - the virtual CPU's thread takes a
 * memory_failure() of PHYS, with all that follows from it. A page is not seen to be
 * touched if something else of the block that KVM maps it by was touched before: then
 * IPA has to be of another page, which the program reads first. What came of it is in
 * the parameter "result": "waiting", or a number, 0 or -errno.
 */
#include <linux/kstrtox.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/pid.h>
#include <linux/sched/mm.h>
#include <linux/task_work.h>
#include <linux/tracepoint.h>

#define WAITING		1

static struct tracepoint *fault_tp;
static struct callback_head work;
/* The page, in the guest's physical addresses and in ours. */
static u64 ipa, phys;
/* Nobody touches the page twice: the first one takes this. */
static atomic_t armed = ATOMIC_INIT(0);
static int result;
static DEFINE_MUTEX(lock);

/* In the thread of the virtual CPU, on its way out of KVM. */
static void fail(struct callback_head *head)
{
	/* Simulated: the kernel keeps its hopes of undoing it. */
	WRITE_ONCE(result, memory_failure(PHYS_PFN(phys),
					  MF_ACTION_REQUIRED | MF_SW_SIMULATED));
	module_put(THIS_MODULE);
}

static void on_fault(void *data, unsigned long pc, unsigned long esr,
		     unsigned long far, unsigned long long at)
{
	bool kernel = pc >> 63;

	if (kernel || (at ^ ipa) & PAGE_MASK || !atomic_cmpxchg(&armed, 1, 0))
		return;
	init_task_work(&work, fail);
	if (task_work_add(current, &work, TWA_RESUME)) {
		WRITE_ONCE(result, -ESRCH);
		module_put(THIS_MODULE);
	}
}

static void find_tp(struct tracepoint *tp, void *data)
{
	if (!strcmp(tp->name, "kvm_guest_fault"))
		fault_tp = tp;
}

/* The next access to anything that is mapped by page frames is a fault. */
static int take_away(pid_t nr)
{
	struct pid *pid = find_get_pid(nr);
	struct task_struct *task = get_pid_task(pid, PIDTYPE_PID);
	struct vm_area_struct *vma;
	struct mm_struct *mm;

	put_pid(pid);
	if (!task)
		return -ESRCH;
	mm = get_task_mm(task);
	put_task_struct(task);
	if (!mm)
		return -ESRCH;
	mmap_read_lock(mm);
	{
		VMA_ITERATOR(vmi, mm, 0);

		for_each_vma(vmi, vma) {
			if (vma->vm_flags & VM_PFNMAP && vma->vm_file)
				unmap_mapping_range(vma->vm_file->f_mapping,
						    (loff_t)vma->vm_pgoff << PAGE_SHIFT,
						    vma->vm_end - vma->vm_start, 1);
		}
	}
	mmap_read_unlock(mm);
	mmput(mm);
	return 0;
}

static int page_set(const char *val, const struct kernel_param *kp)
{
	u64 guest, host;
	int pid, ret;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (sscanf(val, "%d %lli %lli", &pid, &guest, &host) != 3)
		return -EINVAL;
	mutex_lock(&lock);
	ret = fault_tp ? 0 : -EOPNOTSUPP;
	/* Nobody has touched the last one, and nobody is going to. */
	if (!ret && atomic_cmpxchg(&armed, 1, 0))
		module_put(THIS_MODULE);
	else if (!ret && READ_ONCE(result) == WAITING)
		ret = -EBUSY;
	if (!ret) {
		ipa = guest;
		phys = host;
		WRITE_ONCE(result, WAITING);
		__module_get(THIS_MODULE);
		atomic_set_release(&armed, 1);
		ret = take_away(pid);
		/* Too late if it has been touched meanwhile: then it was there. */
		if (ret && atomic_cmpxchg(&armed, 1, 0)) {
			WRITE_ONCE(result, ret);
			module_put(THIS_MODULE);
		}
	}
	mutex_unlock(&lock);
	return ret;
}

static const struct kernel_param_ops page_ops = {
	.set = page_set,
};

module_param_cb(page, &page_ops, NULL, 0200);
MODULE_PARM_DESC(page, "VMM's process, the page in its guest, and where that really is");

static int result_get(char *buf, const struct kernel_param *kp)
{
	int now = READ_ONCE(result);

	return now == WAITING ? sysfs_emit(buf, "waiting\n") : sysfs_emit(buf, "%d\n", now);
}

static const struct kernel_param_ops result_ops = {
	.get = result_get,
};

module_param_cb(result, &result_ops, NULL, 0400);
MODULE_PARM_DESC(result, "What came of the page: waiting, 0 or -errno");

static int __init test_touch_init(void)
{
	/* None where KVM is a module of its own, or not there. */
	for_each_kernel_tracepoint(find_tp, NULL);
	return fault_tp ? tracepoint_probe_register(fault_tp, on_fault, NULL) : 0;
}
module_init(test_touch_init);

static void __exit test_touch_exit(void)
{
	if (fault_tp)
		tracepoint_probe_unregister(fault_tp, on_fault, NULL);
	tracepoint_synchronize_unregister();
}
module_exit(test_touch_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Test helper: a guest reads a page of device memory that is bad");
