// SPDX-License-Identifier: GPL-2.0-only
/* Findings of check. */
#include <json-c/json.h>

#include "print_check.h"

/**
 * check_text() - findings for people
 * @cli: the run; what is fit is shown with --verbose only
 * @c: the findings
 */
void check_text(struct cli *cli, const struct cohmem_check *c)
{
	unsigned int i;

	for (i = 0; i < c->nr; i++) {
		const struct cohmem_finding *f = &c->finding[i];

		if (f->severity == COHMEM_FIT && !cli->verbose)
			continue;
		printf("%-8s %s%s%s: %s\n", cohmem_severity_name(f->severity), f->bdf,
		       *f->bdf ? " " : "", f->id, f->evidence);
		if (*f->means)
			printf("         %s\n", f->means);
		if (*f->fix)
			printf("         -> %s\n", f->fix);
	}
	printf("%u fit, %u to note, %u unknown, %u warnings, %u blocking\n",
	       c->count[COHMEM_FIT], c->count[COHMEM_NOTE],
	       c->count[COHMEM_UNKNOWN], c->count[COHMEM_ODD],
	       c->count[COHMEM_BLOCKS]);
}

static void add(struct json_object *o, const char *key, const char *s)
{
	json_object_object_add(o, key, *s ? json_object_new_string(s) : NULL);
}

/**
 * check_json() - findings for programs
 * @cli: the run
 * @c: the findings
 */
void check_json(struct cli *cli, const struct cohmem_check *c)
{
	struct json_object *top = json_object_new_object();
	struct json_object *list = json_object_new_array(), *o;
	unsigned int i;

	(void)cli;
	json_object_object_add(top, "schema", json_object_new_string("cohmem.check.1"));
	json_object_object_add(top, "fit",
			       json_object_new_boolean(!c->count[COHMEM_BLOCKS]));
	for (i = 0; i < COHMEM_NR_SEVERITIES; i++)
		json_object_object_add(top, cohmem_severity_name(i),
				       json_object_new_int(c->count[i]));
	for (i = 0; i < c->nr; i++) {
		const struct cohmem_finding *f = &c->finding[i];

		o = json_object_new_object();
		add(o, "id", f->id);
		add(o, "severity", cohmem_severity_name(f->severity));
		add(o, "bdf", f->bdf);
		add(o, "evidence", f->evidence);
		add(o, "means", f->means);
		add(o, "fix", f->fix);
		json_object_array_add(list, o);
	}
	json_object_object_add(top, "findings", list);
	printf("%s\n", json_object_to_json_string_ext(top,
	       JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(top);
}
