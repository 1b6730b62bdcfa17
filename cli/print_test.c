// SPDX-License-Identifier: GPL-2.0-only
/* What test has seen. */
#include <errno.h>
#include <linux/vfio.h>
#include <sys/utsname.h>

#include "json.h"
#include "print_test.h"
#include "progress.h"

#define INDENT	9

/**
 * pattern_bytes() - how much the passes have done together
 * @p: the test of a region
 * Return: bytes.
 */
u64 pattern_bytes(const struct pattern_run *p)
{
	return p->m.pass * p->m.size + p->m.done;
}

/**
 * pattern_is_good() - was nothing found?
 * @p: the test of a region
 * Return: true if so, as far as it went.
 */
bool pattern_is_good(const struct pattern_run *p)
{
	return !p->m.nr_mismatches && !p->m.fault.nr && !p->m.hopeless;
}

/* A line for each: there are few, or the list is cut and says so. */
static void pages(struct cli *cli, const char *what, const u64 *page,
		  unsigned int nr, bool more)
{
	char first[128], list[64 * 20 + 32];
	size_t n = 0;
	unsigned int i;

	if (!nr)
		return;
	for (i = 0; i < nr && n + 48 < sizeof(list); i++)
		n += snprintf(list + n, sizeof(list) - n, "%s0x%llx",
			      i ? " " : "", (unsigned long long)page[i]);
	if (more || i < nr)
		snprintf(list + n, sizeof(list) - n, " and more");
	snprintf(first, sizeof(first), "%*s%s: ", INDENT, "", what);
	say_wrapped(cli->width, first, INDENT + 2, list);
}

static void pattern_text(struct cli *cli, const struct pattern_run *p)
{
	char bits[64], why[96], first[64], text[320];
	unsigned int i;

	for (i = 0; i < p->m.nr_first; i++) {
		const struct cohmem_mismatch *m = &p->m.first[i];

		cohmem_mismatch_bits(m, bits, sizeof(bits));
		cohmem_mismatch_why(m, p->m.base, p->m.size, why, sizeof(why));
		snprintf(first, sizeof(first), "%*s0x%llx: ", INDENT, "",
			 (unsigned long long)m->address);
		snprintf(text, sizeof(text),
			 "expected 0x%016llx, found 0x%016llx; bits %s; %s (pass %u)",
			 (unsigned long long)m->expected,
			 (unsigned long long)m->found, bits, why, m->pass + 1);
		say_wrapped(cli->width, first, INDENT + 2, text);
	}
	pages(cli, "noted as bad, left out", p->m.skip,
	      p->m.nr_skip, false);
	pages(cli, "pages with wrong words", p->m.wrong.page, p->m.wrong.nr,
	      p->m.wrong.more);
	pages(cli, "pages that answered with a signal", p->m.fault.page,
	      p->m.fault.nr, p->m.fault.more);
}

/* Behind the result of the region's test. */
static const struct pattern_run *pattern_of(const struct test_run *run,
					    const char *id)
{
	unsigned int i;

	for (i = 0; i < run->nr; i++)
		if (!strncmp(id, "pattern-", 8) &&
		    !strcmp(id + 8,
			    cohmem_kind_name(run->pattern[i].region->kind)))
			return &run->pattern[i];
	return NULL;
}

/**
 * test_text() - what was seen, for people
 * @run: the test
 */
void test_text(const struct test_run *run)
{
	const struct cohmem_selftest *t = &run->t;
	const struct pattern_run *p;
	char first[64];
	unsigned int i;

	for (i = 0; i < t->nr; i++) {
		const struct cohmem_test_result *r = &t->result[i];

		snprintf(first, sizeof(first), "%-*s%s: ", INDENT,
			 cohmem_test_status_name(r->status), r->id);
		say_wrapped(run->cli->width, first, INDENT, shown(r->evidence));
		p = pattern_of(run, r->id);
		if (p)
			pattern_text(run->cli, p);
	}
	say("%s: %u passed, %u skipped, %u failed\n", t->f->bdf,
	    t->count[COHMEM_TEST_PASSED], t->count[COHMEM_TEST_SKIPPED],
	    t->count[COHMEM_TEST_FAILED]);
}

static struct json_object *json_mismatch(const struct pattern_run *p,
					 const struct cohmem_mismatch *m)
{
	struct json_object *o = json_object_new_object();
	struct json_object *bits = json_object_new_array();
	char why[96];
	int bit;

	json_add_hex(o, "address", m->address, 1);
	json_add_hex(o, "expected", m->expected, 16);
	json_add_hex(o, "found", m->found, 16);
	for (bit = 0; bit < 64; bit++)
		if ((m->expected ^ m->found) >> bit & 1)
			json_object_array_add(bits, json_object_new_int(bit));
	json_add(o, "bits", bits);
	json_add_u64(o, "pass", m->pass + 1);
	cohmem_mismatch_why(m, p->m.base, p->m.size, why, sizeof(why));
	json_add_str(o, "looks_like", why);
	return o;
}

static struct json_object *json_pattern(const struct pattern_run *p)
{
	struct json_object *o = json_object_new_object();
	struct json_object *list = json_object_new_array();
	unsigned int i;

	json_add_str(o, "kind", cohmem_kind_name(p->region->kind));
	json_add_hex(o, "base", p->m.base, 1);
	json_add_u64(o, "size", p->m.size);
	json_add_u64(o, "threads", p->m.nr_cpus ? p->m.nr_cpus : 1);
	json_add_u64(o, "passes", COHMEM_NR_PASSES);
	json_add_u64(o, "pass", p->m.pass + 1);
	json_add_u64(o, "pass_bytes", p->m.done);
	json_add_u64(o, "elapsed_ms", p->ms);
	json_add_u64(o, "bytes_per_second",
		     progress_rate(pattern_bytes(p), p->ms));
	json_add_bool(o, "complete", pattern_bytes(p) ==
		      COHMEM_NR_PASSES * p->m.size);
	json_add_u64(o, "mismatches", p->m.nr_mismatches);
	for (i = 0; i < p->m.nr_first; i++)
		json_object_array_add(list, json_mismatch(p, &p->m.first[i]));
	json_add(o, "first_mismatches", list);
	json_add(o, "pages_left_out", json_hex_list(p->m.skip, p->m.nr_skip));
	json_add(o, "pages_wrong",
		 json_hex_list(p->m.wrong.page, p->m.wrong.nr));
	json_add(o, "pages_signalled",
		 json_hex_list(p->m.fault.page, p->m.fault.nr));
	json_add_bool(o, "pages_omitted", p->m.wrong.more || p->m.fault.more);
	return o;
}

static struct json_object *json_regions(const struct cohmem_selftest *t)
{
	static const struct {
		u32 bit;
		const char *name;
	} flags[] = {
		{ VFIO_REGION_INFO_FLAG_READ, "read" },
		{ VFIO_REGION_INFO_FLAG_WRITE, "write" },
		{ VFIO_REGION_INFO_FLAG_MMAP, "mmap" },
		{ VFIO_REGION_INFO_FLAG_CAPS, "caps" },
	};
	struct json_object *list = json_object_new_array(), *o, *sub, *one;
	unsigned int i, k;

	for (i = 0; i < COHMEM_VFIO_REGIONS; i++) {
		const struct cohmem_vfio_region *r = &t->vfio.region[i];

		if (!r->size)
			continue;
		o = json_object_new_object();
		json_add_u64(o, "index", i);
		json_add_u64(o, "size", r->size);
		sub = json_object_new_array();
		for (k = 0; k < sizeof(flags) / sizeof(flags[0]); k++)
			if (r->flags & flags[k].bit)
				json_object_array_add(sub,
					json_object_new_string(flags[k].name));
		json_add(o, "flags", sub);
		sub = json_object_new_array();
		for (k = 0; k < r->nr_areas; k++) {
			one = json_object_new_object();
			json_add_u64(one, "offset", r->area[k].offset);
			json_add_u64(one, "size", r->area[k].size);
			json_object_array_add(sub, one);
		}
		json_add(o, "areas", sub);
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *document(const struct test_run *run)
{
	const struct cohmem_selftest *t = &run->t;
	struct json_object *top = json_top(run->cli, "test"), *o, *list;
	struct utsname u;
	unsigned int i;

	json_add_str(top, "bdf", t->f->bdf);
	json_add_hex(top, "vendor", t->f->vendor, 4);
	json_add_hex(top, "device", t->f->device, 4);
	json_add_str(top, "name", t->f->name);
	json_add_str(top, "driver", t->f->driver);
	json_add_str(top, "kernel", uname(&u) ? NULL : u.release);
	json_add_str(top, "via", t->via);
	json_add_str(top, "iommu", t->iommu);
	json_add_bool(top, "destructive", run->destructive);
	json_add_bool(top, "interrupted", t->stopped);
	json_add_bool(top, "passed", !t->count[COHMEM_TEST_FAILED] &&
		      !t->stopped);
	o = json_object_new_object();
	for (i = 0; i < COHMEM_NR_TEST_STATUS; i++)
		json_add_u64(o, cohmem_test_status_name(i), t->count[i]);
	json_add(top, "counts", o);
	list = json_object_new_array();
	for (i = 0; i < t->nr; i++) {
		o = json_object_new_object();
		json_add_str(o, "id", t->result[i].id);
		json_add_str(o, "status",
			     cohmem_test_status_name(t->result[i].status));
		json_add_str(o, "evidence", t->result[i].evidence);
		json_object_array_add(list, o);
	}
	json_add(top, "tests", list);
	json_add(top, "vfio_regions", json_regions(t));
	list = json_object_new_array();
	for (i = 0; i < run->nr; i++)
		json_object_array_add(list, json_pattern(&run->pattern[i]));
	json_add(top, "patterns", list);
	return top;
}

/**
 * test_json() - what was seen, for programs
 * @run: the test
 */
void test_json(const struct test_run *run)
{
	json_put(run->cli, document(run));
}

/**
 * test_report() - the same in a file, to be given away
 * @run: the test
 * @out: the file
 *
 * As with record, what identifies people and machines is left out.
 *
 * Return: 0 or -errno.
 */
int test_report(const struct test_run *run, FILE *out)
{
	struct json_object *o = document(run);
	int ret;

	json_add(o, "host", NULL);
	json_messages(o);
	ret = fprintf(out, "%s\n", json_object_to_json_string_ext(o,
		      JSON_C_TO_STRING_NOSLASHESCAPE |
		      JSON_C_TO_STRING_PRETTY)) < 0 ? -errno : 0;
	json_object_put(o);
	return ret;
}
