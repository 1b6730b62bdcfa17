// SPDX-License-Identifier: GPL-2.0-only
/* cohmem scrub: clear the memory, wait for that, say when it is done by itself. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "cohmem.h"

#define LOOK_MS	200

static bool says(const struct cohmem_func *f, enum cohmem_fact_id id,
		 const char *word)
{
	return !strcmp(cohmem_fact_word(f, id), word);
}

/* On standard error, where somebody watches. */
static void progress(const struct cohmem_func *f, bool last)
{
	u64 done = cohmem_fact_number(f, COHMEM_FACT_SCRUB_BYTES);
	u64 ms = cohmem_fact_number(f, COHMEM_FACT_SCRUB_MS);
	u64 all = f->memory.size, rate = ms ? done / ms : 0;
	char a[32], b[32];

	if (!isatty(STDERR_FILENO))
		return;
	fprintf(stderr, "\r%s: %s of %s, %u%%, %llu s left   %s", f->bdf,
		human_size(done, a), human_size(all, b),
		all ? (unsigned int)(done * 100 / all) : 0,
		rate && all > done ?
		(unsigned long long)((all - done) / rate / 1000) : 0ULL,
		last ? "\n" : "");
}

/* A driver that notifies wakes us up earlier. */
static void wait_a_moment(struct cli *cli, const struct cohmem_func *f)
{
	struct pollfd p = { .events = POLLPRI };
	char text[64];

	p.fd = cohmem_control_open(cli->ctx, f, "scrub_state");
	if (p.fd < 0 || pread(p.fd, text, sizeof(text), 0) < 0)
		p.fd = -1;
	poll(&p, 1, LOOK_MS);
	if (p.fd >= 0)
		close(p.fd);
}

static int wait_for(struct cli *cli, struct cohmem_func *f)
{
	u64 until = cli->has_wait ? cohmem_now_ms() + cli->wait_s * 1000ULL : ~0ULL;
	bool shown_any = false;

	for (;;) {
		cohmem_func_glance(cli->ctx, f);
		if (!cohmem_fact_known(f, COHMEM_FACT_SCRUB_STATE) ||
		    says(f, COHMEM_FACT_SCRUB_STATE, "idle"))
			break;
		if (cohmem_now_ms() >= until) {
			complain_as("timeout", f->bdf,
				    "it goes on; 'cohmem scrub wait' waits again",
				    "still %s after %u s",
				    cohmem_fact_word(f, COHMEM_FACT_SCRUB_STATE),
				    cli->wait_s);
			return -ETIMEDOUT;
		}
		progress(f, false);
		shown_any = true;
		wait_a_moment(cli, f);
	}
	if (shown_any)
		progress(f, true);
	return 0;
}

static int known(const struct cohmem_func *f)
{
	return operate_known(f, COHMEM_FACT_SCRUB_STATE, "nothing to clear");
}

static int result(struct cli *cli, struct cohmem_func *f, struct outcome *o)
{
	const char *word = cohmem_fact_word(f, COHMEM_FACT_SCRUB_RESULT);
	const char *why, *hint;
	static char text[256];
	char size[32];

	(void)cli;
	why = cohmem_scrub_end(word, &hint);
	if (why) {
		complain_as(word, f->bdf, hint,
			    "clearing ended with '%s', %s; the memory may hold data of its last user",
			    word, why);
		return -EIO;
	}
	if (says(f, COHMEM_FACT_SCRUB_RESULT, "none"))
		snprintf(text, sizeof(text),
			 "%s: not cleared since it was bound", f->bdf);
	else
		snprintf(text, sizeof(text), "%s: cleared%s, %s in %llu ms",
			 f->bdf, cohmem_fact_number(f, COHMEM_FACT_SCRUB_DIRTY) ?
			 " (and used again)" : "",
			 human_size(cohmem_fact_number(f,
					COHMEM_FACT_SCRUB_BYTES), size),
			 (unsigned long long)cohmem_fact_number(f,
						COHMEM_FACT_SCRUB_MS));
	o->text = text;
	return 0;
}

static int start_one(struct cli *cli, struct cohmem_func *f, struct outcome *o)
{
	static char text[160];
	int ret = known(f);

	if (!ret)
		ret = operate_write(cli, f, o, "scrub_start", "start");
	if (ret || cli->dry_run)
		return ret;
	snprintf(text, sizeof(text), "%s: clearing has begun", f->bdf);
	o->text = text;
	if (!cli->has_wait)
		return 0;
	ret = wait_for(cli, f);
	return ret ? ret : result(cli, f, o);
}

static int wait_one(struct cli *cli, struct cohmem_func *f, struct outcome *o)
{
	int ret = known(f);

	if (!ret)
		ret = wait_for(cli, f);
	return ret ? ret : result(cli, f, o);
}

static int policy_one(struct cli *cli, struct cohmem_func *f,
		      struct outcome *o)
{
	static char text[160];
	bool news = cli->word && !says(f, COHMEM_FACT_SCRUB, cli->word);
	int ret = known(f);

	if (!ret && cli->word)
		ret = operate_write(cli, f, o, "scrub", cli->word);
	if (ret)
		return ret;
	o->would_change &= news;
	o->changed &= news;
	if (cli->word && cli->dry_run)
		return 0;
	if (cli->word)
		cohmem_func_glance(cli->ctx, f);
	snprintf(text, sizeof(text), "%s: %s", f->bdf,
		 cohmem_fact_word(f, COHMEM_FACT_SCRUB));
	o->text = text;
	return 0;
}

static bool is_policy(const char *word)
{
	static const char *const words[] = { "off", "close", "open", "default" };
	unsigned int i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(word, words[i]))
			return true;
	return false;
}

static int scrub(struct cli *cli, int argc, char **argv)
{
	const char *verb = argc ? argv[0] : "";
	operate_fn *fn;
	int code = EXIT_OK;

	argc -= !!argc;
	argv += !!*verb;
	if (!strcmp(verb, "start"))
		fn = start_one;
	else if (!strcmp(verb, "wait"))
		fn = wait_one;
	else if (!strcmp(verb, "policy"))
		fn = policy_one;
	else
		return usage_error(cli, *verb ? "start, wait or policy, not '%s'" :
				   "start, wait or policy?%s", verb);
	if (fn == policy_one && argc && is_policy(argv[0])) {
		cli->word = argv[0];
		argc--;
		argv++;
	}
	if (fn == start_one || cli->word)
		code = may_write(cli);
	if (!code)
		code = open_host(cli);
	return code ? code : operate(cli, argc, argv, fn);
}

const struct command cmd_scrub = {
	.name = "scrub",
	.args = "start|wait BDF|EGM... | policy [WORD] BDF|EGM...",
	.summary = "clear the memory of GPUs, and say when it is cleared",
	.text =
"start   clears the memory now, if nobody has the function open; with --wait it\n"
"        ends when that is done, else at once\n"
"wait    ends when the clearing that goes on has ended; fails if it failed\n"
"policy  shows when the driver clears by itself, or sets it: off, close (when\n"
"        the last user lets go), open (before the next one gets it), default\n"
"        (what the module was told). off also stops a clearing that goes on\n"
"EGM (egm4) is the memory that firmware lends to machines with a socket's GPUs.\n",
	.verbs = "start wait policy",
	.takes = OPT_BIT(OPT_ALL) | OPT_BIT(OPT_DRY_RUN) | OPT_BIT(OPT_WAIT) |
		 OPT_BIT(OPT_WRITE_SYSROOT),
	.takes_bdf = true,
	.takes_egm = true,
	.fn = scrub,
};
