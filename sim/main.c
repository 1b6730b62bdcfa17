// SPDX-License-Identifier: GPL-2.0-only
/* cohmem-sim: the command table. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

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
	{ "models", cohmem_sim_cmd_models,
	  "list what can be emulated, or write one as a file" },
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
