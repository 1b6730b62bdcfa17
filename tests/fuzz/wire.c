// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mutations of what a client sends: an input is a sequence of messages, each with
 * its length in its header, and most changes keep that true.
 */
#include <string.h>

#include "drive.h"

#define HEADER		16	/* of a vfio-user message; its length is at +4 */

static uint32_t get32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static void put(uint8_t *p, uint64_t v, size_t size)
{
	memcpy(p, &v, size);
}

/* A message of @in at random: its place and length, or the rest of it all. */
static size_t pick(const struct input *in, size_t *len)
{
	size_t at[256], pos = 0;
	unsigned int nr = 0;

	while (pos + HEADER <= in->len && nr < 256) {
		uint32_t l = get32(in->byte + pos + 4);

		at[nr++] = pos;
		if (l < HEADER || l > in->len - pos)
			break;
		pos += l;
	}
	if (!nr) {
		*len = in->len;
		return 0;
	}
	pos = at[fuzz_rnd(nr)];
	*len = get32(in->byte + pos + 4);
	if (*len < HEADER || *len > in->len - pos)
		*len = in->len - pos;
	return pos;
}

void fuzz_mutate(struct input *in)
{
	uint8_t other[INPUT_MAX];
	const struct input *from;
	size_t pos, len, src, n;

	if (in->len < HEADER) {
		*in = *fuzz_any();
		return;
	}
	pos = pick(in, &len);
	switch (fuzz_rnd(9)) {
	case 0:		/* a bit, anywhere */
		in->byte[fuzz_rnd(in->len)] ^= 1 << fuzz_rnd(8);
		break;
	case 1:		/* another command */
		put(in->byte + pos + 2, fuzz_rnd(20), 2);
		break;
	case 2:		/* a field */
	case 3:
		n = 1ULL << (1 + fuzz_rnd(3));
		if (len < HEADER + n)
			break;
		src = pos + HEADER + fuzz_rnd((len - HEADER) / n) * n;
		if (src + n <= in->len)
			put(in->byte + src, fuzz_odd_number(), n);
		break;
	case 4:		/* the flags and the error of the header */
		put(in->byte + pos + 8, fuzz_odd_number(), 4);
		break;
	case 5:		/* a message longer or shorter, as it says or not */
		n = HEADER + fuzz_rnd(128);
		memset(other, fuzz_rnd(256), sizeof(other));
		memcpy(other, in->byte + pos, len < n ? len : n);
		if (fuzz_rnd(8))
			put(other + 4, n, 4);
		fuzz_replace(in, pos, len, other, n);
		break;
	case 6:		/* none of it, or once more */
		memcpy(other, in->byte + pos, len);
		fuzz_replace(in, pos, fuzz_rnd(2) ? len : 0, other, fuzz_rnd(2) ? len : 0);
		break;
	case 7:		/* one of another input */
		from = fuzz_any();
		src = pick(from, &n);
		fuzz_replace(in, pos, fuzz_rnd(2) ? len : 0, from->byte + src, n);
		break;
	default:	/* cut off */
		in->len = HEADER + fuzz_rnd(in->len - HEADER + 1);
		break;
	}
}
