// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults that cannot be retried do not wait: the kernel takes them with the mm's
 * lock held, so all of a process would wait along, and whoever looks at it. They
 * fail, as they do on memory that is off. FUTEX_WAKE_OP is the way that any user
 * has to such a fault.
 */
#include <fcntl.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "hold.h"

#define TRAINING_MS	5000

static u32 plain_word;

/* Wake nobody, and add 1 to the word at @arg. */
static long wake_op(void *arg)
{
	return syscall(SYS_futex, &plain_word,
		       FUTEX_WAKE_OP | FUTEX_PRIVATE_FLAG, 1, 1, arg,
		       FUTEX_OP(FUTEX_OP_ADD, 1, FUTEX_OP_CMP_EQ, 0));
}

static u32 *training(struct dev *d)
{
	u32 *p;

	dev_open(d);
	set_command(d, 2, 0);
	p = map(d, 4, 0, 65536);
	store((u64 *)p, 41);
	reset_slowly(d, TRAINING_MS);
	return p;
}

static void still_training(void)
{
	CHECK(sim_number("status", "since_reset_ms") < TRAINING_MS,
	      "the memory was there before the test was over: too slow");
}

static void a_futex_does_not_wait(void)
{
	struct dev d;
	struct job j;
	u32 *p = training(&d);

	job_start(&j, wake_op, p);
	job_join(&j, "FUTEX_WAKE_OP on training memory", AT_ONCE_MS);
	still_training();
	test_info("FUTEX_WAKE_OP took %.0f ms", j.ms);
	CHECK(j.ret == -1 && j.err == EFAULT, "it returned %ld (%s)", j.ret,
	      strerror(j.err));
	/* and when the memory is there it does what it is for */
	CHECK_EQ(load((u64 *)p), 41);
	CHECK_EQ(wake_op(p), 0);
	CHECK_EQ(*p, 42);
	unmap(p, 65536);
	dev_close(&d);
}

struct futexes {
	u32 *word;
	volatile bool stop;
};

static long futex_loop(void *arg)
{
	struct futexes *f = arg;

	while (!f->stop)
		wake_op(f->word);
	return 0;
}

/* What is measured here would take until the memory is there, not for ever. */
static void took(const char *what, double start)
{
	double ms = now_ms() - start;

	test_info("%s took %.0f ms", what, ms);
	CHECK(ms < TRAINING_MS / 2, "%s took %.0f ms", what, ms);
	still_training();
}

static void another_thread_maps_memory(void)
{
	struct futexes f = { .stop = false };
	struct dev d;
	struct job j;
	double start;
	void *p;

	f.word = training(&d);
	job_start(&j, futex_loop, &f);
	start = now_ms();
	/* time for the futex to come so far, if it has a way to stay there */
	sleep_ms(100);
	p = mmap(NULL, 65536, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	took("an anonymous mmap()", start);
	CHECK(p != MAP_FAILED, "mmap: %s", strerror(errno));
	f.stop = true;
	job_join(&j, "the futex", TRAINING_MS + AT_ONCE_MS);
	unmap(f.word, 65536);
	dev_close(&d);
}

/* A process that looks at its parent when told to, and says when it has. */
static pid_t onlooker(int go[2], int seen[2])
{
	char path[64], text[256];
	pid_t parent = getpid(), pid;
	int fd;

	CHECK(!pipe(go) && !pipe(seen), "pipe: %s", strerror(errno));
	pid = fork();
	CHECK(pid >= 0, "fork: %s", strerror(errno));
	if (pid)
		return pid;
	if (read(go[0], text, 1) == 1) {
		snprintf(path, sizeof(path), "/proc/%d/cmdline", parent);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (read(fd, text, sizeof(text)) > 0 &&
		    write(seen[1], text, 1) == 1)
			_exit(0);
	}
	_exit(1);
}

static long map_loop(void *arg)
{
	struct futexes *f = arg;
	void *p;

	while (!f->stop) {
		p = mmap(NULL, 65536, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS,
			 -1, 0);
		munmap(p, 65536);
		sleep_ms(5);
	}
	return 0;
}

/* Readers of the lock queue behind a writer: another thread that maps memory. */
static void somebody_looks_at_its_cmdline(void)
{
	struct futexes f = { .stop = false };
	int go[2], seen[2];
	struct job j, maps;
	struct dev d;
	double start;
	char c;

	onlooker(go, seen);
	f.word = training(&d);
	job_start(&maps, map_loop, &f);
	job_start(&j, futex_loop, &f);
	start = now_ms();
	sleep_ms(100);
	CHECK_EQ(write(go[1], "", 1), 1);
	CHECK_EQ(read(seen[0], &c, 1), 1);
	took("a look at /proc/PID/cmdline", start);
	f.stop = true;
	job_join(&maps, "mmap()", TRAINING_MS + AT_ONCE_MS);
	job_join(&j, "the futex", TRAINING_MS + AT_ONCE_MS);
	unmap(f.word, 65536);
	dev_close(&d);
}

/* Faults that can be retried wait as ever, also while others do not. */
static void loads_wait_all_the_same(void)
{
	struct futexes f = { .stop = false };
	struct dev d;
	struct job j;

	f.word = training(&d);
	job_start(&j, futex_loop, &f);
	load((u64 *)(f.word + 1024));
	CHECK(sim_number("status", "since_reset_ms") >= TRAINING_MS,
	      "loaded before the memory was there");
	f.stop = true;
	job_join(&j, "the futex", AT_ONCE_MS);
	unmap(f.word, 65536);
	dev_close(&d);
}

SUITE(TEST(a_futex_does_not_wait), TEST(another_thread_maps_memory),
      TEST(somebody_looks_at_its_cmdline), TEST(loads_wait_all_the_same));
