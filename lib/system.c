// SPDX-License-Identifier: GPL-2.0-only
/* How the system is changed: the only two verbs that touch it. */
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "internal.h"

extern char **environ;

/**
 * cohmem_write() - write a line to a file of the system
 * @ctx: the context
 * @path: absolute path as the host sees it; it has to exist
 * @value: the line, without its end
 *
 * One write(2), as sysfs wants it.
 *
 * Return: 0 or -errno.
 */
int cohmem_write(struct cohmem_ctx *ctx, const char *path, const char *value)
{
	char text[COHMEM_NAME_LEN + 1], full[PATH_MAX];
	int fd, len, ret = 0;

	if (ctx->ops->write) {
		ret = cohmem_path(ctx, full, path);
		return ret ? ret : ctx->ops->write(ctx->ops_arg, full, value);
	}
	len = snprintf(text, sizeof(text), "%s\n", value);
	if (len >= (int)sizeof(text))
		return -EINVAL;
	/* O_TRUNC matters in a recorded tree only, where files are files. */
	fd = cohmem_open_file(ctx, path, O_WRONLY | O_TRUNC);
	if (fd < 0)
		return fd;
	if (write(fd, text, len) < 0)
		ret = -errno;
	if (close(fd) && !ret)
		ret = -errno;
	return ret;
}

/* Read what a child says until it closes its end; keep the last line. */
static void last_words(int fd, char *err, size_t len)
{
	char text[4096], *line;
	size_t got = 0;
	ssize_t n;

	while ((n = read(fd, text + got, sizeof(text) - 1 - got)) > 0 ||
	       (n < 0 && errno == EINTR)) {
		if (n < 0)
			continue;
		got += n;
		if (got == sizeof(text) - 1)
			got = 0;	/* only the end is of interest */
	}
	while (got && strchr(" \n", text[got - 1]))
		got--;
	text[got] = '\0';
	line = strrchr(text, '\n');
	cohmem_fmt(err, len, "%s", line ? line + 1 : text);
}

/*
 * modprobe knows dependencies, options and blacklists; nothing is won by doing
 * its work again here.
 */
static int run_modprobe(void *arg, const char *name, char *err, size_t len)
{
	static const char *const places[] = {
		"/usr/sbin/modprobe", "/sbin/modprobe", "/usr/bin/modprobe",
	};
	char *const argv[] = { "modprobe", "--", (char *)name, NULL };
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t attr;
	sigset_t none;
	int ret = ENOENT, out[2], status;
	unsigned int i;
	pid_t pid;

	(void)arg;
	err[0] = '\0';
	if (pipe2(out, O_CLOEXEC))
		return -errno;
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_addopen(&fa, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&fa, out[1], 1);
	posix_spawn_file_actions_adddup2(&fa, out[1], 2);
	/* We may have signals blocked; who presses Ctrl-C means it, too. */
	sigemptyset(&none);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
	for (i = 0; ret == ENOENT && i < sizeof(places) / sizeof(places[0]); i++)
		ret = posix_spawn(&pid, places[i], &fa, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&fa);
	close(out[1]);
	if (ret) {
		close(out[0]);
		cohmem_fmt(err, len, "modprobe: %s", strerror(ret));
		return -ret;
	}
	last_words(out[0], err, len);
	close(out[0]);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	if (!err[0])
		cohmem_fmt(err, len, "modprobe failed");
	return -ENOENT;
}

/* Another root is another kernel's: its modules are not ours to load. */
static int refuse_module(void *arg, const char *name, char *err, size_t len)
{
	(void)arg;
	(void)name;
	cohmem_fmt(err, len, "it is not there, and no kernel runs under this root that could load it");
	return -EXDEV;
}

/* The running machine. */
const struct cohmem_ops cohmem_real_ops = {
	.load_module = run_modprobe,
};

/* A recorded one. */
const struct cohmem_ops cohmem_recorded_ops = {
	.load_module = refuse_module,
};
