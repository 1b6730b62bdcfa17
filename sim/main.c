// SPDX-License-Identifier: GPL-2.0-only
/* cohmem-sim: the command table. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <json-c/json.h>

#include "cli.h"
#include "model.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
} commands[] = {
	{ "run", cohmem_sim_cmd_run, "emulate a superchip for QEMU" },
	{ "ssdt", cohmem_sim_cmd_ssdt,
	  "write the ACPI table that announces its memory" },
	{ "ctl", cohmem_sim_cmd_ctl, "change or inspect a running one" },
	{ "models", cohmem_sim_cmd_models, "list what can be emulated" },
};

#define NR_COMMANDS	(sizeof(commands) / sizeof(commands[0]))

static void help(FILE *to)
{
	unsigned int i;

	fputs("Usage: cohmem-sim COMMAND [OPTION...]\n\n"
	      "An emulated GPU with CPU-coherent memory: a vfio-user server\n"
	      "for QEMU's vfio-user-pci device.\n\nCommands:\n", to);
	for (i = 0; i < NR_COMMANDS; i++)
		fprintf(to, "  %-8s %s\n", commands[i].name,
			commands[i].summary);
	fputs("\n'cohmem-sim COMMAND --help' tells more; so does "
	      "cohmem-sim(1).\n", to);
}

/**
 * cohmem_sim_usage_error() - say what is wrong with a command line
 * @command: the command, or NULL
 * @fmt: as printf
 * Return: the exit code.
 */
int cohmem_sim_usage_error(const char *command, const char *fmt, ...)
{
	va_list ap;

	fputs("cohmem-sim: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\nTry 'cohmem-sim%s%s --help'.\n", command ? " " : "",
		command ? command : "");
	return SIM_EXIT_USAGE;
}

/**
 * cohmem_sim_need_model() - the model a command line names
 * @command: for the message
 * @name: the word, or NULL if there was none
 * Return: the model, or NULL after a message.
 */
const struct sim_model *cohmem_sim_need_model(const char *command,
					      const char *name)
{
	const struct sim_model *m = name ? cohmem_sim_model_find(name) : NULL;

	if (!name)
		cohmem_sim_usage_error(command, "--model is missing");
	else if (!m)
		cohmem_sim_usage_error(command,
				       "no model '%s'; see 'cohmem-sim models'",
				       name);
	return m;
}

/**
 * cohmem_sim_cmd_models() - cohmem-sim models
 * @argc: arguments, the command's name first
 * @argv: the same
 * Return: exit code.
 */
int cohmem_sim_cmd_models(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	struct json_object *list = NULL, *root;
	const struct sim_model *m;
	int opt;

	while ((opt = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (opt) {
		case 'j':
			if (!list)
				list = json_object_new_array();
			break;
		case 'h':
			puts("Usage: cohmem-sim models [--json]\n\n"
			     "List the models that --model takes.");
			json_object_put(list);
			return 0;
		default:
			json_object_put(list);
			return SIM_EXIT_USAGE;
		}
	}
	for (m = cohmem_sim_models; m->name; m++) {
		struct json_object *o;

		if (!list) {
			printf("%-8s 10de:%04x  %-40s %s, BARs %lluM %lluM %lluM%s\n",
			       m->name, m->device_id, m->title,
			       m->whole ? "whole" : "split",
			       (unsigned long long)m->real_bar[0] >> 20,
			       (unsigned long long)m->real_bar[2] >> 20,
			       (unsigned long long)m->real_bar[4] >> 20,
			       m->cxl_dvsec ? ", CXL DVSEC" : "");
			continue;
		}
		o = json_object_new_object();
		json_object_object_add(o, "name",
				       json_object_new_string(m->name));
		json_object_object_add(o, "title",
				       json_object_new_string(m->title));
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
		json_object_array_add(list, o);
	}
	if (list) {
		root = json_object_new_object();
		json_object_object_add(root, "schema",
			json_object_new_string("cohmem-sim-models/1"));
		json_object_object_add(root, "models", list);
		puts(json_object_to_json_string_ext(root,
						    JSON_C_TO_STRING_PRETTY));
		json_object_put(root);
	}
	return 0;
}

/* A full disk must not look like success. */
static int finish(int code)
{
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "cohmem-sim: standard output: %s\n",
			strerror(errno));
		return code ? code : SIM_EXIT_FAILURE;
	}
	return code;
}

int main(int argc, char **argv)
{
	unsigned int i;

	if (argc < 2) {
		help(stderr);
		return SIM_EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		help(stdout);
		return finish(0);
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		puts("cohmem-sim " COHMEM_VERSION);
		return finish(0);
	}
	for (i = 0; i < NR_COMMANDS; i++)
		if (!strcmp(argv[1], commands[i].name))
			return finish(commands[i].run(argc - 1, argv + 1));
	return cohmem_sim_usage_error(NULL, "no command '%s'", argv[1]);
}
