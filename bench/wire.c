// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long does the emulated superchip take to answer? A vfio-user client that
 * asks for single words, one after the other, and reports the round trip.
 *
 *	bench NAME MEDIAN P99 WORST us
 */
#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* The protocol, as docs/interop/vfio-user.rst of QEMU describes it. */
enum { CMD_VERSION = 1, CMD_REGION_READ = 9, CMD_REGION_WRITE = 10 };
enum { REGION_BAR0 = 0, REGION_CONFIG = 7 };

struct header {
	uint16_t id, command;
	uint32_t size, flags, error;
};

struct region_io {
	struct header h;
	uint64_t offset;
	uint32_t region, count;
	uint32_t data;
};

#define IO_SIZE		offsetof(struct region_io, data)

static int sock;
static uint16_t next_id;

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "cohmem-bench-wire: %s: %s\n", what, strerror(errno));
	exit(1);
}

static double now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1e6 + ts.tv_nsec / 1e3;
}

static void get(void *buf, size_t len)
{
	ssize_t n;

	for (; len; len -= n, buf = (char *)buf + n) {
		n = read(sock, buf, len);
		if (n <= 0)
			die("the emulated superchip hung up");
	}
}

/* Send a request, read the whole answer; @reply takes its first @room bytes. */
static void ask(struct header *h, size_t len, void *reply, size_t room)
{
	struct header *got = reply;
	char rest[4096];

	h->id = next_id++;
	h->size = len;
	if (write(sock, h, len) != (ssize_t)len)
		die("write");
	get(got, sizeof(*got));
	if (got->id != h->id || got->error || got->size < sizeof(*got) ||
	    got->size - sizeof(*got) > sizeof(rest)) {
		errno = got->error;
		die("refused");
	}
	get(rest, got->size - sizeof(*got));
	if (room > sizeof(*got))
		memcpy(got + 1, rest, room < got->size ? room - sizeof(*got) :
		       got->size - sizeof(*got));
}

static void greet(void)
{
	struct {
		struct header h;
		uint16_t major, minor;
		char json[64];
	} v = { .h.command = CMD_VERSION };
	char reply[sizeof(struct header)];
	const char *json = "{\"capabilities\":{}}";

	strcpy(v.json, json);
	ask(&v.h, offsetof(typeof(v), json) + strlen(json) + 1, reply,
	    sizeof(reply));
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void measure(const char *name, uint16_t command, uint32_t region,
		    uint64_t offset, unsigned int count)
{
	double *us = calloc(count, sizeof(*us));
	unsigned int i;

	if (!us)
		die("memory");
	for (i = 0; i < count; i++) {
		struct region_io io = {
			.h.command = command, .offset = offset,
			.region = region, .count = 4,
		}, reply;
		double start = now_us();

		ask(&io.h, command == CMD_REGION_READ ? IO_SIZE : IO_SIZE + 4,
		    &reply, sizeof(reply));
		us[i] = now_us() - start;
	}
	qsort(us, count, sizeof(*us), compare);
	printf("bench %s %.1f %.1f %.1f us\n", name, us[count / 2],
	       us[count - 1 - count / 100], us[count - 1]);
	free(us);
}

int main(int argc, char **argv)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	unsigned int count = 20000;
	int c;

	while ((c = getopt(argc, argv, "n:")) >= 0) {
		if (c == 'n')
			count = strtoul(optarg, NULL, 0);
	}
	if (optind + 1 != argc || !count ||
	    strlen(argv[optind]) >= sizeof(addr.sun_path)) {
		fprintf(stderr, "usage: cohmem-bench-wire [-n COUNT] SOCKET\n");
		return 2;
	}
	strcpy(addr.sun_path, argv[optind]);
	sock = socket(AF_UNIX, SOCK_STREAM, 0);
	if (sock < 0 || connect(sock, (struct sockaddr *)&addr, sizeof(addr)))
		die(argv[optind]);
	greet();
	measure("config_read", CMD_REGION_READ, REGION_CONFIG, 0, count);
	measure("config_write", CMD_REGION_WRITE, REGION_CONFIG, 0x3c, count);
	measure("bar0_trapped_read", CMD_REGION_READ, REGION_BAR0, 0x1498, count);
	return 0;
}
