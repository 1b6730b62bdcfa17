// SPDX-License-Identifier: GPL-2.0-only
/* The line that tells how far something long has come. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "progress.h"

#define GIB	(1ULL << 30)

static void durations(void **state)
{
	static const struct {
		u64 ms;
		const char *text;
	} cases[] = {
		{ 0, "0 s" }, { 1, "1 s" }, { 1000, "1 s" }, { 1001, "2 s" },
		{ 59000, "59 s" }, { 59001, "1 min 0 s" },
		{ 723000, "12 min 3 s" }, { 3600000, "1 h 0 min" },
		{ 7505000, "2 h 5 min" },
	};
	char buf[32];
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		duration(cases[i].ms, buf, sizeof(buf));
		assert_string_equal(buf, cases[i].text);
	}
}

static void rates(void **state)
{
	(void)state;
	assert_int_equal(progress_rate(GIB, 0), 0);
	assert_int_equal(progress_rate(GIB, 1000), GIB);
	assert_int_equal(progress_rate(3 * GIB, 1500), 2 * GIB);
	/* No overflow: a petabyte, eight times over. */
	assert_int_equal(progress_rate(1ULL << 53, 1000), 1ULL << 53);
	assert_in_range(progress_rate(1ULL << 60, 1000), (1ULL << 60) - 1000,
			1ULL << 60);
}

static void says(u64 done, u64 total, u64 ms, const char *want)
{
	const struct progress p = { "0009:01:00.0", 3, 8, done, total, ms };
	char line[160];

	progress_line(&p, line, sizeof(line));
	assert_string_equal(line, want);
}

static void lines(void **state)
{
	(void)state;
	says(0, 0, 0, "0009:01:00.0: pass 3 of 8, 0%");
	says(0, 96 * GIB, 5000, "0009:01:00.0: pass 3 of 8, 0%");
	says(48 * GIB, 96 * GIB, 1000,
	     "0009:01:00.0: pass 3 of 8, 50%, 48 GiB/s, 1 s left");
	says(24 * GIB, 96 * GIB, 60000,
	     "0009:01:00.0: pass 3 of 8, 25%, 409.6 MiB/s, 3 min 0 s left");
	says(96 * GIB, 96 * GIB, 60000,
	     "0009:01:00.0: pass 3 of 8, 100%, 1.6 GiB/s, 0 s left");
	/* More was done than there was to do: no nonsense. */
	says(97 * GIB, 96 * GIB, 97000,
	     "0009:01:00.0: pass 3 of 8, 100%, 1 GiB/s, 0 s left");
}

/* The widest numbers there can be do not make a second line. */
static void it_is_one_line(void **state)
{
	struct progress p = { "10000:ff:1f.7 usemem", 8, 8, 1, 288 * GIB * 8, 1 };
	char line[160];
	unsigned int i;

	(void)state;
	for (i = 0; i < 60; i++) {
		p.done = 1ULL << (i % 45);
		p.ms = 1ULL << (i * 7 % 40);
		progress_line(&p, line, sizeof(line));
		assert_true(strlen(line) < 80);
	}
}

/* Where nobody watches: a line now and then, and whole ones. */
static void a_line_now_and_then(void **state)
{
	struct progress p = { "0009:01:00.0", 1, 8, GIB, 96 * GIB, 0 };
	int fds[2], saved = dup(STDERR_FILENO), i, lines_seen = 0;
	char buf[4096];
	ssize_t n, k;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	dup2(fds[1], STDERR_FILENO);
	for (i = 0; i <= 35; i++) {
		p.ms = i * 1000;
		progress_show(&p);
	}
	progress_end();
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(fds[1]);
	n = read(fds[0], buf, sizeof(buf));
	for (k = 0; k < n; k++) {
		assert_int_not_equal(buf[k], '\r');
		lines_seen += buf[k] == '\n';
	}
	/* After 1, 11, 21 and 31 s. */
	assert_int_equal(lines_seen, 4);
	close(fds[0]);
	close(saved);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations),
		cmocka_unit_test(rates),
		cmocka_unit_test(lines),
		cmocka_unit_test(it_is_one_line),
		cmocka_unit_test(a_line_now_and_then),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
