// SPDX-License-Identifier: GPL-2.0-only
/* The options of all commands, out of their tables. */
#include <stdio.h>

#include "cli.h"
#include "options.h"

#define MAX_OPTIONS	48
#define HELP_COLUMN	23
#define FIRST		256	/* getopt's number of the first row */

/**
 * cohmem_sim_options_help() - explain the options
 * @row: the table; ends with an empty row
 */
void cohmem_sim_options_help(const struct sim_option *row)
{
	const char *line, *end;
	char left[64];
	int len;

	for (; row->name; row++) {
		snprintf(left, sizeof(left), "%s%s--%s%s%s",
			 row->letter ? (char []){ '-', row->letter, 0 } : "",
			 row->letter ? ", " : "", row->name,
			 row->arg ? " " : "", row->arg ? row->arg : "");
		for (line = row->help; line; line = end ? end + 1 : NULL) {
			end = strchr(line, '\n');
			len = end ? end - line : (int)strlen(line);
			printf("  %-*s%.*s\n", HELP_COLUMN - 2, left, len, line);
			left[0] = '\0';
		}
	}
	printf("  %-*s%s\n", HELP_COLUMN - 2, "-h, --help", "this text");
}

static int take(const char *command, const struct sim_option *row, void *to,
		const char *text)
{
	u64 value;

	switch (row->kind) {
	case SIM_OPT_FLAG:
		*(bool *)((char *)to + row->at) = true;
		break;
	case SIM_OPT_TEXT:
		*(const char **)((char *)to + row->at) = text;
		break;
	case SIM_OPT_NUMBER:
	case SIM_OPT_NUMBER64:
		if (cohmem_sim_parse_size(text, &value) ||
		    (row->kind == SIM_OPT_NUMBER && value > INT64_MAX))
			return cohmem_sim_usage_error(command,
					"'%s' is no number", text);
		memcpy((char *)to + row->at, &value, sizeof(value));
		break;
	}
	if (row->given)
		*(bool *)((char *)to + row->given) = true;
	return SIM_OPTIONS_GO_ON;
}

/**
 * cohmem_sim_options() - read a command line
 * @command: for messages
 * @row: the table; ends with an empty row
 * @help: prints the help
 * @to: the command's struct
 * @argc: arguments, the command's name first
 * @argv: the same
 *
 * Reading ends with the first word that is no option, argv[optind]: what follows it
 * may be meant for somebody else.
 *
 * Return: SIM_OPTIONS_GO_ON, or the exit code: help was asked for, or a message
 * was printed.
 */
int cohmem_sim_options(const char *command, const struct sim_option *row,
		       void (*help)(void), void *to, int argc, char **argv)
{
	struct option list[MAX_OPTIONS + 2] = { };
	char letters[2 * MAX_OPTIONS + 4] = "+h";
	unsigned int nr;
	int opt, code;

	for (nr = 0; row[nr].name && nr < MAX_OPTIONS; nr++) {
		bool takes = row[nr].kind != SIM_OPT_FLAG;

		list[nr].name = row[nr].name;
		list[nr].has_arg = takes ? required_argument : no_argument;
		list[nr].val = row[nr].letter ? row[nr].letter : FIRST + (int)nr;
		if (row[nr].letter)
			snprintf(letters + strlen(letters), 3, "%c%s",
				 row[nr].letter, takes ? ":" : "");
	}
	list[nr].name = "help";
	list[nr].val = 'h';
	while ((opt = getopt_long(argc, argv, letters, list, NULL)) != -1) {
		if (opt == 'h') {
			help();
			return 0;
		}
		for (nr = 0; row[nr].name; nr++)
			if (list[nr].val == opt)
				break;
		if (!row[nr].name)
			return SIM_EXIT_USAGE;
		code = take(command, &row[nr], to, optarg);
		if (code != SIM_OPTIONS_GO_ON)
			return code;
	}
	return SIM_OPTIONS_GO_ON;
}

/**
 * cohmem_sim_no_arguments() - a command takes nothing but options
 * @command: for the message
 * @argc: arguments, after cohmem_sim_options()
 * @argv: the same
 * Return: SIM_OPTIONS_GO_ON, or the exit code.
 */
int cohmem_sim_no_arguments(const char *command, int argc, char **argv)
{
	if (optind == argc)
		return SIM_OPTIONS_GO_ON;
	return cohmem_sim_usage_error(command, "what is '%s'?", argv[optind]);
}
