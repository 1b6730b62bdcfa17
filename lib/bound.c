// SPDX-License-Identifier: GPL-2.0-only
/*
 * What our driver tells about a function it is bound to: the folder "cohmem"
 * of the PCI device, an ABI that docs/sysfs-abi describes.
 */
#include <stdlib.h>

#include "internal.h"

static int get(struct cohmem_ctx *ctx, const struct cohmem_func *f,
	       const char *name, char *buf, size_t size)
{
	char path[128];

	cohmem_fmt(path, sizeof(path), "/sys/bus/pci/devices/%s/cohmem/%s",
		   f->bdf, name);
	return cohmem_read_str(ctx, path, buf, size);
}

static u64 get_u64(struct cohmem_ctx *ctx, const struct cohmem_func *f,
		   const char *name)
{
	char text[32];

	get(ctx, f, name, text, sizeof(text));
	return strtoull(text, NULL, 0);
}

/**
 * cohmem_bound_load() - read the driver's attributes
 * @ctx: the context
 * @f: the function; .bound is filled in
 */
void cohmem_bound_load(struct cohmem_ctx *ctx, struct cohmem_func *f)
{
	struct cohmem_bound *b = &f->bound;
	char *p;

	memset(b, 0, sizeof(*b));
	if (strcmp(f->driver, COHMEM_DRIVER) ||
	    get(ctx, f, "mode", b->mode, sizeof(b->mode)))
		return;
	b->valid = true;
	get(ctx, f, "ready_state", b->ready, sizeof(b->ready));
	get(ctx, f, "ready_fail", b->fail, sizeof(b->fail));
	b->ready_ms = get_u64(ctx, f, "ready_ms");
	b->generation = get_u64(ctx, f, "reset_generation");
	b->poison_count = get_u64(ctx, f, "poison_count");
	b->poison_overflow = get_u64(ctx, f, "poison_overflow");
	get(ctx, f, "poison_pages", b->poison, sizeof(b->poison));
	for (p = b->poison; *p; p++)
		if (*p == '\n')
			*p = ' ';
	get(ctx, f, "scrub", b->scrub, sizeof(b->scrub));
	get(ctx, f, "scrub_state", b->scrub_state, sizeof(b->scrub_state));
	get(ctx, f, "scrub_result", b->scrub_result, sizeof(b->scrub_result));
	b->scrub_dirty = get_u64(ctx, f, "scrub_dirty");
}

/* "usemem 4 0xBASE 0xSIZE 0xREGION" */
static bool parse_region(const char *line, struct cohmem_region *r)
{
	unsigned long long base, size, region;
	unsigned int bar;
	char kind[16];

	if (sscanf(line, "%15s %u %llx %llx %llx", kind, &bar, &base, &size,
		   &region) != 5 || bar >= COHMEM_NR_BARS ||
	    !size || region < size)
		return false;
	if (!strcmp(kind, cohmem_kind_name(COHMEM_USEMEM)))
		r->kind = COHMEM_USEMEM;
	else if (!strcmp(kind, cohmem_kind_name(COHMEM_RESMEM)))
		r->kind = COHMEM_RESMEM;
	else
		return false;
	r->bar = bar;
	r->base = base;
	r->size = size;
	r->region_size = region;
	return true;
}

/* The placement whose BARs these are, or NULL. */
static const char *placement_of(const struct cohmem_layout *l)
{
	static const struct cohmem_placement *const all[] = {
		&cohmem_placement_split, &cohmem_placement_whole,
		&cohmem_placement_bar2,
	};
	unsigned int i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		bool two = all[i]->resmem_bar != COHMEM_NO_BAR;
		const struct cohmem_region *u, *r;

		u = cohmem_layout_at_bar(l, all[i]->usemem_bar);
		r = two ? cohmem_layout_at_bar(l, all[i]->resmem_bar) : NULL;
		if (l->nr == 1 + two && u && u->kind == COHMEM_USEMEM &&
		    (!two || (r && r->kind == COHMEM_RESMEM)))
			return all[i]->name;
	}
	return NULL;
}

/**
 * cohmem_bound_layout() - the memory as the bound driver lays it out
 * @ctx: the context
 * @f: the function, .bound valid
 * @m: the memory
 * Return: 0, or -EPROTO where the driver's words are not understood (it is
 * newer than this library, say).
 */
int cohmem_bound_layout(struct cohmem_ctx *ctx, const struct cohmem_func *f,
			struct cohmem_memory *m)
{
	char text[512], *line, *save;
	struct cohmem_layout l = { 0 };
	unsigned int i;

	if (!strcmp(f->bound.mode, "plain")) {
		m->source = COHMEM_SOURCE_DRIVER;
		m->state = COHMEM_MEM_ABSENT;
		return 0;
	}
	if (get(ctx, f, "layout", text, sizeof(text)))
		return -EPROTO;
	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (l.nr == COHMEM_MAX_REGIONS ||
		    !parse_region(line, &l.region[l.nr++])) {
			cohmem_log(ctx, COHMEM_LOG_WARN,
				   "%s: the driver's layout is not understood: %s",
				   f->bdf, line);
			return -EPROTO;
		}
	}
	if (!l.nr)
		return -EPROTO;
	m->source = COHMEM_SOURCE_DRIVER;
	m->state = COHMEM_MEM_OK;
	m->layout = l;
	m->placement = placement_of(&l);
	m->base = l.region[0].base;
	m->has_base = true;
	for (i = 0; i < l.nr; i++)
		m->size += l.region[i].size;
	return 0;
}
