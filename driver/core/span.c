// SPDX-License-Identifier: GPL-2.0-only
/* Cutting accesses at borders. Pure. */
#include "span.h"

/**
 * cohmem_span_next() - the first piece of an access
 * @win: windows in rising order, not overlapping, none empty
 * @nr_win: how many
 * @pos: first offset of what is left of the access
 * @count: bytes left
 * @span: the piece
 *
 * The caller serves the piece and calls again with what is left. @pos + @count
 * may touch the end of the number range: an access that would wrap is cut at
 * the last offset.
 *
 * Return: true with the piece in @span; false if nothing is left.
 */
bool cohmem_span_next(const struct cohmem_window *win, unsigned int nr_win,
		      u64 pos, u64 count, struct cohmem_span *span)
{
	unsigned int i;
	u64 len = count;

	if (!count)
		return false;
	if (len > ~0ULL - pos)
		len = ~0ULL - pos;
	if (!len)
		return false;

	span->pos = pos;
	span->owner = -1;
	for (i = 0; i < nr_win; i++) {
		if (pos >= win[i].end)
			continue;
		if (pos >= win[i].start) {
			span->owner = i;
			if (len > win[i].end - pos)
				len = win[i].end - pos;
		} else if (len > win[i].start - pos) {
			len = win[i].start - pos;
		}
		break;
	}
	span->len = len;
	return true;
}

/**
 * cohmem_region_span() - the first piece of an access to a region
 * @size: backed size
 * @region_size: region size, at least @size
 * @pos: offset in the region
 * @count: bytes wanted
 * @len: bytes in this piece; 0 if @count is 0 or @pos is outside
 *
 * Return: where the piece lies. COHMEM_WHERE_OUTSIDE is for the caller to
 * refuse if it comes first, and the end of the access if it comes later.
 */
enum cohmem_where cohmem_region_span(u64 size, u64 region_size, u64 pos,
				     u64 count, u64 *len)
{
	u64 end = pos < size ? size : region_size;

	*len = 0;
	if (pos >= region_size)
		return COHMEM_WHERE_OUTSIDE;
	*len = count < end - pos ? count : end - pos;
	return pos < size ? COHMEM_WHERE_MEMORY : COHMEM_WHERE_PADDING;
}
