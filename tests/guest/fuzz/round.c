// SPDX-License-Identifier: GPL-2.0-only
/*
 * A round: a device is opened, processes do their sequences on it, somebody
 * watches that none hangs, and at the end all is as it was.
 */
#include <dirent.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "act.h"

/* Actors 0 and 1 are threads of one process, 2 and 3 of another. */
#define NR_PROCS	4
static const struct {
	unsigned int first, nr;
} procs[NR_PROCS] = { { 0, 2 }, { 2, 2 }, { 4, 1 }, { FUZZ_MACHINE, 1 } };

/* A process that has been killed may take so long to be gone. */
#define DEATH_MS	60000

unsigned int fuzz_limit_s = 45;

static unsigned int limit_ms(void)
{
	return fuzz_limit_s * 1000 * kernel_slowness();
}

/* Pages that come late: some milliseconds after they are missed. */
static void *late_pages(void *arg)
{
	struct proc *p = arg;
	struct pollfd pfd = { .fd = p->uffd, .events = POLLIN };
	u64 page = p->w->g.page;
	struct uffd_msg msg;

	for (;;) {
		if (poll(&pfd, 1, 1000) != 1 ||
		    read(p->uffd, &msg, sizeof(msg)) != sizeof(msg) ||
		    msg.event != UFFD_EVENT_PAGEFAULT)
			continue;
		sleep_ms(msg.arg.pagefault.address / page % 16);
		struct uffdio_zeropage zero = { .range = {
			msg.arg.pagefault.address / page * page, page,
		} };
		if (ioctl(p->uffd, UFFDIO_ZEROPAGE, &zero))
			ioctl(p->uffd, UFFDIO_WAKE, &zero.range);
	}
	return NULL;
}

static void *actor_thread(void *arg)
{
	struct actor *a = arg;
	struct stage *st = &a->w->stage[a->nr];

	st->tid = syscall(SYS_gettid);
	actor_run(a);
	return NULL;
}

/* One process with its actors. */
static void run_process(struct world *w, unsigned int nr)
{
	static struct actor actors[2];
	static struct proc p;
	struct uffdio_api api = { .api = UFFD_API };
	pthread_t thread[2], late;
	unsigned int i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_IGN);
	proc_init(&p, w);
	if (nr + 1 < NR_PROCS) {
		p.uffd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
		if (p.uffd >= 0 && ioctl(p.uffd, UFFDIO_API, &api)) {
			close(p.uffd);
			p.uffd = -1;
		}
	}
	for (i = 0; i < procs[nr].nr; i++) {
		w->stage[procs[nr].first + i].pid = getpid();
		actor_init(&actors[i], w, &p, procs[nr].first + i);
	}
	if (p.uffd >= 0)
		CHECK(!pthread_create(&late, NULL, late_pages, &p), "thread");
	for (i = 0; i < procs[nr].nr; i++)
		CHECK(!pthread_create(&thread[i], NULL, actor_thread,
				      &actors[i]), "thread");
	for (i = 0; i < procs[nr].nr; i++)
		pthread_join(thread[i], NULL);
	sim_close();
	_exit(0);
}

static void find_paths(struct world *w)
{
	char link[256], *name;
	ssize_t n = readlink(dev_path("iommu_group"), link, sizeof(link) - 1);
	DIR *dir = opendir(dev_path("vfio-dev"));
	struct dirent *e;

	if (n > 0) {
		link[n] = 0;
		name = strrchr(link, '/');
		snprintf(w->group_path, sizeof(w->group_path), "/dev/vfio/%.40s",
			 name ? name + 1 : link);
	}
	while (dir && (e = readdir(dir)))
		if (!strncmp(e->d_name, "vfio", 4))
			snprintf(w->cdev_path, sizeof(w->cdev_path),
				 "/dev/vfio/devices/%.40s", e->d_name);
	if (dir)
		closedir(dir);
}

static void prepare(struct world *w, const struct program *p)
{
	u64 kind = fuzz_mix(p->seed ^ 1), v;
	unsigned int i;

	w->program = *p;
	w->unbinding = kind / 2 % 8 == 0;
	w->faults = have_sim() && kind & 1 && !w->unbinding;
	if (have_sim()) {
		sim_defaults();
		sim_training(kind / 16 % 200);
	}
	dev_open(&w->d);
	set_command(&w->d, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 0);
	CHECK_EQ(reg_read(&w->d, 4, 0, &v, 8), 8);
	w->pm = cfg_cap(&w->d, PCI_CAP_ID_PM);
	w->exp = cfg_cap(&w->d, PCI_CAP_ID_EXP);
	find_paths(w);
	for (i = 0; i < FUZZ_EVENTFDS; i++)
		w->eventfd[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	quiet_fill(w);
	/*
	 * What is watched is not there while the memory is not ready: a part that
	 * fails without a word would show zeros, which is nobody's fault.
	 */
	if (have_sim() && !w->faults)
		sim("watch add %llu %llu", (unsigned long long)w->g.quiet,
		    (unsigned long long)w->g.quiet_len);
	w->start = now_ms();
}

/* The driver is unbound, which waits for us to close the device, and bound again. */
static pid_t start_unbinder(struct world *w)
{
	struct dev ours = w->d;
	pid_t pid;

	if (!w->unbinding)
		return 0;
	pid = fork();
	CHECK(pid >= 0, "fork: %s", strerror(errno));
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* This process's descriptors; what all share stays as it is. */
	dev_close(&ours);
	sleep_ms(200);
	rebind();
	_exit(0);
}

/* Who has been in a call for too long? */
static void look_for_hangs(struct world *w)
{
	unsigned int a;

	for (a = 0; a < FUZZ_ACTORS && !w->failed; a++) {
		struct stage *st = &w->stage[a];
		struct stopwatch since = st->since;
		unsigned int at = st->at;
		char text[300];
		struct step s;

		if (!__atomic_load_n(&st->busy, __ATOMIC_ACQUIRE) ||
		    stopwatch_ms(&since) < limit_ms() || st->at != at)
			continue;
		step_make(&s, st->ring[at % FUZZ_RING].id, a == FUZZ_MACHINE ?
			  POOL_MACHINE : POOL_USER, &w->g);
		step_text(&s, text, sizeof(text));
		test_info("actor %u does not come back:", a);
		test_show_stack(st->tid);
		world_fail(w, "actor %u: %s: has not returned after %u s", a,
			   text, limit_ms() / 1000);
	}
}

/* Has @pid ended? Not waited for beyond @ms, which stretches. */
static bool gone(pid_t pid, int *status, double ms)
{
	struct stopwatch watch = stopwatch_start();

	for (;;) {
		if (waitpid(pid, status, WNOHANG) != 0)
			return true;
		if (stopwatch_ms(&watch) >= ms)
			return false;
		sleep_ms(5);
	}
}

static void ended(struct world *w, const char *who, unsigned int nr, int status)
{
	if (WIFSIGNALED(status))
		world_fail(w, "%s %u died of signal %d (%s)", who, nr,
			   WTERMSIG(status), strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status))
		world_fail(w, "%s %u gave up, see above", who, nr);
}

/*
 * Until all users have done what they had to, or somebody has failed. The machine
 * ends with them: alone it would be of no use.
 */
static void watch_over(struct world *w, pid_t pid[NR_PROCS + 1])
{
	unsigned int i, left = NR_PROCS - 1;
	int status;

	while (left && !__atomic_load_n(&w->stop, __ATOMIC_ACQUIRE)) {
		for (i = 0; i < NR_PROCS; i++) {
			if (!pid[i] || !gone(pid[i], &status, 0))
				continue;
			pid[i] = 0;
			left -= i + 1 < NR_PROCS;
			ended(w, "process", i, status);
		}
		if (pid[NR_PROCS] && gone(pid[NR_PROCS], &status, 0)) {
			pid[NR_PROCS] = 0;
			ended(w, "the owner of the quiet memory,", 0, status);
		}
		look_for_hangs(w);
		sleep_ms(20);
	}
	__atomic_store_n(&w->stop, true, __ATOMIC_RELEASE);
	/* The owner may be waiting for memory that is not ready. */
	for (i = 0; i <= NR_PROCS; i++) {
		if (!pid[i])
			continue;
		if (!w->failed && gone(pid[i], &status, limit_ms())) {
			ended(w, "process", i, status);
			continue;
		}
		if (!w->failed)
			world_fail(w, "process %u does not end", i);
		kill(pid[i], SIGKILL);
		if (!gone(pid[i], &status, DEATH_MS * kernel_slowness()))
			world_fail(w, "process %u cannot be killed", i);
	}
}

/* All that a machine may have changed; words that are not there do not matter. */
static void put_back(void)
{
	static const char *const words[][2] = {
		{ "poison_pages", "-all" }, { "poison_policy", "map" },
		{ "flush_on_reset", "0" }, { "scrub_accept_bad", "0" },
		{ "scrub_cpus", "default" }, { "scrub", "default" },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		file_write(dev_path("cohmem/%s", words[i][0]), words[i][1]);
}

/*
 * After all that a reset has to bring it back. While the driver is being unbound
 * none can be had, and nothing has failed that needs one.
 */
static void comes_back(struct world *w)
{
	struct actor a = { .w = w };
	double end = now_ms() + limit_ms();
	struct outcome o = { 0 };
	int ret = 0;
	u64 v;

	do_wake(&a, NULL, &o);
	while (!w->unbinding) {
		ret = dev_reset(&w->d);
		/* Somebody else may be resetting it. */
		if (ret != -EAGAIN || now_ms() > end)
			break;
		sleep_ms(50);
	}
	if (ret) {
		world_fail(w, "the last reset: %s", strerror(-ret));
		return;
	}
	do_wake(&a, NULL, &o);
	if (o.ret || reg_read(&w->d, 4, w->g.quiet, &v, 8) != 8)
		world_fail(w, "the memory does not come back: %s",
			   strerror(errno));
}

/**
 * round_run() - a round, to its end; its process ends with it
 * @w: shared by all; becomes what came of it
 * @p: what is to be done
 */
void round_run(struct world *w, const struct program *p)
{
	pid_t pid[NR_PROCS + 1], unbinder;
	u64 early = 0;
	unsigned int i;
	int status;

	prepare(w, p);
	if (have_sim())
		early = sim_counter("touched_early");
	sim_close();
	fflush(stdout);
	unbinder = start_unbinder(w);
	for (i = 0; i <= NR_PROCS; i++) {
		pid[i] = fork();
		CHECK(pid[i] >= 0, "fork: %s", strerror(errno));
		if (pid[i])
			continue;
		if (i < NR_PROCS)
			run_process(w, i);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		quiet_owner(w);
		_exit(0);
	}
	watch_over(w, pid);
	put_back();
	if (have_sim())
		sim_defaults();
	if (!w->failed)
		comes_back(w);
	if (have_sim() && !w->faults && !w->failed) {
		early = sim_counter("touched_early") - early;
		if (early)
			world_fail(w, "%llu pages were touched while the memory was not ready",
				   (unsigned long long)early);
	}
	sim_close();
	dev_close(&w->d);
	for (i = 0; i < FUZZ_EVENTFDS; i++)
		close(w->eventfd[i]);
	if (unbinder) {
		if (!gone(unbinder, &status, DEATH_MS * kernel_slowness()))
			world_fail(w, "unbinding does not end, though all is closed");
		else
			ended(w, "unbinding", 0, status);
		put_back();
	}
}

struct line {
	struct trace t;
	unsigned int actor;
	unsigned int at;
};

static int by_time(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	if (x->t.start_ms != y->t.start_ms)
		return x->t.start_ms < y->t.start_ms ? -1 : 1;
	return (int)x->actor - (int)y->actor;
}

/**
 * world_tell() - the last steps of everybody, by time, and the whole program
 * @w: the round
 */
void world_tell(const struct world *w)
{
	static struct line lines[FUZZ_ACTORS * FUZZ_RING];
	static char text[20 * FUZZ_STEPS];
	unsigned int a, i, nr = 0;
	struct step s;

	for (a = 0; a < FUZZ_ACTORS; a++) {
		const struct stage *st = &w->stage[a];
		unsigned int end = st->at + st->busy;

		for (i = end > FUZZ_RING ? end - FUZZ_RING : 0; i < end; i++)
			lines[nr++] = (struct line){ st->ring[i % FUZZ_RING], a,
						     i };
	}
	qsort(lines, nr, sizeof(lines[0]), by_time);
	for (i = nr > 150 ? nr - 150 : 0; i < nr; i++) {
		const struct line *l = &lines[i];
		const struct stage *st = &w->stage[l->actor];

		step_make(&s, l->t.id, l->actor == FUZZ_MACHINE ? POOL_MACHINE :
			  POOL_USER, &w->g);
		step_text(&s, text, sizeof(text));
		if (l->at == st->at && st->busy)
			test_info("%6u ms %u.%u %s: not back", l->t.start_ms,
				  l->actor, l->at, text);
		else
			test_info("%6u ms %u.%u %s = %ld%s%s, %u us",
				  l->t.start_ms, l->actor, l->at, text,
				  l->t.ret, l->t.ret < 0 ? " " : "",
				  l->t.ret < 0 ? strerrorname_np(l->t.err) : "",
				  l->t.us);
	}
	printf("#> seed: %llx\n", (unsigned long long)w->program.seed);
	for (a = 0; a < FUZZ_ACTORS; a++)
		if (program_line(&w->program.list[a], a, text, sizeof(text)) > 0)
			printf("#> %s\n", text);
	fflush(stdout);
}
