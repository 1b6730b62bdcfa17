// SPDX-License-Identifier: GPL-2.0-only
/* Device memory in the IOMMU's page tables, as a VMM puts it there. */
#include "bench.h"

#define IOVA	(4 * GiB)
#define ROUNDS	3

static void one_case(struct dev *d, const char *name, u64 len, u64 skew)
{
	struct samples map_ms = { }, unmap_ms = { };
	char full[80];
	double start;
	void *p;
	int i, ret;

	for (i = 0; i < ROUNDS; i++) {
		/* A fresh mapping: its faults are part of the cost. */
		p = map_aligned(d, USEMEM, 0, len, LEAF, skew);
		start = now_us();
		ret = __dma_map(d, p, IOVA, len);
		sample(&map_ms, (now_us() - start) / 1000);
		if (ret) {
			snprintf(full, sizeof(full), "dma_map_%s", name);
			report_none(full, "ms", "%s", strerror(-ret));
			unmap(p, len);
			return;
		}
		start = now_us();
		dma_unmap(d, IOVA, len);
		sample(&unmap_ms, (now_us() - start) / 1000);
		unmap(p, len);
	}
	snprintf(full, sizeof(full), "dma_map_%s", name);
	report(full, smallest(&map_ms), "ms");
	snprintf(full, sizeof(full), "dma_unmap_%s", name);
	report(full, smallest(&unmap_ms), "ms");
}

/**
 * bench_dma() - type1 map and unmap of usemem
 * @d: the device
 */
void bench_dma(struct dev *d)
{
	u64 usemem = d->region[USEMEM].area[0].size;

	one_case(d, "1g_aligned", min(GiB, usemem), 0);
	one_case(d, "128m_misaligned", 128 * MiB, facts()->page);
}
