// SPDX-License-Identifier: GPL-2.0-only
/*
 * Has the device class of Extended GPU Memory, as another driver for it would:
 * what is there first keeps it.
 */
#include <linux/device.h>
#include <linux/module.h>

static struct class egm_class = {
	.name	= "egm",
};

static int __init cohmem_rival_egm_init(void)
{
	return class_register(&egm_class);
}
module_init(cohmem_rival_egm_init);

static void __exit cohmem_rival_egm_exit(void)
{
	class_unregister(&egm_class);
}
module_exit(cohmem_rival_egm_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Has the device class of Extended GPU Memory");
