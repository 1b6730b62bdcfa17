// SPDX-License-Identifier: GPL-2.0-only
/*
 * Map a range of device memory as drivers commonly do, by remap_pfn_range(), to
 * be compared with: all of it at mmap(), a page at a time.
 *
 *   echo "0x3000000000 0x30000000" > /sys/module/cohmem_test_remap/parameters/range
 *
 * and then mmap() of /dev/cohmem_test_remap, shared. A base and a size that are
 * no memory are whatever the hardware does with them.
 */
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>

static u64 base, size;

static int remap_mmap(struct file *file, struct vm_area_struct *vma)
{
	unsigned long len = vma->vm_end - vma->vm_start;

	if (!(vma->vm_flags & VM_SHARED) || vma->vm_pgoff ||
	    PAGE_ALIGN(size) != size || len > size)
		return -EINVAL;
	return remap_pfn_range(vma, vma->vm_start, PHYS_PFN(base), len,
			       vma->vm_page_prot);
}

static const struct file_operations remap_fops = {
	.owner	= THIS_MODULE,
	.mmap	= remap_mmap,
};

static struct miscdevice remap_dev = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "cohmem_test_remap",
	.fops	= &remap_fops,
	.mode	= 0600,
};

static int range_set(const char *val, const struct kernel_param *kp)
{
	u64 from, len;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (sscanf(val, "%lli %lli", &from, &len) != 2)
		return -EINVAL;
	base = from;
	size = len;
	return 0;
}

static const struct kernel_param_ops range_ops = {
	.set = range_set,
};

module_param_cb(range, &range_ops, NULL, 0200);
MODULE_PARM_DESC(range, "Physical address and size of what mmap() shows");

static int __init test_remap_init(void)
{
	return misc_register(&remap_dev);
}
module_init(test_remap_init);

static void __exit test_remap_exit(void)
{
	misc_deregister(&remap_dev);
}
module_exit(test_remap_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Test helper: map device memory by remap_pfn_range()");
