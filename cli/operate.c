// SPDX-License-Identifier: GPL-2.0-only
/* What reset, scrub and poison have in common: each function, or EGM, in turn. */
#include <errno.h>
#include <stdlib.h>

#include "cohmem.h"

static void serve(struct cli *cli, const char *bdf, operate_fn *fn)
{
	struct cohmem_func *f = cohmem_find(cli->ctx, bdf);
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

/**
 * operate_known() - does our driver tell a fact, so that there is something to do?
 * @f: the function, loaded
 * @id: the fact
 * @lacks: what there is not otherwise, for the complaint
 * Return: 0; -ENOTSUP, complained.
 */
int operate_known(const struct cohmem_func *f, enum cohmem_fact_id id,
		  const char *lacks)
{
	char hint[64];

	if (cohmem_fact_known(f, id))
		return 0;
	if (f->is_egm) {
		snprintf(hint, sizeof(hint), "'cohmem show %s' says why", f->bdf);
		complain_as("unsupported", f->bdf, hint,
			    "%s: " COHMEM_DRIVER " does not lend it", lacks);
		return -ENOTSUP;
	}
	complain_as("unsupported", f->bdf, "'cohmem show' says how it is bound",
		    "%s: not bound to " COHMEM_DRIVER " with coherent memory",
		    lacks);
	return -ENOTSUP;
}

/**
 * operate_write() - tell our driver something, or only say how
 * @cli: the run; dry_run: nothing is written
 * @f: the function
 * @o: its command, or that something has changed; lives until the next call
 * @file: the attribute
 * @value: the line
 * Return: 0; -EIO, complained.
 */
int operate_write(struct cli *cli, struct cohmem_func *f, struct outcome *o,
		  const char *file, const char *value)
{
	static char text[256];
	char path[128];

	if (cli->dry_run) {
		cohmem_control_path(f, file, path, sizeof(path));
		snprintf(text, sizeof(text), "echo %s > %s", value, path);
		o->command = text;
		o->would_change = true;
		return 0;
	}
	if (cohmem_control_write(cli->ctx, f, file, value)) {
		complain_why(cli);
		return -EIO;
	}
	o->changed = true;
	return 0;
}
