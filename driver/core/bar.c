// SPDX-License-Identifier: GPL-2.0-only
/* Emulated 64-bit BARs. Pure; the caller serialises. */
#include "bar.h"
#include "regs.h"

/* The eight bytes as the bus shows them. */
static u64 visible(const struct cohmem_bar *bar)
{
	return (bar->value & ~(bar->size - 1)) |
	       COHMEM_BAR_TYPE_64 | COHMEM_BAR_PREFETCH;
}

/**
 * cohmem_bar_init() - a BAR after power-on
 * @bar: the BAR
 * @size: region size, a power of two, at least 16
 */
void cohmem_bar_init(struct cohmem_bar *bar, u64 size)
{
	bar->size = size;
	bar->value = 0;
}

/**
 * cohmem_bar_reset() - what a reset of the function does to a BAR
 * @bar: the BAR; its address is forgotten, its size stays
 */
void cohmem_bar_reset(struct cohmem_bar *bar)
{
	bar->value = 0;
}

/**
 * cohmem_bar_read() - read some of the eight bytes
 * @bar: the BAR
 * @offset: first byte, 0 to 7
 * @buf: little-endian bytes as config space has them
 * @len: how many; @offset + @len is at most 8
 */
void cohmem_bar_read(const struct cohmem_bar *bar, unsigned int offset,
		     void *buf, unsigned int len)
{
	u64 value = visible(bar);
	u8 *to = buf;
	unsigned int i;

	for (i = 0; i < len; i++)
		to[i] = value >> (8 * (offset + i));
}

/**
 * cohmem_bar_write() - write some of the eight bytes
 * @bar: the BAR
 * @offset: first byte, 0 to 7
 * @buf: little-endian bytes
 * @len: how many; @offset + @len is at most 8
 */
void cohmem_bar_write(struct cohmem_bar *bar, unsigned int offset,
		      const void *buf, unsigned int len)
{
	const u8 *from = buf;
	unsigned int i;

	for (i = 0; i < len; i++) {
		unsigned int shift = 8 * (offset + i);

		bar->value &= ~(0xffULL << shift);
		bar->value |= (u64)from[i] << shift;
	}
}
