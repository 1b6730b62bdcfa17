// SPDX-License-Identifier: GPL-2.0-only
/*
 * Giving GPUs to the driver, and back. It is what "cohmem bind" does, records and all:
 * "cohmem unbind" undoes it, whoever did it. A GPU that somebody uses is left to them.
 */
#include <errno.h>

#include "host.h"
#include "plugin.h"

#define FIRST_RETRY_MS	30000
#define LAST_RETRY_MS	600000

/**
 * bind_one() - give a GPU to the driver, unless that failed a short time ago
 * @g: the GPU
 * Return: true if its driver may be another now.
 */
bool bind_one(struct gpu *g)
{
	uint64_t now = loop_now();
	int ret;

	if (g->retry_at > now)
		return false;
	ret = cohmem_bind(host(), g->bdf, NULL, 0);
	if (!ret) {
		say(g->bdf, NULL, "bound to " COHMEM_DRIVER);
		g->retry_at = g->retry_ms = 0;
		return true;
	}
	say_why(host());
	g->retry_ms = g->retry_ms ? 2 * g->retry_ms : FIRST_RETRY_MS;
	if (g->retry_ms > LAST_RETRY_MS)
		g->retry_ms = LAST_RETRY_MS;
	g->retry_at = now + g->retry_ms;
	return false;
}

/**
 * unbind_all() - give those GPUs back that nobody holds, and that were taken from others
 */
void unbind_all(void)
{
	struct cohmem_record rec;
	unsigned int i;

	for (i = 0; i < nr_gpus; i++) {
		if (cohmem_record_read(host(), gpus[i].bdf, &rec) || !rec.nr)
			continue;
		if (cohmem_unbind(host(), gpus[i].bdf, 0))
			say_why(host());
		else
			say(gpus[i].bdf, NULL, "given back");
	}
}
