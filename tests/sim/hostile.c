// SPDX-License-Identifier: GPL-2.0-only
/*
 * Clients that mean harm, and commands that take long: the emulator neither
 * stops, nor lets one client hurt the next, nor keeps anybody waiting.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"

#define E		0x200000
#define IOVA		0x40000000ull
#define MS		1000000ull

static int start_only(void **state)
{
	*state = sim_start("gh200", NULL);
	return 0;
}

#define ALONE(t) WITH(t, start_only)

static uint32_t set_irq(int fd, uint32_t flags, uint32_t index, uint32_t count,
			const int *fds, int nr)
{
	uint8_t q[20];

	put32(q, 0, sizeof(q));
	put32(q, 4, flags);
	put32(q, 8, index);
	put32(q, 12, 0);
	put32(q, 16, count);
	return wire_call(fd, SET_IRQS, q, sizeof(q), fds, nr, scratch());
}

static volatile bool toggling;

/* Full, empty, full, empty: whoever looks first and writes then may sleep. */
static void *toggle(void *arg)
{
	uint64_t full = 0xfffffffffffffffeull;
	int fd = *(int *)arg;

	while (toggling) {
		if (read(fd, &full, sizeof(full)) < 0)
			continue;
		full = 0xfffffffffffffffeull;
		if (write(fd, &full, sizeof(full)) < 0)
			continue;
	}
	return NULL;
}

static void eventfd_that_gets_full(void **state)
{
	struct sim_proc *p = *state;
	int fd = eventfd(0, EFD_NONBLOCK), pipes[2], i;
	int blocking = eventfd(0, 0);
	pthread_t thread;

	wire_open(p);
	/* What is not an eventfd is not taken at all. */
	assert_int_equal(pipe(pipes), 0);
	assert_int_not_equal(set_irq(p->fd, 0x24, 2, 1, &pipes[1], 1), 0);
	close(fd);
	assert_int_equal(set_irq(p->fd, 0x24, 2, 1, &blocking, 1), 0);
	toggling = true;
	i = write(blocking, &(uint64_t){ 1 }, 8);
	assert_int_equal(i, 8);
	assert_int_equal(pthread_create(&thread, NULL, toggle, &blocking), 0);
	for (i = 0; i < 3000; i++)
		assert_int_equal(set_irq(p->fd, 0x21, 2, 1, NULL, 0), 0);
	toggling = false;
	ctl_ok(p, "status");
	/* The thread may sleep in its own write: the emulator's is over. */
	fcntl(blocking, F_SETFL, O_NONBLOCK);
	for (i = 0; i < 100; i++)
		if (read(blocking, &(uint64_t){ 0 }, 8) < 0)
			sleep_ms(1);
	pthread_join(thread, NULL);
	close(blocking);
	close(pipes[0]);
	close(pipes[1]);
}

static void own_socket_as_descriptor(void **state)
{
	struct sim_proc *p = *state;
	uint8_t q[20] = { 20, 0, 0, 0, 0x24, 0, 0, 0, 2 };
	uint8_t h[16] = { 0 };
	int fd;

	/* Half a header is enough to carry it. */
	fd = wire_connect(p);
	put16(h, 2, GET_INFO);
	put32(h, 4, 32);
	wire_raw(fd, h, 8, &fd, 1);
	close(fd);
	wire_open(p);
	wire_close(p);
	/* And as an interrupt. */
	fd = wire_connect(p);
	handshake(fd, "");
	put32(q, 16, 1);
	wire_send(fd, 1, SET_IRQS, 0, q, 20, &fd, 1);
	close(fd);
	wire_open(p);
	assert_int_equal(cfg_read(p->fd, 0, 2), 0x10de);
}

static void files_that_may_block(void **state)
{
	const char *args[] = { "--any-file", NULL };
	struct sim_proc *p = *state;
	int proc = open("/proc/version", O_RDONLY);
	int disk = open("/proc/self/exe", O_RDONLY);
	int tmpfs = open("/dev/shm", O_RDWR | O_TMPFILE, 0600);
	int mem = open(p->hbm, O_RDWR);

	assert_true(proc >= 0 && disk >= 0 && tmpfs >= 0 && mem >= 0);
	assert_int_equal(ftruncate(tmpfs, 4096), 0);
	wire_open(p);
	assert_int_not_equal(dma_map(p->fd, IOVA, 4096, 0, 1, proc), 0);
	assert_int_not_equal(dma_map(p->fd, IOVA, 4096, 0, 1, disk), 0);
	assert_int_equal(dma_map(p->fd, IOVA, 4096, 0, 3, tmpfs), 0);
	assert_int_equal(dma_map(p->fd, IOVA + 4096, 4096, 0, 3, mem), 0);
	wire_close(p);
	p = sim_start("gh200", args);
	wire_open(p);
	assert_int_equal(dma_map(p->fd, IOVA, 4096, 0, 1, disk), 0);
	/* Not for writing, through a descriptor for reading. */
	assert_int_not_equal(dma_map(p->fd, IOVA + 4096, 4096, 0, 3, disk), 0);
	sim_stop(p);
	close(proc);
	close(disk);
	close(tmpfs);
	close(mem);
}

static void bars_cannot_be_cut(void **state)
{
	struct message *m = scratch();
	struct sim_proc *p = *state;
	uint8_t q[32] = { 0 };
	int fd;

	wire_open(p);
	enable(p->fd);
	put32(q, 0, 4096);
	assert_int_equal(wire_call(p->fd, REGION_INFO, q, 32, NULL, 0, m), 0);
	assert_int_equal(m->nr_fds, 1);
	fd = m->fds[0];
	assert_int_not_equal(ftruncate(fd, 0), 0);
	assert_int_not_equal(ftruncate(fd, 1ull << 40), 0);
	assert_int_not_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), 0);
	wire_close(p);
	wire_open(p);
	enable(p->fd);
	reg_write(p->fd, 0, 0x500000, 0x1234, 4);
	assert_int_equal(reg_read(p->fd, 0, 0x500000, 4), 0x1234);
	close(fd);
}

/* A job by the engine. Return: its error register. */
static uint32_t job(int fd, uint32_t op, uint64_t src, uint32_t from,
		    uint64_t dst, uint32_t to, uint64_t len)
{
	int i;

	reg_write(fd, 0, E + 0x08, op, 4);
	reg_write(fd, 0, E + 0x10, src, 8);
	reg_write(fd, 0, E + 0x18, dst, 8);
	reg_write(fd, 0, E + 0x20, len, 8);
	reg_write(fd, 0, E + 0x28, from, 4);
	reg_write(fd, 0, E + 0x2c, to, 4);
	reg_write(fd, 0, E + 0x38, 1, 4);
	for (i = 0; i < 5000 && reg_read(fd, 0, E + 0x3c, 4) == 1; i++)
		sleep_ms(1);
	return reg_read(fd, 0, E + 0x44, 4);
}

static int again(int fd, int flags)
{
	char path[64];
	int got;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	got = open(path, flags);
	assert_true(got >= 0);
	return got;
}

static int memory(uint64_t size)
{
	int fd = memfd_create("client", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, size), 0);
	return fd;
}

/* Each mapping by the descriptor that came with it, not by its file's first. */
static void one_file_two_ways(void **state)
{
	struct sim_proc *p = *state;
	int rw = memory(8192), ro = again(rw, O_RDONLY);

	enable(p->fd);
	wait_ready(p);
	assert_int_equal(dma_map(p->fd, IOVA, 4096, 0, 1, ro), 0);
	assert_int_equal(dma_map(p->fd, IOVA + 4096, 4096, 4096, 3, rw), 0);
	assert_int_not_equal(dma_map(p->fd, IOVA + 8192, 4096, 0, 3, ro), 0);
	assert_int_equal(job(p->fd, 1, 0, 0, IOVA + 4096, 0, 4096), 0);
	assert_int_equal(job(p->fd, 1, 0, 0, IOVA, 0, 4096), 5);
	close(rw);
	close(ro);
}

static void files_do_not_grow(void **state)
{
	struct sim_proc *p = *state;
	int fd = memory(8192);
	struct stat st;

	enable(p->fd);
	wait_ready(p);
	assert_int_equal(dma_map(p->fd, IOVA, 1 << 20, 0, 3, fd), 0);
	assert_int_equal(job(p->fd, 1, 0, 0, IOVA, 0, 8192), 0);
	assert_int_equal(job(p->fd, 1, 0, 0, IOVA, 0, 8193), 8);
	assert_int_equal(ftruncate(fd, 4096), 0);
	assert_int_equal(job(p->fd, 1, 0, 0, IOVA + 4096, 0, 4096), 8);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, 4096);
	close(fd);
}

/* Writes that append or need aligned buffers are not those of memory. */
static void odd_descriptors(void **state)
{
	static const int bad[] = { O_RDWR | O_APPEND, O_PATH };
	struct sim_proc *p = *state;
	int fd = memory(1 << 20), odd, i;

	for (i = 0; i < 2; i++) {
		odd = again(fd, bad[i]);
		assert_int_not_equal(dma_map(p->fd, IOVA, 4096, 0, 3, odd), 0);
		close(odd);
	}
	assert_int_equal(dma_map(p->fd, IOVA, 4096, 0, 3, fd), 0);
	close(fd);
}

static void huge_pages(void **state)
{
	struct sim_proc *p = *state;
	int fd = memfd_create("huge", MFD_CLOEXEC | MFD_HUGETLB);
	volatile uint8_t *map;

	map = fd < 0 || ftruncate(fd, 4 << 20) ? MAP_FAILED :
	      mmap(NULL, 4 << 20, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED) {
		printf("# this machine has no huge pages to spare\n");
		skip();
	}
	enable(p->fd);
	wait_ready(p);
	assert_int_equal(dma_map(p->fd, IOVA, 4 << 20, 0, 3, fd), 0);
	reg_write(p->fd, 0, E + 0x30, 0x0807060504030201ull, 8);
	assert_int_equal(job(p->fd, 1, 0, 0, IOVA + 0x1ffff0, 0, 0x20), 0);
	assert_int_equal(map[0x1ffff0], 1);
	assert_int_equal(map[0x20000f], 8);
	assert_int_equal(job(p->fd, 0, IOVA + 0x1ffff0, 0, 0, 1, 0x20), 0);
	assert_int_equal(ftruncate(fd, 2 << 20), 0);
	assert_int_equal(job(p->fd, 1, 0, 0, IOVA + 0x200000, 0, 8), 8);
	munmap((void *)map, 4 << 20);
	close(fd);
}

/* Milliseconds until the emulator hangs up, at most @most. */
static unsigned int hangs_up_after(int fd, unsigned int most)
{
	struct pollfd pfd = { fd, POLLIN, 0 };
	uint64_t t = now_ns();
	char c;

	assert_int_equal(poll(&pfd, 1, most), 1);
	assert_true(read(fd, &c, 1) <= 0);
	return (now_ns() - t) / MS;
}

static void the_only_seat(void **state)
{
	struct sim_proc *p = *state;
	uint8_t h[16] = { 0 };
	int idle, half, second;

	/* A client that says nothing, or not all, goes. */
	idle = wire_connect(p);
	hangs_up_after(idle, 15000);
	close(idle);
	half = wire_connect(p);
	handshake(half, "");
	put32(h, 4, 100);
	wire_raw(half, h, 1, NULL, 0);
	hangs_up_after(half, 15000);
	close(half);
	/* One that is well may stay; another is sent away, not kept waiting. */
	wire_open(p);
	second = wire_connect(p);
	assert_true(hangs_up_after(second, 15000) >= 500);
	close(second);
	assert_int_equal(cfg_read(p->fd, 0, 2), 0x10de);
}

static unsigned long cpu_ticks(struct sim_proc *p)
{
	unsigned long user = 0, system = 0;
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", p->pid);
	f = fopen(path, "r");
	assert_non_null(f);
	assert_int_equal(fscanf(f, "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u "
				"%*u %*u %*u %*u %lu %lu", &user, &system), 2);
	fclose(f);
	return user + system;
}

static int control(struct sim_proc *p)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(un.sun_path, p->ctl);
	assert_int_equal(connect(fd, (struct sockaddr *)&un, sizeof(un)), 0);
	return fd;
}

static void no_descriptor_left(void **state)
{
	struct sim_proc *p = *state;
	struct rlimit few = { 20, 20 }, was;
	unsigned long before;
	struct pollfd pfd;
	int first, fd, i, seats[12];

	assert_int_equal(prlimit(p->pid, RLIMIT_NOFILE, NULL, &was), 0);
	few.rlim_max = was.rlim_max;
	assert_int_equal(prlimit(p->pid, RLIMIT_NOFILE, &few, NULL), 0);
	for (i = 0; i < 12; i++)
		seats[i] = control(p);
	first = wire_connect(p);
	fd = control(p);
	before = cpu_ticks(p);
	sleep_ms(1000);
	assert_true(cpu_ticks(p) - before < (unsigned long)sysconf(_SC_CLK_TCK) / 3);
	assert_int_equal(prlimit(p->pid, RLIMIT_NOFILE, &was, NULL), 0);
	/* With some to be had, who waited is served. */
	wire_raw(fd, "status\n", 7, NULL, 0);
	pfd = (struct pollfd){ fd, POLLIN, 0 };
	assert_int_equal(poll(&pfd, 1, 5000), 1);
	handshake(first, "");
	close(first);
	close(fd);
	for (i = 0; i < 12; i++)
		close(seats[i]);
}

/* Asks without end and reads nothing: only what needs the client waits. */
static void engine_beside_a_blocked_client(void **state)
{
	struct message m = { .data = malloc(MAX_REPLY) };
	struct sim_proc *p = *state;
	uint8_t b[32] = { 0 };
	unsigned int sent = 0, got;
	int fd = p->fd;

	enable(fd);
	wait_ready(p);
	reg_write(fd, 0, E + 0x08, 1, 4);
	reg_write(fd, 0, E + 0x20, 16 << 20, 8);
	reg_write(fd, 0, E + 0x2c, 1, 4);
	put16(b, 2, REGION_READ);
	put32(b, 4, 32);
	put64(b, 16, 0x400000);
	put32(b, 28, 1 << 20);
	reg_write(fd, 0, E + 0x38, 1, 4);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	while (sent < 4000 && send(fd, b, 32, MSG_NOSIGNAL) == 32)
		sent++;
	/* Nobody wakes it meanwhile. */
	sleep_ms(3000);
	assert_false(ctl_true(p, "status", "engine_busy"));
	fcntl(fd, F_SETFL, 0);
	for (got = 0; got < sent && got < 10; got++)
		assert_int_equal(wire_recv(fd, &m), 1);
	wire_close(p);
	free(m.data);
}

/* Small answers without a tail, until the socket is full, and beyond. */
static void many_small_answers_unread(void **state)
{
	struct message m = { .data = malloc(MAX_REPLY) };
	struct sim_proc *p = *state;
	uint8_t b[32] = { 0 };
	unsigned int sent = 0, i;

	put16(b, 2, GET_INFO);
	put32(b, 4, 32);
	put32(b, 16, 16);
	fcntl(p->fd, F_SETFL, O_NONBLOCK);
	while (sent < 20000 && send(p->fd, b, 32, MSG_NOSIGNAL) == 32)
		sent++;
	sleep_ms(50);
	fcntl(p->fd, F_SETFL, 0);
	for (i = 0; i < sent; i++)
		assert_int_equal(wire_recv(p->fd, &m), 1);
	assert_int_equal(cfg_read(p->fd, 0, 2), 0x10de);
	free(m.data);
}

/*
 * Longest that a config read takes until @fd has @lines lines of answers. What
 * is asked for takes some seconds; 1 s is for a machine that is busy.
 */
static uint64_t worst_read(struct sim_proc *p, int fd, unsigned int lines)
{
	uint64_t worst = 0, t, end = now_ns() + 60000 * MS;
	static char buf[1 << 20];
	ssize_t n, i;

	while (lines && now_ns() < end) {
		t = now_ns();
		cfg_read(p->fd, 0, 4);
		t = now_ns() - t;
		worst = t > worst ? t : worst;
		n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);
		assert_true(n || lines);
		for (i = 0; i < n; i++)
			lines -= buf[i] == '\n' && lines;
	}
	assert_int_equal(lines, 0);
	return worst / MS;
}

static void long_commands_hold_up_nobody(void **state)
{
	const char *args[] = { "--hbm", "1G", NULL };
	struct sim_proc *p = sim_start("gh200", args);
	unsigned int i;
	int fd;

	wire_open(p);
	fd = control(p);
	wire_raw(fd, "mem crc 0 1G\n", 13, NULL, 0);
	assert_true(worst_read(p, fd, 1) < 1000);
	for (i = 0; i < 40; i++)
		wire_raw(fd, "mem crc 0 16M\n", 14, NULL, 0);
	assert_true(worst_read(p, fd, 40) < 1000);
	/* Answers come in the order of the questions. */
	wire_raw(fd, "mem crc 0 32M\nmem read 0 1\n", 27, NULL, 0);
	assert_true(worst_read(p, fd, 2) < 1000);
	/* One that hangs up amid it takes its work along. */
	wire_raw(fd, "mem crc 0 1G\n", 13, NULL, 0);
	close(fd);
	assert_int_equal(cfg_read(p->fd, 0, 2), 0x10de);
	sim_stop(p);
}

/* What is watched costs what is in it, not how long it is. */
static void watching_is_cheap(void **state)
{
	const char *args[] = { "--hbm", "2G", NULL };
	struct sim_proc *p = sim_start("gh200", args);
	struct stat st;
	unsigned int i;
	uint64_t t;

	wire_open(p);
	wait_ready(p);
	ctl_ok(p, "mem write 0x10000000 beef");
	for (i = 0; i < 8; i++)
		ctl_ok(p, "watch add %uM 256M", 256 * i);
	ctl_ok(p, "set link-ms 1");
	ctl_ok(p, "set train-ms 1");
	t = now_ns();
	wire_call(p->fd, RESET, NULL, 0, NULL, 0, scratch());
	wait_ready(p);
	assert_true(now_ns() - t < 500 * MS);
	assert_int_equal(stat(p->hbm, &st), 0);
	assert_true(st.st_blocks * 512 <= 64 << 10);
	assert_non_null(strstr(ctl(p, "mem read 0x10000000 2"), "beef"));
	sim_stop(p);
}

/* What the function itself does to watched memory is nobody's early touch. */
static void looking_from_outside_is_no_touch(void **state)
{
	struct sim_proc *p = *state;

	wait_ready(p);
	ctl_ok(p, "mem write 0x1000 aa");
	ctl_ok(p, "watch add 0 1M");
	ctl_ok(p, "set train-ms 150");
	wire_call(p->fd, RESET, NULL, 0, NULL, 0, scratch());
	assert_non_null(strstr(ctl(p, "mem read 0x1000 1"), "aa"));
	ctl_ok(p, "mem write 0x3000 bb");
	wait_ready(p);
	assert_int_equal(ctl_number(p, "counters", "touched_early"), 0);
	assert_non_null(strstr(ctl(p, "mem read 0x3000 1"), "bb"));
	assert_non_null(strstr(ctl(p, "mem read 0x1000 1"), "aa"));
}

static void words_and_numbers(void **state)
{
	static const char * const bad[] = {
		"set link-ms 010", "set link-ms 1K", "set link-ms 1KiB",
		"set cxl-active 3 ms", "mem read 010 1", "\xff\xfe\x80",
		"set link \xc3\x28",
	};
	struct sim_proc *p = sim_start("next", NULL);
	unsigned int i, j;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *reply = ctl(p, "%s", bad[i]);

		if (strncmp(reply, "{\"ok\":false", 11))
			fail_msg("'%s' got %s", bad[i], reply);
		for (j = 0; reply[j]; j++)
			assert_true(reply[j] >= 0x20 && reply[j] < 0x7f);
	}
	ctl_ok(p, "mem read 0x10 1");
	sim_stop(p);
}

static void intx_after_silence(void **state)
{
	struct sim_proc *p = *state;
	struct pollfd pfd;
	int fd = eventfd(0, EFD_NONBLOCK);

	assert_int_equal(set_irq(p->fd, 0x24, 0, 1, &fd, 1), 0);
	ctl_ok(p, "set silent-ms 100");
	wire_call(p->fd, RESET, NULL, 0, NULL, 0, scratch());
	ctl(p, "irq intx");
	pfd = (struct pollfd){ fd, POLLIN, 0 };
	assert_int_equal(poll(&pfd, 1, 0), 0);
	assert_int_equal(poll(&pfd, 1, 3000), 1);
	close(fd);
}

/* A log that nobody reads stops the loop amid a write: SIGTERM ends it yet. */
static void ends_though_it_hangs(void **state)
{
	char dir[] = "/tmp/cohmem-fifo.XXXXXX", fifo[64];
	const char *args[] = { "--log", fifo, NULL };
	static uint8_t asked[4000][16];	/* resets, each of which is logged */
	struct sim_proc *p;
	unsigned int i;
	int reader, status;

	assert_non_null(mkdtemp(dir));
	snprintf(fifo, sizeof(fifo), "%s/log", dir);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	reader = open(fifo, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	assert_true(reader >= 0);
	p = sim_start("gh200", args);
	wire_open(p);
	for (i = 0; i < 4000; i++) {
		put16(asked[i], 0, i);
		put16(asked[i], 2, RESET);
		put32(asked[i], 4, 16);
		put32(asked[i], 8, 0x10);	/* no reply */
	}
	/* As many as it takes: it stops reading, too. */
	assert_true(send(p->fd, asked, sizeof(asked), MSG_DONTWAIT) > 0);
	sleep_ms(500);
	assert_int_equal(kill(p->pid, SIGTERM), 0);
	for (i = 0; i < 600 && !waitpid(p->pid, &status, WNOHANG); i++)
		sleep_ms(100);
	if (i == 600)
		kill(p->pid, SIGKILL);
	assert_true(i < 600);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
	close(reader);
	close(p->fd);
	unlink(fifo);
	rmdir(dir);
	unlink(p->hbm);
	unlink(p->sock);
	unlink(p->ctl);
	rmdir(p->dir);
	free(p);
}

static void one_emulator_a_file(void **state)
{
	struct sim_proc *p = *state;
	char sock[128], out[1024];
	const char *argv[] = { sim_program(), "run", "--model", "gh200", "--hbm",
			       "64M", "--mem", p->hbm, "--socket", sock, NULL };

	snprintf(sock, sizeof(sock), "%s.2", p->sock);
	assert_int_equal(run_program(argv, out, sizeof(out)), 1);
	assert_non_null(strstr(out, p->hbm));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ALONE(eventfd_that_gets_full),
		ALONE(own_socket_as_descriptor),
		ALONE(files_that_may_block),
		ALONE(bars_cannot_be_cut),
		WITH(one_file_two_ways, start_gh200),
		WITH(files_do_not_grow, start_gh200),
		WITH(odd_descriptors, start_gh200),
		WITH(huge_pages, start_gh200),
		ALONE(the_only_seat),
		ALONE(no_descriptor_left),
		WITH(engine_beside_a_blocked_client, start_gh200),
		WITH(many_small_answers_unread, start_gh200),
		cmocka_unit_test(long_commands_hold_up_nobody),
		cmocka_unit_test(watching_is_cheap),
		WITH(looking_from_outside_is_no_touch, start_gh200),
		cmocka_unit_test(words_and_numbers),
		WITH(intx_after_silence, start_gh200),
		ALONE(one_emulator_a_file),
		cmocka_unit_test(ends_though_it_hangs),
	};

	return cmocka_run_group_tests_name("sim-hostile", tests, NULL, NULL);
}
