// SPDX-License-Identifier: GPL-2.0-only
/*
 * On standard error: on a terminal one line that is drawn over and over,
 * elsewhere a line now and then.
 */
#include <stdio.h>
#include <unistd.h>

#include "cohmem.h"
#include "progress.h"

#define WIDTH		79	/* the last column makes some terminals wrap */
#define FIRST_LINE_MS	1000
#define LINE_EVERY_MS	10000

/**
 * progress_rate() - bytes a second
 * @bytes: done
 * @ms: in this time
 * Return: the rate; 0 where nobody can say.
 */
u64 progress_rate(u64 bytes, u64 ms)
{
	if (!ms)
		return 0;
	/* 2^54 bytes times 1000 still fit. */
	return bytes < 1ULL << 54 ? bytes * 1000 / ms : bytes / ms * 1000;
}

/**
 * duration() - a time for people
 * @ms: milliseconds
 * @buf: "45 s", "12 min 3 s", "2 h 5 min"
 * @size: size of @buf
 */
void duration(u64 ms, char *buf, size_t size)
{
	unsigned long long s = (ms + 999) / 1000;

	if (s < 60)
		snprintf(buf, size, "%llu s", s);
	else if (s < 3600)
		snprintf(buf, size, "%llu min %llu s", s / 60, s % 60);
	else
		snprintf(buf, size, "%llu h %llu min", s / 3600, s / 60 % 60);
}

/**
 * progress_line() - the line
 * @p: how far it has come
 * @buf: the words, not wider than a terminal of 80 columns where @subject is an
 *	address
 * @size: size of @buf
 */
void progress_line(const struct progress *p, char *buf, size_t size)
{
	u64 rate = progress_rate(p->done, p->ms), left;
	char speed[32], time[32];
	unsigned int percent = 0;

	if (p->total)
		percent = p->done >= p->total ? 100 :
			  (double)p->done * 100 / p->total;
	if (!rate) {
		snprintf(buf, size, "%s: pass %u of %u, %u%%", p->subject,
			 p->step, p->nr_steps, percent);
		return;
	}
	left = p->total > p->done ? p->total - p->done : 0;
	duration((double)left / rate * 1000, time, sizeof(time));
	snprintf(buf, size, "%s: pass %u of %u, %u%%, %s/s, %s left",
		 p->subject, p->step, p->nr_steps, percent,
		 human_size(rate, speed), time);
}

static unsigned int drawn;
static u64 next_ms = FIRST_LINE_MS;

/**
 * progress_show() - show it, if it is time
 * @p: how far it has come
 */
void progress_show(const struct progress *p)
{
	char line[160];
	unsigned int n;

	if (isatty(STDERR_FILENO)) {
		progress_line(p, line, sizeof(line));
		line[WIDTH] = '\0';
		n = strlen(line);
		fprintf(stderr, "\r%s%*s", line, drawn > n ? (int)(drawn - n) : 0,
			"");
		drawn = n;
		return;
	}
	if (p->ms < next_ms)
		return;
	next_ms = p->ms + LINE_EVERY_MS;
	progress_line(p, line, sizeof(line));
	fprintf(stderr, "%s\n", line);
}

/** progress_end() - nothing of it stays on a terminal */
void progress_end(void)
{
	if (drawn)
		fprintf(stderr, "\r%*s\r", (int)drawn, "");
	drawn = 0;
	next_ms = FIRST_LINE_MS;
}
