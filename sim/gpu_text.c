// SPDX-License-Identifier: GPL-2.0-only
/*
 * What lspci prints: config space as it is by -xxxx, and with -vv the sizes of the
 * BARs. One or many functions; each begins with its address in the first column.
 */
#include <errno.h>
#include <linux/pci_regs.h>
#include <stdlib.h>

#include "cli.h"
#include "gpu.h"
#include "regs.h"

#define LINE_MAX_LEN	512

struct text {
	const char *at, *end;
};

/* The next line, without its end; what is too long is cut. */
static bool next_line(struct text *t, char line[LINE_MAX_LEN])
{
	const char *stop;
	size_t len;

	if (t->at == t->end)
		return false;
	stop = memchr(t->at, '\n', t->end - t->at);
	if (!stop)
		stop = t->end;
	len = stop - t->at;
	if (len >= LINE_MAX_LEN)
		len = LINE_MAX_LEN - 1;
	memcpy(line, t->at, len);
	line[len] = '\0';
	t->at = stop < t->end ? stop + 1 : stop;
	return true;
}

/* "0009:01:00.0 3D controller: ..." begins a function. */
static bool begins(const char *line, struct sim_bdf *bdf)
{
	size_t len = strcspn(line, " ");

	return line[len] && cohmem_sim_bdf_parse(line, len, bdf);
}

/* "10: 00 00 00 42 ...": an offset and up to 16 bytes. */
static bool hex_line(struct sim_gpu *g, const char *line)
{
	char *at, *end;
	unsigned long pos, v;

	if (!strchr("0123456789abcdefABCDEF", *line))
		return false;
	pos = strtoul(line, &at, 16);
	if (at[0] != ':' || at[1] != ' ' || pos % 16 || pos >= SIM_CONFIG_SIZE)
		return false;
	for (at++; pos < SIM_CONFIG_SIZE && *at == ' '; pos++, at = end) {
		v = strtoul(at, &end, 16);
		if (end != at + 3 || v > 0xff)
			break;
		g->byte[pos] = v;
		/* Bytes count from the start: a gap is where they end. */
		if (pos == g->have)
			g->have++;
	}
	return true;
}

/* "	Region 0: Memory at 661002000000 (64-bit, prefetchable) [size=16M]" */
static void region_line(struct sim_gpu *g, const char *line,
			struct sim_notes *n)
{
	const char *size = strstr(line, "[size=");
	char text[24];
	size_t len;
	u64 value;
	u8 bits = 0;

	line += strspn(line, " \t");
	if (strncmp(line, "Region ", 7) || line[7] < '0' || line[7] > '5' ||
	    line[8] != ':' || !size)
		return;
	size += 6;
	len = strcspn(size, "]");
	if (!len || len >= sizeof(text))
		return;
	memcpy(text, size, len);
	text[len] = '\0';
	if (cohmem_sim_parse_size(text, &value))
		return;
	if (strstr(line, "I/O ports"))
		bits = PCI_BASE_ADDRESS_SPACE_IO;
	else if (strstr(line, "(64-bit"))
		bits = COHMEM_BAR_TYPE_64;
	if (strstr(line, " prefetchable)"))
		bits |= COHMEM_BAR_PREFETCH;
	if (g->bar_size[line[7] - '0'])
		cohmem_sim_note(n, "BAR%c: said twice", line[7]);
	g->bar_size[line[7] - '0'] = value;
	g->bar_bits[line[7] - '0'] = bits;
	g->has_bars = true;
}

/**
 * cohmem_sim_gpu_text_here() - does it look like lspci's text?
 * @text: bytes
 * @len: how many
 * Return: true where some line is one of config space.
 */
bool cohmem_sim_gpu_text_here(const char *text, size_t len)
{
	struct text t = { text, text + len };
	char line[LINE_MAX_LEN];
	struct sim_gpu *g = calloc(1, sizeof(*g));
	bool found = false;

	while (g && !found && next_line(&t, line))
		found = hex_line(g, line);
	free(g);
	return found;
}

/* Is it what --like is for: a display controller, as GPUs are? */
static bool is_gpu(const struct sim_gpu *g)
{
	return g->have >= PCI_STD_HEADER_SIZEOF &&
	       g->byte[PCI_CLASS_DEVICE + 1] == 0x03;
}

struct search {
	const struct sim_bdf *want;
	bool any;
	struct sim_gpu *to;
	unsigned int found;
};

/* A function has been read: is it the one? */
static void offer(struct search *s, const struct sim_gpu *g)
{
	if (!g->have)
		return;
	if (s->want ? !g->has_bdf || !cohmem_sim_bdf_same(s->want, &g->bdf) :
		      !s->any && !is_gpu(g))
		return;
	s->found++;
	*s->to = *g;
}

/**
 * cohmem_sim_gpu_text_parse() - a GPU out of lspci's text
 * @text: the text
 * @len: its bytes
 * @want: which function, or NULL for the only GPU
 * @any: whatever the only function is
 * @g: the GPU
 * @n: what is to be said, and why it failed
 * Return: 0, -EINVAL, -ENOMEM.
 */
int cohmem_sim_gpu_text_parse(const char *text, size_t len,
			      const struct sim_bdf *want, bool any,
			      struct sim_gpu *g, struct sim_notes *n)
{
	struct search s = { .want = want, .any = any, .to = g };
	struct text t = { text, text + len };
	struct sim_gpu *now = calloc(1, sizeof(*now));
	char line[LINE_MAX_LEN];
	struct sim_bdf bdf;

	if (!now)
		return -ENOMEM;
	while (next_line(&t, line)) {
		if (begins(line, &bdf)) {
			offer(&s, now);
			memset(now, 0, sizeof(*now));
			now->bdf = bdf;
			now->has_bdf = true;
		} else if (!hex_line(now, line)) {
			region_line(now, line, n);
		}
	}
	offer(&s, now);
	free(now);
	if (!s.found)
		return cohmem_sim_refuse(n, want ?
					 "no such function with its config space" :
					 "no GPU with its config space");
	if (s.found > 1)
		return cohmem_sim_refuse(n, "%u functions: say which, as FILE#BDF",
					 s.found);
	return 0;
}
