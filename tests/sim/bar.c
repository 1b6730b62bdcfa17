// SPDX-License-Identifier: GPL-2.0-only
/*
 * Regions: what is announced, what can be mapped, that mapped and messaged
 * accesses see the same bytes, and readiness as time passes.
 */
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.h"

static uint32_t region_info(int fd, uint32_t index, uint32_t argsz,
			    struct message *m)
{
	uint8_t q[32] = { 0 };

	put32(q, 0, argsz);
	put32(q, 8, index);
	return wire_call(fd, REGION_INFO, q, sizeof(q), NULL, 0, m);
}

static void device_info(void **state)
{
	struct message *m = scratch();
	struct sim_proc *p = *state;
	uint8_t q[16] = { 16 };

	assert_int_equal(wire_call(p->fd, GET_INFO, q, 16, NULL, 0, m), 0);
	assert_int_equal(m->len, 16);
	assert_int_equal(get32(m->data, 4), 3);		/* reset, PCI */
	assert_int_equal(get32(m->data, 8), 9);
	assert_int_equal(get32(m->data, 12), 5);
}

static void region_sizes(void **state)
{
	/* GH200: what lspci shows on one. */
	static const uint64_t want[9] = { 16u << 20, 0, 128ull << 30, 0,
					  32u << 20, 0, 0, 4096, 0 };
	struct message *m = scratch();
	struct sim_proc *p = *state;
	unsigned int i;

	for (i = 0; i < 9; i++) {
		assert_int_equal(region_info(p->fd, i, 4096, m), 0);
		assert_true(get64(m->data, 16) == want[i]);
		assert_int_equal(get32(m->data, 8), i);
		assert_int_equal(get32(m->data, 4) & 3, want[i] ? 3 : 0);
		assert_int_equal(m->nr_fds, i == 0 || i == 2 || i == 4);
		if (m->nr_fds)
			close(m->fds[0]);
	}
	assert_int_not_equal(region_info(p->fd, 9, 4096, m), 0);
	assert_int_not_equal(region_info(p->fd, 0, 31, m), 0);
	assert_int_not_equal(region_info(p->fd, 0xffffffff, 4096, m), 0);
}

static void sparse_areas_leave_out_what_acts(void **state)
{
	static const uint64_t trapped[] = { 0x1498, 0x200bc, 0x100b20, 0x200000,
					    0x300000, 0x310000 };
	struct message *m = scratch();
	struct sim_proc *p = *state;
	uint32_t need, cap, nr, i, j;
	uint64_t last = 0;

	/* No room for the areas: told how much, and no descriptor. */
	assert_int_equal(region_info(p->fd, 0, 32, m), 0);
	need = get32(m->data, 0);
	assert_true(need > 32 && m->len == 32 && !m->nr_fds);
	assert_true(get32(m->data, 12) >= 32 && get32(m->data, 12) <= need);
	assert_int_equal(region_info(p->fd, 0, need, m), 0);
	assert_int_equal(m->len, need);
	assert_int_equal(m->nr_fds, 1);
	close(m->fds[0]);
	assert_int_equal(get32(m->data, 4) & 0xc, 0xc);
	cap = get32(m->data, 12);
	assert_int_equal(get16(m->data, cap), 1);
	nr = get32(m->data, cap + 8);
	assert_true(nr && cap + 16 + 16 * nr == need);
	for (i = 0; i < nr; i++) {
		uint64_t start = get64(m->data, cap + 16 + 16 * i);
		uint64_t size = get64(m->data, cap + 24 + 16 * i);

		assert_true(start % 0x10000 == 0 && size % 0x10000 == 0);
		assert_true(start >= last && size);
		last = start + size;
		for (j = 0; j < 6; j++)
			assert_false(trapped[j] >= start && trapped[j] < last);
	}
	assert_true(last == 16u << 20);
}

static void mapped_and_messaged_agree(void **state)
{
	static const struct { uint32_t region; uint64_t off; } at[] = {
		{ 0, 0x500000 }, { 0, 0xffff00 }, { 2, 0 }, { 2, 0xfffff0 },
	};
	struct message *m = scratch();
	struct sim_proc *p = *state;
	unsigned int i;

	for (i = 0; i < 4; i++) {
		size_t size;
		uint8_t *map;

		assert_int_equal(region_info(p->fd, at[i].region, 4096, m), 0);
		assert_int_equal(m->nr_fds, 1);
		size = get64(m->data, 16);
		map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED,
			   m->fds[0], get64(m->data, 24));
		assert_ptr_not_equal(map, MAP_FAILED);
		put64(map, at[i].off, 0x1122334455667788ull + i);
		assert_true(reg_read(p->fd, at[i].region, at[i].off, 8) ==
			    0x1122334455667788ull + i);
		reg_write(p->fd, at[i].region, at[i].off, 0xa5a5, 2);
		assert_int_equal(get16(map, at[i].off), 0xa5a5);
		/* A reset clears it, also for whoever has it mapped. */
		wire_call(p->fd, RESET, NULL, 0, NULL, 0, m);
		assert_true(get64(map, at[i].off) == 0);
		put64(map, at[i].off, 1);
		ctl_ok(p, "remove");
		assert_true(get64(map, at[i].off) == ~0ull);
		ctl_ok(p, "restore");
		assert_true(get64(map, at[i].off) == 0);
		enable(p->fd);
		munmap(map, size);
		close(m->fds[0]);
	}
}

/* What a mapping does not reach: plain memory all the same, and no cost. */
static void large_bars_are_cheap(void **state)
{
	static const uint64_t at[] = { 0x1000000, 0x1ffffffff8ull, 128ull << 30 };
	struct message *m = scratch();
	struct sim_proc *p = *state;
	struct stat st;
	uint32_t cap;
	uint64_t t;
	int fd, i;

	assert_int_equal(region_info(p->fd, 2, 4096, m), 0);
	assert_int_equal(m->nr_fds, 1);
	fd = m->fds[0];
	/* One area at its start. */
	cap = get32(m->data, 12);
	assert_int_equal(get32(m->data, cap + 8), 1);
	assert_true(get64(m->data, cap + 16) == 0);
	assert_true(get64(m->data, cap + 24) == 16u << 20);
	for (i = 0; i < 2; i++) {
		reg_write(p->fd, 2, at[i], 0x1122334455667788ull, 8);
		assert_true(reg_read(p->fd, 2, at[i], 8) ==
			    0x1122334455667788ull);
	}
	assert_int_not_equal(try_read(p->fd, 2, at[2], &t, 8), 0);
	t = now_ns();
	ctl_ok(p, "remove");
	assert_true(now_ns() - t < 2000000000);
	for (i = 0; i < 2; i++)
		assert_true(reg_read(p->fd, 2, at[i], 8) == ~0ull);
	assert_int_equal(fstat(fd, &st), 0);
	assert_true(st.st_size == 128ll << 30);
	assert_true(st.st_blocks <= (17u << 20) / 512);
	ctl_ok(p, "restore");
	enable(p->fd);
	assert_true(reg_read(p->fd, 2, at[0], 8) == 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_blocks, 0);
	close(fd);
}

static void accesses_cross_windows(void **state)
{
	static uint8_t buf[0x30000], back[0x30000];
	struct sim_proc *p = *state;
	unsigned int i;

	wait_ready(p);
	for (i = 0; i < sizeof(buf); i++)
		buf[i] = i * 13 + (i >> 8);
	/* Over the borders of the training window, register included. */
	assert_int_equal(try_write(p->fd, 0, 0x18000, buf, sizeof(buf)), 0);
	assert_int_equal(try_read(p->fd, 0, 0x18000, back, sizeof(back)), 0);
	put32(buf, 0x200bc - 0x18000, 0xff);
	assert_memory_equal(buf, back, sizeof(buf));
	/* In odd pieces around the register. */
	assert_int_equal(reg_read(p->fd, 0, 0x200bb, 3), 0xff0000 >> 8 |
			 buf[0x200bb - 0x18000]);
	assert_int_equal(reg_read(p->fd, 0, 0x200bd, 1), 0);
	assert_int_not_equal(try_read(p->fd, 0, (16u << 20) - 4, back, 8), 0);
	assert_int_not_equal(try_read(p->fd, 0, ~0ull, back, 8), 0);
	assert_int_not_equal(try_read(p->fd, 1, 0, back, 4), 0);
	assert_int_not_equal(try_write(p->fd, 8, 0, back, 4), 0);
	assert_int_not_equal(try_write(p->fd, 1000, 0, back, 4), 0);
}

static void not_decoded_without_memory_enable(void **state)
{
	struct sim_proc *p = *state;

	reg_write(p->fd, 0, 0x500000, 0x1234, 4);
	cfg_write(p->fd, 4, 0, 2);
	assert_int_equal(reg_read(p->fd, 0, 0x500000, 4), 0xffffffff);
	reg_write(p->fd, 0, 0x500000, 0x5678, 4);
	assert_int_equal(ctl_number(p, "counters", "bar_refused"), 2);
	enable(p->fd);
	assert_int_equal(reg_read(p->fd, 0, 0x500000, 4), 0x1234);
}

static void readiness_takes_its_time(void **state)
{
	static const struct { unsigned int ms, link, train, clear; } want[] = {
		{ 0, 0, 0, 0 }, { 59, 0, 0, 0 }, { 60, 0xff, 0, 0 },
		{ 149, 0xff, 0, 0 }, { 150, 0xff, 0xff, 0 },
		{ 219, 0xff, 0xff, 0 }, { 220, 0xff, 0xff, 1 },
	};
	const char *args[] = { "--link-ms", "60", "--train-ms", "150", NULL };
	struct sim_proc *p = sim_start("gh200", args);
	unsigned int i, at = 0;

	wire_open(p);
	ctl_ok(p, "set clear-ms 220");
	ctl_ok(p, "clock freeze");
	wire_call(p->fd, RESET, NULL, 0, NULL, 0, scratch());
	enable(p->fd);
	for (i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		ctl_ok(p, "clock advance %u", want[i].ms - at);
		at = want[i].ms;
		assert_int_equal(reg_read(p->fd, 0, 0x1498, 4), want[i].link);
		assert_int_equal(reg_read(p->fd, 0, 0x200bc, 4), want[i].train);
		assert_int_equal(reg_read(p->fd, 0, 0x100b20, 4), want[i].clear);
		assert_int_equal(ctl_true(p, "status", "ready"),
				 want[i].link && want[i].train);
	}
	assert_int_equal(ctl_number(p, "counters", "polls"), 14);
	assert_int_equal(ctl_number(p, "counters", "polls_not_ready"), 6);
	sim_stop(p);
}

static void readiness_on_command(void **state)
{
	struct sim_proc *p = *state;

	wait_ready(p);
	ctl_ok(p, "set link down");
	assert_int_equal(reg_read(p->fd, 0, 0x1498, 4), 0);
	ctl_ok(p, "set link up");
	assert_int_equal(reg_read(p->fd, 0, 0x1498, 4), 0xff);
	ctl_ok(p, "set train stuck");
	assert_int_equal(reg_read(p->fd, 0, 0x200bc, 4), 0);
	ctl_ok(p, "set train ok");
	ctl_ok(p, "set memory-ready no");
	assert_int_equal(reg_read(p->fd, 0, 0x1498, 4), 0);
	assert_int_equal(reg_read(p->fd, 0, 0x200bc, 4), 0);
	ctl_ok(p, "set memory-ready yes");
	assert_true(ctl_true(p, "status", "ready"));
	ctl_ok(p, "set train-ms never");
	assert_false(ctl_true(p, "status", "ready"));
	ctl_ok(p, "defaults");
	assert_true(ctl_true(p, "status", "ready"));
}

static int open_hbm(struct sim_proc *p)
{
	FILE *f = fopen(p->hbm, "r+");
	int fd;

	assert_non_null(f);
	fd = dup(fileno(f));
	fclose(f);
	return fd;
}

static void memory_file_is_sparse(void **state)
{
	struct sim_proc *p = *state;
	struct stat st;

	assert_int_equal(stat(p->hbm, &st), 0);
	assert_int_equal(st.st_size, HBM_SIZE);
	assert_true(st.st_blocks * 512 < 1 << 20);
}

static void early_touch_is_seen(void **state)
{
	struct sim_proc *p = *state;
	int fd = open_hbm(p);
	volatile uint8_t *map;

	map = mmap(NULL, HBM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(map, MAP_FAILED);
	wait_ready(p);
	map[0x5000] = 77;
	map[0x200000] = 78;
	ctl_ok(p, "watch add 0 1M");
	ctl_ok(p, "set train-ms 150");
	/* Good: nobody touches it while it is away. */
	wire_call(p->fd, RESET, NULL, 0, NULL, 0, scratch());
	wait_ready(p);
	assert_int_equal(ctl_number(p, "counters", "touched_early"), 0);
	assert_int_equal(map[0x5000], 77);
	/* Bad: one read, one write, and one that is not watched. */
	wire_call(p->fd, RESET, NULL, 0, NULL, 0, scratch());
	(void)map[0x5000];
	map[0x9000] = 1;
	(void)map[0x200000];
	/* An error where it happens, and not when all is well again. */
	assert_int_equal(ctl_number(p, "status", "touched_early"), 2);
	wait_ready(p);
	assert_int_equal(ctl_number(p, "status", "touched_early"), 2);
	assert_int_equal(ctl_number(p, "counters", "touched_early"), 2);
	assert_int_equal(map[0x5000], 77);
	assert_int_equal(map[0x9000], 0);
	assert_int_equal(map[0x200000], 78);
	ctl_ok(p, "watch clear");
	munmap((void *)map, HBM_SIZE);
	close(fd);
}

/* Where a guest's driver looks: MiB, there again after a reset whoever wrote there. */
static void says_how_much_memory_there_is(void **state)
{
	struct sim_proc *p = *state;

	assert_int_equal(reg_read(p->fd, 0, 0x1183a4, 4),
			 ctl_number(p, "status", "hbm_size") >> 20);
	assert_int_not_equal(reg_read(p->fd, 0, 0x1183a4, 4), 0);
	reg_write(p->fd, 0, 0x1183a4, 7, 4);
	wire_call(p->fd, RESET, NULL, 0, NULL, 0, scratch());
	enable(p->fd);
	assert_int_equal(reg_read(p->fd, 0, 0x1183a4, 4),
			 ctl_number(p, "status", "hbm_size") >> 20);
	assert_int_equal(reg_read(p->fd, 0, 0x1183a0, 4), 0);
	assert_int_equal(reg_read(p->fd, 0, 0x1183a8, 4), 0);
}

static void reset_keeps_or_clears_memory(void **state)
{
	struct sim_proc *p = *state;

	ctl_ok(p, "mem write 0x1234 c0ffee");
	wire_call(p->fd, RESET, NULL, 0, NULL, 0, scratch());
	assert_non_null(strstr(ctl(p, "mem read 0x1234 3"), "c0ffee"));
	ctl_ok(p, "set reset-clears yes");
	wire_call(p->fd, RESET, NULL, 0, NULL, 0, scratch());
	assert_non_null(strstr(ctl(p, "mem read 0x1234 3"), "000000"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(device_info, start_gh200),
		WITH(region_sizes, start_gh200),
		WITH(sparse_areas_leave_out_what_acts, start_gh200),
		WITH(mapped_and_messaged_agree, start_gb200),
		WITH(large_bars_are_cheap, start_gh200),
		WITH(accesses_cross_windows, start_gh200),
		WITH(not_decoded_without_memory_enable, start_gh200),
		cmocka_unit_test(readiness_takes_its_time),
		WITH(readiness_on_command, start_gh200),
		WITH(memory_file_is_sparse, start_gh200),
		WITH(early_touch_is_seen, start_gh200),
		WITH(reset_keeps_or_clears_memory, start_gh200),
		WITH(says_how_much_memory_there_is, start_gh200),
		WITH(says_how_much_memory_there_is, start_next),
	};

	return cmocka_run_group_tests_name("sim-bar", tests, NULL, NULL);
}
