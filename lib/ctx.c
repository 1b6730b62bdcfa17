// SPDX-License-Identifier: GPL-2.0-only
/* The context: root, log, last failure. */
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture.h"
#include "internal.h"

/* A bind takes a second or two: whoever comes meanwhile waits so long. */
#define DEFAULT_WAIT_S	10

static int open_root(struct cohmem_ctx *ctx)
{
	ctx->root_fd = open(ctx->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return ctx->root_fd < 0 ? -errno : 0;
}

/* A recording in a file becomes a folder, which is gone with the context. */
static int unpack(struct cohmem_ctx *ctx, const char *file)
{
	const char *tmp = getenv("TMPDIR");
	int ret;

	cohmem_fmt(ctx->root, sizeof(ctx->root), "%s/cohmem.XXXXXX",
		   tmp && *tmp ? tmp : "/tmp");
	if (!mkdtemp(ctx->root))
		return -errno;
	ctx->unpacked = true;
	ret = cohmem_tar_unpack(file, ctx->root);
	if (!ret)
		ret = open_root(ctx);
	if (!ret && !cohmem_exists(ctx, "/cohmem/recording"))
		ret = -EINVAL;
	return ret;
}

/**
 * cohmem_new() - a context for one host
 * @out: the context
 * @root: directory that stands for "/", or a recording of a host in a file; "", "/"
 *	or NULL is the running host
 *
 * Nothing is read yet: cohmem_scan() does that.
 *
 * Return: 0, -ENOMEM, -ENAMETOOLONG, -EINVAL where @root is a file and no recording,
 * or -errno where it cannot be read.
 */
int cohmem_new(struct cohmem_ctx **out, const char *root)
{
	struct cohmem_ctx *ctx;
	size_t len = root ? strlen(root) : 0;
	struct stat st;
	int ret;

	*out = NULL;
	while (len && root[len - 1] == '/')
		len--;
	if (len >= sizeof(ctx->root))
		return -ENAMETOOLONG;

	ctx = calloc(1, sizeof(*ctx));
	if (!ctx)
		return -ENOMEM;
	if (len)
		memcpy(ctx->root, root, len);
	ctx->live = !len;
	ctx->ops = ctx->live ? &cohmem_real_ops : &cohmem_recorded_ops;
	ctx->wait_s = DEFAULT_WAIT_S;
	ctx->root_fd = -1;
	if (ctx->live) {
		*out = ctx;
		return 0;
	}
	if (!stat(ctx->root, &st) && S_ISREG(st.st_mode))
		ret = unpack(ctx, root);
	else
		ret = open_root(ctx);
	if (ret) {
		cohmem_free(ctx);
		return ret;
	}
	*out = ctx;
	return 0;
}

/**
 * cohmem_free() - end of a context
 * @ctx: the context, or NULL
 */
void cohmem_free(struct cohmem_ctx *ctx)
{
	if (!ctx)
		return;
	cohmem_scan_free(ctx);
	if (ctx->unpacked)
		cohmem_tar_remove(ctx->root);
	free(ctx->acpi.entry);
	free(ctx->func);
	if (ctx->root_fd >= 0)
		close(ctx->root_fd);
	free(ctx);
}

/**
 * cohmem_set_log() - who hears what goes on
 * @ctx: the context
 * @fn: called with each line, without a newline; NULL for nobody
 * @arg: passed to @fn
 */
void cohmem_set_log(struct cohmem_ctx *ctx, cohmem_log_fn *fn, void *arg)
{
	ctx->log = fn;
	ctx->log_arg = arg;
}

/**
 * cohmem_set_ops() - put something in the kernel's place
 * @ctx: the context
 * @ops: how the system is changed; must outlive the context
 * @arg: passed to the operations
 */
void cohmem_set_ops(struct cohmem_ctx *ctx, const struct cohmem_ops *ops,
		    void *arg)
{
	ctx->ops = ops;
	ctx->ops_arg = arg;
}

/**
 * cohmem_why() - what the last failure was
 * @ctx: the context
 * Return: its words; valid until the next call that can fail.
 */
const struct cohmem_why *cohmem_why(const struct cohmem_ctx *ctx)
{
	return &ctx->why;
}

/**
 * cohmem_root() - the directory that stands for "/"
 * @ctx: the context
 * Return: the directory without a slash at its end; empty on the running host.
 */
const char *cohmem_root(const struct cohmem_ctx *ctx)
{
	return ctx->root;
}

/**
 * cohmem_set_wait() - how long to wait for others
 * @ctx: the context
 * @seconds: for another one that changes bindings in the same IOMMU group, and
 *	for processes that hold a function open
 */
void cohmem_set_wait(struct cohmem_ctx *ctx, unsigned int seconds)
{
	ctx->wait_s = seconds;
	ctx->wait_users = true;
}

/**
 * cohmem_set_snapshot() - make plans from the last scan
 * @ctx: the context
 * @keep: true for plans that are only shown: many of them need one look; false
 *	for a fresh look each, as plans that are run should have
 */
void cohmem_set_snapshot(struct cohmem_ctx *ctx, bool keep)
{
	ctx->keep = keep;
}

/**
 * cohmem_interrupted() - did a signal end the last plan?
 * @ctx: the context
 * Return: the signal, or 0.
 */
int cohmem_interrupted(const struct cohmem_ctx *ctx)
{
	return ctx->signo;
}

/**
 * cohmem_error_word() - the kind of a failure in one stable word
 * @error: -errno
 * Return: the word.
 */
const char *cohmem_error_word(int error)
{
	switch (-error) {
	case 0:
		return "none";
	case EACCES:
	case EPERM:
		return "permission";
	case EAGAIN:
		return "changed";
	case EBUSY:
		return "busy";
	case EINTR:
		return "interrupted";
	case EINVAL:
		return "invalid";
	case ENODEV:
		return "no-device";
	case ENOENT:
		return "missing";
	case ENOMEM:
		return "no-memory";
	case ENOTSUP:
		return "unsupported";
	case ENXIO:
		return "refused";
	case ETIMEDOUT:
		return "timeout";
	case ERANGE:
		return "out-of-range";
	case EXDEV:
		return "not-this-host";
	}
	return "failed";
}

/**
 * cohmem_unknown_str() - why something is not known
 * @error: -errno of the attempt to read it
 * Return: a few words.
 */
const char *cohmem_unknown_str(int error)
{
	switch (-error) {
	case EACCES:
	case EPERM:
		return "only root may read it";
	case ENOENT:
		return "neither the driver nor firmware tells";
	case E2BIG:
		return "longer than this program can take";
	case EINVAL:
		return "not understood";
	case ENODATA:
		return "passed through as a plain function";
	}
	return "could not be read";
}

/**
 * cohmem_log() - tell the log callback
 * @ctx: the context
 * @level: how much it matters
 * @fmt: printf format, no newline
 */
void cohmem_log(struct cohmem_ctx *ctx, enum cohmem_log_level level,
		const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	if (!ctx->log)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	ctx->log(ctx->log_arg, level, text);
}

/**
 * cohmem_fail() - remember why something failed
 * @ctx: the context
 * @error: -errno
 * @subject: BDF, path or module; may be NULL
 * @hint: what to do about it; may be NULL
 * @fmt: what and why, printf format
 * Return: @error, so that a caller can return it.
 */
int cohmem_fail(struct cohmem_ctx *ctx, int error, const char *subject,
		const char *hint, const char *fmt, ...)
{
	struct cohmem_why *why = &ctx->why;
	char what[sizeof(why->what)];
	va_list ap;

	/* Through a buffer: the words of a former failure may be arguments. */
	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	memcpy(why->what, what, sizeof(what));
	why->error = error;
	why->reason = cohmem_error_word(error);
	if (subject != why->subject)
		cohmem_fmt(why->subject, sizeof(why->subject), "%s",
			   subject ? subject : "");
	if (hint != why->hint)
		cohmem_fmt(why->hint, sizeof(why->hint), "%s",
			   hint ? hint : "");
	return error;
}
