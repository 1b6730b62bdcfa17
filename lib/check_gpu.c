// SPDX-License-Identifier: GPL-2.0-only
/* Checks of one GPU: its memory, its group, the way up to the root. */
#include <stdlib.h>
#include <unistd.h>

#include "check.h"
#include "internal.h"

#define CFG_STATUS		0x06
#define CFG_STATUS_CAPS		0x10
#define CFG_CAP_PTR		0x34
#define CAP_ID_EXP		0x10	/* PCI Express; offsets: PCIe 5.0, 7.5.3 */
#define EXP_DEVCTL		0x08
#define EXP_DEVCTL_RELAX	0x0010
#define EXP_DEVCAP2		0x24
#define EXP_DEVCAP2_ROUTE	0x0040
#define EXP_DEVCAP2_ATOMIC64	0x0100
#define MAX_DEPTH		16

static void check_memory(struct cohmem_ctx *ctx, struct cohmem_func *f,
			 struct cohmem_check *c)
{
	const struct cohmem_memory *m = &f->memory;

	(void)ctx;
	switch (m->state) {
	case COHMEM_MEM_OK:
		cohmem_found(c, "memory", COHMEM_FIT, f->bdf,
			     "%llu MiB of coherent memory, says the %s",
			     (unsigned long long)m->size >> 20,
			     cohmem_source_name(m->source));
		break;
	case COHMEM_MEM_BAD:
		cohmem_explain(cohmem_found(c, "memory", COHMEM_BLOCKS, f->bdf,
					    "%s", cohmem_reason_str(m->reason)),
			       "the driver will refuse it",
			       cohmem_reason_hint(m->reason));
		break;
	case COHMEM_MEM_ABSENT:
		cohmem_explain(cohmem_found(c, "memory", COHMEM_BLOCKS, f->bdf,
					    "firmware announces no coherent memory"),
			       "it is passed through without its memory",
			       "update the firmware");
		break;
	case COHMEM_MEM_UNKNOWN:
		cohmem_explain(cohmem_found(c, "memory", COHMEM_UNKNOWN, f->bdf,
					    "%s", m->why_unknown),
			       "what a guest will see is not known", m->hint);
		break;
	}
	if (m->onlined > 0)
		cohmem_explain(cohmem_found(c, "memory-onlined", COHMEM_ODD, f->bdf,
					    "the host uses the memory as System RAM, put on line by driver %s",
					    f->driver),
			       "bind has to take it off line, which fails while pages of it are in use",
			       "end what uses the GPU (nvidia-persistenced, CUDA); or keep the host's driver from it at boot");
}

static void check_group(struct cohmem_ctx *ctx, struct cohmem_func *f,
			struct cohmem_check *c)
{
	struct cohmem_func *g;
	bool busy = false;

	if (f->group < 0) {
		if (!cohmem_has_iommu(ctx))
			cohmem_explain(cohmem_found(c, "group", COHMEM_BLOCKS, f->bdf,
						    "in no IOMMU group"),
				       "it cannot be handed to a machine",
				       "turn the IOMMU on in firmware set-up; look for its driver in dmesg");
		else
			cohmem_explain(cohmem_found(c, "group", COHMEM_NOTE, f->bdf,
						    "in no IOMMU group yet"),
				       "before Linux 6.15 it gets one with its driver", NULL);
		return;
	}
	cohmem_group_foreach(ctx, f, g) {
		if (g == f || cohmem_func_viability(g) != COHMEM_NOT_VIABLE)
			continue;
		busy = true;
		cohmem_explain(cohmem_found(c, "group", COHMEM_BLOCKS, f->bdf,
					    "IOMMU group %d also has %s, in use by the host (driver %s)",
					    f->group, g->bdf, g->driver),
			       "the kernel hands out whole groups only",
			       "cohmem bind --group takes it from the host, too");
	}
	if (!busy)
		cohmem_found(c, "group", COHMEM_FIT, f->bdf,
			     "IOMMU group %d is free of others' devices", f->group);
}

static void check_state(struct cohmem_func *f, struct cohmem_check *c)
{
	char fix[64];

	cohmem_fmt(fix, sizeof(fix), "cohmem bind %s", f->bdf);
	if (strcmp(f->driver, COHMEM_DRIVER)) {
		cohmem_explain(cohmem_found(c, "bound", f->is_vfio ? COHMEM_ODD :
					    COHMEM_NOTE, f->bdf, "bound to %s",
					    f->driver[0] ? f->driver : "no driver"),
			       f->is_vfio ?
			       "a guest sees what that driver shows, and it tells nobody about it" :
			       "no machine can have it yet", fix);
		return;
	}
	if (!strcmp(cohmem_fact_word(f, COHMEM_FACT_READY_STATE),
		    cohmem_ready_state_name(COHMEM_FAILED)))
		cohmem_explain(cohmem_found(c, "bound", COHMEM_BLOCKS, f->bdf,
					    "its memory did not become ready: %s",
					    cohmem_fact_word(f, COHMEM_FACT_READY_FAIL)),
			       "accesses to it fail", "reset it; dmesg says more");
	else
		cohmem_found(c, "bound", COHMEM_FIT, f->bdf, "bound to %s",
			     COHMEM_DRIVER);
	if (cohmem_fact_number(f, COHMEM_FACT_POISON_OVERFLOW))
		cohmem_explain(cohmem_found(c, "poison", COHMEM_BLOCKS, f->bdf,
					    "more pages have gone bad than can be remembered"),
			       "the driver refuses all access to the memory",
			       "replace the GPU");
	else if (cohmem_fact_number(f, COHMEM_FACT_POISON_COUNT))
		cohmem_explain(cohmem_found(c, "poison", COHMEM_ODD, f->bdf,
					    "%llu bad pages", (unsigned long long)
					    cohmem_fact_number(f, COHMEM_FACT_POISON_COUNT)),
			       "a guest that touches one gets a memory error",
			       "plan to replace the GPU if the number grows");
}

/* The functions from the root port down to @bdf, as sysfs nests them. */
static unsigned int path_to(struct cohmem_ctx *ctx, const char *bdf,
			    char path[MAX_DEPTH][COHMEM_BDF_LEN])
{
	char link[128], full[PATH_MAX], target[PATH_MAX], *part, *save;
	unsigned int nr = 0;
	ssize_t n;

	cohmem_fmt(link, sizeof(link), "/sys/bus/pci/devices/%s", bdf);
	if (cohmem_path(ctx, full, link))
		return 0;
	n = readlink(full, target, sizeof(target) - 1);
	if (n < 0)
		return 0;
	target[n] = '\0';
	for (part = strtok_r(target, "/", &save); part && nr < MAX_DEPTH;
	     part = strtok_r(NULL, "/", &save))
		if (strlen(part) < COHMEM_BDF_LEN &&
		    !cohmem_bdf_normalise(part, path[nr]))
			nr++;
	return nr;
}

/* A register of the PCI Express capability; false where it cannot be read. */
static bool express(struct cohmem_ctx *ctx, const char *bdf, unsigned int reg,
		    unsigned int *out)
{
	unsigned int at, left = 48;
	char path[128];
	bool ok = false;
	size_t len;
	u8 *cfg;

	cohmem_fmt(path, sizeof(path), "/sys/bus/pci/devices/%s/config", bdf);
	if (cohmem_read_blob(ctx, path, 256, &cfg, &len))
		return false;
	if (len >= 256 && cfg[CFG_STATUS] & CFG_STATUS_CAPS)
		for (at = cfg[CFG_CAP_PTR] & ~3; at >= 0x40 && left--;
		     at = cfg[at + 1] & ~3) {
			if (cfg[at] != CAP_ID_EXP || at + reg + 4 > len)
				continue;
			*out = cfg[at + reg] | cfg[at + reg + 1] << 8 |
			       cfg[at + reg + 2] << 16 |
			       (unsigned int)cfg[at + reg + 3] << 24;
			ok = true;
			break;
		}
	free(cfg);
	return ok;
}

static void check_path(struct cohmem_ctx *ctx, struct cohmem_func *f,
		       struct cohmem_check *c)
{
	char path[MAX_DEPTH][COHMEM_BDF_LEN];
	unsigned int nr = path_to(ctx, f->bdf, path), i, reg;
	bool known = nr > 1;

	for (i = 0; known && i + 1 < nr; i++) {
		unsigned int want = i ? EXP_DEVCAP2_ROUTE : EXP_DEVCAP2_ATOMIC64;

		if (!express(ctx, path[i], EXP_DEVCAP2, &reg)) {
			known = false;
		} else if (!(reg & want)) {
			cohmem_explain(cohmem_found(c, "atomics", COHMEM_NOTE, f->bdf,
						    "%s does not %s AtomicOps", path[i],
						    i ? "route" : "complete 64-bit"),
				       "PCIe atomics of the GPU do not reach memory; over C2C they do",
				       NULL);
			known = false;
		}
	}
	if (known)
		cohmem_found(c, "atomics", COHMEM_FIT, f->bdf,
			     "AtomicOps reach the root port");
	if (!express(ctx, f->bdf, EXP_DEVCTL, &reg))
		return;
	if (reg & EXP_DEVCTL_RELAX)
		cohmem_found(c, "relaxed-ordering", COHMEM_FIT, f->bdf,
			     "relaxed ordering is on");
	else
		cohmem_explain(cohmem_found(c, "relaxed-ordering", COHMEM_NOTE, f->bdf,
					    "relaxed ordering is off"),
			       "DMA over PCIe is slower than it could be",
			       "firmware set-up; a root port that cannot do it turns it off");
}

static void check_node(struct cohmem_ctx *ctx, struct cohmem_func *f,
		       struct cohmem_check *c)
{
	if (f->numa_node >= 0)
		cohmem_found(c, "node", COHMEM_FIT, f->bdf, "close to node %d",
			     f->numa_node);
	else if (cohmem_exists(ctx, "/sys/devices/system/node/node1"))
		cohmem_explain(cohmem_found(c, "node", COHMEM_ODD, f->bdf,
					    "the host has several NUMA nodes and does not say which is near"),
			       "the guest's CPUs and memory may lie on the far socket",
			       "update the firmware (_PXM of the root port)");
}

/* The address space that a machine with this GPU alone has to have. */
static void check_aperture(struct cohmem_ctx *ctx, struct cohmem_func *f,
			   struct cohmem_check *c)
{
	struct cohmem_vm_request want = {
		.nr = 1, .cpus = 4, .memory = 16ULL << 30, .others = 1ULL << 30,
	};
	char bdf[1][COHMEM_BDF_LEN];
	struct cohmem_vm *vm;
	u64 bits;

	memcpy(bdf[0], f->bdf, sizeof(bdf[0]));
	want.bdf = (const char (*)[COHMEM_BDF_LEN])bdf;
	vm = malloc(sizeof(*vm));
	if (!vm || cohmem_vm_plan(ctx, &want, vm))
		goto out;	/* its memory is not known: said already */
	if (!cohmem_answer_u64(ctx, "kvm.ipa_bits", &bits) || bits >= 64)
		cohmem_found(c, "aperture", COHMEM_NOTE, f->bdf,
			     "a machine with it needs %llu GiB of address space for BARs",
			     (unsigned long long)vm->aperture >> 30);
	else if (vm->aperture > 1ULL << (bits - 1))
		/* It lies at a multiple of itself: its end is at twice of it. */
		cohmem_explain(cohmem_found(c, "aperture", COHMEM_BLOCKS, f->bdf,
					    "%llu GiB for BARs are needed, KVM's guests have %llu address bits",
					    (unsigned long long)vm->aperture >> 30,
					    (unsigned long long)bits),
			       "QEMU will not start the machine", NULL);
	else
		cohmem_found(c, "aperture", COHMEM_FIT, f->bdf,
			     "%llu GiB for BARs fit into KVM's %llu address bits",
			     (unsigned long long)vm->aperture >> 30,
			     (unsigned long long)bits);
out:
	free(vm);
}

/**
 * cohmem_check_gpu() - all checks that are about one GPU
 * @ctx: the context, scanned
 * @f: the GPU
 * @c: where the findings go
 */
void cohmem_check_gpu(struct cohmem_ctx *ctx, struct cohmem_func *f,
		      struct cohmem_check *c)
{
	if (!f->loaded)
		cohmem_func_load(ctx, f);
	check_memory(ctx, f, c);
	check_group(ctx, f, c);
	check_state(f, c);
	check_node(ctx, f, c);
	check_path(ctx, f, c);
	check_aperture(ctx, f, c);
}
