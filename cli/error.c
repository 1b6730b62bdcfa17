// SPDX-License-Identifier: GPL-2.0-only
/*
 * What went wrong, and what is worth a note: on standard error for people (one
 * line what and why, one line the way out), and kept for the JSON of the run.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>

#include "cohmem.h"

static struct message *kept;
static unsigned int nr_kept;

static void keep(enum message_kind kind, const char *reason,
		 const char *subject, const char *what, const char *hint)
{
	struct message *m = realloc(kept, (nr_kept + 1) * sizeof(*m));

	if (!m)
		return;		/* it is on standard error, at least */
	kept = m;
	m += nr_kept++;
	m->kind = kind;
	m->reason = reason;
	m->subject = strdup(subject ? subject : "");
	m->what = strdup(what);
	m->hint = strdup(hint ? hint : "");
}

/**
 * messages() - all that was complained about so far
 * @nr: how many
 * Return: them.
 */
const struct message *messages(unsigned int *nr)
{
	*nr = nr_kept;
	return kept;
}

static void put_line(const char *before, const char *text)
{
	char *safe = escape(text, false);

	fprintf(stderr, "%s%s\n", before, safe ? safe : "");
	free(safe);
}

__attribute__((format(printf, 5, 0)))
static void vcomplain(enum message_kind kind, const char *reason,
		      const char *subject, const char *hint, const char *fmt,
		      va_list ap)
{
	char *what, *line;

	fflush(stdout);
	if (vasprintf(&what, fmt, ap) < 0)
		return;
	keep(kind, reason, subject, what, hint);
	if (asprintf(&line, "%s%s%s%s",
		     kind == MESSAGE_WARNING ? "warning: " : "",
		     subject ? subject : "", subject && *subject ? ": " : "",
		     what) >= 0) {
		put_line("cohmem: ", line);
		free(line);
	}
	if (hint && *hint)
		put_line("  hint: ", hint);
	free(what);
}

/**
 * complain() - say what is wrong
 * @subject: function, file or option it is about; or NULL
 * @hint: what to do; or NULL
 * @fmt: what and why
 */
void complain(const char *subject, const char *hint, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vcomplain(MESSAGE_ERROR, "failed", subject, hint, fmt, ap);
	va_end(ap);
}

/**
 * complain_as() - say what is wrong, and of which kind it is
 * @reason: the kind in one stable word
 * @subject: function, file or option it is about; or NULL
 * @hint: what to do; or NULL
 * @fmt: what and why
 */
void complain_as(const char *reason, const char *subject, const char *hint,
		 const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vcomplain(MESSAGE_ERROR, reason, subject, hint, fmt, ap);
	va_end(ap);
}

/**
 * warn_of() - say what is odd but no obstacle
 * @subject: function, file or option it is about; or NULL
 * @hint: what to do; or NULL
 * @fmt: what and why
 */
void warn_of(const char *subject, const char *hint, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vcomplain(MESSAGE_WARNING, NULL, subject, hint, fmt, ap);
	va_end(ap);
}

/**
 * complain_why() - say what the library failed at
 * @cli: the run
 */
void complain_why(struct cli *cli)
{
	const struct cohmem_why *why = cohmem_why(cli->ctx);

	complain_as(why->reason, why->subject, why->hint, "%s", why->what);
}

/**
 * usage_error() - the command line is wrong
 * @cli: the run
 * @fmt: in which way
 * Return: EXIT_USAGE.
 */
int usage_error(struct cli *cli, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vcomplain(MESSAGE_ERROR, "usage", cli->cmd ? cli->cmd->name : NULL,
		  NULL, fmt, ap);
	va_end(ap);
	fprintf(stderr, "  try: cohmem %s%s--help\n",
		cli->cmd ? cli->cmd->name : "", cli->cmd ? " " : "");
	return EXIT_USAGE;
}

/**
 * log_to_stderr() - the library's log callback
 * @arg: the run
 * @level: debug lines need --verbose
 * @text: the line
 */
void log_to_stderr(void *arg, enum cohmem_log_level level, const char *text)
{
	const struct cli *cli = arg;

	if (level == COHMEM_LOG_DEBUG && !cli->verbose)
		return;
	fflush(stdout);
	if (level != COHMEM_LOG_DEBUG)
		keep(level == COHMEM_LOG_WARN ? MESSAGE_WARNING : MESSAGE_NOTE,
		     NULL, NULL, text, NULL);
	put_line(level == COHMEM_LOG_WARN ? "cohmem: warning: " :
		 level == COHMEM_LOG_NOTE ? "cohmem: note: " : "cohmem: ", text);
}

/**
 * create_own() - a new file of one's own: what is in it is its owner's to give away
 * @path: the file; there must be none
 * @other: how to name another one
 * Return: the file, to be written; NULL after a message.
 */
FILE *create_own(const char *path, const char *other)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	FILE *out = fd >= 0 ? fdopen(fd, "w") : NULL;

	if (!out)
		complain(path, errno == EEXIST ? other : NULL, "%s",
			 strerror(errno));
	return out;
}
