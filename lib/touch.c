// SPDX-License-Identifier: GPL-2.0-only
/*
 * One handler for the process, armed by the thread that is about to touch what
 * may not answer. The thread leaves the faulting access by siglongjmp(), so
 * nothing that owns a lock or memory may run armed.
 */
#include <setjmp.h>
#include <signal.h>

#include "touch.h"

static __thread sigjmp_buf back;
static __thread volatile sig_atomic_t armed;
static __thread struct cohmem_fault caught;

static void handler(int sig, siginfo_t *info, void *context)
{
	(void)context;
	if (!armed) {
		/* A bad page that nobody has touched yet kills nobody. */
		if (sig == SIGBUS && info->si_code == BUS_MCEERR_AO)
			return;
		signal(sig, SIG_DFL);
		return;
	}
	caught.sig = sig;
	caught.code = info->si_code;
	caught.addr = info->si_addr;
	siglongjmp(back, 1);
}

static void install(void)
{
	struct sigaction sa = {
		.sa_sigaction = handler, .sa_flags = SA_SIGINFO,
	};

	sigaction(SIGBUS, &sa, NULL);
	sigaction(SIGSEGV, &sa, NULL);
}

static bool run_armed(void (*fn)(void *arg), void *arg, struct cohmem_fault *f)
{
	memset(&caught, 0, sizeof(caught));
	if (!sigsetjmp(back, 1)) {
		armed = 1;
		fn(arg);
	}
	armed = 0;
	if (f)
		*f = caught;
	return !caught.sig;
}

/**
 * cohmem_touch() - run something that may be ended by a signal of memory
 * @fn: what to run; it is left in the middle when the signal comes
 * @arg: passed to @fn
 * @f: the signal; may be NULL
 *
 * The handler is installed each time, whoever had another idea meanwhile.
 *
 * Return: true if @fn came to its end.
 */
bool cohmem_touch(void (*fn)(void *arg), void *arg, struct cohmem_fault *f)
{
	install();
	return run_armed(fn, arg, f);
}

/* For single words, of which there may be many. */
static bool touch_word(void (*fn)(void *arg), void *arg, struct cohmem_fault *f)
{
	static bool done;

	/* Twice, where two threads come at once, does no harm. */
	if (!__atomic_load_n(&done, __ATOMIC_ACQUIRE)) {
		install();
		__atomic_store_n(&done, true, __ATOMIC_RELEASE);
	}
	return run_armed(fn, arg, f);
}

struct word {
	volatile u64 *p;
	u64 value;
};

static void load(void *arg)
{
	struct word *w = arg;

	w->value = *w->p;
}

static void store(void *arg)
{
	struct word *w = arg;

	*w->p = w->value;
}

/**
 * cohmem_try_load() - read 8 bytes
 * @p: from here
 * @value: what was read
 * @f: the signal that came instead; may be NULL
 * Return: true if there was something to read.
 */
bool cohmem_try_load(const volatile u64 *p, u64 *value, struct cohmem_fault *f)
{
	struct word w = { .p = (volatile u64 *)p };

	if (!touch_word(load, &w, f))
		return false;
	*value = w.value;
	return true;
}

/**
 * cohmem_try_store() - write 8 bytes
 * @p: to here
 * @value: the bytes
 * @f: the signal that came instead; may be NULL
 * Return: true if they could be written.
 */
bool cohmem_try_store(volatile u64 *p, u64 value, struct cohmem_fault *f)
{
	struct word w = { .p = p, .value = value };

	return touch_word(store, &w, f);
}

/**
 * cohmem_fault_name() - a signal in words
 * @f: the signal
 * Return: the words.
 */
const char *cohmem_fault_name(const struct cohmem_fault *f)
{
	if (f->sig == SIGSEGV)
		return "SIGSEGV";
	if (f->sig != SIGBUS)
		return "no signal";
	return f->code == BUS_MCEERR_AR || f->code == BUS_MCEERR_AO ?
	       "SIGBUS (a bad page)" : "SIGBUS";
}
