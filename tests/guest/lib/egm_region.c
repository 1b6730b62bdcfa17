// SPDX-License-Identifier: GPL-2.0-only
/* Extended GPU Memory as a region of a VFIO device: how a VMM finds it. */
#include <linux/vfio.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "egm.h"

static struct vfio_region_info *ask(struct dev *d, unsigned int index)
{
	u32 size = sizeof(struct vfio_region_info);
	struct vfio_region_info *info = calloc(1, size);

	for (;;) {
		CHECK(info, "no memory");
		info->argsz = size;
		info->index = index;
		CHECK(!ioctl(d->fd, VFIO_DEVICE_GET_REGION_INFO, info),
		      "region %u: %s", index, strerror(errno));
		if (info->argsz <= size)
			return info;
		size = info->argsz;
		info = realloc(info, size);
	}
}

/**
 * egm_region_cap() - a capability of a region
 * @info: what VFIO says of it
 * @id: which
 * Return: its header, or NULL.
 */
void *egm_region_cap(struct vfio_region_info *info, u16 id)
{
	u32 at = info->flags & VFIO_REGION_INFO_FLAG_CAPS ? info->cap_offset : 0;
	struct vfio_info_cap_header *h;

	while (at) {
		CHECK(at + sizeof(*h) <= info->argsz, "capability at %#x", at);
		h = (void *)((u8 *)info + at);
		if (h->id == id)
			return h;
		CHECK(!h->next || h->next > at, "the chain goes back");
		at = h->next;
	}
	return NULL;
}

/**
 * egm_region_find() - look for EGM behind the regions that all PCI devices have
 * @d: the device
 * @r: the region
 * Return: true if it has one.
 */
bool egm_region_find(struct dev *d, struct egm_region *r)
{
	struct vfio_region_info_cap_type *type;
	unsigned int i, found = 0;

	for (i = COHMEM_VFIO_REGIONS; i < d->nr_regions; i++) {
		struct vfio_region_info *info = ask(d, i);

		type = egm_region_cap(info, VFIO_REGION_INFO_CAP_TYPE);
		if (!type || type->type != EGM_REGION_TYPE ||
		    type->subtype != VFIO_REGION_SUBTYPE_NVIDIA_EGM) {
			free(info);
			continue;
		}
		r->index = i;
		r->info = info;
		found++;
	}
	CHECK(found <= 1, "%u such regions", found);
	return found;
}
