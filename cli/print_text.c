// SPDX-License-Identifier: GPL-2.0-only
/* The models as text: list, plans and help. */
#include <time.h>

#include "print_text.h"

static void list(struct cli *cli, const struct view *views, unsigned int nr)
{
	unsigned int i;

	if (!cli->quiet && nr)
		list_table(cli, views, nr);
	for (i = 0; cli->quiet && i < nr; i++)
		say("%s\n", views[i].f->bdf);
}

static void nothing(struct cli *cli)
{
	(void)cli;
}

static void failed(struct cli *cli, const char *bdf)
{
	(void)cli;
	(void)bdf;
}

/* All is said with its reason on standard error. */
static void outcome(struct cli *cli, const struct outcome *o)
{
	(void)cli;
	if (o->command)
		say("%s\n", o->command);
	if (o->text)
		say("%s\n", o->text);
}

static void event(struct cli *cli, const struct event *e)
{
	char stamp[32];
	time_t now = time(NULL);
	struct tm tm;

	(void)cli;
	strftime(stamp, sizeof(stamp), "%FT%TZ", gmtime_r(&now, &tm));
	say("%s %s %s", stamp, e->bdf[0] ? e->bdf : "-", e->kind);
	if (e->has_address)
		say(" 0x%llx", (unsigned long long)e->address);
	if (e->from)
		say(" %s ->", e->from[0] ? shown(e->from) : "-");
	if (e->to)
		say(" %s", e->to[0] ? shown(e->to) : "-");
	say("\n");
	fflush(stdout);
}

/* Steps as a person would type them. */
static void dry_run(const struct cohmem_plan *plan)
{
	unsigned int i;

	for (i = 0; i < plan->nr; i++) {
		const struct cohmem_step *s = &plan->step[i];

		switch (s->action) {
		case COHMEM_LOAD_MODULE:
			say("modprobe %s%s\n", s->value,
			       s->optional ? " || true" : "");
			break;
		case COHMEM_CHECK_DRIVER:
			say("test -d %s\n", s->path);
			break;
		case COHMEM_SAVE_STATE:
			say("# record the state before in %s\n", s->path);
			break;
		case COHMEM_WRITE:
			/* An empty line clears: "echo > file". */
			say("echo %s%s> %s\n", s->value,
			       s->value[0] ? " " : "", s->path);
			break;
		case COHMEM_EXPECT_DRIVER:
			if (strcmp(s->value, "*"))
				say("# now the driver of %s is %s\n", s->bdf,
				       s->value[0] ? s->value : "none");
			break;
		case COHMEM_FORGET_STATE:
		case COHMEM_REMOVE_RULE:
			say("rm -f %s\n", s->path);
			break;
		case COHMEM_WRITE_RULE:
			say("cat > %s <<'EOF'\n%sEOF\n", s->path,
			    plan->rule);
			break;
		}
	}
}

static bool touches(const struct cohmem_plan *p, const char *bdf)
{
	unsigned int i;

	for (i = 0; i < p->nr; i++)
		if (p->step[i].action == COHMEM_WRITE &&
		    !strcmp(p->step[i].bdf, bdf))
			return true;
	return false;
}

static void plan_done(struct cli *cli, const struct cohmem_plan *p,
		      const struct cohmem_binding *b)
{
	const struct cohmem_func *f = cohmem_func_find(cli->ctx, b->bdf);

	if (!f || !touches(p, b->bdf))
		return;
	if (!strcmp(f->driver, b->driver)) {
		say("%s: driver_override %s%s\n", b->bdf,
		    f->override[0] ? "set to " : "cleared", shown(f->override));
		return;
	}
	say("%s: %s%s (was %s%s)", b->bdf, f->driver[0] ? "bound to " : "",
	       f->driver[0] ? f->driver : "unbound",
	       b->driver[0] ? "bound to " : "",
	       b->driver[0] ? b->driver : "unbound");
	if (f->is_vfio && f->group >= 0)
		say(", /dev/vfio/%d", f->group);
	if (f->is_vfio && f->vfio_cdev >= 0)
		say(", /dev/vfio/devices/vfio%d", f->vfio_cdev);
	say("\n");
}

static void plan(struct cli *cli, const struct cohmem_plan *p)
{
	unsigned int i;

	if (!p->nr) {
		const struct cohmem_func *f = cohmem_func_find(cli->ctx, p->bdf);

		say("%s%s: nothing to do: %s%s\n", cli->dry_run ? "# " : "",
		       p->bdf, f && f->driver[0] ? "bound to " : "unbound",
		       f ? f->driver : "");
	} else if (cli->dry_run) {
		dry_run(p);
	} else {
		for (i = 0; i < p->nr_members; i++)
			plan_done(cli, p, &p->member[i]);
		for (i = 0; i < p->nr; i++)
			if (p->step[i].action == COHMEM_WRITE_RULE)
				say("%s: at each boot, too: %s\n", p->bdf,
				    p->step[i].path);
			else if (p->step[i].action == COHMEM_REMOVE_RULE)
				say("%s: no longer at each boot: %s removed\n",
				    p->bdf, p->step[i].path);
	}
}

static void options_help(u64 which, bool is_list)
{
	char left[32];
	int i;

	for (i = 0; i < NR_OPTIONS; i++) {
		const struct option_def *o = &options[i];
		const char *text = o->help;

		if (!(which & OPT_BIT(i)))
			continue;
		if (i == OPT_ALL)
			text = is_list ? "all display controllers of the host" :
			       "all GPUs with coherent memory";
		if (o->letter)
			snprintf(left, sizeof(left), "-%c, --%s", o->letter,
				 o->name);
		else
			snprintf(left, sizeof(left), "    --%s%s%s", o->name,
				 o->arg ? "=" : "", o->arg ? o->arg : "");
		if (o->letter && o->arg)
			snprintf(left + strlen(left),
				 sizeof(left) - strlen(left), "=%s", o->arg);
		say("  %-23s %s\n", left, text);
	}
}

static void help(struct cli *cli, const struct command *cmd)
{
	char first[64];
	unsigned int i;

	if (!cmd) {
		say("Usage: cohmem [OPTIONS] COMMAND [ARGUMENTS]\n\n"
		       "GPUs with CPU-coherent memory, and their way into virtual machines.\n\n"
		       "Commands:\n");
		for (i = 0; commands[i]; i++)
			say("  %-10s %s\n", commands[i]->name,
			    commands[i]->summary);
		say("\nOptions of all commands:\n");
		options_help(COMMON_OPTIONS, false);
		say("\nExit codes: 0 done, 1 failure, 2 wrong use, 3 a check found\n"
		    "problems, 77 not applicable here; 128+N: ended by signal N.\n"
		       "'cohmem COMMAND --help' tells more.\n");
		return;
	}
	snprintf(first, sizeof(first), "Usage: cohmem %s [OPTIONS] ", cmd->name);
	say_wrapped(cli->width, first, 7, cmd->args);
	say("%c%s.\n\n%s\nOptions:\n", cmd->summary[0] - 'a' + 'A',
	    cmd->summary + 1, cmd->text);
	options_help(cmd->takes, cmd == &cmd_list);
	options_help(COMMON_OPTIONS, false);
}

const struct printer print_text = {
	.list = list,
	.show = show_text,
	.begin = nothing,
	.plan = plan,
	.failed = failed,
	.outcome = outcome,
	.end = nothing,
	.event = event,
	.error = nothing,
	.help = help,
};
