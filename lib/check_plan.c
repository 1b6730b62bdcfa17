// SPDX-License-Identifier: GPL-2.0-only
/*
 * A plan (cohmem plan --json) held against a host: is what it was made for still
 * there, and is there what it takes?
 */
#include <json-c/json.h>
#include <stdlib.h>

#include "check.h"
#include "internal.h"

#define PLAN_MAX	(4 << 20)

static u64 number(struct json_object *o, const char *key)
{
	struct json_object *v;

	return json_object_object_get_ex(o, key, &v) &&
	       json_object_is_type(v, json_type_int) ?
	       json_object_get_uint64(v) : 0;
}

static const char *text(struct json_object *o, const char *key)
{
	struct json_object *v;

	return json_object_object_get_ex(o, key, &v) && v ?
	       json_object_get_string(v) : "";
}

/* MiB that the host has to give away. */
static u64 available(struct cohmem_ctx *ctx)
{
	char info[4096], *p;

	if (cohmem_read_str(ctx, "/proc/meminfo", info, sizeof(info)))
		return 0;
	p = strstr(info, "MemAvailable:");
	return p ? strtoull(p + strlen("MemAvailable:"), NULL, 10) / 1024 : 0;
}

static bool check_plan_gpu(struct cohmem_ctx *ctx, struct json_object *o,
			   struct cohmem_check *c, char bdf[COHMEM_BDF_LEN])
{
	struct cohmem_user user;
	struct cohmem_func *f;
	char id[16];

	if (cohmem_bdf_normalise(text(o, "bdf"), bdf))
		return false;
	f = cohmem_func_find(ctx, bdf);
	if (!f) {
		cohmem_explain(cohmem_found(c, "plan-gpu", COHMEM_BLOCKS, bdf,
					    "no such PCI function on this host"),
			       "the plan is for another host, or the GPU is gone", NULL);
		return false;
	}
	cohmem_fmt(id, sizeof(id), "0x%04x", f->device);
	if (strcmp(id, text(o, "device_id"))) {
		cohmem_explain(cohmem_found(c, "plan-gpu", COHMEM_BLOCKS, bdf,
					    "the plan is for %.40s, here is %.40s",
					    text(o, "name"), f->name),
			       "the plan is for another host", "make a new plan");
		return false;
	}
	if (cohmem_users(ctx, f, &user, 1) > 0)
		cohmem_explain(cohmem_found(c, "plan-busy", COHMEM_BLOCKS, bdf,
					    "held open by %s (pid %d)", user.comm, user.pid),
			       "a second machine cannot have it", NULL);
	return true;
}

static void compare(struct json_object *plan, const struct cohmem_vm *now,
		    struct cohmem_check *c)
{
	struct json_object *aperture;
	u64 was = 0;

	if (json_object_object_get_ex(plan, "aperture", &aperture))
		was = number(aperture, "size");
	if (was < now->aperture)
		cohmem_explain(cohmem_found(c, "plan-aperture", COHMEM_BLOCKS, NULL,
					    "the plan has %llu GiB for BARs, %llu GiB are needed",
					    (unsigned long long)was >> 30,
					    (unsigned long long)now->aperture >> 30),
			       "firmware of the guest cannot place all BARs",
			       "make a new plan");
	else
		cohmem_found(c, "plan-aperture", COHMEM_FIT, NULL,
			     "%llu GiB for BARs are enough",
			     (unsigned long long)was >> 30);
}

static int hold(struct cohmem_ctx *ctx, struct json_object *plan,
		struct cohmem_check *c)
{
	char bdfs[COHMEM_VM_MAX_GPUS][COHMEM_BDF_LEN];
	struct cohmem_vm_request want = {
		.bdf = (const char (*)[COHMEM_BDF_LEN])bdfs,
		.cpus = number(plan, "cpus"), .memory = number(plan, "memory"),
		.others = 1ULL << 30,
	};
	struct json_object *gpus, *egm;
	u64 mib = available(ctx), planned = 0;
	struct cohmem_vm *vm;
	bool all = true;
	size_t i;

	if (!json_object_object_get_ex(plan, "gpus", &gpus) ||
	    !json_object_is_type(gpus, json_type_array) ||
	    json_object_array_length(gpus) > COHMEM_VM_MAX_GPUS)
		return -EINVAL;
	for (i = 0; i < json_object_array_length(gpus); i++)
		all &= check_plan_gpu(ctx, json_object_array_get_idx(gpus, i), c,
				      bdfs[i]);
	want.nr = json_object_array_length(gpus);
	if (json_object_object_get_ex(plan, "egm", &egm) &&
	    json_object_get_boolean(egm)) {
		/* Not the host's to give; as much as there is is asked for below. */
		want.egm = true;
		planned = want.memory;
		want.memory = 0;
		mib = 0;
	}
	if (mib && want.memory >> 20 > mib)
		cohmem_explain(cohmem_found(c, "plan-memory", COHMEM_BLOCKS, NULL,
					    "%llu MiB are planned, the host has %llu MiB to give",
					    (unsigned long long)want.memory >> 20,
					    (unsigned long long)mib),
			       "memory of a machine with such a GPU is pinned: all of it has to be there",
			       "plan with less --memory");
	else if (mib)
		cohmem_found(c, "plan-memory", COHMEM_FIT, NULL,
			     "%llu MiB planned, %llu MiB there",
			     (unsigned long long)want.memory >> 20,
			     (unsigned long long)mib);
	if (!all)
		return 0;
	vm = malloc(sizeof(*vm));
	if (!vm)
		return -ENOMEM;
	if (cohmem_vm_plan(ctx, &want, vm))
		cohmem_explain(cohmem_found(c, "plan-gpu", COHMEM_BLOCKS,
					    cohmem_why(ctx)->subject, "%s",
					    cohmem_why(ctx)->what),
			       "no plan can be made for it now", cohmem_why(ctx)->hint);
	else
		compare(plan, vm, c);
	if (planned && vm->memory < planned)
		cohmem_explain(cohmem_found(c, "plan-memory", COHMEM_BLOCKS, NULL,
					    "%llu MiB of EGM are planned, the sockets have %llu MiB",
					    (unsigned long long)planned >> 20,
					    (unsigned long long)vm->memory >> 20),
			       "the machine will not start", "plan with less --egm");
	free(vm);
	return 0;
}

/**
 * cohmem_check_plan() - hold a plan against the host
 * @ctx: the context, scanned
 * @path: the plan's file, not below the root
 * @c: where the findings go
 * Return: 0, or -errno where it is no plan; cohmem_why() tells.
 */
int cohmem_check_plan(struct cohmem_ctx *ctx, const char *path,
		      struct cohmem_check *c)
{
	struct json_object *plan;
	char *data = NULL;
	size_t got = 0;
	int ret = -EINVAL;
	FILE *f;

	f = fopen(path, "re");
	if (!f)
		return cohmem_fail(ctx, -errno, path, NULL, "%s", strerror(errno));
	data = malloc(PLAN_MAX);
	if (data)
		got = fread(data, 1, PLAN_MAX - 1, f);
	fclose(f);
	if (!data)
		return cohmem_fail(ctx, -ENOMEM, path, NULL, "out of memory");
	data[got] = '\0';
	plan = json_tokener_parse(data);
	free(data);
	if (plan && json_object_is_type(plan, json_type_object) &&
	    !strcmp(text(plan, "schema"), "cohmem.plan.1"))
		ret = hold(ctx, plan, c);
	json_object_put(plan);
	if (ret)
		return cohmem_fail(ctx, ret, path, "cohmem plan --json writes one",
				   "is no plan");
	return 0;
}
