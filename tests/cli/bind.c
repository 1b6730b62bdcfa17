// SPDX-License-Identifier: GPL-2.0-only
/*
 * Binding against a model of the kernel: what it does when driver_override,
 * unbind and drivers_probe are written, on the tree of a recorded machine. So
 * plans can be run to their end, and failed at every single step: whatever
 * fails, everything has to be as it was.
 */
#include <errno.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "libcohmem.h"

#define GPU	"0009:01:00.0"
#define NIC	"0009:02:00.0"
#define PATH	2048

/**
 * struct kernel - the model
 * @root: the machine's tree
 * @writes: writes so far
 * @fail_at: which write fails, counted from 1; 0 = none
 * @after: that write fails after it has had its effect
 * @refuse: driver that refuses every function; NULL = none
 * @no_modules: modules cannot be loaded
 * @asked: modules asked for, with a space after each
 */
struct kernel {
	char root[256];
	int writes;
	int fail_at;
	bool after;
	const char *refuse;
	bool no_modules;
	char asked[256];
	char notes[2048];
	struct cohmem_ctx *ctx;
	struct cohmem_plan plan;
};

static char tmp[] = "/tmp/cohmem-bind-XXXXXX";

static int rm_one(const char *path, const struct stat *st, int flag,
		  struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static void rm_tree(const char *path)
{
	nftw(path, rm_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (!f)
		fail_msg("cannot write %s", path);
	fputs(text, f);
	fclose(f);
}

static void get(const char *path, char *buf, size_t size)
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
	get(target, driver, sizeof(driver));
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
		put(path, target);
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
		put(path, "");
	}
	snprintf(path, sizeof(path), "%s/sys/bus/pci/devices/%s/vfio-dev",
		 k->root, bdf);
	rm_tree(path);
}

static void kernel_write(struct kernel *k, const char *path, const char *value)
{
	char driver[64], text[128];
	const char *p;

	snprintf(text, sizeof(text), "%s\n", value);
	put(path, value[0] ? text : "(null)\n");
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

static int on_write(void *arg, const char *path, const char *value)
{
	struct kernel *k = arg;
	bool fails = ++k->writes == k->fail_at;

	assert_int_equal(strncmp(path, k->root, strlen(k->root)), 0);
	assert_int_equal(access(path, W_OK), 0);
	if (!fails || k->after)
		kernel_write(k, path, value);
	return fails ? -EIO : 0;
}

static int on_module(void *arg, const char *name, char *err, size_t len)
{
	struct kernel *k = arg;
	char path[PATH];

	snprintf(k->asked + strlen(k->asked), sizeof(k->asked) - strlen(k->asked),
		 "%s ", name);
	if (k->no_modules) {
		snprintf(err, len, "FATAL: no such module");
		return -ENOENT;
	}
	if (!strcmp(name, "vfio_iommu_type1"))
		return 0;
	snprintf(path, sizeof(path), "%s/sys/bus/pci/drivers/%s", k->root, name);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/sys/bus/pci/drivers/%s/unbind", k->root,
		 name);
	put(path, "");
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

static void start(struct kernel *k, const char *machine)
{
	static int nr;
	char cmd[3 * PATH];

	memset(k, 0, sizeof(*k));
	snprintf(k->root, sizeof(k->root), "%s/%d", tmp, nr++);
	/* One unpacked copy a machine is kept: unpacking starts a Python. */
	snprintf(cmd, sizeof(cmd),
		 "[ -e %1$s/%3$s ] || '%2$s/tests/cli/unpack' '%2$s/tests/cli/machines/%3$s' %1$s/%3$s && cp -a %1$s/%3$s %4$s",
		 tmp, getenv("COHMEM_TOP"), machine, k->root);
	assert_int_equal(system(cmd), 0);
	snprintf(cmd, sizeof(cmd), "%s/dev/kmsg", k->root);
	put(cmd, "");
	assert_int_equal(cohmem_new(&k->ctx, k->root), 0);
	cohmem_set_ops(k->ctx, &ops, k);
	cohmem_set_log(k->ctx, on_log, k);
}

static void stop(struct kernel *k)
{
	cohmem_plan_free(&k->plan);
	cohmem_free(k->ctx);
	rm_tree(k->root);
}

/* The binding of everything that matters, as one string. */
static void snapshot(struct kernel *k, char *buf, size_t size)
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
		get(path, text, sizeof(text));
		len += snprintf(buf + len, size - len, "%s", text);
		if (!text[0])
			len += snprintf(buf + len, size - len, "-\n");
	}
}

/* The record, or an empty one. */
static void record(struct kernel *k, struct cohmem_record *rec)
{
	int ret = cohmem_record_read(k->ctx, GPU, rec);

	assert_true(!ret || ret == -ENOENT);
}

static const char *driver_of(struct kernel *k, const char *bdf)
{
	const struct cohmem_func *f;

	assert_int_equal(cohmem_scan(k->ctx), 0);
	f = cohmem_func_find(k->ctx, bdf);
	assert_non_null(f);
	return f->driver;
}

static const char *override_of(struct kernel *k, const char *bdf)
{
	const struct cohmem_func *f;

	assert_int_equal(cohmem_scan(k->ctx), 0);
	f = cohmem_func_find(k->ctx, bdf);
	assert_non_null(f);
	return f->override;
}

static int bind(struct kernel *k, const char *driver, unsigned int flags)
{
	int ret;

	cohmem_plan_free(&k->plan);
	ret = cohmem_plan_bind(k->ctx, GPU, driver, flags, &k->plan);
	return ret ? ret : cohmem_plan_run(k->ctx, &k->plan, NULL, NULL);
}

static int unbind(struct kernel *k)
{
	int ret;

	cohmem_plan_free(&k->plan);
	ret = cohmem_plan_unbind(k->ctx, GPU, 0, &k->plan);
	return ret ? ret : cohmem_plan_run(k->ctx, &k->plan, NULL, NULL);
}

static void there_and_back(void **state)
{
	char before[1024], after[1024];
	struct cohmem_record rec;
	struct kernel k;
	int writes;

	(void)state;
	start(&k, "gh200");
	snapshot(&k, before, sizeof(before));
	assert_int_equal(bind(&k, NULL, 0), 0);
	assert_string_equal(driver_of(&k, GPU), COHMEM_DRIVER);
	assert_string_equal(override_of(&k, GPU), COHMEM_DRIVER);
	assert_string_equal(driver_of(&k, "0019:01:00.0"), "nvidia");
	assert_string_equal(k.asked, "vfio_iommu_type1 cohmem_vfio_pci ");
	record(&k, &rec);
	assert_int_equal(rec.nr, 1);
	assert_string_equal(rec.member[0].driver, "nvidia");
	assert_string_equal(rec.member[0].override, "");
	assert_string_equal(rec.member[0].bound_to, COHMEM_DRIVER);

	/* Again: nothing to do. */
	writes = k.writes;
	assert_int_equal(bind(&k, NULL, 0), 0);
	assert_int_equal(k.plan.nr, 0);
	assert_int_equal(k.writes, writes);

	assert_int_equal(unbind(&k), 0);
	snapshot(&k, after, sizeof(after));
	assert_string_equal(before, after);
	record(&k, &rec);
	assert_int_equal(rec.nr, 0);

	writes = k.writes;
	assert_int_equal(unbind(&k), 0);
	assert_int_equal(k.plan.nr, 0);
	assert_int_equal(k.writes, writes);
	stop(&k);
}

/* bind to one driver, then to another: unbind goes back to the first state. */
static void by_way_of(void **state)
{
	char before[1024], after[1024];
	struct cohmem_record rec;
	struct kernel k;

	(void)state;
	start(&k, "gh200");
	snapshot(&k, before, sizeof(before));
	assert_int_equal(bind(&k, NULL, 0), 0);
	assert_int_equal(bind(&k, "vfio-pci", 0), 0);
	assert_string_equal(driver_of(&k, GPU), "vfio-pci");
	record(&k, &rec);
	assert_string_equal(rec.member[0].driver, "nvidia");
	assert_string_equal(rec.member[0].bound_to, "vfio-pci");
	assert_int_equal(bind(&k, NULL, 0), 0);
	assert_string_equal(driver_of(&k, GPU), COHMEM_DRIVER);
	assert_int_equal(unbind(&k), 0);
	snapshot(&k, after, sizeof(after));
	assert_string_equal(before, after);
	stop(&k);
}

static void whole_group(void **state)
{
	char before[1024], after[1024];
	struct cohmem_record rec;
	struct kernel k;

	(void)state;
	start(&k, "gh200-group");
	snapshot(&k, before, sizeof(before));
	assert_int_equal(bind(&k, NULL, 0), -EBUSY);
	assert_non_null(strstr(cohmem_why(k.ctx)->what, NIC " (virtio-pci)"));
	assert_int_equal(k.writes, 0);
	assert_int_equal(bind(&k, NULL, COHMEM_BIND_GROUP), 0);
	assert_string_equal(driver_of(&k, GPU), COHMEM_DRIVER);
	assert_string_equal(driver_of(&k, NIC), "vfio-pci");
	assert_string_equal(driver_of(&k, "0009:02:00.1"), "");
	assert_string_equal(driver_of(&k, "0009:00:00.0"), "pcieport");
	record(&k, &rec);
	assert_int_equal(rec.nr, 2);

	/* Binding the GPU elsewhere must not forget the card. */
	assert_int_equal(bind(&k, "vfio-pci", 0), 0);
	record(&k, &rec);
	assert_int_equal(rec.nr, 2);
	assert_string_equal(rec.member[1].bdf, NIC);
	assert_int_equal(unbind(&k), 0);
	snapshot(&k, after, sizeof(after));
	assert_string_equal(before, after);
	stop(&k);
}

/* Nobody drove it before: nobody does afterwards. */
static void from_nobody(void **state)
{
	char path[PATH], before[1024], after[1024];
	struct kernel k;

	(void)state;
	start(&k, "gh200");
	snprintf(path, sizeof(path), "%s/sys/bus/pci/devices/" GPU "/driver",
		 k.root);
	unlink(path);
	snprintf(path, sizeof(path), "%s/proc/iomem", k.root);
	put(path, "");	/* the host's driver has put nothing on line */
	snapshot(&k, before, sizeof(before));
	assert_int_equal(bind(&k, NULL, 0), 0);
	assert_string_equal(driver_of(&k, GPU), COHMEM_DRIVER);
	assert_int_equal(unbind(&k), 0);
	snapshot(&k, after, sizeof(after));
	assert_string_equal(before, after);
	stop(&k);
}

/* Bound by somebody else: the kernel picks. */
static void by_somebody(void **state)
{
	struct kernel k;

	(void)state;
	start(&k, "vfio-pci");
	assert_int_equal(unbind(&k), 0);
	assert_string_equal(driver_of(&k, GPU), "nvidia");
	assert_string_equal(override_of(&k, GPU), "");
	stop(&k);
}

static void refused(void **state)
{
	char before[1024], after[1024];
	struct cohmem_record rec;
	struct kernel k;

	(void)state;
	start(&k, "gh200");
	snapshot(&k, before, sizeof(before));
	k.refuse = COHMEM_DRIVER;
	assert_int_equal(bind(&k, NULL, 0), -ENXIO);
	assert_string_equal(cohmem_why(k.ctx)->subject, GPU);
	assert_string_equal(cohmem_why(k.ctx)->what,
			    "driver cohmem_vfio_pci refused it: cohmem_vfio_pci "
			    GPU ": refused (test): no reason");
	snapshot(&k, after, sizeof(after));
	assert_string_equal(before, after);
	record(&k, &rec);
	assert_int_equal(rec.nr, 0);
	stop(&k);
}

static void no_module(void **state)
{
	struct cohmem_record rec;
	struct kernel k;

	(void)state;
	start(&k, "gh200");
	k.no_modules = true;
	assert_int_equal(bind(&k, NULL, 0), -ENOENT);
	assert_string_equal(cohmem_why(k.ctx)->subject, COHMEM_DRIVER);
	assert_non_null(strstr(cohmem_why(k.ctx)->what, "no such module"));
	assert_int_equal(k.writes, 0);
	record(&k, &rec);
	assert_int_equal(rec.nr, 0);
	stop(&k);
}

static void meanwhile(void **state)
{
	char path[PATH];
	struct kernel k;

	(void)state;
	start(&k, "gh200");
	assert_int_equal(cohmem_plan_bind(k.ctx, GPU, NULL, 0, &k.plan), 0);
	snprintf(path, sizeof(path),
		 "%s/sys/bus/pci/devices/" GPU "/driver_override", k.root);
	put(path, "pci-stub\n");
	assert_int_equal(cohmem_plan_run(k.ctx, &k.plan, NULL, NULL), -EAGAIN);
	assert_int_equal(k.writes, 0);
	stop(&k);
}

enum verb { BIND, BIND_GROUP, REBIND, UNBIND, UNBIND_GROUP };

static int run_verb(struct kernel *k, enum verb verb)
{
	switch (verb) {
	case BIND:
		return bind(k, NULL, 0);
	case BIND_GROUP:
		return bind(k, NULL, COHMEM_BIND_GROUP);
	case REBIND:
		return bind(k, "vfio-pci", 0);
	case UNBIND:
	case UNBIND_GROUP:
		return unbind(k);
	}
	return -EINVAL;
}

/*
 * Fail each write of each verb, before and after it has had its effect: an
 * error has to be returned, and everything has to be as it was.
 */
static void every_failure(void **state)
{
	static const char *const machine[] = {
		"gh200", "gh200-group", "bound-idle", "bound-idle",
		"bound-group",
	};
	struct cohmem_record rec_before, rec_after;
	char before[1024], after[1024];
	unsigned int verb, total = 0;
	struct kernel k;
	int at, ret;
	bool late;

	(void)state;
	for (verb = BIND; verb <= UNBIND_GROUP; verb++) {
		for (at = 1, ret = -1; ret; at++) {
			for (late = false; ; late = true) {
				start(&k, machine[verb]);
				snapshot(&k, before, sizeof(before));
				record(&k, &rec_before);
				k.fail_at = at;
				k.after = late;
				ret = run_verb(&k, verb);
				snapshot(&k, after, sizeof(after));
				record(&k, &rec_after);
				if (ret) {
					total++;
					assert_int_equal(ret, -EIO);
					if (strcmp(before, after))
						fail_msg("verb %u, write %d: was\n%s is\n%s%s",
							 verb, at, before,
							 after, k.notes);
					assert_memory_equal(&rec_before,
							    &rec_after,
							    sizeof(rec_after));
					assert_null(strstr(k.notes,
							   "could not"));
				} else {
					/* All writes were good: the end. */
					assert_true(k.writes < at);
					assert_string_not_equal(before, after);
				}
				stop(&k);
				if (late || !ret)
					break;
			}
			assert_true(at < 20);
		}
	}
	/* 3 + 6 + 3 + 4 + 8 writes, two ways each */
	assert_int_equal(total, 2 * (3 + 6 + 3 + 4 + 8));
}

/* Records are read back as foreign data. */
static void records(void **state)
{
	static const char *const bad[] = {
		"", "{", "[]", "7", "{}", "\"x\"",
		"{\"schema\":\"cohmem.binding.1\"}",
		"{\"schema\":\"cohmem.binding.2\",\"bdf\":\"" GPU "\",\"members\":[{\"bdf\":\"" GPU "\",\"driver\":\"a\",\"driver_override\":\"\",\"bound_to\":\"b\"}]}",
		"{\"schema\":\"cohmem.binding.1\",\"bdf\":\"" GPU "\",\"members\":[]}",
		"{\"schema\":\"cohmem.binding.1\",\"bdf\":\"" GPU "\",\"members\":{}}",
		"{\"schema\":\"cohmem.binding.1\",\"bdf\":\"" GPU "\",\"members\":[7]}",
		"{\"schema\":\"cohmem.binding.1\",\"bdf\":\"" GPU "\",\"members\":[null]}",
		"{\"schema\":\"cohmem.binding.1\",\"bdf\":\"" NIC "\",\"members\":[{\"bdf\":\"" NIC "\",\"driver\":\"a\",\"driver_override\":\"\",\"bound_to\":\"b\"}]}",
		"{\"schema\":\"cohmem.binding.1\",\"bdf\":\"" GPU "\",\"members\":[{\"bdf\":\"" NIC "\",\"driver\":\"a\",\"driver_override\":\"\",\"bound_to\":\"b\"}]}",
		"{\"schema\":\"cohmem.binding.1\",\"bdf\":\"" GPU "\",\"members\":[{\"bdf\":\"..\",\"driver\":\"a\",\"driver_override\":\"\",\"bound_to\":\"b\"}]}",
		"{\"schema\":\"cohmem.binding.1\",\"bdf\":\"" GPU "\",\"members\":[{\"bdf\":\"" GPU "\",\"driver\":\"a/b\",\"driver_override\":\"\",\"bound_to\":\"b\"}]}",
		"{\"schema\":\"cohmem.binding.1\",\"bdf\":\"" GPU "\",\"members\":[{\"bdf\":\"" GPU "\",\"driver\":\"..\",\"driver_override\":\"\",\"bound_to\":\"b\"}]}",
		"{\"schema\":\"cohmem.binding.1\",\"bdf\":\"" GPU "\",\"members\":[{\"bdf\":\"" GPU "\",\"driver\":\"-C\",\"driver_override\":\"\",\"bound_to\":\"b\"}]}",
		"{\"schema\":\"cohmem.binding.1\",\"bdf\":\"" GPU "\",\"members\":[{\"bdf\":\"" GPU "\",\"driver\":\"a\",\"driver_override\":\"\",\"bound_to\":\"\"}]}",
		"{\"schema\":\"cohmem.binding.1\",\"bdf\":\"" GPU "\",\"members\":[{\"bdf\":\"" GPU "\",\"driver\":7,\"driver_override\":\"\",\"bound_to\":\"b\"}]}",
		"{\"schema\":\"cohmem.binding.1\",\"bdf\":\"" GPU "\",\"members\":[{\"bdf\":\"" GPU "\",\"driver\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",\"driver_override\":\"\",\"bound_to\":\"b\"}]}",
	};
	struct cohmem_record rec;
	char path[PATH];
	struct kernel k;
	unsigned int i;

	(void)state;
	start(&k, "bound-idle");
	snprintf(path, sizeof(path), "%s/run/cohmem/" GPU ".json", k.root);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		put(path, bad[i]);
		if (cohmem_record_read(k.ctx, GPU, &rec) != -EINVAL)
			fail_msg("record %u was believed", i);
		assert_int_equal(unbind(&k), -EINVAL);
		assert_int_equal(k.writes, 0);
	}
	put(path, "{\"schema\":\"cohmem.binding.1\",\"bdf\":\"" GPU "\",\"members\":[{\"bdf\":\"" GPU "\",\"driver\":\"a\",\"driver_override\":\"\",\"bound_to\":\"b\"}]}");
	assert_int_equal(cohmem_record_read(k.ctx, GPU, &rec), 0);
	stop(&k);
}

static void addresses(void **state)
{
	static const struct {
		const char *text, *bdf;
	} cases[] = {
		{ "0009:01:00.0", "0009:01:00.0" }, { "9:1:0.0", "0009:01:00.0" },
		{ "01:00.0", "0000:01:00.0" }, { "FF:1F.7", "0000:ff:1f.7" },
		{ "10000:e1:00.0", "10000:e1:00.0" },
		{ "", NULL }, { ":", NULL }, { "::", NULL }, { "01:00", NULL },
		{ "01:20.0", NULL }, { "01:00.8", NULL }, { "01:00.00", NULL },
		{ "0009:01:00.0 ", NULL }, { " 01:00.0", NULL },
		{ "100:00.0", NULL }, { "0:0:0:0.0", NULL }, { "g:00.0", NULL },
		{ "123456789:01:00.0", NULL }, { "../01:00.0", NULL },
	};
	char bdf[COHMEM_BDF_LEN];
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int ret = cohmem_bdf_normalise(cases[i].text, bdf);

		if (!cases[i].bdf) {
			if (!ret)
				fail_msg("'%s' was taken", cases[i].text);
			continue;
		}
		assert_int_equal(ret, 0);
		assert_string_equal(bdf, cases[i].bdf);
	}
}

static int setup(void **state)
{
	(void)state;
	return getenv("COHMEM_TOP") && mkdtemp(tmp) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	rm_tree(tmp);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back), cmocka_unit_test(by_way_of),
		cmocka_unit_test(whole_group), cmocka_unit_test(from_nobody),
		cmocka_unit_test(by_somebody), cmocka_unit_test(refused),
		cmocka_unit_test(no_module), cmocka_unit_test(meanwhile),
		cmocka_unit_test(every_failure), cmocka_unit_test(records),
		cmocka_unit_test(addresses),
	};

	return cmocka_run_group_tests_name("cli-bind", tests, setup, teardown);
}
