// SPDX-License-Identifier: GPL-2.0-only
/* cohmem-sim ctl: one line to a running emulator, one line back. */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli.h"
#include "options.h"
#include "server.h"

static const char usage[] =
"Usage: cohmem-sim ctl --control PATH COMMAND [WORD...]\n"
"\n"
"Send one command to the control socket of a running 'cohmem-sim run' and\n"
"print its answer, one line of JSON. 'cohmem-sim ctl --control PATH help'\n"
"lists the commands; cohmem-sim(1) explains them.\n"
"\n"
"Exit code 0 if the emulator did it, 1 if not, 2 for a bad command line.\n"
"\n";

struct ctl {
	const char *path;
	u64 seconds;
};

#define AT(member)	offsetof(struct ctl, member)

static const struct sim_option options[] = {
	{ "control", 'c', SIM_OPT_TEXT, "PATH", AT(path), 0, "the socket" },
	{ "timeout", 0, SIM_OPT_NUMBER, "SECONDS", AT(seconds), 0,
	  "give up after so long (10)" },
	{ }
};

static void help(void)
{
	fputs(usage, stdout);
	cohmem_sim_options_help(options);
}

static char *join(int argc, char **argv)
{
	size_t len = 2;
	char *line, *p;
	int i;

	for (i = 0; i < argc; i++)
		len += strlen(argv[i]) + 1;
	line = malloc(len);
	if (!line)
		return NULL;
	for (p = line, i = 0; i < argc; i++)
		p += sprintf(p, "%s%s", i ? " " : "", argv[i]);
	strcpy(p, "\n");
	return line;
}

static int talk(int fd, const char *line, char **reply)
{
	size_t len = strlen(line), sent = 0, have = 0, room = 4096;
	ssize_t n;

	while (sent < len) {
		n = send(fd, line + sent, len - sent, MSG_NOSIGNAL);
		if (n < 0)
			return -errno;
		sent += n;
	}
	*reply = malloc(room + 1);
	while (*reply) {
		char *end;

		n = recv(fd, *reply + have, room - have, 0);
		if (n < 0)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		if (!n)
			return -ECONNRESET;
		have += n;
		(*reply)[have] = 0;
		end = strchr(*reply, '\n');
		if (end) {
			*end = 0;
			return 0;
		}
		if (have == room) {
			char *more = realloc(*reply, 2 * room + 1);

			if (!more)
				return -ENOMEM;
			*reply = more;
			room *= 2;
		}
	}
	return -ENOMEM;
}

static int verdict(const char *reply)
{
	struct json_object *o = json_tokener_parse(reply), *ok;
	int code = SIM_EXIT_FAILURE;

	if (o && json_object_object_get_ex(o, "ok", &ok) &&
	    json_object_get_boolean(ok))
		code = 0;
	json_object_put(o);
	return code;
}

/**
 * cohmem_sim_cmd_ctl() - cohmem-sim ctl
 * @argc: arguments, the command's name first
 * @argv: the same
 * Return: exit code.
 */
int cohmem_sim_cmd_ctl(int argc, char **argv)
{
	struct ctl c = { .seconds = 10 };
	char *line = NULL, *reply = NULL;
	struct timeval tv = { };
	int fd, err, code;

	/* Options of the remote command, which come after it, are not ours. */
	code = cohmem_sim_options("ctl", options, help, &c, argc, argv);
	if (code != SIM_OPTIONS_GO_ON)
		return code;
	if (!c.seconds || c.seconds > 86400)
		return cohmem_sim_usage_error("ctl",
				"--timeout: 1 to 86400 seconds");
	if (!c.path)
		return cohmem_sim_usage_error("ctl", "--control is missing");
	if (optind == argc)
		return cohmem_sim_usage_error("ctl", "no command");

	tv.tv_sec = c.seconds;
	fd = cohmem_sim_connect(c.path);
	if (fd < 0) {
		fprintf(stderr, "cohmem-sim: %s: %s\n"
			"Is 'cohmem-sim run --control %s' running?\n", c.path,
			strerror(-fd), c.path);
		return SIM_EXIT_FAILURE;
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	line = join(argc - optind, argv + optind);
	err = line ? talk(fd, line, &reply) : -ENOMEM;
	close(fd);
	if (err)
		fprintf(stderr, "cohmem-sim: %s: %s\n", c.path, strerror(-err));
	else
		puts(reply);
	err = err ? SIM_EXIT_FAILURE : verdict(reply);
	free(line);
	free(reply);
	return err;
}
