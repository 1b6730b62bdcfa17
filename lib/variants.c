// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which VFIO driver a part gets from those who ask modules.alias: a program
 * that binds by itself (libvirt from 10.0 on, NVIDIA's operators) puts
 * "vfio_" before the function's modalias and takes the alias with the fewest
 * wildcards. Two drivers may claim the same part by the same alias; then the
 * order of the file decides, which is nobody's intent.
 */
#include <fnmatch.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "internal.h"
#include "operate.h"

#define ALIAS	"alias vfio_pci:"

static int open_aliases(struct cohmem_ctx *ctx)
{
	char release[COHMEM_NAME_LEN], path[128];
	struct utsname u;
	int ret = 0;

	if (ctx->live && !uname(&u))
		cohmem_fmt(release, sizeof(release), "%s", u.release);
	else
		ret = cohmem_read_str(ctx, "/proc/sys/kernel/osrelease",
				      release, sizeof(release));
	if (ret)
		return ret;
	if (!cohmem_word_ok(release) && strchr(release, '/'))
		return -EINVAL;
	cohmem_fmt(path, sizeof(path), "/lib/modules/%s/modules.alias", release);
	return cohmem_open_file(ctx, path, 0);
}

/* "v*d*..* name": how many wildcards, or -1 where it is another part's. */
static int wildcards(char *line, const char *modalias, const char **name)
{
	char *pattern = line + strlen(ALIAS), *p;
	int nr = 0;

	p = strchr(pattern, ' ');
	if (!p)
		return -1;
	*p++ = '\0';
	p[strcspn(p, " \n")] = '\0';
	*name = p;
	if (fnmatch(pattern, modalias, 0))
		return -1;
	for (p = pattern; *p; p++)
		nr += *p == '*';
	return nr;
}

/**
 * cohmem_variants() - VFIO drivers that claim a part
 * @ctx: the context
 * @f: the function
 * @out: filled in, in the order of modules.alias
 * @max: room in @out
 * Return: how many there are (no more than @max), or -errno where modules.alias
 * cannot be read.
 */
int cohmem_variants(struct cohmem_ctx *ctx, const struct cohmem_func *f,
		    struct cohmem_variant *out, unsigned int max)
{
	char modalias[96], line[512];
	unsigned int nr = 0, i, best = 0;
	const char *name;
	FILE *file;
	int fd, n;

	fd = open_aliases(ctx);
	if (fd < 0)
		return fd;
	file = fdopen(fd, "r");
	if (!file) {
		close(fd);
		return -ENOMEM;
	}
	cohmem_fmt(modalias, sizeof(modalias),
		   "v%08Xd%08Xsv%08Xsd%08Xbc%02Xsc%02Xi%02X", f->vendor,
		   f->device, f->subvendor, f->subdevice, f->class >> 16 & 0xff,
		   f->class >> 8 & 0xff, f->class & 0xff);
	while (nr < max && fgets(line, sizeof(line), file)) {
		if (strncmp(line, ALIAS, strlen(ALIAS)))
			continue;
		n = wildcards(line, modalias, &name);
		for (i = 0; n >= 0 && i < nr; i++)
			if (!strcmp(out[i].driver, name))
				break;
		if (n < 0 || i < nr)
			continue;
		cohmem_fmt(out[nr].driver, sizeof(out[nr].driver), "%s", name);
		out[nr].wildcards = n;
		out[nr].chosen = false;
		if (out[nr].wildcards < out[best].wildcards)
			best = nr;
		nr++;
	}
	fclose(file);
	if (nr)
		out[best].chosen = true;
	return nr;
}
