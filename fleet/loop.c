// SPDX-License-Identifier: GPL-2.0-only
/* See loop.h. */
#include <errno.h>
#include <stddef.h>
#include <time.h>
#include <unistd.h>

#include "loop.h"

static int epoll_fd = -1;
static struct timer *timers;

/**
 * loop_now() - the time
 * Return: milliseconds of the monotonic clock.
 */
uint64_t loop_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/**
 * loop_init() - before everything else here
 * Return: 0 or -errno.
 */
int loop_init(void)
{
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	return epoll_fd < 0 ? -errno : 0;
}

/**
 * loop_end() - after everything else here
 */
void loop_end(void)
{
	if (epoll_fd >= 0)
		close(epoll_fd);
	epoll_fd = -1;
}

/**
 * loop_watch() - wait for a file
 * @w: where that is noted
 * @fd: the file
 * @events: EPOLLIN and friends
 * @fn: called with what has come
 * Return: 0 or -errno; @w->fd is -1 then.
 */
int loop_watch(struct watch *w, int fd, uint32_t events,
	       void (*fn)(struct watch *w, uint32_t events))
{
	struct epoll_event e = { .events = events, .data.ptr = w };

	w->fd = -1;
	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &e))
		return -errno;
	w->fd = fd;
	w->events = events;
	w->fn = fn;
	return 0;
}

/**
 * loop_want() - wait for other events of a file
 * @w: the file
 * @events: which
 */
void loop_want(struct watch *w, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.ptr = w };

	if (w->fd < 0 || w->events == events)
		return;
	w->events = events;
	epoll_ctl(epoll_fd, EPOLL_CTL_MOD, w->fd, &e);
}

/**
 * loop_unwatch() - wait for a file no longer; it stays open
 * @w: the file
 */
void loop_unwatch(struct watch *w)
{
	if (w->fd >= 0)
		epoll_ctl(epoll_fd, EPOLL_CTL_DEL, w->fd, NULL);
	w->fd = -1;
}

/**
 * timer_set() - do something later, and not when it was to be done before
 * @t: the timer
 * @ms: how much later
 * @fn: what
 */
void timer_set(struct timer *t, unsigned int ms, void (*fn)(struct timer *t))
{
	t->at = loop_now() + ms;
	t->fn = fn;
	if (t->known)
		return;
	t->known = true;
	t->next = timers;
	timers = t;
}

/**
 * timer_stop() - forget a timer; its memory may go then
 * @t: the timer
 */
void timer_stop(struct timer *t)
{
	struct timer **p;

	t->at = 0;
	if (!t->known)
		return;
	for (p = &timers; *p != t; p = &(*p)->next)
		;
	*p = t->next;
	t->known = false;
}

/* Milliseconds until the first timer, -1 for ever; *first is that timer. */
static int until_first(struct timer **first)
{
	uint64_t now = loop_now();
	struct timer *t;

	*first = NULL;
	for (t = timers; t; t = t->next)
		if (t->at && (!*first || t->at < (*first)->at))
			*first = t;
	if (!*first)
		return -1;
	if ((*first)->at <= now)
		return 0;
	return (*first)->at - now > 3600000 ? 3600000 : (*first)->at - now;
}

/**
 * loop_run() - wait, and have done what has to be
 * @stop: until this is true
 *
 * One event at a time: what its function does away with is not in a list here.
 */
void loop_run(const bool *stop)
{
	struct epoll_event e;
	struct timer *first;
	struct watch *w;
	int n;

	while (!*stop) {
		n = epoll_wait(epoll_fd, &e, 1, until_first(&first));
		if (n < 0 && errno != EINTR)
			return;
		if (n == 1) {
			w = e.data.ptr;
			w->fn(w, e.events);
		}
		until_first(&first);
		if (first && first->at <= loop_now()) {
			first->at = 0;
			first->fn(first);
		}
	}
}
