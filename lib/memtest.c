// SPDX-License-Identifier: GPL-2.0-only
/*
 * The threads of a memory test. In each pass they take chunks of the memory, in
 * the direction of the pass, until there are none left.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>

#include "memtest.h"
#include "touch.h"

#define CHUNK		(16ULL << 20)
#define TICK_MS		200

/**
 * struct run - a test while it goes on
 * @t: the test
 * @lock: guards what is found, @active and waiting for @ended
 * @ended: a thread has ended
 * @active: threads of this pass
 * @next: chunk to be taken, by order in the pass
 * @done: bytes done in this pass
 * @stop: threads shall end
 */
struct run {
	struct cohmem_memtest *t;
	pthread_mutex_t lock;
	pthread_cond_t ended;
	unsigned int active;
	u64 next;
	u64 done;
	bool stop;
};

/**
 * struct worker - a thread
 * @r: the test
 * @cpu: where it runs
 * @thread: it
 * @from: first byte of its chunk
 * @len: bytes of its chunk
 * @at: bytes of it that are done, in the direction of the pass
 * @hole: a bit for each block of the chunk that is left out
 * @nr_found: mismatches of the chunk
 * @found: the first of them
 * @wrong: pages of the chunk with mismatches
 */
struct worker {
	struct run *r;
	int cpu;
	pthread_t thread;
	u64 from;
	u64 len;
	volatile u64 at;
	u64 hole[CHUNK / COHMEM_BLOCK / 64];
	u64 nr_found;
	struct cohmem_mismatch found[COHMEM_MEMTEST_FIRST];
	struct cohmem_pages wrong;
};

static void note(struct cohmem_pages *p, u64 page)
{
	unsigned int i;

	for (i = 0; i < p->nr; i++)
		if (p->page[i] == page)
			return;
	if (p->nr < COHMEM_MEMTEST_PAGES)
		p->page[p->nr++] = page;
	else
		p->more = true;
}

static void make_hole(struct worker *w, u64 page)
{
	const struct cohmem_memtest *t = w->r->t;
	u64 at, first = page / t->page * t->page;

	if (first < t->base + w->from || first >= t->base + w->from + w->len)
		return;
	for (at = 0; at < t->page; at += COHMEM_BLOCK) {
		u64 nr = (first + at - t->base - w->from) / COHMEM_BLOCK;

		w->hole[nr / 64] |= 1ULL << nr % 64;
	}
}

static void make_holes(struct worker *w)
{
	struct cohmem_memtest *t = w->r->t;
	unsigned int i;

	memset(w->hole, 0, sizeof(w->hole));
	for (i = 0; i < t->nr_skip; i++)
		make_hole(w, t->skip[i]);
	pthread_mutex_lock(&w->r->lock);
	for (i = 0; i < t->fault.nr; i++)
		make_hole(w, t->fault.page[i]);
	pthread_mutex_unlock(&w->r->lock);
}

/* Runs armed: takes no lock, as it may be left in the middle. */
static void mismatch(void *arg, const struct cohmem_mismatch *m)
{
	struct worker *w = arg;

	if (w->nr_found < COHMEM_MEMTEST_FIRST)
		w->found[w->nr_found] = *m;
	w->nr_found++;
	note(&w->wrong, m->address / w->r->t->page * w->r->t->page);
}

/* The same. */
static void work_on(void *arg)
{
	struct worker *w = arg;
	struct cohmem_memtest *t = w->r->t;
	u64 off, nr;

	for (; w->at < w->len; w->at += COHMEM_BLOCK) {
		off = cohmem_passes[t->pass].down ?
		      w->len - COHMEM_BLOCK - w->at : w->at;
		nr = off / COHMEM_BLOCK;
		if (w->hole[nr / 64] >> nr % 64 & 1)
			continue;
		off += w->from;
		cohmem_pass_block((u64 *)(t->map + off), t->base + off, t->pass,
				  mismatch, w);
	}
}

/* What the chunk had to tell. */
static void hand_in(struct worker *w)
{
	struct cohmem_memtest *t = w->r->t;
	unsigned int i;

	__atomic_fetch_add(&w->r->done, w->at, __ATOMIC_RELAXED);
	if (!w->nr_found)
		return;
	pthread_mutex_lock(&w->r->lock);
	for (i = 0; i < w->nr_found && i < COHMEM_MEMTEST_FIRST &&
	     t->nr_first < COHMEM_MEMTEST_FIRST; i++)
		t->first[t->nr_first++] = w->found[i];
	t->nr_mismatches += w->nr_found;
	for (i = 0; i < w->wrong.nr; i++)
		note(&t->wrong, w->wrong.page[i]);
	t->wrong.more |= w->wrong.more;
	pthread_mutex_unlock(&w->r->lock);
	w->nr_found = 0;
	w->wrong.nr = 0;
	w->wrong.more = false;
}

/* A page has answered with a signal. Returns false where all is to end. */
static bool take_fault(struct worker *w, const struct cohmem_fault *f)
{
	struct cohmem_memtest *t = w->r->t;
	u64 off = (u8 *)f->addr - t->map;
	bool go_on = off >= w->from && off - w->from < w->len;

	pthread_mutex_lock(&w->r->lock);
	if (go_on)
		note(&t->fault, t->base + off / t->page * t->page);
	go_on &= !t->fault.more;
	if (!go_on) {
		t->hopeless = true;
		__atomic_store_n(&w->r->stop, true, __ATOMIC_RELAXED);
	}
	pthread_mutex_unlock(&w->r->lock);
	make_holes(w);
	return go_on;
}

static void *worker(void *arg)
{
	struct worker *w = arg;
	struct run *r = w->r;
	struct cohmem_memtest *t = r->t;
	const u64 nr = (t->size + CHUNK - 1) / CHUNK;
	struct cohmem_fault f;
	cpu_set_t set;
	u64 i;

	if (w->cpu >= 0) {
		/* Where that is not allowed it runs elsewhere. */
		CPU_ZERO(&set);
		CPU_SET(w->cpu, &set);
		sched_setaffinity(0, sizeof(set), &set);
	}
	while (!__atomic_load_n(&r->stop, __ATOMIC_RELAXED) &&
	       (i = __atomic_fetch_add(&r->next, 1, __ATOMIC_RELAXED)) < nr) {
		w->from = (cohmem_passes[t->pass].down ? nr - 1 - i : i) * CHUNK;
		w->len = t->size - w->from < CHUNK ? t->size - w->from : CHUNK;
		w->at = 0;
		make_holes(w);
		while (!cohmem_touch(work_on, w, &f))
			if (!take_fault(w, &f))
				break;
		hand_in(w);
	}
	pthread_mutex_lock(&r->lock);
	r->active--;
	pthread_cond_signal(&r->ended);
	pthread_mutex_unlock(&r->lock);
	return NULL;
}

/* The caller is told at least once a pass, and as long as it goes on. */
static void wait_for_all(struct run *r)
{
	struct cohmem_memtest *t = r->t;
	struct timespec until;
	bool ended = false;

	while (!ended) {
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += TICK_MS * 1000000;
		if (until.tv_nsec >= 1000000000) {
			until.tv_nsec -= 1000000000;
			until.tv_sec++;
		}
		pthread_mutex_lock(&r->lock);
		if (r->active)
			pthread_cond_timedwait(&r->ended, &r->lock, &until);
		ended = !r->active;
		pthread_mutex_unlock(&r->lock);
		t->done = __atomic_load_n(&r->done, __ATOMIC_RELAXED);
		if (!t->stopped && t->tick && t->tick(t->arg, t)) {
			t->stopped = true;
			__atomic_store_n(&r->stop, true, __ATOMIC_RELAXED);
		}
	}
}

static int run_pass(struct run *r, struct worker *workers, unsigned int nr)
{
	unsigned int i, started = 0;
	int ret = 0;

	r->next = 0;
	r->done = 0;
	r->t->done = 0;
	r->active = nr;
	for (i = 0; i < nr; i++) {
		ret = pthread_create(&workers[i].thread, NULL, worker,
				     &workers[i]);
		if (ret)
			break;
		started++;
	}
	/* Fewer do it, too. */
	pthread_mutex_lock(&r->lock);
	r->active -= nr - started;
	pthread_mutex_unlock(&r->lock);
	wait_for_all(r);
	for (i = 0; i < started; i++)
		pthread_join(workers[i].thread, NULL);
	return started ? 0 : -ret;
}

static int by_address(const void *a, const void *b)
{
	const struct cohmem_mismatch *x = a, *y = b;

	return x->address < y->address ? -1 : x->address > y->address;
}

static int by_number(const void *a, const void *b)
{
	const u64 *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/**
 * cohmem_memtest_run() - test memory; what it held is lost
 * @t: the test
 *
 * Where it comes to its end the memory is zero. Threads are created with the
 * caller's blocked signals.
 *
 * Return: 0, whatever was found; -EINVAL, -ENOMEM, or why no thread could run.
 */
int cohmem_memtest_run(struct cohmem_memtest *t)
{
	unsigned int nr = t->nr_cpus ? t->nr_cpus : 1, i;
	struct run r = { .t = t };
	struct worker *workers;
	int ret = 0;

	if (!t->page || t->page % COHMEM_BLOCK || t->base % t->page ||
	    t->size % t->page)
		return -EINVAL;
	workers = calloc(nr, sizeof(*workers));
	if (!workers)
		return -ENOMEM;
	for (i = 0; i < nr; i++) {
		workers[i].r = &r;
		workers[i].cpu = t->nr_cpus ? t->cpu[i] : -1;
	}
	pthread_mutex_init(&r.lock, NULL);
	pthread_cond_init(&r.ended, NULL);
	for (t->pass = 0; ; t->pass++) {
		ret = run_pass(&r, workers, nr);
		if (ret || r.stop || t->pass + 1 == COHMEM_NR_PASSES)
			break;
	}
	pthread_cond_destroy(&r.ended);
	pthread_mutex_destroy(&r.lock);
	free(workers);
	qsort(t->first, t->nr_first, sizeof(t->first[0]), by_address);
	qsort(t->wrong.page, t->wrong.nr, sizeof(u64), by_number);
	qsort(t->fault.page, t->fault.nr, sizeof(u64), by_number);
	return ret;
}

/**
 * cohmem_cpu_list() - the numbers in a list as sysfs has it
 * @text: "0-3,8"
 * @cpu: the numbers
 * @max: room in @cpu
 * Return: how many; it ends where the list is none.
 */
unsigned int cohmem_cpu_list(const char *text, int *cpu, unsigned int max)
{
	unsigned int nr = 0;
	char *end;
	long a, b;

	while (*text >= '0' && *text <= '9') {
		a = b = strtol(text, &end, 10);
		if (*end == '-') {
			text = end + 1;
			b = strtol(text, &end, 10);
			if (end == text)
				break;
		}
		for (; a <= b && b < CPU_SETSIZE && nr < max; a++)
			cpu[nr++] = a;
		text = *end == ',' ? end + 1 : end;
	}
	return nr;
}

/**
 * cohmem_memtest_cpus() - by which CPUs to test
 * @list: those of the memory's node, as sysfs has it; empty for any
 * @cpu: the CPUs
 * @max: room in @cpu
 * Return: how many of them this process may use; all it may use where that is none.
 */
unsigned int cohmem_memtest_cpus(const char *list, int *cpu, unsigned int max)
{
	int want[CPU_SETSIZE];
	unsigned int nr_want, nr = 0, i;
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set))
		return 0;
	nr_want = cohmem_cpu_list(list, want, CPU_SETSIZE);
	for (i = 0; i < nr_want && nr < max; i++)
		if (CPU_ISSET(want[i], &set))
			cpu[nr++] = want[i];
	for (i = 0; !nr_want && i < CPU_SETSIZE && nr < max; i++)
		if (CPU_ISSET(i, &set))
			cpu[nr++] = i;
	return nr || !nr_want ? nr : cohmem_memtest_cpus("", cpu, max);
}
