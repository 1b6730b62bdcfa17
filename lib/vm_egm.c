// SPDX-License-Identifier: GPL-2.0-only
/*
 * A machine whose memory is EGM: which EGM, how much of each, and where it lies in the
 * guest. GPUs reach EGM without an IOMMU, and without a look at who has it: that is why
 * all GPUs of a socket should belong to the machine that has its EGM.
 */
#include "internal.h"
#include "vm.h"

#define MIB	(1ULL << 20)

/* Where the memory of QEMU's machine "virt" begins (docs/system/arm/virt.rst). */
#define VIRT_RAM	(1ULL << 30)

static int no_egm(struct cohmem_ctx *ctx, const struct cohmem_func *f)
{
	const char *word = cohmem_egm_refusal(f), *what, *hint;

	what = cohmem_egm_explain(word, &hint);
	if (what)
		return cohmem_fail(ctx, -EINVAL, f->bdf, hint,
				   "no EGM (%s): %s", word, what);
	if (cohmem_egm_is_off(f))
		return cohmem_fail(ctx, -ENODEV, f->bdf,
				   "firmware set-up has its EGM mode; or plan with --memory",
				   "no EGM: firmware has it turned off");
	return cohmem_fail(ctx, -ENODATA, f->bdf,
			   "run as root: firmware's tables have it; or plan with --memory",
			   "nobody tells of EGM of its socket");
}

/* May the plan be made for it? What is in the way today is a warning. */
static int see_state(struct cohmem_ctx *ctx, struct cohmem_vm *vm,
		     const struct cohmem_egm *e)
{
	const char *name = e->unit.bdf, *what, *hint;
	char fix[64];

	switch (e->state) {
	case COHMEM_EGM_STATE_READY:
		break;
	case COHMEM_EGM_STATE_UNBOUND:
		cohmem_fmt(fix, sizeof(fix), "cohmem bind %s", e->gpu[0]->bdf);
		cohmem_vm_warn(vm, "egm-not-lent", name, fix,
			       "/dev/%s is not there before a GPU of its socket is bound",
			       name);
		break;
	case COHMEM_EGM_STATE_UNKNOWN:
		cohmem_vm_warn(vm, "egm-not-lent", name,
			       "is the driver older than this program? dmesg may tell more",
			       "the driver does not say that it lends it");
		break;
	case COHMEM_EGM_STATE_FOREIGN:
		cohmem_vm_warn(vm, "egm-foreign", name, NULL,
			       "another module lends it: who has it, and whether it is clear, is not known");
		break;
	case COHMEM_EGM_STATE_DISABLED:
	case COHMEM_EGM_STATE_REFUSED:
		what = cohmem_egm_explain(e->word, &hint);
		return cohmem_fail(ctx, -EINVAL, name, hint, "not lent (%s): %s",
				   e->word, what);
	}
	if (e->unit.memory.state != COHMEM_MEM_OK)
		return cohmem_fail(ctx, -ENODATA, name, e->unit.memory.hint,
				   "its size is not known: %s",
				   e->unit.memory.why_unknown);
	return 0;
}

static bool has_gpu(const struct cohmem_vm *vm, const struct cohmem_func *f)
{
	unsigned int i;

	for (i = 0; i < vm->nr_gpus; i++)
		if (vm->gpu[i].f == f)
			return true;
	return false;
}

/* Whoever has another GPU of the socket reaches the machine's memory by it. */
static void warn_shared(struct cohmem_vm *vm, const struct cohmem_egm *e)
{
	const char *first = NULL;
	unsigned int k, nr = 0;
	char more[32] = "";

	for (k = 0; k < e->nr_gpus; k++) {
		if (has_gpu(vm, e->gpu[k]))
			continue;
		nr++;
		if (!first)
			first = e->gpu[k]->bdf;
	}
	if (!nr)
		return;
	if (nr > 1)
		cohmem_fmt(more, sizeof(more), " and %u more", nr - 1);
	cohmem_vm_warn(vm, "egm-shared", e->unit.bdf,
		       "give the machine all GPUs of the socket, or leave the others unused",
		       "%s%s of the same socket %s not in the machine: who has them can read and write its memory, as no IOMMU is in between",
		       first, more, nr > 1 ? "are" : "is");
}

/**
 * cohmem_vm_pick_egm() - the EGM of each GPU of a machine
 * @ctx: the context, scanned
 * @vm: the machine, with its GPUs; warnings go there
 * @egm: filled in, one for each GPU
 * Return: 0, or -errno where one has none; cohmem_why() tells.
 */
int cohmem_vm_pick_egm(struct cohmem_ctx *ctx, struct cohmem_vm *vm,
		       const struct cohmem_egm *egm[COHMEM_VM_MAX_GPUS])
{
	const struct cohmem_egm *e;
	unsigned int i, k;
	int ret;

	for (i = 0; i < vm->nr_gpus; i++) {
		e = cohmem_egm_of(ctx, vm->gpu[i].f);
		if (!e)
			return no_egm(ctx, vm->gpu[i].f);
		egm[i] = e;
		for (k = 0; k < i && egm[k] != e; k++)
			;
		if (k < i)
			continue;
		ret = see_state(ctx, vm, e);
		if (ret)
			return ret;
		warn_shared(vm, e);
	}
	return 0;
}

/* Retired blocks are in nobody's reach: a guest that touches one ends. */
static void warn_retired(struct cohmem_vm *vm, const struct cohmem_vm_node *n)
{
	const struct cohmem_func *u = &n->egm->unit;
	const struct cohmem_bound *b = &u->bound;
	u64 first = ~0ULL, base = u->memory.base;
	unsigned int i, nr = 0;
	char fix[96];

	if (!cohmem_fact_number(u, COHMEM_FACT_RETIRED_COUNT))
		return;
	if (!u->memory.has_base || b->retired_error) {
		cohmem_vm_warn(vm, "egm-retired", u->bdf, "plan as root",
			       "firmware has retired blocks of it, and only root sees which: the machine ends if its guest touches one");
		return;
	}
	for (i = 0; i < b->nr_retired; i++) {
		if (b->retired[i] < base || b->retired[i] - base >= n->memory)
			continue;
		nr++;
		if (b->retired[i] - base < first)
			first = b->retired[i] - base;
	}
	if (!nr)
		return;
	if (first < MIB)
		cohmem_fmt(fix, sizeof(fix), "plan with --memory instead");
	else
		cohmem_fmt(fix, sizeof(fix),
			   "no more than %lluM of this EGM lie before the first",
			   (unsigned long long)(first / MIB));
	cohmem_vm_warn(vm, "egm-retired", u->bdf, fix,
		       "%u block%s that firmware has retired lie%s in the machine's memory: it ends when its guest touches one",
		       nr, nr == 1 ? "" : "s", nr == 1 ? "s" : "");
}

static void warn_condition(struct cohmem_vm *vm, const struct cohmem_egm *e)
{
	const struct cohmem_func *u = &e->unit;
	const char *name = u->bdf, *hint, *why;

	if (e->user[0] && strcmp(e->user, "-"))
		cohmem_vm_warn(vm, "egm-in-use", name, "'cohmem show' says who has it",
			       "somebody has it: it is for one at a time");
	if (cohmem_fact_number(u, COHMEM_FACT_POISON_OVERFLOW))
		cohmem_vm_warn(vm, "egm-poison", name, "replace the board",
			       "it has too many bad pages to be cleared, and they are in the machine's memory");
	else if (cohmem_fact_number(u, COHMEM_FACT_POISON_COUNT))
		cohmem_vm_warn(vm, "egm-poison", name, "'cohmem poison list' has them",
			       "some of its pages have gone bad: a guest that touches one gets a memory error");
	if (cohmem_cannot_clear(u)) {
		why = cohmem_scrub_end(cohmem_fact_word(u, COHMEM_FACT_SCRUB_RESULT),
				       &hint);
		cohmem_vm_warn(vm, "egm-not-cleared", name, hint,
			       "it is not handed out, as it could not be cleared: %s",
			       why);
	}
}

/**
 * cohmem_vm_lay_out_egm() - how much of which EGM, and where the guest finds it
 * @ctx: the context
 * @want: what is wanted
 * @vm: the machine; its CPU nodes are there
 * Return: 0, or -errno where there is not as much; cohmem_why() tells.
 */
int cohmem_vm_lay_out_egm(struct cohmem_ctx *ctx,
			  const struct cohmem_vm_request *want,
			  struct cohmem_vm *vm)
{
	unsigned int i, k;
	u64 at = VIRT_RAM;

	vm->egm = true;
	vm->memory = 0;
	for (i = 0; i < vm->nr_cpu_nodes; i++) {
		struct cohmem_vm_node *n = &vm->node[i];
		const struct cohmem_func *u = &n->egm->unit;

		/* One opener at a time: it cannot be two nodes' memory. */
		for (k = 0; k < i; k++)
			if (vm->node[k].egm == n->egm)
				return cohmem_fail(ctx, -EINVAL, u->bdf, NULL,
						   "its GPUs are close to different nodes of the host, says the host");
		if (!want->memory)
			n->memory = u->memory.size / MIB * MIB;
		if (n->memory > u->memory.size || !n->memory)
			return cohmem_fail(ctx, -ERANGE, u->bdf,
					   "--egm all takes all of it",
					   "it has %llu MiB, %llu are wanted of it",
					   (unsigned long long)(u->memory.size / MIB),
					   (unsigned long long)(n->memory / MIB));
		/* A PC has memory on both sides of the hole below 4 GiB. */
		if (vm->machine == COHMEM_VM_VIRT)
			n->base = at;
		at += n->memory;
		vm->memory += n->memory;
		warn_condition(vm, n->egm);
		warn_retired(vm, n);
	}
	return 0;
}
