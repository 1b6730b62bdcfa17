// SPDX-License-Identifier: GPL-2.0-only
/*
 * Everything at once: faults, reads, mappings and processes that come and go,
 * against resets, power states, memory decoding, unbinding and removal.
 *
 * Before a race each page of a stretch of memory gets its own signature; whoever
 * loads from it, through whatever mapping and however often that was torn away,
 * must find the signature or a SIGBUS, never another page's. The device watches
 * the same stretch: nobody may touch it while it is not ready.
 *
 * COHMEM_RACE_SECONDS: how long each race lasts (5).
 */
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

#define STRETCH	(8 * MiB)
#define RW	(PROT_READ | PROT_WRITE)

struct race {
	struct dev d;
	double end;
	u64 early;
	volatile bool stop;
	volatile u64 loads, refused, reads, maps, forks;
	u64 seed;
};

static u64 signature(u64 off)
{
	return (off / facts()->page + 1) * 0x9e3779b97f4a7c15ULL;
}

static unsigned int seconds(void)
{
	const char *text = getenv("COHMEM_RACE_SECONDS");

	return text ? atoi(text) : 5;
}

static void race_open(struct race *r, unsigned int training_ms)
{
	u64 off, page = facts()->page;
	u8 *p;

	memset(r, 0, sizeof(*r));
	r->seed = now_ms();
	dev_open(&r->d);
	p = map_aligned(&r->d, 4, 0, STRETCH, 2 * MiB, 0);
	for (off = 0; off < STRETCH; off += page)
		store((u64 *)(p + off), signature(off));
	unmap(p, STRETCH);
	sim_training(training_ms);
	sim("watch add 0 %llu", STRETCH);
	r->early = sim_counter("touched_early");
	r->end = now_ms() + seconds() * 1000.0;
}

static void race_close(struct race *r)
{
	u64 off, page = facts()->page;
	u8 *p;

	set_command(&r->d, PCI_COMMAND_MEMORY, 0);
	p = map(&r->d, 4, 0, STRETCH);
	for (off = 0; off < STRETCH; off += page)
		CHECK_EQ(load((u64 *)(p + off)), signature(off));
	unmap(p, STRETCH);
	CHECK_EQ(sim_counter("touched_early") - r->early, 0);
	dev_close(&r->d);
	test_info("%llu loads, %llu refused, %llu reads, %llu mappings, %llu processes",
		  (unsigned long long)r->loads, (unsigned long long)r->refused,
		  (unsigned long long)r->reads, (unsigned long long)r->maps,
		  (unsigned long long)r->forks);
}

static void check_load(struct race *r, u8 *p, u64 off)
{
	struct fault f;
	u64 v;

	if (try_load((u64 *)p, &v, &f)) {
		CHECK(v == signature(off), "page %#llx shows %#llx, want %#llx",
		      (unsigned long long)off, (unsigned long long)v,
		      (unsigned long long)signature(off));
		r->loads++;
	} else {
		CHECK(f.sig == SIGBUS, "%s", fault_str(&f));
		r->refused++;
	}
}

static void *load_thread(void *arg)
{
	struct race *r = arg;
	u64 page = facts()->page, off, seed = r->seed + 1;
	u8 *p = map_aligned(&r->d, 4, 0, STRETCH, 2 * MiB, 0);

	while (!r->stop) {
		off = mix(&seed) % (STRETCH / page) * page;
		check_load(r, p + off, off);
	}
	unmap(p, STRETCH);
	return NULL;
}

/* Maps, touches a little, changes its mind. */
static void *map_thread(void *arg)
{
	struct race *r = arg;
	u64 page = facts()->page, seed = r->seed + 2;

	while (!r->stop) {
		u64 first = mix(&seed) % (STRETCH / page / 2) * page;
		u64 len = (1 + mix(&seed) % 512) * page;
		u8 *p = map_aligned(&r->d, 4, first, len, 2 * MiB,
				    mix(&seed) % 2 * page);
		unsigned int i;

		for (i = 0; i < 8 && !r->stop; i++) {
			u64 off = mix(&seed) % (len / page) * page;

			check_load(r, p + off, first + off);
		}
		if (mix(&seed) % 2)
			mprotect(p, len / 2 / page * page, PROT_READ);
		if (mix(&seed) % 2 && len > 4 * page)
			munmap(p + page, 2 * page);
		unmap(p, len);
		r->maps++;
	}
	return NULL;
}

static void *read_thread(void *arg)
{
	struct race *r = arg;
	u64 page = facts()->page, seed = r->seed + 3, v;

	while (!r->stop) {
		u64 off = mix(&seed) % (STRETCH / page) * page;
		ssize_t n = reg_read(&r->d, 4, off, &v, 8);

		if (n == 8)
			CHECK(v == signature(off), "read %#llx: %#llx",
			      (unsigned long long)off, (unsigned long long)v);
		else
			CHECK(n < 0 && errno == EIO, "read: %zd (%s)", n,
			      strerror(errno));
		r->reads++;
	}
	return NULL;
}

static void start(struct race *r, pthread_t t[3])
{
	CHECK(!pthread_create(&t[0], NULL, load_thread, r), "thread");
	CHECK(!pthread_create(&t[1], NULL, map_thread, r), "thread");
	CHECK(!pthread_create(&t[2], NULL, read_thread, r), "thread");
}

static void finish(struct race *r, pthread_t t[3])
{
	unsigned int i;

	set_command(&r->d, PCI_COMMAND_MEMORY, 0);
	r->stop = true;
	for (i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
}

static void vfio_resets(void)
{
	struct race r;
	pthread_t t[3];
	unsigned int n = 0;

	race_open(&r, 30);
	start(&r, t);
	for (; now_ms() < r.end; n++) {
		CHECK_EQ(dev_reset(&r.d), 0);
		set_command(&r.d, PCI_COMMAND_MEMORY, 0);
		sleep_ms(mix(&r.seed) % 60);
	}
	finish(&r, t);
	test_info("%u resets", n);
	race_close(&r);
}

static void sysfs_and_function_level_resets(void)
{
	struct race r;
	pthread_t t[3];
	unsigned int n = 0;

	race_open(&r, 30);
	start(&r, t);
	for (; now_ms() < r.end; n++) {
		if (mix(&r.seed) % 2)
			flr(&r.d);
		else
			CHECK_EQ(file_write(dev_path("reset"), "1"), 0);
		set_command(&r.d, PCI_COMMAND_MEMORY, 0);
		sleep_ms(mix(&r.seed) % 60);
	}
	finish(&r, t);
	test_info("%u resets", n);
	race_close(&r);
}

static void memory_decoding(void)
{
	struct race r;
	pthread_t t[3];
	unsigned int n = 0;

	race_open(&r, 30);
	start(&r, t);
	for (; now_ms() < r.end; n++) {
		set_command(&r.d, 0, PCI_COMMAND_MEMORY);
		sleep_ms(mix(&r.seed) % 3);
		set_command(&r.d, PCI_COMMAND_MEMORY, 0);
		sleep_ms(mix(&r.seed) % 5);
	}
	finish(&r, t);
	test_info("%u times off and on", n);
	CHECK(r.refused && r.loads, "the race never met");
	race_close(&r);
}

static void power_states(void)
{
	struct race r;
	pthread_t t[3];
	unsigned int n = 0;

	sim("set nosoftrst 0");
	rebind();
	race_open(&r, 30);
	start(&r, t);
	for (; now_ms() < r.end; n++) {
		set_power(&r.d, 3);
		sleep_ms(mix(&r.seed) % 10);
		set_power(&r.d, 0);
		set_command(&r.d, PCI_COMMAND_MEMORY, 0);
		sleep_ms(mix(&r.seed) % 60);
	}
	finish(&r, t);
	test_info("%u times down and up", n);
	race_close(&r);
	sim("defaults");
	rebind();
}

/* Processes that map, fault and are killed at any moment, under resets. */
static void processes_that_are_killed(void)
{
	struct race r;
	unsigned int n = 0, i;

	race_open(&r, 40);
	for (; now_ms() < r.end; n++) {
		pid_t pid[4];

		for (i = 0; i < 4; i++) {
			pid[i] = fork();
			CHECK(pid[i] >= 0, "fork: %s", strerror(errno));
			if (!pid[i]) {
				r.seed += i;
				if (i % 2)
					load_thread(&r);
				else
					map_thread(&r);
				_exit(0);
			}
		}
		sleep_ms(mix(&r.seed) % 30);
		if (n % 3 == 0) {
			CHECK_EQ(dev_reset(&r.d), 0);
			set_command(&r.d, PCI_COMMAND_MEMORY, 0);
		}
		for (i = 0; i < 4; i++)
			kill(pid[i], SIGKILL);
		for (i = 0; i < 4; i++) {
			int status;

			CHECK(waitpid(pid[i], &status, 0) == pid[i], "%s",
			      strerror(errno));
			CHECK(WIFSIGNALED(status) &&
			      WTERMSIG(status) == SIGKILL,
			      "a process ended by itself: %#x", status);
			r.forks++;
		}
	}
	race_close(&r);
}

static bool poll_one(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, ms) == 1;
}

/* Closing while others still fault: the last one out turns off the light. */
static void close_under_faults(void)
{
	unsigned int n = 0;
	struct race r;
	double end;

	race_open(&r, 30);
	end = r.end;
	race_close(&r);
	for (; now_ms() < end; n++) {
		pid_t pid[3];
		unsigned int i;
		struct dev d;

		dev_open(&d);
		r.d = d;
		for (i = 0; i < 3; i++) {
			pid[i] = fork();
			if (!pid[i]) {
				double stop = now_ms() + 20 + i * 30;
				u8 *p = map(&r.d, 4, 0, STRETCH);
				u64 off = 0;

				dev_close(&r.d);
				for (; now_ms() < stop; off += facts()->page)
					check_load(&r, p + off % STRETCH,
						   off % STRETCH);
				_exit(0);
			}
		}
		dev_close(&d);
		for (i = 0; i < 3; i++) {
			int status;

			waitpid(pid[i], &status, 0);
			CHECK(!status, "process %u: %#x", i, status);
		}
	}
	test_info("%u rounds", n);
}

/* A hot reset goes on under waiters. Hopper's bus cannot be reset by Linux. */
static void hot_reset_under_waiters(void)
{
	struct {
		struct vfio_pci_hot_reset head;
		int fd;
	} arg = {
		.head.argsz = sizeof(arg), .head.count = 1,
	};
	double begin, ms;
	struct race r;
	pthread_t t[3];
	int ret;

	race_open(&r, 1500);
	if (r.d.group < 0)
		SKIP("a hot reset over a cdev takes other arguments");
	arg.fd = r.d.group;
	start(&r, t);
	CHECK_EQ(dev_reset(&r.d), 0);
	set_command(&r.d, PCI_COMMAND_MEMORY, 0);
	sleep_ms(300);
	begin = now_ms();
	ret = ioctl(r.d.fd, VFIO_DEVICE_PCI_HOT_RESET, &arg);
	ms = now_ms() - begin;
	set_command(&r.d, PCI_COMMAND_MEMORY, 0);
	if (ret && errno == ENODEV) {
		finish(&r, t);
		SKIP("the kernel refuses to reset the bus of this part (a quirk for its id)");
	}
	CHECK(!ret, "hot reset: %s", strerror(errno));
	test_info("%.0f ms", ms);
	CHECK(ms < 3000, "it took %.0f ms", ms);
	CHECK_EQ(cfg_r64(&r.d, 0x20), 0xc);
	finish(&r, t);
	race_close(&r);
}

/* Unbinding waits for the user, asks him to go, and ends when he has gone. */
static void unbind_while_open(void)
{
	struct dev d;
	int fd, status;
	pid_t pid;
	u8 *p;

	dev_open(&d);
	fd = eventfd(0, EFD_CLOEXEC);
	CHECK_EQ(__irq_set(&d, VFIO_PCI_REQ_IRQ_INDEX, 0, &fd, 1), 0);
	p = map(&d, 4, 0, 65536);
	store((u64 *)p, 5);
	pid = fork();
	if (!pid) {
		munmap(p, 65536);
		dev_close(&d);
		close(fd);
		rebind();
		_exit(0);
	}
	CHECK(poll_one(fd, 15000), "nobody asked for the device back");
	/* it works until we let go */
	CHECK_EQ(load((u64 *)p), 5);
	CHECK(waitpid(pid, &status, WNOHANG) == 0, "it did not wait");
	unmap(p, 65536);
	dev_close(&d);
	CHECK(waitpid(pid, &status, 0) == pid && !status, "unbind: %#x", status);
	dev_open(&d);
	dev_close(&d);
}

/* Users that come and go while the driver is unbound and bound. */
static void unbind_against_users(void)
{
	double end = now_ms() + seconds() * 1000.0;
	unsigned int n = 0, i;
	pid_t pid[2];

	for (i = 0; i < 2; i++) {
		pid[i] = fork();
		if (pid[i])
			continue;
		while (now_ms() < end + 500) {
			struct dev d;
			u64 v;
			u8 *p;

			if (__dev_open(&d)) {
				sleep_ms(5);
				continue;
			}
			p = __map(&d, 4, 0, 65536, RW, MAP_SHARED);
			if (p != MAP_FAILED) {
				try_load((u64 *)p, &v, NULL);
				munmap(p, 65536);
			}
			dev_close(&d);
		}
		_exit(0);
	}
	for (; now_ms() < end; n++) {
		rebind();
		sleep_ms(n * 37 % 200);
	}
	for (i = 0; i < 2; i++) {
		int status;

		waitpid(pid[i], &status, 0);
		CHECK(!status, "user %u: %#x", i, status);
	}
	test_info("%u times unbound", n);
}

static void *one_load(void *arg)
{
	struct race *r = arg;
	u64 v;

	r->maps = try_load((u64 *)map(&r->d, 4, 0, 65536), &v, NULL);
	r->end = now_ms();
	return NULL;
}

/*
 * Off the bus while somebody waits for the memory: an error in time that says
 * so, no hang of anybody, and a reset brings it back. (Resetting or closing a
 * function that is not there makes the PCI core wait for it for a minute; that
 * is not ours, and not tried.)
 */
static void surprise_removal(void)
{
	int kmsg = kmsg_open();
	struct cohmem_vfio_region info;
	struct race r = {};
	double begin, ms;
	pthread_t t;
	u64 v;

	dev_open(&r.d);
	CHECK_EQ(reg_read(&r.d, 4, 0, &v, 8), 8);
	reset_slowly(&r.d, 6000);
	CHECK(!pthread_create(&t, NULL, one_load, &r), "thread");
	sleep_ms(300);
	sim("remove");
	begin = now_ms();
	cfg_r32(&r.d, 0x40);
	CHECK_EQ(__region_info(r.d.fd, 4, &info), 0);
	bar0_r32(&r.d, 0);
	ms = now_ms() - begin;
	CHECK(ms < 500, "config, info and BAR0 took %.0f ms", ms);
	pthread_join(t, NULL);
	test_info("the load failed %.0f ms after the removal", r.end - begin);
	CHECK(!r.maps, "memory of a device that is gone");
	CHECK(r.end - begin < 3000, "%.0f ms", r.end - begin);
	CHECK_ERRNO(reg_read(&r.d, 4, 0, &v, 8), EIO);
	CHECK(kmsg_find(kmsg, "off the bus", NULL, 0),
	      "the kernel log does not say why");

	sim("restore");
	sim("defaults");
	sleep_ms(300);
	CHECK_EQ(dev_reset(&r.d), 0);
	set_command(&r.d, PCI_COMMAND_MEMORY, 0);
	CHECK_EQ(reg_read(&r.d, 4, 0, &v, 8), 8);
	dev_close(&r.d);
}

/* Removed by the administrator while it is used, and found again. */
static void removed_and_found_again(void)
{
	char driver[256], *name;
	ssize_t n = readlink(dev_path("driver"), driver, sizeof(driver) - 1);
	struct dev d;
	pid_t pid;
	int status, fd, ret;

	CHECK(n > 0, "no driver is bound");
	driver[n] = 0;
	name = strrchr(driver, '/') + 1;
	dev_open(&d);
	fd = eventfd(0, EFD_CLOEXEC);
	CHECK_EQ(__irq_set(&d, VFIO_PCI_REQ_IRQ_INDEX, 0, &fd, 1), 0);
	pid = fork();
	if (!pid) {
		dev_close(&d);
		_exit(file_write(dev_path("remove"), "1") ? 1 : 0);
	}
	CHECK(poll_one(fd, 15000), "nobody asked for the device back");
	dev_close(&d);
	CHECK(waitpid(pid, &status, 0) == pid && !status, "remove: %#x",
	      status);
	CHECK(!file_exists(dev_path("vendor")), "it is still there");
	CHECK_EQ(file_write("/sys/bus/pci/rescan", "1"), 0);
	CHECK(file_exists(dev_path("vendor")), "it was not found again");
	ret = file_write(dev_path("driver_override"), name);
	CHECK(!ret, "driver_override: %s", strerror(-ret));
	ret = file_write("/sys/bus/pci/drivers_probe", facts()->bdf);
	CHECK(!ret, "drivers_probe: %s", strerror(-ret));
	dev_open(&d);
	CHECK_EQ(reg_read(&d, 4, 0, &(u64){ 0 }, 8), 8);
	dev_close(&d);
}

SUITE(TEST_LONG(vfio_resets, 600), TEST_LONG(sysfs_and_function_level_resets, 600),
      TEST_LONG(memory_decoding, 600), TEST_LONG(power_states, 600),
      TEST_LONG(processes_that_are_killed, 600),
      TEST_LONG(close_under_faults, 600), TEST_LONG(hot_reset_under_waiters, 60),
      TEST_LONG(unbind_while_open, 60), TEST_LONG(unbind_against_users, 600),
      TEST_LONG(surprise_removal, 60), TEST_LONG(removed_and_found_again, 60));
