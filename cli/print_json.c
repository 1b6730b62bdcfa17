// SPDX-License-Identifier: GPL-2.0-only
/*
 * The models as JSON documents. Keys are snake_case and stay; docs/json has a
 * schema of each document, cohmem-json(5) the words. Each says its form
 * ("schema"), whether all went well ("ok"), and what did not.
 */
#include <time.h>
#include <unistd.h>

#include "json.h"

/**
 * json_top() - a document, and what all of them begin with
 * @cli: the run
 * @name: of its schema
 * Return: the document.
 */
struct json_object *json_top(struct cli *cli, const char *name)
{
	struct json_object *o = json_object_new_object();
	char schema[64], host[256] = "";

	snprintf(schema, sizeof(schema), "cohmem.%s.1", name);
	json_add_str(o, "schema", schema);
	json_add_str(o, "version", COHMEM_VERSION);
	/* A recorded host has left its name at home. */
	if (!cli->sysroot && gethostname(host, sizeof(host) - 1))
		host[0] = '\0';
	json_add_str(o, "host", host);
	json_add_str(o, "sysroot", cli->sysroot);
	return o;
}

static struct json_object *error(const struct message *m)
{
	struct json_object *o = json_object_new_object();

	json_add_str(o, "subject", m->subject);
	json_add_str(o, "what", m->what);
	json_add_str(o, "hint", m->hint);
	json_add_str(o, "reason", m->reason);
	return o;
}

/**
 * json_messages() - what was complained about; the last thing in a document
 * @o: the document
 */
void json_messages(struct json_object *o)
{
	struct json_object *errors = json_object_new_array();
	struct json_object *notes = json_object_new_array(), *one;
	const struct message *m;
	unsigned int nr, i;

	m = messages(&nr);
	for (i = 0; i < nr; i++) {
		if (m[i].kind == MESSAGE_ERROR) {
			json_object_array_add(errors, error(&m[i]));
			continue;
		}
		one = json_object_new_object();
		json_add_str(one, "level", m[i].kind == MESSAGE_WARNING ?
			     "warning" : "note");
		json_add_str(one, "text", m[i].what);
		json_object_array_add(notes, one);
	}
	json_add_bool(o, "ok", json_object_array_length(errors) == 0);
	json_add(o, "errors", errors);
	json_add(o, "messages", notes);
}

/**
 * json_put() - print a document, with what was complained about at its end
 * @cli: the run
 * @o: the document, which is gone then
 */
void json_put(struct cli *cli, struct json_object *o)
{
	int flags = JSON_C_TO_STRING_NOSLASHESCAPE;

	json_messages(o);
	/* Documents that follow each other are a line each. */
	if (!cli->watch)
		flags |= JSON_C_TO_STRING_PRETTY;
	printf("%s\n", json_object_to_json_string_ext(o, flags));
	json_object_put(o);
	cli->printed = true;
}

/* GPUs in one list, the sockets' EGM in another. */
static void add_views(struct json_object *o, struct cli *cli,
		      const struct view *views, unsigned int nr, bool all)
{
	struct json_object *gpus = json_object_new_array(), *unknown;
	struct json_object *egm = json_object_new_array();
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (views[i].f->is_egm)
			json_object_array_add(egm, json_egm(&views[i], all));
		else
			json_object_array_add(gpus, all ?
					      json_view(cli, &views[i]) :
					      json_gpu(&views[i], &unknown));
	json_add(o, "gpus", gpus);
	json_add(o, "egm", egm);
}

static void list(struct cli *cli, const struct view *views, unsigned int nr)
{
	struct json_object *o = json_top(cli, "list");

	add_views(o, cli, views, nr, false);
	json_put(cli, o);
}

static void show(struct cli *cli, const struct view *views, unsigned int nr)
{
	struct json_object *o = json_top(cli, "show");

	add_views(o, cli, views, nr, true);
	json_put(cli, o);
}

static void begin(struct cli *cli)
{
	cli->state = json_object_new_array();
}

/* The members that every function of such a document has. */
static struct json_object *function(const char *bdf, bool ok, bool changed,
				    bool would_change)
{
	struct json_object *o = json_object_new_object();

	json_add_str(o, "bdf", bdf);
	json_add_bool(o, "ok", ok);
	json_add(o, "error", NULL);
	json_add_bool(o, "changed", changed);
	json_add_bool(o, "would_change", would_change);
	return o;
}

static bool is_plan(const struct cli *cli)
{
	return cli->cmd == &cmd_bind || cli->cmd == &cmd_unbind;
}

static void failed(struct cli *cli, const char *bdf)
{
	struct json_object *o = function(bdf, false, false, false);
	const struct message *m;
	unsigned int nr;

	/* The last complaint is about it. */
	m = messages(&nr);
	while (nr-- && m[nr].kind != MESSAGE_ERROR)
		;
	if (nr != ~0U)
		json_add(o, "error", error(&m[nr]));
	if (is_plan(cli)) {
		json_add(o, "members", json_object_new_array());
		json_add(o, "steps", json_object_new_array());
	} else {
		json_add(o, "bound", NULL);
	}
	json_object_array_add(cli->state, o);
}

static void plan(struct cli *cli, const struct cohmem_plan *p)
{
	struct json_object *o, *one, *list = json_object_new_array();
	unsigned int i;

	o = function(p->bdf, true, p->nr && !cli->dry_run,
		     p->nr && cli->dry_run);
	json_add_str(o, "users_unknown", p->users_unknown);
	for (i = 0; i < p->nr_members; i++) {
		const struct cohmem_binding *b = &p->member[i];
		const struct cohmem_func *f;

		one = json_binding(b);
		f = cohmem_func_find(cli->ctx, b->bdf);
		json_add_str(one, "driver", cli->dry_run ? b->bound_to :
			     f ? f->driver : NULL);
		json_add_index(one, "iommu_group", f ? f->group : -1);
		json_add(one, "vfio", !cli->dry_run && f ? json_vfio(f) : NULL);
		json_object_array_add(list, one);
	}
	json_add(o, "members", list);
	list = json_object_new_array();
	for (i = 0; i < p->nr; i++) {
		const struct cohmem_step *s = &p->step[i];

		one = json_object_new_object();
		json_add_str(one, "action", cohmem_action_name(s->action));
		json_add_str(one, "bdf", s->bdf);
		json_add_str(one, "path", s->path);
		json_add(one, "value", json_str(s->action == COHMEM_WRITE_RULE ?
						p->rule : s->value));
		json_object_array_add(list, one);
	}
	json_add(o, "steps", list);
	json_object_array_add(cli->state, o);
}

static void outcome(struct cli *cli, const struct outcome *out)
{
	const struct cohmem_func *f = cohmem_find(cli->ctx, out->bdf);
	struct json_object *o;

	o = function(out->bdf, out->ok, out->changed, out->would_change);
	json_add_str(o, "command", out->command);
	json_add(o, "bound", f ? json_bound(f, NULL) : NULL);
	json_object_array_add(cli->state, o);
}

static void end(struct cli *cli)
{
	struct json_object *o = json_top(cli, cli->cmd->name);

	json_add_bool(o, "dry_run", cli->dry_run);
	json_add_bool(o, "changed", cli->any_change && !cli->dry_run);
	json_add_bool(o, "would_change", cli->any_change && cli->dry_run);
	json_add(o, "functions", cli->state);
	cli->state = NULL;
	json_put(cli, o);
}

/* One line an event: what comes next is not known yet. */
static void event(struct cli *cli, const struct event *e)
{
	struct json_object *o = json_object_new_object();
	char stamp[32];
	time_t now = time(NULL);
	struct tm tm;

	strftime(stamp, sizeof(stamp), "%FT%TZ", gmtime_r(&now, &tm));
	json_add_str(o, "schema", "cohmem.event.1");
	json_add_str(o, "time", stamp);
	json_add_str(o, "bdf", e->bdf);
	json_add_str(o, "event", e->kind);
	json_add_str(o, "from", e->from);
	json_add_str(o, "to", e->to);
	if (e->has_address)
		json_add_hex(o, "address", e->address, 1);
	else
		json_add(o, "address", NULL);
	printf("%s\n", json_object_to_json_string_ext(o,
	       JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(o);
	fflush(stdout);
	cli->printed = true;
}

/* Nothing else can be shown. */
static void only_errors(struct cli *cli)
{
	json_put(cli, json_top(cli, "error"));
}

static struct json_object *words(const char *text)
{
	struct json_object *list = json_object_new_array();
	size_t len;

	while (text && *(text += strspn(text, " "))) {
		len = strcspn(text, " ");
		json_object_array_add(list,
				      json_object_new_string_len(text, len));
		text += len;
	}
	return list;
}

static struct json_object *options_of(u64 which)
{
	struct json_object *list = json_object_new_array();
	int i;

	for (i = 0; i < NR_OPTIONS; i++) {
		char letter[2] = { options[i].letter, 0 };
		struct json_object *o;

		if (!(which & OPT_BIT(i)))
			continue;
		o = json_object_new_object();
		json_add_str(o, "name", options[i].name);
		json_add_str(o, "letter", letter);
		json_add_str(o, "argument", options[i].arg);
		json_object_array_add(list, o);
	}
	return list;
}

/* All commands, whichever was asked for: the reader is a program. */
static void help(struct cli *cli, const struct command *cmd)
{
	struct json_object *o = json_top(cli, "commands");
	struct json_object *list = json_object_new_array();
	unsigned int i;

	for (i = 0; commands[i]; i++) {
		struct json_object *one;

		if (cmd && cmd != commands[i])
			continue;
		one = json_object_new_object();
		json_add_str(one, "name", commands[i]->name);
		json_add_str(one, "summary", commands[i]->summary);
		json_add_str(one, "arguments", commands[i]->args);
		json_add_bool(one, "takes_functions", commands[i]->takes_bdf);
		json_add_bool(one, "takes_egm", commands[i]->takes_egm);
		json_add(one, "verbs", words(commands[i]->verbs));
		json_add(one, "options", options_of(commands[i]->takes |
					       COMMON_OPTIONS));
		json_object_array_add(list, one);
	}
	json_add(o, "commands", list);
	json_add(o, "options", options_of(COMMON_OPTIONS));
	json_put(cli, o);
}

const struct printer print_json = {
	.list = list,
	.show = show,
	.begin = begin,
	.plan = plan,
	.failed = failed,
	.outcome = outcome,
	.end = end,
	.event = event,
	.error = only_errors,
	.help = help,
};
