// SPDX-License-Identifier: GPL-2.0-only
/* cohmem check: is this host fit, and if not, why and what to do. */
#include <stdlib.h>

#include "check.h"
#include "cohmem.h"
#include "print_check.h"

/* A GPU, and what firmware says of EGM at it. */
static void check_gpu(struct cli *cli, struct cohmem_func *f,
		      struct cohmem_check *c)
{
	cohmem_check_gpu(cli->ctx, f, c);
	cohmem_check_near_egm(cli->ctx, f, c);
}

/* EGM of the sockets that the named GPUs belong to, or that was named itself. */
static void check_named_egm(struct cli *cli, char (*bdfs)[COHMEM_BDF_LEN],
			    unsigned int nr, struct cohmem_check *c)
{
	struct cohmem_egm *e;
	struct cohmem_func *f;
	bool any = false;
	unsigned int i;

	cohmem_egm_foreach(cli->ctx, e)
		for (i = 0; i < nr; i++) {
			f = cohmem_find(cli->ctx, bdfs[i]);
			if (f != &e->unit && cohmem_egm_of(cli->ctx, f) != e)
				continue;
			cohmem_check_egm(e, c);
			any = true;
			break;
		}
	if (any)
		cohmem_check_egm_host(cli->ctx, c);
}

static void check_all(struct cli *cli, struct cohmem_check *c)
{
	struct cohmem_func *f;
	struct cohmem_egm *e;
	unsigned int nr = 0;

	cohmem_func_foreach(cli->ctx, f)
		if (cohmem_func_is_gpu(f)) {
			check_gpu(cli, f, c);
			nr++;
		}
	if (!nr)
		cohmem_explain(cohmem_found(c, "gpu", COHMEM_BLOCKS, NULL,
					    "no GPU with coherent memory on this host"),
			       "there is nothing to hand out", NULL);
	cohmem_egm_foreach(cli->ctx, e)
		cohmem_check_egm(e, c);
	cohmem_check_egm_host(cli->ctx, c);
}

/* Every GPU and the sockets' EGM, or those that were named. */
static int check_gpus(struct cli *cli, int argc, char **argv,
		      struct cohmem_check *c)
{
	char (*bdfs)[COHMEM_BDF_LEN] = NULL;
	struct cohmem_func *f;
	unsigned int nr = 0, i;
	int code;

	if (!argc) {
		check_all(cli, c);
		return EXIT_OK;
	}
	code = pick_funcs(cli, argc, argv, &bdfs, &nr);
	if (!code && cli->failed)
		code = EXIT_FAIL;
	for (i = 0; !code && i < nr; i++) {
		f = cohmem_find(cli->ctx, bdfs[i]);
		if (!f->is_egm)
			check_gpu(cli, f, c);
	}
	if (!code)
		check_named_egm(cli, bdfs, nr, c);
	free(bdfs);
	return code;
}

static int check(struct cli *cli, int argc, char **argv)
{
	const char *plan = cli->value[OPT_PLAN];
	bool guest = cli->value[OPT_GUEST];
	struct cohmem_check *c;
	int code;

	if (guest && (plan || argc))
		return usage_error(cli, "--guest looks at all of the machine it runs in: no addresses, no plan");
	code = open_host(cli);
	if (code)
		return code;
	c = calloc(1, sizeof(*c));
	if (!c) {
		complain(NULL, NULL, "out of memory");
		return EXIT_FAIL;
	}
	if (guest) {
		cohmem_check_guest(cli->ctx, c);
	} else {
		cohmem_check_host(cli->ctx, c);
		code = check_gpus(cli, argc, argv, c);
		if (!code && plan && cohmem_check_plan(cli->ctx, plan, c)) {
			complain_why(cli);
			code = EXIT_FAIL;
		}
	}
	if (!code) {
		(cli->json ? check_json : check_text)(cli, c);
		code = c->count[COHMEM_BLOCKS] ? EXIT_PROBLEMS : EXIT_OK;
	}
	free(c);
	return code;
}

const struct command cmd_check = {
	.name = "check",
	.args = "[BDF|EGM...]",
	.summary = "see whether this host is fit, and what to mend",
	.text =
"Looks at kernel, modules, secure boot, IOMMU, KVM, memory, programs, and at\n"
"each GPU and each socket's EGM, or those given. What is as it should be is\n"
"shown with --verbose only. Nothing is changed; KVM is asked by making a machine\n"
"without CPUs. Exit status 3 if something blocks.\n"
"  --plan   also holds a plan of 'cohmem plan --json' against this host\n"
"  --guest  looks from inside a guest instead: nodes, BARs, memory on line\n",
	.takes = OPT_BIT(OPT_PLAN) | OPT_BIT(OPT_GUEST),
	.takes_bdf = true,
	.takes_egm = true,
	.fn = check,
};
