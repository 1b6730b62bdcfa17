// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mutations of files of text, JSON and tar: bytes, digits, lines, pieces of one
 * put into another, and numbers that people do not write.
 */
#include <stdio.h>
#include <string.h>

#include "drive.h"

static size_t line_start(const struct input *in, size_t pos)
{
	while (pos && in->byte[pos - 1] != '\n')
		pos--;
	return pos;
}

static size_t line_end(const struct input *in, size_t pos)
{
	while (pos < in->len && in->byte[pos++] != '\n')
		;
	return pos;
}

static void number(struct input *in, size_t pos)
{
	char text[32];
	size_t old = 0;

	snprintf(text, sizeof(text), fuzz_rnd(2) ? "0x%llx" : "%lld",
		 (unsigned long long)fuzz_odd_number());
	while (pos + old < in->len &&
	       strchr("0123456789abcdefx", in->byte[pos + old]) &&
	       in->byte[pos + old])
		old++;
	fuzz_replace(in, pos, old, (uint8_t *)text, strlen(text));
}

void fuzz_mutate(struct input *in)
{
	static const char digit[] = "0123456789abcdef";
	static const char mark[] = " \n:\"{}[],.#\0/x-";
	const struct input *from = fuzz_any();
	size_t pos, src, n, i;
	uint8_t piece[512];

	if (!in->len) {
		*in = *from;
		return;
	}
	pos = fuzz_rnd(in->len);
	switch (fuzz_rnd(10)) {
	case 0:
		in->byte[pos] ^= 1 << fuzz_rnd(8);
		break;
	case 1:		/* hex digits, which config space is made of */
	case 2:
		for (i = 1 + fuzz_rnd(8); i && pos < in->len; i--, pos++)
			if (strchr(digit, in->byte[pos]) && in->byte[pos])
				in->byte[pos] = digit[fuzz_rnd(16)];
		break;
	case 3:
		in->byte[pos] = mark[fuzz_rnd(sizeof(mark) - 1)];
		break;
	case 4:
		number(in, pos);
		break;
	case 5:		/* a line, gone or twice */
		pos = line_start(in, pos);
		n = line_end(in, pos) - pos;
		if (n > sizeof(piece))
			n = sizeof(piece);
		memcpy(piece, in->byte + pos, n);
		fuzz_replace(in, pos, fuzz_rnd(2) ? n : 0, piece,
			     fuzz_rnd(2) ? n : 0);
		break;
	case 6:		/* a piece of another, over this one or between */
	case 7:
		src = fuzz_rnd(from->len);
		n = 1 + fuzz_rnd(sizeof(piece));
		if (n > from->len - src)
			n = from->len - src;
		memcpy(piece, from->byte + src, n);
		fuzz_replace(in, pos, fuzz_rnd(2) && n <= in->len - pos ? n : 0,
			     piece, n);
		break;
	case 8:		/* something gone */
		n = 1 + fuzz_rnd(64);
		if (n > in->len - pos)
			n = in->len - pos;
		fuzz_replace(in, pos, n, piece, 0);
		break;
	default:
		if (!fuzz_rnd(4))
			in->len = pos;
		break;
	}
}
