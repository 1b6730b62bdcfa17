// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the ACPI tables announce, gathered once and looked up by ACPI path.
 *
 * Two walks: the first collects properties; where some are spelled as the
 * value of another object, the second collects constants and resolves them.
 * Two different values for one property (two branches of an If, say) cannot
 * be told apart from here: the property becomes opaque.
 */
#include <stdlib.h>
#include <string.h>

#include "acpi_dsd.h"
#include "internal.h"

#define TABLES		"/sys/firmware/acpi/tables"
#define MAX_TABLE	(16u << 20)
#define MAX_ENTRIES	1024
#define MAX_REFS	256

struct ref {
	unsigned int entry;
	enum cohmem_prop prop;
	struct cohmem_aml_value value;
	size_t found;	/* length of the best path so far */
	u64 integer;
};

struct gather {
	struct cohmem_ctx *ctx;
	const char *dir;
	bool resolve;
	unsigned int nr_refs;
	struct ref *ref;
	int error;
};

static struct cohmem_acpi_entry *entry_for(struct gather *g, const char *path)
{
	struct cohmem_acpi *acpi = &g->ctx->acpi;
	struct cohmem_acpi_entry *e;
	unsigned int i;

	for (i = 0; i < acpi->nr; i++)
		if (!strcmp(acpi->entry[i].path, path))
			return &acpi->entry[i];
	if (acpi->nr == MAX_ENTRIES) {
		g->error = -E2BIG;
		return NULL;
	}
	e = realloc(acpi->entry, (acpi->nr + 1) * sizeof(*e));
	if (!e) {
		g->error = -ENOMEM;
		return NULL;
	}
	acpi->entry = e;
	e += acpi->nr++;
	memset(e, 0, sizeof(*e));
	cohmem_fmt(e->path, sizeof(e->path), "%s", path);
	return e;
}

static void add_ref(struct gather *g, unsigned int entry,
		    enum cohmem_prop prop, const struct cohmem_aml_value *value)
{
	struct ref *r;

	if (g->nr_refs == MAX_REFS)
		return;	/* stays opaque */
	r = realloc(g->ref, (g->nr_refs + 1) * sizeof(*r));
	if (!r) {
		g->error = -ENOMEM;
		return;
	}
	g->ref = r;
	r += g->nr_refs++;
	memset(r, 0, sizeof(*r));
	r->entry = entry;
	r->prop = prop;
	r->value = *value;
}

/* A contradiction: what was to be resolved must stay opaque. */
static void drop_refs(struct gather *g, unsigned int entry,
		      enum cohmem_prop prop)
{
	unsigned int i;

	for (i = 0; i < g->nr_refs; i++)
		if (g->ref[i].entry == entry && g->ref[i].prop == prop)
			g->ref[i].value.name[0] = '\0';
}

static void on_property(void *arg, const char *path, enum cohmem_prop prop,
			const struct cohmem_aml_value *value)
{
	struct gather *g = arg;
	struct cohmem_acpi_entry *e;
	struct cohmem_dsd *d;
	u32 bit = 1U << prop;

	if (g->resolve)
		return;
	e = entry_for(g, path);
	if (!e)
		return;
	d = &e->dsd;
	if (d->present & bit) {
		if (value->kind != COHMEM_AML_INTEGER || d->opaque & bit ||
		    d->value[prop] != value->integer) {
			d->opaque |= bit;
			drop_refs(g, e - g->ctx->acpi.entry, prop);
		}
		return;
	}
	d->present |= bit;
	if (value->kind == COHMEM_AML_INTEGER) {
		d->value[prop] = value->integer;
		return;
	}
	d->opaque |= bit;
	if (value->kind == COHMEM_AML_NAME)
		add_ref(g, e - g->ctx->acpi.entry, prop, value);
}

/* Does @path name what @r means? A bare name is searched towards the root. */
static bool means(const struct ref *r, const char *path)
{
	const char *want = r->value.name, *seg, *have;
	size_t scope;

	if (strlen(want) < 5)
		return false;
	if (!strcmp(want, path))
		return true;
	if (!r->value.search)
		return false;
	seg = want + strlen(want) - 4;
	have = path + strlen(path) - 4;
	if (strlen(path) < 5 || strcmp(seg, have))
		return false;
	/* The scope of @path has to be one around the scope of @want. */
	scope = have - path;
	if (scope == 1)
		return true;	/* "\XXXX" */
	return scope < (size_t)(seg - want) && !strncmp(path, want, scope);
}

static void on_integer(void *arg, const char *path, u64 value)
{
	struct gather *g = arg;
	unsigned int i;

	for (i = 0; i < g->nr_refs; i++) {
		struct ref *r = &g->ref[i];

		/* The innermost one hides those further out. */
		if (means(r, path) && strlen(path) > r->found) {
			r->found = strlen(path);
			r->integer = value;
		}
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

struct names {
	unsigned int nr;
	char **name;
};

static int add_name(void *arg, const char *name)
{
	struct names *n = arg;
	char **more;

	if (strncmp(name, "DSDT", 4) && strncmp(name, "SSDT", 4))
		return 0;
	more = realloc(n->name, (n->nr + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	n->name = more;
	n->name[n->nr] = strdup(name);
	return n->name[n->nr++] ? 0 : -ENOMEM;
}

/* The first one is named; more than one would say nothing more. */
static void bad_table(struct gather *g, const char *name, const char *why)
{
	struct cohmem_acpi *acpi = &g->ctx->acpi;

	if (acpi->bad_table[0])
		return;
	cohmem_fmt(acpi->bad_table, sizeof(acpi->bad_table), "%s", name);
	acpi->bad_why = why;
}

/* A table says its length in its header: ACPI 6.5, 5.2.6. */
static bool is_whole(const u8 *table, size_t len)
{
	return len >= 36 && (table[4] | table[5] << 8 | table[6] << 16 |
			     (u32)table[7] << 24) == len;
}

static void walk_one(struct gather *g, const char *dir, const char *name)
{
	struct cohmem_aml_visitor visitor = {
		.property = on_property,
		.integer = g->resolve ? on_integer : NULL,
		.arg = g,
	};
	char path[128];
	size_t len;
	u8 *table;
	int ret;

	cohmem_fmt(path, sizeof(path), "%s/%s", dir, name);
	ret = cohmem_read_blob(g->ctx, path, MAX_TABLE, &table, &len);
	if (ret == -EACCES || ret == -EPERM || ret == -ENOMEM) {
		g->error = ret;
		return;
	}
	if (ret) {
		bad_table(g, name, "cannot be read");
		return;
	}
	if (!is_whole(table, len))
		bad_table(g, name, "is not whole");
	/* The vendor's prefix is in every name that matters. */
	else if (g->resolve || memmem(table, len, "nvidia,", 7)) {
		ret = cohmem_aml_walk(table, len, &visitor);
		if (ret)
			bad_table(g, name, "is not understood");
	}
	free(table);
}

static void walk_dir(struct gather *g, const char *dir)
{
	struct names n = { 0 };
	unsigned int i;
	int ret;

	ret = cohmem_dir_foreach(g->ctx, dir, add_name, &n);
	if (ret)
		g->error = ret;
	if (n.nr)
		qsort(n.name, n.nr, sizeof(*n.name), by_name);
	for (i = 0; i < n.nr; i++) {
		if (!g->error && n.name[i])
			walk_one(g, dir, n.name[i]);
		free(n.name[i]);
	}
	free(n.name);
}

static void walk_all(struct gather *g)
{
	walk_dir(g, TABLES);
	/* Tables loaded later are in a directory of their own. */
	if (cohmem_exists(g->ctx, TABLES "/dynamic") && !g->error)
		walk_dir(g, TABLES "/dynamic");
}

static void resolve(struct gather *g)
{
	unsigned int i;

	g->resolve = true;
	walk_all(g);
	for (i = 0; i < g->nr_refs; i++) {
		const struct ref *r = &g->ref[i];
		struct cohmem_dsd *d = &g->ctx->acpi.entry[r->entry].dsd;

		if (!r->found)
			continue;
		d->opaque &= ~(1U << r->prop);
		d->value[r->prop] = r->integer;
	}
}

/**
 * cohmem_acpi_read() - look through the tables, once a context
 * @ctx: the context
 * Return: 0, or why they cannot be read: -ENOENT on hosts without ACPI,
 * -EACCES for people who are not root.
 */
int cohmem_acpi_read(struct cohmem_ctx *ctx)
{
	struct gather g = { .ctx = ctx };

	if (ctx->acpi.read)
		return ctx->acpi.error;
	walk_all(&g);
	if (!g.error && g.nr_refs)
		resolve(&g);
	free(g.ref);
	ctx->acpi.read = true;
	ctx->acpi.error = g.error;
	return g.error;
}

/**
 * cohmem_acpi_find() - properties of one ACPI object
 * @ctx: the context
 * @path: its path as sysfs spells it
 * Return: the properties, or NULL where the tables hold none.
 */
const struct cohmem_dsd *cohmem_acpi_find(struct cohmem_ctx *ctx,
					  const char *path)
{
	unsigned int i;

	for (i = 0; *path && i < ctx->acpi.nr; i++)
		if (!strcmp(ctx->acpi.entry[i].path, path))
			return &ctx->acpi.entry[i].dsd;
	return NULL;
}
