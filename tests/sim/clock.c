// SPDX-License-Identifier: GPL-2.0-only
/* The function's clock under command, and scripts that go by it. */
#include <unistd.h>

#include "fixture.h"

static void reset(struct sim_proc *p)
{
	assert_int_equal(wire_call(p->fd, RESET, NULL, 0, NULL, 0, scratch()), 0);
	enable(p->fd);
}

/* To the millisecond, however slow the machine is. */
static void to_the_millisecond(void **state)
{
	struct sim_proc *p = *state;

	ctl_ok(p, "clock freeze");
	reset(p);
	sleep_ms(150);
	assert_int_equal(ctl_number(p, "status", "since_reset_ms"), 0);
	assert_int_equal(reg_read(p->fd, 0, 0x1498, 4), 0);
	ctl_ok(p, "clock advance 19");
	assert_int_equal(reg_read(p->fd, 0, 0x1498, 4), 0);
	ctl_ok(p, "clock advance 1");
	assert_int_equal(reg_read(p->fd, 0, 0x1498, 4), 0xff);
	assert_int_equal(reg_read(p->fd, 0, 0x200bc, 4), 0);
	ctl_ok(p, "clock advance 29");
	assert_false(ctl_true(p, "status", "ready"));
	ctl_ok(p, "clock advance 1");
	assert_true(ctl_true(p, "status", "ready"));
	assert_int_equal(reg_read(p->fd, 0, 0x200bc, 4), 0xff);
	assert_non_null(strstr(ctl(p, "status"), "\"clock\":\"frozen\""));
	assert_non_null(strstr(ctl(p, "clock advance never"), "\"ok\":false"));
}

/* What waits for a deadline is woken by whoever moves the clock. */
static void hours_in_no_time(void **state)
{
	struct sim_proc *p = *state;

	ctl_ok(p, "set train-ms 3600000");
	reset(p);
	assert_false(ctl_true(p, "status", "ready"));
	ctl_ok(p, "clock advance 3599000");
	assert_false(ctl_true(p, "status", "ready"));
	ctl_ok(p, "clock advance 1000");
	assert_true(ctl_true(p, "status", "ready"));
}

/* Silent from the next reset on, not before; and no longer than is wanted. */
static void silence_begins_with_a_reset(void **state)
{
	struct sim_proc *p = *state;

	ctl_ok(p, "clock freeze");
	ctl_ok(p, "set silent-ms 3600000");
	assert_int_equal(cfg_read(p->fd, 0, 2), 0x10de);
	wire_call(p->fd, RESET, NULL, 0, NULL, 0, scratch());
	assert_int_equal(cfg_read(p->fd, 0, 4), 0xffffffff);
	ctl_ok(p, "clock advance 3599999");
	assert_int_equal(cfg_read(p->fd, 0, 4), 0xffffffff);
	ctl_ok(p, "set silent-ms 0");
	assert_int_equal(cfg_read(p->fd, 0, 2), 0x10de);
}

/* Time goes on from where it stood; it never goes back. */
static void running_again(void **state)
{
	struct sim_proc *p = *state;
	long long then;

	ctl_ok(p, "clock freeze");
	reset(p);
	ctl_ok(p, "clock advance 30");
	sleep_ms(200);
	ctl_ok(p, "clock run");
	then = ctl_number(p, "status", "since_reset_ms");
	assert_true(then >= 30);
	wait_ready(p);
	assert_true(ctl_number(p, "status", "since_reset_ms") >= 50);
	ctl_ok(p, "clock freeze");
	ctl_ok(p, "defaults");
	assert_non_null(strstr(ctl(p, "status"), "\"clock\":\"running\""));
}

static void recorded_and_replayed(void **state)
{
	char path[64] = "/tmp/cohmem-script.XXXXXX", line[128];
	const char *record[] = { "--record", path, NULL };
	const char *replay[] = { "--replay", path, NULL };
	struct sim_proc *p;
	FILE *f;
	int fd, i;

	fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
	p = sim_start("gh200", record);
	ctl_ok(p, "clock freeze");
	ctl_ok(p, "mem write 0x100 c0ffee");
	ctl_ok(p, "clock advance 5000");
	ctl_ok(p, "set train stuck");
	sim_stop(p);
	f = fopen(path, "r");
	assert_non_null(f);
	assert_non_null(fgets(line, sizeof(line), f));
	assert_non_null(strstr(line, " clock freeze"));
	fclose(f);
	/* All at once: the script moves its clock itself. */
	p = sim_start("gh200", replay);
	for (i = 0; i < 3000 && strstr(ctl(p, "status"), "\"train\":\"ok\"");
	     i++)
		sleep_ms(5);
	assert_non_null(strstr(ctl(p, "status"), "\"train\":\"stuck\""));
	assert_true(ctl_number(p, "status", "since_reset_ms") >= 5000);
	assert_non_null(strstr(ctl(p, "mem read 0x100 3"), "c0ffee"));
	sim_stop(p);
	/* And by itself, at its time. */
	f = fopen(path, "w");
	fputs("# a script\n0 set link-ms 7\n\n300 set link-ms 9\n", f);
	fclose(f);
	p = sim_start("gh200", replay);
	for (i = 0; i < 2000 && ctl_number(p, "status", "link_ms") != 9; i++)
		sleep_ms(5);
	assert_int_equal(ctl_number(p, "status", "link_ms"), 9);
	assert_true(ctl_number(p, "status", "since_reset_ms") >= 300);
	sim_stop(p);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(to_the_millisecond, start_gh200),
		WITH(hours_in_no_time, start_gh200),
		WITH(silence_begins_with_a_reset, start_gh200),
		WITH(running_again, start_gh200),
		cmocka_unit_test(recorded_and_replayed),
	};

	return cmocka_run_group_tests_name("sim-clock", tests, NULL, NULL);
}
