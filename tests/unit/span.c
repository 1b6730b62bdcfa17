// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cutting accesses: every small case against a map that colours each offset,
 * and the ends of the number range by hand.
 */
#include "t.h"
#include "regs.h"
#include "span.h"

#define SPACE	20

static int colour(const struct cohmem_window *win, unsigned int nr, u64 pos)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (pos >= win[i].start && pos < win[i].end)
			return i;
	return -1;
}

/* A walk must cover [pos, pos + count) once, in order, in maximal pieces. */
static void walk(struct kunit *t, const struct cohmem_window *win, unsigned int nr,
		 u64 pos, u64 count)
{
	struct cohmem_span s;
	u64 at = pos, left = count, i;
	int before = -2;

	while (cohmem_span_next(win, nr, at, left, &s)) {
		T_EQ(t, s.pos, at);
		T_TRUE(t, s.len > 0 && s.len <= left);
		for (i = 0; i < s.len; i++)
			T_EQ(t, s.owner, colour(win, nr, at + i));
		/* A piece that could have been longer costs a call to nobody's
		 * gain; where it ends the owner must change.
		 */
		T_TRUE(t, s.owner != before);
		before = s.owner;
		at += s.len;
		left -= s.len;
	}
	T_EQ(t, left, 0);
}

/* Every access to a small space. */
static void walk_all(struct kunit *t, const struct cohmem_window *win,
		     unsigned int nr)
{
	u64 pos, count;

	for (pos = 0; pos < SPACE; pos++)
		for (count = 0; pos + count <= SPACE; count++)
			walk(t, win, nr, pos, count);
}

static void every_window_pair(struct kunit *t)
{
	struct cohmem_window win[2], *a = &win[0], *b = &win[1];

	for (a->start = 0; a->start < 8; a->start++)
		for (a->end = a->start + 1; a->end <= 9; a->end++) {
			walk_all(t, win, 1);
			for (b->start = a->end; b->start < 13; b->start++)
				for (b->end = b->start + 1; b->end <= 14; b->end++)
					walk_all(t, win, 2);
		}
}

static void no_window(struct kunit *t)
{
	struct cohmem_span s;

	T_FALSE(t, cohmem_span_next(NULL, 0, 0, 0, &s));
	T_TRUE(t, cohmem_span_next(NULL, 0, 5, 7, &s));
	T_EQ(t, s.pos, 5);
	T_EQ(t, s.len, 7);
	T_EQ(t, s.owner, -1);
}

/* The whole 4K of config space with the real windows, at every position. */
static void config_space(struct kunit *t)
{
	static const struct cohmem_window win[2] = {
		{ 0x18, 0x20 }, { 0x20, 0x28 },
	};
	u64 pos;

	for (pos = 0; pos < 4096; pos++) {
		walk(t, win, 2, pos, 4096 - pos);
		walk(t, win, 2, pos, 4096 - pos > 8 ? 8 : 4096 - pos);
	}
}

static void end_of_the_number_range(struct kunit *t)
{
	static const struct cohmem_window win[1] = { { ~0ULL - 8, ~0ULL } };
	struct cohmem_span s;

	/* cut at the last offset, so that pos + len never wraps */
	T_TRUE(t, cohmem_span_next(NULL, 0, ~0ULL - 4, 100, &s));
	T_EQ(t, s.len, 4);
	T_FALSE(t, cohmem_span_next(NULL, 0, ~0ULL, 1, &s));
	T_FALSE(t, cohmem_span_next(NULL, 0, ~0ULL, ~0ULL, &s));
	T_TRUE(t, cohmem_span_next(NULL, 0, 0, ~0ULL, &s));
	T_EQ(t, s.len, ~0ULL);

	T_TRUE(t, cohmem_span_next(win, 1, 0, ~0ULL, &s));
	T_EQ(t, s.len, ~0ULL - 8);
	T_EQ(t, s.owner, -1);
	T_TRUE(t, cohmem_span_next(win, 1, ~0ULL - 8, ~0ULL, &s));
	T_EQ(t, s.len, 8);
	T_EQ(t, s.owner, 0);
}

/* Where byte @pos lies, asked one byte at a time. */
static enum cohmem_where byte_where(u64 size, u64 region_size, u64 pos)
{
	if (pos >= region_size)
		return COHMEM_WHERE_OUTSIDE;
	return pos >= size ? COHMEM_WHERE_PADDING : COHMEM_WHERE_MEMORY;
}

static void region_one(struct kunit *t, u64 size, u64 region, u64 pos,
		       u64 count)
{
	enum cohmem_where w, want = byte_where(size, region, pos);
	u64 len = 99, i;

	w = cohmem_region_span(size, region, pos, count, &len);
	T_EQ(t, w, want);
	if (want == COHMEM_WHERE_OUTSIDE || !count) {
		T_EQ(t, len, 0);
		return;
	}
	T_TRUE(t, len > 0 && len <= count);
	for (i = 0; i < len; i++)
		T_EQ(t, byte_where(size, region, pos + i), want);
	/* maximal: it ends with the access or where the kind changes */
	T_TRUE(t, len == count ||
	       byte_where(size, region, pos + len) != want);
}

static void region_small(struct kunit *t)
{
	u64 size, region, pos, count;

	for (region = 0; region <= 16; region++)
		for (size = 0; size <= region; size++)
			for (pos = 0; pos <= region + 3; pos++)
				for (count = 0; count <= region + 3; count++)
					region_one(t, size, region, pos, count);
}

/* A walk from any border of a real region ends where the region ends. */
static void region_real(struct kunit *t)
{
	static const u64 sizes[][2] = {
		{ 95ULL << 30, 128ULL << 30 }, { 1ULL << 30, 1ULL << 30 },
		{ 0x48000000ULL, 1ULL << 31 }, { 184ULL << 30, 256ULL << 30 },
		{ 1ULL << 40, 1ULL << 40 }, { 4096, 4096 },
		{ (1ULL << 40) - 4096, 1ULL << 40 },
	};
	static const u64 counts[] = {
		1, 2, 7, 4096, 65536, 1ULL << 31, 1ULL << 40, 1ULL << 41,
		~0ULL - 1, ~0ULL,
	};
	unsigned int i, c, e;
	int d;

	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		for (c = 0; c < ARRAY_SIZE(counts); c++)
			for (e = 0; e < 4; e++)
				for (d = -3; d <= 3; d++) {
					u64 size = sizes[i][0], region = sizes[i][1], len, done = 0;
					u64 edge[] = { 0, size, region, ~0ULL };
					u64 pos = edge[e] + (u64)(s64)d, want;
					unsigned int pieces = 0;

					if (e == 0 && d < 0)
						continue;
					while (done < counts[c] &&
					       cohmem_region_span(size, region, pos + done,
								  counts[c] - done, &len) !=
					       COHMEM_WHERE_OUTSIDE) {
						T_TRUE(t, len > 0);
						done += len;
						T_TRUE(t, ++pieces <= 2);
					}
					want = pos >= region ? 0 :
					       counts[c] < region - pos ? counts[c] : region - pos;
					T_EQ(t, done, want);
				}
}

T_SUITE(span,
	T_CASE(every_window_pair),
	T_CASE(no_window),
	T_CASE(config_space),
	T_CASE(end_of_the_number_range),
	T_CASE(region_small),
	T_CASE(region_real));
