// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who holds a function open. The kernel waits for them when a driver is told
 * to let go: "echo > unbind" then hangs, which is worth a refusal beforehand.
 * Found by the device files in /proc/PID/fd; root sees all of them.
 */
#include <ctype.h>
#include <stdlib.h>
#include <unistd.h>

#include "internal.h"

#define MAX_PATHS	3

struct search {
	struct cohmem_ctx *ctx;
	char path[MAX_PATHS][COHMEM_NAME_LEN];
	unsigned int nr_paths;
	int pid;
	struct cohmem_user *users;
	unsigned int nr;
	unsigned int max;
};

/* The number after "Device Minor:" of NVIDIA's own driver, or -1. */
static int nvidia_minor(struct cohmem_ctx *ctx, const struct cohmem_func *f)
{
	static const char key[] = "Device Minor:";
	char path[128], text[2048], *p;

	cohmem_fmt(path, sizeof(path), "/proc/driver/nvidia/gpus/%s/information",
		   f->bdf);
	if (cohmem_read_str(ctx, path, text, sizeof(text)))
		return -1;
	p = strstr(text, key);
	return p ? atoi(p + strlen(key)) : -1;
}

static int look_at_fd(void *arg, const char *name)
{
	struct search *s = arg;
	char path[128], full[PATH_MAX], target[PATH_MAX];
	struct cohmem_user *u;
	unsigned int i;
	ssize_t n;

	cohmem_fmt(path, sizeof(path), "/proc/%d/fd/%s", s->pid, name);
	if (cohmem_path(s->ctx, full, path))
		return 0;
	n = readlink(full, target, sizeof(target) - 1);
	if (n < 0)
		return 0;
	target[n] = '\0';
	for (i = 0; i < s->nr_paths; i++)
		if (!strcmp(target, s->path[i]))
			break;
	if (i == s->nr_paths)
		return 0;
	if (s->nr < s->max) {
		u = &s->users[s->nr];
		u->pid = s->pid;
		cohmem_fmt(u->path, sizeof(u->path), "%s", s->path[i]);
		cohmem_fmt(path, sizeof(path), "/proc/%d/comm", s->pid);
		cohmem_read_str(s->ctx, path, u->comm, sizeof(u->comm));
	}
	s->nr++;
	return 1;	/* one line a process is enough */
}

static int look_at_process(void *arg, const char *name)
{
	struct search *s = arg;
	char path[128];

	if (!isdigit((unsigned char)name[0]))
		return 0;
	s->pid = atoi(name);
	cohmem_fmt(path, sizeof(path), "/proc/%d/fd", s->pid);
	cohmem_dir_foreach(s->ctx, path, look_at_fd, s);
	return 0;
}

static void add_path(struct search *s, const char *prefix, int n)
{
	if (n >= 0)
		cohmem_fmt(s->path[s->nr_paths++], COHMEM_NAME_LEN, "%s%d",
			   prefix, n);
}

/**
 * cohmem_users() - processes that hold a function open
 * @ctx: the context
 * @f: the function
 * @users: filled in, in order of pid
 * @max: room in @users
 *
 * A VFIO group held open counts for all its functions: the kernel sees it so.
 *
 * Return: how many there are, maybe more than @max.
 */
int cohmem_users(struct cohmem_ctx *ctx, const struct cohmem_func *f,
		 struct cohmem_user *users, unsigned int max)
{
	struct search s = { .ctx = ctx, .users = users, .max = max };
	struct cohmem_user tmp;
	unsigned int i, j;

	if (f->is_vfio) {
		add_path(&s, "/dev/vfio/", f->group);
		add_path(&s, "/dev/vfio/devices/vfio", f->vfio_cdev);
	} else if (!strcmp(f->driver, "nvidia")) {
		add_path(&s, "/dev/nvidia", nvidia_minor(ctx, f));
	}
	if (!s.nr_paths)
		return 0;
	cohmem_dir_foreach(ctx, "/proc", look_at_process, &s);
	for (i = 1; i < (s.nr < max ? s.nr : max); i++)
		for (j = i; j && users[j - 1].pid > users[j].pid; j--) {
			tmp = users[j];
			users[j] = users[j - 1];
			users[j - 1] = tmp;
		}
	return s.nr;
}
