/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One emulated 64-bit prefetchable memory BAR: eight bytes of config space
 * that remember what was written, except for the bits that hardware would not
 * have (below the size) and the type bits. Sizing by all-ones thus works as the
 * PCI specification says, in any access width and alignment.
 */
#ifndef COHMEM_CORE_BAR_H
#define COHMEM_CORE_BAR_H

#include "env.h"

/**
 * struct cohmem_bar - register state of one BAR pair
 * @size: region size, a power of two, at least 16
 * @value: what was written, raw; masked when read
 */
struct cohmem_bar {
	u64 size;
	u64 value;
};

void cohmem_bar_init(struct cohmem_bar *bar, u64 size);
void cohmem_bar_reset(struct cohmem_bar *bar);
void cohmem_bar_read(const struct cohmem_bar *bar, unsigned int offset,
		     void *buf, unsigned int len);
void cohmem_bar_write(struct cohmem_bar *bar, unsigned int offset,
		      const void *buf, unsigned int len);

#endif /* COHMEM_CORE_BAR_H */
