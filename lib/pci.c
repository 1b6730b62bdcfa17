// SPDX-License-Identifier: GPL-2.0-only
/* The PCI functions of the host, as sysfs shows them. */
#include <ctype.h>
#include <stdlib.h>

#include "internal.h"
#include "regs.h"

#define DEVICES		"/sys/bus/pci/devices"
#define CLASS_BRIDGE	0x06

/* IORESOURCE_* of include/linux/ioport.h, part of the sysfs ABI of "resource" */
#define RES_IO		0x00000100
#define RES_MEM		0x00000200
#define RES_PREFETCH	0x00002000
#define RES_MEM_64	0x00100000

/* Hex digits at @*p: between @min and @max of them. */
static bool hex(const char **p, unsigned int min, unsigned int max, u32 *out)
{
	unsigned int n;

	*out = 0;
	for (n = 0; n < max && isxdigit((unsigned char)**p); n++, (*p)++)
		*out = *out << 4 | (isdigit((unsigned char)**p) ?
				    **p - '0' : tolower(**p) - 'a' + 10);
	return n >= min;
}

/* "[domain:]bus:dev.fn" into its numbers. */
static bool parse_bdf(const char *text, u32 *domain, u32 *bus, u32 *dev,
		      u32 *fn)
{
	const char *p = text, *colon = strchr(text, ':');

	*domain = 0;
	if (colon && strchr(colon + 1, ':')) {
		if (!hex(&p, 1, 8, domain) || *p++ != ':')
			return false;
	}
	return hex(&p, 1, 2, bus) && *p++ == ':' && hex(&p, 1, 2, dev) &&
	       *p++ == '.' && hex(&p, 1, 1, fn) && !*p && *dev < 32 && *fn < 8;
}

/* "0009_01_00_0" into "0009:01:00.0". */
static bool underscores(char *text)
{
	char *last = strrchr(text, '_');
	unsigned int nr = 0;

	for (; *text; text++) {
		if (*text != '_')
			continue;
		*text = text == last ? '.' : ':';
		nr++;
	}
	return nr == 3;
}

/**
 * cohmem_bdf_normalise() - the address of a function as sysfs spells it
 * @text: what a person typed: "9:1:0.0", "01:00.0", "0009:01:00.0", a path of
 *	sysfs that ends so, or libvirt's "pci_0009_01_00_0"
 * @out: "0009:01:00.0"
 * Return: 0 or -EINVAL.
 */
int cohmem_bdf_normalise(const char *text, char out[COHMEM_BDF_LEN])
{
	u32 domain, bus, dev, fn;
	char copy[COHMEM_BDF_LEN];
	const char *slash;

	if (!strncmp(text, "/sys/", 5)) {
		slash = strrchr(text, '/');
		text = slash + 1;
	} else if (!strncmp(text, "pci_", 4) &&
		   strlen(text + 4) < sizeof(copy)) {
		cohmem_fmt(copy, sizeof(copy), "%s", text + 4);
		if (!underscores(copy))
			return -EINVAL;
		text = copy;
	}
	if (!parse_bdf(text, &domain, &bus, &dev, &fn))
		return -EINVAL;
	cohmem_fmt(out, COHMEM_BDF_LEN, "%04x:%02x:%02x.%x", domain, bus, dev,
		   fn);
	return 0;
}

static bool attr(struct cohmem_ctx *ctx, const struct cohmem_func *f,
		 const char *name, u32 *out)
{
	char path[128];
	u64 v = 0;
	int ret;

	cohmem_fmt(path, sizeof(path), DEVICES "/%s/%s", f->bdf, name);
	ret = cohmem_read_u64(ctx, path, &v);
	*out = ret ? 0 : v;
	return !ret;
}

static u32 read_id(struct cohmem_ctx *ctx, struct cohmem_func *f,
		   const char *name, enum cohmem_id id)
{
	u32 v;

	if (!attr(ctx, f, name, &v))
		f->unknown |= 1U << id;
	return v;
}

static int number_of(const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	return end == text || *end || n < 0 || n > INT_MAX ? -1 : n;
}

static int find_vfio_dev(void *arg, const char *name)
{
	int n = strncmp(name, "vfio", 4) ? -1 : number_of(name + 4);

	if (n < 0)
		return 0;
	*(int *)arg = n;
	return 1;
}

/* Whatever bind changes: read again after each change. */
static void read_binding(struct cohmem_ctx *ctx, struct cohmem_func *f)
{
	char path[128];
	int nr;

	cohmem_fmt(path, sizeof(path), DEVICES "/%s/driver", f->bdf);
	cohmem_read_link(ctx, path, f->driver, sizeof(f->driver));
	cohmem_fmt(path, sizeof(path), DEVICES "/%s/driver_override", f->bdf);
	cohmem_read_str(ctx, path, f->override, sizeof(f->override));
	if (!strcmp(f->override, "(null)"))
		f->override[0] = '\0';
	nr = -1;
	cohmem_fmt(path, sizeof(path), DEVICES "/%s/vfio-dev", f->bdf);
	cohmem_dir_foreach(ctx, path, find_vfio_dev, &nr);
	/* vfio-dev exists from Linux 6.1 on; before, only the name tells. */
	f->is_vfio = f->driver[0] && (nr >= 0 || strstr(f->driver, "vfio"));
	/* A character device goes with it only in kernels with iommufd. */
	cohmem_fmt(path, sizeof(path), DEVICES "/%s/vfio-dev/vfio%d/dev",
		   f->bdf, nr);
	f->vfio_cdev = cohmem_exists(ctx, path) ? nr : -1;
}

static void read_name(struct cohmem_ctx *ctx, struct cohmem_func *f)
{
	const struct cohmem_chip *chip = cohmem_chip_find(f->vendor, f->device);

	f->is_known = chip;
	f->is_selfhosted = cohmem_chip_selfhosted(f->vendor, f->device);
	if (chip)
		cohmem_fmt(f->name, sizeof(f->name), "NVIDIA %s", chip->name);
	else if (cohmem_pci_name(ctx, f->vendor, f->device, f->name,
				 sizeof(f->name)))
		cohmem_fmt(f->name, sizeof(f->name), "%s",
			   cohmem_class_name(f->class));
}

static int add_func(void *arg, const char *name)
{
	struct cohmem_ctx *ctx = arg;
	u32 domain, bus, dev, fn;
	char path[128], text[32];
	struct cohmem_func *f;

	if (!parse_bdf(name, &domain, &bus, &dev, &fn) ||
	    strlen(name) >= COHMEM_BDF_LEN)
		return 0;
	if (ctx->nr == ctx->room) {
		unsigned int room = ctx->room ? ctx->room * 2 : 64;

		f = realloc(ctx->func, room * sizeof(*f));
		if (!f)
			return -ENOMEM;
		ctx->func = f;
		ctx->room = room;
	}
	f = &ctx->func[ctx->nr++];
	memset(f, 0, sizeof(*f));
	cohmem_fmt(f->bdf, sizeof(f->bdf), "%s", name);
	f->domain = domain;
	f->bus = bus;
	f->dev = dev;
	f->fn = fn;
	f->vendor = read_id(ctx, f, "vendor", COHMEM_ID_VENDOR);
	f->device = read_id(ctx, f, "device", COHMEM_ID_DEVICE);
	f->subvendor = read_id(ctx, f, "subsystem_vendor", COHMEM_ID_SUBVENDOR);
	f->subdevice = read_id(ctx, f, "subsystem_device", COHMEM_ID_SUBDEVICE);
	f->class = read_id(ctx, f, "class", COHMEM_ID_CLASS);
	f->revision = read_id(ctx, f, "revision", COHMEM_ID_REVISION);
	if (f->unknown & (1U << COHMEM_ID_VENDOR | 1U << COHMEM_ID_DEVICE))
		cohmem_log(ctx, COHMEM_LOG_WARN,
			   "%s: cannot read what it is: left out of the list",
			   f->bdf);
	f->is_bridge = f->class >> 16 == CLASS_BRIDGE;

	cohmem_fmt(path, sizeof(path), DEVICES "/%s/numa_node", f->bdf);
	f->numa_node = cohmem_read_str(ctx, path, text, sizeof(text)) ?
		       -1 : number_of(text);
	cohmem_fmt(path, sizeof(path), DEVICES "/%s/iommu_group", f->bdf);
	f->group = cohmem_read_link(ctx, path, text, sizeof(text)) ?
		   -1 : number_of(text);
	cohmem_fmt(path, sizeof(path), DEVICES "/%s/physfn", f->bdf);
	f->is_vf = cohmem_exists(ctx, path);
	cohmem_fmt(path, sizeof(path), DEVICES "/%s/firmware_node/path",
		   f->bdf);
	cohmem_read_str(ctx, path, f->acpi_path, sizeof(f->acpi_path));
	read_binding(ctx, f);
	read_name(ctx, f);
	return 0;
}

static int by_address(const void *a, const void *b)
{
	const struct cohmem_func *x = a, *y = b;

	if (x->domain != y->domain)
		return x->domain < y->domain ? -1 : 1;
	return (x->bus << 8 | x->dev << 3 | x->fn) -
	       (y->bus << 8 | y->dev << 3 | y->fn);
}

/**
 * cohmem_scan_free() - forget the snapshot
 * @ctx: the context
 */
void cohmem_scan_free(struct cohmem_ctx *ctx)
{
	cohmem_egm_free(ctx);
	while (ctx->nr)
		cohmem_bound_free(&ctx->func[--ctx->nr]);
	cohmem_holders_free(ctx);
}

/**
 * cohmem_scan() - take a snapshot of all PCI functions
 * @ctx: the context
 *
 * No device is woken up for it. May be called again; functions of the former
 * snapshot are gone then.
 *
 * Return: 0 or -errno.
 */
int cohmem_scan(struct cohmem_ctx *ctx)
{
	const struct cohmem_dsd *dsd;
	struct cohmem_func *f;
	int ret;

	cohmem_scan_free(ctx);
	ret = cohmem_dir_foreach(ctx, DEVICES, add_func, ctx);
	if (ret == -ENOENT)
		return cohmem_fail(ctx, ret, DEVICES, ctx->live ?
				   "is sysfs mounted, and is there a PCI bus?" :
				   "is that the root of a recorded machine?",
				   "cannot list PCI functions: %s",
				   strerror(-ret));
	if (ret)
		return cohmem_fail(ctx, ret, DEVICES, NULL,
				   "cannot list PCI functions: %s",
				   strerror(-ret));
	if (ctx->nr)
		qsort(ctx->func, ctx->nr, sizeof(*ctx->func), by_address);
	cohmem_acpi_read(ctx);
	cohmem_func_foreach(ctx, f) {
		dsd = cohmem_acpi_find(ctx, f->acpi_path);
		f->announced = dsd;
		if (dsd)
			f->dsd = *dsd;
	}
	return 0;
}

/**
 * cohmem_func_next() - iterate over all functions
 * @ctx: the context, scanned
 * @prev: where the iteration is; NULL to start
 * Return: the next function in order of address, or NULL.
 */
struct cohmem_func *cohmem_func_next(struct cohmem_ctx *ctx,
				     const struct cohmem_func *prev)
{
	unsigned int i = prev ? prev - ctx->func + 1 : 0;

	return i < ctx->nr ? &ctx->func[i] : NULL;
}

/**
 * cohmem_func_find() - the function at an address
 * @ctx: the context, scanned
 * @bdf: address as cohmem_bdf_normalise() makes it
 * Return: the function, or NULL.
 */
struct cohmem_func *cohmem_func_find(struct cohmem_ctx *ctx, const char *bdf)
{
	struct cohmem_func *f;

	cohmem_func_foreach(ctx, f)
		if (!strcmp(f->bdf, bdf))
			return f;
	return NULL;
}

/**
 * cohmem_group_next() - iterate over an IOMMU group
 * @ctx: the context, scanned
 * @of: a function; its group is meant; without a group there are no members
 * @prev: where the iteration is; NULL to start
 * Return: the next member, @of itself among them, or NULL.
 */
struct cohmem_func *cohmem_group_next(struct cohmem_ctx *ctx,
				      const struct cohmem_func *of,
				      const struct cohmem_func *prev)
{
	struct cohmem_func *f = cohmem_func_next(ctx, prev);

	while (f && (f->group < 0 || f->group != of->group))
		f = cohmem_func_next(ctx, f);
	return f;
}

static int any_entry(void *arg, const char *name)
{
	(void)arg;
	(void)name;
	return 1;
}

/**
 * cohmem_has_iommu() - does the kernel drive an IOMMU?
 * @ctx: the context
 *
 * Before Linux 6.15 an IOMMU that firmware describes (SMMU, virtio-iommu) gives
 * a function its group only when a driver is tried on it: being in no group is
 * then no obstacle yet.
 *
 * Return: true if so.
 */
bool cohmem_has_iommu(const struct cohmem_ctx *ctx)
{
	return cohmem_dir_foreach(ctx, "/sys/class/iommu", any_entry,
				  NULL) == 1;
}

/* "start end flags" lines, in order of the BARs. */
static void read_bars(struct cohmem_ctx *ctx, struct cohmem_func *f)
{
	unsigned long long start, end, flags;
	char path[128], text[2048], *line, *save;
	unsigned int i = 0;

	memset(f->bar, 0, sizeof(f->bar));
	cohmem_fmt(path, sizeof(path), DEVICES "/%s/resource", f->bdf);
	if (cohmem_read_str(ctx, path, text, sizeof(text)))
		return;
	for (line = strtok_r(text, "\n", &save); line && i < COHMEM_NR_BARS;
	     line = strtok_r(NULL, "\n", &save), i++) {
		struct cohmem_bar_info *b = &f->bar[i];

		if (sscanf(line, "%llx %llx %llx", &start, &end, &flags) != 3 ||
		    !(flags & (RES_IO | RES_MEM)) || end < start)
			continue;
		b->base = start;
		b->size = end - start + 1;
		b->is_io = flags & RES_IO;
		b->prefetch = flags & RES_PREFETCH;
		b->is_64 = flags & RES_MEM_64;
	}
}

/**
 * cohmem_func_load() - find out all that is known about a function
 * @ctx: the context, scanned
 * @f: the function
 *
 * What cannot be read (not root, no ACPI) is left unknown; that is no error.
 * Reading config space wakes a sleeping device up, so this is for the functions
 * of interest only.
 */
void cohmem_func_load(struct cohmem_ctx *ctx, struct cohmem_func *f)
{
	char path[128];

	if (f->is_egm) {
		cohmem_egm_refresh(ctx, f);
		return;
	}
	read_bars(ctx, f);
	cohmem_config_load(ctx, f);
	cohmem_fmt(path, sizeof(path), DEVICES "/%s/current_link_speed",
		   f->bdf);
	cohmem_read_str(ctx, path, f->link_speed, sizeof(f->link_speed));
	attr(ctx, f, "current_link_width", &f->link_width);
	cohmem_bound_load(ctx, f);
	cohmem_memory_load(ctx, f);
	f->loaded = true;
}

/**
 * cohmem_func_glance() - find out what a list shows of a function
 * @ctx: the context, scanned
 * @f: the function
 *
 * As cohmem_func_load(), but a device that sleeps is not woken up where its
 * driver says all there is to say. Its BARs are not read.
 */
void cohmem_func_glance(struct cohmem_ctx *ctx, struct cohmem_func *f)
{
	if (f->is_egm) {
		cohmem_egm_refresh(ctx, f);
		return;
	}
	cohmem_bound_load(ctx, f);
	if (!f->bound.valid && f->announced)
		cohmem_config_load(ctx, f);
	cohmem_memory_load(ctx, f);
}

/**
 * cohmem_func_is_gpu() - is this a function people look for here?
 * @f: the function
 *
 * One bound to our driver, or one for which firmware announces memory, or one
 * whose id says that it should have some. The function alone, not its VFs:
 * these share ids with it, but have no coherent memory of their own.
 *
 * Return: true if so.
 */
bool cohmem_func_is_gpu(const struct cohmem_func *f)
{
	if (!strcmp(f->driver, COHMEM_DRIVER))
		return true;
	if (f->announced &&
	    f->dsd.present & (1U << COHMEM_MEM_BASE | 1U << COHMEM_MEM_SIZE))
		return true;
	return f->is_selfhosted && !f->is_vf && !f->is_bridge;
}

/**
 * cohmem_func_is_stray() - does driver_override name a VFIO driver that does
 *	not have the function?
 * @f: the function
 *
 * An interrupted bind leaves that: VFIO gets the function as soon as its driver
 * lets go of it.
 *
 * Return: true if so.
 */
bool cohmem_func_is_stray(const struct cohmem_func *f)
{
	return strstr(f->override, "vfio") && strcmp(f->override, f->driver);
}

/**
 * cohmem_func_viability() - may a function stay as it is when its IOMMU group
 *	is handed to a user of VFIO?
 * @f: the function
 *
 * The rule is the kernel's: every function of the group that does DMA belongs
 * to VFIO, or to nobody.
 *
 * Return: why it may, or COHMEM_NOT_VIABLE.
 */
enum cohmem_viability cohmem_func_viability(const struct cohmem_func *f)
{
	if (f->is_bridge)
		return COHMEM_VIABLE_BRIDGE;
	if (!f->driver[0])
		return COHMEM_VIABLE_UNBOUND;
	if (f->is_vfio || !strcmp(f->driver, "pci-stub"))
		return COHMEM_VIABLE_VFIO;
	return COHMEM_NOT_VIABLE;
}

/**
 * cohmem_func_state() - the state of a function in one stable word
 * @f: the function, loaded
 *
 * Return: bound to our driver: the readiness ("ready", "waiting", "resetting",
 * "failed") or "plain"; bound to another VFIO driver: "vfio"; to a host
 * driver: "host"; else "unbound".
 */
const char *cohmem_func_state(const struct cohmem_func *f)
{
	if (!strcmp(cohmem_fact_word(f, COHMEM_FACT_MODE), "plain"))
		return "plain";
	if (cohmem_fact_word(f, COHMEM_FACT_READY_STATE)[0])
		return cohmem_fact_word(f, COHMEM_FACT_READY_STATE);
	if (f->is_vfio)
		return "vfio";
	return f->driver[0] ? "host" : "unbound";
}

/**
 * cohmem_class_name() - a PCI class in words
 * @class: 24-bit class code
 * Return: words; "PCI function" for a class nobody meets beside a GPU.
 */
const char *cohmem_class_name(u32 class)
{
	switch (class >> 8) {
	case 0x0108:
		return "NVMe controller";
	case 0x0200:
		return "Ethernet controller";
	case 0x0207:
		return "InfiniBand controller";
	case 0x0300:
		return "VGA controller";
	case 0x0302:
		return "3D controller";
	case 0x0403:
		return "Audio device";
	case 0x0600:
		return "Host bridge";
	case 0x0604:
		return "PCI bridge";
	case 0x0680:
		return "Bridge";
	case 0x0c03:
		return "USB controller";
	}
	return "PCI function";
}
