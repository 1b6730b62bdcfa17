// SPDX-License-Identifier: GPL-2.0-only
/*
 * cohmem-fuzz: random sequences of every call on the device, by several processes
 * at once, in rounds. See tests/guest/fuzz/README.md.
 */
#include <getopt.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "act.h"

#define CORPUS	64

/* What is shared by the tests, each of which is a process of its own. */
static struct state {
	struct world w;
	struct program failed;
	struct list corpus[2][CORPUS];	/* of users, of machines */
	unsigned int nr_corpus[2];
	unsigned int rounds;
	u64 calls[NR_CALLS], errors[NR_CALLS];
	u64 quiet_checks, quiet_refused, quiet_turns;
	struct memory {
		u64 free, slab, tables;
	} before, after;
} *state;

static struct {
	u64 seed;
	unsigned int seconds, steps, tries;
	const char *replay;
	bool shrink, no_kcov, lenient;
} opt = { .seconds = 30, .steps = 120, .tries = 60 };

static struct geometry geometry(void)
{
	const struct facts *f = facts();

	return (struct geometry){
		.page = f->page, .mem_base = f->mem_base, .hbm = f->hbm,
		.usemem = f->usemem, .usemem_bar = f->usemem_bar,
		.resmem = f->resmem,
		.bar2 = f->split ? f->resmem_bar : real_bar(2),
		.quiet = 64 * MiB, .quiet_len = 2 * MiB,
	};
}

static struct memory memory_now(void)
{
	return (struct memory){
		meminfo("MemAvailable") * KiB, meminfo("SUnreclaim") * KiB,
		meminfo("PageTables") * KiB,
	};
}

static enum fuzz_pool pool_of(enum fuzz_call call)
{
	return call < NR_USER_CALLS ? POOL_USER : POOL_MACHINE;
}

/* What a round has shown goes into the books. */
static void count(const struct world *w)
{
	char text[300];
	struct step s;
	unsigned int i;

	for (i = 0; i < NR_CALLS; i++) {
		state->calls[i] += w->calls[i];
		state->errors[i] += w->errors[i];
		if (!w->odd[i])
			continue;
		step_make(&s, w->odd_step[i], pool_of(i), &w->g);
		step_text(&s, text, sizeof(text));
		test_info("not declared: %s: %s", text, strerror(w->odd[i]));
	}
	state->quiet_checks += w->quiet_checks;
	state->quiet_refused += w->quiet_refused;
	state->quiet_turns += w->quiet_turns;
}

/* A round in a process of its own; false if it failed, the reason is in @w. */
static bool try_round(const struct program *p, int kmsg, enum sabotage wrong)
{
	struct world *w = &state->w;
	char line[400];
	int status;
	pid_t pid;

	memset(w, 0, sizeof(*w));
	w->g = geometry();
	w->lenient = opt.lenient;
	w->sabotage = wrong;
	fflush(stdout);
	pid = fork();
	if (!pid) {
		round_run(w, p);
		exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		world_fail(w, "a round cannot be begun: %s", strerror(errno));
	else if (status)
		world_fail(w, "the round was left, see above");
	if (kmsg >= 0 && kmsg_trouble(kmsg, line, sizeof(line)))
		world_fail(w, "kernel log: %s", line);
	return !w->failed;
}

/* Sequences that were where nobody had been are what others are made of. */
static void learn(void)
{
	struct world *w = &state->w;
	unsigned int a, kind;

	for (a = 0; a < FUZZ_ACTORS; a++) {
		if (!w->stage[a].fresh)
			continue;
		kind = a == FUZZ_MACHINE;
		state->corpus[kind][state->nr_corpus[kind]++ % CORPUS] =
			w->program.list[a];
	}
}

static const struct list *pick(unsigned int kind, u64 *x)
{
	*x = fuzz_mix(*x);
	return &state->corpus[kind][*x % min(state->nr_corpus[kind], CORPUS)];
}

/* The program of a round: from its seed, or every other time from the corpus. */
static void next_program(struct program *p, u64 seed)
{
	u64 x = fuzz_mix(seed ^ 2);
	unsigned int a, kind;

	program_from_seed(p, seed, opt.steps);
	if (state->rounds % 2 == 0 || opt.no_kcov)
		return;
	for (a = 0; a < FUZZ_ACTORS; a++) {
		kind = a == FUZZ_MACHINE;
		if (state->nr_corpus[kind])
			list_mutate(&p->list[a], pick(kind, &x), pick(kind, &x),
				    x);
	}
}

/* The first round's seed is the run's, so that one can be had again alone. */
static u64 round_seed(unsigned int nr)
{
	return nr ? fuzz_mix(opt.seed + nr) : opt.seed;
}

static bool read_program(struct program *p, const char *path)
{
	FILE *f = fopen(path, "r");
	char line[20 * FUZZ_STEPS], *at;
	bool ok = true;

	if (!f)
		FAIL("%s: %s", path, strerror(errno));
	memset(p, 0, sizeof(*p));
	while (ok && fgets(line, sizeof(line), f)) {
		at = strstr(line, "#> ");
		ok = !at || program_parse_line(p, at + 3);
	}
	fclose(f);
	return ok && program_steps(p);
}

/* --replay: a file that holds a failed run's log, or SEED[:STEPS]. */
static void replayed(struct program *p)
{
	char *end;
	u64 seed;

	if (file_exists(opt.replay)) {
		CHECK(read_program(p, opt.replay), "%s holds no program",
		      opt.replay);
		return;
	}
	seed = strtoull(opt.replay, &end, 16);
	CHECK(end > opt.replay && (!*end || *end == ':'),
	      "\"%s\" is no seed and no file", opt.replay);
	program_from_seed(p, seed, opt.steps);
	CHECK(!*end || program_parse_choice(p, end + 1),
	      "\"%s\" is no choice of steps", end + 1);
}

struct shrink {
	int kmsg;
	double start;
};

static bool still_fails(const struct program *p, void *arg)
{
	struct shrink *s = arg;
	bool fails = !try_round(p, s->kmsg, SABOTAGE_NONE);

	if (fails)
		test_info("%u steps: %s", program_steps(p), state->w.verdict);
	return fails;
}

static void shrink(int kmsg)
{
	struct shrink s = { kmsg, now_ms() };
	unsigned int asked;

	asked = program_shrink(&state->failed, still_fails, &s, opt.tries);
	test_info("after %u tries %u steps are left; they do:", asked,
		  program_steps(&state->failed));
	if (!try_round(&state->failed, kmsg, SABOTAGE_NONE))
		world_tell(&state->w);
	else
		test_info("nothing, this time: it takes luck");
}

static void tell_calls(void)
{
	unsigned int i, unused = 0;
	u64 sum = 0, errors = 0;

	for (i = 0; i < NR_CALLS; i++) {
		sum += state->calls[i];
		errors += state->errors[i];
		unused += !state->calls[i];
		test_info("%-26s %6llu, %llu of them refused",
			  fuzz_call_name(i),
			  (unsigned long long)state->calls[i],
			  (unsigned long long)state->errors[i]);
	}
	test_info("seed %llx: %u rounds, %llu calls, %llu refused, %u kinds not made",
		  (unsigned long long)opt.seed, state->rounds,
		  (unsigned long long)sum, (unsigned long long)errors, unused);
	test_info("quiet memory: looked at %llu times, changed %llu times, refused %llu times",
		  (unsigned long long)state->quiet_checks,
		  (unsigned long long)state->quiet_turns,
		  (unsigned long long)state->quiet_refused);
	if (kcov_there() && !opt.no_kcov)
		test_info("%u places of the driver reached, by %u sequences",
			  kcov_reached(),
			  state->nr_corpus[0] + state->nr_corpus[1]);
}

static void sequences(void)
{
	/* By the clock: a slow host is to make fewer rounds, not a longer run. */
	double end = now_ms() + opt.seconds * 1000.0;
	int kmsg = kmsg_open();
	struct program p;
	bool ok;

	if (!opt.no_kcov)
		kcov_init();
	do {
		if (opt.replay)
			replayed(&p);
		else
			next_program(&p, round_seed(state->rounds));
		ok = try_round(&p, kmsg, SABOTAGE_NONE);
		state->rounds++;
		count(&state->w);
		if (!ok)
			break;
		learn();
		/* The first rounds fill what is kept for good. */
		if (state->rounds == 2)
			state->before = memory_now();
	} while (!opt.replay && now_ms() < end);
	state->after = memory_now();
	if (ok) {
		tell_calls();
		CHECK(state->quiet_checks, "nobody looked at the quiet memory");
		return;
	}
	test_info("round %u, seed %llx: %s", state->rounds - 1,
		  (unsigned long long)p.seed, state->w.verdict);
	world_tell(&state->w);
	test_info("again: cohmem-fuzz --replay %llx, or with the lines above in a file",
		  (unsigned long long)p.seed);
	state->failed = p;
	if (opt.shrink)
		shrink(kmsg);
	FAIL("%s", state->w.verdict[0] ? state->w.verdict : "shrunk");
}

/* Before it is believed that nothing is wrong: is what is wrong seen? */
static void is_seen(enum sabotage wrong, const char *words)
{
	struct program p;
	unsigned int a;

	/* A seed of no failing part and no unbinding, see prepare(); and peace. */
	program_from_seed(&p, 3, 1);
	for (a = 1; a < FUZZ_MACHINE; a++)
		p.list[a].nr = 0;
	CHECK(!try_round(&p, -1, wrong), "a round with sabotage has passed");
	CHECK(strstr(state->w.verdict, words), "it was seen as: %s",
	      state->w.verdict);
}

static void a_changed_byte_is_seen(void)
{
	if (!have_sim())
		SKIP("no emulated superchip that could change one");
	is_seen(SABOTAGE_MEMORY, "quiet memory at");
}

static void a_hang_is_seen(void)
{
	fuzz_limit_s = 3;
	is_seen(SABOTAGE_HANG, "has not returned");
}

/* After all that: a device as if nothing had been. */
static void the_device_still_works(void)
{
	struct dev d;
	u64 v;

	dev_still_works();
	rebind();
	dev_open(&d);
	CHECK_EQ(reg_read(&d, 4, 4096, &v, sizeof(v)), sizeof(v));
	dev_close(&d);
}

static void grown(const char *what, u64 before, u64 after)
{
	/* KASAN keeps what was freed for a while: a 32nd of the machine. */
	u64 room = kernel_slowness() > 1 ? 160 * MiB : 24 * MiB;

	test_info("%s: %lld KiB more", what,
		  ((long long)after - (long long)before) / 1024);
	CHECK(after < before + room, "%s: %lld KiB more than after two rounds",
	      what, ((long long)after - (long long)before) / 1024);
}

static void memory_is_flat(void)
{
	struct memory *b = &state->before, *a = &state->after;

	if (state->rounds < 4)
		SKIP("%u rounds are too few to tell", state->rounds);
	grown("slab", b->slab, a->slab);
	grown("page tables", b->tables, a->tables);
	grown("memory in use", 0, b->free > a->free ? b->free - a->free : 0);
}

static int usage(void)
{
	fprintf(stderr,
		"usage: cohmem-fuzz [--seed HEX] [--seconds N] [--steps N] [--limit S]\n"
		"                   [--replay HEX[:STEPS] | --replay FILE] [--shrink [--tries N]]\n"
		"                   [--no-kcov] [--lenient]\n");
	return 2;
}

static bool options(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "seed", 1, NULL, 's' }, { "seconds", 1, NULL, 't' },
		{ "steps", 1, NULL, 'n' }, { "limit", 1, NULL, 'l' },
		{ "replay", 1, NULL, 'r' }, { "shrink", 0, NULL, 'x' },
		{ "tries", 1, NULL, 'y' }, { "no-kcov", 0, NULL, 'k' },
		{ "lenient", 0, NULL, 'e' }, {},
	};
	int c;

	opt.seed = fuzz_mix(time(NULL)) >> 32;
	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1)
		switch (c) {
		case 's': opt.seed = strtoull(optarg, NULL, 16); break;
		case 't': opt.seconds = strtoul(optarg, NULL, 0); break;
		case 'n': opt.steps = strtoul(optarg, NULL, 0); break;
		case 'l': fuzz_limit_s = strtoul(optarg, NULL, 0); break;
		case 'r': opt.replay = optarg; break;
		case 'x': opt.shrink = true; break;
		case 'y': opt.tries = strtoul(optarg, NULL, 0); break;
		case 'k': opt.no_kcov = true; break;
		case 'e': opt.lenient = true; break;
		default: return false;
		}
	return optind == argc && opt.steps && fuzz_limit_s;
}

int main(int argc, char **argv)
{
	struct test tests[] = {
		TEST_LONG(a_changed_byte_is_seen, 120),
		TEST_LONG(a_hang_is_seen, 120), TEST_LONG(sequences, 0),
		TEST_LONG(the_device_still_works, 120), TEST(memory_is_flat),
	};

	if (!options(argc, argv))
		return usage();
	/* What is in a round when time is over may take its time. */
	tests[2].seconds = opt.seconds + 300 + 2 * fuzz_limit_s +
			   (opt.shrink ? opt.tries * 60 : 0);
	state = mmap(NULL, sizeof(*state), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (state == MAP_FAILED)
		return 1;
	printf("# seed %llx\n", (unsigned long long)opt.seed);
	return test_main(tests, ARRAY_SIZE(tests), 1, argv);
}
