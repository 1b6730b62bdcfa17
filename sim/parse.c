// SPDX-License-Identifier: GPL-2.0-only
/* Numbers as people write them. */
#include <errno.h>
#include <stdlib.h>

#include "cli.h"

/**
 * cohmem_sim_parse_size() - a number with an optional K, M, G or T
 * @text: decimal, or hexadecimal with 0x
 * @value: the number
 * Return: 0, -EINVAL, -ERANGE.
 */
int cohmem_sim_parse_size(const char *text, u64 *value)
{
	static const char unit[] = "KMGT";
	unsigned int shift = 0;
	const char *u;
	bool hex;
	char *end;
	u64 v;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	hex = *text == '0' && (text[1] | 0x20) == 'x';
	/* 010 is eight to some and ten to others. */
	if (!hex && *text == '0' && text[1] >= '0' && text[1] <= '9')
		return -EINVAL;
	errno = 0;
	v = strtoull(text, &end, hex ? 16 : 10);
	if (errno)
		return -ERANGE;
	if (*end) {
		u = strchr(unit, *end & ~0x20);
		if (!u || !*u || (end[1] && strcmp(end + 1, "iB")))
			return -EINVAL;
		shift = 10 * (u - unit + 1);
	}
	if (shift && v >> (64 - shift))
		return -ERANGE;
	*value = v << shift;
	return 0;
}
