// SPDX-License-Identifier: GPL-2.0-only
/*
 * Configuration space over the wire: what a kernel walks and writes, resets,
 * power states, AER, DVSECs, and how long one access takes.
 */
#include <unistd.h>

#include "fixture.h"

#define PMCSR	(pm + 4)
#define DEVCTL	(exp + 8)

static void ids_and_class(void **state)
{
	static const struct { const char *model; uint16_t id; } want[] = {
		{ "gh200", 0x2342 }, { "gb200", 0x2941 }, { "gb300", 0x31c2 },
		{ "next", 0x3041 }, { "nomem", 0x307f },
	};
	const char *args[] = { "--device-id", "0x2348", NULL };
	struct sim_proc *p;
	unsigned int i;

	for (i = 0; i < 4; i++) {
		p = sim_start(want[i].model, NULL);
		wire_open(p);
		assert_int_equal(cfg_read(p->fd, 0, 2), 0x10de);
		assert_int_equal(cfg_read(p->fd, 2, 2), want[i].id);
		assert_int_equal(cfg_read(p->fd, 0xa, 2), 0x0302);
		assert_int_equal(cfg_read(p->fd, 0x2c, 2), 0x10de);
		assert_int_not_equal(cfg_read(p->fd, 0x2e, 2), 0);
		assert_int_equal(cfg_read(p->fd, 0xe, 1), 0);
		sim_stop(p);
	}
	p = sim_start("gh200", args);
	wire_open(p);
	assert_int_equal(cfg_read(p->fd, 2, 2), 0x2348);
	sim_stop(p);
}

static void capability_lists(void **state)
{
	struct sim_proc *p = *state;
	unsigned int pm = find_cap(p->fd, 1), exp = find_cap(p->fd, 0x10);
	unsigned int msix = find_cap(p->fd, 0x11), aer;

	assert_true(pm && exp && msix);
	assert_true(cfg_read(p->fd, 6, 2) & 0x10);	/* has a list */
	assert_int_equal(cfg_read(p->fd, pm + 2, 2) & 7, 3);
	/* An endpoint of version 2 that can do FLR. */
	assert_int_equal(cfg_read(p->fd, exp + 2, 2) & 0xff, 0x02);
	assert_true(cfg_read(p->fd, exp + 4, 4) & 1 << 28);
	/* MSI-X in BAR0, table and PBA apart. */
	assert_int_equal(cfg_read(p->fd, msix + 2, 2) & 0x7ff, 8);
	assert_int_equal(cfg_read(p->fd, msix + 4, 4) & 7, 0);
	assert_int_equal(cfg_read(p->fd, msix + 8, 4) & 7, 0);
	aer = find_ext_cap(p->fd, 1, 0);
	assert_int_equal(cfg_read(p->fd, aer, 4) >> 16 & 0xf, 2);
}

/* The places where H100 and H20 have them, as lspci shows them. */
static void places_of_the_real_chain(void **state)
{
	static const struct { uint16_t id, at; bool ext; } want[] = {
		{ 0x01, 0x40, false }, { 0x05, 0x48, false },
		{ 0x10, 0x60, false }, { 0x09, 0x9c, false },
		{ 0x11, 0xb0, false }, { 0x18, 0x12c, true },
		{ 0x15, 0x134, true }, { 0x01, 0x1b8, true },
		{ 0x0b, 0x2a4, true }, { 0x04, 0x2b8, true },
		{ 0x03, 0x2f0, true },
	};
	struct sim_proc *p = *state;
	unsigned int i;

	for (i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		assert_int_equal(want[i].ext ? find_ext_cap(p->fd, want[i].id, 0) :
				 find_cap(p->fd, want[i].id), want[i].at);
	/* A null head, and no PASID on this one. */
	assert_int_equal(cfg_read(p->fd, 0x100, 4) & 0xfffff, 0);
	assert_int_equal(find_ext_cap(p->fd, 0x1b, 0), 0);
	assert_int_equal(cfg_read(p->fd, 0x84, 4) & 0xe00000, 0);
	/* 16 vectors of MSI, 64-bit, maskable; 128 GiB and nothing else. */
	assert_int_equal(cfg_read(p->fd, 0x4a, 2), 0x188);
	assert_int_equal(cfg_read(p->fd, 0x138, 4), 1 << 21);
	assert_int_equal(cfg_read(p->fd, 0x13c, 4), 0x1122);
}

/* What is at 0x100 is not the same everywhere, and nobody is lost. */
static void other_models_have_more(void **state)
{
	static const char * const models[] = { "gb200", "gb300", "next", "nomem" };
	unsigned int i;

	for (i = 0; i < 4; i++) {
		struct sim_proc *p = sim_start(models[i], NULL);

		wire_open(p);
		assert_true(find_ext_cap(p->fd, 0x0f, 0));
		assert_true(find_ext_cap(p->fd, 0x1b, 0));
		assert_true(find_ext_cap(p->fd, 0x25, 0));
		/* A PASID travels in a prefix: one of these. */
		assert_int_equal(cfg_read(p->fd, find_cap(p->fd, 0x10) + 0x24, 4) &
				 0xe00000, 0x600000);
		assert_int_equal(find_ext_cap(p->fd, 1, 0), 0x1b8);
		if (i < 2)
			assert_int_equal(find_dvsec(p->fd, 0x10de, 3), 0x100);
		if (i == 2)
			assert_int_equal(find_dvsec(p->fd, 0x1e98, 7), 0x100);
		sim_stop(p);
	}
}

static void without_msix(void **state)
{
	const char *args[] = { "--no-msix", NULL };
	struct sim_proc *p = sim_start("gh200", args);

	wire_open(p);
	assert_true(find_cap(p->fd, 1) && find_cap(p->fd, 0x10));
	assert_false(find_cap(p->fd, 0x11) || find_cap(p->fd, 0x05));
	/* A reset does not bring it back. */
	assert_int_equal(wire_call(p->fd, RESET, NULL, 0, NULL, 0, scratch()), 0);
	assert_false(find_cap(p->fd, 0x11) || find_cap(p->fd, 0x05));
	sim_stop(p);
}

static void dvsecs_by_model(void **state)
{
	static const struct { const char *model; bool nvidia, cxl, mem; } want[] = {
		{ "gh200", false, false, false }, { "gb200", true, false, false },
		{ "gb300", true, false, false }, { "next", true, true, true },
		{ "nomem", true, true, false },
	};
	unsigned int i, pos;

	for (i = 0; i < 5; i++) {
		struct sim_proc *p = sim_start(want[i].model, NULL);

		wire_open(p);
		pos = find_dvsec(p->fd, 0x10de, 3);
		assert_int_equal(!!pos, want[i].nvidia);
		if (pos)
			assert_true(cfg_read(p->fd, pos + 0xa, 2) & 1);
		pos = find_dvsec(p->fd, 0x1e98, 0);
		assert_int_equal(!!pos, want[i].cxl);
		if (pos)
			assert_int_equal(!!(cfg_read(p->fd, pos + 0xa, 2) & 4),
					 want[i].mem);
		sim_stop(p);
	}
}

static void every_position_and_count_reads(void **state)
{
	static uint8_t whole[4096], part[4096];
	struct sim_proc *p = *state;
	unsigned int pos, n;

	assert_int_equal(try_read(p->fd, 7, 0, whole, sizeof(whole)), 0);
	for (pos = 0; pos < 0x100; pos++)
		for (n = 1; pos + n <= 0x100; n += pos < 0x44 ? 1 : 17) {
			assert_int_equal(try_read(p->fd, 7, pos, part, n), 0);
			assert_memory_equal(part, whole + pos, n);
		}
	/* Not one byte beyond. */
	assert_int_not_equal(try_read(p->fd, 7, 4095, part, 2), 0);
	assert_int_not_equal(try_read(p->fd, 7, 4096, part, 1), 0);
	assert_int_not_equal(try_read(p->fd, 7, 0, part, 0), 0);
}

static void read_only_stays(void **state)
{
	static uint8_t before[4096], after[4096], ones[4096];
	struct sim_proc *p = *state;
	unsigned int flr = find_cap(p->fd, 0x10) + 9;
	unsigned int pmcsr = find_cap(p->fd, 1) + 4, i;

	memset(ones, 0xff, sizeof(ones));
	assert_int_equal(try_read(p->fd, 7, 0, before, 4096), 0);
	/* Ones everywhere but where they would reset or put to sleep. */
	for (i = 0; i < 4096; i++)
		if (i != flr && i != pmcsr)
			assert_int_equal(try_write(p->fd, 7, i, ones, 1), 0);
	assert_int_equal(try_read(p->fd, 7, 0, after, 4096), 0);
	assert_memory_equal(before, after, 4);		/* ids */
	assert_memory_equal(before + 8, after + 8, 4);	/* class */
	assert_memory_equal(before + 0x2c, after + 0x2c, 4);
	assert_memory_equal(before + 0x34, after + 0x34, 1);
	assert_memory_equal(before + 0x300, after + 0x300, 0xd00);
	assert_int_equal(get16(after, 4) & 0x6, 0x6);
	/* 64 MiB BAR0, 64-bit prefetchable. */
	assert_int_equal(get32(after, 0x10), 0xfc00000c);
	assert_int_equal(get32(after, 0x14), 0xffffffff);
}

static void bar_sizing(void **state)
{
	struct sim_proc *p = *state;

	cfg_write(p->fd, 0x18, 0xffffffffffffffffull, 8);
	assert_true(cfg_read(p->fd, 0x18, 8) == 0xfffffffffc00000cull);
	cfg_write(p->fd, 0x18, 0x123456789abcdef0ull, 8);
	assert_true(cfg_read(p->fd, 0x18, 8) == 0x123456789800000cull);
	cfg_write(p->fd, 0x20, 0xffffffffffffffffull, 8);
	assert_true(cfg_read(p->fd, 0x20, 8) == 0xfffffffffe00000cull);
}

/* The real sizes of a GH200, and as many BARs as somebody wants. */
static void bar_sizing_gh200(void **state)
{
	const char *args[] = { "--real-bar2", "256G", "--real-bar4", "0", NULL };
	struct sim_proc *p = *state;
	unsigned int i;

	for (i = 0x10; i < 0x28; i += 8)
		cfg_write(p->fd, i, 0xffffffffffffffffull, 8);
	assert_true(cfg_read(p->fd, 0x10, 8) == 0xffffffffff00000cull);
	assert_true(cfg_read(p->fd, 0x18, 8) == 0xffffffe00000000cull);
	assert_true(cfg_read(p->fd, 0x20, 8) == 0xfffffffffe00000cull);
	p = sim_start("gh200", args);
	wire_open(p);
	for (i = 0x18; i < 0x28; i += 8)
		cfg_write(p->fd, i, 0xffffffffffffffffull, 8);
	assert_true(cfg_read(p->fd, 0x18, 8) == 0xffffffc00000000cull);
	assert_true(cfg_read(p->fd, 0x20, 8) == 0);
	sim_stop(p);
}

/*
 * What a CXL driver finds, and that a write of it arrives: seen from outside,
 * by "config read", as a test of what a guest's writes reach does it.
 */
static void cxl_is_found_and_written(void **state)
{
	struct sim_proc *p = *state;
	unsigned int dev = find_dvsec(p->fd, 0x1e98, 0);
	unsigned int bus = find_dvsec(p->fd, 0x1e98, 7);
	unsigned int loc = find_dvsec(p->fd, 0x1e98, 8), at;
	char want[32];

	assert_true(dev && bus && loc);
	assert_int_equal(cfg_read(p->fd, dev + 0xa, 2) & 0x7, 7);
	assert_int_equal(cfg_read(p->fd, bus + 0xa, 2) & 0x7, 7);
	assert_int_equal(cfg_read(p->fd, bus + 0xe, 2) & 0x7, 7);
	assert_int_equal(cfg_read(p->fd, bus + 4, 4) >> 20, 0x20);
	assert_int_equal(cfg_read(p->fd, loc + 4, 4) >> 20, 0x14);
	/* BAR0, component registers; these have the array and a decoder. */
	assert_int_equal(cfg_read(p->fd, loc + 0xc, 4) & 0xff07, 0x0100);
	at = (cfg_read(p->fd, loc + 0xc, 4) & 0xffff0000) + 0x1000;
	assert_int_equal(reg_read(p->fd, 0, at, 2), 1);
	assert_int_equal(reg_read(p->fd, 0, at + 4, 2), 5);
	at += reg_read(p->fd, 0, at + 4, 4) >> 20;
	assert_int_equal(reg_read(p->fd, 0, at + 0x14, 4), 0x10);
	assert_int_equal(reg_read(p->fd, 0, at + 0x18, 4), 0x10000000);
	assert_true(reg_read(p->fd, 0, at + 0x20, 4) & 0x400);

	/* Control: cache and memory can be turned off, I/O cannot. */
	assert_int_equal(cfg_read(p->fd, dev + 0xc, 2), 7);
	cfg_write(p->fd, dev + 0xc, 0, 2);
	assert_int_equal(cfg_read(p->fd, dev + 0xc, 2), 2);
	cfg_write(p->fd, dev + 0xc, 0xffff, 2);
	assert_int_equal(cfg_read(p->fd, dev + 0xc, 2), 0x4fff);
	/* Range 1's base is where firmware has put the memory. */
	assert_int_equal(cfg_read(p->fd, dev + 0x20, 4), 0x10);
	assert_int_equal(cfg_read(p->fd, dev + 0x24, 4), 0);
	cfg_write(p->fd, dev + 0x20, 0x12345678, 4);
	cfg_write(p->fd, dev + 0x24, 0xffffffff, 4);
	assert_non_null(strstr(ctl(p, "config read %u 8", dev + 0x20),
			       "\"hex\":\"78563412000000f0\""));
	snprintf(want, sizeof(want), "config read %u 5000", dev);
	assert_non_null(strstr(ctl(p, "%s", want), "\"ok\":false"));
	assert_non_null(strstr(ctl(p, "config read 4090 7"), "\"ok\":false"));
	assert_non_null(strstr(ctl(p, "config read 0 4"), "\"hex\":\"de104130\""));
	ctl_ok(p, "config read 0 4096");
}

static void flr_resets(void **state)
{
	struct sim_proc *p = *state;
	unsigned int exp = find_cap(p->fd, 0x10);
	long long flr = ctl_number(p, "counters", "flr");

	cfg_write(p->fd, 0x10, 0xabc00000, 4);
	cfg_write(p->fd, DEVCTL, 0x8000 | cfg_read(p->fd, DEVCTL, 2), 2);
	assert_int_equal(ctl_number(p, "counters", "flr"), flr + 1);
	assert_int_equal(cfg_read(p->fd, 4, 2), 0);
	assert_int_equal(cfg_read(p->fd, 0x10, 4), 0x0000000c);
	assert_int_equal(cfg_read(p->fd, DEVCTL, 2) & 0x8000, 0);
	assert_false(ctl_true(p, "status", "ready"));
	/* As one byte too, and not by the other byte. */
	cfg_write(p->fd, DEVCTL, 0xff, 1);
	assert_int_equal(ctl_number(p, "counters", "flr"), flr + 1);
	cfg_write(p->fd, DEVCTL + 1, 0x80, 1);
	assert_int_equal(ctl_number(p, "counters", "flr"), flr + 2);
}

/* PCIe 6.0, 6.6.2: what a function level reset leaves alone. */
static void flr_exempts_the_link(void **state)
{
	struct sim_proc *p = *state;
	unsigned int exp = find_cap(p->fd, 0x10);

	cfg_write(p->fd, DEVCTL, 0x2830, 2);
	cfg_write(p->fd, exp + 0x10, 0x00c3, 2);
	cfg_write(p->fd, DEVCTL, 0xa830, 2);
	assert_int_equal(cfg_read(p->fd, DEVCTL, 2) & 0xe0, 0x20);
	assert_int_equal(cfg_read(p->fd, exp + 0x10, 2), 0x00c3);
	/* Another reset does not. */
	wire_call(p->fd, RESET, NULL, 0, NULL, 0, scratch());
	assert_int_equal(cfg_read(p->fd, DEVCTL, 2) & 0xe0, 0);
	assert_int_equal(cfg_read(p->fd, exp + 0x10, 2), 0);
}

/* CXL 3.1: neither is what CXL has to say, and it can be locked. */
static void cxl_survives_flr_and_locks(void **state)
{
	struct sim_proc *p = *state;
	unsigned int exp = find_cap(p->fd, 0x10), cxl = find_dvsec(p->fd, 0x1e98, 0);

	cfg_write(p->fd, cxl + 0x20, 0x77, 4);
	cfg_write(p->fd, DEVCTL + 1, 0x80, 1);
	assert_int_equal(cfg_read(p->fd, cxl + 0x20, 4), 0x77);
	cfg_write(p->fd, cxl + 0x14, 1, 2);
	cfg_write(p->fd, cxl + 0x20, 0x88, 4);
	cfg_write(p->fd, cxl + 0x14, 0, 2);
	assert_int_equal(cfg_read(p->fd, cxl + 0x20, 4), 0x77);
	assert_int_equal(cfg_read(p->fd, cxl + 0x14, 2), 1);
	wire_call(p->fd, RESET, NULL, 0, NULL, 0, scratch());
	assert_int_equal(cfg_read(p->fd, cxl + 0x20, 4), 0x10);
	assert_int_equal(cfg_read(p->fd, cxl + 0x14, 2), 0);
}

/* With No_Soft_Reset a sleep keeps everything, the engine's registers too. */
static void sleep_keeps_the_engine(void **state)
{
	struct sim_proc *p = *state;
	unsigned int pm = find_cap(p->fd, 1);

	reg_write(p->fd, 0, 0x200010, 0x123456789abcull, 8);
	ctl(p, "irq intx");
	cfg_write(p->fd, PMCSR, 3, 2);
	cfg_write(p->fd, PMCSR, 0, 2);
	assert_true(reg_read(p->fd, 0, 0x200010, 8) == 0x123456789abcull);
	assert_int_equal(reg_read(p->fd, 0, 0x200068, 4), 1);
}

static void reset_message(void **state)
{
	struct sim_proc *p = *state;

	assert_int_equal(wire_call(p->fd, RESET, NULL, 0, NULL, 0, scratch()), 0);
	assert_int_equal(ctl_number(p, "counters", "message"), 1);
	assert_int_equal(cfg_read(p->fd, 4, 2), 0);
}

static void d3_with_and_without_soft_reset(void **state)
{
	struct sim_proc *p = *state;
	unsigned int pm = find_cap(p->fd, 1);

	assert_true(cfg_read(p->fd, PMCSR, 2) & 8);	/* No_Soft_Reset */
	cfg_write(p->fd, PMCSR, 3, 2);
	assert_int_equal(cfg_read(p->fd, PMCSR, 2) & 3, 3);
	assert_int_equal(cfg_read(p->fd, 0, 2), 0x10de);
	/* Memory does not answer there. */
	assert_true(reg_read(p->fd, 0, 0x1498, 4) == 0xffffffff);
	assert_int_equal(ctl_number(p, "counters", "to_d3"), 1);
	cfg_write(p->fd, PMCSR, 0, 2);
	assert_int_equal(cfg_read(p->fd, 4, 2), 6);
	assert_int_equal(ctl_number(p, "counters", "d3_to_d0"), 0);

	ctl_ok(p, "set nosoftrst 0");
	assert_false(cfg_read(p->fd, PMCSR, 2) & 8);
	cfg_write(p->fd, PMCSR, 3, 2);
	assert_int_equal(cfg_read(p->fd, 4, 2), 6);
	cfg_write(p->fd, PMCSR, 0, 2);
	assert_int_equal(cfg_read(p->fd, 4, 2), 0);
	assert_int_equal(ctl_number(p, "counters", "d3_to_d0"), 1);
	assert_false(ctl_true(p, "status", "ready"));
	/* It stays so over a reset, and D1 and D2 are not there. */
	assert_false(cfg_read(p->fd, PMCSR, 2) & 8);
	cfg_write(p->fd, PMCSR, 1, 2);
	assert_int_equal(cfg_read(p->fd, PMCSR, 2) & 3, 0);
	cfg_write(p->fd, PMCSR, 2, 2);
	assert_int_equal(cfg_read(p->fd, PMCSR, 2) & 3, 0);
}

static void aer_logs_and_sticks(void **state)
{
	struct sim_proc *p = *state;
	unsigned int aer = find_ext_cap(p->fd, 1, 0), exp = find_cap(p->fd, 0x10);
	uint32_t uncor, sever;

	assert_int_equal(cfg_read(p->fd, aer + 4, 4), 0);
	ctl_ok(p, "aer correctable");
	assert_int_not_equal(cfg_read(p->fd, aer + 0x10, 4), 0);
	assert_int_equal(cfg_read(p->fd, exp + 10, 2) & 7, 1);
	ctl_ok(p, "aer nonfatal");
	uncor = cfg_read(p->fd, aer + 4, 4);
	sever = cfg_read(p->fd, aer + 0xc, 4);
	assert_true(uncor && !(uncor & sever));
	ctl_ok(p, "aer fatal");
	assert_true((cfg_read(p->fd, aer + 4, 4) & ~uncor) & sever);
	assert_int_equal(cfg_read(p->fd, exp + 10, 2) & 7, 7);
	/* Sticky over FLR; cleared by writing ones. */
	cfg_write(p->fd, exp + 9, 0x80, 1);
	assert_int_not_equal(cfg_read(p->fd, aer + 4, 4), 0);
	cfg_write(p->fd, aer + 4, uncor, 4);
	assert_int_equal(cfg_read(p->fd, aer + 4, 4) & uncor, 0);
	assert_int_not_equal(cfg_read(p->fd, aer + 4, 4), 0);
	/* Nobody asked for VFIO's error interrupt. */
	assert_non_null(strstr(ctl(p, "aer fatal notify"), "\"ok\":false"));
}

/* Several errors: the first one's pointer and header stay until it is cleared. */
static void aer_keeps_the_first(void **state)
{
	struct sim_proc *p = *state;
	unsigned int aer = find_ext_cap(p->fd, 1, 0), exp = find_cap(p->fd, 0x10);
	uint32_t log;

	assert_int_equal(cfg_read(p->fd, aer + 0x08, 4), 0x00400000);
	assert_int_equal(cfg_read(p->fd, aer + 0x14, 4), 0x0000e000);
	cfg_write(p->fd, 4, 0x146, 2);
	ctl_ok(p, "aer malformed poisoned timeout");
	assert_int_equal(cfg_read(p->fd, aer + 4, 4), 0x00045000);
	assert_int_equal(cfg_read(p->fd, aer + 0x18, 4) & 0x1f, 18);
	log = cfg_read(p->fd, aer + 0x1c, 4);
	assert_int_not_equal(log, 0);
	assert_int_equal(cfg_read(p->fd, exp + 10, 2) & 0xf, 6);
	assert_true(cfg_read(p->fd, 6, 2) & 0x4000);	/* signalled SERR# */
	/* The first is cleared: the next one is the first, and has no header. */
	cfg_write(p->fd, aer + 4, 0x00040000, 4);
	ctl_ok(p, "aer timeout");
	assert_int_equal(cfg_read(p->fd, aer + 0x18, 4) & 0x1f, 14);
	assert_int_equal(cfg_read(p->fd, aer + 0x1c, 4), 0);
	/* Masked: logged, and nothing else. */
	cfg_write(p->fd, aer + 4, 0xffffffff, 4);
	cfg_write(p->fd, aer + 8, 0x00100000, 4);
	ctl_ok(p, "aer unsupported");
	assert_int_equal(cfg_read(p->fd, aer + 4, 4), 0x00100000);
	assert_int_equal(cfg_read(p->fd, aer + 0x18, 4) & 0x1f, 14);
	assert_int_equal(cfg_read(p->fd, aer + 0x1c, 4), 0);
	/* Whether it is fatal is up to software. */
	cfg_write(p->fd, exp + 10, 0xf, 2);
	cfg_write(p->fd, aer + 0xc, 0x00004000, 4);
	ctl_ok(p, "aer timeout");
	assert_int_equal(cfg_read(p->fd, exp + 10, 2) & 0xf, 4);
	assert_non_null(strstr(ctl(p, "aer timeout nonsense"), "\"ok\":false"));
}

/* Config space as lspci -xxxx prints it. */
static void write_dump(const uint8_t *cfg, const char *path)
{
	FILE *f = fopen(path, "w");
	unsigned int i;

	assert_non_null(f);
	fputs("01:00.0 3D controller: NVIDIA Corporation Device\n", f);
	for (i = 0; i < 4096; i++)
		fprintf(f, i % 16 ? " %02x" : i ? "\n%02x: %02x" : "%02x: %02x",
			i % 16 ? cfg[i] : i, cfg[i]);
	fputs("\n\n", f);
	fclose(f);
}

/* A part that was recorded becomes a model: bytes of its own, masks of ours. */
static void a_dump_becomes_a_model(void **state)
{
	struct sim_proc *p = *state, *q;
	const char *args[] = { "--config", NULL, "--device-id", "0x3041", NULL };
	const char *bad[] = { sim_program(), "run", "--model", "gh200", "--mem",
			      NULL, "--socket", "/tmp/none", "--config", NULL,
			      NULL };
	static uint8_t cfg[4096], got[4096];
	char path[128], out[1024], mem[128];
	unsigned int i;

	assert_int_equal(try_read(p->fd, 7, 0, cfg, sizeof(cfg)), 0);
	/* As found: on, with errors, addresses, and what we do not know. */
	put16(cfg, 4, 6);
	put32(cfg, 0x10, 0xabc0000c);
	put32(cfg, 0x1b8 + 4, 0x40000);
	put32(cfg, 0x2f4, 0x11223344);
	put32(cfg, 0x700, 0xfee1dead);
	snprintf(path, sizeof(path), "%s/dump", p->dir);
	write_dump(cfg, path);
	args[1] = path;
	q = sim_start("next", args);
	wire_open(q);
	wait_ready(q);
	assert_int_equal(try_read(q->fd, 7, 0, got, sizeof(got)), 0);
	put16(cfg, 4, 0);
	put32(cfg, 0x10, 0xc);
	put32(cfg, 0x1b8 + 4, 0);
	for (i = 0; i < 4096; i++)
		if (got[i] != cfg[i] && (i & ~3u) != find_dvsec(q->fd, 0x1e98, 0) + 0x1c)
			fail_msg("byte %#x is %#x, not %#x", i, got[i], cfg[i]);
	/* And they behave. */
	cfg_write(q->fd, 0x1b8 + 0x8, 0xffffffff, 4);
	assert_int_equal(cfg_read(q->fd, 0x1b8 + 8, 4), 0x047ff030);
	cfg_write(q->fd, 0x2f4, 0, 4);
	assert_int_equal(cfg_read(q->fd, 0x2f4, 4), 0x11223344);
	sim_stop(q);

	/* A chain that bites its tail is refused, and what is no dump. */
	put32(cfg, 0x2f0, 0x12c10003);
	put32(cfg, 0x1b8, 0x1b820001);
	write_dump(cfg, path);
	snprintf(mem, sizeof(mem), "%s/mem", p->dir);
	bad[5] = mem;
	bad[9] = path;
	assert_int_equal(run_program(bad, out, sizeof(out)), 1);
	assert_non_null(strstr(out, "config space"));
	fclose(fopen(path, "w"));
	assert_int_equal(run_program(bad, out, sizeof(out)), 1);
	assert_non_null(strstr(out, "--config"));
	unlink(path);
	unlink(mem);
}

static void cxl_range(void **state)
{
	struct sim_proc *p = *state;
	unsigned int pos = find_dvsec(p->fd, 0x1e98, 0);
	uint32_t low;

	wait_ready(p);
	low = cfg_read(p->fd, pos + 0x1c, 4);
	assert_int_equal(low & 3, 3);
	assert_int_equal(low >> 13 & 7, 1);

	ctl_ok(p, "set cxl-active never");
	ctl_ok(p, "set cxl-timeout 3");
	wire_call(p->fd, RESET, NULL, 0, NULL, 0, scratch());
	sleep_ms(120);
	low = cfg_read(p->fd, pos + 0x1c, 4);
	assert_int_equal(low & 3, 1);
	assert_int_equal(low >> 13 & 7, 3);
	assert_false(ctl_true(p, "status", "ready"));

	ctl_ok(p, "set cxl-info-valid never");
	wire_call(p->fd, RESET, NULL, 0, NULL, 0, scratch());
	sleep_ms(60);
	assert_int_equal(cfg_read(p->fd, pos + 0x1c, 4) & 3, 0);
	ctl_ok(p, "set cxl-info-valid ms 5");
	ctl_ok(p, "set cxl-active 10");
	sleep_ms(20);
	assert_int_equal(cfg_read(p->fd, pos + 0x1c, 4) & 3, 3);
	assert_true(ctl_number(p, "counters", "polls") >= 4);
	assert_true(ctl_number(p, "counters", "polls_not_ready") >= 2);
}

/* Range 2 of the DVSEC: size at +0x28 and +0x2c, and bits of its own. */
static void cxl_second_range(void **state)
{
	const char *args[] = { "--hbm", "1G", "--cxl-range2", "256M", NULL };
	struct sim_proc *p = sim_start("next", args);
	unsigned int pos;

	(void)state;
	wire_open(p);
	pos = find_dvsec(p->fd, 0x1e98, 0);
	assert_int_equal(cfg_read(p->fd, pos + 0xa, 2) >> 4 & 3, 2);
	wait_ready(p);
	assert_int_equal(cfg_read(p->fd, pos + 0x1c, 4), 0x30002003);
	assert_int_equal(cfg_read(p->fd, pos + 0x2c, 4), 0x10002003);

	/* Each bit waits for itself, and the memory for all of them. */
	ctl_ok(p, "set cxl2-timeout 2");
	ctl_ok(p, "set cxl2-active never");
	wire_call(p->fd, RESET, NULL, 0, NULL, 0, scratch());
	sleep_ms(120);
	assert_int_equal(cfg_read(p->fd, pos + 0x1c, 4) & 0xe003, 0x2003);
	assert_int_equal(cfg_read(p->fd, pos + 0x2c, 4) & 0xe003, 0x4001);
	assert_false(ctl_true(p, "status", "ready"));
	ctl_ok(p, "set cxl2-info-valid never");
	ctl_ok(p, "set cxl2-active 1");
	assert_int_equal(cfg_read(p->fd, pos + 0x2c, 4), 0x4000);
	assert_int_equal(cfg_read(p->fd, pos + 0x1c, 4) & 3, 3);
	assert_false(ctl_true(p, "status", "ready"));
	ctl_ok(p, "set cxl2-info-valid ms 1");
	assert_true(ctl_true(p, "status", "ready"));

	/* Empty: valid, never active, and nothing to wait for. */
	ctl_ok(p, "set cxl2-size 0");
	ctl_ok(p, "set cxl2-active never");
	assert_int_equal(cfg_read(p->fd, pos + 0x2c, 4) & 0xf0000003, 1);
	assert_int_equal(cfg_read(p->fd, pos + 0x28, 4), 0);
	assert_int_equal(cfg_read(p->fd, pos + 0x1c, 4), 0x40002003);
	assert_true(ctl_true(p, "status", "ready"));
	assert_non_null(strstr(ctl(p, "set cxl2-size 1G"), "\"ok\":false"));
	assert_non_null(strstr(ctl(p, "set cxl2-size 1M"), "\"ok\":false"));
	ctl_ok(p, "defaults");
	assert_int_equal(cfg_read(p->fd, pos + 0x2c, 4), 0x10002003);
	sim_stop(p);
}

/* One range, as all models have it: nothing where the second would be. */
static void cxl_no_second_range(void **state)
{
	struct sim_proc *p = *state;
	unsigned int pos = find_dvsec(p->fd, 0x1e98, 0);

	wait_ready(p);
	assert_int_equal(cfg_read(p->fd, pos + 0xa, 2) >> 4 & 3, 1);
	assert_int_equal(cfg_read(p->fd, pos + 0x28, 4), 0);
	assert_int_equal(cfg_read(p->fd, pos + 0x2c, 4), 0);
	assert_non_null(strstr(ctl(p, "set cxl2-active 5"), "--cxl-range2"));
}

static void removal_reads_all_ones(void **state)
{
	struct sim_proc *p = *state;
	uint8_t buf[64];
	unsigned int i;

	ctl_ok(p, "remove");
	assert_int_equal(try_read(p->fd, 7, 0, buf, 64), 0);
	for (i = 0; i < 64; i++)
		assert_int_equal(buf[i], 0xff);
	assert_true(reg_read(p->fd, 0, 0x1498, 4) == 0xffffffff);
	cfg_write(p->fd, 4, 0, 2);
	wire_call(p->fd, RESET, NULL, 0, NULL, 0, scratch());
	ctl_ok(p, "restore");
	assert_int_equal(cfg_read(p->fd, 0, 2), 0x10de);
	assert_int_equal(cfg_read(p->fd, 4, 2), 0);
	assert_int_equal(ctl_number(p, "counters", "power_on"), 2);
	assert_int_equal(ctl_number(p, "counters", "message"), 0);
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void round_trip(void **state)
{
	enum { N = 4000 };
	static uint64_t took[N];
	struct sim_proc *p = *state;
	unsigned int i;

	for (i = 0; i < N; i++) {
		uint64_t t = now_ns();

		cfg_read(p->fd, 0, 4);
		took[i] = now_ns() - t;
	}
	qsort(took, N, sizeof(took[0]), by_value);
	printf("# config read on the socket: median %.1f us, 99%% %.1f us\n",
	       took[N / 2] / 1e3, took[N * 99 / 100] / 1e3);
	assert_true(took[N / 2] < 200000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_and_class),
		cmocka_unit_test(without_msix),
		cmocka_unit_test(dvsecs_by_model),
		WITH(capability_lists, start_gh200),
		WITH(places_of_the_real_chain, start_gh200),
		cmocka_unit_test(other_models_have_more),
		WITH(flr_exempts_the_link, start_gh200),
		WITH(cxl_survives_flr_and_locks, start_next),
		WITH(sleep_keeps_the_engine, start_gh200),
		WITH(aer_keeps_the_first, start_gh200),
		WITH(a_dump_becomes_a_model, start_next),
		WITH(every_position_and_count_reads, start_next),
		WITH(read_only_stays, start_gb200),
		WITH(bar_sizing, start_gb200),
		WITH(bar_sizing_gh200, start_gh200),
		WITH(cxl_is_found_and_written, start_next),
		WITH(flr_resets, start_gh200),
		WITH(reset_message, start_gh200),
		WITH(d3_with_and_without_soft_reset, start_gh200),
		WITH(aer_logs_and_sticks, start_gh200),
		WITH(cxl_range, start_next),
		WITH(cxl_no_second_range, start_next),
		cmocka_unit_test(cxl_second_range),
		WITH(removal_reads_all_ones, start_gh200),
		WITH(round_trip, start_gh200),
	};

	return cmocka_run_group_tests_name("sim-config", tests, NULL, NULL);
}
