// SPDX-License-Identifier: GPL-2.0-only
/*
 * How much address space a guest needs for its BARs. Pure arithmetic.
 *
 * Two may place BARs: firmware (EDK2), and the guest's kernel, which on arm64
 * assigns all addresses anew unless firmware forbids it. Both sort by alignment,
 * the largest first, but they size the window of a bridge differently:
 *
 *  - firmware packs the BARs and rounds the sum up to 1 MiB; the window begins
 *    where its largest BAR may begin;
 *  - the kernel looks for the least alignment at which the BARs fit wherever the
 *    window begins, and rounds the sum up to that. For 128 GiB and 1 GiB this is
 *    64 GiB, and the window 192 GiB.
 *
 * Which one happens is not ours to know, so there has to be room for both.
 */
#include "internal.h"
#include "vm.h"

#define MAX_BARS	6
#define NR_ORDERS	64

static bool power_of_two(u64 n)
{
	return n && !(n & (n - 1));
}

/* Next multiple of a power of two; 0 where that is more than 64 bits hold. */
static u64 round_up(u64 n, u64 to)
{
	u64 r = (n + to - 1) & ~(to - 1);

	return r < n ? 0 : r;
}

static int sum_of(const u64 *bars, unsigned int nr, u64 *sum, u64 *most)
{
	unsigned int i;

	*sum = 0;
	*most = COHMEM_WINDOW_STEP;
	if (nr > MAX_BARS)
		return -E2BIG;
	for (i = 0; i < nr; i++) {
		if (!power_of_two(bars[i]) || *sum > ~0ULL - bars[i])
			return -EINVAL;
		*sum += bars[i];
		if (bars[i] > *most)
			*most = bars[i];
	}
	return 0;
}

/**
 * cohmem_window_firmware() - the window that firmware gives a bridge
 * @bars: sizes of the 64-bit prefetchable BARs behind it
 * @nr: how many
 * @out: the window; its size is 0 where there are no BARs
 *
 * BARs are powers of two: packed with the largest first, none leaves a gap.
 *
 * Return: 0, -E2BIG, or -EINVAL where a size is no power of two, or their sum is
 * too large.
 */
int cohmem_window_firmware(const u64 *bars, unsigned int nr,
			   struct cohmem_window *out)
{
	u64 sum;
	int ret;

	out->size = 0;
	ret = sum_of(bars, nr, &sum, &out->align);
	if (ret || !sum)
		return ret;
	out->size = round_up(sum, COHMEM_WINDOW_STEP);
	return out->size ? 0 : -EINVAL;
}

/**
 * cohmem_window_kernel() - the window that a kernel gives a bridge
 * @bars: sizes of the 64-bit prefetchable BARs behind it
 * @nr: how many
 * @out: the window; its size is 0 where there are no BARs
 *
 * Return: as cohmem_window_firmware().
 */
int cohmem_window_kernel(const u64 *bars, unsigned int nr,
			 struct cohmem_window *out)
{
	u64 of_order[NR_ORDERS] = { 0 }, sum, most, below = 0;
	u64 least = COHMEM_WINDOW_STEP, align;
	unsigned int i, order;
	int ret;

	out->size = 0;
	out->align = COHMEM_WINDOW_STEP;
	ret = sum_of(bars, nr, &sum, &most);
	if (ret || !sum)
		return ret;
	for (i = 0; i < nr; i++) {
		order = __builtin_ctzll(bars[i] < COHMEM_WINDOW_STEP ?
					COHMEM_WINDOW_STEP : bars[i]);
		of_order[order] += bars[i];
	}
	for (align = COHMEM_WINDOW_STEP; align <= most; align <<= 1) {
		if (!below)
			least = align;
		else if (round_up(below + least, least) < align)
			least = align >> 1;
		below += of_order[__builtin_ctzll(align)];
		if (align >> 63)
			break;
	}
	out->align = least;
	out->size = round_up(sum, least);
	return out->size ? 0 : -EINVAL;
}

/**
 * cohmem_window_place() - place windows one after the other
 * @windows: the windows
 * @nr: how many
 * @offsets: where each begins, from a start that is aligned for all; or NULL
 * @end: the end of the last
 *
 * The largest alignment first, equal ones in their order.
 *
 * Return: 0, -E2BIG, or -EINVAL where 64 bits are not enough.
 */
int cohmem_window_place(const struct cohmem_window *windows, unsigned int nr,
			u64 *offsets, u64 *end)
{
	bool done[64] = { false };
	unsigned int n, i, best;
	u64 at = 0, start;

	*end = 0;
	if (nr > sizeof(done) / sizeof(done[0]))
		return -E2BIG;
	for (n = 0; n < nr; n++) {
		best = nr;
		for (i = 0; i < nr; i++)
			if (!done[i] && (best == nr || windows[i].align >
					 windows[best].align))
				best = i;
		done[best] = true;
		start = at ? round_up(at, windows[best].align) : 0;
		if ((at && !start) || start > ~0ULL - windows[best].size)
			return -EINVAL;
		if (offsets)
			offsets[best] = start;
		at = start + windows[best].size;
	}
	*end = at;
	return 0;
}

/**
 * cohmem_aperture_round() - the aperture to ask for
 * @need: bytes that are needed
 * @least: the least that can be asked for, a power of two
 * Return: a power of two, or 0 where none is large enough.
 */
u64 cohmem_aperture_round(u64 need, u64 least)
{
	u64 size = least;

	while (size && size < need)
		size <<= 1;
	return size;
}
