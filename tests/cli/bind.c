// SPDX-License-Identifier: GPL-2.0-only
/*
 * Binding against a model of the kernel: whatever fails, at whatever step,
 * everything has to be as it was.
 */
#include "kernel_model.h"

/* The machine is as it was when this was taken. */
static void is_as(struct kernel *k, const char *before)
{
	char after[1024];

	km_snapshot(k, after, sizeof(after));
	assert_string_equal(before, after);
}

static void there_and_back(void **state)
{
	char before[1024];
	struct cohmem_record rec;
	struct kernel k;
	int writes;

	(void)state;
	km_start(&k, "gh200");
	km_snapshot(&k, before, sizeof(before));
	assert_int_equal(km_bind(&k, NULL, 0), 0);
	assert_string_equal(km_driver_of(&k, GPU), COHMEM_DRIVER);
	assert_string_equal(km_override_of(&k, GPU), COHMEM_DRIVER);
	assert_string_equal(km_driver_of(&k, "0019:01:00.0"), "nvidia");
	assert_string_equal(k.asked, "vfio_iommu_type1 cohmem_vfio_pci ");
	km_record(&k, &rec);
	assert_int_equal(rec.nr, 1);
	assert_string_equal(rec.member[0].driver, "nvidia");
	assert_string_equal(rec.member[0].override, "");
	assert_string_equal(rec.member[0].bound_to, COHMEM_DRIVER);

	/* Again: nothing to do. */
	writes = k.writes;
	assert_int_equal(km_bind(&k, NULL, 0), 0);
	assert_int_equal(k.plan.nr, 0);
	assert_int_equal(k.writes, writes);

	assert_int_equal(km_unbind(&k), 0);
	is_as(&k, before);
	km_record(&k, &rec);
	assert_int_equal(rec.nr, 0);

	writes = k.writes;
	assert_int_equal(km_unbind(&k), 0);
	assert_int_equal(k.plan.nr, 0);
	assert_int_equal(k.writes, writes);
	km_stop(&k);
}

/* The same in a call each, as libcohmem.h has it. */
static void in_one_call(void **state)
{
	char before[1024];
	struct kernel k;

	(void)state;
	km_start(&k, "gh200");
	km_snapshot(&k, before, sizeof(before));
	assert_int_equal(cohmem_bind(k.ctx, "9:1:0.0", NULL, 0), 0);
	assert_string_equal(km_driver_of(&k, GPU), COHMEM_DRIVER);
	assert_int_equal(cohmem_bind(k.ctx, GPU, NULL, 0), 0);
	assert_int_equal(cohmem_interrupted(k.ctx), 0);
	assert_int_equal(cohmem_unbind(k.ctx, GPU, 0), 0);
	is_as(&k, before);

	assert_int_equal(cohmem_bind(k.ctx, GPU, "nvidia", 0), -EINVAL);
	assert_string_equal(cohmem_why_reason(k.ctx), "invalid");
	assert_int_equal(cohmem_bind(k.ctx, "9:1", NULL, 0), -EINVAL);
	assert_string_equal(cohmem_why_subject(k.ctx), "9:1");
	is_as(&k, before);
	km_stop(&k);
}

/* bind to one driver, then to another: unbind goes back to the first state. */
static void by_way_of(void **state)
{
	char before[1024];
	struct cohmem_record rec;
	struct kernel k;

	(void)state;
	km_start(&k, "gh200");
	km_snapshot(&k, before, sizeof(before));
	assert_int_equal(km_bind(&k, NULL, 0), 0);
	assert_int_equal(km_bind(&k, "vfio-pci", 0), 0);
	assert_string_equal(km_driver_of(&k, GPU), "vfio-pci");
	km_record(&k, &rec);
	assert_string_equal(rec.member[0].driver, "nvidia");
	assert_string_equal(rec.member[0].bound_to, "vfio-pci");
	assert_int_equal(km_bind(&k, NULL, 0), 0);
	assert_string_equal(km_driver_of(&k, GPU), COHMEM_DRIVER);
	assert_int_equal(km_unbind(&k), 0);
	is_as(&k, before);
	km_stop(&k);
}

static void whole_group(void **state)
{
	char before[1024];
	struct cohmem_record rec;
	struct kernel k;

	(void)state;
	km_start(&k, "gh200-group");
	km_snapshot(&k, before, sizeof(before));
	assert_int_equal(km_bind(&k, NULL, 0), -EBUSY);
	assert_non_null(strstr(cohmem_why(k.ctx)->what, NIC " (virtio-pci)"));
	assert_int_equal(k.writes, 0);
	assert_int_equal(km_bind(&k, NULL, COHMEM_BIND_GROUP), 0);
	assert_string_equal(km_driver_of(&k, GPU), COHMEM_DRIVER);
	assert_string_equal(km_driver_of(&k, NIC), "vfio-pci");
	assert_string_equal(km_driver_of(&k, "0009:02:00.1"), "");
	assert_string_equal(km_driver_of(&k, "0009:00:00.0"), "pcieport");
	km_record(&k, &rec);
	assert_int_equal(rec.nr, 2);

	/* Binding the GPU elsewhere must not forget the card. */
	assert_int_equal(km_bind(&k, "vfio-pci", 0), 0);
	km_record(&k, &rec);
	assert_int_equal(rec.nr, 2);
	assert_string_equal(rec.member[1].bdf, NIC);
	assert_int_equal(km_unbind(&k), 0);
	is_as(&k, before);
	km_stop(&k);
}

/* Nobody drove it before: nobody does afterwards. */
static void from_nobody(void **state)
{
	char path[PATH], before[1024];
	struct kernel k;

	(void)state;
	km_start(&k, "gh200");
	snprintf(path, sizeof(path), "%s/sys/bus/pci/devices/" GPU "/driver",
		 k.root);
	unlink(path);
	snprintf(path, sizeof(path), "%s/proc/iomem", k.root);
	km_put(path, "");	/* the host's driver has put nothing on line */
	km_snapshot(&k, before, sizeof(before));
	assert_int_equal(km_bind(&k, NULL, 0), 0);
	assert_string_equal(km_driver_of(&k, GPU), COHMEM_DRIVER);
	assert_int_equal(km_unbind(&k), 0);
	is_as(&k, before);
	km_stop(&k);
}

/* Bound by somebody else: the kernel picks. */
static void by_somebody(void **state)
{
	struct kernel k;

	(void)state;
	km_start(&k, "vfio-pci");
	assert_int_equal(km_unbind(&k), 0);
	assert_string_equal(km_driver_of(&k, GPU), "nvidia");
	assert_string_equal(km_override_of(&k, GPU), "");
	km_stop(&k);
}

static void refused(void **state)
{
	char before[1024];
	struct cohmem_record rec;
	struct kernel k;

	(void)state;
	km_start(&k, "gh200");
	km_snapshot(&k, before, sizeof(before));
	k.refuse = COHMEM_DRIVER;
	assert_int_equal(km_bind(&k, NULL, 0), -ENXIO);
	assert_string_equal(cohmem_why(k.ctx)->subject, GPU);
	assert_string_equal(cohmem_why(k.ctx)->what,
			    "driver cohmem_vfio_pci refused it: cohmem_vfio_pci "
			    GPU ": refused (test): no reason");
	is_as(&k, before);
	km_record(&k, &rec);
	assert_int_equal(rec.nr, 0);
	km_stop(&k);
}

static void no_module(void **state)
{
	struct cohmem_record rec;
	struct kernel k;

	(void)state;
	km_start(&k, "gh200");
	k.no_modules = true;
	assert_int_equal(km_bind(&k, NULL, 0), -ENOENT);
	assert_string_equal(cohmem_why(k.ctx)->subject, COHMEM_DRIVER);
	assert_non_null(strstr(cohmem_why(k.ctx)->what, "no such module"));
	assert_int_equal(k.writes, 0);
	km_record(&k, &rec);
	assert_int_equal(rec.nr, 0);
	km_stop(&k);
}

static void meanwhile(void **state)
{
	char path[PATH];
	struct kernel k;

	(void)state;
	km_start(&k, "gh200");
	assert_int_equal(cohmem_plan_bind(k.ctx, GPU, NULL, 0, &k.plan), 0);
	snprintf(path, sizeof(path),
		 "%s/sys/bus/pci/devices/" GPU "/driver_override", k.root);
	km_put(path, "pci-stub\n");
	assert_int_equal(cohmem_plan_run(k.ctx, &k.plan, NULL, NULL), -EAGAIN);
	assert_int_equal(k.writes, 0);
	km_stop(&k);
}

enum verb { BIND, BIND_GROUP, REBIND, UNBIND, UNBIND_GROUP };

static int run_verb(struct kernel *k, enum verb verb)
{
	switch (verb) {
	case BIND:
		return km_bind(k, NULL, 0);
	case BIND_GROUP:
		return km_bind(k, NULL, COHMEM_BIND_GROUP);
	case REBIND:
		return km_bind(k, "vfio-pci", 0);
	case UNBIND:
	case UNBIND_GROUP:
		return km_unbind(k);
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
				km_start(&k, machine[verb]);
				km_snapshot(&k, before, sizeof(before));
				km_record(&k, &rec_before);
				k.fail_at = at;
				k.after = late;
				ret = run_verb(&k, verb);
				km_snapshot(&k, after, sizeof(after));
				km_record(&k, &rec_after);
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
				km_stop(&k);
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
	km_start(&k, "bound-idle");
	snprintf(path, sizeof(path), "%s/run/cohmem/" GPU ".json", k.root);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		km_put(path, bad[i]);
		if (cohmem_record_read(k.ctx, GPU, &rec) != -EINVAL)
			fail_msg("record %u was believed", i);
		assert_int_equal(km_unbind(&k), -EINVAL);
		assert_int_equal(k.writes, 0);
	}
	km_put(path, "{\"schema\":\"cohmem.binding.1\",\"bdf\":\"" GPU "\",\"members\":[{\"bdf\":\"" GPU "\",\"driver\":\"a\",\"driver_override\":\"\",\"bound_to\":\"b\"}]}");
	assert_int_equal(cohmem_record_read(k.ctx, GPU, &rec), 0);
	km_stop(&k);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back), cmocka_unit_test(by_way_of),
		cmocka_unit_test(in_one_call),
		cmocka_unit_test(whole_group), cmocka_unit_test(from_nobody),
		cmocka_unit_test(by_somebody), cmocka_unit_test(refused),
		cmocka_unit_test(no_module), cmocka_unit_test(meanwhile),
		cmocka_unit_test(every_failure), cmocka_unit_test(records),
		cmocka_unit_test(addresses),
	};

	return cmocka_run_group_tests_name("cli-bind", tests, km_setup,
					   km_teardown);
}
