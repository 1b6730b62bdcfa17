// SPDX-License-Identifier: GPL-2.0-only
/*
 * init of L1, the virtual machine that plays the superchip's host.
 *
 * It loads modules, runs the steps of a scenario one by one, and reports. The
 * verdict has its own channel, the virtio-serial port "org.cohmem.verdict", a
 * line each, so that nothing on the console can pass for a result:
 *
 *	boot MS RELEASE		L1 is up, MS after its kernel started
 *	step NAME		a step begins
 *	out TEXT		a line it printed
 *	lost MS LIMIT		so much of its time was lost to a slow host, and
 *				so much of the rest it may take, see limit.h
 *	end STATUS MS NAME	it ended: exit status, 128 + signal, or "timeout"
 *	left TEXT		what is still there and should have gone with it
 *	done			all steps were run; without it the run failed
 *
 * Before the next step begins, what the last one has started is ended and waited
 * for, and so are the VFIO devices that it had open.
 *
 * The host says on "org.cohmem.clock" how slow it is, which goes into a file for
 * all programs (limit.h). The kernel log goes out on "org.cohmem.kmsg" as it is written, so that it is
 * there even if L1 dies.
 *
 * /lab/env     KEY=VALUE lines for all programs
 * /lab/modules names to load, in order
 * /lab/steps   NAME <tab> SECONDS <tab> COMMAND (for sh), a line each
 * /lab/shell   if there, an interactive shell runs after the steps
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common.h"
#include "limit.h"

#ifndef SHELL
#define SHELL "/usr/bin/busybox"
#endif

/* Of include/linux/sched.h: a thread of the kernel's own. */
#define PF_KTHREAD	0x00200000

/* What a step has started has this long to go away. */
#define GOING_MS	60000

static int verdict = -1;
static struct lab_lost *lost;
static pid_t helpers[2];
static int nr_helpers;

static void load_env(void)
{
	char line[1024];
	FILE *f = fopen("/lab/env", "r");

	setenv("PATH", "/lab/bin:/tests:/usr/sbin:/usr/bin:/sbin:/bin", 1);
	setenv("HOME", "/root", 1);
	setenv("TERM", "linux", 0);
	setenv("LC_ALL", "C", 1);
	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		char *value = strchr(line, '=');

		line[strcspn(line, "\n")] = 0;
		if (value) {
			*value = 0;
			setenv(line, value + 1, 1);
		}
	}
	fclose(f);
}

/* A process of init's own, which outlives steps: true in init. */
static bool helper(void)
{
	pid_t pid = fork();

	if (pid > 0)
		helpers[nr_helpers++] = pid;
	return pid;
}

/*
 * Take from the host, once a second, how much of its time was lost, and publish it.
 * Whoever reads half of a report is wrong by a second at most.
 */
static void follow_clock(void)
{
	unsigned long long wall, late, wall_before = 0, late_before = 0;
	unsigned int recent[LAB_RECENT] = { 0 }, n = 0, i;
	char line[64];
	FILE *f;
	int fd = open(LAB_LOST_FILE, O_RDWR | O_CREAT | O_CLOEXEC, 0644);

	if (fd < 0 || ftruncate(fd, sizeof(*lost)))
		return;
	lost = mmap(NULL, sizeof(*lost), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (lost == MAP_FAILED) {
		lost = NULL;
		return;
	}
	if (helper())
		return;
	fd = lab_port_open("org.cohmem.clock", O_RDONLY);
	f = fd < 0 ? NULL : fdopen(fd, "r");
	if (!f)
		_exit(0);
	for (;;) {
		if (!fgets(line, sizeof(line), f)) {
			/* Nobody there, yet or for a moment. */
			clearerr(f);
			usleep(200000);
			continue;
		}
		if (sscanf(line, "%llu %llu", &wall, &late) != 2 ||
		    wall <= wall_before || late < late_before)
			continue;
		recent[n++ % LAB_RECENT] =
			lab_factor10(wall - wall_before, late - late_before);
		lost->worst10 = 10;
		for (i = 0; i < LAB_RECENT; i++)
			if (recent[i] > lost->worst10)
				lost->worst10 = recent[i];
		lost->lost_ms = late;
		lost->wall_ms = wall;
		wall_before = wall;
		late_before = late;
	}
}

static uint64_t lost_ms(void)
{
	return lost ? *(volatile uint64_t *)&lost->lost_ms : 0;
}

/* Stream the kernel log until L1 powers off. */
static void stream_kmsg(void)
{
	int port, kmsg;
	char rec[8192];
	ssize_t n;

	if (helper())
		return;
	port = lab_port_open("org.cohmem.kmsg", O_WRONLY);
	kmsg = open("/dev/kmsg", O_RDONLY);
	if (port < 0 || kmsg < 0)
		_exit(0);
	for (;;) {
		unsigned int prio;
		unsigned long long seq, us;
		char *text;

		n = read(kmsg, rec, sizeof(rec) - 1);
		if (n < 0 && (errno == EPIPE || errno == EINTR))
			continue;
		if (n <= 0)
			_exit(0);
		rec[n] = 0;
		text = strchr(rec, ';');
		if (!text || sscanf(rec, "%u,%llu,%llu", &prio, &seq, &us) != 3)
			continue;
		text++;
		text[strcspn(text, "\n")] = 0;
		lab_say(port, "<%u>[%5llu.%06llu] %s\n", prio & 7,
			us / 1000000, us % 1000000, text);
	}
}

static int run_command(char *const argv[])
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		execv(argv[0], argv);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void load_modules(void)
{
	char name[128];
	FILE *f = fopen("/lab/modules", "r");

	if (!f)
		return;
	while (fgets(name, sizeof(name), f)) {
		char *argv[] = { "/usr/sbin/modprobe", "-q", name, NULL };

		name[strcspn(name, "\n")] = 0;
		if (*name)
			run_command(argv);
	}
	fclose(f);
}

/* Pass lines on as they come; keep an unfinished one for the next call. */
static void pass_output(int fd, char *buf, size_t size, size_t *len)
{
	ssize_t n = read(fd, buf + *len, size - 1 - *len);
	char *line = buf, *nl;

	if (n <= 0)
		return;
	*len += n;
	buf[*len] = 0;
	while ((nl = strchr(line, '\n'))) {
		*nl = 0;
		lab_say(verdict, "out %s\n", line);
		lab_say(1, "%s\n", line);
		line = nl + 1;
	}
	*len -= line - buf;
	memmove(buf, line, *len + 1);
	if (*len == size - 1) {
		lab_say(verdict, "out %s\n", buf);
		*len = 0;
	}
}

/* A process by its number in /proc: nothing of init's and not the kernel's own? */
static bool of_a_step(pid_t pid, char *text, size_t size)
{
	char path[64], stat[512], wchan[64], *name, *rest, state;
	unsigned int flags;
	int i;

	if (pid == 1)
		return false;
	for (i = 0; i < nr_helpers; i++)
		if (pid == helpers[i])
			return false;
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (lab_read_file(path, stat, sizeof(stat)) <= 0)
		return false;
	name = strchr(stat, '(');
	rest = strrchr(stat, ')');
	if (!name || !rest ||
	    sscanf(rest + 1, " %c %*d %*d %*d %*d %*d %u", &state, &flags) != 2 ||
	    flags & PF_KTHREAD)
		return false;
	rest[1] = 0;
	snprintf(path, sizeof(path), "/proc/%d/wchan", pid);
	if (lab_read_file(path, wchan, sizeof(wchan)) < 0)
		wchan[0] = 0;
	snprintf(text, size, "process %d %s, state %c, in %s", pid, name, state,
		 wchan[0] ? wchan : "?");
	return true;
}

/* End all that is left of a step; is anything still there? The first goes to @text. */
static bool processes_left(char *text, size_t size)
{
	DIR *d = opendir("/proc");
	struct dirent *e;
	char one[256];
	bool any = false;

	while (d && (e = readdir(d))) {
		pid_t pid = isdigit(e->d_name[0]) ? atoi(e->d_name) : 0;

		if (!pid || !of_a_step(pid, one, sizeof(one)))
			continue;
		kill(pid, SIGKILL);
		if (!any)
			snprintf(text, size, "%s", one);
		any = true;
	}
	if (d)
		closedir(d);
	return any;
}

/* A group of VFIO can be opened once: busy means that a user is not yet gone. */
static bool vfio_busy(char *text, size_t size)
{
	DIR *d = opendir("/dev/vfio");
	struct dirent *e;
	bool busy = false;
	char path[300];
	int fd;

	while (d && !busy && (e = readdir(d))) {
		if (!isdigit(e->d_name[strlen(e->d_name) - 1]))
			continue;
		snprintf(path, sizeof(path), "/dev/vfio/%s", e->d_name);
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd >= 0)
			close(fd);
		else if (errno == EBUSY)
			busy = true;
	}
	if (d)
		closedir(d);
	if (busy)
		snprintf(text, size, "%s is still open", path);
	return busy;
}

/* Whatever a step left behind must not reach into the next one. */
static void clear_away(void)
{
	uint64_t start = lab_now_ms(), late = lost_ms();
	char what[400];

	for (;;) {
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		if (!processes_left(what, sizeof(what)) && !vfio_busy(what, sizeof(what)))
			return;
		if (lab_over(GOING_MS, lab_now_ms() - start, lost_ms() - late))
			break;
		usleep(20000);
	}
	lab_say(verdict, "left %s, %llu s after the step\n", what,
		(unsigned long long)(lab_now_ms() - start) / 1000);
}

static void run_step(const char *name, int seconds, const char *command)
{
	static char buf[3000];
	uint64_t start = lab_now_ms(), now, late = lost_ms(), killed = 0;
	int out[2], status = 0;
	bool timeout = false, ended = false;
	size_t len = 0;
	pid_t pid;

	lab_say(verdict, "step %s\n", name);
	lab_say(1, "-- %s\n", name);
	if (pipe(out))
		return;
	pid = fork();
	if (!pid) {
		setsid();
		dup2(out[1], 1);
		dup2(out[1], 2);
		close(out[0]);
		close(out[1]);
		close(0);
		open("/dev/null", O_RDONLY);
		execl(SHELL, "sh", "-c", command, NULL);
		_exit(127);
	}
	close(out[1]);
	while (pid > 0) {
		struct pollfd p = { .fd = out[0], .events = POLLIN };

		if (poll(&p, 1, 100) > 0) {
			size_t before = len;

			pass_output(out[0], buf, sizeof(buf), &len);
			if (p.revents & POLLHUP && len == before)
				usleep(1000);
		}
		if (!ended && waitpid(pid, &status, WNOHANG) == pid)
			ended = true;
		if (ended && !(p.revents & POLLIN))
			break;
		now = lab_now_ms();
		if (!timeout && lab_over(seconds * 1000ULL, now - start, lost_ms() - late)) {
			timeout = true;
			killed = now;
			kill(-pid, SIGKILL);
		}
		/* A process stuck in the kernel does not die: not waited for here. */
		if (timeout && now - killed > 5000)
			break;
	}
	if (len)
		lab_say(verdict, "out %s\n", buf);
	close(out[0]);
	now = lab_now_ms() - start;
	lab_say(verdict, "lost %llu %llu\n", (unsigned long long)(lost_ms() - late),
		seconds * 1000ULL);
	if (timeout)
		lab_say(verdict, "end timeout %llu %s\n",
			(unsigned long long)now, name);
	else
		lab_say(verdict, "end %d %llu %s\n",
			WIFEXITED(status) ? WEXITSTATUS(status) :
					    128 + WTERMSIG(status),
			(unsigned long long)now, name);
	clear_away();
}

static void run_steps(void)
{
	static char line[4096];
	FILE *f = fopen("/lab/steps", "r");

	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		char *secs, *command;

		line[strcspn(line, "\n")] = 0;
		secs = strchr(line, '\t');
		command = secs ? strchr(secs + 1, '\t') : NULL;
		if (!command)
			continue;
		*secs++ = 0;
		*command++ = 0;
		run_step(line, atoi(secs), command);
	}
	fclose(f);
}

static void run_shell(void)
{
	pid_t pid = fork();

	if (!pid) {
		int tty;

		setsid();
		/* /dev/console is never a controlling terminal: find the real one. */
		tty = open("/dev/ttyAMA0", O_RDWR);
		if (tty < 0)
			tty = open("/dev/ttyS0", O_RDWR);
		if (tty < 0)
			tty = open("/dev/console", O_RDWR);
		ioctl(tty, TIOCSCTTY, 1);
		dup2(tty, 0);
		dup2(tty, 1);
		dup2(tty, 2);
		execl("/usr/bin/bash", "bash", "-l", NULL);
		_exit(127);
	}
	while (waitpid(pid, NULL, 0) != pid && errno == EINTR)
		;
}

int main(void)
{
	struct utsname uts;
	char *busybox[] = { SHELL, "--install", "-s", "/lab/bin", NULL };

	lab_mount_all();
	mkdir("/lab/bin", 0755);
	load_env();
	run_command(busybox);
	load_modules();
	verdict = lab_port_open("org.cohmem.verdict", O_WRONLY);
	stream_kmsg();
	follow_clock();
	uname(&uts);
	lab_say(verdict, "boot %llu %s\n", (unsigned long long)lab_now_ms(),
		uts.release);
	run_steps();
	if (!access("/lab/shell", F_OK))
		run_shell();
	/* Let the log's last lines out before the lights go off. */
	usleep(200000);
	lab_say(verdict, "done\n");
	if (verdict >= 0)
		close(verdict);
	lab_power_off();
}
