// SPDX-License-Identifier: GPL-2.0-only
/* Pages that have gone bad. */
#include "device.h"

int cohmem_poison_init(struct cohmem_device *cdev)
{
	return 0;
}

void cohmem_poison_fini(struct cohmem_device *cdev)
{
}

int cohmem_poison_open(struct cohmem_device *cdev)
{
	return 0;
}

void cohmem_poison_close(struct cohmem_device *cdev)
{
}

u64 cohmem_poison_clean(struct cohmem_device *cdev,
			const struct cohmem_region *r, u64 off, u64 len)
{
	return len;
}
