// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a bind changed, so that unbind can put it back: one JSON file a bind in
 * /run/cohmem, which a reboot clears just as it clears the bindings. Written
 * by a rename, so that it is whole or not there. It is read back as foreign
 * data: every word of it that becomes part of a path is checked.
 */
#include <json-c/json.h>
#include <stdlib.h>

#include "internal.h"

#define SCHEMA		"cohmem.binding.1"
#define MAX_FILE	(256u << 10)
#define SUFFIX		".json"

/**
 * cohmem_record_path() - where a function's record is
 * @bdf: the function
 * @buf: the path, without the root
 * @size: size of @buf
 */
void cohmem_record_path(const char *bdf, char *buf, size_t size)
{
	cohmem_fmt(buf, size, COHMEM_RUN_DIR "/%s" SUFFIX, bdf);
}

static struct json_object *to_json(const struct cohmem_record *rec)
{
	struct json_object *top = json_object_new_object();
	struct json_object *list = json_object_new_array();
	unsigned int i;

	json_object_object_add(top, "schema", json_object_new_string(SCHEMA));
	json_object_object_add(top, "bdf", json_object_new_string(rec->bdf));
	for (i = 0; i < rec->nr; i++) {
		const struct cohmem_binding *b = &rec->member[i];
		struct json_object *m = json_object_new_object();

		json_object_object_add(m, "bdf", json_object_new_string(b->bdf));
		json_object_object_add(m, "driver",
				       json_object_new_string(b->driver));
		json_object_object_add(m, "driver_override",
				       json_object_new_string(b->override));
		json_object_object_add(m, "bound_to",
				       json_object_new_string(b->bound_to));
		json_object_array_add(list, m);
	}
	json_object_object_add(top, "members", list);
	return top;
}

/**
 * cohmem_record_write() - remember a bind
 * @ctx: the context
 * @rec: what it changes
 * Return: 0 or -errno, explained.
 */
int cohmem_record_write(struct cohmem_ctx *ctx,
			const struct cohmem_record *rec)
{
	struct json_object *top = to_json(rec);
	char path[128], *text = NULL;
	int ret;

	cohmem_record_path(rec->bdf, path, sizeof(path));
	ret = cohmem_make_dirs(ctx, COHMEM_RUN_DIR);
	if (!ret && asprintf(&text, "%s\n", json_object_to_json_string_ext(top,
			     JSON_C_TO_STRING_PRETTY)) < 0)
		ret = -ENOMEM;
	if (!ret)
		ret = cohmem_replace_file(ctx, path, text);
	free(text);
	json_object_put(top);
	if (ret)
		return cohmem_fail(ctx, ret, rec->bdf,
				   ret == -EACCES || ret == -EPERM ?
				   "run as root" : "",
				   "cannot record the previous state in %s: %s",
				   path, strerror(-ret));
	return 0;
}

/* A string of an object; -EINVAL where it is missing or too long. */
static int get_word(struct json_object *o, const char *key, bool may_be_empty,
		    char *out, size_t size)
{
	struct json_object *v;
	const char *s;

	if (!json_object_object_get_ex(o, key, &v) ||
	    !json_object_is_type(v, json_type_string))
		return -EINVAL;
	s = json_object_get_string(v);
	if (!*s && !may_be_empty)
		return -EINVAL;
	if (strlen(s) >= size || (*s && !cohmem_word_ok(s)))
		return -EINVAL;
	memcpy(out, s, strlen(s) + 1);
	return 0;
}

static int get_bdf(struct json_object *o, char out[COHMEM_BDF_LEN])
{
	char bdf[COHMEM_BDF_LEN] = "";
	struct json_object *v;

	if (!json_object_object_get_ex(o, "bdf", &v) ||
	    !json_object_is_type(v, json_type_string) ||
	    cohmem_bdf_normalise(json_object_get_string(v), bdf))
		return -EINVAL;
	memcpy(out, bdf, sizeof(bdf));
	return 0;
}

static int from_json(struct json_object *top, struct cohmem_record *rec)
{
	struct json_object *list, *m, *v;
	unsigned int i;

	if (!json_object_is_type(top, json_type_object) ||
	    !json_object_object_get_ex(top, "schema", &v) ||
	    !json_object_is_type(v, json_type_string) ||
	    strcmp(json_object_get_string(v), SCHEMA) || get_bdf(top, rec->bdf))
		return -EINVAL;
	if (!json_object_object_get_ex(top, "members", &list) ||
	    !json_object_is_type(list, json_type_array))
		return -EINVAL;
	rec->nr = json_object_array_length(list);
	if (!rec->nr || rec->nr > COHMEM_MAX_MEMBERS)
		return -EINVAL;
	for (i = 0; i < rec->nr; i++) {
		struct cohmem_binding *b = &rec->member[i];

		m = json_object_array_get_idx(list, i);
		if (!json_object_is_type(m, json_type_object) ||
		    get_bdf(m, b->bdf) ||
		    get_word(m, "driver", true, b->driver, sizeof(b->driver)) ||
		    get_word(m, "driver_override", true, b->override,
			     sizeof(b->override)) ||
		    get_word(m, "bound_to", false, b->bound_to,
			     sizeof(b->bound_to)))
			return -EINVAL;
	}
	return strcmp(rec->member[0].bdf, rec->bdf) ? -EINVAL : 0;
}

/**
 * cohmem_record_read() - what a bind changed
 * @ctx: the context
 * @bdf: the function that bind was asked for
 * @rec: the record
 * Return: 0, -ENOENT where there is none, or -errno, explained.
 */
int cohmem_record_read(struct cohmem_ctx *ctx, const char *bdf,
		       struct cohmem_record *rec)
{
	struct json_object *top;
	char path[128];
	size_t len;
	u8 *text;
	int ret;

	memset(rec, 0, sizeof(*rec));
	cohmem_record_path(bdf, path, sizeof(path));
	ret = cohmem_read_blob(ctx, path, MAX_FILE, &text, &len);
	if (ret == -ENOENT)
		return ret;
	if (!ret) {
		struct json_tokener *tok = json_tokener_new();

		top = tok ? json_tokener_parse_ex(tok, (char *)text, len) : NULL;
		ret = top ? from_json(top, rec) : -EINVAL;
		if (!ret && strcmp(rec->bdf, bdf))
			ret = -EINVAL;
		json_object_put(top);
		json_tokener_free(tok);
		free(text);
	}
	if (ret)
		return cohmem_fail(ctx, ret, bdf,
				   "look at the file, and remove it if its content is of no use",
				   "cannot use the record %s: %s", path,
				   ret == -EINVAL ? "not what bind writes" :
				   strerror(-ret));
	return 0;
}

/**
 * cohmem_record_remove() - forget a bind
 * @ctx: the context
 * @bdf: the function that bind was asked for
 * Return: 0 (also where there was no record) or -errno.
 */
int cohmem_record_remove(struct cohmem_ctx *ctx, const char *bdf)
{
	char path[128];

	cohmem_record_path(bdf, path, sizeof(path));
	return cohmem_remove_file(ctx, path);
}

struct owner {
	struct cohmem_ctx *ctx;
	const char *bdf;
	char *owner;
};

static int look_for_member(void *arg, const char *name)
{
	struct owner *o = arg;
	char bdf[COHMEM_BDF_LEN];
	struct cohmem_record *rec;
	size_t len = strlen(name);
	unsigned int i;
	int found = 0;

	if (len <= strlen(SUFFIX) || len >= sizeof(bdf) + strlen(SUFFIX) ||
	    strcmp(name + len - strlen(SUFFIX), SUFFIX))
		return 0;
	len -= strlen(SUFFIX);
	memcpy(bdf, name, len);
	bdf[len] = '\0';
	rec = malloc(sizeof(*rec));
	if (!rec)
		return 0;
	if (strcmp(bdf, o->bdf) && !cohmem_record_read(o->ctx, bdf, rec))
		for (i = 1; i < rec->nr && !found; i++)
			if (!strcmp(rec->member[i].bdf, o->bdf)) {
				memcpy(o->owner, bdf, sizeof(bdf));
				found = 1;
			}
	free(rec);
	return found;
}

/**
 * cohmem_record_owner() - was a function bound along with another one?
 * @ctx: the context
 * @bdf: the function
 * @owner: the function that bind was asked for
 * Return: true if so.
 */
bool cohmem_record_owner(struct cohmem_ctx *ctx, const char *bdf,
			 char owner[COHMEM_BDF_LEN])
{
	struct owner o = { .ctx = ctx, .bdf = bdf, .owner = owner };

	return cohmem_dir_foreach(ctx, COHMEM_RUN_DIR, look_for_member,
				  &o) == 1;
}
