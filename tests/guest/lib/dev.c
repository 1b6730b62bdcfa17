// SPDX-License-Identifier: GPL-2.0-only
/* The GPU as a VFIO device, by the library; and what only tests do with it. */
#include <dirent.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest.h"
#include "uapi.h"

static int group_path(char *path, size_t size)
{
	char link[256], *name;
	ssize_t n;

	n = readlink(dev_path("iommu_group"), link, sizeof(link) - 1);
	if (n < 0)
		return -errno;
	link[n] = 0;
	name = strrchr(link, '/');
	snprintf(path, size, "/dev/vfio/%s", name ? name + 1 : link);
	return 0;
}

static int cdev_path(char *path, size_t size)
{
	DIR *d = opendir(dev_path("vfio-dev"));
	struct dirent *e;
	int ret = -ENOENT;

	if (!d)
		return -errno;
	while (ret && (e = readdir(d))) {
		if (strncmp(e->d_name, "vfio", 4))
			continue;
		snprintf(path, size, "/dev/vfio/devices/%.200s", e->d_name);
		ret = 0;
	}
	closedir(d);
	return ret;
}

/**
 * have_group() - can VFIO be entered by the GPU's group?
 * Return: true if so.
 */
bool have_group(void)
{
	char path[300];

	return !group_path(path, sizeof(path)) && file_exists(path) &&
	       file_exists("/dev/vfio/vfio");
}

/**
 * have_cdev() - can VFIO be entered by the GPU's own character device?
 * Return: true if so; Debian's kernels have no iommufd and so none.
 */
bool have_cdev(void)
{
	char path[300];

	return !cdev_path(path, sizeof(path)) && file_exists(path) &&
	       file_exists("/dev/iommu");
}

static struct cohmem_vfio *vfio(struct dev *d)
{
	return (struct cohmem_vfio *)d;
}

/**
 * __region_info() - ask about a region, its sparse areas included
 * @fd: the device
 * @index: the region
 * @r: what it is
 * Return: 0 or -errno.
 */
int __region_info(int fd, unsigned int index, struct cohmem_vfio_region *r)
{
	return cohmem_vfio_region_info(fd, index, r);
}

/**
 * __dev_open() - open the GPU
 * @d: the device
 * Return: 0 or -errno; on failure nothing stays open.
 */
int __dev_open(struct dev *d)
{
	const char *via = getenv("COHMEM_VIA");
	bool cdev = via ? !strcmp(via, "cdev") : !have_group();
	char path[300];
	int ret;

	ret = cdev ? cdev_path(path, sizeof(path)) :
		     group_path(path, sizeof(path));
	if (ret) {
		memset(d, 0, sizeof(*d));
		d->fd = d->group = d->container = d->iommufd = -1;
		return ret;
	}
	return cohmem_vfio_open(vfio(d), facts()->bdf, cdev ? NULL : path,
				cdev ? path : NULL);
}

/*
 * On a slow host clearing takes longer than anybody may be kept waiting: "try
 * again", says the kernel log then.
 */
static bool still_cleared(int ret)
{
	char state[32] = "idle";

	attr_read("scrub_state", state, sizeof(state));
	return ret == -EBUSY && strcmp(state, "idle");
}

/**
 * dev_open() - open the GPU, or end the test
 * @d: the device
 */
void dev_open(struct dev *d)
{
	int ret = __dev_open(d);
	unsigned int left = slowness();

	while (still_cleared(ret) && --left)
		ret = __dev_open(d);
	CHECK(!ret, "open %s over VFIO: %s", facts()->bdf, strerror(-ret));
}

/**
 * dev_close() - close it; mappings keep it open
 * @d: the device
 */
void dev_close(struct dev *d)
{
	cohmem_vfio_close(vfio(d));
}

/**
 * dev_reset() - VFIO_DEVICE_RESET
 * @d: the device
 * Return: 0 or -errno.
 */
int dev_reset(struct dev *d)
{
	return cohmem_vfio_reset(vfio(d));
}

/**
 * __map() - mmap() a piece of a region
 * @d: the device
 * @bar: the region
 * @off: offset in it
 * @len: bytes
 * @prot: PROT_*
 * @flags: MAP_*
 * Return: as mmap(2).
 */
void *__map(struct dev *d, unsigned int bar, u64 off, u64 len, int prot,
	    int flags)
{
	return cohmem_vfio_map(vfio(d), bar, off, len, prot, flags);
}

/**
 * map() - map a piece of a region where libc puts it
 * @d: the device
 * @bar: the region
 * @off: offset in it
 * @len: bytes
 * Return: the address.
 */
void *map(struct dev *d, unsigned int bar, u64 off, u64 len)
{
	void *p = __map(d, bar, off, len, PROT_READ | PROT_WRITE, MAP_SHARED);

	CHECK(p != MAP_FAILED, "mmap BAR%u %#llx+%#llx: %s", bar,
	      (unsigned long long)off, (unsigned long long)len,
	      strerror(errno));
	return p;
}

/**
 * map_aligned() - map a piece of a region at a chosen alignment
 * @d: the device
 * @bar: the region
 * @off: offset in it
 * @len: bytes
 * @align: a power of two
 * @skew: address modulo @align
 * Return: the address.
 */
void *map_aligned(struct dev *d, unsigned int bar, u64 off, u64 len, u64 align,
		  u64 skew)
{
	void *p = cohmem_vfio_map_aligned(vfio(d), bar, off, len, align, skew);

	CHECK(p != MAP_FAILED, "mmap BAR%u %#llx+%#llx: %s", bar,
	      (unsigned long long)off, (unsigned long long)len,
	      strerror(errno));
	return p;
}

/**
 * unmap() - munmap()
 * @p: the address
 * @len: bytes
 */
void unmap(void *p, u64 len)
{
	CHECK(!munmap(p, len), "munmap: %s", strerror(errno));
}

/**
 * reg_read() - pread() of a region
 * @d: the device
 * @bar: the region
 * @off: offset in it
 * @buf: where to
 * @count: bytes
 * Return: as pread(2).
 */
ssize_t reg_read(struct dev *d, unsigned int bar, u64 off, void *buf,
		 size_t count)
{
	return cohmem_vfio_read(vfio(d), bar, off, buf, count);
}

/**
 * reg_write() - pwrite() of a region
 * @d: the device
 * @bar: the region
 * @off: offset in it
 * @buf: from here
 * @count: bytes
 * Return: as pwrite(2).
 */
ssize_t reg_write(struct dev *d, unsigned int bar, u64 off, const void *buf,
		  size_t count)
{
	return cohmem_vfio_write(vfio(d), bar, off, buf, count);
}

static void bar0_io(struct dev *d, u32 off, void *buf, size_t len, bool write)
{
	ssize_t n = write ? reg_write(d, 0, off, buf, len) :
			    reg_read(d, 0, off, buf, len);

	CHECK(n == (ssize_t)len, "BAR0 %s %#x: %zd (%s)",
	      write ? "write" : "read", off, n, strerror(errno));
}

/**
 * bar0_r32() - read a register of BAR0
 * @d: the device
 * @off: its offset
 * Return: its value.
 */
u32 bar0_r32(struct dev *d, u32 off)
{
	u32 value;

	bar0_io(d, off, &value, sizeof(value), false);
	return value;
}

/**
 * bar0_r64() - read a 64-bit register of BAR0
 * @d: the device
 * @off: its offset
 * Return: its value.
 */
u64 bar0_r64(struct dev *d, u32 off)
{
	u64 value;

	bar0_io(d, off, &value, sizeof(value), false);
	return value;
}

/**
 * bar0_w32() - write a register of BAR0
 * @d: the device
 * @off: its offset
 * @value: its value
 */
void bar0_w32(struct dev *d, u32 off, u32 value)
{
	bar0_io(d, off, &value, sizeof(value), true);
}

/**
 * bar0_w64() - write a 64-bit register of BAR0
 * @d: the device
 * @off: its offset
 * @value: its value
 */
void bar0_w64(struct dev *d, u32 off, u64 value)
{
	bar0_io(d, off, &value, sizeof(value), true);
}

/**
 * __dma_map() - let the device reach a piece of our memory
 * @d: the device
 * @va: the memory
 * @iova: where the device sees it
 * @len: bytes
 * Return: 0 or -errno.
 */
int __dma_map(struct dev *d, void *va, u64 iova, u64 len)
{
	return cohmem_vfio_dma_map(vfio(d), va, iova, len);
}

/**
 * dma_map() - __dma_map(), or end the test
 * @d: the device
 * @va: the memory
 * @iova: where the device sees it
 * @len: bytes
 */
void dma_map(struct dev *d, void *va, u64 iova, u64 len)
{
	int ret = __dma_map(d, va, iova, len);

	CHECK(!ret, "DMA map %p+%#llx at %#llx: %s", va,
	      (unsigned long long)len, (unsigned long long)iova,
	      strerror(-ret));
}

/**
 * __dma_unmap() - take it away again
 * @d: the device
 * @iova: where the device saw it
 * @len: bytes
 * Return: 0 or -errno; -ENXIO if something else than @len was unmapped.
 */
int __dma_unmap(struct dev *d, u64 iova, u64 len)
{
	return cohmem_vfio_dma_unmap(vfio(d), iova, len);
}

/**
 * dma_unmap() - __dma_unmap(), or end the test
 * @d: the device
 * @iova: where the device saw it
 * @len: bytes
 */
void dma_unmap(struct dev *d, u64 iova, u64 len)
{
	int ret = __dma_unmap(d, iova, len);

	CHECK(!ret, "DMA unmap: %s", strerror(-ret));
}

/**
 * __irq_set() - have interrupts signal eventfds
 * @d: the device
 * @index: VFIO_PCI_*_IRQ_INDEX
 * @start: first vector
 * @fds: eventfds
 * @nr: how many
 * Return: 0 or -errno.
 */
int __irq_set(struct dev *d, unsigned int index, unsigned int start,
	      const int *fds, unsigned int nr)
{
	u8 raw[sizeof(struct vfio_irq_set) + 32 * sizeof(int)] = {};
	struct vfio_irq_set *set = (void *)raw;

	set->argsz = sizeof(*set) + nr * sizeof(int);
	set->flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER;
	set->index = index;
	set->start = start;
	set->count = nr;
	memcpy(set->data, fds, nr * sizeof(int));
	return ioctl(d->fd, VFIO_DEVICE_SET_IRQS, set) ? -errno : 0;
}

/**
 * irq_off() - turn interrupts of one kind off
 * @d: the device
 * @index: VFIO_PCI_*_IRQ_INDEX
 */
void irq_off(struct dev *d, unsigned int index)
{
	struct vfio_irq_set set = {
		.argsz = sizeof(set), .index = index,
		.flags = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER,
	};

	CHECK(!ioctl(d->fd, VFIO_DEVICE_SET_IRQS, &set), "irqs off: %s",
	      strerror(errno));
}

/**
 * dev_export() - a range of a region as a dma-buf
 * @d: the device
 * @bar: region index
 * @off: offset in the region, bytes
 * @len: bytes
 *
 * Return: a descriptor, or -errno.
 */
int dev_export(struct dev *d, unsigned int bar, u64 off, u64 len)
{
	struct {
		struct vfio_device_feature head;
		struct abi_dma_buf buf;
		struct abi_dma_buf_range range;
	} arg = {
		.head.argsz = sizeof(arg),
		.head.flags = VFIO_DEVICE_FEATURE_GET | ABI_FEATURE_DMA_BUF,
		.buf.region_index = bar,
		.buf.open_flags = O_RDWR | O_CLOEXEC,
		.buf.nr_ranges = 1,
		.range = { off, len },
	};
	int fd = ioctl(d->fd, VFIO_DEVICE_FEATURE, &arg);

	return fd < 0 ? -errno : fd;
}

/**
 * dev_still_works() - after all that: a device as if nothing had been
 *
 * Nobody has it open. It is written to, mapped, reset and read.
 */
void dev_still_works(void)
{
	u64 v = 0x1122334455667788ULL;
	struct dev d;
	u8 *p;

	dev_open(&d);
	set_command(&d, 2, 0);
	CHECK_EQ(reg_write(&d, 4, 4096, &v, sizeof(v)), sizeof(v));
	p = map(&d, 4, 0, 65536);
	CHECK_EQ(load((u64 *)(p + 4096)), v);
	unmap(p, 65536);
	CHECK_EQ(dev_reset(&d), 0);
	set_command(&d, 2, 0);
	CHECK_EQ(reg_read(&d, 4, 4096, &v, sizeof(v)), sizeof(v));
	dev_close(&d);
}
