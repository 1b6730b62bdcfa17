// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which GPU is free, which is sick? The facts are in other files; here is what
 * follows from them for somebody who has a guest to place.
 */
#include "internal.h"
#include "operate.h"

static const struct {
	const char *name;
	enum cohmem_status status;
} issues[COHMEM_NR_ISSUES] = {
	[COHMEM_ISSUE_FAILED] = { "failed", COHMEM_STATUS_FAILED },
	[COHMEM_ISSUE_MEMORY] = { "memory", COHMEM_STATUS_FAILED },
	[COHMEM_ISSUE_OVERFLOW] = { "poison-overflow", COHMEM_STATUS_FAILED },
	[COHMEM_ISSUE_NO_IOMMU] = { "no-iommu", COHMEM_STATUS_FAILED },
	[COHMEM_ISSUE_POISONED] = { "poisoned", COHMEM_STATUS_ATTENTION },
	[COHMEM_ISSUE_STRAY] = { "stray-override", COHMEM_STATUS_ATTENTION },
	[COHMEM_ISSUE_GROUP] = { "busy-group", COHMEM_STATUS_ATTENTION },
	[COHMEM_ISSUE_DIRTY] = { "dirty", COHMEM_STATUS_OK },
	[COHMEM_ISSUE_RETIRED] = { "retired", COHMEM_STATUS_OK },
	[COHMEM_ISSUE_UNKNOWN] = { "unknown", COHMEM_STATUS_UNKNOWN },
};

/**
 * cohmem_issue_name() - an issue in one stable word
 * @issue: the issue
 * Return: the word, or NULL for a number that is none.
 */
const char *cohmem_issue_name(enum cohmem_issue issue)
{
	return issue < COHMEM_NR_ISSUES ? issues[issue].name : NULL;
}

/**
 * cohmem_status_name() - a status in one stable word
 * @status: the status
 * Return: the word.
 */
const char *cohmem_status_name(enum cohmem_status status)
{
	static const char *const names[] = {
		[COHMEM_STATUS_OK] = "ok",
		[COHMEM_STATUS_ATTENTION] = "attention",
		[COHMEM_STATUS_FAILED] = "failed",
		[COHMEM_STATUS_UNKNOWN] = "unknown",
	};

	return names[status];
}

static bool group_is_busy(struct cohmem_ctx *ctx, const struct cohmem_func *f)
{
	struct cohmem_func *g;

	cohmem_group_foreach(ctx, f, g)
		if (g != f && cohmem_func_viability(g) == COHMEM_NOT_VIABLE)
			return true;
	return false;
}

static bool is(const struct cohmem_func *f, enum cohmem_fact_id id,
	       const char *word)
{
	return !strcmp(cohmem_fact_word(f, id), word);
}

static unsigned int look(struct cohmem_ctx *ctx, const struct cohmem_func *f,
			 bool in_use)
{
	const struct cohmem_memory *m = &f->memory;
	bool plain = is(f, COHMEM_FACT_MODE, "plain");
	unsigned int found = 0;

	if (is(f, COHMEM_FACT_READY_STATE,
	       cohmem_ready_state_name(COHMEM_FAILED)))
		found |= 1U << COHMEM_ISSUE_FAILED;
	if (m->state == COHMEM_MEM_BAD ||
	    (m->state == COHMEM_MEM_ABSENT && f->is_selfhosted))
		found |= 1U << COHMEM_ISSUE_MEMORY;
	if (cohmem_fact_number(f, COHMEM_FACT_POISON_OVERFLOW))
		found |= 1U << COHMEM_ISSUE_OVERFLOW;
	else if (cohmem_fact_number(f, COHMEM_FACT_POISON_COUNT))
		found |= 1U << COHMEM_ISSUE_POISONED;
	if (f->group < 0 && !cohmem_has_iommu(ctx))
		found |= 1U << COHMEM_ISSUE_NO_IOMMU;
	if (cohmem_func_is_stray(f))
		found |= 1U << COHMEM_ISSUE_STRAY;
	if (group_is_busy(ctx, f))
		found |= 1U << COHMEM_ISSUE_GROUP;
	/* While somebody has it open it always is. */
	if (!in_use && cohmem_fact_number(f, COHMEM_FACT_SCRUB_DIRTY))
		found |= 1U << COHMEM_ISSUE_DIRTY;
	if (m->state == COHMEM_MEM_UNKNOWN ||
	    (f->bound.valid && !plain &&
	     (!cohmem_fact_known(f, COHMEM_FACT_READY_STATE) ||
	      !cohmem_fact_known(f, COHMEM_FACT_POISON_COUNT))) ||
	    (!f->bound.valid && !strcmp(f->driver, COHMEM_DRIVER)))
		found |= 1U << COHMEM_ISSUE_UNKNOWN;
	return found;
}

/**
 * cohmem_is_clearing() - is the memory being cleared?
 * @f: the function, or the EGM of a socket, loaded
 * Return: true if so.
 */
bool cohmem_is_clearing(const struct cohmem_func *f)
{
	return is(f, COHMEM_FACT_SCRUB_STATE, "running") ||
	       is(f, COHMEM_FACT_SCRUB_STATE, "waiting");
}

/**
 * cohmem_cannot_clear() - would the driver turn the next user away?
 * @f: the function, or the EGM of a socket, loaded
 *
 * With a policy of clearing, it clears what is dirty before it hands it out; how some
 * clearings ended, the next would end, too.
 *
 * Return: true if so.
 */
bool cohmem_cannot_clear(const struct cohmem_func *f)
{
	if (!cohmem_fact_known(f, COHMEM_FACT_SCRUB) ||
	    is(f, COHMEM_FACT_SCRUB, "off") ||
	    !cohmem_fact_number(f, COHMEM_FACT_SCRUB_DIRTY))
		return false;
	return is(f, COHMEM_FACT_SCRUB_RESULT, "no-reset") ||
	       is(f, COHMEM_FACT_SCRUB_RESULT, "in-use") ||
	       (is(f, COHMEM_FACT_SCRUB_RESULT, "skipped") &&
		!cohmem_fact_number(f, COHMEM_FACT_SCRUB_ACCEPT_BAD));
}

/* Can a virtual machine have it now? The first obstacle is named. */
static void availability(struct cohmem_ctx *ctx, const struct cohmem_func *f,
			 struct cohmem_health *h, int users)
{
	h->available = 0;
	if (!f->is_vfio)
		h->why = "not-bound";
	else if (users > 0)
		h->why = "in-use";
	else if (h->issues & 1U << COHMEM_ISSUE_OVERFLOW)
		h->why = "poison-overflow";
	else if (h->issues & 1U << COHMEM_ISSUE_FAILED)
		h->why = "failed";
	else if (h->issues & 1U << COHMEM_ISSUE_GROUP)
		h->why = "busy-group";
	else if (cohmem_is_clearing(f))
		h->why = "clearing";
	else if (cohmem_cannot_clear(f))
		h->why = "not-cleared";
	else if (cohmem_users_unknown(ctx, f))
		h->why = "users-unknown";
	else
		h->available = 1;
	if (h->why && !strcmp(h->why, "users-unknown"))
		h->available = -1;
}

/**
 * cohmem_health_status() - how it is all in all, from its issues
 * @h: .issues is filled in; .status is set
 */
void cohmem_health_status(struct cohmem_health *h)
{
	static const enum cohmem_status worst_first[] = {
		COHMEM_STATUS_FAILED, COHMEM_STATUS_ATTENTION,
		COHMEM_STATUS_UNKNOWN,
	};
	unsigned int i, j;

	h->status = COHMEM_STATUS_OK;
	for (i = 0; i < 3 && h->status == COHMEM_STATUS_OK; i++)
		for (j = 0; j < COHMEM_NR_ISSUES; j++)
			if (h->issues & 1U << j &&
			    issues[j].status == worst_first[i])
				h->status = worst_first[i];
}

/**
 * cohmem_health() - how a function is, and whether it can be handed out
 * @ctx: the context, scanned
 * @f: the function, loaded
 * @h: the answer
 */
void cohmem_health(struct cohmem_ctx *ctx, const struct cohmem_func *f,
		   struct cohmem_health *h)
{
	int users = cohmem_users(ctx, f, NULL, 0);

	memset(h, 0, sizeof(*h));
	h->issues = look(ctx, f, users > 0);
	cohmem_health_status(h);
	availability(ctx, f, h, users);
}
