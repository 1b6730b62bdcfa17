// SPDX-License-Identifier: GPL-2.0-only
/* Which driver is meant, and is it one that VFIO can use? */
#include "plan.h"

#define DRIVERS	"/sys/bus/pci/drivers"

/* The same word but for '-' and '_', which modprobe takes for one another. */
static bool alike(const char *a, const char *b)
{
	for (; *a && *b; a++, b++)
		if (*a != *b && !((*a == '-' || *a == '_') &&
				  (*b == '-' || *b == '_')))
			return false;
	return *a == *b;
}

struct match {
	const char *name;
	char *out;
};

static int same_driver(void *arg, const char *name)
{
	struct match *m = arg;

	if (strlen(name) >= COHMEM_NAME_LEN || !alike(name, m->name))
		return 0;
	cohmem_fmt(m->out, COHMEM_NAME_LEN, "%s", name);
	return !strcmp(name, m->name);	/* the very word ends the search */
}

/**
 * cohmem_driver_canonical() - a driver's name as the kernel spells it
 * @ctx: the context
 * @name: the name, with '-' or '_'
 * @out: the name of a driver that is there; else as modules spell theirs, with
 *	'_', but for vfio-pci, the one exception
 * Return: 0, or -EINVAL where it is no name.
 */
int cohmem_driver_canonical(struct cohmem_ctx *ctx, const char *name,
			    char out[COHMEM_NAME_LEN])
{
	struct match m = { .name = name, .out = out };
	char *p;

	if (!cohmem_word_ok(name))
		return -EINVAL;
	out[0] = '\0';
	cohmem_dir_foreach(ctx, DRIVERS, same_driver, &m);
	if (out[0])
		return 0;
	if (alike(name, "vfio-pci")) {
		cohmem_fmt(out, COHMEM_NAME_LEN, "vfio-pci");
		return 0;
	}
	cohmem_fmt(out, COHMEM_NAME_LEN, "%s", name);
	for (p = out; *p; p++)
		if (*p == '-')
			*p = '_';
	return 0;
}

/**
 * cohmem_driver_is_vfio() - can a user of VFIO get what this driver has?
 * @ctx: the context
 * @driver: the driver
 *
 * VFIO drivers have "vfio" in their names, all of them so far; one that has not
 * shows by its module, which holds one of VFIO's.
 *
 * Return: true if so.
 */
bool cohmem_driver_is_vfio(struct cohmem_ctx *ctx, const char *driver)
{
	static const char *const below[] = { "vfio_pci_core", "vfio" };
	char path[160], module[COHMEM_NAME_LEN];
	unsigned int i;

	if (strstr(driver, "vfio"))
		return true;
	cohmem_fmt(path, sizeof(path), DRIVERS "/%s/module", driver);
	if (cohmem_read_link(ctx, path, module, sizeof(module)))
		return false;
	for (i = 0; i < sizeof(below) / sizeof(below[0]); i++) {
		cohmem_fmt(path, sizeof(path), "/sys/module/%s/holders/%s",
			   below[i], module);
		if (cohmem_exists(ctx, path))
			return true;
	}
	return false;
}
