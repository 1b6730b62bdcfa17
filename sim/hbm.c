// SPDX-License-Identifier: GPL-2.0-only
/* The coherent memory, poison and watched ranges. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "hbm.h"

/* Bytes that are copied at a time. */
#define CHUNK		(1U << 20)

/**
 * cohmem_sim_hbm_open() - open the memory's file, making it if need be
 * @h: the memory
 * @path: the file
 * @size: bytes; an existing file must be empty or have this size
 *
 * Return: 0, or -errno: -EEXIST for a file of another size, -EBUSY for one that
 * another emulator has.
 */
int cohmem_sim_hbm_open(struct sim_hbm *h, const char *path, u64 size)
{
	struct stat st;
	int err;

	memset(h, 0, sizeof(*h));
	h->size = size;
	h->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (h->fd < 0)
		return -errno;
	if (fstat(h->fd, &st))
		goto err_errno;
	if (!S_ISREG(st.st_mode) || (st.st_size && (u64)st.st_size != size)) {
		err = -EEXIST;
		goto err_close;
	}
	/* Two that set aside and punch holes in one memory would lose bytes. */
	if (flock(h->fd, LOCK_EX | LOCK_NB)) {
		err = errno == EWOULDBLOCK ? -EBUSY : -errno;
		goto err_close;
	}
	if (!st.st_size && ftruncate(h->fd, size))
		goto err_errno;
	return 0;

err_errno:
	err = -errno;
err_close:
	close(h->fd);
	h->fd = -1;
	return err;
}

/**
 * cohmem_sim_hbm_close() - let go of the memory; the file stays
 * @h: the memory
 */
void cohmem_sim_hbm_close(struct sim_hbm *h)
{
	cohmem_sim_hbm_return(h);
	if (h->fd >= 0)
		close(h->fd);
	h->fd = -1;
}

static bool inside(const struct sim_hbm *h, u64 pos, u64 len)
{
	return pos <= h->size && len <= h->size - pos;
}

/*
 * Where the bytes at @pos are: in the file, or set aside. Cuts *len to what is
 * there in one piece.
 */
static int locate(const struct sim_hbm *h, u64 pos, u64 *len, u64 *at)
{
	unsigned int i;

	for (i = 0; i < h->nr_watch; i++) {
		const struct sim_range *r = &h->watch[i].range;

		if (h->watch[i].aside < 0)
			continue;
		if (pos >= r->start && pos - r->start < r->len) {
			*at = pos - r->start;
			if (*len > r->len - *at)
				*len = r->len - *at;
			return h->watch[i].aside;
		}
		if (pos < r->start && *len > r->start - pos)
			*len = r->start - pos;
	}
	*at = pos;
	return h->fd;
}

static int move(struct sim_hbm *h, u64 pos, u8 *buf, u64 len, bool write)
{
	if (!inside(h, pos, len))
		return -ERANGE;
	while (len) {
		u64 n = len < CHUNK ? len : CHUNK, at;
		int fd = locate(h, pos, &n, &at);
		int err = write ? cohmem_sim_file_write(fd, buf, n, at) :
				  cohmem_sim_file_read(fd, buf, n, at);

		if (err)
			return err;
		buf += n;
		pos += n;
		len -= n;
	}
	return 0;
}

/**
 * cohmem_sim_hbm_read() - read, from the function's side
 * @h: the memory
 * @pos: offset
 * @buf: where to
 * @len: bytes
 *
 * The function's side has what is set aside while the memory does not answer.
 *
 * Return: 0, -ERANGE beyond the memory, -EIO.
 */
int cohmem_sim_hbm_read(struct sim_hbm *h, u64 pos, void *buf, u64 len)
{
	return move(h, pos, buf, len, false);
}

/**
 * cohmem_sim_hbm_write() - write, from the function's side
 * @h: the memory
 * @pos: offset
 * @buf: where from
 * @len: bytes
 * Return: 0, -ERANGE beyond the memory, -EIO.
 */
int cohmem_sim_hbm_write(struct sim_hbm *h, u64 pos, const void *buf, u64 len)
{
	return move(h, pos, (u8 *)buf, len, true);
}

static int punch(int fd, u64 pos, u64 len)
{
	if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, pos,
		      len))
		return -errno;
	return 0;
}

/**
 * cohmem_sim_hbm_clear() - what firmware's clearing does: all bytes to zero
 * @h: the memory
 * Return: 0 or -errno.
 */
int cohmem_sim_hbm_clear(struct sim_hbm *h)
{
	unsigned int i;
	int err = punch(h->fd, 0, h->size);

	for (i = 0; !err && i < h->nr_watch; i++)
		if (h->watch[i].aside >= 0)
			err = punch(h->watch[i].aside, 0,
				    h->watch[i].range.len);
	return err;
}

/**
 * cohmem_sim_hbm_poisoned() - is anything in a range poisoned?
 * @h: the memory
 * @pos: offset
 * @len: bytes
 * @where: offset of the first poisoned byte in it
 * Return: true if so.
 */
bool cohmem_sim_hbm_poisoned(const struct sim_hbm *h, u64 pos, u64 len,
			     u64 *where)
{
	bool found = false;
	unsigned int i;

	for (i = 0; i < h->nr_poison; i++) {
		const struct sim_range *p = &h->poison[i];
		u64 first = p->start > pos ? p->start : pos;

		if (first >= p->start + p->len || first - pos >= len)
			continue;
		if (!found || first < *where)
			*where = first;
		found = true;
	}
	return found;
}

/**
 * cohmem_sim_hbm_poison() - poison a range
 * @h: the memory
 * @pos: offset
 * @len: bytes
 * Return: 0, -ERANGE, or -ENOSPC when there are too many.
 */
int cohmem_sim_hbm_poison(struct sim_hbm *h, u64 pos, u64 len)
{
	if (!len || !inside(h, pos, len))
		return -ERANGE;
	if (h->nr_poison == SIM_MAX_POISON)
		return -ENOSPC;
	h->poison[h->nr_poison++] = (struct sim_range){ pos, len };
	return 0;
}

/**
 * cohmem_sim_hbm_watch() - watch a range from the next reset on
 * @h: the memory
 * @pos: offset, a multiple of SIM_HBM_PAGE
 * @len: bytes, the same, at most SIM_WATCH_MAX_LEN
 * Return: 0, -ERANGE, -EINVAL, -EEXIST on overlap, -ENOSPC.
 */
int cohmem_sim_hbm_watch(struct sim_hbm *h, u64 pos, u64 len)
{
	unsigned int i;

	if (!len || !inside(h, pos, len))
		return -ERANGE;
	if ((pos | len) % SIM_HBM_PAGE || len > SIM_WATCH_MAX_LEN)
		return -EINVAL;
	for (i = 0; i < h->nr_watch; i++)
		if (pos < h->watch[i].range.start + h->watch[i].range.len &&
		    h->watch[i].range.start < pos + len)
			return -EEXIST;
	if (h->nr_watch == SIM_MAX_WATCH)
		return -ENOSPC;
	h->watch[h->nr_watch++] = (struct sim_watch){ { pos, len }, -1 };
	return 0;
}

/**
 * cohmem_sim_hbm_unwatch() - watch nothing any more
 * @h: the memory
 */
void cohmem_sim_hbm_unwatch(struct sim_hbm *h)
{
	cohmem_sim_hbm_return(h);
	h->nr_watch = 0;
}

/* Copy what exists of a range: what is sparse stays sparse, and costs nothing. */
static int copy_data(int from, u64 start, int to, u64 to_start, u64 len)
{
	static u8 buf[CHUNK];
	off_t data = start, hole, end = start + len;
	int err;

	while (data < end) {
		data = lseek(from, data, SEEK_DATA);
		if (data < 0)
			return errno == ENXIO ? 0 : -errno;
		hole = lseek(from, data, SEEK_HOLE);
		if (hole < 0)
			return -errno;
		if (hole > end)
			hole = end;
		while (data < hole) {
			u32 n = hole - data < CHUNK ? hole - data : CHUNK;

			err = cohmem_sim_file_read(from, buf, n, data);
			if (!err)
				err = cohmem_sim_file_write(to, buf, n, to_start +
							    (data - start));
			if (err)
				return err;
			data += n;
		}
	}
	return 0;
}

static void withdraw(struct sim_hbm *h, struct sim_watch *w)
{
	int fd = memfd_create("cohmem-sim-aside", MFD_CLOEXEC);

	if (fd >= 0 && !ftruncate(fd, w->range.len) &&
	    !copy_data(h->fd, w->range.start, fd, 0, w->range.len) &&
	    !punch(h->fd, w->range.start, w->range.len)) {
		w->aside = fd;
		return;
	}
	if (fd >= 0)
		close(fd);
}

/**
 * cohmem_sim_hbm_withdraw() - the memory stops answering
 * @h: the memory
 *
 * Sets each watched range aside and leaves a hole, so that all mappings of it
 * are gone and each page touched from now on leaves a trace. Takes as long as
 * there are bytes in it. Idempotent.
 */
void cohmem_sim_hbm_withdraw(struct sim_hbm *h)
{
	unsigned int i;

	for (i = 0; i < h->nr_watch; i++)
		if (h->watch[i].aside < 0)
			withdraw(h, &h->watch[i]);
}

/* Pages of a range that exist: in memory, or written back. */
static u64 resident(const struct sim_hbm *h, const struct sim_range *r)
{
	size_t page = sysconf(_SC_PAGESIZE), n = (r->len + page - 1) / page, i;
	unsigned char *vec = malloc(n);
	u64 found = 0;
	void *map;

	map = mmap(NULL, r->len, PROT_READ, MAP_SHARED, h->fd, r->start);
	if (vec && map != MAP_FAILED && !mincore(map, r->len, vec))
		for (i = 0; i < n; i++)
			found += vec[i] & 1;
	if (map != MAP_FAILED)
		munmap(map, r->len);
	free(vec);
	return found;
}

/**
 * cohmem_sim_hbm_touched() - who looks at memory that does not answer?
 * @h: the memory
 * Return: how many watched pages were touched since it stopped answering; 0 when
 * it answers.
 */
u64 cohmem_sim_hbm_touched(const struct sim_hbm *h)
{
	u64 touched = 0;
	unsigned int i;

	for (i = 0; i < h->nr_watch; i++)
		if (h->watch[i].aside >= 0)
			touched += resident(h, &h->watch[i].range);
	return touched;
}

/**
 * cohmem_sim_hbm_return() - the memory answers again
 * @h: the memory
 *
 * What was set aside comes back; what was written meanwhile is lost.
 *
 * Return: how many watched pages were touched while it did not answer.
 */
u64 cohmem_sim_hbm_return(struct sim_hbm *h)
{
	u64 touched = 0;
	unsigned int i;

	for (i = 0; i < h->nr_watch; i++) {
		struct sim_watch *w = &h->watch[i];

		if (w->aside < 0)
			continue;
		touched += resident(h, &w->range);
		punch(h->fd, w->range.start, w->range.len);
		copy_data(w->aside, 0, h->fd, w->range.start, w->range.len);
		close(w->aside);
		w->aside = -1;
	}
	return touched;
}

/**
 * cohmem_sim_crc32() - CRC32 as Ethernet and zlib have it
 * @crc: 0, or the result so far
 * @buf: bytes
 * @len: how many
 * Return: the CRC.
 */
u32 cohmem_sim_crc32(u32 crc, const void *buf, u64 len)
{
	static u32 table[256];
	const u8 *p = buf;

	if (!table[1]) {
		u32 i, j;

		for (i = 0; i < 256; i++) {
			u32 v = i;

			for (j = 0; j < 8; j++)
				v = v & 1 ? v >> 1 ^ 0xedb88320 : v >> 1;
			table[i] = v;
		}
	}
	crc = ~crc;
	while (len--)
		crc = table[(crc ^ *p++) & 0xff] ^ crc >> 8;
	return ~crc;
}
