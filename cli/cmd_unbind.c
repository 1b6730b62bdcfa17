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
"kernel would wait for that process: --wait waits for it up to some seconds,\n"
"--force has the kernel wait.\n"
"\n"
"What an interrupted bind has left (a driver_override that is not the driver)\n"
"is cleared, and the rule of bind --persist is removed. Unbinding what is not\n"
"bound to VFIO changes nothing else and succeeds.\n",
	.takes = OPT_BIT(OPT_ALL) | OPT_BIT(OPT_DRY_RUN) | OPT_BIT(OPT_FORCE) |
		 OPT_BIT(OPT_WAIT) | OPT_BIT(OPT_WRITE_SYSROOT),
	.takes_bdf = true,
	.fn = unbind_funcs,
};
