// SPDX-License-Identifier: GPL-2.0-only
/* Attributes of the PCI device. */
#include <linux/sysfs.h>

#include "device.h"

const struct attribute_group *cohmem_sysfs_groups[] = {
	NULL
};
