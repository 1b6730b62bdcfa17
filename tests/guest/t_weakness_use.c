// SPDX-License-Identifier: GPL-2.0-only
/*
 * The second half of the weaknesses, see t_weakness.c: performance,
 * availability, what a person can see and set.
 */
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

#define RW	(PROT_READ | PROT_WRITE)

struct load {
	struct dev *d;
	u8 *p;
	u64 off;
	size_t len;
	volatile bool stop;
	volatile u64 done;
	volatile int err;
	double ms;
};

static void *read_loop(void *arg)
{
	struct load *l = arg;
	u64 v;

	while (!l->stop) {
		if (reg_read(l->d, 4, 4096, &v, 8) == 8)
			l->done++;
		else if (errno != EIO)
			l->err = errno;
	}
	return NULL;
}

static void *one_load(void *arg)
{
	struct load *l = arg;
	double start = now_ms();
	u64 v;

	l->done = try_load((u64 *)l->p, &v, NULL);
	l->ms = now_ms() - start;
	return NULL;
}

static void w17_waiting_holds_nobody_up(void)
{
	double start, config, other, reset;
	struct load l = {};
	struct dev d;
	pthread_t t;
	void *p;

	dev_open(&d);
	l.p = map_aligned(&d, 4, 0, 4 * MiB, 2 * MiB, facts()->page);
	reset_slowly(&d, 4000);
	pthread_create(&t, NULL, one_load, &l);
	sleep_ms(500);
	start = now_ms();
	cfg_w16(&d, PCI_COMMAND, cfg_r16(&d, PCI_COMMAND));
	config = now_ms() - start;
	start = now_ms();
	p = mmap(NULL, MiB, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	*(u8 *)p = 1;
	munmap(p, MiB);
	other = now_ms() - start;
	sim_training(500);
	start = now_ms();
	CHECK_EQ(dev_reset(&d), 0);
	reset = now_ms() - start;
	set_command(&d, PCI_COMMAND_MEMORY, 0);
	pthread_join(t, NULL);
	test_info("COMMAND write %.1f ms, anonymous mmap %.1f ms, reset %.0f ms, the load %.0f ms",
		  config, other, reset, l.ms);
	CHECK(l.done == 1, "the load failed");
	CHECK(config < 1000, "COMMAND write took %.0f ms", config);
	CHECK(other < 1000, "an anonymous mmap took %.0f ms", other);
	CHECK(reset < 1500, "the reset took %.0f ms", reset);
	dev_close(&d);
}

static void *long_read(void *arg)
{
	struct load *l = arg;
	u8 *buf = mmap(NULL, l->len, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	double start = now_ms();

	CHECK(buf != MAP_FAILED, "%s", strerror(errno));
	l->done = reg_read(l->d, 2, 0, buf, l->len);
	l->ms = now_ms() - start;
	munmap(buf, l->len);
	return NULL;
}

/* Hundreds of MiB of write-combining memory in one read(). */
static void w18_a_long_read_is_no_monopoly(void)
{
	double start, worst = 0, ms;
	struct load l = { .len = 512 * MiB };
	int status, go[2];
	struct dev d;
	pthread_t t;
	pid_t pid;
	char c;

	if (!facts()->split)
		SKIP("this model has no resmem");
	dev_open(&d);
	l.d = &d;
	pthread_create(&t, NULL, long_read, &l);
	while (!l.ms) {
		start = now_ms();
		cfg_w16(&d, PCI_COMMAND, cfg_r16(&d, PCI_COMMAND));
		ms = now_ms() - start;
		worst = max(worst, ms);
		sleep_ms(5);
	}
	pthread_join(t, NULL);
	CHECK_EQ(l.done, l.len);
	test_info("512 MiB of resmem in %.0f ms; COMMAND writes meanwhile took at worst %.1f ms",
		  l.ms, worst);
	CHECK(worst < max(l.ms / 4, 200), "a COMMAND write took %.0f ms", worst);

	/* and one that is killed ends */
	CHECK(!pipe(go), "%s", strerror(errno));
	pid = fork();
	if (!pid) {
		if (write(go[1], "x", 1) == 1)
			for (;;)
				long_read(&l);
		_exit(1);
	}
	CHECK(read(go[0], &c, 1) == 1, "%s", strerror(errno));
	sleep_ms(min(l.ms / 3, 300));
	start = now_ms();
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	test_info("killed in %.0f ms", now_ms() - start);
	CHECK(now_ms() - start < 2000 * slowness(), "it took %.0f ms to die",
	      now_ms() - start);
	dev_close(&d);
}

static double time_read(struct dev *d, u64 off, u8 *buf, size_t len)
{
	double best = 1e9, start, ms;
	unsigned int i;

	for (i = 0; i < 5; i++) {
		start = now_ms();
		CHECK_EQ(reg_read(d, 4, off, buf, len), len);
		ms = now_ms() - start;
		best = min(best, ms);
	}
	return best;
}

/* Nothing has to be fetched for padding: it cannot be slower than memory. */
static void w19_padding_is_not_slow(void)
{
	const struct facts *f = facts();
	size_t len = 16 * MiB;
	double memory, padding;
	struct dev d;
	u8 *buf;

	if (f->usemem_bar - f->usemem < len)
		SKIP("this size of memory leaves too little padding");
	buf = malloc(len);
	memset(buf, 0, len);
	dev_open(&d);
	memory = time_read(&d, 0, buf, len);
	padding = time_read(&d, f->usemem, buf, len);
	test_info("16 MiB: memory %.1f ms, padding %.1f ms", memory, padding);
	CHECK(padding < 4 * memory + 5, "%.1f ms against %.1f ms", padding,
	      memory);
	dev_close(&d);
}

/* The first access maps what it needs, not hundreds of GiB. */
static void w20_the_first_access_maps_little(void)
{
	double start, ms;
	struct dev d;
	u64 v, mapped;

	dev_open(&d);
	CHECK_EQ(kernel_mappings(), 0);
	start = now_ms();
	CHECK_EQ(reg_read(&d, 4, 0, &v, 8), 8);
	ms = now_ms() - start;
	mapped = kernel_mappings();
	test_info("%.1f ms, %llu MiB mapped", ms,
		  (unsigned long long)(mapped / MiB));
	CHECK(mapped <= 256 * MiB, "%llu MiB mapped for 8 bytes",
	      (unsigned long long)(mapped / MiB));
	dev_close(&d);
}

static long faults_of(u8 *p, u64 len)
{
	struct rusage before, after;
	u64 off;

	getrusage(RUSAGE_SELF, &before);
	for (off = 0; off < len; off += facts()->page)
		*(volatile u64 *)(p + off) = off;
	getrusage(RUSAGE_SELF, &after);
	return after.ru_minflt - before.ru_minflt;
}

static void w21_few_faults_whatever_the_address(void)
{
	u64 len = 16 * MiB, pages = len / facts()->page;
	struct dev d;
	long n;
	u8 *p;

	dev_open(&d);
	/* where libc puts it, and where only single pages fit */
	p = map(&d, 4, 0, len);
	n = faults_of(p, len);
	test_info("as libc placed it: %ld faults for %llu pages", n,
		  (unsigned long long)pages);
	CHECK(n <= (long)(pages / 32), "%ld faults", n);
	p = map_aligned(&d, 4, 16 * MiB, len, 2 * MiB, facts()->page);
	n = faults_of(p, len);
	test_info("askew: %ld faults", n);
	CHECK(n <= (long)(pages / 32), "%ld faults", n);
	dev_close(&d);
}

static int ioeventfd(struct dev *d, unsigned int bar, int fd)
{
	struct vfio_device_ioeventfd io = {
		.argsz = sizeof(io), .flags = VFIO_DEVICE_IOEVENTFD_32,
		.offset = d->region[bar].offset + 0x20000, .data = 1,
		.fd = fd,
	};

	return ioctl(d->fd, VFIO_DEVICE_IOEVENTFD, &io) < 0 ? -errno : 0;
}

static void w22_ioeventfd_on_real_bars_only(void)
{
	int fd = eventfd(0, EFD_CLOEXEC), ret;
	struct dev d;

	dev_open(&d);
	ret = ioeventfd(&d, 0, fd);
	CHECK(!ret, "BAR0: %s", strerror(-ret));
	CHECK_EQ(ioeventfd(&d, 0, -1), 0);
	CHECK_EQ(ioeventfd(&d, 4, fd), -EINVAL);
	CHECK_EQ(ioeventfd(&d, 5, fd), -EINVAL);
	if (facts()->split)
		CHECK_EQ(ioeventfd(&d, 2, fd), -EINVAL);
	dev_close(&d);
}

static void w23_binding_does_not_wait_for_the_memory(void)
{
	double start, ms;

	sim("set train stuck");
	sim("set link down");
	start = now_ms();
	rebind();
	ms = now_ms() - start;
	sim("defaults");
	test_info("unbound and bound in %.0f ms", ms);
	CHECK(ms < 3000 * slowness(), "%.0f ms", ms);
}

static void w25_what_goes_on_can_be_seen(void)
{
	static const char *const names[] = {
		"mode", "layout", "usemem_size", "ready_state", "ready_fail",
		"reset_generation", "poison_count", "poison_pages", "scrub",
		"scrub_dirty",
	};
	unsigned int i;
	char text[4096];
	struct dev d;
	u64 before;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		CHECK(attr_read(names[i], text, sizeof(text)) >= 0,
		      "no attribute %s", names[i]);
	CHECK_EQ(attr_u64("usemem_size"), facts()->usemem);
	if (facts()->split)
		CHECK_EQ(attr_u64("resmem_size"), facts()->resmem);
	dev_open(&d);
	CHECK_EQ(reg_read(&d, 4, 0, text, 8), 8);
	attr_read("ready_state", text, sizeof(text));
	CHECK(!strcmp(text, "ready"), "ready_state is \"%s\"", text);
	before = attr_u64("reset_generation");
	CHECK_EQ(dev_reset(&d), 0);
	CHECK_EQ(attr_u64("reset_generation") - before, 1);
	dev_close(&d);
}

static void w26_knobs(void)
{
	static const char *const names[] = {
		"disable_idle_d3", "nointxmask", "scrub", "wait_clear",
	};
	char path[200];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "%s/module/parameters/%s",
			 dev_path("driver"), names[i]);
		CHECK(file_exists(path), "no parameter %s", names[i]);
	}
}

static void w29_no_eagain_when_a_reset_races(void)
{
	struct load r = {};
	struct dev d;
	pthread_t t;
	unsigned int i;

	dev_open(&d);
	r.d = &d;
	pthread_create(&t, NULL, read_loop, &r);
	for (i = 0; i < 6; i++) {
		if (i % 2)
			CHECK_EQ(dev_reset(&d), 0);
		else
			CHECK_EQ(file_write(dev_path("reset"), "1"), 0);
		set_command(&d, PCI_COMMAND_MEMORY, 0);
		sleep_ms(50);
	}
	r.stop = true;
	pthread_join(t, NULL);
	test_info("%llu reads", (unsigned long long)r.done);
	CHECK(!r.err, "a read returned %s", strerror(r.err));
	dev_close(&d);
}

/* The kernel's own list of aliases names every part of the contract. */
static void w30_all_parts_are_known(void)
{
	static const unsigned int ids[] = {
		0x2342, 0x2343, 0x2345, 0x2348, 0x2941, 0x31c2,
	};
	char path[300], line[512], want[64];
	bool found[ARRAY_SIZE(ids)] = {};
	struct utsname u;
	unsigned int i;
	FILE *f;

	uname(&u);
	snprintf(path, sizeof(path), "/lib/modules/%s/modules.alias",
		 u.release);
	f = fopen(path, "r");
	if (!f)
		SKIP("no %s in this machine", path);
	while (fgets(line, sizeof(line), f))
		for (i = 0; i < ARRAY_SIZE(ids); i++) {
			snprintf(want, sizeof(want),
				 "vfio_pci:v000010DEd0000%04X", ids[i]);
			found[i] |= !!strstr(line, want);
		}
	fclose(f);
	for (i = 0; i < ARRAY_SIZE(ids); i++)
		CHECK(found[i], "no alias for %04x", ids[i]);
}

SUITE(TEST(w17_waiting_holds_nobody_up),
      TEST(w18_a_long_read_is_no_monopoly),
      TEST(w19_padding_is_not_slow),
      TEST(w20_the_first_access_maps_little),
      TEST(w21_few_faults_whatever_the_address),
      TEST(w22_ioeventfd_on_real_bars_only),
      TEST(w23_binding_does_not_wait_for_the_memory),
      TEST(w25_what_goes_on_can_be_seen),
      TEST(w26_knobs),
      TEST(w29_no_eagain_when_a_reset_races),
      TEST(w30_all_parts_are_known));
