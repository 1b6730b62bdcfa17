/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A program of somebody else's: it knows libcohmem by its installed header and
 * pkg-config alone. Writes what it sees of the GPUs, a line of JSON each, in the words
 * of cohmem-json(5), for tests/cli/api to hold against what the command says.
 *
 *	stranger ROOT			what there is
 *	stranger ROOT bind|unbind BDF	is it refused, and in which words
 */
#include <errno.h>
#include <inttypes.h>
#include <libcohmem.h>
#include <stdio.h>
#include <string.h>

static const char *const keys[] = {
	"mode", "ready_state", "ready_ms", "poison_count", "poison_overflow",
	"scrub", "scrub_result", "scrub_dirty", "egm_base", "socket",
};

static void put_str(const char *key, const char *text)
{
	if (text && *text)
		printf("\"%s\":\"%s\",", key, text);
	else
		printf("\"%s\":null,", key);
}

static void put_user(void *arg, int pid, const char *process, const char *guest,
		     const char *path)
{
	int *nr = (int *)arg;

	printf("%s{\"pid\":%d,\"comm\":\"%s\",\"guest\":", (*nr)++ ? "," : "",
	       pid, process);
	if (*guest)
		printf("\"%s\"", guest);
	else
		printf("null");
	printf(",\"path\":\"%s\"}", path);
}

static void put_memory(const struct cohmem_func *f)
{
	static const char *const states[] = { "unknown", "absent", "bad", "ok" };
	uint64_t base, size, bar_size;
	unsigned int nr, bar;

	printf("\"memory\":{\"state\":\"%s\",", states[cohmem_memory_state(f)]);
	put_str("reason", cohmem_memory_reason(f));
	if (!cohmem_memory_range(f, &base, &size))
		printf("\"base\":\"0x%" PRIx64 "\",\"size\":%" PRIu64 ",", base,
		       size);
	printf("\"regions\":[");
	for (nr = 0; !cohmem_memory_region(f, nr, &bar, &base, &size, &bar_size);
	     nr++)
		printf("%s{\"bar\":%u,\"base\":\"0x%" PRIx64 "\",\"size\":%" PRIu64
		       ",\"region_size\":%" PRIu64 "}", nr ? "," : "", bar, base,
		       size, bar_size);
	printf("]},");
}

static void put_bound(const struct cohmem_func *f)
{
	uint64_t number, address;
	const char *word;
	unsigned int i;

	printf("\"bound\":{");
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (cohmem_fact(f, keys[i], &number, &word))
			continue;
		if (word)
			put_str(keys[i], word);
		else
			printf("\"%s\":%" PRIu64 ",", keys[i], number);
	}
	printf("\"poison_pages\":[");
	for (i = 0; !cohmem_bad_page(f, i, &address); i++)
		printf("%s\"0x%" PRIx64 "\"", i ? "," : "", address);
	printf("]},");
}

static void put_gpu(struct cohmem_ctx *ctx, const struct cohmem_func *f)
{
	const char *why, *issue;
	int available, nr = 0;
	unsigned int i;

	printf("{");
	put_str("bdf", cohmem_func_bdf(f));
	put_str("name", cohmem_func_name(f));
	printf("\"vendor\":\"0x%04x\",\"device\":\"0x%04x\",",
	       cohmem_func_vendor(f), cohmem_func_device(f));
	put_str("driver", cohmem_func_driver(f));
	put_str("driver_override", cohmem_func_override(f));
	put_str("state", cohmem_func_state(f));
	put_str("health", cohmem_func_health(ctx, f));
	printf("\"issues\":[");
	for (i = 0; (issue = cohmem_func_issue(ctx, f, i)); i++)
		printf("%s\"%s\"", i ? "," : "", issue);
	available = cohmem_func_available(ctx, f, &why);
	printf("],\"available\":%s,", available > 0 ? "true" :
	       available ? "null" : "false");
	put_str("unavailable_reason", why);
	printf("\"iommu_group\":%d,\"numa_node\":%d,", cohmem_func_group(f),
	       cohmem_func_numa_node(f));
	printf("\"cdev\":%d,\"vfio\":%s,\"persistent\":%s,", cohmem_func_cdev(f),
	       cohmem_func_is_vfio(f) ? "true" : "false",
	       cohmem_func_persistent(ctx, f) ? "true" : "false");
	put_memory(f);
	put_bound(f);
	printf("\"users\":[");
	available = cohmem_users_foreach(ctx, f, put_user, &nr);
	printf("],\"users_known\":%s}\n", available < 0 ? "false" : "true");
}

static void hear(void *arg, enum cohmem_log_level level, const char *text)
{
	(void)arg;
	if (level != COHMEM_LOG_DEBUG)
		fprintf(stderr, "%s\n", text);
}

int main(int argc, char **argv)
{
	struct cohmem_ctx *ctx;
	struct cohmem_func *f;
	char bdf[COHMEM_BDF_LEN];
	int ret;

	if (argc < 2 || cohmem_new(&ctx, argv[1]))
		return 2;
	cohmem_set_log(ctx, hear, NULL);
	cohmem_set_wait(ctx, 1);
	ret = cohmem_scan(ctx);
	if (!ret && argc == 4 && !strcmp(argv[2], "bind"))
		ret = cohmem_bind(ctx, argv[3], NULL, 0);
	else if (!ret && argc == 4)
		ret = cohmem_unbind(ctx, argv[3], 0);
	if (ret) {
		printf("%d|%s|%s|%s|%s\n", -ret, cohmem_why_reason(ctx),
		       cohmem_why_subject(ctx), cohmem_why_what(ctx),
		       cohmem_why_hint(ctx));
		cohmem_free(ctx);
		return 1;
	}
	if (cohmem_bdf_normalise("9:1:0.0", bdf) ||
	    cohmem_bdf_normalise("9:1", bdf) != -EINVAL)
		return 3;
	cohmem_func_foreach(ctx, f) {
		cohmem_func_load(ctx, f);
		if (cohmem_func_is_gpu(f))
			put_gpu(ctx, f);
		if (cohmem_func_find(ctx, cohmem_func_bdf(f)) != f)
			return 4;
	}
	fprintf(stderr, "libcohmem %s, IOMMU %d\n", cohmem_version(),
		cohmem_has_iommu(ctx));
	cohmem_free(ctx);
	return 0;
}
