// SPDX-License-Identifier: GPL-2.0-only
/* Mounts and small files: what an init needs before anything else. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common.h"

/**
 * lab_mount_all() - the file systems every program expects
 *
 * What a kernel lacks (tracefs, debugfs) is passed over: whoever needs it says so.
 */
void lab_mount_all(void)
{
	static const struct {
		const char *type;
		const char *dir;
	} mounts[] = {
		{ "proc", "/proc" }, { "sysfs", "/sys" },
		{ "devtmpfs", "/dev" }, { "tmpfs", "/tmp" },
		{ "tmpfs", "/run" }, { "debugfs", "/sys/kernel/debug" },
		{ "tracefs", "/sys/kernel/tracing" },
	};
	size_t i;

	for (i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		mkdir(mounts[i].dir, 0755);
		mount(mounts[i].type, mounts[i].dir, mounts[i].type, 0, NULL);
	}
	mkdir("/dev/shm", 01777);
	mount("tmpfs", "/dev/shm", "tmpfs", 0, NULL);
	mkdir("/dev/pts", 0755);
	mount("devpts", "/dev/pts", "devpts", 0, NULL);
}

/**
 * lab_read_file() - read a small file as a string
 * @path: its name
 * @buf: where to; always terminated, trailing white space cut
 * @size: size of @buf
 * Return: length, or -errno.
 */
int lab_read_file(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n;

	buf[0] = 0;
	if (fd < 0)
		return -errno;
	while (len < size - 1 && (n = read(fd, buf + len, size - 1 - len)) > 0)
		len += n;
	close(fd);
	while (len && strchr(" \n\t", buf[len - 1]))
		len--;
	buf[len] = 0;
	return len;
}

/**
 * lab_write_file() - write a string into an existing file
 * @path: its name
 * @text: the string
 * Return: 0 or -errno.
 */
int lab_write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n;
	int ret;

	if (fd < 0)
		return -errno;
	n = write(fd, text, strlen(text));
	ret = n < 0 ? -errno : 0;
	close(fd);
	return ret;
}

/**
 * lab_now_ms() - milliseconds since the kernel started
 * Return: the time.
 */
uint64_t lab_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return ts.tv_sec * 1000ULL + ts.tv_nsec / 1000000;
}

/**
 * lab_say() - write one formatted piece of text, whole
 * @fd: where to; negative is ignored
 * @fmt: format, as printf
 */
void lab_say(int fd, const char *fmt, ...)
{
	char line[4096];
	va_list ap;
	int len, done = 0;

	if (fd < 0)
		return;
	va_start(ap, fmt);
	len = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (len >= (int)sizeof(line))
		len = sizeof(line) - 1;
	while (done < len) {
		ssize_t n = write(fd, line + done, len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		done += n;
	}
}

/**
 * lab_pattern() - one line of the pattern that L2 writes into memory
 * @line: gets it: text, dots, and a line feed at the end
 * @seed: of the run, so that no other run's is taken for it
 * @where: what is written to: bar4, egm0
 * @offset: of the line in that
 *
 * Plain text, so that the other end can make it again with nothing but printf.
 */
void lab_pattern(char line[LAB_LINE], const char *seed, const char *where, uint64_t offset)
{
	int len = snprintf(line, LAB_LINE, "cohmem %s %s 0x%016llx", seed, where,
			   (unsigned long long)offset);

	memset(line + len, '.', LAB_LINE - len);
	line[LAB_LINE - 1] = '\n';
}

/**
 * lab_place() - the place that a BAR is, of the GPU that COHMEM_GPU numbers
 * @bar: the BAR
 * @where: set to its name, for lab_pattern()
 *
 * Return: 10 times the GPU's number, from 0 on, and @bar.
 */
unsigned int lab_place(unsigned int bar, char where[LAB_PLACE])
{
	const char *gpu = getenv("COHMEM_GPU");
	unsigned int place = bar + (gpu ? 10 * atoi(gpu) : 0);

	snprintf(where, LAB_PLACE, "bar%u", place);
	return place;
}

/**
 * lab_fill() - fill memory with the pattern
 * @to: the memory
 * @len: bytes, whole lines
 * @seed: of the run
 * @where: as lab_pattern() has it
 * @offset: of the memory there
 */
void lab_fill(void *to, size_t len, const char *seed, const char *where, uint64_t offset)
{
	size_t i;

	for (i = 0; i < len; i += LAB_LINE)
		lab_pattern((char *)to + i, seed, where, offset + i);
}

/**
 * lab_phys() - where a page of this program is in physical memory
 * @p: an address in it; the page is there
 * Return: its physical address; 0 if the kernel does not say.
 */
uint64_t lab_phys(const void *p)
{
	const long page = sysconf(_SC_PAGESIZE);
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t entry = 0;

	if (fd < 0)
		return 0;
	if (pread(fd, &entry, 8, (uintptr_t)p / page * 8) != 8 || !(entry >> 63))
		entry = 0;
	close(fd);
	return (entry & ((1ULL << 55) - 1)) * page;
}

static void __attribute__((noreturn)) end_by(int how)
{
	sync();
	reboot(how);
	for (;;)
		pause();
}

/**
 * lab_power_off() - the last thing an init does
 */
void lab_power_off(void)
{
	end_by(RB_POWER_OFF);
}

/**
 * lab_reboot() - or this
 */
void lab_reboot(void)
{
	end_by(RB_AUTOBOOT);
}
