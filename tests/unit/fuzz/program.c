// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fuzzer's sequences: made, mutated, written and read again, chosen from; and
 * shrunk, against failures that need some steps and no others.
 */
#include <stdlib.h>

#include "t.h"
#include "program.h"

static void a_seed_is_a_program(struct kunit *t)
{
	static struct program a, b, c;
	unsigned int i, j, alike = 0;

	program_from_seed(&a, 7, 100);
	program_from_seed(&b, 7, 40);
	program_from_seed(&c, 8, 100);
	T_EQ(t, program_steps(&a), 100 * FUZZ_ACTORS);
	T_EQ(t, program_steps(&b), 40 * FUZZ_ACTORS);
	for (i = 0; i < FUZZ_ACTORS; i++) {
		/* Shorter is the beginning of longer. */
		T_TRUE(t, !memcmp(a.list[i].id, b.list[i].id, 40 * sizeof(u64)));
		for (j = 0; j < 100; j++)
			alike += a.list[i].id[j] == c.list[i].id[j] ||
				 (i && a.list[i].id[j] == a.list[0].id[j]);
	}
	T_EQ(t, alike, 0);
	program_from_seed(&a, 7, 10000);
	T_EQ(t, program_steps(&a), FUZZ_STEPS * FUZZ_ACTORS);
}

static bool holds(const struct list *l, u64 id)
{
	unsigned int i;

	for (i = 0; i < l->nr; i++)
		if (l->id[i] == id)
			return true;
	return false;
}

static void mutations(struct kunit *t)
{
	static struct program p;
	static struct list l, m, none;
	unsigned int i, seed, fresh = 0, from_a = 0, from_b = 0, odd = 0;

	program_from_seed(&p, 9, FUZZ_STEPS);
	for (seed = 0; seed < 2000; seed++) {
		list_mutate(&l, &p.list[0], &p.list[1], seed);
		list_mutate(&m, &p.list[0], &p.list[1], seed);
		T_TRUE(t, l.nr == m.nr && !memcmp(l.id, m.id, l.nr * 8));
		T_TRUE(t, l.nr && l.nr <= FUZZ_STEPS);
		odd += l.nr != FUZZ_STEPS;
		for (i = 0; i < l.nr; i++) {
			bool a = holds(&p.list[0], l.id[i]);
			bool b = holds(&p.list[1], l.id[i]);

			from_a += a;
			from_b += b;
			fresh += !a && !b;
		}
	}
	T_MSG(t, fresh > 2000 && from_a > 20000 && from_b > 20000 && odd > 100,
	      "%u new, %u and %u from both, %u of another length", fresh,
	      from_a, from_b, odd);
	list_mutate(&l, &none, &none, 1);
	T_EQ(t, l.nr, 1);
}

static void written_and_read(struct kunit *t)
{
	static struct program p, q;
	static char text[20 * FUZZ_STEPS];
	unsigned int a;

	program_from_seed(&p, 10, FUZZ_STEPS);
	p.list[2].nr = 0;
	p.list[3].nr = 1;
	for (a = 0; a < FUZZ_ACTORS; a++) {
		T_TRUE(t, program_line(&p.list[a], a, text, sizeof(text)) > 0);
		T_MSG(t, program_parse_line(&q, text), "%s", text);
	}
	T_TRUE(t, program_parse_line(&q, "seed: a\n"));
	T_TRUE(t, !memcmp(&p.seed, &q.seed, sizeof(p.seed)));
	for (a = 0; a < FUZZ_ACTORS; a++)
		T_TRUE(t, p.list[a].nr == q.list[a].nr &&
		       !memcmp(p.list[a].id, q.list[a].id, 8 * p.list[a].nr));
	T_TRUE(t, program_line(&p.list[0], 0, text, 100) < 0);
	/* One more than there is room for. */
	T_FALSE(t, program_parse_line(&q, "0: 1"));
	T_EQ(t, q.list[0].nr, FUZZ_STEPS);
}

static void what_is_no_program(struct kunit *t)
{
	static const char *const bad[] = {
		"0", "0 1", "6: 1", "-1: 1", "x: 1", "0: g", "0: 1 -2", "0: 1 2x",
		":", "99999999999999999999: 1", "seed:", "seed: x", "seed: 1 2",
		"0x0: 1",
	};
	static const char *const good[] = { "", "\n", "# 0: 1", "0:", "0: 1 # 2" };
	static struct program p;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		T_MSG(t, !program_parse_line(&p, bad[i]), "\"%s\"", bad[i]);
		T_EQ(t, program_steps(&p), 0);
	}
	for (i = 0; i < ARRAY_SIZE(good); i++)
		T_MSG(t, program_parse_line(&p, good[i]), "\"%s\"", good[i]);
	T_EQ(t, program_steps(&p), 1);
}

static void choices(struct kunit *t)
{
	static const char *const bad[] = {
		"", "x", "-1", "0", "0.", "0.1-", "0.2-1", "0.1,", "0.1;1.1", "6.1",
		"0.160", "1.-2", "0.1,2",
	};
	static struct program p, q;
	unsigned int i;

	program_from_seed(&p, 11, 20);
	q = p;
	T_TRUE(t, program_parse_choice(&q, "3"));
	T_EQ(t, program_steps(&q), 3 * FUZZ_ACTORS);
	q = p;
	T_TRUE(t, program_parse_choice(&q, "0.3,1.5-7,0.0,5.19,2.30"));
	T_EQ(t, q.list[0].nr, 2);
	T_EQ(t, q.list[0].id[0], p.list[0].id[0]);
	T_EQ(t, q.list[0].id[1], p.list[0].id[3]);
	T_EQ(t, q.list[1].nr, 3);
	T_EQ(t, q.list[1].id[2], p.list[1].id[7]);
	T_EQ(t, q.list[5].id[0], p.list[5].id[19]);
	T_EQ(t, program_steps(&q), 6);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		q = p;
		/* A plain 0 keeps nothing, which is a choice. */
		if (!strcmp(bad[i], "0"))
			continue;
		T_MSG(t, !program_parse_choice(&q, bad[i]), "\"%s\"", bad[i]);
		T_TRUE(t, !memcmp(&p, &q, sizeof(p)));
	}
}

/* A failure that needs all of some steps. */
struct guilt {
	unsigned int nr;
	u64 id[6];
	unsigned int actor[6];
	unsigned int asked;
};

static bool guilty(const struct program *p, void *arg)
{
	struct guilt *g = arg;
	unsigned int i;

	g->asked++;
	for (i = 0; i < g->nr; i++)
		if (!holds(&p->list[g->actor[i]], g->id[i]))
			return false;
	return true;
}

static void shrinking_finds_the_guilty(struct kunit *t)
{
	struct t_random r = { 12 };
	static struct program p;
	unsigned int turn, i;

	for (turn = 0; turn < 60; turn++) {
		struct guilt g = { .nr = 1 + turn % 6 };

		program_from_seed(&p, turn, 1 + t_random(&r) % FUZZ_STEPS);
		for (i = 0; i < g.nr; i++) {
			g.actor[i] = t_random(&r) % FUZZ_ACTORS;
			g.id[i] = p.list[g.actor[i]].id[t_random(&r) %
							p.list[0].nr];
		}
		T_TRUE(t, guilty(&p, &g));
		g.asked = 0;
		T_EQ(t, program_shrink(&p, guilty, &g, ~0u), g.asked);
		T_TRUE(t, guilty(&p, &g));
		/* The same step may have been drawn twice. */
		T_MSG(t, program_steps(&p) <= g.nr, "%u steps for %u",
		      program_steps(&p), g.nr);
		T_EQ(t, p.seed, turn);
	}
}

/* A failure that does not get simpler step by step: an even number of steps. */
static bool even(const struct program *p, void *arg)
{
	(void)arg;
	return program_steps(p) && program_steps(p) % 2 == 0;
}

static bool never(const struct program *p, void *arg)
{
	(void)p;
	(void)arg;
	return false;
}

static void shrinking_ends(struct kunit *t)
{
	static struct program p, before;

	program_from_seed(&p, 13, FUZZ_STEPS);
	program_shrink(&p, even, NULL, ~0u);
	T_TRUE(t, even(&p, NULL));
	program_from_seed(&p, 13, FUZZ_STEPS);
	before = p;
	T_TRUE(t, program_shrink(&p, never, NULL, ~0u) > 0);
	T_TRUE(t, !memcmp(&p, &before, sizeof(p)));
	T_EQ(t, program_shrink(&p, never, NULL, 5), 5);
	T_EQ(t, program_shrink(&p, even, NULL, 0), 0);
	memset(&p, 0, sizeof(p));
	T_EQ(t, program_shrink(&p, never, NULL, ~0u), 0);
}

T_SUITE(fuzz_program, T_CASE(a_seed_is_a_program), T_CASE(mutations),
	T_CASE(written_and_read), T_CASE(what_is_no_program), T_CASE(choices),
	T_CASE(shrinking_finds_the_guilty), T_CASE(shrinking_ends));
