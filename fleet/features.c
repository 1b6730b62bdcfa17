// SPDX-License-Identifier: GPL-2.0-only
/*
 * What Node Feature Discovery is told: a file in its folder for local features, a label
 * a line, from which it makes labels feature.node.kubernetes.io/cohmem.*. Written when
 * it would say something else than before, and replaced as a whole.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugin.h"

static char *written;

/* The part of a resource's name behind its domain: fit for a label. */
static const char *product(const struct gpu *g)
{
	const char *p = strchr(g->resource, '/');

	return p ? p + 1 : g->resource;
}

static unsigned int count(const struct gpu *like, bool by_product)
{
	unsigned int i, n = 0;

	for (i = 0; i < nr_gpus; i++)
		n += gpus[i].offered &&
		     (by_product ? !strcmp(product(&gpus[i]), product(like)) :
				   gpus[i].node == like->node);
	return n;
}

static bool is_first(unsigned int at, bool by_product)
{
	unsigned int i;

	for (i = 0; i < at; i++)
		if (gpus[i].offered &&
		    (by_product ? !strcmp(product(&gpus[i]), product(&gpus[at])) :
				  gpus[i].node == gpus[at].node))
			return false;
	return true;
}

static void write_labels(FILE *out)
{
	unsigned int i, nr = 0, healthy = 0;
	unsigned long long least = 0;
	char iommu[512];

	for (i = 0; i < nr_gpus; i++) {
		if (!gpus[i].offered)
			continue;
		nr++;
		healthy += !gpus[i].why[0];
		if (gpus[i].mib && (!least || gpus[i].mib < least))
			least = gpus[i].mib;
	}
	fprintf(out, "cohmem.gpus=%u\ncohmem.gpus-healthy=%u\n", nr, healthy);
	if (least)
		fprintf(out, "cohmem.gpu-memory-mib=%llu\n", least);
	snprintf(iommu, sizeof(iommu), "%s/dev/iommu",
		 opt.sysroot ? opt.sysroot : "");
	fprintf(out, "cohmem.iommufd=%s\n",
		access(iommu, F_OK) ? "false" : "true");
	for (i = 0; i < nr_gpus; i++) {
		if (!gpus[i].offered)
			continue;
		if (is_first(i, true))
			fprintf(out, "cohmem.product.%s=%u\n", product(&gpus[i]),
				count(&gpus[i], true));
		if (gpus[i].node >= 0 && is_first(i, false))
			fprintf(out, "cohmem.numa.%d=%u\n", gpus[i].node,
				count(&gpus[i], false));
	}
}

/* In the same folder for the rename; names that begin with a dot are not read. */
static int replace(const char *text)
{
	const char *name = strrchr(opt.nfd_file, '/');
	int folder = name ? name - opt.nfd_file + 1 : 0;
	char tmp[sizeof(opt.nfd_file) + 8];
	FILE *out;
	bool bad;

	snprintf(tmp, sizeof(tmp), "%.*s.%s.tmp", folder, opt.nfd_file,
		 opt.nfd_file + folder);
	out = fopen(tmp, "we");
	if (!out)
		return -errno;
	errno = 0;
	bad = fputs(text, out) < 0 || fchmod(fileno(out), 0644);
	bad |= fclose(out) != 0;
	if (bad || rename(tmp, opt.nfd_file)) {
		int ret = errno ? -errno : -EIO;

		unlink(tmp);
		return ret;
	}
	return 0;
}

/**
 * features_write() - bring the file up to date
 */
void features_write(void)
{
	static int told;
	char *text;
	size_t len;
	FILE *out;
	int ret;

	if (!opt.nfd_file[0])
		return;
	out = open_memstream(&text, &len);
	if (!out)
		return;
	write_labels(out);
	if (fclose(out))
		return;
	if (written && !strcmp(written, text) && !access(opt.nfd_file, F_OK)) {
		free(text);
		return;
	}
	ret = replace(text);
	if (ret && ret != told)
		say(opt.nfd_file, "is Node Feature Discovery's folder mounted here?",
		    "cannot write: %s", strerror(-ret));
	told = ret;
	free(written);
	written = ret ? NULL : text;
	if (ret)
		free(text);
}

/**
 * features_remove() - what nobody looks after any more is not told
 */
void features_remove(void)
{
	if (opt.nfd_file[0] && written)
		unlink(opt.nfd_file);
	free(written);
	written = NULL;
}
