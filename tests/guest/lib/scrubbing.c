// SPDX-License-Identifier: GPL-2.0-only
/* A user who leaves something behind, and whether it is still there. */
#include "scrubbing.h"

#define MARKS	16

/* How long close() takes when nothing is cleared: the core resets the function. */
static double close_ms;

static double timed_close(struct dev *d)
{
	double start = now_ms();

	dev_close(d);
	return now_ms() - start;
}

/* Spread over all of the memory, the last bytes among them. */
static u64 mark_at(unsigned int i)
{
	u64 off = facts()->hbm / MARKS * i + 4096 * i;

	return i == MARKS - 1 ? facts()->hbm - 8 : off & ~7ULL;
}

/**
 * scrub_policy() - when the memory is cleared
 * @word: as the attribute takes it
 */
void scrub_policy(const char *word)
{
	if (facts()->hbm > 8 * GiB)
		SKIP("clearing %llu GiB would fill the host: use --hbm 3584M",
		     (unsigned long long)(facts()->hbm / GiB));
	attr_write("scrub", word);
}

/**
 * leave_traces() - data all over the memory
 */
void leave_traces(void)
{
	unsigned int i;

	for (i = 0; i < MARKS; i++)
		sim_mem_write(mark_at(i), &(u64){ 0x5a5a5a5a5a5a5a5aULL + i },
			      8);
}

/**
 * traces_left() - how many of them can still be found
 * Return: the number.
 */
unsigned int traces_left(void)
{
	unsigned int i, nr = 0;
	u64 v;

	for (i = 0; i < MARKS; i++) {
		sim_mem_read(mark_at(i), &v, 8);
		nr += !!v;
	}
	return nr;
}

/* Return: how long close() took. */
static double leave(unsigned int training_ms)
{
	struct dev d;

	dev_open(&d);
	set_command(&d, 2, 0);
	CHECK(attr_becomes("ready_state", "ready", AT_ONCE_MS),
	      "the memory does not get ready");
	leave_traces();
	if (training_ms)
		sim_training(training_ms);
	return timed_close(&d);
}

/**
 * scrub_leave() - one who opens the device, leaves traces, and closes it
 */
void scrub_leave(void)
{
	leave(0);
}

/**
 * scrub_user() - the same, and close() has to end in time
 * @training_ms: how long the memory takes after the resets in and after close;
 *	0 for as long as ever
 */
void scrub_user(unsigned int training_ms)
{
	double limit = 2 * close_ms + CLOSE_MS, ms = leave(training_ms);

	test_info("close took %.0f ms, the core's part %.0f", ms, close_ms);
	CHECK(ms < limit, "close took %.0f ms, the core's part %.0f", ms,
	      close_ms);
}

static bool is_clean(void)
{
	return !attr_u64("scrub_dirty");
}

/**
 * scrub_starts() - wait until clearing is on its way
 * @ms: how long
 * Return: true if it waits for the memory, or runs, or is over already.
 */
bool scrub_starts(unsigned int ms)
{
	double end = now_ms() + ms;
	char text[32];

	do {
		attr_read("scrub_state", text, sizeof(text));
		if (!strcmp(text, "waiting") || !strcmp(text, "running"))
			return true;
	} while (!is_clean() && now_ms() < end);
	return is_clean();
}

/**
 * scrub_ends() - wait for the end of the clearing, and how it went
 * @result: what scrub_result has to read; "ok" means clean, too
 *
 * It may begin a moment after close(): a result of before is given some time.
 */
void scrub_ends(const char *result)
{
	double end = now_ms() + CLEARED_MS, idle_since = 0;
	char state[32], got[32];

	do {
		attr_read("scrub_state", state, sizeof(state));
		attr_read("scrub_result", got, sizeof(got));
		if (strcmp(state, "idle")) {
			idle_since = 0;
		} else {
			if (!strcmp(got, result) &&
			    (strcmp(result, "ok") || is_clean()))
				return;
			if (!idle_since)
				idle_since = now_ms();
			if (now_ms() - idle_since > AT_ONCE_MS)
				break;
		}
		sleep_ms(5);
	} while (now_ms() < end);
	FAIL("scrub_state is %s, scrub_result %s, not %s; scrub_dirty %llu",
	     state, got, result, (unsigned long long)attr_u64("scrub_dirty"));
}

/**
 * scrub_fresh() - as just bound, so that nothing of before counts
 * @policy: when the memory is cleared
 *
 * A policy that clears lets the clearing begin at once, or with the first user.
 */
void scrub_fresh(const char *policy)
{
	struct dev d;

	/* a test that failed may have left it without */
	file_write(dev_path("reset_method"), "default");
	scrub_policy("off");
	rebind();
	scrub_policy("off");
	dev_open(&d);
	close_ms = timed_close(&d);
	scrub_policy(policy);
}
