// SPDX-License-Identifier: GPL-2.0-only
/* Mappings for DMA: VFIO's type1, or iommufd where the device was entered so. */
#include <linux/vfio.h>
#include <sys/ioctl.h>

#include "act.h"
#include "uapi.h"

/* Addresses on the bus are few, so that mappings meet each other. */
static u64 iova(const struct step *s)
{
	static const u64 odd[] = { 0, 1, 4095, 0x8000000, ~0ULL, ~4095ULL,
				   1ULL << 48, 1ULL << 63 };

	if (s->num % 8 == 0)
		return odd[s->num / 8 % ARRAY_SIZE(odd)];
	return FUZZ_IOVA + s->num % 16 * 65536;
}

static u64 length(const struct step *s)
{
	return s->num % 4 ? (1 + s->off % 16) * 4096 : s->len;
}

static void type1_map(struct actor *a, const struct step *s, struct outcome *o)
{
	struct vfio_iommu_type1_dma_map m = {
		.flags = s->flags % 4 ? s->flags % 4 : s->flags,
		.vaddr = (uintptr_t)pointer_buffer(a, s), .iova = iova(s),
		.size = length(s),
	};

	if (s->num % 4)
		m.vaddr &= ~(a->w->g.page - 1);
	m.argsz = fuzz_argsz(s->argsz, sizeof(m));
	outcome(o, ioctl(a->w->d.container, VFIO_IOMMU_MAP_DMA, &m));
}

static void type1_unmap(struct actor *a, const struct step *s,
			struct outcome *o)
{
	struct {
		struct vfio_iommu_type1_dma_unmap head;
		struct vfio_bitmap map;
	} u = {
		.head.flags = s->flags % 4 ? 0 : s->flags % 8,
		.head.iova = iova(s), .head.size = length(s),
		.map = { .pgsize = a->w->g.page, .size = 4096,
			 .data = pointer_buffer(a, s) },
	};

	u.head.argsz = fuzz_argsz(s->argsz, sizeof(u));
	if (u.head.flags & VFIO_DMA_UNMAP_FLAG_ALL && s->num % 2)
		u.head.iova = u.head.size = 0;
	outcome(o, ioctl(a->w->d.container, VFIO_IOMMU_UNMAP_DMA, &u));
}

static void iommufd_do(struct actor *a, const struct step *s,
		       struct outcome *o)
{
	struct abi_ioas_map m = {
		.size = fuzz_argsz(s->argsz, sizeof(m)),
		.flags = s->flags % 4 ? ABI_IOAS_MAP_FIXED | ABI_IOAS_MAP_READ |
			 ABI_IOAS_MAP_WRITE : s->flags,
		.ioas_id = a->w->d.ioas, .iova = iova(s), .length = length(s),
		.user_va = (uintptr_t)pointer_buffer(a, s),
	};
	struct abi_ioas_unmap u = {
		.size = fuzz_argsz(s->argsz, sizeof(u)),
		.ioas_id = a->w->d.ioas, .iova = iova(s), .length = length(s),
	};

	if (s->call == CALL_DMA_MAP)
		outcome(o, ioctl(a->w->d.iommufd, ABI_IOAS_MAP, &m));
	else
		outcome(o, ioctl(a->w->d.iommufd, ABI_IOAS_UNMAP, &u));
}

/**
 * do_dma() - map, unmap, and ask
 * @a: the actor
 * @s: the step
 * @o: how it ended
 */
void do_dma(struct actor *a, const struct step *s, struct outcome *o)
{
	struct vfio_iommu_type1_info info = {};

	if (s->call == CALL_DMA_INFO) {
		info.argsz = fuzz_argsz(s->argsz, sizeof(info));
		outcome(o, ioctl(a->w->d.container >= 0 ? a->w->d.container :
				 a->w->d.iommufd, VFIO_IOMMU_GET_INFO,
				 pointer_lay(a, s, &info, sizeof(info))));
	} else if (a->w->d.iommufd >= 0) {
		iommufd_do(a, s, o);
	} else if (s->call == CALL_DMA_MAP) {
		type1_map(a, s, o);
	} else {
		type1_unmap(a, s, o);
	}
}
