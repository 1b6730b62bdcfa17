// SPDX-License-Identifier: GPL-2.0-only
/* cohmem show: everything known of a function, and what is wrong with it. */
#include <stdarg.h>
#include <stdlib.h>

#include "cohmem.h"

#define CONFIG_EXTENDED	4096

/* The kernel's own driver for these parts. It lays the memory out as ours does. */
#define PEER_DRIVER	"nvgrace_gpu_vfio_pci"

__attribute__((format(printf, 3, 4)))
static void add_hint(struct view *v, const char *way_out, const char *fmt, ...)
{
	struct hint *h;
	va_list ap;

	if (v->nr_hints == MAX_HINTS)
		return;
	h = &v->hint[v->nr_hints++];
	snprintf(h->way_out, sizeof(h->way_out), "%s", way_out);
	va_start(ap, fmt);
	vsnprintf(h->what, sizeof(h->what), fmt, ap);
	va_end(ap);
}

static enum cohmem_fail fail_of(const char *word)
{
	int i;

	for (i = 0; i < COHMEM_NR_FAILS; i++)
		if (!strcmp(word, cohmem_fail_name(i)))
			return i;
	return COHMEM_FAIL_NONE;
}

static void hint_memory(struct view *v)
{
	const struct cohmem_func *f = v->f;
	const struct cohmem_memory *m = &f->memory;
	char way_out[128];

	switch (m->state) {
	case COHMEM_MEM_BAD:
		add_hint(v, cohmem_reason_hint(m->reason), "%s",
			 cohmem_reason_str(m->reason));
		break;
	case COHMEM_MEM_UNKNOWN:
		add_hint(v, m->hint, "memory unknown: %s", m->why_unknown);
		break;
	case COHMEM_MEM_ABSENT:
		if (f->is_selfhosted)
			add_hint(v, "update the firmware; without it the GPU is passed through without its memory",
				 "this part has coherent memory, but firmware announces none");
		break;
	case COHMEM_MEM_OK:
		if (!m->placement && f->config_size < CONFIG_EXTENDED)
			add_hint(v, "run as root",
				 "layout unknown: only root can read the DVSECs");
		if (m->onlined)
			add_hint(v, "bind takes it off line, which can fail while its pages are in use",
				 "the host uses this memory as System RAM, put on line by driver %s",
				 f->driver);
		if (f->is_vfio && strcmp(f->driver, COHMEM_DRIVER)) {
			snprintf(way_out, sizeof(way_out), "cohmem bind %s",
				 f->bdf);
			if (!strcmp(f->driver, PEER_DRIVER))
				add_hint(v, way_out,
					 "driver %s shows the memory to its user, too, but tells nobody about it: this layout is computed from firmware and DVSECs; readiness and bad pages are unknown",
					 f->driver);
			else
				add_hint(v, way_out,
					 "driver %s does not show the coherent memory to its user",
					 f->driver);
		}
		break;
	}
}

static void hint_bound(struct view *v)
{
	const struct cohmem_func *f = v->f;
	const struct cohmem_bound *b = &f->bound;
	char way_out[128];

	snprintf(way_out, sizeof(way_out), "dmesg | grep %s", f->bdf);
	if (!strcmp(f->driver, COHMEM_DRIVER) && !b->valid)
		add_hint(v, "do the driver and this program have the same version?",
			 "the driver shows no attributes");
	if (!strcmp(b->ready, cohmem_ready_state_name(COHMEM_FAILED)))
		add_hint(v, way_out, "not ready: %s; a reset tries again",
			 cohmem_fail_str(fail_of(b->fail)));
	if (b->poison_overflow)
		add_hint(v, "replace the GPU",
			 "more pages have gone bad than the driver can remember: it refuses all access to the memory");
	else if (b->poison_count)
		add_hint(v, "plan to replace the GPU if the number grows; a cold power cycle remaps bad rows",
			 "%llu page%s of its memory ha%s gone bad and %s kept from use",
			 (unsigned long long)b->poison_count,
			 b->poison_count == 1 ? "" : "s",
			 b->poison_count == 1 ? "s" : "ve",
			 b->poison_count == 1 ? "is" : "are");
}

static void hint_group(struct cli *cli, struct view *v)
{
	const struct cohmem_func *f = v->f;
	struct cohmem_func *g;

	if (f->group < 0 && cohmem_has_iommu(cli->ctx))
		return;		/* it may come with a driver */
	if (f->group < 0) {
		add_hint(v, "turn the IOMMU on: firmware set-up (SMMU, VT-d, AMD-Vi), on Intel also intel_iommu=on",
			 "in no IOMMU group: it cannot be handed to VFIO");
		return;
	}
	cohmem_group_foreach(cli->ctx, f, g)
		if (g != f && cohmem_func_viability(g) == COHMEM_NOT_VIABLE)
			add_hint(v, "cohmem bind --group takes it from the host, too",
				 "%s (%s, driver %s) is in the same IOMMU group and in use by the host",
				 g->bdf, g->name, g->driver);
}

static void fill_view(struct cli *cli, struct view *v, const char *bdf)
{
	struct cohmem_func *f = cohmem_func_find(cli->ctx, bdf);
	int nr;

	if (!f->loaded)
		cohmem_func_load(cli->ctx, f);
	v->f = f;
	v->has_record = !cohmem_record_read(cli->ctx, bdf, &v->record);
	nr = cohmem_users(cli->ctx, f, v->user, MAX_USERS);
	v->nr_users = nr;
	hint_memory(v);
	hint_bound(v);
	hint_group(cli, v);
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
		fill_view(cli, &views[i], bdfs[i]);
	cli->print->show(cli, views, nr);
out:
	free(views);
	free(bdfs);
	return code;
}

const struct command cmd_show = {
	.name = "show",
	.args = "BDF... | --all",
	.summary = "show all that is known of GPUs, with a memory map",
	.text =
"Identity, driver, IOMMU group, memory and how a guest will see it, readiness,\n"
"bad pages, processes that hold it, and, at the end, what is wrong and the\n"
"way out. Nothing is changed and the device is not touched.\n"
"\n"
"The memory of a function that is not bound to " COHMEM_DRIVER " is taken\n"
"from the ACPI tables and the DVSECs, which only root can read.\n",
	.takes = 1U << OPT_ALL,
	.takes_bdf = true,
	.fn = show,
};
