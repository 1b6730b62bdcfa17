// SPDX-License-Identifier: GPL-2.0-only
/*
 * The readiness machine against a reference that has no state: it is given the
 * whole history of events and derives the answer from it each time. Histories
 * are explored exhaustively to a small depth, which reaches every transition
 * from every state, nesting included, and then at random for long ones.
 */
#include "t.h"
#include "ready.h"
#include "regs.h"

enum kind {
	BEGIN,
	END,
	RESTART,
	LOOK,
};

struct event {
	enum kind kind;
	u64 at;		/* the time */
	struct cohmem_observation seen;
};

struct verdict {
	enum cohmem_ready_state state;
	enum cohmem_fail fail;
	unsigned int depth;
	u64 generation;
};

/* What a look shows, in the words of the contract; 0 is "all is there". */
static enum cohmem_fail ref_missing(enum cohmem_ready_by by,
				    const struct cohmem_observation *s)
{
	if (by == COHMEM_READY_BY_BAR0) {
		if (s->c2c == 0xffffffff && s->hbm == 0xffffffff)
			return COHMEM_FAIL_GONE;
		if (s->c2c != 0xff)
			return COHMEM_FAIL_C2C;
		return s->hbm == 0xff ? COHMEM_FAIL_NONE : COHMEM_FAIL_HBM;
	}
	if (s->cxl_size_low == 0xffffffff)
		return COHMEM_FAIL_GONE;
	if (s->cxl_size_low % 2 == 0)
		return COHMEM_FAIL_INFO_VALID;
	return s->cxl_size_low / 2 % 2 ? COHMEM_FAIL_NONE :
					 COHMEM_FAIL_ACTIVE;
}

/* How long until giving up, when a look shows that @fail is what is missing. */
static u64 ref_limit(enum cohmem_fail fail, u32 size_low)
{
	static const u64 active[8] = {
		1000, 4000, 16000, 64000, 256000, 256000, 256000, 256000,
	};

	switch (fail) {
	case COHMEM_FAIL_GONE:
	case COHMEM_FAIL_INFO_VALID:
		return 1000;
	case COHMEM_FAIL_ACTIVE:
		/* its own time, counted after the second INFO_VALID may take */
		return 1000 + active[size_low >> 13 & 7];
	default:
		return 30000;
	}
}

static struct verdict ref(enum cohmem_ready_by by, u64 start,
			  const struct event *ev, unsigned int nr)
{
	struct verdict v = { COHMEM_WAITING, COHMEM_FAIL_NONE, 0, 0 };
	unsigned int i, from = 0;

	/* Where does the present wait begin, and how deep are we? */
	for (i = 0; i < nr; i++) {
		bool starts = false;

		switch (ev[i].kind) {
		case BEGIN:
			v.depth++;
			v.generation++;
			break;
		case END:
			if (v.depth)
				v.depth--;
			else
				v.generation++;
			starts = !v.depth;
			break;
		case RESTART:
			v.generation++;
			starts = !v.depth;
			break;
		case LOOK:
			break;
		}
		if (starts) {
			start = ev[i].at;
			from = i + 1;
		}
	}
	if (v.depth) {
		v.state = COHMEM_RESETTING;
		return v;
	}

	/* The first look since then that settles it; a failure may heal. */
	for (i = from; i < nr; i++) {
		enum cohmem_fail f = ref_missing(by, &ev[i].seen);

		if (f == COHMEM_FAIL_NONE) {
			v.state = COHMEM_READY;
			v.fail = COHMEM_FAIL_NONE;
			return v;
		}
		if (v.state != COHMEM_FAILED && ev[i].at >= start &&
		    ev[i].at - start >= ref_limit(f, ev[i].seen.cxl_size_low)) {
			v.state = COHMEM_FAILED;
			v.fail = f;
		}
	}
	return v;
}

static void apply(struct cohmem_ready *r, const struct event *ev)
{
	switch (ev->kind) {
	case BEGIN:
		cohmem_ready_reset_begin(r);
		break;
	case END:
		cohmem_ready_reset_end(r, ev->at);
		break;
	case RESTART:
		cohmem_ready_restart(r, ev->at);
		break;
	case LOOK:
		cohmem_ready_step(r, &ev->seen, ev->at);
		break;
	}
}

static void compare(struct kunit *t, const struct cohmem_ready *r, u64 start,
		    const struct event *ev, unsigned int nr)
{
	struct verdict v = ref(r->by, start, ev, nr);

	T_MSG(t, r->state == v.state && r->fail == v.fail &&
	      r->depth == v.depth && r->generation == v.generation,
	      "after %u events (last kind %d at %llu): %s/%s depth %u gen %llu, want %s/%s depth %u gen %llu",
	      nr, nr ? (int)ev[nr - 1].kind : -1,
	      nr ? (unsigned long long)ev[nr - 1].at : 0,
	      cohmem_ready_state_name(r->state), cohmem_fail_name(r->fail),
	      r->depth, (unsigned long long)r->generation,
	      cohmem_ready_state_name(v.state), cohmem_fail_name(v.fail),
	      v.depth, (unsigned long long)v.generation);
	if (r->state == COHMEM_WAITING)
		T_MSG(t, r->delay_ms >= COHMEM_POLL_MIN_MS &&
		      r->delay_ms <= COHMEM_POLL_MAX_MS,
		      "delay %u ms", r->delay_ms);
}

static const struct cohmem_observation bar0_looks[] = {
	{ .c2c = 0, .hbm = 0 },
	{ .c2c = 0xff, .hbm = 0x1 },
	{ .c2c = 0xff, .hbm = 0xff },
	{ .c2c = ~0U, .hbm = ~0U },
};

static const struct cohmem_observation cxl_looks[] = {
	{ .cxl_size_low = 0 },
	{ .cxl_size_low = 1 | 1 << 13 },
	{ .cxl_size_low = 3 },
	{ .cxl_size_low = ~0U },
};

#define DEPTH	T_SCALE(5, 3)

struct search {
	struct kunit *t;
	const struct cohmem_observation *looks;
	struct event ev[DEPTH];
	u64 start;
	u64 seen;
};

/* Every continuation of the history so far; bounded recursion. */
static void explore(struct search *s, const struct cohmem_ready *r,
		    unsigned int nr)
{
	static const u64 steps[] = { 0, 999, 1000, 5000, 30000 };
	u64 now = nr ? s->ev[nr - 1].at : s->start;
	unsigned int k, d, l;

	compare(s->t, r, s->start, s->ev, nr);
	s->seen++;
	if (nr == DEPTH)
		return;
	for (k = BEGIN; k <= LOOK; k++)
		for (d = 0; d < ARRAY_SIZE(steps); d++)
			for (l = 0; l < (k == LOOK ? ARRAY_SIZE(bar0_looks) : 1); l++) {
				struct cohmem_ready next = *r;
				struct event *e = &s->ev[nr];

				/* Only looks and what starts a wait take the time in. */
				if (k == BEGIN && d)
					continue;
				e->kind = k;
				e->at = now + steps[d];
				e->seen = s->looks[l];
				apply(&next, e);
				explore(s, &next, nr + 1);
			}
}

static void explore_all(struct kunit *t, enum cohmem_ready_by by,
			const struct cohmem_observation *looks, u64 start)
{
	struct search s = { .t = t, .looks = looks, .start = start };
	struct cohmem_ready r;

	cohmem_ready_init(&r, by, start);
	explore(&s, &r, 0);
	T_INFO(t, "%llu histories", (unsigned long long)s.seen);
}

static void every_history_bar0(struct kunit *t)
{
	explore_all(t, COHMEM_READY_BY_BAR0, bar0_looks, 0);
}

static void every_history_cxl(struct kunit *t)
{
	explore_all(t, COHMEM_READY_BY_CXL_DVSEC, cxl_looks, 123456789);
}

static void random_histories(struct kunit *t)
{
	static struct event ev[64];
	struct t_random rnd = { 99 };
	unsigned int n, i;

	for (n = 0; n < 4000; n++) {
		enum cohmem_ready_by by = n % 2 ? COHMEM_READY_BY_BAR0 :
						  COHMEM_READY_BY_CXL_DVSEC;
		struct cohmem_ready r;
		u64 now = n;

		cohmem_ready_init(&r, by, now);
		for (i = 0; i < ARRAY_SIZE(ev); i++) {
			u64 x = t_random(&rnd);

			now += (x & 0xffff) % (x & 0x10000 ? 20 : 9000);
			ev[i].at = now;
			/* looks prevail, so that waits run into their end */
			ev[i].kind = x >> 20 & 7 ? LOOK : x >> 24 & 3;
			ev[i].seen = by == COHMEM_READY_BY_BAR0 ?
				     bar0_looks[x >> 32 & 3] :
				     cxl_looks[x >> 32 & 3];
			if (by == COHMEM_READY_BY_CXL_DVSEC &&
			    ev[i].seen.cxl_size_low != ~0U)
				ev[i].seen.cxl_size_low |= (x >> 40 & 7) << 13;
			apply(&r, &ev[i]);
			compare(t, &r, n, ev, i + 1);
		}
	}
}

/* The last moment that waits and the first that fails, for each limit. */
static void limits_to_the_millisecond(struct kunit *t)
{
	static const struct {
		enum cohmem_ready_by by;
		struct cohmem_observation seen;
		u64 limit;
		enum cohmem_fail fail;
	} row[] = {
		{ COHMEM_READY_BY_BAR0, { 0, 0, 0, 0 }, 30000, COHMEM_FAIL_C2C },
		{ COHMEM_READY_BY_BAR0, { 0xff, 0, 0, 0 }, 30000,
		  COHMEM_FAIL_HBM },
		{ COHMEM_READY_BY_BAR0, { 0, 0xff, 0, 0 }, 30000,
		  COHMEM_FAIL_C2C },
		{ COHMEM_READY_BY_BAR0, { 0xfe, 0xff, 0, 0 }, 30000,
		  COHMEM_FAIL_C2C },
		{ COHMEM_READY_BY_BAR0, { 0x1ff, 0xff, 0, 0 }, 30000,
		  COHMEM_FAIL_C2C },
		{ COHMEM_READY_BY_BAR0, { ~0U, 0xff, 0, 0 }, 30000,
		  COHMEM_FAIL_C2C },
		{ COHMEM_READY_BY_BAR0, { 0xff, ~0U, 0, 0 }, 30000,
		  COHMEM_FAIL_HBM },
		{ COHMEM_READY_BY_BAR0, { ~0U, ~0U, 0, 0 }, 1000,
		  COHMEM_FAIL_GONE },
		/* the CXL register means nothing to a BAR0 part */
		{ COHMEM_READY_BY_BAR0, { 0, 0, 3, 0 }, 30000, COHMEM_FAIL_C2C },
		/* before INFO_VALID the other bits are not to be believed */
		{ COHMEM_READY_BY_CXL_DVSEC, { 0xff, 0xff, 0, 0 }, 1000,
		  COHMEM_FAIL_INFO_VALID },
		{ COHMEM_READY_BY_CXL_DVSEC, { 0, 0, 2, 0 }, 1000,
		  COHMEM_FAIL_INFO_VALID },
		{ COHMEM_READY_BY_CXL_DVSEC, { 0, 0, 4 << 13, 0 }, 1000,
		  COHMEM_FAIL_INFO_VALID },
		{ COHMEM_READY_BY_CXL_DVSEC, { 0, 0, ~0U, 0 }, 1000,
		  COHMEM_FAIL_GONE },
		/* Memory_Active_Timeout, each code; 5 to 7 are reserved */
		{ COHMEM_READY_BY_CXL_DVSEC, { 0, 0, 1 | 0 << 13, 0 }, 2000,
		  COHMEM_FAIL_ACTIVE },
		{ COHMEM_READY_BY_CXL_DVSEC, { 0, 0, 1 | 1 << 13, 0 }, 5000,
		  COHMEM_FAIL_ACTIVE },
		{ COHMEM_READY_BY_CXL_DVSEC, { 0, 0, 1 | 2 << 13, 0 }, 17000,
		  COHMEM_FAIL_ACTIVE },
		{ COHMEM_READY_BY_CXL_DVSEC, { 0, 0, 1 | 3 << 13, 0 }, 65000,
		  COHMEM_FAIL_ACTIVE },
		{ COHMEM_READY_BY_CXL_DVSEC, { 0, 0, 1 | 4 << 13, 0 }, 257000,
		  COHMEM_FAIL_ACTIVE },
		{ COHMEM_READY_BY_CXL_DVSEC, { 0, 0, 1 | 5 << 13, 0 }, 257000,
		  COHMEM_FAIL_ACTIVE },
		{ COHMEM_READY_BY_CXL_DVSEC, { 0, 0, 1 | 6 << 13, 0 }, 257000,
		  COHMEM_FAIL_ACTIVE },
		{ COHMEM_READY_BY_CXL_DVSEC, { 0, 0, 1 | 7 << 13, 0 }, 257000,
		  COHMEM_FAIL_ACTIVE },
		{ COHMEM_READY_BY_CXL_DVSEC, { 0, 0, ~0U & ~2U, 0 }, 257000,
		  COHMEM_FAIL_ACTIVE },
	};
	static const u64 starts[] = { 0, 1, 1ULL << 32, ~0ULL - 1000000 };
	struct cohmem_ready r;
	unsigned int i, s;

	for (i = 0; i < ARRAY_SIZE(row); i++)
		for (s = 0; s < ARRAY_SIZE(starts); s++) {
			cohmem_ready_init(&r, row[i].by, starts[s]);
			T_EQ(t, cohmem_ready_timeout_ms(&r, &row[i].seen),
			     row[i].limit);
			T_EQ(t, cohmem_ready_step(&r, &row[i].seen, starts[s] +
						  row[i].limit - 1), COHMEM_WAITING);
			T_EQ(t, cohmem_ready_step(&r, &row[i].seen, starts[s] +
						  row[i].limit), COHMEM_FAILED);
			T_EQ(t, r.fail, row[i].fail);
		}
}

/* The field that says how long moves with what has been seen. */
static void limit_follows_the_last_look(struct kunit *t)
{
	const struct cohmem_observation none = { .cxl_size_low = 0 };
	const struct cohmem_observation info = { .cxl_size_low = 1 | 2 << 13 };
	const struct cohmem_observation done = { .cxl_size_low = 3 | 2 << 13 };
	struct cohmem_ready r;

	cohmem_ready_init(&r, COHMEM_READY_BY_CXL_DVSEC, 100);
	T_EQ(t, cohmem_ready_step(&r, &none, 1099), COHMEM_WAITING);
	T_EQ(t, cohmem_ready_step(&r, &info, 1100), COHMEM_WAITING);
	T_EQ(t, cohmem_ready_step(&r, &info, 17099), COHMEM_WAITING);
	T_EQ(t, cohmem_ready_step(&r, &done, 17200), COHMEM_READY);
}

/* Ready even if the look comes late: the device is what counts. */
static void late_look_that_shows_ready(struct kunit *t)
{
	const struct cohmem_observation ok = { .c2c = 0xff, .hbm = 0xff };
	struct cohmem_ready r;

	cohmem_ready_init(&r, COHMEM_READY_BY_BAR0, 0);
	T_EQ(t, cohmem_ready_step(&r, &ok, 1000000), COHMEM_READY);
}

/* Where it is asked for, the hardware's own clearing belongs to being ready. */
static void memory_clear(struct kunit *t)
{
	static const enum cohmem_ready_by ways[] = {
		COHMEM_READY_BY_BAR0, COHMEM_READY_BY_CXL_DVSEC,
	};
	struct cohmem_observation s = {
		.c2c = 0xff, .hbm = 0xff, .cxl_size_low = 3, .clear = 0,
	};
	struct cohmem_ready r;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		cohmem_ready_init(&r, ways[i], 0);
		T_EQ(t, cohmem_ready_step(&r, &s, 0), COHMEM_READY);

		cohmem_ready_init(&r, ways[i], 0);
		r.want_clear = true;
		s.clear = 0;
		T_EQ(t, cohmem_ready_step(&r, &s, 0), COHMEM_WAITING);
		s.clear = 2;
		T_EQ(t, cohmem_ready_step(&r, &s, 29999), COHMEM_WAITING);
		s.clear = 1;
		T_EQ(t, cohmem_ready_step(&r, &s, 29999), COHMEM_READY);

		/* never cleared; and the wish outlives a reset */
		s.clear = 0;
		cohmem_ready_reset_begin(&r);
		cohmem_ready_reset_end(&r, 100);
		T_EQ(t, cohmem_ready_step(&r, &s, 30099), COHMEM_WAITING);
		T_EQ(t, cohmem_ready_step(&r, &s, 30100), COHMEM_FAILED);
		T_EQ(t, r.fail, COHMEM_FAIL_CLEAR);

		/* what comes first is named first: training, then clearing */
		cohmem_ready_restart(&r, 0);
		s.clear = 1;
		s.c2c = 0;
		s.cxl_size_low = 0;
		T_EQ(t, cohmem_ready_step(&r, &s, 30000), COHMEM_FAILED);
		T_EQ(t, r.fail, i ? COHMEM_FAIL_INFO_VALID : COHMEM_FAIL_C2C);
		s.c2c = 0xff;
		s.cxl_size_low = 3;
		s.clear = 0;
	}
}

/* What has failed is a failure, for its first reason, until it turns up. */
static void failure_heals_by_itself(struct kunit *t)
{
	const struct cohmem_observation no = { .c2c = 0 };
	const struct cohmem_observation half = { .c2c = 0xff };
	const struct cohmem_observation ok = { .c2c = 0xff, .hbm = 0xff };
	struct cohmem_ready r;

	cohmem_ready_init(&r, COHMEM_READY_BY_BAR0, 0);
	T_EQ(t, cohmem_ready_step(&r, &no, 30000), COHMEM_FAILED);
	T_EQ(t, r.delay_ms, COHMEM_POLL_FAILED_MS);
	T_EQ(t, cohmem_ready_step(&r, &half, 90000), COHMEM_FAILED);
	T_EQ(t, r.fail, COHMEM_FAIL_C2C);
	T_EQ(t, r.generation, 0);
	T_EQ(t, cohmem_ready_step(&r, &ok, 90001), COHMEM_READY);
	T_EQ(t, r.fail, COHMEM_FAIL_NONE);
	T_EQ(t, r.generation, 0);
}

static void failure_ends_with_a_reset(struct kunit *t)
{
	const struct cohmem_observation no = { .c2c = 0 };
	const struct cohmem_observation ok = { .c2c = 0xff, .hbm = 0xff };
	struct cohmem_ready r;

	cohmem_ready_init(&r, COHMEM_READY_BY_BAR0, 0);
	T_EQ(t, cohmem_ready_step(&r, &no, 30000), COHMEM_FAILED);
	cohmem_ready_reset_begin(&r);
	T_EQ(t, r.fail, COHMEM_FAIL_NONE);
	T_EQ(t, cohmem_ready_step(&r, &ok, 30002), COHMEM_RESETTING);
	cohmem_ready_reset_end(&r, 30003);
	T_EQ(t, r.state, COHMEM_WAITING);
	T_EQ(t, cohmem_ready_step(&r, &ok, 30004), COHMEM_READY);
}

/* Nobody looks any more: nothing is known, and nobody sees it counted. */
static void forgotten_is_waiting(struct kunit *t)
{
	const struct cohmem_observation ok = { .c2c = 0xff, .hbm = 0xff };
	struct cohmem_ready r;

	cohmem_ready_init(&r, COHMEM_READY_BY_BAR0, 0);
	T_EQ(t, cohmem_ready_step(&r, &ok, 5), COHMEM_READY);
	cohmem_ready_forget(&r, 7);
	T_EQ(t, r.state, COHMEM_WAITING);
	T_EQ(t, r.since_ms, 7);
	T_EQ(t, r.generation, 0);
	cohmem_ready_reset_begin(&r);
	cohmem_ready_forget(&r, 8);
	T_EQ(t, r.state, COHMEM_RESETTING);
}

static void a_clock_that_steps_back_does_no_harm(struct kunit *t)
{
	const struct cohmem_observation no = { .c2c = 0 };
	struct cohmem_ready r;

	cohmem_ready_init(&r, COHMEM_READY_BY_BAR0, 50000);
	T_EQ(t, cohmem_ready_step(&r, &no, 0), COHMEM_WAITING);
	T_EQ(t, r.delay_ms, COHMEM_POLL_MIN_MS);
}

/*
 * The price of polling. Looks happen when the machine asked for them; a device
 * that turns ready right after a look is seen at the next one. From the times
 * of the looks follows the added latency for a device that turns ready at any
 * millisecond of the whole 30 s.
 */
static void back_off_is_bounded(struct kunit *t)
{
	const struct cohmem_observation no = { .c2c = 0 };
	static u32 hist[COHMEM_POLL_MAX_MS + 1];
	struct cohmem_ready r;
	u64 now = 0, next, ready, n;
	unsigned int looks = 0, late, median;

	memset(hist, 0, sizeof(hist));
	cohmem_ready_init(&r, COHMEM_READY_BY_BAR0, 0);
	while (cohmem_ready_step(&r, &no, now) == COHMEM_WAITING) {
		looks++;
		next = now + r.delay_ms;
		for (ready = now + 1; ready <= next; ready++) {
			late = next - ready;
			T_MSG(t, late <= COHMEM_POLL_MAX_MS,
			      "ready at %llu seen %u ms late",
			      (unsigned long long)ready, late);
			/* and never more than an eighth of the wait, or 1 ms */
			T_MSG(t, late <= 1 || late <= ready / 8,
			      "ready at %llu seen %u ms late",
			      (unsigned long long)ready, late);
			hist[late]++;
		}
		T_TRUE(t, next > now);
		now = next;
		T_TRUE(t, now < 40000);
	}
	T_EQ(t, r.fail, COHMEM_FAIL_C2C);
	/* noticed in time that it will never come */
	T_TRUE(t, now >= 30000 && now <= 30000 + COHMEM_POLL_MAX_MS);

	for (median = 0, n = 0; n + hist[median] <= 15000; median++)
		n += hist[median];
	T_INFO(t, "%u looks in 30 s, median latency %u ms", looks, median);
	T_TRUE(t, median <= 8);
	T_TRUE(t, looks <= 30000 / COHMEM_POLL_MAX_MS + 200);
}

static void nested_resets(struct kunit *t)
{
	const struct cohmem_observation ok = { .c2c = 0xff, .hbm = 0xff };
	struct cohmem_ready r;
	unsigned int i;

	cohmem_ready_init(&r, COHMEM_READY_BY_BAR0, 0);
	T_EQ(t, r.generation, 0);
	for (i = 1; i <= 1000; i++) {
		cohmem_ready_reset_begin(&r);
		T_EQ(t, r.depth, i);
		T_EQ(t, r.generation, i);
	}
	for (i = 999; i; i--) {
		cohmem_ready_reset_end(&r, 5);
		T_EQ(t, r.state, COHMEM_RESETTING);
		T_EQ(t, cohmem_ready_step(&r, &ok, 6), COHMEM_RESETTING);
		T_EQ(t, r.depth, i);
	}
	cohmem_ready_restart(&r, 6);
	T_EQ(t, r.state, COHMEM_RESETTING);
	T_EQ(t, r.generation, 1001);
	cohmem_ready_reset_end(&r, 7);
	T_EQ(t, r.state, COHMEM_WAITING);
	T_EQ(t, r.since_ms, 7);
	T_EQ(t, r.delay_ms, COHMEM_POLL_MIN_MS);
}

T_SUITE(ready,
	T_CASE(every_history_bar0),
	T_CASE(every_history_cxl),
	T_CASE(random_histories),
	T_CASE(limits_to_the_millisecond),
	T_CASE(limit_follows_the_last_look),
	T_CASE(late_look_that_shows_ready),
	T_CASE(memory_clear),
	T_CASE(failure_heals_by_itself),
	T_CASE(failure_ends_with_a_reset), T_CASE(forgotten_is_waiting),
	T_CASE(a_clock_that_steps_back_does_no_harm),
	T_CASE(back_off_is_bounded),
	T_CASE(nested_resets));
