/* SPDX-License-Identifier: GPL-2.0-only */
/* The operations that the driver fills, where this kernel's lack some. */
#ifndef COHMEM_COMPAT_VFIO_OPS_H
#define COHMEM_COMPAT_VFIO_OPS_H

#include <linux/uuid.h>

struct iommufd_ctx;

/**
 * struct cohmem_compat_ops - struct vfio_device_ops as of the newest kernel
 *
 * Members and their meaning are those of that structure.
 */
struct cohmem_compat_ops {
	char *name;
	int (*init)(struct vfio_device *vdev);
	void (*release)(struct vfio_device *vdev);
	int (*bind_iommufd)(struct vfio_device *vdev, struct iommufd_ctx *ictx,
			    u32 *out_device_id);
	void (*unbind_iommufd)(struct vfio_device *vdev);
	int (*attach_ioas)(struct vfio_device *vdev, u32 *pt_id);
	void (*detach_ioas)(struct vfio_device *vdev);
	int (*pasid_attach_ioas)(struct vfio_device *vdev, u32 pasid,
				 u32 *pt_id);
	void (*pasid_detach_ioas)(struct vfio_device *vdev, u32 pasid);
	int (*open_device)(struct vfio_device *vdev);
	void (*close_device)(struct vfio_device *vdev);
	ssize_t (*read)(struct vfio_device *vdev, char __user *buf,
			size_t count, loff_t *ppos);
	ssize_t (*write)(struct vfio_device *vdev, const char __user *buf,
			 size_t count, loff_t *ppos);
	long (*ioctl)(struct vfio_device *vdev, unsigned int cmd,
		      unsigned long arg);
	int (*get_region_info_caps)(struct vfio_device *vdev,
				    struct vfio_region_info *info,
				    struct vfio_info_cap *caps);
	int (*mmap)(struct vfio_device *vdev, struct vm_area_struct *vma);
	void (*request)(struct vfio_device *vdev, unsigned int count);
	int (*match)(struct vfio_device *vdev, char *buf);
	int (*match_token_uuid)(struct vfio_device *vdev, const uuid_t *uuid);
	void (*dma_unmap)(struct vfio_device *vdev, u64 iova, u64 length);
	int (*device_feature)(struct vfio_device *vdev, u32 flags,
			      void __user *arg, size_t argsz);
};

struct vfio_device *
cohmem_compat_alloc_device(size_t size, struct device *dev,
			   const struct cohmem_compat_ops *ops);

#endif /* COHMEM_COMPAT_VFIO_OPS_H */
