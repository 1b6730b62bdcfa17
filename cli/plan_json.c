// SPDX-License-Identifier: GPL-2.0-only
/* A plan for programs: the model itself. Rules as in json.c. */
#include "json.h"
#include "plan.h"

static struct json_object *bars(const struct cohmem_vm_gpu *g)
{
	struct json_object *list = json_object_new_array(), *o;
	unsigned int i;

	for (i = 0; i < COHMEM_NR_BARS; i++) {
		const struct cohmem_vm_bar *b = &g->bar[i];

		if (!b->size)
			continue;
		o = json_object_new_object();
		json_add_u64(o, "index", i);
		json_add_str(o, "what", b->what);
		json_add_u64(o, "size", b->size);
		json_add_u64(o, "backed", b->backed);
		json_add_bool(o, "in_aperture", b->high);
		json_add(o, "offset", b->high ? json_object_new_uint64(b->offset) :
		    NULL);
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *window(const struct cohmem_window *w)
{
	struct json_object *o = json_object_new_object();

	json_add_u64(o, "size", w->size);
	json_add_u64(o, "align", w->align);
	return o;
}

static struct json_object *gpus(const struct cohmem_vm *vm)
{
	struct json_object *list = json_object_new_array(), *o;
	unsigned int i;

	for (i = 0; i < vm->nr_gpus; i++) {
		const struct cohmem_vm_gpu *g = &vm->gpu[i];

		o = json_object_new_object();
		json_add_str(o, "bdf", g->f->bdf);
		json_add_hex(o, "vendor_id", g->f->vendor, 4);
		json_add_hex(o, "device_id", g->f->device, 4);
		json_add_str(o, "name", g->f->name);
		json_add_str(o, "driver", g->f->driver);
		json_add_u64(o, "first_node", g->first_node);
		json_add_u64(o, "nodes", g->nr_nodes);
		json_add_u64(o, "cpu_node", g->cpu_node);
		json_add(o, "host_pxm", g->has_pxm ? json_object_new_uint64(g->pxm) :
		    NULL);
		json_add(o, "bars", bars(g));
		json_add(o, "window", window(&g->window));
		json_add(o, "window_kernel", window(&g->window_kernel));
		json_add_u64(o, "offset", g->offset);
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *nodes(const struct cohmem_vm *vm)
{
	struct json_object *list = json_object_new_array(), *o;
	unsigned int i;

	for (i = 0; i < vm->nr_nodes; i++) {
		const struct cohmem_vm_node *n = &vm->node[i];

		o = json_object_new_object();
		json_add_u64(o, "id", i);
		json_add_u64(o, "pxm", i);
		json_add_str(o, "kind", n->gpu < 0 ? "cpu" : "initiator");
		json_add_str(o, "gpu", n->gpu < 0 ? NULL : vm->gpu[n->gpu].f->bdf);
		json_add_index(o, "host_node", n->host_node);
		json_add_index(o, "host_pxm", n->pxm);
		json_add(o, "first_cpu", n->gpu < 0 ?
		    json_object_new_uint64(n->first_cpu) : NULL);
		json_add_u64(o, "cpus", n->nr_cpus);
		json_add_u64(o, "memory", n->memory);
		json_add_str(o, "egm", n->egm ? n->egm->unit.bdf : NULL);
		if (n->base)
			json_add_hex(o, "base", n->base, 1);
		else
			json_add(o, "base", NULL);
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *distances(const struct cohmem_vm *vm)
{
	struct json_object *list = json_object_new_array(), *row;
	unsigned int i, k;

	for (i = 0; i < vm->nr_nodes; i++) {
		row = json_object_new_array();
		for (k = 0; k < vm->nr_nodes; k++)
			json_object_array_add(row, json_object_new_int(vm->distance[i][k]));
		json_object_array_add(list, row);
	}
	return list;
}

static struct json_object *aperture(const struct cohmem_vm *vm)
{
	struct json_object *o = json_object_new_object();

	json_add_u64(o, "size", vm->aperture);
	json_add_u64(o, "needed_by_firmware", vm->need_firmware);
	json_add_u64(o, "needed_by_kernel", vm->need_kernel);
	json_add_u64(o, "others", vm->others);
	json_add_u64(o, "least", COHMEM_APERTURE_MIN);
	return o;
}

static struct json_object *warnings(const struct cohmem_vm *vm)
{
	struct json_object *list = json_object_new_array(), *o;
	unsigned int i;

	for (i = 0; i < vm->nr_warnings; i++) {
		const struct cohmem_vm_warning *w = &vm->warning[i];

		o = json_object_new_object();
		json_add_str(o, "id", w->id);
		json_add_str(o, "bdf", w->subject);
		json_add_str(o, "what", w->text);
		json_add_str(o, "fix", w->fix);
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *qemu(const struct plan_view *view)
{
	const struct cohmem_qemu *q = &view->qemu;
	struct json_object *o = json_object_new_object();

	json_add_str(o, "program", view->program);
	json_add_bool(o, "asked", q->asked);
	json_add_str(o, "version", q->version);
	json_add_bool(o, "aperture", q->aperture);
	json_add_bool(o, "initiator", q->initiator);
	json_add_bool(o, "nohotplug", q->nohotplug);
	json_add_bool(o, "iommufd", q->iommufd);
	json_add_bool(o, "pxb", q->pxb);
	json_add_bool(o, "egm", q->egm);
	return o;
}

/**
 * plan_json() - show a plan
 * @cli: the run
 * @view: the plan
 */
void plan_json(struct cli *cli, const struct plan_view *view)
{
	const struct cohmem_vm *vm = view->vm;
	struct json_object *o = json_top(cli, "plan");

	json_add_str(o, "name", view->name);
	json_add_str(o, "machine", vm->machine == COHMEM_VM_Q35 ? "q35" : "virt");
	json_add_u64(o, "cpus", vm->cpus);
	json_add_u64(o, "memory", vm->memory);
	json_add_bool(o, "egm", vm->egm);
	json_add_bool(o, "iommufd", view->iommufd);
	json_add(o, "gpus", gpus(vm));
	json_add(o, "nodes", nodes(vm));
	json_add(o, "distances", distances(vm));
	json_add_bool(o, "distances_from_host", vm->from_slit);
	json_add(o, "aperture", aperture(vm));
	json_add(o, "qemu", qemu(view));
	json_add(o, "warnings", warnings(vm));
	json_put(cli, o);
}
