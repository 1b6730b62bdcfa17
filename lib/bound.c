// SPDX-License-Identifier: GPL-2.0-only
/*
 * What our driver tells about a function it is bound to: the folder "cohmem"
 * of the PCI device, an ABI that docs/sysfs-abi describes. What a file does not
 * tell (an older driver has fewer) is not known, which is not the same as zero.
 */
#include <ctype.h>
#include <stdlib.h>

#include "internal.h"
#include "operate.h"

#define GPU	COHMEM_FACT_OF_GPU
#define EGM	COHMEM_FACT_OF_EGM
#define BOTH	(GPU | EGM)

static const struct cohmem_fact_def facts[COHMEM_NR_FACTS] = {
	[COHMEM_FACT_MODE] = { "mode", COHMEM_FACT_WORD, GPU },
	[COHMEM_FACT_READY_STATE] = { "ready_state", COHMEM_FACT_WORD, GPU },
	[COHMEM_FACT_READY_FAIL] = { "ready_fail", COHMEM_FACT_WORD, GPU },
	[COHMEM_FACT_READY_MS] = { "ready_ms", COHMEM_FACT_NUMBER, GPU },
	[COHMEM_FACT_GENERATION] = { "reset_generation", COHMEM_FACT_NUMBER, GPU },
	[COHMEM_FACT_POISON_COUNT] = { "poison_count", COHMEM_FACT_NUMBER, BOTH },
	[COHMEM_FACT_POISON_OVERFLOW] = { "poison_overflow", COHMEM_FACT_BOOL, BOTH },
	[COHMEM_FACT_POISON_POLICY] = { "poison_policy", COHMEM_FACT_WORD, GPU },
	[COHMEM_FACT_SCRUB] = { "scrub", COHMEM_FACT_WORD, BOTH },
	[COHMEM_FACT_SCRUB_STATE] = { "scrub_state", COHMEM_FACT_WORD, BOTH },
	[COHMEM_FACT_SCRUB_RESULT] = { "scrub_result", COHMEM_FACT_WORD, BOTH },
	[COHMEM_FACT_SCRUB_DIRTY] = { "scrub_dirty", COHMEM_FACT_BOOL, BOTH },
	[COHMEM_FACT_SCRUB_BYTES] = { "scrub_bytes", COHMEM_FACT_NUMBER, BOTH },
	[COHMEM_FACT_SCRUB_SKIPPED] = { "scrub_skipped", COHMEM_FACT_NUMBER, BOTH },
	[COHMEM_FACT_SCRUB_MS] = { "scrub_ms", COHMEM_FACT_NUMBER, BOTH },
	[COHMEM_FACT_SCRUB_CPUS] = { "scrub_cpus", COHMEM_FACT_WORD, BOTH },
	[COHMEM_FACT_SCRUB_ACCEPT_BAD] = { "scrub_accept_bad", COHMEM_FACT_BOOL, BOTH },
	[COHMEM_FACT_FLUSH_ON_RESET] = { "flush_on_reset", COHMEM_FACT_BOOL, GPU },
	[COHMEM_FACT_PXM_START] = { "pxm_start", COHMEM_FACT_NUMBER, GPU },
	[COHMEM_FACT_PXM_COUNT] = { "pxm_count", COHMEM_FACT_NUMBER, GPU },
	[COHMEM_FACT_SOCKET] = { "socket", COHMEM_FACT_NUMBER, GPU },
	[COHMEM_FACT_EGM_BASE] = { "egm_base", COHMEM_FACT_ADDRESS, BOTH },
	[COHMEM_FACT_EGM_SIZE] = { "egm_size", COHMEM_FACT_NUMBER, BOTH },
	[COHMEM_FACT_EGM_PXM] = { "egm_pxm", COHMEM_FACT_NUMBER, GPU },
	[COHMEM_FACT_EGM] = { "egm", COHMEM_FACT_WORD, GPU },
	[COHMEM_FACT_USER] = { "user", COHMEM_FACT_WORD, EGM },
	[COHMEM_FACT_RETIRED_COUNT] = { "retired_count", COHMEM_FACT_NUMBER, EGM },
};

/**
 * cohmem_fact_def() - what a fact is
 * @id: the fact
 * Return: its file and kind.
 */
const struct cohmem_fact_def *cohmem_fact_def(enum cohmem_fact_id id)
{
	return &facts[id];
}

static void load_fact(struct cohmem_ctx *ctx, const struct cohmem_func *f,
		      const struct cohmem_fact_def *def, struct cohmem_fact *out)
{
	char text[COHMEM_NAME_LEN + 1], *end;

	memset(out, 0, sizeof(*out));
	out->error = cohmem_control_read(ctx, f, def->file, text, sizeof(text));
	if (out->error)
		return;
	if (strlen(text) >= COHMEM_NAME_LEN) {
		out->error = -E2BIG;
		return;
	}
	if (def->kind == COHMEM_FACT_WORD) {
		cohmem_fmt(out->word, sizeof(out->word), "%s", text);
		return;
	}
	errno = 0;
	out->number = strtoull(text, &end, 0);
	if (!isdigit((unsigned char)text[0]) || *end || errno)
		out->error = -EINVAL;
}

/*
 * An address a line; "..." in the place of those that did not fit. What is no address
 * makes the list unknown.
 */
static int load_list(struct cohmem_ctx *ctx, const struct cohmem_func *f,
		     const char *file, u64 **list, unsigned int *nr)
{
	char path[128], *p, *end;
	unsigned int room;
	size_t len;
	u8 *text;
	int ret;

	*list = NULL;
	*nr = 0;
	cohmem_control_path(f, file, path, sizeof(path));
	ret = cohmem_read_blob(ctx, path, 1 << 20, &text, &len);
	if (ret)
		return ret;
	room = len / 2 + 1;	/* a digit and a line feed at least */
	*list = calloc(room, sizeof(**list));
	p = malloc(len + 1);
	if (!*list || !p) {
		free(p);
		free(text);
		return -ENOMEM;
	}
	memcpy(p, text, len);
	p[len] = '\0';
	free(text);
	text = (u8 *)p;
	while (!ret && *(p += strspn(p, " \n")) && strncmp(p, "...", 3)) {
		errno = 0;
		(*list)[(*nr)++] = strtoull(p, &end, 16);
		if (end == p || errno || !strchr(" \n", *end))
			ret = -EINVAL;
		p = end;
	}
	free(text);
	if (ret)
		*nr = 0;
	return ret;
}

/**
 * cohmem_bound_free() - forget the driver's attributes
 * @f: the function
 */
void cohmem_bound_free(struct cohmem_func *f)
{
	free(f->bound.poison);
	free(f->bound.retired);
	memset(&f->bound, 0, sizeof(f->bound));
}

/**
 * cohmem_bound_load() - read the driver's attributes
 * @ctx: the context
 * @f: the function; .bound is filled in
 */
void cohmem_bound_load(struct cohmem_ctx *ctx, struct cohmem_func *f)
{
	struct cohmem_bound *b = &f->bound;
	int i;

	cohmem_bound_free(f);
	for (i = 0; i < COHMEM_NR_FACTS; i++)
		b->fact[i].error = -ENOENT;
	b->poison_error = -ENOENT;
	b->retired_error = -ENOENT;
	if (strcmp(f->driver, COHMEM_DRIVER))
		return;
	for (i = 0; i < COHMEM_NR_FACTS; i++)
		if (facts[i].of & (f->is_egm ? EGM : GPU))
			load_fact(ctx, f, &facts[i], &b->fact[i]);
	b->poison_error = load_list(ctx, f, "poison_pages", &b->poison,
				    &b->nr_poison);
	if (f->is_egm) {
		b->valid = true;
		b->retired_error = load_list(ctx, f, "retired_pages",
					     &b->retired, &b->nr_retired);
		return;
	}
	b->valid = !b->fact[COHMEM_FACT_MODE].error;
	if (strcmp(cohmem_fact_word(f, COHMEM_FACT_MODE), "plain"))
		return;
	for (i = 0; i < COHMEM_NR_FACTS; i++)
		if (b->fact[i].error == -ENOENT)
			b->fact[i].error = -ENODATA;
	if (b->poison_error == -ENOENT)
		b->poison_error = -ENODATA;
}

/**
 * cohmem_fact_known() - does the driver tell a fact?
 * @f: the function, loaded
 * @id: the fact
 * Return: true if so.
 */
bool cohmem_fact_known(const struct cohmem_func *f, enum cohmem_fact_id id)
{
	return f->bound.valid && !f->bound.fact[id].error;
}

/**
 * cohmem_fact_number() - a number that the driver tells
 * @f: the function, loaded
 * @id: the fact
 * Return: the number; 0 where it is not known.
 */
u64 cohmem_fact_number(const struct cohmem_func *f, enum cohmem_fact_id id)
{
	return cohmem_fact_known(f, id) ? f->bound.fact[id].number : 0;
}

/**
 * cohmem_fact_word() - a word that the driver tells
 * @f: the function, loaded
 * @id: the fact
 * Return: the word; empty where it is not known.
 */
const char *cohmem_fact_word(const struct cohmem_func *f,
			     enum cohmem_fact_id id)
{
	return cohmem_fact_known(f, id) ? f->bound.fact[id].word : "";
}

/* How a clearing can end that did not clear all; docs/sysfs-abi, scrub_result. */
static const struct {
	const char *word;
	const char *what;
	const char *hint;
} scrub_ends[] = {
	{ "skipped", "bad pages were left out",
	  "plan to replace the part; writing 1 to scrub_accept_bad in sysfs hands it out all the same" },
	{ "poison", "there are too many bad pages to tell which",
	  "replace the part" },
	{ "unavailable", "the memory failed or was turned off meanwhile",
	  "reset it, and clear again" },
	{ "reset", "it was reset over and over meanwhile",
	  "see who resets it, and clear again" },
	{ "no-reset", "it could not be stopped: a reset failed or is impossible",
	  "a power cycle of the host stops it; dmesg says what failed" },
	{ "in-use", "a GPU of the socket was open meanwhile and was not reset since: it may write there without the IOMMU",
	  "end what uses the GPUs of the socket, and reset them; it is cleared then" },
	{ "gone", "it left the bus", "see firmware's and the kernel's log" },
	{ "nomem", "the kernel was out of memory", "clear again" },
	{ "stopped", "an administrator stopped it", "clear again" },
	{ "error", "the function could not be taken", "dmesg says why" },
};

/**
 * cohmem_scrub_end() - what it means how a clearing ended
 * @word: the driver's word for it
 * @hint: the way out
 * Return: a few words; NULL where all was cleared or none was tried.
 */
const char *cohmem_scrub_end(const char *word, const char **hint)
{
	unsigned int i;

	if (!word[0] || !strcmp(word, "ok") || !strcmp(word, "none"))
		return NULL;
	for (i = 0; i < sizeof(scrub_ends) / sizeof(scrub_ends[0]); i++)
		if (!strcmp(scrub_ends[i].word, word)) {
			*hint = scrub_ends[i].hint;
			return scrub_ends[i].what;
		}
	*hint = "is the driver newer than this program? dmesg may tell more";
	return "in a way that this program does not know";
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

	if (!strcmp(cohmem_fact_word(f, COHMEM_FACT_MODE), "plain")) {
		m->source = COHMEM_SOURCE_DRIVER;
		m->state = COHMEM_MEM_ABSENT;
		return 0;
	}
	if (cohmem_control_read(ctx, f, "layout", text, sizeof(text)))
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
