// SPDX-License-Identifier: GPL-2.0-only
/*
 * The size of windows and of the aperture, against a reference that has no
 * arithmetic: it fills an address space MiB by MiB.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <stddef.h>

#include <cmocka.h>

#include "vm.h"

#define MIB		(1ULL << 20)
#define GIB		(1ULL << 30)
#define CELLS		512

static unsigned char space[CELLS];

static int is_free(unsigned int at, unsigned int size)
{
	unsigned int i;

	if (at + size > CELLS)
		return 0;
	for (i = 0; i < size; i++)
		if (space[at + i])
			return 0;
	return 1;
}

/* First place from @from on, at a multiple of @align; -1: none before @limit. */
static int take(unsigned int from, unsigned int limit, unsigned int size,
		unsigned int align)
{
	unsigned int at;

	for (at = from; at + size <= limit; at++)
		if (at % align == 0 && is_free(at, size)) {
			memset(space + at, 1, size);
			return at;
		}
	return -1;
}

/* Do BARs (cells; largest first) all find room in [start, start + size)? */
static int fits(const unsigned int *bars, unsigned int nr, unsigned int start,
		unsigned int size)
{
	unsigned int i;

	memset(space, 0, sizeof(space));
	for (i = 0; i < nr; i++)
		if (take(start, start + size, bars[i], bars[i]) < 0)
			return 0;
	return 1;
}

/* All sets of up to @nr BARs of 1 to 16 MiB, largest first. */
static int next_set(unsigned int *bars, unsigned int *nr, unsigned int max)
{
	unsigned int i;

	for (i = *nr; i-- > 0;) {
		if (bars[i] < (i ? bars[i - 1] : 16)) {
			bars[i] *= 2;
			for (i++; i < *nr; i++)
				bars[i] = 1;
			return 1;
		}
	}
	if (*nr == max)
		return 0;
	(*nr)++;
	for (i = 0; i < *nr; i++)
		bars[i] = 1;
	return 1;
}

static void to_bytes(const unsigned int *bars, unsigned int nr, u64 *out)
{
	unsigned int i;

	/* In another order than the reference has them: order is no matter. */
	for (i = 0; i < nr; i++)
		out[(i * 5 + 2) % nr] = bars[i] * MIB;
	for (i = 0; i < nr; i++)
		if (nr % 5 == 0)
			out[i] = bars[i] * MIB;
}

static void firmware_window(void **state)
{
	unsigned int bars[6] = { 0 }, nr = 0, cells, sets = 0;
	struct cohmem_window w;
	u64 bytes[6];

	(void)state;
	while (next_set(bars, &nr, 6)) {
		to_bytes(bars, nr, bytes);
		assert_int_equal(cohmem_window_firmware(bytes, nr, &w), 0);
		assert_true(w.align == bars[0] * MIB);
		cells = w.size / MIB;
		assert_true(w.size == cells * MIB);
		/* Enough, and not more than enough. */
		assert_true(fits(bars, nr, 0, cells));
		assert_true(fits(bars, nr, bars[0], cells));
		assert_false(fits(bars, nr, 0, cells - 1));
		sets++;
	}
	assert_int_equal(sets, 461);	/* sets of 1 to 6 out of 5 sizes */
}

static void kernel_window(void **state)
{
	unsigned int bars[6] = { 0 }, nr = 0, start, align;
	struct cohmem_window w;
	u64 bytes[6];

	(void)state;
	while (next_set(bars, &nr, 5)) {
		to_bytes(bars, nr, bytes);
		assert_int_equal(cohmem_window_kernel(bytes, nr, &w), 0);
		align = w.align / MIB;
		assert_true(align && align <= bars[0]);
		assert_true(w.size % w.align == 0);
		/* Wherever it begins, as its alignment allows, all have room. */
		for (start = 0; start <= 2 * bars[0]; start += align)
			assert_true(fits(bars, nr, start, w.size / MIB));
	}
}

/* The windows of several functions in one aperture. */
static void placing(void **state)
{
	static const unsigned int sizes[] = { 1, 3, 4, 5, 9 };
	static const unsigned int aligns[] = { 1, 4, 8 };
	unsigned int a, b, c, i, j, n, best, cells[3], align[3], end;
	struct cohmem_window w[3];
	u64 offset[3], got;
	int at;

	(void)state;
	for (a = 0; a < 15; a++)
		for (b = 0; b < 15; b++)
			for (c = 0; c < 15; c++) {
				unsigned int pick[3] = { a, b, c };
				unsigned char done[3] = { 0 };

				for (i = 0; i < 3; i++) {
					cells[i] = sizes[pick[i] / 3];
					align[i] = aligns[pick[i] % 3];
					w[i].size = cells[i] * MIB;
					w[i].align = align[i] * MIB;
				}
				assert_int_equal(cohmem_window_place(w, 3, offset, &got), 0);
				/* The reference never goes back below what it has placed. */
				memset(space, 0, sizeof(space));
				end = 0;
				for (n = 0; n < 3; n++) {
					for (best = 3, j = 0; j < 3; j++)
						if (!done[j] &&
						    (best == 3 || align[j] > align[best]))
							best = j;
					done[best] = 1;
					at = take(end, CELLS, cells[best], align[best]);
					assert_true(at >= 0);
					assert_true(offset[best] == at * MIB);
					end = at + cells[best];
				}
				assert_true(got == end * MIB);
			}
}

/* What is known of real parts: each number was worked out by hand. */
static void parts(void **state)
{
	u64 gh200[] = { 16 * MIB, 2 * GIB, 128 * GIB };
	u64 gb200[] = { 16 * MIB, 64 * GIB, 256 * GIB };
	struct cohmem_window w, four[4];
	unsigned int i;
	u64 end;

	(void)state;
	cohmem_window_firmware(gh200, 3, &w);
	assert_true(w.size == 130 * GIB + 16 * MIB && w.align == 128 * GIB);
	for (i = 0; i < 4; i++)
		four[i] = w;
	cohmem_window_place(four, 4, NULL, &end);
	assert_true(end == 3 * 256 * GIB + 130 * GIB + 16 * MIB);
	assert_true(cohmem_aperture_round(end, COHMEM_APERTURE_MIN) == 1024 * GIB);
	cohmem_window_kernel(gh200, 3, &w);
	assert_true(w.size == 192 * GIB && w.align == 64 * GIB);
	cohmem_window_firmware(gb200, 3, &w);
	assert_true(w.size == 320 * GIB + 16 * MIB && w.align == 256 * GIB);
	for (i = 0; i < 4; i++)
		four[i] = w;
	cohmem_window_place(four, 4, NULL, &end);
	assert_true(cohmem_aperture_round(end, COHMEM_APERTURE_MIN) == 2048 * GIB);
}

static void limits(void **state)
{
	u64 odd[] = { 3 * MIB }, huge[] = { 1ULL << 63, 1ULL << 63 }, none[1] = { 0 };
	u64 one[] = { 1ULL << 63 }, seven[7] = { MIB, MIB, MIB, MIB, MIB, MIB, MIB };
	u64 small[] = { 4096, 4096 };
	struct cohmem_window w, two[2] = { { 1ULL << 63, MIB }, { 1ULL << 63, MIB } };
	u64 end;

	(void)state;
	assert_int_equal(cohmem_window_firmware(odd, 1, &w), -EINVAL);
	assert_int_equal(cohmem_window_kernel(odd, 1, &w), -EINVAL);
	assert_int_equal(cohmem_window_firmware(none, 1, &w), -EINVAL);
	assert_int_equal(cohmem_window_firmware(huge, 2, &w), -EINVAL);
	assert_int_equal(cohmem_window_kernel(huge, 2, &w), -EINVAL);
	assert_int_equal(cohmem_window_firmware(seven, 7, &w), -E2BIG);
	assert_int_equal(cohmem_window_firmware(none, 0, &w), 0);
	assert_true(w.size == 0 && w.align == MIB);
	assert_int_equal(cohmem_window_kernel(one, 1, &w), 0);
	assert_true(w.size == 1ULL << 63);
	assert_int_equal(cohmem_window_firmware(small, 2, &w), 0);
	assert_true(w.size == MIB && w.align == MIB);
	assert_int_equal(cohmem_window_place(two, 2, NULL, &end), -EINVAL);
	assert_true(cohmem_aperture_round(~0ULL, COHMEM_APERTURE_MIN) == 0);
	assert_true(cohmem_aperture_round(1, COHMEM_APERTURE_MIN) == 512 * GIB);
	assert_true(cohmem_aperture_round(512 * GIB, COHMEM_APERTURE_MIN) == 512 * GIB);
	assert_true(cohmem_aperture_round(512 * GIB + 1, COHMEM_APERTURE_MIN) == 1024 * GIB);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(firmware_window),
		cmocka_unit_test(kernel_window),
		cmocka_unit_test(placing),
		cmocka_unit_test(parts),
		cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
