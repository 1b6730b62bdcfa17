// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory test, on memory that is made to be bad: each kind of fault that
 * cells and address lines can have has to be found, and nothing else.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "memtest.h"

#define BASE	0x400000000000ULL
#define BYTES	(3 * COHMEM_BLOCK)
#define WORDS	(BYTES / 8)

/* What the test works on, and what an access of it does. */
static u64 cell[WORDS] __attribute__((aligned(COHMEM_BLOCK)));
static struct cohmem_mismatch seen[4096];
static unsigned int nr_seen;

static void see(void *arg, const struct cohmem_mismatch *m)
{
	(void)arg;
	if (nr_seen < sizeof(seen) / sizeof(seen[0]))
		seen[nr_seen] = *m;
	nr_seen++;
}

/* Each pass over all blocks; @spoil stands for what the memory makes of it. */
static void march(void (*spoil)(unsigned int pass))
{
	unsigned int pass, i, at;

	nr_seen = 0;
	memset(cell, 0x77, sizeof(cell));
	for (pass = 0; pass < COHMEM_NR_PASSES; pass++) {
		for (i = 0; i < BYTES / COHMEM_BLOCK; i++) {
			at = cohmem_passes[pass].down ?
			     BYTES / COHMEM_BLOCK - 1 - i : i;
			cohmem_pass_block(cell + at * (COHMEM_BLOCK / 8),
					  BASE + (u64)at * COHMEM_BLOCK, pass,
					  see, NULL);
		}
		if (spoil)
			spoil(pass);
	}
}

static void good_memory_is_good(void **state)
{
	unsigned int i;

	(void)state;
	march(NULL);
	assert_int_equal(nr_seen, 0);
	for (i = 0; i < WORDS; i++)
		assert_int_equal(cell[i], 0);
}

/* What a pass leaves is what the next one wants, and every bit is 0 and 1. */
static void passes_fit(void **state)
{
	unsigned int pass, i;
	u64 address, ones, zeroes;

	(void)state;
	for (pass = 1; pass < COHMEM_NR_PASSES; pass++) {
		assert_true(cohmem_passes[pass].has_expect);
		assert_true(cohmem_passes[pass - 1].has_write);
		assert_memory_equal(&cohmem_passes[pass].expect,
				    &cohmem_passes[pass - 1].write,
				    sizeof(struct cohmem_pattern));
	}
	for (i = 0; i < 1000; i++) {
		address = BASE + 8 * i;
		ones = zeroes = 0;
		for (pass = 0; pass < COHMEM_NR_PASSES; pass++) {
			if (!cohmem_passes[pass].has_expect)
				continue;
			ones |= cohmem_pattern_word(&cohmem_passes[pass].expect,
						    address);
			zeroes |= ~cohmem_pattern_word(&cohmem_passes[pass].expect,
						       address);
		}
		assert_int_equal(ones & zeroes, ~0ULL);
	}
}

static unsigned int place;
static u64 bit;

static void stuck_at_1(unsigned int pass) { (void)pass; cell[place] |= bit; }
static void stuck_at_0(unsigned int pass) { (void)pass; cell[place] &= ~bit; }

static void every_stuck_bit_is_found(void **state)
{
	unsigned int n;

	(void)state;
	for (n = 0; n < 64; n++) {
		place = n * 11;
		bit = 1ULL << n;
		march(stuck_at_1);
		assert_true(nr_seen > 0 && nr_seen < COHMEM_NR_PASSES);
		assert_int_equal(seen[0].address, BASE + 8 * place);
		assert_int_equal(seen[0].found ^ seen[0].expected, bit);
		march(stuck_at_0);
		assert_true(nr_seen > 0 && nr_seen < COHMEM_NR_PASSES);
		assert_int_equal(seen[0].found ^ seen[0].expected, bit);
	}
}

/* Two addresses that meet in one cell: the later one's word is in both. */
static void meet(unsigned int pass)
{
	unsigned int other = place ^ bit;

	if (cohmem_passes[pass].down)
		cell[place > other ? place : other] =
			cell[place > other ? other : place];
	else
		cell[place < other ? place : other] =
			cell[place < other ? other : place];
}

static void every_address_line_is_found(void **state)
{
	char why[96];

	(void)state;
	for (place = 0, bit = 1; bit < WORDS / 2; bit <<= 1) {
		march(meet);
		assert_true(nr_seen > 0);
		cohmem_mismatch_why(&seen[0], BASE, BYTES, why, sizeof(why));
		assert_non_null(strstr(why, "two addresses, one cell"));
	}
}

static void lost(unsigned int pass)
{
	/* The write of pass 2 does not arrive. */
	if (pass == 2)
		cell[place] = cohmem_pattern_word(&cohmem_passes[2].expect,
						  BASE + 8 * place);
}

static void a_lost_write_is_found(void **state)
{
	char why[96];

	(void)state;
	place = 77;
	march(lost);
	assert_int_equal(nr_seen, 1);
	assert_int_equal(seen[0].pass, 3);
	cohmem_mismatch_why(&seen[0], BASE, BYTES, why, sizeof(why));
	assert_non_null(strstr(why, "the last write was lost"));
}

static void says(u64 expected, u64 found, unsigned int pass, const char *bits,
		 const char *why)
{
	struct cohmem_mismatch m = { BASE + 64, expected, found, pass };
	char buf[96];

	cohmem_mismatch_bits(&m, buf, sizeof(buf));
	assert_string_equal(buf, bits);
	cohmem_mismatch_why(&m, BASE, BYTES, buf, sizeof(buf));
	assert_string_equal(buf, why);
}

static void mismatches_are_explained(void **state)
{
	(void)state;
	says(0, 8, 7, "3", "one bit, 1 instead of 0");
	says(0x5555555555555555ULL, 0x5555555555555554ULL, 5, "0",
	     "one bit, 0 instead of 1");
	says(0, 0x8000000000000009ULL, 7, "0, 3, 63", "3 bits, all 1 instead of 0");
	says(0x5555555555555555ULL, 0x5555555555555500ULL, 5, "0, 2, 4, 6",
	     "4 bits, all 0 instead of 1");
	says(0x5555555555555555ULL, 0x5555555555555556ULL, 5, "0, 1",
	     "2 bits, both ways");
	says(0, ~0ULL, 7, "0, 1, 2, 3, 4, 5 and 58 more",
	     "all ones: nothing may have answered");
	says(0, 0xaaaaaaaaaaaaaaaaULL, 7, "1, 3, 5, 7, 9, 11 and 26 more",
	     "still what was there before: the last write was lost");
	says(BASE + 64, BASE + 128, 1, "6, 7",
	     "what belongs to 0x400000000080: two addresses, one cell");
	says(BASE + 64, BASE + 64 + 256, 1, "8",
	     "one bit, or what belongs to 0x400000000140: two addresses, one cell");
	says(BASE + 64, BASE + 65, 1, "0", "one bit, 1 instead of 0");
	/* Seven bits are named, for "and 1 more" is no shorter. */
	says(0, 0x7f, 7, "0, 1, 2, 3, 4, 5, 6", "7 bits, all 1 instead of 0");
}

/* --- the threads ------------------------------------------------------------ */

#define BIG	(40ULL << 20)	/* some chunks, the last one not whole */

static u8 *map_big(void)
{
	u8 *p = mmap(NULL, BIG, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(p != MAP_FAILED);
	memset(p, 0x11, BIG);
	return p;
}

static struct cohmem_memtest prepare(u8 *map)
{
	return (struct cohmem_memtest){
		.map = map, .base = BASE, .size = BIG,
		.page = sysconf(_SC_PAGESIZE), .nr_cpus = 3,
		.cpu = { -1, -1, -1 },
	};
}

static u64 sum(const u8 *map, u64 from, u64 len)
{
	u64 n = 0, i;

	for (i = 0; i < len; i += 8)
		n |= *(const u64 *)(map + from + i);
	return n;
}

static void all_of_it_is_tested(void **state)
{
	u8 *map = map_big();
	struct cohmem_memtest t = prepare(map);

	(void)state;
	assert_int_equal(cohmem_memtest_run(&t), 0);
	assert_int_equal(t.nr_mismatches + t.fault.nr + t.stopped, 0);
	assert_int_equal(t.pass, COHMEM_NR_PASSES - 1);
	assert_int_equal(t.done, BIG);
	assert_int_equal(sum(map, 0, BIG), 0);
	munmap(map, BIG);
}

/* Pages left out keep what they hold; pages that do not answer are named. */
static void holes_are_left_out(void **state)
{
	u8 *map = map_big();
	struct cohmem_memtest t = prepare(map);
	u64 skip[] = { BASE, BASE + BIG - t.page, BASE + 5 * t.page + 8 };
	const u64 silent[] = { 3 * t.page, 4 * t.page, (20ULL << 20) };
	unsigned int i;

	(void)state;
	t.skip = skip;
	t.nr_skip = 3;
	for (i = 0; i < 3; i++)
		mprotect(map + silent[i], t.page, PROT_NONE);
	assert_int_equal(cohmem_memtest_run(&t), 0);
	assert_false(t.hopeless);
	assert_int_equal(t.nr_mismatches, 0);
	assert_int_equal(t.done, BIG);
	assert_int_equal(t.fault.nr, 3);
	for (i = 0; i < 3; i++)
		assert_int_equal(t.fault.page[i], BASE + silent[i]);
	assert_int_equal(map[0], 0x11);
	assert_int_equal(map[BIG - 1], 0x11);
	assert_int_equal(map[5 * t.page], 0x11);
	assert_int_equal(sum(map, t.page, t.page), 0);
	assert_int_equal(sum(map, 6 * t.page, t.page), 0);
	assert_int_equal(sum(map, BIG - 2 * t.page, t.page), 0);
	munmap(map, BIG);
}

static void too_many_signals_end_it(void **state)
{
	u8 *map = map_big();
	struct cohmem_memtest t = prepare(map);

	(void)state;
	mprotect(map, BIG, PROT_NONE);
	assert_int_equal(cohmem_memtest_run(&t), 0);
	assert_true(t.hopeless);
	assert_int_equal(t.pass, 0);
	assert_int_equal(t.fault.nr, COHMEM_MEMTEST_PAGES);
	assert_true(t.fault.more);
	munmap(map, BIG);
}

/* One page of memory behind two addresses: what a bad address line does. */
static void two_pages_in_one_are_found(void **state)
{
	u8 *map = map_big();
	struct cohmem_memtest t = prepare(map);
	const u64 at[] = { 7 * t.page, 30ULL << 20 };
	int fd = memfd_create("cell", 0);
	unsigned int i;
	char why[96];

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, t.page), 0);
	for (i = 0; i < 2; i++)
		assert_true(mmap(map + at[i], t.page, PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_FIXED, fd, 0) != MAP_FAILED);
	assert_int_equal(cohmem_memtest_run(&t), 0);
	/* In each pass with addresses one of the two reads the other's words. */
	assert_true(t.nr_mismatches >= t.page / 8);
	assert_int_equal(t.nr_first, COHMEM_MEMTEST_FIRST);
	assert_in_range(t.wrong.nr, 1, 2);
	for (i = 0; i < t.wrong.nr; i++)
		assert_true(t.wrong.page[i] == BASE + at[0] ||
			    t.wrong.page[i] == BASE + at[1]);
	for (i = 1; i < t.nr_first; i++)
		assert_true(t.first[i - 1].address <= t.first[i].address);
	cohmem_mismatch_why(&t.first[0], BASE, BIG, why, sizeof(why));
	assert_non_null(strstr(why, "two addresses, one cell"));
	close(fd);
	munmap(map, BIG);
}

static bool stop_at_once(void *arg, const struct cohmem_memtest *t)
{
	unsigned int *ticks = arg;

	(void)t;
	++*ticks;
	return true;
}

static void it_can_be_stopped(void **state)
{
	u8 *map = map_big();
	struct cohmem_memtest t = prepare(map);
	unsigned int ticks = 0;

	(void)state;
	t.tick = stop_at_once;
	t.arg = &ticks;
	assert_int_equal(cohmem_memtest_run(&t), 0);
	assert_true(t.stopped);
	assert_int_equal(ticks, 1);
	assert_int_equal(t.pass, 0);
	assert_true(t.done <= BIG);
	munmap(map, BIG);
}

static void nonsense_is_refused(void **state)
{
	struct cohmem_memtest t = { .page = 4096, .base = 8, .size = 4096 };

	(void)state;
	assert_int_equal(cohmem_memtest_run(&t), -EINVAL);
	t.base = 0;
	t.size = 4097;
	assert_int_equal(cohmem_memtest_run(&t), -EINVAL);
}

static void lists_of_cpus(void **state)
{
	int cpu[8];

	(void)state;
	assert_int_equal(cohmem_cpu_list("", cpu, 8), 0);
	assert_int_equal(cohmem_cpu_list("\n", cpu, 8), 0);
	assert_int_equal(cohmem_cpu_list("0-2,7\n", cpu, 8), 4);
	assert_int_equal(cpu[2], 2);
	assert_int_equal(cpu[3], 7);
	assert_int_equal(cohmem_cpu_list("0-99", cpu, 8), 8);
	assert_int_equal(cohmem_cpu_list("5-", cpu, 8), 0);
	assert_int_equal(cohmem_cpu_list("3-1,4", cpu, 8), 1);
	assert_true(cohmem_memtest_cpus("", cpu, 8) >= 1);
	/* CPUs that this process may not use, or that are not there. */
	assert_true(cohmem_memtest_cpus("1023", cpu, 8) >= 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_memory_is_good),
		cmocka_unit_test(passes_fit),
		cmocka_unit_test(every_stuck_bit_is_found),
		cmocka_unit_test(every_address_line_is_found),
		cmocka_unit_test(a_lost_write_is_found),
		cmocka_unit_test(mismatches_are_explained),
		cmocka_unit_test(all_of_it_is_tested),
		cmocka_unit_test(holes_are_left_out),
		cmocka_unit_test(too_many_signals_end_it),
		cmocka_unit_test(two_pages_in_one_are_found),
		cmocka_unit_test(it_can_be_stopped),
		cmocka_unit_test(nonsense_is_refused),
		cmocka_unit_test(lists_of_cpus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
