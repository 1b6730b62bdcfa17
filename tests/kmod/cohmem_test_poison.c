// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pretend that a page of memory has gone bad, for tests.
 *
 * Linux has hwpoison-inject for that, but it refuses pages without struct page,
 * which is what device memory has. So:
 *
 *   echo 0x1000000000 > /sys/module/cohmem_test_poison/parameters/phys
 *
 * calls memory_failure() for the page that holds this physical address. The
 * write fails with the error that memory_failure() returns; a success says that
 * the kernel knew what to do about the page.
 *
 * Write from the process that is to play the one which ran into the error: it
 * gets its SIGBUS (BUS_MCEERR_AR) as if it had touched the page. Other processes
 * get theirs (BUS_MCEERR_AO) only if they asked for it by PR_MCE_KILL_EARLY.
 */
#include <linux/capability.h>
#include <linux/kstrtox.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>

static int phys_set(const char *val, const struct kernel_param *kp)
{
	u64 phys;
	int ret;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	ret = kstrtou64(val, 0, &phys);
	if (ret)
		return ret;
	pr_info("memory_failure() of 0x%llx\n", phys);
	/* Simulated: the kernel keeps its hopes of undoing it. */
	return memory_failure(PHYS_PFN(phys), MF_SW_SIMULATED);
}

static const struct kernel_param_ops phys_ops = {
	.set = phys_set,
};

module_param_cb(phys, &phys_ops, NULL, 0200);
MODULE_PARM_DESC(phys, "Physical address of a page to declare bad");

static int __init test_poison_init(void)
{
	return 0;
}
module_init(test_poison_init);

static void __exit test_poison_exit(void)
{
}
module_exit(test_poison_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Test helper: declare a page of device memory bad");
