// SPDX-License-Identifier: GPL-2.0-only
/* cohmem list */
#include "cohmem.h"

static int list(struct cli *cli, int argc, char **argv)
{
	struct cohmem_func *f;
	unsigned int nr = 0;
	int code;

	(void)argv;
	if (argc)
		return usage_error(cli, "takes no arguments");
	code = open_host(cli);
	if (code)
		return code;
	cli->print->list(cli);
	cohmem_func_foreach(cli->ctx, f)
		nr += is_listed(cli, f);
	if (!nr && !cli->quiet)
		complain(NULL, NULL, "no GPU with coherent memory on this host");
	return EXIT_OK;
}

const struct command cmd_list = {
	.name = "list",
	.args = "",
	.summary = "list the GPUs with coherent memory",
	.text =
"One line a GPU: PCI functions bound to " COHMEM_DRIVER ", functions for which\n"
"firmware announces coherent memory, and functions whose id says that they\n"
"should have some. Columns:\n"
"  MEMORY  as announced; 'none' = firmware announces none; '?' = not readable;\n"
"          or why it cannot be used (link-down ..)\n"
"  LAYOUT  split = usemem and resmem; whole = usemem only\n"
"  GROUP   IOMMU group\n"
"  NODE    NUMA node of the function\n"
"  STATE   bound to " COHMEM_DRIVER ": ready, waiting, resetting, failed, or\n"
"          plain (passed through without coherent memory); else vfio (another\n"
"          VFIO driver has it), host (a driver of the host has it) or unbound\n"
"An empty list is no failure.\n",
	.takes = 1U << OPT_ALL | 1U << OPT_QUIET,
	.fn = list,
};
