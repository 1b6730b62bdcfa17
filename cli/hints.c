// SPDX-License-Identifier: GPL-2.0-only
/* What is wrong with a function, and the way out. */
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

	h = realloc(v->hint, (v->nr_hints + 1) * sizeof(*h));
	if (!h)
		return;
	v->hint = h;
	h += v->nr_hints++;
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
		if (m->onlined == 1)
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
	u64 bad = cohmem_fact_number(f, COHMEM_FACT_POISON_COUNT);
	char way_out[128];

	snprintf(way_out, sizeof(way_out), "cohmem reset %s; dmesg | grep %s",
		 f->bdf, f->bdf);
	if (!strcmp(f->driver, COHMEM_DRIVER) && !f->bound.valid)
		add_hint(v, "do the driver and this program have the same version?",
			 "the driver shows no attributes");
	if (!strcmp(cohmem_fact_word(f, COHMEM_FACT_READY_STATE),
		    cohmem_ready_state_name(COHMEM_FAILED)))
		add_hint(v, way_out, "not ready: %s; a reset tries again",
			 cohmem_fail_str(fail_of(cohmem_fact_word(f,
						COHMEM_FACT_READY_FAIL))));
	if (cohmem_fact_number(f, COHMEM_FACT_POISON_OVERFLOW))
		add_hint(v, "replace the GPU",
			 "more pages have gone bad than the driver can remember: it refuses all access to the memory");
	else if (bad)
		add_hint(v, "plan to replace the GPU if the number grows; a cold power cycle remaps bad rows",
			 "%llu page%s of its memory ha%s gone bad",
			 (unsigned long long)bad, bad == 1 ? "" : "s",
			 bad == 1 ? "s" : "ve");
}

/* How the last clearing ended, where that leaves something behind. */
static void hint_scrub(struct view *v)
{
	const struct cohmem_func *f = v->f;
	const char *word = cohmem_fact_word(f, COHMEM_FACT_SCRUB_RESULT);
	const char *why, *hint;

	why = cohmem_scrub_end(word, &hint);
	if (why && cohmem_fact_number(f, COHMEM_FACT_SCRUB_DIRTY))
		add_hint(v, hint,
			 "the memory was not cleared (%s): %s", word, why);
}

static void hint_binding(struct cli *cli, struct view *v)
{
	const struct cohmem_func *f = v->f;
	const struct cohmem_variant *a = NULL, *b = NULL;
	char way_out[160];
	int i;

	if (cohmem_func_is_stray(f)) {
		snprintf(way_out, sizeof(way_out), "cohmem unbind %s clears it",
			 f->bdf);
		add_hint(v, way_out,
			 "driver_override is %s, but the driver is %s: VFIO gets the GPU as soon as that lets go of it; a bind was interrupted, or somebody else has set it",
			 f->override, f->driver[0] ? f->driver : "none");
	}
	for (i = 0; i < v->nr_variants; i++)
		if (v->variant[i].chosen)
			a = &v->variant[i];
	for (i = 0; a && i < v->nr_variants; i++)
		if (&v->variant[i] != a && v->variant[i].wildcards ==
		    a->wildcards)
			b = &v->variant[i];
	if (!b)
		return;
	snprintf(way_out, sizeof(way_out),
		 "cohmem bind %s before the guest starts, or in libvirt <driver name='vfio' model='%s'/>",
		 f->bdf, COHMEM_DRIVER);
	add_hint(v, way_out,
		 "%s and %s claim this part by equal vfio_pci: aliases: who binds by them (libvirt from 10.0 on) takes %s, which stands first in modules.alias",
		 a->driver, b->driver, a->driver);
	(void)cli;
}

static void hint_group(struct cli *cli, struct view *v)
{
	const struct cohmem_func *f = v->f;
	struct cohmem_func *g;

	/* Nobody hands a bridge to VFIO, or asks what keeps it from being. */
	if (f->is_bridge || (f->group < 0 && cohmem_has_iommu(cli->ctx)))
		return;		/* a group may come with a driver */
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

/* Why our driver does not lend the EGM of a socket. */
static void hint_egm_state(struct view *v)
{
	const struct cohmem_egm *e = v->egm;
	const char *what, *hint;
	char way_out[128];

	switch (e->state) {
	case COHMEM_EGM_STATE_UNBOUND:
		snprintf(way_out, sizeof(way_out), "cohmem bind %s",
			 e->nr_gpus ? e->gpu[0]->bdf : "BDF");
		add_hint(v, way_out,
			 "nobody lends it: no GPU of its socket is bound to " COHMEM_DRIVER);
		break;
	case COHMEM_EGM_STATE_UNKNOWN:
		add_hint(v, "is the driver older than this program? dmesg may tell more",
			 "its GPUs are bound to " COHMEM_DRIVER ", which does not say what it does with it");
		break;
	case COHMEM_EGM_STATE_FOREIGN:
	case COHMEM_EGM_STATE_DISABLED:
	case COHMEM_EGM_STATE_REFUSED:
		what = cohmem_egm_explain(e->word, &hint);
		add_hint(v, hint, "%s does not lend it (%s): %s", COHMEM_DRIVER,
			 e->word, what);
		break;
	case COHMEM_EGM_STATE_READY:
		break;
	}
}

static void hint_egm(struct cli *cli, struct view *v)
{
	const struct cohmem_func *u = v->f;
	u64 bad = cohmem_fact_number(u, COHMEM_FACT_POISON_COUNT);

	hint_egm_state(v);
	if (u->memory.state == COHMEM_MEM_UNKNOWN)
		add_hint(v, u->memory.hint, "memory unknown: %s",
			 u->memory.why_unknown);
	if (cohmem_fact_number(u, COHMEM_FACT_POISON_OVERFLOW))
		add_hint(v, "replace the board",
			 "more pages have gone bad than the driver can remember: it cannot be cleared any more");
	else if (bad)
		add_hint(v, "plan to replace the board if the number grows; a guest that touches one gets a memory error",
			 "%llu page%s of it ha%s gone bad",
			 (unsigned long long)bad, bad == 1 ? "" : "s",
			 bad == 1 ? "s" : "ve");
	hint_scrub(v);
	if (v->users_unknown && v->egm->state == COHMEM_EGM_STATE_READY)
		add_hint(v, cli->sysroot ? "a recording tells nothing of them: ask the host itself" :
			 "run as root", "users: %s", v->users_unknown);
}

/* A GPU whose socket has EGM that cannot be had: the GPU works all the same. */
static void hint_near_egm(struct view *v)
{
	const char *word = cohmem_fact_word(v->f, COHMEM_FACT_EGM), *hint;
	const char *what = cohmem_egm_explain(word, &hint);

	if (what)
		add_hint(v, hint, "the EGM of its socket is not lent (%s): %s; the GPU works without",
			 word, what);
}

/**
 * fill_hints() - find out what is wrong
 * @cli: the run
 * @v: the view; all else is filled in
 */
void fill_hints(struct cli *cli, struct view *v)
{
	if (v->f->is_egm) {
		hint_egm(cli, v);
		return;
	}
	/* What is not there to be looked at has no other problems. */
	if (v->f->unknown & 1U << COHMEM_ID_VENDOR) {
		add_hint(v, "is the link below /sys/bus/pci/devices whole, and was the function there all the time?",
			 "sysfs does not tell what it is");
		return;
	}
	hint_memory(v);
	hint_bound(v);
	hint_scrub(v);
	hint_binding(cli, v);
	hint_group(cli, v);
	hint_near_egm(v);
	if (v->users_unknown && (v->f->is_vfio ||
				 !strcmp(v->f->driver, "nvidia")))
		add_hint(v, cli->sysroot ? "a recording tells nothing of them: ask the host itself" :
			 "run as root", "users: %s", v->users_unknown);
}
