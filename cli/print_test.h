/* SPDX-License-Identifier: GPL-2.0-only */
/* What test has to say, for people and for programs. */
#ifndef COHMEM_PRINT_TEST_H
#define COHMEM_PRINT_TEST_H

#include "cohmem.h"
#include "selftest.h"

/**
 * struct pattern_run - the pattern test of one region
 * @region: the region
 * @m: the test and what it found
 * @ms: how long it took
 */
struct pattern_run {
	const struct cohmem_region *region;
	struct cohmem_memtest m;
	u64 ms;
};

/**
 * struct test_run - a test of a function
 * @cli: the run
 * @t: the safe tests, and results of all
 * @destructive: the memory is tested, too
 * @nr: regions whose memory was tested, as far as that went
 * @pattern: them
 */
struct test_run {
	struct cli *cli;
	struct cohmem_selftest t;
	bool destructive;
	unsigned int nr;
	struct pattern_run pattern[COHMEM_MAX_REGIONS];
};

u64 pattern_bytes(const struct pattern_run *p);
bool pattern_is_good(const struct pattern_run *p);
void test_text(const struct test_run *run);
void test_json(const struct test_run *run);
int test_report(const struct test_run *run, FILE *out);

#endif /* COHMEM_PRINT_TEST_H */
