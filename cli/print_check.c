// SPDX-License-Identifier: GPL-2.0-only
/* Findings of check. */
#include "json.h"
#include "print_check.h"

#define INDENT	9

/* One finding; what is said of it begins below its id. */
static void finding_text(struct cli *cli, const struct cohmem_finding *f)
{
	char first[128];

	snprintf(first, sizeof(first), "%-*s%s%s%s: ", INDENT,
		 cohmem_severity_name(f->severity), f->bdf, *f->bdf ? " " : "",
		 f->id);
	say_wrapped(cli->width, first, INDENT, shown(f->evidence));
	snprintf(first, sizeof(first), "%*s", INDENT, "");
	if (*f->means)
		say_wrapped(cli->width, first, INDENT, shown(f->means));
	snprintf(first, sizeof(first), "%*s-> ", INDENT, "");
	if (*f->fix)
		say_wrapped(cli->width, first, INDENT + 3, shown(f->fix));
}

/**
 * check_text() - findings for people
 * @cli: the run; what is fit is shown with --verbose only
 * @c: the findings
 */
void check_text(struct cli *cli, const struct cohmem_check *c)
{
	unsigned int i;

	for (i = 0; i < c->nr; i++)
		if (c->finding[i].severity != COHMEM_FIT || cli->verbose)
			finding_text(cli, &c->finding[i]);
	say("%u fit, %u to note, %u unknown, %u warning%s, %u blocking\n",
	    c->count[COHMEM_FIT], c->count[COHMEM_NOTE],
	    c->count[COHMEM_UNKNOWN], c->count[COHMEM_ODD],
	    c->count[COHMEM_ODD] == 1 ? "" : "s", c->count[COHMEM_BLOCKS]);
}

/**
 * check_json() - findings for programs
 * @cli: the run
 * @c: the findings
 */
void check_json(struct cli *cli, const struct cohmem_check *c)
{
	struct json_object *top = json_top(cli, "check");
	struct json_object *list = json_object_new_array();
	struct json_object *counts = json_object_new_object(), *o;
	unsigned int i;

	json_add_bool(top, "fit", !c->count[COHMEM_BLOCKS]);
	for (i = 0; i < COHMEM_NR_SEVERITIES; i++)
		json_add_u64(counts, cohmem_severity_name(i), c->count[i]);
	json_add(top, "counts", counts);
	for (i = 0; i < c->nr; i++) {
		const struct cohmem_finding *f = &c->finding[i];

		o = json_object_new_object();
		json_add_str(o, "id", f->id);
		json_add_str(o, "severity", cohmem_severity_name(f->severity));
		json_add_str(o, "bdf", f->bdf);
		json_add_str(o, "evidence", f->evidence);
		json_add_str(o, "means", f->means);
		json_add_str(o, "fix", f->fix);
		json_object_array_add(list, o);
	}
	json_add(top, "findings", list);
	json_put(cli, top);
}
