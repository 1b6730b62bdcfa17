/* SPDX-License-Identifier: GPL-2.0-only */
/* Jobs of the copy engine, for a client whose RAM is a memfd. */
#ifndef TESTS_SIM_JOB_H
#define TESTS_SIM_JOB_H

#include <sys/mman.h>
#include <unistd.h>

#include "fixture.h"

#define E		0x200000
#define BUS		0
#define COHERENT	1
#define IOVA		0x40000000ull
#define RAM		(8u << 20)

static uint8_t *ram;
static int ram_fd;

static inline int start_with_ram(void **state)
{
	unsigned int i;

	ram_fd = memfd_create("client-ram", MFD_CLOEXEC);
	assert_int_equal(ftruncate(ram_fd, RAM), 0);
	ram = mmap(NULL, RAM, PROT_READ | PROT_WRITE, MAP_SHARED, ram_fd, 0);
	assert_ptr_not_equal(ram, MAP_FAILED);
	for (i = 0; i < RAM; i++)
		ram[i] = i * 31 + (i >> 11);
	start_gh200(state);
	wait_ready(*state);
	return 0;
}

static inline int stop_with_ram(void **state)
{
	stop(state);
	munmap(ram, RAM);
	close(ram_fd);
	return 0;
}

static inline void start_job(int fd, uint32_t op, uint64_t src, uint32_t src_space,
		      uint64_t dst, uint32_t dst_space, uint64_t len,
		      uint32_t tag)
{
	reg_write(fd, 0, E + 0x08, op, 4);
	reg_write(fd, 0, E + 0x10, src, 8);
	reg_write(fd, 0, E + 0x18, dst, 8);
	reg_write(fd, 0, E + 0x20, len, 8);
	reg_write(fd, 0, E + 0x28, src_space, 4);
	reg_write(fd, 0, E + 0x2c, dst_space, 4);
	reg_write(fd, 0, E + 0x38, tag, 4);
}

/* Returns the error register; the job has ended. */
static inline uint32_t finish_job(int fd, uint32_t tag)
{
	uint32_t status;
	int i;

	for (i = 0; i < 5000; i++) {
		status = reg_read(fd, 0, E + 0x3c, 4);
		if (status != 1)
			break;
		sleep_ms(1);
	}
	assert_int_equal(reg_read(fd, 0, E + 0x40, 4), tag);
	if (status == 2)
		assert_int_equal(reg_read(fd, 0, E + 0x44, 4), 0);
	else
		assert_int_equal(status, 3);
	return reg_read(fd, 0, E + 0x44, 4);
}

static inline uint32_t job(int fd, uint32_t op, uint64_t src, uint32_t src_space,
		    uint64_t dst, uint32_t dst_space, uint64_t len)
{
	static uint32_t tag = 0x1000;

	start_job(fd, op, src, src_space, dst, dst_space, len, ++tag);
	return finish_job(fd, tag);
}

#define RAMTEST(t) cmocka_unit_test_setup_teardown(t, start_with_ram, \
						   stop_with_ram)

#endif /* TESTS_SIM_JOB_H */
