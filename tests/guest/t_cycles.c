// SPDX-License-Identifier: GPL-2.0-only
/*
 * The same thing again and again: what one round leaves behind is too little to
 * see, what hundreds leave is not.
 *
 * COHMEM_CYCLES: rounds of each (default: as many as fit into 6 s).
 */
#include <linux/pci_regs.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

#define TIME_MS	6000

static void repeat(void (*round)(void))
{
	const char *text = getenv("COHMEM_CYCLES");
	unsigned int want = text ? atoi(text) : 0, n;
	double end = now_ms() + TIME_MS;
	long before, grown;

	/* the first rounds fill caches that stay */
	for (n = 0; n < 5; n++)
		round();
	before = kernel_kb();
	for (n = 0; want ? n < want : now_ms() < end; n++)
		round();
	/* what is freed by RCU and by workqueues is given time */
	sleep_ms(500);
	grown = kernel_kb() - before;
	test_info("%u rounds, kernel memory %+ld KiB, the GPU's mapped %llu KiB",
		  n, grown, (unsigned long long)kernel_mappings() / 1024);
	/* a page a round would be a leak; a machine breathes by some hundreds */
	CHECK(grown < 1024 + (long)n * 2 || keeps_what_is_freed(),
	      "%ld KiB in %u rounds", grown, n);
}

static void open_and_use(void)
{
	struct dev d;
	u64 v;
	u8 *p;

	dev_open(&d);
	p = map(&d, 4, 0, 4 * MiB);
	store((u64 *)p, 1);
	CHECK_EQ(reg_read(&d, 4, 128 * MiB, &v, 8), 8);
	CHECK_EQ(reg_write(&d, 4, facts()->usemem - 8, &v, 8), 8);
	if (facts()->split)
		CHECK_EQ(reg_read(&d, 2, 0, &v, 8), 8);
	cfg_w64(&d, 0x20, 0x123456780000ULL);
	unmap(p, 4 * MiB);
	dev_close(&d);
}

static void open_and_close(void)
{
	repeat(open_and_use);
	CHECK_EQ(kernel_mappings(), 0);
}

/* The user is killed in the middle of it. */
static void use_and_be_killed(void)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		open_and_use();
		_exit(0);
	}
	sleep_ms(120);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
}

static void open_and_be_killed(void)
{
	struct dev d;

	repeat(use_and_be_killed);
	dev_open(&d);
	dev_close(&d);
}

static void bind_and_unbind(void)
{
	repeat(rebind);
}

static struct dev held;

static void map_and_unmap(void)
{
	unsigned int i;

	for (i = 0; i < 20; i++) {
		u8 *p = map_aligned(&held, 4, i * MiB, 4 * MiB, 2 * MiB,
				    i % 2 * facts()->page);

		store((u64 *)p, i);
		store((u64 *)(p + 2 * MiB), i);
		unmap(p, 4 * MiB);
	}
}

static void mappings(void)
{
	dev_open(&held);
	repeat(map_and_unmap);
	dev_close(&held);
}

static void reset_and_use(void)
{
	u64 v;

	CHECK_EQ(dev_reset(&held), 0);
	set_command(&held, PCI_COMMAND_MEMORY, 0);
	CHECK_EQ(reg_read(&held, 4, 0, &v, 8), 8);
	CHECK_EQ(reg_read(&held, 4, 512 * MiB, &v, 8), 8);
}

static void resets(void)
{
	dev_open(&held);
	repeat(reset_and_use);
	/* the last read has mapped something: a reset takes it away */
	dev_close(&held);
	CHECK_EQ(kernel_mappings(), 0);
}

SUITE(TEST_LONG(open_and_close, 1500), TEST_LONG(open_and_be_killed, 1500),
      TEST_LONG(bind_and_unbind, 1500), TEST_LONG(mappings, 300),
      TEST_LONG(resets, 1500));
