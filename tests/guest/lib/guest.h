/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the programs that run inside the virtual machine share. They are user
 * space of a real kernel over real VFIO; nothing here knows the driver's code.
 *
 * A program is a suite: a table of tests and test_main(). Each test runs in a
 * process of its own, with a time limit, so that one that is killed, hangs or
 * leaves its device open says so and does not take the others along. After each
 * the emulated superchip is put back to its defaults, and new lines of the
 * kernel log are searched for trouble: a WARN fails the test that caused it.
 *
 * Two tiers, as in the kernel's own VFIO selftests: __foo() returns 0 or -errno,
 * for tests of failure; foo() ends the test if it fails.
 *
 * Environment: COHMEM_BDF, COHMEM_MODEL, COHMEM_HBM (bytes), COHMEM_MEM_BASE;
 * COHMEM_VIA=group|cdev chooses how VFIO is entered (default: what there is).
 */
#ifndef COHMEM_GUEST_H
#define COHMEM_GUEST_H

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "touch.h"
#include "vfio.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define KiB		(1ULL << 10)
#define MiB		(1ULL << 20)
#define GiB		(1ULL << 30)
#define min(a, b)	((a) < (b) ? (a) : (b))
#define max(a, b)	((a) > (b) ? (a) : (b))

/* --- test.c: tests and what they say ------------------------------------- */

struct test {
	const char *name;
	void (*fn)(void);
	unsigned int seconds;
};

#define TEST(fn)		{ #fn, fn, 30 }
#define TEST_LONG(fn, secs)	{ #fn, fn, secs }

int test_main(const struct test *tests, unsigned int nr, int argc,
	      char **argv);
void test_fail(const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4), noreturn));
void test_skip(const char *fmt, ...)
	__attribute__((format(printf, 1, 2), noreturn));
void test_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void test_show_stack(pid_t pid);
bool kmsg_trouble(int kmsg, char *line, size_t size);

#define SUITE(...) \
	int main(int argc, char **argv) \
	{ \
		static const struct test tests[] = { __VA_ARGS__ }; \
\
		return test_main(tests, ARRAY_SIZE(tests), argc, argv); \
	} \
	extern int suite_swallow_semicolon

#define FAIL(fmt, ...)	test_fail(__FILE__, __LINE__, fmt, ##__VA_ARGS__)
#define SKIP(fmt, ...)	test_skip(fmt, ##__VA_ARGS__)

/* CHECK(cond, fmt, ...): @cond must hold; the message says what was tried. */
#define CHECK(cond, fmt, ...) \
	do { \
		if (!(cond)) \
			FAIL("%s: " fmt, #cond, ##__VA_ARGS__); \
	} while (0)

#define CHECK_EQ(got, want) \
	do { \
		long long got_ = (long long)(got), want_ = (long long)(want); \
\
		if (got_ != want_) \
			FAIL("%s is %lld (%#llx), want %s = %lld (%#llx)", \
			     #got, got_, got_, #want, want_, want_); \
	} while (0)

/* A system call that returned -1 and must have failed with @err. */
#define CHECK_ERRNO(call, err) \
	do { \
		long long ret_; \
		errno = 0; \
		ret_ = (long long)(call); \
		if (ret_ != -1 || errno != (err)) \
			FAIL("%s returned %lld (%s), want %s", #call, ret_, \
			     strerror(errno), strerror(err)); \
	} while (0)

/* Numbers that look random and are the same in every run. */
static inline u64 mix(u64 *seed)
{
	u64 z = *seed += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

/* --- slow.c: time on a machine that is slow --------------------------------- */

struct stopwatch {
	double start;
	u64 lost;
};

bool host_tells_lost(void);
struct stopwatch stopwatch_start(void);
double stopwatch_ms(const struct stopwatch *w);
unsigned int kernel_slowness(void);
unsigned int slowness(void);

/* --- facts.c: what this machine is supposed to be ------------------------- */

struct facts {
	const char *bdf;
	const char *model;
	u64 hbm;	/* all coherent memory, bytes */
	u64 mem_base;	/* its physical address */
	u64 page;	/* the kernel's page size */
	bool split;	/* resmem at BAR2; otherwise the real BAR2 */
	bool cxl;	/* readiness by the CXL DVSEC */
	u64 usemem, resmem;		/* backed sizes */
	u64 usemem_bar, resmem_bar;	/* region sizes */
};

const struct facts *facts(void);
bool use_gpu(unsigned int nr);
u64 real_bar(unsigned int bar);

/* --- host.c: files, time, the kernel log ---------------------------------- */

double now_ms(void);
void sleep_ms(unsigned int ms);
int file_read(const char *path, char *buf, size_t size);
int file_write(const char *path, const char *text);
bool file_exists(const char *path);
const char *dev_path(const char *fmt, ...)
	__attribute__((format(printf, 1, 2)));
int attr_read(const char *name, char *buf, size_t size);
u64 attr_u64(const char *name);
long kernel_version(void);	/* 7.3.4 is 70300 + 4 */
long proc_number(const char *path, const char *field);
long self_status_kb(const char *field);
u64 kernel_mappings(void);

int kmsg_open(void);
bool kmsg_find(int fd, const char *needle, char *line, size_t size);
void kmsg_skip(int fd);

/* --- growth.c: what the kernel has in use ---------------------------------- */

long meminfo(const char *field);
long kernel_kb(void);
bool keeps_what_is_freed(void);

/* --- mem.c: touching memory that may answer with a signal ------------------ */

/* What lets a page go bad: the helper cohmem_test_poison (tests/kmod), by its address. */
#define POISON	"/sys/module/cohmem_test_poison/parameters/phys"

struct fault {
	struct cohmem_fault;
};

bool try_load(const volatile u64 *p, u64 *value, struct fault *f);
bool try_store(volatile u64 *p, u64 value, struct fault *f);
u64 load(const volatile u64 *p);
void store(volatile u64 *p, u64 value);
void expect_sigbus(const volatile u64 *p, int code);
void need_memory_errors(void);
int go_bad(u64 phys, struct fault *hit);
const char *fault_str(const struct fault *f);

void fill(void *buf, size_t len, u64 seed);
long mismatch(const void *buf, size_t len, u64 seed);
void shared_with_a_child(volatile u64 *p);

/* --- dev.c: a VFIO device --------------------------------------------------- */

enum { NR_REGIONS = COHMEM_VFIO_REGIONS, CONFIG = COHMEM_VFIO_CONFIG };

/* The members are the library's (-fms-extensions, as in the kernel). */
struct dev {
	struct cohmem_vfio;
};

int __dev_open(struct dev *d);
void dev_open(struct dev *d);
void dev_close(struct dev *d);
bool have_group(void);
bool have_cdev(void);
int __region_info(int fd, unsigned int index, struct cohmem_vfio_region *r);
int dev_reset(struct dev *d);
int dev_export(struct dev *d, unsigned int bar, u64 off, u64 len);
void dev_still_works(void);

void *__map(struct dev *d, unsigned int bar, u64 off, u64 len, int prot,
	    int flags);
void *map(struct dev *d, unsigned int bar, u64 off, u64 len);
void *map_aligned(struct dev *d, unsigned int bar, u64 off, u64 len,
		  u64 align, u64 skew);
void unmap(void *p, u64 len);

ssize_t reg_read(struct dev *d, unsigned int bar, u64 off, void *buf,
		 size_t count);
ssize_t reg_write(struct dev *d, unsigned int bar, u64 off, const void *buf,
		  size_t count);
u32 bar0_r32(struct dev *d, u32 off);
u64 bar0_r64(struct dev *d, u32 off);
void bar0_w32(struct dev *d, u32 off, u32 value);
void bar0_w64(struct dev *d, u32 off, u64 value);

int __dma_map(struct dev *d, void *va, u64 iova, u64 len);
void dma_map(struct dev *d, void *va, u64 iova, u64 len);
int __dma_unmap(struct dev *d, u64 iova, u64 len);
void dma_unmap(struct dev *d, u64 iova, u64 len);

int __irq_set(struct dev *d, unsigned int index, unsigned int start,
	      const int *fds, unsigned int nr);
void irq_off(struct dev *d, unsigned int index);

/* --- import.c: who has an export mapped -------------------------------------- */

void need_importer(void);
int __import(int fd);
void import(int fd);
int import_map_again(void);
void import_end(void);
void import_state(char *text, size_t size);
void import_is(const char *want);

/* --- config.c: config space --------------------------------------------------- */

ssize_t cfg_read(struct dev *d, unsigned int pos, void *buf, size_t count);
ssize_t cfg_write(struct dev *d, unsigned int pos, const void *buf,
		  size_t count);
u8 cfg_r8(struct dev *d, unsigned int pos);
u16 cfg_r16(struct dev *d, unsigned int pos);
u32 cfg_r32(struct dev *d, unsigned int pos);
u64 cfg_r64(struct dev *d, unsigned int pos);
void cfg_w8(struct dev *d, unsigned int pos, u8 value);
void cfg_w16(struct dev *d, unsigned int pos, u16 value);
void cfg_w32(struct dev *d, unsigned int pos, u32 value);
void cfg_w64(struct dev *d, unsigned int pos, u64 value);
unsigned int cfg_cap(struct dev *d, u8 id);
unsigned int cfg_dvsec(struct dev *d, u16 vendor, u16 id);
u32 host_cfg_r32(unsigned int pos);
unsigned int host_dvsec(u16 vendor, u16 id);
void set_command(struct dev *d, u16 set, u16 clear);
void set_power(struct dev *d, unsigned int state);
void flr(struct dev *d);
void rebind(void);

/* --- port.c: lines to what runs outside of the virtual machine ---------------- */

struct port {
	const char *name;
	int fd;		/* -1 while closed */
};

#define PORT(name)	{ name, -1 }

bool port_exists(const struct port *p);
int port_open(struct port *p);
void port_close(struct port *p);
int port_get(struct port *p, char **line, unsigned int ms);
int port_put(struct port *p, const char *line, unsigned int ms);

/* --- slot.c: the slot that the GPU is plugged into ----------------------------- */

void slot_unplug(void);
void slot_yank(void);
void slot_fill(void);
void slot_plug(void);
bool slot_empty_within(unsigned int ms);
void slot_refill(void);

/* --- sim.c: the emulated superchip's control port ----------------------------- */

struct json_object;

int __sim(struct json_object **answer, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void sim(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
bool have_sim(void);
u64 sim_number(const char *command, const char *name);
u64 sim_counter(const char *name);
void sim_training(unsigned int ms);
void reset_slowly(struct dev *d, unsigned int ms);
void sim_mem_read(u64 off, void *buf, unsigned int len);
void sim_mem_write(u64 off, const void *buf, unsigned int len);
void sim_egm_read(u64 off, void *buf, unsigned int len);
void sim_egm_write(u64 off, const void *buf, unsigned int len);
void sim_defaults(void);
void sim_close(void);

#endif /* COHMEM_GUEST_H */
