// SPDX-License-Identifier: GPL-2.0-only
/*
 * The BAR window of config space, every (position, count) of the header, read
 * and written, against an oracle that knows bytes only.
 *
 * The unit under test is the pair cohmem_span_next() + cohmem_bar_*(), walked
 * the way the driver walks it: pieces owned by a BAR go to that BAR, the others
 * to "the rest of config space", here an array with read-only bits.
 *
 * The oracle holds one cell a byte. A BAR byte keeps what was written, bit by
 * bit, and answers a bit as hardware would: type bits are wired, bits below the
 * size do not exist. It never sees a piece, a shift or a 64-bit number.
 */
#include "t.h"
#include "bar.h"
#include "regs.h"
#include "span.h"

#define CFG	64	/* the header: where the windows and borders are */

/* One function's config header, as driver and oracle see it. */
struct model {
	unsigned int nr;
	struct cohmem_window win[2];
	struct cohmem_bar bar[2];
	u8 rest[CFG];
};

struct oracle {
	unsigned int nr;
	unsigned int start[2];
	unsigned int order[2];	/* log2 of the BAR's size */
	u8 cell[CFG];
};

/* Bits of the rest that can be written: like COMMAND, cache line, INTx line. */
static u8 writable(unsigned int pos)
{
	if (pos == 4)
		return 0x47;
	if (pos == 5)
		return 0x05;
	if (pos < 0x0c)
		return 0;
	return pos == 0x0c || pos == 0x3c ? 0xff :
	       pos >= 0x10 && pos < 0x28 ? 0xf0 : 0;
}

static void setup(struct model *m, struct oracle *o, unsigned int nr,
		  unsigned int first, const unsigned int *order)
{
	unsigned int i;

	memset(m, 0, sizeof(*m));
	memset(o, 0, sizeof(*o));
	m->nr = nr;
	o->nr = nr;
	for (i = 0; i < nr; i++) {
		m->win[i].start = COHMEM_CFG_BAR(first + 2 * i);
		m->win[i].end = m->win[i].start + 8;
		cohmem_bar_init(&m->bar[i], 1ULL << order[i]);
		o->start[i] = 0x10 + 4 * (first + 2 * i);
		o->order[i] = order[i];
	}
	for (i = 0; i < CFG; i++) {
		m->rest[i] = 0x80 | i;
		o->cell[i] = 0x80 | i;
	}
	for (i = 0; i < nr; i++)
		memset(o->cell + o->start[i], 0, 8);
}

static int oracle_owner(const struct oracle *o, unsigned int pos)
{
	unsigned int i;

	for (i = 0; i < o->nr; i++)
		if (pos >= o->start[i] && pos < o->start[i] + 8)
			return i;
	return -1;
}

static u8 oracle_get(const struct oracle *o, unsigned int pos)
{
	int own = oracle_owner(o, pos);
	unsigned int bit;
	u8 v = 0;

	if (own < 0)
		return o->cell[pos];
	for (bit = 0; bit < 8; bit++) {
		unsigned int n = 8 * (pos - o->start[own]) + bit;

		if (n < 4)	/* memory, 64-bit, prefetchable: 1100b */
			v |= (n == 2 || n == 3) << bit;
		else if (n >= o->order[own])
			v |= o->cell[pos] & (1 << bit);
	}
	return v;
}

static void oracle_set(struct oracle *o, unsigned int pos, u8 v)
{
	u8 mask = oracle_owner(o, pos) < 0 ? writable(pos) : 0xff;

	o->cell[pos] = (o->cell[pos] & ~mask) | (v & mask);
}

/* The walk of the driver's config.c, with an array for the core's part. */
static u64 model_read(const struct model *m, u64 pos, u8 *buf, u64 count)
{
	struct cohmem_span s;
	u64 done = 0;

	while (cohmem_span_next(m->win, m->nr, pos + done, count - done, &s)) {
		if (s.owner >= 0)
			cohmem_bar_read(&m->bar[s.owner],
					s.pos - m->win[s.owner].start,
					buf + done, s.len);
		else
			memcpy(buf + done, m->rest + s.pos, s.len);
		done += s.len;
	}
	return done;
}

static u64 model_write(struct model *m, u64 pos, const u8 *buf, u64 count)
{
	struct cohmem_span s;
	u64 done = 0, i;

	while (cohmem_span_next(m->win, m->nr, pos + done, count - done, &s)) {
		if (s.owner >= 0) {
			cohmem_bar_write(&m->bar[s.owner],
					 s.pos - m->win[s.owner].start,
					 buf + done, s.len);
		} else {
			for (i = 0; i < s.len; i++) {
				u8 mask = writable(s.pos + i);
				u8 *to = &m->rest[s.pos + i];

				*to = (*to & ~mask) | (buf[done + i] & mask);
			}
		}
		done += s.len;
	}
	return done;
}

static void compare_all(struct kunit *t, const struct model *m,
			const struct oracle *o, unsigned int pos,
			unsigned int count)
{
	u8 buf[CFG];
	unsigned int i;

	T_EQ(t, model_read(m, 0, buf, CFG), CFG);
	for (i = 0; i < CFG; i++)
		T_MSG(t, buf[i] == oracle_get(o, i),
		      "after write pos %#x count %u: byte %#x is %#x, want %#x",
		      pos, count, i, buf[i], oracle_get(o, i));
}

static void poke(struct model *m, struct oracle *o, unsigned int pos, u8 v)
{
	model_write(m, pos, &v, 1);
	oracle_set(o, pos, v);
}

/* The states to start from: fresh, sized, addressed, halfway, noise. */
#define NR_STATES	5

static void enter_state(struct model *m, struct oracle *o, unsigned int state)
{
	struct t_random r = { state };
	unsigned int i;

	for (i = 0x10; i < 0x28; i++) {
		if (state == 1)
			poke(m, o, i, 0xff);
		else if (state == 2)
			poke(m, o, i, i % 8 == 5 ? 0x40 : 0);
		else if (state == 3 && i % 2)
			poke(m, o, i, 0xff);
		else if (state == 4)
			poke(m, o, i, t_random(&r));
	}
}

static void try_reads(struct kunit *t, const struct model *m,
		      const struct oracle *o)
{
	unsigned int pos, count, i;
	u8 buf[CFG + 2];

	for (pos = 0; pos < CFG; pos++)
		for (count = 0; pos + count <= CFG; count++) {
			memset(buf, 0x5a, sizeof(buf));
			T_EQ(t, model_read(m, pos, buf + 1, count), count);
			T_EQ(t, buf[0], 0x5a);
			T_EQ(t, buf[count + 1], 0x5a);
			for (i = 0; i < count; i++)
				T_MSG(t, buf[1 + i] == oracle_get(o, pos + i),
				      "read pos %#x count %u: byte %#x is %#x, want %#x",
				      pos, count, pos + i, buf[1 + i],
				      oracle_get(o, pos + i));
		}
}

static void fill(u8 *buf, unsigned int pattern)
{
	struct t_random r = { pattern };
	unsigned int i;

	for (i = 0; i < CFG; i++)
		buf[i] = pattern == 0 ? 0xff : pattern == 1 ? 0 : t_random(&r);
}

static void try_writes(struct kunit *t, const struct model *m0,
		       const struct oracle *o0)
{
	unsigned int pos, count, i, pattern;
	struct model m;
	struct oracle o;
	u8 buf[CFG];

	for (pattern = 0; pattern < 3; pattern++) {
		fill(buf, pattern);
		for (pos = 0; pos < CFG; pos++)
			for (count = 0; pos + count <= CFG; count++) {
				m = *m0;
				o = *o0;
				T_EQ(t, model_write(&m, pos, buf, count),
				     count);
				for (i = 0; i < count; i++)
					oracle_set(&o, pos + i, buf[i]);
				compare_all(t, &m, &o, pos, count);
			}
	}
}

static const unsigned int orders[][2] = {
	{ 4, 4 }, { 12, 16 }, { 20, 31 }, { 30, 37 }, { 31, 32 }, { 32, 33 },
	{ 37, 30 }, { 38, 40 }, { 40, 63 },
};

static void header(struct kunit *t, unsigned int nr, unsigned int first,
		   void (*try)(struct kunit *t, const struct model *m,
			       const struct oracle *o))
{
	unsigned int i, state;
	struct model m;
	struct oracle o;

	for (i = 0; i < ARRAY_SIZE(orders); i++)
		for (state = 0; state < NR_STATES; state++) {
			setup(&m, &o, nr, first, orders[i]);
			enter_state(&m, &o, state);
			try(t, &m, &o);
		}
}

static void reads_two_windows(struct kunit *t)
{
	header(t, 2, 2, try_reads);
}

static void reads_bar4_only(struct kunit *t)
{
	header(t, 1, 4, try_reads);
}

static void reads_bar2_only(struct kunit *t)
{
	header(t, 1, 2, try_reads);
}

static void reads_no_window(struct kunit *t)
{
	header(t, 0, 2, try_reads);
}

static void writes_two_windows(struct kunit *t)
{
	header(t, 2, 2, try_writes);
}

static void writes_bar4_only(struct kunit *t)
{
	header(t, 1, 4, try_writes);
}

static void writes_bar2_only(struct kunit *t)
{
	header(t, 1, 2, try_writes);
}

/* Long random sequences: a state no list thought of. */
static void random_sequences(struct kunit *t)
{
	struct t_random r = { 42 };
	struct model m;
	struct oracle o;
	unsigned int n, i;
	u8 buf[CFG];

	for (n = 0; n < 60000; n++) {
		unsigned int pos, count;

		if (n % 100 == 0)
			setup(&m, &o, n / 100 % 3, n / 200 % 2 ? 2 : 4 - 2 *
			      (n / 100 % 3 == 2),
			      orders[n / 100 % ARRAY_SIZE(orders)]);
		pos = t_random(&r) % CFG;
		count = t_random(&r) % (CFG - pos + 1);
		fill(buf, t_random(&r) % 16);
		T_EQ(t, model_write(&m, pos, buf, count), count);
		for (i = 0; i < count; i++)
			oracle_set(&o, pos + i, buf[i]);
		compare_all(t, &m, &o, pos, count);
	}
}

/* What a kernel does at boot: all-ones, read back, restore; dword by dword. */
static void sizing(struct kunit *t)
{
	static const u8 ones[8] = { 255, 255, 255, 255, 255, 255, 255, 255 };
	unsigned int order, width, i;
	struct cohmem_bar bar;
	u64 old, got, want;

	for (order = 4; order < 64; order++)
		for (width = 1; width <= 8; width *= 2) {
			cohmem_bar_init(&bar, 1ULL << order);
			cohmem_bar_read(&bar, 0, &old, 8);
			T_EQ(t, old, 0xc);
			for (i = 0; i < 8; i += width)
				cohmem_bar_write(&bar, i, ones, width);
			cohmem_bar_read(&bar, 0, &got, 8);
			want = ~((1ULL << order) - 1) | 0xc;
			T_EQ(t, got, want);
			/* the size a driver computes from it */
			T_EQ(t, ~(got & ~0xfULL) + 1, 1ULL << order);
			for (i = 0; i < 8; i += width)
				cohmem_bar_write(&bar, i, (u8 *)&old + i, width);
			cohmem_bar_read(&bar, 0, &got, 8);
			T_EQ(t, got, old);
		}
}

static void reset_forgets_the_address(struct kunit *t)
{
	u64 addr = 0x123456789abcdef0ULL, got;
	struct cohmem_bar bar;

	cohmem_bar_init(&bar, 1ULL << 37);
	cohmem_bar_write(&bar, 0, &addr, 8);
	cohmem_bar_read(&bar, 0, &got, 8);
	T_EQ(t, got, (addr & ~((1ULL << 37) - 1)) | 0xc);
	cohmem_bar_reset(&bar);
	cohmem_bar_read(&bar, 0, &got, 8);
	T_EQ(t, got, 0xc);
	T_EQ(t, bar.size, 1ULL << 37);
}

T_SUITE(window,
	T_CASE(reads_two_windows),
	T_CASE(reads_bar4_only),
	T_CASE(reads_bar2_only),
	T_CASE(reads_no_window),
	T_CASE(writes_two_windows),
	T_CASE(writes_bar4_only),
	T_CASE(writes_bar2_only),
	T_CASE(random_sequences),
	T_CASE(sizing),
	T_CASE(reset_forgets_the_address));
