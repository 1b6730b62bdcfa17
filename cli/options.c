// SPDX-License-Identifier: GPL-2.0-only
/* All options there are, and getopt_long() made from that one table. */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>

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
		"also take what else is in its IOMMU group" },
	[OPT_FORCE] = { "force", 'f', NULL,
		"go on where the host's state speaks against it" },
	[OPT_PERSIST] = { "persist", 'p', NULL,
		"at each boot, too: a udev rule for the address" },
	[OPT_WAIT] = { "wait", 'w', "SECONDS",
		"wait so long for what is in the way, and not longer" },
	[OPT_WRITE_SYSROOT] = { "write-sysroot", 0, NULL,
		"with --sysroot: do change the files below it" },
	[OPT_COLUMNS] = { "columns", 'o', "COLUMNS",
		"show these columns, separated by commas" },
	[OPT_NO_HEADERS] = { "no-headers", 0, NULL,
		"leave the first line out" },
	[OPT_WATCH] = { "watch", 'w', NULL,
		"show it again whenever it has changed" },
	[OPT_INTERVAL] = { "interval", 'i', "SECONDS",
		"look every so many seconds" },
	[OPT_OPENMETRICS] = { "openmetrics", 0, "FILE",
		"keep FILE up to date for node_exporter" },
	[OPT_FEED] = { "feed", 0, NULL,
		"note memory errors of the kernel in the driver's list" },
	[OPT_ONCE] = { "once", 0, NULL,
		"look once, and end" },
	[OPT_CPUS] = { "cpus", 0, "N", "virtual CPUs (default: 4)" },
	[OPT_MEMORY] = { "memory", 0, "SIZE", "its own memory (default: 16G)" },
	[OPT_EGM] = { "egm", 0, "SIZE",
		"its memory is EGM: so much of it, or 'all'" },
	[OPT_EGM_TABLE] = { "egm-table", 0, "FILE",
		"write the ACPI table that tells the guest of EGM" },
	[OPT_EGM_INITRD] = { "egm-initrd", 0, "FILE",
		"the same, to be put before the guest's initrd" },
	[OPT_GPU_NODES] = { "gpu-nodes", 0, "N",
		"initiator nodes for each GPU (default: 8)" },
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
	[OPT_DESTRUCTIVE] = { "destructive", 0, NULL,
		"also test all of the memory; what it holds is lost" },
	[OPT_YES] = { "yes", 0, "BDF",
		"do not ask: the address of the function, once more" },
	[OPT_REPORT] = { "report", 0, "FILE",
		"also write a report as JSON, to be sent to somebody" },
};

/* A number of seconds. */
static bool seconds(const char *text, unsigned int *out)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (!isdigit((unsigned char)text[0]) || *end || errno || n > 86400)
		return false;
	*out = n;
	return true;
}

/* Returns EXIT_OK, or another code after the reason was given. */
static int take(struct cli *cli, enum option_id id, const char *arg,
		bool *help, bool *version)
{
	if (arg && !*arg)
		return usage_error(cli, "--%s wants a %s, and not an empty one",
				   options[id].name, options[id].arg);
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
	case OPT_PERSIST:
		cli->bind_flags |= COHMEM_BIND_PERSIST;
		break;
	case OPT_WAIT:
		cli->has_wait = true;
		if (!seconds(arg, &cli->wait_s))
			return usage_error(cli, "--wait wants seconds, not '%s'",
					   arg);
		break;
	case OPT_WRITE_SYSROOT:
		cli->write_sysroot = true;
		break;
	case OPT_COLUMNS:
		cli->columns = arg;
		break;
	case OPT_NO_HEADERS:
		cli->no_headers = true;
		break;
	case OPT_WATCH:
		cli->watch = true;
		break;
	case OPT_INTERVAL:
		if (!seconds(arg, &cli->interval_s) || !cli->interval_s)
			return usage_error(cli,
					   "--interval wants seconds, not '%s'",
					   arg);
		break;
	case OPT_OPENMETRICS:
		cli->openmetrics = arg;
		break;
	case OPT_FEED:
		cli->feed = true;
		break;
	case OPT_ONCE:
		cli->once = true;
		break;
	default:
		cli->value[id] = arg ? arg : "";
		break;
	}
	return EXIT_OK;
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
int parse_options(struct cli *cli, u64 known, bool until_command, int argc,
		  char **argv)
{
	struct option longs[NR_OPTIONS + 1] = { 0 };
	char shorts[2 * NR_OPTIONS + 2], *s = shorts;
	bool help = false, version = false;
	unsigned int i, nr = 0;
	int c, code;

	if (until_command)
		*s++ = '+';
	for (i = 0; i < NR_OPTIONS; i++) {
		const struct option_def *o = &options[i];

		if (!(known & OPT_BIT(i)))
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
				if (known & OPT_BIT(i) &&
				    options[i].letter == c)
					break;
		} else {
			i = c - 256;
		}
		code = take(cli, i, optarg, &help, &version);
		if (code)
			return -1 - code;
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
