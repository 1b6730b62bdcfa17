// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of "list". It fits the terminal: names are shortened (and end in
 * '~' then), what is wrong goes to a line of its own before it would be cut.
 */
#include <stdlib.h>

#include "cohmem.h"

#define CELL		160
#define MAX_COLUMNS	26
#define GAP		2
#define MIN_NAME	8
#define MAX_LAST	12
#define DEFAULT		"bdf,memory,driver,group,node,state,user,health"
#define DEFAULT_ALL	"bdf,name,memory,driver,group,state"

/**
 * struct column - a column of the table
 * @name: for --columns; the heading is the same in capitals
 * @shrinks: may be shortened
 * @cell: its text for one function; an empty one becomes "-"
 */
struct column {
	const char *name;
	bool shrinks;
	void (*cell)(const struct view *v, char *out);
};

static void number(char *out, long long n)
{
	if (n >= 0)
		snprintf(out, CELL, "%lld", n);
}

static void fact_cell(const struct cohmem_func *f, enum cohmem_fact_id id,
		      char *out)
{
	const struct cohmem_fact *fact = &f->bound.fact[id];

	if (!f->bound.valid || !(cohmem_fact_def(id)->of &
				 (f->is_egm ? COHMEM_FACT_OF_EGM :
				  COHMEM_FACT_OF_GPU)))
		return;
	if (fact->error)
		snprintf(out, CELL, "?");
	else if (cohmem_fact_def(id)->kind == COHMEM_FACT_WORD)
		snprintf(out, CELL, "%s", fact->word);
	else if (cohmem_fact_def(id)->kind == COHMEM_FACT_BOOL)
		snprintf(out, CELL, "%s", fact->number ? "yes" : "no");
	else
		snprintf(out, CELL, "%llu", (unsigned long long)fact->number);
}

#define FACT_CELL(fn, id) \
	static void fn(const struct view *v, char *out) \
	{ fact_cell(v->f, id, out); }

FACT_CELL(c_poison, COHMEM_FACT_POISON_COUNT)
FACT_CELL(c_scrub, COHMEM_FACT_SCRUB)
FACT_CELL(c_dirty, COHMEM_FACT_SCRUB_DIRTY)
FACT_CELL(c_resets, COHMEM_FACT_GENERATION)
FACT_CELL(c_socket, COHMEM_FACT_SOCKET)
FACT_CELL(c_retired, COHMEM_FACT_RETIRED_COUNT)

static void c_bdf(const struct view *v, char *out)
{
	snprintf(out, CELL, "%s", v->f->bdf);
}

static void c_name(const struct view *v, char *out)
{
	snprintf(out, CELL, "%s", v->f->name);
}

static void c_id(const struct view *v, char *out)
{
	if (!v->f->is_egm)
		snprintf(out, CELL, "%04x:%04x", v->f->vendor, v->f->device);
}

static void c_memory(const struct view *v, char *out)
{
	const struct cohmem_memory *m = &v->f->memory;

	if (v->f->is_egm && v->egm->state == COHMEM_EGM_STATE_REFUSED) {
		snprintf(out, CELL, "%s", v->egm->word);
		return;
	}
	switch (m->state) {
	case COHMEM_MEM_OK:
		human_size(m->size, out);
		break;
	case COHMEM_MEM_ABSENT:
		snprintf(out, CELL, "none");
		break;
	case COHMEM_MEM_BAD:
		snprintf(out, CELL, "%s", cohmem_reason_name(m->reason));
		break;
	case COHMEM_MEM_UNKNOWN:
		snprintf(out, CELL, "?");
		break;
	}
}

static void c_layout(const struct view *v, char *out)
{
	const struct cohmem_memory *m = &v->f->memory;

	if (m->placement)
		snprintf(out, CELL, "%s", m->placement);
	else if (v->f->is_egm)
		return;
	else if (m->state == COHMEM_MEM_OK || m->state == COHMEM_MEM_UNKNOWN)
		snprintf(out, CELL, "?");
}

static void c_driver(const struct view *v, char *out)
{
	snprintf(out, CELL, "%s", v->f->driver);
}

static void c_override(const struct view *v, char *out)
{
	snprintf(out, CELL, "%s", v->f->override);
}

static void c_group(const struct view *v, char *out)
{
	number(out, v->f->group);
}

static void c_node(const struct view *v, char *out)
{
	number(out, v->f->numa_node);
}

static void c_state(const struct view *v, char *out)
{
	snprintf(out, CELL, "%s", view_state(v));
}

static void c_pid(const struct view *v, char *out)
{
	if (v->nr_users)
		number(out, v->user[0].pid);
	else if (v->users_unknown)
		snprintf(out, CELL, "?");
}

static void c_user(const struct view *v, char *out)
{
	const struct cohmem_user *u = v->user;

	/* The driver says that somebody has it, and mostly who. */
	if (!v->nr_users && v->f->is_egm) {
		if (strcmp(v->egm->user, "-") && v->egm->user[0])
			snprintf(out, CELL, "%s",
				 strcmp(v->egm->user, v->f->bdf) ?
				 v->egm->user : "?");
		return;
	}
	if (!v->nr_users) {
		if (v->users_unknown && v->f->is_vfio)
			snprintf(out, CELL, "?");
		return;
	}
	snprintf(out, CELL, "%s", u->guest[0] ? u->guest : u->comm);
	if (v->nr_users > 1)
		snprintf(out + strlen(out), CELL - strlen(out), "+%u",
			 v->nr_users - 1);
}

static void c_health(const struct view *v, char *out)
{
	const struct cohmem_func *f = v->f;
	unsigned int i;
	size_t n = 0;

	for (i = 0; i < COHMEM_NR_ISSUES; i++) {
		if (!(v->health.issues & 1U << i))
			continue;
		n += snprintf(out + n, CELL - n, "%s%s", n ? "," : "",
			      cohmem_issue_name(i));
		if (i == COHMEM_ISSUE_RETIRED)
			n += snprintf(out + n, CELL - n, ":%llu",
				      (unsigned long long)cohmem_fact_number(f,
						COHMEM_FACT_RETIRED_COUNT));
		if (i == COHMEM_ISSUE_POISONED)
			n += snprintf(out + n, CELL - n, ":%llu",
				      (unsigned long long)cohmem_fact_number(f,
						COHMEM_FACT_POISON_COUNT));
	}
	if (!n)
		snprintf(out, CELL, "ok");
}

static void c_available(const struct view *v, char *out)
{
	snprintf(out, CELL, "%s", v->health.available > 0 ? "yes" :
		 v->health.why);
}

static void c_device(const struct view *v, char *out)
{
	if (v->f->is_egm && (v->egm->state == COHMEM_EGM_STATE_READY ||
			     v->egm->state == COHMEM_EGM_STATE_FOREIGN))
		snprintf(out, CELL, "/dev/%s", v->f->bdf);
	if (v->f->is_vfio && v->f->group >= 0)
		snprintf(out, CELL, "/dev/vfio/%d", v->f->group);
}

static void c_persistent(const struct view *v, char *out)
{
	if (!v->f->is_egm)
		snprintf(out, CELL, "%s", v->persistent ? "yes" : "no");
}

/* The EGM of a GPU's socket; or why there is none. */
static void c_egm(const struct view *v, char *out)
{
	const struct cohmem_func *f = v->f;

	if (!f->is_egm && v->egm)
		snprintf(out, CELL, "%s", v->egm->unit.bdf);
	else if (cohmem_egm_refusal(f)[0])
		snprintf(out, CELL, "%s", cohmem_egm_refusal(f));
	else if (!f->is_egm && cohmem_egm_is_off(f))
		snprintf(out, CELL, "off");
}

static void c_pxm(const struct view *v, char *out)
{
	const struct cohmem_func *f = v->f;
	u64 start, count;

	if (f->is_egm) {
		snprintf(out, CELL, "%llu", (unsigned long long)v->egm->pxm);
		return;
	}
	if (cohmem_fact_known(f, COHMEM_FACT_PXM_START)) {
		start = cohmem_fact_number(f, COHMEM_FACT_PXM_START);
		count = cohmem_fact_number(f, COHMEM_FACT_PXM_COUNT);
	} else if (f->announced && f->dsd.present & 1U << COHMEM_PXM_START &&
		   !(f->dsd.opaque & 1U << COHMEM_PXM_START)) {
		start = f->dsd.value[COHMEM_PXM_START];
		count = f->dsd.value[COHMEM_PXM_COUNT];
	} else {
		return;
	}
	snprintf(out, CELL, "%llu", (unsigned long long)start);
	if (count > 1)
		snprintf(out + strlen(out), CELL - strlen(out), "-%llu",
			 (unsigned long long)(start + count - 1));
}

static const struct column columns[] = {
	{ "bdf", false, c_bdf }, { "name", true, c_name },
	{ "id", false, c_id }, { "memory", false, c_memory },
	{ "layout", false, c_layout }, { "driver", false, c_driver },
	{ "override", true, c_override }, { "group", false, c_group },
	{ "node", false, c_node }, { "state", false, c_state },
	{ "user", true, c_user }, { "pid", false, c_pid },
	{ "health", false, c_health }, { "available", false, c_available },
	{ "poison", false, c_poison }, { "scrub", false, c_scrub },
	{ "dirty", false, c_dirty }, { "resets", false, c_resets },
	{ "device", false, c_device }, { "persistent", false, c_persistent },
	{ "pxm", false, c_pxm }, { "socket", false, c_socket },
	{ "egm", false, c_egm }, { "retired", false, c_retired },
};

#define NR_COLUMNS	(sizeof(columns) / sizeof(columns[0]))

/* "bdf,state" into columns; returns how many, 0 where a word is none. */
static unsigned int parse(const char *text, const struct column **out,
			  const char **bad)
{
	unsigned int nr = 0, i;
	size_t len;

	while (*text) {
		len = strcspn(text, ",");
		for (i = 0; i < NR_COLUMNS; i++)
			if (strlen(columns[i].name) == len &&
			    !strncmp(columns[i].name, text, len))
				break;
		*bad = text;
		if (i == NR_COLUMNS || nr == MAX_COLUMNS)
			return 0;
		out[nr++] = &columns[i];
		text += len + (text[len] == ',');
	}
	return nr;
}

/**
 * check_columns() - are the columns asked for columns?
 * @cli: the run
 * Return: EXIT_OK, or EXIT_USAGE after the reason was given.
 */
int check_columns(struct cli *cli)
{
	const struct column *chosen[MAX_COLUMNS];
	char all[512] = "";
	const char *bad;
	unsigned int i;

	if (!cli->columns || parse(cli->columns, chosen, &bad))
		return EXIT_OK;
	for (i = 0; i < NR_COLUMNS; i++)
		snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%s",
			 i ? "," : "", columns[i].name);
	return usage_error(cli, "no such column: %.*s; there are %s",
			   (int)strcspn(bad, ","), bad, all);
}

struct table {
	unsigned int nr_columns;
	const struct column *column[MAX_COLUMNS];
	unsigned int width[MAX_COLUMNS];
	unsigned int nr_rows;
	char *cell;		/* rows of columns of CELL bytes */
};

static char *cell_at(const struct table *t, unsigned int row, unsigned int col)
{
	return t->cell + ((size_t)row * t->nr_columns + col) * CELL;
}

static unsigned int total(const struct table *t, unsigned int nr)
{
	unsigned int sum = 0, i;

	for (i = 0; i < nr; i++)
		sum += t->width[i] + (i ? GAP : 0);
	return sum;
}

static void measure(struct table *t, unsigned int first)
{
	unsigned int row, col, n;

	for (row = first; row < t->nr_rows; row++)
		for (col = 0; col < t->nr_columns; col++) {
			n = text_width(cell_at(t, row, col));
			if (n > t->width[col])
				t->width[col] = n;
		}
}

/* Take from the widest that may be shortened, until all but @last fit. */
static void shrink(struct table *t, unsigned int nr, unsigned int room)
{
	unsigned int widest, i;

	while (total(t, nr) > room) {
		widest = nr;
		for (i = 0; i < nr; i++)
			if (t->column[i]->shrinks && t->width[i] > MIN_NAME &&
			    (widest == nr || t->width[i] > t->width[widest]))
				widest = i;
		if (widest == nr)
			return;
		t->width[widest]--;
	}
}

static void put_cell(const char *text, unsigned int width, bool last)
{
	unsigned int n = text_width(text), i;

	if (n > width) {
		for (i = 0; i < width - 1 && *text; i++) {
			unsigned int len = utf8_length(text);

			len = len ? len : 1;
			say("%.*s", (int)len, text);
			text += len;
		}
		say("~");
		n = width;
	} else {
		say("%s", text);
	}
	if (!last)
		say("%*s", (int)(width - n + GAP), "");
}

/* The last cell goes below where it does not fit beside the others. */
static void put_row(const struct table *t, unsigned int row, unsigned int room)
{
	unsigned int last = t->nr_columns - 1, before = total(t, last), col;
	const char *text = cell_at(t, row, last);

	bool below = last && row && before + GAP + text_width(text) > room;

	for (col = 0; col < last; col++)
		put_cell(cell_at(t, row, col), t->width[col],
			 below && col == last - 1);
	say("%s%s\n", below ? "\n    " : "", text);
}

/**
 * list_table() - functions and EGM, one a line
 * @cli: the run
 * @views: the functions
 * @nr: how many
 */
void list_table(struct cli *cli, const struct view *views, unsigned int nr)
{
	const char *names = cli->columns ? cli->columns :
			    cli->all ? DEFAULT_ALL : DEFAULT, *bad;
	struct table t = { .nr_rows = nr + 1 };
	unsigned int row, col;
	char raw[CELL], *p;

	t.nr_columns = parse(names, t.column, &bad);
	t.cell = calloc((size_t)t.nr_rows * t.nr_columns, CELL);
	if (!t.cell)
		return;
	for (col = 0; col < t.nr_columns; col++) {
		snprintf(cell_at(&t, 0, col), CELL, "%s", t.column[col]->name);
		for (p = cell_at(&t, 0, col); *p; p++)
			*p -= 'a' - 'A';
		for (row = 1; row < t.nr_rows; row++) {
			memset(raw, 0, sizeof(raw));
			t.column[col]->cell(&views[row - 1], raw);
			snprintf(cell_at(&t, row, col), CELL, "%s",
				 raw[0] ? shown(raw) : "-");
		}
	}
	measure(&t, cli->no_headers);
	/* The last column gets some room; what is longer goes below. */
	col = text_width(cell_at(&t, 0, t.nr_columns - 1));
	if (t.width[t.nr_columns - 1] <= MAX_LAST)
		col = t.width[t.nr_columns - 1];
	if (total(&t, t.nr_columns) > cli->width)
		shrink(&t, t.nr_columns - 1, cli->width > col + GAP ?
		       cli->width - col - GAP : 0);
	for (row = cli->no_headers; row < t.nr_rows; row++)
		put_row(&t, row, cli->width);
	free(t.cell);
}
