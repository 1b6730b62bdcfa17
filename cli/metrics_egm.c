// SPDX-License-Identifier: GPL-2.0-only
/* Numbers of the sockets' EGM for Prometheus; as metrics.c. */
#include "metrics.h"

struct metric {
	const char *name;
	const char *help;
	enum cohmem_fact_id id;
	bool ms;
};

static const struct metric metrics[] = {
	{ "cohmem_egm_retired_blocks",
	  "Blocks of 64 KiB that firmware has taken out of use.",
	  COHMEM_FACT_RETIRED_COUNT, false },
	{ "cohmem_egm_poisoned_pages", "Pages of it that are noted as bad.",
	  COHMEM_FACT_POISON_COUNT, false },
	{ "cohmem_egm_poison_overflow",
	  "1 if more pages have gone bad than can be noted.",
	  COHMEM_FACT_POISON_OVERFLOW, false },
	{ "cohmem_egm_scrub_dirty", "1 if it may hold data of its last user.",
	  COHMEM_FACT_SCRUB_DIRTY, false },
	{ "cohmem_egm_scrub_bytes",
	  "Bytes cleared by the clearing that goes on, or the last one.",
	  COHMEM_FACT_SCRUB_BYTES, false },
	{ "cohmem_egm_scrub_seconds", "How long that has taken.",
	  COHMEM_FACT_SCRUB_MS, true },
};

static void sample(FILE *out, const char *name, const struct view *v,
		   unsigned long long n, bool ms)
{
	metrics_sample(out, name, "egm", v, n, ms);
}

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
	metrics_family(out, "cohmem_egm_memory_bytes", "gauge", "Its size.");
	for (i = 0; i < nr; i++)
		if (views[i].f->memory.state == COHMEM_MEM_OK)
			sample(out, "cohmem_egm_memory_bytes", &views[i],
			       views[i].f->memory.size, false);
	metrics_family(out, "cohmem_egm_available", "gauge",
		       "1 if a virtual machine can have it now.");
	for (i = 0; i < nr; i++)
		if (views[i].health.available >= 0)
			sample(out, "cohmem_egm_available", &views[i],
			       views[i].health.available, false);
	metrics_family(out, "cohmem_egm_in_use", "gauge",
		       "1 if somebody has it.");
	for (i = 0; i < nr; i++)
		if (views[i].egm->user[0])
			sample(out, "cohmem_egm_in_use", &views[i],
			       strcmp(views[i].egm->user, "-") != 0, false);
}

/**
 * metrics_egm() - all that there is about EGM
 * @out: where to
 * @views: the sockets' EGM
 * @nr: how many; without any there is nothing to say
 */
void metrics_egm(FILE *out, const struct view *views, unsigned int nr)
{
	unsigned int i, m;

	if (!nr)
		return;
	write_gpus(out, views, nr);
	write_states(out, views, nr);
	for (m = 0; m < sizeof(metrics) / sizeof(metrics[0]); m++) {
		metrics_family(out, metrics[m].name, "gauge", metrics[m].help);
		for (i = 0; i < nr; i++)
			if (cohmem_fact_known(views[i].f, metrics[m].id))
				sample(out, metrics[m].name, &views[i],
				       cohmem_fact_number(views[i].f,
							  metrics[m].id),
				       metrics[m].ms);
	}
}
