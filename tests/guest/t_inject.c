// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every allocation fails once. An operation is done again and again, and the
 * kernel told to fail the first, the second, the n-th of what can fail in it
 * (allocations, copies from and to user space), until it gets through with
 * nothing left to fail. It may fail or not, but only in ways that make sense;
 * afterwards all must be as if it had not been tried, and the kernel must not
 * have complained. What is lost on the way is kmemleak's to find.
 *
 * Needs a kernel with fault injection: lab/run ... --kernel debug.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "egm.h"

#define DEBUG	"/sys/kernel/debug/"
#define NTH	"/proc/thread-self/fail-nth"

/* No operation here has as many steps that can fail. */
#define MAX_STEPS	5000

/* What is behind one operation that is made to fail. */
struct op {
	struct dev d;
	int egm;
	unsigned int n;		/* the step that fails in this try */
	u8 *buf;		/* MiB bytes, touched */
};

static void knob(const char *attr, const char *name, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), DEBUG "%s/%s", attr, name);
	if (file_exists(path))
		CHECK_EQ(file_write(path, value), 0);
}

static void need_injection(void)
{
	static const char *const attrs[] = { "failslab", "fail_page_alloc",
					     "fail_usercopy" };
	unsigned int i;

	if (!file_exists(NTH))
		SKIP("this kernel has no fault injection");
	for (i = 0; i < ARRAY_SIZE(attrs); i++) {
		knob(attrs[i], "verbose", "0");
		knob(attrs[i], "ignore-gfp-wait", "N");
		knob(attrs[i], "ignore-gfp-highmem", "N");
		knob(attrs[i], "min-order", "0");
	}
}

/*
 * One try with step @n failing. Returns whether there was such a step; @ret
 * becomes what the operation returned.
 */
static bool try_with(struct op *op, int (*fn)(struct op *), int *ret)
{
	int fd = open(NTH, O_RDWR | O_CLOEXEC);
	char text[16] = "";
	int len;

	CHECK(fd >= 0, NTH ": %s", strerror(errno));
	len = snprintf(text, sizeof(text), "%u", op->n);
	CHECK_EQ(pwrite(fd, text, len, 0), len);
	*ret = fn(op);
	/*
	 * Looking, and turning it off, have steps of their own. What fails there
	 * was not met by the operation.
	 */
	memset(text, 0, sizeof(text));
	text[0] = '1';
	if (pread(fd, text, sizeof(text) - 1, 0) < 0)
		text[0] = '1';
	if (pwrite(fd, "0", 1, 0) != 1)
		CHECK_EQ(pwrite(fd, "0", 1, 0), 1);
	close(fd);
	return atoi(text) == 0;
}

/*
 * The steps in turn; @undo, after each try, sees what it did. All of the first
 * @all, and then ever fewer: an operation that repeats itself has no news.
 */
static void each_step(struct op *op, int (*fn)(struct op *),
		      void (*undo)(struct op *, int ret), unsigned int all)
{
	unsigned int failed = 0, tries = 0;
	bool hit = true;
	int ret = 0;

	for (op->n = 1; hit && op->n < MAX_STEPS;
	     op->n += op->n < all ? 1 : 1 + op->n / 4) {
		tries++;
		hit = try_with(op, fn, &ret);
		failed += ret < 0;
		if (!hit)
			CHECK(ret >= 0, "nothing failed, but it did: %s",
			      strerror(-ret));
		undo(op, ret);
	}
	CHECK(!hit, "more than %u steps", MAX_STEPS);
	test_info("%u steps tried, %u of them failures for the caller",
		  tries - 1, failed);
	CHECK(tries > 1, "nothing there could fail");
}

/* --- Binding ---------------------------------------------------------------- */
static char driver_dir[300];

static int bind_op(struct op *op)
{
	char path[320];

	(void)op;
	snprintf(path, sizeof(path), "%s/bind", driver_dir);
	return file_write(path, facts()->bdf);
}

static void bind_undo(struct op *op, int ret)
{
	bool bound = file_exists(dev_path("driver"));

	CHECK(bound == !ret, "step %u: bind said \"%s\", and the driver is %s",
	      op->n, strerror(-ret), bound ? "bound" : "not bound");
	/* A claim on the memory fails as if it were taken, whatever the cause. */
	CHECK(ret == 0 || ret == -ENOMEM || ret == -EFAULT || ret == -ENODEV ||
	      ret == -EINVAL || ret == -ENOENT || ret == -EBUSY,
	      "step %u: %s", op->n, strerror(-ret));
	CHECK(bound == file_exists(dev_path("cohmem")),
	      "step %u: attributes without driver, or the other way round",
	      op->n);
	if (bound)
		CHECK_EQ(file_write(dev_path("driver/unbind"), facts()->bdf),
			 0);
}

static void binding(void)
{
	char link[256];
	ssize_t n = readlink(dev_path("driver"), link, sizeof(link) - 1);
	struct op op = { 0 };

	need_injection();
	CHECK(n > 0, "no driver is bound");
	link[n] = 0;
	snprintf(driver_dir, sizeof(driver_dir), "/sys/bus/pci/drivers/%s",
		 strrchr(link, '/') + 1);
	CHECK_EQ(file_write(dev_path("driver/unbind"), facts()->bdf), 0);
	each_step(&op, bind_op, bind_undo, MAX_STEPS);
	CHECK_EQ(bind_op(&op), 0);
	dev_still_works();
}

/* --- Opening ------------------------------------------------------------------ */
static int open_op(struct op *op)
{
	return __dev_open(&op->d);
}

static void open_undo(struct op *op, int ret)
{
	if (!ret)
		dev_close(&op->d);
}

static void opening(void)
{
	struct op op = { 0 };

	need_injection();
	each_step(&op, open_op, open_undo, MAX_STEPS);
	dev_still_works();
}

static void opening_cleared(void)
{
	struct op op = { 0 };
	int ret;

	need_injection();
	ret = file_write(dev_path("cohmem/scrub"), "open");
	CHECK(!ret, "scrub: %s", strerror(-ret));
	dev_open(&op.d);
	dev_close(&op.d);
	/* Every piece of the memory is mapped for itself. */
	each_step(&op, open_op, open_undo, 150);
	CHECK_EQ(file_write(dev_path("cohmem/scrub"), "close"), 0);
	dev_open(&op.d);
	dev_close(&op.d);
	CHECK_EQ(file_write(dev_path("cohmem/scrub"), "default"), 0);
	dev_still_works();
}

/* --- What a user does --------------------------------------------------------- */
/* Another window of the memory each time, so that it has to be mapped. */
static u64 fresh(struct op *op, u64 step)
{
	return op->n * step % (facts()->usemem - MiB);
}

static int read_op(struct op *op)
{
	ssize_t n = pread(op->d.fd, op->buf, MiB,
			  op->d.region[4].offset + fresh(op, 64 * MiB));

	return n < 0 ? -errno : 0;
}

static int write_op(struct op *op)
{
	ssize_t n = pwrite(op->d.fd, op->buf, MiB,
			   op->d.region[4].offset + fresh(op, 64 * MiB));

	return n < 0 ? -errno : 0;
}

static int config_op(struct op *op)
{
	ssize_t n = pread(op->d.fd, op->buf, 256, op->d.region[CONFIG].offset);

	if (n < 0)
		return -errno;
	if (n < 256)
		return 0;
	n = pwrite(op->d.fd, op->buf, 64, op->d.region[CONFIG].offset);
	return n < 0 ? -errno : 0;
}

static int info_op(struct op *op)
{
	struct cohmem_vfio_region r;

	return __region_info(op->d.fd, 4, &r);
}

static int export_op(struct op *op)
{
	int fd = dev_export(&op->d, 4, 0, 2 * MiB);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

/* The first touch of a mapping: user page tables. */
static int touch_op(struct op *op)
{
	u64 off = fresh(op, 4 * MiB) & ~(2 * MiB - 1);
	u8 *p = mmap(NULL, 4 * facts()->page, PROT_READ | PROT_WRITE,
		     MAP_SHARED, op->d.fd, op->d.region[4].offset + off);
	struct fault f;
	int ret = 0;

	if (p == MAP_FAILED)
		return -errno;
	if (!try_store((u64 *)p, op->n, &f))
		ret = -EFAULT;
	munmap(p, 4 * facts()->page);
	return ret;
}

static void nothing_to_undo(struct op *op, int ret)
{
	(void)op;
	(void)ret;
}

static void memory_on(struct op *op, int ret)
{
	(void)ret;
	set_command(&op->d, 2, 0);
}

static void using(int (*fn)(struct op *), void (*undo)(struct op *, int ret))
{
	struct op op = { 0 };

	need_injection();
	dev_open(&op.d);
	op.buf = mmap(NULL, MiB, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	CHECK(op.buf != MAP_FAILED, "no buffer");
	each_step(&op, fn, undo, MAX_STEPS);
	dev_close(&op.d);
	dev_still_works();
}

static void reading(void) { using(read_op, nothing_to_undo); }
static void writing(void) { using(write_op, nothing_to_undo); }
static void config_space(void) { using(config_op, memory_on); }
static void region_info(void) { using(info_op, nothing_to_undo); }
static void mapping(void) { using(touch_op, nothing_to_undo); }
static void exporting(void) { using(export_op, nothing_to_undo); }

/* --- Extended GPU Memory ------------------------------------------------------- */
/* With clearing off: what clears it is no part of what is tried here. */
static void need_egm_and_injection(void)
{
	need_egm();
	need_injection();
	egm_settle("off");
}

static void egm_is_as_before(void)
{
	CHECK(egm_freed(AT_ONCE_MS), "somebody still has it");
	egm_settle("default");
	egm_close(egm_open(0));
	dev_still_works();
}

static int egm_open_op(struct op *op)
{
	op->egm = __egm_open(0);
	return op->egm < 0 ? op->egm : 0;
}

static void egm_open_undo(struct op *op, int ret)
{
	if (!ret)
		egm_close(op->egm);
	CHECK(egm_freed(AT_ONCE_MS), "step %u: %s, and somebody has it",
	      op->n, ret ? strerror(-ret) : "closed");
}

static void egm_opening(void)
{
	struct op op = { 0 };

	need_egm_and_injection();
	each_step(&op, egm_open_op, egm_open_undo, MAX_STEPS);
	egm_is_as_before();
}

static int egm_touch_op(struct op *op)
{
	u64 page = facts()->page, off = op->n * 4 * MiB;
	struct fault f;
	int ret = 0;
	u8 *p;

	off = egm_good(off % (egm_facts()->size - 8 * MiB), 4 * page);
	p = __egm_map(op->egm, off, 4 * page, PROT_READ | PROT_WRITE,
		      MAP_SHARED);
	if (p == MAP_FAILED)
		return -errno;
	if (!try_store((u64 *)p, op->n, &f))
		ret = -EFAULT;
	munmap(p, 4 * page);
	return ret;
}

/* Exported, imported and mapped. */
static int egm_export_op(struct op *op)
{
	u64 page = facts()->page, off = egm_good(0, EGM_RANGES * page);
	struct egm_dma_range range[EGM_RANGES];
	unsigned int i;
	int buf, ret;

	for (i = 0; i < EGM_RANGES; i++)
		range[i] = (struct egm_dma_range){ off + i * page, page };
	buf = egm_export(op->egm, range, EGM_RANGES);
	if (buf < 0)
		return buf;
	ret = __import(buf);
	close(buf);
	return ret;
}

/* It is there or it is not, and nothing is left of it afterwards. */
static void egm_export_undo(struct op *op, int ret)
{
	const char *want = ret ? "none" : "mapped";
	char state[8192];

	import_state(state, sizeof(state));
	CHECK(!strncmp(state, want, strlen(want)),
	      "step %u: %s, and it is \"%s\"", op->n,
	      ret ? strerror(-ret) : "done", state);
	import_end();
}

static void egm_using(int (*fn)(struct op *),
		      void (*undo)(struct op *, int ret))
{
	struct op op = { .egm = egm_open(0) };

	each_step(&op, fn, undo, MAX_STEPS);
	egm_close(op.egm);
	egm_is_as_before();
}

static void egm_mapping(void)
{
	need_egm_and_injection();
	egm_using(egm_touch_op, nothing_to_undo);
}

static void egm_exporting(void)
{
	need_egm_and_injection();
	need_importer();
	egm_using(egm_export_op, egm_export_undo);
}

/* The longest last, so that the others have been seen when time is short. */
SUITE(TEST_LONG(binding, 300), TEST_LONG(opening, 300),
      TEST_LONG(reading, 60), TEST_LONG(writing, 60),
      TEST_LONG(config_space, 60), TEST_LONG(region_info, 60),
      TEST_LONG(mapping, 60), TEST_LONG(exporting, 60),
      TEST_LONG(egm_opening, 60), TEST_LONG(egm_mapping, 60),
      TEST_LONG(egm_exporting, 60),
      TEST_LONG(opening_cleared, 300));
