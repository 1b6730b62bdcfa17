/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the JSON printer share. */
#ifndef COHMEM_JSON_H
#define COHMEM_JSON_H

#include <json-c/json.h>

#include "cohmem.h"

/* json.c */
void json_add(struct json_object *o, const char *key, struct json_object *v);
struct json_object *json_str(const char *s);
void json_add_str(struct json_object *o, const char *key, const char *s);
void json_add_u64(struct json_object *o, const char *key, u64 n);
void json_add_bool(struct json_object *o, const char *key, bool b);
void json_add_tri(struct json_object *o, const char *key, int tri);
void json_add_index(struct json_object *o, const char *key, int n);
struct json_object *json_hex_list(const u64 *n, unsigned int nr);
void json_add_hex(struct json_object *o, const char *key, u64 n, int digits);

/* json_gpu.c */
struct json_object *json_vfio(const struct cohmem_func *f);
struct json_object *json_bound(const struct cohmem_func *f,
			       struct json_object *unknown);
struct json_object *json_gpu(const struct view *v,
			     struct json_object **unknown);
struct json_object *json_view(struct cli *cli, const struct view *v);
struct json_object *json_binding(const struct cohmem_binding *b);
struct json_object *json_health(const struct cohmem_health *h);
struct json_object *json_users(const struct view *v,
			       struct json_object *unknown);
struct json_object *json_problems(const struct view *v);

/* json_egm.c */
struct json_object *json_egm(const struct view *v, bool all);

/* print_json.c */
struct json_object *json_top(struct cli *cli, const char *name);
void json_messages(struct json_object *o);
void json_put(struct cli *cli, struct json_object *o);

#endif /* COHMEM_JSON_H */
