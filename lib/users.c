// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who holds a function open. The kernel waits for them when a driver is told
 * to let go: "echo > unbind" then hangs, which is worth a refusal beforehand.
 * Found by the device files in /proc/PID/fd, looked through once a scan. Only
 * root sees all of them: for others the answer is what they can see, and that
 * it may not be all.
 */
#include <ctype.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "internal.h"

#define VFIO		"/dev/vfio/"
#define VFIO_CDEV	"/dev/vfio/devices/vfio"
#define NVIDIA		"/dev/nvidia"
#define EGM		"/dev/egm"
#define MAX_HOLDERS	65536

struct search {
	struct cohmem_ctx *ctx;
	int pid;
	unsigned int first;	/* of this process in the list */
	unsigned int processes;
	int error;
};

/* Device files that matter: all of VFIO's but the container, GPUs of NVIDIA's, EGM. */
static bool of_interest(const char *target)
{
	if (!strncmp(target, EGM, strlen(EGM)))
		return isdigit((unsigned char)target[strlen(EGM)]);
	if (!strncmp(target, VFIO_CDEV, strlen(VFIO_CDEV)))
		return true;
	if (!strncmp(target, VFIO, strlen(VFIO)))
		return isdigit((unsigned char)target[strlen(VFIO)]);
	return !strncmp(target, NVIDIA, strlen(NVIDIA)) &&
	       isdigit((unsigned char)target[strlen(NVIDIA)]);
}

/* "7" of a group, or "devices/vfio7" of a function; what class has it, and where. */
static const char *vfio_class(const char *rest, const char **name)
{
	const char *digits = rest, *class = "vfio";

	*name = rest;
	if (!strncmp(rest, "devices/vfio", 12)) {
		*name = rest + 8;
		digits = rest + 12;
		class = "vfio-dev";
	}
	if (!*digits || digits[strspn(digits, "0123456789")])
		return NULL;
	return class;
}

/*
 * A process in a container, or in a root of its own, has device files of its own:
 * what the kernel calls them is then "/vfio/7", or "/some/root/dev/vfio/7". Which
 * device it is, its number tells; the name is anybody's to choose.
 */
static bool from_elsewhere(struct cohmem_ctx *ctx, const char *fd, char *target,
			   size_t size)
{
	const char *p = NULL, *q, *class, *name;
	char path[128], text[32], full[PATH_MAX];
	unsigned int major, minor;
	struct stat st;

	for (q = strstr(target, "/vfio/"); q; q = strstr(q + 1, "/vfio/"))
		p = q + 6;
	class = p ? vfio_class(p, &name) : NULL;
	if (!class || strlen(p) > 32)
		return false;
	cohmem_fmt(path, sizeof(path), "/sys/class/%s/%s/dev", class, name);
	if (ctx->live &&
	    (cohmem_path(ctx, full, fd) || stat(full, &st) ||
	     !S_ISCHR(st.st_mode) ||
	     cohmem_read_str(ctx, path, text, sizeof(text)) ||
	     sscanf(text, "%u:%u", &major, &minor) != 2 ||
	     st.st_rdev != makedev(major, minor)))
		return false;
	cohmem_fmt(full, sizeof(full), VFIO "%s", p);
	cohmem_fmt(target, size, "%s", full);
	return true;
}

/* "-name guest=db,debug-threads=on" or "-name db": db. QEMU doubles commas. */
static void take_guest(const char *arg, char *out, size_t size)
{
	size_t n = 0;

	if (!strncmp(arg, "guest=", 6))
		arg += 6;
	for (; *arg && n + 1 < size; arg++) {
		if (*arg == ',' && *++arg != ',')
			break;
		out[n++] = *arg;
	}
	out[n] = '\0';
}

/* comm is cut at 15 characters; the command line has all of the name. */
static void name_user(struct cohmem_ctx *ctx, struct cohmem_user *u)
{
	char path[64];
	const char *base, *p, *end;
	u8 *text;
	size_t len;

	cohmem_fmt(path, sizeof(path), "/proc/%d/comm", u->pid);
	cohmem_read_str(ctx, path, u->comm, sizeof(u->comm));
	cohmem_fmt(path, sizeof(path), "/proc/%d/cmdline", u->pid);
	if (cohmem_read_blob(ctx, path, 1 << 20, &text, &len))
		return;
	if (len && !text[len - 1]) {
		p = (char *)text;
		end = p + len;
		base = strrchr(p, '/');
		base = base ? base + 1 : p;
		if (strlen(u->comm) == 15 && !strncmp(base, u->comm, 15))
			cohmem_fmt(u->comm, sizeof(u->comm), "%s", base);
		for (; p < end; p += strlen(p) + 1) {
			const char *next = p + strlen(p) + 1;

			if (next < end && (!strcmp(p, "-name") ||
					   !strcmp(p, "--name")))
				take_guest(next, u->guest, sizeof(u->guest));
		}
	}
	free(text);
}

static int look_at_fd(void *arg, const char *name)
{
	struct search *s = arg;
	struct cohmem_holders *h = &s->ctx->holders;
	char path[64], target[PATH_MAX];
	struct cohmem_user *u;
	unsigned int i;

	cohmem_fmt(path, sizeof(path), "/proc/%d/fd/%s", s->pid, name);
	if (cohmem_read_target(s->ctx, path, target, sizeof(target)) < 0 ||
	    (!of_interest(target) &&
	     !from_elsewhere(s->ctx, path, target, sizeof(target))) ||
	    strlen(target) >= sizeof(u->path))
		return 0;
	for (i = s->first; i < h->nr; i++)
		if (!strcmp(h->user[i].path, target))
			return 0;
	if (h->nr == MAX_HOLDERS)
		return -E2BIG;
	u = realloc(h->user, (h->nr + 1) * sizeof(*u));
	if (!u)
		return -ENOMEM;
	h->user = u;
	u += h->nr++;
	memset(u, 0, sizeof(*u));
	u->pid = s->pid;
	cohmem_fmt(u->path, sizeof(u->path), "%s", target);
	return 0;
}

static int look_at_process(void *arg, const char *name)
{
	struct search *s = arg;
	struct cohmem_holders *h = &s->ctx->holders;
	char path[64];
	int ret;

	if (!isdigit((unsigned char)name[0]))
		return 0;
	s->pid = atoi(name);
	s->first = h->nr;
	s->processes++;
	cohmem_fmt(path, sizeof(path), "/proc/%d/fd", s->pid);
	ret = cohmem_dir_foreach(s->ctx, path, look_at_fd, s);
	if (ret == -EACCES || ret == -EPERM)
		h->unknown = "only root sees what all processes hold open";
	else if (ret == -ENOMEM || ret == -E2BIG)
		h->unknown = "too many processes hold VFIO open";
	if (h->nr > s->first) {
		unsigned int i;

		name_user(s->ctx, &h->user[s->first]);
		for (i = s->first + 1; i < h->nr; i++) {
			memcpy(h->user[i].comm, h->user[s->first].comm,
			       sizeof(h->user[i].comm));
			memcpy(h->user[i].guest, h->user[s->first].guest,
			       sizeof(h->user[i].guest));
		}
	}
	return 0;
}

static int by_pid(const void *a, const void *b)
{
	const struct cohmem_user *x = a, *y = b;

	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

static struct cohmem_holders *holders(struct cohmem_ctx *ctx)
{
	struct cohmem_holders *h = &ctx->holders;
	struct search s = { .ctx = ctx };

	if (h->read)
		return h;
	h->read = true;
	if (cohmem_dir_foreach(ctx, "/proc", look_at_process, &s) < 0)
		h->unknown = "/proc cannot be read";
	else if (!s.processes)
		h->unknown = "no processes are recorded";
	/* hidepid hides others' processes altogether. */
	else if (ctx->live && !cohmem_exists(ctx, "/proc/1"))
		h->unknown = "only root sees what all processes hold open";
	if (h->nr)
		qsort(h->user, h->nr, sizeof(*h->user), by_pid);
	return h;
}

/**
 * cohmem_holders_free() - forget who holds what
 * @ctx: the context
 */
void cohmem_holders_free(struct cohmem_ctx *ctx)
{
	free(ctx->holders.user);
	memset(&ctx->holders, 0, sizeof(ctx->holders));
}

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

#define MAX_PATHS	3

/*
 * The device files by which @f can be held; returns how many. EGM is held by its own,
 * or by those of the GPU that the driver names as its user.
 */
static unsigned int paths_of(struct cohmem_ctx *ctx,
			     const struct cohmem_func *f,
			     char path[MAX_PATHS][COHMEM_NAME_LEN])
{
	unsigned int nr = 0;
	int minor;

	if (f->is_egm) {
		cohmem_fmt(path[nr++], COHMEM_NAME_LEN, "/dev/%s", f->bdf);
		f = cohmem_func_find(ctx, cohmem_fact_word(f, COHMEM_FACT_USER));
		if (!f)
			return nr;
	}
	if (f->is_vfio && f->group >= 0)
		cohmem_fmt(path[nr++], COHMEM_NAME_LEN, VFIO "%d", f->group);
	if (f->is_vfio && f->vfio_cdev >= 0)
		cohmem_fmt(path[nr++], COHMEM_NAME_LEN, VFIO_CDEV "%d",
			   f->vfio_cdev);
	if (!strcmp(f->driver, "nvidia")) {
		minor = nvidia_minor(ctx, f);
		if (minor >= 0)
			cohmem_fmt(path[nr++], COHMEM_NAME_LEN, NVIDIA "%d",
				   minor);
	}
	return nr;
}

/**
 * cohmem_users() - processes that hold a function open
 * @ctx: the context, scanned
 * @f: the function
 * @users: filled in, in order of pid
 * @max: room in @users
 *
 * A VFIO group held open counts for all its functions: the kernel sees it so.
 *
 * Return: how many are known, maybe more than @max. cohmem_users_unknown() says
 * whether that is all.
 */
int cohmem_users(struct cohmem_ctx *ctx, const struct cohmem_func *f,
		 struct cohmem_user *users, unsigned int max)
{
	char path[MAX_PATHS][COHMEM_NAME_LEN];
	unsigned int nr_paths = paths_of(ctx, f, path), nr = 0, i, j;
	const struct cohmem_holders *h;
	int last = -1;

	if (!nr_paths)
		return 0;
	h = holders(ctx);
	for (i = 0; i < h->nr; i++) {
		for (j = 0; j < nr_paths; j++)
			if (!strcmp(h->user[i].path, path[j]))
				break;
		/* One line a process is enough. */
		if (j == nr_paths || h->user[i].pid == last)
			continue;
		last = h->user[i].pid;
		if (nr < max)
			users[nr] = h->user[i];
		nr++;
	}
	return nr;
}

/**
 * cohmem_users_unknown() - are the users of a function all that there are?
 * @ctx: the context, scanned
 * @f: the function
 * Return: NULL if so; else, in a few words, why nobody knows.
 */
const char *cohmem_users_unknown(struct cohmem_ctx *ctx,
				 const struct cohmem_func *f)
{
	char path[MAX_PATHS][COHMEM_NAME_LEN];

	/* Of EGM the driver says whether anybody has it; without a file nobody can. */
	if (f->is_egm && (!strcmp(cohmem_fact_word(f, COHMEM_FACT_USER), "-") ||
			  !cohmem_egm_has_file(ctx, f)))
		return NULL;
	if (f->is_egm)
		return holders(ctx)->unknown;
	if (!f->driver[0])
		return NULL;
	if (!paths_of(ctx, f, path)) {
		if (f->is_vfio)
			return "the IOMMU group is not known";
		return !strcmp(f->driver, "nvidia") ?
		       "/proc/driver/nvidia does not tell its minor number" :
		       "its driver's device files are not known";
	}
	return holders(ctx)->unknown;
}
