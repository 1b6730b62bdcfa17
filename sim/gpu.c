// SPDX-License-Identifier: GPL-2.0-only
/* Which form a GPU is written down in, and which of several it is: gpu.h. */
#include <errno.h>
#include <linux/pci_regs.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "gpu.h"
#include "regs.h"

/* A recording has firmware's tables too, and the archive's own bound is this. */
#define FILE_MAX_SIZE	(256ULL << 20)

static const char *const prop_name[SIM_NR_PROPS] = {
	[SIM_PROP_BASE] = COHMEM_PROP_MEM_BASE,
	[SIM_PROP_SIZE] = COHMEM_PROP_MEM_SIZE,
	[SIM_PROP_PXM] = COHMEM_PROP_PXM_START,
	[SIM_PROP_PXMS] = COHMEM_PROP_PXM_COUNT,
	[SIM_PROP_EGM_BASE] = COHMEM_PROP_EGM_BASE,
	[SIM_PROP_EGM_SIZE] = COHMEM_PROP_EGM_SIZE,
	[SIM_PROP_EGM_PXM] = COHMEM_PROP_EGM_PXM,
	[SIM_PROP_EGM_RETIRED] = COHMEM_PROP_EGM_RETIRED,
};

/**
 * cohmem_sim_prop_name() - how firmware spells a property
 * @prop: which
 * Return: its name.
 */
const char *cohmem_sim_prop_name(enum sim_prop prop)
{
	return prop_name[prop];
}

/**
 * cohmem_sim_note() - something to be said
 * @n: the notes; what is too much is left out
 * @fmt: as printf
 */
void cohmem_sim_note(struct sim_notes *n, const char *fmt, ...)
{
	va_list ap;

	if (n->nr == SIM_MAX_NOTES)
		return;
	va_start(ap, fmt);
	vsnprintf(n->line[n->nr++], sizeof(n->line[0]), fmt, ap);
	va_end(ap);
}

/**
 * cohmem_sim_refuse() - say why it failed
 * @n: the notes
 * @fmt: as printf
 * Return: -EINVAL.
 */
int cohmem_sim_refuse(struct sim_notes *n, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(n->why, sizeof(n->why), fmt, ap);
	va_end(ap);
	return -EINVAL;
}

/* Hex digits up to @stop; at most @max of them. */
static bool field(const char **p, const char *end, unsigned int max, u32 limit,
		  char stop, u32 *value)
{
	unsigned int nr = 0;

	*value = 0;
	while (*p < end && **p && strchr("0123456789abcdefABCDEF", **p)) {
		if (nr++ == max)
			return false;
		*value = *value << 4 |
			 (**p <= '9' ? **p - '0' : (**p | 0x20) - 'a' + 10);
		(*p)++;
	}
	if (!nr || *value > limit)
		return false;
	if (!stop)
		return *p == end;
	return *p < end && *(*p)++ == stop;
}

/**
 * cohmem_sim_bdf_parse() - a function's address
 * @text: [DOMAIN:]BUS:DEVICE.FUNCTION, in hex
 * @len: its length
 * @bdf: the address
 * Return: true if it is one.
 */
bool cohmem_sim_bdf_parse(const char *text, size_t len, struct sim_bdf *bdf)
{
	const char *p = text, *end = text + len;
	u32 domain = 0, bus, dev, fn;

	if (len && memchr(text, ':', len) != memrchr(text, ':', len) &&
	    !field(&p, end, 8, ~0U, ':', &domain))
		return false;
	if (!field(&p, end, 2, 0xff, ':', &bus) ||
	    !field(&p, end, 2, 0x1f, '.', &dev) ||
	    !field(&p, end, 1, 7, 0, &fn))
		return false;
	*bdf = (struct sim_bdf){ domain, bus, dev, fn };
	return true;
}

/**
 * cohmem_sim_bdf_text() - the same as text
 * @bdf: the address
 * @text: gets it
 */
void cohmem_sim_bdf_text(const struct sim_bdf *bdf, char text[24])
{
	snprintf(text, 24, "%04x:%02x:%02x.%x", bdf->domain, bdf->bus, bdf->dev,
		 bdf->fn);
}

/**
 * cohmem_sim_bdf_same() - are they the same?
 * @a, @b: addresses
 * Return: true if so.
 */
bool cohmem_sim_bdf_same(const struct sim_bdf *a, const struct sim_bdf *b)
{
	return a->domain == b->domain && a->bus == b->bus && a->dev == b->dev &&
	       a->fn == b->fn;
}

/* What no function has, or none that we can be. */
static int look(const struct sim_gpu *g, struct sim_notes *n)
{
	u16 vendor = sim_get16(g->byte, PCI_VENDOR_ID);

	if (!vendor || vendor == 0xffff)
		return cohmem_sim_refuse(n, "vendor id %04x: nobody answered there",
					 vendor);
	if ((g->byte[PCI_HEADER_TYPE] & 0x7f) != PCI_HEADER_TYPE_NORMAL)
		return cohmem_sim_refuse(n, "header type %u: no endpoint",
					 g->byte[PCI_HEADER_TYPE] & 0x7f);
	return 0;
}

/**
 * cohmem_sim_gpu_parse() - a GPU, in whatever form
 * @data: bytes: a recording, its description of one GPU, or lspci's text
 * @len: how many
 * @want: which GPU, or NULL for the only one
 * @g: the GPU
 * @n: what is to be said, and why it failed
 * Return: 0, -EINVAL, -ENOMEM.
 */
int cohmem_sim_gpu_parse(const u8 *data, size_t len, const struct sim_bdf *want,
			 struct sim_gpu *g, struct sim_notes *n)
{
	const char *text = (const char *)data;
	size_t skip = 0;
	int err;

	memset(g, 0, sizeof(*g));
	while (skip < len && strchr(" \t\r\n", text[skip]) && text[skip])
		skip++;
	if (cohmem_sim_gpu_tar_here(data, len)) {
		err = cohmem_sim_gpu_tar_find(data, len, want, &data, &len, n);
		if (!err)
			err = cohmem_sim_gpu_json_parse((const char *)data, len,
							g, n);
	} else if (skip < len && text[skip] == '{') {
		err = cohmem_sim_gpu_json_parse(text, len, g, n);
		if (!err && want &&
		    (!g->has_bdf || !cohmem_sim_bdf_same(&g->bdf, want)))
			err = cohmem_sim_refuse(n, "another GPU's description");
	} else if (cohmem_sim_gpu_text_here(text, len)) {
		err = cohmem_sim_gpu_text_parse(text, len, want, false, g, n);
	} else {
		err = cohmem_sim_refuse(n, "neither a recording, nor a GPU's description, nor what lspci -xxxx prints");
	}
	return err ? err : look(g, n);
}

static int read_all(const char *path, u8 **data, size_t *len)
{
	size_t room = 1 << 16, n;
	FILE *f = fopen(path, "re");
	u8 *buf = NULL, *more;
	int err = 0;

	*len = 0;
	if (!f)
		return -errno;
	for (;;) {
		more = *len < room && buf ? buf : realloc(buf, room *= 2);
		if (!more) {
			err = -ENOMEM;
			break;
		}
		buf = more;
		n = fread(buf + *len, 1, room - *len, f);
		*len += n;
		if (!n)
			break;
		if (*len > FILE_MAX_SIZE) {
			err = -EFBIG;
			break;
		}
	}
	if (!err && ferror(f))
		err = errno ? -errno : -EIO;
	fclose(f);
	if (err) {
		free(buf);
		return err;
	}
	*data = buf;
	return 0;
}

/* "FILE#BDF": the file, and which function. */
static char *split(const char *name, struct sim_bdf *bdf, bool *chosen)
{
	const char *mark = strrchr(name, '#');

	*chosen = mark && cohmem_sim_bdf_parse(mark + 1, strlen(mark + 1), bdf);
	return *chosen ? strndup(name, mark - name) : strdup(name);
}

/**
 * cohmem_sim_gpu_load() - a GPU out of a file
 * @name: FILE, or FILE#BDF
 * @g: the GPU
 * @n: what is to be said, and why it failed
 * Return: 0 or -errno.
 */
int cohmem_sim_gpu_load(const char *name, struct sim_gpu *g,
			struct sim_notes *n)
{
	struct sim_bdf bdf;
	bool chosen;
	size_t len;
	char *path;
	u8 *data;
	int err;

	path = split(name, &bdf, &chosen);
	if (!path)
		return -ENOMEM;
	err = read_all(path, &data, &len);
	free(path);
	if (err) {
		cohmem_sim_refuse(n, "%s", strerror(-err));
		return err;
	}
	err = cohmem_sim_gpu_parse(data, len, chosen ? &bdf : NULL, g, n);
	free(data);
	return err;
}

/**
 * cohmem_sim_gpu_dump() - config space and nothing else, of whatever function
 * @path: what lspci -xxxx has printed of one function
 * @g: gets it
 * @n: why it failed
 * Return: 0 or -errno.
 */
int cohmem_sim_gpu_dump(const char *path, struct sim_gpu *g,
			struct sim_notes *n)
{
	size_t len;
	u8 *data;
	int err;

	err = read_all(path, &data, &len);
	if (err) {
		cohmem_sim_refuse(n, "%s", strerror(-err));
		return err;
	}
	memset(g, 0, sizeof(*g));
	err = cohmem_sim_gpu_text_parse((const char *)data, len, NULL, true, g,
					n);
	free(data);
	if (!err && g->have != SIM_CONFIG_SIZE)
		err = cohmem_sim_refuse(n, "no dump of all %u bytes",
					SIM_CONFIG_SIZE);
	return err ? err : look(g, n);
}
