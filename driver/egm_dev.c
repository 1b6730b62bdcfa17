// SPDX-License-Identifier: GPL-2.0-only
/*
 * Extended GPU Memory as a character device, /dev/egm<domain>: what today's VMMs
 * open as the file behind a guest's memory. The names and numbers are those that
 * they use (uapi/egm.h).
 *
 * NVIDIA's module, which no kernel has, makes the same class. Where it is loaded,
 * this one stays away from the memory.
 */
#include <linux/device.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/namei.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "egm.h"
#include "scrub.h"
#include "uapi/egm.h"

#define NR_MINORS	(COHMEM_EGM_MAX_PXM + 1)

static dev_t first_devt;
static bool foreign;

static void egm_release(struct device *dev)
{
	struct cohmem_egm *egm = cohmem_egm_from_dev(dev);

	cohmem_scrub_free(egm->scrub);
	kvfree(egm);
}

/* Mode 0600, as devtmpfs has it by default. */
static struct class egm_class = {
	.name = "egm",
	.dev_groups = cohmem_egm_groups,
	.dev_release = egm_release,
};

static int egm_open(struct inode *inode, struct file *file)
{
	struct cohmem_egm *egm = container_of(inode->i_cdev, struct cohmem_egm,
					      chr);
	struct cohmem_egm_user by = {
		.face = COHMEM_EGM_CHARDEV,
		.mapping = file->f_mapping,
	};
	int ret;

	ret = cohmem_egm_claim(egm, &by, true);
	if (ret)
		return ret;
	get_device(&egm->dev);
	file->private_data = egm;
	return 0;
}

/* The last mapping is gone, too: each has a reference on the file. */
static int egm_close(struct inode *inode, struct file *file)
{
	struct cohmem_egm *egm = file->private_data;

	cohmem_egm_unclaim(egm);
	cohmem_egm_put(egm);
	return 0;
}

static loff_t egm_llseek(struct file *file, loff_t offset, int whence)
{
	struct cohmem_egm *egm = file->private_data;

	return fixed_size_llseek(file, offset, whence, egm->said.size);
}

static int egm_file_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct cohmem_egm *egm = file->private_data;

	return cohmem_egm_mmap_check(egm, vma, 0) ?: cohmem_egm_mmap(egm, vma);
}

static int write_entries(const struct cohmem_egm_retired *retired,
			 struct egm_retired_pages_list __user *arg)
{
	struct egm_retired_pages_info entry = { .size = COHMEM_EGM_BLOCK };
	unsigned int i;

	for (i = 0; i < retired->nr; i++) {
		entry.offset = retired->off[i];
		if (copy_to_user(&arg->retired_pages[i], &entry, sizeof(entry)))
			return -EFAULT;
	}
	return 0;
}

static long retired_list(struct cohmem_egm *egm,
			 struct egm_retired_pages_list __user *arg)
{
	struct egm_retired_pages_list list;
	size_t need = struct_size(&list, retired_pages, egm->retired.nr);
	u32 given;

	if (copy_from_user(&list, arg, sizeof(list)))
		return -EFAULT;
	given = list.argsz;
	if (given < sizeof(list))
		return -EINVAL;
	list.argsz = need;
	list.count = egm->retired.nr;
	if (copy_to_user(arg, &list, sizeof(list)))
		return -EFAULT;
	if (given < need)
		return -ENOSPC;
	return write_entries(&egm->retired, arg);
}

static long egm_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct cohmem_egm *egm = file->private_data;

	if (READ_ONCE(egm->gone))
		return -ENODEV;
	switch (cmd) {
	case EGM_RETIRED_PAGES_LIST:
		return retired_list(egm, (void __user *)arg);
	case EGM_EXPORT_DMABUF:
		return cohmem_egm_export(egm, (void __user *)arg);
	default:
		return -ENOTTY;
	}
}

static const struct file_operations egm_fops = {
	.owner		= THIS_MODULE,
	.open		= egm_open,
	.release	= egm_close,
	.llseek		= egm_llseek,
	.mmap		= egm_file_mmap,
	.get_unmapped_area = thp_get_unmapped_area,
	.unlocked_ioctl	= egm_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
};

/**
 * cohmem_egm_dev_init() - make the device, without showing it
 * @egm: the memory, zeroed but for what others have set up
 * @pxm: its proximity domain
 *
 * From here on cohmem_egm_put() frees @egm.
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int cohmem_egm_dev_init(struct cohmem_egm *egm, unsigned int pxm)
{
	device_initialize(&egm->dev);
	egm->dev.class = &egm_class;
	egm->dev.devt = first_devt + pxm;
	egm->dev.groups = cohmem_memory_groups;
	cdev_init(&egm->chr, &egm_fops);
	egm->chr.owner = THIS_MODULE;
	return dev_set_name(&egm->dev, "egm%u", pxm);
}

/**
 * cohmem_egm_dev_add() - show the device
 * @egm: the memory
 *
 * Context: may sleep; not under cohmem_egm_lock.
 * Return: 0 or a negative errno.
 */
int cohmem_egm_dev_add(struct cohmem_egm *egm)
{
	return cdev_device_add(&egm->chr, &egm->dev);
}

/**
 * cohmem_egm_dev_del() - hide the device; files that are open stay
 * @egm: the memory
 *
 * Context: may sleep; not under cohmem_egm_lock.
 */
void cohmem_egm_dev_del(struct cohmem_egm *egm)
{
	cdev_device_del(&egm->chr, &egm->dev);
}

/**
 * cohmem_egm_foreign() - has another module the class?
 *
 * Return: true if so.
 */
bool cohmem_egm_foreign(void)
{
	return foreign;
}

/* Asked before, as class_register() of a name that is taken fills the log. */
static bool class_is_there(void)
{
	struct path path;

	if (kern_path("/sys/class/egm", LOOKUP_FOLLOW, &path))
		return false;
	path_put(&path);
	return true;
}

/**
 * cohmem_egm_module_init() - the class and its numbers
 *
 * Return: 0, also where the class is another's; or a negative errno.
 */
int cohmem_egm_module_init(void)
{
	int ret;

	foreign = class_is_there();
	if (foreign || !cohmem_egm_wanted())
		return 0;
	ret = alloc_chrdev_region(&first_devt, 0, NR_MINORS, "egm");
	if (ret)
		return ret;
	ret = class_register(&egm_class);
	if (ret)
		unregister_chrdev_region(first_devt, NR_MINORS);
	return ret;
}

/**
 * cohmem_egm_module_exit() - undo cohmem_egm_module_init()
 */
void cohmem_egm_module_exit(void)
{
	if (!first_devt)
		return;
	class_unregister(&egm_class);
	unregister_chrdev_region(first_devt, NR_MINORS);
}
