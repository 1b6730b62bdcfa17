// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the machine is supposed to be, from what the lab says about it: computed
 * here once more, from the contract, so that the driver is not asked about
 * itself.
 */
#include <stdlib.h>
#include <unistd.h>

#include "guest.h"

static u64 env_u64(const char *name)
{
	const char *text = getenv(name);

	if (!text || !*text) {
		printf("Bail out! %s is not set\n", name);
		exit(1);
	}
	return strtoull(text, NULL, 0);
}

static u64 power_of_two(u64 n)
{
	u64 p = 1;

	while (p < n)
		p *= 2;
	return p;
}

static struct facts machine;

/**
 * facts() - what this machine is supposed to be
 * Return: the facts; ends the program where the environment does not tell.
 */
const struct facts *facts(void)
{
	if (machine.bdf)
		return &machine;
	machine.bdf = getenv("COHMEM_BDF");
	machine.model = getenv("COHMEM_MODEL");
	if (!machine.bdf || !machine.model) {
		printf("Bail out! COHMEM_BDF or COHMEM_MODEL is not set\n");
		exit(1);
	}
	machine.hbm = env_u64("COHMEM_HBM");
	machine.mem_base = env_u64("COHMEM_MEM_BASE");
	if (machine.hbm < 2 * GiB || machine.hbm > 1024 * GiB) {
		printf("Bail out! COHMEM_HBM is no size of coherent memory\n");
		exit(1);
	}
	machine.page = sysconf(_SC_PAGESIZE);
	machine.split = !strcmp(machine.model, "gh200");
	machine.cxl = !strcmp(machine.model, "next");
	machine.usemem = machine.hbm;
	if (machine.split) {
		machine.usemem = (machine.hbm - GiB) / (512 * MiB) * (512 * MiB);
		machine.resmem = machine.hbm - machine.usemem;
		machine.resmem_bar = power_of_two(machine.resmem);
	}
	machine.usemem_bar = power_of_two(machine.usemem);
	return &machine;
}

/**
 * use_gpu() - from now on this test is about another GPU of the machine
 * @nr: which, from 0 on
 *
 * All that has to do with addresses of its memory, and the emulator's port, stays
 * the first one's.
 *
 * Return: true if there is such a GPU.
 */
bool use_gpu(unsigned int nr)
{
	static char bdf[32];
	const char *at = getenv("COHMEM_GPUS");
	int n;

	facts();
	for (; at && sscanf(at, "%31s%n", bdf, &n) == 1; at += n)
		if (!nr--) {
			machine.bdf = bdf;
			return true;
		}
	return false;
}

/**
 * real_bar() - size of a BAR that the device has itself
 * @bar: which one
 * Return: bytes, as the PCI core assigned it; 0 if there is none.
 */
u64 real_bar(unsigned int bar)
{
	FILE *f = fopen(dev_path("resource"), "r");
	unsigned long long start, end, flags;
	unsigned int i;
	u64 size = 0;

	CHECK(f, "%s: %s", dev_path("resource"), strerror(errno));
	for (i = 0; i <= bar; i++) {
		CHECK(fscanf(f, "%llx %llx %llx", &start, &end, &flags) == 3,
		      "line %u", i);
		size = end ? end - start + 1 : 0;
	}
	fclose(f);
	return size;
}
