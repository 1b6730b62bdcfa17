// SPDX-License-Identifier: GPL-2.0-only
/*
 * Import a dma-buf for a PCI device, for tests: the kernels that Debian ships
 * have no other importer that maps what vfio-pci exports.
 *
 * All in /sys/module/cohmem_test_import/parameters:
 *
 *   attach  write "FD DDDD:BB:DD.F": import the dma-buf behind this descriptor
 *           of the writer, for that device, and map it for DMA
 *   map     write anything: map it again, after it was revoked
 *   state   read: "none"; "mapped ADDRESS LENGTH ..." with the DMA address and
 *           length of each piece; or "revoked"; then "invalidations=N"
 *   detach  write anything: let go of it
 *
 * One dma-buf at a time. A write fails with the error of the step that failed.
 */
#include <linux/dma-buf.h>
#include <linux/dma-resv.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/scatterlist.h>

/* Guards everything but what the reservation lock of the dma-buf guards. */
static DEFINE_MUTEX(lock);
static struct dma_buf_attachment *attachment;
static struct pci_dev *importer;

/* Under the reservation lock of the dma-buf. */
static struct sg_table *table;
static unsigned int invalidations;

/* The exporter takes its memory back: stop using it at once. */
static void invalidate(struct dma_buf_attachment *attach)
{
	invalidations++;
	if (table)
		dma_buf_unmap_attachment(attach, table, DMA_BIDIRECTIONAL);
	table = NULL;
}

static const struct dma_buf_attach_ops attach_ops = {
	.allow_peer2peer = true,
	.invalidate_mappings = invalidate,
};

static int map_it(void)
{
	struct dma_resv *resv = attachment->dmabuf->resv;
	struct sg_table *sgt;
	int ret = 0;

	dma_resv_lock(resv, NULL);
	if (!table) {
		sgt = dma_buf_map_attachment(attachment, DMA_BIDIRECTIONAL);
		if (IS_ERR(sgt))
			ret = PTR_ERR(sgt);
		else
			table = sgt;
	}
	dma_resv_unlock(resv);
	return ret;
}

static void detach(void)
{
	struct dma_buf *buf;

	if (!attachment)
		return;
	buf = attachment->dmabuf;
	dma_resv_lock(buf->resv, NULL);
	if (table)
		dma_buf_unmap_attachment(attachment, table, DMA_BIDIRECTIONAL);
	table = NULL;
	invalidations = 0;
	dma_resv_unlock(buf->resv);
	dma_buf_detach(buf, attachment);
	dma_buf_put(buf);
	pci_dev_put(importer);
	attachment = NULL;
	importer = NULL;
}

static int attach_set(const char *val, const struct kernel_param *kp)
{
	unsigned int domain, bus, slot, func;
	struct dma_buf_attachment *a;
	struct dma_buf *buf;
	int fd, ret;

	if (sscanf(val, "%d %x:%x:%x.%x", &fd, &domain, &bus, &slot,
		   &func) != 5)
		return -EINVAL;

	guard(mutex)(&lock);
	if (attachment)
		return -EBUSY;
	importer = pci_get_domain_bus_and_slot(domain, bus,
					       PCI_DEVFN(slot, func));
	if (!importer)
		return -ENXIO;
	buf = dma_buf_get(fd);
	if (IS_ERR(buf)) {
		pci_dev_put(importer);
		return PTR_ERR(buf);
	}
	a = dma_buf_dynamic_attach(buf, &importer->dev, &attach_ops, NULL);
	if (IS_ERR(a)) {
		dma_buf_put(buf);
		pci_dev_put(importer);
		return PTR_ERR(a);
	}
	attachment = a;
	ret = map_it();
	if (ret)
		detach();
	return ret;
}

static const struct kernel_param_ops attach_param = {
	.set = attach_set,
};

static int map_set(const char *val, const struct kernel_param *kp)
{
	guard(mutex)(&lock);
	return attachment ? map_it() : -ENOENT;
}

static const struct kernel_param_ops map_param = {
	.set = map_set,
};

static int detach_set(const char *val, const struct kernel_param *kp)
{
	guard(mutex)(&lock);
	detach();
	return 0;
}

static const struct kernel_param_ops detach_param = {
	.set = detach_set,
};

static int state_get(char *buf, const struct kernel_param *kp)
{
	struct scatterlist *sg;
	int i, len = 0;

	guard(mutex)(&lock);
	if (!attachment)
		return sysfs_emit(buf, "none\n");

	dma_resv_lock(attachment->dmabuf->resv, NULL);
	if (table) {
		len += sysfs_emit_at(buf, len, "mapped");
		for_each_sgtable_dma_sg(table, sg, i)
			len += sysfs_emit_at(buf, len, " 0x%llx 0x%x",
					     (u64)sg_dma_address(sg),
					     sg_dma_len(sg));
	} else {
		len += sysfs_emit_at(buf, len, "revoked");
	}
	len += sysfs_emit_at(buf, len, " invalidations=%u\n", invalidations);
	dma_resv_unlock(attachment->dmabuf->resv);
	return len;
}

static const struct kernel_param_ops state_param = {
	.get = state_get,
};

module_param_cb(attach, &attach_param, NULL, 0200);
MODULE_PARM_DESC(attach, "Import a dma-buf: FD and PCI device");
module_param_cb(map, &map_param, NULL, 0200);
MODULE_PARM_DESC(map, "Map it again");
module_param_cb(detach, &detach_param, NULL, 0200);
MODULE_PARM_DESC(detach, "Let go of it");
module_param_cb(state, &state_param, NULL, 0400);
MODULE_PARM_DESC(state, "What is imported, and where");

static int __init test_import_init(void)
{
	return 0;
}
module_init(test_import_init);

static void __exit test_import_exit(void)
{
	guard(mutex)(&lock);
	detach();
}
module_exit(test_import_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Test helper: import a dma-buf for a PCI device");
MODULE_IMPORT_NS("DMA_BUF");
