// SPDX-License-Identifier: GPL-2.0-only
/*
 * The vocabulary: each reason, failure and state has a word that is stable and
 * its own, and a sentence; and the table of parts says what the contract says.
 */
#include "t.h"
#include "chips.h"
#include "layout.h"
#include "ready.h"
#include "regs.h"

/* A word for JSON and scripts: lower case, digits, dashes. */
static void check_word(struct kunit *t, const char *word)
{
	const char *c;

	T_TRUE(t, word && *word);
	for (c = word; *c; c++)
		T_MSG(t, (*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9') ||
		      *c == '-', "\"%s\" is not a word", word);
}

/* A sentence to be put after "BDF: ": no capital unless a name, no full stop. */
static void check_sentence(struct kunit *t, const char *s)
{
	size_t len;

	T_TRUE(t, s);
	len = strlen(s);
	T_MSG(t, len >= 4, "\"%s\" says nothing", s);
	T_MSG(t, s[len - 1] != '.' && s[len - 1] != '\n' && s[len - 1] != ' ',
	      "\"%s\" does not end in a word", s);
}

static void reasons(struct kunit *t)
{
	unsigned int i, j;

	for (i = 0; i < COHMEM_NR_REASONS; i++) {
		check_word(t, cohmem_reason_name(i));
		check_sentence(t, cohmem_reason_str(i));
		if (i == COHMEM_OK)
			T_STREQ(t, cohmem_reason_hint(i), "");
		else
			check_sentence(t, cohmem_reason_hint(i));
		for (j = 0; j < i; j++) {
			T_TRUE(t, strcmp(cohmem_reason_name(i),
					 cohmem_reason_name(j)));
			T_TRUE(t, strcmp(cohmem_reason_str(i),
					 cohmem_reason_str(j)));
		}
	}
	T_STREQ(t, cohmem_reason_name(COHMEM_OK), "ok");
	T_STREQ(t, cohmem_reason_name(COHMEM_ERR_LINK_DOWN), "link-down");
}

static void failures(struct kunit *t)
{
	unsigned int i, j;

	for (i = 0; i < COHMEM_NR_FAILS; i++) {
		check_word(t, cohmem_fail_name(i));
		check_sentence(t, cohmem_fail_str(i));
		for (j = 0; j < i; j++) {
			T_TRUE(t, strcmp(cohmem_fail_name(i),
					 cohmem_fail_name(j)));
			T_TRUE(t, strcmp(cohmem_fail_str(i),
					 cohmem_fail_str(j)));
		}
	}
	T_STREQ(t, cohmem_fail_name(COHMEM_FAIL_NONE), "none");
}

static void states(struct kunit *t)
{
	T_STREQ(t, cohmem_ready_state_name(COHMEM_RESETTING), "resetting");
	T_STREQ(t, cohmem_ready_state_name(COHMEM_WAITING), "waiting");
	T_STREQ(t, cohmem_ready_state_name(COHMEM_READY), "ready");
	T_STREQ(t, cohmem_ready_state_name(COHMEM_FAILED), "failed");
	T_STREQ(t, cohmem_kind_name(COHMEM_USEMEM), "usemem");
	T_STREQ(t, cohmem_kind_name(COHMEM_RESMEM), "resmem");
}

/* A number from nowhere (a newer driver, a torn file) must not read past a
 * table, and must not be taken for success.
 */
static void numbers_outside(struct kunit *t)
{
	static const unsigned int out[] = {
		COHMEM_NR_REASONS, COHMEM_NR_REASONS + 1, 1000, ~0U,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(out); i++) {
		T_STREQ(t, cohmem_reason_name(out[i]), "unknown");
		check_sentence(t, cohmem_reason_str(out[i]));
		T_TRUE(t, cohmem_reason_hint(out[i]));
		T_STREQ(t, cohmem_fail_name(out[i]), "unknown");
		check_sentence(t, cohmem_fail_str(out[i]));
		T_STREQ(t, cohmem_ready_state_name(out[i]), "unknown");
	}
}

static void chips(struct kunit *t)
{
	const struct cohmem_chip *c, *d;
	unsigned int nr = 0;

	for (c = cohmem_chips; c->name; c++, nr++) {
		T_EQ(t, c->vendor, 0x10de);
		T_TRUE(t, *c->name);
		T_TRUE(t, cohmem_chip_find(c->vendor, c->device) == c);
		T_TRUE(t, cohmem_chip_selfhosted(c->vendor, c->device));
		for (d = cohmem_chips; d < c; d++)
			T_TRUE(t, d->vendor != c->vendor ||
			       d->device != c->device);
	}
	T_TRUE(t, nr >= 6);
	T_TRUE(t, cohmem_chip_find(0x10de, 0x2342));
	T_TRUE(t, cohmem_chip_find(0x10de, 0x2941));
	T_TRUE(t, cohmem_chip_find(0x10de, 0x31c2));
	T_TRUE(t, !cohmem_chip_find(0x10de, 0x2331));
	T_TRUE(t, !cohmem_chip_find(0x1af4, 0x2342));
	T_TRUE(t, !cohmem_chip_find(0, 0));
}

static void selfhosted_ranges(struct kunit *t)
{
	static const u16 in[] = {
		0x2340, 0x237f, 0x2940, 0x297f, 0x31c0, 0x31ff, 0x31a1,
	};
	static const u16 out[] = {
		0x233f, 0x2380, 0x293f, 0x2980, 0x31bf, 0x3200, 0x31a0, 0x31a2,
		0, 0xffff,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(in); i++) {
		T_TRUE(t, cohmem_chip_selfhosted(0x10de, in[i]));
		T_FALSE(t, cohmem_chip_selfhosted(0x8086, in[i]));
	}
	for (i = 0; i < ARRAY_SIZE(out); i++)
		T_FALSE(t, cohmem_chip_selfhosted(0x10de, out[i]));
}

/* The function's word decides, not its id: asked for every id there can be. */
static void placement_follows_the_dvsec(struct kunit *t)
{
	u32 id, special = 0;

	for (id = 0; id <= 0xffff; id++) {
		const struct cohmem_placement *fixed, *bug;

		fixed = cohmem_placement_for(0x10de, id, true);
		bug = cohmem_placement_for(0x10de, id, false);
		if (fixed == bug) {
			T_TRUE(t, fixed == &cohmem_placement_bar2);
			special++;
			continue;
		}
		T_TRUE(t, fixed == &cohmem_placement_whole);
		T_TRUE(t, bug == &cohmem_placement_split);
	}
	T_EQ(t, special, 1);
	T_TRUE(t, cohmem_placement_for(0x1234, 0x23fe, false) ==
	       &cohmem_placement_split);
}

static void placements(struct kunit *t)
{
	static const struct cohmem_placement *const all[] = {
		&cohmem_placement_split, &cohmem_placement_whole,
		&cohmem_placement_bar2,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(all); i++) {
		const struct cohmem_placement *p = all[i];

		check_word(t, p->name);
		T_TRUE(t, p->usemem_bar == 2 || p->usemem_bar == 4);
		T_TRUE(t, p->usemem_bar != p->resmem_bar);
		T_EQ(t, p->usemem_align & (p->usemem_align - 1), 0);
		if (p->resmem_bar == COHMEM_NO_BAR)
			T_EQ(t, p->resmem_min, 0);
	}
	T_EQ(t, cohmem_placement_split.resmem_min, 1ULL << 30);
	T_EQ(t, cohmem_placement_split.usemem_align, 1ULL << 29);
}

T_SUITE(names,
	T_CASE(reasons),
	T_CASE(failures),
	T_CASE(states),
	T_CASE(numbers_outside),
	T_CASE(chips),
	T_CASE(selfhosted_ranges),
	T_CASE(placement_follows_the_dvsec),
	T_CASE(placements));
