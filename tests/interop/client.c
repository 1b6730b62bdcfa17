// SPDX-License-Identifier: GPL-2.0-only
/*
 * The emulator and a client that speaks by libvfio-user: its structures, its framing,
 * its idea of what a reply looks like. tests/sim has the same conversation in bytes of
 * our own; here both sides were written by different people.
 *
 *   client SOCKET
 *
 * What the library asks of a server beyond the protocol's text shows as a failure.
 */
#include <errno.h>
#include <linux/pci_regs.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "libvfio-user.h"
#include "tran_sock.h"

#include "engine.h"

#define MAX_FDS		8
/* Little, so that DMA by messages comes in pieces. */
#define MAX_XFER	1024
#define LEN		4096
#define BAR0		0
#define CONFIG		7
#define VECTOR		2

static int sock;
static int server_fds = 1;
static size_t server_xfer = VFIO_USER_DEFAULT_MAX_DATA_XFER_SIZE, page = 4096;
static unsigned int nr, failed;

/* The library's, for whoever links it. */
void vfu_log(vfu_ctx_t *ctx, int level, const char *fmt, ...);

/**
 * vfu_log() - the library has something to say
 * @ctx: of a server, which we are not
 * @level: as syslog(3)
 * @fmt: format
 */
void vfu_log(vfu_ctx_t *ctx, int level, const char *fmt, ...)
{
	va_list ap;

	(void)ctx;
	(void)level;
	printf("# ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
}

static void result(bool ok, const char *name)
{
	printf("%sok %u - %s\n", ok ? "" : "not ", ++nr, name);
	failed += !ok;
	fflush(stdout);
}

/* One call of the library's must be right; what it was, and how it ended. */
static bool is(long got, long want, const char *what)
{
	if (got != want)
		printf("# %s: %ld, want %ld (%s)\n", what, got, want,
		       strerror(errno));
	return got == want;
}

static int call(enum vfio_user_command cmd, void *send, size_t send_len,
		void *recv, size_t recv_len)
{
	return tran_sock_msg(sock, 0x100 + cmd, cmd, send, send_len, NULL, recv,
			     recv_len);
}

static int access_region(bool write, unsigned int region, uint64_t off,
			 void *data, uint32_t len)
{
	struct {
		struct vfio_user_region_access head;
		uint8_t data[4096];
	} __attribute__((packed)) msg = { .head = { off, region, len } };
	size_t head = sizeof(msg.head);
	int ret;

	if (write)
		memcpy(msg.data, data, len);
	ret = call(write ? VFIO_USER_REGION_WRITE : VFIO_USER_REGION_READ, &msg,
		   head + (write ? len : 0), &msg, head + (write ? 0 : len));
	if (!ret && !write)
		memcpy(data, msg.data, len);
	return ret;
}

static bool negotiate(void)
{
	struct vfio_user_version mine = { LIB_VFIO_USER_MAJOR,
					  LIB_VFIO_USER_MINOR };
	struct vfio_user_version *theirs = NULL;
	struct vfio_user_header head;
	char caps[128];
	struct iovec iov[3] = { { 0 }, { &mine, sizeof(mine) }, { caps, 0 } };
	size_t len = 0;
	bool ok;

	iov[2].iov_len = 1 + snprintf(caps, sizeof(caps),
		"{\"capabilities\":{\"max_msg_fds\":%d,\"max_data_xfer_size\":%d}}",
		MAX_FDS, MAX_XFER);
	ok = is(tran_sock_send_iovec(sock, 1, false, VFIO_USER_VERSION, iov, 3,
				     NULL, 0, 0), 0, "send") &&
	     is(tran_sock_recv_alloc(sock, &head, true, NULL, (void **)&theirs,
				     &len), 0, "receive") &&
	     is(head.cmd, VFIO_USER_VERSION, "command") &&
	     is(theirs->major, LIB_VFIO_USER_MAJOR, "major") &&
	     is(theirs->minor <= LIB_VFIO_USER_MINOR, 1, "minor") &&
	     is(len > sizeof(*theirs) && !theirs->data[len - sizeof(*theirs) - 1],
		1, "capabilities, with a NUL") &&
	     is(tran_parse_version_json((char *)theirs->data, &server_fds,
					&server_xfer, &page, NULL), 0, "JSON");
	free(theirs);
	printf("# max_msg_fds %d, max_data_xfer_size %zu\n", server_fds,
	       server_xfer);
	return ok && is(server_fds >= 1, 1, "descriptors in a message");
}

static bool errors_are_errors(void)
{
	uint32_t v;

	if (!is(access_region(false, 0xdeadbeef, 0, &v, 4), -1, "no such region"))
		return false;
	return is(errno, EINVAL, "its error") &&
	       is(access_region(false, BAR0, -4ULL, &v, 4), -1, "no such place") &&
	       is(errno, EINVAL, "its error");
}

static bool device_info(void)
{
	struct vfio_user_device_info info = { .argsz = sizeof(info) };

	return is(call(VFIO_USER_DEVICE_GET_INFO, &info, sizeof(info), &info,
		       sizeof(info)), 0, "GET_INFO") &&
	       is(info.flags, VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET,
		  "flags") &&
	       is(info.num_regions, 9, "regions") && is(info.num_irqs, 5, "irqs");
}

/* Map what the capability says can be mapped; the first bytes must be those of a read. */
static bool map_areas(struct vfio_region_info *r, int fd, unsigned int *areas)
{
	struct vfio_region_info_cap_sparse_mmap *sparse = NULL;
	struct vfio_info_cap_header *cap;
	uint32_t at, i, got, want;
	bool ok = true;
	void *p;

	for (at = r->cap_offset; at; at = cap->next) {
		cap = (void *)((char *)r + at);
		if (cap->id == VFIO_REGION_INFO_CAP_SPARSE_MMAP)
			sparse = (void *)cap;
	}
	if (!is(!!sparse, 1, "a capability"))
		return false;
	for (i = 0; ok && i < sparse->nr_areas; i++) {
		p = mmap(NULL, sparse->areas[i].size, PROT_READ | PROT_WRITE,
			 MAP_SHARED, fd, r->offset + sparse->areas[i].offset);
		if (p == MAP_FAILED)
			return is(-1, 0, "mmap of an area");
		want = 0x1000 + i;
		*(volatile uint32_t *)p = want;
		ok = is(access_region(false, r->index, sparse->areas[i].offset,
				      &got, 4), 0, "read") &&
		     is(got, want, "what was stored");
		munmap(p, sparse->areas[i].size);
	}
	*areas = sparse->nr_areas;
	return ok;
}

static bool regions(void)
{
	union {
		struct vfio_region_info info;
		uint8_t raw[4096];
	} u;
	unsigned int i, areas = 0, sizes = 0;
	int fds[MAX_FDS];
	size_t nr_fds;
	bool ok = true;

	for (i = 0; ok && i < 9; i++) {
		memset(&u, 0, sizeof(u));
		u.info.argsz = sizeof(u.info);
		u.info.index = i;
		nr_fds = MAX_FDS;
		ok = is(tran_sock_msg_fds(sock, i, VFIO_USER_DEVICE_GET_REGION_INFO,
					  &u.info, sizeof(u.info), NULL, &u.info,
					  sizeof(u.info), fds, &nr_fds), 0,
			"GET_REGION_INFO");
		sizes += !!u.info.size;
		if (!ok || u.info.argsz <= sizeof(u.info) ||
		    !is(u.info.argsz <= sizeof(u), 1, "room")) {
			if (ok && nr_fds)
				close(fds[0]);
			continue;
		}
		nr_fds = MAX_FDS;
		ok = is(tran_sock_msg_fds(sock, i, VFIO_USER_DEVICE_GET_REGION_INFO,
					  &u.info, sizeof(u.info), NULL, &u.info,
					  u.info.argsz, fds, &nr_fds), 0,
			"GET_REGION_INFO once more") &&
		     is(nr_fds, 1, "descriptors") &&
		     map_areas(&u.info, fds[0], &areas);
		if (nr_fds)
			close(fds[0]);
	}
	return ok && is(areas > 0, 1, "areas") && is(sizes >= 3, 1, "regions");
}

static bool config_space(void)
{
	uint16_t id[2], command = 6, got = 0;

	return is(access_region(false, CONFIG, 0, id, 4), 0, "read") &&
	       is(id[0], 0x10de, "vendor") &&
	       is(access_region(true, CONFIG, 4, &command, 2), 0, "write") &&
	       is(access_region(false, CONFIG, 4, &got, 2), 0, "read") &&
	       is(got & 6, 6, "what was written");
}

/* --- DMA ------------------------------------------------------------------------ */

static int map_dma(uint64_t iova, uint64_t len, uint64_t off, int fd)
{
	struct vfio_user_dma_map map = {
		.argsz = sizeof(map), .offset = off, .addr = iova, .size = len,
		.flags = VFIO_USER_F_DMA_REGION_READ |
			 VFIO_USER_F_DMA_REGION_WRITE,
	};
	struct iovec iov[2] = { { 0 }, { &map, sizeof(map) } };

	return tran_sock_msg_iovec(sock, 0x200, VFIO_USER_DMA_MAP, iov, 2,
				   fd < 0 ? NULL : &fd, fd >= 0, NULL, NULL, 0,
				   NULL, NULL);
}

/* How much was unmapped, or -1. */
static int64_t unmap_dma(uint64_t iova, uint64_t len)
{
	struct vfio_user_dma_unmap unmap = {
		.argsz = sizeof(unmap), .addr = iova, .size = len,
	};

	if (call(VFIO_USER_DMA_UNMAP, &unmap, sizeof(unmap), &unmap,
		 sizeof(unmap)))
		return -1;
	return unmap.size;
}

static int set_irq(int fd)
{
	struct vfio_irq_set set = {
		.argsz = sizeof(set), .index = VFIO_PCI_MSIX_IRQ_INDEX,
		.flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER,
		.start = VECTOR, .count = 1,
	};
	struct iovec iov[2] = { { 0 }, { &set, sizeof(set) } };

	return tran_sock_msg_iovec(sock, 0x300, VFIO_USER_DEVICE_SET_IRQS, iov,
				   2, &fd, 1, NULL, NULL, 0, NULL, NULL);
}

static bool put(unsigned int reg, uint64_t v, unsigned int len)
{
	return !access_region(true, BAR0, COHMEM_ENGINE_BASE + reg, &v, len);
}

static uint64_t get(unsigned int reg, unsigned int len)
{
	uint64_t v = 0;

	return access_region(false, BAR0, COHMEM_ENGINE_BASE + reg, &v, len) ?
		       ~0ULL : v;
}

static bool submit(unsigned int from, uint64_t src, unsigned int to,
		   uint64_t dst, uint64_t len)
{
	static uint32_t tag;

	return put(COHMEM_ENGINE_OP, COHMEM_OP_COPY, 4) &&
	       put(COHMEM_ENGINE_IRQ, VECTOR | COHMEM_ENGINE_IRQ_ON, 4) &&
	       put(COHMEM_ENGINE_SRC, src, 8) && put(COHMEM_ENGINE_DST, dst, 8) &&
	       put(COHMEM_ENGINE_SRC_SPACE, from, 4) &&
	       put(COHMEM_ENGINE_DST_SPACE, to, 4) &&
	       put(COHMEM_ENGINE_LEN, len, 8) &&
	       put(COHMEM_ENGINE_DOORBELL, ++tag, 4);
}

/* What the device has of memory without a descriptor goes through our hands. */
static bool serve(uint8_t *mem, uint64_t iova, unsigned int *reads,
		  unsigned int *writes)
{
	struct {
		struct vfio_user_dma_region_access head;
		uint8_t data[MAX_XFER];
	} __attribute__((packed)) msg;
	size_t head = sizeof(msg.head), len = head;
	struct vfio_user_header hdr;
	uint16_t id = 0;
	uint64_t at;

	if (!is(tran_sock_recv(sock, &hdr, false, &id, &msg.head, &len), 0,
		"a request"))
		return false;
	at = msg.head.addr - iova;
	if (!is(at < LEN && msg.head.count <= MAX_XFER && at + msg.head.count <= LEN,
		1, "what it asks for"))
		return false;
	if (hdr.cmd == VFIO_USER_DMA_READ) {
		++*reads;
		memcpy(msg.data, mem + at, msg.head.count);
		return is(tran_sock_send(sock, id, true, VFIO_USER_DMA_READ, &msg,
					 head + msg.head.count), 0, "answer");
	}
	++*writes;
	return is(hdr.cmd, VFIO_USER_DMA_WRITE, "a command") &&
	       is(recv(sock, mem + at, msg.head.count, MSG_WAITALL),
		  msg.head.count, "its bytes") &&
	       is(tran_sock_send(sock, id, true, VFIO_USER_DMA_WRITE, &msg, head),
		  0, "answer");
}

/* Serve the device until it signals that the job is done. */
static bool finish(int irq, uint8_t *mem, uint64_t iova, unsigned int *reads,
		   unsigned int *writes)
{
	struct pollfd p[2] = { { sock, POLLIN, 0 }, { irq, POLLIN, 0 } };
	uint64_t n;

	for (;;) {
		if (!is(poll(p, 2, 10000) > 0, 1, "something within 10 s"))
			return false;
		if (p[0].revents & POLLIN) {
			if (!serve(mem, iova, reads, writes))
				return false;
			continue;
		}
		return is(read(irq, &n, 8), 8, "the interrupt") &&
		       is(get(COHMEM_ENGINE_STATUS, 4), COHMEM_STATUS_DONE,
			  "status") &&
		       is(get(COHMEM_ENGINE_MOVED, 8), LEN, "bytes moved");
	}
}

static void wait_ready(void)
{
	uint32_t link = 0, train = 0;
	int i;

	for (i = 0; i < 500 && (link != 0xff || train != 0xff); i++) {
		if (i)
			usleep(10000);
		access_region(false, BAR0, 0x1498, &link, 4);
		access_region(false, BAR0, 0x200bc, &train, 4);
	}
}

static void fill(uint8_t *p, unsigned int seed)
{
	unsigned int i;

	for (i = 0; i < LEN; i++)
		p[i] = i * 7 + seed + (i >> 8);
}

/* By descriptor: as many regions as one message may never carry. */
static bool dma_by_descriptor(int irq)
{
	unsigned int i, nr_maps = 2 * server_fds + 2, reads = 0, writes = 0;
	int fd = memfd_create("ram", MFD_CLOEXEC);
	uint8_t *p;
	bool ok = !ftruncate(fd, nr_maps * (uint64_t)LEN);

	p = mmap(NULL, nr_maps * LEN, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	for (i = 0; ok && i < nr_maps; i++)
		ok = is(map_dma((uint64_t)i * 2 * LEN, LEN, (uint64_t)i * LEN, fd),
			0, "DMA_MAP");
	fill(p + LEN, 3);
	ok = ok && submit(COHMEM_SPACE_BUS, 2 * LEN, COHMEM_SPACE_COHERENT, 0, LEN) &&
	     finish(irq, NULL, 0, &reads, &writes) &&
	     submit(COHMEM_SPACE_COHERENT, 0, COHMEM_SPACE_BUS,
		    (uint64_t)(nr_maps - 1) * 2 * LEN, LEN) &&
	     finish(irq, NULL, 0, &reads, &writes) &&
	     is(memcmp(p + LEN, p + (nr_maps - 1) * LEN, LEN), 0, "what came") &&
	     is(reads + writes, 0, "messages for it");
	for (i = 0; ok && i < nr_maps; i++)
		ok = is(unmap_dma((uint64_t)i * 2 * LEN, LEN), LEN, "DMA_UNMAP");
	munmap(p, nr_maps * LEN);
	close(fd);
	/* Nothing is no error here, unlike with libvfio-user's own server: sim/README.md. */
	return ok && is(unmap_dma(0, LEN), 0, "once more");
}

static bool dma_by_messages(int irq)
{
	static uint8_t mem[LEN], was[LEN];
	unsigned int reads = 0, writes = 0;
	bool ok;

	fill(mem, 11);
	memcpy(was, mem, LEN);
	ok = is(map_dma(1 << 20, LEN, 0, -1), 0, "DMA_MAP") &&
	     submit(COHMEM_SPACE_BUS, 1 << 20, COHMEM_SPACE_COHERENT, LEN, LEN) &&
	     finish(irq, mem, 1 << 20, &reads, &writes);
	memset(mem, 0, LEN);
	ok = ok && submit(COHMEM_SPACE_COHERENT, LEN, COHMEM_SPACE_BUS, 1 << 20, LEN) &&
	     finish(irq, mem, 1 << 20, &reads, &writes) &&
	     is(memcmp(mem, was, LEN), 0, "what came back");
	printf("# %u reads, %u writes\n", reads, writes);
	return ok && is(reads, LEN / MAX_XFER, "reads") &&
	       is(writes, LEN / MAX_XFER, "writes") &&
	       is(unmap_dma(1 << 20, LEN), LEN, "DMA_UNMAP");
}

static bool reset(void)
{
	uint16_t command = 0xffff;

	return is(call(VFIO_USER_DEVICE_RESET, NULL, 0, NULL, 0), 0, "RESET") &&
	       is(access_region(false, CONFIG, 4, &command, 2), 0, "read") &&
	       is(command & 7, 0, "COMMAND after it");
}

/* The function sends what its driver has switched on, in config space. */
static bool enable_msix(void)
{
	uint16_t control;
	uint8_t at = 0, id;

	for (access_region(false, CONFIG, PCI_CAPABILITY_LIST, &at, 1); at;
	     access_region(false, CONFIG, at + 1, &at, 1)) {
		if (access_region(false, CONFIG, at, &id, 1) || id == PCI_CAP_ID_MSIX)
			break;
	}
	if (!is(at && !access_region(false, CONFIG, at + PCI_MSIX_FLAGS, &control, 2),
		1, "the MSI-X capability"))
		return false;
	control |= PCI_MSIX_FLAGS_ENABLE;
	return is(access_region(true, CONFIG, at + PCI_MSIX_FLAGS, &control, 2),
		  0, "write");
}

static bool irqs(int irq)
{
	struct vfio_irq_info info = { .argsz = sizeof(info),
				      .index = VFIO_PCI_MSIX_IRQ_INDEX };

	return is(call(VFIO_USER_DEVICE_GET_IRQ_INFO, &info, sizeof(info), &info,
		       sizeof(info)), 0, "GET_IRQ_INFO") &&
	       is(info.count > VECTOR, 1, "vectors") &&
	       is(set_irq(irq), 0, "SET_IRQS") && enable_msix();
}

int main(int argc, char **argv)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int irq = eventfd(0, EFD_CLOEXEC);

	if (argc != 2) {
		fprintf(stderr, "usage: client SOCKET\n");
		return 2;
	}
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", argv[1]);
	sock = socket(AF_UNIX, SOCK_STREAM, 0);
	if (connect(sock, (struct sockaddr *)&addr, sizeof(addr))) {
		perror(argv[1]);
		return 1;
	}
	alarm(60);
	result(negotiate(), "version and capabilities");
	result(errors_are_errors(), "errors");
	result(device_info(), "device info");
	result(reset(), "reset");
	result(config_space(), "config space");
	result(regions(), "regions, their descriptors and areas");
	result(irqs(irq), "an interrupt by eventfd");
	wait_ready();
	result(dma_by_descriptor(irq), "DMA by descriptor");
	result(dma_by_messages(irq), "DMA by messages");
	printf("1..%u\n", nr);
	return failed != 0;
}
