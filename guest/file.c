// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mode "driver": the kernel does not have the memory; programs map it from a file,
 * /dev/cohmem/ADDRESS. Mappings are shared and cacheable, and made of leaves as
 * large as the kernel has them for page frames (a PMD: 2 MiB with pages of 4 KiB).
 *
 * A reset, or a sleep of the machine, may lose what is in the memory. Nobody is to
 * take what comes after it for his data: whoever had the file open gets SIGBUS from
 * then on and has to open it again. Unbinding does the same.
 *
 * All mappings hang on one inode of our own, whichever node the file was opened
 * by, so that they can be found.
 */
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/pseudo_fs.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "guest.h"

#define GUEST_FS_MAGIC	0x434f4847	/* "COHG" */

/**
 * struct open_file - one who has opened it
 * @gpu: the GPU
 * @resets: of the GPU, when that was
 */
struct open_file {
	struct cohmem_guest *gpu;
	unsigned int resets;
};

static struct vfsmount *mnt;

static int init_fs(struct fs_context *fc)
{
	return init_pseudo(fc, GUEST_FS_MAGIC) ? 0 : -ENOMEM;
}

/* No owner: the mount is the module's own, and goes with it. */
static struct file_system_type guest_fs = {
	.name = "cohmem_guest",
	.init_fs_context = init_fs,
	.kill_sb = kill_anon_super,
};

/**
 * cohmem_guest_file_init() - what the inodes are of
 *
 * Return: 0 or -errno.
 */
int cohmem_guest_file_init(void)
{
	mnt = kern_mount(&guest_fs);
	return PTR_ERR_OR_ZERO(mnt);
}

/**
 * cohmem_guest_file_exit() - no file is open any more
 */
void cohmem_guest_file_exit(void)
{
	kern_unmount(mnt);
}

/* Can whoever opened @of then reach the memory now? The gate is held. */
static bool reachable(const struct open_file *of)
{
	return !of->gpu->closed && of->gpu->resets == of->resets;
}

static vm_fault_t insert_pmd(struct vm_fault *vmf, unsigned long pfn)
{
#ifdef CONFIG_ARCH_SUPPORTS_PMD_PFNMAP
	return vmf_insert_pfn_pmd(vmf, pfn, vmf->flags & FAULT_FLAG_WRITE);
#else
	return VM_FAULT_FALLBACK;
#endif
}

static vm_fault_t insert(struct vm_fault *vmf, unsigned int order)
{
	struct open_file *of = vmf->vma->vm_file->private_data;
	u64 size = PAGE_SIZE << order, offset;
	struct cohmem_guest *gpu = of->gpu;
	unsigned long addr, pfn;
	vm_fault_t ret;

	addr = vmf->address & ~(size - 1);
	offset = ((u64)vmf->vma->vm_pgoff << PAGE_SHIFT) + addr - vmf->vma->vm_start;
	pfn = PHYS_PFN(gpu->base + offset);
	if (order && (addr < vmf->vma->vm_start || addr + size > vmf->vma->vm_end ||
		      !IS_ALIGNED(pfn, 1UL << order)))
		return VM_FAULT_FALLBACK;

	down_read(&gpu->gate);
	if (!reachable(of))
		ret = VM_FAULT_SIGBUS;
	else if (cohmem_guest_bad_any(gpu->bad, offset, size))
		ret = order ? VM_FAULT_FALLBACK : VM_FAULT_HWPOISON;
	else if (!order)
		ret = vmf_insert_pfn(vmf->vma, vmf->address, pfn);
	else
		ret = insert_pmd(vmf, pfn);
	up_read(&gpu->gate);
	return ret;
}

static vm_fault_t fault(struct vm_fault *vmf)
{
	return insert(vmf, 0);
}

static vm_fault_t huge_fault(struct vm_fault *vmf, unsigned int order)
{
	return order == PMD_ORDER ? insert(vmf, order) : VM_FAULT_FALLBACK;
}

static const struct vm_operations_struct vm_ops = {
	.fault = fault,
	.huge_fault = huge_fault,
};

static int guest_mmap(struct file *f, struct vm_area_struct *vma)
{
	struct open_file *of = f->private_data;
	u64 pages = PHYS_PFN(of->gpu->size);

	/* A private one would be a copy of device memory in the machine's. */
	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	if (vma->vm_pgoff >= pages || vma_pages(vma) > pages - vma->vm_pgoff)
		return -EINVAL;
	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_ops = &vm_ops;
	return 0;
}

static loff_t guest_llseek(struct file *f, loff_t offset, int whence)
{
	struct open_file *of = f->private_data;

	return fixed_size_llseek(f, offset, whence, of->gpu->size);
}

static int guest_open(struct inode *inode, struct file *f)
{
	/* misc_open() holds a lock that misc_deregister() wants: it is there. */
	struct cohmem_guest *gpu = container_of(f->private_data, struct cohmem_guest, misc);
	struct open_file *of;
	int ret = 0;

	of = kzalloc_obj(*of);
	if (!of)
		return -ENOMEM;
	down_read(&gpu->gate);
	of->gpu = gpu;
	of->resets = gpu->resets;
	if (gpu->closed)
		ret = -EAGAIN;
	up_read(&gpu->gate);
	if (ret) {
		kfree(of);
		return ret;
	}
	kref_get(&gpu->ref);
	f->private_data = of;
	f->f_mapping = gpu->inode->i_mapping;
	return 0;
}

static int guest_release(struct inode *inode, struct file *f)
{
	struct open_file *of = f->private_data;

	cohmem_guest_put(of->gpu);
	kfree(of);
	return 0;
}

static const struct file_operations guest_fops = {
	.owner = THIS_MODULE,
	.open = guest_open,
	.release = guest_release,
	.mmap = guest_mmap,
	.llseek = guest_llseek,
	.get_unmapped_area = thp_get_unmapped_area,
};

/* A page of ours has failed; rcu_read_lock() is held. */
static void failed(struct pfn_address_space *space, unsigned long pfn)
{
	struct cohmem_guest *gpu = container_of(space, struct cohmem_guest, space);

	/* Its leaf stays until somebody takes it away, which is not for here. */
	if (cohmem_guest_bad_note(gpu->bad, PFN_PHYS((u64)pfn) - gpu->base))
		schedule_work(&gpu->zap);
}

static void zap_all(struct work_struct *work)
{
	struct cohmem_guest *gpu = container_of(work, struct cohmem_guest, zap);

	cohmem_guest_file_zap(gpu, 0, gpu->size);
}

/* memory_failure() asks where @vma, which is one of our mapping, shows @pfn. */
static int pfn_to_vma_pgoff(struct vm_area_struct *vma, unsigned long pfn,
			    pgoff_t *pgoff)
{
	const struct open_file *of = vma->vm_file->private_data;
	pgoff_t at = pfn - PHYS_PFN(of->gpu->base);

	if (at < vma->vm_pgoff || at - vma->vm_pgoff >= vma_pages(vma))
		return -EFAULT;
	*pgoff = at;
	return 0;
}

static void watch(struct cohmem_guest *gpu)
{
	int ret;

	gpu->space.node.start = PHYS_PFN(gpu->base);
	gpu->space.node.last = PHYS_PFN(gpu->base + gpu->size - 1);
	gpu->space.mapping = gpu->inode->i_mapping;
	gpu->space.failed = failed;
	gpu->space.pfn_to_vma_pgoff = pfn_to_vma_pgoff;
	ret = register_pfn_address_space(&gpu->space);
	gpu->watched = !ret;
	if (ret)
		dev_info(&gpu->pdev->dev,
			 "this kernel does not report memory errors of device memory (%d): bad pages are only those in bad_pages\n",
			 ret);
}

/**
 * cohmem_guest_file_start() - begin mode driver
 * @gpu: the GPU, its memory known
 *
 * Return: 0 or -errno.
 */
int cohmem_guest_file_start(struct cohmem_guest *gpu)
{
	struct device *dev = &gpu->pdev->dev;
	int ret;

	if (cohmem_guest_is_ram(gpu)) {
		dev_err(dev, "its memory is still on line: bind it in mode numa, and put it off line\n");
		return -EBUSY;
	}
	ret = pci_request_region(gpu->pdev, COHMEM_GUEST_BAR, "cohmem_guest");
	if (ret)
		return ret;
	gpu->inode = alloc_anon_inode(mnt->mnt_sb);
	if (IS_ERR(gpu->inode)) {
		ret = PTR_ERR(gpu->inode);
		gpu->inode = NULL;
		goto err_region;
	}
	INIT_WORK(&gpu->zap, zap_all);
	snprintf(gpu->name, sizeof(gpu->name), "cohmem/%s", pci_name(gpu->pdev));
	gpu->misc.minor = MISC_DYNAMIC_MINOR;
	gpu->misc.name = gpu->name;
	gpu->misc.nodename = gpu->name;
	gpu->misc.fops = &guest_fops;
	gpu->misc.parent = dev;
	gpu->misc.mode = 0600;
	ret = misc_register(&gpu->misc);
	if (ret)
		goto err_region;	/* the inode goes with the last reference */
	watch(gpu);
	dev_info(dev, "0x%llx-0x%llx: %llu MiB in /dev/%s\n", gpu->base,
		 gpu->base + gpu->size - 1, gpu->size >> 20, gpu->name);
	return 0;

err_region:
	pci_release_region(gpu->pdev, COHMEM_GUEST_BAR);
	return ret;
}

/**
 * cohmem_guest_file_stop() - end mode driver
 * @gpu: the GPU
 *
 * Files may stay open: they have nothing any more.
 */
void cohmem_guest_file_stop(struct cohmem_guest *gpu)
{
	misc_deregister(&gpu->misc);
	cohmem_guest_file_close(gpu);
	if (gpu->watched)
		unregister_pfn_address_space(&gpu->space);
	cancel_work_sync(&gpu->zap);
	pci_release_region(gpu->pdev, COHMEM_GUEST_BAR);
}

/**
 * cohmem_guest_file_release() - the last reference has gone
 * @gpu: the GPU
 */
void cohmem_guest_file_release(struct cohmem_guest *gpu)
{
	iput(gpu->inode);
}

/**
 * cohmem_guest_file_zap() - take a range away from who has it mapped
 * @gpu: the GPU
 * @offset: where it begins
 * @len: its bytes
 */
void cohmem_guest_file_zap(struct cohmem_guest *gpu, u64 offset, u64 len)
{
	/* A fault that has looked already is to have its leaf in by now. */
	down_write(&gpu->gate);
	up_write(&gpu->gate);
	unmap_mapping_range(gpu->inode->i_mapping, offset, len, 1);
}

/**
 * cohmem_guest_file_close() - from now on nobody reaches the memory
 * @gpu: the GPU
 */
void cohmem_guest_file_close(struct cohmem_guest *gpu)
{
	down_write(&gpu->gate);
	gpu->closed = true;
	gpu->resets++;
	up_write(&gpu->gate);
	cohmem_guest_file_zap(gpu, 0, gpu->size);
}

/**
 * cohmem_guest_file_open() - it can be reached again, by who opens it from now on
 * @gpu: the GPU
 */
void cohmem_guest_file_open(struct cohmem_guest *gpu)
{
	down_write(&gpu->gate);
	gpu->closed = false;
	up_write(&gpu->gate);
}
