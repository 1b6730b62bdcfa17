// SPDX-License-Identifier: GPL-2.0-only
/*
 * The copy engine: every pair of spaces, both ways of reaching the client's
 * memory, each error, and that it never stands in others' way.
 */
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "job.h"

static uint8_t *hbm(struct sim_proc *p)
{
	FILE *f = fopen(p->hbm, "r+");
	uint8_t *map;

	assert_non_null(f);
	map = mmap(NULL, HBM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
		   fileno(f), 0);
	fclose(f);
	assert_ptr_not_equal(map, MAP_FAILED);
	return map;
}

static void identity(void **state)
{
	struct sim_proc *p = *state;

	assert_int_equal(reg_read(p->fd, 0, E, 4), 0x474e4543);
	assert_int_equal(reg_read(p->fd, 0, E + 4, 4), 1);
	assert_int_equal(reg_read(p->fd, 0, E + 0x60, 8), HBM_SIZE);
	reg_write(p->fd, 0, E, 0, 8);
	assert_int_equal(reg_read(p->fd, 0, E, 4), 0x474e4543);
	assert_int_equal(reg_read(p->fd, 0, E + 0x3c, 4), 0);
	assert_int_equal(reg_read(p->fd, 0, E + 0x6c, 8), 0);
}

static void copies_both_ways(void **state)
{
	static const uint64_t sizes[] = { 1, 7, 4096, 1 << 20, (3 << 20) + 5 };
	struct sim_proc *p = *state;
	uint8_t *mem = hbm(p);
	unsigned int i;

	assert_int_equal(dma_map(p->fd, IOVA, RAM, 0, 3, ram_fd), 0);
	for (i = 0; i < 5; i++) {
		uint64_t n = sizes[i];

		assert_int_equal(job(p->fd, 0, IOVA + 3, BUS, 0x1001, COHERENT,
				     n), 0);
		assert_memory_equal(mem + 0x1001, ram + 3, n);
		assert_int_equal(reg_read(p->fd, 0, E + 0x50, 8), n);
		assert_int_equal(job(p->fd, 0, 0x1001, COHERENT, IOVA + (4 << 20),
				     BUS, n), 0);
		assert_memory_equal(ram + (4 << 20), ram + 3, n);
		assert_int_equal(job(p->fd, 0, 0x1001, COHERENT, 0x2000000,
				     COHERENT, n), 0);
		assert_memory_equal(mem + 0x2000000, ram + 3, n);
		assert_int_equal(job(p->fd, 0, IOVA, BUS, IOVA + (5 << 20), BUS,
				     n < 1 << 20 ? n : 1 << 20), 0);
		assert_memory_equal(ram + (5 << 20), ram,
				    n < 1 << 20 ? n : 1 << 20);
	}
	munmap(mem, HBM_SIZE);
}

static void crosses_mappings(void **state)
{
	struct sim_proc *p = *state;
	uint8_t *mem = hbm(p);
	unsigned int i;

	/* 64 pages, in reverse order in the file, side by side on the bus. */
	for (i = 0; i < 64; i++)
		assert_int_equal(dma_map(p->fd, IOVA + i * 4096, 4096,
					 (63 - i) * 4096, 3, ram_fd), 0);
	assert_int_equal(job(p->fd, 0, IOVA, BUS, 0, COHERENT, 64 * 4096), 0);
	for (i = 0; i < 64; i++)
		assert_memory_equal(mem + i * 4096, ram + (63 - i) * 4096, 4096);
	/* A hole in the middle stops it there. */
	assert_int_equal(dma_unmap(p->fd, IOVA + 10 * 4096, 4096, 0), 0);
	assert_int_equal(job(p->fd, 0, IOVA, BUS, 0, COHERENT, 64 * 4096), 4);
	assert_true(reg_read(p->fd, 0, E + 0x48, 8) == IOVA + 10 * 4096);
	assert_int_equal(reg_read(p->fd, 0, E + 0x50, 8), 10 * 4096);
	munmap(mem, HBM_SIZE);
}

static void fill_and_crc(void **state)
{
	struct sim_proc *p = *state;
	uint8_t *mem = hbm(p);
	char want[32];
	unsigned int i;

	reg_write(p->fd, 0, E + 0x30, 0x0807060504030201ull, 8);
	assert_int_equal(job(p->fd, 1, 0, BUS, 0x777, COHERENT, 2000003), 0);
	for (i = 0; i < 2000003; i++)
		assert_int_equal(mem[0x777 + i], i % 8 + 1);
	assert_int_equal(mem[0x776], 0);
	assert_int_equal(mem[0x777 + 2000003], 0);
	assert_int_equal(job(p->fd, 2, 0x777, COHERENT, 0, BUS, 2000003), 0);
	assert_int_equal(reg_read(p->fd, 0, E + 0x58, 4),
			 crc32_slow(mem + 0x777, 2000003));
	snprintf(want, sizeof(want), "%08x", crc32_slow(mem + 0x777, 2000003));
	assert_non_null(strstr(ctl(p, "mem crc 0x777 2000003"), want));
	munmap(mem, HBM_SIZE);
}

static void errors(void **state)
{
	struct sim_proc *p = *state;
	int fd = p->fd;

	assert_int_equal(job(fd, 0, IOVA, BUS, 0, COHERENT, 4096), 4);
	assert_int_equal(dma_map(fd, IOVA, 4096, 0, 1, ram_fd), 0);
	assert_int_equal(job(fd, 0, IOVA, BUS, 0, COHERENT, 4096), 0);
	assert_int_equal(job(fd, 0, 0, COHERENT, IOVA, BUS, 4096), 5);
	assert_int_equal(dma_map(fd, IOVA + 4096, 4096, 0, 2, ram_fd), 0);
	assert_int_equal(job(fd, 0, IOVA + 4096, BUS, 0, COHERENT, 1), 5);
	assert_int_equal(job(fd, 3, 0, COHERENT, 0, COHERENT, 1), 1);
	assert_int_equal(job(fd, 0, 0, 2, 0, COHERENT, 1), 1);
	assert_int_equal(job(fd, 0, 0, COHERENT, 0, 0x80000000, 1), 1);
	assert_int_equal(job(fd, 0, 0, COHERENT, 0, COHERENT, 0), 1);
	assert_int_equal(job(fd, 0, HBM_SIZE, COHERENT, 0, COHERENT, 1), 3);
	assert_int_equal(job(fd, 0, 0, COHERENT, HBM_SIZE - 1, COHERENT, 2), 3);
	assert_int_equal(reg_read(fd, 0, E + 0x50, 8), 1);
	assert_int_equal(job(fd, 0, ~0ull, COHERENT, 0, COHERENT, 2), 3);
	assert_int_equal(job(fd, 0, 0, COHERENT, ~0ull, BUS, ~0ull), 4);
	cfg_write(fd, 4, 0x2, 2);
	assert_int_equal(job(fd, 0, IOVA, BUS, 0, COHERENT, 4096), 6);
	assert_int_equal(job(fd, 0, 0, COHERENT, 4096, COHERENT, 4096), 0);
	cfg_write(fd, 4, 0x6, 2);
	ctl_ok(p, "set memory-ready no");
	assert_int_equal(job(fd, 0, IOVA, BUS, 0, COHERENT, 4096), 2);
	assert_int_equal(ctl_number(p, "counters", "dma_not_ready"), 1);
	ctl_ok(p, "set memory-ready yes");
	ctl_ok(p, "poison add 0x10000 64");
	ctl_ok(p, "poison add 0x8000 0x1000");
	assert_non_null(strstr(ctl(p, "poison list"), "\"offset\":65536"));
	assert_int_equal(job(fd, 1, 0, BUS, 0xf000, COHERENT, 0x2000), 7);
	assert_int_equal(reg_read(fd, 0, E + 0x48, 8), 0x10000);
	assert_int_equal(reg_read(fd, 0, E + 0x50, 8), 0x1000);
	assert_int_equal(job(fd, 2, 0, COHERENT, 0, BUS, 0x20000), 7);
	assert_int_equal(reg_read(fd, 0, E + 0x48, 8), 0x8000);
	assert_int_equal(ctl_number(p, "counters", "dma_poison"), 2);
	ctl_ok(p, "poison clear");
	assert_int_equal(job(fd, 2, 0, COHERENT, 0, BUS, 0x20000), 0);
}

/* Answer the emulator's requests for our memory until the job has ended. */
static void serve_memory(int fd, unsigned int jobs_messages, uint32_t err)
{
	struct message m = { .data = malloc(MAX_REPLY) };
	uint8_t *r = malloc(MAX_REPLY);

	while (jobs_messages--) {
		uint64_t iova, n;

		assert_int_equal(wire_recv(fd, &m), 1);
		assert_int_equal(m.flags & 0xf, 0);
		assert_true(m.cmd == DMA_READ || m.cmd == DMA_WRITE);
		iova = get64(m.data, 0);
		n = get64(m.data, 8);
		assert_true(iova >= IOVA && iova - IOVA + n <= RAM);
		memcpy(r, m.data, 16);
		if (err) {
			uint8_t h[16];

			put16(h, 0, m.id);
			put16(h, 2, m.cmd);
			put32(h, 4, 16);
			put32(h, 8, 0x21);
			put32(h, 12, err);
			wire_raw(fd, h, 16, NULL, 0);
		} else if (m.cmd == DMA_READ) {
			assert_int_equal(m.len, 16);
			memcpy(r + 16, ram + (iova - IOVA), n);
			wire_send(fd, m.id, m.cmd, 1, r, 16 + n, NULL, 0);
		} else {
			assert_int_equal(m.len, 16 + n);
			memcpy(ram + (iova - IOVA), m.data + 16, n);
			wire_send(fd, m.id, m.cmd, 1, r, 16, NULL, 0);
		}
	}
	free(m.data);
	free(r);
}

static void memory_without_a_file(void **state)
{
	struct sim_proc *p = *state;
	uint8_t *mem = hbm(p);
	/* 64 KiB a message is what QEMU can answer in one piece. */
	uint32_t n = (1 << 20) + 100, pieces = 17;

	assert_int_equal(dma_map(p->fd, IOVA, RAM, 0, 3, -1), 0);
	start_job(p->fd, 0, IOVA + 5, BUS, 0x100, COHERENT, n, 1);
	serve_memory(p->fd, pieces, 0);
	assert_int_equal(finish_job(p->fd, 1), 0);
	assert_memory_equal(mem + 0x100, ram + 5, n);
	start_job(p->fd, 0, 0x100, COHERENT, IOVA + (2 << 20), BUS, n, 2);
	serve_memory(p->fd, pieces, 0);
	assert_int_equal(finish_job(p->fd, 2), 0);
	assert_memory_equal(ram + (2 << 20), ram + 5, n);
	start_job(p->fd, 0, IOVA, BUS, IOVA + (4 << 20), BUS, 4096, 3);
	serve_memory(p->fd, 2, 0);
	assert_int_equal(finish_job(p->fd, 3), 0);
	assert_memory_equal(ram + (4 << 20), ram, 4096);
	start_job(p->fd, 0, IOVA, BUS, 0x100, COHERENT, 4096, 4);
	serve_memory(p->fd, 1, 14);
	assert_int_equal(finish_job(p->fd, 4), 8);
	munmap(mem, HBM_SIZE);
}

/* A job that waits for us is busy until we answer; meanwhile all else works. */
static void busy_keeps_its_job(void **state)
{
	struct message m = { .data = malloc(MAX_REPLY) };
	struct sim_proc *p = *state;
	uint8_t r[16 + 4096] = { 0 };

	assert_int_equal(dma_map(p->fd, IOVA, RAM, 0, 3, -1), 0);
	start_job(p->fd, 0, IOVA, BUS, 0x100, COHERENT, 4096, 0x55);
	assert_int_equal(wire_recv(p->fd, &m), 1);
	assert_int_equal(m.cmd, DMA_READ);
	assert_true(ctl_true(p, "status", "engine_busy"));
	assert_int_equal(reg_read(p->fd, 0, E + 0x3c, 4), 1);
	reg_write(p->fd, 0, E + 0x20, 1, 8);
	reg_write(p->fd, 0, E + 0x38, 0x66, 4);
	assert_int_equal(reg_read(p->fd, 0, E + 0x5c, 4), 1);
	assert_int_equal(reg_read(p->fd, 0, E + 0x40, 4), 0x55);
	assert_int_equal(reg_read(p->fd, 0, E + 0x20, 8), 4096);
	memcpy(r, m.data, 16);
	wire_send(p->fd, m.id, m.cmd, 1, r, sizeof(r), NULL, 0);
	assert_int_equal(finish_job(p->fd, 0x55), 0);
	/* Reset while it waits: the late answer is nothing. */
	start_job(p->fd, 0, IOVA, BUS, 0x100, COHERENT, 4096, 0x77);
	assert_int_equal(wire_recv(p->fd, &m), 1);
	wire_call(p->fd, RESET, NULL, 0, NULL, 0, scratch());
	wire_send(p->fd, m.id, m.cmd, 1, r, sizeof(r), NULL, 0);
	enable(p->fd);
	assert_int_equal(reg_read(p->fd, 0, E + 0x3c, 4), 0);
	free(m.data);
}

static void answer_of_wrong_length(void **state)
{
	struct message m = { .data = malloc(MAX_REPLY) };
	struct sim_proc *p = *state;
	uint8_t r[64] = { 0 };
	unsigned int len;

	assert_int_equal(dma_map(p->fd, IOVA, RAM, 0, 3, -1), 0);
	for (len = 0; len < 64; len += 21) {
		start_job(p->fd, 0, IOVA, BUS, 0x100, COHERENT, 4096, 9);
		assert_int_equal(wire_recv(p->fd, &m), 1);
		wire_send(p->fd, m.id, m.cmd, 1, r, len, NULL, 0);
		assert_int_equal(finish_job(p->fd, 9), 8);
	}
	/* An answer that nobody waits for is nothing. */
	wire_send(p->fd, 4711, DMA_READ, 1, r, 32, NULL, 0);
	assert_int_equal(cfg_read(p->fd, 0, 2), 0x10de);
	free(m.data);
}

static void client_lies_about_its_file(void **state)
{
	struct sim_proc *p = *state;
	int small = memfd_create("small", MFD_CLOEXEC);
	int pipes[2];

	/* Shorter than it says, shrunk later, and not a file at all. */
	assert_int_equal(ftruncate(small, 4096), 0);
	assert_int_equal(dma_map(p->fd, IOVA, 1 << 20, 0, 3, small), 0);
	assert_int_equal(job(p->fd, 0, IOVA, BUS, 0, COHERENT, 1 << 20), 8);
	assert_int_equal(ftruncate(small, 0), 0);
	assert_int_equal(job(p->fd, 0, IOVA, BUS, 0, COHERENT, 4096), 8);
	assert_int_equal(pipe(pipes), 0);
	assert_int_not_equal(dma_map(p->fd, IOVA + (1 << 20), 4096, 0, 3,
				     pipes[0]), 0);
	assert_int_equal(cfg_read(p->fd, 0, 2), 0x10de);
	close(small);
	close(pipes[0]);
	close(pipes[1]);
}

static void map_and_unmap_rules(void **state)
{
	struct sim_proc *p = *state;
	int fd = p->fd;

	assert_int_equal(dma_map(fd, 0x1000, 0x1000, 0, 3, ram_fd), 0);
	assert_int_equal(dma_map(fd, 0x3000, 0x1000, 0, 3, ram_fd), 0);
	assert_int_equal(dma_map(fd, 0x1000, 0x1000, 0, 3, ram_fd), 17);
	assert_int_equal(dma_map(fd, 0, 0x10000, 0, 3, ram_fd), 17);
	assert_int_equal(dma_map(fd, 0x2000, 0x2000, 0, 3, ram_fd), 17);
	/* Pages only. */
	assert_int_equal(dma_map(fd, 0x2000, 0xfff, 0, 3, ram_fd), 22);
	assert_int_equal(dma_map(fd, 0x2001, 0x1000, 0, 3, ram_fd), 22);
	assert_int_equal(dma_map(fd, 0x2000, 0x1000, 0, 3, ram_fd), 0);
	assert_int_not_equal(dma_map(fd, 0x5000, 0, 0, 3, ram_fd), 0);
	assert_int_not_equal(dma_map(fd, ~0ull - 0xfff, 0x2000, 0, 3, ram_fd), 0);
	assert_int_not_equal(dma_map(fd, 0x5000, 0x1000, ~0ull, 3, ram_fd), 0);
	assert_int_not_equal(dma_map(fd, 0x5000, 0x1000, 0, 8, ram_fd), 0);
	/* The very last byte of the bus can be mapped. */
	assert_int_equal(dma_map(fd, ~0ull - 0xfff, 0x1000, 0, 3, ram_fd), 0);
	assert_int_equal(ctl_number(p, "status", "dma_maps"), 4);
	assert_int_not_equal(dma_unmap(fd, 0x1800, 0x1000, 0), 0);
	assert_int_not_equal(dma_unmap(fd, 0x1000, 0, 0), 0);
	assert_int_not_equal(dma_unmap(fd, 0x1000, 0x1000, 1), 0);
	assert_int_equal(dma_unmap(fd, 0x1000, 0x2000, 0), 0);
	assert_int_equal(get64(scratch()->data, 16), 0x2000);
	assert_int_equal(dma_unmap(fd, 0x8000, 0x2000, 0), 0);
	assert_int_equal(get64(scratch()->data, 16), 0);
	assert_int_equal(ctl_number(p, "status", "dma_maps"), 2);
	assert_int_equal(dma_unmap(fd, 0, 0, 2), 0);
	assert_int_equal(ctl_number(p, "status", "dma_maps"), 0);
}

static void many_mappings(void **state)
{
	struct sim_proc *p = *state;
	unsigned int i;

	for (i = 0; i < 5000; i++)
		assert_int_equal(dma_map(p->fd, (uint64_t)(i * 7919 % 5000) *
					 8192, 4096, (i % 2048) * 4096, 3,
					 ram_fd), 0);
	assert_int_equal(ctl_number(p, "status", "dma_maps"), 5000);
	assert_int_equal(dma_unmap(p->fd, 0, 0, 2), 0);
}

/* Answers to what was not asked, and answers that are none. */
static void answers_that_are_none(void **state)
{
	struct message m = { .data = malloc(MAX_REPLY) };
	struct sim_proc *p = *state;
	uint8_t r[16 + 4096] = { 0 };
	unsigned int i;

	assert_int_equal(dma_map(p->fd, IOVA, RAM, 0, 3, -1), 0);
	for (i = 0; i < 5; i++) {
		start_job(p->fd, 0, 0, COHERENT, IOVA, BUS, 4096, i + 1);
		assert_int_equal(wire_recv(p->fd, &m), 1);
		assert_int_equal(m.cmd, DMA_WRITE);
		put64(r, 0, IOVA + (i == 1));
		put64(r, 8, i == 2 ? 100 : 4096);
		wire_send(p->fd, m.id, i == 4 ? DMA_READ : DMA_WRITE, 1, r,
			  i == 3 ? 0 : 16, NULL, 0);
		assert_int_equal(finish_job(p->fd, i + 1), i ? 8 : 0);
	}
	/* Unmapped while it was asked for: it was not there. */
	start_job(p->fd, 0, 0, COHERENT, IOVA, BUS, 4096, 9);
	assert_int_equal(wire_recv(p->fd, &m), 1);
	put64(r, 0, IOVA);
	put64(r, 8, 4096);
	assert_int_equal(dma_unmap(p->fd, IOVA, RAM, 0), 0);
	wire_send(p->fd, m.id, DMA_WRITE, 1, r, 16, NULL, 0);
	assert_int_equal(finish_job(p->fd, 9), 4);
	free(m.data);
}

/* Addresses as GB200 issues them: the CPU's, or nothing. */
static void host_physical_addresses(void **state)
{
	const char *args[] = { "--addressing", "hpa", "--mem-base",
			       "0x4000000000", NULL };
	const uint64_t base = 0x4000000000ull;
	struct sim_proc *p = sim_start("gb200", args);
	uint8_t *mem = hbm(p);

	wire_open(p);
	enable(p->fd);
	wait_ready(p);
	mem[0x1000] = 0x5a;
	assert_int_equal(job(p->fd, 0, base + 0x1000, COHERENT, base + 0x2000,
			     COHERENT, 1 << 20), 0);
	assert_int_equal(mem[0x2000], 0x5a);
	/* An offset is none, one byte too low or too high neither. */
	assert_int_equal(job(p->fd, 1, 0, BUS, 0x1000, COHERENT, 16), 3);
	assert_true(reg_read(p->fd, 0, E + 0x48, 8) == 0x1000);
	assert_int_equal(job(p->fd, 1, 0, BUS, base - 1, COHERENT, 1), 3);
	assert_int_equal(job(p->fd, 1, 0, BUS, base + HBM_SIZE - 1, COHERENT, 2),
			 3);
	assert_true(reg_read(p->fd, 0, E + 0x48, 8) == base + HBM_SIZE);
	ctl_ok(p, "poison add 0x8000 64");
	assert_int_equal(job(p->fd, 2, base + 0x8000, COHERENT, 0, BUS, 8), 7);
	assert_true(reg_read(p->fd, 0, E + 0x48, 8) == base + 0x8000);
	munmap(mem, HBM_SIZE);
	sim_stop(p);
}

static void busy_engine_is_not_in_the_way(void **state)
{
	struct sim_proc *p = *state;
	uint64_t t, worst = 0;
	unsigned int i;

	/* Many turns: the same 48 MiB, long enough to look at it meanwhile. */
	for (i = 0; i < 200; i++) {
		if (reg_read(p->fd, 0, E + 0x3c, 4) != 1)
			start_job(p->fd, 2, 0, COHERENT, 0, BUS, 48 << 20, i + 1);
		t = now_ns();
		cfg_read(p->fd, 0, 4);
		t = now_ns() - t;
		if (t > worst)
			worst = t;
	}
	printf("# config read beside a busy engine: worst %.1f ms\n",
	       worst / 1e6);
	assert_true(worst < 1000000000);
}

static void reset_ends_a_job(void **state)
{
	struct sim_proc *p = *state;

	start_job(p->fd, 2, 0, COHERENT, 0, BUS, HBM_SIZE, 1);
	wire_call(p->fd, RESET, NULL, 0, NULL, 0, scratch());
	enable(p->fd);
	assert_int_equal(reg_read(p->fd, 0, E + 0x3c, 4), 0);
	assert_int_equal(reg_read(p->fd, 0, E + 0x20, 8), 0);
	assert_false(ctl_true(p, "status", "engine_busy"));
}

/* The link is lost amid a job: it ends there, and the next one waits for it. */
static void link_lost_under_load(void **state)
{
	const char *args[] = { "--hbm", "8G", NULL };
	struct sim_proc *p = sim_start("gb200", args);
	const uint64_t len = 8ull << 30;
	uint64_t moved;

	wire_open(p);
	enable(p->fd);
	wait_ready(p);
	start_job(p->fd, 2, 0, COHERENT, 0, BUS, len, 7);
	ctl_ok(p, "set link down");
	assert_int_equal(finish_job(p->fd, 7), 2);
	moved = reg_read(p->fd, 0, E + 0x50, 8);
	assert_true(moved < len);
	assert_int_equal(reg_read(p->fd, 0, E + 0x48, 8), moved);
	assert_int_equal(reg_read(p->fd, 0, 0x1498, 4), 0);
	assert_false(ctl_true(p, "status", "ready"));
	assert_int_equal(ctl_number(p, "counters", "link_lost"), 1);
	assert_int_equal(ctl_number(p, "counters", "dma_not_ready"), 1);
	/* Lost is lost once; a new job meets the same. */
	assert_int_equal(job(p->fd, 2, 0, COHERENT, 0, BUS, 4096), 2);
	ctl_ok(p, "set link down");
	assert_int_equal(ctl_number(p, "counters", "link_lost"), 1);
	ctl_ok(p, "set link up");
	assert_int_equal(job(p->fd, 2, 0, COHERENT, 0, BUS, 4096), 0);
	/* Training anew after a reset is no loss. */
	wire_call(p->fd, RESET, NULL, 0, NULL, 0, scratch());
	wait_ready(p);
	assert_int_equal(ctl_number(p, "counters", "link_lost"), 1);
	sim_stop(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RAMTEST(identity),
		RAMTEST(copies_both_ways),
		RAMTEST(crosses_mappings),
		RAMTEST(fill_and_crc),
		RAMTEST(errors),
		RAMTEST(memory_without_a_file),
		RAMTEST(busy_keeps_its_job),
		RAMTEST(answer_of_wrong_length),
		RAMTEST(client_lies_about_its_file),
		RAMTEST(map_and_unmap_rules),
		RAMTEST(many_mappings),
		RAMTEST(answers_that_are_none),
		cmocka_unit_test(host_physical_addresses),
		RAMTEST(busy_engine_is_not_in_the_way),
		RAMTEST(reset_ends_a_job),
		cmocka_unit_test(link_lost_under_load),
	};

	return cmocka_run_group_tests_name("sim-engine", tests, NULL, NULL);
}
