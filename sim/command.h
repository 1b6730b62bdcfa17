/* SPDX-License-Identifier: GPL-2.0-only */
/* A command of the control socket: what it gets, and how it answers. */
#ifndef COHMEM_SIM_COMMAND_H
#define COHMEM_SIM_COMMAND_H

#include <errno.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>

#include "cli.h"
#include "server.h"

struct call {
	struct sim_server *server;
	struct sim *sim;
	struct sim_control_client *client;
	unsigned int argc;	/* words after the command's own */
	char **argv;
	struct json_object *reply;
};

static inline int fail(struct call *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Put the error into the reply. Return: -EINVAL, for the caller to pass on. */
static inline int fail(struct call *c, const char *fmt, ...)
{
	char text[256];
	unsigned int i;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	/* It may repeat what was said, which need not be text at all. */
	for (i = 0; text[i]; i++)
		if (text[i] < 0x20 || text[i] > 0x7e)
			text[i] = '?';
	json_object_object_add(c->reply, "error", json_object_new_string(text));
	return -EINVAL;
}

static inline void add_u64(struct json_object *o, const char *key, u64 v)
{
	json_object_object_add(o, key, json_object_new_int64(v));
}

static inline void add_bool(struct json_object *o, const char *key, bool v)
{
	json_object_object_add(o, key, json_object_new_boolean(v));
}

static inline void add_text(struct json_object *o, const char *key, const char *v)
{
	json_object_object_add(o, key, json_object_new_string(v));
}

static inline int number(struct call *c, const char *text, u64 max, u64 *value)
{
	if (cohmem_sim_parse_size(text, value) || *value > max)
		return fail(c, "'%s' is no number, or too large", text);
	return 0;
}

/* cmd_bytes.c */
int cohmem_sim_do_mem_read(struct call *c);
int cohmem_sim_do_mem_write(struct call *c);
int cohmem_sim_do_mem_crc(struct call *c);
int cohmem_sim_do_egm_read(struct call *c);
int cohmem_sim_do_egm_write(struct call *c);
int cohmem_sim_do_config_read(struct call *c);

#endif /* COHMEM_SIM_COMMAND_H */
