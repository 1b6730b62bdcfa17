// SPDX-License-Identifier: GPL-2.0-only
/* A plan for programs: the model itself. Rules as in print_json.c. */
#include <json-c/json.h>

#include "plan.h"

static void add(struct json_object *o, const char *key, struct json_object *v)
{
	json_object_object_add(o, key, v);
}

static void add_str(struct json_object *o, const char *key, const char *s)
{
	add(o, key, s && *s ? json_object_new_string(s) : NULL);
}

static void add_u64(struct json_object *o, const char *key, u64 n)
{
	add(o, key, json_object_new_uint64(n));
}

static void add_bool(struct json_object *o, const char *key, bool b)
{
	add(o, key, json_object_new_boolean(b));
}

static void add_index(struct json_object *o, const char *key, int n)
{
	add(o, key, n < 0 ? NULL : json_object_new_int(n));
}

static struct json_object *bars(const struct cohmem_vm_gpu *g)
{
	struct json_object *list = json_object_new_array(), *o;
	unsigned int i;

	for (i = 0; i < COHMEM_NR_BARS; i++) {
		const struct cohmem_vm_bar *b = &g->bar[i];

		if (!b->size)
			continue;
		o = json_object_new_object();
		add_u64(o, "index", i);
		add_str(o, "what", b->what);
		add_u64(o, "size", b->size);
		add_u64(o, "backed", b->backed);
		add_bool(o, "in_aperture", b->high);
		add(o, "offset", b->high ? json_object_new_uint64(b->offset) :
		    NULL);
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *window(const struct cohmem_window *w)
{
	struct json_object *o = json_object_new_object();

	add_u64(o, "size", w->size);
	add_u64(o, "align", w->align);
	return o;
}

static struct json_object *gpus(const struct cohmem_vm *vm)
{
	struct json_object *list = json_object_new_array(), *o;
	char id[16];
	unsigned int i;

	for (i = 0; i < vm->nr_gpus; i++) {
		const struct cohmem_vm_gpu *g = &vm->gpu[i];

		o = json_object_new_object();
		add_str(o, "bdf", g->f->bdf);
		snprintf(id, sizeof(id), "0x%04x", g->f->vendor);
		add_str(o, "vendor_id", id);
		snprintf(id, sizeof(id), "0x%04x", g->f->device);
		add_str(o, "device_id", id);
		add_str(o, "name", g->f->name);
		add_str(o, "driver", g->f->driver);
		add_u64(o, "first_node", g->first_node);
		add_u64(o, "nodes", g->nr_nodes);
		add_u64(o, "cpu_node", g->cpu_node);
		add(o, "host_pxm", g->has_pxm ? json_object_new_uint64(g->pxm) :
		    NULL);
		add(o, "bars", bars(g));
		add(o, "window", window(&g->window));
		add(o, "window_kernel", window(&g->window_kernel));
		add_u64(o, "offset", g->offset);
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
		add_u64(o, "id", i);
		add_u64(o, "pxm", i);
		add_str(o, "kind", n->gpu < 0 ? "cpu" : "initiator");
		add_str(o, "gpu", n->gpu < 0 ? NULL : vm->gpu[n->gpu].f->bdf);
		add_index(o, "host_node", n->host_node);
		add_index(o, "host_pxm", n->pxm);
		add(o, "first_cpu", n->gpu < 0 ?
		    json_object_new_uint64(n->first_cpu) : NULL);
		add_u64(o, "cpus", n->nr_cpus);
		add_u64(o, "memory", n->memory);
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

	add_u64(o, "size", vm->aperture);
	add_u64(o, "needed_by_firmware", vm->need_firmware);
	add_u64(o, "needed_by_kernel", vm->need_kernel);
	add_u64(o, "others", vm->others);
	add_u64(o, "least", COHMEM_APERTURE_MIN);
	return o;
}

static struct json_object *warnings(const struct cohmem_vm *vm)
{
	struct json_object *list = json_object_new_array(), *o;
	unsigned int i;

	for (i = 0; i < vm->nr_warnings; i++) {
		const struct cohmem_vm_warning *w = &vm->warning[i];

		o = json_object_new_object();
		add_str(o, "id", w->id);
		add_str(o, "bdf", w->subject);
		add_str(o, "what", w->text);
		add_str(o, "fix", w->fix);
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *qemu(const struct plan_view *view)
{
	const struct cohmem_qemu *q = &view->qemu;
	struct json_object *o = json_object_new_object();

	add_str(o, "program", view->program);
	add_bool(o, "asked", q->asked);
	add_str(o, "version", q->version);
	add_bool(o, "aperture", q->aperture);
	add_bool(o, "initiator", q->initiator);
	add_bool(o, "nohotplug", q->nohotplug);
	add_bool(o, "iommufd", q->iommufd);
	add_bool(o, "pxb", q->pxb);
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
	struct json_object *o = json_object_new_object();

	(void)cli;
	add_str(o, "schema", "cohmem.plan.1");
	add_str(o, "name", view->name);
	add_str(o, "machine", vm->machine == COHMEM_VM_Q35 ? "q35" : "virt");
	add_u64(o, "cpus", vm->cpus);
	add_u64(o, "memory", vm->memory);
	add_bool(o, "iommufd", view->iommufd);
	add(o, "gpus", gpus(vm));
	add(o, "nodes", nodes(vm));
	add(o, "distances", distances(vm));
	add_bool(o, "distances_from_host", vm->from_slit);
	add(o, "aperture", aperture(vm));
	add(o, "qemu", qemu(view));
	add(o, "warnings", warnings(vm));
	printf("%s\n", json_object_to_json_string_ext(o,
	       JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(o);
}
