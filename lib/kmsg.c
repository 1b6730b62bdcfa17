// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's own words. When a driver refuses a function, sysfs tells nobody
 * why, but the driver logged it. /dev/kmsg: one record a read; a descriptor
 * that starts at the end delivers what was logged since.
 */
#include <fcntl.h>
#include <unistd.h>

#include "internal.h"

#define MAX_RECORDS	4096

/**
 * cohmem_kmsg_open() - start to listen
 * @ctx: the context
 * Return: file descriptor, or -errno where the log cannot be read.
 */
int cohmem_kmsg_open(struct cohmem_ctx *ctx)
{
	int fd = cohmem_open(ctx, "/dev/kmsg", O_RDONLY | O_NONBLOCK);

	if (fd >= 0)
		lseek(fd, 0, SEEK_END);
	return fd;
}

/*
 * One line, "level,number,time,flags;text". What tells more replaces what is in
 * @buf: the driver core repeats only that a probe failed, not why.
 */
static bool take_line(const char *line, const char *bdf, bool found, char *buf,
		      size_t size)
{
	const char *text = strchr(line, ';');

	if (line[0] == ' ' || !text || !strstr(text, bdf))
		return false;
	if (found && (strstr(text, "probe with driver") ||
		      strstr(text, ": probe of ")))
		return false;
	cohmem_fmt(buf, size, "%s", text + 1);
	return true;
}

/**
 * cohmem_kmsg_last() - the last line about a function since the start that
 *	tells a cause
 * @fd: what cohmem_kmsg_open() returned; closed here
 * @bdf: the function
 * @buf: the line without its time and level
 * @size: size of @buf
 * Return: true if there was one.
 */
bool cohmem_kmsg_last(int fd, const char *bdf, char *buf, size_t size)
{
	char record[2048], *line, *save;
	unsigned int i;
	bool found = false;
	ssize_t n;

	if (fd < 0)
		return false;
	for (i = 0; i < MAX_RECORDS; i++) {
		n = read(fd, record, sizeof(record) - 1);
		if (n < 0 && (errno == EINTR || errno == EPIPE))
			continue;	/* EPIPE: the log has run on */
		if (n <= 0)
			break;
		record[n] = '\0';
		for (line = strtok_r(record, "\n", &save); line;
		     line = strtok_r(NULL, "\n", &save))
			if (take_line(line, bdf, found, buf, size))
				found = true;
	}
	close(fd);
	return found;
}
