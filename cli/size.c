// SPDX-License-Identifier: GPL-2.0-only
/* Sizes for people. */
#include "cohmem.h"

/**
 * human_size() - a size with a binary unit
 * @bytes: the size
 * @buf: the words: "96 GiB", "94.5 GiB", rounded to a tenth
 * Return: @buf.
 */
const char *human_size(u64 bytes, char buf[32])
{
	static const char *const units[] = {
		"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB",
	};
	unsigned int unit = 0, tenths = 0;
	u64 whole = bytes, rest;

	while (whole >= 1024 && unit + 1 < sizeof(units) / sizeof(units[0])) {
		whole >>= 10;
		unit++;
	}
	if (unit) {
		/* What is below the unit, in 1/1024 of it, rounded. */
		rest = (bytes >> (10 * (unit - 1))) & 1023;
		tenths = (rest * 10 + 512) >> 10;
		if (tenths == 10) {
			tenths = 0;
			whole++;
		}
	}
	if (tenths)
		snprintf(buf, 32, "%llu.%u %s", (unsigned long long)whole,
			 tenths, units[unit]);
	else
		snprintf(buf, 32, "%llu %s", (unsigned long long)whole,
			 units[unit]);
	return buf;
}
