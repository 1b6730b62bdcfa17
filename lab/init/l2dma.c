// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program in L2 that has devices reach memory of others: that of a GPU which is on
 * line as node's memory. Nothing of it goes through the processor but the check.
 *
 *	l2dma peer GPU BASE OWN OTHER
 *		the copy engine of GPU (its folder in sysfs), whose BAR4 begins at BASE
 *		and is node OWN, copies from there to memory of node OTHER, and back
 *	l2dma disk DISK NODE OFFSET
 *		DISK gets the pattern from memory of the node, and gives it back into
 *		another piece of that; what is on the disk in the end is that pattern
 *
 * Ends with 0, or says what went wrong. COHMEM_SEED and COHMEM_GPU as in l2mem.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/mempolicy.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common.h"
#include "copy.h"

#define BAR		4
#define PAGES		16
#define PCI_COMMAND	4
#define MEMORY_MASTER	6	/* memory decoding, bus mastering */
/* Where nothing is, neither memory nor a BAR: an IOMMU has no translation for it. */
#define NOWHERE		(1ULL << 44)

static size_t page;
static const char *seed;
static unsigned int place;
static char where[LAB_PLACE];	/* the same in words, for lab_pattern() */

static void __attribute__((format(printf, 1, 2), noreturn)) fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	exit(1);
}

static uint64_t phys_of(const void *p)
{
	uint64_t at = lab_phys(p);

	if (!at)
		fail("the kernel does not say where a page is");
	return at;
}

/* Pages of a node, and of no other; they stay where they are. */
static char *pages_of(unsigned long node, unsigned int nr)
{
	unsigned long mask[16] = { 0 };
	size_t size = nr * page;
	char *p;

	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED || node >= 8 * sizeof(mask))
		fail("no memory of node %lu", node);
	mask[node / 64] = 1UL << node % 64;
	madvise(p, size, MADV_NOHUGEPAGE);
	if (syscall(SYS_mbind, p, size, MPOL_BIND, mask, 8 * sizeof(mask), 0) ||
	    mlock(p, size))
		fail("no memory of node %lu: %s", node, strerror(errno));
	memset(p, 0, size);
	return p;
}

static volatile void *engine_of(const char *gpu)
{
	char path[300];
	uint16_t command;
	void *p;
	int fd;

	snprintf(path, sizeof(path), "%s/config", gpu);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || pread(fd, &command, 2, PCI_COMMAND) != 2)
		fail("%s: %s", path, strerror(errno));
	command |= MEMORY_MASTER;
	if (pwrite(fd, &command, 2, PCI_COMMAND) != 2)
		fail("%s: %s", path, strerror(errno));
	close(fd);
	snprintf(path, sizeof(path), "%s/resource0", gpu);
	fd = open(path, O_RDWR | O_SYNC | O_CLOEXEC);
	p = fd < 0 ? MAP_FAILED : mmap(NULL, COHMEM_ENGINE_SIZE, PROT_READ | PROT_WRITE,
				       MAP_SHARED, fd, COHMEM_ENGINE_BASE);
	if (p == MAP_FAILED)
		fail("%s: %s", path, strerror(errno));
	close(fd);
	if (!lab_engine_there(p))
		fail("the GPU has no copy engine that we know");
	return p;
}

/* A page of ours and one of theirs: one way, and with other data the other. */
static void both_ways(volatile void *engine, uint64_t base, char *ours, char *theirs)
{
	uint64_t at = phys_of(ours) - base, bus = phys_of(theirs);
	uint32_t error;
	size_t i;

	lab_fill(ours, page, seed, where, at);
	error = lab_engine_copy(engine, COHMEM_SPACE_COHERENT, at, COHMEM_SPACE_BUS, bus, page);
	if (error)
		fail("to 0x%llx: error %u", (unsigned long long)bus, error);
	if (memcmp(ours, theirs, page))
		fail("at 0x%llx is not what the engine wrote there", (unsigned long long)bus);
	for (i = 0; i < page; i++)
		theirs[i] = ~theirs[i];
	error = lab_engine_copy(engine, COHMEM_SPACE_BUS, bus, COHMEM_SPACE_COHERENT, at, page);
	if (error)
		fail("from 0x%llx: error %u", (unsigned long long)bus, error);
	if (memcmp(ours, theirs, page))
		fail("the engine has read something else from 0x%llx", (unsigned long long)bus);
}

static void peer(const char *gpu, uint64_t base, unsigned long own, unsigned long other)
{
	volatile void *engine = engine_of(gpu);
	char *ours = pages_of(own, PAGES), *theirs = pages_of(other, PAGES);
	unsigned int i;
	uint32_t error;

	for (i = 0; i < PAGES; i++)
		both_ways(engine, base, ours + i * page, theirs + i * page);
	error = lab_engine_copy(engine, COHMEM_SPACE_COHERENT, phys_of(ours) - base,
				COHMEM_SPACE_BUS, NOWHERE, page);
	if (error != COHMEM_EERR_UNMAPPED)
		fail("where nothing is mapped the engine says %u, not unmapped", error);
}

static void disk(const char *path, unsigned long node, uint64_t offset)
{
	size_t len = PAGES * page;
	char *from = pages_of(node, PAGES), *to = pages_of(node, PAGES);
	int fd = open(path, O_RDWR | O_DIRECT | O_SYNC | O_CLOEXEC);

	if (fd < 0)
		fail("%s: %s", path, strerror(errno));
	lab_fill(from, len, seed, where, offset);
	if (pwrite(fd, from, len, offset) != (ssize_t)len)
		fail("%s gets nothing: %s", path, strerror(errno));
	if (pread(fd, to, len, offset) != (ssize_t)len)
		fail("%s gives nothing: %s", path, strerror(errno));
	if (memcmp(from, to, len))
		fail("%s gives something else back", path);
	printf("disk %u 0x%llx %zu ok\n", place, (unsigned long long)offset, len);
}

int main(int argc, char **argv)
{
	seed = getenv("COHMEM_SEED");
	page = sysconf(_SC_PAGESIZE);
	place = lab_place(BAR, where);
	if (seed && argc == 6 && !strcmp(argv[1], "peer"))
		peer(argv[2], strtoull(argv[3], NULL, 0), strtoul(argv[4], NULL, 0),
		     strtoul(argv[5], NULL, 0));
	else if (seed && argc == 5 && !strcmp(argv[1], "disk"))
		disk(argv[2], strtoul(argv[3], NULL, 0), strtoull(argv[4], NULL, 0));
	else
		return 2;
	return 0;
}
