// SPDX-License-Identifier: GPL-2.0-only
/* Where there is no virtio-serial: a port is a file of its name in /ports. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "common.h"

int lab_port_open(const char *name, int flags)
{
	char path[200];
	int fd;

	snprintf(path, sizeof(path), "/ports/%s", name);
	fd = open(path, flags | O_APPEND | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}
