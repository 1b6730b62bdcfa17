// SPDX-License-Identifier: GPL-2.0-only
/* A user of VFIO: the two ways in, regions, mappings, DMA. */
#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "uapi.h"
#include "vfio.h"

static int open_group(struct cohmem_vfio *v, const char *bdf, const char *path)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };

	v->container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	if (v->container < 0)
		return -errno;
	v->group = open(path, O_RDWR | O_CLOEXEC);
	if (v->group < 0)
		return -errno;
	if (ioctl(v->group, VFIO_GROUP_GET_STATUS, &status))
		return -errno;
	if (!(status.flags & VFIO_GROUP_FLAGS_VIABLE))
		return -EPERM;
	if (ioctl(v->group, VFIO_GROUP_SET_CONTAINER, &v->container))
		return -errno;
	if (ioctl(v->container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		return -errno;
	v->fd = ioctl(v->group, VFIO_GROUP_GET_DEVICE_FD, bdf);
	return v->fd < 0 ? -errno : 0;
}

static int open_cdev(struct cohmem_vfio *v, const char *path)
{
	struct abi_bind_iommufd bind = { .argsz = sizeof(bind) };
	struct abi_ioas_alloc ioas = { .size = sizeof(ioas) };
	struct abi_attach_pt attach = { .argsz = sizeof(attach) };

	v->iommufd = open("/dev/iommu", O_RDWR | O_CLOEXEC);
	if (v->iommufd < 0)
		return -errno;
	v->fd = open(path, O_RDWR | O_CLOEXEC);
	if (v->fd < 0)
		return -errno;
	bind.iommufd = v->iommufd;
	if (ioctl(v->fd, ABI_BIND_IOMMUFD, &bind))
		return -errno;
	v->devid = bind.out_devid;
	if (ioctl(v->iommufd, ABI_IOAS_ALLOC, &ioas))
		return -errno;
	v->ioas = ioas.out_ioas_id;
	attach.pt_id = v->ioas;
	return ioctl(v->fd, ABI_ATTACH_PT, &attach) ? -errno : 0;
}

static void parse_sparse(struct cohmem_vfio_region *r, const struct vfio_region_info *info)
{
	const struct vfio_region_info_cap_sparse_mmap *sparse;
	const struct vfio_info_cap_header *cap;
	u32 off, i;

	if (!(info->flags & VFIO_REGION_INFO_FLAG_CAPS))
		return;
	for (off = info->cap_offset; off; off = cap->next) {
		cap = (const void *)((const u8 *)info + off);
		if (cap->id != VFIO_REGION_INFO_CAP_SPARSE_MMAP)
			continue;
		sparse = (const void *)cap;
		for (i = 0; i < sparse->nr_areas &&
		     r->nr_areas < COHMEM_VFIO_AREAS; i++) {
			r->area[r->nr_areas].offset = sparse->areas[i].offset;
			r->area[r->nr_areas++].size = sparse->areas[i].size;
		}
	}
}

/**
 * cohmem_vfio_region_info() - ask about a region, its sparse areas included
 * @fd: the device
 * @index: the region
 * @r: what it is
 * Return: 0 or -errno.
 */
int cohmem_vfio_region_info(int fd, unsigned int index,
			    struct cohmem_vfio_region *r)
{
	union {
		struct vfio_region_info info;
		u8 raw[4096];
	} u = { .info = { .argsz = sizeof(u), .index = index } };

	memset(r, 0, sizeof(*r));
	if (ioctl(fd, VFIO_DEVICE_GET_REGION_INFO, &u.info))
		return -errno;
	if (u.info.argsz > sizeof(u))
		return -E2BIG;
	r->size = u.info.size;
	r->offset = u.info.offset;
	r->flags = u.info.flags;
	parse_sparse(r, &u.info);
	return 0;
}

/**
 * cohmem_vfio_open() - open a device
 * @v: the device
 * @bdf: its address
 * @group: device file of its group, or NULL to enter by @cdev
 * @cdev: its own device file, or NULL
 * Return: 0 or -errno; on failure nothing stays open.
 */
int cohmem_vfio_open(struct cohmem_vfio *v, const char *bdf, const char *group,
		     const char *cdev)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	unsigned int i;
	int ret;

	memset(v, 0, sizeof(*v));
	v->fd = v->group = v->container = v->iommufd = -1;
	if (group)
		ret = open_group(v, bdf, group);
	else
		ret = cdev ? open_cdev(v, cdev) : -ENOENT;
	if (!ret && ioctl(v->fd, VFIO_DEVICE_GET_INFO, &info))
		ret = -errno;
	v->flags = info.flags;
	v->nr_regions = info.num_regions;
	v->nr_irqs = info.num_irqs;
	for (i = 0; !ret && i < COHMEM_VFIO_REGIONS; i++) {
		ret = cohmem_vfio_region_info(v->fd, i, &v->region[i]);
		/* Only the VGA region may be missing; its place is fixed. */
		if (ret == -EINVAL && i == VFIO_PCI_VGA_REGION_INDEX) {
			v->region[i].offset = (u64)i << 40;
			ret = 0;
		}
	}
	if (ret)
		cohmem_vfio_close(v);
	return ret;
}

/**
 * cohmem_vfio_close() - close it; mappings keep it open
 * @v: the device
 */
void cohmem_vfio_close(struct cohmem_vfio *v)
{
	int *fds[] = { &v->fd, &v->group, &v->container, &v->iommufd };
	unsigned int i;

	for (i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
		if (*fds[i] >= 0)
			close(*fds[i]);
		*fds[i] = -1;
	}
}

/**
 * cohmem_vfio_reset() - VFIO_DEVICE_RESET
 * @v: the device
 * Return: 0 or -errno.
 */
int cohmem_vfio_reset(struct cohmem_vfio *v)
{
	return ioctl(v->fd, VFIO_DEVICE_RESET) ? -errno : 0;
}

/**
 * cohmem_vfio_map() - mmap() a piece of a region
 * @v: the device
 * @index: the region
 * @off: offset in it
 * @len: bytes
 * @prot: PROT_*
 * @flags: MAP_*
 * Return: as mmap(2).
 */
void *cohmem_vfio_map(struct cohmem_vfio *v, unsigned int index, u64 off,
		      u64 len, int prot, int flags)
{
	return mmap(NULL, len, prot, flags, v->fd,
		    v->region[index].offset + off);
}

/**
 * cohmem_vfio_map_aligned() - map a piece of a region at a chosen alignment
 * @v: the device
 * @index: the region
 * @off: offset in it
 * @len: bytes
 * @align: a power of two, and no less than a page
 * @skew: address modulo @align
 * Return: as mmap(2); to be read and written, shared.
 */
void *cohmem_vfio_map_aligned(struct cohmem_vfio *v, unsigned int index,
			      u64 off, u64 len, u64 align, u64 skew)
{
	u64 room = len + 2 * align;
	u8 *base, *at, *p;
	int error;

	base = mmap(NULL, room, PROT_NONE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (base == MAP_FAILED)
		return base;
	at = (u8 *)(((uintptr_t)base + align - 1) / align * align + skew);
	p = mmap(at, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, v->fd,
		 v->region[index].offset + off);
	if (p == MAP_FAILED) {
		error = errno;
		munmap(base, room);
		errno = error;
		return p;
	}
	if (at > base)
		munmap(base, at - base);
	munmap(at + len, base + room - (at + len));
	return p;
}

/**
 * cohmem_vfio_read() - pread() of a region
 * @v: the device
 * @index: the region
 * @off: offset in it
 * @buf: where to
 * @count: bytes
 * Return: as pread(2).
 */
ssize_t cohmem_vfio_read(struct cohmem_vfio *v, unsigned int index, u64 off,
			 void *buf, size_t count)
{
	return pread(v->fd, buf, count, v->region[index].offset + off);
}

/**
 * cohmem_vfio_write() - pwrite() of a region
 * @v: the device
 * @index: the region
 * @off: offset in it
 * @buf: from here
 * @count: bytes
 * Return: as pwrite(2).
 */
ssize_t cohmem_vfio_write(struct cohmem_vfio *v, unsigned int index, u64 off,
			  const void *buf, size_t count)
{
	return pwrite(v->fd, buf, count, v->region[index].offset + off);
}

/**
 * cohmem_vfio_dma_map() - let the device reach a piece of our memory
 * @v: the device
 * @va: the memory
 * @iova: where the device sees it
 * @len: bytes
 * Return: 0 or -errno.
 */
int cohmem_vfio_dma_map(struct cohmem_vfio *v, void *va, u64 iova, u64 len)
{
	struct vfio_iommu_type1_dma_map type1 = {
		.argsz = sizeof(type1), .vaddr = (uintptr_t)va, .iova = iova,
		.size = len,
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
	};
	struct abi_ioas_map ioas = {
		.size = sizeof(ioas), .ioas_id = v->ioas,
		.user_va = (uintptr_t)va, .length = len, .iova = iova,
		.flags = ABI_IOAS_MAP_FIXED | ABI_IOAS_MAP_READ |
			 ABI_IOAS_MAP_WRITE,
	};
	int ret = v->iommufd >= 0 ?
		  ioctl(v->iommufd, ABI_IOAS_MAP, &ioas) :
		  ioctl(v->container, VFIO_IOMMU_MAP_DMA, &type1);

	return ret ? -errno : 0;
}

/**
 * cohmem_vfio_dma_unmap() - take it away again
 * @v: the device
 * @iova: where the device saw it
 * @len: bytes
 * Return: 0 or -errno; -ENXIO if something else than @len was unmapped.
 */
int cohmem_vfio_dma_unmap(struct cohmem_vfio *v, u64 iova, u64 len)
{
	struct vfio_iommu_type1_dma_unmap type1 = {
		.argsz = sizeof(type1), .iova = iova, .size = len,
	};
	struct abi_ioas_unmap ioas = {
		.size = sizeof(ioas), .ioas_id = v->ioas, .iova = iova,
		.length = len,
	};

	if (v->iommufd >= 0)
		return ioctl(v->iommufd, ABI_IOAS_UNMAP, &ioas) ? -errno : 0;
	if (ioctl(v->container, VFIO_IOMMU_UNMAP_DMA, &type1))
		return -errno;
	return type1.size == len ? 0 : -ENXIO;
}
