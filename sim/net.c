// SPDX-License-Identifier: GPL-2.0-only
/* UNIX stream sockets. */
#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "server.h"

static int address(struct sockaddr_un *un, const char *path)
{
	memset(un, 0, sizeof(*un));
	un->sun_family = AF_UNIX;
	if (strlen(path) >= sizeof(un->sun_path))
		return -ENAMETOOLONG;
	memcpy(un->sun_path, path, strlen(path));
	return 0;
}

/**
 * cohmem_sim_connect() - connect to a socket
 * @path: its path
 * Return: the descriptor or -errno.
 */
int cohmem_sim_connect(const char *path)
{
	struct sockaddr_un un;
	int fd, err;

	err = address(&un, path);
	if (err)
		return err;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&un, sizeof(un))) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

/* Remove a socket that a dead process left; never one that still answers. */
static int clear_path(const char *path)
{
	struct stat st;
	int fd;

	if (lstat(path, &st))
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	fd = cohmem_sim_connect(path);
	if (fd >= 0) {
		close(fd);
		return -EADDRINUSE;
	}
	if (fd != -ECONNREFUSED)
		return fd;
	return unlink(path) ? -errno : 0;
}

/**
 * cohmem_sim_listen() - listen on a socket, replacing one that nobody serves
 * @path: its path
 * Return: the descriptor, non-blocking, or -errno: -EADDRINUSE where somebody
 * listens there, -EEXIST where there is something that is no socket.
 */
int cohmem_sim_listen(const char *path)
{
	struct sockaddr_un un;
	int fd, err;

	err = address(&un, path);
	if (!err)
		err = clear_path(path);
	if (err)
		return err;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&un, sizeof(un)) || listen(fd, 8)) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}
