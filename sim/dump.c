// SPDX-License-Identifier: GPL-2.0-only
/* A real part's config space, as lspci -xxxx prints it. */
#include <errno.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>

#include "config.h"

/**
 * cohmem_sim_dump_read() - read a dump
 * @path: its file; lines of "OFFSET: BYTE...", others mean nothing
 * @byte: config space; what the dump does not have is 0
 * Return: 0, -errno, or -EINVAL for what is no dump of all 4096 bytes.
 */
int cohmem_sim_dump_read(const char *path, u8 byte[SIM_CONFIG_SIZE])
{
	FILE *f = fopen(path, "r");
	unsigned int have = 0;
	char line[256];

	if (!f)
		return -errno;
	memset(byte, 0, SIM_CONFIG_SIZE);
	while (fgets(line, sizeof(line), f)) {
		char *at, *end;
		unsigned long pos = strtoul(line, &at, 16);

		/* "00: de 10", and not "01:00.0 3D controller". */
		if (at == line || at[0] != ':' || at[1] != ' ' || pos % 16)
			continue;
		for (at++; pos < SIM_CONFIG_SIZE; pos++, at = end) {
			unsigned long v = strtoul(at, &end, 16);

			if (end == at || v > 0xff)
				break;
			byte[pos] = v;
			have++;
		}
	}
	fclose(f);
	return have == SIM_CONFIG_SIZE ? 0 : -EINVAL;
}

/* What a header is followed by, as far as that is known. */
static const struct sim_cap *known(const u8 *byte, u32 pos, bool ext, u16 id)
{
	unsigned int i;

	for (i = 0; cohmem_sim_caps[i]; i++) {
		const struct sim_cap *cap = cohmem_sim_caps[i];

		if (cap->ext == ext && cap->id == id &&
		    (!cap->vendor ||
		     (cap->vendor == sim_get16(byte, pos + 4) &&
		      cap->dvsec_id == sim_get16(byte, pos + 8))))
			return cap;
	}
	return NULL;
}

/*
 * A capability that is not known: a header, and bytes that nobody can change.
 * Headers of one id are alike, whatever follows them.
 */
static const struct sim_cap *stranger(bool ext, u16 id, u8 version)
{
	static struct sim_cap made[SIM_MAX_CAPS];
	static unsigned int nr;
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (made[i].ext == ext && made[i].id == id &&
		    made[i].version == version)
			return &made[i];
	if (nr == SIM_MAX_CAPS)
		return NULL;
	made[nr] = (struct sim_cap){ .name = "unknown", .ext = ext, .id = id,
				     .version = version, .size = ext ? 4 : 2 };
	return &made[nr++];
}

static int add(struct sim_placed *list, unsigned int *nr,
	       const struct sim_cap *cap, u32 pos, const char **why)
{
	*why = "too many capabilities, or a chain that has no end";
	if (!cap || *nr == SIM_MAX_CAPS)
		return -EINVAL;
	list[(*nr)++] = (struct sim_placed){ cap, pos };
	return cohmem_sim_link_check(list, *nr, why);
}

/**
 * cohmem_sim_dump_caps() - the capabilities of a dump
 * @byte: config space
 * @list: gets them, with their places; room for SIM_MAX_CAPS
 * @nr: how many
 * @why: what is wrong
 * Return: 0 or -EINVAL.
 */
int cohmem_sim_dump_caps(const u8 *byte, struct sim_placed *list,
			 unsigned int *nr, const char **why)
{
	const struct sim_cap *cap;
	u32 pos, head;
	int err;

	*nr = 0;
	for (pos = byte[PCI_CAPABILITY_LIST] & 0xfc; pos;
	     pos = byte[pos + 1] & 0xfc) {
		cap = known(byte, pos, false, byte[pos]);
		err = add(list, nr, cap ? cap : stranger(false, byte[pos], 0),
			  pos, why);
		if (err)
			return err;
	}
	for (pos = SIM_EXT_START; pos; pos = head >> 20 & 0xffc) {
		if (pos < SIM_EXT_START) {
			*why = "a chain that leaves its part of config space";
			return -EINVAL;
		}
		head = sim_get32(byte, pos);
		/* The null head, or no extended capability at all. */
		if (pos == SIM_EXT_START && !(head & 0xffff) &&
		    head >> 20 != SIM_EXT_START)
			continue;
		cap = known(byte, pos, true, head & 0xffff);
		if (!cap || cap->version != (head >> 16 & 0xf))
			cap = stranger(true, head & 0xffff, head >> 16 & 0xf);
		err = add(list, nr, cap, pos, why);
		if (err)
			return err;
	}
	return 0;
}
