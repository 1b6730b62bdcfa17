// SPDX-License-Identifier: GPL-2.0-only
/* All options there are, and getopt_long() made from that one table. */
#include <getopt.h>

#include "cohmem.h"

const struct option_def options[NR_OPTIONS] = {
	[OPT_HELP] = { "help", 'h', NULL, "show this help" },
	[OPT_VERSION] = { "version", 'V', NULL, "show the version" },
	[OPT_JSON] = { "json", 'j', NULL, "JSON on standard output" },
	[OPT_SYSROOT] = { "sysroot", 0, "DIR",
		"look at the host recorded in DIR (or a file) instead" },
	[OPT_VERBOSE] = { "verbose", 'v', NULL,
		"say on standard error what is done, step by step" },
	[OPT_ALL] = { "all", 'a', NULL, NULL },	/* depends on the command */
	[OPT_QUIET] = { "quiet", 'q', NULL,
		"addresses only, one a line, for scripts" },
	[OPT_DRIVER] = { "driver", 'd', "NAME",
		"bind to this VFIO driver instead of " COHMEM_DRIVER },
	[OPT_DRY_RUN] = { "dry-run", 'n', NULL,
		"show what would be done, change nothing" },
	[OPT_GROUP] = { "group", 'g', NULL,
		"also take other devices of the IOMMU group from the host" },
	[OPT_FORCE] = { "force", 'f', NULL,
		"go on where the host's state speaks against it" },
	[OPT_CPUS] = { "cpus", 0, "N", "virtual CPUs (default: 4)" },
	[OPT_MEMORY] = { "memory", 0, "SIZE", "its own memory (default: 16G)" },
	[OPT_QEMU] = { "qemu", 0, "PROGRAM",
		"the QEMU to ask and to start (default: from PATH)" },
	[OPT_ARGS0] = { "args0", '0', NULL,
		"qemu: arguments only, each ended by a zero byte" },
	[OPT_IOMMUFD] = { "iommufd", 0, NULL,
		"through iommufd instead of a VFIO container" },
	[OPT_LIBVIRT] = { "libvirt", 0, "VER",
		"for this libvirt (default: ask virsh)" },
	[OPT_MERGE] = { "merge", 0, "FILE",
		"libvirt: into the domain in FILE ('-': standard input)" },
	[OPT_NEW] = { "new", 0, NULL, "libvirt: a whole new domain" },
	[OPT_NAME] = { "name", 0, "NAME", "of the machine (default: cohmem)" },
	[OPT_PLAN] = { "plan", 0, "FILE",
		"also hold this plan (plan --json) against the host" },
	[OPT_GUEST] = { "guest", 0, NULL, "look from inside a guest" },
	[OPT_SHOW] = { "show", 0, NULL, "only list what would go in" },
	[OPT_OUTPUT] = { "output", 'o', "FILE", "where to ('-': standard output)" },
};

static void take(struct cli *cli, enum option_id id, const char *arg,
		 bool *help, bool *version)
{
	switch (id) {
	case OPT_HELP:
		*help = true;
		break;
	case OPT_VERSION:
		*version = true;
		break;
	case OPT_JSON:
		cli->json = true;
		break;
	case OPT_SYSROOT:
		cli->sysroot = arg;
		break;
	case OPT_VERBOSE:
		cli->verbose = true;
		break;
	case OPT_ALL:
		cli->all = true;
		break;
	case OPT_QUIET:
		cli->quiet = true;
		break;
	case OPT_DRIVER:
		cli->driver = arg;
		break;
	case OPT_DRY_RUN:
		cli->dry_run = true;
		break;
	case OPT_GROUP:
		cli->bind_flags |= COHMEM_BIND_GROUP;
		break;
	case OPT_FORCE:
		cli->bind_flags |= COHMEM_BIND_FORCE;
		break;
	default:
		cli->value[id] = arg ? arg : "";
	}
}

/**
 * parse_options() - take options off the front of the arguments
 * @cli: where they are noted
 * @known: bit n: option n is known here
 * @until_command: stop at the first word that is no option
 * @argc: number of arguments, argv[0] included
 * @argv: the arguments; words are moved behind the options otherwise
 *
 * Return: index of the first word, or minus one minus an exit code where the
 * program is to end now: --help and --version have been answered, or the
 * options are wrong and that has been said.
 */
int parse_options(struct cli *cli, unsigned int known, bool until_command,
		  int argc, char **argv)
{
	struct option longs[NR_OPTIONS + 1] = { 0 };
	char shorts[2 * NR_OPTIONS + 2], *s = shorts;
	bool help = false, version = false;
	unsigned int i, nr = 0;
	int c;

	if (until_command)
		*s++ = '+';
	for (i = 0; i < NR_OPTIONS; i++) {
		const struct option_def *o = &options[i];

		if (!(known & 1U << i))
			continue;
		longs[nr].name = o->name;
		longs[nr].has_arg = o->arg ? required_argument : no_argument;
		longs[nr++].val = 256 + i;
		if (!o->letter)
			continue;
		*s++ = o->letter;
		if (o->arg)
			*s++ = ':';
	}
	*s = '\0';

	optind = 0;	/* start over, whatever was parsed before */
	while ((c = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		if (c == '?') {
			fprintf(stderr, "  try: cohmem %s%s--help\n",
				cli->cmd ? cli->cmd->name : "",
				cli->cmd ? " " : "");
			return -1 - EXIT_USAGE;
		}
		if (c < 256) {
			for (i = 0; i < NR_OPTIONS; i++)
				if (options[i].letter == c)
					break;
		} else {
			i = c - 256;
		}
		take(cli, i, optarg, &help, &version);
	}
	cli->print = cli->json ? &print_json : &print_text;
	if (help) {
		cli->print->help(cli, cli->cmd);
		return -1 - EXIT_OK;
	}
	if (version) {
		printf("cohmem %s\n", COHMEM_VERSION);
		return -1 - EXIT_OK;
	}
	return optind;
}
