// SPDX-License-Identifier: GPL-2.0-only
/*
 * EGM between users: what one leaves, the next one does not find, and who clears
 * it leaves retired and bad blocks alone. What was left is put there and looked
 * for by the emulated GPU, so that nobody has to open the device for that.
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

#include "egm.h"
#include "scrubbing.h"

#define MARKS	16
#define TRACE	0x5a5a5a5a5a5a5a5aULL

/* Spread over all of it, the last bytes among them; none in a retired block. */
static u64 mark_at(unsigned int i)
{
	u64 size = egm_facts()->size;
	u64 off = size / MARKS * i + 4096 * i;

	if (i == MARKS - 1)
		off = size - 8;
	while (egm_is_retired(off))
		off = i == MARKS - 1 ? off - EGM_BLOCK : off + EGM_BLOCK;
	return off & ~7ULL;
}

static void mark(void)
{
	unsigned int i;

	for (i = 0; i < MARKS; i++)
		sim_egm_write(mark_at(i), &(u64){ TRACE + i }, 8);
}

static unsigned int marks_left(void)
{
	unsigned int i, nr = 0;
	u64 v;

	for (i = 0; i < MARKS; i++) {
		sim_egm_read(mark_at(i), &v, 8);
		nr += !!v;
	}
	return nr;
}

/* A user who leaves traces; @return how long close() took. */
static double use_it(void)
{
	double start;
	int fd = egm_open(0);

	mark();
	start = now_ms();
	egm_close(fd);
	return now_ms() - start;
}

static void cleared_after_the_last_close(void)
{
	double ms;
	int fd;

	egm_settle("close");
	fd = egm_open(0);
	CHECK_EQ(egm_u64("scrub_dirty"), 1);
	egm_close(fd);
	egm_cleared();

	ms = use_it();
	CHECK(ms < CLOSE_MS, "close took %.0f ms", ms);
	egm_cleared();
	egm_is("scrub_result", "ok");
	egm_is("scrub_state", "idle");
	CHECK_EQ(marks_left(), 0);
	CHECK_EQ(egm_u64("scrub_bytes"), egm_facts()->size);
	test_info("close took %.2f ms; %llu MiB were cleared in %llu ms", ms,
		  (unsigned long long)(egm_facts()->size / MiB),
		  (unsigned long long)egm_u64("scrub_ms"));
}

/* Whoever comes at once waits for it, and finds zeroes. */
static void the_next_user_finds_nothing(void)
{
	unsigned int i;
	u8 *p;
	int fd;

	egm_settle("close");
	use_it();
	fd = egm_open(0);
	CHECK_EQ(marks_left(), 0);
	p = egm_map(fd, 0, egm_facts()->size);
	for (i = 0; i < MARKS; i++)
		CHECK_EQ(load((u64 *)(p + mark_at(i))), 0);
	unmap(p, egm_facts()->size);
	egm_close(fd);
}

static void policy_open(void)
{
	double start;
	int fd;

	egm_settle("open");
	use_it();
	sleep_ms(300);
	CHECK_EQ(marks_left(), MARKS);
	CHECK_EQ(egm_u64("scrub_dirty"), 1);
	start = now_ms();
	fd = egm_open(0);
	test_info("open took %.0f ms", now_ms() - start);
	CHECK_EQ(marks_left(), 0);
	egm_close(fd);
}

static void policy_off(void)
{
	int fd;

	egm_settle("off");
	use_it();
	sleep_ms(300);
	CHECK_EQ(egm_u64("scrub_dirty"), 1);
	fd = egm_open(0);
	CHECK_EQ(marks_left(), MARKS);
	egm_close(fd);
	CHECK(egm_freed(AT_ONCE_MS), "it is closed");
	/* An administrator has it cleared all the same. */
	egm_set("scrub_start", "start");
	egm_cleared();
	CHECK_EQ(marks_left(), 0);
	egm_set("scrub", "default");
}

/* Clean is clean: nobody waits for anything. */
static void opening_what_is_clean(void)
{
	double ms, best = 1e9;
	unsigned int i;
	int fd;

	egm_settle("close");
	for (i = 0; i < 3; i++) {
		double start = now_ms();

		fd = egm_open(0);
		ms = now_ms() - start;
		best = min(best, ms);
		egm_close(fd);
		egm_cleared();
	}
	test_info("open of what is clean: %.2f ms", best);
	CHECK(best < 10 * slowness(), "%.2f ms", best);
}

/* Not a byte of a retired block is written; see the scenario for "not read". */
static void retired_blocks_are_left_alone(void)
{
	const struct egm_facts *e = need_egm();
	u64 off, v, want = 0x7e7e7e7e00112233ULL;
	unsigned int i;

	if (!e->nr_retired)
		SKIP("firmware has retired nothing");
	egm_settle("close");
	/* One: the others stay as nobody has ever touched them. */
	off = e->retired[1];
	for (i = 0; i < 3; i++)
		sim_egm_write(off + (EGM_BLOCK - 8) / 2 * i / 8 * 8, &want, 8);
	use_it();
	egm_cleared();
	CHECK_EQ(marks_left(), 0);
	for (i = 0; i < 3; i++) {
		sim_egm_read(off + (EGM_BLOCK - 8) / 2 * i / 8 * 8, &v, 8);
		CHECK_EQ(v, want);
	}
	/* What nobody can map is no reason to stay dirty. */
	CHECK_EQ(egm_u64("scrub_dirty"), 0);
}

/* A page that is noted as bad is left out, and then it is not clean. */
static void bad_pages_are_left_out(void)
{
	u64 page = facts()->page, off, v;
	char text[32];
	int fd;

	egm_settle("close");
	CHECK_EQ(egm_u64("poison_count"), 0);
	off = egm_good(4 * MiB, MiB) + 5 * page;
	snprintf(text, sizeof(text), "0x%llx",
		 (unsigned long long)(egm_facts()->base[0] + off));
	egm_set("poison_pages", text);
	CHECK_EQ(egm_u64("poison_count"), 1);
	CHECK_EQ(egm_u64("poison_pages"), egm_facts()->base[0] + off);

	fd = egm_open(0);
	sim_egm_write(off + 8, &(u64){ TRACE }, 8);
	sim_egm_write(off - 8, &(u64){ TRACE }, 8);
	sim_egm_write(off + page, &(u64){ TRACE }, 8);
	egm_close(fd);
	CHECK(egm_becomes("scrub_result", "skipped", CLEARED_MS),
	      "it was not left out");
	CHECK_EQ(egm_u64("scrub_skipped"), page);
	sim_egm_read(off + 8, &v, 8);
	CHECK(v == TRACE, "the bad page was written");
	sim_egm_read(off - 8, &v, 8);
	CHECK_EQ(v, 0);
	sim_egm_read(off + page, &v, 8);
	CHECK_EQ(v, 0);

	/* Not handed out, until an administrator accepts that. */
	CHECK_EQ(egm_u64("scrub_dirty"), 1);
	CHECK_EQ(__egm_open(0), -EIO);
	egm_set("scrub_accept_bad", "1");
	egm_close(egm_open(0));
	egm_set("scrub_accept_bad", "0");
	/* The clearing that this began leaves the page out, too: see it end first. */
	CHECK(egm_becomes("scrub_state", "idle", CLEARED_MS), "it is still cleared");

	snprintf(text, sizeof(text), "-0x%llx",
		 (unsigned long long)(egm_facts()->base[0] + off));
	egm_set("poison_pages", text);
	CHECK_EQ(egm_u64("poison_count"), 0);
	egm_settle("close");
	sim_egm_read(off + 8, &v, 8);
	CHECK_EQ(v, 0);
}

static void only_pages_of_ours(void)
{
	const struct egm_facts *e = need_egm();
	const u64 foreign[] = { e->base[0] - 1, e->base[0] + e->size, 0,
				facts()->mem_base };
	char text[32];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(foreign); i++) {
		snprintf(text, sizeof(text), "0x%llx",
			 (unsigned long long)foreign[i]);
		CHECK_EQ(file_write(egm_path(0, "poison_pages"), text), -ERANGE);
	}
	CHECK_EQ(file_write(egm_path(0, "poison_pages"), "bad"), -EINVAL);
	CHECK_EQ(file_write(egm_path(0, "scrub"), "sometimes"), -EINVAL);
	CHECK_EQ(file_write(egm_path(0, "scrub_start"), "now"), -EINVAL);
	CHECK_EQ(egm_u64("poison_count"), 0);
}

/* Whoever waits for the clearing can be killed, and it goes on. */
static void waiting_can_be_killed(void)
{
	double start;
	int status, fd;
	pid_t pid;

	egm_settle("open");
	fd = egm_open(0);
	mark();
	egm_close(fd);
	CHECK(egm_freed(AT_ONCE_MS), "it is closed");
	pid = fork();
	if (!pid) {
		__egm_open(0);
		pause();
		_exit(0);
	}
	CHECK(egm_becomes("scrub_state", "running", AT_ONCE_MS) ||
	      !egm_u64("scrub_dirty"), "nothing is cleared");
	start = now_ms();
	kill(pid, SIGKILL);
	CHECK(waitpid(pid, &status, 0) == pid, "%s", strerror(errno));
	test_info("dead after %.0f ms", now_ms() - start);
	CHECK(now_ms() - start < AT_ONCE_MS, "it could not be killed");
	egm_settle("close");
	CHECK_EQ(marks_left(), 0);
}

/* How far it is can be followed, and it can be stopped. */
static void progress(void)
{
	u64 bytes, last = 0, seen = 0;
	double end;

	egm_settle("off");
	use_it();
	CHECK(egm_freed(AT_ONCE_MS), "it is closed");
	egm_set("scrub_cpus", "0");
	egm_set("scrub_start", "start");
	end = now_ms() + CLEARED_MS;
	while (egm_u64("scrub_dirty") && now_ms() < end) {
		bytes = egm_u64("scrub_bytes");
		CHECK(bytes <= egm_facts()->size, "more than there is: %llu",
		      (unsigned long long)bytes);
		seen += bytes > last;
		last = bytes;
	}
	egm_cleared();
	CHECK_EQ(marks_left(), 0);
	test_info("%llu different numbers of bytes, %llu ms by one CPU",
		  (unsigned long long)seen,
		  (unsigned long long)egm_u64("scrub_ms"));
	CHECK(seen >= 2, "no progress was seen");
	egm_set("scrub_cpus", "default");
	CHECK_EQ(file_write(egm_path(0, "scrub_cpus"), "9999"), -ERANGE);
	egm_set("scrub", "default");
}

struct part {
	pthread_t thread;
	u8 *p;
	u64 from, to;
};

static void *memset_thread(void *arg)
{
	struct part *t = arg;
	u64 off;

	for (off = t->from; off < t->to; off += EGM_BLOCK)
		if (!egm_is_retired(off))
			memset(t->p + off, 0, EGM_BLOCK);
	return NULL;
}

/* The same by memset(), on all CPUs. */
static double memset_ms(u8 *p, u64 size)
{
	unsigned int nr = min(get_nprocs(), 64), i;
	double start = now_ms();
	struct part t[64];

	for (i = 0; i < nr; i++) {
		t[i].p = p;
		t[i].from = size / EGM_BLOCK * i / nr * EGM_BLOCK;
		t[i].to = size / EGM_BLOCK * (i + 1) / nr * EGM_BLOCK;
		pthread_create(&t[i].thread, NULL, memset_thread, &t[i]);
	}
	for (i = 0; i < nr; i++)
		pthread_join(t[i].thread, NULL);
	return now_ms() - start;
}

/*
 * A figure. Before 6.17 what is cleared is cleaned out of the caches, too, as guests
 * go around them: an instruction a line, which in emulation is a call.
 */
static void against_memset(void)
{
	u64 size = need_egm()->size;
	double set = 1e9, scrub = 1e9, ms;
	unsigned int i;
	u8 *p;
	int fd;

	egm_settle("close");
	for (i = 0; i < 3; i++) {
		fd = egm_open(0);
		p = egm_map_aligned(fd, 0, size, 2 * MiB);
		memset_ms(p, size);
		ms = memset_ms(p, size);
		set = min(set, ms);
		unmap(p, size);
		egm_close(fd);
		egm_cleared();
		ms = egm_u64("scrub_ms");
		scrub = min(scrub, ms);
	}
	test_info("%llu MiB: memset() by %d CPUs %.0f ms, cleared in %.0f ms: %.2f x",
		  (unsigned long long)(size / MiB), get_nprocs(), set, scrub,
		  set / max(scrub, 1.0));
	if (kernel_version() < 61700)
		SKIP("this kernel has caches cleaned as well: no even figure");
	if (kernel_slowness() > 1)
		SKIP("this kernel checks its own stores, and not a user's: no even figure");
#ifdef __x86_64__
	SKIP("an emulated amd64 kernel clears a byte at a time (rep stosb): no even figure");
#endif
	CHECK(scrub < 5 * set + 20, "%.0f ms, memset() %.0f ms", scrub, set);
}

/* Nobody knows who had it before the driver came. */
static void cleared_as_it_turns_up(void)
{
	need_egm();
	if (egm_gpus() > 1)
		SKIP("another GPU of the socket keeps it");
	egm_settle("close");
	mark();
	rebind();
	egm_cleared();
	CHECK_EQ(marks_left(), 0);
}

SUITE(TEST_LONG(cleared_as_it_turns_up, 120),
      TEST_LONG(cleared_after_the_last_close, 120),
      TEST_LONG(the_next_user_finds_nothing, 120), TEST_LONG(policy_open, 120),
      TEST_LONG(policy_off, 120), TEST_LONG(opening_what_is_clean, 120),
      TEST_LONG(retired_blocks_are_left_alone, 120),
      TEST_LONG(bad_pages_are_left_out, 120), TEST(only_pages_of_ours),
      TEST_LONG(waiting_can_be_killed, 120), TEST_LONG(progress, 120),
      TEST_LONG(against_memset, 180));
