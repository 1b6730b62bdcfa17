/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Touching memory that may answer with a signal. Each thread has its own way
 * back; whoever gets one without having asked for it dies of it, as ever.
 */
#ifndef LIBCOHMEM_TOUCH_H
#define LIBCOHMEM_TOUCH_H

#include "env.h"

/**
 * struct cohmem_fault - the signal that came instead of an answer
 * @sig: 0, SIGBUS or SIGSEGV
 * @code: si_code
 * @addr: si_addr
 */
struct cohmem_fault {
	int sig;
	int code;
	void *addr;
};

bool cohmem_touch(void (*fn)(void *arg), void *arg, struct cohmem_fault *f);
bool cohmem_try_load(const volatile u64 *p, u64 *value,
		     struct cohmem_fault *f);
bool cohmem_try_store(volatile u64 *p, u64 value, struct cohmem_fault *f);
const char *cohmem_fault_name(const struct cohmem_fault *f);

#endif /* LIBCOHMEM_TOUCH_H */
