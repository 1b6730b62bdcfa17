// SPDX-License-Identifier: GPL-2.0-only
/* Attributes, in the folder cohmem_guest of the PCI function: docs/guest.md. */
#include <linux/kstrtox.h>
#include <linux/string_choices.h>
#include <linux/sysfs.h>

#include "guest.h"

static struct cohmem_guest *gpu_of(struct device *dev)
{
	return dev_get_drvdata(dev);
}

static ssize_t mode_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n",
			  gpu_of(dev)->mode == COHMEM_GUEST_NUMA ? "numa" : "driver");
}
static DEVICE_ATTR_RO(mode);

static ssize_t base_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "0x%llx\n", gpu_of(dev)->base);
}
static DEVICE_ATTR_ADMIN_RO(base);

static ssize_t size_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "0x%llx\n", gpu_of(dev)->size);
}
static DEVICE_ATTR_RO(size);

static ssize_t node_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", gpu_of(dev)->node);
}
static DEVICE_ATTR_RO(node);

static ssize_t file_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct cohmem_guest *gpu = gpu_of(dev);

	return sysfs_emit(buf, "%s%s\n", gpu->mode == COHMEM_GUEST_DRIVER ? "/dev/" : "-",
			  gpu->name);
}
static DEVICE_ATTR_RO(file);

static ssize_t state_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct cohmem_guest *gpu = gpu_of(dev);

	if (gpu->mode == COHMEM_GUEST_DRIVER)
		return sysfs_emit(buf, "%s\n", READ_ONCE(gpu->closed) ? "closed" : "open");
	return sysfs_emit(buf, "%s\n", READ_ONCE(gpu->online) ? "online" : "offline");
}

static ssize_t state_store(struct device *dev, struct device_attribute *attr,
			   const char *buf, size_t count)
{
	struct cohmem_guest *gpu = gpu_of(dev);
	int ret;

	if (gpu->mode != COHMEM_GUEST_NUMA)
		return -EOPNOTSUPP;
	if (sysfs_streq(buf, "online"))
		ret = cohmem_guest_online(gpu);
	else if (sysfs_streq(buf, "offline"))
		ret = cohmem_guest_offline(gpu);
	else
		ret = -EINVAL;
	return ret ?: count;
}
static DEVICE_ATTR_RW(state);

static ssize_t bad_pages_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct cohmem_guest *gpu = gpu_of(dev);
	unsigned int i;
	int at = 0;
	u64 offset;

	for (i = 0; cohmem_guest_bad_nth(gpu->bad, i, &offset); i++) {
		if (at > PAGE_SIZE - 32)
			return at + sysfs_emit_at(buf, at, "...\n");
		at += sysfs_emit_at(buf, at, "0x%llx\n", offset);
	}
	return at;
}

static ssize_t bad_pages_store(struct device *dev, struct device_attribute *attr,
			       const char *buf, size_t count)
{
	u64 offset;
	int ret;

	ret = kstrtou64(buf, 0, &offset);
	if (!ret)
		ret = cohmem_guest_bad_tell(gpu_of(dev), offset);
	return ret ?: count;
}
static DEVICE_ATTR_RW(bad_pages);

static struct attribute *attrs[] = {
	&dev_attr_mode.attr,
	&dev_attr_base.attr,
	&dev_attr_size.attr,
	&dev_attr_node.attr,
	&dev_attr_file.attr,
	&dev_attr_state.attr,
	&dev_attr_bad_pages.attr,
	NULL
};

static const struct attribute_group group = {
	.name = "cohmem_guest",
	.attrs = attrs,
};

const struct attribute_group *cohmem_guest_groups[] = { &group, NULL };
