// SPDX-License-Identifier: GPL-2.0-only
/*
 * What any driver of these GPUs owes its users, asked without the help of one:
 * no attribute of ours is needed, so the in-tree peer can be asked the same
 * (lab/run gh200-peer) and docs/peer.md can say what it answers. Beside it the
 * other suites serve for that, where they ask by VFIO alone.
 */
#include <fcntl.h>
#include <linux/vfio.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

#define POISON	"/sys/module/cohmem_test_poison/parameters/phys"

/* Of BAR0, plain memory in the emulated superchip. */
#define BAR0_PLAIN	0x80000

/* A read that takes a driver without chunks seconds, and us a moment. */
#define LONG_READ	(256 * MiB)

static struct dev d;

static void open_ready(void)
{
	u64 value;

	dev_open(&d);
	set_command(&d, 2, 0);
	CHECK_EQ(reg_read(&d, 4, 0, &value, 8), 8);
}

/* --- Bad pages -------------------------------------------------------------- */

static void go_bad(u64 off)
{
	char text[32];
	int ret;

	snprintf(text, sizeof(text), "0x%llx",
		 (unsigned long long)(facts()->mem_base + off));
	ret = file_write(POISON, text);
	CHECK(!ret, "memory_failure(%s): %s", text, strerror(-ret));
}

static void need_poison(void)
{
	if (kernel_version() < 61900)
		SKIP("this kernel does not report errors of device memory");
	if (!file_exists(POISON))
		SKIP("cohmem_test_poison is not loaded");
	rebind();
}

/* A mapping below the bad page, and none that holds it: nobody is concerned. */
static void a_bad_page_elsewhere_kills_nobody(void)
{
	void *p;

	need_poison();
	open_ready();
	p = map(&d, 4, 0, 4 * MiB);
	store(p, 1);
	go_bad(256 * MiB);
	CHECK_EQ(load(p), 1);
	unmap(p, 4 * MiB);
	dev_close(&d);
	rebind();
}

/*
 * The kernel tells a driver of a bad page while somebody maps its memory, as
 * every VMM does: so these have a mapping, but not of that page.
 */
static void a_bad_page_is_not_read(void)
{
	const u64 off = 8 * MiB;
	u64 value;
	void *p;

	need_poison();
	open_ready();
	p = map(&d, 4, 16 * MiB, MiB);
	go_bad(off);
	CHECK_ERRNO(reg_read(&d, 4, off, &value, 8), EIO);
	unmap(p, MiB);
	dev_close(&d);
	rebind();
}

static void a_bad_page_is_not_mapped_again(void)
{
	const u64 off = 8 * MiB;
	void *p, *other;

	need_poison();
	open_ready();
	other = map(&d, 4, 16 * MiB, MiB);
	go_bad(off);
	p = map(&d, 4, off, 4 * MiB);
	expect_sigbus(p, 0);
	unmap(p, 4 * MiB);
	unmap(other, MiB);
	dev_close(&d);

	open_ready();
	p = map(&d, 4, off, 4 * MiB);
	expect_sigbus(p, 0);
	unmap(p, 4 * MiB);
	dev_close(&d);
	rebind();
}

/* --- Users one after the other ---------------------------------------------- */

static void the_next_user_finds_nothing(void)
{
	const struct facts *f = facts();
	const struct {
		unsigned int bar;
		u64 off;
	} at[] = {
		{ 4, 0 }, { 4, f->usemem / 2 + 8 }, { 4, f->usemem - 8 },
		{ 2, 0 }, { 2, f->resmem - 8 },
	};
	const bool ours = file_exists(dev_path("cohmem/scrub"));
	unsigned int i, left = 0;
	u64 value;

	if (f->hbm > 4 * GiB)
		SKIP("clearing this much would need as much memory behind it");
	if (ours)
		CHECK_EQ(file_write(dev_path("cohmem/scrub"), "open"), 0);
	open_ready();
	for (i = 0; i < ARRAY_SIZE(at); i++) {
		value = 0x5ec2e7;
		if (at[i].bar == 4 || f->split)
			CHECK_EQ(reg_write(&d, at[i].bar, at[i].off, &value, 8), 8);
	}
	dev_close(&d);

	open_ready();
	for (i = 0; i < ARRAY_SIZE(at); i++) {
		if (at[i].bar == 2 && !f->split)
			continue;
		CHECK_EQ(reg_read(&d, at[i].bar, at[i].off, &value, 8), 8);
		left += value != 0;
	}
	dev_close(&d);
	if (ours)
		file_write(dev_path("cohmem/scrub"), "default");
	CHECK(!left, "%u words of the first user", left);
}

/* --- The kernel's own mappings ----------------------------------------------- */

/* Bytes of the coherent memory that the kernel maps for drivers. */
static u64 kernel_maps(void)
{
	const struct facts *f = facts();
	unsigned long long size, phys;
	char line[512], *at;
	u64 sum = 0;
	FILE *file = fopen("/proc/vmallocinfo", "r");

	CHECK(file, "/proc/vmallocinfo: %s", strerror(errno));
	while (fgets(line, sizeof(line), file)) {
		at = strstr(line, "phys=0x");
		if (!at || sscanf(line, "%*s %llu", &size) != 1)
			continue;
		phys = strtoull(at + 5, NULL, 16);
		if (phys < f->mem_base + f->hbm && phys + size > f->mem_base)
			sum += size;
	}
	fclose(file);
	return sum;
}

static void the_kernel_maps_little(void)
{
	u64 value, most;

	open_ready();
	CHECK_EQ(reg_read(&d, 4, facts()->usemem - 8, &value, 8), 8);
	most = kernel_maps();
	CHECK(most, "a read leaves no mapping at all: is it still ioremap?");
	CHECK(most <= GiB, "%llu MiB for two words",
	      (unsigned long long)(most / MiB));
	dev_close(&d);
	CHECK_EQ(kernel_maps(), 0);
}

static void the_kernel_maps_nothing_while_it_resets(void)
{
	open_ready();
	CHECK(kernel_maps(), "a read leaves no mapping at all");
	sim("set train stuck");
	CHECK_EQ(dev_reset(&d), 0);
	CHECK_EQ(kernel_maps(), 0);
	dev_close(&d);
}

/* --- Long accesses ------------------------------------------------------------ */

static pid_t reader(unsigned int bar, u64 off)
{
	pid_t pid = fork();
	u8 *buf;

	CHECK(pid >= 0, "fork: %s", strerror(errno));
	if (pid)
		return pid;
	buf = mmap(NULL, LONG_READ, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	while (buf != MAP_FAILED &&
	       reg_read(&d, bar, off, buf, LONG_READ) > 0)
		;
	_exit(1);
}

static void dies_at_once(unsigned int bar, u64 off)
{
	pid_t pid = reader(bar, off);
	double start;
	int status;

	sleep_ms(400);
	CHECK(!waitpid(pid, &status, WNOHANG), "the reader ended: %#x", status);
	start = now_ms();
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	CHECK(now_ms() - start < 500, "died %.0f ms after SIGKILL",
	      now_ms() - start);
}

static void a_long_resmem_read_can_be_killed(void)
{
	if (!facts()->split)
		SKIP("this model has no resmem");
	open_ready();
	dies_at_once(2, 0);
	dev_close(&d);
}

static void a_long_padding_read_can_be_killed(void)
{
	const struct facts *f = facts();

	if (f->usemem_bar - f->usemem < LONG_READ)
		SKIP("this size has no padding");
	open_ready();
	dies_at_once(4, f->usemem);
	dev_close(&d);
}

static void a_long_read_holds_up_nobody(void)
{
	double start, worst = 0;
	int i, status;
	pid_t pid;

	open_ready();
	pid = reader(facts()->split ? 2 : 4, 0);
	sleep_ms(400);
	for (i = 0; i < 20; i++) {
		start = now_ms();
		set_command(&d, 2, 0);
		worst = max(worst, now_ms() - start);
		sleep_ms(10);
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	dev_close(&d);
	CHECK(worst < 200, "COMMAND written after %.0f ms", worst);
}

/* --- Readiness ---------------------------------------------------------------- */

static volatile bool stop;

static void *resets(void *arg)
{
	int i;

	(void)arg;
	for (i = 0; i < 12; i++) {
		dev_reset(&d);
		sleep_ms(7 * i);
	}
	stop = true;
	return NULL;
}

/* A reset under a reader is waited for, not passed on as an error. */
static void reads_survive_resets(void)
{
	pthread_t thread;
	u64 value;

	open_ready();
	sim("set train-ms 130");
	stop = false;
	CHECK(!pthread_create(&thread, NULL, resets, NULL), "no thread");
	while (!stop)
		CHECK_EQ(reg_read(&d, 4, 0, &value, 8), 8);
	pthread_join(thread, NULL);
	dev_close(&d);
}

/* Binding is quick whatever the device does; waiting is for who opens it. */
static void binding_does_not_wait(void)
{
	char link[256], path[300];
	double start, took;
	ssize_t n;
	int ret;

	n = readlink(dev_path("driver"), link, sizeof(link) - 1);
	CHECK(n > 0, "no driver is bound");
	link[n] = 0;
	snprintf(path, sizeof(path), "/sys/bus/pci/drivers/%s/bind",
		 strrchr(link, '/') + 1);
	CHECK_EQ(file_write(dev_path("driver/unbind"), facts()->bdf), 0);
	sim("set train stuck");
	start = now_ms();
	ret = file_write(path, facts()->bdf);
	took = now_ms() - start;
	sim("set train ok");
	if (ret)
		file_write(path, facts()->bdf);
	CHECK(!ret, "bind: %s after %.0f ms", strerror(-ret), took);
	CHECK(took < 2000, "bound after %.0f ms", took);
}

/* A person with only dmesg learns why the GPU does not work. */
static void a_failure_is_said(void)
{
	int kmsg = kmsg_open();
	char line[1024];
	u64 value;

	open_ready();
	sim("set train stuck");
	CHECK_EQ(dev_reset(&d), 0);
	kmsg_skip(kmsg);
	CHECK(reg_read(&d, 4, 0, &value, 8) < 0, "a read of memory that is not there");
	sleep_ms(50);
	while (kmsg_find(kmsg, facts()->bdf, line, sizeof(line)))
		if (strstr(line, "memory"))
			goto said;
	FAIL("the kernel log has not a word about it");
said:
	test_info("%.200s", line);
	close(kmsg);
	dev_close(&d);
}

/* --- Other ways in -------------------------------------------------------------- */

static int ioeventfd(unsigned int bar, u64 off, u32 data, int fd)
{
	struct vfio_device_ioeventfd arg = {
		.argsz = sizeof(arg), .flags = VFIO_DEVICE_IOEVENTFD_32,
		.offset = d.region[bar].offset + off, .data = data, .fd = fd,
	};

	return ioctl(d.fd, VFIO_DEVICE_IOEVENTFD, &arg) ? -errno : 0;
}

static void ioeventfd_on_bar0(void)
{
	int fd = eventfd(0, EFD_CLOEXEC), ret, i;
	const u64 one = 1;

	open_ready();
	bar0_w32(&d, BAR0_PLAIN, 0);
	ret = ioeventfd(0, BAR0_PLAIN, 0x10e, fd);
	CHECK(!ret, "VFIO_DEVICE_IOEVENTFD on BAR0: %s", strerror(-ret));
	CHECK_EQ(write(fd, &one, sizeof(one)), sizeof(one));
	for (i = 0; i < 50 && bar0_r32(&d, BAR0_PLAIN) != 0x10e; i++)
		sleep_ms(10);
	CHECK_EQ(bar0_r32(&d, BAR0_PLAIN), 0x10e);
	CHECK_EQ(ioeventfd(0, BAR0_PLAIN, 0x10e, -1), 0);
	/* The emulated regions are memory: nothing there waits for a doorbell. */
	CHECK(ioeventfd(4, 0, 1, fd) < 0, "an ioeventfd on usemem");
	close(fd);
	dev_close(&d);
}

static void idle_power_can_be_tuned(void)
{
	CHECK(file_exists(dev_path("driver/module/parameters/disable_idle_d3")),
	      "no parameter disable_idle_d3");
}

SUITE(TEST(a_bad_page_elsewhere_kills_nobody), TEST(a_bad_page_is_not_read),
      TEST(a_bad_page_is_not_mapped_again),
      TEST_LONG(the_next_user_finds_nothing, 90),
      TEST(the_kernel_maps_little),
      TEST(the_kernel_maps_nothing_while_it_resets),
      TEST(a_long_resmem_read_can_be_killed),
      TEST(a_long_padding_read_can_be_killed),
      TEST(a_long_read_holds_up_nobody), TEST(reads_survive_resets),
      TEST_LONG(binding_does_not_wait, 90), TEST_LONG(a_failure_is_said, 90),
      TEST(ioeventfd_on_bar0), TEST(idle_power_can_be_tuned));
