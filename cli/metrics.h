/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files that write metrics share. */
#ifndef COHMEM_METRICS_H
#define COHMEM_METRICS_H

#include "cohmem.h"

/**
 * struct metric - a family with one number for each GPU, or each socket's EGM
 * @name: its name, with the unit and the suffix that Prometheus wants
 * @help: what it is
 * @value: the number; false where it is not known. NULL: a fact
 * @id: the fact, where there is no @value
 * @ms: the fact is in milliseconds; Prometheus counts in seconds
 * @counter: it only ever grows
 */
struct metric {
	const char *name;
	const char *help;
	bool (*value)(const struct view *v, unsigned long long *n);
	enum cohmem_fact_id id;
	bool ms;
	bool counter;
};

/* metrics.c */
void metrics_label(FILE *out, const char *name, const char *value, bool first);
void metrics_family(FILE *out, const char *name, const char *type,
		    const char *help);
bool metrics_memory(const struct view *v, unsigned long long *n);
bool metrics_available(const struct view *v, unsigned long long *n);
void metrics_write(FILE *out, const char *label, const struct metric *metrics,
		   unsigned int nr_metrics, const struct view *views,
		   unsigned int nr);

/* metrics_egm.c */
void metrics_egm(FILE *out, const struct view *views, unsigned int nr);

#endif /* COHMEM_METRICS_H */
