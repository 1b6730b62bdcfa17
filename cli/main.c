// SPDX-License-Identifier: GPL-2.0-only
/* cohmem: the table of commands, and the way to one of them. */
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "cohmem.h"

const struct command *const commands[] = {
	&cmd_list, &cmd_show, &cmd_bind, &cmd_unbind, &cmd_reset, &cmd_scrub,
	&cmd_poison, &cmd_monitor, &cmd_plan, &cmd_check, &cmd_record,
	&cmd_test, &cmd_help, NULL,
};

/*
 * Data that did not reach its file is a failure: a full disk must not look
 * like success. Called by hand, not by atexit(): the exit code has to tell.
 */
static int close_stdout(int code)
{
	bool bad = ferror(stdout);

	errno = 0;
	if (fclose(stdout) && errno != EPIPE)
		bad = true;
	if (!bad)
		return code;
	/* Where an earlier write failed, its errno is gone. */
	complain("standard output", NULL, "cannot write%s%s",
		 errno ? ": " : " all of it", errno ? strerror(errno) : "");
	return code ? code : EXIT_FAIL;
}

static int run(struct cli *cli, int argc, char **argv)
{
	unsigned int i;
	int n, code;

	n = parse_options(cli, COMMON_OPTIONS, true, argc, argv);
	if (n < 0)
		return -1 - n;
	argc -= n;
	argv += n;
	if (!argc) {
		print_text.help(cli, NULL);
		return EXIT_OK;
	}
	for (i = 0; commands[i]; i++)
		if (!strcmp(commands[i]->name, argv[0]))
			cli->cmd = commands[i];
	if (!cli->cmd)
		return usage_error(cli, "no such command: %s", argv[0]);

	argv[0] = (char *)"cohmem";	/* getopt's messages start with it */
	n = parse_options(cli, COMMON_OPTIONS | cli->cmd->takes, false, argc,
			  argv);
	if (n < 0)
		return -1 - n;
	code = cli->cmd->fn(cli, argc - n, argv + n);
	cohmem_free(cli->ctx);
	return code;
}

/* As if the signal had ended it: a shell then knows, and stops its loop. */
static void end_by(int signo)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, signo);
	signal(signo, SIG_DFL);
	raise(signo);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

/**
 * main() - the program
 * @argc: number of arguments
 * @argv: arguments
 * Return: exit code.
 */
int main(int argc, char **argv)
{
	struct cli cli = { .print = &print_text };
	int code;

	/* Only for drawing: messages are English, numbers are plain. */
	setlocale(LC_CTYPE, "");
	out_init(&cli, !strcmp(nl_langinfo(CODESET), "UTF-8"));
	if (argc)
		argv[0] = (char *)"cohmem";
	code = run(&cli, argc, argv);
	/* A program that asked for JSON gets some, whatever happens. */
	if (code && cli.json && !cli.printed)
		print_json.error(&cli);
	code = close_stdout(code);
	if (cli.signo)
		end_by(cli.signo);
	return code;
}
