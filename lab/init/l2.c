// SPDX-License-Identifier: GPL-2.0-only
/*
 * init of L2, the guest that a GPU was assigned to. It knows nothing of our
 * driver: it looks at a PCI device as any operating system would, and reports
 * on the port "org.cohmem.l2" (and the console), a line each:
 *
 *	gpu BDF VENDOR:DEVICE
 *	bar N START SIZE FLAGS
 *	nodes online LIST / nodes gi LIST
 *	answer OFFSET VALUE		a register of BAR0
 *	pattern BAR OFFSET SIZE ok|bad
 *	egm BASE SIZE PXM		what firmware says of it, if anything
 *	egm-copy OFFSET ok|WHY		the GPU copies from and to our own memory
 *	done
 *
 * Then it powers itself off; with cohmem.orders on its command line it reads a
 * line from the port "org.cohmem.orders" first, and starts anew if that says so:
 * "reboot".
 *
 * The pattern is plain text, so that the other end can make it again with
 * nothing but printf; its seed comes on the kernel command line (cohmem.seed=).
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "common.h"
#include "l2_egm.h"

#define NVIDIA		0x10de
#define PATTERN_SIZE	65536
#define LINE_SIZE	64

static int port = -1;
static char seed[32] = "none";

#define report(...) do { lab_say(port, __VA_ARGS__); lab_say(1, __VA_ARGS__); } while (0)

struct bar {
	uint64_t start;
	uint64_t size;
	uint64_t flags;
};

static void read_seed(void)
{
	char line[2048], *s;

	lab_read_file("/proc/cmdline", line, sizeof(line));
	s = strstr(line, "cohmem.seed=");
	if (s)
		sscanf(s, "cohmem.seed=%31[0-9a-zA-Z]", seed);
}

/* The first function of NVIDIA's in the guest. */
static int find_gpu(char *dir, size_t size, unsigned int *device)
{
	DIR *d = opendir("/sys/bus/pci/devices");
	struct dirent *e;

	while (d && (e = readdir(d))) {
		char path[400], text[32];

		if (e->d_name[0] == '.')
			continue;
		snprintf(dir, size, "/sys/bus/pci/devices/%s", e->d_name);
		snprintf(path, sizeof(path), "%s/vendor", dir);
		if (lab_read_file(path, text, sizeof(text)) < 0 ||
		    strtoul(text, NULL, 16) != NVIDIA)
			continue;
		snprintf(path, sizeof(path), "%s/device", dir);
		lab_read_file(path, text, sizeof(text));
		*device = strtoul(text, NULL, 16);
		closedir(d);
		return 0;
	}
	if (d)
		closedir(d);
	return -ENODEV;
}

static void read_bars(const char *dir, struct bar bar[6])
{
	char path[400], text[2048], *line = text, *next;
	int i;

	snprintf(path, sizeof(path), "%s/resource", dir);
	lab_read_file(path, text, sizeof(text));
	for (i = 0; i < 6 && line; i++, line = next) {
		unsigned long long start, end, flags;

		next = strchr(line, '\n');
		if (next)
			next++;
		if (sscanf(line, "%llx %llx %llx", &start, &end, &flags) != 3)
			continue;
		bar[i].start = start;
		bar[i].size = end ? end - start + 1 : 0;
		bar[i].flags = flags;
		if (bar[i].size)
			report("bar %d 0x%llx 0x%llx 0x%llx\n", i, start,
			       (unsigned long long)bar[i].size, flags);
	}
}

/* What to do at the end. */
static bool told_to_reboot(void)
{
	char text[2048];
	ssize_t n;
	int fd;

	lab_read_file("/proc/cmdline", text, sizeof(text));
	if (!strstr(text, "cohmem.orders"))
		return false;
	fd = lab_port_open("org.cohmem.orders", O_RDONLY);
	if (fd < 0)
		return false;
	do {
		n = read(fd, text, sizeof(text));
	} while (n < 0 && errno == EINTR);
	return n >= 6 && !strncmp(text, "reboot", 6);
}

static void *map_bar(const char *dir, int nr, uint64_t offset, size_t size)
{
	char path[400];
	void *p;
	int fd;

	snprintf(path, sizeof(path), "%s/resource%d", dir, nr);
	fd = open(path, O_RDWR | O_SYNC);
	if (fd < 0) {
		report("error cannot open resource%d: %s\n", nr, strerror(errno));
		return NULL;
	}
	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);
	close(fd);
	if (p == MAP_FAILED) {
		report("error cannot map resource%d at 0x%llx: %s\n", nr,
		       (unsigned long long)offset, strerror(errno));
		return NULL;
	}
	return p;
}

static void fill(uint64_t *line, int nr, uint64_t offset, unsigned int i)
{
	char text[LINE_SIZE + 1];

	snprintf(text, sizeof(text), "cohmem %s bar%d 0x%016llx", seed, nr,
		 (unsigned long long)(offset + i * LINE_SIZE));
	memset(text + strlen(text), '.', LINE_SIZE - strlen(text));
	text[LINE_SIZE - 1] = '\n';
	memcpy(line, text, LINE_SIZE);
}

/* Write the pattern with 8-byte stores, as to any device; read it back. */
static void pattern(const char *dir, int nr, uint64_t offset)
{
	volatile uint64_t *p = map_bar(dir, nr, offset, PATTERN_SIZE);
	uint64_t line[LINE_SIZE / 8];
	unsigned int i, j, bad = 0;

	if (!p)
		return;
	for (i = 0; i < PATTERN_SIZE / LINE_SIZE; i++) {
		fill(line, nr, offset, i);
		for (j = 0; j < LINE_SIZE / 8; j++)
			p[i * (LINE_SIZE / 8) + j] = line[j];
	}
	__sync_synchronize();
	for (i = 0; i < PATTERN_SIZE / LINE_SIZE; i++) {
		fill(line, nr, offset, i);
		for (j = 0; j < LINE_SIZE / 8; j++)
			bad += p[i * (LINE_SIZE / 8) + j] != line[j];
	}
	report("pattern %d 0x%llx %d %s\n", nr, (unsigned long long)offset,
	       PATTERN_SIZE, bad ? "bad" : "ok");
	munmap((void *)p, PATTERN_SIZE);
}

static void answer(const char *dir, uint64_t reg)
{
	volatile uint32_t *p = map_bar(dir, 0, reg & ~0xfffULL, 4096);

	if (!p)
		return;
	report("answer 0x%llx 0x%x\n", (unsigned long long)reg,
	       p[(reg & 0xfff) / 4]);
	munmap((void *)p, 4096);
}

/* Where every model has memory that a BAR shows, and no pattern is. */
#define EGM_VIA		0x8000000ULL
#define ENGINE		0x200000

static void egm(const char *dir)
{
	struct l2_egm egm;
	uint64_t where = 0;
	void *engine, *gpu;
	const char *why;

	if (l2_egm_announced(&egm))
		return;
	report("egm 0x%llx 0x%llx %llu\n", (unsigned long long)egm.base,
	       (unsigned long long)egm.size, (unsigned long long)egm.pxm);
	engine = map_bar(dir, 0, ENGINE, 65536);
	gpu = map_bar(dir, 4, EGM_VIA, 65536);
	if (!engine || !gpu || !egm.size)
		return;
	why = l2_egm_copy(&egm, engine, gpu, EGM_VIA, seed, &where);
	report("egm-copy 0x%llx %s\n", (unsigned long long)where,
	       why ? why : "ok");
}

static void nodes(void)
{
	char text[256];

	lab_read_file("/sys/devices/system/node/online", text, sizeof(text));
	report("nodes online %s\n", text);
	lab_read_file("/sys/devices/system/node/has_generic_initiator", text,
		      sizeof(text));
	report("nodes gi %s\n", text);
}

int main(void)
{
	struct bar bar[6] = { 0 };
	struct utsname uts;
	unsigned int device;
	char dir[300], path[400];
	int nr;

	lab_mount_all();
	port = lab_port_open("org.cohmem.l2", O_WRONLY);
	read_seed();
	uname(&uts);
	report("kernel %s\n", uts.release);
	nodes();
	if (find_gpu(dir, sizeof(dir), &device)) {
		report("error no NVIDIA function in the guest\n");
		goto out;
	}
	report("gpu %s %04x:%04x\n", strrchr(dir, '/') + 1, NVIDIA, device);
	read_bars(dir, bar);
	snprintf(path, sizeof(path), "%s/enable", dir);
	if (lab_write_file(path, "1"))
		report("error cannot enable the device\n");
	answer(dir, 0x1498);
	answer(dir, 0x200bc);
	for (nr = 4; nr >= 2; nr -= 2)
		if (bar[nr].size) {
			pattern(dir, nr, 0);
			/* Deep inside, but within every model's memory. */
			pattern(dir, nr, bar[nr].size >> 3);
		}
	egm(dir);
	report("done\n");
out:
	usleep(200000);
	if (told_to_reboot())
		lab_reboot();
	lab_power_off();
}
