// SPDX-License-Identifier: GPL-2.0-only
/* Interrupts: MSI-X, MSI, INTA, and requests that make no sense. */
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>

#include "job.h"

static void set_irqs(int fd, uint32_t flags, uint32_t index, uint32_t start,
		     uint32_t count, const int *fds, int nr, uint32_t want)
{
	uint8_t q[20];
	uint32_t err;

	put32(q, 0, 20);
	put32(q, 4, flags);
	put32(q, 8, index);
	put32(q, 12, start);
	put32(q, 16, count);
	err = wire_call(fd, SET_IRQS, q, 20, fds, nr, scratch());
	if (want)
		assert_int_not_equal(err, 0);
	else
		assert_int_equal(err, 0);
}

static bool fired(int fd)
{
	struct pollfd pfd = { fd, POLLIN, 0 };
	uint64_t v;

	if (poll(&pfd, 1, 300) != 1)
		return false;
	return read(fd, &v, 8) == 8;
}

static void interrupts(void **state)
{
	struct sim_proc *p = *state;
	unsigned int msix = find_cap(p->fd, 0x11), i;
	int ev[9];

	for (i = 0; i < 9; i++)
		ev[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	set_irqs(p->fd, 0x24, 2, 0, 9, ev, 9, 0);
	/* Set, but MSI-X is off. */
	assert_non_null(strstr(ctl(p, "irq 3"), "\"ok\":false"));
	cfg_write(p->fd, msix + 2, 0x8000, 2);
	for (i = 0; i < 9; i++) {
		ctl_ok(p, "irq %u", i);
		assert_true(fired(ev[i]));
	}
	/* Masked as a whole: it waits, is shown, and comes. */
	cfg_write(p->fd, msix + 2, 0xc000, 2);
	assert_non_null(strstr(ctl(p, "irq 3"), "\"ok\":false"));
	assert_int_equal(reg_read(p->fd, 0, 0x310000, 8), 8);
	cfg_write(p->fd, msix + 2, 0x8000, 2);
	assert_true(fired(ev[3]));
	assert_int_equal(reg_read(p->fd, 0, 0x310000, 8), 0);
	/* A job says when it is done, and when it failed. */
	assert_int_equal(dma_map(p->fd, IOVA, RAM, 0, 3, ram_fd), 0);
	reg_write(p->fd, 0, E + 0xc, 0x80000007, 4);
	start_job(p->fd, 0, IOVA, BUS, 0, COHERENT, 4 << 20, 5);
	assert_true(fired(ev[7]));
	assert_int_equal(reg_read(p->fd, 0, E + 0x3c, 4), 2);
	start_job(p->fd, 0, 1, BUS, 0, COHERENT, 1, 6);
	assert_true(fired(ev[7]));
	assert_int_equal(reg_read(p->fd, 0, E + 0x3c, 4), 3);
	/* One vector off, then all. */
	set_irqs(p->fd, 0x24, 2, 7, 1, NULL, 0, 0);
	start_job(p->fd, 0, IOVA, BUS, 0, COHERENT, 1, 7);
	assert_int_equal(finish_job(p->fd, 7), 0);
	ctl_ok(p, "irq 8");
	assert_true(fired(ev[8]));
	set_irqs(p->fd, 0x21, 2, 0, 0, NULL, 0, 0);
	assert_non_null(strstr(ctl(p, "irq 8"), "\"ok\":false"));
	for (i = 0; i < 9; i++)
		close(ev[i]);
}

static void inta_is_a_level(void **state)
{
	struct sim_proc *p = *state;
	int ev = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), fd = p->fd;
	unsigned int msix = find_cap(fd, 0x11);

	assert_int_equal(cfg_read(fd, 0x3d, 1), 1);
	set_irqs(fd, 0x24, 0, 0, 1, &ev, 1, 0);
	reg_write(fd, 0, E + 0xc, 0x80000000, 4);
	assert_int_equal(job(fd, 1, 0, BUS, 0, COHERENT, 64), 0);
	assert_true(fired(ev));
	assert_true(cfg_read(fd, 6, 2) & 8);
	assert_int_equal(reg_read(fd, 0, E + 0x68, 4), 1);
	/* Signalled once; again on unmasking, because it is still up. */
	assert_int_equal(job(fd, 1, 0, BUS, 0, COHERENT, 64), 0);
	assert_false(fired(ev));
	set_irqs(fd, 0x11, 0, 0, 1, NULL, 0, 0);
	assert_true(fired(ev));
	/* Taken down before unmasking: silence. */
	reg_write(fd, 0, E + 0x68, 1, 4);
	assert_false(cfg_read(fd, 6, 2) & 8);
	set_irqs(fd, 0x11, 0, 0, 1, NULL, 0, 0);
	assert_false(fired(ev));
	/* Masked by the client, then by Interrupt Disable. */
	set_irqs(fd, 0x09, 0, 0, 1, NULL, 0, 0);
	ctl_ok(p, "irq intx");
	assert_false(fired(ev));
	cfg_write(fd, 4, 0x406, 2);
	set_irqs(fd, 0x11, 0, 0, 1, NULL, 0, 0);
	assert_false(fired(ev));
	assert_true(cfg_read(fd, 6, 2) & 8);
	cfg_write(fd, 4, 0x006, 2);
	assert_true(fired(ev));
	reg_write(fd, 0, E + 0x68, 1, 4);
	set_irqs(fd, 0x11, 0, 0, 1, NULL, 0, 0);
	/* Not with MSI-X on, and a reset takes it down. */
	cfg_write(fd, msix + 2, 0x8000, 2);
	ctl_ok(p, "irq intx");
	assert_false(fired(ev));
	wire_call(fd, RESET, NULL, 0, NULL, 0, scratch());
	assert_false(cfg_read(fd, 6, 2) & 8);
	set_irqs(fd, 0x21, 0, 0, 0, NULL, 0, 0);
	assert_non_null(strstr(ctl(p, "irq intx"), "\"ok\":false"));
	close(ev);
}

static void irq_requests_that_make_no_sense(void **state)
{
	struct sim_proc *p = *state;
	int ev[16], i;

	for (i = 0; i < 16; i++)
		ev[i] = eventfd(0, EFD_CLOEXEC);
	set_irqs(p->fd, 0x24, 2, 0, 17, ev, 16, 1);
	set_irqs(p->fd, 0x24, 2, 1, 16, ev, 16, 1);
	set_irqs(p->fd, 0x24, 2, 0xffffffff, 2, ev, 2, 1);
	set_irqs(p->fd, 0x24, 2, 0, 2, ev, 1, 1);
	set_irqs(p->fd, 0x24, 5, 0, 1, ev, 1, 1);
	set_irqs(p->fd, 0x24, 0xffffffff, 0, 1, ev, 1, 1);
	set_irqs(p->fd, 0x27, 2, 0, 1, ev, 1, 1);
	set_irqs(p->fd, 0x3c, 2, 0, 1, ev, 1, 1);
	set_irqs(p->fd, 0x04, 2, 0, 1, ev, 1, 1);
	set_irqs(p->fd, 0x20, 2, 0, 1, NULL, 0, 1);
	set_irqs(p->fd, 0x124, 2, 0, 1, ev, 1, 1);
	set_irqs(p->fd, 0x22, 2, 0, 4, NULL, 0, 1);	/* no bytes follow */
	set_irqs(p->fd, 0x09, 2, 0, 1, NULL, 0, 1);	/* mask */
	set_irqs(p->fd, 0x24, 2, 0, 0, ev, 1, 1);
	assert_int_equal(cfg_read(p->fd, 0, 2), 0x10de);
	for (i = 0; i < 16; i++)
		close(ev[i]);
}

static void irq_to_a_full_eventfd_does_not_block(void **state)
{
	struct sim_proc *p = *state;
	unsigned int msix = find_cap(p->fd, 0x11);
	uint64_t most = 0xfffffffffffffffeull;
	int fd = eventfd(0, 0);

	assert_int_equal(write(fd, &most, sizeof(most)), 8);
	set_irqs(p->fd, 0x24, 2, 0, 1, &fd, 1, 0);
	cfg_write(p->fd, msix + 2, 0x8000, 2);
	assert_non_null(strstr(ctl(p, "irq 0"), "\"ok\":false"));
	assert_int_equal(cfg_read(p->fd, 0, 2), 0x10de);
	close(fd);
}

static void plain_msi(void **state)
{
	struct sim_proc *p = *state;
	unsigned int msi = find_cap(p->fd, 0x05), i;
	int ev[16];

	for (i = 0; i < 16; i++)
		ev[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	set_irqs(p->fd, 0x24, 1, 0, 16, ev, 16, 0);
	assert_non_null(strstr(ctl(p, "irq 3"), "\"ok\":false"));
	/* Enabled, 4 vectors of 16. */
	cfg_write(p->fd, msi + 2, 0x21, 2);
	ctl_ok(p, "irq 3");
	assert_true(fired(ev[3]));
	assert_non_null(strstr(ctl(p, "irq 4"), "\"ok\":false"));
	/* One is masked: it waits, and comes once. */
	cfg_write(p->fd, msi + 0x10, 1 << 2, 4);
	ctl(p, "irq 2");
	ctl(p, "irq 2");
	assert_int_equal(cfg_read(p->fd, msi + 0x14, 4), 1 << 2);
	assert_false(fired(ev[2]));
	cfg_write(p->fd, msi + 0x10, 0, 4);
	assert_true(fired(ev[2]));
	assert_int_equal(cfg_read(p->fd, msi + 0x14, 4), 0);
	/* The engine uses it where MSI-X is off. */
	reg_write(p->fd, 0, E + 0xc, 0x80000001, 4);
	start_job(p->fd, 1, 0, BUS, 0, COHERENT, 4096, 5);
	assert_true(fired(ev[1]));
	for (i = 0; i < 16; i++)
		close(ev[i]);
}

/* Requests whose parts do not fit together; none of them does anything. */
static void set_irqs_that_make_no_sense(void **state)
{
	struct sim_proc *p = *state;
	uint8_t q[64] = { 0 };
	uint32_t index;

	for (index = 5; index < 8; index++)
		set_irqs(p->fd, 0x21, index, 0, 0, NULL, 0, 22);
	set_irqs(p->fd, 0x21, 0xffffffff, 0, 0, NULL, 0, 22);
	/* Bytes for more vectors than named, or for none. */
	put32(q, 0, 24);
	put32(q, 4, 0x22);
	put32(q, 8, 2);
	put32(q, 16, 3);
	assert_int_equal(wire_call(p->fd, SET_IRQS, q, 24, NULL, 0, scratch()), 22);
	put32(q, 0, 23);
	assert_int_equal(wire_call(p->fd, SET_IRQS, q, 23, NULL, 0, scratch()), 0);
	put32(q, 4, 0x21);
	assert_int_equal(wire_call(p->fd, SET_IRQS, q, 23, NULL, 0, scratch()), 22);
	put32(q, 0, 64);		/* argsz beyond what came */
	assert_int_equal(wire_call(p->fd, SET_IRQS, q, 20, NULL, 0, scratch()), 22);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RAMTEST(interrupts),
		RAMTEST(inta_is_a_level),
		RAMTEST(irq_requests_that_make_no_sense),
		RAMTEST(irq_to_a_full_eventfd_does_not_block),
		RAMTEST(plain_msi),
		RAMTEST(set_irqs_that_make_no_sense),
	};

	return cmocka_run_group_tests_name("sim-irq", tests, NULL, NULL);
}
