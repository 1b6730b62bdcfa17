// SPDX-License-Identifier: GPL-2.0-only
/* cohmem show: everything known of a function, and what is wrong with it. */
#include <stdlib.h>

#include "cohmem.h"

static void look_at(struct cli *cli, struct view *v, const char *bdf)
{
	struct cohmem_func *f = cohmem_find(cli->ctx, bdf);

	cohmem_func_load(cli->ctx, f);
	fill_view(cli, v, f);
	if (f->is_egm) {
		fill_hints(cli, v);
		return;
	}
	v->has_record = !cohmem_record_read(cli->ctx, bdf, &v->record);
	v->nr_variants = cohmem_variants(cli->ctx, f, v->variant,
					 MAX_VARIANTS);
	fill_hints(cli, v);
}

static int show(struct cli *cli, int argc, char **argv)
{
	char (*bdfs)[COHMEM_BDF_LEN] = NULL;
	struct view *views = NULL;
	unsigned int nr = 0, i;
	int code;

	code = open_host(cli);
	if (!code)
		code = pick_funcs(cli, argc, argv, &bdfs, &nr);
	if (code)
		goto out;
	views = calloc(nr, sizeof(*views));
	if (!views) {
		complain(NULL, NULL, "out of memory");
		code = EXIT_FAIL;
		goto out;
	}
	for (i = 0; i < nr; i++)
		look_at(cli, &views[i], bdfs[i]);
	cli->print->show(cli, views, nr);
	if (cli->failed)
		code = EXIT_FAIL;
out:
	free_views(views, nr);
	free(bdfs);
	return code;
}

const struct command cmd_show = {
	.name = "show",
	.args = "BDF|EGM... | --all",
	.summary = "show all that is known of GPUs, with a memory map",
	.text =
"Identity, driver, IOMMU group, memory and how a guest will see it, readiness,\n"
"bad pages, processes that hold it, and, at the end, what is wrong and the\n"
"way out. Nothing is changed; a function that sleeps is woken up, as its\n"
"configuration space is read.\n"
"\n"
"The memory of a function that is not bound to " COHMEM_DRIVER " is taken\n"
"from the ACPI tables and the DVSECs, which only root can read.\n"
"\n"
"Of EGM (egm4): its range, who lends it and who has it, blocks that firmware\n"
"has retired, bad pages and clearing.\n",
	.takes = OPT_BIT(OPT_ALL),
	.takes_bdf = true,
	.takes_egm = true,
	.fn = show,
};
