// SPDX-License-Identifier: GPL-2.0-only
/*
 * All GPUs of the machine in use at once, by everything that a user can do and all
 * kinds of resets, for a long time: nothing is lost, nothing grows, nobody stands
 * still.
 *
 * In turns: in each, every GPU has a process of its own that opens it, has threads
 * use it in every way, and closes it; between two turns every driver is unbound and
 * bound. What is measured, is measured there, where nothing is in use.
 *
 * COHMEM_BUSY_SECONDS: how long in all (60).
 */
#include <dirent.h>
#include <linux/pci_regs.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "copy.h"

#define TURNS		6
#define MAX_GPUS	8
/* Written once, in the first turn, and there in the last. */
#define KEPT		(8 * MiB)
/* What a thread of its own writes and reads back. */
#define OWN		(16 * MiB)
#define OWN_LEN		(64 * KiB)
#define IOVA		(4 * GiB)
#define STALL_MS	1000

static u64 signature(unsigned int gpu, u64 off)
{
	return (off / facts()->page + 1) * 0x9e3779b97f4a7c15ULL + gpu;
}

static unsigned int seconds(void)
{
	const char *text = getenv("COHMEM_BUSY_SECONDS");

	return text && *text ? atoi(text) : 60;
}

static unsigned int nr_gpus(void)
{
	unsigned int n = 0;

	while (n < MAX_GPUS && use_gpu(n))
		n++;
	use_gpu(0);
	return n;
}

/* --- A GPU's user ------------------------------------------------------------- */

/* Shared with who judges. */
struct book {
	u64 loads, refused, reads, maps, exports, copies, resets, writes;
};

struct user {
	struct dev d;
	unsigned int gpu;
	struct book *book;
	u64 seed;
	unsigned int resets;	/* odd: one is under way */
	volatile bool stop;
};

static void look(struct user *u, const u8 *p, u64 off)
{
	struct fault f;
	u64 v;

	if (!try_load((const u64 *)p, &v, &f)) {
		CHECK(f.sig == SIGBUS, "%s", fault_str(&f));
		u->book->refused++;
		return;
	}
	CHECK(v == signature(u->gpu, off), "GPU %u: %#llx shows %#llx, want %#llx",
	      u->gpu, (unsigned long long)off, (unsigned long long)v,
	      (unsigned long long)signature(u->gpu, off));
	u->book->loads++;
}

static void *loading(void *arg)
{
	struct user *u = arg;
	u64 page = facts()->page, seed = u->seed, off;
	u8 *p = map_aligned(&u->d, 4, 0, KEPT, 2 * MiB, 0);

	while (!u->stop) {
		off = mix(&seed) % (KEPT / page) * page;
		look(u, p + off, off);
	}
	unmap(p, KEPT);
	return NULL;
}

static void *mapping(void *arg)
{
	struct user *u = arg;
	u64 page = facts()->page, seed = u->seed + 1;

	while (!u->stop) {
		u64 first = mix(&seed) % (KEPT / page / 2) * page;
		u64 len = (4 + mix(&seed) % 512) * page;
		u8 *p = map_aligned(&u->d, 4, first, len, 2 * MiB,
				    mix(&seed) % 2 * page);
		unsigned int i;

		for (i = 0; i < 4 && !u->stop; i++) {
			u64 off = mix(&seed) % (len / page) * page;

			look(u, p + off, first + off);
		}
		if (mix(&seed) % 2)
			madvise(p, len, MADV_DONTNEED);
		unmap(p, len);
		u->book->maps++;
	}
	return NULL;
}

/* By read() and write(): what was written is read, or there is an error. */
static void *reading(void *arg)
{
	struct user *u = arg;
	u64 seed = u->seed + 2, what;
	static __thread u8 buf[OWN_LEN];
	ssize_t n;

	while (!u->stop) {
		what = mix(&seed);
		fill(buf, sizeof(buf), what);
		if (reg_write(&u->d, 4, OWN, buf, sizeof(buf)) != OWN_LEN)
			continue;
		u->book->writes++;
		memset(buf, 0, sizeof(buf));
		do {
			n = reg_read(&u->d, 4, OWN, buf, sizeof(buf));
			CHECK(n == OWN_LEN || (n < 0 && errno == EIO),
			      "read: %zd (%s)", n, strerror(errno));
		} while (n != OWN_LEN && !u->stop);
		CHECK(n != OWN_LEN || mismatch(buf, OWN_LEN, what) == -1,
		      "GPU %u: byte %ld is not what was written", u->gpu,
		      mismatch(buf, OWN_LEN, what));
		u->book->reads++;
	}
	return NULL;
}

static void *exporting(void *arg)
{
	struct user *u = arg;
	u64 seed = u->seed + 3;
	int fd;

	while (!u->stop) {
		fd = dev_export(&u->d, 4, mix(&seed) % 512 * MiB, MiB);
		if (fd >= 0) {
			u->book->exports++;
			close(fd);
		}
		sleep_ms(5);
	}
	return NULL;
}

/* A register that may be out of reach, as the function is being reset. */
static bool engine(struct user *u, bool write, u32 reg, void *v, size_t len)
{
	u64 at = COHMEM_ENGINE_BASE + reg;

	return (write ? reg_write(&u->d, 0, at, v, len) :
			reg_read(&u->d, 0, at, v, len)) == (ssize_t)len;
}

static u32 copy(struct user *u, u32 from, u64 src, u32 to, u64 dst, u64 len)
{
	struct { u32 reg, len; u64 v; } set[] = {
		{ COHMEM_ENGINE_OP, 4, COPY }, { COHMEM_ENGINE_IRQ, 4, 0 },
		{ COHMEM_ENGINE_SRC, 8, src }, { COHMEM_ENGINE_SRC_SPACE, 4, from },
		{ COHMEM_ENGINE_DST, 8, dst }, { COHMEM_ENGINE_DST_SPACE, 4, to },
		{ COHMEM_ENGINE_LEN, 8, len }, { COHMEM_ENGINE_DOORBELL, 4, 1 },
	};
	u32 status = COHMEM_STATUS_BUSY;
	u64 moved = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(set); i++)
		if (!engine(u, true, set[i].reg, &set[i].v, set[i].len))
			return COHMEM_STATUS_ERROR;
	while (status == COHMEM_STATUS_BUSY && !u->stop)
		if (!engine(u, false, COHMEM_ENGINE_STATUS, &status, 4))
			return COHMEM_STATUS_ERROR;
	/* A reset in between leaves registers that say nothing of this job. */
	if (status != COHMEM_STATUS_DONE ||
	    !engine(u, false, COHMEM_ENGINE_MOVED, &moved, 8) || moved != len)
		return COHMEM_STATUS_ERROR;
	return status;
}

/* The device brings what is kept into our memory. */
static void *copying(void *arg)
{
	struct user *u = arg;
	u64 page = facts()->page, seed = u->seed + 4, off, i;
	unsigned int resets;
	u8 *ram = mmap(NULL, MiB, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(ram != MAP_FAILED, "%s", strerror(errno));
	memset(ram, 0, MiB);
	dma_map(&u->d, ram, IOVA, MiB);
	while (!u->stop) {
		off = mix(&seed) % (KEPT / MiB) * MiB;
		memset(ram, 0, MiB);
		/* A reset between two registers makes another job of it. */
		resets = __atomic_load_n(&u->resets, __ATOMIC_SEQ_CST);
		if (resets % 2 ||
		    copy(u, MEM, off, BUS, IOVA, MiB) != COHMEM_STATUS_DONE ||
		    resets != __atomic_load_n(&u->resets, __ATOMIC_SEQ_CST)) {
			sleep_ms(1);
			continue;
		}
		for (i = 0; i < MiB; i += page)
			CHECK(*(u64 *)(ram + i) == signature(u->gpu, off + i),
			      "GPU %u: copied from %#llx: %#llx", u->gpu,
			      (unsigned long long)(off + i),
			      (unsigned long long)*(u64 *)(ram + i));
		u->book->copies++;
	}
	dma_unmap(&u->d, IOVA, MiB);
	unmap(ram, MiB);
	return NULL;
}

static void reset_somehow(struct user *u, unsigned int how)
{
	__atomic_add_fetch(&u->resets, 1, __ATOMIC_SEQ_CST);
	switch (how % 5) {
	case 0:
		CHECK_EQ(dev_reset(&u->d), 0);
		break;
	case 1:
		flr(&u->d);
		break;
	case 2:
		set_command(&u->d, 0, PCI_COMMAND_MEMORY);
		break;
	case 3:
		set_power(&u->d, 3);
		set_power(&u->d, 0);
		break;
	case 4:
		CHECK_EQ(file_write(dev_path("reset"), "1"), 0);
	}
	set_command(&u->d, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 0);
	__atomic_add_fetch(&u->resets, 1, __ATOMIC_SEQ_CST);
	u->book->resets++;
}

/* The memory is there within the time that it may take. */
static void wait_for_it(struct user *u)
{
	struct stopwatch w = stopwatch_start();
	u64 v;

	while (reg_read(&u->d, 4, 0, &v, 8) != 8)
		CHECK(stopwatch_ms(&w) < 35000 * kernel_slowness(),
		      "GPU %u: the memory does not come back", u->gpu);
}

static void use(struct user *u, bool first, double ms)
{
	void *(*const parts[])(void *) = { loading, mapping, reading, exporting,
					   copying };
	pthread_t t[ARRAY_SIZE(parts)];
	double end = now_ms() + ms;
	unsigned int i;
	u64 off, page = facts()->page;
	u8 *p;

	CHECK(use_gpu(u->gpu), "no GPU %u", u->gpu);
	dev_open(&u->d);
	set_command(&u->d, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 0);
	wait_for_it(u);
	p = map(&u->d, 4, 0, KEPT);
	for (off = 0; first && off < KEPT; off += page)
		store((u64 *)(p + off), signature(u->gpu, off));
	for (i = 0; i < ARRAY_SIZE(parts); i++)
		CHECK(!pthread_create(&t[i], NULL, parts[i], u), "thread");
	for (i = u->gpu; now_ms() < end; i++) {
		sleep_ms(300 + mix(&u->seed) % 700);
		reset_somehow(u, i);
		wait_for_it(u);
	}
	u->stop = true;
	for (i = 0; i < ARRAY_SIZE(parts); i++)
		pthread_join(t[i], NULL);
	wait_for_it(u);
	for (off = 0; off < KEPT; off += page)
		CHECK_EQ(load((u64 *)(p + off)), signature(u->gpu, off));
	unmap(p, KEPT);
	dev_close(&u->d);
}

/* --- The machine --------------------------------------------------------------- */

/* Somebody who looks at everything, as a monitor does. */
static void watch_sysfs(double ms)
{
	double end = now_ms() + ms;
	char text[4096], path[300];
	unsigned int gpu;
	struct dirent *e;
	DIR *d;

	while (now_ms() < end) {
		for (gpu = 0; use_gpu(gpu); gpu++) {
			d = opendir(dev_path("cohmem"));
			CHECK(d, "GPU %u has no attributes", gpu);
			while ((e = readdir(d))) {
				snprintf(path, sizeof(path), "cohmem/%.200s",
					 e->d_name);
				file_read(dev_path("%s", path), text,
					  sizeof(text));
			}
			closedir(d);
		}
		sleep_ms(20);
	}
}

/*
 * On each processor somebody who wants to run every 20 ms and comes first. When he
 * comes late, and the host did not keep him waiting, the kernel did.
 */
struct guard {
	pthread_t thread;
	unsigned int cpu;
	bool started, stop;
	double worst;
};

static void *guarding(void *arg)
{
	struct guard *g = arg;
	struct sched_param first = { .sched_priority = 50 };
	struct stopwatch w;
	double late;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(g->cpu, &set);
	CHECK(!pthread_setaffinity_np(pthread_self(), sizeof(set), &set),
	      "CPU %u", g->cpu);
	CHECK(!pthread_setschedparam(pthread_self(), SCHED_FIFO, &first),
	      "SCHED_FIFO");
	while (!g->stop) {
		w = stopwatch_start();
		sleep_ms(20);
		late = now_ms() - w.start - 20;
		if (late > STALL_MS) {
			/* what the host took is known a second later */
			sleep_ms(3000);
			late = stopwatch_ms(&w) - 3020;
		}
		if (late > g->worst)
			g->worst = late;
	}
	return NULL;
}

static void wait_for(pid_t pid, const char *who, unsigned int nr)
{
	int status;

	CHECK(waitpid(pid, &status, 0) == pid, "%s %u is gone", who, nr);
	CHECK(WIFEXITED(status) && !WEXITSTATUS(status),
	      "%s %u has failed (status %#x)", who, nr, status);
}

static void a_turn(struct book *book, unsigned int nr, unsigned int turn,
		   double ms)
{
	pid_t users[MAX_GPUS], watcher;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		users[i] = fork();
		if (!users[i]) {
			struct user u = {
				.gpu = i, .book = &book[i],
				.seed = 1000 * turn + i,
			};

			use(&u, !turn, ms);
			_exit(0);
		}
	}
	watcher = fork();
	if (!watcher) {
		watch_sysfs(ms);
		_exit(0);
	}
	for (i = 0; i < nr; i++)
		wait_for(users[i], "the user of GPU", i);
	wait_for(watcher, "who looks at sysfs,", 0);
	for (i = 0; i < nr; i++) {
		CHECK(use_gpu(i), "no GPU %u", i);
		rebind();
	}
	use_gpu(0);
	/* what is freed by RCU and by workqueues is given time */
	sleep_ms(1000);
}

static void everything_at_once(void)
{
	unsigned int nr = nr_gpus(), cpus = sysconf(_SC_NPROCESSORS_ONLN), i, turn;
	struct guard guard[16] = {};
	struct book *book;
	double worst = 0;
	long kb[TURNS], early = sim_counter("touched_early");

	book = mmap(NULL, MAX_GPUS * sizeof(*book), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(book != MAP_FAILED, "%s", strerror(errno));
	cpus = min(cpus, ARRAY_SIZE(guard));
	for (i = 0; i < cpus; i++) {
		guard[i].cpu = i;
		CHECK(!pthread_create(&guard[i].thread, NULL, guarding,
				      &guard[i]), "thread");
	}
	for (turn = 0; turn < TURNS; turn++) {
		a_turn(book, nr, turn, seconds() * 1000.0 / TURNS);
		kb[turn] = kernel_kb();
		test_info("turn %u: slab %ld, vmalloc %ld, page tables %ld, stacks %ld KiB; free %ld KiB",
			  turn, meminfo("SUnreclaim"), meminfo("VmallocUsed"),
			  meminfo("PageTables"), meminfo("KernelStack"),
			  meminfo("MemAvailable"));
	}
	for (i = 0; i < cpus; i++) {
		guard[i].stop = true;
		pthread_join(guard[i].thread, NULL);
		worst = max(worst, guard[i].worst);
	}
	for (i = 0; i < nr; i++) {
		struct book *b = &book[i];

		test_info("GPU %u: %llu loads, %llu refused, %llu mappings, %llu writes, %llu reads, %llu exports, %llu copies, %llu resets",
			  i, (unsigned long long)b->loads,
			  (unsigned long long)b->refused,
			  (unsigned long long)b->maps,
			  (unsigned long long)b->writes,
			  (unsigned long long)b->reads,
			  (unsigned long long)b->exports,
			  (unsigned long long)b->copies,
			  (unsigned long long)b->resets);
		CHECK(b->loads && b->maps && b->reads && b->copies && b->resets,
		      "GPU %u was not used in every way", i);
	}
	test_info("nobody came later than %.0f ms", worst);
	CHECK(worst < STALL_MS || !host_tells_lost(),
	      "a processor stood still for %.0f ms", worst);
	/* the first turn fills caches that stay */
	CHECK(kb[TURNS - 1] - kb[1] < 1024 || keeps_what_is_freed(),
	      "the kernel has %ld KiB more than after the second turn",
	      kb[TURNS - 1] - kb[1]);
	CHECK_EQ(sim_counter("touched_early") - early, 0);
}

/* A limit is known before the program runs: 24 hours, and then some. */
SUITE(TEST_LONG(everything_at_once, 100000));
