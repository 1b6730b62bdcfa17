// SPDX-License-Identifier: GPL-2.0-only
/* What the function asks of its client: to read or write memory for it. */
#include <errno.h>

#include "sim.h"
#include "wire.h"

/**
 * cohmem_sim_ask_dma() - ask the client to read or write its memory for us
 * @s: the superchip
 * @write: true to write
 * @iova: bus address
 * @data: what to write; NULL to read
 * @len: bytes
 * @id: the message, for cohmem_sim_engine_answer()
 *
 * Return: 0 if asked, -ENOTCONN without a client, other -errno.
 */
int cohmem_sim_ask_dma(struct sim *s, bool write, u64 iova, const void *data,
		       u32 len, u16 *id)
{
	struct sim_dma_msg m = { iova, len };
	struct sim_msg_header h = {
		.id = s->next_id++,
		.command = write ? SIM_MSG_DMA_WRITE : SIM_MSG_DMA_READ,
		.size = sizeof(h) + sizeof(m) + (write ? len : 0),
	};
	const struct iovec iov[] = {
		{ &h, sizeof(h) }, { &m, sizeof(m) }, { (void *)data, len },
	};

	if (!s->wire)
		return -ENOTCONN;
	*id = h.id;
	s->engine.request_write = write;
	s->engine.request_iova = iova;
	s->engine.request_len = len;
	return cohmem_sim_wire_send(s->wire, iov, write ? 3 : 2, -1);
}
