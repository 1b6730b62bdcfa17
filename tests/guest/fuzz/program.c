// SPDX-License-Identifier: GPL-2.0-only
/* Sequences of steps as data; nothing here makes a call. */
#include <stdio.h>
#include <stdlib.h>

#include "program.h"
#include "step.h"

/**
 * program_from_seed() - the sequences that a seed stands for
 * @p: filled
 * @seed: the seed of a round
 * @steps: how many steps each actor does, at most FUZZ_STEPS
 */
void program_from_seed(struct program *p, u64 seed, unsigned int steps)
{
	u64 base = fuzz_mix(seed);
	unsigned int a, i;

	memset(p, 0, sizeof(*p));
	p->seed = seed;
	for (a = 0; a < FUZZ_ACTORS; a++) {
		p->list[a].nr = steps < FUZZ_STEPS ? steps : FUZZ_STEPS;
		for (i = 0; i < p->list[a].nr; i++)
			p->list[a].id[i] =
				fuzz_mix(base ^ ((u64)(a + 1) << 32 | i));
	}
}

static void list_add(struct list *l, u64 id)
{
	if (l->nr < FUZZ_STEPS)
		l->id[l->nr++] = id;
}

/**
 * list_mutate() - a list made of two others
 * @l: filled; neither of them
 * @a: most of it comes from this one
 * @b: the rest
 * @seed: how
 *
 * The beginning of one and the end of the other; on the way a step in sixteen is
 * lost, doubled, or followed by a new one.
 */
void list_mutate(struct list *l, const struct list *a, const struct list *b,
		 u64 seed)
{
	u64 x = fuzz_mix(seed);
	unsigned int cut = a->nr ? x % (a->nr + 1) : 0, i;

	l->nr = 0;
	for (i = 0; i < a->nr || i < b->nr; i++) {
		const struct list *from = i < cut ? a : b;

		x = fuzz_mix(x);
		if (i >= from->nr)
			continue;
		switch (x % 48) {
		case 0:
			break;
		case 1:
			list_add(l, from->id[i]);
			list_add(l, from->id[i]);
			break;
		case 2:
			list_add(l, from->id[i]);
			list_add(l, fuzz_mix(x + 1));
			break;
		default:
			list_add(l, from->id[i]);
		}
	}
	if (!l->nr)
		list_add(l, fuzz_mix(x + 2));
}

/**
 * program_steps() - how long is it?
 * @p: the program
 * Return: steps of all actors together.
 */
unsigned int program_steps(const struct program *p)
{
	unsigned int a, nr = 0;

	for (a = 0; a < FUZZ_ACTORS; a++)
		nr += p->list[a].nr;
	return nr;
}

/**
 * program_parse_line() - take a line of a written program
 * @p: the actor that the line names gets its steps after those it has
 * @line: "ACTOR: ID ID ...", the ids hexadecimal, or "seed: SEED"; what follows
 *	'#' is ignored
 * Return: false if it is no such line, or too long; nothing is added then.
 */
bool program_parse_line(struct program *p, const char *line)
{
	struct list l;
	unsigned long actor;
	char *end;
	u64 id;

	while (*line == ' ' || *line == '\t')
		line++;
	if (!*line || *line == '\n' || *line == '#')
		return true;
	if (!strncmp(line, "seed: ", 6)) {
		id = strtoull(line + 6, &end, 16);
		if (end == line + 6 || (*end && *end != '\n'))
			return false;
		p->seed = id;
		return true;
	}
	if (*line < '0' || *line > '9')
		return false;
	actor = strtoul(line, &end, 10);
	if (end == line || *end != ':' || actor >= FUZZ_ACTORS)
		return false;
	l = p->list[actor];
	for (line = end + 1; ; line = end) {
		while (*line == ' ' || *line == '\t')
			line++;
		if (!*line || *line == '\n' || *line == '#')
			break;
		if (*line == '-' || *line == '+')
			return false;
		id = strtoull(line, &end, 16);
		if (end == line || l.nr == FUZZ_STEPS)
			return false;
		l.id[l.nr++] = id;
	}
	p->list[actor] = l;
	return true;
}

/**
 * program_line() - write a list as program_parse_line() reads it
 * @l: the list
 * @actor: whose
 * @buf: where to
 * @size: of @buf
 * Return: length, or -1 if @buf is too small.
 */
int program_line(const struct list *l, unsigned int actor, char *buf,
		 size_t size)
{
	unsigned int i;
	int len = snprintf(buf, size, "%u:", actor), n;

	for (i = 0; i < l->nr && len >= 0 && len < (int)size; i++) {
		n = snprintf(buf + len, size - len, " %llx",
			     (unsigned long long)l->id[i]);
		len += n;
	}
	return len < (int)size ? len : -1;
}

static bool parse_range(const char **text, unsigned long *first,
			unsigned long *last)
{
	char *end;

	if (**text < '0' || **text > '9')
		return false;
	*first = *last = strtoul(*text, &end, 10);
	if (*end == '-') {
		*text = end + 1;
		if (**text < '0' || **text > '9')
			return false;
		*last = strtoul(*text, &end, 10);
	}
	*text = end;
	return *first <= *last && *last < FUZZ_STEPS;
}

/**
 * program_parse_choice() - keep some steps and forget the others
 * @p: the program
 * @text: "ACTOR.STEP" or "ACTOR.FIRST-LAST", with commas between; a plain number
 *	N keeps the first N steps of everybody
 * Return: false if it says anything else; @p is as it was then.
 */
bool program_parse_choice(struct program *p, const char *text)
{
	bool keep[FUZZ_ACTORS][FUZZ_STEPS] = {};
	unsigned long actor, first, last, i;
	unsigned int a, nr;
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	actor = strtoul(text, &end, 10);
	if (!*end) {
		for (a = 0; a < FUZZ_ACTORS; a++)
			if (p->list[a].nr > actor)
				p->list[a].nr = actor;
		return true;
	}
	for (;;) {
		if (*text < '0' || *text > '9')
			return false;
		actor = strtoul(text, &end, 10);
		if (*end != '.' || actor >= FUZZ_ACTORS)
			return false;
		text = end + 1;
		if (!parse_range(&text, &first, &last))
			return false;
		for (i = first; i <= last; i++)
			keep[actor][i] = true;
		if (!*text)
			break;
		if (*text++ != ',')
			return false;
	}
	for (a = 0; a < FUZZ_ACTORS; a++) {
		struct list *l = &p->list[a];

		for (nr = 0, i = 0; i < l->nr; i++)
			if (keep[a][i])
				l->id[nr++] = l->id[i];
		l->nr = nr;
	}
	return true;
}

/* Without @nr steps from the @at-th on, counted over all actors. */
static void without(struct program *q, const struct program *p,
		    unsigned int at, unsigned int nr)
{
	unsigned int a, i, n = 0;

	q->seed = p->seed;
	for (a = 0; a < FUZZ_ACTORS; a++) {
		q->list[a].nr = 0;
		for (i = 0; i < p->list[a].nr; i++, n++)
			if (n < at || n >= at + nr)
				list_add(&q->list[a], p->list[a].id[i]);
	}
}

/**
 * program_shrink() - leave out what is not needed to fail
 * @p: fails; becomes the smallest that was found and fails
 * @fails: does a program fail?
 * @arg: passed to it
 * @tries: how often to ask at most
 *
 * Halves are left out first, then quarters, and so on to single steps, which are
 * tried again until none can go.
 *
 * Return: how often @fails was asked.
 */
unsigned int program_shrink(struct program *p,
			    bool (*fails)(const struct program *p, void *arg),
			    void *arg, unsigned int tries)
{
	struct program *q = malloc(sizeof(*q));
	unsigned int asked = 0, chunk, at;
	bool again = true;

	for (chunk = (program_steps(p) + 1) / 2; q && chunk && again;
	     chunk = chunk > 1 ? (chunk + 1) / 2 : 1) {
		again = chunk > 1;
		for (at = 0; at < program_steps(p);) {
			if (asked == tries) {
				free(q);
				return asked;
			}
			without(q, p, at, chunk);
			asked++;
			if (fails(q, arg)) {
				*p = *q;
				again = true;
			} else {
				at += chunk;
			}
		}
	}
	free(q);
	return asked;
}
