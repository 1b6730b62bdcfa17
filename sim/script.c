// SPDX-License-Identifier: GPL-2.0-only
/*
 * Control scripts: lines of "MILLISECONDS COMMAND", the time since the start by
 * the function's own clock, so that a script may freeze the clock and move it
 * itself: then it takes no time.
 */
#include <errno.h>
#include <stdlib.h>

#include "script.h"

static u64 since_ms(const struct sim_script *s, u64 now_ns)
{
	return (now_ns - s->start_ns) / 1000000;
}

/* Read the next line that says something. */
static int advance(struct sim_script *s)
{
	char *at;

	for (;;) {
		s->line[0] = 0;
		if (!s->from || !fgets(s->line, sizeof(s->line), s->from))
			return 0;
		s->line[strcspn(s->line, "\r\n")] = 0;
		if (!s->line[0] || s->line[0] == '#')
			continue;
		s->next_ms = strtoull(s->line, &at, 10);
		if (at == s->line || *at != ' ')
			return -EINVAL;
		memmove(s->line, at + 1, strlen(at));
		return 0;
	}
}

/**
 * cohmem_sim_script_open() - begin to write down, or to replay
 * @s: the script
 * @to: a file to write to, or NULL
 * @from: a file to replay, or NULL
 * @now_ns: the function's clock
 * Return: 0 or -errno; -EINVAL where the first line is none.
 */
int cohmem_sim_script_open(struct sim_script *s, const char *to,
			   const char *from, u64 now_ns)
{
	memset(s, 0, sizeof(*s));
	s->start_ns = now_ns;
	if (to) {
		s->to = fopen(to, "we");
		if (!s->to)
			return -errno;
	}
	if (from) {
		s->from = fopen(from, "re");
		if (!s->from)
			return -errno;
	}
	return advance(s);
}

/**
 * cohmem_sim_script_close() - end it
 * @s: the script
 */
void cohmem_sim_script_close(struct sim_script *s)
{
	if (s->to)
		fclose(s->to);
	if (s->from)
		fclose(s->from);
	s->to = s->from = NULL;
}

/**
 * cohmem_sim_script_note() - write a command down
 * @s: the script
 * @now_ns: the function's clock
 * @line: the command
 */
void cohmem_sim_script_note(struct sim_script *s, u64 now_ns, const char *line)
{
	if (!s->to)
		return;
	fprintf(s->to, "%llu %s\n", (unsigned long long)since_ms(s, now_ns),
		line);
	fflush(s->to);
}

/**
 * cohmem_sim_script_due() - the next command, if it is time for it
 * @s: the script
 * @now_ns: the function's clock
 * Return: the command, to be freed, or NULL. A script ends at a line that is
 * none.
 */
char *cohmem_sim_script_due(struct sim_script *s, u64 now_ns)
{
	char *line;

	if (!s->line[0] || since_ms(s, now_ns) < s->next_ms)
		return NULL;
	line = strdup(s->line);
	if (advance(s))
		s->line[0] = 0;
	return line;
}

/**
 * cohmem_sim_script_wait_ms() - how long until the next command
 * @s: the script
 * @now_ns: the function's clock, which is running
 * Return: milliseconds, -1 for never.
 */
s64 cohmem_sim_script_wait_ms(const struct sim_script *s, u64 now_ns)
{
	if (!s->line[0])
		return -1;
	if (since_ms(s, now_ns) >= s->next_ms)
		return 0;
	return s->next_ms - since_ms(s, now_ns) + 1;
}
