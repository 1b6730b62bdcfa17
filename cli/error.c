// SPDX-License-Identifier: GPL-2.0-only
/* Standard error: one line what and why, one line the way out. */
#include <stdarg.h>

#include "cohmem.h"

static void vcomplain(const char *subject, const char *hint, const char *fmt,
		      va_list ap)
{
	fflush(stdout);
	fprintf(stderr, "cohmem: %s%s", subject ? subject : "",
		subject && *subject ? ": " : "");
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	if (hint && *hint)
		fprintf(stderr, "  hint: %s\n", hint);
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
	vcomplain(subject, hint, fmt, ap);
	va_end(ap);
}

/**
 * complain_why() - say what the library failed at
 * @cli: the run
 */
void complain_why(struct cli *cli)
{
	const struct cohmem_why *why = cohmem_why(cli->ctx);

	complain(why->subject, why->hint, "%s", why->what);
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
	vcomplain(cli->cmd ? cli->cmd->name : NULL, NULL, fmt, ap);
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
	fprintf(stderr, "cohmem: %s%s\n",
		level == COHMEM_LOG_WARN ? "warning: " :
		level == COHMEM_LOG_NOTE ? "note: " : "", text);
}
