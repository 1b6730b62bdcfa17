// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hiding extended capabilities. Pure; the caller brings config space.
 *
 * A chain is walked once, and each place where a capability begins is marked.
 * The result is then put together by one pass over the dwords in rising order,
 * so that windows come out sorted, and so that two capabilities that claim the
 * same bytes need no thought: whoever begins last has them, except that one
 * hidden capability never uncovers another.
 *
 * Nothing is believed: a chain ends where it leaves config space, comes back to
 * where it has been, or finds no header (zero or all-ones). A length can only
 * hide what no visible capability begins before.
 */
#include "ecap.h"
#include "regs.h"

#define FIRST		0x100
#define SPACE		0x1000
#define NEXT_SHIFT	20
#define NEXT_MASK	0xffc	/* PCIe 6.0, 7.6.3: software masks the low two bits */
#define ID_VERSION	0xfffff

/* What is hidden from a guest, first match first. */
static const struct {
	u16 vendor;
	u16 first;	/* DVSEC ids */
	u16 last;
	const char *why;
} hidden[] = {
	/*
	 * CXL 3.1, 8.1.3: control, lock and range bases are writable, and what
	 * they govern is the host's. Readiness is read on the host.
	 */
	{ COHMEM_PCI_VENDOR_CXL, COHMEM_DVSEC_CXL_ID, COHMEM_DVSEC_CXL_ID,
	  "CXL Device: control and ranges of the host's memory" },
	/*
	 * CXL 3.1, 8.1.8. Linux (pcie_is_cxl()) and NVIDIA's guest driver
	 * (nv_pcie_is_cxl() in its nv-pci.c) take a function with it for CXL;
	 * the latter then does not look at the BAR for the memory's address.
	 */
	{ COHMEM_PCI_VENDOR_CXL, COHMEM_DVSEC_CXL_FLEXBUS_ID,
	  COHMEM_DVSEC_CXL_FLEXBUS_ID,
	  "CXL Flex Bus Port: announces CXL where the memory is a BAR" },
	/*
	 * CXL 3.1, 8.1.9. It leads to the HDM decoders, whose base is an address
	 * of the host; nv_cxl_get_hdm_base_addr() in the same file uses it.
	 */
	{ COHMEM_PCI_VENDOR_CXL, COHMEM_DVSEC_CXL_LOCATOR_ID,
	  COHMEM_DVSEC_CXL_LOCATOR_ID,
	  "CXL Register Locator: leads to the host's HDM decoders" },
	/*
	 * CXL 3.1, 8.1: GPF, ports, logical devices, and what is still to come.
	 * All of them govern a link or a device that the guest does not own.
	 */
	{ COHMEM_PCI_VENDOR_CXL, 0, 0xffff,
	  "CXL: nothing of it is the guest's" },
	{ }
};

/* A copy of config space and the chain in it. */
struct view {
	const u8 *cfg;
	unsigned int size;
	unsigned int last;		/* where the chain ends; 0: there is none */
	u64 begins[SPACE / 4 / 64];	/* a bit for each dword */
};

/* Both views of one function. */
struct views {
	struct view raw;
	struct view shown;
};

/**
 * cohmem_dvsec_hidden() - is this DVSEC hidden from a guest?
 * @vendor: who defines it
 * @id: its DVSEC id
 *
 * Return: why it is, a phrase for people, or NULL where it is shown.
 */
const char *cohmem_dvsec_hidden(u16 vendor, u16 id)
{
	unsigned int i;

	for (i = 0; hidden[i].why; i++)
		if (hidden[i].vendor == vendor && id >= hidden[i].first &&
		    id <= hidden[i].last)
			return hidden[i].why;
	return NULL;
}

/* Past the end there is nothing. */
static u32 dword(const struct view *v, unsigned int pos)
{
	const u8 *b = v->cfg + pos;

	if (pos + 4 > v->size)
		return 0;
	return b[0] | b[1] << 8 | b[2] << 16 | (u32)b[3] << 24;
}

static unsigned int next_of(const struct view *v, unsigned int pos)
{
	return dword(v, pos) >> NEXT_SHIFT & NEXT_MASK;
}

static bool begins(const struct view *v, unsigned int pos)
{
	return v->begins[pos / 256] >> (pos / 4 % 64) & 1;
}

static void walk(struct view *v, const u8 *cfg, unsigned int size)
{
	unsigned int pos = FIRST;
	u32 header;

	memset(v, 0, sizeof(*v));
	v->cfg = cfg;
	v->size = size;
	while (pos >= FIRST && !begins(v, pos)) {
		header = dword(v, pos);
		if (!header || header == ~0U)
			return;
		v->begins[pos / 256] |= 1ULL << (pos / 4 % 64);
		v->last = pos;
		pos = next_of(v, pos);
	}
}

/*
 * Where the hidden capability at @pos claims to end; 0 if none begins there. A
 * length that does not even hold the DVSEC's own headers is no length: all that
 * follows may belong to it.
 */
static unsigned int claimed_in(const struct view *v, unsigned int pos)
{
	u32 header1 = dword(v, pos + COHMEM_DVSEC_HEADER1);
	unsigned int len = header1 >> COHMEM_DVSEC_LEN_SHIFT;

	if (!begins(v, pos) || (dword(v, pos) & 0xffff) != COHMEM_ECAP_DVSEC ||
	    !cohmem_dvsec_hidden(header1 & 0xffff,
				 dword(v, pos + COHMEM_DVSEC_HEADER2) & 0xffff))
		return 0;
	if (len < COHMEM_DVSEC_MIN_LEN)
		return SPACE;
	return pos + (len + 3) / 4 * 4;
}

/* As either view has it. */
static unsigned int claimed(const struct views *v, unsigned int pos)
{
	unsigned int raw = claimed_in(&v->raw, pos);
	unsigned int shown = claimed_in(&v->shown, pos);

	return raw > shown ? raw : shown;
}

/* Behind @pos in the chain that is shown: the next one that stays, or 0. */
static unsigned int stays_after(const struct views *v, unsigned int pos)
{
	while (begins(&v->shown, pos) && pos != v->shown.last) {
		pos = next_of(&v->shown, pos);
		if (!claimed(v, pos))
			return pos;
	}
	return 0;
}

/* The dword at @pos reads as @value. Positions rise. */
static bool put(struct cohmem_ecap_map *map, unsigned int pos, u32 value)
{
	unsigned int nr = map->nr;

	if (nr && map->win[nr - 1].end == pos && !value) {
		map->win[nr - 1].end += 4;
		return true;
	}
	if (nr == COHMEM_ECAP_MAX)
		return false;
	map->win[nr].start = pos;
	map->win[nr].end = pos + 4;
	map->value[nr] = value;
	map->nr++;
	return true;
}

/**
 * cohmem_ecap_hide() - find what has to be hidden, and mend the chain
 * @map: filled; empty if all can be shown as it is
 * @raw: a copy of config space as the function has it
 * @shown: a copy of it as it would be shown without this; may be @raw. What is
 *	not in its chain is not looked at and need not be filled
 * @size: bytes in each of them, 256 or 4096
 *
 * A chain that is broken is shown up to where it breaks, and ends there.
 *
 * Return: true; false where more places differ than @map can hold, and then all
 * of extended config space is hidden.
 */
bool cohmem_ecap_hide(struct cohmem_ecap_map *map, const u8 *raw,
		      const u8 *shown, unsigned int size)
{
	unsigned int pos, next, end, until = FIRST;
	bool fits = true;
	struct views v;
	u32 header;

	map->nr = 0;
	if (size > SPACE)
		size = SPACE;
	walk(&v.raw, raw, size);
	walk(&v.shown, shown, size);

	for (pos = FIRST; pos + 4 <= size && fits; pos += 4) {
		end = claimed(&v, pos);
		if (end > until)
			until = end;
		else if (!end && (begins(&v.raw, pos) || begins(&v.shown, pos)))
			until = pos;

		next = pos == FIRST || begins(&v.shown, pos) ?
		       stays_after(&v, pos) << NEXT_SHIFT : 0;
		header = dword(&v.shown, pos);
		if (pos < until)
			fits = put(map, pos, pos == FIRST ? next : 0);
		else if (begins(&v.shown, pos) && next != (header & ~ID_VERSION))
			fits = put(map, pos, (header & ID_VERSION) | next);
	}
	if (!fits) {
		map->nr = 1;
		map->win[0].start = FIRST;
		map->win[0].end = size;
		map->value[0] = 0;
	}
	return fits;
}

/**
 * cohmem_ecap_bytes() - what is shown in the place of something else
 * @map: from cohmem_ecap_hide()
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
