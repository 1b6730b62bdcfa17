/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One thread waits for everything: sockets, files that notify, and time.
 *
 * A watch or a timer is part of somebody else's object, which may free itself from
 * within its function: nothing is touched after that has returned.
 */
#ifndef FLEET_LOOP_H
#define FLEET_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

/**
 * struct watch - a file that is waited for
 * @fd: the file; -1: none
 * @events: EPOLLIN and friends
 * @fn: called with what has come
 */
struct watch {
	int fd;
	uint32_t events;
	void (*fn)(struct watch *w, uint32_t events);
};

/**
 * struct timer - something to be done later, once
 * @at: when, in milliseconds of the monotonic clock; 0: never
 * @fn: called then; may set it again
 * @next: the next one, in no order
 * @known: it is in the list
 */
struct timer {
	uint64_t at;
	void (*fn)(struct timer *t);
	struct timer *next;
	bool known;
};

#define container_of(ptr, type, member) \
	((type *)((char *)(ptr) - offsetof(type, member)))

int loop_init(void);
void loop_end(void);
int loop_watch(struct watch *w, int fd, uint32_t events,
	       void (*fn)(struct watch *w, uint32_t events));
void loop_want(struct watch *w, uint32_t events);
void loop_unwatch(struct watch *w);
void timer_set(struct timer *t, unsigned int ms, void (*fn)(struct timer *t));
void timer_stop(struct timer *t);
void loop_run(const bool *stop);
uint64_t loop_now(void);

#endif /* FLEET_LOOP_H */
