// SPDX-License-Identifier: GPL-2.0-only
/* Checks of a socket's EGM: who lends it, how it is, what the kernel lacks for it. */
#include "check.h"
#include "internal.h"

static void check_state(const struct cohmem_egm *e, struct cohmem_check *c)
{
	const char *name = e->unit.bdf, *what, *hint;
	unsigned long long mib = e->unit.memory.size >> 20;
	char fix[64];

	switch (e->state) {
	case COHMEM_EGM_STATE_READY:
		cohmem_found(c, "egm", COHMEM_FIT, name, "%llu MiB lent as /dev/%s",
			     mib, name);
		break;
	case COHMEM_EGM_STATE_UNBOUND:
		cohmem_fmt(fix, sizeof(fix), "cohmem bind %s",
			   e->nr_gpus ? e->gpu[0]->bdf : "BDF");
		cohmem_explain(cohmem_found(c, "egm", COHMEM_NOTE, name,
					    "%llu MiB that nobody lends: no GPU of the socket is bound",
					    mib),
			       "no machine can have it as its memory yet", fix);
		break;
	case COHMEM_EGM_STATE_UNKNOWN:
		cohmem_explain(cohmem_found(c, "egm", COHMEM_UNKNOWN, name,
					    "%s has GPUs of the socket and does not say what it does with it",
					    COHMEM_DRIVER),
			       "whether a machine can have it as its memory is not known",
			       "is the driver older than this program? dmesg may tell more");
		break;
	case COHMEM_EGM_STATE_DISABLED:
		what = cohmem_egm_explain(e->word, &hint);
		cohmem_explain(cohmem_found(c, "egm", COHMEM_NOTE, name, "%s", what),
			       "no machine can have it as its memory", hint);
		break;
	case COHMEM_EGM_STATE_FOREIGN:
		what = cohmem_egm_explain(e->word, &hint);
		cohmem_explain(cohmem_found(c, "egm.foreign", COHMEM_ODD, name, "%s",
					    what),
			       "what becomes of data of its last user, and of bad pages, is that module's affair",
			       hint);
		break;
	case COHMEM_EGM_STATE_REFUSED:
		what = cohmem_egm_explain(e->word, &hint);
		cohmem_explain(cohmem_found(c, "egm.refused", COHMEM_ODD, name,
					    "%s: %s", e->word, what),
			       "no machine can have it as its memory; the GPUs of the socket work",
			       hint);
		break;
	}
}

static void check_pages(const struct cohmem_egm *e, struct cohmem_check *c)
{
	const struct cohmem_func *u = &e->unit;
	unsigned long long retired, bad;

	retired = cohmem_fact_number(u, COHMEM_FACT_RETIRED_COUNT);
	bad = cohmem_fact_number(u, COHMEM_FACT_POISON_COUNT);
	if (retired)
		cohmem_explain(cohmem_found(c, "egm.retired", COHMEM_ODD, u->bdf,
					    "firmware has retired %llu block%s of 64 KiB",
					    retired, retired == 1 ? "" : "s"),
			       "they are in nobody's reach: a machine whose memory covers one ends when its guest touches it",
			       "'cohmem plan --egm SIZE' says which size ends before the first");
	if (cohmem_fact_number(u, COHMEM_FACT_POISON_OVERFLOW))
		cohmem_explain(cohmem_found(c, "egm.poison", COHMEM_ODD, u->bdf,
					    "more pages have gone bad than can be remembered"),
			       "it cannot be cleared any more: once it was used, a policy of clearing gives it to nobody else",
			       "replace the board");
	else if (bad)
		cohmem_explain(cohmem_found(c, "egm.poison", COHMEM_ODD, u->bdf,
					    "%llu bad page%s", bad, bad == 1 ? "" : "s"),
			       "a guest that touches one gets a memory error",
			       "plan to replace the board if the number grows");
}

static void check_dirt(const struct cohmem_egm *e, struct cohmem_check *c)
{
	const struct cohmem_func *u = &e->unit;
	const char *word = cohmem_fact_word(u, COHMEM_FACT_SCRUB_RESULT);
	const char *why, *hint;

	/* Of one that is in use, nothing else is to be expected. */
	if (strcmp(e->user, "-") ||
	    !cohmem_fact_number(u, COHMEM_FACT_SCRUB_DIRTY))
		return;
	why = cohmem_scrub_end(word, &hint);
	if (cohmem_is_clearing(u))
		cohmem_explain(cohmem_found(c, "egm.dirty", COHMEM_NOTE, u->bdf,
					    "it is being cleared"),
			       "whoever opens it waits until that is done",
			       "'cohmem scrub wait' says when");
	else if (cohmem_cannot_clear(u))
		cohmem_explain(cohmem_found(c, "egm.dirty", COHMEM_BLOCKS, u->bdf,
					    "it could not be cleared (%s): %s", word, why),
			       "it holds data of its last user and is not handed out",
			       hint);
	else
		cohmem_explain(cohmem_found(c, "egm.dirty", COHMEM_NOTE, u->bdf,
					    "it may hold data of its last user"),
			       !strcmp(cohmem_fact_word(u, COHMEM_FACT_SCRUB), "off") ?
			       "the next machine can read them" :
			       "whoever opens it waits until it is cleared",
			       "'cohmem scrub start' clears it now");
}

/**
 * cohmem_check_egm() - all checks that are about the EGM of one socket
 * @e: the EGM
 * @c: where the findings go
 */
void cohmem_check_egm(const struct cohmem_egm *e, struct cohmem_check *c)
{
	check_state(e, c);
	check_pages(e, c);
	check_dirt(e, c);
}

/**
 * cohmem_check_egm_host() - what the host lacks for machines whose memory EGM is
 * @ctx: the context, scanned
 * @c: where the findings go
 *
 * What is there has no finding: the checks of the host have told it.
 */
void cohmem_check_egm_host(struct cohmem_ctx *ctx, struct cohmem_check *c)
{
	unsigned int v = cohmem_kernel_version(ctx);
	struct cohmem_egm *e;
	char text[64];
	u64 most = 0, n;

	cohmem_egm_foreach(ctx, e)
		if (e->unit.memory.size > most)
			most = e->unit.memory.size;
	if (!most)
		return;
	if (v && v < 6012)
		/* A page table has 8 bytes for each page of 4 KiB. */
		cohmem_explain(cohmem_found(c, "egm.huge-pfnmap", COHMEM_ODD, NULL,
					    "this kernel maps EGM page by page: up to %llu MiB of page tables",
					    (unsigned long long)most >> 29),
			       "for the process that has it, and once more for the guest; touching it for the first time is slow",
			       "boot Linux 6.12 or newer");
	if (v && v < 6019)
		cohmem_explain(cohmem_found(c, "egm.memory-failure", COHMEM_NOTE, NULL,
					    "this kernel does not tell the driver of bad pages of EGM"),
			       "a page that goes bad is not kept from use unless it is written to poison_pages",
			       "boot Linux 6.19 or newer, or run 'cohmem monitor --feed'");
	if (!cohmem_answer(ctx, "arch", text, sizeof(text)) &&
	    !strcmp(text, "aarch64") &&
	    cohmem_answer_u64(ctx, "kvm.cacheable", &n) && !n)
		cohmem_explain(cohmem_found(c, "egm.kvm-cacheable", COHMEM_BLOCKS, NULL,
					    "KVM does not map EGM cacheable (capability 243)"),
			       "a machine whose memory it is does not come up: all of its RAM would be Device memory",
			       "boot Linux 6.17 or newer, on a CPU with FWB and DIC (Grace has both)");
	if (!cohmem_answer(ctx, "memlock", text, sizeof(text)) && text[0] &&
	    strcmp(text, "unlimited"))
		cohmem_explain(cohmem_found(c, "egm.memlock", COHMEM_NOTE, NULL,
					    "the limit of locked memory is %s bytes here", text),
			       "EGM does not count, as it has no struct pages; other memory of the machine does",
			       NULL);
}

/**
 * cohmem_check_near_egm() - what is between a GPU and the EGM of its socket
 * @ctx: the context, scanned
 * @f: the GPU, loaded
 * @c: where the findings go
 *
 * What keeps all of the socket from it is a finding about the EGM.
 */
void cohmem_check_near_egm(struct cohmem_ctx *ctx, const struct cohmem_func *f,
			   struct cohmem_check *c)
{
	const char *word = cohmem_egm_refusal(f), *what, *hint;
	struct cohmem_egm *e = cohmem_egm_of(ctx, f);

	if (cohmem_egm_is_off(f))
		cohmem_explain(cohmem_found(c, "egm.off", COHMEM_NOTE, f->bdf,
					    "firmware has EGM turned off"),
			       "memory of machines comes from the host's own",
			       "firmware set-up has its EGM mode, for those who want it");
	if (!word[0] || (e && e->state == COHMEM_EGM_STATE_REFUSED))
		return;
	what = cohmem_egm_explain(word, &hint);
	cohmem_explain(cohmem_found(c, "egm.refused", COHMEM_ODD, f->bdf, "%s: %s",
				    word, what),
		       "it has no part in the EGM of its socket; the GPU works",
		       hint);
}
