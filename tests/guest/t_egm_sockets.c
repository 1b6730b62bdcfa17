// SPDX-License-Identifier: GPL-2.0-only
/*
 * Several GPUs: of two sockets, each with EGM of its own, or of one socket, whose
 * EGM they share. Needs at least two of them, all bound.
 */
#include <stdlib.h>
#include <unistd.h>

#include "copy.h"
#include "egm.h"
#include "scrubbing.h"

#define DRIVER	"/sys/bus/pci/drivers/cohmem_vfio_pci"

static void unbind(unsigned int gpu)
{
	CHECK(use_gpu(gpu), "there is no GPU %u", gpu);
	CHECK_EQ(file_write(dev_path("driver/unbind"), facts()->bdf), 0);
}

static void bind(unsigned int gpu)
{
	CHECK(use_gpu(gpu), "there is no GPU %u", gpu);
	CHECK_EQ(file_write(DRIVER "/bind", facts()->bdf), 0);
}

static void need_sockets(void)
{
	need_egm();
	if (egm_facts()->nr < 2)
		SKIP("this machine has one socket: use gb200x2");
}

static void need_shared(void)
{
	need_egm();
	if (egm_gpus() < 2)
		SKIP("no two GPUs of this machine share a socket");
}

static void each_has_its_own(void)
{
	int fd[2];
	u8 *p[2];
	unsigned int s;

	need_sockets();
	for (s = 0; s < 2; s++) {
		fd[s] = egm_open(s);
		CHECK_EQ(__egm_open(s), -EBUSY);
		p[s] = egm_map(fd[s], 4 * MiB, MiB);
		fill(p[s], MiB, s + 1);
	}
	for (s = 0; s < 2; s++) {
		CHECK_EQ(mismatch(p[s], MiB, s + 1), -1);
		CHECK(!file_exists(egm_path(!s, "%s", facts()->bdf)) || s,
		      "the first GPU belongs to the second socket");
		unmap(p[s], MiB);
		egm_close(fd[s]);
	}
}

/* One socket's GPUs go: the other's users notice nothing. */
static void one_goes_and_the_other_stays(void)
{
	int fd[2];
	u8 *p[2];
	unsigned int s;

	need_sockets();
	for (s = 0; s < 2; s++) {
		fd[s] = egm_open(s);
		p[s] = egm_map(fd[s], 4 * MiB, MiB);
		fill(p[s], MiB, s + 1);
	}
	unbind(1);
	CHECK(!file_exists(egm_path(1, "egm_size")), "it is still there");
	expect_sigbus((u64 *)p[1], 0);
	CHECK_EQ(mismatch(p[0], MiB, 1), -1);
	CHECK_EQ(__egm_open(0), -EBUSY);
	bind(1);
	CHECK_EQ(mismatch(p[0], MiB, 1), -1);
	for (s = 0; s < 2; s++) {
		unmap(p[s], MiB);
		egm_close(fd[s]);
	}
	egm_close(egm_open(1));
}

/* It lives as long as one of its GPUs is bound, whichever. */
static void the_last_one_takes_it_along(void)
{
	unsigned int first;
	u64 at;
	int fd;
	u8 *p;

	need_shared();
	at = egm_good(0, MiB);
	for (first = 0; first < 2; first++) {
		fd = egm_open(0);
		p = egm_map(fd, at, MiB);
		fill(p, MiB, first);
		unbind(first);
		CHECK_EQ(egm_gpus(), 1);
		CHECK_EQ(mismatch(p, MiB, first), -1);
		CHECK_EQ(__egm_open(0), -EBUSY);
		unbind(!first);
		expect_sigbus((u64 *)p, 0);
		CHECK(!file_exists(egm_path(0, "egm_size")), "it is still there");
		unmap(p, MiB);
		egm_close(fd);
		bind(first);
		bind(!first);
		CHECK_EQ(egm_gpus(), 2);
	}
}

static bool has_region(unsigned int gpu)
{
	struct egm_region r;
	struct dev d;
	bool has;

	CHECK(use_gpu(gpu), "there is no GPU %u", gpu);
	dev_open(&d);
	has = egm_region_find(&d, &r);
	dev_close(&d);
	return has;
}

/* Of those that are bound. */
static void the_region_is_the_lowest_ones(void)
{
	need_shared();
	CHECK(has_region(0), "the lowest has none");
	CHECK(!has_region(1), "two have it");
	unbind(0);
	CHECK(has_region(1), "none has it");
	bind(0);
	CHECK(has_region(0), "the lowest has none");
	CHECK(!has_region(1), "two have it");
}

/* What any of them could still write is not clean. */
static void any_open_gpu_is_a_suspect(void)
{
	struct dev d;
	int fd;

	need_shared();
	egm_settle("close");
	CHECK(use_gpu(1), "there is no second GPU");
	dev_open(&d);
	fd = egm_open(0);
	egm_close(fd);
	CHECK(egm_becomes("scrub_result", "in-use", CLEARED_MS),
	      "clearing did not end with \"in-use\"");
	CHECK_EQ(egm_u64("scrub_dirty"), 1);
	dev_close(&d);
	egm_cleared();
}

SUITE(TEST(each_has_its_own), TEST(one_goes_and_the_other_stays),
      TEST_LONG(the_last_one_takes_it_along, 120),
      TEST_LONG(the_region_is_the_lowest_ones, 60),
      TEST_LONG(any_open_gpu_is_a_suspect, 180));
