// SPDX-License-Identifier: GPL-2.0-only
/*
 * cohmem monitor: one line an event.
 *
 * Every few seconds, and earlier where the driver notifies, the host is looked
 * at and compared with what it was. Memory errors come from the kernel's trace
 * as they happen. A device that sleeps is not woken up for it.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cohmem.h"

#define INTERVAL_S	2
#define MAX_FUNCS	256
/* Files of each function that may notify. */
#define NR_FILES	3
#define NR_WORDS	11

/**
 * struct seen - a function, or EGM, as it was at the last look
 * @bdf: its address, or name
 * @word: what is compared as words, see words[]
 * @nr_poison: bad pages it had
 * @poison: them; allocated
 * @there: it is still there
 */
struct seen {
	char bdf[COHMEM_BDF_LEN];
	char word[NR_WORDS][COHMEM_NAME_LEN];
	unsigned int nr_poison;
	u64 *poison;
	bool there;
};

static void number(char *out, const struct cohmem_func *f,
		   enum cohmem_fact_id id)
{
	if (cohmem_fact_known(f, id))
		snprintf(out, COHMEM_NAME_LEN, "%llu",
			 (unsigned long long)cohmem_fact_number(f, id));
}

/* The words of a function, in the order of their events. */
static const char *const events[NR_WORDS] = {
	"driver", "state", "reset", "poison", "poison-overflow", "scrub",
	"scrub-state", "scrub-result", "dirty", "user", "retired",
};

static void read_words(const struct view *v,
		       char word[NR_WORDS][COHMEM_NAME_LEN])
{
	const struct cohmem_func *f = v->f;
	const struct cohmem_user *u = v->user;

	memset(word, 0, NR_WORDS * COHMEM_NAME_LEN);
	snprintf(word[0], COHMEM_NAME_LEN, "%s", f->driver);
	snprintf(word[1], COHMEM_NAME_LEN, "%s", view_state(v));
	number(word[2], f, COHMEM_FACT_GENERATION);
	number(word[3], f, COHMEM_FACT_POISON_COUNT);
	number(word[4], f, COHMEM_FACT_POISON_OVERFLOW);
	snprintf(word[5], COHMEM_NAME_LEN, "%s",
		 cohmem_fact_word(f, COHMEM_FACT_SCRUB));
	snprintf(word[6], COHMEM_NAME_LEN, "%s",
		 cohmem_fact_word(f, COHMEM_FACT_SCRUB_STATE));
	snprintf(word[7], COHMEM_NAME_LEN, "%s",
		 cohmem_fact_word(f, COHMEM_FACT_SCRUB_RESULT));
	number(word[8], f, COHMEM_FACT_SCRUB_DIRTY);
	if (v->nr_users)
		snprintf(word[9], COHMEM_NAME_LEN, "%.47s(%d)",
			 u->guest[0] ? u->guest : u->comm, u->pid);
	else if (f->is_egm && strcmp(v->egm->user, "-"))
		snprintf(word[9], COHMEM_NAME_LEN, "%s", v->egm->user);
	number(word[10], f, COHMEM_FACT_RETIRED_COUNT);
}

struct monitor {
	struct cli *cli;
	struct seen seen[MAX_FUNCS];
	unsigned int nr;
	bool first;
	int mf;		/* the kernel's trace of memory errors, or -1 */
	int uevents;	/* EGM comes and goes, or -1 */
	char rest[512];	/* of a line of it that was not whole */
};

static void tell(struct monitor *m, const char *bdf, const char *kind,
		 const char *from, const char *to)
{
	struct event e = { .bdf = bdf, .kind = kind, .from = from, .to = to };

	m->cli->print->event(m->cli, &e);
}

static void tell_page(struct monitor *m, const char *bdf, const char *kind,
		      u64 address, const char *to)
{
	struct event e = {
		.bdf = bdf, .kind = kind, .to = to, .address = address,
		.has_address = true,
	};

	m->cli->print->event(m->cli, &e);
}

static struct seen *find(struct monitor *m, const char *bdf)
{
	unsigned int i;

	for (i = 0; i < m->nr; i++)
		if (!strcmp(m->seen[i].bdf, bdf))
			return &m->seen[i];
	return NULL;
}

static bool listed(const struct seen *s, u64 page)
{
	unsigned int i;

	for (i = 0; i < s->nr_poison; i++)
		if (s->poison[i] == page)
			return true;
	return false;
}

static void compare(struct monitor *m, struct seen *s, const struct view *v)
{
	const struct cohmem_bound *b = &v->f->bound;
	char word[NR_WORDS][COHMEM_NAME_LEN];
	unsigned int i;
	u64 *copy;

	read_words(v, word);
	for (i = 0; i < NR_WORDS; i++)
		if (strcmp(s->word[i], word[i]))
			tell(m, s->bdf, events[i], s->word[i], word[i]);
	memcpy(s->word, word, sizeof(word));
	for (i = 0; i < b->nr_poison; i++)
		if (!listed(s, b->poison[i]))
			tell_page(m, s->bdf, "bad-page", b->poison[i], NULL);
	copy = malloc((b->nr_poison + 1) * sizeof(*copy));
	if (!copy)
		return;
	if (b->nr_poison)
		memcpy(copy, b->poison, b->nr_poison * sizeof(*copy));
	free(s->poison);
	s->poison = copy;
	s->nr_poison = b->nr_poison;
}

static void see(struct monitor *m, const struct view *v)
{
	struct seen *s = find(m, v->f->bdf);
	const char *state = view_state(v);

	if (!s) {
		if (m->nr == MAX_FUNCS)
			return;
		s = &m->seen[m->nr++];
		memset(s, 0, sizeof(*s));
		snprintf(s->bdf, sizeof(s->bdf), "%s", v->f->bdf);
		/* What it is at first is no news but for that. */
		read_words(v, s->word);
		tell(m, s->bdf, m->first ? "there" : "appeared", NULL, state);
	}
	compare(m, s, v);
	s->there = true;
}

static int look(struct monitor *m)
{
	struct cli *cli = m->cli;
	struct cohmem_func *f;
	struct cohmem_egm *e;
	struct view *views;
	unsigned int nr = 0, i;
	int code = EXIT_OK;

	cohmem_func_foreach(cli->ctx, f)
		nr += is_listed(cli, f);
	cohmem_egm_foreach(cli->ctx, e)
		nr++;
	views = calloc(nr ? nr : 1, sizeof(*views));
	if (!views)
		return EXIT_FAIL;
	nr = 0;
	for (i = 0; i < m->nr; i++)
		m->seen[i].there = false;
	cohmem_func_foreach(cli->ctx, f) {
		if (!is_listed(cli, f))
			continue;
		cohmem_func_glance(cli->ctx, f);
		fill_view(cli, &views[nr], f);
		see(m, &views[nr++]);
	}
	cohmem_egm_foreach(cli->ctx, e) {
		fill_view(cli, &views[nr], &e->unit);
		see(m, &views[nr++]);
	}
	for (i = 0; i < m->nr; i++) {
		if (m->seen[i].there)
			continue;
		tell(m, m->seen[i].bdf, "gone", NULL, NULL);
		free(m->seen[i].poison);
		m->seen[i--] = m->seen[--m->nr];
	}
	m->first = false;
	if (cli->openmetrics)
		code = write_metrics(cli, views, nr);
	free_views(views, nr);
	return code;
}

/* Whose memory an address lies in: a GPU's, or a socket's EGM; or NULL. */
static struct cohmem_func *owner_of(struct cli *cli, u64 address)
{
	struct cohmem_func *f;
	struct cohmem_egm *e;

	cohmem_func_foreach(cli->ctx, f)
		if (is_listed(cli, f) && cohmem_has_address(f, address))
			return f;
	cohmem_egm_foreach(cli->ctx, e)
		if (cohmem_has_address(&e->unit, address))
			return &e->unit;
	return NULL;
}

/* The kernel gave a page up: is it one of ours, and does the driver know? */
static void memory_failure(struct monitor *m, const char *line)
{
	struct cli *cli = m->cli;
	struct cohmem_func *f;
	char result[64], value[32];
	u64 pfn, address;

	if (!cohmem_mf_parse(line, &pfn, result, sizeof(result)))
		return;
	address = pfn * cohmem_page_size(cli->ctx);
	f = owner_of(cli, address);
	tell_page(m, f ? f->bdf : "", "memory-failure", address, result);
	if (!f || !cli->feed || strcmp(f->driver, COHMEM_DRIVER))
		return;
	/* It tells nothing new where the driver has heard of it already. */
	snprintf(value, sizeof(value), "0x%llx", (unsigned long long)address);
	if (cohmem_control_write(cli->ctx, f, "poison_pages", value))
		complain_why(cli);
	else
		tell_page(m, f->bdf, "noted", address, NULL);
}

static void read_trace(struct monitor *m)
{
	char buf[sizeof(m->rest) + 4096], *line, *end;
	size_t len = strlen(m->rest);
	ssize_t n;

	memcpy(buf, m->rest, len);
	n = read(m->mf, buf + len, sizeof(buf) - len - 1);
	if (n <= 0)
		return;
	buf[len + n] = '\0';
	for (line = buf; (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		memory_failure(m, line);
	}
	/* A line longer than that is none of ours. */
	len = strlen(line);
	if (len >= sizeof(m->rest))
		len = 0;
	memcpy(m->rest, line, len);
	m->rest[len] = '\0';
}

/* Files that wake us up when the driver notifies; each is read to arm it. */
static unsigned int arm_files(struct cli *cli, const struct cohmem_func *f,
			      struct pollfd *p)
{
	static const char *const files[NR_FILES] = {
		"poison_count", "scrub_state", "ready_state",
	};
	unsigned int nr = 0, i;
	char text[64];

	if (!f->bound.valid)
		return 0;
	/* EGM has no readiness. */
	for (i = 0; i < NR_FILES - f->is_egm; i++) {
		p[nr].fd = cohmem_control_open(cli->ctx, f, files[i]);
		p[nr].events = POLLPRI;
		if (p[nr].fd < 0)
			continue;
		if (pread(p[nr].fd, text, sizeof(text), 0) < 0)
			close(p[nr].fd);
		else
			nr++;
	}
	return nr;
}

static unsigned int add_files(struct monitor *m, struct pollfd *p)
{
	struct cohmem_func *f;
	struct cohmem_egm *e;
	unsigned int nr = 0;

	cohmem_func_foreach(m->cli->ctx, f)
		if (nr + NR_FILES <= NR_FILES * MAX_FUNCS)
			nr += arm_files(m->cli, f, p + nr);
	cohmem_egm_foreach(m->cli->ctx, e)
		if (nr + NR_FILES <= NR_FILES * MAX_FUNCS)
			nr += arm_files(m->cli, &e->unit, p + nr);
	return nr;
}

/* Returns the signal that ends it, or 0 when it is time to look again. */
static int wait_for_news(struct monitor *m, int signals)
{
	static struct pollfd p[3 + NR_FILES * MAX_FUNCS];
	unsigned int s = m->cli->interval_s ? m->cli->interval_s : INTERVAL_S;
	u64 until = cohmem_now_ms() + s * 1000ULL, now;
	struct signalfd_siginfo info;
	unsigned int nr, i;
	int signo = 0, ret;

	p[0] = (struct pollfd){ .fd = signals, .events = POLLIN };
	p[1] = (struct pollfd){ .fd = m->mf, .events = POLLIN };
	p[2] = (struct pollfd){ .fd = m->uevents, .events = POLLIN };
	/* Files of a recorded machine are always ready, and never change. */
	nr = m->cli->sysroot ? 0 : add_files(m, p + 3);
	do {
		now = cohmem_now_ms();
		ret = poll(p, 3 + nr, until > now ? until - now : 0);
	} while (ret == 1 && p[2].revents && !uevents_read(m->uevents));
	if (ret > 0 && p[0].revents && read(signals, &info, sizeof(info)) ==
	    sizeof(info))
		signo = info.ssi_signo;
	if (ret > 0 && p[1].revents & POLLIN)
		read_trace(m);
	for (i = 0; i < nr; i++)
		close(p[3 + i].fd);
	return signo;
}

static int run(struct monitor *m, int signals)
{
	int code = EXIT_OK, signo = 0;

	for (;;) {
		code = look(m);
		if (code || m->cli->once || ferror(stdout))
			break;
		signo = wait_for_news(m, signals);
		if (signo)
			break;
		if (cohmem_scan(m->cli->ctx)) {
			complain_why(m->cli);
			code = EXIT_FAIL;
			break;
		}
	}
	/* To be told to end is how it ends: by TERM from systemd, say. */
	if (signo && signo != SIGTERM)
		m->cli->signo = signo;
	return code;
}

static int monitor(struct cli *cli, int argc, char **argv)
{
	struct monitor *m;
	sigset_t set;
	unsigned int i;
	int signals, code;
	bool trace;

	(void)argv;
	if (argc)
		return usage_error(cli, "takes no arguments");
	if (cli->feed) {
		code = may_write(cli);
		if (code)
			return code;
	}
	code = open_host(cli);
	if (code)
		return code;
	m = calloc(1, sizeof(*m));
	if (!m) {
		complain(NULL, NULL, "out of memory");
		return EXIT_FAIL;
	}
	m->cli = cli;
	m->first = true;
	/* What is begun in tracefs has to be ended. */
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	signals = signalfd(-1, &set, SFD_CLOEXEC);
	/* It makes a trace instance: not in a recording, unless that is meant. */
	trace = !cli->once && (!cli->sysroot || cli->write_sysroot);
	m->mf = trace ? cohmem_mf_open(cli->ctx) : -1;
	if (m->mf < 0 && trace)
		log_to_stderr(cli, cli->feed ? COHMEM_LOG_WARN :
			      COHMEM_LOG_NOTE, cohmem_why(cli->ctx)->what);
	m->uevents = cli->sysroot ? -1 : uevents_open();
	code = run(m, signals);
	if (m->uevents >= 0)
		close(m->uevents);
	cohmem_mf_close(cli->ctx, m->mf);
	close(signals);
	for (i = 0; i < m->nr; i++)
		free(m->seen[i].poison);
	free(m);
	return code;
}

const struct command cmd_monitor = {
	.name = "monitor",
	.args = "",
	.summary = "tell what happens to the GPUs, one line an event",
	.text =
"Looks at the GPUs and the sockets' EGM every few seconds, and earlier where the\n"
"driver notifies, and tells what has changed: driver, state, reset, poison,\n"
"bad-page, poison-overflow, scrub, scrub-state, scrub-result, dirty, user,\n"
"retired, appeared, gone. Memory errors that the kernel traces are told as\n"
"memory-failure; with --feed those in a GPU's memory or in EGM are noted in the\n"
"driver's list of bad pages, which kernels without reports to drivers need. Ends\n"
"by a signal.\n",
	.takes = OPT_BIT(OPT_INTERVAL) | OPT_BIT(OPT_OPENMETRICS) |
		 OPT_BIT(OPT_FEED) | OPT_BIT(OPT_ONCE) |
		 OPT_BIT(OPT_WRITE_SYSROOT),
	.fn = monitor,
};
