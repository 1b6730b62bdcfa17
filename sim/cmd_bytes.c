// SPDX-License-Identifier: GPL-2.0-only
/* Commands of the control socket that show or change bytes. */
#include <stdlib.h>

#include "command.h"

/* Bytes that one "mem read" or "mem write" moves. */
#define MEM_MAX		16384

/* Bytes as hex digits: at most MEM_MAX of them. */
static void add_hex(struct call *c, const u8 *buf, u64 len)
{
	static const char digit[] = "0123456789abcdef";
	char hex[2 * MEM_MAX + 1];
	u64 i;

	for (i = 0; i < len; i++) {
		hex[2 * i] = digit[buf[i] >> 4];
		hex[2 * i + 1] = digit[buf[i] & 15];
	}
	hex[2 * len] = 0;
	add_text(c->reply, "hex", hex);
}

/**
 * cohmem_sim_do_mem_read() - mem read: bytes of the coherent memory
 * @c: the call
 * Return: 0, or -EINVAL with the reason in the reply.
 */
int cohmem_sim_do_mem_read(struct call *c)
{
	u8 buf[MEM_MAX];
	u64 pos, len;
	int err;

	if (number(c, c->argv[0], INT64_MAX, &pos) ||
	    number(c, c->argv[1], MEM_MAX, &len))
		return -EINVAL;
	err = cohmem_sim_hbm_read(&c->sim->hbm, pos, buf, len);
	if (err)
		return fail(c, "cannot read that: %s", strerror(-err));
	add_hex(c, buf, len);
	return 0;
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

static int nibble(char ch)
{
	if (ch >= '0' && ch <= '9')
		return ch - '0';
	ch |= 0x20;
	return ch >= 'a' && ch <= 'f' ? ch - 'a' + 10 : -1;
}

/**
 * cohmem_sim_do_mem_write() - mem write: change some
 * @c: the call
 * Return: 0, or -EINVAL with the reason in the reply.
 */
int cohmem_sim_do_mem_write(struct call *c)
{
	const char *hex = c->argv[1];
	size_t len = strlen(hex) / 2, i;
	u8 buf[MEM_MAX];
	u64 pos;
	int err;

	if (number(c, c->argv[0], INT64_MAX, &pos))
		return -EINVAL;
	if (strlen(hex) % 2 || !len || len > MEM_MAX)
		return fail(c, "an even number of hex digits, at most %u",
			    2 * MEM_MAX);
	for (i = 0; i < len; i++) {
		int hi = nibble(hex[2 * i]), lo = nibble(hex[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return fail(c, "'%.2s' is no hex digit pair",
				    hex + 2 * i);
		buf[i] = hi << 4 | lo;
	}
	err = cohmem_sim_hbm_write(&c->sim->hbm, pos, buf, len);
	return err ? fail(c, "cannot write that: %s", strerror(-err)) : 0;
}

/**
 * cohmem_sim_do_mem_crc() - mem crc: CRC32 of some
 * @c: the call
 * Return: 0, or -EINVAL with the reason in the reply.
 */
int cohmem_sim_do_mem_crc(struct call *c)
{
	u64 pos, len, done;
	char text[16];
	u8 *buf;
	u32 crc = 0;
	int err = 0;

	if (number(c, c->argv[0], INT64_MAX, &pos) ||
	    number(c, c->argv[1], 4ULL << 30, &len))
		return -EINVAL;
	buf = malloc(SIM_MAX_XFER);
	if (!buf)
		return fail(c, "no memory");
	for (done = 0; !err && done < len; ) {
		u64 n = len - done < SIM_MAX_XFER ? len - done : SIM_MAX_XFER;

		err = cohmem_sim_hbm_read(&c->sim->hbm, pos + done, buf, n);
		if (!err)
			crc = cohmem_sim_crc32(crc, buf, n);
		done += n;
	}
	free(buf);
	if (err)
		return fail(c, "cannot read that: %s", strerror(-err));
	snprintf(text, sizeof(text), "%08x", crc);
	add_text(c->reply, "crc32", text);
	return 0;
}
