// SPDX-License-Identifier: GPL-2.0-only
/* Extended GPU Memory: a file that others have, too. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "egm.h"
#include "file.h"

/**
 * cohmem_sim_egm_open() - open the file of a socket's EGM
 * @e: the range
 * @path: the file, which has to be there
 * @base: physical address of its first byte
 * @size: bytes of it that are EGM; 0 for all
 * Return: 0, or -errno: -EFBIG for a file that is too small, -EINVAL for none.
 */
int cohmem_sim_egm_open(struct sim_egm *e, const char *path, u64 base, u64 size)
{
	struct stat st;
	int err = 0;

	int fd = open(path, O_RDWR | O_CLOEXEC);

	*e = (struct sim_egm){ 0 };
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st))
		err = -errno;
	else if (!S_ISREG(st.st_mode) || !st.st_size)
		err = -EINVAL;
	else if (size > (u64)st.st_size)
		err = -EFBIG;
	if (err) {
		close(fd);
		return err;
	}
	*e = (struct sim_egm){ fd, base, size ? size : (u64)st.st_size };
	return 0;
}

/**
 * cohmem_sim_egm_close() - let go of it; the file stays
 * @e: the range
 */
void cohmem_sim_egm_close(struct sim_egm *e)
{
	if (e->size)
		close(e->fd);
	e->size = 0;
}

static bool inside(const struct sim_egm *e, u64 pos, u32 len)
{
	return pos <= e->size && len <= e->size - pos;
}

/**
 * cohmem_sim_egm_read() - read, from the function's side
 * @e: the range
 * @pos: offset
 * @buf: where to
 * @len: bytes
 * Return: 0, -ERANGE beyond the range, -EIO.
 */
int cohmem_sim_egm_read(const struct sim_egm *e, u64 pos, void *buf, u32 len)
{
	if (!inside(e, pos, len))
		return -ERANGE;
	return cohmem_sim_file_read(e->fd, buf, len, pos);
}

/**
 * cohmem_sim_egm_write() - write, from the function's side
 * @e: the range
 * @pos: offset
 * @buf: where from
 * @len: bytes
 * Return: 0, -ERANGE beyond the range, -EIO.
 */
int cohmem_sim_egm_write(const struct sim_egm *e, u64 pos, const void *buf,
			 u32 len)
{
	if (!inside(e, pos, len))
		return -ERANGE;
	return cohmem_sim_file_write(e->fd, buf, len, pos);
}
