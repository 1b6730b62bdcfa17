// SPDX-License-Identifier: GPL-2.0-only
/*
 * Config space: the emulated BARs are ours, some extended capabilities are
 * hidden, and everything else is vfio-pci-core's. An access is cut at the
 * borders and each piece goes to its owner, so any position and any length
 * comes out right, and the count returned is what was really done.
 *
 * Writes are copied in before anything is changed, so that a buffer that cannot
 * be read changes nothing. What goes to the core is read by the core once more,
 * as it takes no other kind of buffer: a user that changes it meanwhile gets
 * what it wrote last. No lock of ours is held then, as that may take for ever.
 *
 * What a write does to decoding and power the core tells by memory_changed();
 * resets through config space come back to us as reset_prepare() and
 * reset_done().
 */
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "device.h"
#include "core/ecap.h"

#define BAR_BYTES	8

/**
 * struct cohmem_config - whose config space is
 * @win: windows that are not the core's, in rising order: first those of
 *	emulated BARs, then of extended capabilities
 * @nr_bars: how many of @win are BARs
 * @nr: how many there are
 * @bar_of_win: index into cohmem_device.bar of each of the former
 * @af: where the function has Advanced Features, by which it can be reset; or 0
 * @ecap: what is shown in the latter
 *
 * Constant while the device is open.
 */
struct cohmem_config {
	struct cohmem_window win[COHMEM_MAX_REGIONS + COHMEM_ECAP_MAX];
	unsigned int nr_bars;
	unsigned int nr;
	u8 bar_of_win[COHMEM_MAX_REGIONS];
	u8 af;
	struct cohmem_ecap_map ecap;
};

/**
 * cohmem_config_init() - emulated BARs as after power-on
 * @cdev: the device, its layout known
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int cohmem_config_init(struct cohmem_device *cdev)
{
	const struct cohmem_layout *l = &cdev->plat.layout;
	struct cohmem_config *c;
	unsigned int i, j;

	mutex_init(&cdev->bar_lock);
	atomic_set(&cdev->resetters, 0);
	if (!cohmem_has_memory(cdev))
		return 0;
	c = kzalloc_obj(*c);
	if (!c)
		return -ENOMEM;
	for (i = 0; i < l->nr; i++) {
		cohmem_bar_init(&cdev->bar[i], l->region[i].region_size);

		/* The layout rises by address, windows by BAR index. */
		for (j = i; j && c->win[j - 1].start >
				 COHMEM_CFG_BAR(l->region[i].bar); j--) {
			c->win[j] = c->win[j - 1];
			c->bar_of_win[j] = c->bar_of_win[j - 1];
		}
		c->win[j].start = COHMEM_CFG_BAR(l->region[i].bar);
		c->win[j].end = c->win[j].start + BAR_BYTES;
		c->bar_of_win[j] = i;
	}
	c->nr_bars = l->nr;
	c->nr = l->nr;
	cdev->config = c;
	return 0;
}

/**
 * cohmem_config_fini() - undo cohmem_config_init()
 * @cdev: the device, closed
 */
void cohmem_config_fini(struct cohmem_device *cdev)
{
	kfree(cdev->config);
	cdev->config = NULL;
}

static int copy_dword(struct pci_dev *pdev, unsigned int pos, u8 *raw)
{
	u32 v;

	if (pos + 4 > pdev->cfg_size || pci_read_config_dword(pdev, pos, &v))
		return -EIO;
	*(__le32 *)(raw + pos) = cpu_to_le32(v);
	return v ? 0 : -ENODATA;
}

/*
 * What the function itself has, as far as core/ecap.h looks at it: the headers
 * of its chain, and who defines a vendor's capability.
 */
static void copy_chain(struct pci_dev *pdev, u8 *raw)
{
	unsigned int pos = PCI_CFG_SPACE_SIZE, left = PCI_CFG_SPACE_EXP_SIZE / 4;
	u32 header;

	while (pos >= PCI_CFG_SPACE_SIZE && left-- &&
	       !copy_dword(pdev, pos, raw)) {
		header = le32_to_cpup((__le32 *)(raw + pos));
		if (PCI_EXT_CAP_ID(header) == PCI_EXT_CAP_ID_DVSEC) {
			copy_dword(pdev, pos + PCI_DVSEC_HEADER1, raw);
			copy_dword(pdev, pos + PCI_DVSEC_HEADER2, raw);
		}
		pos = PCI_EXT_CAP_NEXT(header);
	}
}

/**
 * cohmem_config_open() - what a new user may see
 * @cdev: the device, just enabled and not yet in anybody's hands
 *
 * The composed BARs are as after power-on, and what would lead a guest past
 * them is hidden (core/ecap.h). The core's copy of config space says what it
 * would show.
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int cohmem_config_open(struct cohmem_device *cdev)
{
	struct pci_dev *pdev = cdev->core.pdev;
	struct cohmem_config *c = cdev->config;
	unsigned int i;
	u8 *raw;

	cohmem_config_reset(cdev);
	c->af = pci_find_capability(pdev, PCI_CAP_ID_AF);
	raw = kzalloc(PCI_CFG_SPACE_EXP_SIZE, GFP_KERNEL);
	if (!raw)
		return -ENOMEM;
	copy_chain(pdev, raw);
	if (!cohmem_ecap_hide(&c->ecap, raw, cdev->core.vconfig,
			      pdev->cfg_size))
		dev_warn_ratelimited(&pdev->dev,
				     "more to hide in extended config space than can be told apart: all of it is hidden\n");
	kfree(raw);
	for (i = 0; i < c->ecap.nr; i++)
		c->win[c->nr_bars + i] = c->ecap.win[i];
	c->nr = c->nr_bars + c->ecap.nr;
	return 0;
}

/**
 * cohmem_config_reset() - what a reset does to the emulated BARs
 * @cdev: the device
 */
void cohmem_config_reset(struct cohmem_device *cdev)
{
	unsigned int i;

	mutex_lock(&cdev->bar_lock);
	for (i = 0; i < cdev->plat.layout.nr; i++)
		cohmem_bar_reset(&cdev->bar[i]);
	mutex_unlock(&cdev->bar_lock);
}

/* The core refuses what leaves config space; so it does with the whole of it. */
static bool inside(struct cohmem_device *cdev, u64 pos, size_t count)
{
	u64 size = cdev->core.pdev->cfg_size;

	return pos < size && count <= size - pos;
}

static ssize_t read_bar(struct cohmem_device *cdev, char __user *buf,
			const struct cohmem_span *s)
{
	u8 bytes[BAR_BYTES];

	mutex_lock(&cdev->bar_lock);
	cohmem_bar_read(&cdev->bar[cdev->config->bar_of_win[s->owner]],
			s->pos - cdev->config->win[s->owner].start, bytes,
			s->len);
	mutex_unlock(&cdev->bar_lock);
	return copy_to_user(buf, bytes, s->len) ? -EFAULT : s->len;
}

static ssize_t read_ecap(struct cohmem_device *cdev, char __user *buf,
			 const struct cohmem_span *s)
{
	const struct cohmem_config *c = cdev->config;
	u8 bytes[64];
	size_t done, len;

	for (done = 0; done < s->len; done += len) {
		len = min_t(size_t, s->len - done, sizeof(bytes));
		cohmem_ecap_bytes(&c->ecap, s->owner - c->nr_bars,
				  s->pos + done, bytes, len);
		if (copy_to_user(buf + done, bytes, len))
			return -EFAULT;
	}
	return s->len;
}

static ssize_t read_core(struct cohmem_device *cdev, char __user *buf,
			 const struct cohmem_span *s)
{
	loff_t at = VFIO_PCI_INDEX_TO_OFFSET(VFIO_PCI_CONFIG_REGION_INDEX) +
		    s->pos;

	return vfio_pci_core_read(&cdev->core.vdev, buf, s->len, &at);
}

/**
 * cohmem_config_read() - read config space
 * @cdev: the device
 * @buf: to here
 * @count: bytes
 * @ppos: region and offset; moves on by what was read
 *
 * Return: bytes read, or a negative errno.
 */
ssize_t cohmem_config_read(struct cohmem_device *cdev, char __user *buf,
			   size_t count, loff_t *ppos)
{
	u64 pos = *ppos & VFIO_PCI_OFFSET_MASK;
	struct cohmem_span s;
	size_t done = 0;
	ssize_t ret = 0;

	if (!cohmem_has_memory(cdev) || !inside(cdev, pos, count))
		return vfio_pci_core_read(&cdev->core.vdev, buf, count, ppos);

	while (cohmem_span_next(cdev->config->win, cdev->config->nr,
				pos + done, count - done, &s)) {
		if (s.owner < 0)
			ret = read_core(cdev, buf + done, &s);
		else if (s.owner < cdev->config->nr_bars)
			ret = read_bar(cdev, buf + done, &s);
		else
			ret = read_ecap(cdev, buf + done, &s);
		if (ret <= 0)
			break;
		done += ret;
	}
	*ppos += done;
	return done ?: ret;
}

/* Does a piece of config space touch [@start, @start + @len)? */
static bool touches(const struct cohmem_span *s, unsigned int start,
		    unsigned int len)
{
	return s->pos < start + len && start < s->pos + s->len;
}

/* May this write reset the function by itself (FLR, by either capability)? */
static bool may_reset(struct cohmem_device *cdev, const struct cohmem_span *s)
{
	u8 exp = cdev->core.pdev->pcie_cap, af = cdev->config->af;

	return (exp && touches(s, exp + PCI_EXP_DEVCTL, 2)) ||
	       (af && touches(s, af + PCI_AF_CTRL, 1));
}

static ssize_t write_core(struct cohmem_device *cdev, const char __user *buf,
			  const struct cohmem_span *s)
{
	loff_t at = VFIO_PCI_INDEX_TO_OFFSET(VFIO_PCI_CONFIG_REGION_INDEX) +
		    s->pos;
	bool resets = may_reset(cdev, s);
	ssize_t ret;

	if (resets)
		atomic_inc(&cdev->resetters);
	ret = vfio_pci_core_write(&cdev->core.vdev, buf, s->len, &at);
	if (resets)
		atomic_dec(&cdev->resetters);
	return ret;
}

static void write_bar(struct cohmem_device *cdev, const u8 *bytes,
		      const struct cohmem_span *s)
{
	mutex_lock(&cdev->bar_lock);
	cohmem_bar_write(&cdev->bar[cdev->config->bar_of_win[s->owner]],
			 s->pos - cdev->config->win[s->owner].start, bytes,
			 s->len);
	mutex_unlock(&cdev->bar_lock);
}

/**
 * cohmem_config_write() - write config space
 * @cdev: the device
 * @buf: from here
 * @count: bytes
 * @ppos: region and offset; moves on by what was written
 *
 * Return: bytes written, or a negative errno.
 */
ssize_t cohmem_config_write(struct cohmem_device *cdev, const char __user *buf,
			    size_t count, loff_t *ppos)
{
	u64 pos = *ppos & VFIO_PCI_OFFSET_MASK;
	struct cohmem_span s;
	size_t done = 0;
	ssize_t ret = 0;
	u8 *bytes;

	if (!count)
		return 0;
	if (!cohmem_has_memory(cdev) || !inside(cdev, pos, count))
		return vfio_pci_core_write(&cdev->core.vdev, buf, count, ppos);

	bytes = memdup_user(buf, count);
	if (IS_ERR(bytes))
		return PTR_ERR(bytes);

	while (cohmem_span_next(cdev->config->win, cdev->config->nr,
				pos + done, count - done, &s)) {
		/* What is hidden swallows writes. */
		ret = s.len;
		if (s.owner < 0)
			ret = write_core(cdev, buf + done, &s);
		else if (s.owner < cdev->config->nr_bars)
			write_bar(cdev, bytes + done, &s);
		if (ret <= 0)
			break;
		done += ret;
	}
	kfree(bytes);
	*ppos += done;
	return done ?: ret;
}
