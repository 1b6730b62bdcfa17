// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a person or a program may know about a function, in the folder "cohmem"
 * of its PCI device while it is bound. An ABI: docs/sysfs-abi. Nothing here
 * touches the device, so reading is always safe and never wakes it up.
 */
#include <linux/kstrtox.h>
#include <linux/sysfs.h>

#include "badpages.h"
#include "device.h"
#include "near_cpus.h"
#include "scrub.h"

static struct cohmem_device *to_cdev(struct device *dev)
{
	return cohmem_from_pdev(to_pci_dev(dev));
}

/*
 * Memory that has bad pages and is cleared is a function's, or the Extended GPU
 * Memory of a socket, which has a device of its own.
 */
static struct cohmem_scrub *scrub_of(struct device *dev)
{
	return dev_is_pci(dev) ? to_cdev(dev)->scrub : cohmem_egm_scrub_of(dev);
}

static unsigned int bad_count(struct device *dev, bool *overflow)
{
	if (dev_is_pci(dev))
		return cohmem_poison_count(to_cdev(dev), overflow);
	return cohmem_badpages_count(cohmem_egm_bad_of(dev), overflow);
}

static const struct cohmem_region *find_kind(const struct cohmem_device *cdev,
					     enum cohmem_kind kind)
{
	const struct cohmem_layout *layout = &cdev->plat.layout;
	unsigned int i;

	for (i = 0; i < layout->nr; i++) {
		if (layout->region[i].kind == kind)
			return &layout->region[i];
	}
	return NULL;
}

static ssize_t mode_show(struct device *dev, struct device_attribute *attr,
			 char *buf)
{
	return sysfs_emit(buf, "%s\n", cohmem_has_memory(to_cdev(dev)) ?
			  "coherent" : "plain");
}
static DEVICE_ATTR_RO(mode);

static ssize_t layout_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	const struct cohmem_layout *layout = &to_cdev(dev)->plat.layout;
	unsigned int i;
	int len = 0;

	for (i = 0; i < layout->nr; i++) {
		const struct cohmem_region *r = &layout->region[i];

		len += sysfs_emit_at(buf, len, "%s %u 0x%llx 0x%llx 0x%llx\n",
				     cohmem_kind_name(r->kind), r->bar,
				     r->base, r->size, r->region_size);
	}
	return len;
}
static DEVICE_ATTR_RO(layout);

static ssize_t usemem_size_show(struct device *dev,
				struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n",
			  find_kind(to_cdev(dev), COHMEM_USEMEM)->size);
}
static DEVICE_ATTR_RO(usemem_size);

static ssize_t resmem_size_show(struct device *dev,
				struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n",
			  find_kind(to_cdev(dev), COHMEM_RESMEM)->size);
}
static DEVICE_ATTR_RO(resmem_size);

/* What the readiness machine shows at one moment. */
static void ready_snapshot(struct device *dev, struct cohmem_ready *ready,
			   u64 *ms)
{
	struct cohmem_device *cdev = to_cdev(dev);

	down_read(&cdev->state_lock);
	*ready = cdev->ready;
	*ms = cdev->ready_ms;
	up_read(&cdev->state_lock);
}

static ssize_t ready_state_show(struct device *dev,
				struct device_attribute *attr, char *buf)
{
	struct cohmem_ready ready;
	u64 ms;

	ready_snapshot(dev, &ready, &ms);
	return sysfs_emit(buf, "%s\n", cohmem_ready_state_name(ready.state));
}
static DEVICE_ATTR_RO(ready_state);

static ssize_t ready_fail_show(struct device *dev,
			       struct device_attribute *attr, char *buf)
{
	struct cohmem_ready ready;
	u64 ms;

	ready_snapshot(dev, &ready, &ms);
	return sysfs_emit(buf, "%s\n", cohmem_fail_name(ready.fail));
}
static DEVICE_ATTR_RO(ready_fail);

static ssize_t ready_ms_show(struct device *dev, struct device_attribute *attr,
			     char *buf)
{
	struct cohmem_ready ready;
	u64 ms;

	ready_snapshot(dev, &ready, &ms);
	return sysfs_emit(buf, "%llu\n", ms);
}
static DEVICE_ATTR_RO(ready_ms);

static ssize_t reset_generation_show(struct device *dev,
				     struct device_attribute *attr, char *buf)
{
	struct cohmem_ready ready;
	u64 ms;

	ready_snapshot(dev, &ready, &ms);
	return sysfs_emit(buf, "%llu\n", ready.generation);
}
static DEVICE_ATTR_RO(reset_generation);

static ssize_t poison_count_show(struct device *dev,
				 struct device_attribute *attr, char *buf)
{
	bool overflow;

	return sysfs_emit(buf, "%u\n", bad_count(dev, &overflow));
}
static DEVICE_ATTR_RO(poison_count);

static ssize_t poison_overflow_show(struct device *dev,
				    struct device_attribute *attr, char *buf)
{
	bool overflow;

	bad_count(dev, &overflow);
	return sysfs_emit(buf, "%d\n", overflow);
}
static DEVICE_ATTR_RO(poison_overflow);

static ssize_t poison_pages_show(struct device *dev,
				 struct device_attribute *attr, char *buf)
{
	if (dev_is_pci(dev))
		return cohmem_poison_list(to_cdev(dev), buf);
	return cohmem_badpages_list(cohmem_egm_bad_of(dev), buf);
}

static ssize_t poison_pages_store(struct device *dev,
				  struct device_attribute *attr,
				  const char *buf, size_t count)
{
	int ret = dev_is_pci(dev) ? cohmem_poison_command(to_cdev(dev), buf) :
				    cohmem_egm_bad_command(dev, buf);

	return ret ?: count;
}
static DEVICE_ATTR_RW(poison_pages);

static ssize_t poison_policy_show(struct device *dev,
				  struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", cohmem_poison_policy(to_cdev(dev)));
}

static ssize_t poison_policy_store(struct device *dev,
				   struct device_attribute *attr,
				   const char *buf, size_t count)
{
	int ret = cohmem_poison_set_policy(to_cdev(dev), buf);

	return ret ?: count;
}
static DEVICE_ATTR_RW(poison_policy);

static ssize_t flush_on_reset_show(struct device *dev,
				   struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", READ_ONCE(to_cdev(dev)->flush_users));
}

static ssize_t flush_on_reset_store(struct device *dev,
				    struct device_attribute *attr,
				    const char *buf, size_t count)
{
	bool on;
	int ret = kstrtobool(buf, &on);

	if (!ret)
		WRITE_ONCE(to_cdev(dev)->flush_users, on);
	return ret ?: count;
}
static DEVICE_ATTR_RW(flush_on_reset);

static ssize_t scrub_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	struct cohmem_scrub_status st;

	cohmem_scrub_status(scrub_of(dev), &st);
	return sysfs_emit(buf, "%s\n", st.policy);
}

static ssize_t scrub_store(struct device *dev, struct device_attribute *attr,
			   const char *buf, size_t count)
{
	int ret = cohmem_scrub_set_policy(scrub_of(dev), buf);

	return ret ?: count;
}
static DEVICE_ATTR_RW(scrub);

static ssize_t scrub_state_show(struct device *dev,
				struct device_attribute *attr, char *buf)
{
	struct cohmem_scrub_status st;

	cohmem_scrub_status(scrub_of(dev), &st);
	return sysfs_emit(buf, "%s\n", st.state);
}
static DEVICE_ATTR_RO(scrub_state);

static ssize_t scrub_result_show(struct device *dev,
				 struct device_attribute *attr, char *buf)
{
	struct cohmem_scrub_status st;

	cohmem_scrub_status(scrub_of(dev), &st);
	return sysfs_emit(buf, "%s\n", st.result);
}
static DEVICE_ATTR_RO(scrub_result);

static ssize_t scrub_dirty_show(struct device *dev,
				struct device_attribute *attr, char *buf)
{
	struct cohmem_scrub_status st;

	cohmem_scrub_status(scrub_of(dev), &st);
	return sysfs_emit(buf, "%d\n", st.dirty);
}
static DEVICE_ATTR_RO(scrub_dirty);

static ssize_t scrub_bytes_show(struct device *dev,
				struct device_attribute *attr, char *buf)
{
	struct cohmem_scrub_status st;

	cohmem_scrub_status(scrub_of(dev), &st);
	return sysfs_emit(buf, "%llu\n", st.bytes);
}
static DEVICE_ATTR_RO(scrub_bytes);

static ssize_t scrub_skipped_show(struct device *dev,
				  struct device_attribute *attr, char *buf)
{
	struct cohmem_scrub_status st;

	cohmem_scrub_status(scrub_of(dev), &st);
	return sysfs_emit(buf, "%llu\n", st.skipped);
}
static DEVICE_ATTR_RO(scrub_skipped);

static ssize_t scrub_ms_show(struct device *dev, struct device_attribute *attr,
			     char *buf)
{
	struct cohmem_scrub_status st;

	cohmem_scrub_status(scrub_of(dev), &st);
	return sysfs_emit(buf, "%llu\n", st.ms);
}
static DEVICE_ATTR_RO(scrub_ms);

static ssize_t scrub_start_store(struct device *dev,
				 struct device_attribute *attr,
				 const char *buf, size_t count)
{
	int ret = -EINVAL;

	if (sysfs_streq(buf, "start"))
		ret = cohmem_scrub_start(scrub_of(dev));
	return ret ?: count;
}
static DEVICE_ATTR_WO(scrub_start);

static ssize_t scrub_accept_bad_show(struct device *dev,
				     struct device_attribute *attr, char *buf)
{
	struct cohmem_scrub_status st;

	cohmem_scrub_status(scrub_of(dev), &st);
	return sysfs_emit(buf, "%d\n", st.accept_bad);
}

static ssize_t scrub_accept_bad_store(struct device *dev,
				      struct device_attribute *attr,
				      const char *buf, size_t count)
{
	bool accept;
	int ret = kstrtobool(buf, &accept);

	if (!ret)
		cohmem_scrub_set_accept_bad(scrub_of(dev), accept);
	return ret ?: count;
}
static DEVICE_ATTR_RW(scrub_accept_bad);

static ssize_t scrub_cpus_show(struct device *dev,
			       struct device_attribute *attr, char *buf)
{
	return cohmem_near_cpus_show(cohmem_scrub_cpus(scrub_of(dev)), dev,
				     buf);
}

static ssize_t scrub_cpus_store(struct device *dev,
				struct device_attribute *attr,
				const char *buf, size_t count)
{
	int ret = cohmem_near_cpus_set(cohmem_scrub_cpus(scrub_of(dev)), buf);

	return ret ?: count;
}
static DEVICE_ATTR_RW(scrub_cpus);

/* What firmware says for whoever sets up a virtual machine. */
static ssize_t pxm_start_show(struct device *dev, struct device_attribute *attr,
			      char *buf)
{
	return sysfs_emit(buf, "%llu\n", to_cdev(dev)->plat.near.pxm_start);
}
static DEVICE_ATTR_RO(pxm_start);

static ssize_t pxm_count_show(struct device *dev, struct device_attribute *attr,
			      char *buf)
{
	return sysfs_emit(buf, "%llu\n", to_cdev(dev)->plat.near.pxm_count);
}
static DEVICE_ATTR_RO(pxm_count);

/* The second digit of the segment, as firmware of these machines numbers them. */
static ssize_t socket_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	return sysfs_emit(buf, "%d\n",
			  pci_domain_nr(to_pci_dev(dev)->bus) >> 4 & 0xf);
}
static DEVICE_ATTR_RO(socket);

static ssize_t egm_base_show(struct device *dev, struct device_attribute *attr,
			     char *buf)
{
	return sysfs_emit(buf, "0x%llx\n", to_cdev(dev)->plat.near.egm.base);
}
static DEVICE_ATTR_ADMIN_RO(egm_base);

static ssize_t egm_size_show(struct device *dev, struct device_attribute *attr,
			     char *buf)
{
	return sysfs_emit(buf, "%llu\n", to_cdev(dev)->plat.near.egm.size);
}
static DEVICE_ATTR_RO(egm_size);

static ssize_t egm_pxm_show(struct device *dev, struct device_attribute *attr,
			    char *buf)
{
	return sysfs_emit(buf, "%llu\n", to_cdev(dev)->plat.near.egm.pxm);
}
static DEVICE_ATTR_RO(egm_pxm);

/* What has become of the Extended GPU Memory that firmware announces here. */
static ssize_t egm_show(struct device *dev, struct device_attribute *attr,
			char *buf)
{
	return sysfs_emit(buf, "%s\n",
			  cohmem_egm_verdict_name(to_cdev(dev)->egm.state));
}
static DEVICE_ATTR_RO(egm);

static struct attribute *cohmem_attrs[] = {
	&dev_attr_mode.attr,
	&dev_attr_layout.attr,
	&dev_attr_usemem_size.attr,
	&dev_attr_resmem_size.attr,
	&dev_attr_ready_state.attr,
	&dev_attr_ready_fail.attr,
	&dev_attr_ready_ms.attr,
	&dev_attr_reset_generation.attr,
	&dev_attr_poison_count.attr,
	&dev_attr_poison_overflow.attr,
	&dev_attr_poison_pages.attr,
	&dev_attr_poison_policy.attr,
	&dev_attr_flush_on_reset.attr,
	&dev_attr_scrub.attr,
	&dev_attr_scrub_state.attr,
	&dev_attr_scrub_result.attr,
	&dev_attr_scrub_dirty.attr,
	&dev_attr_scrub_bytes.attr,
	&dev_attr_scrub_skipped.attr,
	&dev_attr_scrub_ms.attr,
	&dev_attr_scrub_start.attr,
	&dev_attr_scrub_accept_bad.attr,
	&dev_attr_scrub_cpus.attr,
	&dev_attr_pxm_start.attr,
	&dev_attr_pxm_count.attr,
	&dev_attr_socket.attr,
	&dev_attr_egm_base.attr,
	&dev_attr_egm_size.attr,
	&dev_attr_egm_pxm.attr,
	&dev_attr_egm.attr,
	NULL
};

static bool is_any(const struct attribute *attr,
		   const struct device_attribute *a,
		   const struct device_attribute *b,
		   const struct device_attribute *c)
{
	return attr == &a->attr || attr == &b->attr || attr == &c->attr;
}

/*
 * A plain function has only its mode; a part without resmem no size of it; and
 * what firmware does not say is not there.
 */
static umode_t cohmem_attr_visible(struct kobject *kobj, struct attribute *attr,
				   int n)
{
	struct cohmem_device *cdev = to_cdev(kobj_to_dev(kobj));

	if (attr != &dev_attr_mode.attr && !cohmem_has_memory(cdev))
		return 0;
	if (attr == &dev_attr_resmem_size.attr &&
	    !find_kind(cdev, COHMEM_RESMEM))
		return 0;
	if (!cdev->plat.near.pxm_count &&
	    is_any(attr, &dev_attr_pxm_start, &dev_attr_pxm_count,
		   &dev_attr_socket))
		return 0;
	if (cdev->plat.near.egm.nr_numbers != 3 &&
	    is_any(attr, &dev_attr_egm_base, &dev_attr_egm_size,
		   &dev_attr_egm_pxm))
		return 0;
	return attr->mode;
}

static const struct attribute_group cohmem_group = {
	.name = "cohmem",
	.attrs = cohmem_attrs,
	.is_visible = cohmem_attr_visible,
};

const struct attribute_group *cohmem_sysfs_groups[] = {
	&cohmem_group,
	NULL
};

static struct attribute *memory_attrs[] = {
	&dev_attr_poison_count.attr,
	&dev_attr_poison_overflow.attr,
	&dev_attr_poison_pages.attr,
	&dev_attr_scrub.attr,
	&dev_attr_scrub_state.attr,
	&dev_attr_scrub_result.attr,
	&dev_attr_scrub_dirty.attr,
	&dev_attr_scrub_bytes.attr,
	&dev_attr_scrub_skipped.attr,
	&dev_attr_scrub_ms.attr,
	&dev_attr_scrub_start.attr,
	&dev_attr_scrub_accept_bad.attr,
	&dev_attr_scrub_cpus.attr,
	NULL
};

static const struct attribute_group memory_group = {
	.attrs = memory_attrs,
};

const struct attribute_group *cohmem_memory_groups[] = {
	&memory_group,
	NULL
};
