// SPDX-License-Identifier: GPL-2.0-only
/* All that is shown of one function, put together. */
#include <stdlib.h>

#include "cohmem.h"

static void take_users(struct cli *cli, struct view *v)
{
	int nr = cohmem_users(cli->ctx, v->f, NULL, 0);

	v->users_unknown = cohmem_users_unknown(cli->ctx, v->f);
	if (nr <= 0)
		return;
	v->user = calloc(nr, sizeof(*v->user));
	if (v->user)
		v->nr_users = cohmem_users(cli->ctx, v->f, v->user, nr);
}

/**
 * view_state() - the state in one stable word
 * @v: the view
 * Return: the word.
 */
const char *view_state(const struct view *v)
{
	return v->f->is_egm ? cohmem_egm_state_name(v->egm->state) :
	       cohmem_func_state(v->f);
}

/**
 * fill_view() - what list and show have in common
 * @cli: the run
 * @v: the view
 * @f: the function, or the stand-in of a socket's EGM, loaded
 */
void fill_view(struct cli *cli, struct view *v, struct cohmem_func *f)
{
	memset(v, 0, sizeof(*v));
	v->f = f;
	take_users(cli, v);
	v->nr_variants = -1;
	v->egm = f->is_egm ? cohmem_egm_unit(cli->ctx, f) :
		 cohmem_egm_of(cli->ctx, f);
	if (f->is_egm) {
		cohmem_egm_health(v->egm, &v->health);
		return;
	}
	cohmem_health(cli->ctx, f, &v->health);
	v->persistent = cohmem_is_persistent(cli->ctx, f->bdf);
}

/**
 * free_views() - end of some views
 * @views: allocated; or NULL
 * @nr: how many
 */
void free_views(struct view *views, unsigned int nr)
{
	while (views && nr--) {
		free(views[nr].user);
		free(views[nr].hint);
	}
	free(views);
}
