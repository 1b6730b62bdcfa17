// SPDX-License-Identifier: GPL-2.0-only
/* Files of the host, under the context's root, and never outside of it. */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

#define MAX_TRIES	10000

/**
 * cohmem_fmt() - snprintf for strings where cutting short is right
 * @buf: buffer
 * @size: its size
 * @fmt: format
 */
void cohmem_fmt(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, size, fmt, ap);
	va_end(ap);
}

/**
 * cohmem_word_ok() - may this word become part of a sysfs path?
 * @word: a driver or module name that came from outside
 * Return: true for letters, digits, '-', '_' and '.', not starting with '.'.
 */
bool cohmem_word_ok(const char *word)
{
	const char *p;

	if (!*word || *word == '.' || *word == '-' ||
	    strlen(word) >= COHMEM_NAME_LEN)
		return false;
	for (p = word; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("-_.", *p))
			return false;
	return true;
}

/**
 * cohmem_path() - a path under the root
 * @ctx: the context
 * @out: the result
 * @path: absolute path as the host sees it
 * Return: 0 or -ENAMETOOLONG.
 */
int cohmem_path(const struct cohmem_ctx *ctx, char out[PATH_MAX],
		const char *path)
{
	int n = snprintf(out, PATH_MAX, "%s%s", ctx->root, path);

	return n < PATH_MAX ? 0 : -ENAMETOOLONG;
}

/*
 * In a recorded tree a link may be absolute, by intent or by accident: below
 * the root it means the root's, or a recording could lead a write out of it.
 */
static int open_in_root(const struct cohmem_ctx *ctx, const char *path,
			int flags)
{
	struct open_how how = {
		.flags = flags, .resolve = RESOLVE_IN_ROOT,
		.mode = flags & O_CREAT ? 0600 : 0,
	};
	unsigned int tries = MAX_TRIES;
	int fd;

	/*
	 * EAGAIN: something was renamed or mounted, anywhere, while ".." was
	 * looked up; openat2(2) wants to be asked again.
	 */
	do {
		fd = syscall(SYS_openat2, ctx->root_fd, path, &how,
			     sizeof(how));
	} while (fd < 0 && errno == EAGAIN && --tries);
	return fd < 0 ? -errno : fd;
}

/**
 * cohmem_open() - open a file of the host
 * @ctx: the context
 * @path: absolute path as the host sees it
 * @flags: of open(2); O_CLOEXEC is added
 * Return: file descriptor or -errno.
 */
int cohmem_open(const struct cohmem_ctx *ctx, const char *path, int flags)
{
	int fd;

	flags |= O_CLOEXEC;
	if (!ctx->live)
		return open_in_root(ctx, path, flags);
	fd = open(path, flags, 0600);
	return fd < 0 ? -errno : fd;
}

/**
 * cohmem_open_file() - open a regular file, and nothing else
 * @ctx: the context
 * @path: absolute path as the host sees it
 * @flags: of open(2)
 *
 * What a tree holds is not always what it should: nobody waits for the other
 * end of a pipe here, and no device is opened by mistake.
 *
 * Return: file descriptor, -errno, or -EINVAL where it is something else.
 */
int cohmem_open_file(const struct cohmem_ctx *ctx, const char *path, int flags)
{
	struct stat st;
	int fd;

	fd = cohmem_open(ctx, path, flags | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return fd == -ENXIO ? -EINVAL : fd;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		close(fd);
		return -EINVAL;
	}
	return fd;
}

/**
 * cohmem_exists() - is there such a file or directory?
 * @ctx: the context
 * @path: absolute path as the host sees it
 * Return: true if so.
 */
bool cohmem_exists(const struct cohmem_ctx *ctx, const char *path)
{
	int fd;

	if (ctx->live)
		return !access(path, F_OK);
	fd = cohmem_open(ctx, path, O_PATH);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* Read until end of file or until @size bytes are there. */
static ssize_t read_full(int fd, void *buf, size_t size)
{
	size_t got = 0;
	ssize_t n;

	while (got < size) {
		n = read(fd, (char *)buf + got, size - got);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return got ? (ssize_t)got : -errno;
		if (!n)
			break;
		got += n;
	}
	return got;
}

/**
 * cohmem_read_str() - read a small text file
 * @ctx: the context
 * @path: absolute path as the host sees it
 * @buf: its text without white space at the end; empty on error
 * @size: size of @buf; longer text is cut
 * Return: 0 or -errno.
 */
int cohmem_read_str(const struct cohmem_ctx *ctx, const char *path, char *buf,
		    size_t size)
{
	ssize_t n;
	int fd;

	buf[0] = '\0';
	fd = cohmem_open_file(ctx, path, O_RDONLY);
	if (fd < 0)
		return fd;
	n = read_full(fd, buf, size - 1);
	close(fd);
	if (n < 0)
		return n;
	while (n && isspace((unsigned char)buf[n - 1]))
		n--;
	buf[n] = '\0';
	return 0;
}

/**
 * cohmem_read_u64() - read a file that holds one number
 * @ctx: the context
 * @path: absolute path as the host sees it
 * @out: the number; decimal, or hex with 0x
 * Return: 0, -errno, or -EINVAL where the text is no number.
 */
int cohmem_read_u64(const struct cohmem_ctx *ctx, const char *path, u64 *out)
{
	char text[64], *end;
	int ret;

	ret = cohmem_read_str(ctx, path, text, sizeof(text));
	if (ret)
		return ret;
	errno = 0;
	*out = strtoull(text, &end, 0);
	if (end == text || *end || errno || text[0] == '-')
		return -EINVAL;
	return 0;
}

/**
 * cohmem_read_target() - target of a symbolic link
 * @ctx: the context
 * @path: absolute path as the host sees it
 * @buf: the target
 * @size: size of @buf
 * Return: its length, -errno, or -ENAMETOOLONG.
 */
ssize_t cohmem_read_target(const struct cohmem_ctx *ctx, const char *path,
			   char *buf, size_t size)
{
	ssize_t n;
	int fd;

	if (ctx->live) {
		n = readlink(path, buf, size);
	} else {
		fd = cohmem_open(ctx, path, O_PATH | O_NOFOLLOW);
		if (fd < 0)
			return fd;
		n = readlinkat(fd, "", buf, size);
		close(fd);
	}
	if (n < 0)
		return -errno;
	if (n == (ssize_t)size)
		return -ENAMETOOLONG;
	buf[n] = '\0';
	return n;
}

/**
 * cohmem_read_link() - last part of a symbolic link's target
 * @ctx: the context
 * @path: absolute path as the host sees it
 * @buf: the name; empty on error
 * @size: size of @buf
 * Return: 0, -errno, or -ENAMETOOLONG.
 */
int cohmem_read_link(const struct cohmem_ctx *ctx, const char *path, char *buf,
		     size_t size)
{
	char target[PATH_MAX], *name;
	ssize_t n;

	buf[0] = '\0';
	n = cohmem_read_target(ctx, path, target, sizeof(target));
	if (n < 0)
		return n;
	name = strrchr(target, '/');
	name = name ? name + 1 : target;
	if (strlen(name) >= size)
		return -ENAMETOOLONG;
	memcpy(buf, name, strlen(name) + 1);
	return 0;
}

/**
 * cohmem_read_blob() - read a binary file whole
 * @ctx: the context
 * @path: absolute path as the host sees it
 * @max: read no more than this
 * @data: allocated; the caller frees it
 * @len: how many bytes were read
 * Return: 0 or -errno.
 */
int cohmem_read_blob(const struct cohmem_ctx *ctx, const char *path,
		     size_t max, u8 **data, size_t *len)
{
	size_t room = max < 4096 ? max : 4096;
	u8 *buf = NULL, *more;
	size_t got = 0;
	ssize_t n;
	int fd, ret = 0;

	*data = NULL;
	*len = 0;
	fd = cohmem_open_file(ctx, path, O_RDONLY);
	if (fd < 0)
		return fd;
	for (;;) {
		more = realloc(buf, room);
		if (!more) {
			ret = -ENOMEM;
			break;
		}
		buf = more;
		n = read_full(fd, buf + got, room - got);
		if (n < 0) {
			ret = n;
			break;
		}
		got += n;
		if (got < room || room == max)
			break;
		room = room * 2 < max ? room * 2 : max;
	}
	close(fd);
	if (ret) {
		free(buf);
		return ret;
	}
	*data = buf;
	*len = got;
	return 0;
}

/**
 * cohmem_dir_foreach() - call back for each entry of a directory
 * @ctx: the context
 * @path: absolute path as the host sees it
 * @fn: called with each name but "." and ".."; other than 0 ends the walk;
 *	NULL only looks whether the directory can be read
 * @arg: passed to @fn
 *
 * The order is the directory's own, that is, none.
 *
 * Return: 0, -errno, or what @fn ended with.
 */
int cohmem_dir_foreach(const struct cohmem_ctx *ctx, const char *path,
		       int (*fn)(void *arg, const char *name), void *arg)
{
	struct dirent *e;
	int fd, ret = 0;
	DIR *dir;

	fd = cohmem_open(ctx, path, O_RDONLY | O_DIRECTORY);
	if (fd < 0)
		return fd;
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return -ENOMEM;
	}
	while (fn && !ret && (e = readdir(dir)))
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
			ret = fn(arg, e->d_name);
	closedir(dir);
	return ret;
}
