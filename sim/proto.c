// SPDX-License-Identifier: GPL-2.0-only
/*
 * The vfio-user messages, version 0.0, as QEMU sends them. Payloads are those
 * of the VFIO ioctls of the same names.
 *
 * Nothing that comes in is trusted: a payload of the wrong length, a value out
 * of range, a descriptor where none belongs get an error reply, and the
 * connection lives on; only a stream whose framing makes no sense is dropped
 * (wire.c). Handlers get the payload and its exact length, and must compare
 * before they read.
 */
#include <errno.h>
#include <json-c/json.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <string.h>

#include "sim.h"
#include "wire.h"

enum {
	MSG_VERSION = 1,
	MSG_DMA_MAP = 2,
	MSG_DMA_UNMAP = 3,
	MSG_GET_INFO = 4,
	MSG_GET_REGION_INFO = 5,
	MSG_GET_IRQ_INFO = 7,
	MSG_SET_IRQS = 8,
	MSG_REGION_READ = 9,
	MSG_REGION_WRITE = 10,
	MSG_DMA_READ = SIM_MSG_DMA_READ,
	MSG_DMA_WRITE = SIM_MSG_DMA_WRITE,
	MSG_DEVICE_RESET = 13,
};

/*
 * Longest DMA message we ask for, whatever the client announces: QEMU 11.1
 * takes a partial write to the socket for a whole one, so a reply that does not
 * fit into an empty socket buffer (some 200 KiB) would break the stream.
 */
#define DMA_MAX_XFER		(64U << 10)

struct request {
	struct sim_msg_header h;
	const u8 *data;
	u32 len;
	int *fds;
	unsigned int nr_fds;
};

struct answer {
	u8 head[256];		/* fixed part of the payload */
	u32 head_len;
	const u8 *tail;
	u32 tail_len;
	int fd;
};

/* Payloads that no kernel header has. */
struct version_head {
	u16 major, minor;
};

struct dma_map_msg {
	u32 argsz, flags;
	u64 offset, iova, size;
};

struct dma_unmap_msg {
	u32 argsz, flags;
	u64 iova, size;
};

struct region_rw {
	u64 offset;
	u32 region, count;
};

/* Read a payload's fixed part. Return: false where it is too short. */
static bool fixed(const struct request *rq, void *to, u32 len)
{
	if (rq->len < len)
		return false;
	memcpy(to, rq->data, len);
	return true;
}

static void *head(struct answer *a, const void *from, u32 len)
{
	memcpy(a->head, from, len);
	a->head_len = len;
	return a->head;
}

/* What we can, by the names that the client may propose. */
static const struct {
	const char *name;
	s64 most;
} abilities[] = {
	{ "max_msg_fds", SIM_WIRE_MAX_FDS },
	{ "max_data_xfer_size", SIM_MAX_XFER },
	{ "max_dma_maps", SIM_DMA_MAX_MAPS },
	{ "pgsizes", 4096 },
};

/*
 * Take the client's capabilities, answer those of them that we have, and no
 * other: what is not proposed has its default. Return: the text, NULL where
 * what they say makes no sense.
 */
static struct json_object *agree(struct sim *s, const char *text, u32 len)
{
	struct json_object *reply = json_object_new_object();
	struct json_object *ours = json_object_new_object();
	struct json_tokener *tok = json_tokener_new();
	struct json_object *root, *caps = NULL, *v;
	bool good = true;
	unsigned int i;
	s64 said;

	json_object_object_add(reply, "capabilities", ours);
	root = tok ? json_tokener_parse_ex(tok, text, len) : NULL;
	if (len && (!json_object_is_type(root, json_type_object) ||
		    json_tokener_get_parse_end(tok) != len))
		good = false;
	if (good && len && json_object_object_get_ex(root, "capabilities", &caps))
		good = json_object_is_type(caps, json_type_object);
	for (i = 0; good && caps &&
	     i < sizeof(abilities) / sizeof(abilities[0]); i++) {
		if (!json_object_object_get_ex(caps, abilities[i].name, &v))
			continue;
		said = json_object_get_int64(v);
		good = json_object_is_type(v, json_type_int) && said >= 0;
		json_object_object_add(ours, abilities[i].name,
				       json_object_new_int64(abilities[i].most));
		if (!strcmp(abilities[i].name, "max_data_xfer_size") &&
		    said > 0 && said < DMA_MAX_XFER)
			s->client_max_xfer = said;
	}
	if (good && caps && json_object_object_get_ex(caps, "write_multiple", &v)) {
		good = json_object_is_type(v, json_type_boolean);
		json_object_object_add(ours, "write_multiple",
				       json_object_new_boolean(false));
	}
	json_object_put(root);
	json_tokener_free(tok);
	if (good)
		return reply;
	json_object_put(reply);
	return NULL;
}

static int do_version(struct sim *s, struct request *rq, struct answer *a)
{
	struct version_head v;
	struct json_object *caps;
	const char *text = NULL;
	u32 len;

	if (!fixed(rq, &v, sizeof(v)) || rq->nr_fds || s->agreed)
		return -EINVAL;
	if (v.major != 0)
		return -ENOTSUP;
	len = rq->len - sizeof(v);
	if (len) {
		text = (const char *)rq->data + sizeof(v);
		if (text[--len])
			return -EINVAL;
	}
	s->client_max_xfer = DMA_MAX_XFER;
	caps = agree(s, text, len);
	if (!caps)
		return -EINVAL;
	v.minor = 0;
	head(a, &v, sizeof(v));
	text = json_object_to_json_string_ext(caps, JSON_C_TO_STRING_PLAIN);
	a->head_len += snprintf((char *)a->head + sizeof(v),
				sizeof(a->head) - sizeof(v), "%s", text) + 1;
	json_object_put(caps);
	s->agreed = true;
	return 0;
}

static int do_dma_map(struct sim *s, struct request *rq, struct answer *a)
{
	struct dma_map_msg m;
	int none = -1;

	if (rq->len != sizeof(m) || !fixed(rq, &m, sizeof(m)) ||
	    rq->nr_fds > 1 || m.argsz < sizeof(m) || (m.iova | m.size) & 0xfff)
		return -EINVAL;
	return cohmem_sim_dma_map(&s->dma, m.iova, m.size, m.offset, m.flags,
				  rq->nr_fds ? rq->fds : &none);
}

static int do_dma_unmap(struct sim *s, struct request *rq, struct answer *a)
{
	struct dma_unmap_msg m;
	u64 unmapped;
	int err;

	/* No dirty pages are tracked here, so no other flag is known. */
	if (rq->len != sizeof(m) || !fixed(rq, &m, sizeof(m)) || rq->nr_fds ||
	    m.argsz < sizeof(m) || (m.flags & ~VFIO_DMA_UNMAP_FLAG_ALL))
		return -EINVAL;
	err = cohmem_sim_dma_unmap(&s->dma, m.iova, m.size,
				   m.flags & VFIO_DMA_UNMAP_FLAG_ALL, &unmapped);
	if (err)
		return err;
	m.size = unmapped;
	head(a, &m, sizeof(m));
	return 0;
}

static int do_get_info(struct sim *s, struct request *rq, struct answer *a)
{
	u32 info[4] = { sizeof(info), VFIO_DEVICE_FLAGS_RESET |
			VFIO_DEVICE_FLAGS_PCI, SIM_NR_REGIONS, SIM_NR_IRQS };
	u32 argsz;

	if (!fixed(rq, &argsz, sizeof(argsz)) || rq->nr_fds ||
	    argsz < sizeof(info))
		return -EINVAL;
	head(a, info, sizeof(info));
	return 0;
}

/* The fixed part of struct vfio_region_info; newer headers may append to it. */
struct region_info {
	u32 argsz, flags, index, cap_offset;
	u64 size, offset;
};

static u32 put_areas(u8 *to, const struct sim_area *area, unsigned int nr)
{
	struct vfio_region_info_cap_sparse_mmap cap = {
		.header.id = VFIO_REGION_INFO_CAP_SPARSE_MMAP,
		.header.version = 1,
		.nr_areas = nr,
	};

	memcpy(to, &cap, sizeof(cap));
	memcpy(to + sizeof(cap), area, nr * sizeof(*area));
	return sizeof(cap) + nr * sizeof(*area);
}

static int do_region_info(struct sim *s, struct request *rq, struct answer *a)
{
	struct sim_area area[SIM_NR_TRAPS + 1];
	struct region_info r;
	unsigned int nr;
	u32 need, room;

	if (!fixed(rq, &r, sizeof(r)) || rq->nr_fds || r.argsz < sizeof(r) ||
	    r.index >= SIM_NR_REGIONS)
		return -EINVAL;
	room = r.argsz;
	r.size = cohmem_sim_region_size(s, r.index);
	r.flags = r.size ? VFIO_REGION_INFO_FLAG_READ |
			   VFIO_REGION_INFO_FLAG_WRITE : 0;
	r.offset = 0;
	r.cap_offset = 0;
	r.argsz = sizeof(r);
	nr = cohmem_sim_region_areas(s, r.index, area);
	if (nr)
		r.flags |= VFIO_REGION_INFO_FLAG_MMAP;
	need = sizeof(r);
	if (nr && (nr > 1 || area[0].size != r.size)) {
		need += sizeof(struct vfio_region_info_cap_sparse_mmap) +
			nr * sizeof(area[0]);
		r.flags |= VFIO_REGION_INFO_FLAG_CAPS;
		r.argsz = need;
		/* Also where they do not fit: QEMU takes 0 for an error. */
		r.cap_offset = sizeof(r);
		if (room >= need)
			put_areas(a->head + sizeof(r), area, nr);
	}
	head(a, &r, sizeof(r));
	if (room >= need) {
		a->head_len = need;
		/* The client asks again where it had no room: one descriptor. */
		a->fd = nr ? s->bar_fd[r.index] : -1;
	}
	return 0;
}

static int do_irq_info(struct sim *s, struct request *rq, struct answer *a)
{
	u32 info[4];

	if (!fixed(rq, info, sizeof(info)) || rq->nr_fds ||
	    info[0] < sizeof(info) || info[2] >= SIM_NR_IRQS)
		return -EINVAL;
	info[0] = sizeof(info);
	info[3] = cohmem_sim_irq_count(s, info[2]);
	info[1] = info[3] ? VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_NORESIZE : 0;
	if (info[2] == SIM_IRQ_INTX)
		info[1] = VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_MASKABLE |
			  VFIO_IRQ_INFO_AUTOMASKED;
	head(a, info, sizeof(info));
	return 0;
}

static int do_set_irqs(struct sim *s, struct request *rq, struct answer *a)
{
	struct sim_irq_set set;
	u32 m[5];

	if (!fixed(rq, m, sizeof(m)) || m[0] < sizeof(m) || m[0] > rq->len)
		return -EINVAL;
	set = (struct sim_irq_set){
		.flags = m[1], .index = m[2], .start = m[3], .count = m[4],
		.data = rq->data + sizeof(m), .data_len = rq->len - sizeof(m),
		.fds = rq->fds, .nr_fds = rq->nr_fds,
	};
	return cohmem_sim_irq_set(s, &set);
}

static u8 scratch[SIM_MAX_XFER];

static int do_region_read(struct sim *s, struct request *rq, struct answer *a)
{
	struct region_rw m;
	int err;

	if (rq->len != sizeof(m) || !fixed(rq, &m, sizeof(m)) || rq->nr_fds ||
	    m.count > sizeof(scratch))
		return -EINVAL;
	err = cohmem_sim_region_read(s, m.region, m.offset, scratch, m.count);
	if (err)
		return err;
	head(a, &m, sizeof(m));
	a->tail = scratch;
	a->tail_len = m.count;
	return 0;
}

static int do_region_write(struct sim *s, struct request *rq, struct answer *a)
{
	struct region_rw m;
	int err;

	if (!fixed(rq, &m, sizeof(m)) || rq->nr_fds ||
	    rq->len - sizeof(m) != m.count)
		return -EINVAL;
	err = cohmem_sim_region_write(s, m.region, m.offset,
				      rq->data + sizeof(m), m.count);
	if (err)
		return err;
	head(a, &m, sizeof(m));
	return 0;
}

static int do_reset(struct sim *s, struct request *rq, struct answer *a)
{
	if (rq->len || rq->nr_fds)
		return -EINVAL;
	if (!s->removed)
		cohmem_sim_reset(s, SIM_RESET_MESSAGE);
	return 0;
}

static int (* const handler[])(struct sim *, struct request *,
			       struct answer *) = {
	[MSG_VERSION] = do_version,
	[MSG_DMA_MAP] = do_dma_map,
	[MSG_DMA_UNMAP] = do_dma_unmap,
	[MSG_GET_INFO] = do_get_info,
	[MSG_GET_REGION_INFO] = do_region_info,
	[MSG_GET_IRQ_INFO] = do_irq_info,
	[MSG_SET_IRQS] = do_set_irqs,
	[MSG_REGION_READ] = do_region_read,
	[MSG_REGION_WRITE] = do_region_write,
	[MSG_DEVICE_RESET] = do_reset,
};

static int send_msg(struct sim *s, struct sim_msg_header *h, const struct answer *a)
{
	struct iovec iov[] = {
		{ h, sizeof(*h) },
		{ (void *)a->head, a->head_len },
		{ (void *)a->tail, a->tail_len },
	};

	h->size = sizeof(*h) + a->head_len + a->tail_len;
	return cohmem_sim_wire_send(s->wire, iov, 3, a->fd);
}

static int got_reply(struct sim *s, const struct request *rq)
{
	const struct sim_engine *e = &s->engine;
	bool write = rq->h.command == MSG_DMA_WRITE;
	struct sim_dma_msg m = { 0 };
	int err = 0;

	if (rq->h.command != MSG_DMA_READ && !write)
		return -EBADMSG;
	/* It must be the answer to what was asked, and all of it. */
	if ((rq->h.flags & SIM_MSG_ERROR) || !fixed(rq, &m, sizeof(m)) ||
	    write != e->request_write || m.iova != e->request_iova ||
	    m.count != e->request_len ||
	    rq->len - sizeof(m) != (write ? 0 : m.count))
		err = -EIO;
	cohmem_sim_engine_answer(s, rq->h.id, err, rq->data + sizeof(m),
				 err || write ? 0 : rq->len - (u32)sizeof(m));
	return 0;
}

/**
 * cohmem_sim_proto_handle() - serve one message
 * @s: the superchip, with a client
 * @msg: the message, header first
 * @len: its length, at least a header
 * @fds: descriptors that came with it; those that are kept are set to -1
 * @nr_fds: how many
 *
 * Return: 0, or -errno where the connection cannot go on.
 */
int cohmem_sim_proto_handle(struct sim *s, u8 *msg, u32 len, int *fds,
			    unsigned int nr_fds)
{
	struct request rq = { .fds = fds, .nr_fds = nr_fds };
	struct answer a = { .fd = -1 };
	int err = -ENOSYS;

	memcpy(&rq.h, msg, sizeof(rq.h));
	rq.data = msg + sizeof(rq.h);
	rq.len = len - sizeof(rq.h);

	switch (rq.h.flags & SIM_MSG_TYPE) {
	case SIM_MSG_REPLY:
		return got_reply(s, &rq);
	case 0:
		break;
	default:
		return -EBADMSG;
	}
	s->count.messages++;
	if (!s->agreed && rq.h.command != MSG_VERSION)
		err = -EINVAL;
	else if (rq.h.command < sizeof(handler) / sizeof(handler[0]) &&
	    handler[rq.h.command])
		err = handler[rq.h.command](s, &rq, &a);
	cohmem_sim_log(s, "message %u, %u bytes, %u fds: %d", rq.h.command,
		       rq.h.size, nr_fds, err);
	if (err)
		s->count.wire_errors++;
	if (rq.h.flags & SIM_MSG_NO_REPLY)
		return 0;
	if (err)
		a = (struct answer){ .fd = -1 };
	rq.h.flags = SIM_MSG_REPLY | (err ? SIM_MSG_ERROR : 0);
	rq.h.error = -err;
	return send_msg(s, &rq.h, &a);
}
