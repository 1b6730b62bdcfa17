// SPDX-License-Identifier: GPL-2.0-only
/*
 * Binding that is interrupted. A signal at any step: undone, and nothing left.
 * The death of the process at any step: seen, and repaired by unbind or bind.
 * And what others leave behind.
 */
#include "kernel_model.h"

enum verb { BIND, BIND_GROUP, BIND_PERSIST, REBIND, UNBIND, UNBIND_GROUP,
	    NR_VERBS };

static const char *const machine[NR_VERBS] = {
	"gh200", "gh200-group", "gh200", "bound-idle", "bound-idle",
	"bound-group",
};

static int run_verb(struct kernel *k, enum verb verb)
{
	switch (verb) {
	case BIND:
		return km_bind(k, NULL, 0);
	case BIND_GROUP:
		return km_bind(k, NULL, COHMEM_BIND_GROUP);
	case BIND_PERSIST:
		return km_bind(k, NULL, COHMEM_BIND_PERSIST);
	case REBIND:
		return km_bind(k, "vfio-pci", 0);
	default:
		return km_unbind(k);
	}
}

/* The binding, the record and the rule, before or after. */
struct state {
	char binding[1024];
	struct cohmem_record record;
	bool persistent;
};

static void take(struct kernel *k, struct state *s)
{
	memset(s, 0, sizeof(*s));
	km_snapshot(k, s->binding, sizeof(s->binding));
	km_record(k, &s->record);
	s->persistent = cohmem_is_persistent(k->ctx, GPU);
}

static void same(struct kernel *k, const struct state *a, const char *what,
		 unsigned int verb, int at)
{
	struct state b;

	take(k, &b);
	if (strcmp(a->binding, b.binding))
		fail_msg("%s, verb %u, step %d: was\n%s is\n%s%s", what, verb,
			 at, a->binding, b.binding, k->notes);
	assert_memory_equal(&a->record, &b.record, sizeof(b.record));
	assert_int_equal(a->persistent, b.persistent);
}

/* Every fatal signal, at every step of every verb, before and after it. */
static void every_signal(void **state)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE };
	unsigned int verb, total = 0;
	struct state before;
	struct kernel k;
	int at, ret;

	(void)state;
	for (verb = BIND; verb < NR_VERBS; verb++) {
		for (at = 1, ret = -1; ret; at++) {
			km_start(&k, machine[verb]);
			take(&k, &before);
			k.signal_at = at;
			k.signo = signals[total % 4];
			k.after = total % 3 == 0;
			ret = run_verb(&k, verb);
			if (ret) {
				total++;
				assert_int_equal(ret, -EINTR);
				assert_int_equal(cohmem_interrupted(k.ctx),
						 k.signo);
				same(&k, &before, "signal", verb, at);
			} else {
				assert_true(k.steps < at);
				assert_int_equal(cohmem_interrupted(k.ctx), 0);
			}
			km_stop(&k);
			assert_true(at < 24);
		}
	}
	/* modules and writes: 5 + 9 + 5 + 4 + 4 + 8 */
	assert_int_equal(total, 5 + 9 + 5 + 4 + 4 + 8);
}

static void not_ours(void **state)
{
	struct kernel k;

	(void)state;
	/* What is ignored, as nohup does, interrupts nothing. */
	signal(SIGHUP, SIG_IGN);
	km_start(&k, "gh200");
	k.signal_at = 3;
	k.signo = SIGHUP;
	assert_int_equal(km_bind(&k, NULL, 0), 0);
	assert_string_equal(km_driver_of(&k, GPU), COHMEM_DRIVER);
	km_stop(&k);
	signal(SIGHUP, SIG_DFL);
}

/* The process is gone, at every step: unbind puts right what it left. */
static void every_death(void **state)
{
	unsigned int verb, total = 0;
	struct state before;
	struct kernel k;
	int at, status;
	bool dead;
	pid_t pid;

	(void)state;
	for (verb = BIND; verb <= BIND_PERSIST; verb++) {
		for (at = 1, dead = true; dead; at++) {
			km_start(&k, machine[verb]);
			take(&k, &before);
			k.signal_at = at;
			k.after = at % 2;
			k.die = true;
			pid = fork();
			assert_true(pid >= 0);
			if (!pid) {
				run_verb(&k, verb);
				_exit(7);	/* it has lived */
			}
			assert_int_equal(waitpid(pid, &status, 0), pid);
			dead = WEXITSTATUS(status) != 7;
			k.signal_at = 0;
			assert_int_equal(km_unbind(&k), 0);
			same(&k, &before, "death", verb, at);
			total += dead;
			/* And what is right stays so. */
			assert_int_equal(km_unbind(&k), 0);
			assert_int_equal(k.plan.nr, 0);
			km_stop(&k);
			assert_true(at < 24);
		}
	}
	assert_int_equal(total, 5 + 9 + 5);
}

static void set_override(struct kernel *k, const char *bdf, const char *text)
{
	char path[PATH];

	snprintf(path, sizeof(path),
		 "%s/sys/bus/pci/devices/%s/driver_override", k->root, bdf);
	km_put(path, text);
}

/* An override that an old version, or somebody, has left. */
static void strays(void **state)
{
	struct cohmem_record rec;
	struct kernel k;

	(void)state;
	km_start(&k, "gh200");
	assert_int_equal(cohmem_scan(k.ctx), 0);
	assert_false(cohmem_func_is_stray(cohmem_func_find(k.ctx, GPU)));
	set_override(&k, GPU, COHMEM_DRIVER "\n");
	assert_int_equal(cohmem_scan(k.ctx), 0);
	assert_true(cohmem_func_is_stray(cohmem_func_find(k.ctx, GPU)));
	assert_int_equal(km_unbind(&k), 0);
	assert_string_equal(km_driver_of(&k, GPU), "nvidia");
	assert_string_equal(km_override_of(&k, GPU), "");

	/* bind does not take it for what was there before. */
	set_override(&k, GPU, COHMEM_DRIVER "\n");
	assert_int_equal(km_bind(&k, NULL, 0), 0);
	km_record(&k, &rec);
	assert_string_equal(rec.member[0].driver, "nvidia");
	assert_string_equal(rec.member[0].override, "");
	assert_int_equal(km_unbind(&k), 0);
	assert_string_equal(km_override_of(&k, GPU), "");
	km_stop(&k);
}

static void persist(void **state)
{
	char path[PATH], text[4096], rule[128];
	struct kernel k;

	(void)state;
	km_start(&k, "gh200-group");
	assert_int_equal(km_bind(&k, NULL, COHMEM_BIND_PERSIST |
				 COHMEM_BIND_GROUP), 0);
	assert_true(cohmem_is_persistent(k.ctx, GPU));
	cohmem_rule_path(GPU, rule, sizeof(rule));
	snprintf(path, sizeof(path), "%s%s", k.root, rule);
	km_get(path, text, sizeof(text));
	assert_non_null(strstr(text, "KERNEL==\"" GPU "\""));
	assert_non_null(strstr(text, "KERNEL==\"" NIC "\""));
	assert_non_null(strstr(text, "ATTR{driver_override}=\"vfio-pci\""));
	/* Again: nothing to do. */
	assert_int_equal(km_bind(&k, NULL, COHMEM_BIND_PERSIST |
				 COHMEM_BIND_GROUP), 0);

	/* A boot clears /run: it is bound, by whom is not known. */
	snprintf(path, sizeof(path), "%s/run/cohmem/" GPU ".json", k.root);
	unlink(path);
	assert_int_equal(km_unbind(&k), 0);
	assert_false(cohmem_is_persistent(k.ctx, GPU));
	assert_string_equal(km_driver_of(&k, GPU), "nvidia");

	/* Only the rule is left. */
	assert_int_equal(km_bind(&k, NULL, COHMEM_BIND_GROUP), 0);
	assert_int_equal(km_bind(&k, NULL, COHMEM_BIND_PERSIST |
				 COHMEM_BIND_GROUP), 0);
	assert_int_equal(k.plan.nr, 1);
	assert_int_equal(k.plan.step[0].action, COHMEM_WRITE_RULE);
	km_stop(&k);
}

static void drivers(void **state)
{
	static const struct {
		const char *name, *canonical;
		int ret;
	} cases[] = {
		{ "vfio-pci", "vfio-pci", 0 }, { "vfio_pci", "vfio-pci", 0 },
		{ "cohmem-vfio-pci", COHMEM_DRIVER, 0 },
		{ "nvgrace-gpu-vfio-pci", "nvgrace_gpu_vfio_pci", 0 },
		{ "pcieport", "", -EINVAL }, { "nvidia", "", -EINVAL },
		{ "", "", -EINVAL }, { "../x", "", -EINVAL },
		{ "e1000e", "", -EINVAL },
	};
	struct kernel k;
	unsigned int i;
	int ret;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		km_start(&k, "gh200");
		ret = km_bind(&k, cases[i].name, 0);
		if (ret != cases[i].ret)
			fail_msg("%s: %d", cases[i].name, ret);
		if (!ret)
			assert_string_equal(km_driver_of(&k, GPU),
					    cases[i].canonical);
		else
			assert_int_equal(k.steps, 0);
		km_stop(&k);
	}
}

/* One that changes a group keeps nobody from another. */
static void locks(void **state)
{
	struct cohmem_plan other = { 0 };
	struct kernel k;
	char path[PATH];
	int fd;

	(void)state;
	km_start(&k, "gh200");
	snprintf(path, sizeof(path), "%s/run/cohmem", k.root);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/run/cohmem/lock.group-26", k.root);
	fd = open(path, O_RDWR | O_CREAT, 0644);
	assert_true(fd >= 0 && !flock(fd, LOCK_EX));
	assert_int_equal(write(fd, "4711\n", 5), 5);
	cohmem_set_wait(k.ctx, 0);
	assert_int_equal(km_bind(&k, NULL, 0), -EBUSY);
	assert_non_null(strstr(cohmem_why(k.ctx)->what, "(pid 4711)"));
	assert_int_equal(k.writes, 0);
	assert_int_equal(cohmem_plan_bind(k.ctx, "0019:01:00.0", NULL, 0,
					  &other), 0);
	assert_int_equal(cohmem_plan_run(k.ctx, &other, NULL, NULL), 0);
	cohmem_plan_free(&other);
	close(fd);
	assert_int_equal(km_bind(&k, NULL, 0), 0);
	km_stop(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_signal), cmocka_unit_test(not_ours),
		cmocka_unit_test(every_death), cmocka_unit_test(strays),
		cmocka_unit_test(persist), cmocka_unit_test(drivers),
		cmocka_unit_test(locks),
	};

	return cmocka_run_group_tests_name("cli-interrupt", tests, km_setup,
					   km_teardown);
}
