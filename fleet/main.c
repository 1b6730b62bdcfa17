// SPDX-License-Identifier: GPL-2.0-only
/* cohmem-device-plugin: see plugin.h for what is where. */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "plugin.h"

static struct watch signals = { .fd = -1 };
static struct timer looking;
static bool stop;

/* Bytes from outside do not reach a terminal, nor a second line of a log. */
static void put_line(const char *before, char *text)
{
	char *p;

	for (p = text; *p; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
	fprintf(stderr, "%s%s\n", before, text);
}

/**
 * say() - a line of the log: what happened, or what is wrong and why
 * @subject: GPU, file, option or resource it is about; or NULL
 * @hint: what to do; or NULL
 * @fmt: the line
 */
void say(const char *subject, const char *hint, const char *fmt, ...)
{
	char what[640], line[800];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	snprintf(line, sizeof(line), "%s%s%s", subject ? subject : "",
		 subject && *subject ? ": " : "", what);
	put_line("cohmem-device-plugin: ", line);
	if (hint && *hint) {
		snprintf(line, sizeof(line), "%s", hint);
		put_line("  hint: ", line);
	}
}

/**
 * say_why() - the library's reason
 * @ctx: its context
 */
void say_why(struct cohmem_ctx *ctx)
{
	say(cohmem_why_subject(ctx), cohmem_why_hint(ctx), "%s",
	    cohmem_why_what(ctx));
}

static void look(struct timer *t)
{
	bool changed;

	timer_set(t, opt.interval_s * 1000, look);
	if (!host_look(&changed)) {
		notify_arm();
		if (changed)
			kubelet_changed();
		features_write();
	}
	if (cohmem_interrupted(host()))
		stop = true;
	kubelet_tick();
}

/**
 * look_soon() - look at the host when what goes on there has settled a little
 */
void look_soon(void)
{
	if (looking.at > loop_now() + 100)
		timer_set(&looking, 100, look);
}

static void on_signal(struct watch *w, uint32_t events)
{
	struct signalfd_siginfo info;

	(void)events;
	if (read(w->fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGHUP)
		timer_set(&looking, 0, look);
	else
		stop = true;
}

static int open_signals(void)
{
	sigset_t set;
	int fd;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? -errno : loop_watch(&signals, fd, EPOLLIN, on_signal);
}

static int show_once(void)
{
	unsigned int i;
	bool changed;

	if (host_look(&changed))
		return EXIT_FAILURE;
	features_write();
	for (i = 0; i < nr_gpus; i++)
		if (gpus[i].offered)
			printf("%s %s %d %s\n", gpus[i].bdf, gpus[i].resource,
			       gpus[i].node, gpus[i].why[0] ? gpus[i].why :
			       "healthy");
	return fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int serve(void)
{
	int ret = loop_init();

	if (!ret)
		ret = open_signals();
	if (ret) {
		say(NULL, NULL, "cannot start: %s", strerror(-ret));
		return EXIT_FAILURE;
	}
	notify_open();
	kubelet_open();
	timer_set(&looking, 0, look);
	loop_run(&stop);
	timer_stop(&looking);
	notify_close();
	kubelet_close();
	features_remove();
	if (opt.unbind)
		unbind_all();
	close(signals.fd);
	loop_end();
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	int ret = read_options(argc, argv);

	if (ret)
		return ret < 0 ? EXIT_SUCCESS : ret;
	if (host_open())
		return EXIT_FAILURE;
	ret = opt.once ? show_once() : serve();
	host_close();
	free((char *)opt.sysroot);
	return ret;
}
