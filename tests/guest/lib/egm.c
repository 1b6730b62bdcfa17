// SPDX-License-Identifier: GPL-2.0-only
/* Extended GPU Memory: what there has to be, and its character device. */
#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "egm.h"
#include "scrubbing.h"

/* As lab/egm.sh writes them. */
static void retire(struct egm_facts *e)
{
	u64 last = e->size / EGM_BLOCK - 1;
	const u64 some[] = { 0, 5, 100, 101, last / 2, last };
	unsigned int i;

	if (!strcmp(e->list, "some")) {
		for (i = 0; i < ARRAY_SIZE(some); i++)
			e->retired[e->nr_retired++] = some[i] * EGM_BLOCK;
	} else if (!strcmp(e->list, "512")) {
		for (i = 0; i < 512; i++)
			e->retired[e->nr_retired++] = (16 + 3 * i) * EGM_BLOCK;
	}
}

/**
 * egm_facts() - what EGM this machine is supposed to have
 * Return: the facts.
 */
const struct egm_facts *egm_facts(void)
{
	const char *size = getenv("COHMEM_EGM"), *at = getenv("COHMEM_EGMS");
	static struct egm_facts e;
	unsigned long long base;
	unsigned int pxm;
	int n;

	if (e.list)
		return &e;
	e.list = getenv("COHMEM_RETIRED");
	if (!e.list)
		e.list = "none";
	e.size = size ? strtoull(size, NULL, 0) : 0;
	while (at && e.nr < EGM_SOCKETS &&
	       sscanf(at, "%u:%llx%n", &pxm, &base, &n) == 2) {
		e.pxm[e.nr] = pxm;
		e.base[e.nr++] = base;
		at += n;
	}
	retire(&e);
	return &e;
}

/**
 * need_egm() - the same, for a test that makes no sense without
 * Return: the facts.
 */
const struct egm_facts *need_egm(void)
{
	const struct egm_facts *e = egm_facts();

	if (!e->nr || !e->size)
		SKIP("this machine has no EGM: use --egm 768M");
	if (!file_exists("/sys/module/cohmem_vfio_pci/parameters/egm"))
		SKIP("this driver knows no EGM, or is not loaded");
	return e;
}

/**
 * egm_is_retired() - is a block one that firmware has retired?
 * @off: any offset in it
 * Return: true if so.
 */
bool egm_is_retired(u64 off)
{
	const struct egm_facts *e = egm_facts();
	unsigned int i;

	for (i = 0; i < e->nr_retired; i++)
		if (off / EGM_BLOCK == e->retired[i] / EGM_BLOCK)
			return true;
	return false;
}

/**
 * egm_good() - a stretch without retired blocks
 * @off: the first offset to look at, a multiple of EGM_BLOCK
 * @len: how long it has to be
 * Return: where one begins, a multiple of EGM_BLOCK.
 */
u64 egm_good(u64 off, u64 len)
{
	const struct egm_facts *e = egm_facts();
	u64 at = off;

	while (at + len <= e->size) {
		if (at - off >= len)
			return off;
		if (egm_is_retired(at))
			off = at + EGM_BLOCK;
		at += EGM_BLOCK;
	}
	CHECK(at - off >= len, "no %llu bytes without a retired block",
	      (unsigned long long)len);
	return off;
}

/**
 * egm_path() - a path below the sysfs directory of a socket's EGM
 * @socket: which
 * @fmt: the rest of it
 * Return: the path, valid until the fourth next call.
 */
const char *egm_path(unsigned int socket, const char *fmt, ...)
{
	static char ring[4][512];
	static unsigned int next;
	char *path = ring[next++ % 4];
	va_list ap;
	int len;

	len = snprintf(path, sizeof(ring[0]), "/sys/class/egm/egm%u/",
		       egm_facts()->pxm[socket]);
	va_start(ap, fmt);
	vsnprintf(path + len, sizeof(ring[0]) - len, fmt, ap);
	va_end(ap);
	return path;
}

static int get(const char *name, char *text, size_t size)
{
	int ret = file_read(egm_path(0, "%s", name), text, size);

	CHECK(ret >= 0, "%s: %s", egm_path(0, "%s", name), strerror(-ret));
	return ret;
}

/**
 * egm_u64() - an attribute of the first socket's EGM that is a number
 * @name: the attribute
 * Return: the number.
 */
u64 egm_u64(const char *name)
{
	char text[64], *end;
	u64 value;

	get(name, text, sizeof(text));
	value = strtoull(text, &end, 0);
	CHECK(end != text, "%s is \"%s\"", name, text);
	return value;
}

/**
 * egm_becomes() - wait for what an attribute of the first socket's EGM reads
 * @name: the attribute
 * @want: what it shall read
 * @ms: how long
 * Return: true if it does.
 */
bool egm_becomes(const char *name, const char *want, unsigned int ms)
{
	double end = now_ms() + ms;
	char text[256];

	for (;;) {
		get(name, text, sizeof(text));
		if (!strcmp(text, want))
			return true;
		if (now_ms() > end)
			return false;
		sleep_ms(5);
	}
}

/**
 * egm_is() - an attribute of the first socket's EGM has to read so
 * @name: the attribute
 * @want: what it must read
 */
void egm_is(const char *name, const char *want)
{
	char text[256];

	get(name, text, sizeof(text));
	CHECK(!strcmp(text, want), "%s is \"%s\", not \"%s\"", name, text,
	      want);
}

/**
 * egm_set() - write an attribute of the first socket's EGM
 * @name: the attribute
 * @value: what to write
 */
void egm_set(const char *name, const char *value)
{
	int ret = file_write(egm_path(0, "%s", name), value);

	CHECK(!ret, "%s to %s: %s", value, name, strerror(-ret));
}

/**
 * __egm_open() - open a socket's EGM
 * @socket: which
 * Return: a descriptor, or -errno.
 */
int __egm_open(unsigned int socket)
{
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/dev/egm%u", egm_facts()->pxm[socket]);
	fd = open(path, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/**
 * egm_open() - the same, or end the test
 * @socket: which
 * Return: a descriptor.
 */
int egm_open(unsigned int socket)
{
	int fd = __egm_open(socket);

	CHECK(fd >= 0, "open /dev/egm%u: %s", egm_facts()->pxm[socket],
	      strerror(-fd));
	return fd;
}

/**
 * egm_close() - close it; mappings keep it in use
 * @fd: the descriptor
 */
void egm_close(int fd)
{
	CHECK(!close(fd), "close: %s", strerror(errno));
}

/**
 * __egm_map() - mmap() a piece of EGM
 * @fd: from egm_open()
 * @off: offset in it
 * @len: bytes
 * @prot: PROT_*
 * @flags: MAP_*
 * Return: as mmap(2).
 */
void *__egm_map(int fd, u64 off, u64 len, int prot, int flags)
{
	return mmap(NULL, len, prot, flags, fd, off);
}

/**
 * egm_map() - map a piece of EGM where libc puts it
 * @fd: from egm_open()
 * @off: offset in it
 * @len: bytes
 * Return: the address.
 */
void *egm_map(int fd, u64 off, u64 len)
{
	void *p = __egm_map(fd, off, len, PROT_READ | PROT_WRITE, MAP_SHARED);

	CHECK(p != MAP_FAILED, "mmap EGM %#llx+%#llx: %s",
	      (unsigned long long)off, (unsigned long long)len,
	      strerror(errno));
	return p;
}

/**
 * egm_room() - a place for a mapping, where nothing is
 * @len: bytes
 * @align: of the address, a power of two
 * Return: the address.
 */
void *egm_room(u64 len, u64 align)
{
	u8 *room = mmap(NULL, len + align, PROT_NONE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	CHECK(room != MAP_FAILED, "%s", strerror(errno));
	munmap(room, len + align);
	return (u8 *)(((uintptr_t)room + align - 1) & ~(uintptr_t)(align - 1));
}

/**
 * egm_map_at() - map a piece of EGM at a place
 * @want: from egm_room()
 * @fd: from egm_open()
 * @off: offset in it
 * @len: bytes
 */
void egm_map_at(void *want, int fd, u64 off, u64 len)
{
	void *p = mmap(want, len, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_FIXED_NOREPLACE, fd, off);

	CHECK(p == want, "mmap EGM %#llx+%#llx: %s", (unsigned long long)off,
	      (unsigned long long)len, strerror(errno));
}

/**
 * egm_map_aligned() - map a piece of EGM where large leaves fit
 * @fd: from egm_open()
 * @off: offset in it
 * @len: bytes
 * @align: of the address, a power of two
 * Return: the address.
 */
void *egm_map_aligned(int fd, u64 off, u64 len, u64 align)
{
	void *p = egm_room(len, align);

	egm_map_at(p, fd, off, len);
	return p;
}

/**
 * egm_freed() - wait until nobody has the first socket's EGM
 * @ms: how long
 *
 * The last reference to a file may be dropped a moment after close() or munmap().
 *
 * Return: true if nobody has.
 */
bool egm_freed(unsigned int ms)
{
	return egm_becomes("user", "-", ms);
}

/**
 * egm_gpus() - how many GPUs have the first socket's EGM
 * Return: the number of links to them.
 */
unsigned int egm_gpus(void)
{
	DIR *d = opendir(egm_path(0, "."));
	unsigned int nr = 0, n[4];
	struct dirent *e;

	CHECK(d, "%s: %s", egm_path(0, "."), strerror(errno));
	while ((e = readdir(d)))
		nr += sscanf(e->d_name, "%x:%x:%x.%x", &n[0], &n[1], &n[2],
			     &n[3]) == 4;
	closedir(d);
	return nr;
}

/**
 * egm_export() - ranges of EGM as a dma-buf
 * @fd: from egm_open()
 * @range: offset and bytes of each
 * @nr: how many, up to EGM_RANGES
 * Return: a descriptor, or -errno.
 */
int egm_export(int fd, const struct egm_dma_range *range, unsigned int nr)
{
	struct {
		struct egm_dma_buf_export head;
		struct egm_dma_range range[EGM_RANGES];
	} x = {
		.head.argsz = sizeof(x.head) + nr * sizeof(*range),
		.head.nr_ranges = nr,
		.head.open_flags = O_RDWR | O_CLOEXEC,
	};
	int buf;

	CHECK(nr <= EGM_RANGES, "%u ranges", nr);
	if (nr)
		memcpy(x.range, range, nr * sizeof(*range));
	buf = ioctl(fd, EGM_EXPORT_DMABUF, &x);
	return buf < 0 ? -errno : buf;
}

/**
 * egm_export_one() - the same with one range
 * @fd: from egm_open()
 * @off: offset in it
 * @len: bytes
 * Return: a descriptor, or -errno.
 */
int egm_export_one(int fd, u64 off, u64 len)
{
	return egm_export(fd, &(struct egm_dma_range){ off, len }, 1);
}

/**
 * egm_settle() - nobody has the first socket's EGM, it is clean, and from now on
 * cleared by this policy
 * @policy: as the attribute takes it
 */
void egm_settle(const char *policy)
{
	need_egm();
	CHECK(egm_freed(AT_ONCE_MS), "somebody still has it");
	egm_set("scrub", "close");
	if (egm_u64("scrub_dirty")) {
		/* EBUSY: it goes on already. */
		file_write(egm_path(0, "scrub_start"), "start");
		egm_cleared();
	}
	egm_set("scrub", policy);
}

/**
 * egm_cleared() - wait until the first socket's EGM is clean
 */
void egm_cleared(void)
{
	char state[32], result[32];

	if (egm_becomes("scrub_dirty", "0", CLEARED_MS))
		return;
	get("scrub_state", state, sizeof(state));
	get("scrub_result", result, sizeof(result));
	FAIL("still dirty: scrub_state is %s, scrub_result %s", state, result);
}
