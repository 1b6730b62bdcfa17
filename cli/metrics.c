// SPDX-License-Identifier: GPL-2.0-only
/*
 * Numbers for Prometheus, in the text format that node_exporter's textfile
 * collector reads. The file is replaced as a whole: a reader never sees half.
 * What is not known has no sample, which is how Prometheus says so.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cohmem.h"
#include "metrics.h"

/**
 * metrics_label() - a label; backslash, quote and line feed are escaped
 * @out: where to
 * @name: its name
 * @value: its value
 * @first: it is the first one of its sample
 */
void metrics_label(FILE *out, const char *name, const char *value, bool first)
{
	fprintf(out, "%s%s=\"", first ? "" : ",", name);
	for (; *value; value++) {
		if (*value == '\\' || *value == '"')
			fputc('\\', out);
		if (*value == '\n')
			fputs("\\n", out);
		else
			fputc(*value, out);
	}
	fputc('"', out);
}

/**
 * metrics_sample() - one number
 * @out: where to
 * @name: of the family
 * @label: what @v is: "bdf" or "egm"
 * @v: whose
 * @n: the number
 * @ms: it is in milliseconds, and wanted in seconds
 */
void metrics_sample(FILE *out, const char *name, const char *label,
		    const struct view *v, unsigned long long n, bool ms)
{
	fprintf(out, "%s{", name);
	metrics_label(out, label, v->f->bdf, true);
	if (ms)
		fprintf(out, "} %llu.%03llu\n", n / 1000, n % 1000);
	else
		fprintf(out, "} %llu\n", n);
}

static void sample(FILE *out, const char *name, const struct view *v,
		   unsigned long long n, bool ms)
{
	metrics_sample(out, name, "bdf", v, n, ms);
}

/**
 * metrics_family() - what the samples that follow are
 * @out: where to
 * @name: their name
 * @type: "gauge", or "counter"
 * @help: a sentence
 */
void metrics_family(FILE *out, const char *name, const char *type,
		    const char *help)
{
	fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/**
 * struct metric - a fact as a metric
 * @name: its name, with the unit and the suffix that Prometheus wants
 * @type: "gauge" or "counter"
 * @help: what it is
 * @id: the fact
 * @ms: the fact is in milliseconds; Prometheus counts in seconds
 */
struct metric {
	const char *name;
	const char *type;
	const char *help;
	enum cohmem_fact_id id;
	bool ms;
};

static const struct metric metrics[] = {
	{ "cohmem_poisoned_pages", "gauge",
	  "Pages of its memory that are noted as bad.",
	  COHMEM_FACT_POISON_COUNT, false },
	{ "cohmem_poison_overflow", "gauge",
	  "1 if more pages have gone bad than can be noted.",
	  COHMEM_FACT_POISON_OVERFLOW, false },
	{ "cohmem_resets_total", "counter",
	  "Resets and other events after which memory had to be waited for.",
	  COHMEM_FACT_GENERATION, false },
	{ "cohmem_ready_seconds", "gauge",
	  "How long the last wait for the memory took.",
	  COHMEM_FACT_READY_MS, true },
	{ "cohmem_scrub_dirty", "gauge",
	  "1 if the memory may hold data of its last user.",
	  COHMEM_FACT_SCRUB_DIRTY, false },
	{ "cohmem_scrub_bytes", "gauge",
	  "Bytes cleared by the clearing that goes on, or the last one.",
	  COHMEM_FACT_SCRUB_BYTES, false },
	{ "cohmem_scrub_seconds", "gauge",
	  "How long that has taken.", COHMEM_FACT_SCRUB_MS, true },
};

static void write_info(FILE *out, const struct view *v)
{
	char number[32];

	fprintf(out, "cohmem_gpu_info{");
	metrics_label(out, "bdf", v->f->bdf, true);
	metrics_label(out, "name", shown(v->f->name), false);
	metrics_label(out, "driver", v->f->driver, false);
	snprintf(number, sizeof(number), "%d", v->f->group);
	metrics_label(out, "iommu_group", v->f->group < 0 ? "" : number, false);
	snprintf(number, sizeof(number), "%d", v->f->numa_node);
	metrics_label(out, "numa_node", v->f->numa_node < 0 ? "" : number, false);
	fprintf(out, "} 1\n");
}

static void write_states(FILE *out, const struct view *views, unsigned int nr)
{
	unsigned int i, j;

	metrics_family(out, "cohmem_gpu_info", "gauge", "What it is, always 1.");
	for (i = 0; i < nr; i++)
		write_info(out, &views[i]);
	metrics_family(out, "cohmem_state", "gauge",
	       "1 for the state it is in, as 'cohmem list' names it.");
	for (i = 0; i < nr; i++) {
		fprintf(out, "cohmem_state{");
		metrics_label(out, "bdf", views[i].f->bdf, true);
		metrics_label(out, "state", shown(cohmem_func_state(views[i].f)),
		      false);
		fprintf(out, "} 1\n");
	}
	metrics_family(out, "cohmem_issue", "gauge",
	       "1 for each thing wrong with it, as 'cohmem list' names it.");
	for (i = 0; i < nr; i++)
		for (j = 0; j < COHMEM_NR_ISSUES; j++) {
			/* Of EGM, which has a number for it. */
			if (j == COHMEM_ISSUE_RETIRED)
				continue;
			fprintf(out, "cohmem_issue{");
			metrics_label(out, "bdf", views[i].f->bdf, true);
			metrics_label(out, "issue", cohmem_issue_name(j), false);
			fprintf(out, "} %u\n",
				views[i].health.issues >> j & 1);
		}
	metrics_family(out, "cohmem_memory_bytes", "gauge", "Its coherent memory.");
	for (i = 0; i < nr; i++)
		if (views[i].f->memory.state == COHMEM_MEM_OK)
			sample(out, "cohmem_memory_bytes", &views[i],
			       views[i].f->memory.size, false);
	metrics_family(out, "cohmem_available", "gauge",
	       "1 if a virtual machine can have it now.");
	for (i = 0; i < nr; i++)
		if (views[i].health.available >= 0)
			sample(out, "cohmem_available", &views[i],
			       views[i].health.available, false);
	metrics_family(out, "cohmem_users", "gauge", "Processes that hold it open.");
	for (i = 0; i < nr; i++)
		if (!views[i].users_unknown)
			sample(out, "cohmem_users", &views[i],
			       views[i].nr_users, false);
}

/**
 * write_metrics() - bring the file up to date
 * @cli: the run; .openmetrics is the file
 * @views: the functions, then the sockets' EGM
 * @nr: how many
 * Return: EXIT_OK, or EXIT_FAIL after the reason was given.
 */
int write_metrics(struct cli *cli, const struct view *views, unsigned int nr)
{
	unsigned int all = nr, i, m;
	char *tmp;
	FILE *out;
	bool bad;

	/* In the same folder, for the rename; the collector reads *.prom only. */
	if (asprintf(&tmp, "%s.tmp", cli->openmetrics) < 0)
		return EXIT_FAIL;
	out = fopen(tmp, "we");
	if (!out) {
		complain_as(cohmem_error_word(-errno), cli->openmetrics, NULL,
			    "cannot write: %s", strerror(errno));
		free(tmp);
		return EXIT_FAIL;
	}
	/* EGM stands behind the GPUs, and has families of its own. */
	while (nr && views[nr - 1].f->is_egm)
		nr--;
	write_states(out, views, nr);
	for (m = 0; m < sizeof(metrics) / sizeof(metrics[0]); m++) {
		metrics_family(out, metrics[m].name, metrics[m].type, metrics[m].help);
		for (i = 0; i < nr; i++)
			if (cohmem_fact_known(views[i].f, metrics[m].id))
				sample(out, metrics[m].name, &views[i],
				       cohmem_fact_number(views[i].f,
							  metrics[m].id),
				       metrics[m].ms);
	}
	metrics_egm(out, views + nr, all - nr);
	metrics_family(out, "cohmem_monitor_timestamp_seconds", "gauge",
	       "When this was written.");
	fprintf(out, "cohmem_monitor_timestamp_seconds %lld\n",
		(long long)time(NULL));
	bad = ferror(out) || fchmod(fileno(out), 0644);
	errno = 0;
	bad |= fclose(out) != 0;
	bad = bad || rename(tmp, cli->openmetrics);
	if (bad) {
		complain(cli->openmetrics, NULL, "cannot write: %s",
			 errno ? strerror(errno) : "the disk may be full");
		unlink(tmp);
	}
	free(tmp);
	return bad ? EXIT_FAIL : EXIT_OK;
}
