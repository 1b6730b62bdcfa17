// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names of PCI parts out of pci.ids, a text file of the host: a vendor a line
 * ("10de  NVIDIA"), its devices below it after a tab, subsystems after two.
 */
#include <ctype.h>
#include <stdlib.h>
#include <unistd.h>

#include "internal.h"

/* "1234  Name": the name, or NULL where the line is about something else. */
static const char *entry(const char *line, u16 id)
{
	char *end;

	if (!isxdigit((unsigned char)line[0]) ||
	    strtoul(line, &end, 16) != id || end != line + 4)
		return NULL;
	while (*end == ' ')
		end++;
	return end;
}

/**
 * cohmem_pci_name() - vendor and device name of an id
 * @ctx: the context
 * @vendor: vendor id
 * @device: device id
 * @buf: "Vendor Device", or what of it is known
 * @size: size of @buf
 * Return: 0, or -ENOENT where the host has no list or it lacks the vendor.
 */
int cohmem_pci_name(const struct cohmem_ctx *ctx, u16 vendor, u16 device,
		    char *buf, size_t size)
{
	static const char *const lists[] = {
		"/usr/share/misc/pci.ids", "/usr/share/hwdata/pci.ids",
	};
	char line[512], vendor_name[128] = "";
	const char *name;
	unsigned int i;
	int fd = -ENOENT;
	FILE *f;

	for (i = 0; fd < 0 && i < sizeof(lists) / sizeof(lists[0]); i++)
		fd = cohmem_open_file(ctx, lists[i], 0);
	if (fd < 0)
		return -ENOENT;
	f = fdopen(fd, "r");
	if (!f) {
		close(fd);
		return -ENOENT;
	}
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] == 'C' && line[1] == ' ')
			break;	/* device classes follow */
		if (!vendor_name[0]) {
			name = entry(line, vendor);
			if (name) {
				cohmem_fmt(vendor_name, sizeof(vendor_name),
					   "%s", name);
				cohmem_fmt(buf, size, "%s", name);
			}
			continue;
		}
		if (isxdigit((unsigned char)line[0]))
			break;	/* the next vendor */
		name = line[0] == '\t' ? entry(line + 1, device) : NULL;
		if (name) {
			cohmem_fmt(buf, size, "%s %s", vendor_name, name);
			break;
		}
	}
	fclose(f);
	return vendor_name[0] ? 0 : -ENOENT;
}

/**
 * cohmem_resource_name() - what a function is called where resources are counted
 * @f: the function
 * @buf: a name by Kubernetes' rules, as in "nvidia.com/GH200_480GB"
 *
 * "cohmem plan kubevirt" and the device plugin have to mean the same.
 */
void cohmem_resource_name(const struct cohmem_func *f,
			  char buf[COHMEM_RESOURCE_LEN])
{
	const struct cohmem_chip *chip = cohmem_chip_find(f->vendor, f->device);
	char *p = buf, *end = buf + COHMEM_RESOURCE_LEN - 1;
	const char *s;

	if (!chip) {
		cohmem_fmt(buf, COHMEM_RESOURCE_LEN, "cohmem.example/%04X",
			   f->device);
		return;
	}
	p += sprintf(p, "nvidia.com/");
	for (s = chip->name; *s && p < end; s++)
		if (isalnum((unsigned char)*s) || *s == '-')
			*p++ = *s;
		else if (p[-1] != '_' && *s == ' ')
			*p++ = '_';
	*p = '\0';
}
