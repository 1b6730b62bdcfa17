// SPDX-License-Identifier: GPL-2.0-only
/* cohmem help; with --json, the description completion is made from. */
#include "cohmem.h"

static int help(struct cli *cli, int argc, char **argv)
{
	unsigned int i;

	if (argc > 1)
		return usage_error(cli, "takes one command");
	if (!argc) {
		cli->print->help(cli, NULL);
		return EXIT_OK;
	}
	for (i = 0; commands[i]; i++) {
		if (!strcmp(commands[i]->name, argv[0])) {
			cli->print->help(cli, commands[i]);
			return EXIT_OK;
		}
	}
	return usage_error(cli, "no such command: %s", argv[0]);
}

const struct command cmd_help = {
	.name = "help",
	.args = "[COMMAND]",
	.summary = "explain a command",
	.text =
"Without a command, lists all of them. With --json, describes the commands\n"
"and their options for programs.\n",
	.fn = help,
};
