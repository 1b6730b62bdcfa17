// SPDX-License-Identifier: GPL-2.0-only
/* The CPUs next to some memory, or what an administrator has set. */
#include <linux/device.h>
#include <linux/numa.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <linux/topology.h>

#include "near_cpus.h"

/**
 * cohmem_near_cpus_init() - begin with those next to the memory
 * @c: zeroed
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int cohmem_near_cpus_init(struct cohmem_near_cpus *c)
{
	spin_lock_init(&c->lock);
	return zalloc_cpumask_var(&c->mask, GFP_KERNEL) ? 0 : -ENOMEM;
}

/**
 * cohmem_near_cpus_fini() - undo cohmem_near_cpus_init()
 * @c: the CPUs
 */
void cohmem_near_cpus_fini(struct cohmem_near_cpus *c)
{
	free_cpumask_var(c->mask);
}

/**
 * cohmem_near_cpus_get() - which CPUs it is now
 * @c: the CPUs
 * @dev: whose memory it is
 * @to: filled; at least one of them is on line
 *
 * Context: any that may take a spinlock.
 */
void cohmem_near_cpus_get(struct cohmem_near_cpus *c, struct device *dev,
			  struct cpumask *to)
{
	int node = dev_to_node(dev);

	spin_lock(&c->lock);
	if (c->own)
		cpumask_copy(to, c->mask);
	else if (node != NUMA_NO_NODE)
		cpumask_copy(to, cpumask_of_node(node));
	else
		cpumask_copy(to, cpu_online_mask);
	spin_unlock(&c->lock);
	/* A node without CPUs, or all that were chosen are off line. */
	if (!cpumask_intersects(to, cpu_online_mask))
		cpumask_copy(to, cpu_online_mask);
}

/**
 * cohmem_near_cpus_set() - what an administrator wants
 * @c: the CPUs
 * @list: a list of CPUs ("0-3,8"), or "default" for those next to the memory
 *
 * Context: may sleep.
 * Return: 0; -EINVAL; -ENOMEM.
 */
int cohmem_near_cpus_set(struct cohmem_near_cpus *c, const char *list)
{
	bool own = !sysfs_streq(list, "default");
	cpumask_var_t cpus;
	int ret = 0;

	if (!zalloc_cpumask_var(&cpus, GFP_KERNEL))
		return -ENOMEM;
	if (own) {
		ret = cpulist_parse(list, cpus);
		if (!ret && !cpumask_intersects(cpus, cpu_online_mask))
			ret = -EINVAL;
	}
	if (!ret) {
		spin_lock(&c->lock);
		cpumask_copy(c->mask, cpus);
		c->own = own;
		spin_unlock(&c->lock);
	}
	free_cpumask_var(cpus);
	return ret;
}

/**
 * cohmem_near_cpus_show() - print which CPUs it is now
 * @c: the CPUs
 * @dev: whose memory it is
 * @buf: a sysfs buffer
 *
 * Context: may sleep.
 * Return: bytes printed or -ENOMEM.
 */
int cohmem_near_cpus_show(struct cohmem_near_cpus *c, struct device *dev,
			  char *buf)
{
	cpumask_var_t cpus;
	int len;

	if (!alloc_cpumask_var(&cpus, GFP_KERNEL))
		return -ENOMEM;
	cohmem_near_cpus_get(c, dev, cpus);
	len = sysfs_emit(buf, "%*pbl\n", cpumask_pr_args(cpus));
	free_cpumask_var(cpus);
	return len;
}
