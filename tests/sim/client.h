/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A vfio-user client that shares nothing with the emulator: it writes bytes at
 * offsets taken from the protocol's description and reads them the same way.
 * And what a test needs around it: starting the emulator, its control socket.
 */
#ifndef TESTS_SIM_CLIENT_H
#define TESTS_SIM_CLIENT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <cmocka.h>

#define HBM_SIZE	(64u << 20)
#define MAX_REPLY	(2u << 20)

/* Commands, as numbers on the wire. */
enum {
	VERSION = 1, DMA_MAP = 2, DMA_UNMAP = 3, GET_INFO = 4, REGION_INFO = 5,
	IRQ_INFO = 7, SET_IRQS = 8, REGION_READ = 9, REGION_WRITE = 10,
	DMA_READ = 11, DMA_WRITE = 12, RESET = 13,
};

struct sim_proc {
	pid_t pid;
	char dir[64], sock[96], ctl[96], hbm[96];
	int fd;			/* the vfio-user connection, or -1 */
};

struct message {
	uint16_t id, cmd;
	uint32_t size, flags, error;
	uint8_t *data;		/* payload, MAX_REPLY */
	uint32_t len;
	int fds[16];
	int nr_fds;
};

/* Little-endian bytes at offsets. */
void put16(void *p, size_t at, uint16_t v);
void put32(void *p, size_t at, uint32_t v);
void put64(void *p, size_t at, uint64_t v);
uint16_t get16(const void *p, size_t at);
uint32_t get32(const void *p, size_t at);
uint64_t get64(const void *p, size_t at);
uint64_t now_ns(void);
void sleep_ms(unsigned int ms);
uint32_t crc32_slow(const uint8_t *p, size_t len);

/* The process. @args: more arguments, ends with NULL; may be NULL. */
struct sim_proc *sim_start(const char *model, const char *const *args);
void sim_stop(struct sim_proc *p);
bool sim_alive(struct sim_proc *p);
const char *sim_program(void);
int run_program(const char *const *argv, char *out, size_t room);

/* The wire. */
int wire_connect(const struct sim_proc *p);
void wire_open(struct sim_proc *p);	/* connect and shake hands */
void wire_close(struct sim_proc *p);
void wire_raw(int fd, const void *bytes, size_t len, const int *fds, int nr);
void wire_send(int fd, uint16_t id, uint16_t cmd, uint32_t flags,
	       const void *payload, size_t len, const int *fds, int nr);
int wire_recv(int fd, struct message *m);	/* 1, or 0 at the end */
uint32_t wire_call(int fd, uint16_t cmd, const void *payload, size_t len,
		   const int *fds, int nr, struct message *m);
void handshake(int fd, const char *caps);
struct message *scratch(void);

/* Regions and DMA; assert that they succeed unless named try_. */
uint32_t try_read(int fd, uint32_t region, uint64_t off, void *buf, uint32_t n);
uint32_t try_write(int fd, uint32_t region, uint64_t off, const void *buf,
		   uint32_t n);
uint64_t reg_read(int fd, uint32_t region, uint64_t off, unsigned int n);
void reg_write(int fd, uint32_t region, uint64_t off, uint64_t v,
	       unsigned int n);
#define cfg_read(fd, off, n)		reg_read(fd, 7, off, n)
#define cfg_write(fd, off, v, n)	reg_write(fd, 7, off, v, n)
void enable(int fd);			/* memory decoding and bus mastering */
uint32_t dma_map(int fd, uint64_t iova, uint64_t size, uint64_t off,
		 uint32_t flags, int memfd);
uint32_t dma_unmap(int fd, uint64_t iova, uint64_t size, uint32_t flags);
unsigned int find_cap(int fd, uint8_t id);
unsigned int find_ext_cap(int fd, uint16_t id, unsigned int nth);
unsigned int find_dvsec(int fd, uint16_t vendor, uint16_t id);

/* The control socket: the JSON line is kept until the next call. */
const char *ctl(struct sim_proc *p, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
long long ctl_number(struct sim_proc *p, const char *cmd, const char *key);
bool ctl_true(struct sim_proc *p, const char *cmd, const char *key);
void ctl_ok(struct sim_proc *p, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void wait_ready(struct sim_proc *p);

#endif /* TESTS_SIM_CLIENT_H */
