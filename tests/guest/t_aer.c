// SPDX-License-Identifier: GPL-2.0-only
/*
 * Errors on the link (AER), as the kernel's own aer_inject fakes them: the error
 * registers of the function and of its root port show what is asked for, and
 * the root port's interrupt comes. From there on all is real: the callbacks, the
 * reset of the link, and what the emulated superchip makes of it.
 */
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "guest.h"

#define STRETCH	(4 * MiB)

/* What /dev/aer_inject takes. */
struct injection {
	u8 bus, dev, fn;
	u32 uncorrectable, correctable;
	u32 header[4];
	u32 domain;
};

struct loader {
	u8 *p;
	volatile bool stop;
	volatile u64 loads, refused, wrong;
};

static void need_injection(void)
{
	if (file_exists("/dev/aer_inject"))
		return;
	if (system("modprobe -q aer_inject") ||
	    !file_exists("/dev/aer_inject"))
		SKIP("this kernel has no aer_inject");
}

static void inject(u32 bit)
{
	struct injection e = { .uncorrectable = bit };
	unsigned int domain, bus, dev, fn;
	int fd = open("/dev/aer_inject", O_WRONLY | O_CLOEXEC);

	CHECK(fd >= 0, "/dev/aer_inject: %s", strerror(errno));
	CHECK_EQ(sscanf(facts()->bdf, "%x:%x:%x.%x", &domain, &bus, &dev, &fn),
		 4);
	e.domain = domain;
	e.bus = bus;
	e.dev = dev;
	e.fn = fn;
	CHECK(write(fd, &e, sizeof(e)) == sizeof(e), "injection: %s",
	      strerror(errno));
	close(fd);
}

static int error_eventfd(struct dev *d)
{
	int fd = eventfd(0, EFD_CLOEXEC);

	CHECK_EQ(__irq_set(d, VFIO_PCI_ERR_IRQ_INDEX, 0, &fd, 1), 0);
	return fd;
}

static void told(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	CHECK(poll(&p, 1, 20000) == 1, "the user was not told of the error");
	close(fd);
}

/* The kernel says when it is through: 1 "successful", 0 "failed", -1 not yet. */
static int recovered_within(int kmsg, unsigned int ms)
{
	double end = now_ms() + ms;
	char line[512];

	do {
		if (kmsg_find(kmsg, "device recovery ", line, sizeof(line)))
			return !!strstr(line, "successful");
		sleep_ms(20);
	} while (now_ms() < end);
	return -1;
}

static bool recovered(int kmsg)
{
	int ret = recovered_within(kmsg, 20000);

	CHECK(ret >= 0, "no end of the recovery");
	return ret;
}

static void *load_thread(void *arg)
{
	struct loader *l = arg;
	u64 off = 0, v;

	while (!l->stop) {
		if (!try_load((u64 *)(l->p + off), &v, NULL))
			l->refused++;
		else if (v != off + 1)
			l->wrong++;
		else
			l->loads++;
		off = (off + facts()->page) % STRETCH;
	}
	return NULL;
}

/* Taken off the bus and found again: whatever the link went through is over. */
static void start_over(void)
{
	char driver[256], *name;
	ssize_t n = readlink(dev_path("driver"), driver, sizeof(driver) - 1);
	struct dev d;
	u64 v;

	CHECK(n > 0, "no driver is bound");
	driver[n] = 0;
	name = strrchr(driver, '/') + 1;
	CHECK_EQ(file_write(dev_path("remove"), "1"), 0);
	CHECK_EQ(file_write("/sys/bus/pci/rescan", "1"), 0);
	CHECK_EQ(file_write(dev_path("driver_override"), name), 0);
	CHECK_EQ(file_write("/sys/bus/pci/drivers_probe", facts()->bdf), 0);
	dev_open(&d);
	CHECK_EQ(reg_read(&d, 4, 0, &v, 8), 8);
	dev_close(&d);
}

/*
 * An error that the link survives is told, and takes nothing away. Only where the
 * GPU is alone: the kernel asks the drivers of all functions of the slot, and one
 * that wants a reset, or has no driver that could be asked, decides for all.
 */
static void nonfatal(void)
{
	struct dev d;
	int fd, kmsg;
	u8 *p;

	need_injection();
	if (!access("/sys/bus/pci/devices/0000:01:00.1", F_OK))
		SKIP("the GPU is not alone in its slot");
	kmsg = kmsg_open();
	dev_open(&d);
	fd = error_eventfd(&d);
	p = map(&d, 4, 0, STRETCH);
	store((u64 *)p, 77);
	inject(PCI_ERR_UNC_COMP_ABORT);
	told(fd);
	CHECK(recovered(kmsg), "recovery of a nonfatal error failed");
	CHECK_EQ(load((u64 *)p), 77);
	unmap(p, STRETCH);
	dev_close(&d);
	close(kmsg);
}

/*
 * One that takes the link down: while it is reset nobody reaches the memory, and
 * afterwards nobody does before it is ready. Hopper cannot be reset by its bus:
 * the kernel gives it up, and so it stays until it is found anew.
 */
static void fatal(void)
{
	struct loader l = { 0 };
	struct dev d;
	pthread_t t;
	int fd, kmsg;
	u64 off, early, v;
	bool alive;

	need_injection();
	kmsg = kmsg_open();
	dev_open(&d);
	fd = error_eventfd(&d);
	l.p = map(&d, 4, 0, STRETCH);
	for (off = 0; off < STRETCH; off += facts()->page)
		store((u64 *)(l.p + off), off + 1);
	sim_training(400);
	sim("watch add 0 %llu", STRETCH);
	early = sim_counter("touched_early");
	CHECK_EQ(pthread_create(&t, NULL, load_thread, &l), 0);

	inject(PCI_ERR_UNC_DLP);
	told(fd);
	alive = recovered(kmsg);
	sleep_ms(1000);
	CHECK_EQ(sim_counter("touched_early") - early, 0);
	test_info("the link was %s", alive ? "reset" : "given up");
	if (alive) {
		CHECK_EQ(dev_reset(&d), 0);
		set_command(&d, PCI_COMMAND_MEMORY, 0);
		CHECK_EQ(load((u64 *)l.p), 1);
	} else {
		CHECK(!try_load((u64 *)l.p, &v, NULL),
		      "memory behind a link that was given up");
		CHECK_ERRNO(reg_read(&d, 4, 0, &v, 8), EIO);
	}
	l.stop = true;
	pthread_join(t, NULL);
	test_info("%llu loads, %llu refused", (unsigned long long)l.loads,
		  (unsigned long long)l.refused);
	CHECK_EQ(l.wrong, 0);
	CHECK(l.refused > 0, "nobody was ever refused");
	CHECK_EQ(sim_counter("touched_early") - early, 0);
	unmap(l.p, STRETCH);
	dev_close(&d);
	close(kmsg);
	start_over();
}

/*
 * An error that the GPU would survive, but another function of the slot asks for
 * a reset, and gets it for both. Nobody reaches the memory before it is ready.
 */
static void reset_for_another_function(void)
{
	struct loader l = { 0 };
	u64 off, early, resets;
	struct dev d;
	pthread_t t;
	int kmsg;

	need_injection();
	if (access("/sys/bus/pci/drivers/cohmem_test_vote/0000:01:00.1", F_OK))
		SKIP("the GPU is alone in its slot");
	kmsg = kmsg_open();
	dev_open(&d);
	l.p = map(&d, 4, 0, STRETCH);
	for (off = 0; off < STRETCH; off += facts()->page)
		store((u64 *)(l.p + off), off + 1);
	sim_training(3000);
	/* that counts from the last reset on: ready, so that a loss is seen */
	while (!sim_number("status", "ready"))
		sleep_ms(20);
	load((u64 *)l.p);
	sim("watch add 0 %llu", STRETCH);
	early = sim_counter("touched_early");
	resets = sim_counter("message");
	CHECK_EQ(pthread_create(&t, NULL, load_thread, &l), 0);

	inject(PCI_ERR_UNC_COMP_ABORT);
	recovered(kmsg);
	CHECK(sim_counter("message") > resets,
	      "the slot was not reset: the test is wrong");
	while (sim_number("status", "since_reset_ms") < 3100)
		sleep_ms(20);
	CHECK_EQ(sim_counter("touched_early") - early, 0);
	/* the core leaves the rest to its user, who resets it */
	CHECK_EQ(dev_reset(&d), 0);
	set_command(&d, PCI_COMMAND_MEMORY, 0);
	CHECK_EQ(load((u64 *)l.p), 1);
	CHECK_EQ(sim_counter("touched_early") - early, 0);
	l.stop = true;
	pthread_join(t, NULL);
	test_info("%llu loads, %llu refused", (unsigned long long)l.loads,
		  (unsigned long long)l.refused);
	CHECK_EQ(l.wrong, 0);
	unmap(l.p, STRETCH);
	dev_close(&d);
	close(kmsg);
	start_over();
}

/* The same with nobody there, and again and again. */
static void unused(void)
{
	unsigned int i;
	int kmsg;

	need_injection();
	kmsg = kmsg_open();
	for (i = 0; i < 4; i++) {
		inject(i % 2 ? PCI_ERR_UNC_DLP : PCI_ERR_UNC_COMP_ABORT);
		recovered(kmsg);
	}
	close(kmsg);
	start_over();
}

/*
 * Errors while users come and go. Opening the device resets it, and so may clear
 * an error that the kernel has not looked at yet: not all of them are seen.
 */
static void under_users(void)
{
	unsigned int i, seen = 0;
	int kmsg;
	pid_t pid;

	need_injection();
	kmsg = kmsg_open();
	pid = fork();
	if (!pid) {
		for (;;) {
			struct dev d;
			u64 v;
			u8 *p;

			if (__dev_open(&d)) {
				sleep_ms(5);
				continue;
			}
			p = __map(&d, 4, 0, 65536, 3, 1);
			if (p != (void *)-1)
				try_load((u64 *)p, &v, NULL);
			reg_read(&d, 4, 0, &v, 8);
			dev_close(&d);
		}
	}
	for (i = 0; i < 9; i++) {
		inject(i % 3 ? PCI_ERR_UNC_COMP_ABORT : PCI_ERR_UNC_DLP);
		seen += recovered_within(kmsg, 2000) >= 0;
		sleep_ms(50);
	}
	kill(pid, SIGKILL);
	sleep_ms(300);
	close(kmsg);
	test_info("%u of %u errors seen", seen, i);
	CHECK(seen > 0, "no error got through");
	start_over();
}

SUITE(TEST(nonfatal), TEST_LONG(fatal, 60),
      TEST_LONG(reset_for_another_function, 60), TEST_LONG(unused, 60),
      TEST_LONG(under_users, 90));
