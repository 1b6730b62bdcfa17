// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an administrator does with a bound function: its driver's attributes,
 * and a reset. The kernel's answers are put into words here.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "host_egm.h"
#include "internal.h"

/**
 * cohmem_control_path() - where an attribute of our driver is
 * @f: the function, or the EGM of a socket
 * @file: the attribute
 * @buf: the path, without the root
 * @size: size of @buf
 */
void cohmem_control_path(const struct cohmem_func *f, const char *file,
			 char *buf, size_t size)
{
	if (f->is_egm)
		cohmem_fmt(buf, size, COHMEM_EGM_CLASS "/%s/%s", f->bdf, file);
	else
		cohmem_fmt(buf, size, "/sys/bus/pci/devices/%s/cohmem/%s",
			   f->bdf, file);
}

/**
 * cohmem_control_read() - an attribute of our driver
 * @ctx: the context
 * @f: the function
 * @file: the attribute
 * @buf: what it says
 * @size: size of @buf
 * Return: 0 or -errno.
 */
int cohmem_control_read(struct cohmem_ctx *ctx, const struct cohmem_func *f,
			const char *file, char *buf, size_t size)
{
	char path[128];

	cohmem_control_path(f, file, path, sizeof(path));
	return cohmem_read_str(ctx, path, buf, size);
}

/**
 * cohmem_control_open() - an attribute of our driver, to wait for its change
 * @ctx: the context
 * @f: the function
 * @file: the attribute
 * Return: file descriptor or -errno.
 */
int cohmem_control_open(struct cohmem_ctx *ctx, const struct cohmem_func *f,
			const char *file)
{
	char path[128];

	cohmem_control_path(f, file, path, sizeof(path));
	return cohmem_open_file(ctx, path, O_RDONLY);
}

static const char *hint_for(int error)
{
	switch (-error) {
	case EACCES:
	case EPERM:
		return "run as root";
	case ENOENT:
		return "a newer driver has it: what is loaded is older than this program";
	case EBUSY:
		return "somebody has it open: 'cohmem list' says who";
	case ERANGE:
		return "'cohmem show' has the addresses of its memory";
	}
	return "";
}

/**
 * cohmem_control_write() - tell our driver something
 * @ctx: the context
 * @f: the function; bound to our driver, or it is refused
 * @file: the attribute
 * @value: the line
 * Return: 0 or -errno, explained.
 */
int cohmem_control_write(struct cohmem_ctx *ctx, const struct cohmem_func *f,
			 const char *file, const char *value)
{
	char path[128], hint[64];
	int ret;

	if (strcmp(f->driver, COHMEM_DRIVER) && f->is_egm) {
		cohmem_fmt(hint, sizeof(hint), "'cohmem show %s' says why", f->bdf);
		return cohmem_fail(ctx, -ENOTSUP, f->bdf, hint,
				   COHMEM_DRIVER " does not lend it");
	}
	if (strcmp(f->driver, COHMEM_DRIVER)) {
		cohmem_fmt(hint, sizeof(hint), "cohmem bind %s", f->bdf);
		return cohmem_fail(ctx, -ENOTSUP, f->bdf, hint,
				   "not bound to " COHMEM_DRIVER);
	}
	cohmem_control_path(f, file, path, sizeof(path));
	ret = cohmem_write(ctx, path, value);
	if (ret)
		return cohmem_fail(ctx, ret, f->bdf, hint_for(ret),
				   "cannot write '%s' to %s: %s", value, file,
				   strerror(-ret));
	return 0;
}

/**
 * cohmem_reset() - reset a function
 * @ctx: the context
 * @f: the function
 * @flags: COHMEM_BIND_FORCE: although somebody uses it
 * Return: 0 or -errno, explained.
 */
int cohmem_reset(struct cohmem_ctx *ctx, struct cohmem_func *f,
		 unsigned int flags)
{
	struct cohmem_user user = { 0 };
	struct cohmem_lock lock;
	char path[128];
	int ret;

	cohmem_fmt(path, sizeof(path), "/sys/bus/pci/devices/%s/reset", f->bdf);
	if (!cohmem_exists(ctx, path))
		return cohmem_fail(ctx, -ENOTSUP, f->bdf, "",
				   "cannot reset: the kernel knows no way for this function");
	if (!(flags & COHMEM_BIND_FORCE)) {
		if (f->driver[0] && !f->is_vfio)
			return cohmem_fail(ctx, -EBUSY, f->bdf,
					   "--force resets it all the same",
					   "cannot reset: the host's driver %s uses it",
					   f->driver);
		if (cohmem_users(ctx, f, &user, 1))
			return cohmem_fail(ctx, -EBUSY, f->bdf,
					   "shut the virtual machine down first; --force resets it all the same",
					   "cannot reset: %s is held open by %s (pid %d)",
					   user.path, user.comm, user.pid);
	}
	ret = cohmem_lock_func(ctx, f, &lock);
	if (ret)
		return ret;
	ret = cohmem_write(ctx, path, "1");
	if (ret)
		cohmem_fail(ctx, ret, f->bdf, ret == -EACCES || ret == -EPERM ?
			    "run as root" : "dmesg may tell more",
			    "the reset failed: %s", strerror(-ret));
	cohmem_unlock(&lock);
	return ret;
}

/**
 * cohmem_has_address() - does a physical address lie in a function's memory?
 * @f: the function, loaded
 * @address: the address
 * Return: true if so.
 */
bool cohmem_has_address(const struct cohmem_func *f, u64 address)
{
	const struct cohmem_memory *m = &f->memory;

	return m->state == COHMEM_MEM_OK && m->has_base &&
	       address >= m->base && address - m->base < m->size;
}

/*
 * Memory errors. The kernel traces each page that it gives up; on kernels that
 * tell no driver about memory without struct page, this is how one hears of it.
 * A trace instance of our own leaves everybody else's alone.
 */
#define TRACING		"/sys/kernel/tracing"
#define INSTANCE	TRACING "/instances/cohmem"
#define EVENT		INSTANCE "/events/ras/memory_failure_event/enable"

/**
 * cohmem_mf_open() - start to listen to memory errors
 * @ctx: the context
 * Return: file descriptor that delivers lines for cohmem_mf_parse() and can be
 * polled; or -errno, explained.
 */
int cohmem_mf_open(struct cohmem_ctx *ctx)
{
	int ret, fd;

	if (!cohmem_exists(ctx, TRACING "/instances"))
		return cohmem_fail(ctx, -ENOENT, TRACING,
				   "mount -t tracefs tracefs " TRACING,
				   "tracefs cannot be seen: memory errors that the kernel tells no driver go unnoticed");
	ret = cohmem_make_dirs(ctx, INSTANCE);
	if (!ret)
		ret = cohmem_write(ctx, EVENT, "1");
	/* trace_pipe is a regular file that may be waited for. */
	fd = ret ? ret : cohmem_open_file(ctx, INSTANCE "/trace_pipe", O_RDONLY);
	if (fd < 0)
		return cohmem_fail(ctx, fd, INSTANCE, fd == -EACCES ||
				   fd == -EPERM ? "run as root" : "",
				   "cannot listen to memory_failure_event: %s",
				   strerror(-fd));
	return fd;
}

/**
 * cohmem_mf_close() - listen no longer
 * @ctx: the context
 * @fd: what cohmem_mf_open() returned, or negative
 */
void cohmem_mf_close(struct cohmem_ctx *ctx, int fd)
{
	if (fd < 0)
		return;
	close(fd);
	cohmem_write(ctx, EVENT, "0");
	if (ctx->live)
		rmdir(INSTANCE);
}

/**
 * cohmem_mf_parse() - one line of the trace
 * @line: "... memory_failure_event: pfn 0x..: recovery action for ..: Ignored"
 * @pfn: the page frame
 * @result: what the kernel did
 * @size: size of @result
 * Return: true where it is such a line.
 */
bool cohmem_mf_parse(const char *line, u64 *pfn, char *result, size_t size)
{
	static const char key[] = "memory_failure_event: pfn ";
	const char *p = strstr(line, key), *q;
	char *end;

	if (!p)
		return false;
	p += strlen(key);
	errno = 0;
	*pfn = strtoull(p, &end, 16);
	if (end == p || errno || *end != ':')
		return false;
	q = strrchr(end, ':');
	cohmem_fmt(result, size, "%s", q[1] == ' ' ? q + 2 : q + 1);
	result[strcspn(result, "\n")] = '\0';
	return true;
}
