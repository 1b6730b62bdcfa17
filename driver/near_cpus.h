/* SPDX-License-Identifier: GPL-2.0-only */
/* The CPUs next to some memory: what near_cpus.c offers scrub.c. */
#ifndef COHMEM_NEAR_CPUS_H
#define COHMEM_NEAR_CPUS_H

#include <linux/cpumask.h>
#include <linux/spinlock.h>

struct device;

/**
 * struct cohmem_near_cpus - where to work on some memory
 * @lock: guards the others
 * @own: @mask was set by an administrator
 * @mask: the CPUs, if so
 */
struct cohmem_near_cpus {
	spinlock_t lock; /* see above */
	bool own;
	cpumask_var_t mask;
};

int cohmem_near_cpus_init(struct cohmem_near_cpus *c);
void cohmem_near_cpus_fini(struct cohmem_near_cpus *c);
void cohmem_near_cpus_get(struct cohmem_near_cpus *c, struct device *dev,
			  struct cpumask *to);
int cohmem_near_cpus_set(struct cohmem_near_cpus *c, const char *list);
int cohmem_near_cpus_show(struct cohmem_near_cpus *c, struct device *dev,
			  char *buf);

#endif /* COHMEM_NEAR_CPUS_H */
