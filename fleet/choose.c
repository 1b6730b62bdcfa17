// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which GPUs go well together: as few sockets as can be, as between GPUs of one socket
 * nothing has to cross the link between sockets; and of the sockets that would do, the
 * one with the fewest GPUs left, so that large requests find a whole one later.
 */
#include "plugin.h"

static unsigned int count(const struct choice *c, unsigned int nr, int socket,
			  bool taken)
{
	unsigned int i, n = 0;

	for (i = 0; i < nr; i++)
		n += c[i].gpu->socket == socket && c[i].taken == taken;
	return n;
}

/*
 * Is socket @a a better place for @want more than @b? One from which some were taken
 * already comes first; then one that has enough, and of those the fullest; then the
 * one that gives most.
 */
static bool better(const struct choice *c, unsigned int nr, unsigned int want,
		   int a, int b)
{
	unsigned int free_a = count(c, nr, a, false);
	unsigned int free_b = count(c, nr, b, false);
	bool begun_a = count(c, nr, a, true), begun_b = count(c, nr, b, true);

	if (!free_a || !free_b)
		return free_a > free_b;
	if (begun_a != begun_b)
		return begun_a;
	if ((free_a >= want) != (free_b >= want))
		return free_a >= want;
	if (free_a != free_b)
		return free_a >= want ? free_a < free_b : free_a > free_b;
	return a < b;
}

/**
 * choose() - choose GPUs that are close to each other
 * @c: what can be had, in order of address; those that are chosen get .taken
 * @nr: how many
 * @want: how many are wanted, those that must be among them included
 * Return: how many were chosen: less than @want where there are not so many.
 */
unsigned int choose(struct choice *c, unsigned int nr, unsigned int want)
{
	unsigned int i, best, n = 0;

	for (i = 0; i < nr; i++) {
		c[i].taken = c[i].must;
		n += c[i].taken;
	}
	while (n < want) {
		best = nr;
		for (i = 0; i < nr; i++)
			if (!c[i].taken &&
			    (best == nr ||
			     better(c, nr, want - n, c[i].gpu->socket,
				    c[best].gpu->socket)))
				best = i;
		if (best == nr)
			break;
		c[best].taken = true;
		n++;
	}
	return n;
}
