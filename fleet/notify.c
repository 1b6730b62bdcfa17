// SPDX-License-Identifier: GPL-2.0-only
/*
 * What tells that it is time to look: the kernel's word of PCI functions that come, go
 * or change drivers, and files of our driver that notify. Without them, which is how it
 * is on a recorded host, things are seen a little later.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "plugin.h"

#define NR_FILES	3
/* Groups of NETLINK_KOBJECT_UEVENT: the kernel's own words, not udev's. */
#define KERNEL_GROUP	1

static struct watch uevents = { .fd = -1 };
static struct watch files[NR_FILES * MAX_GPUS];
static unsigned int nr_files;

/* A message is a headline and VAR=VALUE, each ended by a zero byte. */
static bool about_pci(const char *buf, ssize_t n)
{
	const char *p;

	for (p = buf; p < buf + n; p += strlen(p) + 1)
		if (!strcmp(p, "SUBSYSTEM=pci") || !strcmp(p, "SUBSYSTEM=vfio"))
			return true;
	return false;
}

static void on_uevent(struct watch *w, uint32_t events)
{
	char buf[8192];
	ssize_t n;

	(void)events;
	n = recv(w->fd, buf, sizeof(buf) - 1, 0);
	if (n < 0 && errno == ENOBUFS) {
		look_soon();	/* some were lost */
		return;
	}
	if (n <= 0)
		return;
	buf[n] = '\0';
	if (about_pci(buf, n))
		look_soon();
}

static void on_file(struct watch *w, uint32_t events)
{
	int fd = w->fd;

	(void)events;
	/* Armed again by the next look. */
	loop_unwatch(w);
	close(fd);
	look_soon();
}

/**
 * notify_open() - listen to the kernel
 */
void notify_open(void)
{
	struct sockaddr_nl nl = {
		.nl_family = AF_NETLINK, .nl_groups = KERNEL_GROUP,
	};
	int fd;

	if (opt.sysroot)
		return;
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
		    NETLINK_KOBJECT_UEVENT);
	if (fd >= 0 && (bind(fd, (struct sockaddr *)&nl, sizeof(nl)) ||
			loop_watch(&uevents, fd, EPOLLIN, on_uevent))) {
		close(fd);
		fd = -1;
	}
	if (fd < 0)
		say(NULL, NULL, "the kernel's events cannot be heard (%s): hot-plug is seen by looking",
		    strerror(errno));
}

static void drop_files(void)
{
	int fd;

	while (nr_files) {
		fd = files[--nr_files].fd;
		loop_unwatch(&files[nr_files]);
		if (fd >= 0)
			close(fd);
	}
}

/**
 * notify_arm() - wait for the files of the GPUs that are bound now
 */
void notify_arm(void)
{
	static const char *const names[NR_FILES] = {
		"ready_state", "poison_count", "scrub_state",
	};
	char path[128], text[64];
	unsigned int i, k;
	int fd;

	drop_files();
	/* Files of a recorded host never change by themselves. */
	if (opt.sysroot)
		return;
	for (i = 0; i < nr_gpus; i++) {
		for (k = 0; gpus[i].offered && k < NR_FILES; k++) {
			snprintf(path, sizeof(path),
				 "/sys/bus/pci/devices/%.19s/cohmem/%s",
				 gpus[i].bdf, names[k]);
			fd = open(path, O_RDONLY | O_CLOEXEC);
			if (fd < 0)
				continue;
			/* Reading arms it. */
			if (pread(fd, text, sizeof(text), 0) < 0 ||
			    loop_watch(&files[nr_files], fd, EPOLLPRI, on_file))
				close(fd);
			else
				nr_files++;
		}
	}
}

/**
 * notify_close() - listen no longer
 */
void notify_close(void)
{
	int fd = uevents.fd;

	drop_files();
	loop_unwatch(&uevents);
	if (fd >= 0)
		close(fd);
}
