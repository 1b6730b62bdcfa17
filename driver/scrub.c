// SPDX-License-Identifier: GPL-2.0-only
/* Data does not outlive its user. */
#include "device.h"

int cohmem_scrub_init(struct cohmem_device *cdev)
{
	return 0;
}

void cohmem_scrub_fini(struct cohmem_device *cdev)
{
}

int cohmem_scrub_open(struct cohmem_device *cdev)
{
	return 0;
}

void cohmem_scrub_close(struct cohmem_device *cdev)
{
}
