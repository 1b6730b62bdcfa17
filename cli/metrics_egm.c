// SPDX-License-Identifier: GPL-2.0-only
/* Numbers of the sockets' EGM for Prometheus; as metrics.c. */
#include "metrics.h"

static bool in_use(const struct view *v, unsigned long long *n)
{
	*n = strcmp(v->egm->user, "-") != 0;
	return v->egm->user[0];
}

static const struct metric metrics[] = {
	{ "cohmem_egm_memory_bytes", "Its size.", .value = metrics_memory },
	{ "cohmem_egm_available", "1 if a virtual machine can have it now.",
	  .value = metrics_available },
	{ "cohmem_egm_in_use", "1 if somebody has it.", .value = in_use },
	{ "cohmem_egm_retired_blocks",
	  "Blocks of 64 KiB that firmware has taken out of use.",
	  .id = COHMEM_FACT_RETIRED_COUNT },
	{ "cohmem_egm_poisoned_pages", "Pages of it that are noted as bad.",
	  .id = COHMEM_FACT_POISON_COUNT },
	{ "cohmem_egm_poison_overflow",
	  "1 if more pages have gone bad than can be noted.",
	  .id = COHMEM_FACT_POISON_OVERFLOW },
	{ "cohmem_egm_scrub_dirty", "1 if it may hold data of its last user.",
	  .id = COHMEM_FACT_SCRUB_DIRTY },
	{ "cohmem_egm_scrub_bytes",
	  "Bytes cleared by the clearing that goes on, or the last one.",
	  .id = COHMEM_FACT_SCRUB_BYTES },
	{ "cohmem_egm_scrub_seconds", "How long that has taken.",
	  .id = COHMEM_FACT_SCRUB_MS, .ms = true },
};

/* One sample for each of its GPUs: that is how a query joins it with theirs. */
static void write_gpus(FILE *out, const struct view *views, unsigned int nr)
{
	unsigned int i, k;

	metrics_family(out, "cohmem_egm_gpu", "gauge",
		       "1 for each GPU of its socket.");
	for (i = 0; i < nr; i++)
		for (k = 0; k < views[i].egm->nr_gpus; k++) {
			fprintf(out, "cohmem_egm_gpu{");
			metrics_label(out, "egm", views[i].f->bdf, true);
			metrics_label(out, "bdf", views[i].egm->gpu[k]->bdf, false);
			fprintf(out, "} 1\n");
		}
}

static void write_states(FILE *out, const struct view *views, unsigned int nr)
{
	unsigned int i;

	metrics_family(out, "cohmem_egm_state", "gauge",
		       "1 for the state it is in, as 'cohmem list' names it.");
	for (i = 0; i < nr; i++) {
		fprintf(out, "cohmem_egm_state{");
		metrics_label(out, "egm", views[i].f->bdf, true);
		metrics_label(out, "state", view_state(&views[i]), false);
		metrics_label(out, "reason", shown(views[i].egm->word), false);
		fprintf(out, "} 1\n");
	}
}

/**
 * metrics_egm() - all that there is about EGM
 * @out: where to
 * @views: the sockets' EGM
 * @nr: how many; without any there is nothing to say
 */
void metrics_egm(FILE *out, const struct view *views, unsigned int nr)
{
	if (!nr)
		return;
	write_gpus(out, views, nr);
	write_states(out, views, nr);
	metrics_write(out, "egm", metrics, sizeof(metrics) / sizeof(metrics[0]),
		      views, nr);
}
