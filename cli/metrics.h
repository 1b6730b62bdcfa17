/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files that write metrics share. */
#ifndef COHMEM_METRICS_H
#define COHMEM_METRICS_H

#include "cohmem.h"

/* metrics.c */
void metrics_label(FILE *out, const char *name, const char *value, bool first);
void metrics_sample(FILE *out, const char *name, const char *label,
		    const struct view *v, unsigned long long n, bool ms);
void metrics_family(FILE *out, const char *name, const char *type,
		    const char *help);

/* metrics_egm.c */
void metrics_egm(FILE *out, const struct view *views, unsigned int nr);

#endif /* COHMEM_METRICS_H */
