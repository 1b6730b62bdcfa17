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
 * The pattern's seed comes on the kernel command line (cohmem.seed=), and where the
 * host has several GPUs, which of them is our first (cohmem.gpu=): in patterns, BAR is
 * then ten times that and the BAR's number.
 *
 * With cohmem.user=NAME there, what the memory is used for is up to a Debian user
 * space on the first disk: /lab/NAME, a script, runs in it, and what that prints is
 * part of the report. BAR4 is left alone then.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common.h"
#include "engine.h"
#include "l2_egm.h"

#define NVIDIA		0x10de
#define PATTERN_SIZE	65536

static int port = -1;
static char seed[32] = "none";
static unsigned int first_gpu;

#define report(...) do { lab_say(port, __VA_ARGS__); lab_say(1, __VA_ARGS__); } while (0)

struct bar {
	uint64_t start;
	uint64_t size;
	uint64_t flags;
};

/* A word of the command line, and what is behind its '='; none is fine. */
static bool on_command_line(const char *word, char value[32])
{
	char text[2048], *s;

	lab_read_file("/proc/cmdline", text, sizeof(text));
	s = strstr(text, word);
	if (s && value)
		sscanf(s + strlen(word), "=%31[0-9a-z-]", value);
	return s;
}

static void read_seed(void)
{
	char value[32] = "";

	on_command_line("cohmem.seed", seed);
	if (on_command_line("cohmem.gpu", value))
		first_gpu = strtoul(value, NULL, 10);
}

/* NVIDIA's function with the lowest address in the guest; a folder has no order. */
static int find_gpu(char *dir, size_t size, unsigned int *device)
{
	DIR *d = opendir("/sys/bus/pci/devices");
	char path[400], text[32], first[256] = "";
	struct dirent *e;

	while (d && (e = readdir(d))) {
		if (e->d_name[0] == '.' ||
		    (*first && strcmp(e->d_name, first) > 0))
			continue;
		snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/vendor",
			 e->d_name);
		if (lab_read_file(path, text, sizeof(text)) >= 0 &&
		    strtoul(text, NULL, 16) == NVIDIA)
			snprintf(first, sizeof(first), "%s", e->d_name);
	}
	if (d)
		closedir(d);
	if (!*first)
		return -ENODEV;
	snprintf(dir, size, "/sys/bus/pci/devices/%s", first);
	snprintf(path, sizeof(path), "%s/device", dir);
	lab_read_file(path, text, sizeof(text));
	*device = strtoul(text, NULL, 16);
	return 0;
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

/*
 * The modules of the initrd, in the order in which they need each other, up to the file
 * system of the first disk. Others may touch the GPU's memory, which has to be decoded
 * first: a kernel that does not reach it ends.
 */
static void load_modules(const char *release)
{
	char path[300], name[256];
	FILE *f;
	int fd;

	snprintf(path, sizeof(path), "/usr/lib/modules/%s/in-order", release);
	f = fopen(path, "r");
	while (f && fgets(name, sizeof(name), f)) {
		name[strcspn(name, "\n")] = 0;
		snprintf(path, sizeof(path), "/usr/lib/modules/%s/%.128s", release, name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || (syscall(SYS_finit_module, fd, "", 0) && errno != EEXIST))
			report("error cannot load %s: %s\n", name, strerror(errno));
		if (fd >= 0)
			close(fd);
		if (!strcmp(name, "ext4.ko"))
			break;
	}
	if (f)
		fclose(f);
}

/* Run a script in the user space of the first disk; what it prints is reported. */
static void use(const char *script)
{
	static const char *const binds[] = { "dev", "proc", "sys", "tmp", "run", "lab",
					     "usr/lib/modules" };
	char from[64], to[64], path[64];
	int status = -1, tries;
	unsigned int i;
	pid_t pid;

	mkdir("/user", 0755);
	for (tries = 0; tries < 250; tries++) {
		if (!mount("/dev/vda", "/user", "ext4", MS_RDONLY, NULL))
			break;
		usleep(20000);
	}
	if (tries == 250) {
		report("error cannot mount /dev/vda: %s\n", strerror(errno));
		return;
	}
	for (i = 0; i < sizeof(binds) / sizeof(binds[0]); i++) {
		snprintf(from, sizeof(from), "/%s", binds[i]);
		snprintf(to, sizeof(to), "/user/%s", binds[i]);
		if (mount(from, to, NULL, MS_BIND | MS_REC, NULL))
			report("error cannot bind %s: %s\n", from, strerror(errno));
	}
	pid = fork();
	if (!pid) {
		dup2(port, 1);
		dup2(port, 2);
		setenv("COHMEM_SEED", seed, 1);
		snprintf(path, sizeof(path), "%u", first_gpu);
		setenv("COHMEM_FIRST_GPU", path, 1);
		setenv("PATH", "/tmp/bin:/usr/sbin:/usr/bin", 1);
		if (chroot("/user") || chdir("/"))
			_exit(126);
		snprintf(path, sizeof(path), "/lab/%.32s", script);
		execl("/usr/bin/bash", "bash", path, NULL);
		_exit(127);
	}
	/* What it leaves running is to stay: only the script is waited for. */
	while (pid > 0 && waitpid(pid, &status, 0) != pid && errno == EINTR)
		;
	if (status)
		report("error %s ended with status %#x\n", script, status);
}

/* What to do at the end. */
static bool told_to_reboot(void)
{
	char text[2048];
	ssize_t n;
	int fd;

	if (!on_command_line("cohmem.orders", NULL))
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

/* Write the pattern with 8-byte stores, as to any device; read it back. */
static void pattern(const char *dir, int nr, uint64_t offset)
{
	volatile uint64_t *p = map_bar(dir, nr, offset, PATTERN_SIZE);
	unsigned int i, j, bad = 0, place = 10 * first_gpu + nr;
	char where[16];
	uint64_t line[LAB_LINE / 8];

	if (!p)
		return;
	snprintf(where, sizeof(where), "bar%u", place);
	for (i = 0; i < PATTERN_SIZE / LAB_LINE; i++) {
		lab_pattern((char *)line, seed, where, offset + i * LAB_LINE);
		for (j = 0; j < LAB_LINE / 8; j++)
			p[i * (LAB_LINE / 8) + j] = line[j];
	}
	__sync_synchronize();
	for (i = 0; i < PATTERN_SIZE / LAB_LINE; i++) {
		lab_pattern((char *)line, seed, where, offset + i * LAB_LINE);
		for (j = 0; j < LAB_LINE / 8; j++)
			bad += p[i * (LAB_LINE / 8) + j] != line[j];
	}
	report("pattern %u 0x%llx %d %s\n", place, (unsigned long long)offset,
	       PATTERN_SIZE, bad ? "bad" : "ok");
	munmap((void *)p, PATTERN_SIZE);
}

static void answer(const char *dir, uint64_t reg)
{
	const uint64_t page = sysconf(_SC_PAGESIZE);
	volatile uint32_t *p = map_bar(dir, 0, reg & ~(page - 1), page);

	if (!p)
		return;
	report("answer 0x%llx 0x%x\n", (unsigned long long)reg,
	       p[(reg & (page - 1)) / 4]);
	munmap((void *)p, page);
}

/* Where every model has memory that a BAR shows, and no pattern is. */
#define EGM_VIA		0x8000000ULL

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
	engine = map_bar(dir, 0, COHMEM_ENGINE_BASE, COHMEM_ENGINE_SIZE);
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
	char dir[300], path[400], user[32] = "";
	int nr;

	lab_mount_all();
	port = lab_port_open("org.cohmem.l2", O_WRONLY);
	read_seed();
	uname(&uts);
	load_modules(uts.release);
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
	on_command_line("cohmem.user", user);
	for (nr = *user ? 2 : 4; nr >= 2; nr -= 2)
		if (bar[nr].size) {
			pattern(dir, nr, 0);
			/* Deep inside, but within every model's memory. */
			pattern(dir, nr, bar[nr].size >> 3);
		}
	egm(dir);
	if (*user)
		use(user);
	report("done\n");
out:
	usleep(200000);
	if (told_to_reboot())
		lab_reboot();
	lab_power_off();
}
