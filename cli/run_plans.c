// SPDX-License-Identifier: GPL-2.0-only
/* What bind and unbind have in common: a plan a function, shown or run. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#include "cohmem.h"

/* Somebody else may be at it at the same time: then a new plan is made. */
#define MAX_TRIES	3

static void say_step(void *arg, const struct cohmem_step *s)
{
	const struct cli *cli = arg;

	if (!cli->verbose)
		return;
	switch (s->action) {
	case COHMEM_LOAD_MODULE:
		fprintf(stderr, "cohmem: modprobe %s\n", s->value);
		break;
	case COHMEM_CHECK_DRIVER:
		fprintf(stderr, "cohmem: driver %s is there\n", s->value);
		break;
	case COHMEM_WRITE:
		fprintf(stderr, "cohmem: echo %s%s> %s\n", shown(s->value),
			s->value[0] ? " " : "", s->path);
		break;
	case COHMEM_SAVE_STATE:
		fprintf(stderr, "cohmem: previous state saved in %s\n", s->path);
		break;
	case COHMEM_FORGET_STATE:
	case COHMEM_REMOVE_RULE:
		fprintf(stderr, "cohmem: %s removed\n", s->path);
		break;
	case COHMEM_WRITE_RULE:
		fprintf(stderr, "cohmem: %s written\n", s->path);
		break;
	case COHMEM_EXPECT_DRIVER:
		fprintf(stderr, "cohmem: %s: driver is %s\n", s->bdf,
			s->value[0] ? shown(s->value) : "none");
		break;
	}
}

static int make_and_run(struct cli *cli, const char *bdf, plan_fn *make,
			struct cohmem_plan *plan)
{
	int tries, ret;

	for (tries = 1; ; tries++) {
		ret = make(cli, bdf, plan);
		if (!ret && !cli->dry_run)
			ret = cohmem_plan_run(cli->ctx, plan, say_step, cli);
		cli->signo = cohmem_interrupted(cli->ctx);
		if (ret != -EAGAIN || cli->signo || tries == MAX_TRIES)
			return ret;
		cohmem_plan_free(plan);
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
	ret = make_and_run(cli, bdf, make, plan);
	/*
	 * It is done, and must be said to be: whoever reads no more does not
	 * make it undone.
	 */
	if (!ret)
		signal(SIGPIPE, SIG_IGN);
	/* What became of it, for the printer. */
	if (!ret && !cli->dry_run)
		ret = cohmem_scan(cli->ctx);
	if (ret) {
		complain_why(cli);
		cli->print->failed(cli, bdf);
	} else {
		cli->any_change |= plan->nr > 0;
		cli->print->plan(cli, plan);
	}
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
 * being done, but the exit code tells. A signal ends it.
 *
 * Return: exit code.
 */
int run_plans(struct cli *cli, int argc, char **argv, plan_fn *make)
{
	char (*bdfs)[COHMEM_BDF_LEN] = NULL;
	unsigned int nr = 0, i;
	int code;

	code = may_write(cli);
	if (!code)
		code = open_host(cli);
	if (!code)
		code = pick_funcs(cli, argc, argv, &bdfs, &nr);
	if (code) {
		free(bdfs);
		return code;
	}
	cohmem_set_snapshot(cli->ctx, cli->dry_run);
	cli->print->begin(cli);
	for (i = 0; i < nr; i++) {
		if (cli->signo) {
			complain_as("interrupted", bdfs[i], NULL,
				    "not tried, as a signal has ended this");
			cli->print->failed(cli, bdfs[i]);
		} else if (run_one(cli, bdfs[i], make)) {
			cli->failed = true;
		}
	}
	cli->print->end(cli);
	free(bdfs);
	return cli->failed || cli->signo ? EXIT_FAIL : EXIT_OK;
}
