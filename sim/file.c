// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files that are memory.
 *
 * Reading or writing a file that another process has handed over may wait for
 * that process for ever, where it serves the file itself (FUSE), and so may a
 * mere fstat(). Whether a file has seals can be asked without waiting, and only
 * memory has any: memfd, tmpfs, hugetlbfs.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "file.h"

/**
 * cohmem_sim_file_is_memory() - is a descriptor one of memory?
 * @fd: the descriptor
 * Return: true for memfd, tmpfs and hugetlbfs.
 */
bool cohmem_sim_file_is_memory(int fd)
{
	return fcntl(fd, F_GET_SEALS) >= 0;
}

/**
 * cohmem_sim_file_is_eventfd() - is a descriptor an eventfd?
 * @fd: the descriptor
 * Return: true if so.
 */
bool cohmem_sim_file_is_eventfd(int fd)
{
	static const char want[] = "anon_inode:[eventfd]";
	char path[64], is[sizeof(want)];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return readlink(path, is, sizeof(is)) == sizeof(want) - 1 &&
	       !memcmp(is, want, sizeof(want) - 1);
}

/**
 * cohmem_sim_file_is_socket() - is a descriptor a socket?
 * @fd: the descriptor
 * Return: true if so. Asked of the socket layer: no file system has a say.
 */
bool cohmem_sim_file_is_socket(int fd)
{
	int type;
	socklen_t len = sizeof(type);

	return !getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len);
}

/**
 * cohmem_sim_file_read() - read all of a range, or nothing
 * @fd: the file
 * @buf: where to
 * @len: bytes
 * @pos: offset
 * Return: 0 or -EIO, also where the file ends before.
 */
int cohmem_sim_file_read(int fd, void *buf, u32 len, u64 pos)
{
	return pread(fd, buf, len, pos) == len ? 0 : -EIO;
}

/*
 * hugetlbfs can be mapped but not written. The copy is made by the kernel, into
 * our own mapping: where the file has become too short meanwhile, or huge pages
 * have run out, that is an error and no SIGBUS.
 */
static int write_mapped(int fd, const void *buf, u32 len, u64 pos, u64 page)
{
	u64 first = pos / page * page, end = (pos + len + page - 1) / page * page;
	struct iovec from = { (void *)buf, len }, to;
	ssize_t n;
	u8 *map;

	map = mmap(NULL, end - first, PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_NORESERVE, fd, first);
	if (map == MAP_FAILED)
		return -EIO;
	to = (struct iovec){ map + (pos - first), len };
	n = process_vm_writev(getpid(), &from, 1, &to, 1, 0);
	munmap(map, end - first);
	return n == len ? 0 : -EIO;
}

/**
 * cohmem_sim_file_write() - write all of a range; a file never grows by it
 * @fd: the file
 * @buf: where from
 * @len: bytes
 * @pos: offset
 * Return: 0 or -EIO, also where the file ends before.
 */
int cohmem_sim_file_write(int fd, const void *buf, u32 len, u64 pos)
{
	struct statfs fs;
	struct stat st;

	if (fstat(fd, &st) || pos > (u64)st.st_size ||
	    len > (u64)st.st_size - pos)
		return -EIO;
	if (pwrite(fd, buf, len, pos) == len)
		return 0;
	if (errno != EINVAL || fstatfs(fd, &fs) ||
	    fs.f_type != HUGETLBFS_MAGIC)
		return -EIO;
	return write_mapped(fd, buf, len, pos, fs.f_bsize);
}
