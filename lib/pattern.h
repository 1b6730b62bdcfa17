/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a memory test writes, and what it makes of what it reads. Pure: it works
 * on any memory, and knows addresses only as numbers.
 *
 * The test is a march: each pass goes over all of the memory once, expects what
 * the pass before has left and leaves something else. The first passes are
 * March C- (van de Goor, "Testing Semiconductor Memories") with each word's own
 * address in the place of 0 and its complement in the place of 1, so that two
 * addresses that meet in one cell are found as well; then come a checkerboard,
 * its complement, and zero, which is what stays.
 */
#ifndef LIBCOHMEM_PATTERN_H
#define LIBCOHMEM_PATTERN_H

#include "env.h"

/* What one word holds: (its address & @mask) ^ @flip. */
struct cohmem_pattern {
	u64 mask;
	u64 flip;
};

/**
 * struct cohmem_pass - one pass of the march
 * @name: for people
 * @has_expect: it reads, and wants @expect
 * @has_write: it leaves @write
 * @down: from the last address to the first
 * @expect: what the pass before has left
 * @write: what this one leaves
 */
struct cohmem_pass {
	const char *name;
	bool has_expect;
	bool has_write;
	bool down;
	struct cohmem_pattern expect;
	struct cohmem_pattern write;
};

#define COHMEM_NR_PASSES	8

extern const struct cohmem_pass cohmem_passes[COHMEM_NR_PASSES];

/* Memory is worked on in blocks of so many bytes. */
#define COHMEM_BLOCK		4096

/**
 * struct cohmem_mismatch - a word that did not read as it should
 * @address: physical address
 * @expected: what should have been there
 * @found: what was
 * @pass: in which pass, from 0
 */
struct cohmem_mismatch {
	u64 address;
	u64 expected;
	u64 found;
	unsigned int pass;
};

typedef void cohmem_mismatch_fn(void *arg, const struct cohmem_mismatch *m);

u64 cohmem_pattern_word(const struct cohmem_pattern *p, u64 address);
void cohmem_pass_block(u64 *block, u64 address, unsigned int pass,
		       cohmem_mismatch_fn *fn, void *arg);
void cohmem_mismatch_bits(const struct cohmem_mismatch *m, char *buf,
			  size_t size);
void cohmem_mismatch_why(const struct cohmem_mismatch *m, u64 base, u64 bytes,
			 char *buf, size_t size);

#endif /* LIBCOHMEM_PATTERN_H */
