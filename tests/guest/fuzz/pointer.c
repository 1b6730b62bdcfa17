// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where pointers point: a part of the address space for each kind, with nothing
 * behind it. A structure is put there as far as that is possible; what cannot be
 * there (behind the edge, in a page that comes late) is nothing, or zeros.
 */
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "act.h"

/* Between two kinds. */
#define STRIDE	(64 * MiB)

/* A register of BAR0 that is plain memory in the emulated part. */
#define SCRATCH		0x600000
/* What is written through a pointer into the coherent memory lands here. */
#define DEVICE_OFF	(32 * MiB)

static u8 *area(struct actor *a, enum fuzz_ptr ptr)
{
	return a->base + ptr * STRIDE;
}

static void map_fixed(u8 *at, u64 len, int prot, int flags, int fd, u64 off)
{
	void *p = mmap(at, len, prot, flags | MAP_FIXED_NOREPLACE, fd, off);

	CHECK(p == at, "mmap at %p: %s", at, strerror(errno));
}

/**
 * pointer_init() - make the places, before the first step
 * @a: the actor
 */
void pointer_init(struct actor *a)
{
	u64 page = a->w->g.page;
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	int rw = PROT_READ | PROT_WRITE, fd;
	struct dev *d = &a->w->d;

	map_fixed(area(a, PTR_GOOD), FUZZ_BUFFER, rw,
		  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	map_fixed(area(a, PTR_ODD), FUZZ_BUFFER, rw,
		  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	map_fixed(area(a, PTR_EDGE), 2 * page, rw,
		  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	map_fixed(area(a, PTR_HELD), 2 * page, rw,
		  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	fd = memfd_create("read-only", MFD_CLOEXEC);
	CHECK(fd >= 0 && !ftruncate(fd, FUZZ_BUFFER), "memfd: %s",
	      strerror(errno));
	map_fixed(area(a, PTR_READ_ONLY), FUZZ_BUFFER, PROT_READ, MAP_SHARED, fd,
		  0);
	a->alias = area(a, NR_PTRS);
	map_fixed(a->alias, FUZZ_BUFFER, rw, MAP_SHARED, fd, 0);
	close(fd);
	map_fixed(area(a, PTR_DEVICE), FUZZ_BUFFER, rw, MAP_SHARED, d->fd,
		  d->region[4].offset + DEVICE_OFF);
	map_fixed(area(a, PTR_BAR0), 65536, rw, MAP_SHARED, d->fd,
		  d->region[0].offset + SCRATCH);
	reg.range.start = (uintptr_t)area(a, PTR_HELD) + page;
	reg.range.len = page;
	if (a->p->uffd >= 0)
		CHECK(!ioctl(a->p->uffd, UFFDIO_REGISTER, &reg),
		      "UFFDIO_REGISTER: %s", strerror(errno));
}

/* The address for @size bytes, and how many of them can be put there before. */
static u8 *place(struct actor *a, const struct step *s, u64 size, u64 *ready)
{
	u64 page = a->w->g.page, before;
	u8 *at = area(a, s->ptr);

	*ready = size;
	switch (s->ptr) {
	case PTR_ODD:
		return at + 1 + s->num % 7;
	case PTR_EDGE:
		before = s->num % (size + 1);
		*ready = min(before, 2 * page);
		return at + 2 * page - *ready;
	case PTR_HELD:
		madvise(at + page, page, MADV_DONTNEED);
		before = s->num % (size + 1);
		*ready = min(before, page);
		return at + page - *ready;
	case PTR_UNMAPPED:
		*ready = 0;
		return at;
	case PTR_BAR0:
		*ready = 0;
		return at;
	case PTR_NULL:
		*ready = 0;
		return NULL;
	case PTR_KERNEL:
		*ready = 0;
		return (u8 *)0xffff800000000000ULL;
	default:
		return at;
	}
}

struct copy {
	void *to;
	const void *from;
	u64 len;
};

static void copy(void *arg)
{
	struct copy *c = arg;

	memcpy(c->to, c->from, c->len);
}

/**
 * pointer_lay() - a structure where the step wants it
 * @a: the actor
 * @s: the step
 * @what: the structure
 * @size: its size
 * Return: the address to hand to the kernel.
 */
void *pointer_lay(struct actor *a, const struct step *s, const void *what,
		  size_t size)
{
	u64 ready;
	u8 *at = place(a, s, size, &ready);
	struct copy c = { at, what, ready };

	if (s->ptr == PTR_READ_ONLY)
		c.to = a->alias;
	if (ready)
		cohmem_touch(copy, &c, NULL);
	return at;
}

/**
 * pointer_buffer() - a buffer of up to FUZZ_BUFFER bytes where the step wants it
 * @a: the actor
 * @s: the step
 * Return: the address to hand to the kernel.
 */
void *pointer_buffer(struct actor *a, const struct step *s)
{
	u64 ready;

	return place(a, s, 64, &ready);
}

/**
 * outcome() - note how a system call ended, right after it
 * @o: filled
 * @ret: what it returned
 */
void outcome(struct outcome *o, long ret)
{
	o->err = ret < 0 ? errno : 0;
	o->ret = ret;
}
