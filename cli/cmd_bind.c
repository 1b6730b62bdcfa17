// SPDX-License-Identifier: GPL-2.0-only
/* cohmem bind */
#include "cohmem.h"

static int make(struct cli *cli, const char *bdf, struct cohmem_plan *plan)
{
	return cohmem_plan_bind(cli->ctx, bdf, cli->driver, cli->bind_flags,
				plan);
}

static int bind_funcs(struct cli *cli, int argc, char **argv)
{
	return run_plans(cli, argc, argv, make);
}

const struct command cmd_bind = {
	.name = "bind",
	.args = "BDF... | --all",
	.summary = "hand GPUs to VFIO",
	.text =
"Loads the modules, takes the function from its driver and gives it to\n"
COHMEM_DRIVER ", by driver_override. What was before is recorded in\n"
"/run/cohmem, for unbind. If any step fails, what was done is undone.\n"
"\n"
"Other devices of the IOMMU group must not be in use by the host: --group\n"
"takes them, too, and gives them to vfio-pci. A function that some process\n"
"holds open is refused, as the kernel would wait for that process: --wait\n"
"waits for it up to some seconds, --force has the kernel wait. --force also\n"
"binds what is no GPU, and what the driver is expected to refuse.\n"
"\n"
"Binding what is bound already changes nothing and succeeds. A signal (Ctrl-C)\n"
"is an error like any other: what was done is undone.\n",
	.takes = OPT_BIT(OPT_ALL) | OPT_BIT(OPT_DRIVER) | OPT_BIT(OPT_DRY_RUN) |
		 OPT_BIT(OPT_GROUP) | OPT_BIT(OPT_FORCE) |
		 OPT_BIT(OPT_PERSIST) | OPT_BIT(OPT_WAIT) |
		 OPT_BIT(OPT_WRITE_SYSROOT),
	.takes_bdf = true,
	.fn = bind_funcs,
};
