// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files of our own: records below /run, udev rules. Written by a rename, so
 * that they are whole or not there.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

/* Which directory, and which name in it. */
static int open_parent(const struct cohmem_ctx *ctx, const char *path,
		       const char **name)
{
	char dir[128];
	const char *slash = strrchr(path, '/');

	if (!slash || slash - path >= (long)sizeof(dir) || !slash[1])
		return -EINVAL;
	memcpy(dir, path, slash - path);
	dir[slash - path] = '\0';
	*name = slash + 1;
	return cohmem_open(ctx, dir[0] ? dir : "/", O_RDONLY | O_DIRECTORY);
}

/**
 * cohmem_make_dirs() - make a directory, and those around it
 * @ctx: the context
 * @path: absolute path as the host sees it
 * Return: 0 (also where it is there) or -errno.
 */
int cohmem_make_dirs(const struct cohmem_ctx *ctx, const char *path)
{
	char part[128];
	const char *p = path, *name;
	int fd, ret;

	if (cohmem_exists(ctx, path))
		return 0;
	while (p && *p) {
		p = strchr(p + 1, '/');
		cohmem_fmt(part, sizeof(part), "%.*s",
			   p ? (int)(p - path) : (int)strlen(path), path);
		fd = open_parent(ctx, part, &name);
		if (fd < 0)
			return fd;
		ret = mkdirat(fd, name, 0755) && errno != EEXIST ? -errno : 0;
		close(fd);
		if (ret)
			return ret;
	}
	return 0;
}

static int write_all(int fd, const char *text)
{
	size_t left = strlen(text);
	ssize_t n;

	while (left) {
		n = write(fd, text, left);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text += n;
		left -= n;
	}
	return 0;
}

/**
 * cohmem_replace_file() - write a file, all of it or none
 * @ctx: the context
 * @path: absolute path as the host sees it; its directory exists
 * @text: what it says from now on
 * Return: 0 or -errno.
 */
int cohmem_replace_file(const struct cohmem_ctx *ctx, const char *path,
			const char *text)
{
	char tmp[96];
	const char *name;
	int dir, fd, ret;

	dir = open_parent(ctx, path, &name);
	if (dir < 0)
		return dir;
	cohmem_fmt(tmp, sizeof(tmp), ".%s.tmp", name);
	fd = openat(dir, tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC |
		    O_NOFOLLOW, 0644);
	if (fd < 0) {
		ret = -errno;
		goto out;
	}
	ret = write_all(fd, text);
	if (!ret && fchmod(fd, 0644))
		ret = -errno;
	if (close(fd) && !ret)
		ret = -errno;
	if (!ret && renameat(dir, tmp, dir, name))
		ret = -errno;
	if (ret)
		unlinkat(dir, tmp, 0);
out:
	close(dir);
	return ret;
}

/**
 * cohmem_remove_file() - remove a file
 * @ctx: the context
 * @path: absolute path as the host sees it
 * Return: 0 (also where there was none) or -errno.
 */
int cohmem_remove_file(const struct cohmem_ctx *ctx, const char *path)
{
	const char *name;
	int dir, ret;

	dir = open_parent(ctx, path, &name);
	if (dir < 0)
		return dir == -ENOENT ? 0 : dir;
	ret = unlinkat(dir, name, 0) && errno != ENOENT ? -errno : 0;
	close(dir);
	return ret;
}
