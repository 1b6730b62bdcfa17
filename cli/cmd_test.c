// SPDX-License-Identifier: GPL-2.0-only
/* cohmem test: a bound GPU, used as a virtual machine would use it. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "print_test.h"
#include "progress.h"

/**
 * struct watch - who is told how the test goes on
 * @run: the test
 * @set: signals that end it
 * @before: bytes of regions that are done
 * @total: bytes of all passes of all regions
 * @start_ms: when the patterns began
 */
struct watch {
	struct test_run *run;
	sigset_t set;
	u64 before;
	u64 total;
	u64 start_ms;
};

/*
 * What was written for a moment is put back, and what was found is told: so no
 * signal ends this by itself. One that is ignored (nohup) stays so.
 */
static void hold_signals(sigset_t *set)
{
	static const int fatal[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	struct sigaction sa;
	unsigned int i;

	sigemptyset(set);
	for (i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
		if (!sigaction(fatal[i], NULL, &sa) && sa.sa_handler != SIG_IGN)
			sigaddset(set, fatal[i]);
	sigprocmask(SIG_BLOCK, set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static bool interrupted(void *arg)
{
	const struct timespec now = { 0 };
	struct watch *w = arg;
	int signo = sigtimedwait(&w->set, NULL, &now);

	if (signo > 0 && !w->run->cli->signo)
		w->run->cli->signo = signo;
	return w->run->cli->signo;
}

static bool tick(void *arg, const struct cohmem_memtest *m)
{
	struct watch *w = arg;
	char subject[COHMEM_BDF_LEN + 16];
	struct progress p = {
		.subject = subject,
		.step = m->pass + 1,
		.nr_steps = COHMEM_NR_PASSES,
		.done = w->before + m->pass * m->size + m->done,
		.total = w->total,
		.ms = cohmem_now_ms() - w->start_ms,
	};

	snprintf(subject, sizeof(subject), "%s %s", w->run->t.f->bdf,
		 cohmem_kind_name(w->run->pattern[w->run->nr - 1].region->kind));
	progress_show(&p);
	return interrupted(w);
}

/* What became of the patterns of one region. */
static void judge(struct test_run *run, const struct pattern_run *p)
{
	const char *id = p->region->kind == COHMEM_USEMEM ? "pattern-usemem" :
							    "pattern-resmem";
	const struct cohmem_memtest *m = &p->m;
	char size[32], rate[32], time[32], how[128];
	enum cohmem_test_status status = COHMEM_TEST_PASSED;

	human_size(m->size, size);
	human_size(progress_rate(pattern_bytes(p), p->ms), rate);
	duration(p->ms, time, sizeof(time));
	if (!pattern_is_good(p))
		status = COHMEM_TEST_FAILED;
	else if (m->stopped)
		status = COHMEM_TEST_SKIPPED;
	if (m->stopped || m->hopeless)
		snprintf(how, sizeof(how),
			 "ended in pass %u of %u (%s), of which %u%% was done",
			 m->pass + 1, COHMEM_NR_PASSES,
			 cohmem_passes[m->pass].name, m->size ?
			 (unsigned int)(m->done * 100 / m->size) : 0);
	else
		snprintf(how, sizeof(how), "all %u passes, it is zero now",
			 COHMEM_NR_PASSES);
	cohmem_tested(&run->t, id, status,
		      "%s: %s; %u threads, %s, %s/s; %llu words wrong in %u%s pages, %u pages answered with a signal, %u left out as bad",
		      size, how, m->nr_cpus ? m->nr_cpus : 1, time, rate,
		      (unsigned long long)m->nr_mismatches, m->wrong.nr,
		      m->wrong.more ? " and more" : "", m->fault.nr,
		      m->nr_skip);
}

static int patterns(struct test_run *run, struct watch *w)
{
	const struct cohmem_layout *l = &run->t.f->memory.layout;
	struct cli *cli = run->cli;
	unsigned int i;
	int ret = 0;

	for (i = 0; i < l->nr; i++)
		w->total += l->region[i].size * COHMEM_NR_PASSES;
	w->start_ms = cohmem_now_ms();
	for (i = 0; i < l->nr && !cli->signo; i++) {
		struct pattern_run *p = &run->pattern[i];
		u64 start;

		p->region = &l->region[i];
		p->m.tick = tick;
		p->m.arg = w;
		ret = cohmem_pattern_open(&run->t, p->region, &p->m);
		if (ret) {
			progress_end();
			complain_why(cli);
			break;
		}
		run->nr++;
		start = cohmem_now_ms();
		ret = cohmem_memtest_run(&p->m);
		p->ms = cohmem_now_ms() - start;
		cohmem_pattern_close(&p->m);
		if (ret) {
			progress_end();
			complain_as(cohmem_error_word(ret), run->t.f->bdf, NULL,
				    "cannot test the memory: %s",
				    strerror(-ret));
			break;
		}
		run->t.stopped |= p->m.stopped;
		judge(run, p);
		w->before += l->region[i].size * COHMEM_NR_PASSES;
	}
	progress_end();
	return ret;
}

/* The safe tests, and the others if these went well. */
static int do_tests(struct test_run *run)
{
	struct watch w = { .run = run };
	struct cli *cli = run->cli;
	int ret;

	hold_signals(&w.set);
	run->t.stop = interrupted;
	run->t.arg = &w;
	ret = cohmem_selftest_open(&run->t);
	if (ret) {
		complain_why(cli);
		return ret;
	}
	cohmem_selftest_run(&run->t);
	if (run->destructive && !run->t.stopped) {
		if (run->t.count[COHMEM_TEST_FAILED])
			cohmem_tested(&run->t, "pattern-usemem",
				      COHMEM_TEST_SKIPPED,
				      "not after the failures above");
		else
			ret = patterns(run, &w);
	}
	cohmem_selftest_close(&run->t);
	if (cli->signo) {
		run->t.stopped = true;
		complain_as("interrupted", run->t.f->bdf, NULL,
			    "interrupted (%s): what is told is what was tested",
			    strsignal(cli->signo));
	}
	return ret;
}

static bool same_address(const char *text, const char *bdf)
{
	char norm[COHMEM_BDF_LEN];

	return !cohmem_bdf_normalise(text, norm) && !strcmp(norm, bdf);
}

/* Returns EXIT_OK, or another code after the reason was given. */
static int confirm(struct cli *cli, const char *bdf)
{
	const char *yes = cli->value[OPT_YES];
	char line[80];

	if (yes && same_address(yes, bdf))
		return EXIT_OK;
	if (yes)
		return usage_error(cli, "--yes names '%s', and the function to be tested is %s",
				   yes, bdf);
	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return usage_error(cli, "what the memory holds will be lost: --yes=%s says that this is meant",
				   bdf);
	fprintf(stderr, "All that the memory of %s holds will be lost.\nType its address to go on: ",
		bdf);
	if (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, " \t\n")] = '\0';
		if (same_address(line, bdf))
			return EXIT_OK;
	} else {
		fputc('\n', stderr);
	}
	complain_as("refused", bdf, NULL,
		    "its address was not typed: nothing was done");
	return EXIT_FAIL;
}

/* What can be known before anything is touched. */
static int may_test(struct cli *cli, struct cohmem_func *f, bool destructive)
{
	struct cohmem_user user = { 0 };
	u64 count;

	if (operate_known(f, COHMEM_FACT_READY_STATE, "nothing to test"))
		return EXIT_FAIL;
	if (cohmem_users(cli->ctx, f, &user, 1)) {
		complain_as("busy", f->bdf, "shut the virtual machine down first",
			    "cannot test: %s is held open by %s (pid %d)",
			    user.path, user.comm, user.pid);
		return EXIT_FAIL;
	}
	if (!destructive)
		return EXIT_OK;
	count = cohmem_fact_number(f, COHMEM_FACT_POISON_COUNT);
	if (f->bound.poison_error ||
	    !cohmem_fact_known(f, COHMEM_FACT_POISON_COUNT) ||
	    cohmem_fact_number(f, COHMEM_FACT_POISON_OVERFLOW) ||
	    count > f->bound.nr_poison) {
		complain_as("failed", f->bdf,
			    "without --destructive, the bad pages are of no concern",
			    "not all of its bad pages are listed: they cannot be left out");
		return EXIT_FAIL;
	}
	return EXIT_OK;
}

static int test_one(struct test_run *run)
{
	const char *path = run->cli->value[OPT_REPORT];
	FILE *report = NULL;
	int ret;

	if (path) {
		report = create_own(path, "--report FILE names another");
		if (!report)
			return EXIT_FAIL;
	}
	ret = do_tests(run);
	if (run->t.nr && report)
		ret = test_report(run, report) ? -EIO : ret;
	if (report && fclose(report)) {
		complain(path, NULL, "%s", strerror(errno));
		ret = -EIO;
	}
	/* A report of nothing is none. */
	if (report && !run->t.nr)
		unlink(path);
	if (!run->t.nr)
		return EXIT_FAIL;
	if (run->cli->json)
		test_json(run);
	else
		test_text(run);
	if (ret || run->cli->signo)
		return EXIT_FAIL;
	return run->t.count[COHMEM_TEST_FAILED] ? EXIT_PROBLEMS : EXIT_OK;
}

static int test(struct cli *cli, int argc, char **argv)
{
	char (*bdfs)[COHMEM_BDF_LEN] = NULL;
	struct test_run *run;
	unsigned int nr = 0, i;
	int code;

	if (argc != 1)
		return usage_error(cli, "which function? give one address");
	if (cli->value[OPT_YES] && !cli->value[OPT_DESTRUCTIVE])
		return usage_error(cli, "--yes is for --destructive");
	code = open_host(cli);
	if (code)
		return code;
	run = calloc(1, sizeof(*run));
	if (!run) {
		complain(NULL, NULL, "out of memory");
		return EXIT_FAIL;
	}
	run->cli = cli;
	run->destructive = cli->value[OPT_DESTRUCTIVE];
	code = pick_funcs(cli, argc, argv, &bdfs, &nr);
	if (!code) {
		run->t.ctx = cli->ctx;
		run->t.f = cohmem_func_find(cli->ctx, bdfs[0]);
		cohmem_func_load(cli->ctx, run->t.f);
		code = may_test(cli, run->t.f, run->destructive);
	}
	if (!code && run->destructive)
		code = confirm(cli, bdfs[0]);
	if (!code)
		code = test_one(run);
	for (i = 0; i < COHMEM_MAX_REGIONS; i++)
		free(run->pattern[i].m.skip);
	free(bdfs);
	free(run);
	return code;
}

const struct command cmd_test = {
	.name = "test",
	.args = "BDF",
	.summary = "see whether a bound GPU does what a machine will want of it",
	.text =
"Opens the function over VFIO, as QEMU would, and looks: regions, configuration\n"
"space, mapping, padding, DMA mappings, reset, and how long the memory takes to\n"
"be ready. A few words of memory are written, read and put back; a function that\n"
"is in use is refused. With --destructive all of the memory is tested by\n"
"patterns, at its full speed, and is zero then; the address is asked for once\n"
"more. Pages noted as bad are left out. Exit status 3: something failed.\n",
	.takes = OPT_BIT(OPT_DESTRUCTIVE) | OPT_BIT(OPT_YES) |
		 OPT_BIT(OPT_REPORT),
	.takes_bdf = true,
	.fn = test,
};
