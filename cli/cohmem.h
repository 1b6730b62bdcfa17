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

#include "host_egm.h"
#include "host.h"

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
	OPT_PERSIST,
	OPT_WAIT,
	OPT_WRITE_SYSROOT,
	OPT_COLUMNS,
	OPT_NO_HEADERS,
	OPT_WATCH,
	OPT_INTERVAL,
	OPT_OPENMETRICS,
	OPT_FEED,
	OPT_ONCE,
	OPT_CPUS,
	OPT_MEMORY,
	OPT_EGM,
	OPT_EGM_TABLE,
	OPT_EGM_INITRD,
	OPT_GPU_NODES,
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
	OPT_DESTRUCTIVE,
	OPT_YES,
	OPT_REPORT,
	NR_OPTIONS,
};

#define OPT_BIT(id)	(1ULL << (id))

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
 * @verbs: words that its first argument can be, separated by blanks; or NULL
 * @takes: bit n: it knows option n, besides the common ones
 * @takes_bdf: its arguments are functions
 * @takes_egm: or the EGM of sockets
 * @fn: does it; returns an exit code
 */
struct command {
	const char *name;
	const char *args;
	const char *summary;
	const char *text;
	const char *verbs;
	u64 takes;
	bool takes_bdf;
	bool takes_egm;
	int (*fn)(struct cli *cli, int argc, char **argv);
};

extern const struct command cmd_list;
extern const struct command cmd_show;
extern const struct command cmd_bind;
extern const struct command cmd_unbind;
extern const struct command cmd_reset;
extern const struct command cmd_scrub;
extern const struct command cmd_poison;
extern const struct command cmd_monitor;
extern const struct command cmd_plan;
extern const struct command cmd_check;
extern const struct command cmd_record;
extern const struct command cmd_test;
extern const struct command cmd_help;
extern const struct command *const commands[];

/* What every command knows. */
#define COMMON_OPTIONS	(OPT_BIT(OPT_HELP) | OPT_BIT(OPT_VERSION) | \
			 OPT_BIT(OPT_JSON) | OPT_BIT(OPT_SYSROOT) | \
			 OPT_BIT(OPT_VERBOSE))

#define MAX_VARIANTS	8

/**
 * struct hint - something wrong with a function and the way out
 * @what: what is wrong
 * @way_out: what to do
 */
struct hint {
	char what[512];
	char way_out[256];
};

/**
 * struct view - all that is shown of one function, or of a socket's EGM
 * @f: the function, or the stand-in of the EGM
 * @egm: the EGM; of a function: that of its socket, or NULL
 * @health: how it is
 * @nr_users: processes that are known to hold it
 * @user: them; allocated
 * @users_unknown: why these may not be all, or NULL
 * @persistent: given to VFIO at each boot
 *
 * For "show" only:
 * @has_record: bound by cohmem; @record tells what was before
 * @record: the record
 * @nr_variants: VFIO drivers that claim it; negative: not known
 * @variant: them
 * @nr_hints: things wrong
 * @hint: them; allocated
 */
struct view {
	const struct cohmem_func *f;
	const struct cohmem_egm *egm;
	struct cohmem_health health;
	unsigned int nr_users;
	struct cohmem_user *user;
	const char *users_unknown;
	bool persistent;
	bool has_record;
	struct cohmem_record record;
	int nr_variants;
	struct cohmem_variant variant[MAX_VARIANTS];
	unsigned int nr_hints;
	struct hint *hint;
};

/**
 * struct outcome - what became of one function
 * @bdf: the function
 * @ok: what was asked for was done, or would be
 * @changed: something is not as it was
 * @would_change: with --dry-run: something would not be
 * @command: with --dry-run: what a person would type; or NULL
 * @text: for people, what there is to say; or NULL
 */
struct outcome {
	const char *bdf;
	bool ok;
	bool changed;
	bool would_change;
	const char *command;
	const char *text;
};

/**
 * struct event - something that monitor has seen
 * @bdf: the function, or EGM; empty where it is about the host
 * @kind: what has changed, in one stable word
 * @from: what it was, or NULL
 * @to: what it is, or NULL
 * @address: of a page, where @has_address
 * @has_address: it is about a page
 */
struct event {
	const char *bdf;
	const char *kind;
	const char *from;
	const char *to;
	u64 address;
	bool has_address;
};

/**
 * struct printer - one way to show the models
 * @list: functions in a table
 * @show: functions in detail
 * @begin: of a command that does something to functions
 * @plan: one function's plan, shown (dry run) or carried out
 * @failed: a function for which that was not possible
 * @outcome: what became of one function
 * @end: of such a command
 * @event: something that monitor has seen
 * @error: nothing could be shown
 * @help: the commands and options there are
 */
struct printer {
	void (*list)(struct cli *cli, const struct view *views,
		     unsigned int nr);
	void (*show)(struct cli *cli, const struct view *views,
		     unsigned int nr);
	void (*begin)(struct cli *cli);
	void (*plan)(struct cli *cli, const struct cohmem_plan *plan);
	void (*failed)(struct cli *cli, const char *bdf);
	void (*outcome)(struct cli *cli, const struct outcome *o);
	void (*end)(struct cli *cli);
	void (*event)(struct cli *cli, const struct event *e);
	void (*error)(struct cli *cli);
	void (*help)(struct cli *cli, const struct command *cmd);
};

extern const struct printer print_text;
extern const struct printer print_json;

enum message_kind {
	MESSAGE_ERROR,
	MESSAGE_WARNING,
	MESSAGE_NOTE,
};

/**
 * struct message - what was said on standard error
 * @kind: how bad it is
 * @reason: of an error: its kind in one stable word
 * @subject: what it is about, or empty
 * @what: what happened, and why
 * @hint: the way out, or empty
 */
struct message {
	enum message_kind kind;
	const char *reason;
	char *subject;
	char *what;
	char *hint;
};

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
 * @write_sysroot: --write-sysroot
 * @no_headers: --no-headers
 * @watch: --watch
 * @feed: --feed
 * @once: --once
 * @has_wait: --wait was given
 * @wait_s: --wait
 * @interval_s: --interval, or 0
 * @bind_flags: COHMEM_BIND_* of --group, --force and --persist
 * @sysroot: --sysroot, or NULL
 * @driver: --driver, or NULL
 * @columns: --columns, or NULL
 * @openmetrics: --openmetrics, or NULL
 * @value: of options that belong to one command: their arguments, "" for one
 *	that takes none, NULL where they were not given
 * @utf8: the terminal draws lines
 * @width: columns of the terminal
 * @printed: the JSON document of the run is out
 * @failed: some function could not be served
 * @any_change: something was changed, or would be
 * @signo: the signal that ends the program, once all is said
 * @word: what scrub and poison are to set, or NULL
 * @nr_words: of poison's addresses
 * @words: them
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
	bool write_sysroot;
	bool no_headers;
	bool watch;
	bool feed;
	bool once;
	bool has_wait;
	unsigned int wait_s;
	unsigned int interval_s;
	unsigned int bind_flags;
	const char *sysroot;
	const char *driver;
	const char *columns;
	const char *openmetrics;
	const char *value[NR_OPTIONS];
	bool utf8;
	unsigned int width;
	bool printed;
	bool failed;
	bool any_change;
	int signo;
	const char *word;
	int nr_words;
	char **words;
	void *state;
};

/* options.c */
int parse_options(struct cli *cli, u64 known, bool until_command,
		  int argc, char **argv);

/* error.c */
__attribute__((format(printf, 3, 4)))
void complain(const char *subject, const char *hint, const char *fmt, ...);
__attribute__((format(printf, 4, 5)))
void complain_as(const char *reason, const char *subject, const char *hint,
		 const char *fmt, ...);
__attribute__((format(printf, 3, 4)))
void warn_of(const char *subject, const char *hint, const char *fmt, ...);
void complain_why(struct cli *cli);
FILE *create_own(const char *path, const char *other);
const struct message *messages(unsigned int *nr);
int usage_error(struct cli *cli, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void log_to_stderr(void *arg, enum cohmem_log_level level, const char *text);

/* out.c */
void out_init(struct cli *cli, bool is_utf8);
unsigned int utf8_length(const char *s);
char *escape(const char *s, bool lines);
const char *shown(const char *s);
__attribute__((format(printf, 1, 2)))
void say(const char *fmt, ...);
unsigned int text_width(const char *s);
void say_wrapped(unsigned int width, const char *first, unsigned int indent,
		 const char *text);

/* funcs.c: which functions a command is about */
int open_host(struct cli *cli);
int pick_funcs(struct cli *cli, int argc, char **argv,
	       char (**bdfs)[COHMEM_BDF_LEN], unsigned int *nr);
bool is_listed(const struct cli *cli, const struct cohmem_func *f);
int may_write(struct cli *cli);

/* view.c */
const char *view_state(const struct view *v);
void fill_view(struct cli *cli, struct view *v, struct cohmem_func *f);
void free_views(struct view *views, unsigned int nr);

/* hints.c */
void fill_hints(struct cli *cli, struct view *v);

/* columns.c */
int check_columns(struct cli *cli);
void list_table(struct cli *cli, const struct view *views, unsigned int nr);

/* run_plans.c: what bind and unbind have in common */
typedef int plan_fn(struct cli *cli, const char *bdf, struct cohmem_plan *plan);
int run_plans(struct cli *cli, int argc, char **argv, plan_fn *make);

/* operate.c: what reset, scrub and poison have in common */
typedef int operate_fn(struct cli *cli, struct cohmem_func *f,
		       struct outcome *o);
int operate(struct cli *cli, int argc, char **argv, operate_fn *fn);
int operate_known(const struct cohmem_func *f, enum cohmem_fact_id id,
		  const char *lacks);
int operate_write(struct cli *cli, struct cohmem_func *f, struct outcome *o,
		  const char *file, const char *value);

/* uevents.c */
int uevents_open(void);
bool uevents_read(int fd);

/* metrics.c */
int write_metrics(struct cli *cli, const struct view *views, unsigned int nr);

/* size.c */
const char *human_size(u64 bytes, char buf[32]);

/* map.c */
void draw_map(const struct cli *cli, const struct cohmem_memory *m);

#endif /* COHMEM_CLI_H */
