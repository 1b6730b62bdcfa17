// SPDX-License-Identifier: GPL-2.0-only
/*
 * One function as JSON: list has some of it, show has all. "unknown" says of
 * each null that is one because nobody could find out why that is so.
 */
#include "json.h"
#include "regs.h"

static void why_null(struct json_object *unknown, const char *path,
		     const char *why)
{
	json_add_str(unknown, path, why);
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

static struct json_object *memory(const struct cohmem_memory *m,
				  struct json_object *unknown)
{
	struct json_object *o = json_object_new_object();
	struct json_object *list = json_object_new_array();
	bool ok = m->state == COHMEM_MEM_OK;
	unsigned int i;

	json_add_str(o, "state", mem_state(m->state));
	json_add_str(o, "source", m->source ? cohmem_source_name(m->source) : NULL);
	json_add_str(o, "reason", m->state == COHMEM_MEM_BAD ?
		cohmem_reason_name(m->reason) : NULL);
	json_add_str(o, "why_unknown", m->state == COHMEM_MEM_UNKNOWN ?
		m->why_unknown : NULL);
	if (ok && m->has_base)
		json_add_hex(o, "base", m->base, 1);
	else
		json_add(o, "base", NULL);
	json_add(o, "size", ok ? json_object_new_uint64(m->size) : NULL);
	json_add_tri(o, "onlined", m->onlined);
	if (m->onlined < 0 && ok)
		why_null(unknown, "memory.onlined",
			 "only root sees addresses in /proc/iomem");
	if (m->state == COHMEM_MEM_UNKNOWN)
		why_null(unknown, "memory", m->why_unknown);
	if (ok && !m->placement)
		why_null(unknown, "memory.layout",
			 "only root can read the DVSECs");
	json_add_str(o, "layout", m->placement);
	for (i = 0; i < m->layout.nr; i++) {
		const struct cohmem_region *r = &m->layout.region[i];
		struct json_object *one = json_object_new_object();

		json_add_str(one, "kind", cohmem_kind_name(r->kind));
		json_add(one, "bar", json_object_new_int(r->bar));
		if (m->has_base)
			json_add_hex(one, "base", r->base, 1);
		else
			json_add(one, "base", NULL);
		json_add_u64(one, "size", r->size);
		json_add_u64(one, "region_size", r->region_size);
		json_object_array_add(list, one);
	}
	json_add(o, "regions", list);
	return o;
}

/**
 * json_health() - how something is
 * @h: its health
 * Return: an object.
 */
struct json_object *json_health(const struct cohmem_health *h)
{
	struct json_object *o = json_object_new_object();
	struct json_object *list = json_object_new_array();
	unsigned int i;

	json_add_str(o, "status", cohmem_status_name(h->status));
	for (i = 0; i < COHMEM_NR_ISSUES; i++)
		if (h->issues & 1U << i)
			json_object_array_add(list,
					      json_str(cohmem_issue_name(i)));
	json_add(o, "issues", list);
	return o;
}

/**
 * json_users() - who holds something open
 * @v: the view of it
 * @unknown: object that says why something is null
 * Return: a list; NULL where nobody knows.
 */
struct json_object *json_users(const struct view *v,
			       struct json_object *unknown)
{
	struct json_object *list, *one;
	unsigned int i;

	if (v->users_unknown)
		why_null(unknown, "users", v->users_unknown);
	if (v->users_unknown && !v->nr_users)
		return NULL;
	list = json_object_new_array();
	for (i = 0; i < v->nr_users; i++) {
		one = json_object_new_object();
		json_add(one, "pid", json_object_new_int(v->user[i].pid));
		json_add_str(one, "comm", v->user[i].comm);
		json_add_str(one, "guest", v->user[i].guest);
		json_add_str(one, "path", v->user[i].path);
		json_object_array_add(list, one);
	}
	return list;
}

/**
 * json_vfio() - by which files a user of VFIO opens a function
 * @f: the function
 * Return: an object; NULL where VFIO has not got it.
 */
struct json_object *json_vfio(const struct cohmem_func *f)
{
	struct json_object *o;
	char path[64];

	if (!f->is_vfio)
		return NULL;
	o = json_object_new_object();
	snprintf(path, sizeof(path), "/dev/vfio/%d", f->group);
	json_add_str(o, "group", f->group < 0 ? NULL : path);
	snprintf(path, sizeof(path), "/dev/vfio/devices/vfio%d", f->vfio_cdev);
	json_add_str(o, "device", f->vfio_cdev < 0 ? NULL : path);
	return o;
}

static void id(struct json_object *o, const struct cohmem_func *f,
	       const char *key, u32 value, int digits, enum cohmem_id bit,
	       struct json_object *unknown)
{
	if (f->unknown & 1U << bit) {
		json_add(o, key, NULL);
		why_null(unknown, key, "sysfs does not tell");
	} else {
		json_add_hex(o, key, value, digits);
	}
}

/**
 * json_gpu() - what list and show have in common
 * @v: the view
 * @unknown: object that says why something is null; a member of the result
 * Return: an object.
 */
struct json_object *json_gpu(const struct view *v,
			     struct json_object **unknown)
{
	struct json_object *o = json_object_new_object();
	struct json_object *u = json_object_new_object();
	const struct cohmem_func *f = v->f;

	*unknown = u;
	json_add_str(o, "bdf", f->bdf);
	id(o, f, "vendor", f->vendor, 4, COHMEM_ID_VENDOR, u);
	id(o, f, "device", f->device, 4, COHMEM_ID_DEVICE, u);
	json_add_str(o, "name", f->name);
	json_add_str(o, "state", cohmem_func_state(f));
	json_add(o, "health", json_health(&v->health));
	json_add_tri(o, "available", v->health.available);
	json_add_str(o, "unavailable_reason", v->health.why);
	if (v->health.available < 0)
		why_null(u, "available", v->users_unknown);
	json_add_str(o, "driver", f->driver);
	json_add_str(o, "driver_override", f->override);
	json_add_bool(o, "stray_override", cohmem_func_is_stray(f));
	json_add_bool(o, "persistent", v->persistent);
	json_add_index(o, "iommu_group", f->group);
	json_add_index(o, "numa_node", f->numa_node);
	json_add(o, "memory", memory(&f->memory, u));
	json_add(o, "vfio", json_vfio(f));
	json_add(o, "users", json_users(v, u));
	json_add_str(o, "egm", v->egm ? v->egm->unit.bdf : NULL);
	json_add(o, "bound", json_bound(f, u));
	json_add(o, "unknown", u);
	return o;
}

static struct json_object *fact(const struct cohmem_func *f, int i)
{
	const struct cohmem_fact *fact = &f->bound.fact[i];
	char text[32];

	if (fact->error)
		return NULL;
	switch (cohmem_fact_def(i)->kind) {
	case COHMEM_FACT_WORD:
		/* "none" is the file's word for what JSON has null for. */
		if (i == COHMEM_FACT_READY_FAIL && !strcmp(fact->word, "none"))
			return NULL;
		return json_str(fact->word);
	case COHMEM_FACT_NUMBER:
		return json_object_new_uint64(fact->number);
	case COHMEM_FACT_BOOL:
		return json_object_new_boolean(fact->number != 0);
	case COHMEM_FACT_ADDRESS:
		snprintf(text, sizeof(text), "0x%llx",
			 (unsigned long long)fact->number);
		return json_object_new_string(text);
	}
	return NULL;
}

/* Addresses, and how many there are besides them. */
static void add_addresses(struct json_object *o, const char *key, int error,
			  const u64 *address, unsigned int nr, u64 count,
			  struct json_object *unknown)
{
	char path[64];

	if (error && unknown) {
		snprintf(path, sizeof(path), "bound.%s", key);
		why_null(unknown, path, cohmem_unknown_str(error));
	}
	json_add(o, key, error ? NULL : json_hex_list(address, nr));
	snprintf(path, sizeof(path), "%s_omitted", key);
	json_add(o, path, error ? NULL :
		 json_object_new_uint64(count > nr ? count - nr : 0));
}

/**
 * json_bound() - what our driver says
 * @f: the function, or the EGM of a socket, loaded
 * @unknown: object that says why something is null; or NULL
 * Return: an object; NULL where it is not bound to our driver.
 */
struct json_object *json_bound(const struct cohmem_func *f,
			       struct json_object *unknown)
{
	unsigned int of = f->is_egm ? COHMEM_FACT_OF_EGM : COHMEM_FACT_OF_GPU;
	const struct cohmem_bound *b = &f->bound;
	struct json_object *o;
	char key[64];
	unsigned int i;

	if (!b->valid)
		return NULL;
	o = json_object_new_object();
	for (i = 0; i < COHMEM_NR_FACTS; i++) {
		if (!(cohmem_fact_def(i)->of & of))
			continue;
		json_add(o, cohmem_fact_def(i)->file, fact(f, i));
		snprintf(key, sizeof(key), "bound.%s", cohmem_fact_def(i)->file);
		if (b->fact[i].error && unknown)
			why_null(unknown, key,
				 cohmem_unknown_str(b->fact[i].error));
	}
	add_addresses(o, "poison_pages", b->poison_error, b->poison, b->nr_poison,
		      cohmem_fact_number(f, COHMEM_FACT_POISON_COUNT), unknown);
	if (f->is_egm)
		add_addresses(o, "retired_pages", b->retired_error, b->retired,
			      b->nr_retired,
			      cohmem_fact_number(f, COHMEM_FACT_RETIRED_COUNT),
			      unknown);
	return o;
}

static struct json_object *firmware(const struct cohmem_func *f)
{
	static const char *const keys[COHMEM_NR_PROPS] = {
		[COHMEM_MEM_BASE] = "gpu_mem_base_pa",
		[COHMEM_MEM_SIZE] = "gpu_mem_size",
		[COHMEM_PXM_START] = "gpu_mem_pxm_start",
		[COHMEM_PXM_COUNT] = "gpu_mem_pxm_count",
		[COHMEM_DSD_EGM_BASE] = "egm_base_pa",
		[COHMEM_DSD_EGM_SIZE] = "egm_size",
		[COHMEM_DSD_EGM_PXM] = "egm_pxm",
		[COHMEM_DSD_EGM_RETIRED] = "egm_retired_pages_data_base",
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
			json_add(o, keys[i], NULL);
		else if (i == COHMEM_MEM_BASE || i == COHMEM_DSD_EGM_BASE ||
			 i == COHMEM_DSD_EGM_RETIRED)
			json_add_hex(o, keys[i], f->dsd.value[i], 1);
		else
			json_add_u64(o, keys[i], f->dsd.value[i]);
	}
	return o;
}

static struct json_object *config(const struct cohmem_func *f,
				  struct json_object *unknown)
{
	struct json_object *o = json_object_new_object(), *d = NULL;

	json_add(o, "readable_bytes", json_object_new_int(f->config_size));
	if (f->has_nv_dvsec) {
		d = json_object_new_object();
		json_add_hex(d, "flags", f->nv_flags, 4);
		json_add_bool(d, "mig_fixed",
			 f->nv_flags & COHMEM_DVSEC_NVIDIA_MIG_FIXED);
	}
	json_add(o, "nvidia_dvsec", d);
	if (f->config_size < 4096) {
		why_null(unknown, "config.nvidia_dvsec",
			 "only root reads all of config space");
		why_null(unknown, "config.cxl_dvsec",
			 "only root reads all of config space");
	}
	d = NULL;
	if (f->has_cxl_dvsec) {
		d = json_object_new_object();
		json_add_hex(d, "capability", f->cxl_cap, 4);
		json_add_bool(d, "mem_capable",
			 f->cxl_cap & COHMEM_CXL_CAP_MEM_CAPABLE);
	}
	json_add(o, "cxl_dvsec", d);
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
		json_add(one, "index", json_object_new_int(i));
		json_add_hex(one, "base", b->base, 1);
		json_add_u64(one, "size", b->size);
		json_add_str(one, "type", b->is_io ? "io" : b->is_64 ? "mem64" :
			"mem32");
		json_add_bool(one, "prefetchable", b->prefetch);
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
		json_add_str(one, "bdf", g->bdf);
		json_add_str(one, "name", g->name);
		json_add_str(one, "driver", g->driver);
		json_add_str(one, "use", words[cohmem_func_viability(g)]);
		json_object_array_add(o, one);
	}
	return o;
}

/**
 * json_binding() - how a function was bound
 * @b: the binding
 * Return: an object.
 */
struct json_object *json_binding(const struct cohmem_binding *b)
{
	struct json_object *o = json_object_new_object();

	json_add_str(o, "bdf", b->bdf);
	json_add_str(o, "driver_before", b->driver);
	json_add_str(o, "driver_override_before", b->override);
	return o;
}

static struct json_object *variants(const struct view *v,
				    struct json_object *unknown)
{
	struct json_object *list, *one;
	int i;

	if (v->nr_variants < 0) {
		why_null(unknown, "vfio_variants",
			 "modules.alias cannot be read");
		return NULL;
	}
	list = json_object_new_array();
	for (i = 0; i < v->nr_variants; i++) {
		one = json_object_new_object();
		json_add_str(one, "driver", v->variant[i].driver);
		json_add_u64(one, "wildcards", v->variant[i].wildcards);
		json_add_bool(one, "chosen", v->variant[i].chosen);
		json_object_array_add(list, one);
	}
	return list;
}

/**
 * json_problems() - what is wrong, and the way out
 * @v: the view
 * Return: a list.
 */
struct json_object *json_problems(const struct view *v)
{
	struct json_object *list = json_object_new_array(), *one;
	unsigned int i;

	for (i = 0; i < v->nr_hints; i++) {
		one = json_object_new_object();
		json_add_str(one, "what", v->hint[i].what);
		json_add_str(one, "hint", v->hint[i].way_out);
		json_object_array_add(list, one);
	}
	return list;
}

/**
 * json_view() - all of a function
 * @cli: the run
 * @v: the view
 * Return: an object.
 */
struct json_object *json_view(struct cli *cli, const struct view *v)
{
	const struct cohmem_func *f = v->f;
	struct json_object *u, *o = json_gpu(v, &u), *list;
	unsigned int i;

	id(o, f, "subsystem_vendor", f->subvendor, 4, COHMEM_ID_SUBVENDOR, u);
	id(o, f, "subsystem_device", f->subdevice, 4, COHMEM_ID_SUBDEVICE, u);
	id(o, f, "class", f->class, 6, COHMEM_ID_CLASS, u);
	id(o, f, "revision", f->revision, 2, COHMEM_ID_REVISION, u);
	json_add_bool(o, "virtual_function", f->is_vf);
	json_add_str(o, "acpi_path", f->acpi_path);
	json_add(o, "firmware", firmware(f));
	json_add(o, "config", config(f, u));
	json_add(o, "bars", bars(f));
	json_add_str(o, "link_speed", f->link_speed);
	json_add(o, "link_width", f->link_width ?
		 json_object_new_int(f->link_width) : NULL);
	json_add(o, "iommu_group_members", members(cli, f));
	json_add(o, "vfio_variants", variants(v, u));

	list = NULL;
	if (v->has_record) {
		list = json_object_new_array();
		for (i = 0; i < v->record.nr; i++)
			json_object_array_add(list,
				json_binding(&v->record.member[i]));
	}
	json_add(o, "before_bind", list);

	json_add(o, "problems", json_problems(v));
	return o;
}
