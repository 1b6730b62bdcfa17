// SPDX-License-Identifier: GPL-2.0-only
/* The vfio-user transport. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "file.h"
#include "wire.h"

/* Answers that a client may leave unread before it is dropped. */
#define OUT_MAX		(4 * SIM_WIRE_MAX_MSG)

/**
 * cohmem_sim_wire_init() - a connection
 * @w: the connection
 * @fd: its socket; made non-blocking, closed by cohmem_sim_wire_fini()
 * Return: 0 or -errno; @fd is closed either way in the end.
 */
int cohmem_sim_wire_init(struct sim_wire *w, int fd)
{
	memset(w, 0, sizeof(*w));
	w->fd = fd;
	w->out_fd = -1;
	w->in = malloc(SIM_WIRE_MAX_MSG);
	if (!w->in)
		return -ENOMEM;
	if (fcntl(fd, F_SETFL, O_NONBLOCK))
		return -errno;
	return 0;
}

/**
 * cohmem_sim_wire_next() - done with the present message
 * @w: the connection; descriptors that nobody took are closed
 */
void cohmem_sim_wire_next(struct sim_wire *w)
{
	unsigned int i;

	for (i = 0; i < w->nr_fds; i++)
		if (w->fds[i] >= 0)
			close(w->fds[i]);
	w->nr_fds = 0;
	w->have = 0;
}

/**
 * cohmem_sim_wire_fini() - close a connection
 * @w: the connection
 */
void cohmem_sim_wire_fini(struct sim_wire *w)
{
	cohmem_sim_wire_next(w);
	free(w->in);
	free(w->out);
	close(w->fd);
	memset(w, 0, sizeof(*w));
	w->fd = -1;
}

static int take_fds(struct sim_wire *w, struct msghdr *m)
{
	struct cmsghdr *c;
	int err = m->msg_flags & MSG_CTRUNC ? -EBADMSG : 0;

	for (c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		unsigned int i, nr;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		nr = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (i = 0; i < nr; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(fd), sizeof(fd));
			/*
			 * No message carries a socket. The client's end of this
			 * very connection, held by us, would hold us for ever.
			 */
			if (w->nr_fds == SIM_WIRE_MAX_FDS ||
			    cohmem_sim_file_is_socket(fd)) {
				close(fd);
				err = -EBADMSG;
				continue;
			}
			w->fds[w->nr_fds++] = fd;
		}
	}
	return err;
}

/**
 * cohmem_sim_wire_receive() - read what has come, at most to the message's end
 * @w: the connection
 *
 * Return: 1 with a whole message in @w->in, 0 if more must come, -ENOTCONN at
 * the end of the stream, -EBADMSG where it makes no sense, other -errno.
 */
int cohmem_sim_wire_receive(struct sim_wire *w)
{
	struct sim_msg_header h;
	u32 need = sizeof(h);

	for (;;) {
		char control[CMSG_SPACE(SIM_WIRE_MAX_FDS * sizeof(int))];
		struct iovec iov;
		struct msghdr m = {
			.msg_iov = &iov, .msg_iovlen = 1,
			.msg_control = control,
			.msg_controllen = sizeof(control),
		};
		ssize_t n;
		int err;

		if (w->have >= sizeof(h)) {
			memcpy(&h, w->in, sizeof(h));
			if (h.size < sizeof(h) || h.size > SIM_WIRE_MAX_MSG)
				return -EBADMSG;
			need = h.size;
			if (w->have == need)
				return 1;
		}
		iov.iov_base = w->in + w->have;
		iov.iov_len = need - w->have;
		n = recvmsg(w->fd, &m, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
		if (n < 0) {
			if (errno == EINTR)
				continue;
			return errno == EAGAIN ? 0 : -errno;
		}
		err = take_fds(w, &m);
		if (err)
			return err;
		if (!n)
			return w->have ? -EBADMSG : -ENOTCONN;
		w->have += n;
		w->received += n;
	}
}

static ssize_t push(struct sim_wire *w, const struct iovec *iov,
		    unsigned int nr, int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct msghdr m = {
		.msg_iov = (struct iovec *)iov, .msg_iovlen = nr,
	};
	ssize_t n;

	if (fd >= 0) {
		struct cmsghdr *c;

		m.msg_control = control;
		m.msg_controllen = sizeof(control);
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	}
	do {
		n = sendmsg(w->fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? 0 : -errno;
	return n;
}

static int keep(struct sim_wire *w, const struct iovec *iov, unsigned int nr,
		size_t skip)
{
	unsigned int i;
	size_t total = 0;

	for (i = 0; i < nr; i++)
		total += iov[i].iov_len;
	total -= skip;
	if (w->out_sent == w->out_len)
		w->out_sent = w->out_len = 0;
	if (w->out_len + total > OUT_MAX)
		return -ENOBUFS;
	if (w->out_len + total > w->out_room) {
		u8 *out = realloc(w->out, w->out_len + total);

		if (!out)
			return -ENOMEM;
		w->out = out;
		w->out_room = w->out_len + total;
	}
	for (i = 0; i < nr; i++) {
		size_t len = iov[i].iov_len, cut = skip < len ? skip : len;

		skip -= cut;
		if (len == cut)
			continue;
		memcpy(w->out + w->out_len, (u8 *)iov[i].iov_base + cut,
		       len - cut);
		w->out_len += len - cut;
	}
	return 0;
}

/**
 * cohmem_sim_wire_send() - send a message, or keep what does not go
 * @w: the connection
 * @iov: the message
 * @nr: pieces in @iov
 * @fd: a descriptor to go with it, or -1; must stay open
 *
 * Return: 0, -errno where the connection is lost; -ENOBUFS where the client
 * reads nothing.
 */
int cohmem_sim_wire_send(struct sim_wire *w, const struct iovec *iov,
			 unsigned int nr, int fd)
{
	size_t total = 0;
	unsigned int i;
	ssize_t n = 0;

	for (i = 0; i < nr; i++)
		total += iov[i].iov_len;
	if (!cohmem_sim_wire_blocked(w)) {
		n = push(w, iov, nr, fd);
		if (n < 0)
			return n;
		if (n == total)
			return 0;
		if (!n)
			w->out_fd = fd;
	} else if (fd >= 0) {
		/* Requests are not read while blocked, so this cannot be. */
		return -EBUSY;
	}
	return keep(w, iov, nr, n);
}

/**
 * cohmem_sim_wire_flush() - send what was kept, as far as it goes
 * @w: the connection
 * Return: 0, or -errno where the connection is lost.
 */
int cohmem_sim_wire_flush(struct sim_wire *w)
{
	while (cohmem_sim_wire_blocked(w)) {
		struct iovec iov = { w->out + w->out_sent,
				     w->out_len - w->out_sent };
		ssize_t n = push(w, &iov, 1, w->out_fd);

		if (n < 0)
			return n;
		if (!n)
			return 0;
		w->out_fd = -1;
		w->out_sent += n;
	}
	return 0;
}
