// SPDX-License-Identifier: GPL-2.0-only
/* Numbers and bytes as people write them. */
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

static int nibble(char ch)
{
	if (ch >= '0' && ch <= '9')
		return ch - '0';
	ch |= 0x20;
	return ch >= 'a' && ch <= 'f' ? ch - 'a' + 10 : -1;
}

/**
 * cohmem_sim_parse_hex() - bytes of hex digits
 * @text: two digits a byte, at least @len times
 * @buf: the bytes
 * @len: how many
 * Return: how many could be had: fewer than @len where something else comes next.
 */
size_t cohmem_sim_parse_hex(const char *text, u8 *buf, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		int hi = nibble(text[2 * i]), lo = nibble(text[2 * i + 1]);

		if (hi < 0 || lo < 0)
			break;
		buf[i] = hi << 4 | lo;
	}
	return i;
}

/**
 * cohmem_sim_hex() - bytes as hex digits
 * @buf: the bytes
 * @len: how many
 * @text: gets two digits a byte, and an end
 */
void cohmem_sim_hex(const u8 *buf, size_t len, char *text)
{
	static const char digit[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < len; i++) {
		*text++ = digit[buf[i] >> 4];
		*text++ = digit[buf[i] & 15];
	}
	*text = '\0';
}
