// SPDX-License-Identifier: GPL-2.0-only
/* Small files, time, and the kernel log. */
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

/**
 * now_ms() - a clock for intervals
 * Return: milliseconds, with their fraction.
 */
double now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1e3 + ts.tv_nsec / 1e6;
}

/**
 * sleep_ms() - sleep
 * @ms: milliseconds
 */
void sleep_ms(unsigned int ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000L };

	while (nanosleep(&ts, &ts) && errno == EINTR)
		;
}

/**
 * file_read() - read a small file as a string
 * @path: its name
 * @buf: where to; always terminated, trailing white space cut
 * @size: of @buf
 * Return: length, or -errno.
 */
int file_read(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n = 0;

	buf[0] = 0;
	if (fd < 0)
		return -errno;
	while (len < size - 1 &&
	       (n = read(fd, buf + len, size - 1 - len)) > 0)
		len += n;
	if (n < 0)
		n = -errno;
	close(fd);
	if (n < 0)
		return n;
	while (len && strchr(" \n\t", buf[len - 1]))
		len--;
	buf[len] = 0;
	return len;
}

/**
 * file_write() - write a string into an existing file
 * @path: its name
 * @text: the string
 * Return: 0 or -errno.
 */
int file_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int ret = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

/**
 * file_exists() - is there such a file?
 * @path: its name
 * Return: true if so.
 */
bool file_exists(const char *path)
{
	return !access(path, F_OK);
}

/**
 * dev_path() - a path below the GPU's sysfs directory
 * @fmt: the rest of it
 * Return: the path, valid until the fourth next call.
 */
const char *dev_path(const char *fmt, ...)
{
	static char ring[4][512];
	static unsigned int next;
	char *path = ring[next++ % 4];
	int len;
	va_list ap;

	len = snprintf(path, sizeof(ring[0]), "/sys/bus/pci/devices/%s/",
		       facts()->bdf);
	va_start(ap, fmt);
	vsnprintf(path + len, sizeof(ring[0]) - len, fmt, ap);
	va_end(ap);
	return path;
}

/**
 * attr_read() - read an attribute of the driver
 * @name: its name below cohmem/
 * @buf: where to
 * @size: of @buf
 * Return: length, or -errno.
 */
int attr_read(const char *name, char *buf, size_t size)
{
	return file_read(dev_path("cohmem/%s", name), buf, size);
}

/**
 * attr_u64() - read an attribute of the driver that is a number
 * @name: its name below cohmem/
 * Return: the number; the test ends where there is none.
 */
u64 attr_u64(const char *name)
{
	char text[64], *end;
	int ret = attr_read(name, text, sizeof(text));
	u64 value;

	CHECK(ret > 0, "%s: %s", dev_path("cohmem/%s", name),
	      ret < 0 ? strerror(-ret) : "empty");
	value = strtoull(text, &end, 0);
	CHECK(end != text, "%s is \"%s\"", name, text);
	return value;
}

/**
 * kernel_version() - the running kernel's version as a number
 * Return: major * 10000 + minor * 100 + patch.
 */
long kernel_version(void)
{
	int major = 0, minor = 0, patch = 0;
	struct utsname u;

	uname(&u);
	sscanf(u.release, "%d.%d.%d", &major, &minor, &patch);
	return major * 10000L + minor * 100 + min(patch, 99);
}

/**
 * proc_number() - a line "name: number" of a file below /proc
 * @path: the file
 * @field: "VmPTE", "SUnreclaim", ...
 * Return: the number, in KiB where it is a size; -1 if there is none.
 */
long proc_number(const char *path, const char *field)
{
	size_t len = strlen(field);
	char line[256];
	long value = -1;
	FILE *f = fopen(path, "r");

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, field, len) && line[len] == ':')
			value = strtol(line + len + 1, NULL, 10);
	if (f)
		fclose(f);
	return value;
}

/**
 * self_status_kb() - a line of /proc/self/status
 * @field: "VmPTE", "VmRSS", ...
 * Return: its value, in KiB where it is a size; -1 if there is none.
 */
long self_status_kb(const char *field)
{
	return proc_number("/proc/self/status", field);
}

/**
 * kmsg_open() - the kernel log from here on
 * Return: a descriptor for kmsg_find(), or -1.
 */
int kmsg_open(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0)
		lseek(fd, 0, SEEK_END);
	return fd;
}

/**
 * kmsg_find() - the next line of the kernel log that holds some words
 * @fd: from kmsg_open()
 * @needle: the words; "" takes any line
 * @line: the line, without its prefix; may be NULL
 * @size: of @line
 * Return: true if there is one; what precedes it is passed over.
 */
bool kmsg_find(int fd, const char *needle, char *line, size_t size)
{
	char rec[8192], *text;
	ssize_t n;

	for (;;) {
		n = read(fd, rec, sizeof(rec) - 1);
		/* EPIPE: lines were lost; the next read goes on behind them */
		if (n < 0 && (errno == EPIPE || errno == EINTR))
			continue;
		if (n <= 0)
			return false;
		rec[n] = 0;
		text = strchr(rec, ';');
		text = text ? text + 1 : rec;
		text[strcspn(text, "\n")] = 0;
		if (!strstr(text, needle))
			continue;
		if (line)
			snprintf(line, size, "%s", text);
		return true;
	}
}

/**
 * kmsg_skip() - pass over what the kernel log holds so far
 * @fd: from kmsg_open()
 */
void kmsg_skip(int fd)
{
	lseek(fd, 0, SEEK_END);
}

/**
 * kernel_mappings() - how much of the GPU's memory the kernel has mapped
 * Return: bytes, by /proc/vmallocinfo; the test is skipped where that is shut.
 */
u64 kernel_mappings(void)
{
	const struct facts *f = facts();
	unsigned long long phys, size;
	char line[512], *at;
	u64 sum = 0;
	FILE *file = fopen("/proc/vmallocinfo", "r");

	if (!file)
		SKIP("/proc/vmallocinfo cannot be read: %s", strerror(errno));
	while (fgets(line, sizeof(line), file)) {
		at = strstr(line, "phys=");
		if (!at || sscanf(at, "phys=%llx", &phys) != 1 ||
		    sscanf(line, "%*s %llu", &size) != 1)
			continue;
		if (phys >= f->mem_base && phys < f->mem_base + f->hbm)
			sum += size;
	}
	fclose(file);
	return sum;
}
