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
"holds open is refused, as the kernel would wait for that process: --force\n"
"does wait. --force also binds what is no GPU, and what the driver is\n"
"expected to refuse.\n"
"\n"
"Binding what is bound already changes nothing and succeeds.\n",
	.takes = 1U << OPT_ALL | 1U << OPT_DRIVER | 1U << OPT_DRY_RUN |
		 1U << OPT_GROUP | 1U << OPT_FORCE,
	.takes_bdf = true,
	.fn = bind_funcs,
};
