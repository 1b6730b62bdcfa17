/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Config space with chains of capabilities, for the tests of core/ecap.h: how it
 * is written, and how what a guest sees is compared with what it should see. All
 * 4096 bytes are compared; and a walker of its own, which goes the way the
 * kernel's does, must find what is left and nothing else.
 */
#ifndef COHMEM_TESTS_CHAIN_H
#define COHMEM_TESTS_CHAIN_H

#include "t.h"
#include "ecap.h"
#include "regs.h"

#define SPACE		4096
#define FIRST		0x100
#define HEADER(id, next)	((u32)(next) << 20 | 1 << 16 | (id))

/* One case at a time; pages have no place on a kernel's stack. */
static u8 raw[SPACE], shown[SPACE], want[SPACE], got[SPACE];
static struct cohmem_ecap_map map;

static inline u32 get(const u8 *cfg, unsigned int pos)
{
	u32 v = 0;
	unsigned int i;

	for (i = 4; i--;)
		v = v << 8 | (pos + i < SPACE ? cfg[pos + i] : 0);
	return v;
}

static inline void put(u8 *cfg, unsigned int pos, u32 v)
{
	unsigned int i;

	for (i = 0; i < 4 && pos + i < SPACE; i++)
		cfg[pos + i] = v >> 8 * i;
}

static inline void put_dvsec(u8 *cfg, unsigned int pos, u32 vendor, u32 id, u32 len)
{
	put(cfg, pos + 4, (u32)len << 20 | 1 << 16 | vendor);
	put(cfg, pos + 8, id);
}

struct list {
	unsigned int nr;
	u16 pos[SPACE / 4];
};

static struct list l_want, l_got;

static inline bool in_list(const struct list *l, unsigned int pos)
{
	unsigned int i;

	for (i = 0; i < l->nr; i++)
		if (l->pos[i] == pos)
			return true;
	return false;
}

/*
 * The way of PCI_FIND_NEXT_EXT_CAP() in Linux: a limited number of steps, and no
 * memory of where it has been. Ids of zero (the anchor) are no capability.
 */
static inline void walk_as_linux(struct kunit *t, const u8 *cfg, struct list *l)
{
	unsigned int pos = FIRST, steps = (SPACE - FIRST) / 8;
	u32 header;

	l->nr = 0;
	while (pos >= FIRST) {
		T_MSG(t, steps--, "the chain does not end, at %#x", pos);
		header = get(cfg, pos);
		/* no capability at all; no device */
		if (!header || (pos == FIRST && header == 0xffffffff))
			break;
		if (header & 0xffff)
			l->pos[l->nr++] = pos;
		/* no walker should need to mask it */
		T_EQ(t, header >> 20 & 3, 0);
		pos = header >> 20 & 0xffc;
	}
}

/*
 * Windows as cohmem_span_next() wants them, and what a guest reads with them.
 * False where there are too many.
 */
static inline bool overlay(struct kunit *t, const u8 *r, const u8 *s)
{
	unsigned int i;
	u64 last = FIRST;

	bool fits = cohmem_ecap_hide(&map, r, s, SPACE);

	T_TRUE(t, map.nr <= COHMEM_ECAP_MAX);
	memcpy(got, s, SPACE);
	for (i = 0; i < map.nr; i++) {
		const struct cohmem_window *w = &map.win[i];

		T_TRUE(t, w->start >= last && w->end > w->start);
		T_TRUE(t, w->end <= SPACE && !((w->start | w->end) & 3));
		/* one window where one does */
		T_TRUE(t, !i || w->start > last || map.value[i]);
		cohmem_ecap_bytes(&map, i, w->start, got + w->start,
				  w->end - w->start);
		last = w->end;
	}
	return fits;
}

static inline void same_bytes(struct kunit *t, u64 seed)
{
	unsigned int pos;

	if (!memcmp(got, want, SPACE))
		return;
	for (pos = 0; got[pos] == want[pos]; pos++)
		;
	T_FAIL(t, "case %#llx: byte %#x is %#x, want %#x (shown %#x)",
	       (unsigned long long)seed, pos, got[pos], want[pos], shown[pos]);
}

static inline void same_list(struct kunit *t, u64 seed)
{
	unsigned int i;

	T_MSG(t, l_got.nr == l_want.nr, "case %#llx: %u capabilities, want %u",
	      (unsigned long long)seed, l_got.nr, l_want.nr);
	for (i = 0; i < l_want.nr; i++) {
		T_MSG(t, l_got.pos[i] == l_want.pos[i],
		      "case %#llx: capability %u at %#x, want %#x",
		      (unsigned long long)seed, i, l_got.pos[i], l_want.pos[i]);
		T_EQ(t, get(got, l_got.pos[i]) & 0xfffff,
		     get(shown, l_got.pos[i]) & 0xfffff);
	}
}

/* Config space with nothing in it that could pass for zero. */
static inline void background(u8 *cfg)
{
	static u8 pattern[SPACE];
	unsigned int i;

	for (i = 0; i < SPACE && !pattern[SPACE - 1]; i++)
		pattern[i] = 0x81 | i * 7;
	memcpy(cfg, pattern, SPACE);
}

#endif /* COHMEM_TESTS_CHAIN_H */
