// SPDX-License-Identifier: GPL-2.0-only
/* cohmem list */
#include <stdlib.h>
#include <unistd.h>

#include "cohmem.h"

#define WATCH_S	2

/*
 * Scripts take what is in a list of addresses, or in columns that they have asked
 * for, for GPUs: EGM is in there only if it was named.
 */
static bool wants_egm(const struct cli *cli)
{
	return !cli->quiet && (!cli->columns || cli->json);
}

/* EGM behind the GPUs: that which was named, or all where nothing was. */
static void choose_egm(struct cli *cli, char (*names)[COHMEM_BDF_LEN],
		       unsigned int nr_names, struct view *views,
		       unsigned int *nr)
{
	struct cohmem_egm *e;
	unsigned int i;

	cohmem_egm_foreach(cli->ctx, e) {
		for (i = 0; i < nr_names; i++)
			if (!strcmp(names[i], e->unit.bdf))
				break;
		if (!nr_names || i < nr_names)
			fill_view(cli, &views[(*nr)++], &e->unit);
	}
}

/* What was asked for; all that is of interest where nothing was. */
static int choose(struct cli *cli, int argc, char **argv, struct view **views,
		  unsigned int *nr)
{
	char (*bdfs)[COHMEM_BDF_LEN] = NULL;
	unsigned int nr_bdfs = 0, i, room = 0;
	struct cohmem_func *f;
	struct cohmem_egm *e;
	/* Who wants addresses only does not wait for a look at the driver. */
	bool egm = argc || wants_egm(cli);
	bool all = cli->all;
	int code;

	*nr = 0;
	*views = NULL;
	if (argc) {
		cli->all = false;
		code = pick_funcs(cli, argc, argv, &bdfs, &nr_bdfs);
		cli->all = all;
		if (code) {
			free(bdfs);
			return code;
		}
	}
	cohmem_func_foreach(cli->ctx, f)
		room++;
	if (egm)
		cohmem_egm_foreach(cli->ctx, e)
			room++;
	*views = calloc(room ? room : 1, sizeof(**views));
	cohmem_func_foreach(cli->ctx, f) {
		for (i = 0; i < nr_bdfs; i++)
			if (!strcmp(bdfs[i], f->bdf))
				break;
		if (!*views || (argc ? i == nr_bdfs : !is_listed(cli, f)))
			continue;
		/* Addresses alone need no look at the functions. */
		if (!cli->quiet)
			cohmem_func_glance(cli->ctx, f);
		if (cli->quiet)
			(*views)[*nr].f = f;
		else
			fill_view(cli, &(*views)[*nr], f);
		(*nr)++;
	}
	if (egm && *views && (argc || *nr))
		choose_egm(cli, bdfs, nr_bdfs, *views, nr);
	free(bdfs);
	return EXIT_OK;
}

static int show_once(struct cli *cli, int argc, char **argv)
{
	struct view *views;
	unsigned int nr, i;
	bool hidden = false;
	int code;

	code = choose(cli, argc, argv, &views, &nr);
	if (code)
		return code;
	cli->print->list(cli, views, nr);
	if (!nr && !cli->quiet)
		complain_as("not-applicable", NULL, NULL,
			    "no GPU with coherent memory on this host");
	for (i = 0; i < nr; i++)
		hidden |= views[i].f->memory.state == COHMEM_MEM_UNKNOWN ||
			  (views[i].users_unknown &&
			   (views[i].f->is_vfio || views[i].f->is_egm));
	if (hidden && !cli->quiet && !cli->sysroot && geteuid())
		log_to_stderr(cli, COHMEM_LOG_NOTE,
			      "run as root to see all of memory, layout and users");
	free_views(views, nr);
	return cli->failed ? EXIT_FAIL : EXIT_OK;
}

/* Print into memory, so that what has not changed is not printed again. */
static int show_if_changed(struct cli *cli, int argc, char **argv, char **last)
{
	FILE *real = stdout, *mem;
	char *text = NULL;
	size_t len;
	int code;

	mem = open_memstream(&text, &len);
	if (!mem) {
		complain(NULL, NULL, "out of memory");
		return EXIT_FAIL;
	}
	stdout = mem;
	code = show_once(cli, argc, argv);
	stdout = real;
	fclose(mem);
	if (!*last || strcmp(*last, text)) {
		if (isatty(STDOUT_FILENO) && !cli->json)
			fputs("\033[H\033[2J", stdout);
		else if (*last && !cli->json)
			putchar('\n');
		fputs(text, stdout);
		if (fflush(stdout))
			code = EXIT_FAIL;
		free(*last);
		*last = text;
	} else {
		free(text);
	}
	return code;
}

static int watch(struct cli *cli, int argc, char **argv)
{
	char *last = NULL;
	int code;

	for (;;) {
		code = show_if_changed(cli, argc, argv, &last);
		if (code)
			break;
		if (cli->once)
			break;
		sleep(cli->interval_s ? cli->interval_s : WATCH_S);
		if (cohmem_scan(cli->ctx)) {
			complain_why(cli);
			code = EXIT_FAIL;
			break;
		}
	}
	free(last);
	return code;
}

static int list(struct cli *cli, int argc, char **argv)
{
	int code;

	code = check_columns(cli);
	if (!code)
		code = open_host(cli);
	if (code)
		return code;
	if (cli->watch)
		return watch(cli, argc, argv);
	return show_once(cli, argc, argv);
}

const struct command cmd_list = {
	.name = "list",
	.args = "[BDF|EGM...]",
	.summary = "list the GPUs with coherent memory: which is free, which is sick",
	.text =
"One line a GPU: PCI functions bound to " COHMEM_DRIVER ", functions for which\n"
"firmware announces coherent memory, and functions whose id says that they\n"
"should have some; or the functions given. Columns:\n"
"  MEMORY  as announced; 'none' = firmware announces none; '?' = not known;\n"
"          or why it cannot be used (link-down ..)\n"
"  GROUP   IOMMU group\n"
"  NODE    NUMA node of the function\n"
"  STATE   bound to " COHMEM_DRIVER ": ready, waiting, resetting, failed, or\n"
"          plain (passed through without coherent memory); else vfio (another\n"
"          VFIO driver has it), host (a driver of the host has it) or unbound\n"
"  USER    the guest that has it, or the process; '?' = only root sees that\n"
"  HEALTH  ok, or what is wrong: failed, memory, no-iommu, poisoned:N (pages),\n"
"          poison-overflow, stray-override (a bind was interrupted), busy-group\n"
"          (the host uses others of its group), unknown; dirty = data of the\n"
"          last user may be in its memory\n"
"Then one line for each socket's EGM (memory of the CPU that firmware lends to\n"
"machines with GPUs): STATE ready, unbound (no GPU of its socket is bound),\n"
"foreign (another module lends it), disabled, refused (MEMORY says why) or\n"
"unknown; HEALTH also retired:N (blocks that firmware has taken out of use).\n"
"-q and -o have no such lines unless EGM is named (egm4).\n"
"-o also knows available, device, dirty, egm, id, layout, name, override,\n"
"persistent, pid, poison, pxm, resets, retired, scrub and socket. An empty list\n"
"is no failure.\n",
	.takes = OPT_BIT(OPT_ALL) | OPT_BIT(OPT_QUIET) | OPT_BIT(OPT_COLUMNS) |
		 OPT_BIT(OPT_NO_HEADERS) | OPT_BIT(OPT_WATCH) |
		 OPT_BIT(OPT_INTERVAL) | OPT_BIT(OPT_ONCE),
	.takes_bdf = true,
	.takes_egm = true,
	.fn = list,
};
