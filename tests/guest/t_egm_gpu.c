// SPDX-License-Identifier: GPL-2.0-only
/*
 * The GPU and EGM: its copy engine reaches it over the link and, as a virtual
 * machine's RAM, through the IOMMU; and as nothing stands between a GPU and EGM,
 * a GPU that was open while somebody had it is not trusted until it was reset.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "copy.h"
#include "egm.h"
#include "scrubbing.h"

#define IOVA	(4ULL << 30)

static void copy_open_egm(struct dev *d)
{
	need_egm();
	copy_open(d);
	if (!engine_r64(d, COHMEM_ENGINE_EGM_SIZE))
		SKIP("this GPU's engine reaches no EGM");
	CHECK_EQ(engine_r64(d, COHMEM_ENGINE_EGM_SIZE), egm_facts()->size);
}

/* The CPU writes, the engine moves, the CPU finds it, both ways. */
static void over_the_link(void)
{
	u64 len = 3 * MiB + 40, at;
	struct dev d;
	u8 *e, *m;
	int fd;

	need_egm();
	fd = egm_open(0);
	copy_open_egm(&d);
	at = egm_good(0, 8 * MiB);
	e = egm_map(fd, at, 8 * MiB);
	m = map(&d, 4, 64 * MiB, 4 * MiB);
	fill(e, len, 1);
	engine_run(&d, COPY, EGM, at, MEM, 64 * MiB, len);
	CHECK_EQ(mismatch(m, len, 1), -1);
	fill(m, len, 2);
	engine_run(&d, COPY, MEM, 64 * MiB, EGM, at + 4 * MiB + 8, len - 8);
	fill(m, len, 2);
	CHECK(!memcmp(e + 4 * MiB + 8, m, len - 8), "from the GPU's memory");
	engine_run(&d, COPY, EGM, at + 4 * MiB + 8, EGM, at, len - 8);
	CHECK(!memcmp(e, m, len - 8), "from EGM to EGM");
	engine_fails(&d, COPY, EGM, egm_facts()->size, MEM, 0, 8,
		     COHMEM_EERR_RANGE);
	unmap(e, 8 * MiB);
	dev_close(&d);
	egm_close(fd);
}

/*
 * What a VMM does with it as a machine's RAM: a DMA mapping of all that is not
 * retired, so that the guest's devices reach it.
 */
static void as_a_machines_memory(void)
{
	u64 len = 64 * MiB, at;
	struct dev d;
	u8 *e, *m;
	int fd, ret;

	need_egm();
	fd = egm_open(0);
	copy_open_egm(&d);
	at = egm_good(2 * MiB, len);
	e = egm_map_aligned(fd, at, len, 2 * MiB);
	ret = __dma_map(&d, e, IOVA, len);
	if (ret && d.iommufd >= 0)
		SKIP("iommufd pins no device memory: %s", strerror(-ret));
	CHECK(!ret, "DMA map of EGM: %s", strerror(-ret));
	m = map(&d, 4, 64 * MiB, 4 * MiB);
	fill(e, 4 * MiB, 3);
	engine_run(&d, COPY, BUS, IOVA, MEM, 64 * MiB, 4 * MiB);
	CHECK_EQ(mismatch(m, 4 * MiB, 3), -1);
	fill(m, 4 * MiB, 4);
	engine_run(&d, COPY, MEM, 64 * MiB, BUS, IOVA + len - 4 * MiB, 4 * MiB);
	CHECK_EQ(mismatch(e + len - 4 * MiB, 4 * MiB, 4), -1);
	dma_unmap(&d, IOVA, len);
	unmap(e, len);
	dev_close(&d);
	egm_close(fd);
}

/*
 * A GPU that was open meanwhile may go on writing: nothing that is cleared stays
 * clean, until it was closed and reset.
 */
static void an_open_gpu_is_a_suspect(void)
{
	u64 at, v;
	struct dev d;
	int fd, kmsg;

	egm_settle("close");
	kmsg = kmsg_open();
	copy_open_egm(&d);
	fd = egm_open(0);
	at = egm_good(0, 2 * MiB);
	engine_w64(&d, COHMEM_ENGINE_PATTERN, 0x6666666666666666ULL);
	engine_run(&d, COHMEM_OP_FILL, 0, 0, EGM, at, MiB);
	egm_close(fd);
	CHECK(egm_becomes("scrub_result", "in-use", CLEARED_MS),
	      "clearing did not end with \"in-use\"");
	CHECK_EQ(egm_u64("scrub_dirty"), 1);
	CHECK(kmsg_count(kmsg, facts()->bdf), "nobody says which GPU it is");
	/* As it is still able to: */
	engine_run(&d, COHMEM_OP_FILL, 0, 0, EGM, at, MiB);
	dev_close(&d);
	egm_cleared();
	egm_is("scrub_result", "ok");
	sim_egm_read(at, &v, 8);
	CHECK_EQ(v, 0);
	sim_egm_read(at + MiB - 8, &v, 8);
	CHECK_EQ(v, 0);
}

/*
 * A GPU that could not be reset when its user left is one still. Clearing its own
 * memory starts with a reset that was seen to work: then it is none any more.
 */
static void clearing_the_gpu_frees_it(void)
{
	bool reset;
	struct dev d;
	int ret;

	egm_settle("close");
	scrub_fresh("off");
	dev_open(&d);
	egm_close(egm_open(0));
	CHECK(egm_becomes("scrub_result", "in-use", CLEARED_MS),
	      "clearing did not end with \"in-use\"");
	ret = file_write(dev_path("reset_method"), "\n");
	if (ret)
		SKIP("reset_method cannot be cleared: %s", strerror(-ret));
	dev_close(&d);
	reset = egm_becomes("scrub_dirty", "0", AT_ONCE_MS);
	CHECK_EQ(file_write(dev_path("reset_method"), "default"), 0);
	if (reset)
		SKIP("the core has reset the bus instead");
	egm_is("scrub_result", "in-use");
	attr_write("scrub_start", "start");
	egm_cleared();
	egm_is("scrub_result", "ok");
	CHECK(attr_becomes("scrub_state", "idle", CLEARED_MS),
	      "clearing the GPU's memory does not end");
	attr_is("scrub_result", "ok");
}

/* One that came when EGM was clean and nobody had it is none. */
static void a_gpu_by_itself_is_none(void)
{
	struct dev d;

	egm_settle("close");
	copy_open_egm(&d);
	CHECK_EQ(egm_u64("scrub_dirty"), 0);
	dev_close(&d);
	CHECK_EQ(egm_u64("scrub_dirty"), 0);
}

/* A reset of the GPU is none of EGM's: it is the machine's memory. */
static void a_reset_leaves_it_alone(void)
{
	struct dev d;
	u64 at;
	u8 *e;
	int fd;

	need_egm();
	fd = egm_open(0);
	dev_open(&d);
	at = egm_good(0, 2 * MiB);
	e = egm_map(fd, at, 2 * MiB);
	fill(e, 2 * MiB, 9);
	CHECK_EQ(dev_reset(&d), 0);
	CHECK_EQ(mismatch(e, 2 * MiB, 9), -1);
	set_command(&d, 0, 2);
	CHECK_EQ(mismatch(e, 2 * MiB, 9), -1);
	set_command(&d, 2, 0);
	dev_close(&d);
	CHECK_EQ(mismatch(e, 2 * MiB, 9), -1);
	unmap(e, 2 * MiB);
	egm_close(fd);
}

SUITE(TEST(over_the_link), TEST(as_a_machines_memory),
      TEST_LONG(an_open_gpu_is_a_suspect, 180),
      TEST_LONG(clearing_the_gpu_frees_it, 180),
      TEST_LONG(a_gpu_by_itself_is_none, 120), TEST(a_reset_leaves_it_alone));
