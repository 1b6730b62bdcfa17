// SPDX-License-Identifier: GPL-2.0-only
/* Commands of the control socket that show or change bytes. */
#include "command.h"

/* Bytes that one "mem read" or "mem write" moves. */
#define MEM_MAX		16384
/* Bytes that "mem crc" reads in a turn of the main loop. */
#define CRC_PIECE	(128 << 10)

/* Bytes as hex digits: at most MEM_MAX of them. */
static void add_hex(struct call *c, const u8 *buf, u64 len)
{
	char hex[2 * MEM_MAX + 1];

	cohmem_sim_hex(buf, len, hex);
	add_text(c->reply, "hex", hex);
}

static int do_read(struct call *c, bool egm)
{
	u8 buf[MEM_MAX];
	u64 pos, len;
	int err;

	if (number(c, c->argv[0], INT64_MAX, &pos) ||
	    number(c, c->argv[1], MEM_MAX, &len))
		return -EINVAL;
	err = egm ? cohmem_sim_egm_read(&c->sim->egm, pos, buf, len) :
		    cohmem_sim_hbm_read(&c->sim->hbm, pos, buf, len);
	if (err)
		return fail(c, "cannot read that: %s", strerror(-err));
	add_hex(c, buf, len);
	return 0;
}

/**
 * cohmem_sim_do_mem_read() - mem read: bytes of the coherent memory
 * @c: the call
 * Return: 0, or -EINVAL with the reason in the reply.
 */
int cohmem_sim_do_mem_read(struct call *c)
{
	return do_read(c, false);
}

/**
 * cohmem_sim_do_egm_read() - egm read: bytes of the EGM
 * @c: the call
 * Return: 0, or -EINVAL with the reason in the reply.
 */
int cohmem_sim_do_egm_read(struct call *c)
{
	return do_read(c, true);
}

/**
 * cohmem_sim_do_config_read() - config read: bytes as the function holds them
 * @c: the call
 * No look at them is counted, and D3 hides nothing.
 *
 * Return: 0, or -EINVAL with the reason in the reply.
 */
int cohmem_sim_do_config_read(struct call *c)
{
	u8 buf[SIM_CONFIG_SIZE];
	u64 pos, len;

	if (number(c, c->argv[0], SIM_CONFIG_SIZE, &pos) ||
	    number(c, c->argv[1], SIM_CONFIG_SIZE, &len))
		return -EINVAL;
	if (len > SIM_CONFIG_SIZE - pos)
		return fail(c, "config space has %u bytes", SIM_CONFIG_SIZE);
	cohmem_sim_config_read(&c->sim->config, pos, buf, len);
	add_hex(c, buf, len);
	return 0;
}

static int do_write(struct call *c, bool egm)
{
	const char *hex = c->argv[1];
	size_t len = strlen(hex) / 2, n;
	u8 buf[MEM_MAX];
	u64 pos;
	int err;

	if (number(c, c->argv[0], INT64_MAX, &pos))
		return -EINVAL;
	if (strlen(hex) % 2 || !len || len > MEM_MAX)
		return fail(c, "an even number of hex digits, at most %u",
			    2 * MEM_MAX);
	n = cohmem_sim_parse_hex(hex, buf, len);
	if (n < len)
		return fail(c, "'%.2s' is no hex digit pair", hex + 2 * n);
	err = egm ? cohmem_sim_egm_write(&c->sim->egm, pos, buf, len) :
		    cohmem_sim_hbm_write(&c->sim->hbm, pos, buf, len);
	return err ? fail(c, "cannot write that: %s", strerror(-err)) : 0;
}

/**
 * cohmem_sim_do_mem_write() - mem write: change some
 * @c: the call
 * Return: 0, or -EINVAL with the reason in the reply.
 */
int cohmem_sim_do_mem_write(struct call *c)
{
	return do_write(c, false);
}

/**
 * cohmem_sim_do_egm_write() - egm write: change some
 * @c: the call
 * Return: 0, or -EINVAL with the reason in the reply.
 */
int cohmem_sim_do_egm_write(struct call *c)
{
	return do_write(c, true);
}

/**
 * cohmem_sim_do_mem_crc() - mem crc: CRC32 of some
 * @c: the call
 * Return: 0, or -EINVAL with the reason in the reply.
 */
int cohmem_sim_do_mem_crc(struct call *c)
{
	struct sim_control_client *w = c->client;
	u64 pos, len, size = c->sim->hbm.size;

	if (number(c, c->argv[0], INT64_MAX, &pos) ||
	    number(c, c->argv[1], 4ULL << 30, &len))
		return -EINVAL;
	if (pos > size || len > size - pos)
		return fail(c, "cannot read that: %s", strerror(ERANGE));
	w->crc_pos = pos;
	w->crc_left = len;
	w->crc = 0;
	w->reply = c->reply;
	return 0;
}

/**
 * cohmem_sim_crc_step() - go on with a "mem crc"
 * @s: the superchip
 * @c: whose; has a reply to be
 * Return: true if the reply is complete now.
 */
bool cohmem_sim_crc_step(struct sim *s, struct sim_control_client *c)
{
	static u8 buf[CRC_PIECE];
	u32 n = c->crc_left < CRC_PIECE ? c->crc_left : CRC_PIECE;
	char text[16];

	if (cohmem_sim_hbm_read(&s->hbm, c->crc_pos, buf, n)) {
		json_object_object_add(c->reply, "ok",
				       json_object_new_boolean(false));
		add_text(c->reply, "error", "cannot read that");
		return true;
	}
	c->crc = cohmem_sim_crc32(c->crc, buf, n);
	c->crc_pos += n;
	c->crc_left -= n;
	if (c->crc_left)
		return false;
	snprintf(text, sizeof(text), "%08x", c->crc);
	add_text(c->reply, "crc32", text);
	return true;
}
