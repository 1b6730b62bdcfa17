// SPDX-License-Identifier: GPL-2.0-only
/*
 * The linker of capabilities against one that is slow and plain: an owner for
 * each byte of config space, and places tried one after the other.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "caps.h"

#define MAX	20

static uint64_t seed = 0x2545f4914f6cdd1dull;

static unsigned int rnd(unsigned int below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (seed >> 20) % below;
}

static int owner[SIM_CONFIG_SIZE];

/* Would it fit there? */
static bool fits(const struct sim_cap *cap, unsigned int pos)
{
	unsigned int i, from = cap->ext ? 0x100 : 0x40, to = cap->ext ? 4096 : 0x100;

	if (pos % 4 || pos < from || pos + cap->size > to)
		return false;
	for (i = 0; i < cap->size; i++)
		if (owner[pos + i])
			return false;
	return true;
}

static void take(const struct sim_cap *cap, unsigned int pos, int who)
{
	unsigned int i;

	for (i = 0; i < cap->size; i++)
		owner[pos + i] = who;
}

/* Return: whether all have a place; then also which. */
static bool place(struct sim_placed *list, unsigned int nr)
{
	unsigned int i, pos;

	memset(owner, 0, sizeof(owner));
	for (i = 0; i < nr; i++) {
		if (!list[i].pos)
			continue;
		if (!fits(list[i].cap, list[i].pos))
			return false;
		take(list[i].cap, list[i].pos, i + 1);
	}
	for (i = 0; i < nr; i++) {
		if (list[i].pos)
			continue;
		for (pos = 0x40; pos < 4096; pos++)
			if (pos != 0x100 && fits(list[i].cap, pos))
				break;
		if (pos == 4096)
			return false;
		list[i].pos = pos;
		take(list[i].cap, pos, i + 1);
	}
	return true;
}

static unsigned int word(const uint8_t *b, unsigned int pos)
{
	return b[pos] | b[pos + 1] << 8 | b[pos + 2] << 16 |
	       (unsigned int)b[pos + 3] << 24;
}

/* Walk both chains: every one once, rising, with the right header. */
static void walk(const uint8_t *b, const struct sim_placed *list,
		 unsigned int nr)
{
	unsigned int seen = 0, pos, i, last = 0;

	for (pos = b[0x34]; pos; pos = b[pos + 1]) {
		assert_true(pos > last);
		last = pos;
		i = owner[pos] - 1;
		assert_true(owner[pos] && list[i].pos == pos);
		assert_int_equal(b[pos], list[i].cap->id);
		seen++;
	}
	last = 0;
	for (pos = 0x100; pos; pos = word(b, pos) >> 20) {
		assert_true(pos > last && pos % 4 == 0);
		last = pos;
		if (pos == 0x100 && !owner[pos]) {
			assert_int_equal(word(b, pos) & 0xfffff, 0);
			continue;
		}
		i = owner[pos] - 1;
		assert_true(owner[pos] && list[i].pos == pos);
		assert_int_equal(word(b, pos) & 0xffff, list[i].cap->id);
		assert_int_equal(word(b, pos) >> 16 & 0xf, list[i].cap->version);
		if (list[i].cap->vendor) {
			assert_int_equal(word(b, pos + 4) & 0xffff,
					 list[i].cap->vendor);
			assert_int_equal(word(b, pos + 4) >> 20,
					 list[i].cap->size);
		}
		seen++;
	}
	assert_int_equal(seen, nr);
}

static void against_the_slow_one(void **state)
{
	unsigned int round, good = 0, refused = 0;

	for (round = 0; round < 20000; round++) {
		struct sim_placed list[MAX], want[MAX];
		unsigned int nr = 1 + rnd(MAX), i;
		static uint8_t b[SIM_CONFIG_SIZE];
		struct sim_cap cap[MAX];
		const char *why = "";
		int err;

		memset(cap, 0, sizeof(cap));
		for (i = 0; i < nr; i++) {
			cap[i].ext = rnd(3);
			cap[i].id = 1 + rnd(cap[i].ext ? 0xfffe : 0xfe);
			cap[i].version = cap[i].ext ? rnd(16) : 0;
			cap[i].vendor = cap[i].ext && !rnd(4) ? 0x10de : 0;
			cap[i].size = cap[i].vendor ? 10 + rnd(60) :
				      (cap[i].ext ? 4 : 2) + rnd(cap[i].ext ? 600 : 40);
			list[i].cap = &cap[i];
			list[i].pos = rnd(2) ? 0 : cap[i].ext ?
				      0x100 + 4 * rnd(960) : 0x40 + 4 * rnd(48);
			if (list[i].pos && !rnd(40))
				list[i].pos = 1 + rnd(4200);
			want[i] = list[i];
		}
		memset(b, 0, sizeof(b));
		err = cohmem_sim_link(list, nr, b, &why);
		if (!place(want, nr)) {
			assert_int_not_equal(err, 0);
			assert_non_null(why);
			refused++;
			continue;
		}
		assert_int_equal(err, 0);
		assert_null(why);
		for (i = 0; i < nr; i++)
			assert_int_equal(list[i].pos, want[i].pos);
		walk(b, list, nr);
		good++;
	}
	assert_true(good > 1000 && refused > 1000);
}

/* What no header can say, and registers that do not belong to it. */
static void capabilities_that_cannot_be(void **state)
{
	static const struct sim_reg outside = { 6, 4, .value = 1 };
	static const struct sim_reg header = { 0, 2, .value = 1 };
	static const struct sim_reg three = { 4, 3, .value = 1 };
	static const struct sim_reg both = { 4, 4, .rw = 6, .w1c = 4 };
	static const struct sim_cap bad[] = {
		{ .ext = true, .size = 8 },
		{ .ext = true, .id = 1, .version = 16, .size = 8 },
		{ .id = 0x100, .size = 8 }, { .id = 1, .size = 1 },
		{ .ext = true, .id = 1, .size = 3 },
		{ .ext = true, .id = 0x23, .vendor = 1, .size = 8 },
		{ .ext = true, .id = 1, .size = 8, .reg = &outside, .nr_reg = 1 },
		{ .ext = true, .id = 1, .size = 8, .reg = &header, .nr_reg = 1 },
		{ .ext = true, .id = 1, .size = 8, .reg = &three, .nr_reg = 1 },
		{ .ext = true, .id = 1, .size = 8, .reg = &both, .nr_reg = 1 },
		{ .id = 1, .size = 0xc1 },
	};
	uint8_t b[SIM_CONFIG_SIZE];
	unsigned int i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct sim_placed one = { &bad[i], 0 };
		const char *why = NULL;

		assert_int_not_equal(cohmem_sim_link(&one, 1, b, &why), 0);
		assert_non_null(why);
	}
}

/* What the emulator itself has is sound, each by itself. */
static void the_table_is_sound(void **state)
{
	const char *why;
	unsigned int i;

	for (i = 0; cohmem_sim_caps[i]; i++) {
		struct sim_placed one = { cohmem_sim_caps[i], 0 };

		if (cohmem_sim_link_check(&one, 1, &why))
			fail_msg("%s: %s", one.cap->name, why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(against_the_slow_one),
		cmocka_unit_test(capabilities_that_cannot_be),
		cmocka_unit_test(the_table_is_sound),
	};

	return cmocka_run_group_tests_name("sim-linker", tests, NULL, NULL);
}
