// SPDX-License-Identifier: GPL-2.0-only
/* dma-buf export of the coherent regions. */
#include "device.h"

void cohmem_dmabuf_init(struct cohmem_device *cdev)
{
}

void cohmem_dmabuf_open(struct cohmem_device *cdev)
{
}

void cohmem_dmabuf_close(struct cohmem_device *cdev)
{
}
