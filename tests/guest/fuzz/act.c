// SPDX-License-Identifier: GPL-2.0-only
/* An actor: its steps one after the other, each looked at by the model. */
#include <fcntl.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "act.h"

/* Where the address spaces of actors and slots begin: used by nobody else. */
#define ACTORS_AT	0x100000000000ULL
#define SLOTS_AT	0x200000000000ULL

static fuzz_do *const table[NR_CALLS] = {
	[CALL_GET_INFO] = do_info, [CALL_REGION_INFO] = do_info,
	[CALL_IRQ_INFO] = do_info, [CALL_HOT_RESET_INFO] = do_info,
	[CALL_SET_IRQS] = do_irqs, [CALL_RESET] = do_reset,
	[CALL_HOT_RESET] = do_hot_reset, [CALL_IOEVENTFD] = do_ioeventfd,
	[CALL_FEATURE] = do_feature, [CALL_EXPORT] = do_export,
	[CALL_DMABUF_USE] = do_dmabuf, [CALL_DEVICE_IOCTL] = do_ioctl,
	[CALL_ENTRY_IOCTL] = do_ioctl, [CALL_GROUP_IOCTL] = do_ioctl,
	[CALL_DMA_MAP] = do_dma, [CALL_DMA_UNMAP] = do_dma,
	[CALL_DMA_INFO] = do_dma, [CALL_PREAD] = do_pread,
	[CALL_PWRITE] = do_pread, [CALL_PREADV] = do_preadv,
	[CALL_PWRITEV] = do_preadv, [CALL_READ] = do_read,
	[CALL_WRITE] = do_read, [CALL_SPLICE] = do_splice,
	[CALL_URING] = do_uring, [CALL_AIO] = do_aio, [CALL_FILE_OP] = do_file,
	[CALL_CONFIG_READ] = do_config, [CALL_CONFIG_WRITE] = do_config,
	[CALL_MMAP] = do_mmap, [CALL_MUNMAP] = do_munmap,
	[CALL_MREMAP] = do_mremap, [CALL_MADVISE] = do_madvise,
	[CALL_MPROTECT] = do_mprotect, [CALL_MLOCK] = do_mlock,
	[CALL_MSYNC] = do_msync, [CALL_LOAD] = do_touch,
	[CALL_STORE] = do_touch, [CALL_FORK] = do_fork,
	[CALL_FUTEX] = do_futex, [CALL_REMOTE] = do_remote,
	[CALL_PIPE] = do_pipe, [CALL_UFFD] = do_uffd, [CALL_PROC] = do_proc,
	[CALL_OPEN] = do_open, [CALL_CLOSE] = do_close,
	[CALL_WAKE] = do_wake, [CALL_M_RESET] = do_reset, [CALL_FLR] = do_flr,
	[CALL_SYSFS_RESET] = do_sysfs_reset, [CALL_POWER] = do_power,
	[CALL_DECODE] = do_decode, [CALL_ATTR_READ] = do_attr,
	[CALL_ATTR_WRITE] = do_attr, [CALL_ENGINE] = do_engine,
	[CALL_EMULATOR] = do_emulator, [CALL_FAULT] = do_emulator,
	[CALL_PAUSE] = do_pause,
};

/**
 * world_fail() - the round has failed, and everybody stops; the first reason counts
 * @w: the round
 * @fmt: the reason, as printf
 */
void world_fail(struct world *w, const char *fmt, ...)
{
	va_list ap;

	if (!__atomic_exchange_n(&w->failed, true, __ATOMIC_ACQ_REL)) {
		va_start(ap, fmt);
		vsnprintf(w->verdict, sizeof(w->verdict), fmt, ap);
		va_end(ap);
	}
	__atomic_store_n(&w->stop, true, __ATOMIC_RELEASE);
}

/**
 * slot_base() - where the mapping of a slot begins
 * @slot: its number
 * Return: the address.
 */
u8 *slot_base(unsigned int slot)
{
	return (u8 *)(SLOTS_AT + slot * FUZZ_SLOT_SIZE);
}

/**
 * device_fd() - the descriptor that a step is about
 * @a: the actor
 * @s: the step
 * Return: mostly the device's, sometimes another one of it.
 */
int device_fd(struct actor *a, const struct step *s)
{
	int extra = a->p->extra[s->slot];

	return extra >= 0 && s->id % 4 == 0 ? extra : a->w->d.fd;
}

/**
 * proc_init() - what the actors of this process share
 * @p: filled
 * @w: the round
 */
void proc_init(struct proc *p, struct world *w)
{
	unsigned int i;

	memset(p, 0, sizeof(*p));
	p->w = w;
	p->uffd = -1;
	for (i = 0; i < FUZZ_SLOTS; i++)
		p->extra[i] = p->dmabuf[i] = -1;
}

/**
 * actor_init() - everything an actor needs, as later it may allocate nothing
 * @a: filled
 * @w: the round
 * @p: its process
 * @nr: its number
 */
void actor_init(struct actor *a, struct world *w, struct proc *p,
		unsigned int nr)
{
	memset(a, 0, sizeof(*a));
	a->w = w;
	a->p = p;
	a->nr = nr;
	a->base = (u8 *)(ACTORS_AT + nr * (1ULL << 36));
	pointer_init(a);
	CHECK(!pipe2(a->pipe, O_NONBLOCK | O_CLOEXEC), "pipe: %s",
	      strerror(errno));
	uring_init(a);
	syscall(SYS_io_setup, 4, &a->aio);
}

static void note(struct stage *st, const struct step *s,
		 const struct outcome *o, double begin, double start)
{
	struct trace *t = &st->ring[st->at % FUZZ_RING];

	t->us = (now_ms() - begin) * 1000;
	t->start_ms = begin - start;
	t->ret = o->ret;
	t->err = o->err;
	t->id = s->id;
}

static void judge(struct actor *a, const struct step *s,
		  const struct outcome *o)
{
	const char *breach = model_breach(s, o, &a->w->g);
	char text[400];

	__atomic_add_fetch(&a->w->calls[s->call], 1, __ATOMIC_RELAXED);
	if (o->ret < 0)
		__atomic_add_fetch(&a->w->errors[s->call], 1, __ATOMIC_RELAXED);
	if (!breach)
		return;
	if (o->ret < 0 && a->w->lenient) {
		a->w->odd[s->call] = o->err;
		a->w->odd_step[s->call] = s->id;
		return;
	}
	step_text(s, text, sizeof(text));
	world_fail(a->w, "actor %u: %s: returned %ld (%s): %s", a->nr, text,
		   o->ret, o->ret < 0 ? strerror(o->err) : "success", breach);
}

/* Before the first step something happens that may not, if that is to be seen. */
static void sabotage(struct actor *a)
{
	const struct geometry *g = &a->w->g;
	u64 off;

	if (a->w->sabotage == SABOTAGE_HANG && !a->nr)
		sleep_ms(3600 * 1000);
	if (a->w->sabotage != SABOTAGE_MEMORY)
		return;
	for (off = 0; off < g->quiet_len && a->nr == FUZZ_MACHINE;
	     off += 8 * g->page)
		__sim(NULL, "mem write %llu 5ab07a6e",
		      (unsigned long long)(g->quiet + off));
	/* The owner has so long to find one of them. */
	sleep_ms(3000);
}

/**
 * actor_run() - all steps
 * @a: the actor
 */
void actor_run(struct actor *a)
{
	struct world *w = a->w;
	const struct list *l = &w->program.list[a->nr];
	enum fuzz_pool pool = a->nr == FUZZ_MACHINE ? POOL_MACHINE : POOL_USER;
	struct stage *st = &w->stage[a->nr];
	struct outcome o;
	struct step s;
	double begin;

	kcov_start(a->nr);
	while (st->at < l->nr && !__atomic_load_n(&w->stop, __ATOMIC_ACQUIRE)) {
		step_make(&s, l->id[st->at], pool, &w->g);
		o = (struct outcome){ 0 };
		begin = now_ms();
		st->ring[st->at % FUZZ_RING] = (struct trace){
			.id = s.id, .start_ms = begin - w->start,
		};
		st->since = stopwatch_start();
		__atomic_store_n(&st->busy, true, __ATOMIC_RELEASE);
		if (w->sabotage && !st->at)
			sabotage(a);
		kcov_begin(a->nr);
		table[s.call](a, &s, &o);
		st->fresh += kcov_end(a->nr) ? 1 : 0;
		__atomic_store_n(&st->busy, false, __ATOMIC_RELEASE);
		note(st, &s, &o, begin, w->start);
		judge(a, &s, &o);
		st->at++;
	}
}
