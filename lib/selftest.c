// SPDX-License-Identifier: GPL-2.0-only
/* The test of a function: entering it, readiness, regions, reset. */
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <stdarg.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"
#include "operate.h"
#include "selftest.h"

/* The driver gives up after 30 s, or what a CXL function announces: 256 s. */
#define READY_MAX_MS	300000
#define LOOK_MS		2

/**
 * cohmem_test_status_name() - how a test ended, in one stable word
 * @status: how it ended
 * Return: the word.
 */
const char *cohmem_test_status_name(enum cohmem_test_status status)
{
	static const char *const names[COHMEM_NR_TEST_STATUS] = {
		"passed", "skipped", "failed",
	};

	return names[status];
}

/**
 * cohmem_tested() - note what a test has seen
 * @t: the test of the function
 * @id: the test's stable word
 * @status: how it ended
 * @fmt: printf format: what was seen
 */
void cohmem_tested(struct cohmem_selftest *t, const char *id,
		   enum cohmem_test_status status, const char *fmt, ...)
{
	struct cohmem_test_result *r;
	va_list ap;

	t->count[status]++;
	if (t->nr == COHMEM_MAX_TESTS)
		return;
	r = &t->result[t->nr++];
	r->id = id;
	r->status = status;
	va_start(ap, fmt);
	vsnprintf(r->evidence, sizeof(r->evidence), fmt, ap);
	va_end(ap);
}

static bool stopped(struct cohmem_selftest *t)
{
	if (!t->stopped && t->stop && t->stop(t->arg))
		t->stopped = true;
	return t->stopped;
}

/**
 * cohmem_is_bad_page() - does a range of memory hold a page noted as bad?
 * @t: the test
 * @address: physical address
 * @len: bytes
 * Return: true if so.
 */
bool cohmem_is_bad_page(const struct cohmem_selftest *t, u64 address, u64 len)
{
	const struct cohmem_bound *b = &t->f->bound;
	unsigned int i;

	for (i = 0; i < b->nr_poison; i++)
		if (b->poison[i] < address + len &&
		    b->poison[i] + t->page > address)
			return true;
	return false;
}

/**
 * cohmem_wake_up() - let the function answer to accesses of memory
 * @t: the test
 */
void cohmem_wake_up(struct cohmem_selftest *t)
{
	u16 command = 0;

	cohmem_vfio_read(&t->vfio, COHMEM_VFIO_CONFIG, PCI_COMMAND, &command, 2);
	command |= PCI_COMMAND_MEMORY;
	cohmem_vfio_write(&t->vfio, COHMEM_VFIO_CONFIG, PCI_COMMAND, &command,
			  2);
}

/**
 * cohmem_wait_ready() - wait until the driver knows how the memory is
 * @t: the test
 * @word: what it says in the end
 * @size: size of @word
 * Return: 0 if it is ready; -EIO; -EINTR; or why that cannot be read.
 */
int cohmem_wait_ready(struct cohmem_selftest *t, char *word, size_t size)
{
	u64 end = cohmem_now_ms() + READY_MAX_MS;
	const struct timespec pause = { .tv_nsec = LOOK_MS * 1000000 };
	int ret;

	for (;;) {
		ret = cohmem_control_read(t->ctx, t->f, "ready_state", word,
					  size);
		if (ret)
			return ret;
		if (!strcmp(word, "ready"))
			return 0;
		if (!strcmp(word, "failed") || cohmem_now_ms() > end)
			return -EIO;
		if (stopped(t))
			return -EINTR;
		nanosleep(&pause, NULL);
	}
}

static int cannot_open(struct cohmem_selftest *t, int error)
{
	const char *hint = "dmesg may tell more";

	switch (-error) {
	case EACCES:
		hint = "run as root";
		break;
	case EBUSY:
		hint = "somebody has it open ('cohmem list' says who), or its memory is cleared ('cohmem scrub wait')";
		break;
	case EPERM:
		hint = "others of its IOMMU group are in the host's use ('cohmem show' says which), or run as root";
		break;
	case ENOENT:
		hint = "is vfio_iommu_type1 loaded?";
		break;
	}
	return cohmem_fail(t->ctx, error, t->f->bdf, hint,
			   "cannot open %s: %s", t->via, strerror(-error));
}

/**
 * cohmem_selftest_open() - become the function's user
 * @t: ctx and f are set, the rest is zero
 *
 * By its group, as every kernel with type1 has it; otherwise by its own file.
 *
 * Return: 0 or -errno, explained.
 */
int cohmem_selftest_open(struct cohmem_selftest *t)
{
	struct cohmem_func *f = t->f;
	char group[COHMEM_NAME_LEN], cdev[COHMEM_NAME_LEN];
	bool by_group;
	u64 start = cohmem_now_ms();
	int ret;

	t->page = sysconf(_SC_PAGESIZE);
	t->vfio.fd = -1;
	if (!t->ctx->live)
		return cohmem_fail(t->ctx, -EXDEV, f->bdf, "run it on the host itself",
				   "this host is recorded: there is no device to open");
	cohmem_fmt(group, sizeof(group), "/dev/vfio/%d", f->group);
	cohmem_fmt(cdev, sizeof(cdev), "/dev/vfio/devices/vfio%d",
		   f->vfio_cdev);
	by_group = (f->group >= 0 && cohmem_exists(t->ctx, group) &&
		    cohmem_exists(t->ctx, "/dev/vfio/vfio")) ||
		   f->vfio_cdev < 0;
	cohmem_fmt(t->via, sizeof(t->via), "%s", by_group ? group : cdev);
	t->iommu = by_group ? "type1" : "iommufd";
	ret = cohmem_vfio_open(&t->vfio, f->bdf, by_group ? group : NULL,
			       by_group ? NULL : cdev);
	if (ret)
		return cannot_open(t, ret);
	cohmem_wake_up(t);
	t->ready_ms = start;	/* until it is */
	return 0;
}

/**
 * cohmem_selftest_close() - let go of it
 * @t: the test
 */
void cohmem_selftest_close(struct cohmem_selftest *t)
{
	if (t->vfio.fd >= 0)
		cohmem_vfio_close(&t->vfio);
}

static void test_entry(struct cohmem_selftest *t)
{
	u32 want = VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET;
	bool ok = (t->vfio.flags & want) == want &&
		  t->vfio.nr_regions > COHMEM_VFIO_CONFIG;

	cohmem_tested(t, "entry", ok ? COHMEM_TEST_PASSED : COHMEM_TEST_FAILED,
		      "entered by %s, mappings by %s; flags %#x, %u regions, %u kinds of interrupts",
		      t->via, t->iommu, t->vfio.flags, t->vfio.nr_regions,
		      t->vfio.nr_irqs);
}

static void not_ready(struct cohmem_selftest *t, const char *id, int error,
		      const char *word)
{
	char why[COHMEM_NAME_LEN] = "";

	t->unready = true;
	if (error == -EINTR)
		return;
	if (error != -EIO) {
		cohmem_tested(t, id, COHMEM_TEST_FAILED,
			      "ready_state cannot be read: %s",
			      strerror(-error));
		return;
	}
	cohmem_control_read(t->ctx, t->f, "ready_fail", why, sizeof(why));
	cohmem_tested(t, id, COHMEM_TEST_FAILED,
		      "the memory is %s (%s): nothing of it is tested", word,
		      why);
}

static void test_ready(struct cohmem_selftest *t)
{
	char word[COHMEM_NAME_LEN] = "", said[COHMEM_NAME_LEN] = "?";
	int ret = cohmem_wait_ready(t, word, sizeof(word));

	t->ready_ms = cohmem_now_ms() - t->ready_ms;
	if (ret) {
		not_ready(t, "ready", ret, word);
		return;
	}
	cohmem_control_read(t->ctx, t->f, "ready_ms", said, sizeof(said));
	cohmem_tested(t, "ready", COHMEM_TEST_PASSED,
		      "ready %llu ms after the device was to be opened (the driver waited %s ms)",
		      (unsigned long long)t->ready_ms, said);
}

/* A region as VFIO announces it is the one that the driver's layout names. */
static void test_region(struct cohmem_selftest *t, const struct cohmem_region *r)
{
	const struct cohmem_vfio_region *v = &t->vfio.region[r->bar];
	const u32 want = VFIO_REGION_INFO_FLAG_READ |
			 VFIO_REGION_INFO_FLAG_WRITE | VFIO_REGION_INFO_FLAG_MMAP;
	const char *id = r->kind == COHMEM_USEMEM ? "region-usemem" :
						    "region-resmem";
	u64 from = 0, size = v->size;
	bool ok;

	if (v->nr_areas) {
		from = v->area[0].offset;
		size = v->area[0].size;
	}
	ok = v->size == r->region_size && (v->flags & want) == want &&
	     v->nr_areas <= 1 && !from && size == r->size;
	cohmem_tested(t, id, ok ? COHMEM_TEST_PASSED : COHMEM_TEST_FAILED,
		      "BAR%u: %#llx bytes, flags %#x, %#llx from %#llx on can be mapped (%u areas)%s",
		      r->bar, (unsigned long long)v->size, v->flags,
		      (unsigned long long)size, (unsigned long long)from,
		      v->nr_areas, ok ? "" : "; the layout says otherwise");
}

static void test_regions(struct cohmem_selftest *t)
{
	const struct cohmem_layout *l = &t->f->memory.layout;
	unsigned int i;

	for (i = 0; i < l->nr; i++)
		test_region(t, &l->region[i]);
	if (!l->nr)
		cohmem_tested(t, "region-usemem", COHMEM_TEST_FAILED,
			      "the driver's layout cannot be read");
}

static void test_reset(struct cohmem_selftest *t)
{
	char before[COHMEM_NAME_LEN] = "", after[COHMEM_NAME_LEN] = "";
	char word[COHMEM_NAME_LEN] = "";
	u64 start, reset;
	int ret;

	cohmem_control_read(t->ctx, t->f, "reset_generation", before,
			    sizeof(before));
	start = cohmem_now_ms();
	ret = cohmem_vfio_reset(&t->vfio);
	if (ret) {
		cohmem_tested(t, "reset", COHMEM_TEST_FAILED,
			      "the reset failed: %s", strerror(-ret));
		return;
	}
	reset = cohmem_now_ms() - start;
	cohmem_wake_up(t);
	ret = cohmem_wait_ready(t, word, sizeof(word));
	if (ret) {
		not_ready(t, "reset", ret, word);
		return;
	}
	cohmem_control_read(t->ctx, t->f, "reset_generation", after,
			    sizeof(after));
	cohmem_tested(t, "reset", strcmp(before, after) ? COHMEM_TEST_PASSED :
		      COHMEM_TEST_FAILED,
		      "reset in %llu ms, memory ready %llu ms after it began; generation %s, then %s",
		      (unsigned long long)reset,
		      (unsigned long long)(cohmem_now_ms() - start), before,
		      after);
}

/**
 * cohmem_selftest_run() - the safe tests, all of them
 * @t: the test, opened
 *
 * Memory is touched only while it is known to be ready.
 */
void cohmem_selftest_run(struct cohmem_selftest *t)
{
	static const struct {
		void (*fn)(struct cohmem_selftest *t);
		bool memory;
	} tests[] = {
		{ test_entry, false }, { test_ready, false },
		{ test_regions, false }, { cohmem_test_config, false },
		{ cohmem_test_bars, false }, { cohmem_test_mapping, true },
		{ cohmem_test_padding, true }, { cohmem_test_dma, true },
		{ test_reset, true },
		/* Is it still there after the reset? */
		{ cohmem_test_mapping, true },
	};
	unsigned int i;

	for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		if (!stopped(t) && !(tests[i].memory && t->unready))
			tests[i].fn(t);
}
