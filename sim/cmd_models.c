// SPDX-License-Identifier: GPL-2.0-only
/* cohmem-sim models: what can be emulated; one of it as a file; and --like. */
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli.h"
#include "gpu.h"
#include "model.h"
#include "options.h"

#define SCHEMA	"cohmem.sim-models.1"

static const char usage[] =
"Usage: cohmem-sim models [--json]\n"
"       cohmem-sim models --model MODEL | --like FILE[#BDF]\n"
"\n"
"List the models that --model takes, or write one GPU as JSON (cohmem.gpu.1): a\n"
"file that --like takes, as it is or changed.\n"
"\n";

struct models {
	const char *model, *like;
	bool json;
};

#define AT(member)	offsetof(struct models, member)

static const struct sim_option options[] = {
	{ "json", 0, SIM_OPT_FLAG, NULL, AT(json), 0, "the list as JSON" },
	{ "model", 0, SIM_OPT_TEXT, "MODEL", AT(model), 0,
	  "write this model; with --like: what is not known of\n"
	  "the GPU is as with this model" },
	{ "like", 0, SIM_OPT_TEXT, "FILE[#BDF]", AT(like), 0,
	  "write the GPU of a recording, or of what lspci prints" },
	{ }
};

static void help(void)
{
	fputs(usage, stdout);
	cohmem_sim_options_help(options);
}

/**
 * cohmem_sim_say_notes() - what is not as in the file
 * @file: its name
 * @notes: a line each, to standard error
 */
void cohmem_sim_say_notes(const char *file, const struct sim_notes *notes)
{
	unsigned int i;

	for (i = 0; i < notes->nr; i++)
		fprintf(stderr, "cohmem-sim: %s: %s\n", file, notes->line[i]);
}

/**
 * cohmem_sim_be_like() - the GPU that --like names, complete
 * @command: for messages
 * @file: FILE, or FILE#BDF
 * @model: the model for what is not known of it, or NULL for the nearest
 * @g: the GPU
 * @base: that model
 * @notes: what is to be said
 * Return: 0, or an exit code after a message.
 */
int cohmem_sim_be_like(const char *command, const char *file,
		       const char *model, struct sim_gpu *g,
		       const struct sim_model **base, struct sim_notes *notes)
{
	int err;

	if (model) {
		*base = cohmem_sim_need_model(command, model);
		if (!*base)
			return SIM_EXIT_USAGE;
	}
	err = cohmem_sim_gpu_load(file, g, notes);
	if (!err) {
		if (!model)
			*base = cohmem_sim_gpu_kin(g);
		err = cohmem_sim_gpu_complete(g, *base, notes);
	}
	if (!err)
		return 0;
	fprintf(stderr, "cohmem-sim: %s: %s\n", file, notes->why[0] ?
		notes->why : strerror(-err));
	return SIM_EXIT_FAILURE;
}

/**
 * cohmem_sim_pick_gpu() - the GPU that --like names, or else --model
 * @command: for messages
 * @like: FILE, FILE#BDF, or NULL
 * @model: the model; with @like as for cohmem_sim_be_like()
 * @g: the GPU
 * @notes: what is to be said
 * Return: 0, or an exit code after a message.
 */
int cohmem_sim_pick_gpu(const char *command, const char *like,
			const char *model, struct sim_gpu *g,
			struct sim_notes *notes)
{
	const struct sim_model *m = NULL;

	if (like)
		return cohmem_sim_be_like(command, like, model, g, &m, notes);
	m = cohmem_sim_need_model(command, model);
	if (!m)
		return SIM_EXIT_USAGE;
	if (!cohmem_sim_gpu_of_model(m, g, notes))
		return 0;
	fprintf(stderr, "cohmem-sim: %s\n", notes->why);
	return SIM_EXIT_FAILURE;
}

static void print_json(struct json_object *o)
{
	puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY |
					    JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(o);
}

static int write_one(const struct models *o)
{
	static struct sim_notes notes;
	static struct sim_gpu gpu;
	int code;

	code = cohmem_sim_pick_gpu("models", o->like, o->model, &gpu, &notes);
	if (code)
		return code;
	if (o->like)
		cohmem_sim_say_notes(o->like, &notes);
	print_json(cohmem_sim_gpu_json(&gpu));
	return 0;
}

static struct json_object *describe(const struct sim_model *m)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "name", json_object_new_string(m->name));
	json_object_object_add(o, "title", json_object_new_string(m->title));
	json_object_object_add(o, "device_id",
			       json_object_new_int(m->device_id));
	json_object_object_add(o, "layout", json_object_new_string(
			       m->whole ? "whole" : "split"));
	json_object_object_add(o, "cxl_dvsec",
			       json_object_new_boolean(m->cxl_dvsec));
	json_object_object_add(o, "real_bar0",
			       json_object_new_int64(m->real_bar[0]));
	json_object_object_add(o, "real_bar2",
			       json_object_new_int64(m->real_bar[2]));
	json_object_object_add(o, "real_bar4",
			       json_object_new_int64(m->real_bar[4]));
	json_object_object_add(o, "hbm_size",
			       json_object_new_int64(m->hbm_size));
	return o;
}

static void list_json(void)
{
	struct json_object *top = json_object_new_object();
	struct json_object *list = json_object_new_array();
	const struct sim_model *m;

	for (m = cohmem_sim_models; m->name; m++)
		json_object_array_add(list, describe(m));
	json_object_object_add(top, "schema", json_object_new_string(SCHEMA));
	json_object_object_add(top, "models", list);
	print_json(top);
}

static void list_text(void)
{
	const struct sim_model *m;

	for (m = cohmem_sim_models; m->name; m++)
		printf("%-8s 10de:%04x  %-40s %s, BARs %lluM %lluM %lluM%s\n",
		       m->name, m->device_id, m->title,
		       m->whole ? "whole" : "split",
		       (unsigned long long)m->real_bar[0] >> 20,
		       (unsigned long long)m->real_bar[2] >> 20,
		       (unsigned long long)m->real_bar[4] >> 20,
		       m->cxl_dvsec ? ", CXL DVSEC" : "");
}

/**
 * cohmem_sim_cmd_models() - cohmem-sim models
 * @argc: arguments, the command's name first
 * @argv: the same
 * Return: exit code.
 */
int cohmem_sim_cmd_models(int argc, char **argv)
{
	struct models o = { };
	int code;

	code = cohmem_sim_options("models", options, help, &o, argc, argv);
	if (code == SIM_OPTIONS_GO_ON)
		code = cohmem_sim_no_arguments("models", argc, argv);
	if (code != SIM_OPTIONS_GO_ON)
		return code;
	if (o.model || o.like)
		return write_one(&o);
	if (o.json)
		list_json();
	else
		list_text();
	return 0;
}
