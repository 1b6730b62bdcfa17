// SPDX-License-Identifier: GPL-2.0-only
/* The model of the kernel; see kernel_model.h. */
#include "kernel_model.h"

static char tmp[] = "/tmp/cohmem-bind-XXXXXX";

static int rm_one(const char *path, const struct stat *st, int flag,
		  struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

void km_rm_tree(const char *path)
{
	nftw(path, rm_one, 16, FTW_DEPTH | FTW_PHYS);
}

void km_put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (!f)
		fail_msg("cannot write %s", path);
	fputs(text, f);
	fclose(f);
}

void km_get(const char *path, char *buf, size_t size)
{
	FILE *f = fopen(path, "r");
	size_t n = f ? fread(buf, 1, size - 1, f) : 0;

	buf[n] = '\0';
	if (f)
		fclose(f);
}

/* What drives a function when nobody says otherwise. */
static const char *native(const char *bdf)
{
	return !strcmp(bdf, NIC) ? "virtio-pci" : "nvidia";
}

static void kernel_probe(struct kernel *k, const char *bdf)
{
	char path[PATH], target[PATH], driver[64];

	snprintf(path, sizeof(path), "%s/sys/bus/pci/devices/%s/driver", k->root,
		 bdf);
	if (!access(path, F_OK))
		return;		/* it has one */
	snprintf(target, sizeof(target),
		 "%s/sys/bus/pci/devices/%s/driver_override", k->root, bdf);
	km_get(target, driver, sizeof(driver));
	driver[strcspn(driver, "\n")] = '\0';
	if (!driver[0] || !strcmp(driver, "(null)"))
		snprintf(driver, sizeof(driver), "%s", native(bdf));
	snprintf(target, sizeof(target), "%s/sys/bus/pci/drivers/%s", k->root,
		 driver);
	if (access(target, F_OK))
		return;		/* no such driver */
	if (k->refuse && !strcmp(driver, k->refuse)) {
		snprintf(path, sizeof(path), "%s/dev/kmsg", k->root);
		snprintf(target, sizeof(target),
			 "6,76,1233,-;%1$s 0000:00:00.0: something else\n"
			 "4,77,1234,-;%1$s %2$s: refused (test): no reason\n"
			 " SUBSYSTEM=pci\n DEVICE=+pci:%2$s;\n"
			 "4,78,1235,-;%1$s %2$s: probe with driver %1$s failed with error -22\n",
			 driver, bdf);
		km_put(path, target);
		return;
	}
	snprintf(target, sizeof(target), "../../../../bus/pci/drivers/%s",
		 driver);
	assert_int_equal(symlink(target, path), 0);
}

static void kernel_unbind(struct kernel *k, const char *driver,
			  const char *bdf)
{
	char path[PATH], target[PATH];
	ssize_t n;

	snprintf(path, sizeof(path), "%s/sys/bus/pci/devices/%s/driver", k->root,
		 bdf);
	n = readlink(path, target, sizeof(target) - 1);
	target[n < 0 ? 0 : n] = '\0';
	/* A driver can only let go of what it has. */
	assert_true(strrchr(target, '/') &&
		    !strcmp(strrchr(target, '/') + 1, driver));
	unlink(path);
	if (!strcmp(driver, "nvidia")) {
		/* It takes the GPU's memory off line. */
		snprintf(path, sizeof(path), "%s/proc/iomem", k->root);
		km_put(path, "");
	}
	snprintf(path, sizeof(path), "%s/sys/bus/pci/devices/%s/vfio-dev",
		 k->root, bdf);
	km_rm_tree(path);
}

static void kernel_write(struct kernel *k, const char *path, const char *value)
{
	char driver[64], text[128];
	const char *p;

	snprintf(text, sizeof(text), "%s\n", value);
	km_put(path, value[0] ? text : "(null)\n");
	if (strstr(path, "/drivers_probe")) {
		kernel_probe(k, value);
	} else if ((p = strstr(path, "/bus/pci/drivers/"))) {
		p += strlen("/bus/pci/drivers/");
		snprintf(driver, sizeof(driver), "%.*s", (int)strcspn(p, "/"),
			 p);
		assert_non_null(strstr(p, "/unbind"));
		kernel_unbind(k, driver, value);
	}
}

/* A signal, before or after the effect of a step. */
static void arrive(struct kernel *k, bool late)
{
	if (!late)
		k->steps++;
	if (k->steps != k->signal_at || late != k->after)
		return;
	if (k->die)
		_exit(0);
	raise(k->signo);
}

static int on_write(void *arg, const char *path, const char *value)
{
	struct kernel *k = arg;
	bool fails = ++k->writes == k->fail_at;

	arrive(k, false);
	assert_int_equal(strncmp(path, k->root, strlen(k->root)), 0);
	assert_int_equal(access(path, W_OK), 0);
	if (!fails || k->after)
		kernel_write(k, path, value);
	arrive(k, true);
	return fails ? -EIO : 0;
}

static int on_module(void *arg, const char *name, char *err, size_t len)
{
	struct kernel *k = arg;
	char path[PATH];

	arrive(k, false);
	snprintf(k->asked + strlen(k->asked), sizeof(k->asked) - strlen(k->asked),
		 "%s ", name);
	if (k->no_modules) {
		snprintf(err, len, "FATAL: no such module");
		return -ENOENT;
	}
	if (!strcmp(name, "vfio_iommu_type1")) {
		arrive(k, true);
		return 0;
	}
	snprintf(path, sizeof(path), "%s/sys/bus/pci/drivers/%s", k->root, name);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/sys/bus/pci/drivers/%s/unbind", k->root,
		 name);
	km_put(path, "");
	arrive(k, true);
	return 0;
}

static void on_log(void *arg, enum cohmem_log_level level, const char *text)
{
	struct kernel *k = arg;

	(void)level;
	snprintf(k->notes + strlen(k->notes), sizeof(k->notes) -
		 strlen(k->notes), "%s\n", text);
}

static const struct cohmem_ops ops = {
	.write = on_write, .load_module = on_module,
};

static char copy_from[PATH];
static const char *copy_to;

/* As "cp -a", without a process for each of some hundred copies. */
static int copy_one(const char *path, const struct stat *st, int flag,
		    struct FTW *ftw)
{
	char to[2 * PATH], buf[65536];
	ssize_t n;
	int in, out;

	(void)ftw;
	snprintf(to, sizeof(to), "%s%s", copy_to, path + strlen(copy_from));
	if (flag == FTW_D)
		return mkdir(to, 0755);
	if (flag == FTW_SL) {
		n = readlink(path, buf, PATH - 1);
		buf[n < 0 ? 0 : n] = '\0';
		return symlink(buf, to);
	}
	in = open(path, O_RDONLY);
	out = open(to, O_WRONLY | O_CREAT | O_EXCL, st->st_mode & 0777);
	while ((n = read(in, buf, sizeof(buf))) > 0)
		if (write(out, buf, n) != n)
			n = -1;
	close(in);
	return close(out) || n < 0 ? -1 : 0;
}

/* The kernel of a context that somebody else has made, too. */
void km_play(struct kernel *k, struct cohmem_ctx *ctx)
{
	cohmem_set_ops(ctx, &ops, k);
}

void km_start(struct kernel *k, const char *machine)
{
	static int nr;
	char cmd[3 * PATH];

	memset(k, 0, sizeof(*k));
	snprintf(k->root, sizeof(k->root), "%s/%d", tmp, nr++);
	/* One unpacked copy a machine is kept: unpacking starts a Python. */
	snprintf(cmd, sizeof(cmd),
		 "'%2$s/tests/cli/unpack' '%2$s/tests/cli/machines/%3$s' %1$s/%3$s",
		 tmp, getenv("COHMEM_TOP"), machine);
	snprintf(copy_from, sizeof(copy_from), "%s/%s", tmp, machine);
	if (access(copy_from, F_OK))
		assert_int_equal(system(cmd), 0);
	copy_to = k->root;
	assert_int_equal(nftw(copy_from, copy_one, 16, FTW_PHYS), 0);
	snprintf(cmd, sizeof(cmd), "%s/dev/kmsg", k->root);
	km_put(cmd, "");
	assert_int_equal(cohmem_new(&k->ctx, k->root), 0);
	km_play(k, k->ctx);
	cohmem_set_log(k->ctx, on_log, k);
}

void km_stop(struct kernel *k)
{
	cohmem_plan_free(&k->plan);
	cohmem_free(k->ctx);
	km_rm_tree(k->root);
}

/* The binding of everything that matters, as one string. */
void km_snapshot(struct kernel *k, char *buf, size_t size)
{
	static const char *const bdfs[] = { GPU, NIC, "0019:01:00.0" };
	char path[PATH], text[4096];
	unsigned int i;
	size_t len = 0;
	ssize_t n;

	for (i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/sys/bus/pci/devices/%s/driver",
			 k->root, bdfs[i]);
		n = readlink(path, text, sizeof(text) - 1);
		text[n < 0 ? 0 : n] = '\0';
		len += snprintf(buf + len, size - len, "%s %s ", bdfs[i],
				strrchr(text, '/') ? strrchr(text, '/') + 1 :
				"none");
		snprintf(path, sizeof(path),
			 "%s/sys/bus/pci/devices/%s/driver_override", k->root,
			 bdfs[i]);
		km_get(path, text, sizeof(text));
		len += snprintf(buf + len, size - len, "%s", text);
		if (!text[0])
			len += snprintf(buf + len, size - len, "-\n");
	}
}

/* The record, or an empty one. */
void km_record(struct kernel *k, struct cohmem_record *rec)
{
	int ret = cohmem_record_read(k->ctx, GPU, rec);

	assert_true(!ret || ret == -ENOENT);
}

const char *km_driver_of(struct kernel *k, const char *bdf)
{
	const struct cohmem_func *f;

	assert_int_equal(cohmem_scan(k->ctx), 0);
	f = cohmem_func_find(k->ctx, bdf);
	assert_non_null(f);
	return f->driver;
}

const char *km_override_of(struct kernel *k, const char *bdf)
{
	const struct cohmem_func *f;

	assert_int_equal(cohmem_scan(k->ctx), 0);
	f = cohmem_func_find(k->ctx, bdf);
	assert_non_null(f);
	return f->override;
}

int km_bind(struct kernel *k, const char *driver, unsigned int flags)
{
	int ret;

	cohmem_plan_free(&k->plan);
	ret = cohmem_plan_bind(k->ctx, GPU, driver, flags, &k->plan);
	return ret ? ret : cohmem_plan_run(k->ctx, &k->plan, NULL, NULL);
}

int km_unbind(struct kernel *k)
{
	int ret;

	cohmem_plan_free(&k->plan);
	ret = cohmem_plan_unbind(k->ctx, GPU, 0, &k->plan);
	return ret ? ret : cohmem_plan_run(k->ctx, &k->plan, NULL, NULL);
}

int km_setup(void **state)
{
	(void)state;
	return getenv("COHMEM_TOP") && mkdtemp(tmp) ? 0 : -1;
}

int km_teardown(void **state)
{
	(void)state;
	km_rm_tree(tmp);
	return 0;
}
