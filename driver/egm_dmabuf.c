// SPDX-License-Identifier: GPL-2.0-only
/*
 * Extended GPU Memory as dma-buf, for a device that is no GPU of the socket and so
 * goes through an IOMMU.
 *
 * It is CPU memory without struct pages. A device whose accesses are not coherent
 * is refused, and so is one that would need a bounce buffer: for neither there is a
 * kernel mapping. Importers have to be able to give it back: it is cleared for the
 * next user, and goes away with the last function of the socket.
 *
 * Locks: the dma-buf's reservation lock guards @revoked and @mapped; @lock of
 * struct cohmem_egm guards the list. Neither is taken within the other.
 */
#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/dma-resv.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/overflow.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "egm.h"
#include "uapi/egm.h"

MODULE_IMPORT_NS("DMA_BUF");

/* Far more than anybody needs, and little memory. */
#define MAX_RANGES	1024

/* What one entry of a scatter list can hold. */
#define MAX_PIECE	ALIGN_DOWN(UINT_MAX, PAGE_SIZE)

/**
 * struct export - one export
 * @buf: the dma-buf
 * @egm: the memory, with a reference
 * @node: in the list of the memory's exports
 * @revoked: nobody may map it any more
 * @mapped: mappings of importers
 * @unmapped: woken when @mapped becomes 0
 * @size: bytes of all ranges
 * @nr_pieces: entries of a scatter list for all ranges
 * @nr: how many ranges
 * @range: them, by physical address
 */
struct export {
	struct dma_buf *buf;
	struct cohmem_egm *egm;
	struct list_head node;
	bool revoked;
	unsigned int mapped;
	wait_queue_head_t unmapped;
	u64 size;
	unsigned int nr_pieces;
	unsigned int nr;
	struct egm_dma_range range[];
};

static int attach(struct dma_buf *buf, struct dma_buf_attachment *attachment)
{
	struct export *x = buf->priv;

	if (READ_ONCE(x->revoked))
		return -ENODEV;
	return dma_buf_attach_revocable(attachment) ? 0 : -EOPNOTSUPP;
}

static void unmap_entries(struct device *dev, struct sg_table *sgt,
			  unsigned int nr, enum dma_data_direction dir)
{
	struct scatterlist *sg;
	unsigned int i;

	for_each_sg(sgt->sgl, sg, nr, i)
		dma_unmap_phys(dev, sg_dma_address(sg), sg_dma_len(sg), dir,
			       DMA_ATTR_REQUIRE_COHERENT);
}

static int map_entries(struct export *x, struct device *dev,
		       struct sg_table *sgt, enum dma_data_direction dir)
{
	struct scatterlist *sg = sgt->sgl;
	unsigned int i, done = 0;
	dma_addr_t addr;
	u64 pos, len;

	for (i = 0; i < x->nr; i++) {
		for (pos = 0; pos < x->range[i].length; pos += len) {
			len = min_t(u64, x->range[i].length - pos, MAX_PIECE);
			addr = dma_map_phys(dev, x->range[i].offset + pos, len,
					    dir, DMA_ATTR_REQUIRE_COHERENT);
			if (dma_mapping_error(dev, addr)) {
				unmap_entries(dev, sgt, done, dir);
				return -EIO;
			}
			sg_dma_address(sg) = addr;
			sg_dma_len(sg) = len;
			sg = sg_next(sg);
			done++;
		}
	}
	/* There is nothing that the CPU could use. */
	sgt->orig_nents = 0;
	return 0;
}

static struct sg_table *map(struct dma_buf_attachment *attachment,
			    enum dma_data_direction dir)
{
	struct export *x = attachment->dmabuf->priv;
	struct sg_table *sgt;
	int ret = -ENOMEM;

	dma_resv_assert_held(x->buf->resv);
	if (x->revoked)
		return ERR_PTR(-ENODEV);
	sgt = kzalloc_obj(*sgt);
	if (!sgt)
		return ERR_PTR(ret);
	ret = sg_alloc_table(sgt, x->nr_pieces, GFP_KERNEL | __GFP_ZERO);
	if (ret)
		goto err_free;
	ret = map_entries(x, attachment->dev, sgt, dir);
	if (ret)
		goto err_table;
	x->mapped++;
	return sgt;

err_table:
	sg_free_table(sgt);
err_free:
	kfree(sgt);
	return ERR_PTR(ret);
}

static void unmap(struct dma_buf_attachment *attachment, struct sg_table *sgt,
		  enum dma_data_direction dir)
{
	struct export *x = attachment->dmabuf->priv;

	dma_resv_assert_held(x->buf->resv);
	unmap_entries(attachment->dev, sgt, x->nr_pieces, dir);
	sgt->orig_nents = x->nr_pieces;
	sg_free_table(sgt);
	kfree(sgt);
	if (!--x->mapped)
		wake_up_all(&x->unmapped);
}

static void release(struct dma_buf *buf)
{
	struct export *x = buf->priv;
	struct cohmem_egm *egm = x->egm;

	down_write(&egm->lock);
	list_del(&x->node);
	up_write(&egm->lock);
	kvfree(x);
	cohmem_egm_put(egm);
}

static const struct dma_buf_ops ops = {
	.attach		= attach,
	.map_dma_buf	= map,
	.unmap_dma_buf	= unmap,
	.release	= release,
};

/* Check the ranges, and make physical addresses of offsets. */
static int check_ranges(const struct cohmem_egm *egm, struct export *x)
{
	unsigned int i, pieces;
	u64 off, len;

	for (i = 0; i < x->nr; i++) {
		off = x->range[i].offset;
		len = x->range[i].length;
		if (!len || !PAGE_ALIGNED(off | len))
			return -EINVAL;
		if (off >= egm->said.size || len > egm->said.size - off)
			return -EINVAL;
		if (cohmem_egm_retired_good(&egm->retired, off, len) < len)
			return -EHWPOISON;
		pieces = DIV_ROUND_UP_ULL(len, MAX_PIECE);
		if (check_add_overflow(x->size, len, &x->size) ||
		    check_add_overflow(x->nr_pieces, pieces, &x->nr_pieces))
			return -EOVERFLOW;
		x->range[i].offset += egm->said.base;
	}
	return 0;
}

/* The export of a user's ranges, not yet a dma-buf. */
static struct export *new_export(struct cohmem_egm *egm,
				 struct egm_dma_buf_export __user *arg,
				 unsigned int nr)
{
	struct export *x = kvzalloc(struct_size(x, range, nr), GFP_KERNEL);
	int ret;

	if (!x)
		return ERR_PTR(-ENOMEM);
	x->nr = nr;
	x->egm = egm;
	init_waitqueue_head(&x->unmapped);
	ret = copy_from_user(x->range, arg->dma_ranges,
			     flex_array_size(x, range, nr)) ? -EFAULT :
	      check_ranges(egm, x);
	if (ret) {
		kvfree(x);
		return ERR_PTR(ret);
	}
	return x;
}

/* From here on the dma-buf's release() frees @x. */
static struct dma_buf *publish(struct export *x, int flags)
{
	DEFINE_DMA_BUF_EXPORT_INFO(info);
	struct cohmem_egm *egm = x->egm;

	info.ops = &ops;
	info.size = x->size;
	info.flags = flags;
	info.priv = x;
	x->buf = dma_buf_export(&info);
	if (IS_ERR(x->buf))
		return x->buf;
	get_device(&egm->dev);
	down_write(&egm->lock);
	x->revoked = egm->gone;
	list_add_tail(&x->node, &egm->bufs);
	up_write(&egm->lock);
	return x->buf;
}

/**
 * cohmem_egm_export() - EGM_EXPORT_DMABUF
 * @egm: the memory, had by the caller
 * @arg: its argument
 *
 * It is revoked when whoever has the memory lets go of it.
 *
 * Return: a file descriptor, or a negative errno.
 */
long cohmem_egm_export(struct cohmem_egm *egm,
		       struct egm_dma_buf_export __user *arg)
{
	struct egm_dma_buf_export ask;
	struct dma_buf *buf;
	struct export *x;
	int fd;

	if (copy_from_user(&ask, arg, sizeof(ask)))
		return -EFAULT;
	if (ask.flags || ask.open_flags & ~(O_CLOEXEC | O_ACCMODE) ||
	    !ask.nr_ranges || ask.nr_ranges > MAX_RANGES ||
	    ask.argsz < struct_size(&ask, dma_ranges, ask.nr_ranges))
		return -EINVAL;
	x = new_export(egm, arg, ask.nr_ranges);
	if (IS_ERR(x))
		return PTR_ERR(x);
	buf = publish(x, ask.open_flags);
	if (IS_ERR(buf)) {
		kvfree(x);
		return PTR_ERR(buf);
	}
	fd = dma_buf_fd(buf, ask.open_flags);
	if (fd < 0)
		dma_buf_put(buf);
	return fd;
}

static void revoke(struct export *x)
{
	dma_resv_lock(x->buf->resv, NULL);
	WRITE_ONCE(x->revoked, true);
	dma_buf_invalidate_mappings(x->buf);
	dma_resv_wait_timeout(x->buf->resv, DMA_RESV_USAGE_BOOKKEEP, false,
			      MAX_SCHEDULE_TIMEOUT);
	dma_resv_unlock(x->buf->resv);
	wait_event(x->unmapped, !READ_ONCE(x->mapped));
}

/**
 * cohmem_egm_revoke() - take all exports back
 * @egm: the memory
 *
 * Context: may sleep until importers have let go.
 */
void cohmem_egm_revoke(struct cohmem_egm *egm)
{
	struct export *x;

	for (;;) {
		bool found = false;

		down_read(&egm->lock);
		list_for_each_entry(x, &egm->bufs, node) {
			/* One that is being released has no mappings. */
			if (x->revoked || !get_file_active(&x->buf->file))
				continue;
			found = true;
			break;
		}
		up_read(&egm->lock);
		if (!found)
			return;
		revoke(x);
		fput(x->buf->file);
	}
}
