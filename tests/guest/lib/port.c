// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lines through virtio-serial ports, to what runs on the other side.
 *
 * One process at a time can have a port open, so it is opened when first
 * needed and closed with the process. A process that was killed may have left
 * an answer behind; it is thrown away when the port is opened.
 */
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "guest.h"

static int port_path(const struct port *p, char *path, size_t size)
{
	DIR *d = opendir("/sys/class/virtio-ports");
	char name[300], text[64];
	struct dirent *e;
	int ret = -ENOENT;

	if (!d)
		return -errno;
	while (ret && (e = readdir(d))) {
		snprintf(name, sizeof(name), "/sys/class/virtio-ports/%s/name",
			 e->d_name);
		if (file_read(name, text, sizeof(text)) < 0 ||
		    strcmp(text, p->name))
			continue;
		snprintf(path, size, "/dev/%s", e->d_name);
		ret = 0;
	}
	closedir(d);
	return ret;
}

/**
 * port_exists() - is there such a port?
 * @p: the port
 * Return: true if so.
 */
bool port_exists(const struct port *p)
{
	char path[300];

	return p->fd >= 0 || !port_path(p, path, sizeof(path));
}

/**
 * port_open() - open a port unless it is open
 * @p: the port
 * Return: 0 or -errno.
 */
int port_open(struct port *p)
{
	char path[300], junk[256];
	int ret, tries;

	if (p->fd >= 0)
		return 0;
	ret = port_path(p, path, sizeof(path));
	if (ret)
		return ret;
	/* Busy while a process that was just killed is still going away. */
	for (tries = 0; tries < 100; tries++) {
		p->fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
		if (p->fd >= 0 || errno != EBUSY)
			break;
		sleep_ms(20);
	}
	if (p->fd < 0)
		return -errno;
	while (read(p->fd, junk, sizeof(junk)) > 0)
		;
	return 0;
}

/**
 * port_close() - give a port back
 * @p: the port
 */
void port_close(struct port *p)
{
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
}

/* One byte, or -errno; waits until @end. */
static int get_byte(struct port *p, char *c, double end)
{
	struct pollfd pfd = { .fd = p->fd, .events = POLLIN };
	double left;
	ssize_t n;

	for (;;) {
		n = read(p->fd, c, 1);
		if (n == 1)
			return 0;
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		left = end - now_ms();
		if (left <= 0)
			return -ETIMEDOUT;
		/* 0 bytes: the other end is not there (yet) */
		if (!n)
			sleep_ms(5);
		else
			poll(&pfd, 1, left < 100 ? left + 1 : 100);
	}
}

/**
 * port_get() - read a line
 * @p: the port, open
 * @line: the line without its end, to be freed
 * @ms: how long to wait
 * Return: 0 or -errno.
 */
int port_get(struct port *p, char **line, unsigned int ms)
{
	size_t len = 0, size = 4096;
	char *buf = malloc(size), c;
	double end = now_ms() + ms;
	int ret;

	while (buf) {
		ret = get_byte(p, &c, end);
		if (ret) {
			free(buf);
			return ret;
		}
		if (c == '\n')
			break;
		buf[len++] = c;
		if (len == size)
			buf = realloc(buf, size *= 2);
	}
	if (!buf)
		return -ENOMEM;
	buf[len] = 0;
	*line = buf;
	return 0;
}

/**
 * port_put() - write a line
 * @p: the port, open
 * @line: the line with its end
 * @ms: how long to wait
 * Return: 0 or -errno.
 */
int port_put(struct port *p, const char *line, unsigned int ms)
{
	struct pollfd pfd = { .fd = p->fd, .events = POLLOUT };
	size_t done = 0, len = strlen(line);
	double end = now_ms() + ms;

	while (done < len) {
		ssize_t n = write(p->fd, line + done, len - done);

		if (n > 0)
			done += n;
		else if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		else if (now_ms() > end)
			return -ETIMEDOUT;
		else
			poll(&pfd, 1, 50);
	}
	return 0;
}
