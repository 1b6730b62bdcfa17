// SPDX-License-Identifier: GPL-2.0-only
/* From inside a guest: has the machine got what the GPU's driver looks for? */
#include <stdlib.h>

#include "check.h"
#include "internal.h"

#define NVIDIA	0x10de
#define NODES	"/sys/devices/system/node"

/* "1-8,10": how many numbers, and the first of them. */
static unsigned int count_list(const char *list, int *first)
{
	unsigned int nr = 0, from, to;
	const char *p = list;
	int used;

	*first = -1;
	while (sscanf(p, "%u%n", &from, &used) == 1) {
		p += used;
		to = from;
		if (*p == '-' && sscanf(p + 1, "%u%n", &to, &used) == 1)
			p += 1 + used;
		if (*first < 0)
			*first = from;
		if (to >= from)
			nr += to - from + 1;
		if (*p != ',')
			break;
		p++;
	}
	return nr;
}

static void check_nodes(struct cohmem_ctx *ctx, unsigned int nr_gpus,
			struct cohmem_check *c)
{
	unsigned int nr, want = nr_gpus * COHMEM_VM_GPU_NODES;
	char list[256];
	int first;

	if (!cohmem_exists(ctx, "/sys/firmware/acpi/tables/SRAT"))
		cohmem_explain(cohmem_found(c, "guest-acpi", COHMEM_BLOCKS, NULL,
					    "the machine has no ACPI table SRAT"),
			       "the guest knows of no NUMA nodes",
			       "start it with UEFI firmware and acpi=on (libvirt: <features><acpi/>)");
	if (cohmem_read_str(ctx, NODES "/has_generic_initiator", list,
			    sizeof(list))) {
		cohmem_explain(cohmem_found(c, "guest-nodes", COHMEM_UNKNOWN, NULL,
					    "this kernel does not list initiator nodes"),
			       "whether the GPU has its nodes is not known", NULL);
		return;
	}
	nr = count_list(list, &first);
	if (nr < want)
		cohmem_explain(cohmem_found(c, "guest-nodes", COHMEM_BLOCKS, NULL,
					    "%u initiator nodes (%s), %u GPUs want %u", nr,
					    list[0] ? list : "none", nr_gpus, want),
			       "the driver finds no place for the memory",
			       "start the machine by 'cohmem plan' of its host");
	else
		cohmem_found(c, "guest-nodes", COHMEM_FIT, NULL,
			     "%u initiator nodes (%s)", nr, list);
}

static void check_bars(struct cohmem_func *f, struct cohmem_check *c)
{
	unsigned int i, large = 0;
	u64 size = 0;

	for (i = 0; i < COHMEM_NR_BARS; i++) {
		const struct cohmem_bar_info *b = &f->bar[i];

		if (b->size && !b->base) {
			cohmem_explain(cohmem_found(c, "guest-bars", COHMEM_BLOCKS, f->bdf,
						    "BAR%u of %llu MiB has no address", i,
						    (unsigned long long)b->size >> 20),
				       "the machine's address space for BARs is too small",
				       "start it by 'cohmem plan' of its host");
			return;
		}
		if (i >= 2 && b->size > size) {
			size = b->size;
			large = i;
		}
	}
	/* A part's own BARs beside BAR0 are small; a composed one is not. */
	if (size < 1ULL << 30)
		cohmem_explain(cohmem_found(c, "guest-bars", COHMEM_BLOCKS, f->bdf,
					    "no BAR is as large as its memory"),
			       "the host's driver does not show the memory: plain vfio-pci?",
			       "on the host: cohmem bind");
	else
		cohmem_found(c, "guest-bars", COHMEM_FIT, f->bdf,
			     "BAR%u shows %llu GiB", large,
			     (unsigned long long)size >> 30);
	if (f->fn || f->dev)
		cohmem_explain(cohmem_found(c, "guest-address", COHMEM_BLOCKS, f->bdf,
					    "it is not function 0 of device 0"),
			       "the driver looks for the nodes of such a function only",
			       "give it a root port of its own");
}

/* Memory that the driver has put on line lies in nodes without CPUs. */
static void check_online(struct cohmem_ctx *ctx, struct cohmem_check *c)
{
	char path[96], text[256], *p;
	unsigned int i, nodes = 0;
	unsigned long long kib, sum = 0;

	for (i = 0; i < COHMEM_VM_MAX_NODES; i++) {
		cohmem_fmt(path, sizeof(path), NODES "/node%u/cpulist", i);
		if (cohmem_read_str(ctx, path, text, sizeof(text)) || text[0])
			continue;
		cohmem_fmt(path, sizeof(path), NODES "/node%u/meminfo", i);
		if (cohmem_read_str(ctx, path, text, sizeof(text)))
			continue;
		p = strstr(text, "MemTotal:");
		kib = p ? strtoull(p + strlen("MemTotal:"), NULL, 10) : 0;
		nodes += kib > 0;
		sum += kib;
	}
	if (sum)
		cohmem_found(c, "guest-online", COHMEM_FIT, NULL,
			     "%llu MiB are on line in %u nodes without CPUs",
			     sum / 1024, nodes);
	else
		cohmem_explain(cohmem_found(c, "guest-online", COHMEM_NOTE, NULL,
					    "no memory is on line in nodes without CPUs"),
			       "the driver is not loaded, or manages the memory by itself (CDMM, its default from R615 on)",
			       "NVreg_CoherentGPUMemoryMode=numa puts it on line");
}

/**
 * cohmem_check_guest() - all checks from inside a guest
 * @ctx: the context, scanned
 * @c: where the findings go
 */
void cohmem_check_guest(struct cohmem_ctx *ctx, struct cohmem_check *c)
{
	struct cohmem_func *f;
	unsigned int nr = 0;

	cohmem_func_foreach(ctx, f) {
		if (f->vendor != NVIDIA || f->is_bridge || f->class >> 16 != 0x03)
			continue;
		nr++;
		cohmem_func_load(ctx, f);
		cohmem_found(c, "guest-gpu", COHMEM_FIT, f->bdf, "%s, driver %s",
			     f->name, f->driver[0] ? f->driver : "none");
		check_bars(f, c);
	}
	if (!nr) {
		cohmem_explain(cohmem_found(c, "guest-gpu", COHMEM_BLOCKS, NULL,
					    "no GPU of NVIDIA's in this machine"),
			       "nothing was assigned to it", NULL);
		return;
	}
	check_nodes(ctx, nr, c);
	check_online(ctx, c);
}
