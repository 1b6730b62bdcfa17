// SPDX-License-Identifier: GPL-2.0-only
/*
 * The models as JSON. Keys are snake_case and stay; sizes are integers in
 * bytes, addresses hex strings, what is not known is null. The top object says
 * its form: "schema".
 */
#include <json-c/json.h>

#include "cohmem.h"
#include "regs.h"

static void add(struct json_object *o, const char *key, struct json_object *v)
{
	json_object_object_add(o, key, v);
}

/* A string; null where it is empty. */
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

/* A number; null where it is negative. */
static void add_index(struct json_object *o, const char *key, int n)
{
	add(o, key, n < 0 ? NULL : json_object_new_int(n));
}

static void add_hex(struct json_object *o, const char *key, u64 n, int digits)
{
	char text[32];

	snprintf(text, sizeof(text), "0x%0*llx", digits, (unsigned long long)n);
	add(o, key, json_object_new_string(text));
}

static struct json_object *top(const char *schema)
{
	struct json_object *o = json_object_new_object();

	add_str(o, "schema", schema);
	return o;
}

static void put(struct json_object *o)
{
	printf("%s\n", json_object_to_json_string_ext(o,
	       JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(o);
}

static const char *mem_state(enum cohmem_mem_state s)
{
	switch (s) {
	case COHMEM_MEM_OK:
		return "ok";
	case COHMEM_MEM_ABSENT:
		return "absent";
	case COHMEM_MEM_BAD:
		return "bad";
	case COHMEM_MEM_UNKNOWN:
		break;
	}
	return "unknown";
}

static struct json_object *memory(const struct cohmem_memory *m)
{
	struct json_object *o = json_object_new_object();
	struct json_object *list = json_object_new_array();
	bool ok = m->state == COHMEM_MEM_OK;
	unsigned int i;

	add_str(o, "state", mem_state(m->state));
	add_str(o, "source", m->source ? cohmem_source_name(m->source) : NULL);
	add_str(o, "reason", m->state == COHMEM_MEM_BAD ?
		cohmem_reason_name(m->reason) : NULL);
	add_str(o, "why_unknown", m->state == COHMEM_MEM_UNKNOWN ?
		m->why_unknown : NULL);
	if (ok && m->has_base)
		add_hex(o, "base", m->base, 1);
	else
		add(o, "base", NULL);
	add(o, "size", ok ? json_object_new_uint64(m->size) : NULL);
	add_bool(o, "onlined", m->onlined);
	add_str(o, "layout", m->placement);
	for (i = 0; i < m->layout.nr; i++) {
		const struct cohmem_region *r = &m->layout.region[i];
		struct json_object *one = json_object_new_object();

		add_str(one, "kind", cohmem_kind_name(r->kind));
		add(one, "bar", json_object_new_int(r->bar));
		if (m->has_base)
			add_hex(one, "base", r->base, 1);
		else
			add(one, "base", NULL);
		add_u64(one, "size", r->size);
		add_u64(one, "region_size", r->region_size);
		json_object_array_add(list, one);
	}
	add(o, "regions", list);
	return o;
}

/* What list and show have in common. */
static struct json_object *gpu(const struct cohmem_func *f)
{
	struct json_object *o = json_object_new_object();

	add_str(o, "bdf", f->bdf);
	add_hex(o, "vendor", f->vendor, 4);
	add_hex(o, "device", f->device, 4);
	add_str(o, "name", f->name);
	add_str(o, "state", cohmem_func_state(f));
	add_str(o, "driver", f->driver);
	add_str(o, "driver_override", f->override);
	add_index(o, "iommu_group", f->group);
	add_index(o, "numa_node", f->numa_node);
	add(o, "memory", memory(&f->memory));
	return o;
}

static void list(struct cli *cli)
{
	struct json_object *o = top("cohmem.list.1");
	struct json_object *gpus = json_object_new_array();
	struct cohmem_func *f;

	cohmem_func_foreach(cli->ctx, f)
		if (is_listed(cli, f))
			json_object_array_add(gpus, gpu(f));
	add(o, "gpus", gpus);
	put(o);
}

static struct json_object *firmware(const struct cohmem_func *f)
{
	static const char *const keys[COHMEM_NR_PROPS] = {
		[COHMEM_MEM_BASE] = "gpu_mem_base_pa",
		[COHMEM_MEM_SIZE] = "gpu_mem_size",
		[COHMEM_PXM_START] = "gpu_mem_pxm_start",
		[COHMEM_PXM_COUNT] = "gpu_mem_pxm_count",
		[COHMEM_EGM_BASE] = "egm_base_pa",
		[COHMEM_EGM_SIZE] = "egm_size",
		[COHMEM_EGM_PXM] = "egm_pxm",
		[COHMEM_EGM_RETIRED] = "egm_retired_pages_data_base",
	};
	struct json_object *o;
	unsigned int i;

	if (!f->announced)
		return NULL;
	o = json_object_new_object();
	for (i = 0; i < COHMEM_NR_PROPS; i++) {
		if (!(f->dsd.present & 1U << i))
			continue;
		if (f->dsd.opaque & 1U << i)
			add(o, keys[i], NULL);
		else if (i == COHMEM_MEM_BASE || i == COHMEM_EGM_BASE ||
			 i == COHMEM_EGM_RETIRED)
			add_hex(o, keys[i], f->dsd.value[i], 1);
		else
			add_u64(o, keys[i], f->dsd.value[i]);
	}
	return o;
}

static struct json_object *config(const struct cohmem_func *f)
{
	struct json_object *o = json_object_new_object(), *d = NULL;

	add(o, "readable", json_object_new_int(f->config_size));
	if (f->has_nv_dvsec) {
		d = json_object_new_object();
		add_hex(d, "flags", f->nv_flags, 4);
		add_bool(d, "mig_fixed",
			 f->nv_flags & COHMEM_DVSEC_NVIDIA_MIG_FIXED);
	}
	add(o, "nvidia_dvsec", d);
	d = NULL;
	if (f->has_cxl_dvsec) {
		d = json_object_new_object();
		add_hex(d, "capability", f->cxl_cap, 4);
		add_bool(d, "mem_capable",
			 f->cxl_cap & COHMEM_CXL_CAP_MEM_CAPABLE);
	}
	add(o, "cxl_dvsec", d);
	return o;
}

static struct json_object *bars(const struct cohmem_func *f)
{
	struct json_object *o = json_object_new_array();
	int i;

	for (i = 0; i < COHMEM_NR_BARS; i++) {
		const struct cohmem_bar_info *b = &f->bar[i];
		struct json_object *one;

		if (!b->size)
			continue;
		one = json_object_new_object();
		add(one, "index", json_object_new_int(i));
		add_hex(one, "base", b->base, 1);
		add_u64(one, "size", b->size);
		add_str(one, "type", b->is_io ? "io" : b->is_64 ? "mem64" :
			"mem32");
		add_bool(one, "prefetchable", b->prefetch);
		json_object_array_add(o, one);
	}
	return o;
}

static struct json_object *members(struct cli *cli, const struct cohmem_func *f)
{
	static const char *const words[] = {
		[COHMEM_VIABLE_BRIDGE] = "bridge",
		[COHMEM_VIABLE_UNBOUND] = "unbound",
		[COHMEM_VIABLE_VFIO] = "vfio",
		[COHMEM_NOT_VIABLE] = "host",
	};
	struct json_object *o = json_object_new_array();
	struct cohmem_func *g;

	cohmem_group_foreach(cli->ctx, f, g) {
		struct json_object *one;

		if (g == f)
			continue;
		one = json_object_new_object();
		add_str(one, "bdf", g->bdf);
		add_str(one, "name", g->name);
		add_str(one, "driver", g->driver);
		add_str(one, "use", words[cohmem_func_viability(g)]);
		json_object_array_add(o, one);
	}
	return o;
}

static struct json_object *bound(const struct cohmem_bound *b)
{
	struct json_object *o, *list;
	const char *p, *end;

	if (!b->valid)
		return NULL;
	o = json_object_new_object();
	add_str(o, "mode", b->mode);
	add_str(o, "ready_state", b->ready);
	add_str(o, "ready_fail", strcmp(b->fail, "none") ? b->fail : NULL);
	add_u64(o, "ready_ms", b->ready_ms);
	add_u64(o, "reset_generation", b->generation);
	add_u64(o, "poison_count", b->poison_count);
	add_bool(o, "poison_overflow", b->poison_overflow);
	list = json_object_new_array();
	for (p = b->poison; *p; p = end + !!*end) {
		end = p + strcspn(p, " ");
		/* The last one may be cut: it is only whole before a space. */
		if (end > p && (*end || strlen(b->poison) <
				sizeof(b->poison) - 1))
			json_object_array_add(list,
				json_object_new_string_len(p, end - p));
	}
	add(o, "poison_pages", list);
	add_str(o, "scrub", b->scrub);
	add_str(o, "scrub_state", b->scrub_state);
	add_str(o, "scrub_result", b->scrub_result);
	add_bool(o, "scrub_dirty", b->scrub_dirty);
	return o;
}

static struct json_object *vfio(const struct cohmem_func *f)
{
	struct json_object *o;
	char path[64];

	if (!f->is_vfio)
		return NULL;
	o = json_object_new_object();
	snprintf(path, sizeof(path), "/dev/vfio/%d", f->group);
	add_str(o, "group", f->group < 0 ? NULL : path);
	snprintf(path, sizeof(path), "/dev/vfio/devices/vfio%d", f->vfio_cdev);
	add_str(o, "device", f->vfio_cdev < 0 ? NULL : path);
	return o;
}

static struct json_object *binding(const struct cohmem_binding *b)
{
	struct json_object *o = json_object_new_object();

	add_str(o, "bdf", b->bdf);
	add_str(o, "driver_before", b->driver);
	add_str(o, "driver_override_before", b->override);
	return o;
}

static struct json_object *view(struct cli *cli, const struct view *v)
{
	const struct cohmem_func *f = v->f;
	struct json_object *o = gpu(f), *list, *one;
	unsigned int i;

	add_hex(o, "subsystem_vendor", f->subvendor, 4);
	add_hex(o, "subsystem_device", f->subdevice, 4);
	add_hex(o, "class", f->class, 6);
	add_hex(o, "revision", f->revision, 2);
	add_bool(o, "virtual_function", f->is_vf);
	add_str(o, "acpi_path", f->acpi_path);
	add(o, "firmware", firmware(f));
	add(o, "config", config(f));
	add(o, "bars", bars(f));
	add_str(o, "link_speed", f->link_speed);
	add(o, "link_width", f->link_width ?
	    json_object_new_int(f->link_width) : NULL);
	add(o, "iommu_group_members", members(cli, f));
	add(o, "vfio", vfio(f));
	add(o, "bound", bound(&f->bound));

	list = NULL;
	if (v->has_record) {
		list = json_object_new_array();
		for (i = 0; i < v->record.nr; i++)
			json_object_array_add(list,
					      binding(&v->record.member[i]));
	}
	add(o, "before_bind", list);

	list = json_object_new_array();
	for (i = 0; i < v->nr_users && i < MAX_USERS; i++) {
		one = json_object_new_object();
		add(one, "pid", json_object_new_int(v->user[i].pid));
		add_str(one, "comm", v->user[i].comm);
		add_str(one, "path", v->user[i].path);
		json_object_array_add(list, one);
	}
	add(o, "users", list);

	list = json_object_new_array();
	for (i = 0; i < v->nr_hints; i++) {
		one = json_object_new_object();
		add_str(one, "what", v->hint[i].what);
		add_str(one, "hint", v->hint[i].way_out);
		json_object_array_add(list, one);
	}
	add(o, "problems", list);
	return o;
}

static void show(struct cli *cli, const struct view *views, unsigned int nr)
{
	struct json_object *o = top("cohmem.show.1");
	struct json_object *gpus = json_object_new_array();
	unsigned int i;

	for (i = 0; i < nr; i++)
		json_object_array_add(gpus, view(cli, &views[i]));
	add(o, "gpus", gpus);
	put(o);
}

static void begin(struct cli *cli)
{
	cli->state = json_object_new_array();
}

static void plan(struct cli *cli, const struct cohmem_plan *p)
{
	struct json_object *o = json_object_new_object();
	struct json_object *list = json_object_new_array(), *one;
	unsigned int i;

	add_str(o, "bdf", p->bdf);
	add_bool(o, "changed", p->nr && !cli->dry_run);
	for (i = 0; i < p->nr_members; i++) {
		const struct cohmem_binding *b = &p->member[i];
		const struct cohmem_func *f;

		one = binding(b);
		f = cohmem_func_find(cli->ctx, b->bdf);
		add_str(one, "driver", cli->dry_run ? b->bound_to :
			f ? f->driver : NULL);
		add_index(one, "iommu_group", f ? f->group : -1);
		add(one, "vfio", !cli->dry_run && f ? vfio(f) : NULL);
		json_object_array_add(list, one);
	}
	add(o, "members", list);
	list = json_object_new_array();
	for (i = 0; i < p->nr; i++) {
		const struct cohmem_step *s = &p->step[i];

		one = json_object_new_object();
		add_str(one, "action", cohmem_action_name(s->action));
		add_str(one, "bdf", s->bdf);
		add_str(one, "path", s->path);
		add(one, "value", json_object_new_string(s->value));
		json_object_array_add(list, one);
	}
	add(o, "steps", list);
	json_object_array_add(cli->state, o);
}

static void end(struct cli *cli)
{
	char schema[64];
	struct json_object *o;

	snprintf(schema, sizeof(schema), "cohmem.%s.1", cli->cmd->name);
	o = top(schema);
	add_bool(o, "dry_run", cli->dry_run);
	add(o, "functions", cli->state);
	cli->state = NULL;
	put(o);
}

static struct json_object *options_of(unsigned int which)
{
	struct json_object *list = json_object_new_array();
	int i;

	for (i = 0; i < NR_OPTIONS; i++) {
		char letter[2] = { options[i].letter, 0 };
		struct json_object *o;

		if (!(which & 1U << i))
			continue;
		o = json_object_new_object();
		add_str(o, "name", options[i].name);
		add_str(o, "letter", letter);
		add_str(o, "argument", options[i].arg);
		json_object_array_add(list, o);
	}
	return list;
}

/* All commands, whichever was asked for: the reader is a program. */
static void help(struct cli *cli, const struct command *cmd)
{
	struct json_object *o = top("cohmem.commands.1");
	struct json_object *list = json_object_new_array();
	unsigned int i;

	(void)cli;
	for (i = 0; commands[i]; i++) {
		struct json_object *one;

		if (cmd && cmd != commands[i])
			continue;
		one = json_object_new_object();
		add_str(one, "name", commands[i]->name);
		add_str(one, "summary", commands[i]->summary);
		add_str(one, "arguments", commands[i]->args);
		add_bool(one, "takes_functions", commands[i]->takes_bdf);
		add(one, "options", options_of(commands[i]->takes |
					       COMMON_OPTIONS));
		json_object_array_add(list, one);
	}
	add(o, "commands", list);
	add(o, "options", options_of(COMMON_OPTIONS));
	put(o);
}

const struct printer print_json = {
	.list = list,
	.show = show,
	.begin = begin,
	.plan = plan,
	.end = end,
	.help = help,
};
