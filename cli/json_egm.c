// SPDX-License-Identifier: GPL-2.0-only
/* The EGM of a socket as JSON. Rules as in json_gpu.c. */
#include "json.h"

static struct json_object *gpus(const struct cohmem_egm *e)
{
	struct json_object *list = json_object_new_array();
	unsigned int i;

	for (i = 0; i < e->nr_gpus; i++)
		json_object_array_add(list, json_str(e->gpu[i]->bdf));
	return list;
}

/**
 * json_egm() - a socket's EGM
 * @v: the view of it
 * @all: what is wrong, too
 * Return: an object.
 */
struct json_object *json_egm(const struct view *v, bool all)
{
	struct json_object *o = json_object_new_object();
	struct json_object *u = json_object_new_object();
	const struct cohmem_egm *e = v->egm;
	const struct cohmem_memory *m = &v->f->memory;
	bool lent = e->state == COHMEM_EGM_STATE_READY || e->state == COHMEM_EGM_STATE_FOREIGN;
	char path[64];

	json_add_str(o, "name", v->f->bdf);
	json_add_u64(o, "pxm", e->pxm);
	json_add_str(o, "state", cohmem_egm_state_name(e->state));
	json_add_str(o, "reason", e->word);
	json_add(o, "health", json_health(&v->health));
	json_add_tri(o, "available", v->health.available);
	json_add_str(o, "unavailable_reason", v->health.why);
	if (v->health.available < 0)
		json_add_str(u, "available", "the driver does not say who has it");
	snprintf(path, sizeof(path), "/dev/%s", v->f->bdf);
	json_add_str(o, "device", lent ? path : NULL);
	if (m->has_base)
		json_add_hex(o, "base", m->base, 1);
	else
		json_add(o, "base", NULL);
	if (!m->has_base)
		json_add_str(u, "base", "only root may read it");
	json_add(o, "size", m->state == COHMEM_MEM_OK ?
		 json_object_new_uint64(m->size) : NULL);
	if (m->state != COHMEM_MEM_OK)
		json_add_str(u, "size", m->why_unknown);
	json_add_str(o, "source", m->source ? cohmem_source_name(m->source) : NULL);
	json_add_index(o, "numa_node", v->f->numa_node);
	json_add(o, "gpus", gpus(e));
	json_add_str(o, "user", strcmp(e->user, "-") ? e->user : NULL);
	json_add(o, "users", json_users(v, u));
	json_add(o, "bound", json_bound(v->f, u));
	json_add(o, "unknown", u);
	if (all)
		json_add(o, "problems", json_problems(v));
	return o;
}
