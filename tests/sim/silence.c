// SPDX-License-Identifier: GPL-2.0-only
/* A function that does not answer yet: what config space and BARs say meanwhile. */
#include <sys/mman.h>
#include <unistd.h>

#include "fixture.h"

static void silent_after_reset(void **state)
{
	struct sim_proc *p = *state;

	ctl_ok(p, "set silent-ms 100");
	wire_call(p->fd, RESET, NULL, 0, NULL, 0, scratch());
	assert_int_equal(cfg_read(p->fd, 0, 4), 0xffffffff);
	sleep_ms(130);
	assert_int_equal(cfg_read(p->fd, 0, 2), 0x10de);
}

/* Below a root port with RRS visibility (PCIe 6.0, 2.3.1), and in mapped pages. */
static void silent_with_rrs(void **state)
{
	struct sim_proc *p = *state;
	volatile uint8_t *bar2;
	uint8_t q[32] = { 0 };
	struct message *m = scratch();

	put32(q, 0, 256);	/* room for what can be mapped */
	put32(q, 8, 2);
	assert_int_equal(wire_call(p->fd, REGION_INFO, q, 32, NULL, 0, m), 0);
	assert_int_equal(m->nr_fds, 1);
	bar2 = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, m->fds[0], 0);
	assert_ptr_not_equal(bar2, MAP_FAILED);
	close(m->fds[0]);
	bar2[7] = 1;
	ctl_ok(p, "clock freeze");
	ctl_ok(p, "set silent-ms 100");
	ctl_ok(p, "set rrs yes");
	wire_call(p->fd, RESET, NULL, 0, NULL, 0, m);
	assert_int_equal(cfg_read(p->fd, 0, 4), 0xffff0001);
	assert_int_equal(cfg_read(p->fd, 0, 2), 0x0001);
	/* Only who asks for the whole vendor id hears of it. */
	assert_int_equal(cfg_read(p->fd, 0, 1), 0xff);
	assert_int_equal(cfg_read(p->fd, 1, 1), 0xff);
	assert_int_equal(cfg_read(p->fd, 2, 2), 0xffff);
	assert_int_equal(bar2[7], 0xff);
	bar2[7] = 2;
	ctl_ok(p, "clock advance 101");
	assert_int_equal(cfg_read(p->fd, 0, 4), 0x294110de);
	assert_int_equal(bar2[7], 0);
	/* What has gone from the bus says nothing at all. */
	ctl_ok(p, "remove");
	assert_int_equal(cfg_read(p->fd, 0, 4), 0xffffffff);
	ctl_ok(p, "restore");
	ctl_ok(p, "clock advance 101");
	ctl_ok(p, "defaults");
	wire_call(p->fd, RESET, NULL, 0, NULL, 0, m);
	assert_int_equal(cfg_read(p->fd, 0, 4), 0x294110de);
	assert_int_equal(bar2[7], 0);
	munmap((void *)bar2, 4096);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(silent_after_reset, start_gb200),
		WITH(silent_with_rrs, start_gb200),
	};

	return cmocka_run_group_tests_name("sim-silence", tests, NULL, NULL);
}
