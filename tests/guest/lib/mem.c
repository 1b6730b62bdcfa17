// SPDX-License-Identifier: GPL-2.0-only
/* Touching memory that may answer with a signal, or must not. */

#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

/**
 * try_load() - read 8 bytes
 * @p: from here
 * @value: what was read
 * @f: the signal that came instead; may be NULL
 * Return: true if there was something to read.
 */
bool try_load(const volatile u64 *p, u64 *value, struct fault *f)
{
	return cohmem_try_load(p, value, (struct cohmem_fault *)f);
}

/**
 * try_store() - write 8 bytes
 * @p: to here
 * @value: the bytes
 * @f: the signal that came instead; may be NULL
 * Return: true if they could be written.
 */
bool try_store(volatile u64 *p, u64 value, struct fault *f)
{
	return cohmem_try_store(p, value, (struct cohmem_fault *)f);
}

/**
 * load() - read 8 bytes that must be there
 * @p: from here
 * Return: what was read.
 */
u64 load(const volatile u64 *p)
{
	struct fault f;
	u64 value = 0;

	CHECK(try_load(p, &value, &f), "load: %s", fault_str(&f));
	return value;
}

/**
 * store() - write 8 bytes where memory must be
 * @p: to here
 * @value: the bytes
 */
void store(volatile u64 *p, u64 value)
{
	struct fault f;

	CHECK(try_store(p, value, &f), "store: %s", fault_str(&f));
}

/**
 * expect_sigbus() - a load that must fail
 * @p: from here
 * @code: the si_code that must come, or 0 for any
 */
void expect_sigbus(const volatile u64 *p, int code)
{
	struct fault f;
	u64 value;

	CHECK(!try_load(p, &value, &f), "read %#llx, want SIGBUS",
	      (unsigned long long)value);
	CHECK(f.sig == SIGBUS && (!code || f.code == code), "%s, want SIGBUS/%d",
	      fault_str(&f), code);
}

static struct fault last;

static void on_sigbus(int sig, siginfo_t *info, void *context)
{
	(void)context;
	last = (struct fault){ { sig, info->si_code, info->si_addr } };
}

/**
 * need_memory_errors() - skips where a page of device memory cannot go bad
 */
void need_memory_errors(void)
{
	if (kernel_version() < 61900)
		SKIP("this kernel does not report errors of device memory (since 6.19)");
	if (!file_exists(POISON))
		SKIP("the helper module cohmem_test_poison is not loaded");
}

/**
 * go_bad() - let a page go bad under this process
 * @phys: an address in it
 * @hit: the signal that came of it, if any
 * Return: 0 or -errno, what the kernel did about the page.
 */
int go_bad(u64 phys, struct fault *hit)
{
	struct sigaction sa = {
		.sa_sigaction = on_sigbus, .sa_flags = SA_SIGINFO,
	}, old;
	char text[32];
	int ret;

	memset(&last, 0, sizeof(last));
	snprintf(text, sizeof(text), "0x%llx", (unsigned long long)phys);
	sigaction(SIGBUS, &sa, &old);
	ret = file_write(POISON, text);
	sigaction(SIGBUS, &old, NULL);
	*hit = last;
	return ret;
}

/**
 * fault_str() - a signal in words
 * @f: the signal
 * Return: the words, valid until the next call.
 */
const char *fault_str(const struct fault *f)
{
	static __thread char text[80];

	snprintf(text, sizeof(text), "%s code %d at %p",
		 f->sig == SIGBUS ? "SIGBUS" : f->sig ? "SIGSEGV" : "no signal",
		 f->code, f->addr);
	return text;
}

/* Byte @i of pattern @seed: depends on its place, so that shifts are seen. */
static u8 pattern(u64 seed, size_t i)
{
	u64 x = (seed + i / 8) * 0x9e3779b97f4a7c15ULL;

	return (x ^ x >> 29) >> (8 * (i % 8));
}

/**
 * fill() - fill a buffer with a pattern
 * @buf: the buffer
 * @len: bytes
 * @seed: which pattern
 */
void fill(void *buf, size_t len, u64 seed)
{
	u8 *p = buf;
	size_t i;

	for (i = 0; i < len; i++)
		p[i] = pattern(seed, i);
}

/**
 * mismatch() - where does a buffer differ from a pattern?
 * @buf: the buffer
 * @len: bytes
 * @seed: which pattern
 * Return: the first such place, or -1.
 */
long mismatch(const void *buf, size_t len, u64 seed)
{
	const u8 *p = buf;
	size_t i;

	for (i = 0; i < len; i++)
		if (p[i] != pattern(seed, i))
			return i;
	return -1;
}

/**
 * shared_with_a_child() - what a process writes to a mapping, its child finds there,
 * and the other way round
 * @p: more than 1 MiB of device memory, mapped shared
 */
void shared_with_a_child(volatile u64 *p)
{
	int status;
	pid_t pid;

	store(p, 1);
	pid = fork();
	if (!pid) {
		if (load(p) != 1)
			_exit(2);
		store(p, 2);
		store(p + 128 * KiB, 3);
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid && !status, "child: %#x", status);
	CHECK_EQ(load(p), 2);
	CHECK_EQ(load(p + 128 * KiB), 3);
}
