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

#define WIDTH		22	/* inside a box */
#define ROWS		6	/* inside a box, all in all */
#define MIN_MEMORY_ROWS	3

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

	fputs(left, stdout);
	for (i = 0; i < WIDTH; i++)
		fputs(h, stdout);
	fputs(right, stdout);
}

static void cell(const struct glyphs *g, const char *text)
{
	printf("%s %-*.*s%s", g->v, WIDTH - 1, WIDTH - 1, text, g->v);
}

static void dots(const struct glyphs *g, int nr, const char *word)
{
	putchar(' ');
	for (nr -= strlen(word) ? strlen(word) + 1 : 0; nr > 0; nr--)
		fputs(g->dots, stdout);
	printf("%s%s ", *word ? " " : "", word);
}

static void address(bool known, u64 at)
{
	char text[32] = "";

	if (known)
		snprintf(text, sizeof(text), "0x%llx", (unsigned long long)at);
	printf("  %18s ", text);
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
	dots(g, 8, bar);
	rule(g->tl, g->h, g->tr);
	printf(" 0x0\n");
	for (row = 0; row < ROWS; row++) {
		human_size(r->size, size);
		address(false, 0);
		cell(g, row == 0 ? cohmem_kind_name(r->kind) :
			row == 1 ? size :
			row == 2 ? (r->kind == COHMEM_USEMEM ?
				    "cacheable" : "write-combining") : "");
		printf("%10s", "");
		if (row < mem_rows) {
			cell(g, row == 0 ? "memory" : row == 1 ? size :
				row == 2 ? "mappable" : "");
		} else if (row == mem_rows) {
			rule(g->l, g->h, g->r);
			printf(" 0x%llx", (unsigned long long)r->size);
		} else {
			snprintf(text, sizeof(text), "padding %s",
				 human_size(padding, size));
			cell(g, row == mem_rows + 1 ? text : "");
		}
		putchar('\n');
	}
	address(has_base, r->base + r->size);
	rule(g->bl, g->h, g->br);
	dots(g, 8, "");
	rule(g->bl, g->h, g->br);
	printf(" 0x%llx (%s)\n", (unsigned long long)r->region_size,
	       human_size(r->region_size, size));
}

/**
 * draw_map() - draw where the memory is and how a guest sees it
 * @cli: the run; says whether the terminal can draw lines
 * @m: the memory, with its layout known
 */
void draw_map(const struct cli *cli, const struct cohmem_memory *m)
{
	const struct glyphs *g = cli->utf8 ? &lines : &ascii;
	unsigned int i;

	printf("  %18s %-*s%10s%s\n", m->has_base ? "physical address" : "",
	       WIDTH + 2, "device memory", "", "guest's BAR");
	for (i = 0; i < m->layout.nr; i++)
		draw_region(g, m->has_base, &m->layout.region[i]);
}
