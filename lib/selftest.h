/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Does a bound GPU do over VFIO what a virtual machine will want of it? The
 * program is the user that QEMU would be. Nothing of the hardware is set to
 * work, and all that is written is put back: BARs after they were sized, and
 * words of memory after each was written and read.
 */
#ifndef COHMEM_SELFTEST_H
#define COHMEM_SELFTEST_H

#include "libcohmem.h"
#include "memtest.h"
#include "vfio.h"

enum cohmem_test_status {
	COHMEM_TEST_PASSED,
	COHMEM_TEST_SKIPPED,	/* there is nothing to test, or no way to */
	COHMEM_TEST_FAILED,
	COHMEM_NR_TEST_STATUS,
};

/**
 * struct cohmem_test_result - what one test has seen
 * @id: stable word
 * @status: how it ended
 * @evidence: what was seen
 */
struct cohmem_test_result {
	const char *id;
	enum cohmem_test_status status;
	char evidence[320];
};

#define COHMEM_MAX_TESTS	24

/**
 * struct cohmem_selftest - a test of a function
 * @ctx: the context
 * @f: the function, loaded
 * @vfio: the open device
 * @via: the device file it was entered by
 * @iommu: "type1" or "iommufd"
 * @page: page size of the kernel
 * @ready_ms: from its opening until its memory was ready
 * @stop: asked between two tests; true ends it
 * @arg: passed to @stop
 * @stopped: it was ended
 * @unready: its memory is not ready: nothing may be asked of it
 * @nr: tests that were done
 * @result: what they have seen
 * @count: how many of each status
 */
struct cohmem_selftest {
	struct cohmem_ctx *ctx;
	struct cohmem_func *f;
	struct cohmem_vfio vfio;
	char via[COHMEM_NAME_LEN];
	const char *iommu;
	u64 page;
	u64 ready_ms;
	bool (*stop)(void *arg);
	void *arg;
	bool stopped;
	bool unready;
	unsigned int nr;
	struct cohmem_test_result result[COHMEM_MAX_TESTS];
	unsigned int count[COHMEM_NR_TEST_STATUS];
};

/* selftest.c */
int cohmem_selftest_open(struct cohmem_selftest *t);
void cohmem_selftest_close(struct cohmem_selftest *t);
void cohmem_selftest_run(struct cohmem_selftest *t);
const char *cohmem_test_status_name(enum cohmem_test_status status);

/* for the files of tests */
__attribute__((format(printf, 4, 5)))
void cohmem_tested(struct cohmem_selftest *t, const char *id,
		   enum cohmem_test_status status, const char *fmt, ...);
int cohmem_wait_ready(struct cohmem_selftest *t, char *word, size_t size);
void cohmem_wake_up(struct cohmem_selftest *t);
bool cohmem_is_bad_page(const struct cohmem_selftest *t, u64 address, u64 len);

/* selftest_config.c */
void cohmem_test_config(struct cohmem_selftest *t);
void cohmem_test_bars(struct cohmem_selftest *t);

/* selftest_memory.c */
void cohmem_test_mapping(struct cohmem_selftest *t);
void cohmem_test_padding(struct cohmem_selftest *t);
void cohmem_test_dma(struct cohmem_selftest *t);

/* All of a region; what it held is lost. */
int cohmem_pattern_open(struct cohmem_selftest *t,
			const struct cohmem_region *r,
			struct cohmem_memtest *m);
void cohmem_pattern_close(struct cohmem_memtest *m);

#endif /* COHMEM_SELFTEST_H */
