// SPDX-License-Identifier: GPL-2.0-only
/* What goes into a recording of a host: capture.h has the rules. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "capture.h"
#include "check.h"
#include "internal.h"

#define DEVICES		"/sys/bus/pci/devices"
#define FILE_MAX	(1 << 20)
#define TABLE_MAX	(8 << 20)
#define LOG_MAX		(256 << 10)

/* Lines of a file that hold one of some words. */
struct filter {
	const char *word[6];
};

static void add_blob(struct cohmem_ctx *ctx, struct cohmem_tar *t,
		     const char *path, size_t max)
{
	size_t len;
	u8 *data;

	if (cohmem_read_blob(ctx, path, max, &data, &len))
		return;
	cohmem_tar_file(t, path + 1, data, len);
	free(data);
}

static void add_lines(struct cohmem_ctx *ctx, struct cohmem_tar *t,
		      const char *path, size_t max, const struct filter *f)
{
	size_t len, out = 0, n;
	char *p, *end;
	unsigned int i;
	u8 *data;

	if (cohmem_read_blob(ctx, path, max, &data, &len))
		return;
	for (p = (char *)data; p < (char *)data + len; p = end) {
		end = memchr(p, '\n', (char *)data + len - p);
		end = end ? end + 1 : (char *)data + len;
		n = end - p;
		for (i = 0; i < 6 && f->word[i]; i++)
			if (memmem(p, n, f->word[i], strlen(f->word[i]))) {
				memmove(data + out, p, n);
				out += n;
				break;
			}
	}
	cohmem_tar_file(t, path + 1, data, out);
	free(data);
}

static bool read_whole_link(struct cohmem_ctx *ctx, const char *path,
			    char *buf, size_t size)
{
	char full[PATH_MAX];
	ssize_t n;

	if (cohmem_path(ctx, full, path))
		return false;
	n = readlink(full, buf, size);
	if (n <= 0 || (size_t)n >= size)
		return false;
	buf[n] = '\0';
	return true;
}

static void add_link(struct cohmem_ctx *ctx, struct cohmem_tar *t,
		     const char *path)
{
	char target[PATH_MAX];

	if (read_whole_link(ctx, path, target, sizeof(target)))
		cohmem_tar_link(t, path + 1, target);
}

/* The folder of a function, under the name that links point to. */
struct place {
	char dir[256];
};

static bool place_of(struct cohmem_ctx *ctx, const struct cohmem_func *f,
		     struct place *p)
{
	char link[128], target[PATH_MAX];
	const char *rest = target;

	cohmem_fmt(link, sizeof(link), DEVICES "/%s", f->bdf);
	if (!read_whole_link(ctx, link, target, sizeof(target)))
		return false;
	while (!strncmp(rest, "../", 3))
		rest += 3;
	cohmem_fmt(p->dir, sizeof(p->dir), "/sys/%s", rest);
	return !strncmp(rest, "devices/", 8) && strlen(rest) < sizeof(p->dir) - 8;
}

static void add_config(struct cohmem_ctx *ctx, struct cohmem_tar *t,
		       const struct cohmem_func *f, const char *dir)
{
	char path[320];
	size_t len;
	u8 *cfg;

	cohmem_fmt(path, sizeof(path), "%s/config", dir);
	if (cohmem_read_blob(ctx, path, 4096, &cfg, &len))
		return;
	cohmem_hide_serial(cfg, len);
	/* Of the ports above only what their capabilities say. */
	if (!cohmem_func_is_gpu(f) && len > 256)
		len = 256;
	cohmem_tar_file(t, path + 1, cfg, len);
	free(cfg);
}

struct attrs {
	struct cohmem_ctx *ctx;
	struct cohmem_tar *t;
	char dir[300];
};

static int add_attr(void *arg, const char *name)
{
	struct attrs *a = arg;
	char path[PATH_MAX];

	cohmem_fmt(path, sizeof(path), "%s/%s", a->dir, name);
	add_blob(a->ctx, a->t, path, FILE_MAX);
	return 0;
}

static int add_vfio_dev(void *arg, const char *name)
{
	struct attrs *a = arg;
	char path[PATH_MAX];

	cohmem_fmt(path, sizeof(path), "%s/%s", a->dir, name);
	cohmem_tar_dir(a->t, path + 1);
	cohmem_fmt(path, sizeof(path), "%s/%s/dev", a->dir, name);
	add_blob(a->ctx, a->t, path, 64);
	return 0;
}

static void add_func(struct cohmem_ctx *ctx, struct cohmem_tar *t,
		     const struct cohmem_func *f)
{
	static const char *const files[] = {
		"vendor", "device", "subsystem_vendor", "subsystem_device",
		"class", "revision", "driver_override", "numa_node", "resource",
		"current_link_speed", "current_link_width",
	};
	static const char *const links[] = {
		"driver", "iommu_group", "firmware_node", "physfn",
	};
	char path[512], target[PATH_MAX];
	struct attrs a = { ctx, t, "" };
	struct place p;
	unsigned int i;

	if (!place_of(ctx, f, &p))
		return;
	cohmem_tar_dir(t, p.dir + 1);
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		cohmem_fmt(path, sizeof(path), "%s/%s", p.dir, files[i]);
		add_blob(ctx, t, path, 4096);
	}
	add_config(ctx, t, f, p.dir);
	for (i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		cohmem_fmt(path, sizeof(path), "%s/%s", p.dir, links[i]);
		add_link(ctx, t, path);
	}
	/* The ACPI path is a file behind a link: it goes to where that points. */
	cohmem_fmt(path, sizeof(path), "%s/firmware_node", p.dir);
	if (f->acpi_path[0] &&
	    read_whole_link(ctx, path, target, sizeof(target))) {
		const char *rest = target;

		while (!strncmp(rest, "../", 3))
			rest += 3;
		/* Relative to the function's folder; below sys/devices. */
		cohmem_fmt(path, sizeof(path), "sys/devices/%s/path",
			   !strncmp(rest, "devices/", 8) ? rest + 8 : rest);
		cohmem_fmt(target, sizeof(target), "%s\n", f->acpi_path);
		cohmem_tar_file(t, path, target, strlen(target));
	}
	cohmem_fmt(a.dir, sizeof(a.dir), "%s/cohmem", p.dir);
	cohmem_dir_foreach(ctx, a.dir, add_attr, &a);
	cohmem_fmt(a.dir, sizeof(a.dir), "%s/vfio-dev", p.dir);
	cohmem_dir_foreach(ctx, a.dir, add_vfio_dev, &a);
	cohmem_fmt(path, sizeof(path), DEVICES "/%s", f->bdf);
	add_link(ctx, t, path);
	if (f->group >= 0) {
		cohmem_fmt(path, sizeof(path), "sys/kernel/iommu_groups/%d",
			   f->group);
		cohmem_tar_dir(t, path);
	}
	if (f->driver[0]) {
		cohmem_fmt(path, sizeof(path), "sys/bus/pci/drivers/%s", f->driver);
		cohmem_tar_dir(t, path);
	}
}

/* Does a function have to do with a GPU: itself, its group, the way up? */
static bool concerned(struct cohmem_ctx *ctx, const struct cohmem_func *f)
{
	struct place mine, theirs;
	struct cohmem_func *g;

	if (cohmem_func_is_gpu(f))
		return true;
	if (!place_of(ctx, f, &mine))
		return false;
	cohmem_func_foreach(ctx, g) {
		if (!cohmem_func_is_gpu(g))
			continue;
		if (f->group >= 0 && f->group == g->group)
			return true;
		if (place_of(ctx, g, &theirs) &&
		    !strncmp(mine.dir, theirs.dir, strlen(mine.dir)) &&
		    theirs.dir[strlen(mine.dir)] == '/')
			return true;
	}
	return false;
}

static bool has_id(struct cohmem_ctx *ctx, unsigned int vendor, int device)
{
	struct cohmem_func *f;

	cohmem_func_foreach(ctx, f)
		if (f->vendor == vendor && (device < 0 || f->device == device) &&
		    concerned(ctx, f))
			return true;
	return false;
}

/* Of the list of names those lines that these functions need. */
static void add_names(struct cohmem_ctx *ctx, struct cohmem_tar *t)
{
	const char *const path = "/usr/share/misc/pci.ids";
	unsigned int vendor = 0, id;
	size_t len, out = 0, n;
	bool wanted = false;
	char *p, *end;
	u8 *data;

	if (cohmem_read_blob(ctx, path, TABLE_MAX, &data, &len))
		return;
	for (p = (char *)data; p < (char *)data + len; p = end) {
		end = memchr(p, '\n', (char *)data + len - p);
		if (!end)
			break;
		*end++ = '\0';
		n = end - p;
		if (*p != '\t') {
			wanted = sscanf(p, "%4x  ", &vendor) == 1 && *p != 'C' &&
				 has_id(ctx, vendor, -1);
			if (!wanted)
				continue;
		} else if (!wanted || p[1] == '\t' ||
			   sscanf(p + 1, "%4x", &id) != 1 ||
			   !has_id(ctx, vendor, id)) {
			continue;
		}
		memmove(data + out, p, n);
		data[out + n - 1] = '\n';
		out += n;
	}
	cohmem_tar_file(t, path + 1, data, out);
	free(data);
}

static void add_answers(struct cohmem_ctx *ctx, struct cohmem_tar *t)
{
	char text[2048], answer[256];
	unsigned int i;
	size_t len = 0;

	for (i = 0; cohmem_answer_key(i); i++)
		if (!cohmem_answer(ctx, cohmem_answer_key(i), answer,
				   sizeof(answer)) &&
		    len + 300 < sizeof(text))
			len += snprintf(text + len, sizeof(text) - len, "%s=%s\n",
					cohmem_answer_key(i), answer);
	cohmem_tar_file(t, "cohmem/answers", text, len);
}

/* Is a line of the kernel's about a GPU, or a driver of such? */
static bool log_line_ok(struct cohmem_ctx *ctx, const char *line)
{
	struct cohmem_func *f;

	if (strstr(line, "cohmem") || strstr(line, "nvgrace"))
		return true;
	cohmem_func_foreach(ctx, f)
		if (cohmem_func_is_gpu(f) && strstr(line, f->bdf))
			return true;
	return false;
}

static void add_log(struct cohmem_ctx *ctx, struct cohmem_tar *t)
{
	char record[8192], *end, *text = malloc(LOG_MAX);
	size_t len = 0, left;
	ssize_t n;
	int fd;

	/* Of a recorded host: what was recorded. */
	if (!ctx->live) {
		add_blob(ctx, t, "/cohmem/kernel.log", LOG_MAX);
		free(text);
		return;
	}
	fd = cohmem_open(ctx, "/dev/kmsg", O_RDONLY | O_NONBLOCK);
	for (left = 200000; text && fd >= 0 && left; left--) {
		n = read(fd, record, sizeof(record) - 1);
		if (n < 0 && (errno == EPIPE || errno == EINTR))
			continue;
		if (n <= 0)
			break;
		record[n] = '\0';
		end = strchr(record, '\n');
		if (end)
			end[1] = '\0';
		n = strlen(record);
		if (log_line_ok(ctx, record) && len + n < LOG_MAX) {
			memcpy(text + len, record, n);
			len += n;
		}
	}
	if (fd >= 0) {
		close(fd);
		cohmem_tar_file(t, "cohmem/kernel.log", text, len);
	}
	free(text);
}

static int add_table(void *arg, const char *name)
{
	struct attrs *a = arg;
	char path[PATH_MAX];

	/* Not MSDM and the like, which hold keys. */
	if (strncmp(name, "SSDT", 4) && strcmp(name, "DSDT") &&
	    strcmp(name, "SLIT") && strcmp(name, "SRAT"))
		return 0;
	cohmem_fmt(path, sizeof(path), "%s/%s", a->dir, name);
	add_blob(a->ctx, a->t, path, TABLE_MAX);
	return 0;
}

static int add_node(void *arg, const char *name)
{
	static const char *const files[] = { "distance", "cpulist", "meminfo" };
	struct attrs *a = arg;
	char path[PATH_MAX];
	unsigned int i;

	if (strncmp(name, "node", 4) || !strchr("0123456789", name[4]))
		return 0;
	cohmem_fmt(path, sizeof(path), "%s/%s", a->dir, name);
	cohmem_tar_dir(a->t, path + 1);
	for (i = 0; i < 3; i++) {
		cohmem_fmt(path, sizeof(path), "%s/%s/%s", a->dir, name, files[i]);
		add_blob(a->ctx, a->t, path, 4096);
	}
	return 0;
}

static int add_folder(void *arg, const char *name)
{
	struct attrs *a = arg;
	char path[PATH_MAX];

	cohmem_fmt(path, sizeof(path), "%s/%s", a->dir, name);
	cohmem_tar_dir(a->t, path + 1);
	return 0;
}

/* What cohmem itself has noted of its binds. */
static int add_note(void *arg, const char *name)
{
	struct attrs *a = arg;
	char path[PATH_MAX];

	cohmem_fmt(path, sizeof(path), "%s/%s", a->dir, name);
	if (strstr(name, ".json"))
		add_blob(a->ctx, a->t, path, FILE_MAX);
	return 0;
}

static int add_huge(void *arg, const char *name)
{
	struct attrs *a = arg;
	char path[PATH_MAX];

	cohmem_fmt(path, sizeof(path), "%s/%s/free_hugepages", a->dir, name);
	add_blob(a->ctx, a->t, path, 64);
	return 0;
}

static void walk(struct cohmem_ctx *ctx, struct cohmem_tar *t, const char *dir,
		 int (*fn)(void *arg, const char *name))
{
	struct attrs a = { ctx, t, "" };

	cohmem_fmt(a.dir, sizeof(a.dir), "%s", dir);
	cohmem_dir_foreach(ctx, dir, fn, &a);
}

static void add_kernel(struct cohmem_ctx *ctx, struct cohmem_tar *t)
{
	static const struct filter config = { {
		"CONFIG_VFIO", "CONFIG_IOMMU", "CONFIG_ARCH_SUPPORTS_HUGE_PFNMAP",
		"CONFIG_MEMORY_FAILURE", "CONFIG_ARM_SMMU", "CONFIG_NVGRACE",
	} };
	static const struct filter modules = { { "vfio", "nvgrace", "cohmem" } };
	static const char *const loaded[] = {
		"cohmem_vfio_pci", "nvgrace_gpu_vfio_pci", "vfio_pci",
		"vfio_iommu_type1", "nvidia",
	};
	char release[128], path[256];
	unsigned int i;

	add_blob(ctx, t, "/proc/sys/kernel/osrelease", 256);
	if (cohmem_exists(ctx, "/proc/sys/vm"))
		cohmem_tar_dir(t, "proc/sys/vm");
	add_blob(ctx, t, "/proc/sys/vm/memory_failure_recovery", 16);
	for (i = 0; i < sizeof(loaded) / sizeof(loaded[0]); i++) {
		cohmem_fmt(path, sizeof(path), "/sys/module/%s", loaded[i]);
		if (cohmem_exists(ctx, path))
			cohmem_tar_dir(t, path + 1);
		cohmem_fmt(path, sizeof(path), "/sys/bus/pci/drivers/%s", loaded[i]);
		if (cohmem_exists(ctx, path))
			cohmem_tar_dir(t, path + 1);
	}
	cohmem_tar_dir(t, "sys/bus/pci/drivers");
	if (cohmem_exists(ctx, "/sys/bus/pci/drivers/vfio-pci"))
		cohmem_tar_dir(t, "sys/bus/pci/drivers/vfio-pci");
	if (cohmem_read_str(ctx, "/proc/sys/kernel/osrelease", release,
			    sizeof(release)) || strchr(release, '/'))
		return;
	cohmem_fmt(path, sizeof(path), "/boot/config-%s", release);
	add_lines(ctx, t, path, FILE_MAX, &config);
	cohmem_fmt(path, sizeof(path), "/lib/modules/%s/modules.dep", release);
	add_lines(ctx, t, path, TABLE_MAX, &modules);
	cohmem_fmt(path, sizeof(path), "/lib/modules/%s/modules.alias", release);
	add_lines(ctx, t, path, 2 * TABLE_MAX, &modules);
	cohmem_fmt(path, sizeof(path), "/lib/modules/%s/modules.builtin", release);
	add_lines(ctx, t, path, FILE_MAX, &modules);
}

static void add_host(struct cohmem_ctx *ctx, struct cohmem_tar *t)
{
	static const struct filter memory = { {
		"MemTotal", "MemAvailable", "HugePages", "Hugepagesize",
	} };
	/* Names of devices there tell of the machine, not of its owner. */
	static const struct filter iomem = { { ": System RAM", ": PCI Bus", ": PCI ECAM" } };
	static const char *const there[] = { "/dev/iommu", "/dev/vfio/vfio", "/dev/kvm" };
	unsigned int i;

	walk(ctx, t, "/sys/firmware/acpi/tables", add_table);
	add_blob(ctx, t, "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c", 16);
	add_lines(ctx, t, "/proc/iomem", FILE_MAX, &iomem);
	add_lines(ctx, t, "/proc/meminfo", FILE_MAX, &memory);
	walk(ctx, t, "/sys/class/iommu", add_folder);
	walk(ctx, t, "/sys/kernel/mm/hugepages", add_huge);
	walk(ctx, t, "/sys/devices/system/node", add_node);
	add_blob(ctx, t, "/sys/devices/system/node/has_generic_initiator", 4096);
	for (i = 0; i < sizeof(there) / sizeof(there[0]); i++)
		if (cohmem_exists(ctx, there[i]))
			cohmem_tar_file(t, there[i] + 1, "", 0);
	walk(ctx, t, COHMEM_RUN_DIR, add_note);
}

/**
 * cohmem_capture() - record a host
 * @ctx: the context, scanned; of a recorded host a recording can be made, too
 * @out: where to, or NULL: nothing is written, @seen hears what would be
 * @seen: hears of each member; may be NULL
 * @arg: its own
 * Return: 0, or -errno; cohmem_why() tells.
 */
int cohmem_capture(struct cohmem_ctx *ctx, FILE *out, cohmem_capture_fn *seen,
		   void *arg)
{
	static const char head[] =
		"schema=cohmem.recording.1\nversion=" COHMEM_VERSION "\n";
	struct cohmem_tar t = { .out = out, .seen = seen, .arg = arg };
	struct cohmem_func *f;
	int ret;

	cohmem_tar_file(&t, "cohmem/recording", head, sizeof(head) - 1);
	cohmem_func_foreach(ctx, f)
		if (cohmem_func_is_gpu(f)) {
			cohmem_func_load(ctx, f);
			cohmem_capture_gpu(ctx, &t, f);
		}
	add_answers(ctx, &t);
	add_log(ctx, &t);
	cohmem_tar_dir(&t, "sys/bus/pci/devices");
	cohmem_func_foreach(ctx, f)
		if (concerned(ctx, f))
			add_func(ctx, &t, f);
	cohmem_capture_egm(ctx, &t);
	add_names(ctx, &t);
	add_host(ctx, &t);
	add_kernel(ctx, &t);
	ret = cohmem_tar_end(&t);
	if (ret)
		return cohmem_fail(ctx, ret, NULL, NULL,
				   "cannot write the recording: %s", strerror(-ret));
	return 0;
}
