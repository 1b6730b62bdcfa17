// SPDX-License-Identifier: GPL-2.0-only
/*
 * Time on a machine that is slow: the kernel may be one that checks everything
 * (COHMEM_SLOW, known beforehand), and the host may give the emulated processors
 * less time than they ask for (measured while it happens, see lab/init/limit.h).
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest.h"
#include "limit.h"

/* What init publishes; zeros where there is no such file: outside of the lab. */
static const volatile struct lab_lost *published(void)
{
	static const struct lab_lost none;
	static const volatile struct lab_lost *page;
	void *p;
	int fd;

	if (page)
		return page;
	page = &none;
	fd = open(LAB_LOST_FILE, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return page;
	p = mmap(NULL, sizeof(*page), PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (p != MAP_FAILED)
		page = p;
	return page;
}

/**
 * host_tells_lost() - is it known how much time the host takes away?
 * Return: false where limits do not stretch.
 */
bool host_tells_lost(void)
{
	return published()->wall_ms;
}

/**
 * stopwatch_start() - begin to measure time that counts against a limit
 * Return: the stopwatch, for stopwatch_ms().
 */
struct stopwatch stopwatch_start(void)
{
	return (struct stopwatch){ now_ms(), published()->lost_ms };
}

/**
 * stopwatch_ms() - time since the start, without what the host took away
 * @w: from stopwatch_start()
 *
 * The host reports once a second: not for what is shorter than some seconds.
 *
 * Return: milliseconds.
 */
double stopwatch_ms(const struct stopwatch *w)
{
	return lab_spent_ms(now_ms() - w->start, published()->lost_ms - w->lost);
}

/**
 * kernel_slowness() - how many times slower this kernel is than a distribution's
 * Return: COHMEM_SLOW, or 1.
 */
unsigned int kernel_slowness(void)
{
	const char *s = getenv("COHMEM_SLOW");
	int n = s ? atoi(s) : 1;

	return n > 0 ? n : 1;
}

/**
 * slowness() - by how much to multiply a time that something may take at most
 *
 * For what takes less than some seconds, right after it has been done: the kernel's
 * slowness times the worst of the host's in the last ten seconds.
 *
 * Return: at least 1.
 */
unsigned int slowness(void)
{
	return kernel_slowness() * lab_times(published()->worst10);
}
