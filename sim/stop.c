// SPDX-License-Identifier: GPL-2.0-only
/*
 * SIGTERM and SIGINT. The main loop hears of them by a descriptor and ends in good
 * order. If it does not come to that (a log that nobody reads, a file that somebody
 * keeps from answering), the second signal ends the process where it stands; we
 * send it ourselves after a while.
 */
#include <errno.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"
#include "server.h"

#define PATIENCE_S	10

/* What the handler needs; there is one server in a process. */
static volatile sig_atomic_t stop_fd = -1;
static timer_t last_word;
static volatile sig_atomic_t asked;

static void on_signal(int signal)
{
	static const char text[] =
		"cohmem-sim: does not come to its end: stopped where it stands\n";
	const struct itimerspec soon = { .it_value.tv_sec = PATIENCE_S };
	const u64 one = 1;
	int saved = errno;

	/* Nothing can be done about a failure of either. */
	if (asked) {
		if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
			_exit(SIM_EXIT_FAILURE);
		_exit(SIM_EXIT_FAILURE);
	}
	asked = 1;
	timer_settime(last_word, 0, &soon, NULL);
	/* Nobody waits any more: it is ending by itself. */
	if (stop_fd >= 0 && write(stop_fd, &one, sizeof(one)) < 0)
		_exit(SIM_EXIT_FAILURE);
	errno = saved;
}

/**
 * cohmem_sim_stop_open() - be told when to stop
 * Return: a descriptor that can be read then, or -errno.
 */
int cohmem_sim_stop_open(void)
{
	const struct sigaction act = {
		.sa_handler = on_signal, .sa_flags = SA_RESTART,
	};
	struct sigevent send = {
		.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGTERM,
	};

	stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (stop_fd < 0 || timer_create(CLOCK_MONOTONIC, &send, &last_word) ||
	    sigaction(SIGTERM, &act, NULL) || sigaction(SIGINT, &act, NULL))
		return -errno;
	signal(SIGPIPE, SIG_IGN);
	return stop_fd;
}

/**
 * cohmem_sim_stop_close() - the main loop has ended
 */
void cohmem_sim_stop_close(void)
{
	int fd = stop_fd;

	/* Before the number may be another file's. */
	stop_fd = -1;
	if (fd >= 0)
		close(fd);
}
