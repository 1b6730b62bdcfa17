// SPDX-License-Identifier: GPL-2.0-only
/* cohmem unbind */
#include "cohmem.h"

static int make(struct cli *cli, const char *bdf, struct cohmem_plan *plan)
{
	return cohmem_plan_unbind(cli->ctx, bdf, cli->bind_flags, plan);
}

static int unbind_funcs(struct cli *cli, int argc, char **argv)
{
	return run_plans(cli, argc, argv, make);
}

const struct command cmd_unbind = {
	.name = "unbind",
	.args = "BDF... | --all",
	.summary = "give GPUs back to the host",
	.text =
"Restores what was before bind: driver and driver_override, of the function\n"
"and of everything that bind --group took with it. A function that was bound\n"
"to VFIO by somebody else goes to the driver that the kernel picks. If any\n"
"step fails, what was done is undone.\n"
"\n"
"A function that a process (a virtual machine) holds open is refused, as the\n"
"kernel would wait for that process: --force does wait.\n"
"\n"
"Unbinding what is not bound to VFIO changes nothing and succeeds.\n",
	.takes = 1U << OPT_ALL | 1U << OPT_DRY_RUN | 1U << OPT_FORCE,
	.takes_bdf = true,
	.fn = unbind_funcs,
};
