// SPDX-License-Identifier: GPL-2.0-only
/*
 * The capabilities of a config space that was recorded: where they are, and which
 * of them are known. It comes from strangers: whatever a chain says is looked at
 * before it is followed.
 */
#include <errno.h>
#include <linux/pci_regs.h>

#include "config.h"

struct spot {
	u16 pos;
	bool ext;
};

/* A chain may go up and down, but nowhere twice. */
static int add(struct spot *spot, unsigned int *nr, u32 pos, bool ext,
	       const char **why)
{
	unsigned int i;

	*why = "a chain that leaves its part of config space";
	if (ext ? pos < SIM_EXT_START : pos < PCI_STD_HEADER_SIZEOF)
		return -EINVAL;
	*why = "a chain that has no end";
	for (i = 0; i < *nr; i++)
		if (spot[i].pos == pos)
			return -EINVAL;
	*why = "too many capabilities";
	if (*nr == SIM_MAX_CAPS)
		return -EINVAL;
	spot[(*nr)++] = (struct spot){ pos, ext };
	*why = NULL;
	return 0;
}

static int follow(const u8 *byte, struct spot *spot, unsigned int *nr,
		  const char **why)
{
	u32 pos, head;
	int err;

	if (sim_get16(byte, PCI_STATUS) & PCI_STATUS_CAP_LIST)
		for (pos = byte[PCI_CAPABILITY_LIST] & 0xfc; pos;
		     pos = byte[pos + 1] & 0xfc) {
			err = add(spot, nr, pos, false, why);
			if (err)
				return err;
		}
	for (pos = SIM_EXT_START; pos; pos = head >> 20 & 0xffc) {
		head = sim_get32(byte, pos);
		/* Nobody there. */
		if (!head || head == ~0U)
			break;
		/* The null head. */
		if (pos == SIM_EXT_START && !(head & 0xffff) &&
		    head >> 20 > SIM_EXT_START)
			continue;
		err = add(spot, nr, pos, true, why);
		if (err)
			return err;
	}
	return 0;
}

/* Bytes from @pos to whoever comes next, or to the end of its part. */
static u32 room(const struct spot *spot, unsigned int nr, u32 pos, bool ext)
{
	u32 end = ext ? SIM_CONFIG_SIZE : SIM_EXT_START;
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (spot[i].pos > pos && spot[i].pos < end)
			end = spot[i].pos;
	return end - pos;
}

/* How much of MSI there is: PCI 3.0, 6.8.1. */
static u32 msi_size(u16 flags)
{
	u32 size = flags & PCI_MSI_FLAGS_64BIT ? PCI_MSI_DATA_64 + 2 :
						 PCI_MSI_DATA_32 + 2;

	if (flags & PCI_MSI_FLAGS_MASKBIT)
		size = flags & PCI_MSI_FLAGS_64BIT ? PCI_MSI_PENDING_64 + 4 :
						     PCI_MSI_PENDING_32 + 4;
	return size;
}

/* What is like the one at @pos, by its header. */
static const struct sim_cap *known(const u8 *byte, u32 pos, bool ext, u32 space)
{
	u16 id = ext ? sim_get16(byte, pos) : byte[pos];
	unsigned int i;

	if (!ext && id == PCI_CAP_ID_MSI &&
	    !(sim_get16(byte, pos + PCI_MSI_FLAGS) & PCI_MSI_FLAGS_64BIT))
		return &cohmem_sim_cap_msi32;
	for (i = 0; cohmem_sim_caps[i]; i++) {
		const struct sim_cap *cap = cohmem_sim_caps[i];

		if (cap->ext != ext || cap->id != id)
			continue;
		if (!cap->vendor || (space >= 0xa &&
				     cap->vendor == sim_get16(byte, pos + 4) &&
				     cap->dvsec_id == sim_get16(byte, pos + 8)))
			return cap;
	}
	return NULL;
}

/*
 * A capability as it is here: a known one may be shorter than ours, as long as
 * it has what the emulator relies on. All others are bytes that nobody can change.
 */
static void describe(const u8 *byte, const struct spot *at, u32 space,
		     struct sim_cap *made)
{
	const struct sim_cap *like = known(byte, at->pos, at->ext, space);
	u32 size, need;

	*made = (struct sim_cap){
		.name = "unknown", .ext = at->ext,
		.id = at->ext ? sim_get16(byte, at->pos) : byte[at->pos],
		.version = at->ext ? byte[at->pos + 2] & 0xf : 0,
		.size = at->ext ? 4 : 2,
	};
	if (!like)
		return;
	made->name = like->name;
	size = like->size;
	if (!like->ext && like->id == PCI_CAP_ID_MSI)
		size = msi_size(sim_get16(byte, at->pos + PCI_MSI_FLAGS));
	need = like->need ? like->need : size;
	if (space < need)
		return;
	made->of = like;
	made->size = size < space ? size : space;
	made->reg = like->reg;
	/* By rising address, so those that fit are the first ones. */
	while (made->nr_reg < like->nr_reg &&
	       like->reg[made->nr_reg].at + like->reg[made->nr_reg].size <=
	       made->size)
		made->nr_reg++;
}

/**
 * cohmem_sim_dump_caps() - the capabilities of a dump
 * @byte: config space
 * @list: gets them, with their places; room for SIM_MAX_CAPS
 * @made: what the list points to; the same
 * @nr: how many
 * @why: what is wrong
 * Return: 0 or -EINVAL.
 */
int cohmem_sim_dump_caps(const u8 *byte, struct sim_placed *list,
			 struct sim_cap *made, unsigned int *nr,
			 const char **why)
{
	struct spot spot[SIM_MAX_CAPS];
	unsigned int i;
	int err;

	*nr = 0;
	err = follow(byte, spot, nr, why);
	if (err) {
		*nr = 0;
		return err;
	}
	for (i = 0; i < *nr; i++) {
		describe(byte, &spot[i],
			 room(spot, *nr, spot[i].pos, spot[i].ext), &made[i]);
		list[i] = (struct sim_placed){ &made[i], spot[i].pos };
	}
	return 0;
}

/**
 * cohmem_sim_dump_unlink() - take a capability out of the first chain
 * @byte: config space, whose chains cohmem_sim_dump_caps() took
 * @pos: where it is, below 0x100
 */
void cohmem_sim_dump_unlink(u8 *byte, u32 pos)
{
	u32 at = PCI_CAPABILITY_LIST;

	while ((byte[at] & 0xfc) && (byte[at] & 0xfc) != pos)
		at = (byte[at] & 0xfc) + 1;
	if (byte[at] & 0xfc)
		byte[at] = byte[pos + 1];
}
