// SPDX-License-Identifier: GPL-2.0-only
/*
 * Extended GPU Memory in /sys/class/egm/egm<domain>: an ABI, see docs/sysfs-abi.
 * What it has in common with a function's memory is in sysfs.c.
 */
#include <linux/device.h>
#include <linux/sysfs.h>

#include "egm.h"

static ssize_t egm_size_show(struct device *dev, struct device_attribute *attr,
			     char *buf)
{
	return sysfs_emit(buf, "0x%llx\n", cohmem_egm_from_dev(dev)->said.size);
}
static DEVICE_ATTR_RO(egm_size);

static ssize_t egm_base_show(struct device *dev, struct device_attribute *attr,
			     char *buf)
{
	return sysfs_emit(buf, "0x%llx\n", cohmem_egm_from_dev(dev)->said.base);
}
static DEVICE_ATTR_ADMIN_RO(egm_base);

static ssize_t user_show(struct device *dev, struct device_attribute *attr,
			 char *buf)
{
	return cohmem_egm_show_user(cohmem_egm_from_dev(dev), buf);
}
static DEVICE_ATTR_RO(user);

static ssize_t retired_count_show(struct device *dev,
				  struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", cohmem_egm_from_dev(dev)->retired.nr);
}
static DEVICE_ATTR_RO(retired_count);

static ssize_t retired_pages_show(struct device *dev,
				  struct device_attribute *attr, char *buf)
{
	const struct cohmem_egm *egm = cohmem_egm_from_dev(dev);
	/* "0x", 16 digits, newline; and "...", newline, NUL at the very end. */
	const int line = 2 + 16 + 1, rest = 3 + 1 + 1;
	unsigned int i;
	int len = 0;

	for (i = 0; i < egm->retired.nr; i++) {
		if (len + line + rest > PAGE_SIZE)
			return len + sysfs_emit_at(buf, len, "...\n");
		len += sysfs_emit_at(buf, len, "0x%llx\n",
				     egm->said.base + egm->retired.off[i]);
	}
	return len;
}
static DEVICE_ATTR_RO(retired_pages);

static struct attribute *egm_attrs[] = {
	&dev_attr_egm_size.attr,
	&dev_attr_egm_base.attr,
	&dev_attr_user.attr,
	&dev_attr_retired_count.attr,
	&dev_attr_retired_pages.attr,
	NULL
};

static const struct attribute_group egm_group = {
	.attrs = egm_attrs,
};

const struct attribute_group *cohmem_egm_groups[] = {
	&egm_group,
	NULL
};

/**
 * cohmem_egm_scrub_of() - what clears the memory
 * @dev: a device of the class egm
 *
 * Return: it.
 */
struct cohmem_scrub *cohmem_egm_scrub_of(struct device *dev)
{
	return cohmem_egm_from_dev(dev)->scrub;
}
