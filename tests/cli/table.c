// SPDX-License-Identifier: GPL-2.0-only
/*
 * The writer of ACPI tables against the reader: what was put in comes out again, at the
 * lengths where an encoding changes and through whole tables. That other readers take
 * them is shown elsewhere (forms: ACPICA).
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "aml_write.h"
#include "vm.h"

static struct cohmem_aml reader(const struct cohmem_aml_out *o)
{
	return (struct cohmem_aml){ .b = o->b };
}

/* Each integer, and in how many bytes. */
static void integers(void **state)
{
	static const struct {
		u64 value;
		size_t len;
	} cases[] = {
		{ 0, 1 }, { 1, 1 }, { 2, 2 }, { 0xff, 2 }, { 0x100, 3 },
		{ 0xffff, 3 }, { 0x10000, 5 }, { 0xffffffff, 5 },
		{ 0x100000000, 9 }, { ~0ULL, 9 }, { 0x8000000000, 9 },
	};
	struct cohmem_aml_out o;
	struct cohmem_aml a;
	unsigned int i;
	size_t pos;
	u64 v;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(&o, 0, sizeof(o));
		cohmem_aml_put_integer(&o, cases[i].value);
		assert_int_equal(o.len, cases[i].len);
		a = reader(&o);
		pos = 0;
		assert_true(cohmem_aml_integer(&a, &pos, o.len, &v));
		assert_int_equal(pos, o.len);
		assert_int_equal(v, cases[i].value);
		free(o.b);
	}
}

static void paths(void **state)
{
	static const char *const cases[] = {
		"_ADR", "\\_SB_", "\\_SB_.PCI0", "\\_SB_.PCI0.S80_",
		"\\_SB_.PCI0.S80_.S00_", "ABCD.EFGH", "ABCD.EFGH.IJKL",
	};
	struct cohmem_aml_name name;
	struct cohmem_aml_out o;
	struct cohmem_aml a;
	char want[64];
	unsigned int i;
	size_t pos;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(&o, 0, sizeof(o));
		cohmem_aml_put_path(&o, cases[i]);
		a = reader(&o);
		pos = 0;
		assert_true(cohmem_aml_name(&a, &pos, o.len, "\\", &name));
		assert_int_equal(pos, o.len);
		snprintf(want, sizeof(want), "%s%s", cases[i][0] == '\\' ? "" : "\\",
			 cases[i]);
		assert_string_equal(name.text, want);
		free(o.b);
	}
}

/* Blocks of every length around those where their own length takes a byte more. */
static void lengths(void **state)
{
	static const size_t around[] = { 0, 62, 4093, 1048572 };
	static const unsigned int field[] = { 1, 1, 2, 3 };
	struct cohmem_aml_out o;
	struct cohmem_aml a;
	size_t len, pos, end, i, k;
	unsigned int most;

	(void)state;
	for (i = 0; i < sizeof(around) / sizeof(around[0]); i++)
		for (k = 0; k < 4; k++) {
			len = around[i] + k;
			memset(&o, 0, sizeof(o));
			cohmem_aml_put_byte(&o, 0xaa);
			pos = cohmem_aml_begin(&o);
			for (end = 0; end < len; end++)
				cohmem_aml_put_byte(&o, end);
			cohmem_aml_end(&o, pos);
			assert_false(o.failed);
			a = reader(&o);
			assert_true(cohmem_aml_length(&a, &pos, o.len, &end));
			assert_int_equal(end, o.len);
			assert_int_equal(o.len - pos, len);
			most = pos - 1;
			assert_in_range(most, field[i], field[i] + 1);
			for (end = 0; end < len; end++)
				if (o.b[pos + end] != (u8)end)
					fail_msg("byte %zu of %zu is moved", end, len);
			free(o.b);
		}
}

struct told {
	unsigned int nr;
	char path[3 * COHMEM_VM_MAX_GPUS][COHMEM_AML_PATH];
	enum cohmem_prop prop[3 * COHMEM_VM_MAX_GPUS];
	u64 value[3 * COHMEM_VM_MAX_GPUS];
};

static void on_property(void *arg, const char *path, enum cohmem_prop prop,
			const struct cohmem_aml_value *value)
{
	struct told *t = arg;

	assert_true(t->nr < 3 * COHMEM_VM_MAX_GPUS);
	assert_int_equal(value->kind, COHMEM_AML_INTEGER);
	snprintf(t->path[t->nr], COHMEM_AML_PATH, "%s", path);
	t->prop[t->nr] = prop;
	t->value[t->nr++] = value->integer;
}

/* A machine of @nr GPUs on @nodes nodes, the last of which has the larger memory. */
static void make(struct cohmem_vm *vm, unsigned int nr, unsigned int nodes)
{
	unsigned int i;
	u64 at = 1ULL << 30;

	memset(vm, 0, sizeof(*vm));
	vm->egm = true;
	vm->nr_gpus = nr;
	vm->nr_cpu_nodes = nodes;
	for (i = 0; i < nodes; i++) {
		vm->node[i].base = at;
		vm->node[i].memory = (i + 1) * 457728ULL << 20;
		at += vm->node[i].memory;
	}
	for (i = 0; i < nr; i++)
		vm->gpu[i].cpu_node = i * nodes / nr;
}

static void tables(void **state)
{
	struct cohmem_aml_visitor v = { .property = on_property };
	static struct cohmem_vm vm;
	static struct told t;
	unsigned int nr, nodes, i;
	char want[64];
	u8 *table, sum;
	size_t len, at;

	(void)state;
	v.arg = &t;
	for (nr = 1; nr <= COHMEM_VM_MAX_GPUS; nr++)
		for (nodes = 1; nodes <= nr; nodes++) {
			make(&vm, nr, nodes);
			assert_int_equal(cohmem_vm_table(&vm, &table, &len), 0);
			for (sum = 0, at = 0; at < len; at++)
				sum += table[at];
			assert_int_equal(sum, 0);
			t.nr = 0;
			assert_int_equal(cohmem_aml_walk(table, len, &v), 0);
			assert_int_equal(t.nr, 3 * nr);
			for (i = 0; i < t.nr; i++) {
				unsigned int gpu = i / 3;
				unsigned int node = vm.gpu[gpu].cpu_node;

				if (nodes > 1)
					snprintf(want, sizeof(want),
						 "\\_SB_.PC%02X.S00_.S00_",
						 16 * (gpu + 1));
				else
					snprintf(want, sizeof(want),
						 "\\_SB_.PCI0.S%02X_.S00_",
						 8 * (16 + gpu));
				assert_string_equal(t.path[i], want);
				switch (t.prop[i]) {
				case COHMEM_DSD_EGM_BASE:
					assert_int_equal(t.value[i],
							 vm.node[node].base);
					break;
				case COHMEM_DSD_EGM_SIZE:
					assert_int_equal(t.value[i],
							 vm.node[node].memory);
					break;
				case COHMEM_DSD_EGM_PXM:
					assert_int_equal(t.value[i], node);
					break;
				default:
					fail_msg("property %d", t.prop[i]);
				}
			}
			free(table);
		}
}

/* A PC has its memory in two pieces, and without EGM there is nothing to tell. */
static void none(void **state)
{
	static struct cohmem_vm vm;
	size_t len;
	u8 *table;

	(void)state;
	make(&vm, 1, 1);
	vm.machine = COHMEM_VM_Q35;
	assert_int_equal(cohmem_vm_table(&vm, &table, &len), -ENOTSUP);
	assert_null(table);
	make(&vm, 1, 1);
	vm.egm = false;
	assert_int_equal(cohmem_vm_table(&vm, &table, &len), -ENOTSUP);
	assert_null(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers), cmocka_unit_test(paths),
		cmocka_unit_test(lengths), cmocka_unit_test(tables),
		cmocka_unit_test(none),
	};

	return cmocka_run_group_tests_name("cli-table", tests, NULL, NULL);
}
