// SPDX-License-Identifier: GPL-2.0-only
/*
 * The copy engine of an emulated GPU, for the kernel's VFIO selftests; hw.h is its
 * manual. It does one job at a time: the first of several copies begins at once,
 * the others when somebody waits.
 */
#include <errno.h>
#include <stdint.h>
#include <time.h>

#include <linux/errno.h>
#include <linux/io.h>
#include <linux/pci_ids.h>
#include <linux/sizes.h>

#include <libvfio.h>

#include "hw.h"

/* More than any emulated machine needs for one job of MAX_SIZE. */
#define TIMEOUT_S	30
#define MAX_SIZE	SZ_16M
#define MAX_COUNT	64
#define MSI		1

/* In the driver's region: what is left to copy, and a word to read for an MSI. */
struct cohmem_state {
	u64 src, dst, size, count;
	u32 word;
};

static struct cohmem_state *to_state(struct vfio_pci_device *device)
{
	return device->driver.region.vaddr;
}

static void *engine(struct vfio_pci_device *device)
{
	return device->bars[0].vaddr + COHMEM_ENGINE_BASE;
}

static int cohmem_probe(struct vfio_pci_device *device)
{
	struct vfio_pci_bar *bar = &device->bars[0];

	if (vfio_pci_config_readw(device, PCI_VENDOR_ID) != PCI_VENDOR_ID_NVIDIA)
		return -ENODEV;
	if (!bar->vaddr ||
	    bar->info.size < COHMEM_ENGINE_BASE + COHMEM_ENGINE_SIZE)
		return -ENODEV;
	if (readl(engine(device) + COHMEM_ENGINE_ID) != COHMEM_ENGINE_MAGIC)
		return -ENODEV;
	return 0;
}

static void start(struct vfio_pci_device *device, u32 op, u64 src, u64 dst,
		  u64 size, u32 irq)
{
	void *reg = engine(device);

	writel(op, reg + COHMEM_ENGINE_OP);
	writel(irq, reg + COHMEM_ENGINE_IRQ);
	writeq(src, reg + COHMEM_ENGINE_SRC);
	writeq(dst, reg + COHMEM_ENGINE_DST);
	writeq(size, reg + COHMEM_ENGINE_LEN);
	writel(COHMEM_SPACE_BUS, reg + COHMEM_ENGINE_SRC_SPACE);
	writel(COHMEM_SPACE_BUS, reg + COHMEM_ENGINE_DST_SPACE);
	writel(1, reg + COHMEM_ENGINE_DOORBELL);
}

/* 0, -EIO where the engine met an error, -ETIMEDOUT. */
static int wait_idle(struct vfio_pci_device *device)
{
	time_t end = time(NULL) + TIMEOUT_S;
	u32 status;

	do {
		status = readl(engine(device) + COHMEM_ENGINE_STATUS);
		if (status != COHMEM_STATUS_BUSY)
			return status == COHMEM_STATUS_ERROR ? -EIO : 0;
	} while (time(NULL) < end);
	return -ETIMEDOUT;
}

static void cohmem_init(struct vfio_pci_device *device)
{
	struct vfio_pci_driver *driver = &device->driver;

	VFIO_ASSERT_GE(driver->region.size, sizeof(struct cohmem_state));
	vfio_pci_device_reset(device);
	vfio_pci_cmd_set(device, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	driver->max_memcpy_size = MAX_SIZE;
	driver->max_memcpy_count = MAX_COUNT;
	driver->msi = MSI;
	vfio_pci_msix_enable(device, MSI, 1);
}

static void cohmem_remove(struct vfio_pci_device *device)
{
	vfio_pci_msix_disable(device);
	vfio_pci_cmd_clear(device, PCI_COMMAND_MASTER);
	vfio_pci_device_reset(device);
}

static void copy_next(struct vfio_pci_device *device)
{
	struct cohmem_state *s = to_state(device);

	s->count--;
	start(device, COHMEM_OP_COPY, s->src, s->dst, s->size, 0);
}

static void cohmem_memcpy_start(struct vfio_pci_device *device, iova_t src,
				iova_t dst, u64 size, u64 count)
{
	struct cohmem_state *s = to_state(device);

	s->src = src;
	s->dst = dst;
	s->size = size;
	s->count = count;
	copy_next(device);
}

static int cohmem_memcpy_wait(struct vfio_pci_device *device)
{
	struct cohmem_state *s = to_state(device);
	int ret = wait_idle(device);

	while (!ret && s->count) {
		copy_next(device);
		ret = wait_idle(device);
	}
	return ret;
}

/* A job that only reads a word, and tells that it is done. */
static void cohmem_send_msi(struct vfio_pci_device *device)
{
	start(device, COHMEM_OP_CRC32, to_iova(device, &to_state(device)->word),
	      0, sizeof(u32), MSI | COHMEM_ENGINE_IRQ_ON);
	VFIO_ASSERT_EQ(wait_idle(device), 0);
}

struct vfio_pci_driver_ops cohmem_ops = {
	.name = "cohmem",
	.probe = cohmem_probe,
	.init = cohmem_init,
	.remove = cohmem_remove,
	.memcpy_start = cohmem_memcpy_start,
	.memcpy_wait = cohmem_memcpy_wait,
	.send_msi = cohmem_send_msi,
};
