// SPDX-License-Identifier: GPL-2.0-only
/*
 * init of L2 where the start of a virtual machine is measured (bench/vm-start): it does
 * what a guest has to do until its GPUs' memory is of use, and says when. A line each on
 * the port "org.cohmem.l2", with the guest's own clock, in us since its kernel started:
 *
 *	first US		the first line of user space
 *	gpus US COUNT
 *	decoded US COUNT	their memory is decoded; COUNT of them could be enabled
 *	ready US COUNT		a word was read from the memory of COUNT of them
 *	load US			the module is about to be loaded
 *	online US BYTES		the kernel has so much of the GPUs' memory
 *	done US
 *	error US WHY
 *
 * The last but two only with cohmem.online on the kernel's command line; what is behind
 * its '=' are parameters for cohmem_guest, with ',' between them. Then it powers itself
 * off.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "common.h"

#define NVIDIA		0x10de
#define MAX_GPUS	16
#define MODULE		"/lab/cohmem_guest.ko"
#define DEVICES		"/sys/bus/pci/devices"

/* "0000:01:00.0" */
struct gpu {
	char bdf[32];
};

static int port = -1;

static unsigned long long now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return ts.tv_sec * 1000000ULL + ts.tv_nsec / 1000;
}

#define say(word, fmt, ...) lab_say(port, word " %llu" fmt "\n", now_us(), ##__VA_ARGS__)

static unsigned int find_gpus(struct gpu gpu[MAX_GPUS])
{
	char path[100], text[32];
	DIR *d = opendir(DEVICES);
	unsigned int nr = 0;
	struct dirent *e;

	while (d && nr < MAX_GPUS && (e = readdir(d))) {
		snprintf(path, sizeof(path), DEVICES "/%.31s/vendor", e->d_name);
		if (lab_read_file(path, text, sizeof(text)) > 0 &&
		    strtoul(text, NULL, 16) == NVIDIA)
			snprintf(gpu[nr++].bdf, sizeof(gpu[0].bdf), "%.31s", e->d_name);
	}
	if (d)
		closedir(d);
	return nr;
}

static bool enable(const struct gpu *gpu)
{
	char path[100];
	int ret;

	snprintf(path, sizeof(path), DEVICES "/%.31s/enable", gpu->bdf);
	ret = lab_write_file(path, "1");
	if (ret)
		say("error", " cannot enable %s: %s", gpu->bdf, strerror(-ret));
	return !ret;
}

/* One word; whoever stands behind it may let us wait until there is one. */
static bool read_word(const struct gpu *gpu)
{
	volatile uint64_t *p = MAP_FAILED;
	char path[100];
	int fd;

	snprintf(path, sizeof(path), DEVICES "/%.31s/resource4", gpu->bdf);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd >= 0) {
		p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
		close(fd);
	}
	if (p == MAP_FAILED) {
		say("error", " cannot map %s: %s", path, strerror(errno));
		return false;
	}
	(void)p[0];
	munmap((void *)p, 4096);
	return true;
}

/* What the kernel has of the GPUs' memory. */
static unsigned long long online(void)
{
	unsigned long long sum = 0, start, end;
	char line[200];
	FILE *f = fopen("/proc/iomem", "r");

	while (f && fgets(line, sizeof(line), f))
		if (strstr(line, "System RAM (cohmem)") &&
		    sscanf(line, " %llx-%llx", &start, &end) == 2)
			sum += end - start + 1;
	if (f)
		fclose(f);
	return sum;
}

/* cohmem.online=A=1,B=2 of the command line, as parameters of a module: "A=1 B=2". */
static bool wanted(char *params, size_t size)
{
	static const char word[] = "cohmem.online";
	char text[4096], *s;
	size_t i;

	lab_read_file("/proc/cmdline", text, sizeof(text));
	s = strstr(text, word);
	if (!s)
		return false;
	s += strlen(word);
	s += *s == '=';
	for (i = 0; i < size - 1 && *s && *s != ' '; i++, s++)
		params[i] = *s == ',' ? ' ' : *s;
	params[i] = 0;
	return true;
}

static void put_online(const char *params)
{
	int fd = open(MODULE, O_RDONLY | O_CLOEXEC);

	say("load", "");
	if (fd < 0 || syscall(SYS_finit_module, fd, params, 0))
		say("error", " cannot load %s: %s", MODULE, strerror(errno));
	say("online", " %llu", online());
}

int main(void)
{
	struct gpu gpu[MAX_GPUS];
	char params[256];
	unsigned int nr, i, n;

	lab_mount_all();
	port = lab_port_open("org.cohmem.l2", O_WRONLY);
	say("first", "");
	nr = find_gpus(gpu);
	say("gpus", " %u", nr);
	for (i = n = 0; i < nr; i++)
		n += enable(&gpu[i]);
	say("decoded", " %u", n);
	for (i = n = 0; i < nr; i++)
		n += read_word(&gpu[i]);
	say("ready", " %u", n);
	if (nr && wanted(params, sizeof(params)))
		put_online(params);
	say("done", "");
	usleep(200000);
	lab_power_off();
}
