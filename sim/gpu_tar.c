// SPDX-License-Identifier: GPL-2.0-only
/*
 * A recording of a host is a tar file (POSIX.1-1988, ustar): find in it what
 * describes one GPU, cohmem/gpu-BDF.json. Nothing is unpacked.
 */
#include <errno.h>
#include <stdio.h>

#include "gpu.h"

#define BLOCK		512
#define PREFIX		"cohmem/gpu-"
#define SUFFIX		".json"

/* Fields of a header: where, and how long. All of them are text. */
enum {
	NAME = 0, NAME_LEN = 100, SIZE = 124, SIZE_LEN = 12, SUM = 148,
	SUM_LEN = 8, TYPE = 156, MAGIC = 257,
};

static bool octal(const u8 *field, unsigned int len, u64 *value)
{
	unsigned int i;

	*value = 0;
	for (i = 0; i < len && field[i] >= '0' && field[i] <= '7'; i++)
		*value = *value << 3 | (field[i] - '0');
	return i && (i == len || !field[i] || field[i] == ' ');
}

static bool header_ok(const u8 *block)
{
	u64 want, sum = 0;
	unsigned int i;

	if (memcmp(block + MAGIC, "ustar", 5) ||
	    !octal(block + SUM, SUM_LEN, &want))
		return false;
	for (i = 0; i < BLOCK; i++)
		sum += i >= SUM && i < SUM + SUM_LEN ? ' ' : block[i];
	return sum == want;
}

/* The GPU that a member describes, by its name. */
static bool describes(const u8 *block, struct sim_bdf *bdf)
{
	const char *name = (const char *)block + NAME;
	size_t len = strnlen(name, NAME_LEN);

	if (len > 2 && !memcmp(name, "./", 2)) {
		name += 2;
		len -= 2;
	}
	if ((block[TYPE] != '0' && block[TYPE]) ||
	    len <= strlen(PREFIX) + strlen(SUFFIX) ||
	    memcmp(name, PREFIX, strlen(PREFIX)) ||
	    memcmp(name + len - strlen(SUFFIX), SUFFIX, strlen(SUFFIX)))
		return false;
	return cohmem_sim_bdf_parse(name + strlen(PREFIX), len - strlen(PREFIX) -
				    strlen(SUFFIX), bdf);
}

/**
 * cohmem_sim_gpu_tar_here() - does it look like a tar file?
 * @data: bytes
 * @len: how many
 * Return: true if so.
 */
bool cohmem_sim_gpu_tar_here(const u8 *data, size_t len)
{
	return len >= BLOCK && !memcmp(data + MAGIC, "ustar", 5);
}

/**
 * cohmem_sim_gpu_tar_find() - what a recording says of a GPU
 * @data: the recording
 * @len: its bytes
 * @want: which GPU, or NULL for the only one
 * @member: where its description is
 * @size: and how long
 * @n: why it failed
 * Return: 0 or -EINVAL.
 */
int cohmem_sim_gpu_tar_find(const u8 *data, size_t len,
			    const struct sim_bdf *want, const u8 **member,
			    size_t *size, struct sim_notes *n)
{
	char list[96] = "", text[24];
	unsigned int found = 0;
	struct sim_bdf bdf;
	u64 bytes;

	while (len >= BLOCK && data[NAME]) {
		const u8 *head = data;

		if (!header_ok(head) || !octal(head + SIZE, SIZE_LEN, &bytes) ||
		    bytes > len - BLOCK)
			return cohmem_sim_refuse(n, "a tar file that is damaged");
		data += BLOCK;
		len -= BLOCK;
		if (describes(head, &bdf) &&
		    (!want || cohmem_sim_bdf_same(want, &bdf))) {
			*member = data;
			*size = bytes;
			found++;
			cohmem_sim_bdf_text(&bdf, text);
			snprintf(list + strlen(list), sizeof(list) - strlen(list),
				 " %s", text);
		}
		bytes = (bytes + BLOCK - 1) / BLOCK * BLOCK;
		if (bytes > len)
			bytes = len;
		data += bytes;
		len -= bytes;
	}
	if (len < BLOCK)
		return cohmem_sim_refuse(n, "a tar file that is cut short");
	if (!found && want)
		return cohmem_sim_refuse(n, "no such GPU in this recording");
	if (!found)
		return cohmem_sim_refuse(n, "a tar file, and no recording of a host with a GPU");
	if (found > 1 && !want)
		return cohmem_sim_refuse(n, "%u GPUs: say which, as FILE#BDF;%s",
					 found, list);
	return 0;
}
