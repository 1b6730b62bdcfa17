// SPDX-License-Identifier: GPL-2.0-only
/*
 * Generic initiators of a PCI function. The table comes from a VMM, so nothing
 * in it is believed: no structure is read beyond its own length or that of the
 * table, and one that is too short ends the walk, as its length leads nowhere.
 *
 * ACPI puts the bus into byte 2 of a PCI device handle and device and function
 * into byte 3. QEMU before 9.2 had them the other way round (a 16-bit number,
 * little-endian), and NVIDIA's driver accepts both. So does this; but only where
 * the right order finds nothing, as bus 8 device 0 and bus 0 device 1 are each
 * other's mirror image.
 */
#include "srat.h"

/* The table's header and 12 reserved bytes come before the first structure. */
#define SRAT_FIRST	48
#define SRAT_LENGTH	4	/* u32, in the header */

#define SRAT_GI		5	/* type of a Generic Initiator Affinity structure */
#define GI_LEN		32
#define GI_HANDLE_TYPE	3
#define GI_HANDLE_PCI	1
#define GI_PXM		4
#define GI_SEGMENT	8
#define GI_BUS		10
#define GI_DEVFN	11
#define GI_FLAGS	24
#define GI_ENABLED	0x1

static u32 get32(const u8 *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (u32)p[3] << 24;
}

static bool is_of(const u8 *gi, const struct cohmem_guest_where *w, bool swapped)
{
	u8 bus = gi[swapped ? GI_DEVFN : GI_BUS];
	u8 devfn = gi[swapped ? GI_BUS : GI_DEVFN];

	return gi[GI_HANDLE_TYPE] == GI_HANDLE_PCI &&
	       get32(gi + GI_FLAGS) & GI_ENABLED &&
	       (gi[GI_SEGMENT] | gi[GI_SEGMENT + 1] << 8) == w->segment &&
	       bus == w->bus && devfn == w->devfn;
}

static bool known(const u32 *pxm, unsigned int nr, u32 which)
{
	while (nr--) {
		if (pxm[nr] == which)
			return true;
	}
	return false;
}

static unsigned int walk(const u8 *table, u32 len,
			 const struct cohmem_guest_where *where, u32 *pxm,
			 bool swapped)
{
	unsigned int nr = 0;
	u32 pos = SRAT_FIRST;
	u8 size;

	while (pos <= len && len - pos >= 2 && nr < COHMEM_GUEST_MAX_PXM) {
		const u8 *s = table + pos;

		size = s[1];
		if (size < 2 || size > len - pos)
			break;
		pos += size;
		if (s[0] != SRAT_GI || size < GI_LEN || !is_of(s, where, swapped))
			continue;
		if (!known(pxm, nr, get32(s + GI_PXM)))
			pxm[nr++] = get32(s + GI_PXM);
	}
	return nr;
}

/**
 * cohmem_guest_srat() - the proximity domains kept for a function
 * @table: the SRAT, header included
 * @len: bytes of it that can be read
 * @where: the function
 * @pxm: gets the domains, in the table's order, each once
 *
 * Return: how many; 0 where the table has none for it.
 */
unsigned int cohmem_guest_srat(const u8 *table, u32 len,
			       const struct cohmem_guest_where *where,
			       u32 pxm[COHMEM_GUEST_MAX_PXM])
{
	unsigned int nr;

	if (len < SRAT_FIRST)
		return 0;
	if (get32(table + SRAT_LENGTH) < len)
		len = get32(table + SRAT_LENGTH);
	nr = walk(table, len, where, pxm, false);
	return nr ? nr : walk(table, len, where, pxm, true);
}
