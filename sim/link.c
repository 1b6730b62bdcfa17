// SPDX-License-Identifier: GPL-2.0-only
/*
 * The linker: gives every capability a place, chains them by rising address and
 * refuses what no function can have. Those with a place keep it; the others get
 * the first gap that is large enough, in the order of the list.
 */
#include <errno.h>
#include <linux/pci_regs.h>

#include "caps.h"

static u32 first_of(const struct sim_cap *cap)
{
	return cap->ext ? SIM_EXT_START : PCI_STD_HEADER_SIZEOF;
}

static u32 end_of(const struct sim_cap *cap)
{
	return cap->ext ? SIM_CONFIG_SIZE : SIM_EXT_START;
}

static u32 header_of(const struct sim_cap *cap)
{
	return cap->vendor ? 0xa : cap->ext ? 4 : 2;
}

/* A capability in itself. Return: what is wrong with it, or NULL. */
static const char *look(const struct sim_cap *cap)
{
	unsigned int i;

	if (!cap->id || (!cap->ext && cap->id > 0xff) || cap->version > 15)
		return "an id or version that no header can hold";
	if (cap->size < header_of(cap) || cap->size > end_of(cap))
		return "a size that cannot be";
	for (i = 0; i < cap->nr_reg; i++) {
		const struct sim_reg *r = &cap->reg[i];

		if ((r->size != 1 && r->size != 2 && r->size != 4) ||
		    r->at < header_of(cap) || r->at + r->size > cap->size)
			return "a register that is not inside";
		if (r->rw & r->w1c)
			return "a bit that is both written and cleared by 1";
	}
	return NULL;
}

/* Which of the list has a byte of [pos, pos + size)? Return: its end, or 0. */
static u32 taken(const struct sim_placed *list, unsigned int nr, u32 pos,
		 u32 size)
{
	unsigned int i;
	u32 end = 0;

	for (i = 0; i < nr; i++)
		if (list[i].pos && pos < list[i].pos + list[i].cap->size &&
		    list[i].pos < pos + size &&
		    (!end || list[i].pos + list[i].cap->size < end))
			end = list[i].pos + list[i].cap->size;
	return end;
}

/**
 * cohmem_sim_link_check() - can these capabilities be where they are?
 * @list: the capabilities; those without a place are not looked at for it
 * @nr: how many
 * @why: what is wrong, unless NULL is what nobody asks for
 * Return: 0, or -EINVAL.
 */
int cohmem_sim_link_check(const struct sim_placed *list, unsigned int nr,
			  const char **why)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		const struct sim_cap *cap = list[i].cap;
		u32 pos = list[i].pos;

		*why = look(cap);
		if (*why)
			return -EINVAL;
		if (!pos)
			continue;
		*why = "an address that is no multiple of 4";
		if (pos % 4)
			return -EINVAL;
		*why = "a place outside of its part of config space";
		if (pos < first_of(cap) || pos + cap->size > end_of(cap))
			return -EINVAL;
		*why = "a place that another one has";
		if (taken(list, i, pos, cap->size))
			return -EINVAL;
	}
	*why = NULL;
	return 0;
}

static void put16(u8 *byte, u32 pos, u16 v)
{
	byte[pos] = v;
	byte[pos + 1] = v >> 8;
}

static void put32(u8 *byte, u32 pos, u32 v)
{
	put16(byte, pos, v);
	put16(byte, pos + 2, v >> 16);
}

/* The next of its kind above @pos. Return: its place, 0 at the end. */
static u32 next_above(const struct sim_placed *list, unsigned int nr, bool ext,
		      u32 pos)
{
	unsigned int i;
	u32 next = 0;

	for (i = 0; i < nr; i++)
		if (list[i].cap->ext == ext && list[i].pos > pos &&
		    (!next || list[i].pos < next))
			next = list[i].pos;
	return next;
}

static void write_headers(const struct sim_placed *list, unsigned int nr,
			  u8 *byte)
{
	u32 first = next_above(list, nr, true, 0);
	unsigned int i;

	byte[PCI_CAPABILITY_LIST] = next_above(list, nr, false, 0);
	/* The chain begins at 0x100, be there anything or not: a null head. */
	if (first > SIM_EXT_START)
		put32(byte, SIM_EXT_START, first << 20);
	for (i = 0; i < nr; i++) {
		const struct sim_cap *cap = list[i].cap;
		u32 pos = list[i].pos;
		u32 next = next_above(list, nr, cap->ext, pos);

		if (!cap->ext) {
			put16(byte, pos, cap->id | next << 8);
			continue;
		}
		put32(byte, pos, cap->id | cap->version << 16 | next << 20);
		if (!cap->vendor)
			continue;
		put32(byte, pos + 4, cap->vendor | cap->dvsec_rev << 16 |
		      (u32)cap->size << 20);
		put16(byte, pos + 8, cap->dvsec_id);
	}
}

/**
 * cohmem_sim_link() - place and chain capabilities
 * @list: the capabilities; who has no place gets one
 * @nr: how many
 * @byte: config space; gets the headers and where the chains begin
 * @why: what is wrong
 *
 * The null head at 0x100 takes 4 bytes, which nobody else gets.
 *
 * Return: 0, -EINVAL, or -ENOSPC where there is no room.
 */
int cohmem_sim_link(struct sim_placed *list, unsigned int nr, u8 *byte,
		    const char **why)
{
	unsigned int i;
	int err;

	err = cohmem_sim_link_check(list, nr, why);
	if (err)
		return err;
	for (i = 0; i < nr; i++) {
		const struct sim_cap *cap = list[i].cap;
		u32 pos = first_of(cap), end;

		if (list[i].pos)
			continue;
		/* 0x100 is for who is put there on purpose. */
		if (cap->ext)
			pos += 4;
		while ((end = taken(list, nr, pos, cap->size)))
			pos = (end + 3) / 4 * 4;
		*why = "no room";
		if (pos + cap->size > end_of(cap))
			return -ENOSPC;
		list[i].pos = pos;
	}
	*why = NULL;
	write_headers(list, nr, byte);
	return 0;
}
