// SPDX-License-Identifier: GPL-2.0-only
/* How much memory the kernel has in use, to see whether that grows. */
#include "guest.h"

/**
 * meminfo() - a line of /proc/meminfo
 * @field: its name
 * Return: KiB, or -1 if there is no such line.
 */
long meminfo(const char *field)
{
	return proc_number("/proc/meminfo", field);
}

/**
 * kernel_kb() - what the kernel has for itself and does not give up when asked
 * Return: KiB of slab, vmalloc, page tables and stacks.
 */
long kernel_kb(void)
{
	return meminfo("SUnreclaim") + meminfo("VmallocUsed") +
	       meminfo("PageTables") + meminfo("KernelStack");
}

/**
 * keeps_what_is_freed() - does this kernel hold back memory that was freed?
 *
 * KASAN does, up to a thirty-second of all memory: growth says nothing there. What
 * is lost is kmemleak's to find on such a kernel.
 *
 * Return: true if so.
 */
bool keeps_what_is_freed(void)
{
	FILE *f = fopen("/proc/kallsyms", "r");
	bool keeps = false;
	char line[512];

	while (f && !keeps && fgets(line, sizeof(line), f))
		keeps = strstr(line, " kasan_quarantine_put\n");
	if (f)
		fclose(f);
	return keeps;
}
