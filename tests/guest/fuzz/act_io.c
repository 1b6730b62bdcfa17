// SPDX-License-Identifier: GPL-2.0-only
/* Reading and writing, by every way that the kernel has. */
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/io_uring.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "act.h"

static u64 file_off(const struct step *s)
{
	return ((u64)s->region << 40) + s->off;
}

/**
 * do_pread() - pread() and pwrite()
 * @a: the actor
 * @s: the step
 * @o: how it ended
 */
void do_pread(struct actor *a, const struct step *s, struct outcome *o)
{
	void *buf = pointer_buffer(a, s);
	int fd = device_fd(a, s);

	/* One call as it is: libc looks at nothing then. */
	outcome(o, syscall(s->call == CALL_PREAD ? SYS_pread64 : SYS_pwrite64,
			   fd, buf, s->len, file_off(s)));
}

/**
 * do_preadv() - vectors whose pieces are of different kinds
 * @a: the actor
 * @s: the step
 * @o: how it ended
 */
void do_preadv(struct actor *a, const struct step *s, struct outcome *o)
{
	struct step other = *s;
	struct iovec v[3];
	u64 part = s->len > 3 * MiB ? s->len : s->len / 3;
	int flags = s->flags % 4 ? 0 : s->flags;

	other.ptr = s->num % NR_PTRS;
	v[0] = (struct iovec){ pointer_buffer(a, s), part };
	v[1] = (struct iovec){ pointer_buffer(a, &other), part };
	v[2] = (struct iovec){ v[0].iov_base, s->len - 2 * part };
	if (s->call == CALL_PREADV)
		outcome(o, preadv2(device_fd(a, s), v, 1 + s->id % 3,
				   file_off(s), flags));
	else
		outcome(o, pwritev2(device_fd(a, s), v, 1 + s->id % 3,
				    file_off(s), flags));
}

/**
 * do_read() - read() and write() where the file's position happens to be
 * @a: the actor
 * @s: the step
 * @o: how it ended
 *
 * Little at a time: the position walks through BAR0, and must not come to the
 * engine.
 */
void do_read(struct actor *a, const struct step *s, struct outcome *o)
{
	void *buf = pointer_buffer(a, s);

	if (s->call == CALL_READ)
		outcome(o, read(a->w->d.fd, buf, s->len % 65));
	else
		outcome(o, write(a->w->d.fd, buf, s->len % 9));
}

static void drain(struct actor *a)
{
	char junk[4096];

	while (read(a->pipe[0], junk, sizeof(junk)) > 0)
		;
}

/**
 * do_splice() - splice(), sendfile() and copy_file_range()
 * @a: the actor
 * @s: the step
 * @o: how it ended
 */
void do_splice(struct actor *a, const struct step *s, struct outcome *o)
{
	loff_t off = file_off(s), none = 0;
	int fd = a->w->d.fd;
	u64 len = min(s->len, 65536ULL);
	long ret;

	switch (s->num % 4) {
	case 0:
		ret = splice(fd, &off, a->pipe[1], NULL, len,
			     SPLICE_F_NONBLOCK);
		break;
	case 1:
		if (write(a->pipe[1], "12345678", 8) < 0)
			drain(a);
		ret = splice(a->pipe[0], NULL, fd, &off, min(len, 8ULL),
			     SPLICE_F_NONBLOCK);
		break;
	case 2:
		ret = sendfile(a->pipe[1], fd, &off, len);
		break;
	default:
		ret = copy_file_range(fd, &off, fd, &none, len, 0);
	}
	outcome(o, ret);
	drain(a);
}

struct uring {
	int fd;
	u32 *sq_tail, *sq_mask, *sq_array, *cq_head, *cq_tail, *cq_mask;
	struct io_uring_sqe *sqe;
	struct io_uring_cqe *cqe;
};

/**
 * uring_init() - a ring for an actor, where the kernel has io_uring
 * @a: the actor
 */
void uring_init(struct actor *a)
{
	static struct uring rings[FUZZ_ACTORS];
	struct uring *u = &rings[a->nr];
	struct io_uring_params p = {};
	u64 sq, cq;
	u8 *m, *c;

	u->fd = syscall(SYS_io_uring_setup, 4, &p);
	if (u->fd < 0)
		return;
	sq = p.sq_off.array + p.sq_entries * sizeof(u32);
	cq = p.cq_off.cqes + p.cq_entries * sizeof(*u->cqe);
	m = mmap(NULL, sq, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
		 u->fd, IORING_OFF_SQ_RING);
	c = mmap(NULL, cq, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
		 u->fd, IORING_OFF_CQ_RING);
	u->sqe = mmap(NULL, p.sq_entries * sizeof(*u->sqe),
		      PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, u->fd,
		      IORING_OFF_SQES);
	CHECK(m != MAP_FAILED && c != MAP_FAILED && (void *)u->sqe != MAP_FAILED,
	      "io_uring's memory: %s", strerror(errno));
	u->sq_tail = (u32 *)(m + p.sq_off.tail);
	u->sq_mask = (u32 *)(m + p.sq_off.ring_mask);
	u->sq_array = (u32 *)(m + p.sq_off.array);
	u->cq_head = (u32 *)(c + p.cq_off.head);
	u->cq_tail = (u32 *)(c + p.cq_off.tail);
	u->cq_mask = (u32 *)(c + p.cq_off.ring_mask);
	u->cqe = (void *)(c + p.cq_off.cqes);
	a->uring = u;
}

/**
 * do_uring() - a read or write by io_uring, and waiting for it
 * @a: the actor
 * @s: the step
 * @o: how it ended
 */
void do_uring(struct actor *a, const struct step *s, struct outcome *o)
{
	struct uring *u = a->uring;
	u32 tail, head, at;

	if (!u) {
		*o = (struct outcome){ -1, ENOSYS };
		return;
	}
	tail = *u->sq_tail;
	at = tail & *u->sq_mask;
	u->sqe[at] = (struct io_uring_sqe){
		.opcode = s->num % 2 ? IORING_OP_WRITE : IORING_OP_READ,
		.flags = s->num % 8 < 2 ? IOSQE_ASYNC : 0, .fd = a->w->d.fd,
		.off = file_off(s), .addr = (uintptr_t)pointer_buffer(a, s),
		.len = min(s->len, 0x7fffffffULL),
	};
	u->sq_array[at] = at;
	__atomic_store_n(u->sq_tail, tail + 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, u->fd, 1, 1, IORING_ENTER_GETEVENTS,
		    NULL, 0) < 0) {
		outcome(o, -1);
		return;
	}
	head = *u->cq_head;
	while (head == __atomic_load_n(u->cq_tail, __ATOMIC_ACQUIRE))
		syscall(SYS_io_uring_enter, u->fd, 0, 1, IORING_ENTER_GETEVENTS,
			NULL, 0);
	o->ret = u->cqe[head & *u->cq_mask].res;
	if (o->ret < 0)
		*o = (struct outcome){ -1, -o->ret };
	__atomic_store_n(u->cq_head, head + 1, __ATOMIC_RELEASE);
}

/**
 * do_aio() - a read or write by the older interface
 * @a: the actor
 * @s: the step
 * @o: how it ended
 */
void do_aio(struct actor *a, const struct step *s, struct outcome *o)
{
	struct iocb cb = {
		.aio_lio_opcode = s->num % 2 ? IOCB_CMD_PWRITE :
					       IOCB_CMD_PREAD,
		.aio_fildes = a->w->d.fd,
		.aio_buf = (uintptr_t)pointer_buffer(a, s),
		.aio_nbytes = s->len, .aio_offset = file_off(s),
	}, *list[] = { &cb };
	struct io_event e = {};

	if (!a->aio) {
		*o = (struct outcome){ -1, ENOSYS };
		return;
	}
	if (syscall(SYS_io_submit, a->aio, 1, list) != 1 ||
	    syscall(SYS_io_getevents, a->aio, 1, 1, &e, NULL) != 1) {
		outcome(o, -1);
		return;
	}
	o->ret = e.res;
	if (o->ret < 0)
		*o = (struct outcome){ -1, -o->ret };
}

/**
 * do_file() - what one may do to any file
 * @a: the actor
 * @s: the step
 * @o: how it ended
 */
void do_file(struct actor *a, const struct step *s, struct outcome *o)
{
	int fd = device_fd(a, s);
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT };
	struct stat st;

	switch (s->num % 8) {
	case 0: outcome(o, poll(&p, 1, 0)); break;
	case 1: outcome(o, fsync(fd)); break;
	case 2: outcome(o, ftruncate(fd, s->off)); break;
	case 3: outcome(o, fallocate(fd, s->len % 64, s->off, s->len)); break;
	case 4: outcome(o, lseek(fd, s->off, s->num / 8 % 5) < 0 ? -1 : 0); break;
	case 5: outcome(o, fcntl(fd, F_SETFL, O_RDWR |
				 (s->num & 8 ? O_NONBLOCK : 0) |
				 (s->num & 16 ? O_DIRECT : 0))); break;
	case 6: outcome(o, fstat(fd, &st)); break;
	default:
		/* This one returns the error itself. */
		errno = posix_fadvise(fd, s->off, s->len, s->num / 8 % 6);
		outcome(o, errno ? -1 : 0);
	}
}

/**
 * do_config() - any bytes of config space, read or written
 * @a: the actor
 * @s: the step
 * @o: how it ended
 */
void do_config(struct actor *a, const struct step *s, struct outcome *o)
{
	u64 at = a->w->d.region[CONFIG].offset;
	u64 len = s->num % 8 ? 1 + s->len % 8 : s->len % 300;
	u8 bytes[300];
	unsigned int i;

	/* Mostly where the registers are. */
	at += s->num % 4 ? s->off % 0x60 : s->off % 4200;
	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = fuzz_mix(s->id + i);
	if (s->call == CALL_CONFIG_READ)
		outcome(o, pread(a->w->d.fd, bytes, len, at));
	else
		outcome(o, pwrite(a->w->d.fd, bytes, len, at));
}
