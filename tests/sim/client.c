// SPDX-License-Identifier: GPL-2.0-only
/* The independent client. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "client.h"

void put16(void *p, size_t at, uint16_t v)
{
	uint8_t *b = (uint8_t *)p + at;

	b[0] = v;
	b[1] = v >> 8;
}

void put32(void *p, size_t at, uint32_t v)
{
	put16(p, at, v);
	put16(p, at + 2, v >> 16);
}

void put64(void *p, size_t at, uint64_t v)
{
	put32(p, at, v);
	put32(p, at + 4, v >> 32);
}

uint16_t get16(const void *p, size_t at)
{
	const uint8_t *b = (const uint8_t *)p + at;

	return b[0] | b[1] << 8;
}

uint32_t get32(const void *p, size_t at)
{
	return get16(p, at) | (uint32_t)get16(p, at + 2) << 16;
}

uint64_t get64(const void *p, size_t at)
{
	return get32(p, at) | (uint64_t)get32(p, at + 4) << 32;
}

uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

void sleep_ms(unsigned int ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000l };

	nanosleep(&ts, NULL);
}

uint32_t crc32_slow(const uint8_t *p, size_t len)
{
	uint32_t crc = 0xffffffff;
	int i;

	while (len--) {
		crc ^= *p++;
		for (i = 0; i < 8; i++)
			crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
	}
	return ~crc;
}

const char *sim_program(void)
{
	const char *path = getenv("COHMEM_SIM");

	if (!path)
		fail_msg("COHMEM_SIM must name the cohmem-sim to test");
	return path;
}

static void set_timeout(int fd)
{
	struct timeval tv = { .tv_sec = 10 };

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
}

static int connect_to(const char *path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(strlen(path) < sizeof(un.sun_path));
	strcpy(un.sun_path, path);
	if (connect(fd, (struct sockaddr *)&un, sizeof(un)))
		fail_msg("connect %s: %s", path, strerror(errno));
	set_timeout(fd);
	return fd;
}

/* Wait for the line that says that it listens. */
static void wait_line(struct sim_proc *p, int fd)
{
	char line[512];
	size_t have = 0;
	ssize_t n;

	while (have < sizeof(line) - 1) {
		n = read(fd, line + have, sizeof(line) - 1 - have);
		if (n <= 0)
			break;
		have += n;
		if (memchr(line, '\n', have))
			break;
	}
	line[have] = 0;
	if (strncmp(line, "ready ", 6))
		fail_msg("cohmem-sim did not get ready, it said: %s", line);
}

struct sim_proc *sim_start(const char *model, const char *const *args)
{
	/* A CXL DVSEC counts in units of 256M. */
	const char *argv[40] = { sim_program(), "run", "--model", model, "--hbm",
				 strcmp(model, "next") ? "64M" : "256M" };
	struct sim_proc *p = calloc(1, sizeof(*p));
	int argc = 6, out[2];

	strcpy(p->dir, "/tmp/cohmem-test.XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	snprintf(p->sock, sizeof(p->sock), "%s/vfu", p->dir);
	snprintf(p->ctl, sizeof(p->ctl), "%s/ctl", p->dir);
	/* In memory, as the lab has it: early touches are counted by page. */
	snprintf(p->hbm, sizeof(p->hbm), "/dev/shm/%s.hbm", p->dir + 5);
	argv[argc++] = "--mem";
	argv[argc++] = p->hbm;
	argv[argc++] = "--socket";
	argv[argc++] = p->sock;
	argv[argc++] = "--control";
	argv[argc++] = p->ctl;
	while (args && *args)
		argv[argc++] = *args++;
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	p->fd = -1;
	p->pid = fork();
	assert_true(p->pid >= 0);
	if (!p->pid) {
		dup2(out[1], 1);
		execv(argv[0], (char *const *)argv);
		_exit(127);
	}
	close(out[1]);
	wait_line(p, out[0]);
	close(out[0]);
	return p;
}

bool sim_alive(struct sim_proc *p)
{
	return p->pid > 0 && waitpid(p->pid, NULL, WNOHANG) == 0;
}

/* It must end by itself on SIGTERM, well, and leave no socket behind. */
void sim_stop(struct sim_proc *p)
{
	int status = 0, i;
	pid_t got = 0;

	wire_close(p);
	kill(p->pid, SIGTERM);
	for (i = 0; i < 1000 && !got; i++) {
		got = waitpid(p->pid, &status, WNOHANG);
		if (!got)
			sleep_ms(10);
	}
	if (!got)
		kill(p->pid, SIGKILL);
	assert_int_equal(got, p->pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_not_equal(access(p->sock, F_OK), 0);
	assert_int_not_equal(access(p->ctl, F_OK), 0);
	unlink(p->hbm);
	rmdir(p->dir);
	free(p);
}

int run_program(const char *const *argv, char *out, size_t room)
{
	size_t have = 0;
	int fd[2], status;
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe2(fd, O_CLOEXEC), 0);
	pid = fork();
	if (!pid) {
		dup2(fd[1], 1);
		dup2(fd[1], 2);
		execv(argv[0], (char *const *)argv);
		_exit(127);
	}
	close(fd[1]);
	while ((n = read(fd[0], out + have, room - 1 - have)) > 0)
		have += n;
	out[have] = 0;
	close(fd[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

struct message *scratch(void)
{
	static struct message m;

	if (!m.data)
		m.data = malloc(MAX_REPLY);
	return &m;
}

int wire_connect(const struct sim_proc *p)
{
	return connect_to(p->sock);
}

void wire_raw(int fd, const void *bytes, size_t len, const int *fds, int nr)
{
	char control[CMSG_SPACE(64 * sizeof(int))];
	struct iovec iov = { (void *)bytes, len };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *c;
	ssize_t n;

	if (nr) {
		memset(control, 0, sizeof(control));
		m.msg_control = control;
		m.msg_controllen = CMSG_SPACE(nr * sizeof(int));
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(nr * sizeof(int));
		memcpy(CMSG_DATA(c), fds, nr * sizeof(int));
	}
	while (iov.iov_len) {
		n = sendmsg(fd, &m, MSG_NOSIGNAL);
		/* It may have hung up on us; the caller looks at answers. */
		if (n <= 0)
			return;
		iov.iov_base = (char *)iov.iov_base + n;
		iov.iov_len -= n;
		m.msg_controllen = 0;
		m.msg_control = NULL;
	}
}

void wire_send(int fd, uint16_t id, uint16_t cmd, uint32_t flags,
	       const void *payload, size_t len, const int *fds, int nr)
{
	uint8_t *bytes = malloc(16 + len);

	put16(bytes, 0, id);
	put16(bytes, 2, cmd);
	put32(bytes, 4, 16 + len);
	put32(bytes, 8, flags);
	put32(bytes, 12, 0);
	if (len)
		memcpy(bytes + 16, payload, len);
	wire_raw(fd, bytes, 16 + len, fds, nr);
	free(bytes);
}

static int recv_some(int fd, void *to, size_t len, struct message *msg)
{
	char control[CMSG_SPACE(16 * sizeof(int))];
	struct iovec iov = { to, len };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1,
			    .msg_control = control,
			    .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(fd, &m, MSG_CMSG_CLOEXEC);
	struct cmsghdr *c;

	if (n < 0 && errno == EAGAIN)
		fail_msg("no answer within 10 s");
	if (n <= 0)
		return 0;
	for (c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		int nr = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		memcpy(msg->fds + msg->nr_fds, CMSG_DATA(c), nr * sizeof(int));
		msg->nr_fds += nr;
	}
	return n;
}

static int recv_all(int fd, void *to, size_t len, struct message *msg)
{
	size_t have = 0;
	int n;

	while (have < len) {
		n = recv_some(fd, (char *)to + have, len - have, msg);
		if (!n)
			return 0;
		have += n;
	}
	return 1;
}

int wire_recv(int fd, struct message *m)
{
	uint8_t h[16];

	m->nr_fds = 0;
	if (!recv_all(fd, h, sizeof(h), m))
		return 0;
	m->id = get16(h, 0);
	m->cmd = get16(h, 2);
	m->size = get32(h, 4);
	m->flags = get32(h, 8);
	m->error = get32(h, 12);
	assert_true(m->size >= 16 && m->size - 16 <= MAX_REPLY);
	m->len = m->size - 16;
	return m->len ? recv_all(fd, m->data, m->len, m) : 1;
}

uint32_t wire_call(int fd, uint16_t cmd, const void *payload, size_t len,
		   const int *fds, int nr, struct message *m)
{
	static uint16_t next = 100;
	uint16_t id = next++;

	wire_send(fd, id, cmd, 0, payload, len, fds, nr);
	if (!wire_recv(fd, m))
		fail_msg("command %u: the emulator hung up", cmd);
	assert_int_equal(m->id, id);
	assert_int_equal(m->cmd, cmd);
	assert_int_equal(m->flags & 0xf, 1);
	if (m->flags & 0x20) {
		/* An error reply is a header and nothing else. */
		assert_int_equal(m->len, 0);
		assert_int_equal(m->nr_fds, 0);
		assert_int_not_equal(m->error, 0);
		return m->error;
	}
	assert_int_equal(m->error, 0);
	return 0;
}

void handshake(int fd, const char *caps)
{
	struct message *m = scratch();
	uint8_t buf[1024] = { 0 };

	strcpy((char *)buf + 4, caps);
	assert_int_equal(wire_call(fd, VERSION, buf, 4 + strlen(caps) + 1, NULL,
				   0, m), 0);
	assert_int_equal(get16(m->data, 0), 0);
	assert_int_equal(get16(m->data, 2), 0);
	assert_int_equal(m->data[m->len - 1], 0);
}

void wire_open(struct sim_proc *p)
{
	p->fd = wire_connect(p);
	handshake(p->fd, "{\"capabilities\":{\"max_msg_fds\":16}}");
}

void wire_close(struct sim_proc *p)
{
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
}

uint32_t try_read(int fd, uint32_t region, uint64_t off, void *buf, uint32_t n)
{
	struct message *m = scratch();
	uint8_t q[16];
	uint32_t err;

	put64(q, 0, off);
	put32(q, 8, region);
	put32(q, 12, n);
	err = wire_call(fd, REGION_READ, q, sizeof(q), NULL, 0, m);
	if (err)
		return err;
	assert_int_equal(m->len, 16 + n);
	assert_memory_equal(m->data, q, sizeof(q));
	memcpy(buf, m->data + 16, n);
	return 0;
}

uint32_t try_write(int fd, uint32_t region, uint64_t off, const void *buf,
		   uint32_t n)
{
	struct message *m = scratch();
	uint8_t *q = malloc(16 + n);
	uint32_t err;

	put64(q, 0, off);
	put32(q, 8, region);
	put32(q, 12, n);
	memcpy(q + 16, buf, n);
	err = wire_call(fd, REGION_WRITE, q, 16 + n, NULL, 0, m);
	free(q);
	if (!err)
		assert_int_equal(get32(m->data, 12), n);
	return err;
}

uint64_t reg_read(int fd, uint32_t region, uint64_t off, unsigned int n)
{
	uint8_t b[8] = { 0 };

	assert_int_equal(try_read(fd, region, off, b, n), 0);
	return get64(b, 0);
}

void reg_write(int fd, uint32_t region, uint64_t off, uint64_t v,
	       unsigned int n)
{
	uint8_t b[8];

	put64(b, 0, v);
	assert_int_equal(try_write(fd, region, off, b, n), 0);
}

void enable(int fd)
{
	cfg_write(fd, 4, 0x6, 2);
}

uint32_t dma_map(int fd, uint64_t iova, uint64_t size, uint64_t off,
		 uint32_t flags, int memfd)
{
	uint8_t q[32];

	put32(q, 0, sizeof(q));
	put32(q, 4, flags);
	put64(q, 8, off);
	put64(q, 16, iova);
	put64(q, 24, size);
	return wire_call(fd, DMA_MAP, q, sizeof(q), &memfd, memfd >= 0,
			 scratch());
}

uint32_t dma_unmap(int fd, uint64_t iova, uint64_t size, uint32_t flags)
{
	uint8_t q[24];

	put32(q, 0, sizeof(q));
	put32(q, 4, flags);
	put64(q, 8, iova);
	put64(q, 16, size);
	return wire_call(fd, DMA_UNMAP, q, sizeof(q), NULL, 0, scratch());
}

unsigned int find_cap(int fd, uint8_t id)
{
	unsigned int pos = cfg_read(fd, 0x34, 1), left = 48;

	while (pos && left--) {
		if (cfg_read(fd, pos, 1) == id)
			return pos;
		pos = cfg_read(fd, pos + 1, 1);
	}
	return 0;
}

unsigned int find_ext_cap(int fd, uint16_t id, unsigned int nth)
{
	unsigned int pos = 0x100, left = 96;
	uint32_t h;

	while (pos && left--) {
		h = cfg_read(fd, pos, 4);
		if ((h & 0xffff) == id && !nth--)
			return pos;
		pos = h >> 20;
	}
	return 0;
}

unsigned int find_dvsec(int fd, uint16_t vendor, uint16_t id)
{
	unsigned int i, pos;

	for (i = 0; (pos = find_ext_cap(fd, 0x23, i)); i++)
		if ((cfg_read(fd, pos + 4, 4) & 0xffff) == vendor &&
		    cfg_read(fd, pos + 8, 2) == id)
			return pos;
	return 0;
}

static char answer[1 << 20];

static const char *ctl_v(struct sim_proc *p, const char *fmt, va_list ap)
{
	size_t have = 0;
	char line[65536];
	ssize_t n;
	int fd;

	vsnprintf(line, sizeof(line) - 1, fmt, ap);
	strcat(line, "\n");
	fd = connect_to(p->ctl);
	wire_raw(fd, line, strlen(line), NULL, 0);
	do {
		n = recv(fd, answer + have, sizeof(answer) - 1 - have, 0);
		if (n <= 0)
			fail_msg("no answer to: %s", line);
		have += n;
	} while (answer[have - 1] != '\n');
	answer[have - 1] = 0;
	close(fd);
	assert_true(!strncmp(answer, "{\"ok\":", 6));
	return answer;
}

const char *ctl(struct sim_proc *p, const char *fmt, ...)
{
	const char *text;
	va_list ap;

	va_start(ap, fmt);
	text = ctl_v(p, fmt, ap);
	va_end(ap);
	return text;
}

void ctl_ok(struct sim_proc *p, const char *fmt, ...)
{
	const char *text;
	va_list ap;

	va_start(ap, fmt);
	text = ctl_v(p, fmt, ap);
	va_end(ap);
	if (strncmp(text, "{\"ok\":true", 10))
		fail_msg("%s: %s", fmt, text);
}

static const char *value(struct sim_proc *p, const char *cmd, const char *key)
{
	const char *text = ctl(p, "%s", cmd), *at;
	char quoted[64];

	snprintf(quoted, sizeof(quoted), "\"%s\":", key);
	at = strstr(text, quoted);
	if (!at)
		fail_msg("%s: no %s in %s", cmd, key, text);
	return at + strlen(quoted);
}

long long ctl_number(struct sim_proc *p, const char *cmd, const char *key)
{
	return strtoll(value(p, cmd, key), NULL, 10);
}

bool ctl_true(struct sim_proc *p, const char *cmd, const char *key)
{
	return !strncmp(value(p, cmd, key), "true", 4);
}

void wait_ready(struct sim_proc *p)
{
	int i;

	for (i = 0; i < 500; i++) {
		if (ctl_true(p, "status", "ready"))
			return;
		sleep_ms(5);
	}
	fail_msg("the memory did not get ready");
}
