// SPDX-License-Identifier: GPL-2.0-only
/*
 * The GPUs of the host, each with a verdict. What the kubelet calls healthy is what may
 * be given to a new tenant: whole, and with nothing of the last one in it.
 *
 * A GPU that a pod holds stays healthy as long as it is whole: the kubelet counts it as
 * taken by itself. One that somebody else holds is withheld, or the kubelet would give
 * it out as well.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "plugin.h"

struct gpu gpus[MAX_GPUS];
unsigned int nr_gpus;

static struct cohmem_ctx *ctx;

/**
 * host() - the host, as it was at the last look
 * Return: the context.
 */
struct cohmem_ctx *host(void)
{
	return ctx;
}

static void from_library(void *arg, enum cohmem_log_level level,
			 const char *text)
{
	(void)arg;
	if (level != COHMEM_LOG_DEBUG || opt.verbose)
		say(NULL, NULL, "%s", text);
}

/**
 * host_open() - before the first look
 * Return: 0 or -errno, explained.
 */
int host_open(void)
{
	int ret = cohmem_new(&ctx, opt.sysroot);

	if (ret) {
		if (ctx)
			say_why(ctx);
		else
			say(NULL, NULL, "out of memory");
		return ret;
	}
	cohmem_set_log(ctx, from_library, NULL);
	return 0;
}

/**
 * host_close() - after the last look
 */
void host_close(void)
{
	cohmem_free(ctx);
	ctx = NULL;
}

/**
 * gpu_find() - a GPU by its address
 * @bdf: the address
 * Return: the GPU, or NULL.
 */
struct gpu *gpu_find(const char *bdf)
{
	unsigned int i;

	for (i = 0; i < nr_gpus; i++)
		if (!strcmp(gpus[i].bdf, bdf))
			return &gpus[i];
	return NULL;
}

/**
 * gpu_wanted() - is a GPU this program's business?
 * @bdf: its address
 * Return: false where --only names others.
 */
bool gpu_wanted(const char *bdf)
{
	unsigned int i;

	for (i = 0; i < opt.nr_only; i++)
		if (!strcmp(opt.only[i], bdf))
			return true;
	return !opt.nr_only;
}

/* The kubelet puts all pods below a group with that word in its name. */
static bool is_pod(int pid)
{
	char path[512], line[4096];
	bool found = false;
	FILE *f;

	snprintf(path, sizeof(path), "%s/proc/%d/cgroup",
		 opt.sysroot ? opt.sysroot : "", pid);
	f = fopen(path, "re");
	if (!f)
		return false;
	while (!found && fgets(line, sizeof(line), f))
		found = strstr(line, "kubepods") != NULL;
	fclose(f);
	return found;
}

struct holders {
	unsigned int pods;
	unsigned int others;
};

static void count_holder(void *arg, int pid, const char *process,
			 const char *guest, const char *path)
{
	struct holders *h = arg;

	(void)process, (void)guest, (void)path;
	if (is_pod(pid))
		h->pods++;
	else
		h->others++;
}

static bool has_issue(const struct cohmem_func *f, const char *issue)
{
	const char *word;
	unsigned int i;

	for (i = 0; (word = cohmem_func_issue(ctx, f, i)); i++)
		if (!strcmp(word, issue))
			return true;
	return false;
}

static const char *fact_word(const struct cohmem_func *f, const char *key)
{
	const char *word;

	return !cohmem_fact(f, key, NULL, &word) && word ? word : "";
}

/* Only the first GPU of an IOMMU group: two pods cannot have one group. */
static bool is_second(const struct cohmem_func *f)
{
	const struct cohmem_func *g;

	if (cohmem_func_group(f) < 0)
		return false;
	cohmem_group_foreach(ctx, f, g)
		if (cohmem_func_is_gpu(g) && gpu_wanted(cohmem_func_bdf(g)))
			return strcmp(cohmem_func_bdf(g), cohmem_func_bdf(f));
	return false;
}

/* Data of the last tenant, and nobody will clear it before the next one. */
static bool stays_dirty(const struct cohmem_func *f)
{
	const char *policy = fact_word(f, "scrub");

	return has_issue(f, "dirty") && (!*policy || !strcmp(policy, "off"));
}

/* Is it broken? What is here is so whoever holds it. */
static const char *broken(const struct cohmem_func *f)
{
	static const char *const issues[] = {
		"failed", "memory", "poison-overflow", "no-iommu", "unknown",
	};
	uint64_t pages = 0;
	unsigned int i;

	for (i = 0; i < sizeof(issues) / sizeof(issues[0]); i++)
		if (has_issue(f, issues[i]))
			return issues[i];
	if (!cohmem_fact(f, "poison_count", &pages, NULL) &&
	    pages > opt.allow_poisoned)
		return "poisoned";
	if (!strcmp(cohmem_func_state(f), "plain"))
		return "memory";
	return NULL;
}

/* Why a GPU is withheld in one stable word, or NULL. */
static const char *verdict(const struct cohmem_func *f)
{
	struct holders h = { 0 };
	const char *why = NULL;
	int available, users;

	if (strcmp(cohmem_func_driver(f), COHMEM_DRIVER))
		return *cohmem_func_driver(f) ? "other-driver" : "not-bound";
	if (cohmem_func_group(f) < 0 && cohmem_func_cdev(f) < 0)
		return "no-iommu";
	why = broken(f);
	if (why)
		return why;
	if (is_second(f))
		return "shared-group";
	users = cohmem_users_foreach(ctx, f, count_holder, &h);
	if (users > 0 && h.pods && !h.others)
		return NULL;
	available = cohmem_func_available(ctx, f, &why);
	if (available != 1)
		return why ? why : "unknown";
	/*
	 * Whether the memory is ready is looked at while somebody has it open:
	 * "waiting" says nothing of a GPU that nobody uses, and "failed" was
	 * seen above.
	 */
	if (!opt.allow_dirty && stays_dirty(f))
		return "dirty";
	return NULL;
}

static void name_it(const struct cohmem_func *f, char name[RESOURCE_LEN])
{
	unsigned int i;

	for (i = 0; i < opt.nr_named; i++)
		if (opt.named[i].vendor == cohmem_func_vendor(f) &&
		    opt.named[i].device == cohmem_func_device(f)) {
			memcpy(name, opt.named[i].resource, RESOURCE_LEN);
			return;
		}
	cohmem_resource_name(f, name);
}

static void tell_verdict(const struct gpu *g, const char *was, bool is_new)
{
	if (g->why[0])
		say(g->bdf, NULL, "withheld: %s", g->why);
	else if (is_new || *was)
		say(g->bdf, NULL, "offered as %s", g->resource);
}

static bool judge(struct gpu *g, const struct cohmem_func *f, bool is_new)
{
	const char *why = verdict(f);
	struct gpu was = *g;
	uint64_t n;

	name_it(f, g->resource);
	g->node = cohmem_func_numa_node(f);
	/* The node is what the kubelet aligns by; not all firmware tells it. */
	g->socket = g->node;
	if (g->node < 0 && !cohmem_fact(f, "socket", &n, NULL))
		g->socket = (int)n;
	g->group = cohmem_func_group(f);
	g->cdev = cohmem_func_cdev(f);
	g->mib = cohmem_memory_range(f, NULL, &n) ? 0 : n >> 20;
	snprintf(g->why, sizeof(g->why), "%s", why ? why : "");
	/*
	 * What the host uses is nobody's business here, unless it is to be
	 * taken, or was offered before: then it is told to be ill.
	 */
	g->offered = was.offered || opt.bind ||
		     !strcmp(cohmem_func_driver(f), COHMEM_DRIVER);
	if (g->offered && (is_new || !was.offered || strcmp(was.why, g->why)))
		tell_verdict(g, was.why, is_new || !was.offered);
	return g->offered != was.offered || strcmp(g->resource, was.resource) ||
	       g->node != was.node || !g->why[0] != !was.why[0];
}

static bool look_at(const struct cohmem_func *f)
{
	struct gpu *g = gpu_find(cohmem_func_bdf(f));
	bool is_new = !g;

	if (is_new) {
		if (nr_gpus == MAX_GPUS)
			return false;
		g = &gpus[nr_gpus++];
		memset(g, 0, sizeof(*g));
		snprintf(g->bdf, sizeof(g->bdf), "%s", cohmem_func_bdf(f));
	}
	return judge(g, f, is_new);
}

static bool drop_gone(void)
{
	bool changed = false;
	unsigned int i;

	for (i = 0; i < nr_gpus; i++) {
		if (cohmem_func_find(ctx, gpus[i].bdf))
			continue;
		if (gpus[i].offered) {
			say(gpus[i].bdf, NULL, "gone from the bus");
			changed = true;
		}
		gpus[i--] = gpus[--nr_gpus];
	}
	return changed;
}

static int by_bdf(const void *a, const void *b)
{
	return strcmp(((const struct gpu *)a)->bdf, ((const struct gpu *)b)->bdf);
}

/* Binds what is to be bound; returns whether that changed the host. */
static bool bind_some(void)
{
	bool done = false;
	unsigned int i;

	for (i = 0; i < nr_gpus; i++)
		if (!strcmp(gpus[i].why, "not-bound") ||
		    !strcmp(gpus[i].why, "other-driver"))
			done |= bind_one(&gpus[i]);
	return done;
}

/**
 * host_look() - look at the host
 * @changed: what the kubelet knows is not true any more
 * Return: 0 or -errno, explained.
 */
int host_look(bool *changed)
{
	struct cohmem_func *f;
	int ret, again;

	*changed = false;
	for (again = 0; again < 2; again++) {
		ret = cohmem_scan(ctx);
		if (ret) {
			say_why(ctx);
			return ret;
		}
		*changed |= drop_gone();
		cohmem_func_foreach(ctx, f) {
			if (!cohmem_func_is_gpu(f) ||
			    !gpu_wanted(cohmem_func_bdf(f)))
				continue;
			cohmem_func_glance(ctx, f);
			*changed |= look_at(f);
		}
		qsort(gpus, nr_gpus, sizeof(gpus[0]), by_bdf);
		if (!opt.bind || !bind_some())
			break;
	}
	return 0;
}
