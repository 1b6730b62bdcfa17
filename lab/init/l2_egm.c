// SPDX-License-Identifier: GPL-2.0-only
/*
 * L2 whose memory is EGM: what its firmware says of it, as the GPU's driver in a
 * guest would look for it, and that the GPU reaches the guest's own pages by the
 * distance from its base, without an IOMMU.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common.h"
#include "copy.h"
#include "l2_egm.h"

#define TABLES	"/sys/firmware/acpi/tables"
#define PAGES	8
#define WHERE	"egm0"

/* AML's integers: a prefix that tells how many bytes follow, or none. */
static int integer(const uint8_t *p, const uint8_t *end, uint64_t *value)
{
	unsigned int len, i;

	if (p >= end)
		return -EINVAL;
	switch (*p) {
	case 0x00:
	case 0x01:
		*value = *p;
		return 0;
	case 0x0a: len = 1; break;
	case 0x0b: len = 2; break;
	case 0x0c: len = 4; break;
	case 0x0e: len = 8; break;
	default: return -EINVAL;
	}
	if (end - p <= len)
		return -EINVAL;
	*value = 0;
	for (i = 0; i < len; i++)
		*value |= (uint64_t)p[1 + i] << 8 * i;
	return 0;
}

/* The value behind a name of a _DSD, which is a string. */
static int property(const uint8_t *table, size_t len, const char *name,
		    uint64_t *value)
{
	const uint8_t *at = memmem(table, len, name, strlen(name) + 1);

	return at ? integer(at + strlen(name) + 1, table + len, value) : -ENOENT;
}

/**
 * l2_egm_announced() - what firmware says of EGM
 * @egm: it
 * Return: 0, or -ENOENT where it says nothing.
 */
int l2_egm_announced(struct l2_egm *egm)
{
	static uint8_t table[1 << 20];
	DIR *d = opendir(TABLES);
	struct dirent *e;
	int ret = -ENOENT;

	while (d && ret && (e = readdir(d))) {
		size_t len = 0;
		ssize_t n;
		char path[400];
		int fd;

		if (strncmp(e->d_name, "SSDT", 4) && strcmp(e->d_name, "DSDT"))
			continue;
		snprintf(path, sizeof(path), TABLES "/%s", e->d_name);
		fd = open(path, O_RDONLY);
		if (fd < 0)
			continue;
		while ((n = read(fd, table + len, sizeof(table) - len)) > 0)
			len += n;
		close(fd);
		if (!property(table, len, "nvidia,egm-base-pa", &egm->base) &&
		    !property(table, len, "nvidia,egm-size", &egm->size) &&
		    !property(table, len, "nvidia,egm-pxm", &egm->pxm))
			ret = 0;
	}
	if (d)
		closedir(d);
	return ret;
}

static int differ(const uint64_t *ours, volatile uint64_t *theirs, size_t len)
{
	size_t i;

	for (i = 0; i < len / 8; i++)
		if (ours[i] != theirs[i])
			return 1;
	return 0;
}

static const char *both_ways(const struct l2_egm *egm, volatile void *engine,
			     volatile uint64_t *gpu, uint64_t gpu_at,
			     const char *seed, uint64_t *page, long size)
{
	uint64_t at = lab_phys(page);
	unsigned int i;

	if (at < egm->base || at - egm->base + size > egm->size)
		return "a page of ours is not in EGM";
	at -= egm->base;
	lab_fill(page, size, seed, WHERE, at);
	if (lab_engine_copy(engine, COHMEM_SPACE_EGM, at, COHMEM_SPACE_COHERENT,
			    gpu_at, size))
		return "the engine fails to copy from EGM";
	if (differ(page, gpu, size))
		return "what the GPU got is not what we have";
	for (i = 0; i < size / 8; i++)
		gpu[i] = ~page[i];
	__sync_synchronize();
	if (lab_engine_copy(engine, COHMEM_SPACE_COHERENT, gpu_at, COHMEM_SPACE_EGM,
			    at, size))
		return "the engine fails to copy to EGM";
	__sync_synchronize();
	if (differ(page, gpu, size))
		return "what we got is not what the GPU has";
	lab_fill(page, size, seed, WHERE, at);
	return NULL;
}

/**
 * l2_egm_copy() - have the GPU copy pages of ours, from EGM and to it
 * @egm: what firmware says
 * @engine: the copy engine's window
 * @gpu: a page of the GPU's memory
 * @gpu_at: where that is for the engine
 * @seed: of the pattern, which is left in the pages
 * @where: set to the distance of the last page from EGM's base
 * Return: NULL, or what went wrong.
 */
const char *l2_egm_copy(const struct l2_egm *egm, volatile void *engine,
			volatile uint64_t *gpu, uint64_t gpu_at,
			const char *seed, uint64_t *where)
{
	long size = sysconf(_SC_PAGESIZE);
	const char *why = NULL;
	unsigned int i;
	char *pages;

	if (!lab_engine_there(engine))
		return "the GPU has no copy engine that we know";
	pages = mmap(NULL, PAGES * size, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (pages == MAP_FAILED || mlock(pages, PAGES * size))
		return "no memory";
	for (i = 0; !why && i < PAGES; i++)
		why = both_ways(egm, engine, gpu, gpu_at, seed,
				(void *)(pages + i * size), size);
	*where = lab_phys(pages + (PAGES - 1) * size) - egm->base;
	return why;
}
