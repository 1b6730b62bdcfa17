// SPDX-License-Identifier: GPL-2.0-only
/*
 * The reader of ACPI tables on tables that lie: cut anywhere, any byte
 * changed, noise. What it finds in good tables is checked through the command
 * (golden); here it must not read beyond the end, recurse without bound or
 * invent paths. The table lies at the end of a mapping whose next page is not
 * there, so reading one byte too many ends the program even without ASan.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "acpi_dsd.h"

#define MAX_TABLE	65536

static uint8_t *fence;	/* one past the last byte that may be read */

struct found {
	unsigned int nr;
	char path[COHMEM_AML_PATH];
	enum cohmem_prop prop;
	struct cohmem_aml_value value;
};

static void on_property(void *arg, const char *path, enum cohmem_prop prop,
			const struct cohmem_aml_value *value)
{
	struct found *f = arg;

	assert_true(strlen(path) < COHMEM_AML_PATH);
	assert_int_equal(path[0], '\\');
	assert_true(prop < COHMEM_NR_PROPS);
	f->nr++;
	snprintf(f->path, sizeof(f->path), "%s", path);
	f->prop = prop;
	f->value = *value;
}

static void on_integer(void *arg, const char *path, u64 value)
{
	(void)arg;
	(void)value;
	assert_int_equal(path[0], '\\');
	assert_true(strlen(path) < COHMEM_AML_PATH);
}

static int walk(const uint8_t *table, size_t len, struct found *f)
{
	struct cohmem_aml_visitor v = {
		.property = on_property, .integer = on_integer, .arg = f,
	};

	memset(f, 0, sizeof(*f));
	memcpy(fence - len, table, len);
	return cohmem_aml_walk(fence - len, len, &v);
}

/* Tables as iasl made them, from the machines. */
static size_t load(const char *name, uint8_t *buf)
{
	char path[4096];
	unsigned int byte;
	size_t n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/tests/cli/machines/%s.hex",
		 getenv("COHMEM_TOP"), name);
	f = fopen(path, "r");
	if (!f)
		fail_msg("cannot open %s", path);
	while (n < MAX_TABLE && fscanf(f, "%2x", &byte) == 1)
		buf[n++] = byte;
	fclose(f);
	return n;
}

static const char *const tables[] = {
	"gh200", "gh200-down", "lab", "gb200-dsdt", "gb200-ssdt",
};

#define NR_TABLES	(sizeof(tables) / sizeof(tables[0]))

/* The header's length has to follow, or the header alone refuses the table. */
static void set_length(uint8_t *t, size_t len)
{
	t[4] = len;
	t[5] = len >> 8;
	t[6] = len >> 16;
	t[7] = len >> 24;
}

static void whole(void **state)
{
	static const unsigned int expected[NR_TABLES] = { 8, 8, 4, 12, 8 };
	uint8_t t[MAX_TABLE];
	struct found f;
	unsigned int i;

	(void)state;
	for (i = 0; i < NR_TABLES; i++) {
		assert_int_equal(walk(t, load(tables[i], t), &f), 0);
		assert_int_equal(f.nr, expected[i]);
	}
}

static void cut(void **state)
{
	uint8_t t[MAX_TABLE];
	struct found f;
	unsigned int i;
	size_t len, n;

	(void)state;
	for (i = 0; i < NR_TABLES; i++) {
		len = load(tables[i], t);
		for (n = 0; n < len; n++)
			assert_int_equal(walk(t, n, &f), -22);
		for (n = 36; n < len; n++) {
			set_length(t, n);
			assert_int_equal(walk(t, n, &f), 0);
		}
	}
}

static void changed(void **state)
{
	static const uint8_t values[] = {
		0x00, 0x01, 0x08, 0x0d, 0x0e, 0x10, 0x11, 0x12, 0x13, 0x14,
		0x2e, 0x2f, 0x3f, 0x40, 0x5b, 0x5c, 0x5e, 0x7f, 0x80, 0x82,
		0x93, 0xa0, 0xbf, 0xc0, 0xff,
	};
	uint8_t t[MAX_TABLE], was;
	struct found f;
	unsigned int i, v;
	size_t len, n;

	(void)state;
	for (i = 0; i < NR_TABLES; i++) {
		len = load(tables[i], t);
		for (n = 36; n < len; n++) {
			was = t[n];
			for (v = 0; v < sizeof(values); v++) {
				t[n] = values[v];
				walk(t, len, &f);
			}
			t[n] = was;
		}
	}
}

static uint32_t rnd(uint32_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 17;
	*s ^= *s << 5;
	return *s;
}

/* Bytes that mean something, in no order. */
static void noise(void **state)
{
	static const uint8_t words[] = {
		0x08, 0x10, 0x12, 0x14, 0x5b, 0x82, 0x5c, 0x5e, 0x2f, 0x2e,
		0xa0, 0xa1, 'A', '_', 'D', 'S', 0x00, 0xff, 0x41, 0x0d,
	};
	uint8_t t[2048] = { 0 };
	uint32_t seed = 20260101;
	struct found f;
	unsigned int round;
	size_t n;

	(void)state;
	for (round = 0; round < 20000; round++) {
		size_t len = 36 + rnd(&seed) % 200;

		for (n = 36; n < len; n++)
			t[n] = words[rnd(&seed) % sizeof(words)];
		set_length(t, len);
		assert_int_equal(walk(t, len, &f), 0);
	}
}

/* Scope in scope in scope: neither the stack nor the path may overflow. */
static void deep(void **state)
{
	static uint8_t t[MAX_TABLE];
	struct found f;
	size_t n = 36, len = 20000;

	(void)state;
	memset(t, 0, sizeof(t));
	while (n + 8 < len) {
		size_t pkg = len - n - 1;	/* as long as all that is left */

		t[n++] = 0x10;
		t[n++] = 0x80 | (pkg & 0x0f);
		t[n++] = pkg >> 4;
		t[n++] = pkg >> 12;
		memcpy(t + n, "ABCD", 4);
		n += 4;
	}
	set_length(t, len);
	assert_int_equal(walk(t, len, &f), 0);
	assert_int_equal(f.nr, 0);
}

static const uint8_t dsd[] = {
	0x08, '_', 'D', 'S', 'D', 0x12, 0x42, 0x03, 0x02,
	0x11, 0x13, 0x0a, 0x10,
	0x14, 0xd8, 0xff, 0xda, 0xba, 0x6e, 0x8c, 0x4d,
	0x8a, 0x91, 0xbc, 0x9b, 0xbf, 0x4a, 0xa3, 0x01,
	0x12, 0x1b, 0x01,
	0x12, 0x18, 0x02,
	0x0d, 'n', 'v', 'i', 'd', 'i', 'a', ',', 'e', 'g', 'm', '-', 'p', 'x',
	'm', 0x00,
};

/* What a value is: each spelling of an integer, a name, something else. */
static void values(void **state)
{
	static const struct {
		uint8_t revision, nr, b[12];
		enum cohmem_aml_kind kind;
		u64 integer;
		const char *name;
	} cases[] = {
		{ 2, 1, { 0x00 }, COHMEM_AML_INTEGER, 0, NULL },
		{ 2, 1, { 0x01 }, COHMEM_AML_INTEGER, 1, NULL },
		{ 2, 1, { 0xff }, COHMEM_AML_INTEGER, ~0ULL, NULL },
		{ 1, 1, { 0xff }, COHMEM_AML_INTEGER, 0xffffffff, NULL },
		{ 2, 2, { 0x0a, 0x12 }, COHMEM_AML_INTEGER, 0x12, NULL },
		{ 2, 3, { 0x0b, 0x34, 0x12 }, COHMEM_AML_INTEGER, 0x1234, NULL },
		{ 2, 5, { 0x0c, 4, 3, 2, 0x81 }, COHMEM_AML_INTEGER, 0x81020304,
			NULL },
		{ 2, 9, { 0x0e, 8, 7, 6, 5, 4, 3, 2, 0x81 }, COHMEM_AML_INTEGER,
			0x8102030405060708, NULL },
		{ 1, 9, { 0x0e, 8, 7, 6, 5, 4, 3, 2, 1 }, COHMEM_AML_INTEGER,
			0x05060708, NULL },
		{ 2, 4, "ABCD", COHMEM_AML_NAME, 0, "\\ABCD" },
		{ 2, 5, "\\ABC_", COHMEM_AML_NAME, 0, "\\ABC_" },
		{ 2, 9, ".ABCDEFGH", COHMEM_AML_NAME, 0, "\\ABCD.EFGH" },
		{ 2, 3, { 0x0d, 'x', 0 }, COHMEM_AML_OTHER, 0, NULL },
		{ 2, 4, "abcd", COHMEM_AML_OTHER, 0, NULL },
		{ 2, 5, "^ABCD", COHMEM_AML_OTHER, 0, NULL },	/* above the root */
		{ 2, 1, { 0x0e }, COHMEM_AML_OTHER, 0, NULL },	/* cut short */
	};
	uint8_t t[256] = { 0 };
	struct found f;
	unsigned int i;
	size_t len;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		unsigned int nr = cases[i].nr;

		memset(t, 0, 36);
		t[8] = cases[i].revision;
		memcpy(t + 36, dsd, sizeof(dsd));
		memcpy(t + 36 + sizeof(dsd), cases[i].b, nr);
		/* Lengths count their own byte and all that follows. */
		t[36 + 33] = 0x12 + nr;
		t[36 + 30] = 0x12 + nr + 3;
		t[36 + 6] = 0x40 | ((2 + 1 + 20 + 0x12 + nr + 4) & 0x0f);
		t[36 + 7] = (2 + 1 + 20 + 0x12 + nr + 4) >> 4;
		len = 36 + sizeof(dsd) + nr;
		set_length(t, len);
		assert_int_equal(walk(t, len, &f), 0);
		if (f.nr != 1)
			fail_msg("case %u: %u properties", i, f.nr);
		assert_int_equal(f.prop, COHMEM_DSD_EGM_PXM);
		assert_string_equal(f.path, "\\");
		assert_int_equal(f.value.kind, cases[i].kind);
		if (cases[i].kind == COHMEM_AML_INTEGER)
			assert_int_equal(f.value.integer, cases[i].integer);
		if (cases[i].kind == COHMEM_AML_NAME)
			assert_string_equal(f.value.name, cases[i].name);
	}
}

static int setup(void **state)
{
	long page = sysconf(_SC_PAGESIZE);
	uint8_t *map = mmap(NULL, MAX_TABLE + page, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)state;
	if (map == MAP_FAILED || mprotect(map + MAX_TABLE, page, PROT_NONE))
		return -1;
	fence = map + MAX_TABLE;
	return getenv("COHMEM_TOP") ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole), cmocka_unit_test(cut),
		cmocka_unit_test(changed), cmocka_unit_test(noise),
		cmocka_unit_test(deep), cmocka_unit_test(values),
	};

	return cmocka_run_group_tests_name("cli-aml", tests, setup, NULL);
}
