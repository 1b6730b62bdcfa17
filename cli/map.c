// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory map: on the left the memory as the host addresses it, on the
 * right the BAR behind which a guest finds it, padding included.
 *
 *   0x400000000000 +------------+ ..... BAR4 +------------+ 0x0
 *                  | usemem     |            | memory     |
 *                  |            |            +------------+ 0x17a0000000
 *                  |            |            | padding    |
 *   0x4017a0000000 +------------+ .......... +------------+ 0x2000000000
 */
#include "cohmem.h"

#define ROWS		6	/* inside a box, all in all */
#define MIN_MEMORY_ROWS	3
#define MAX_BOX		22	/* columns inside a box */
#define MIN_BOX		15
#define GAP		11	/* between the boxes */

/* Columns that a map takes besides what is inside its two boxes. */
#define AROUND(addr)	((addr) + 2 + 4 + GAP + 1 + (addr))

static int box;		/* columns inside a box */
static int addr;	/* columns of an address */

struct glyphs {
	const char *h, *v, *tl, *tr, *bl, *br, *l, *r, *dots;
};

static const struct glyphs ascii = {
	"-", "|", "+", "+", "+", "+", "+", "+", ".",
};

static const struct glyphs lines = {
	"─", "│", "┌", "┐", "└", "┘", "├", "┤", "╌",
};

static void rule(const char *left, const char *h, const char *right)
{
	int i;

	say("%s", left);
	for (i = 0; i < box; i++)
		say("%s", h);
	say("%s", right);
}

static void cell(const struct glyphs *g, const char *text)
{
	say("%s %-*.*s%s", g->v, box - 1, box - 1, text, g->v);
}

static void dots(const struct glyphs *g, const char *word)
{
	int nr = GAP - 2 - (*word ? strlen(word) + 1 : 0);

	say(" ");
	for (; nr > 0; nr--)
		say("%s", g->dots);
	say("%s%s ", *word ? " " : "", word);
}

static void address(bool known, u64 at)
{
	char text[32] = "";

	if (known)
		snprintf(text, sizeof(text), "0x%llx", (unsigned long long)at);
	say(" %*s ", addr, text);
}

static void draw_region(const struct glyphs *g, bool has_base,
			const struct cohmem_region *r)
{
	u64 padding = r->region_size - r->size;
	char size[32], text[64], bar[16];
	unsigned int mem_rows = ROWS, row;

	if (padding) {
		/* To scale, as far as the words need no more room. */
		mem_rows = (ROWS - 1) * (r->size >> 10) /
			   (r->region_size >> 10 ? r->region_size >> 10 : 1);
		if (mem_rows < MIN_MEMORY_ROWS)
			mem_rows = MIN_MEMORY_ROWS;
		if (mem_rows > ROWS - 2)
			mem_rows = ROWS - 2;
	}
	snprintf(bar, sizeof(bar), "BAR%u", r->bar);
	address(has_base, r->base);
	rule(g->tl, g->h, g->tr);
	dots(g, bar);
	rule(g->tl, g->h, g->tr);
	say(" 0x0\n");
	for (row = 0; row < ROWS; row++) {
		human_size(r->size, size);
		address(false, 0);
		cell(g, row == 0 ? cohmem_kind_name(r->kind) :
			row == 1 ? size :
			row == 2 ? (r->kind == COHMEM_USEMEM ?
				    "cacheable" : "write-combining") : "");
		say("%*s", GAP, "");
		if (row < mem_rows) {
			cell(g, row == 0 ? "memory" : row == 1 ? size :
				row == 2 ? "mappable" : "");
		} else if (row == mem_rows) {
			rule(g->l, g->h, g->r);
			say(" 0x%llx", (unsigned long long)r->size);
		} else {
			snprintf(text, sizeof(text), "padding %s",
				 human_size(padding, size));
			cell(g, row == mem_rows + 1 ? text : "");
		}
		say("\n");
	}
	address(has_base, r->base + r->size);
	rule(g->bl, g->h, g->br);
	dots(g, human_size(r->region_size, size));
	rule(g->bl, g->h, g->br);
	say(" 0x%llx\n", (unsigned long long)r->region_size);
}

/* Where there is no room for boxes. */
static void plain(const struct cli *cli, const struct cohmem_memory *m)
{
	char text[192], size[32], region[32], padding[32];
	unsigned int i;

	for (i = 0; i < m->layout.nr; i++) {
		const struct cohmem_region *r = &m->layout.region[i];

		snprintf(text, sizeof(text), "%s %s at 0x%llx; the guest's BAR%u has %s, %s of it padding",
			 cohmem_kind_name(r->kind), human_size(r->size, size),
			 (unsigned long long)r->base, r->bar,
			 human_size(r->region_size, region),
			 human_size(r->region_size - r->size, padding));
		say_wrapped(cli->width, "  ", 4, text);
	}
}

static int hex_width(u64 n)
{
	return snprintf(NULL, 0, "0x%llx", (unsigned long long)n);
}

/**
 * draw_map() - draw where the memory is and how a guest sees it
 * @cli: the run; says how wide the terminal is and whether it can draw lines
 * @m: the memory, with its layout known
 */
void draw_map(const struct cli *cli, const struct cohmem_memory *m)
{
	const struct glyphs *g = cli->utf8 ? &lines : &ascii;
	unsigned int i;

	addr = sizeof("physical") - 1;
	for (i = 0; i < m->layout.nr; i++) {
		const struct cohmem_region *r = &m->layout.region[i];
		int a = hex_width(r->base + r->size);
		int b = hex_width(r->region_size);

		a = m->has_base && a > b ? a : b;
		addr = a > addr ? a : addr;
	}
	box = ((int)cli->width - AROUND(addr)) / 2;
	if (box > MAX_BOX)
		box = MAX_BOX;
	if (box < MIN_BOX) {
		plain(cli, m);
		return;
	}
	say(" %*s %-*s%*s%s\n", addr, m->has_base ? "physical" : "", box + 2,
	    "device memory", GAP, "", "guest's BAR");
	for (i = 0; i < m->layout.nr; i++)
		draw_region(g, m->has_base, &m->layout.region[i]);
}
