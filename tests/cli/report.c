// SPDX-License-Identifier: GPL-2.0-only
/*
 * What "cohmem test" says, of a GPU that is ill in every way, as no emulated one
 * is: the results are made up, the program that prints them is the real one.
 *
 *   cli-report text|json|report
 */
#include "print_test.h"

const struct command *const commands[] = { NULL };

static void wrong(struct cohmem_memtest *m, u64 address, u64 flip,
		  unsigned int pass)
{
	struct cohmem_mismatch *x = &m->first[m->nr_first++];

	x->address = address;
	x->pass = pass;
	x->expected = cohmem_pattern_word(&cohmem_passes[pass].expect, address);
	x->found = x->expected ^ flip;
	m->nr_mismatches++;
}

int main(int argc, char **argv)
{
	static u64 skip[] = { 0x400000001000ULL, 0x400000002000ULL };
	static struct cohmem_func f = {
		.bdf = "0009:01:00.0", .vendor = 0x10de, .device = 0x2342,
		.name = "GH200 120GB", .driver = COHMEM_DRIVER, .numa_node = 0,
	};
	static const struct cohmem_region usemem = {
		COHMEM_USEMEM, 4, 0x400000000000ULL, 0x1780000000ULL,
		0x2000000000ULL,
	};
	static struct cli cli = { .print = &print_text, .width = 80 };
	static struct test_run run = { .cli = &cli, .destructive = true };
	struct cohmem_memtest *m = &run.pattern[0].m;
	unsigned int i;

	if (argc != 2)
		return 2;
	out_init(&cli, false);
	cli.width = 80;
	run.t.f = &f;
	run.t.iommu = "type1";
	snprintf(run.t.via, sizeof(run.t.via), "/dev/vfio/26");
	run.t.vfio.region[4] = (struct cohmem_vfio_region){
		.size = usemem.region_size, .flags = 15, .nr_areas = 1,
		.area = { { 0, usemem.size } },
	};
	cohmem_tested(&run.t, "entry", COHMEM_TEST_PASSED,
		      "entered by /dev/vfio/26");
	cohmem_tested(&run.t, "padding-resmem", COHMEM_TEST_SKIPPED,
		      "BAR2 has none, and this sentence is so long that it does not fit into a line");
	cohmem_tested(&run.t, "pattern-usemem", COHMEM_TEST_FAILED,
		      "some words are wrong");
	run.nr = 1;
	run.pattern[0].region = &usemem;
	run.pattern[0].ms = 12345;
	m->base = usemem.base;
	m->size = usemem.size;
	m->page = 4096;
	m->nr_cpus = 72;
	m->skip = skip;
	m->nr_skip = 2;
	m->pass = 3;
	m->done = 4096;
	wrong(m, usemem.base + 0x3000, 1, 1);
	wrong(m, usemem.base + 0x3008, 0x40, 1);
	wrong(m, usemem.base + 0x3010, ~0ULL, 3);
	wrong(m, usemem.base + 0x3018, 0x1234567812345678ULL, 5);
	for (i = 0; i < COHMEM_MEMTEST_PAGES; i++)
		m->wrong.page[m->wrong.nr++] = usemem.base + 0x3000 + i * 4096;
	m->wrong.more = true;
	m->fault.page[m->fault.nr++] = usemem.base + 0x800000;
	if (!strcmp(argv[1], "text"))
		test_text(&run);
	else if (!strcmp(argv[1], "json"))
		test_json(&run);
	else
		return test_report(&run, stdout) ? 1 : 0;
	return 0;
}
