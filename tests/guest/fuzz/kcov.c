// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where in the driver a step has been: CONFIG_KCOV, on kernels that have it. Only
 * places of our own modules count; what the rest of the kernel does differs from
 * call to call, and would have everything look new.
 */
#include <fcntl.h>
#include <linux/kcov.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "act.h"

#define KCOV	"/sys/kernel/debug/kcov"
#define PCS	(64 * 1024)	/* of one step; more are lost */
#define SLOTS	(1 << 16)	/* of places that have been seen */

/* Seen by all processes; a place has a bit by its number, and may share it. */
static u8 *seen;
static u64 text_at, text_end;

static struct {
	int fd;
	unsigned long *pc;
} cover[FUZZ_ACTORS];

/* Where the driver is: "cohmem_vfio_pci SIZE USERS DEPENDS STATE ADDRESS". */
static void find_driver(void)
{
	unsigned long long at, size;
	char line[512];
	FILE *f = fopen("/proc/modules", "r");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "cohmem_vfio_pci %llu %*s %*s %*s %llx", &size,
			   &at) == 2) {
			text_at = at;
			text_end = at + size;
		}
	if (f)
		fclose(f);
}

/**
 * kcov_init() - see whether the kernel can tell; before any process is made
 */
void kcov_init(void)
{
	if (!file_exists(KCOV))
		return;
	find_driver();
	if (!text_at)
		return;
	seen = mmap(NULL, SLOTS, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (seen == MAP_FAILED)
		seen = NULL;
}

/**
 * kcov_there() - does the kernel tell?
 * Return: true if so.
 */
bool kcov_there(void)
{
	return seen;
}

/**
 * kcov_start() - from now on, of this thread
 * @actor: who it is
 */
void kcov_start(unsigned int actor)
{
	unsigned long *pc;
	int fd;

	if (!seen)
		return;
	fd = open(KCOV, O_RDWR | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, KCOV_INIT_TRACE, (unsigned long)PCS))
		return;
	pc = mmap(NULL, PCS * sizeof(*pc), PROT_READ | PROT_WRITE, MAP_SHARED,
		  fd, 0);
	if (pc == MAP_FAILED || ioctl(fd, KCOV_ENABLE, KCOV_TRACE_PC))
		return;
	cover[actor].pc = pc;
	cover[actor].fd = fd;
}

/**
 * kcov_begin() - a step begins
 * @actor: whose
 */
void kcov_begin(unsigned int actor)
{
	if (cover[actor].pc)
		__atomic_store_n(cover[actor].pc, 0, __ATOMIC_RELAXED);
}

/**
 * kcov_end() - a step has ended
 * @actor: whose
 * Return: how many places it has been at where nobody had been.
 */
unsigned int kcov_end(unsigned int actor)
{
	unsigned long *pc = cover[actor].pc, n, i;
	unsigned int fresh = 0;

	if (!pc)
		return 0;
	n = __atomic_load_n(pc, __ATOMIC_RELAXED);
	for (i = 0; i < n && i + 1 < PCS; i++) {
		u64 at = pc[i + 1];
		u8 *bit = &seen[(at - text_at) / 4 % SLOTS];

		if (at >= text_at && at < text_end &&
		    !__atomic_exchange_n(bit, 1, __ATOMIC_RELAXED))
			fresh++;
	}
	return fresh;
}

/**
 * kcov_reached() - how much of the driver has been reached
 * Return: places.
 */
unsigned int kcov_reached(void)
{
	unsigned int i, n = 0;

	for (i = 0; seen && i < SLOTS; i++)
		n += seen[i];
	return n;
}
