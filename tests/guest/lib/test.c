// SPDX-License-Identifier: GPL-2.0-only
/* Running tests one by one, each in a process of its own, and saying TAP. */
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

enum { EXIT_SKIP = 77 };

/* Written by a test's process, read by the runner. */
static struct {
	char reason[480];
} *shared;

static void say(const char *head, const char *fmt, va_list ap)
{
	char text[2000];

	vsnprintf(text, sizeof(text), fmt, ap);
	printf("# %s%s\n", head, text);
	fflush(stdout);
}

/**
 * test_fail() - say why and end this test; from any of its threads
 * @file: source file
 * @line: source line
 * @fmt: format, as printf
 */
void test_fail(const char *file, int line, const char *fmt, ...)
{
	const char *base = strrchr(file, '/');
	char head[100];
	va_list ap;

	snprintf(head, sizeof(head), "%s:%d: ", base ? base + 1 : file, line);
	va_start(ap, fmt);
	say(head, fmt, ap);
	va_end(ap);
	_exit(1);
}

/**
 * test_skip() - end this test: it does not apply here
 * @fmt: the reason, which has to be true
 */
void test_skip(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(shared->reason, sizeof(shared->reason), fmt, ap);
	va_end(ap);
	_exit(EXIT_SKIP);
}

/**
 * test_info() - a line for the log: what was measured, what was chosen
 * @fmt: format, as printf
 */
void test_info(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say("", fmt, ap);
	va_end(ap);
}

/* Where does a process that does not end hang? */
static void show_stack(pid_t pid)
{
	static const char *const what[] = { "wchan", "syscall", "stack" };
	char path[64], text[2048];
	unsigned int i;
	char *line;

	for (i = 0; i < ARRAY_SIZE(what); i++) {
		snprintf(path, sizeof(path), "/proc/%d/%s", pid, what[i]);
		if (file_read(path, text, sizeof(text)) <= 0)
			continue;
		for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
			printf("#   %s: %s\n", what[i], line);
	}
}

/* Wait for @pid; false if it does not end in time, see slow.c. */
static bool wait_for(pid_t pid, int *status, double limit_ms)
{
	struct stopwatch w = stopwatch_start();
	unsigned int pause = 1;
	pid_t got;

	for (;;) {
		got = waitpid(pid, status, WNOHANG);
		if (got == pid || (got < 0 && errno == ECHILD))
			return true;
		if (stopwatch_ms(&w) > limit_ms)
			return false;
		sleep_ms(pause);
		pause = min(pause * 2, 20U);
	}
}

/* A defect of the kernel that a scenario knows of: one of the words, between '|'. */
static bool is_known(const char *text)
{
	const char *known = getenv("COHMEM_KNOWN_TROUBLE");
	char words[256], *word, *left = words;

	snprintf(words, sizeof(words), "%s", known ? known : "");
	while ((word = strsep(&left, "|")))
		if (*word && strstr(text, word))
			return true;
	return false;
}

/* Lines that no test may cause, whatever it does. */
static bool trouble(int kmsg, char *line, size_t size)
{
	static const char *const words[] = {
		"WARNING:", "BUG:", "kernel BUG", "Oops", "Unable to handle",
		"Internal error", "KASAN:", "UBSAN:", "KCSAN:",
		"possible circular locking", "possible recursive locking",
		"suspicious RCU", "inconsistent lock state", "blocked for more",
		"detected stall", "soft lockup", "general protection",
		"use-after-free", "refcount_t:", "scheduling while atomic",
		"sleeping function called",
	};
	char text[1024];
	unsigned int i;

	while (kmsg_find(kmsg, "", text, sizeof(text)))
		for (i = 0; i < ARRAY_SIZE(words); i++)
			if (strstr(text, words[i]) && !is_known(text)) {
				snprintf(line, size, "%s", text);
				kmsg_skip(kmsg);
				return true;
			}
	return false;
}

static void child(const struct test *t)
{
	setpgid(0, 0);
	t->fn();
	sim_close();
	exit(0);
}

enum result { PASSED, FAILED, SKIPPED, STUCK };

static enum result run(const struct test *t, int kmsg)
{
	unsigned int seconds = t->seconds * kernel_slowness();
	double start = now_ms();
	enum result res;
	char line[1024];
	int status = 0;
	pid_t pid;

	shared->reason[0] = 0;
	fflush(stdout);
	pid = fork();
	if (!pid)
		child(t);
	if (pid < 0) {
		printf("# fork: %s\n", strerror(errno));
		return FAILED;
	}
	setpgid(pid, pid);
	if (!wait_for(pid, &status, seconds * 1000.0)) {
		printf("# not finished after %u s", seconds);
		if (now_ms() - start > seconds * 1000.0 + 1000)
			printf(", stretched to %.0f s on a slow host",
			       (now_ms() - start) / 1000);
		putchar('\n');
		show_stack(pid);
		kill(-pid, SIGKILL);
		if (!wait_for(pid, &status, 10000)) {
			printf("# and cannot be killed\n");
			show_stack(pid);
			return STUCK;
		}
		res = FAILED;
	} else if (WIFSIGNALED(status)) {
		printf("# died of signal %d (%s)\n", WTERMSIG(status),
		       strsignal(WTERMSIG(status)));
		res = FAILED;
	} else if (WEXITSTATUS(status) == EXIT_SKIP) {
		res = SKIPPED;
	} else {
		res = WEXITSTATUS(status) ? FAILED : PASSED;
	}
	/* What the test started and forgot ends with it. */
	kill(-pid, SIGKILL);

	if (have_sim()) {
		sim_defaults();
		sim_close();
	}
	if (kmsg >= 0 && trouble(kmsg, line, sizeof(line))) {
		printf("# kernel log: %s\n", line);
		res = FAILED;
	}
	return res;
}

static bool wanted(const char *name, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		if (!strcmp(argv[i], name))
			return true;
	return argc < 2;
}

/**
 * test_main() - run the tests of a suite
 * @tests: the tests
 * @nr: how many
 * @argc: of main()
 * @argv: of main(): names of tests to run, none for all; --list prints them
 * Return: exit status for main(): 0 if nothing failed.
 */
int test_main(const struct test *tests, unsigned int nr, int argc, char **argv)
{
	unsigned int i, count = 0, n = 0, failed = 0;
	enum result res;
	double start;
	int kmsg;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 2 && !strcmp(argv[1], "--list")) {
		for (i = 0; i < nr; i++)
			puts(tests[i].name);
		return 0;
	}
	for (i = 0; i < nr; i++)
		count += wanted(tests[i].name, argc, argv);
	if (!count) {
		fprintf(stderr, "no such test; --list names them\n");
		return 2;
	}

	signal(SIGPIPE, SIG_IGN);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return 1;
	kmsg = kmsg_open();
	printf("1..%u\n", count);
	if (have_sim()) {
		sim_defaults();
		sim_close();
	}
	for (i = 0; i < nr; i++) {
		if (!wanted(tests[i].name, argc, argv))
			continue;
		start = now_ms();
		res = run(&tests[i], kmsg);
		n++;
		if (res == SKIPPED) {
			printf("ok %u - %s # SKIP %s\n", n, tests[i].name,
			       shared->reason);
			continue;
		}
		failed += res != PASSED;
		printf("%sok %u - %s\n", res == PASSED ? "" : "not ", n,
		       tests[i].name);
		printf("# took %.0f ms\n", now_ms() - start);
		if (res == STUCK) {
			printf("Bail out! %s cannot be ended\n", tests[i].name);
			break;
		}
	}
	fflush(stdout);
	return failed ? 1 : 0;
}
