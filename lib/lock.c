// SPDX-License-Identifier: GPL-2.0-only
/*
 * One at a time: what changes a function holds a lock of its IOMMU group, so
 * that a change that takes long (the kernel waits for a virtual machine) keeps
 * nobody from the other groups. Before Linux 6.15 a function may be in no group
 * until a driver is tried on it; so each function has a lock, too. The group's
 * lock is taken first.
 *
 * Locks are of flock(2): whoever dies, however, lets go.
 */
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "internal.h"

#define PAUSE_MS	100

/**
 * cohmem_now_ms() - a clock that only goes forward
 * Return: milliseconds.
 */
u64 cohmem_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ULL + t.tv_nsec / 1000000;
}

/**
 * cohmem_wait_more() - sleep a moment, unless it has been long enough
 * @ctx: the context, which says how long
 * @until: the end of it; all zero at first
 * Return: true if it is worth to look again.
 */
bool cohmem_wait_more(struct cohmem_ctx *ctx, struct timespec *until)
{
	const struct timespec pause = { .tv_nsec = PAUSE_MS * 1000000L };
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (!until->tv_sec && !until->tv_nsec) {
		*until = now;
		until->tv_sec += ctx->wait_s;
	}
	if (now.tv_sec > until->tv_sec || (now.tv_sec == until->tv_sec &&
					   now.tv_nsec >= until->tv_nsec))
		return false;
	nanosleep(&pause, NULL);
	return true;
}

static int busy(struct cohmem_ctx *ctx, int fd, const char *subject,
		const char *what)
{
	char pid[16] = "";
	ssize_t n = pread(fd, pid, sizeof(pid) - 1, 0);

	pid[n > 0 ? n : 0] = '\0';
	pid[strspn(pid, "0123456789")] = '\0';
	return cohmem_fail(ctx, -EBUSY, subject,
			   "try again, or wait longer: --wait=SECONDS",
			   "another cohmem%s%s%s is changing %s",
			   pid[0] ? " (pid " : "", pid, pid[0] ? ")" : "", what);
}

static int take(struct cohmem_ctx *ctx, const char *name, const char *subject,
		const char *what)
{
	struct timespec until = { 0 };
	char path[128], pid[16];
	bool said = false;
	int fd, ret;

	cohmem_fmt(path, sizeof(path), COHMEM_RUN_DIR "/lock.%s", name);
	ret = cohmem_make_dirs(ctx, COHMEM_RUN_DIR);
	fd = ret ? ret : cohmem_open_file(ctx, path, O_RDWR | O_CREAT |
					  O_NOFOLLOW);
	if (fd < 0)
		return cohmem_fail(ctx, fd, path, fd == -EACCES || fd == -EPERM ?
				   "run as root" : "", "cannot lock: %s",
				   strerror(-fd));
	while (flock(fd, LOCK_EX | LOCK_NB)) {
		if (errno != EWOULDBLOCK && errno != EINTR) {
			ret = -errno;
			close(fd);
			return cohmem_fail(ctx, ret, path, "",
					   "cannot lock: %s", strerror(-ret));
		}
		if (!said)
			cohmem_log(ctx, COHMEM_LOG_NOTE,
				   "%s: waiting for another cohmem that changes %s",
				   subject, what);
		said = true;
		if (!cohmem_wait_more(ctx, &until)) {
			ret = busy(ctx, fd, subject, what);
			close(fd);
			return ret;
		}
	}
	/* For whoever finds it locked; nothing depends on it. */
	cohmem_fmt(pid, sizeof(pid), "%d\n", getpid());
	if (ftruncate(fd, 0) || pwrite(fd, pid, strlen(pid), 0) < 0)
		cohmem_log(ctx, COHMEM_LOG_DEBUG, "%s: cannot say who holds it",
			   path);
	return fd;
}

static int lock(struct cohmem_ctx *ctx, const char *bdf, int group,
		struct cohmem_lock *l)
{
	char name[32], what[48];

	l->fd[0] = -1;
	l->fd[1] = -1;
	if (group >= 0) {
		cohmem_fmt(name, sizeof(name), "group-%d", group);
		cohmem_fmt(what, sizeof(what), "IOMMU group %d", group);
		l->fd[0] = take(ctx, name, bdf, what);
		if (l->fd[0] < 0)
			return l->fd[0];
	}
	l->fd[1] = take(ctx, bdf, bdf, "it");
	if (l->fd[1] < 0) {
		int ret = l->fd[1];

		cohmem_unlock(l);
		return ret;
	}
	return 0;
}

/**
 * cohmem_lock_plan() - keep others from what a plan changes
 * @ctx: the context
 * @plan: the plan
 * @l: the lock
 * Return: 0 or -errno, explained; -EBUSY where others have it for too long.
 */
int cohmem_lock_plan(struct cohmem_ctx *ctx, const struct cohmem_plan *plan,
		     struct cohmem_lock *l)
{
	const struct cohmem_func *f = cohmem_func_find(ctx, plan->bdf);

	return lock(ctx, plan->bdf, f ? f->group : -1, l);
}

/**
 * cohmem_lock_func() - keep others from changing a function
 * @ctx: the context
 * @f: the function
 * @l: the lock
 * Return: 0 or -errno, explained.
 */
int cohmem_lock_func(struct cohmem_ctx *ctx, const struct cohmem_func *f,
		     struct cohmem_lock *l)
{
	return lock(ctx, f->bdf, f->group, l);
}

/**
 * cohmem_unlock() - let others at it
 * @l: the lock
 */
void cohmem_unlock(struct cohmem_lock *l)
{
	int i;

	for (i = 1; i >= 0; i--) {
		if (l->fd[i] >= 0)
			close(l->fd[i]);
		l->fd[i] = -1;
	}
}
