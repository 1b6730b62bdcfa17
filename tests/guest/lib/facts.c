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

/**
 * facts() - what this machine is supposed to be
 * Return: the facts; ends the program where the environment does not tell.
 */
const struct facts *facts(void)
{
	static struct facts f;

	if (f.bdf)
		return &f;
	f.bdf = getenv("COHMEM_BDF");
	f.model = getenv("COHMEM_MODEL");
	if (!f.bdf || !f.model) {
		printf("Bail out! COHMEM_BDF or COHMEM_MODEL is not set\n");
		exit(1);
	}
	f.hbm = env_u64("COHMEM_HBM");
	f.mem_base = env_u64("COHMEM_MEM_BASE");
	if (f.hbm < 2 * GiB || f.hbm > 1024 * GiB) {
		printf("Bail out! COHMEM_HBM is no size of coherent memory\n");
		exit(1);
	}
	f.page = sysconf(_SC_PAGESIZE);
	f.split = !strcmp(f.model, "gh200");
	f.cxl = !strcmp(f.model, "next");
	f.usemem = f.hbm;
	if (f.split) {
		f.usemem = (f.hbm - GiB) / (512 * MiB) * (512 * MiB);
		f.resmem = f.hbm - f.usemem;
		f.resmem_bar = power_of_two(f.resmem);
	}
	f.usemem_bar = power_of_two(f.usemem);
	return &f;
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
