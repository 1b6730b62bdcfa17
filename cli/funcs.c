// SPDX-License-Identifier: GPL-2.0-only
/* Which functions a command is about. */
#include <stdlib.h>

#include "cohmem.h"

/* Base class of display controllers. */
#define CLASS_DISPLAY	0x03

/**
 * open_host() - look at the host
 * @cli: the run; .ctx is set
 * Return: EXIT_OK, or another code after the reason was given.
 */
int open_host(struct cli *cli)
{
	int ret;

	ret = cohmem_new(&cli->ctx, cli->sysroot);
	if (ret) {
		complain_as(cohmem_error_word(ret), cli->sysroot, NULL,
			    "cannot use this root: %s", strerror(-ret));
		return EXIT_FAIL;
	}
	cohmem_set_log(cli->ctx, log_to_stderr, cli);
	if (cli->has_wait)
		cohmem_set_wait(cli->ctx, cli->wait_s);
	if (cohmem_scan(cli->ctx)) {
		complain_why(cli);
		return EXIT_FAIL;
	}
	return EXIT_OK;
}

/**
 * may_write() - is a command that changes things meant to?
 * @cli: the run
 *
 * A recorded machine is evidence: it is not changed by mistake.
 *
 * Return: EXIT_OK, or EXIT_USAGE after the reason was given.
 */
int may_write(struct cli *cli)
{
	if (!cli->sysroot || cli->dry_run || cli->write_sysroot)
		return EXIT_OK;
	return usage_error(cli,
			   "this would change files below %s: --dry-run only shows it, --write-sysroot does it",
			   cli->sysroot);
}

/**
 * is_listed() - does a function appear in the list?
 * @cli: the run; --all shows all display controllers
 * @f: the function
 * Return: true if so.
 */
bool is_listed(const struct cli *cli, const struct cohmem_func *f)
{
	return cohmem_func_is_gpu(f) ||
	       (cli->all && f->class >> 16 == CLASS_DISPLAY);
}

/* With --all: what is lent; where it is only shown, all that there is. */
static void add_egm(struct cli *cli, char (*list)[COHMEM_BDF_LEN],
		    unsigned int *nr)
{
	struct cohmem_egm *e;

	cohmem_egm_foreach(cli->ctx, e)
		if (e->state == COHMEM_EGM_STATE_READY || cli->cmd == &cmd_show)
			memcpy(list[(*nr)++], e->unit.bdf, COHMEM_BDF_LEN);
}

/* "egm4": 1; not there, and complained: -1; no name of that kind: 0. */
static int pick_egm(struct cli *cli, const char *arg, char out[COHMEM_BDF_LEN])
{
	const char *name = strncmp(arg, "/dev/", 5) ? arg : arg + 5;
	struct cohmem_egm *e;

	if (strncmp(name, "egm", 3))
		return 0;
	e = cohmem_egm_find(cli->ctx, name);
	if (e) {
		memcpy(out, e->unit.bdf, COHMEM_BDF_LEN);
		return 1;
	}
	complain_as("no-device", name, "'cohmem list' shows what there is",
		    "no such EGM");
	cli->failed = true;
	return -1;
}

/**
 * pick_funcs() - from arguments to addresses
 * @cli: the run, host open
 * @argc: number of arguments
 * @argv: addresses, or names of EGM where the command takes those; none with --all
 * @bdfs: the addresses and names, each once; the caller frees them
 * @nr: how many
 *
 * One that is not there does not keep the others from being served, but
 * .failed says so.
 *
 * Return: EXIT_OK, or another code after the reason was given.
 */
int pick_funcs(struct cli *cli, int argc, char **argv,
	       char (**bdfs)[COHMEM_BDF_LEN], unsigned int *nr)
{
	char (*list)[COHMEM_BDF_LEN];
	struct cohmem_func *f;
	struct cohmem_egm *e;
	unsigned int room = argc, i;
	int a, code;

	*nr = 0;
	*bdfs = NULL;
	if (cli->all && argc)
		return usage_error(cli, "--all and addresses exclude each other");
	if (!cli->all && !argc)
		return usage_error(cli, "which function? give its address, or --all");
	if (cli->all) {
		cohmem_func_foreach(cli->ctx, f)
			room++;
		cohmem_egm_foreach(cli->ctx, e)
			room++;
	}
	list = calloc(room ? room : 1, sizeof(*list));
	if (!list) {
		complain(NULL, NULL, "out of memory");
		return EXIT_FAIL;
	}
	*bdfs = list;
	if (cli->all) {
		cohmem_func_foreach(cli->ctx, f)
			if (cohmem_func_is_gpu(f))
				memcpy(list[(*nr)++], f->bdf, sizeof(f->bdf));
		if (*nr && cli->cmd->takes_egm)
			add_egm(cli, list, nr);
		if (*nr)
			return EXIT_OK;
		complain_as("not-applicable", NULL, NULL,
			    "no GPU with coherent memory on this host");
		return EXIT_NOT_APPLICABLE;
	}
	for (a = 0; a < argc; a++) {
		code = cli->cmd->takes_egm ? pick_egm(cli, argv[a], list[*nr]) : 0;
		if (code < 0)
			continue;
		if (!code && cohmem_bdf_normalise(argv[a], list[*nr]))
			return usage_error(cli,
					   "'%s' is no PCI address like 0009:01:00.0",
					   argv[a]);
		if (!code && !cohmem_func_find(cli->ctx, list[*nr])) {
			complain_as("no-device", list[*nr],
				    "'cohmem list --all' shows what there is",
				    "no such PCI function");
			cli->failed = true;
			continue;
		}
		for (i = 0; i < *nr; i++)
			if (!strcmp(list[i], list[*nr]))
				break;
		if (i == *nr)
			(*nr)++;
	}
	return *nr ? EXIT_OK : EXIT_FAIL;
}
