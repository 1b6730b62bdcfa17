// SPDX-License-Identifier: GPL-2.0-only
/*
 * The EGM of the socket, as the engine reaches it: its file, its bounds, both
 * kinds of addresses, the link; and that there is none unless somebody says so.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "job.h"

#define EGM		2
#define EGM_FILE	(6u << 20)
#define EGM_SIZE	(4u << 20)
#define EGM_BASE	0x3000000000ull

static uint8_t *egm;
static char egm_path[64];

static void make_file(void)
{
	int fd;

	snprintf(egm_path, sizeof(egm_path), "/tmp/sim-egm.XXXXXX");
	fd = mkstemp(egm_path);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, EGM_FILE), 0);
	egm = mmap(NULL, EGM_FILE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(egm, MAP_FAILED);
	close(fd);
}

static int start_with(void **state, const char *addressing)
{
	char arg[96];
	const char *args[] = { "--egm", arg, "--egm-size", "4M", "--addressing",
			       addressing, NULL };
	struct sim_proc *p;

	make_file();
	snprintf(arg, sizeof(arg), "%s@0x3000000000", egm_path);
	p = sim_start("gb200", args);
	wire_open(p);
	enable(p->fd);
	wait_ready(p);
	*state = p;
	return 0;
}

static int start_egm(void **state)
{
	return start_with(state, "offset");
}

static int start_egm_hpa(void **state)
{
	return start_with(state, "hpa");
}

static int stop_egm(void **state)
{
	stop(state);
	munmap(egm, EGM_FILE);
	unlink(egm_path);
	return 0;
}

static void copies(void **state)
{
	struct sim_proc *p = *state;
	uint8_t *want = malloc(3 << 20);
	unsigned int i;

	for (i = 0; i < 3 << 20; i++)
		want[i] = egm[i + 5] = i * 7 + (i >> 9);
	assert_int_equal(reg_read(p->fd, 0, E + 0x70, 8), EGM_SIZE);
	/* To coherent memory, more than one piece of it, and back elsewhere. */
	assert_int_equal(job(p->fd, 0, 5, EGM, 0x1003, COHERENT, 3 << 20), 0);
	memset(egm, 0, EGM_SIZE);
	assert_int_equal(job(p->fd, 0, 0x1003, COHERENT, 77, EGM, 3 << 20), 0);
	assert_memory_equal(egm + 77, want, 3 << 20);
	assert_int_equal(egm[76] | egm[77 + (3 << 20)], 0);
	assert_int_equal(job(p->fd, 2, 77, EGM, 0, BUS, 100001), 0);
	assert_int_equal(reg_read(p->fd, 0, E + 0x58, 4),
			 crc32_slow(want, 100001));
	assert_int_equal(job(p->fd, 0, 77, EGM, EGM_SIZE - 4096, EGM, 4096), 0);
	assert_memory_equal(egm + EGM_SIZE - 4096, want, 4096);
	free(want);
}

/* What lies behind it in the file is none of the engine's. */
static void bounds(void **state)
{
	struct sim_proc *p = *state;
	unsigned int i;

	assert_int_equal(job(p->fd, 1, 0, BUS, EGM_SIZE, EGM, 1), 3);
	assert_int_equal(job(p->fd, 0, EGM_SIZE, EGM, 0, COHERENT, 1), 3);
	assert_int_equal(job(p->fd, 0, ~0ull, EGM, 0, COHERENT, 2), 3);
	reg_write(p->fd, 0, E + 0x30, ~0ull, 8);
	assert_int_equal(job(p->fd, 1, 0, BUS, EGM_SIZE - 8, EGM, 16), 3);
	assert_int_equal(reg_read(p->fd, 0, E + 0x50, 8), 8);
	assert_true(reg_read(p->fd, 0, E + 0x48, 8) == EGM_SIZE);
	for (i = EGM_SIZE; i < EGM_FILE; i++)
		assert_int_equal(egm[i], 0);
	assert_int_equal(job(p->fd, 0, 0, 3, 0, COHERENT, 1), 1);
}

/* No IOMMU and no bus mastering, but the link. */
static void past_the_bus(void **state)
{
	struct sim_proc *p = *state;

	cfg_write(p->fd, 4, 0x2, 2);
	assert_int_equal(job(p->fd, 0, 0, EGM, 4096, COHERENT, 4096), 0);
	assert_int_equal(job(p->fd, 0, IOVA, BUS, 0, EGM, 4096), 6);
	ctl_ok(p, "set link down");
	assert_int_equal(job(p->fd, 0, 0, EGM, 4096, EGM, 4096), 2);
	ctl_ok(p, "set link up");
	/* The GPU's own memory has to be trained; the CPU's is there. */
	ctl_ok(p, "set train stuck");
	assert_int_equal(job(p->fd, 0, 0, EGM, 4096, EGM, 4096), 0);
	assert_int_equal(job(p->fd, 0, 0, EGM, 4096, COHERENT, 4096), 2);
}

static void host_physical(void **state)
{
	struct sim_proc *p = *state;

	memset(egm + 4096, 0x5a, 4096);
	assert_int_equal(job(p->fd, 0, EGM_BASE + 4096, EGM,
			     EGM_BASE + 8192, EGM, 4096), 0);
	assert_memory_equal(egm + 8192, egm + 4096, 4096);
	assert_int_equal(job(p->fd, 0, EGM_BASE - 1, EGM, EGM_BASE, EGM, 1), 3);
	assert_int_equal(job(p->fd, 0, EGM_BASE + EGM_SIZE, EGM, EGM_BASE, EGM,
			     1), 3);
	assert_int_equal(job(p->fd, 0, 4096, EGM, EGM_BASE, EGM, 1), 3);
}

static void from_outside(void **state)
{
	struct sim_proc *p = *state;

	assert_int_equal(ctl_number(p, "status", "egm_size"), EGM_SIZE);
	ctl_ok(p, "egm write 0x1234 0badf00d");
	assert_memory_equal(egm + 0x1234, "\x0b\xad\xf0\x0d", 4);
	egm[EGM_SIZE - 1] = 0xe7;
	assert_non_null(strstr(ctl(p, "egm read 0x3fffff 1"), "\"e7\""));
	assert_non_null(strstr(ctl(p, "egm read 0x3fffff 2"), "\"ok\":false"));
	assert_non_null(strstr(ctl(p, "egm write 0x400000 00"), "\"ok\":false"));
	/* It is not the coherent memory. */
	assert_non_null(strstr(ctl(p, "mem read 0x1234 4"), "\"00000000\""));
}

/* Whoever shares the socket has it as well, and a reset clears nothing. */
static void shared(void **state)
{
	char arg[96];
	const char *args[] = { "--egm", arg, NULL };
	struct sim_proc *p = *state, *other;

	snprintf(arg, sizeof(arg), "%s@0x3000000000", egm_path);
	other = sim_start("gb200", args);
	wire_open(other);
	enable(other->fd);
	wait_ready(other);
	assert_int_equal(reg_read(other->fd, 0, E + 0x70, 8), EGM_FILE);
	reg_write(p->fd, 0, E + 0x30, 0x1111111111111111ull, 8);
	assert_int_equal(job(p->fd, 1, 0, BUS, 0, EGM, 4096), 0);
	wire_call(p->fd, RESET, NULL, 0, NULL, 0, scratch());
	assert_int_equal(job(other->fd, 0, 0, EGM, 4096, EGM, 4096), 0);
	assert_memory_equal(egm + 4096, egm, 4096);
	assert_int_equal(egm[0], 0x11);
	sim_stop(other);
}

static void none_without_a_word(void **state)
{
	struct sim_proc *p = *state;

	wait_ready(p);
	assert_int_equal(reg_read(p->fd, 0, E + 0x70, 8), 0);
	assert_int_equal(job(p->fd, 0, 0, 2, 0, COHERENT, 1), 1);
	assert_int_equal(job(p->fd, 1, 0, BUS, 0, 2, 1), 1);
	assert_int_equal(ctl_number(p, "status", "egm_size"), 0);
	assert_non_null(strstr(ctl(p, "egm read 0 1"), "\"ok\":false"));
}

static int refused(const char *egm_arg, const char *size)
{
	static char out[4096];
	const char *argv[] = { sim_program(), "run", "--model", "gb200", "--mem",
			       "/tmp/none/hbm", "--socket", "/tmp/none/sock",
			       "--egm", egm_arg, size ? "--egm-size" : NULL, size,
			       NULL };

	return run_program(argv, out, sizeof(out));
}

static void command_line(void **state)
{
	char arg[96];

	make_file();
	assert_int_equal(refused("file", NULL), 2);
	assert_int_equal(refused("@0x1000", NULL), 2);
	assert_int_equal(refused("file@", NULL), 2);
	assert_int_equal(refused("file@here", NULL), 2);
	assert_int_equal(refused("/tmp/none/egm@0x1000", NULL), 1);
	assert_int_equal(refused("/tmp@0x1000", NULL), 1);
	snprintf(arg, sizeof(arg), "%s@0x1000", egm_path);
	assert_int_equal(refused(arg, "0x1001"), 2);
	assert_int_equal(refused(arg, "7M"), 1);
	munmap(egm, EGM_FILE);
	unlink(egm_path);
}

#define EGMTEST(t) cmocka_unit_test_setup_teardown(t, start_egm, stop_egm)

int main(void)
{
	const struct CMUnitTest tests[] = {
		EGMTEST(copies),
		EGMTEST(bounds),
		EGMTEST(past_the_bus),
		cmocka_unit_test_setup_teardown(host_physical, start_egm_hpa,
						stop_egm),
		EGMTEST(from_outside),
		EGMTEST(shared),
		WITH(none_without_a_word, start_gb200),
		cmocka_unit_test(command_line),
	};

	return cmocka_run_group_tests_name("sim-egm", tests, NULL, NULL);
}
