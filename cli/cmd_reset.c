// SPDX-License-Identifier: GPL-2.0-only
/* cohmem reset */
#include <stdlib.h>

#include "cohmem.h"

static int reset_one(struct cli *cli, struct cohmem_func *f, struct outcome *o)
{
	static char text[160];
	int ret;

	snprintf(text, sizeof(text), "echo 1 > /sys/bus/pci/devices/%s/reset",
		 f->bdf);
	if (cli->dry_run) {
		o->command = text;
		o->would_change = true;
		return 0;
	}
	ret = cohmem_reset(cli->ctx, f, cli->bind_flags);
	if (ret) {
		complain_why(cli);
		return ret;
	}
	cohmem_func_load(cli->ctx, f);
	snprintf(text, sizeof(text), "%s: reset%s%s", f->bdf,
		 f->bound.valid ? "; now " : "",
		 f->bound.valid ? cohmem_func_state(f) : "");
	o->text = text;
	o->changed = true;
	return 0;
}

static int reset(struct cli *cli, int argc, char **argv)
{
	int code = may_write(cli);

	if (!code)
		code = open_host(cli);
	return code ? code : operate(cli, argc, argv, reset_one);
}

const struct command cmd_reset = {
	.name = "reset",
	.args = "BDF... | --all",
	.summary = "reset GPUs",
	.text =
"Has the kernel reset the function, by the best way it knows. A function that\n"
"is in use, by a driver of the host or by a process, is refused: --force does\n"
"it all the same. A GPU whose memory did not become ready gets a new try; bad\n"
"pages stay noted ('cohmem poison forget' takes them off the list).\n",
	.takes = OPT_BIT(OPT_ALL) | OPT_BIT(OPT_DRY_RUN) | OPT_BIT(OPT_FORCE) |
		 OPT_BIT(OPT_WAIT) | OPT_BIT(OPT_WRITE_SYSROOT),
	.takes_bdf = true,
	.fn = reset,
};
