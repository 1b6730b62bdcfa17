/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All of a piece of memory under test, by several threads: the passes of
 * pattern.h, one after the other, none before all threads have ended the last.
 * Pages that are known to be bad are left out; one that answers with a signal is
 * noted and left out from then on.
 */
#ifndef LIBCOHMEM_MEMTEST_H
#define LIBCOHMEM_MEMTEST_H

#include "pattern.h"

#define COHMEM_MEMTEST_CPUS	64
#define COHMEM_MEMTEST_FIRST	16	/* mismatches that are kept */
#define COHMEM_MEMTEST_PAGES	64	/* pages that are kept, of each kind */

/**
 * struct cohmem_pages - a list of pages
 * @nr: how many are listed
 * @more: there are more, which are not
 * @page: physical addresses, each once
 */
struct cohmem_pages {
	unsigned int nr;
	bool more;
	u64 page[COHMEM_MEMTEST_PAGES];
};

/**
 * struct cohmem_memtest - a test of memory
 *
 * Given:
 * @map: where the memory is mapped
 * @base: its physical address, a multiple of @page
 * @size: bytes, a multiple of @page
 * @page: size of a page
 * @nr_skip: pages to leave out
 * @skip: their physical addresses; the caller's
 * @nr_cpus: threads, one each on:
 * @cpu: these
 * @tick: called from time to time; true = stop
 * @arg: passed to @tick
 *
 * Found:
 * @pass: the pass that goes on, or the last one
 * @done: bytes of it that are done; all of them, pages left out included
 * @stopped: by @tick
 * @hopeless: more pages answer with a signal than can be listed
 * @nr_mismatches: words that were wrong
 * @nr_first: of them, kept in
 * @first: these, by address
 * @wrong: pages with such words
 * @fault: pages that answered with a signal
 */
struct cohmem_memtest {
	u8 *map;
	u64 base;
	u64 size;
	u64 page;
	unsigned int nr_skip;
	u64 *skip;
	unsigned int nr_cpus;
	int cpu[COHMEM_MEMTEST_CPUS];
	bool (*tick)(void *arg, const struct cohmem_memtest *t);
	void *arg;

	unsigned int pass;
	u64 done;
	bool stopped;
	bool hopeless;
	u64 nr_mismatches;
	unsigned int nr_first;
	struct cohmem_mismatch first[COHMEM_MEMTEST_FIRST];
	struct cohmem_pages wrong;
	struct cohmem_pages fault;
};

int cohmem_memtest_run(struct cohmem_memtest *t);
unsigned int cohmem_cpu_list(const char *text, int *cpu, unsigned int max);
unsigned int cohmem_memtest_cpus(const char *list, int *cpu, unsigned int max);

#endif /* LIBCOHMEM_MEMTEST_H */
