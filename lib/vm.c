// SPDX-License-Identifier: GPL-2.0-only
/* From GPUs of this host to the machine that gets them. */
#include <stdarg.h>
#include <stdlib.h>

#include "internal.h"
#include "vm.h"

#define MIB	(1ULL << 20)

/**
 * cohmem_vm_warn() - note something a person should know of a plan
 * @vm: the plan
 * @id: stable word
 * @subject: the function it is about, or NULL
 * @fix: what to do about it, or NULL
 * @fmt: what
 */
void cohmem_vm_warn(struct cohmem_vm *vm, const char *id, const char *subject,
		    const char *fix, const char *fmt, ...)
{
	struct cohmem_vm_warning *w;
	va_list ap;

	if (vm->nr_warnings == COHMEM_VM_MAX_WARNINGS)
		return;
	w = &vm->warning[vm->nr_warnings++];
	w->id = id;
	cohmem_fmt(w->subject, sizeof(w->subject), "%s", subject ? subject : "");
	cohmem_fmt(w->fix, sizeof(w->fix), "%s", fix ? fix : "");
	va_start(ap, fmt);
	vsnprintf(w->text, sizeof(w->text), fmt, ap);
	va_end(ap);
}

/* A plan is about coherent memory: without it, say what is in the way. */
static int want_memory(struct cohmem_ctx *ctx, const struct cohmem_func *f)
{
	const struct cohmem_memory *m = &f->memory;

	switch (m->state) {
	case COHMEM_MEM_UNKNOWN:
		return cohmem_fail(ctx, -ENODATA, f->bdf, m->hint,
				   "its memory is not known: %s",
				   m->why_unknown);
	case COHMEM_MEM_ABSENT:
		return cohmem_fail(ctx, -ENODEV, f->bdf,
				   "update the firmware; or assign it as any other PCI function, without its memory",
				   "firmware announces no coherent memory for it");
	case COHMEM_MEM_BAD:
		return cohmem_fail(ctx, -EINVAL, f->bdf,
				   cohmem_reason_hint(m->reason), "%s",
				   cohmem_reason_str(m->reason));
	case COHMEM_MEM_OK:
		break;
	}
	if (!m->layout.nr)
		return cohmem_fail(ctx, -EACCES, f->bdf, "run as root",
				   "its layout is not known: only root can read the DVSECs");
	return 0;
}

/* The BARs that a user of VFIO sees: real ones, and the composed in their place. */
static int see_bars(struct cohmem_ctx *ctx, struct cohmem_vm_gpu *g)
{
	const struct cohmem_layout *l = &g->f->memory.layout;
	struct cohmem_vm_bar *b;
	u64 sizes[COHMEM_NR_BARS];
	unsigned int i, nr = 0;

	for (i = 0; i < COHMEM_NR_BARS; i++) {
		const struct cohmem_bar_info *real = &g->f->bar[i];

		b = &g->bar[i];
		b->index = i;
		b->what = "real";
		if (!real->size || real->is_io)
			continue;
		b->size = real->size;
		b->backed = real->size;
		b->high = real->is_64 && real->prefetch;
	}
	for (i = 0; i < l->nr; i++) {
		const struct cohmem_region *r = &l->region[i];

		b = &g->bar[r->bar];
		b->what = cohmem_kind_name(r->kind);
		b->size = r->region_size;
		b->backed = r->size;
		b->high = true;
		if (r->bar + 1 < COHMEM_NR_BARS)
			memset(&g->bar[r->bar + 1], 0, sizeof(*b));
	}
	for (i = 0; i < COHMEM_NR_BARS; i++)
		if (g->bar[i].size && g->bar[i].high)
			sizes[nr++] = g->bar[i].size;
	if (cohmem_window_firmware(sizes, nr, &g->window) ||
	    cohmem_window_kernel(sizes, nr, &g->window_kernel))
		return cohmem_fail(ctx, -EINVAL, g->f->bdf, NULL,
				   "its BARs have sizes that no guest can place");
	return 0;
}

static void warn_function(struct cohmem_ctx *ctx, struct cohmem_vm *vm,
			  const struct cohmem_func *f)
{
	struct cohmem_func *other;
	char fix[64];

	cohmem_fmt(fix, sizeof(fix), "cohmem bind %s", f->bdf);
	if (strcmp(f->driver, COHMEM_DRIVER)) {
		if (f->is_vfio)
			cohmem_vm_warn(vm, "other-driver", f->bdf, fix,
				       "bound to %s: this plan is what %s shows", f->driver,
				       COHMEM_DRIVER);
		else
			cohmem_vm_warn(vm, "not-bound", f->bdf, fix,
				       "not bound to a VFIO driver yet");
	}
	if (!strcmp(cohmem_fact_word(f, COHMEM_FACT_READY_STATE),
		    cohmem_ready_state_name(COHMEM_FAILED)))
		cohmem_vm_warn(vm, "not-ready", f->bdf, NULL,
			       "its memory did not become ready");
	if (cohmem_fact_number(f, COHMEM_FACT_POISON_OVERFLOW))
		cohmem_vm_warn(vm, "poison-overflow", f->bdf, "replace the GPU",
			       "the driver refuses all access to its memory: too many bad pages");
	if (f->group < 0 && !cohmem_has_iommu(ctx))
		cohmem_vm_warn(vm, "no-iommu", f->bdf,
			       "turn the IOMMU on in the firmware set-up",
			       "in no IOMMU group: it cannot be handed to VFIO");
	cohmem_group_foreach(ctx, f, other)
		if (other != f && cohmem_func_viability(other) ==
		    COHMEM_NOT_VIABLE)
			cohmem_vm_warn(vm, "group-busy", f->bdf,
				       "cohmem bind --group takes it from the host, too",
				       "%s (driver %s) is in the same IOMMU group and in use by the host",
				       other->bdf, other->driver);
}

/* The proximity domains that firmware keeps for the GPU. */
static void see_pxms(struct cohmem_vm *vm, struct cohmem_vm_gpu *g,
		     unsigned int nr_nodes)
{
	const struct cohmem_dsd *d = &g->f->dsd;
	const u32 both = 1U << COHMEM_PXM_START | 1U << COHMEM_PXM_COUNT;
	u64 count = d->value[COHMEM_PXM_COUNT];

	g->nr_nodes = nr_nodes ? nr_nodes : COHMEM_VM_GPU_NODES;
	if (!g->f->announced || (d->present & both) != both ||
	    d->opaque & both)
		return;
	g->has_pxm = true;
	g->pxm = d->value[COHMEM_PXM_START];
	if (count != COHMEM_VM_GPU_NODES)
		cohmem_vm_warn(vm, "pxm-count", g->f->bdf, NULL,
			       "firmware keeps %llu proximity domains for it, the guest's driver looks for %u",
			       (unsigned long long)count, COHMEM_VM_GPU_NODES);
	if (count > INT16_MAX || g->pxm > INT16_MAX)
		g->has_pxm = false;
}

static int by_bdf(const void *a, const void *b)
{
	const struct cohmem_vm_gpu *x = a, *y = b;

	return x->f < y->f ? -1 : x->f > y->f;
}

static int pick_gpus(struct cohmem_ctx *ctx,
		     const struct cohmem_vm_request *want, struct cohmem_vm *vm)
{
	unsigned int i, k;
	int ret;

	if (!want->nr || want->nr > COHMEM_VM_MAX_GPUS)
		return cohmem_fail(ctx, -E2BIG, NULL, NULL,
				   "a plan is for 1 to %u GPUs, not for %u",
				   COHMEM_VM_MAX_GPUS, want->nr);
	for (i = 0; i < want->nr; i++) {
		struct cohmem_func *f = cohmem_func_find(ctx, want->bdf[i]);

		if (!f)
			return cohmem_fail(ctx, -ENODEV, want->bdf[i],
					   "'cohmem list' shows what there is",
					   "no such PCI function");
		for (k = 0; k < i; k++)
			if (vm->gpu[k].f == f)
				return cohmem_fail(ctx, -EINVAL, f->bdf, NULL,
						   "given twice");
		if (!f->loaded)
			cohmem_func_load(ctx, f);
		ret = want_memory(ctx, f);
		if (ret)
			return ret;
		vm->gpu[vm->nr_gpus++].f = f;
	}
	/* Functions lie in the order of their addresses. */
	qsort(vm->gpu, vm->nr_gpus, sizeof(vm->gpu[0]), by_bdf);
	for (i = 0; i < vm->nr_gpus; i++) {
		ret = see_bars(ctx, &vm->gpu[i]);
		if (ret)
			return ret;
		warn_function(ctx, vm, vm->gpu[i].f);
		see_pxms(vm, &vm->gpu[i], want->gpu_nodes);
	}
	return 0;
}

/*
 * A node with CPUs and memory for each node of the host that has such a GPU; each EGM
 * is the memory of a node of its own.
 */
static int lay_out_cpu_nodes(struct cohmem_ctx *ctx,
			     const struct cohmem_vm_request *want,
			     struct cohmem_vm *vm)
{
	const struct cohmem_egm *egm[COHMEM_VM_MAX_GPUS] = { NULL };
	u64 mib = want->memory / MIB;
	unsigned int i, n, cpu = 0;
	int ret;

	if (want->egm) {
		ret = cohmem_vm_pick_egm(ctx, vm, egm);
		if (ret)
			return ret;
	}
	for (i = 0; i < vm->nr_gpus; i++) {
		int host = vm->gpu[i].f->numa_node;

		for (n = 0; n < vm->nr_nodes; n++)
			if (vm->node[n].host_node == host &&
			    vm->node[n].egm == egm[i])
				break;
		if (n == vm->nr_nodes) {
			vm->node[n].gpu = -1;
			vm->node[n].pxm = -1;
			vm->node[n].host_node = host;
			vm->node[n].egm = egm[i];
			vm->nr_nodes++;
		}
		vm->gpu[i].cpu_node = n;
	}
	vm->nr_cpu_nodes = vm->nr_nodes;
	if (want->cpus < vm->nr_nodes)
		return cohmem_fail(ctx, -EINVAL, NULL, "--cpus",
				   "%u CPUs are too few: GPUs of %u nodes of the host need as many",
				   want->cpus, vm->nr_nodes);
	if (want->egm && !want->memory)
		mib = vm->nr_nodes;	/* each gets all of its own */
	else if (!want->memory || want->memory % MIB || mib < vm->nr_nodes)
		return cohmem_fail(ctx, -EINVAL, NULL, NULL,
				   "memory of a machine is counted in whole MiB, one for each node at least");
	for (n = 0; n < vm->nr_nodes; n++) {
		struct cohmem_vm_node *node = &vm->node[n];

		node->first_cpu = cpu;
		node->nr_cpus = want->cpus / vm->nr_nodes +
				(n < want->cpus % vm->nr_nodes);
		cpu += node->nr_cpus;
		node->memory = (mib / vm->nr_nodes +
				(n < mib % vm->nr_nodes)) * MIB;
	}
	if (want->egm) {
		ret = cohmem_vm_lay_out_egm(ctx, want, vm);
		if (ret)
			return ret;
	}
	if (vm->nr_nodes == 1 && vm->node[0].host_node < 0)
		cohmem_vm_warn(vm, "node-unknown", NULL, NULL,
			       "the host does not say which NUMA node the GPU is close to: CPUs and memory of the guest are not tied to one");
	return 0;
}

static void lay_out_gpu_nodes(struct cohmem_vm *vm)
{
	unsigned int i, k;

	for (i = 0; i < vm->nr_gpus; i++) {
		struct cohmem_vm_gpu *g = &vm->gpu[i];

		g->first_node = vm->nr_nodes;
		for (k = 0; k < g->nr_nodes; k++) {
			struct cohmem_vm_node *node = &vm->node[vm->nr_nodes++];

			node->gpu = i;
			node->host_node = -1;
			node->pxm = g->has_pxm ? (int)(g->pxm + k) : -1;
		}
	}
}

/* Room in the aperture, for both who may place BARs; and where they will be. */
static int lay_out_aperture(struct cohmem_ctx *ctx, struct cohmem_vm *vm)
{
	struct cohmem_window firmware[COHMEM_VM_MAX_GPUS + 1];
	struct cohmem_window kernel[COHMEM_VM_MAX_GPUS + 1];
	struct cohmem_window others = { vm->others, COHMEM_WINDOW_STEP };
	u64 offsets[COHMEM_VM_MAX_GPUS + 1];
	unsigned int i, k, n = vm->nr_gpus;

	for (i = 0; i < n; i++) {
		firmware[i] = vm->gpu[i].window;
		kernel[i] = vm->gpu[i].window_kernel;
	}
	firmware[n] = others;
	kernel[n] = others;
	if (cohmem_window_place(firmware, n + 1, offsets, &vm->need_firmware) ||
	    cohmem_window_place(kernel, n + 1, NULL, &vm->need_kernel))
		goto too_large;
	vm->aperture = cohmem_aperture_round(vm->need_firmware > vm->need_kernel ?
					     vm->need_firmware : vm->need_kernel,
					     COHMEM_APERTURE_MIN);
	if (!vm->aperture)
		goto too_large;
	for (i = 0; i < n; i++) {
		struct cohmem_vm_gpu *g = &vm->gpu[i];
		u64 at = g->offset = offsets[i], below = ~0ULL;
		unsigned int done = 0, best;

		/* Within the window the largest first, equal ones in order. */
		for (;;) {
			best = COHMEM_NR_BARS;
			for (k = 0; k < COHMEM_NR_BARS; k++)
				if (g->bar[k].size && g->bar[k].high &&
				    !(done & 1U << k) && g->bar[k].size <= below &&
				    (best == COHMEM_NR_BARS ||
				     g->bar[k].size > g->bar[best].size))
					best = k;
			if (best == COHMEM_NR_BARS)
				break;
			done |= 1U << best;
			g->bar[best].offset = at;
			at += g->bar[best].size;
		}
	}
	return 0;
too_large:
	return cohmem_fail(ctx, -EOVERFLOW, NULL, NULL,
			   "these GPUs need more address space than 64 bits hold");
}

/*
 * KubeVirt 1.9 adds up the real BARs of each GPU, 512 GiB at least, and a GiB, and
 * rounds that up. It does not know of composed BARs, nor of gaps between them.
 */
static u64 kubevirt_aperture(const struct cohmem_vm *vm)
{
	u64 sum = 1ULL << 30, real;
	unsigned int i, k;

	for (i = 0; i < vm->nr_gpus; i++) {
		real = 0;
		for (k = 0; k < COHMEM_NR_BARS; k++) {
			const struct cohmem_bar_info *b = &vm->gpu[i].f->bar[k];

			if (b->is_64 && b->prefetch)
				real += b->size;
		}
		sum += real > COHMEM_APERTURE_MIN ? real : COHMEM_APERTURE_MIN;
	}
	return cohmem_aperture_round(sum, COHMEM_APERTURE_MIN);
}

static bool has_iommufd(struct cohmem_ctx *ctx, const struct cohmem_vm *vm)
{
	unsigned int i;

	if (!cohmem_exists(ctx, "/dev/iommu"))
		return false;
	for (i = 0; i < vm->nr_gpus; i++)
		if (vm->gpu[i].f->is_vfio && vm->gpu[i].f->vfio_cdev < 0)
			return false;
	return true;
}

/**
 * cohmem_vm_plan() - work out the machine for some GPUs
 * @ctx: the context, scanned
 * @want: what is wanted
 * @vm: the machine
 *
 * Nothing is changed. What is odd but no obstacle is a warning of the plan.
 *
 * Return: 0, or -errno; cohmem_why() tells.
 */
int cohmem_vm_plan(struct cohmem_ctx *ctx,
		   const struct cohmem_vm_request *want, struct cohmem_vm *vm)
{
	int ret;

	memset(vm, 0, sizeof(*vm));
	vm->machine = want->machine;
	vm->cpus = want->cpus;
	vm->memory = want->memory;
	vm->others = want->others;
	ret = pick_gpus(ctx, want, vm);
	if (!ret)
		ret = lay_out_cpu_nodes(ctx, want, vm);
	if (ret)
		return ret;
	lay_out_gpu_nodes(vm);
	ret = cohmem_vm_distances(ctx, vm);
	if (ret)
		return ret;
	vm->kubevirt_aperture = kubevirt_aperture(vm);
	vm->has_iommufd = has_iommufd(ctx, vm);
	return lay_out_aperture(ctx, vm);
}
