/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The command line: commands ask libcohmem and fill a model, printers show it.
 * A command never prints data itself; a printer never decides anything.
 *
 * Exit codes: 0 done, 1 failure, 2 wrong use, 3 a check found problems, 77 not
 * applicable on this host.
 */
#ifndef COHMEM_CLI_H
#define COHMEM_CLI_H

#include "libcohmem.h"

enum exit_code {
	EXIT_OK = 0,
	EXIT_FAIL = 1,
	EXIT_USAGE = 2,
	EXIT_PROBLEMS = 3,
	EXIT_NOT_APPLICABLE = 77,
};

enum option_id {
	OPT_HELP,
	OPT_VERSION,
	OPT_JSON,
	OPT_SYSROOT,
	OPT_VERBOSE,
	OPT_ALL,
	OPT_QUIET,
	OPT_DRIVER,
	OPT_DRY_RUN,
	OPT_GROUP,
	OPT_FORCE,
	OPT_CPUS,
	OPT_MEMORY,
	OPT_QEMU,
	OPT_ARGS0,
	OPT_IOMMUFD,
	OPT_LIBVIRT,
	OPT_MERGE,
	OPT_NEW,
	OPT_NAME,
	OPT_PLAN,
	OPT_GUEST,
	OPT_SHOW,
	OPT_OUTPUT,
	NR_OPTIONS,
};

/**
 * struct option_def - an option, described once for all
 * @name: long name
 * @letter: short name, or 0
 * @arg: name of its argument, or NULL
 * @help: one line
 */
struct option_def {
	const char *name;
	char letter;
	const char *arg;
	const char *help;
};

extern const struct option_def options[NR_OPTIONS];

struct cli;

/**
 * struct command - a command, described once for parsing, help and completion
 * @name: what is typed
 * @args: its arguments, as usage shows them; empty for none
 * @summary: one line
 * @text: more lines for --help
 * @takes: bit n: it knows option n, besides the common ones
 * @takes_bdf: its arguments are functions
 * @fn: does it; returns an exit code
 */
struct command {
	const char *name;
	const char *args;
	const char *summary;
	const char *text;
	unsigned int takes;
	bool takes_bdf;
	int (*fn)(struct cli *cli, int argc, char **argv);
};

extern const struct command cmd_list;
extern const struct command cmd_show;
extern const struct command cmd_bind;
extern const struct command cmd_unbind;
extern const struct command cmd_plan;
extern const struct command cmd_check;
extern const struct command cmd_record;
extern const struct command cmd_help;
extern const struct command *const commands[];

/* What every command knows. */
#define COMMON_OPTIONS	(1U << OPT_HELP | 1U << OPT_VERSION | \
			 1U << OPT_JSON | 1U << OPT_SYSROOT | 1U << OPT_VERBOSE)

#define MAX_HINTS	16
#define MAX_USERS	8

/**
 * struct hint - something wrong with a function and the way out
 * @what: what is wrong
 * @way_out: what to do
 */
struct hint {
	char what[256];
	char way_out[256];
};

/**
 * struct view - all that show shows of one function
 * @f: the function
 * @has_record: bound by cohmem; @record tells what was before
 * @record: the record
 * @nr_users: processes that hold it, maybe more than MAX_USERS
 * @user: them
 * @nr_hints: things wrong
 * @hint: them
 */
struct view {
	const struct cohmem_func *f;
	bool has_record;
	struct cohmem_record record;
	unsigned int nr_users;
	struct cohmem_user user[MAX_USERS];
	unsigned int nr_hints;
	struct hint hint[MAX_HINTS];
};

/**
 * struct printer - one way to show the models
 * @list: functions in a table
 * @show: functions in detail
 * @begin: of bind or unbind
 * @plan: one function's plan, shown (dry run) or carried out
 * @end: of bind or unbind
 * @help: the commands and options there are
 */
struct printer {
	void (*list)(struct cli *cli);
	void (*show)(struct cli *cli, const struct view *views,
		     unsigned int nr);
	void (*begin)(struct cli *cli);
	void (*plan)(struct cli *cli, const struct cohmem_plan *plan);
	void (*end)(struct cli *cli);
	void (*help)(struct cli *cli, const struct command *cmd);
};

extern const struct printer print_text;
extern const struct printer print_json;

/**
 * struct cli - one run of the program
 * @cmd: the command, once known
 * @ctx: the host
 * @print: the printer chosen
 * @json: --json was given
 * @verbose: --verbose
 * @all: --all
 * @quiet: --quiet
 * @dry_run: --dry-run
 * @bind_flags: COHMEM_BIND_* of --group and --force
 * @sysroot: --sysroot, or NULL
 * @driver: --driver, or NULL
 * @value: of options that belong to one command: their arguments, "" for one
 *	that takes none, NULL where they were not given
 * @utf8: the terminal draws lines
 * @state: the printer's own, between begin and end
 */
struct cli {
	const struct command *cmd;
	struct cohmem_ctx *ctx;
	const struct printer *print;
	bool json;
	bool verbose;
	bool all;
	bool quiet;
	bool dry_run;
	unsigned int bind_flags;
	const char *sysroot;
	const char *driver;
	const char *value[NR_OPTIONS];
	bool utf8;
	void *state;
};

/* options.c */
int parse_options(struct cli *cli, unsigned int known, bool until_command,
		  int argc, char **argv);

/* error.c */
__attribute__((format(printf, 3, 4)))
void complain(const char *subject, const char *hint, const char *fmt, ...);
void complain_why(struct cli *cli);
int usage_error(struct cli *cli, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void log_to_stderr(void *arg, enum cohmem_log_level level, const char *text);

/* funcs.c: which functions a command is about */
int open_host(struct cli *cli);
int pick_funcs(struct cli *cli, int argc, char **argv,
	       char (**bdfs)[COHMEM_BDF_LEN], unsigned int *nr);
bool is_listed(const struct cli *cli, const struct cohmem_func *f);

/* run_plans.c: what bind and unbind have in common */
typedef int plan_fn(struct cli *cli, const char *bdf, struct cohmem_plan *plan);
int run_plans(struct cli *cli, int argc, char **argv, plan_fn *make);

/* size.c */
const char *human_size(u64 bytes, char buf[32]);

/* map.c */
void draw_map(const struct cli *cli, const struct cohmem_memory *m);

#endif /* COHMEM_CLI_H */
