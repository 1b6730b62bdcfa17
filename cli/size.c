// SPDX-License-Identifier: GPL-2.0-only
/* Sizes for people. */
#include "cohmem.h"

/**
 * human_size() - a size with a binary unit
 * @bytes: the size
 * @buf: the words: "96 GiB", "94.5 GiB", rounded to a hundredth
 * Return: @buf.
 */
const char *human_size(u64 bytes, char buf[32])
{
	static const char *const units[] = {
		"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB",
	};
	unsigned int unit = 0, part = 0;
	u64 whole = bytes;

	while (whole >= 1024 && unit + 1 < sizeof(units) / sizeof(units[0])) {
		whole >>= 10;
		unit++;
	}
	if (unit) {
		/* What is below the unit, in 1/1024 of it, rounded. */
		part = (bytes >> (10 * (unit - 1))) & 1023;
		part = (part * 100 + 512) >> 10;
		if (part == 100) {
			part = 0;
			whole++;
		}
	}
	if (part % 10)
		snprintf(buf, 32, "%llu.%02u %s", (unsigned long long)whole,
			 part, units[unit]);
	else if (part)
		snprintf(buf, 32, "%llu.%u %s", (unsigned long long)whole,
			 part / 10, units[unit]);
	else
		snprintf(buf, 32, "%llu %s", (unsigned long long)whole,
			 units[unit]);
	return buf;
}
