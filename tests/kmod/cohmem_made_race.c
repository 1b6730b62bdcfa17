// SPDX-License-Identifier: GPL-2.0-only
/*
 * A data race made on purpose: two threads count with one counter and no lock. On
 * a kernel that looks for data races it has to be found, or nothing else was.
 */
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/sched.h>

static unsigned int ms = 3000;
module_param(ms, uint, 0400);
MODULE_PARM_DESC(ms, "How long they count");

static unsigned long counter;

static int count(void *unused)
{
	unsigned long end = jiffies + msecs_to_jiffies(ms);

	while (time_before(jiffies, end)) {
		counter++;
		/* in memory, each time */
		barrier();
		cond_resched();
	}
	while (!kthread_should_stop())
		schedule_timeout_interruptible(1);
	return 0;
}

static int __init cohmem_made_race_init(void)
{
	struct task_struct *t[2];
	int i;

	for (i = 0; i < ARRAY_SIZE(t); i++)
		t[i] = kthread_run(count, NULL, "cohmem_made_race/%d", i);
	schedule_timeout_uninterruptible(msecs_to_jiffies(ms) + 1);
	for (i = 0; i < ARRAY_SIZE(t); i++)
		if (!IS_ERR(t[i]))
			kthread_stop(t[i]);
	pr_info("counted to %lu\n", counter);
	return 0;
}
module_init(cohmem_made_race_init);

/* So that it can be unloaded. */
static void __exit cohmem_made_race_exit(void)
{
}
module_exit(cohmem_made_race_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Test helper: a data race made on purpose");
