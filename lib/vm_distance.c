// SPDX-License-Identifier: GPL-2.0-only
/*
 * Distances between the guest's nodes: the host's own, from its SLIT, where its
 * nodes are known by their proximity domains; else what these machines are known
 * to have.
 */
#include <stdlib.h>

#include "internal.h"
#include "vm.h"

#define SLIT		"/sys/firmware/acpi/tables/SLIT"
#define SLIT_HEADER	44	/* ACPI 6.5, 5.2.17: a header and a 64-bit count */
#define SLIT_MAX	1024

/* As SLITs of these machines have it; 10 and 255 are ACPI's own. */
#define HERE		10
#define SAME_GPU	11	/* initiator nodes of one GPU */
#define OTHER_CPU	40
#define OWN_CPU		80	/* a GPU and the CPU it is joined to */
#define FAR_CPU		120	/* a GPU and another CPU */
#define OTHER_GPU	254	/* the greatest that is not "unreachable" */
#define UNREACHABLE	255

struct slit {
	u8 *data;
	u64 nr;
};

static void read_slit(struct cohmem_ctx *ctx, struct slit *s)
{
	size_t len, i;

	s->nr = 0;
	if (cohmem_read_blob(ctx, SLIT, SLIT_HEADER + SLIT_MAX * SLIT_MAX,
			     &s->data, &len))
		return;
	if (len < SLIT_HEADER || memcmp(s->data, "SLIT", 4))
		return;
	for (i = 0; i < 8; i++)
		s->nr |= (u64)s->data[SLIT_HEADER - 8 + i] << 8 * i;
	if (s->nr > SLIT_MAX || SLIT_HEADER + s->nr * s->nr > len)
		s->nr = 0;
}

/* The proximity domain of a node; of CPU nodes, kernel and firmware agree. */
static int pxm_of(const struct cohmem_vm_node *n)
{
	return n->gpu < 0 ? n->host_node : n->pxm;
}

static bool by_slit(const struct slit *s, const struct cohmem_vm_node *a,
		    const struct cohmem_vm_node *b, u8 *out)
{
	int x = pxm_of(a), y = pxm_of(b);
	u8 d;

	if (x < 0 || y < 0 || x >= (int)s->nr || y >= (int)s->nr)
		return false;
	d = s->data[SLIT_HEADER + x * s->nr + y];
	/* QEMU wants 10 on the diagonal and nowhere else less. */
	if (d <= HERE || d == UNREACHABLE)
		return false;
	*out = d;
	return true;
}

static u8 usual(const struct cohmem_vm *vm, unsigned int i, unsigned int k)
{
	const struct cohmem_vm_node *a = &vm->node[i], *b = &vm->node[k];
	int gpu = a->gpu >= 0 ? a->gpu : b->gpu;

	if (gpu < 0)
		return OTHER_CPU;
	if (a->gpu >= 0 && b->gpu >= 0)
		return a->gpu == b->gpu ? SAME_GPU : OTHER_GPU;
	return vm->gpu[gpu].cpu_node == (a->gpu < 0 ? i : k) ? OWN_CPU : FAR_CPU;
}

/**
 * cohmem_vm_distances() - fill in the distances between all nodes
 * @ctx: the context
 * @vm: the machine, its nodes known
 * Return: 0.
 */
int cohmem_vm_distances(struct cohmem_ctx *ctx, struct cohmem_vm *vm)
{
	struct slit slit = { 0 };
	unsigned int i, k;
	u8 d;

	read_slit(ctx, &slit);
	for (i = 0; i < vm->nr_nodes; i++) {
		vm->distance[i][i] = HERE;
		for (k = i + 1; k < vm->nr_nodes; k++) {
			if (by_slit(&slit, &vm->node[i], &vm->node[k], &d))
				vm->from_slit = true;
			else
				d = usual(vm, i, k);
			vm->distance[i][k] = d;
			vm->distance[k][i] = d;
		}
	}
	free(slit.data);
	return 0;
}
