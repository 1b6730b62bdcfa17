// SPDX-License-Identifier: GPL-2.0-only
/*
 * One GPU as JSON, cohmem.gpu.1: what a recording has of each, what "cohmem-sim
 * models" prints, and what --like takes. docs/json/gpu.schema.json is its schema.
 */
#include <errno.h>
#include <json-c/json.h>
#include <limits.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli.h"
#include "gpu.h"
#include "regs.h"

#define SCHEMA		"cohmem.gpu.1"

static struct json_object *member(struct json_object *o, const char *key,
				  enum json_type type)
{
	struct json_object *v;

	if (!json_object_object_get_ex(o, key, &v) ||
	    !json_object_is_type(v, type))
		return NULL;
	return v;
}

/* A number, or one in hex digits as text; what is not there or null is not. */
static int number(struct json_object *o, const char *key, u64 max, u64 *value,
		  bool *there, struct sim_notes *n)
{
	struct json_object *v;

	*there = false;
	if (!json_object_object_get_ex(o, key, &v) || !v)
		return 0;
	*there = true;
	if (json_object_is_type(v, json_type_int)) {
		if (json_object_get_int64(v) < 0)
			return cohmem_sim_refuse(n, "%s: less than nothing", key);
		*value = json_object_get_uint64(v);
	} else if (!json_object_is_type(v, json_type_string) ||
		   cohmem_sim_parse_size(json_object_get_string(v), value)) {
		return cohmem_sim_refuse(n, "%s: no number", key);
	}
	if (*value > max)
		return cohmem_sim_refuse(n, "%s: too large", key);
	return 0;
}

static int get_config(struct json_object *top, struct sim_gpu *g,
		      struct sim_notes *n)
{
	struct json_object *v = member(top, "config", json_type_string);
	const char *hex;
	size_t len;

	if (!v)
		return 0;
	hex = json_object_get_string(v);
	len = json_object_get_string_len(v);
	if (len % 2 || len > 2 * SIM_CONFIG_SIZE)
		return cohmem_sim_refuse(n, "config: up to %u bytes, in hex digits",
					 SIM_CONFIG_SIZE);
	if (cohmem_sim_parse_hex(hex, g->byte, len / 2) < len / 2)
		return cohmem_sim_refuse(n, "config: no hex digits");
	g->have = len / 2;
	return 0;
}

/* Without config space the ids are all that is known of it. */
static int get_ids(struct json_object *top, struct sim_gpu *g,
		   struct sim_notes *n)
{
	static const struct {
		const char *key;
		u8 at, size;
	} id[] = {
		{ "vendor_id", PCI_VENDOR_ID, 2 },
		{ "device_id", PCI_DEVICE_ID, 2 },
		{ "subsystem_vendor_id", PCI_SUBSYSTEM_VENDOR_ID, 2 },
		{ "subsystem_device_id", PCI_SUBSYSTEM_ID, 2 },
		{ "class", PCI_CLASS_PROG, 3 },
		{ "revision", PCI_REVISION_ID, 1 },
	};
	unsigned int i, k;
	bool there;
	u64 v = 0;
	int err;

	for (i = 0; i < sizeof(id) / sizeof(id[0]); i++) {
		err = number(top, id[i].key, (1ULL << 8 * id[i].size) - 1, &v,
			     &there, n);
		if (err)
			return err;
		if (g->have >= PCI_STD_HEADER_SIZEOF)
			continue;
		if (!there && i < 2)
			return cohmem_sim_refuse(n, "neither config nor %s",
						 id[i].key);
		for (k = 0; there && k < id[i].size; k++)
			g->byte[id[i].at + k] = v >> 8 * k;
	}
	return 0;
}

static int get_bars(struct json_object *top, struct sim_gpu *g,
		    struct sim_notes *n)
{
	struct json_object *list = member(top, "bars", json_type_array), *o;
	u64 index = 0, size = 0;
	size_t i;
	bool a, b;
	int err;

	if (!list)
		return 0;
	if (json_object_array_length(list) > 7)
		return cohmem_sim_refuse(n, "bars: too many");
	for (i = 0; i < json_object_array_length(list); i++) {
		o = json_object_array_get_idx(list, i);
		if (!json_object_is_type(o, json_type_object))
			return cohmem_sim_refuse(n, "bars: no object");
		err = number(o, "index", 6, &index, &a, n);
		if (!err)
			err = number(o, "size", INT64_MAX, &size, &b, n);
		if (err)
			return err;
		if (!a || !b)
			return cohmem_sim_refuse(n, "bars: one without index or size");
		if (index == 6) {
			cohmem_sim_note(n, "expansion ROM: left out");
			continue;
		}
		if (g->bar_size[index])
			return cohmem_sim_refuse(n, "bars: one of them twice");
		g->bar_size[index] = size;
		g->bar_bits[index] = json_object_get_boolean(
			json_object_object_get(o, "is_io")) ?
			PCI_BASE_ADDRESS_SPACE_IO : 0;
		if (json_object_get_boolean(json_object_object_get(o, "is_64bit")))
			g->bar_bits[index] |= COHMEM_BAR_TYPE_64;
		if (json_object_get_boolean(json_object_object_get(o, "prefetchable")))
			g->bar_bits[index] |= COHMEM_BAR_PREFETCH;
	}
	g->has_bars = json_object_array_length(list);
	return 0;
}

static int get_memory(struct json_object *top, struct sim_gpu *g,
		      struct sim_notes *n)
{
	struct json_object *o = member(top, "firmware", json_type_object);
	unsigned int i;
	bool there;
	int err;

	err = number(top, "memory_base", UINT64_MAX, &g->memory_base, &there, n);
	if (!err)
		err = number(top, "memory_size", UINT64_MAX, &g->memory_size,
			     &there, n);
	g->has_firmware = o;
	for (i = 0; !err && o && i < SIM_NR_PROPS; i++)
		err = number(o, cohmem_sim_prop_name(i), UINT64_MAX, &g->prop[i],
			     &g->has_prop[i], n);
	return err;
}

static int get_all(struct json_object *top, struct sim_gpu *g,
		   struct sim_notes *n)
{
	struct json_object *v = member(top, "schema", json_type_string);
	int err;

	if (!v || strcmp(json_object_get_string(v), SCHEMA))
		return cohmem_sim_refuse(n, "its schema is not " SCHEMA);
	v = member(top, "bdf", json_type_string);
	g->has_bdf = v && cohmem_sim_bdf_parse(json_object_get_string(v),
			json_object_get_string_len(v), &g->bdf);
	err = get_config(top, g, n);
	if (!err)
		err = get_ids(top, g, n);
	if (!err)
		err = get_bars(top, g, n);
	return err ? err : get_memory(top, g, n);
}

/**
 * cohmem_sim_gpu_json_parse() - a GPU out of its description
 * @text: JSON
 * @len: its bytes
 * @g: the GPU
 * @n: what is to be said, and why it failed
 * Return: 0, -EINVAL, -ENOMEM.
 */
int cohmem_sim_gpu_json_parse(const char *text, size_t len, struct sim_gpu *g,
			      struct sim_notes *n)
{
	struct json_tokener *tok = json_tokener_new();
	struct json_object *top = NULL;
	int err;

	if (!tok)
		return -ENOMEM;
	if (len <= INT_MAX)
		top = json_tokener_parse_ex(tok, text, len);
	memset(g, 0, sizeof(*g));
	if (!top || !json_object_is_type(top, json_type_object))
		err = cohmem_sim_refuse(n, "no JSON object");
	else
		err = get_all(top, g, n);
	json_object_put(top);
	json_tokener_free(tok);
	return err;
}

static void put_hex(struct json_object *o, const char *key, u64 v)
{
	char text[32];

	snprintf(text, sizeof(text), "0x%llx", (unsigned long long)v);
	json_object_object_add(o, key, json_object_new_string(text));
}

static struct json_object *bars(const struct sim_gpu *g)
{
	struct json_object *list = json_object_new_array(), *o;
	unsigned int i;

	for (i = 0; i < 6; i++) {
		u8 bits = g->bar_bits[i];

		if (!g->bar_size[i])
			continue;
		o = json_object_new_object();
		json_object_object_add(o, "index", json_object_new_int(i));
		json_object_object_add(o, "size",
				json_object_new_uint64(g->bar_size[i]));
		json_object_object_add(o, "prefetchable",
				json_object_new_boolean(bits & COHMEM_BAR_PREFETCH));
		json_object_object_add(o, "is_64bit",
				json_object_new_boolean(bits & COHMEM_BAR_TYPE_64));
		json_object_object_add(o, "is_io", json_object_new_boolean(bits &
				PCI_BASE_ADDRESS_SPACE_IO));
		json_object_array_add(list, o);
	}
	return list;
}

static void put_ids(struct json_object *top, const struct sim_gpu *g)
{
	put_hex(top, "vendor_id", sim_get16(g->byte, PCI_VENDOR_ID));
	put_hex(top, "device_id", sim_get16(g->byte, PCI_DEVICE_ID));
	put_hex(top, "subsystem_vendor_id",
		sim_get16(g->byte, PCI_SUBSYSTEM_VENDOR_ID));
	put_hex(top, "subsystem_device_id",
		sim_get16(g->byte, PCI_SUBSYSTEM_ID));
	put_hex(top, "class", sim_get32(g->byte, PCI_CLASS_REVISION) >> 8);
	put_hex(top, "revision", g->byte[PCI_REVISION_ID]);
}

/**
 * cohmem_sim_gpu_json() - a GPU's description
 * @g: the GPU
 * Return: the object, the caller's.
 */
struct json_object *cohmem_sim_gpu_json(const struct sim_gpu *g)
{
	struct json_object *top = json_object_new_object(), *o = NULL;
	char bdf[24], hex[2 * SIM_CONFIG_SIZE + 1];
	unsigned int i;

	json_object_object_add(top, "schema", json_object_new_string(SCHEMA));
	cohmem_sim_bdf_text(&g->bdf, bdf);
	json_object_object_add(top, "bdf", g->has_bdf ?
			       json_object_new_string(bdf) : NULL);
	put_ids(top, g);
	json_object_object_add(top, "bars", g->has_bars ? bars(g) : NULL);
	json_object_object_add(top, "memory_base", NULL);
	if (g->memory_base)
		put_hex(top, "memory_base", g->memory_base);
	json_object_object_add(top, "memory_size", g->memory_size ?
			       json_object_new_uint64(g->memory_size) : NULL);
	if (g->has_firmware)
		o = json_object_new_object();
	for (i = 0; o && i < SIM_NR_PROPS; i++)
		if (g->has_prop[i])
			put_hex(o, cohmem_sim_prop_name(i), g->prop[i]);
	json_object_object_add(top, "firmware", o);
	cohmem_sim_hex(g->byte, g->have, hex);
	json_object_object_add(top, "config", g->have ?
			       json_object_new_string(hex) : NULL);
	return top;
}
