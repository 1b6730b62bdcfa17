// SPDX-License-Identifier: GPL-2.0-only
/* What a process does with a mapping of the device. */
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/userfaultfd.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "act.h"

/* Odd slots may show the quiet memory. */
static bool may_write(unsigned int slot)
{
	return slot % 2 == 0;
}

static u64 slot_len(struct actor *a, unsigned int slot)
{
	return __atomic_load_n(&a->p->slot[slot].len, __ATOMIC_ACQUIRE);
}

/* A piece of a slot: mostly of what is mapped there, else of any size. */
static u8 *piece(struct actor *a, const struct step *s, u64 *len)
{
	u64 page = a->w->g.page, mapped = slot_len(a, s->slot);
	u64 first = mapped ? s->off / page % (mapped / page + 1) : 0;

	*len = s->id % 4 ? page * (1 + s->len % 64) : s->len;
	if (*len > FUZZ_SLOT_SIZE - (mapped + page))
		*len = mapped;
	return slot_base(s->slot) + first * page + (s->id % 16 == 5 ? 8 : 0);
}

/* Would the mapping show the quiet memory? Offsets may lead into the next region. */
static bool shows_quiet(struct actor *a, u64 at, u64 len)
{
	const struct geometry *g = &a->w->g;
	u64 quiet = a->w->d.region[4].offset + g->quiet;

	return at < quiet + g->quiet_len && at + len + g->page > quiet;
}

/**
 * do_mmap() - a mapping in a slot; what was there goes
 * @a: the actor
 * @s: the step
 * @o: how it ended
 */
void do_mmap(struct actor *a, const struct step *s, struct outcome *o)
{
	int prot = s->flags % 8 ? (int)(s->flags % 8) : PROT_READ | PROT_WRITE;
	int flags = (s->flags & 0x38 ? MAP_SHARED : MAP_PRIVATE) |
		    (s->flags % 32 == 9 ? MAP_POPULATE : 0) |
		    (s->flags % 32 == 11 ? MAP_LOCKED : 0);
	u64 at = ((u64)s->region << 40) + s->off;
	u8 *p;

	if (!may_write(s->slot)) {
		prot &= ~PROT_WRITE;
	} else if (shows_quiet(a, at, s->len)) {
		*o = (struct outcome){ -1, EINVAL };
		return;
	}
	if (s->len > FUZZ_SLOT_SIZE) {
		/* Larger than a slot: not to be had, wherever it is. */
		p = mmap(NULL, s->len, prot, flags, a->w->d.fd, at);
		outcome(o, p == MAP_FAILED ? -1 : 0);
		if (p != MAP_FAILED)
			munmap(p, s->len);
		return;
	}
	p = mmap(slot_base(s->slot), s->len, prot, flags | MAP_FIXED,
		 device_fd(a, s), at);
	outcome(o, p == MAP_FAILED ? -1 : 0);
	if (p != MAP_FAILED)
		__atomic_store_n(&a->p->slot[s->slot].len, s->len,
				 __ATOMIC_RELEASE);
}

/**
 * do_munmap() - a piece of a mapping goes
 * @a: the actor
 * @s: the step
 * @o: how it ended
 */
void do_munmap(struct actor *a, const struct step *s, struct outcome *o)
{
	u64 len;
	u8 *at = piece(a, s, &len);

	outcome(o, munmap(at, len));
}

/**
 * do_mremap() - a mapping moves, grows or shrinks
 * @a: the actor
 * @s: the step
 * @o: how it ended
 *
 * To a slot of its own kind; only what begins where the slot does.
 */
void do_mremap(struct actor *a, const struct step *s, struct outcome *o)
{
	unsigned int to = (s->slot + 2 * (s->num % 4)) % FUZZ_SLOTS;
	u64 old = slot_len(a, s->slot), len = min(s->len, FUZZ_SLOT_SIZE);
	int flags = MREMAP_MAYMOVE | MREMAP_FIXED;
	void *p;

	if (s->num % 3 == 0)
		len = old;
	if (s->flags % 8 == 3)
		flags |= MREMAP_DONTUNMAP;
	if (to == s->slot) {
		/* Where it is, or not at all. */
		p = mremap(slot_base(to), s->num % 5 ? old : 0, len, 0);
	} else {
		p = mremap(slot_base(s->slot), s->num % 5 ? old : 0, len, flags,
			   slot_base(to));
	}
	outcome(o, p == MAP_FAILED ? -1 : 0);
	if (p != MAP_FAILED)
		__atomic_store_n(&a->p->slot[to].len, len, __ATOMIC_RELEASE);
}

/**
 * do_madvise() - every advice there is
 * @a: the actor
 * @s: the step
 * @o: how it ended
 */
void do_madvise(struct actor *a, const struct step *s, struct outcome *o)
{
	/* 100 and 101: hwpoison and soft-offline, which root may ask for. */
	int advice = s->num % 32 < 30 ? (int)(s->num % 28) : 70 + s->num % 32;
	u64 len;
	u8 *at = piece(a, s, &len);

	outcome(o, madvise(at, len, advice));
}

/**
 * do_mprotect() - other rights
 * @a: the actor
 * @s: the step
 * @o: how it ended
 */
void do_mprotect(struct actor *a, const struct step *s, struct outcome *o)
{
	int prot = s->flags % 8;
	u64 len;
	u8 *at = piece(a, s, &len);

	if (!may_write(s->slot))
		prot &= ~PROT_WRITE;
	outcome(o, mprotect(at, len, prot));
}

/**
 * do_mlock() - mlock(), munlock() and their kin
 * @a: the actor
 * @s: the step
 * @o: how it ended
 */
void do_mlock(struct actor *a, const struct step *s, struct outcome *o)
{
	u64 len;
	u8 *at = piece(a, s, &len);

	switch (s->num % 3) {
	case 0: outcome(o, mlock(at, len)); break;
	case 1: outcome(o, munlock(at, len)); break;
	default: outcome(o, mlock2(at, len, s->num / 3 % 4));
	}
}

/**
 * do_msync() - msync() and mincore()
 * @a: the actor
 * @s: the step
 * @o: how it ended
 */
void do_msync(struct actor *a, const struct step *s, struct outcome *o)
{
	unsigned char in[128];
	u64 len;
	u8 *at = piece(a, s, &len);

	if (s->num % 2)
		outcome(o, msync(at, len, s->num / 2 % 8));
	else
		outcome(o, mincore(at, min(len, sizeof(in) * a->w->g.page),
				   in));
}

/* Eight bytes somewhere in a slot; the signal that came instead is the error. */
static bool touch(struct actor *a, const struct step *s, u64 off, bool write,
		  struct outcome *o)
{
	u64 len = max(slot_len(a, s->slot), a->w->g.page), v;
	volatile u64 *p = (void *)(slot_base(s->slot) + off % len / 8 * 8);
	struct fault f;
	bool done;

	done = write ? try_store(p, s->id, &f) : try_load(p, &v, &f);
	if (o && !done && f.sig != SIGBUS && f.sig != SIGSEGV)
		world_fail(a->w, "actor %u: a signal of another kind: %s",
			   a->nr, fault_str(&f));
	return done;
}

/**
 * do_touch() - loads and stores
 * @a: the actor
 * @s: the step
 * @o: how it ended
 */
void do_touch(struct actor *a, const struct step *s, struct outcome *o)
{
	bool write = s->call == CALL_STORE && may_write(s->slot);
	unsigned int i, nr = 1 + s->num % 4;

	outcome(o, 0);
	for (i = 0; i < nr; i++)
		o->ret += touch(a, s, s->off + i * 2 * MiB, write, o);
}

/**
 * do_fork() - a child that touches what it has inherited
 * @a: the actor
 * @s: the step
 * @o: how it ended
 */
void do_fork(struct actor *a, const struct step *s, struct outcome *o)
{
	/* No work of libc's: other threads may hold its locks. */
	pid_t pid = syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
	unsigned int i;

	if (!pid) {
		for (i = 0; i < 4; i++)
			touch(a, s, s->off + i * a->w->g.page,
			      i % 2 && may_write(s->slot), NULL);
		syscall(SYS_exit_group, 0);
	}
	outcome(o, pid < 0 ? -1 : 0);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/**
 * do_futex() - a futex in the device's memory
 * @a: the actor
 * @s: the step
 * @o: how it ended
 */
void do_futex(struct actor *a, const struct step *s, struct outcome *o)
{
	static const int ops[] = {
		FUTEX_WAIT, FUTEX_WAKE, FUTEX_REQUEUE, FUTEX_CMP_REQUEUE,
		FUTEX_LOCK_PI, FUTEX_TRYLOCK_PI, FUTEX_WAIT_BITSET,
	};
	int op = ops[s->num % ARRAY_SIZE(ops)];
	unsigned int slot = s->slot;
	struct timespec ts = { 0, 1000000 }, abs;
	u32 *at;

	/* What a lock writes into its word goes where one may write. */
	if (op == FUTEX_LOCK_PI || op == FUTEX_TRYLOCK_PI)
		slot &= ~1u;
	at = (u32 *)(slot_base(slot) + s->off % (4 * a->w->g.page) / 4 * 4);
	if (op == FUTEX_LOCK_PI || op == FUTEX_WAIT_BITSET) {
		clock_gettime(op == FUTEX_LOCK_PI ? CLOCK_REALTIME :
						    CLOCK_MONOTONIC, &abs);
		ts = abs;
	}
	outcome(o, syscall(SYS_futex, at, op | (s->num & 64 ? 128 : 0),
			   s->num % 4, op == FUTEX_REQUEUE ||
			   op == FUTEX_CMP_REQUEUE ? (void *)1 : (void *)&ts,
			   at + 1, ~0u));
}

/**
 * do_remote() - another way to read a process's memory
 * @a: the actor
 * @s: the step
 * @o: how it ended
 */
void do_remote(struct actor *a, const struct step *s, struct outcome *o)
{
	struct step good = *s;
	struct iovec local, remote;
	u64 len;

	good.ptr = PTR_GOOD;
	local.iov_base = pointer_buffer(a, &good);
	local.iov_len = FUZZ_BUFFER;
	remote.iov_base = piece(a, s, &len);
	remote.iov_len = min(len, 4 * MiB);
	outcome(o, process_vm_readv(getpid(), &local, 1, &remote, 1, 0));
}

/**
 * do_pipe() - bytes between a mapping and a pipe
 * @a: the actor
 * @s: the step
 * @o: how it ended
 */
void do_pipe(struct actor *a, const struct step *s, struct outcome *o)
{
	struct iovec v;
	char junk[4096];
	u64 len;
	u8 *at = piece(a, s, &len);

	len = min(len, 32768ULL);
	v = (struct iovec){ at, len };
	switch (s->num % 3) {
	case 0:
		outcome(o, vmsplice(a->pipe[1], &v, 1, SPLICE_F_NONBLOCK));
		break;
	case 1:
		outcome(o, write(a->pipe[1], at, len));
		break;
	default:
		if (write(a->pipe[1], "fuzzfuzz", 8) < 0)
			errno = 0;
		outcome(o, read(a->pipe[0], may_write(s->slot) ? at :
				(u8 *)junk, min(len, sizeof(junk))));
	}
	while (read(a->pipe[0], junk, sizeof(junk)) > 0)
		;
}

/**
 * do_uffd() - somebody wants to answer the mapping's faults
 * @a: the actor
 * @s: the step
 * @o: how it ended
 */
void do_uffd(struct actor *a, const struct step *s, struct outcome *o)
{
	struct uffdio_register reg = { .mode = s->num % 8 };
	u64 len;

	reg.range.start = (uintptr_t)piece(a, s, &len);
	reg.range.len = len;
	if (a->p->uffd < 0) {
		*o = (struct outcome){ -1, ENOSYS };
		return;
	}
	outcome(o, ioctl(a->p->uffd, UFFDIO_REGISTER, &reg));
	if (!o->ret)
		world_fail(a->w, "actor %u: userfaultfd may answer faults of a device's mapping",
			   a->nr);
}

/**
 * do_proc() - the mapping in /proc
 * @a: the actor
 * @s: the step
 * @o: how it ended
 */
void do_proc(struct actor *a, const struct step *s, struct outcome *o)
{
	static const char *const files[] = {
		"/proc/self/smaps", "/proc/self/numa_maps", "/proc/self/maps",
		"/proc/self/pagemap", "/proc/self/mem", "/proc/self/clear_refs",
		"/proc/self/smaps_rollup",
	};
	unsigned int nr = s->num % ARRAY_SIZE(files);
	u64 at = (uintptr_t)slot_base(s->slot);
	char text[4096];
	long ret = 0;
	int fd;

	fd = open(files[nr], (nr == 5 ? O_WRONLY : O_RDONLY) | O_CLOEXEC);
	if (fd < 0)
		return;
	if (nr == 5)
		ret = write(fd, s->num & 16 ? "1" : "4", 1);
	else if (nr == 3)
		ret = pread(fd, text, sizeof(text), at / a->w->g.page * 8);
	else if (nr == 4)
		ret = pread(fd, text, sizeof(text), at);
	else
		while ((ret = read(fd, text, sizeof(text))) > 0)
			;
	outcome(o, ret);
	close(fd);
}
