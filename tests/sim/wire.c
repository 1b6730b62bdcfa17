// SPDX-License-Identifier: GPL-2.0-only
/*
 * The transport and the messages under a client that is wrong, hostile or
 * slow. After each case the same emulator must serve a good client.
 */
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fixture.h"

/* A good client gets through: the emulator is alive and well. */
static void still_well(struct sim_proc *p)
{
	assert_true(sim_alive(p));
	wire_close(p);
	wire_open(p);
	assert_int_equal(cfg_read(p->fd, 0, 2), 0x10de);
	wire_close(p);
}

static int start_only(void **state)
{
	*state = sim_start("gh200", NULL);
	return 0;
}

static void version_rules(void **state)
{
	static const char * const good[] = {
		"", "{}", "{\"capabilities\":{}}",
		"{\"capabilities\":{\"max_data_xfer_size\":1}}",
		"{\"capabilities\":{\"unknown\":[1,2]},\"more\":0}",
	};
	static const char * const bad[] = {
		"not json at all", "[1,2", "[1,2]", "{\"capabilities\":7}", "{} x",
		"{\"capabilities\":{\"max_data_xfer_size\":\"text\"}}",
		"{\"capabilities\":{\"max_data_xfer_size\":-5}}",
		"{\"capabilities\":{\"max_data_xfer_size\":1e300}}",
		"{\"capabilities\":{\"max_msg_fds\":-1}}",
		"{\"capabilities\":{\"write_multiple\":1}}",
	};
	struct sim_proc *p = *state;
	struct message *m = scratch();
	unsigned int i;
	uint8_t q[512];
	int fd;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		fd = wire_connect(p);
		handshake(fd, good[i]);
		assert_int_equal(cfg_read(fd, 0, 2), 0x10de);
		/* Once is enough. */
		memset(q, 0, 4);
		assert_int_not_equal(wire_call(fd, VERSION, q, 4, NULL, 0, m), 0);
		close(fd);
	}
	fd = wire_connect(p);
	memset(q, 0, sizeof(q));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		strcpy((char *)q + 4, bad[i]);
		assert_int_equal(wire_call(fd, VERSION, q, 5 + strlen(bad[i]),
					   NULL, 0, m), 22);
	}
	put16(q, 0, 1);			/* a major version it does not know */
	assert_int_not_equal(wire_call(fd, VERSION, q, 4, NULL, 0, m), 0);
	put16(q, 0, 0);
	memset(q + 4, 'x', 60);		/* no NUL at the end */
	assert_int_not_equal(wire_call(fd, VERSION, q, 64, NULL, 0, m), 0);
	assert_int_not_equal(wire_call(fd, VERSION, q, 3, NULL, 0, m), 0);
	assert_int_not_equal(wire_call(fd, VERSION, q, 0, NULL, 0, m), 0);
	/* Nothing else before it. */
	memset(q, 0, sizeof(q));
	put32(q, 0, 16);
	assert_int_equal(wire_call(fd, GET_INFO, q, 16, NULL, 0, m), 22);
	assert_int_equal(wire_call(fd, RESET, NULL, 0, NULL, 0, m), 22);
	put32(q, 0, 0);
	put16(q, 2, 77);		/* a later minor version is answered by ours */
	assert_int_equal(wire_call(fd, VERSION, q, 4, NULL, 0, m), 0);
	assert_int_equal(get16(m->data, 2), 0);
	/* What was not proposed is not answered; what was is. */
	assert_string_equal((char *)m->data + 4, "{\"capabilities\":{}}");
	close(fd);
	fd = wire_connect(p);
	handshake(fd, "{\"capabilities\":{\"max_msg_fds\":8,\"pgsizes\":4096}}");
	assert_string_equal((char *)m->data + 4,
		"{\"capabilities\":{\"max_msg_fds\":16,\"pgsizes\":4096}}");
	close(fd);
	still_well(p);
}

static void headers_that_make_no_sense(void **state)
{
	static const uint32_t sizes[] = { 0, 1, 15, (1 << 20) + 4097, 1 << 30,
					  0x7fffffff, 0x80000000, 0xffffffff };
	struct sim_proc *p = *state;
	struct message m = { .data = malloc(MAX_REPLY) };
	uint8_t h[16] = { 0 };
	unsigned int i;
	int fd;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		fd = wire_connect(p);
		put16(h, 2, GET_INFO);
		put32(h, 4, sizes[i]);
		wire_raw(fd, h, 16, NULL, 0);
		/* It hangs up; it does not wait for what never comes. */
		assert_int_equal(wire_recv(fd, &m), 0);
		close(fd);
		still_well(p);
	}
	/* Types that are neither request nor reply; replies to nothing. */
	for (i = 1; i < 16; i++) {
		fd = wire_connect(p);
		wire_send(fd, 1, GET_INFO, i, NULL, 0, NULL, 0);
		assert_int_equal(wire_recv(fd, &m), 0);
		close(fd);
	}
	assert_true(ctl_number(p, "counters", "wire_drops") >= 23);
	still_well(p);
	free(m.data);
}

static void unknown_commands(void **state)
{
	static const uint16_t cmd[] = { 0, 6, 11, 12, 14, 15, 16, 255, 65535 };
	struct sim_proc *p = *state;
	uint8_t junk[64] = { 0 };
	unsigned int i;

	wire_open(p);
	for (i = 0; i < sizeof(cmd) / sizeof(cmd[0]); i++)
		assert_int_not_equal(wire_call(p->fd, cmd[i], junk, 64, NULL, 0,
					       scratch()), 0);
	assert_int_equal(cfg_read(p->fd, 0, 2), 0x10de);
	assert_true(ctl_number(p, "counters", "wire_errors") >= 9);
}

/* Each command with every payload length that it does not expect. */
static void payloads_of_every_length(void **state)
{
	static const uint8_t cmds[] = { VERSION, DMA_MAP, DMA_UNMAP, GET_INFO,
					REGION_INFO, IRQ_INFO, SET_IRQS,
					REGION_READ, REGION_WRITE, RESET };
	struct sim_proc *p = *state;
	struct message *m = scratch();
	unsigned int i, len, fill;
	uint8_t q[80];

	wire_open(p);
	for (i = 0; i < sizeof(cmds); i++)
		for (len = 0; len < sizeof(q); len++)
			for (fill = 0; fill < 3; fill++) {
				memset(q, fill == 0 ? 0 : fill == 1 ? 0xff : 0x20,
				       sizeof(q));
				wire_call(p->fd, cmds[i], q, len, NULL, 0, m);
			}
	assert_int_equal(dma_unmap(p->fd, 0, 0, 2), 0);
	still_well(p);
}

static void region_counts_that_lie(void **state)
{
	static const uint32_t counts[] = { 0, 1, 5, 4097, (1 << 20) + 1,
					   0x7fffffff, 0x80000000, 0xfffffff0,
					   0xffffffff };
	static const uint64_t offs[] = { 0, 4095, 4096, 1ull << 31, 1ull << 40,
					 1ull << 63, ~0ull - 15, ~0ull };
	struct sim_proc *p = *state;
	struct message *m = scratch();
	unsigned int region, c, o;
	uint8_t q[24] = { 0 };
	uint32_t err;

	wire_open(p);
	enable(p->fd);
	for (region = 0; region < 11; region++)
		for (c = 0; c < 9; c++)
			for (o = 0; o < 8; o++) {
				put64(q, 0, offs[o]);
				put32(q, 8, region == 10 ? 0xffffffff : region);
				put32(q, 12, counts[c]);
				err = wire_call(p->fd, REGION_READ, q, 16, NULL,
						0, m);
				if (!err)
					assert_int_equal(m->len, 16 + counts[c]);
				/* Only 8 bytes follow, whatever it says. */
				put32(q, 16, 0);
				err = wire_call(p->fd, REGION_WRITE, q, 24, NULL,
						0, m);
				assert_int_not_equal(err, 0);
			}
	assert_int_equal(cfg_read(p->fd, 0, 2), 0x10de);
}

static void byte_by_byte(void **state)
{
	struct sim_proc *p = *state;
	struct message m = { .data = malloc(MAX_REPLY) };
	uint8_t b[32] = { 0 };
	unsigned int i, j;

	wire_open(p);
	for (j = 0; j < 3; j++) {
		put16(b, 0, 77 + j);
		put16(b, 2, REGION_READ);
		put32(b, 4, 32);
		put32(b, 24, 7);
		put32(b, 28, 4);
		for (i = 0; i < 32; i++) {
			wire_raw(p->fd, b + i, 1, NULL, 0);
			if (i % 8 == 3)
				sleep_ms(2);
		}
		assert_int_equal(wire_recv(p->fd, &m), 1);
		assert_int_equal(m.id, 77 + j);
		assert_int_equal(get16(m.data, 16), 0x10de);
	}
	free(m.data);
}

static void many_in_one_piece(void **state)
{
	enum { N = 500 };
	struct sim_proc *p = *state;
	struct message m = { .data = malloc(MAX_REPLY) };
	uint8_t *b = calloc(N, 32);
	unsigned int i;

	wire_open(p);
	for (i = 0; i < N; i++) {
		put16(b, i * 32, i);
		put16(b, i * 32 + 2, REGION_READ);
		put32(b, i * 32 + 4, 32);
		put32(b, i * 32 + 24, 7);
		put32(b, i * 32 + 28, 1 + i % 256);
	}
	wire_raw(p->fd, b, N * 32, NULL, 0);
	for (i = 0; i < N; i++) {
		assert_int_equal(wire_recv(p->fd, &m), 1);
		assert_int_equal(m.id, i);
		assert_int_equal(m.len, 16 + 1 + i % 256);
	}
	free(b);
	free(m.data);
}

static void no_reply_means_none(void **state)
{
	struct sim_proc *p = *state;
	uint8_t q[20] = { 0 };

	wire_open(p);
	put64(q, 0, 0x10);
	put32(q, 8, 7);
	put32(q, 12, 4);
	put32(q, 16, 0xdd000000);
	wire_send(p->fd, 1, REGION_WRITE, 0x10, q, 20, NULL, 0);
	/* Also not when it fails. */
	put32(q, 8, 99);
	wire_send(p->fd, 2, REGION_WRITE, 0x10, q, 20, NULL, 0);
	assert_int_equal(cfg_read(p->fd, 0x10, 4), 0xdd00000c);
}

/* Asks for megabytes and reads nothing: held up itself, and nobody else. */
static void client_that_never_reads(void **state)
{
	struct sim_proc *p = *state;
	struct message m = { .data = malloc(MAX_REPLY) };
	uint8_t b[32] = { 0 };
	unsigned int sent = 0, got = 0;
	int fd = wire_connect(p);

	handshake(fd, "");
	cfg_write(fd, 4, 2, 2);
	put16(b, 2, REGION_READ);
	put32(b, 4, 32);
	put64(b, 16, 0x400000);
	put32(b, 28, 1 << 20);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	while (sent < 4000 && send(fd, b, 32, MSG_NOSIGNAL) == 32)
		sent++;
	assert_true(sent > 3);
	assert_int_equal(ctl_number(p, "counters", "clients"), 1);
	fcntl(fd, F_SETFL, 0);
	/* And when it reads at last, it gets every answer, whole. */
	for (got = 0; got < sent && got < 50; got++) {
		assert_int_equal(wire_recv(fd, &m), 1);
		assert_int_equal(m.len, 16 + (1 << 20));
	}
	close(fd);
	still_well(p);
	free(m.data);
}

static unsigned int open_files(struct sim_proc *p)
{
	char path[64];
	unsigned int i, nr = 0;

	for (i = 0; i < 1024; i++) {
		snprintf(path, sizeof(path), "/proc/%d/fd/%u", p->pid, i);
		nr += !access(path, F_OK) || !faccessat(AT_FDCWD, path, F_OK,
							AT_SYMLINK_NOFOLLOW);
	}
	return nr;
}

static void descriptors_do_not_leak(void **state)
{
	struct sim_proc *p = *state;
	unsigned int before, i;
	uint8_t q[64] = { 0 };
	int fds[64], fd;

	still_well(p);
	sleep_ms(50);
	before = open_files(p);
	for (i = 0; i < 64; i++)
		fds[i] = memfd_create("extra", MFD_CLOEXEC);
	assert_int_equal(ftruncate(fds[0], 8192), 0);
	wire_open(p);
	/* Where none belongs; more than one where one does. */
	for (i = 0; i < 20; i++) {
		put32(q, 0, 64);
		assert_int_not_equal(wire_call(p->fd, GET_INFO, q, 16, fds, 3,
					       scratch()), 0);
		put32(q, 0, 32);
		put64(q, 24, 4096);
		assert_int_not_equal(wire_call(p->fd, DMA_MAP, q, 32, fds, 2,
					       scratch()), 0);
		assert_int_not_equal(wire_call(p->fd, 99, q, 16, fds, 16,
					       scratch()), 0);
	}
	/* The same file a hundred times is one descriptor. */
	for (i = 0; i < 100; i++)
		assert_int_equal(dma_map(p->fd, i << 16, 4096, 0, 3, fds[0]), 0);
	/* Duplicates are closed after the answer, so before the next one. */
	cfg_read(p->fd, 0, 4);
	assert_int_equal(open_files(p), before + 2);
	wire_close(p);
	/* More than any message may carry: the stream is over. */
	fd = wire_connect(p);
	wire_send(fd, 1, GET_INFO, 0, q, 16, fds, 40);
	assert_int_equal(wire_recv(fd, scratch()), 0);
	close(fd);
	still_well(p);
	sleep_ms(50);
	assert_int_equal(open_files(p), before);
	for (i = 0; i < 64; i++)
		close(fds[i]);
}

static void hanging_up_at_every_byte(void **state)
{
	struct sim_proc *p = *state;
	uint8_t b[48] = { 0 };
	unsigned int i;
	int fd;

	put16(b, 2, REGION_WRITE);
	put32(b, 4, 48);
	put32(b, 24, 7);
	put32(b, 28, 16);
	for (i = 0; i <= 48; i++) {
		fd = wire_connect(p);
		wire_raw(fd, b, i, NULL, 0);
		close(fd);
	}
	still_well(p);
}

static void second_client_waits_for_the_first(void **state)
{
	struct sim_proc *p = *state;
	struct pollfd pfd;
	uint8_t q[4] = { 0 };
	int second;

	wire_open(p);
	second = wire_connect(p);
	wire_send(second, 9, VERSION, 0, q, 4, NULL, 0);
	pfd = (struct pollfd){ second, POLLIN, 0 };
	assert_int_equal(poll(&pfd, 1, 100), 0);
	assert_int_equal(cfg_read(p->fd, 0, 2), 0x10de);
	wire_close(p);
	assert_int_equal(wire_recv(second, scratch()), 1);
	assert_int_equal(scratch()->id, 9);
	close(second);
}

static void once_ends_with_its_client(void **state)
{
	const char *args[] = { "--once", NULL };
	struct sim_proc *p = sim_start("gh200", args);
	int i;

	wire_open(p);
	wire_close(p);
	for (i = 0; i < 500 && !access(p->sock, F_OK); i++)
		sleep_ms(5);
	sim_stop(p);
}

static uint64_t seed = 0x9e3779b97f4a7c15ull;

static uint32_t rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed >> 16;
}

/* Valid framing around random content: the same every time. */
static void random_messages(void **state)
{
	static const uint32_t spice[] = { 0, 1, 2, 4, 7, 8, 16, 32, 0xff, 0x1000,
					  0x7fffffff, 0x80000000, 0xffffffff };
	struct sim_proc *p = *state;
	unsigned int round, i;
	uint8_t q[96];

	wire_open(p);
	for (round = 0; round < 20000; round++) {
		uint32_t len = rnd() % 24 * 4;

		for (i = 0; i < len / 4; i++)
			put32(q, 4 * i, rnd() % 2 ? spice[rnd() % 13] : rnd());
		wire_send(p->fd, round, rnd() % 18, 0, q, len, NULL, 0);
		if (!wire_recv(p->fd, scratch()))
			wire_open(p);
		/* What the engine asks of us is no answer: pass it over. */
		while ((scratch()->flags & 0xf) == 0 && p->fd >= 0)
			if (!wire_recv(p->fd, scratch()))
				break;
	}
	still_well(p);
}

/* No framing at all. */
static void random_bytes(void **state)
{
	struct sim_proc *p = *state;
	unsigned int round, i;
	uint8_t b[256];
	int fd;

	for (round = 0; round < 300; round++) {
		fd = wire_connect(p);
		for (i = 0; i < sizeof(b); i++)
			b[i] = rnd();
		if (round % 2)
			put32(b, 4, 16 + rnd() % 200);
		if (round % 4 == 3)
			put32(b, 8, 0);
		wire_raw(fd, b, 1 + rnd() % sizeof(b), NULL, 0);
		close(fd);
	}
	still_well(p);
}

#define ALONE(t) WITH(t, start_only)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ALONE(version_rules),
		ALONE(headers_that_make_no_sense),
		ALONE(unknown_commands),
		ALONE(payloads_of_every_length),
		ALONE(region_counts_that_lie),
		ALONE(byte_by_byte),
		ALONE(many_in_one_piece),
		ALONE(no_reply_means_none),
		ALONE(client_that_never_reads),
		ALONE(descriptors_do_not_leak),
		ALONE(hanging_up_at_every_byte),
		ALONE(second_client_waits_for_the_first),
		cmocka_unit_test(once_ends_with_its_client),
		ALONE(random_messages),
		ALONE(random_bytes),
	};

	return cmocka_run_group_tests_name("sim-wire", tests, NULL, NULL);
}
