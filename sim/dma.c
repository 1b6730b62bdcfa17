// SPDX-License-Identifier: GPL-2.0-only
/* The table of DMA mappings. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "dma.h"
#include "file.h"

/**
 * cohmem_sim_dma_init() - an empty table
 * @d: the table
 */
void cohmem_sim_dma_init(struct sim_dma *d)
{
	unsigned int i;

	memset(d, 0, sizeof(*d));
	for (i = 0; i < SIM_DMA_MAX_FILES; i++)
		d->file[i].fd = -1;
}

static void put_file(struct sim_dma *d, int file)
{
	if (file < 0 || --d->file[file].users)
		return;
	close(d->file[file].fd);
	d->file[file].fd = -1;
}

/**
 * cohmem_sim_dma_fini() - forget all mappings and close their files
 * @d: the table; usable again afterwards
 */
void cohmem_sim_dma_fini(struct sim_dma *d)
{
	u32 i;

	for (i = 0; i < d->nr; i++)
		put_file(d, d->map[i].file);
	free(d->map);
	d->map = NULL;
	d->nr = 0;
	d->room = 0;
}

/* Index of the first mapping that ends after @iova. */
static u32 lower(const struct sim_dma *d, u64 iova)
{
	u32 lo = 0, hi = d->nr;

	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;

		if (d->map[mid].iova + (d->map[mid].size - 1) < iova)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/*
 * Is it the file of the coherent memory, wherever the operator has put that?
 * By name, as no file system is asked then that is not ours.
 */
static bool is_own(const struct sim_dma *d, int fd)
{
	struct statx sx;

	return !statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_INO,
		      &sx) &&
	       makedev(sx.stx_dev_major, sx.stx_dev_minor) == d->own_dev &&
	       sx.stx_ino == d->own_ino;
}

/*
 * A client sends the same memory's file with every mapping, often thousands of
 * times: keep one descriptor a file and way of having opened it.
 */
static int get_file(struct sim_dma *d, int *fd, u32 flags)
{
	int i, unused = -1, how = fcntl(*fd, F_GETFL);
	struct stat st;
	u32 may;

	if (how < 0 || (how & (O_APPEND | O_DIRECT | O_PATH)))
		return -EINVAL;
	may = (how & O_ACCMODE) == O_RDONLY ? SIM_DMA_READ :
	      (how & O_ACCMODE) == O_WRONLY ? SIM_DMA_WRITE :
	      SIM_DMA_READ | SIM_DMA_WRITE;
	if (flags & ~may)
		return -EACCES;
	/* First of all: to ask anything else may block. */
	if (!d->any_file && !cohmem_sim_file_is_memory(*fd) && !is_own(d, *fd))
		return -EINVAL;
	if (fstat(*fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	for (i = 0; i < SIM_DMA_MAX_FILES; i++) {
		if (d->file[i].fd < 0) {
			if (unused < 0)
				unused = i;
		} else if (d->file[i].dev == st.st_dev &&
			   d->file[i].ino == st.st_ino &&
			   d->file[i].may == may) {
			d->file[i].users++;
			return i;
		}
	}
	if (unused < 0)
		return -ENFILE;
	d->file[unused] = (struct sim_dma_file){
		.fd = *fd, .dev = st.st_dev, .ino = st.st_ino, .may = may,
		.users = 1,
	};
	*fd = -1;
	return unused;
}

/**
 * cohmem_sim_dma_map() - let the function reach a range
 * @d: the table
 * @iova: first bus address
 * @size: bytes
 * @offset: where the range starts in the file
 * @flags: SIM_DMA_*
 * @fd: the file, or -1 for memory reached by messages; taken over (and then
 *	set to -1) where it is kept
 *
 * Return: 0; -EINVAL for a range that makes no sense or a descriptor that is
 * no memory, -EACCES for one that was not opened for this, -EEXIST where it
 * overlaps a mapping, -ENOSPC or -ENFILE when full.
 */
int cohmem_sim_dma_map(struct sim_dma *d, u64 iova, u64 size, u64 offset,
		       u32 flags, int *fd)
{
	int file = -1;
	u32 at;

	if (!size || iova + (size - 1) < iova || offset + (size - 1) < offset ||
	    offset + (size - 1) > INT64_MAX ||
	    (flags & ~(SIM_DMA_READ | SIM_DMA_WRITE)))
		return -EINVAL;
	at = lower(d, iova);
	if (at < d->nr && d->map[at].iova <= iova + (size - 1))
		return -EEXIST;
	if (d->nr == SIM_DMA_MAX_MAPS)
		return -ENOSPC;
	if (d->nr == d->room) {
		u32 room = d->room ? 2 * d->room : 64;
		struct sim_dma_map *map;

		map = realloc(d->map, room * sizeof(*map));
		if (!map)
			return -ENOMEM;
		d->map = map;
		d->room = room;
	}
	if (*fd >= 0) {
		file = get_file(d, fd, flags);
		if (file < 0)
			return file;
	}
	memmove(d->map + at + 1, d->map + at, (d->nr - at) * sizeof(*d->map));
	d->map[at] = (struct sim_dma_map){ iova, size, offset, flags, file };
	d->nr++;
	return 0;
}

/**
 * cohmem_sim_dma_unmap() - take ranges away again
 * @d: the table
 * @iova: first bus address
 * @size: bytes
 * @all: take all away; @iova and @size are then 0
 * @unmapped: how many bytes were taken away
 *
 * Mappings are removed whole, as VFIO's type1 does it.
 *
 * Return: 0, also where nothing was mapped; -EINVAL for a range that makes no
 * sense or that would cut a mapping in two.
 */
int cohmem_sim_dma_unmap(struct sim_dma *d, u64 iova, u64 size, bool all,
			 u64 *unmapped)
{
	u64 last = all ? UINT64_MAX : iova + (size - 1);
	u32 first, end, i;

	*unmapped = 0;
	if (all ? (iova || size) : (!size || last < iova))
		return -EINVAL;
	first = lower(d, iova);
	for (end = first; end < d->nr && d->map[end].iova <= last; end++)
		if (d->map[end].iova < iova ||
		    d->map[end].iova + (d->map[end].size - 1) > last)
			return -EINVAL;
	if (first == end)
		return 0;
	for (i = first; i < end; i++) {
		*unmapped += d->map[i].size;
		put_file(d, d->map[i].file);
	}
	memmove(d->map + first, d->map + end, (d->nr - end) * sizeof(*d->map));
	d->nr -= end - first;
	return 0;
}

/**
 * cohmem_sim_dma_find() - where an IOVA leads
 * @d: the table
 * @iova: bus address
 * @len: bytes wanted
 * @flags: what is to be done there, SIM_DMA_*
 * @spot: where it is; its length may be less than @len
 *
 * Return: 0, -EFAULT where @iova is not mapped, -EACCES where not for this.
 */
int cohmem_sim_dma_find(const struct sim_dma *d, u64 iova, u64 len, u32 flags,
			struct sim_dma_spot *spot)
{
	const struct sim_dma_map *m;
	u32 at = lower(d, iova);
	u64 into;

	if (at == d->nr || d->map[at].iova > iova)
		return -EFAULT;
	m = &d->map[at];
	if ((m->flags & flags) != flags)
		return -EACCES;
	into = iova - m->iova;
	spot->fd = m->file < 0 ? -1 : d->file[m->file].fd;
	spot->offset = m->offset + into;
	spot->len = m->size - into < len ? m->size - into : len;
	return 0;
}
