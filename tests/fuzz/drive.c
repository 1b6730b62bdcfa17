// SPDX-License-Identifier: GPL-2.0-only
/*
 * Drives a fuzz target without libFuzzer: first the corpus, then mutations of
 * it for some seconds, the same ones for the same seed. TAP.
 *
 *	fuzz-sim-short --seconds N [--seed N] CORPUS	(or COHMEM_FUZZ_SECONDS=N)
 *	fuzz-sim-short FILE		one input: what a failure has left behind
 *
 * Nothing here knows which code was reached, so mutations know the form of what
 * they change: messages (wire.c) or files (text.c). The target runs in a child; the
 * input that it died of is in memory that we share, and is kept in a file. Built
 * with sanitizers (as tests/sanitize does) it finds more.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "drive.h"

#define MAX_FILES	64
#define HANG_SECONDS	20

/* What parent and child share: the input under way, and how far it came. */
struct shared {
	uint64_t runs;
	struct input now;
};

static struct input corpus[MAX_FILES];
static unsigned int nr_corpus;
static struct shared *shared;
static uint64_t seed = 1;

uint64_t fuzz_rnd(uint64_t below)
{
	uint64_t z = seed += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return below ? (z ^ (z >> 31)) % below : 0;
}

/* Replace @old bytes at @pos by @len of @with. */
void fuzz_replace(struct input *in, size_t pos, size_t old,
		  const uint8_t *with, size_t len)
{
	if (in->len - old + len > INPUT_MAX)
		return;
	memmove(in->byte + pos + len, in->byte + pos + old,
		in->len - pos - old);
	if (len)
		memcpy(in->byte + pos, with, len);
	in->len += len - old;
}

uint64_t fuzz_odd_number(void)
{
	static const uint64_t some[] = {
		0, 1, 2, 3, 4, 7, 8, 15, 16, 0x7f, 0x80, 0xff, 0x100, 0xfff,
		0x1000, 0x1001, 0xffff, 0x10000, 0xfffff, 0x100000, 0x100001,
		0x7fffffff, 0x80000000, 0xffffffff, 0x100000000,
		0x7fffffffffffffff, 0x8000000000000000, 0xffffffffffffffff,
	};

	return fuzz_rnd(8) ? some[fuzz_rnd(sizeof(some) / sizeof(some[0]))] :
			     fuzz_rnd(UINT64_MAX);
}

const struct input *fuzz_any(void)
{
	return &corpus[fuzz_rnd(nr_corpus)];
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* The child: it ends well, or has died of what is in shared->now. */
static void run_all(double seconds)
{
	double end = now() + seconds;
	unsigned int i;

	for (i = 0; i < nr_corpus; i++) {
		shared->now = corpus[i];
		alarm(HANG_SECONDS);
		LLVMFuzzerTestOneInput(shared->now.byte, shared->now.len);
		shared->runs++;
	}
	while (now() < end) {
		struct input *in = &shared->now;

		*in = *fuzz_any();
		for (i = 1 + fuzz_rnd(6); i; i--)
			fuzz_mutate(in);
		alarm(HANG_SECONDS);
		LLVMFuzzerTestOneInput(in->byte, in->len);
		shared->runs++;
	}
}

static int load(const char *path)
{
	struct input *in = &corpus[nr_corpus];
	int fd = open(path, O_RDONLY);
	ssize_t n;

	if (fd < 0 || nr_corpus == MAX_FILES) {
		perror(path);
		return -1;
	}
	n = read(fd, in->byte, INPUT_MAX);
	close(fd);
	in->len = n < 0 ? 0 : n;
	nr_corpus += n > 0;
	return n < 0 ? -1 : 0;
}

/* A file, or all files of a folder, in the order of their names. */
static int load_all(const char *path)
{
	struct dirent **e;
	struct stat st;
	char name[4096];
	int i, nr, ret = 0;

	if (!stat(path, &st) && S_ISREG(st.st_mode))
		return load(path);
	nr = scandir(path, &e, NULL, alphasort);
	if (nr < 0) {
		perror(path);
		return -1;
	}
	for (i = 0; i < nr; i++) {
		snprintf(name, sizeof(name), "%s/%s", path, e[i]->d_name);
		if (!stat(name, &st) && S_ISREG(st.st_mode))
			ret |= load(name);
		free(e[i]);
	}
	free(e);
	return ret;
}

static void keep(void)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/tmp/fuzz-%s-%d.input", fuzz_name,
		 (int)getpid());
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd >= 0 && write(fd, shared->now.byte, shared->now.len) >= 0)
		printf("# the input: %s (run this program with it)\n", path);
	if (fd >= 0)
		close(fd);
}

int main(int argc, char **argv)
{
	const char *env = getenv("COHMEM_FUZZ_SECONDS");
	double seconds = 0;
	int i, status, ret = 0;
	uint64_t first;
	pid_t pid;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--seconds") && i + 1 < argc)
			seconds = strtod(argv[++i], NULL);
		else if (!strcmp(argv[i], "--seed") && i + 1 < argc)
			seed = strtoull(argv[++i], NULL, 0);
		else
			ret |= load_all(argv[i]);
	}
	if (env)
		seconds = strtod(env, NULL);
	if (ret || !nr_corpus) {
		fprintf(stderr, "usage: %s [--seconds N] [--seed N] CORPUS\n",
			argv[0]);
		return 2;
	}
	first = seed;
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return 2;
	puts("1..1");
	fflush(stdout);
	pid = fork();
	if (!pid) {
		run_all(seconds);
		exit(0);	/* which looks for leaks */
	}
	waitpid(pid, &status, 0);
	ret = pid < 0 || !WIFEXITED(status) || WEXITSTATUS(status);
	printf("# %llu inputs, seed %llu\n", (unsigned long long)shared->runs,
	       (unsigned long long)first);
	if (ret && WIFSIGNALED(status))
		printf("# ended by signal %d%s\n", WTERMSIG(status),
		       WTERMSIG(status) == SIGALRM ? ": it hangs" : "");
	if (ret)
		keep();
	printf("%sok 1 - %s\n", ret ? "not " : "", fuzz_promise);
	return ret;
}
