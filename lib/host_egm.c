// SPDX-License-Identifier: GPL-2.0-only
/*
 * The EGM of each socket, put together from what its GPUs say (their driver, or else
 * firmware's tables) and from what stands in the class. Neither is enough: without a
 * bound GPU there is no class device, and a refusal has none either.
 */
#include <ctype.h>
#include <stdlib.h>

#include "host_egm.h"
#include "internal.h"

#define PREFIX		"egm"
#define MAX_EGM		256	/* as many as there are minors */

/* The driver's word for it; the words are the core's, from the same file. */
static bool is_word(const char *word, enum cohmem_egm_verdict verdict)
{
	return !strcmp(word, cohmem_egm_verdict_name(verdict));
}

/**
 * cohmem_egm_explain() - why EGM is not lent by our driver
 * @word: the driver's word for it
 * @hint: the way out
 * Return: a few words; NULL where nothing is wrong.
 */
const char *cohmem_egm_explain(const char *word, const char **hint)
{
	int i;

	*hint = "";
	if (!word[0] || is_word(word, COHMEM_EGM_OK) || is_word(word, COHMEM_EGM_OFF))
		return NULL;
	for (i = 0; i < COHMEM_NR_EGM_VERDICTS; i++)
		if (is_word(word, i)) {
			*hint = cohmem_egm_verdict_hint(i);
			return cohmem_egm_verdict_str(i);
		}
	*hint = "is the driver newer than this program? dmesg may tell more";
	return "for a reason that this program does not know";
}

/**
 * cohmem_egm_state_name() - a state in one stable word
 * @state: the state
 * Return: the word.
 */
const char *cohmem_egm_state_name(enum cohmem_egm_state state)
{
	static const char *const names[] = {
		[COHMEM_EGM_STATE_READY] = "ready",
		[COHMEM_EGM_STATE_UNBOUND] = "unbound",
		[COHMEM_EGM_STATE_FOREIGN] = "foreign",
		[COHMEM_EGM_STATE_DISABLED] = "disabled",
		[COHMEM_EGM_STATE_REFUSED] = "refused",
		[COHMEM_EGM_STATE_UNKNOWN] = "unknown",
	};

	return names[state];
}

static bool says(const struct cohmem_func *f, enum cohmem_egm_verdict verdict)
{
	return is_word(cohmem_fact_word(f, COHMEM_FACT_EGM), verdict);
}

/**
 * cohmem_egm_refusal() - why our driver refuses the EGM that a GPU announces
 * @f: the GPU, loaded
 * Return: the driver's word; empty where it does not.
 */
const char *cohmem_egm_refusal(const struct cohmem_func *f)
{
	return says(f, COHMEM_EGM_OK) || says(f, COHMEM_EGM_OFF) || says(f, COHMEM_EGM_FOREIGN) ||
	       says(f, COHMEM_EGM_NO) ? "" : cohmem_fact_word(f, COHMEM_FACT_EGM);
}

/* What one GPU announces. */
struct announced {
	u64 base, size, pxm;
	bool has_base;
};

static bool told(const struct cohmem_dsd *d, enum cohmem_prop prop)
{
	return d->present & ~d->opaque & 1U << prop;
}

/* Numbers of a driver that tells them, or else of firmware; false: nobody has any. */
static bool ask(const struct cohmem_func *f, struct announced *a)
{
	const struct cohmem_dsd *d = &f->dsd;

	memset(a, 0, sizeof(*a));
	if (cohmem_fact_known(f, COHMEM_FACT_EGM_SIZE) &&
	    cohmem_fact_known(f, COHMEM_FACT_EGM_PXM)) {
		a->size = cohmem_fact_number(f, COHMEM_FACT_EGM_SIZE);
		a->pxm = cohmem_fact_number(f, COHMEM_FACT_EGM_PXM);
		a->has_base = cohmem_fact_known(f, COHMEM_FACT_EGM_BASE);
		a->base = cohmem_fact_number(f, COHMEM_FACT_EGM_BASE);
		return true;
	}
	if (!f->announced || !told(d, COHMEM_DSD_EGM_SIZE) || !told(d, COHMEM_DSD_EGM_PXM))
		return false;
	a->size = d->value[COHMEM_DSD_EGM_SIZE];
	a->pxm = d->value[COHMEM_DSD_EGM_PXM];
	a->has_base = told(d, COHMEM_DSD_EGM_BASE);
	a->base = a->has_base ? d->value[COHMEM_DSD_EGM_BASE] : 0;
	return true;
}

/**
 * cohmem_egm_is_off() - does firmware say that there is no EGM?
 * @f: the GPU, loaded
 *
 * Firmware has the properties also where it is turned off: address and size are 0.
 *
 * Return: true if so; false also where nobody knows.
 */
bool cohmem_egm_is_off(const struct cohmem_func *f)
{
	struct announced a;

	if (cohmem_fact_known(f, COHMEM_FACT_EGM))
		return says(f, COHMEM_EGM_OFF);
	return ask(f, &a) && !a.size && !a.base;
}

static struct cohmem_egm *entry(struct cohmem_ctx *ctx, u64 pxm)
{
	struct cohmem_egm *e;
	unsigned int i;

	for (i = 0; i < ctx->nr_egm; i++)
		if (ctx->egm[i].pxm == pxm)
			return &ctx->egm[i];
	if (ctx->nr_egm == MAX_EGM)
		return NULL;
	e = realloc(ctx->egm, (ctx->nr_egm + 1) * sizeof(*e));
	if (!e)
		return NULL;
	ctx->egm = e;
	e += ctx->nr_egm++;
	memset(e, 0, sizeof(*e));
	e->pxm = pxm;
	e->unit.is_egm = true;
	e->unit.group = -1;
	e->unit.numa_node = -1;
	e->unit.vfio_cdev = -1;
	cohmem_fmt(e->unit.bdf, sizeof(e->unit.bdf), PREFIX "%llu",
		   (unsigned long long)pxm);
	cohmem_fmt(e->unit.name, sizeof(e->unit.name), "Extended GPU Memory");
	return e;
}

static int add_class(void *arg, const char *name)
{
	const char *digits = name + strlen(PREFIX);

	/* As the kernel spells them: no sign, no leading zero. */
	if (strncmp(name, PREFIX, strlen(PREFIX)) || !*digits ||
	    digits[strspn(digits, "0123456789")] || strlen(digits) > 9 ||
	    (digits[0] == '0' && digits[1]))
		return 0;
	return entry(arg, strtoul(digits, NULL, 10)) ? 0 : -ENOMEM;
}

static void join(struct cohmem_egm *e, struct cohmem_func *f)
{
	unsigned int i;

	for (i = 0; i < e->nr_gpus; i++)
		if (e->gpu[i] == f)
			return;
	if (e->nr_gpus < COHMEM_EGM_MAX_GPUS)
		e->gpu[e->nr_gpus++] = f;
	if (e->unit.numa_node < 0)
		e->unit.numa_node = f->numa_node;
}

/* The class device has a link for each of its GPUs, named by the address. */
static void join_linked(struct cohmem_ctx *ctx, struct cohmem_egm *e)
{
	struct cohmem_func *f;
	char path[128];

	cohmem_func_foreach(ctx, f) {
		cohmem_fmt(path, sizeof(path), COHMEM_EGM_CLASS "/%s/%s",
			   e->unit.bdf, f->bdf);
		if (cohmem_exists(ctx, path))
			join(e, f);
	}
}

/**
 * cohmem_egm_has_file() - is there a device file of it, whoever made it?
 * @ctx: the context
 * @unit: the stand-in of the EGM
 * Return: true if so.
 */
bool cohmem_egm_has_file(struct cohmem_ctx *ctx, const struct cohmem_func *unit)
{
	char path[128];

	cohmem_fmt(path, sizeof(path), COHMEM_EGM_CLASS "/%s", unit->bdf);
	return cohmem_exists(ctx, path);
}

static void set_word(struct cohmem_egm *e, const char *word)
{
	cohmem_fmt(e->word, sizeof(e->word), "%s", word);
}

/* Without a class device of ours: what do its GPUs say? */
static enum cohmem_egm_state ask_gpus(struct cohmem_egm *e)
{
	bool bound = false, foreign = false, disabled = false;
	const char *word;
	unsigned int i;

	for (i = 0; i < e->nr_gpus; i++) {
		const struct cohmem_func *f = e->gpu[i];

		bound |= !strcmp(f->driver, COHMEM_DRIVER);
		foreign |= says(f, COHMEM_EGM_FOREIGN);
		disabled |= says(f, COHMEM_EGM_NO);
		word = cohmem_egm_refusal(f);
		if (word[0] && !e->word[0])
			set_word(e, word);
	}
	if (e->word[0])
		return COHMEM_EGM_STATE_REFUSED;
	if (foreign)
		return COHMEM_EGM_STATE_FOREIGN;
	if (disabled)
		return COHMEM_EGM_STATE_DISABLED;
	return bound ? COHMEM_EGM_STATE_UNKNOWN : COHMEM_EGM_STATE_UNBOUND;
}

/* Only our driver's has the attribute "user". */
static void find_state(struct cohmem_ctx *ctx, struct cohmem_egm *e)
{
	char path[128];

	e->word[0] = '\0';
	cohmem_fmt(path, sizeof(path), COHMEM_EGM_CLASS "/%s/user", e->unit.bdf);
	if (cohmem_exists(ctx, path))
		e->state = COHMEM_EGM_STATE_READY;
	else if (cohmem_egm_has_file(ctx, &e->unit))
		e->state = COHMEM_EGM_STATE_FOREIGN;
	else
		e->state = ask_gpus(e);
	if (e->state == COHMEM_EGM_STATE_FOREIGN)
		set_word(e, cohmem_egm_verdict_name(COHMEM_EGM_FOREIGN));
	if (e->state == COHMEM_EGM_STATE_DISABLED)
		set_word(e, cohmem_egm_verdict_name(COHMEM_EGM_NO));
	cohmem_fmt(e->unit.driver, sizeof(e->unit.driver), "%s",
		   e->state == COHMEM_EGM_STATE_READY ? COHMEM_DRIVER : "");
}

/* Address and size: of our driver, of another's class, or as announced. */
static void find_range(struct cohmem_ctx *ctx, struct cohmem_egm *e)
{
	struct cohmem_memory *m = &e->unit.memory;
	struct announced a;
	char path[128];
	unsigned int i;

	memset(m, 0, sizeof(*m));
	m->onlined = -1;
	m->why_unknown = "nobody tells its size";
	m->hint = "run as root: firmware's tables have it";
	for (i = 0; i < e->nr_gpus; i++) {
		if (!ask(e->gpu[i], &a) || a.pxm != e->pxm)
			continue;
		m->source = cohmem_fact_known(e->gpu[i], COHMEM_FACT_EGM_SIZE) ?
			    COHMEM_SOURCE_DRIVER : COHMEM_SOURCE_FIRMWARE;
		m->base = a.base;
		m->has_base = a.has_base;
		m->size = a.size;
		break;
	}
	cohmem_fmt(path, sizeof(path), COHMEM_EGM_CLASS "/%s/egm_size",
		   e->unit.bdf);
	if (!cohmem_read_u64(ctx, path, &m->size))
		m->source = COHMEM_SOURCE_DRIVER;
	if (cohmem_fact_known(&e->unit, COHMEM_FACT_EGM_BASE)) {
		m->base = cohmem_fact_number(&e->unit, COHMEM_FACT_EGM_BASE);
		m->has_base = true;
	}
	if (m->size)
		m->state = COHMEM_MEM_OK;
}

/**
 * cohmem_egm_refresh() - find out all that is known about a socket's EGM
 * @ctx: the context, scanned
 * @unit: the stand-in of the EGM
 */
void cohmem_egm_refresh(struct cohmem_ctx *ctx, struct cohmem_func *unit)
{
	struct cohmem_egm *e = cohmem_egm_unit(ctx, unit);

	if (!e)
		return;
	find_state(ctx, e);
	cohmem_bound_load(ctx, unit);
	find_range(ctx, e);
	cohmem_fmt(e->user, sizeof(e->user), "%s",
		   cohmem_fact_word(unit, COHMEM_FACT_USER));
	unit->loaded = true;
}

static int by_pxm(const void *a, const void *b)
{
	const struct cohmem_egm *x = a, *y = b;

	return x->pxm < y->pxm ? -1 : x->pxm > y->pxm;
}

/* The EGM of all sockets, once a scan. No device is woken up for it. */
static void load(struct cohmem_ctx *ctx)
{
	struct cohmem_egm *e;
	struct cohmem_func *f;
	struct announced a;
	unsigned int i;
	int ret;

	if (ctx->egm_read)
		return;
	ctx->egm_read = true;
	ret = cohmem_dir_foreach(ctx, COHMEM_EGM_CLASS, add_class, ctx);
	if (ret && ret != -ENOENT)
		cohmem_log(ctx, COHMEM_LOG_WARN, "%s: %s", COHMEM_EGM_CLASS,
			   cohmem_unknown_str(ret));
	cohmem_func_foreach(ctx, f) {
		if (!strcmp(f->driver, COHMEM_DRIVER) && !f->bound.valid)
			cohmem_bound_load(ctx, f);
		if (ask(f, &a) && (a.size || a.base))
			entry(ctx, a.pxm);
	}
	if (ctx->nr_egm)
		qsort(ctx->egm, ctx->nr_egm, sizeof(*ctx->egm), by_pxm);
	cohmem_func_foreach(ctx, f)
		for (i = 0; i < ctx->nr_egm; i++)
			if (ask(f, &a) && (a.size || a.base) &&
			    a.pxm == ctx->egm[i].pxm)
				join(&ctx->egm[i], f);
	cohmem_egm_foreach(ctx, e) {
		join_linked(ctx, e);
		cohmem_egm_refresh(ctx, &e->unit);
	}
}

/**
 * cohmem_egm_free() - forget the sockets' EGM
 * @ctx: the context
 */
void cohmem_egm_free(struct cohmem_ctx *ctx)
{
	while (ctx->nr_egm)
		cohmem_bound_free(&ctx->egm[--ctx->nr_egm].unit);
	free(ctx->egm);
	ctx->egm = NULL;
	ctx->egm_read = false;
}

/**
 * cohmem_egm_next() - iterate over the sockets' EGM
 * @ctx: the context, scanned
 * @prev: where the iteration is; NULL to start
 * Return: the next one, or NULL.
 */
struct cohmem_egm *cohmem_egm_next(struct cohmem_ctx *ctx,
				   const struct cohmem_egm *prev)
{
	unsigned int i = prev ? prev - ctx->egm + 1 : 0;

	load(ctx);
	return i < ctx->nr_egm ? &ctx->egm[i] : NULL;
}

/**
 * cohmem_egm_find() - the EGM of a name
 * @ctx: the context, scanned
 * @name: "egm4", or "/dev/egm4"
 * Return: the EGM, or NULL.
 */
struct cohmem_egm *cohmem_egm_find(struct cohmem_ctx *ctx, const char *name)
{
	struct cohmem_egm *e;

	if (!strncmp(name, "/dev/", 5))
		name += 5;
	cohmem_egm_foreach(ctx, e)
		if (!strcmp(e->unit.bdf, name))
			return e;
	return NULL;
}

/**
 * cohmem_egm_of() - the EGM of a GPU's socket
 * @ctx: the context, scanned
 * @f: the GPU
 * Return: the EGM, or NULL.
 */
struct cohmem_egm *cohmem_egm_of(struct cohmem_ctx *ctx,
				 const struct cohmem_func *f)
{
	struct cohmem_egm *e;
	unsigned int i;

	cohmem_egm_foreach(ctx, e)
		for (i = 0; i < e->nr_gpus; i++)
			if (e->gpu[i] == f)
				return e;
	return NULL;
}

/**
 * cohmem_egm_unit() - the EGM that a stand-in stands for
 * @ctx: the context, scanned
 * @unit: the stand-in, or a function
 * Return: the EGM; NULL for a function.
 */
struct cohmem_egm *cohmem_egm_unit(struct cohmem_ctx *ctx,
				   const struct cohmem_func *unit)
{
	struct cohmem_egm *e;

	cohmem_egm_foreach(ctx, e)
		if (&e->unit == unit)
			return e;
	return NULL;
}

/**
 * cohmem_find() - a function by its address, or a socket's EGM by its name
 * @ctx: the context, scanned
 * @name: the address as sysfs spells it, or "egm4"
 * Return: the function, or the stand-in of the EGM, or NULL.
 */
struct cohmem_func *cohmem_find(struct cohmem_ctx *ctx, const char *name)
{
	struct cohmem_egm *e = cohmem_egm_find(ctx, name);

	return e ? &e->unit : cohmem_func_find(ctx, name);
}

static unsigned int look(const struct cohmem_egm *e)
{
	const struct cohmem_func *u = &e->unit;
	unsigned int found = 0;

	if (e->state == COHMEM_EGM_STATE_REFUSED)
		found |= 1U << COHMEM_ISSUE_MEMORY;
	if (cohmem_fact_number(u, COHMEM_FACT_POISON_OVERFLOW))
		found |= 1U << COHMEM_ISSUE_OVERFLOW;
	else if (cohmem_fact_number(u, COHMEM_FACT_POISON_COUNT))
		found |= 1U << COHMEM_ISSUE_POISONED;
	/* While somebody has it it always is. */
	if (!strcmp(e->user, "-") &&
	    cohmem_fact_number(u, COHMEM_FACT_SCRUB_DIRTY))
		found |= 1U << COHMEM_ISSUE_DIRTY;
	if (cohmem_fact_number(u, COHMEM_FACT_RETIRED_COUNT))
		found |= 1U << COHMEM_ISSUE_RETIRED;
	if (e->state == COHMEM_EGM_STATE_UNKNOWN ||
	    u->memory.state == COHMEM_MEM_UNKNOWN ||
	    (e->state == COHMEM_EGM_STATE_READY &&
	     (!e->user[0] || !cohmem_fact_known(u, COHMEM_FACT_POISON_COUNT))))
		found |= 1U << COHMEM_ISSUE_UNKNOWN;
	return found;
}

/**
 * cohmem_egm_health() - how a socket's EGM is, and whether it can be handed out
 * @e: the EGM
 * @h: the answer
 */
void cohmem_egm_health(const struct cohmem_egm *e, struct cohmem_health *h)
{
	const struct cohmem_func *u = &e->unit;

	memset(h, 0, sizeof(*h));
	h->issues = look(e);
	cohmem_health_status(h);
	h->available = 0;
	if (e->state == COHMEM_EGM_STATE_UNBOUND)
		h->why = "not-bound";
	else if (e->state == COHMEM_EGM_STATE_FOREIGN)
		h->why = "foreign";
	else if (e->state == COHMEM_EGM_STATE_DISABLED)
		h->why = "disabled";
	else if (e->state == COHMEM_EGM_STATE_REFUSED)
		h->why = "refused";
	else if (e->state == COHMEM_EGM_STATE_UNKNOWN || !e->user[0])
		h->why = "users-unknown";
	else if (strcmp(e->user, "-"))
		h->why = "in-use";
	else if (h->issues & 1U << COHMEM_ISSUE_OVERFLOW &&
		 cohmem_fact_number(u, COHMEM_FACT_SCRUB_DIRTY) &&
		 strcmp(cohmem_fact_word(u, COHMEM_FACT_SCRUB), "off"))
		h->why = "poison-overflow";
	else if (cohmem_is_clearing(u))
		h->why = "clearing";
	else if (cohmem_cannot_clear(u))
		h->why = "not-cleared";
	else
		h->available = 1;
	if (h->why && !strcmp(h->why, "users-unknown"))
		h->available = -1;
}
