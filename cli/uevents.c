// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's own messages about devices, to see EGM come and go without waiting for
 * the next look. They only wake us up: what has happened, sysfs says.
 */
#include <errno.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cohmem.h"

#define KERNEL_GROUP	1	/* not udev's, whose messages come later */
#define MESSAGE_MAX	8192

/**
 * uevents_open() - begin to listen
 * Return: file descriptor, or -1: one does without.
 */
int uevents_open(void)
{
	struct sockaddr_nl who = {
		.nl_family = AF_NETLINK, .nl_groups = KERNEL_GROUP,
	};
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
			NETLINK_KOBJECT_UEVENT);

	if (fd >= 0 && bind(fd, (struct sockaddr *)&who, sizeof(who))) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* "ACTION=add", "DEVPATH=..", ..: strings that end in a zero byte each. */
static bool is_egm(const char *message, size_t len)
{
	static const char word[] = "SUBSYSTEM=egm";
	const char *p = message;
	size_t n;

	for (; len; p += n, len -= n) {
		n = strnlen(p, len);
		if (n == sizeof(word) - 1 && !memcmp(p, word, n))
			return true;
		n += n < len;
	}
	return false;
}

/**
 * uevents_read() - take all that has come
 * @fd: as uevents_open() gave it
 *
 * Whoever sends it, the worst that can come of it is a look too many.
 *
 * Return: true if some of it was about EGM, or may have been.
 */
bool uevents_read(int fd)
{
	char message[MESSAGE_MAX];
	bool found = false;
	ssize_t n;

	for (;;) {
		n = recv(fd, message, sizeof(message), 0);
		if (n > 0)
			found |= is_egm(message, n);
		else if (n < 0 && errno == ENOBUFS)
			found = true;	/* some were lost */
		else if (n == 0 || errno != EINTR)
			return found;
	}
}
