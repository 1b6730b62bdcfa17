// SPDX-License-Identifier: GPL-2.0-only
/* The log: lines with the real time, as QEMU's and the kernel's are read beside. */
#include <stdarg.h>
#include <stdio.h>

#include "sim.h"

/**
 * cohmem_sim_log() - one line to the log file, if verbose
 * @s: the superchip
 * @fmt: as printf
 */
void cohmem_sim_log(struct sim *s, const char *fmt, ...)
{
	va_list ap;
	u64 now;

	if (!s->verbose)
		return;
	now = cohmem_sim_real_ns();
	fprintf(s->log, "[%llu.%06llu] ", (unsigned long long)now / 1000000000,
		(unsigned long long)now / 1000 % 1000000);
	va_start(ap, fmt);
	vfprintf(s->log, fmt, ap);
	va_end(ap);
	fputc('\n', s->log);
	fflush(s->log);
}
