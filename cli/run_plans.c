// SPDX-License-Identifier: GPL-2.0-only
/* What bind and unbind have in common: a plan a function, shown or run. */
#include <stdlib.h>

#include "cohmem.h"

static void say_step(void *arg, const struct cohmem_step *s)
{
	const struct cli *cli = arg;

	if (!cli->verbose)
		return;
	switch (s->action) {
	case COHMEM_LOAD_MODULE:
		fprintf(stderr, "cohmem: modprobe %s\n", s->value);
		break;
	case COHMEM_WRITE:
		fprintf(stderr, "cohmem: echo %s%s> %s\n", s->value,
			s->value[0] ? " " : "", s->path);
		break;
	case COHMEM_SAVE_STATE:
		fprintf(stderr, "cohmem: previous state saved in %s\n", s->path);
		break;
	case COHMEM_FORGET_STATE:
		fprintf(stderr, "cohmem: %s removed\n", s->path);
		break;
	case COHMEM_EXPECT_DRIVER:
		fprintf(stderr, "cohmem: %s: driver is %s\n", s->bdf,
			s->value[0] ? s->value : "none");
		break;
	}
}

static int run_one(struct cli *cli, const char *bdf, plan_fn *make)
{
	struct cohmem_plan *plan = calloc(1, sizeof(*plan));
	int ret;

	if (!plan) {
		complain(bdf, NULL, "out of memory");
		return EXIT_FAIL;
	}
	ret = make(cli, bdf, plan);
	if (!ret && !cli->dry_run)
		ret = cohmem_plan_run(cli->ctx, plan, say_step, cli);
	/* What became of it, for the printer. */
	if (!ret && !cli->dry_run)
		ret = cohmem_scan(cli->ctx);
	if (ret)
		complain_why(cli);
	else
		cli->print->plan(cli, plan);
	cohmem_plan_free(plan);
	free(plan);
	return ret ? EXIT_FAIL : EXIT_OK;
}

/**
 * run_plans() - make and run a plan for each function
 * @cli: the run
 * @argc: number of arguments
 * @argv: addresses
 * @make: makes the plan of one function
 *
 * Functions are independent: one that fails does not keep the others from
 * being done, but the exit code tells.
 *
 * Return: exit code.
 */
int run_plans(struct cli *cli, int argc, char **argv, plan_fn *make)
{
	char (*bdfs)[COHMEM_BDF_LEN] = NULL;
	unsigned int nr = 0, i;
	int code;

	code = open_host(cli);
	if (!code)
		code = pick_funcs(cli, argc, argv, &bdfs, &nr);
	if (code) {
		free(bdfs);
		return code;
	}
	cli->print->begin(cli);
	for (i = 0; i < nr; i++)
		if (run_one(cli, bdfs[i], make))
			code = EXIT_FAIL;
	cli->print->end(cli);
	free(bdfs);
	return code;
}
