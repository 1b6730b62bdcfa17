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
 * metrics_memory() - how much memory it is
 * @v: a GPU, or a socket's EGM
 * @n: bytes
 * Return: false where that is not known, or makes no sense.
 */
bool metrics_memory(const struct view *v, unsigned long long *n)
{
	*n = v->f->memory.size;
	return v->f->memory.state == COHMEM_MEM_OK;
}

/**
 * metrics_available() - can a virtual machine have it?
 * @v: a GPU, or a socket's EGM
 * @n: 0 or 1
 * Return: false where that is not known.
 */
bool metrics_available(const struct view *v, unsigned long long *n)
{
	*n = v->health.available;
	return v->health.available >= 0;
}

static bool users(const struct view *v, unsigned long long *n)
{
	*n = v->nr_users;
	return !v->users_unknown;
}

static bool number(const struct metric *m, const struct view *v,
		   unsigned long long *n)
{
	if (m->value)
		return m->value(v, n);
	*n = cohmem_fact_number(v->f, m->id);
	return cohmem_fact_known(v->f, m->id);
}

/**
 * metrics_write() - families of one number each
 * @out: where to
 * @label: what the views are: "bdf" or "egm"
 * @metrics: the families
 * @nr_metrics: how many
 * @views: whose numbers
 * @nr: how many
 */
void metrics_write(FILE *out, const char *label, const struct metric *metrics,
		   unsigned int nr_metrics, const struct view *views,
		   unsigned int nr)
{
	const struct metric *m;
	unsigned long long n;
	unsigned int i;

	for (m = metrics; m < metrics + nr_metrics; m++) {
		metrics_family(out, m->name, m->counter ? "counter" : "gauge",
			       m->help);
		for (i = 0; i < nr; i++) {
			if (!number(m, &views[i], &n))
				continue;
			fprintf(out, "%s{", m->name);
			metrics_label(out, label, views[i].f->bdf, true);
			if (m->ms)
				fprintf(out, "} %llu.%03llu\n", n / 1000, n % 1000);
			else
				fprintf(out, "} %llu\n", n);
		}
	}
}

static const struct metric metrics[] = {
	{ "cohmem_memory_bytes", "Its coherent memory.",
	  .value = metrics_memory },
	{ "cohmem_available", "1 if a virtual machine can have it now.",
	  .value = metrics_available },
	{ "cohmem_users", "Processes that hold it open.", .value = users },
	{ "cohmem_poisoned_pages", "Pages of its memory that are noted as bad.",
	  .id = COHMEM_FACT_POISON_COUNT },
	{ "cohmem_poison_overflow",
	  "1 if more pages have gone bad than can be noted.",
	  .id = COHMEM_FACT_POISON_OVERFLOW },
	{ "cohmem_resets_total",
	  "Resets and other events after which memory had to be waited for.",
	  .id = COHMEM_FACT_GENERATION, .counter = true },
	{ "cohmem_ready_seconds", "How long the last wait for the memory took.",
	  .id = COHMEM_FACT_READY_MS, .ms = true },
	{ "cohmem_scrub_dirty", "1 if the memory may hold data of its last user.",
	  .id = COHMEM_FACT_SCRUB_DIRTY },
	{ "cohmem_scrub_bytes",
	  "Bytes cleared by the clearing that goes on, or the last one.",
	  .id = COHMEM_FACT_SCRUB_BYTES },
	{ "cohmem_scrub_seconds", "How long that has taken.",
	  .id = COHMEM_FACT_SCRUB_MS, .ms = true },
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
	unsigned int all = nr;
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
	metrics_write(out, "bdf", metrics, sizeof(metrics) / sizeof(metrics[0]),
		      views, nr);
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
