// SPDX-License-Identifier: GPL-2.0-only
/* The models as text: list, plans and help. */
#include "print_text.h"

#define NR_COLUMNS	8
#define CELL		64

static const char *const heading[NR_COLUMNS] = {
	"BDF", "NAME", "MEMORY", "LAYOUT", "DRIVER", "GROUP", "NODE", "STATE",
};

static void number(char *cell, int n)
{
	if (n < 0)
		snprintf(cell, CELL, "-");
	else
		snprintf(cell, CELL, "%d", n);
}

static void memory_cells(const struct cohmem_memory *m, char *memory,
			 char *layout)
{
	snprintf(layout, CELL, "%s", m->placement ? m->placement : "-");
	switch (m->state) {
	case COHMEM_MEM_OK:
		human_size(m->size, memory);
		if (!m->placement)
			snprintf(layout, CELL, "?");
		break;
	case COHMEM_MEM_ABSENT:
		snprintf(memory, CELL, "none");
		break;
	case COHMEM_MEM_BAD:
		snprintf(memory, CELL, "%s", cohmem_reason_name(m->reason));
		break;
	case COHMEM_MEM_UNKNOWN:
		snprintf(memory, CELL, "?");
		snprintf(layout, CELL, "?");
		break;
	}
}

static void row_of(const struct cohmem_func *f, char row[NR_COLUMNS][CELL])
{
	snprintf(row[0], CELL, "%s", f->bdf);
	snprintf(row[1], CELL, "%.*s", CELL - 1, f->name);
	memory_cells(&f->memory, row[2], row[3]);
	snprintf(row[4], CELL, "%s", f->driver[0] ? f->driver : "-");
	number(row[5], f->group);
	number(row[6], f->numa_node);
	snprintf(row[7], CELL, "%s", cohmem_func_state(f));
}

static void put_row(const char row[NR_COLUMNS][CELL], const size_t *width)
{
	int i;

	for (i = 0; i < NR_COLUMNS - 1; i++)
		printf("%-*s  ", (int)width[i], row[i]);
	printf("%s\n", row[NR_COLUMNS - 1]);
}

static void list(struct cli *cli)
{
	size_t width[NR_COLUMNS] = { 0 };
	char row[NR_COLUMNS][CELL];
	struct cohmem_func *f;
	bool any = false;
	int i;

	cohmem_func_foreach(cli->ctx, f) {
		if (!is_listed(cli, f))
			continue;
		if (cli->quiet)
			printf("%s\n", f->bdf);
		any = true;
		row_of(f, row);
		for (i = 0; i < NR_COLUMNS; i++)
			if (strlen(row[i]) > width[i])
				width[i] = strlen(row[i]);
	}
	if (!any || cli->quiet)
		return;
	for (i = 0; i < NR_COLUMNS; i++) {
		snprintf(row[i], CELL, "%s", heading[i]);
		if (strlen(row[i]) > width[i])
			width[i] = strlen(row[i]);
	}
	put_row(row, width);
	cohmem_func_foreach(cli->ctx, f) {
		if (!is_listed(cli, f))
			continue;
		row_of(f, row);
		put_row(row, width);
	}
}

static void nothing(struct cli *cli)
{
	(void)cli;
}

/* Steps as a person would type them. */
static void dry_run(const struct cohmem_plan *plan)
{
	unsigned int i;

	for (i = 0; i < plan->nr; i++) {
		const struct cohmem_step *s = &plan->step[i];

		switch (s->action) {
		case COHMEM_LOAD_MODULE:
			printf("modprobe %s%s\n", s->value,
			       s->optional ? " || true" : "");
			break;
		case COHMEM_SAVE_STATE:
			printf("# record the state before in %s\n", s->path);
			break;
		case COHMEM_WRITE:
			/* An empty line clears: "echo > file". */
			printf("echo %s%s> %s\n", s->value,
			       s->value[0] ? " " : "", s->path);
			break;
		case COHMEM_EXPECT_DRIVER:
			if (strcmp(s->value, "*"))
				printf("# now the driver of %s is %s\n", s->bdf,
				       s->value[0] ? s->value : "none");
			break;
		case COHMEM_FORGET_STATE:
			printf("rm -f %s\n", s->path);
			break;
		}
	}
}

static void plan_done(struct cli *cli, const struct cohmem_binding *b)
{
	const struct cohmem_func *f = cohmem_func_find(cli->ctx, b->bdf);

	if (!f)
		return;
	if (!strcmp(f->driver, b->driver)) {
		printf("%s: driver_override %s%s\n", b->bdf,
		       f->override[0] ? "set to " : "cleared", f->override);
		return;
	}
	printf("%s: %s%s (was %s%s)", b->bdf, f->driver[0] ? "bound to " : "",
	       f->driver[0] ? f->driver : "unbound",
	       b->driver[0] ? "bound to " : "",
	       b->driver[0] ? b->driver : "unbound");
	if (f->is_vfio && f->group >= 0)
		printf(", /dev/vfio/%d", f->group);
	if (f->is_vfio && f->vfio_cdev >= 0)
		printf(", /dev/vfio/devices/vfio%d", f->vfio_cdev);
	putchar('\n');
}

static void plan(struct cli *cli, const struct cohmem_plan *p)
{
	unsigned int i;

	if (!p->nr) {
		const struct cohmem_func *f = cohmem_func_find(cli->ctx, p->bdf);

		printf("%s%s: nothing to do: %s%s\n", cli->dry_run ? "# " : "",
		       p->bdf, f && f->driver[0] ? "bound to " : "unbound",
		       f ? f->driver : "");
	} else if (cli->dry_run) {
		dry_run(p);
	} else {
		for (i = 0; i < p->nr_members; i++)
			plan_done(cli, &p->member[i]);
	}
}

static void options_help(unsigned int which, bool is_list)
{
	char left[32];
	int i;

	for (i = 0; i < NR_OPTIONS; i++) {
		const struct option_def *o = &options[i];
		const char *text = o->help;

		if (!(which & 1U << i))
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
		printf("  %-20s %s\n", left, text);
	}
}

static void help(struct cli *cli, const struct command *cmd)
{
	unsigned int i;

	(void)cli;
	if (!cmd) {
		printf("Usage: cohmem [OPTIONS] COMMAND [ARGUMENTS]\n\n"
		       "GPUs with CPU-coherent memory, and their way into virtual machines.\n\n"
		       "Commands:\n");
		for (i = 0; commands[i]; i++)
			printf("  %-20s %s\n", commands[i]->name,
			       commands[i]->summary);
		printf("\nOptions of all commands:\n");
		options_help(COMMON_OPTIONS, false);
		printf("\nExit codes: 0 done, 1 failure, 2 wrong use, 77 not applicable here.\n"
		       "'cohmem COMMAND --help' tells more.\n");
		return;
	}
	printf("Usage: cohmem %s [OPTIONS]%s%s\n%c%s.\n\n%s\nOptions:\n",
	       cmd->name, cmd->args[0] ? " " : "", cmd->args,
	       cmd->summary[0] - 'a' + 'A', cmd->summary + 1, cmd->text);
	options_help(cmd->takes, cmd == &cmd_list);
	options_help(COMMON_OPTIONS, false);
}

const struct printer print_text = {
	.list = list,
	.show = show_text,
	.begin = nothing,
	.plan = plan,
	.end = nothing,
	.help = help,
};
