/* SPDX-License-Identifier: GPL-2.0-only */
/* Fixtures: an emulator of a model, connected and with its BARs enabled. */
#ifndef TESTS_SIM_FIXTURE_H
#define TESTS_SIM_FIXTURE_H

#include "client.h"

static inline int start_model(void **state, const char *model)
{
	struct sim_proc *p = sim_start(model, NULL);

	wire_open(p);
	enable(p->fd);
	*state = p;
	return 0;
}

static inline int start_gh200(void **state)
{
	return start_model(state, "gh200");
}

static inline int start_gb200(void **state)
{
	return start_model(state, "gb200");
}

static inline int start_next(void **state)
{
	return start_model(state, "next");
}

static inline int stop(void **state)
{
	struct sim_proc *p = *state;

	assert_true(sim_alive(p));
	sim_stop(p);
	return 0;
}

#define WITH(test, start) cmocka_unit_test_setup_teardown(test, start, stop)

#endif /* TESTS_SIM_FIXTURE_H */
