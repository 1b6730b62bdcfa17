// SPDX-License-Identifier: GPL-2.0-only
/* What reset, scrub and poison have in common: each function in turn. */
#include <stdlib.h>

#include "cohmem.h"

static void serve(struct cli *cli, const char *bdf, operate_fn *fn)
{
	struct cohmem_func *f = cohmem_func_find(cli->ctx, bdf);
	struct outcome o = { .bdf = bdf };

	cohmem_func_load(cli->ctx, f);
	if (fn(cli, f, &o)) {
		cli->failed = true;
		cli->print->failed(cli, bdf);
		return;
	}
	o.ok = true;
	cli->any_change |= o.changed || o.would_change;
	/* As it is now. */
	cohmem_func_load(cli->ctx, f);
	cli->print->outcome(cli, &o);
}

/**
 * operate() - do something to functions
 * @cli: the run; the host is open
 * @argc: number of arguments
 * @argv: addresses
 * @fn: does it to one of them; complains where it cannot
 *
 * One that fails does not keep the others from being served.
 *
 * Return: exit code.
 */
int operate(struct cli *cli, int argc, char **argv, operate_fn *fn)
{
	char (*bdfs)[COHMEM_BDF_LEN] = NULL;
	unsigned int nr = 0, i;
	int code;

	code = pick_funcs(cli, argc, argv, &bdfs, &nr);
	if (!code) {
		cli->print->begin(cli);
		for (i = 0; i < nr; i++)
			serve(cli, bdfs[i], fn);
		cli->print->end(cli);
		code = cli->failed ? EXIT_FAIL : EXIT_OK;
	}
	free(bdfs);
	return code;
}
