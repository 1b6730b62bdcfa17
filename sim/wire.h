/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The vfio-user transport: framed messages with file descriptors over a UNIX
 * stream socket, never blocking.
 *
 * A message is a 16-byte header (id, command, size with header, flags, error;
 * all little-endian as the host is) and a payload. Descriptors belong to the
 * message during whose bytes they arrive. What the peer does not take at once
 * is kept, and no further request is read until it is gone: a client that asks
 * without reading the answers holds up only itself.
 */
#ifndef COHMEM_SIM_WIRE_H
#define COHMEM_SIM_WIRE_H

#include "env.h"
#include <sys/uio.h>

#define SIM_WIRE_MAX_FDS	16
#define SIM_WIRE_MAX_MSG	((1U << 20) + 4096)

struct sim_msg_header {
	u16 id;
	u16 command;
	u32 size;
	u32 flags;
	u32 error;
};

/* The two messages that go both ways: asked by ask.c, answered to proto.c. */
#define SIM_MSG_DMA_READ	11
#define SIM_MSG_DMA_WRITE	12

struct sim_dma_msg {
	u64 iova, count;
};

#define SIM_MSG_TYPE		0x0f
#define SIM_MSG_REPLY		0x01
#define SIM_MSG_NO_REPLY	0x10
#define SIM_MSG_ERROR		0x20

struct sim_wire {
	int fd;
	u64 received;		/* bytes, ever */
	u8 *in;			/* SIM_WIRE_MAX_MSG */
	u32 have;
	int fds[SIM_WIRE_MAX_FDS];
	unsigned int nr_fds;
	u8 *out;
	size_t out_len, out_room, out_sent;
	int out_fd;		/* goes with the first byte of @out */
};

int cohmem_sim_wire_init(struct sim_wire *w, int fd);
void cohmem_sim_wire_fini(struct sim_wire *w);
int cohmem_sim_wire_receive(struct sim_wire *w);
void cohmem_sim_wire_next(struct sim_wire *w);
int cohmem_sim_wire_send(struct sim_wire *w, const struct iovec *iov,
			 unsigned int nr, int fd);
int cohmem_sim_wire_flush(struct sim_wire *w);

static inline bool cohmem_sim_wire_blocked(const struct sim_wire *w)
{
	return w->out_sent < w->out_len;
}

#endif /* COHMEM_SIM_WIRE_H */
