// SPDX-License-Identifier: GPL-2.0-only
/* The virtio-serial ports by which an init speaks to its host. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common.h"

static int try_port(const char *name, int flags)
{
	DIR *d = opendir("/sys/class/virtio-ports");
	struct dirent *e;
	int fd = -ENOENT;

	if (!d)
		return -errno;
	while (fd == -ENOENT && (e = readdir(d))) {
		char path[300], found[128];

		snprintf(path, sizeof(path), "/sys/class/virtio-ports/%s/name",
			 e->d_name);
		if (lab_read_file(path, found, sizeof(found)) < 0 ||
		    strcmp(found, name))
			continue;
		snprintf(path, sizeof(path), "/dev/%s", e->d_name);
		fd = open(path, flags | O_CLOEXEC);
		if (fd < 0)
			fd = -errno;
	}
	closedir(d);
	return fd;
}

/**
 * lab_port_open() - open a virtio-serial port by its name
 * @name: the name the VMM gave it
 * @flags: of open(2)
 *
 * Ports appear a little after their controller: wait up to 5 s for this one.
 *
 * Return: a descriptor, or -errno; -ENOENT where no such port came.
 */
int lab_port_open(const char *name, int flags)
{
	int fd, tries;

	for (tries = 0; tries < 250; tries++) {
		fd = try_port(name, flags);
		if (fd >= 0)
			break;
		usleep(20000);
	}
	return fd;
}
