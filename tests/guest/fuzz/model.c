// SPDX-License-Identifier: GPL-2.0-only
/*
 * The declared set of errors of each call, and what no call may have done when
 * it says that it has succeeded.
 */
#include <errno.h>

#include "model.h"

/* Up to sixteen a call. A pointer may be wrong, an argument senseless: all have these. */
#define ANY	EFAULT, EINVAL

static const u8 errors[NR_CALLS][16] = {
	[CALL_GET_INFO] = { ANY },
	[CALL_REGION_INFO] = { ANY },
	[CALL_IRQ_INFO] = { ANY },
	/* No vectors, no such descriptor, an interrupt that is in use. */
	[CALL_SET_IRQS] = { ANY, ENOTTY, EBADF, EBUSY, ENOSPC, EIO, ENODEV,
			    EOPNOTSUPP, ERANGE, EOVERFLOW, EAGAIN, EEXIST },
	[CALL_RESET] = { EINVAL, ENOTTY, EAGAIN, EIO, ENODEV },
	[CALL_HOT_RESET_INFO] = { ANY, ENOSPC, ENODEV },
	[CALL_HOT_RESET] = { ANY, ENODEV, EBADF, EPERM, EAGAIN, EBUSY, ENOTTY },
	[CALL_IOEVENTFD] = { ANY, EBADF, EEXIST, ENODEV, ENOSPC, ENOTTY, EBUSY },
	[CALL_FEATURE] = { ANY, ENOTTY, EBADF, EEXIST, EIO, ENODEV, EOPNOTSUPP,
			   ENXIO, EOVERFLOW, E2BIG, EBUSY },
	[CALL_EXPORT] = { ANY, ENOTTY, ENODEV, EOPNOTSUPP, EHWPOISON, EOVERFLOW,
			  E2BIG, ENOMEM, EBUSY, EPERM, ENXIO },
	/* Of a kind that cannot be mapped, or whose memory has gone. */
	[CALL_DMABUF_USE] = { ANY, EBADF, ENOTTY, ENODEV, EACCES, ESPIPE, EOVERFLOW,
			      ENOMEM, ENOENT, EEXIST, EOPNOTSUPP },
	/*
	 * Any of the device's, whatever the structure holds: one that is longer than
	 * the kernel knows and says something there is too big (VFIO_DEVICE_BIND_IOMMUFD).
	 */
	[CALL_DEVICE_IOCTL] = { ANY, ENOTTY, EBADF, ENODEV, EPERM, EOPNOTSUPP,
				EAGAIN, EIO, ENOSPC, EEXIST, EBUSY, ENXIO, ERANGE,
				EOVERFLOW, E2BIG },
	[CALL_ENTRY_IOCTL] = { ANY, ENOTTY, EBADF, ENOENT, EOPNOTSUPP, EBUSY,
			       EEXIST, ENOMEM, ENOSPC, EPERM, EOVERFLOW,
			       EADDRINUSE, E2BIG },
	[CALL_GROUP_IOCTL] = { ANY, ENOTTY, EBADF, EBUSY, ENODEV, EPERM },
	/* Taken, too many, not to be pinned. */
	[CALL_DMA_MAP] = { ANY, EEXIST, ENOMEM, ENOSPC, EPERM, ENOENT,
			   EOVERFLOW, EBUSY, EADDRINUSE, ENOTTY },
	[CALL_DMA_UNMAP] = { ANY, ENOENT, EOVERFLOW, ENOTTY, EBUSY, EADDRINUSE },
	[CALL_DMA_INFO] = { ANY, ENOTTY, EMSGSIZE, ENOENT },
	[CALL_PREAD] = { ANY, EIO, ENODEV, EBUSY },
	[CALL_PWRITE] = { ANY, EIO, ENODEV, EBUSY },
	[CALL_PREADV] = { ANY, EIO, ENODEV, EOPNOTSUPP, EAGAIN, EBUSY },
	[CALL_PWRITEV] = { ANY, EIO, ENODEV, EOPNOTSUPP, EAGAIN, EBUSY },
	[CALL_READ] = { ANY, EIO, ENODEV, EBUSY },
	[CALL_WRITE] = { ANY, EIO, ENODEV, EBUSY },
	[CALL_SPLICE] = { ANY, EIO, EAGAIN, ENODEV, ESPIPE, EBADF },
	[CALL_URING] = { ANY, EIO, ENODEV, ENOSYS, EAGAIN, EOPNOTSUPP, EPERM,
			 EBUSY },
	[CALL_AIO] = { ANY, EIO, ENODEV, ENOSYS, EAGAIN, EOPNOTSUPP, EBUSY },
	[CALL_FILE_OP] = { ANY, ESPIPE, EOPNOTSUPP, ENOTTY, ENODEV, EPERM, EBADF,
			   EFBIG },
	[CALL_CONFIG_READ] = { ANY, EIO, ENODEV },
	[CALL_CONFIG_WRITE] = { ANY, EIO, ENODEV },
	[CALL_MMAP] = { ANY, ENODEV, EACCES, ENOMEM, EOVERFLOW, EAGAIN, EPERM },
	[CALL_MUNMAP] = { EINVAL },
	[CALL_MREMAP] = { ANY, ENOMEM, EAGAIN },
	[CALL_MADVISE] = { ANY, ENOMEM, EIO, EBADF, EACCES, EPERM, EBUSY,
			   EOPNOTSUPP, EAGAIN, EHWPOISON, ENODEV },
	[CALL_MPROTECT] = { EINVAL, ENOMEM, EACCES },
	[CALL_MLOCK] = { EINVAL, ENOMEM, EAGAIN, EPERM },
	[CALL_MSYNC] = { ANY, ENOMEM, EBUSY, EAGAIN },
	[CALL_FORK] = { EAGAIN, ENOMEM },
	[CALL_FUTEX] = { ANY, EAGAIN, ETIMEDOUT, EACCES, ESRCH, EDEADLK, EPERM },
	[CALL_REMOTE] = { ANY, EPERM, ENOMEM },
	[CALL_PIPE] = { ANY, EAGAIN },
	[CALL_UFFD] = { EINVAL, EBUSY, EPERM, ENOMEM, ENOSYS, ENOENT },
	[CALL_PROC] = { EIO, EINVAL, EFAULT },
	[CALL_OPEN] = { EINVAL, ENODEV, EBUSY, EMFILE, ENOENT, EPERM, EACCES,
			EIO, ENXIO },
	[CALL_CLOSE] = { EBADF },
	[CALL_WAKE] = { EIO, EINVAL, ENODEV, ENOTTY },
	[CALL_M_RESET] = { EINVAL, ENOTTY, EAGAIN, EIO, ENODEV },
	[CALL_FLR] = { EIO, ENODEV },
	[CALL_SYSFS_RESET] = { ENOTTY, EIO, ENODEV, EAGAIN, ENOENT, EBUSY },
	[CALL_POWER] = { EIO, ENODEV },
	[CALL_DECODE] = { EIO, ENODEV },
	[CALL_ATTR_READ] = { ENOENT, ENODEV, EACCES, EIO },
	[CALL_ATTR_WRITE] = { EINVAL, ENOENT, ENODEV, EACCES, EPERM, EBUSY,
			      ERANGE, ENOSPC, EIO },
	[CALL_ENGINE] = { EIO, EINVAL, ENODEV },
	/* What it does not know or cannot do now it refuses: EINVAL. */
	[CALL_EMULATOR] = { EINVAL, ENOENT },
	[CALL_FAULT] = { EINVAL, ENOENT },
};

/**
 * model_errno() - may the call fail so?
 * @call: the call
 * @err: errno
 * Return: true if that is declared.
 */
bool model_errno(enum fuzz_call call, int err)
{
	unsigned int i;

	for (i = 0; i < sizeof(errors[0]) && errors[call][i]; i++)
		if (errors[call][i] == err)
			return true;
	return false;
}

/* No byte can be taken from there, or put there. */
static bool no_memory(enum fuzz_ptr ptr, bool into)
{
	return ptr == PTR_UNMAPPED || ptr == PTR_NULL || ptr == PTR_KERNEL ||
	       (into && ptr == PTR_READ_ONLY);
}

static u64 region_size(const struct step *s, const struct geometry *g)
{
	switch (s->region) {
	case 4: return g->usemem_bar;
	case 2: return g->resmem ? g->bar2 : 0;
	default: return 0;
	}
}

static u64 region_backed(const struct step *s, const struct geometry *g)
{
	return s->region == 4 ? g->usemem : s->region == 2 ? g->resmem : 0;
}

static const char *check_bytes(const struct step *s, const struct outcome *o,
			       const struct geometry *g)
{
	u64 size = region_size(s, g), got = o->ret;

	if (got > s->len)
		return "more bytes than were asked for";
	/* What is written where nothing is need not be looked at. */
	if (got && no_memory(s->ptr, !step_writes(s)) &&
	    !(step_writes(s) && size && s->off >= region_backed(s, g)))
		return "bytes moved through a pointer to nothing";
	/* The next region begins a TiB further on. */
	if (!size || s->off >> 40)
		return NULL;
	if (got && s->off >= size)
		return "bytes beyond the end of the region";
	if (got > size - s->off)
		return "more bytes than the region has left";
	return NULL;
}

/* Memory is given out in whole pages, and only where there is memory. */
static const char *check_range(const struct step *s, const struct geometry *g)
{
	u64 backed = region_backed(s, g) / g->page * g->page;

	if (s->off % g->page)
		return "a range that begins within a page";
	if (!backed)
		return NULL;
	if (!s->len || s->off >= backed || s->len > backed - s->off)
		return "memory given out that is not there";
	return NULL;
}

/**
 * model_breach() - did a call end as no call may?
 * @s: the call
 * @o: how it ended
 * @g: the geometry
 * Return: what is wrong with that; NULL if nothing is.
 */
const char *model_breach(const struct step *s, const struct outcome *o,
			 const struct geometry *g)
{
	if (o->ret < 0)
		return model_errno(s->call, o->err) ? NULL :
						      "an error that is not declared";
	switch (s->call) {
	case CALL_PREAD:
	case CALL_PWRITE:
	case CALL_URING:
	case CALL_AIO:
		return check_bytes(s, o, g);
	case CALL_MMAP:
	case CALL_EXPORT:
		if (s->off >> 40)
			return NULL;
		return check_range(s, g);
	default:
		return NULL;
	}
}
