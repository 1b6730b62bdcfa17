// SPDX-License-Identifier: GPL-2.0-only
/* A plan for people: the machine, and how its numbers come about. */
#include "plan.h"

static const char *range(char buf[32], unsigned int first, unsigned int nr)
{
	if (nr == 1)
		snprintf(buf, 32, "%u", first);
	else
		snprintf(buf, 32, "%u-%u", first, first + nr - 1);
	return buf;
}

static void put_gpu(const struct cohmem_vm_gpu *g)
{
	char size[32], backed[32], nodes[32], pxms[32];
	unsigned int i;

	say("\nGPU %s  %s\n", g->f->bdf, shown(g->f->name));
	for (i = 0; i < COHMEM_NR_BARS; i++) {
		const struct cohmem_vm_bar *b = &g->bar[i];

		if (!b->size)
			continue;
		say("  BAR %u  %10s  %s", i, human_size(b->size, size), b->what);
		if (b->backed < b->size)
			say(": %s of memory, the rest is padding",
			    human_size(b->backed, backed));
		say("%s\n", b->high ? "" : ", below 4 GiB");
	}
	say("  initiator nodes %s", range(nodes, g->first_node, g->nr_nodes));
	if (g->has_pxm)
		say(" (PXM %s of the host)",
		    range(pxms, g->pxm, g->nr_nodes));
	say(", close to node %u\n", g->cpu_node);
}

static void put_nodes(const struct cohmem_vm *vm)
{
	char size[32], text[32];
	unsigned int i;

	say("\nNodes\n");
	for (i = 0; i < vm->nr_cpu_nodes; i++) {
		const struct cohmem_vm_node *n = &vm->node[i];

		say("  %-6u CPUs %s, %s", i,
		    range(text, n->first_cpu, n->nr_cpus),
		    human_size(n->memory, size));
		if (n->egm)
			say(" of %s", n->egm->unit.bdf);
		else if (n->host_node >= 0)
			say(", on node %d of the host", n->host_node);
		if (n->egm && n->base)
			say(", at 0x%llx of the guest", (unsigned long long)n->base);
		say("\n");
	}
	for (i = 0; i < vm->nr_gpus; i++) {
		const struct cohmem_vm_gpu *g = &vm->gpu[i];

		say("  %-6s of GPU %s; from node %u %u, to each other %u\n",
		    range(text, g->first_node, g->nr_nodes), g->f->bdf,
		    g->cpu_node, vm->distance[g->cpu_node][g->first_node],
		    vm->distance[g->first_node][g->first_node + 1]);
	}
	say("  distances are %s\n", vm->from_slit ?
	    "the host's, where its SLIT has them" :
	    "those usual for such machines: the host has none");
}

static void put_aperture(const struct cohmem_vm *vm)
{
	char a[32], b[32], c[32];
	unsigned int i;

	say("\nAperture for BARs: %s\n", human_size(vm->aperture, a));
	for (i = 0; i < vm->nr_gpus; i++) {
		const struct cohmem_vm_gpu *g = &vm->gpu[i];

		say("  GPU %s  %s, aligned to %s, at %s\n", g->f->bdf,
		    human_size(g->window.size, a),
		    human_size(g->window.align, b), human_size(g->offset, c));
	}
	say("  other devices     %s\n", human_size(vm->others, a));
	say("  firmware needs %s, a kernel that assigns anew %s\n",
	    human_size(vm->need_firmware, a), human_size(vm->need_kernel, b));
	say("  rounded up to a power of two, %s at least\n",
	    human_size(COHMEM_APERTURE_MIN, a));
}

static void put_warning(struct cli *cli, const struct cohmem_vm_warning *w)
{
	char text[512];

	snprintf(text, sizeof(text), "%s%s%s [%s]", w->subject,
		 *w->subject ? ": " : "", w->text, w->id);
	say_wrapped(cli->width, "  ! ", 4, shown(text));
	if (*w->fix)
		say_wrapped(cli->width, "    -> ", 7, shown(w->fix));
	}

/**
 * plan_text() - show a plan
 * @cli: the run
 * @view: the plan
 */
void plan_text(struct cli *cli, const struct plan_view *view)
{
	const struct cohmem_vm *vm = view->vm;
	char size[32];
	unsigned int i;

	say("Virtual machine '%s': %u CPUs, %s, %u GPU%s\n", view->name,
	    vm->cpus, human_size(vm->memory, size), vm->nr_gpus,
	    vm->nr_gpus == 1 ? "" : "s");
	for (i = 0; i < vm->nr_gpus; i++)
		put_gpu(&vm->gpu[i]);
	put_nodes(vm);
	put_aperture(vm);
	if (vm->nr_warnings)
		say("\nTo know\n");
	for (i = 0; i < vm->nr_warnings; i++)
		put_warning(cli, &vm->warning[i]);
}

/**
 * plan_warnings() - what a person should know, beside a form
 * @view: the plan
 */
void plan_warnings(const struct plan_view *view)
{
	unsigned int i;

	for (i = 0; i < view->vm->nr_warnings; i++) {
		const struct cohmem_vm_warning *w = &view->vm->warning[i];

		warn_of(w->subject, w->fix, "%s [%s]", w->text, w->id);
	}
}
