// SPDX-License-Identifier: GPL-2.0-only
/* Hiding extended capabilities. Pure; how config space is read is the caller's. */
#include "ecap.h"
#include "regs.h"

#define FIRST		0x100
#define END		0x1000
#define NEXT_SHIFT	20
#define NEXT_MASK	0xffc	/* the low two bits are reserved */

/* A capability of the chain. */
struct cap {
	unsigned int pos;
	unsigned int len;	/* of one that is hidden, as far as it says so */
	u32 header;
	bool hidden;
};

/*
 * What is hidden where memory is shown as a BAR, and why. A guest that finds a
 * CXL device takes the address of the memory from its decoders, which hold the
 * host's: NVIDIA's guest driver looks for Flex Bus and the Register Locator
 * before it looks at BAR4. And writes to CXL control, to the range's base and
 * to what the locator points at would reach the host's hardware. None of these
 * capabilities means anything to a guest without the rest, so all of the CXL
 * vendor id are hidden.
 */
static bool is_hidden(u16 vendor)
{
	return vendor == COHMEM_PCI_VENDOR_CXL;
}

static unsigned int next_of(u32 header)
{
	return header >> NEXT_SHIFT & NEXT_MASK;
}

static bool in_space(unsigned int pos)
{
	return pos >= FIRST && pos <= END - 4;
}

static bool known(const struct cap *cap, unsigned int nr, unsigned int pos)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (cap[i].pos == pos)
			return true;
	}
	return false;
}

static void look_at(struct cap *c, cohmem_ecap_read read, void *ctx)
{
	u32 dvsec;

	c->hidden = false;
	c->len = 0;
	if ((c->header & 0xffff) != COHMEM_ECAP_DVSEC || c->pos > END - 12)
		return;
	dvsec = read(ctx, c->pos + COHMEM_DVSEC_HEADER1);
	c->hidden = is_hidden(dvsec & 0xffff);
	c->len = dvsec >> COHMEM_DVSEC_LEN_SHIFT;
}

/*
 * The chain, up to where it ends, loops, or leaves extended config space.
 * False if it is longer than can be told.
 */
static bool walk(struct cap *cap, unsigned int *nr, cohmem_ecap_read read,
		 void *ctx)
{
	unsigned int pos = FIRST;

	for (*nr = 0; in_space(pos) && !known(cap, *nr, pos); (*nr)++) {
		if (*nr == COHMEM_ECAP_MAX)
			return false;
		cap[*nr].pos = pos;
		cap[*nr].header = read(ctx, pos);
		/* No capability at all, or no device. */
		if (!*nr && (!cap[0].header || cap[0].header == ~0U))
			return true;
		look_at(&cap[*nr], read, ctx);
		pos = next_of(cap[*nr].header);
	}
	return true;
}

/* Where a hidden capability ends: never inside another one. */
static unsigned int end_of(const struct cap *cap, unsigned int nr,
			   const struct cap *c)
{
	unsigned int i, end;

	/* The headers are there, whatever the length says; whole dwords. */
	end = c->pos + ((c->len < 12 ? 12 : c->len) + 3) / 4 * 4;
	if (end > END)
		end = END;
	for (i = 0; i < nr; i++) {
		if (cap[i].pos > c->pos && cap[i].pos < end)
			end = cap[i].pos;
	}
	return end;
}

/* Keep the places in order. */
static void add(struct cohmem_ecap_map *map, unsigned int start,
		unsigned int end, u32 value)
{
	unsigned int i;

	for (i = map->nr; i && map->win[i - 1].start > start; i--) {
		map->win[i] = map->win[i - 1];
		map->value[i] = map->value[i - 1];
	}
	map->win[i].start = start;
	map->win[i].end = end;
	map->value[i] = value;
	map->nr++;
}

/* The next capability of the chain that is shown, or 0. */
static unsigned int shown_after(const struct cap *cap, unsigned int nr,
				unsigned int i)
{
	while (++i < nr) {
		if (!cap[i].hidden)
			return cap[i].pos;
	}
	return 0;
}

/**
 * cohmem_ecap_hide() - find what has to be hidden
 * @map: filled; empty if the chain can be shown as it is
 * @read: reads config space as it would be shown
 * @ctx: for @read
 *
 * A chain that is broken is shown up to where it breaks. One that is too long
 * to be told is hidden as a whole, with the rest of extended config space.
 */
void cohmem_ecap_hide(struct cohmem_ecap_map *map, cohmem_ecap_read read,
		      void *ctx)
{
	struct cap cap[COHMEM_ECAP_MAX];
	unsigned int nr, i, next;
	u32 header;

	map->nr = 0;
	if (!walk(cap, &nr, read, ctx)) {
		add(map, FIRST, END, 0);
		return;
	}
	for (i = 0; i < nr; i++) {
		next = shown_after(cap, nr, i);
		if (cap[i].hidden) {
			header = cap[i].pos == FIRST ? next << NEXT_SHIFT : 0;
			add(map, cap[i].pos, end_of(cap, nr, &cap[i]), header);
		} else if (next != cap[i].header >> NEXT_SHIFT) {
			header = (cap[i].header & ((1U << NEXT_SHIFT) - 1)) |
				 next << NEXT_SHIFT;
			add(map, cap[i].pos, cap[i].pos + 4, header);
		}
	}
}

/**
 * cohmem_ecap_bytes() - what is shown in the place of something else
 * @map: what to hide
 * @nr: which place
 * @pos: position in config space, within it
 * @to: here
 * @len: bytes, within it
 */
void cohmem_ecap_bytes(const struct cohmem_ecap_map *map, unsigned int nr,
		       u64 pos, u8 *to, u64 len)
{
	u64 off = pos - map->win[nr].start, i;

	for (i = 0; i < len; i++)
		to[i] = off + i < 4 ? map->value[nr] >> 8 * (off + i) : 0;
}
