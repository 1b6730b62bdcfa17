// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program in L2 that uses memory: the GPU's, if it is bound to its node or maps
 * its file, and says which memory it has got. What it says is for lab/guest/l2-use.
 *
 *	l2mem hold BASE MIB	have so much memory, full of the pattern; the pattern
 *				of a page is that of its place in BAR4, which begins
 *				at BASE. Then a line on stdin is an order:
 *				"check", is it all there?
 *	l2mem pin		have a page that cannot be moved, until stdin ends
 *	l2mem victim BASE [FILE]	have a page, and touch it when a line comes on stdin;
 *				before that the first word of FILE
 *	l2mem write FILE OFFSET...	the pattern, 64 KiB at each place
 *	l2mem check FILE OFFSET...	is it there: kept, zero or bad
 *	l2mem rules FILE	what may not be mapped; leaves of a full mapping
 *	l2mem lost FILE OFFSET	map it, and touch it when a line comes on stdin
 *
 * COHMEM_SEED is the pattern's seed; COHMEM_GPU says which of the host's GPUs it is, if
 * there are several.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common.h"

#define BAR		4
#define PIECE		65536
#define SAMPLES		16

static const char *seed;
static unsigned int place;
static char where[LAB_PLACE];	/* the same in words, for lab_pattern() */
static size_t page;
static sigjmp_buf out;
static volatile int sigbus_code;

static void die(const char *what)
{
	printf("error %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t number(const char *text)
{
	return strtoull(text, NULL, 0);
}

static bool is_filled(const char *p, uint64_t offset, size_t len)
{
	char line[LAB_LINE];
	size_t i;

	for (i = 0; i < len; i += LAB_LINE) {
		lab_pattern(line, seed, where, offset + i);
		if (memcmp(p + i, line, LAB_LINE))
			return false;
	}
	return true;
}

static bool is_zero(const char *p, size_t len)
{
	return !*p && !memcmp(p, p + 1, len - 1);
}

static char *memory(size_t size)
{
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		die("mmap");
	/* Pages are to stay what they are. */
	madvise(p, size, MADV_NOHUGEPAGE);
	if (mlock(p, size))
		die("mlock");
	return p;
}

static bool next_order(char *line, int size)
{
	if (!fgets(line, size, stdin))
		return false;
	line[strcspn(line, "\n")] = 0;
	return true;
}

static void hold(uint64_t base, size_t size)
{
	size_t nr = size / page, i, bad = 0;
	uint64_t *at = calloc(nr, sizeof(*at));
	char *p = memory(size), line[64];

	for (i = 0; i < nr; i++) {
		at[i] = lab_phys(p + i * page) - base;
		lab_fill(p + i * page, page, seed, where, at[i]);
		bad += !is_filled(p + i * page, at[i], page);
	}
	for (i = 0; i < nr; i += (nr + SAMPLES - 1) / SAMPLES)
		printf("pattern %u 0x%llx %zu %s\n", place, (unsigned long long)at[i], page,
		       bad ? "bad" : "ok");
	printf("holds %zu pages\n", nr);
	while (next_order(line, sizeof(line))) {
		for (i = 0, bad = 0; i < nr; i++)
			bad += !is_filled(p + i * page, at[i], page);
		printf("checked %zu pages, %zu bad\n", nr, bad);
	}
	/* Orders have ended, the memory is to be found by who looks later. */
	for (;;)
		pause();
}

/* A page in a pipe is one that somebody else has, for as long as he likes. */
static void pin(void)
{
	struct iovec v = { .iov_base = memory(page), .iov_len = page };
	int fds[2];
	char c;

	memset(v.iov_base, 1, page);
	if (pipe(fds) || vmsplice(fds[1], &v, 1, 0) != (ssize_t)page)
		die("vmsplice");
	printf("pinned 0x%llx\n", (unsigned long long)lab_phys(v.iov_base));
	while (read(0, &c, 1) > 0)
		;
}

static void on_sigbus(int sig, siginfo_t *info, void *ctx)
{
	(void)sig;
	(void)ctx;
	sigbus_code = info->si_code;
	siglongjmp(out, 1);
}

/* What is read before anything else. */
static const volatile uint32_t *first;

/* Read a byte: what came of it, as a word. */
static const char *touch(const volatile char *p)
{
	static const struct sigaction act = { .sa_sigaction = on_sigbus,
					      .sa_flags = SA_SIGINFO };

	sigaction(SIGBUS, &act, NULL);
	if (sigsetjmp(out, 1))
		return sigbus_code == BUS_MCEERR_AR ? "hwpoison" : "sigbus";
	if (first)
		(void)*first;
	(void)*p;
	return "read";
}

static char *map_file(const char *path, int prot, int flags, uint64_t offset, size_t size)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	char *p;
	int err;

	if (fd < 0)
		return MAP_FAILED;
	p = mmap(NULL, size, prot, flags, fd, offset);
	err = errno;
	close(fd);
	errno = err;
	return p;
}

static void victim(uint64_t base, const char *path)
{
	char *p = memory(page), line[64];

	if (path) {
		first = (void *)map_file(path, PROT_READ, MAP_SHARED, 0, page);
		if (first == MAP_FAILED)
			die(path);
	}
	memset(p, 1, page);
	printf("victim 0x%llx\n", (unsigned long long)(lab_phys(p) - base));
	while (next_order(line, sizeof(line)))
		printf("touched %s\n", touch(p));
}

static char *map_piece(const char *path, uint64_t offset)
{
	char *p = map_file(path, PROT_READ | PROT_WRITE, MAP_SHARED, offset, PIECE);

	if (p == MAP_FAILED)
		die(path);
	return p;
}

static void pieces(const char *path, char **offset, bool write)
{
	for (; *offset; offset++) {
		uint64_t at = number(*offset);
		char *p = map_piece(path, at);

		if (write)
			lab_fill(p, PIECE, seed, where, at);
		printf("%s 0x%llx %s\n", write ? "wrote" : "found", (unsigned long long)at,
		       is_filled(p, at, PIECE) ? "kept" : is_zero(p, PIECE) ? "zero" : "bad");
		munmap(p, PIECE);
	}
}

static long page_tables_kib(void)
{
	char text[8192], *s;

	lab_read_file("/proc/self/status", text, sizeof(text));
	s = strstr(text, "VmPTE:");
	return s ? atol(s + 6) : -1;
}

static void refused(const char *what, const char *path, int flags, uint64_t offset,
		    size_t size)
{
	void *p = map_file(path, PROT_READ | PROT_WRITE, flags, offset, size);

	printf("rule %s %s\n", what, p != MAP_FAILED ? "mapped" : errno == EINVAL ? "EINVAL" :
	       strerror(errno));
}

static void rules(const char *path)
{
	int fd = open(path, O_RDWR);
	uint64_t size, at;
	long before;
	char *p, c;

	if (fd < 0)
		die(path);
	size = lseek(fd, 0, SEEK_END);
	printf("rule size 0x%llx\n", (unsigned long long)size);
	printf("rule read %s\n", read(fd, &c, 1) < 0 && errno == EINVAL ? "EINVAL" : "no");
	refused("private", path, MAP_PRIVATE, 0, page);
	refused("beyond", path, MAP_SHARED, size, page);
	refused("across", path, MAP_SHARED, size - page, 2 * page);
	refused("all", path, MAP_SHARED, 0, size + page);
	before = page_tables_kib();
	p = map_file(path, PROT_READ | PROT_WRITE, MAP_SHARED, 0, size);
	if (p == MAP_FAILED)
		die(path);
	for (at = 0; at < size; at += 1 << 20)
		if (strcmp(touch(p + at), "read"))
			break;
	printf("rule touched 0x%llx\n", (unsigned long long)at);
	/* KiB of page tables for each GiB: 2052 in pages of 4 KiB, some 4 in 2 MiB. */
	printf("rule tables %ld\n", (page_tables_kib() - before) * (1 << 20) / (long)(size >> 10));
}

static void lost(const char *path, uint64_t offset)
{
	char *p = map_piece(path, offset), line[64];

	printf("mapped %s\n", touch(p));
	while (next_order(line, sizeof(line)))
		printf("touched %s\n", touch(p));
}

int main(int argc, char **argv)
{
	seed = getenv("COHMEM_SEED");
	page = sysconf(_SC_PAGESIZE);
	place = lab_place(BAR, where);
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!seed || argc < 2)
		return 2;
	if (!strcmp(argv[1], "pin"))
		pin();
	else if (argc < 3)
		return 2;
	else if (!strcmp(argv[1], "victim"))
		victim(number(argv[2]), argv[3]);
	else if (!strcmp(argv[1], "rules"))
		rules(argv[2]);
	else if (argc < 4)
		return 2;
	else if (!strcmp(argv[1], "hold"))
		hold(number(argv[2]), number(argv[3]) << 20);
	else if (!strcmp(argv[1], "lost"))
		lost(argv[2], number(argv[3]));
	else if (!strcmp(argv[1], "write") || !strcmp(argv[1], "check"))
		pieces(argv[2], argv + 3, *argv[1] == 'w');
	else
		return 2;
	return 0;
}
