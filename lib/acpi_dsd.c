// SPDX-License-Identifier: GPL-2.0-only
/*
 * A reader of _DSD packages in raw ACPI tables.
 *
 * The kernel evaluates _DSD and shows its result to drivers only: sysfs has
 * none of it. What it shows are the tables as firmware installed them. So that
 * the memory of a GPU is known before a driver is bound to it, this file finds
 * the packages there.
 *
 * It is no interpreter. It walks the declarations (Scope, Device, Name ..) and
 * steps over the rest. Where it meets something it does not know, usually code
 * at the top of a table, it looks on byte by byte for the next declaration it
 * cannot mistake. A value that is no constant is reported as such, and the
 * caller says "unknown" instead of guessing.
 *
 * The bytes are foreign. Invariants: every offset is checked against the end of
 * the block it lies in, and a block never ends after the one around it; nesting
 * is limited; each step moves forward.
 *
 * Words: "block" is [pos, end) inside some declaration; "scope" is the absolute
 * path of the object around it, spelled as the kernel spells it in sysfs, each
 * part four characters: \_SB_.PCI0.S10_.
 *
 * _DSD: ACPI 6.5, 6.2.5, and the _DSD guide for its UUID
 * daffd814-6eba-4d8c-8a91-bc9bbf4aa301.
 */
#include <errno.h>
#include <stdio.h>

#include "aml.h"
#include "regs.h"

#define TABLE_HEADER	36
#define TABLE_LENGTH	4
#define TABLE_REVISION	8

/* daffd814-6eba-4d8c-8a91-bc9bbf4aa301 in the byte order of ToUUID() */
const u8 cohmem_dsd_uuid[16] = {
	0x14, 0xd8, 0xff, 0xda, 0xba, 0x6e, 0x8c, 0x4d,
	0x8a, 0x91, 0xbc, 0x9b, 0xbf, 0x4a, 0xa3, 0x01,
};

static const char *const prop_names[COHMEM_NR_PROPS] = {
	[COHMEM_MEM_BASE] = COHMEM_PROP_MEM_BASE,
	[COHMEM_MEM_SIZE] = COHMEM_PROP_MEM_SIZE,
	[COHMEM_PXM_START] = COHMEM_PROP_PXM_START,
	[COHMEM_PXM_COUNT] = COHMEM_PROP_PXM_COUNT,
	[COHMEM_DSD_EGM_BASE] = COHMEM_PROP_EGM_BASE,
	[COHMEM_DSD_EGM_SIZE] = COHMEM_PROP_EGM_SIZE,
	[COHMEM_DSD_EGM_PXM] = COHMEM_PROP_EGM_PXM,
	[COHMEM_DSD_EGM_RETIRED] = COHMEM_PROP_EGM_RETIRED,
};

static void walk_block(const struct cohmem_aml *a, size_t pos, size_t end,
		       const char *scope, int depth);

/**
 * cohmem_prop_name() - how firmware spells a property
 * @prop: the property
 * Return: its name, or NULL for a number that is none.
 */
const char *cohmem_prop_name(enum cohmem_prop prop)
{
	return (unsigned int)prop < COHMEM_NR_PROPS ? prop_names[prop] : NULL;
}

static bool last_seg_is(const char *path, const char *seg)
{
	size_t len = strlen(path);

	return len >= 5 && !strcmp(path + len - 4, seg);
}

/* One property at [pos, end): a name and a value. */
static void see_property(const struct cohmem_aml *a, size_t pos, size_t end,
			 const char *owner, const char *scope)
{
	struct cohmem_aml_value value = { .kind = COHMEM_AML_OTHER };
	struct cohmem_aml_name ref;
	const char *name;
	unsigned int i;

	if (!cohmem_aml_string(a, &pos, end, &name))
		return;
	for (i = 0; i < COHMEM_NR_PROPS; i++)
		if (!strcmp(name, prop_names[i]))
			break;
	if (i == COHMEM_NR_PROPS)
		return;
	if (cohmem_aml_integer(a, &pos, end, &value.integer)) {
		value.kind = COHMEM_AML_INTEGER;
	} else if (cohmem_aml_name(a, &pos, end, scope, &ref)) {
		value.kind = COHMEM_AML_NAME;
		snprintf(value.name, sizeof(value.name), "%s", ref.text);
		value.search = ref.bare;
	}
	a->visitor->property(a->visitor->arg, owner, i, &value);
}

/* The opening of a package at @pos: @pos moves to its first element. */
static bool open_package(const struct cohmem_aml *a, size_t *pos, size_t end,
			 size_t *pkg_end)
{
	size_t p = *pos;
	u64 nr;
	u8 op;

	if (p >= end)
		return false;
	op = a->b[p++];
	if (op != OP_PACKAGE && op != OP_VAR_PACKAGE)
		return false;
	if (!cohmem_aml_length(a, &p, end, pkg_end))
		return false;
	if (op == OP_PACKAGE) {
		if (p >= *pkg_end)
			return false;
		p++;
	} else if (!cohmem_aml_integer(a, &p, *pkg_end, &nr)) {
		return false;
	}
	*pos = p;
	return true;
}

/* A buffer at @pos that holds the UUID of device properties? */
static bool is_property_uuid(const struct cohmem_aml *a, size_t pos, size_t end)
{
	size_t pkg_end;
	u64 size;

	if (pos >= end || a->b[pos++] != OP_BUFFER)
		return false;
	return cohmem_aml_length(a, &pos, end, &pkg_end) &&
	       cohmem_aml_integer(a, &pos, pkg_end, &size) &&
	       size == sizeof(cohmem_dsd_uuid) &&
	       pkg_end - pos == sizeof(cohmem_dsd_uuid) &&
	       !memcmp(a->b + pos, cohmem_dsd_uuid, sizeof(cohmem_dsd_uuid));
}

/*
 * The package of a _DSD at @pos: pairs of a UUID and its data. @owner is the
 * object that has it, @scope where its names are looked up from.
 */
static bool see_dsd(const struct cohmem_aml *a, size_t pos, size_t end,
		    const char *owner, const char *scope)
{
	size_t dsd_end, list_end, one_end, p;
	bool wanted, seen = false;

	if (!open_package(a, &pos, end, &dsd_end))
		return false;
	while (pos < dsd_end) {
		wanted = is_property_uuid(a, pos, dsd_end);
		if (!cohmem_aml_skip(a, &pos, dsd_end))
			break;
		p = pos;
		if (!cohmem_aml_skip(a, &pos, dsd_end))
			break;
		if (!wanted || !open_package(a, &p, dsd_end, &list_end))
			continue;
		seen = true;
		while (p < list_end) {
			size_t q = p;

			if (open_package(a, &q, list_end, &one_end))
				see_property(a, q, one_end, owner, scope);
			if (!cohmem_aml_skip(a, &p, list_end))
				break;
		}
	}
	return seen;
}

/* Method(_DSD): a package it returns is as good as a Name; look for one. */
static void see_dsd_method(const struct cohmem_aml *a, size_t pos, size_t end,
			   const char *owner, const char *scope)
{
	for (; pos < end; pos++)
		if (a->b[pos] == OP_PACKAGE)
			see_dsd(a, pos, end, owner, scope);
}

static bool see_name(const struct cohmem_aml *a, size_t *pos, size_t end,
		     const char *scope)
{
	struct cohmem_aml_name name;
	size_t p = *pos;
	u64 v;

	if (!cohmem_aml_name(a, &p, end, scope, &name))
		return false;
	*pos = p;
	if (last_seg_is(name.text, "_DSD")) {
		char owner[COHMEM_AML_PATH];

		strcpy(owner, name.text);
		cohmem_aml_parent(owner);
		see_dsd(a, p, end, owner, scope);
	} else if (a->visitor->integer && cohmem_aml_integer(a, &p, end, &v)) {
		a->visitor->integer(a->visitor->arg, name.text, v);
	}
	return cohmem_aml_skip(a, pos, end);
}

/* Anything with a package length, a name and declarations inside. */
static bool see_container(const struct cohmem_aml *a, size_t *pos, size_t end,
			  const char *scope, size_t extra, int depth)
{
	struct cohmem_aml_name name;
	size_t p = *pos, pkg_end;

	if (!cohmem_aml_length(a, &p, end, &pkg_end) ||
	    !cohmem_aml_name(a, &p, pkg_end, scope, &name) ||
	    pkg_end - p < extra)
		return false;
	walk_block(a, p + extra, pkg_end, name.text, depth + 1);
	*pos = pkg_end;
	return true;
}

static bool see_method(const struct cohmem_aml *a, size_t *pos, size_t end,
		       const char *scope)
{
	struct cohmem_aml_name name;
	size_t p = *pos, pkg_end;

	if (!cohmem_aml_length(a, &p, end, &pkg_end) ||
	    !cohmem_aml_name(a, &p, pkg_end, scope, &name) || p >= pkg_end)
		return false;
	if (last_seg_is(name.text, "_DSD")) {
		char owner[COHMEM_AML_PATH];

		strcpy(owner, name.text);
		cohmem_aml_parent(owner);
		see_dsd_method(a, p + 1, pkg_end, owner, name.text);
	}
	*pos = pkg_end;
	return true;
}

static bool see_block(const struct cohmem_aml *a, size_t *pos, size_t end,
		      const char *scope, bool has_predicate, int depth)
{
	size_t p = *pos, pkg_end;

	if (!cohmem_aml_length(a, &p, end, &pkg_end))
		return false;
	if (has_predicate)
		/* One that is not understood is dealt with as unknown code. */
		cohmem_aml_skip_operand(a, &p, pkg_end, depth);
	walk_block(a, p, pkg_end, scope, depth + 1);
	*pos = pkg_end;
	return true;
}

static bool skip_operands_and_name(const struct cohmem_aml *a, size_t *pos,
				   size_t end, int nr)
{
	struct cohmem_aml_name name;

	for (; nr; nr--)
		if (!cohmem_aml_skip_operand(a, pos, end, 0))
			return false;
	return cohmem_aml_name(a, pos, end, "\\", &name);
}

static bool skip_name_and(const struct cohmem_aml *a, size_t *pos, size_t end,
			  size_t bytes, int operands)
{
	struct cohmem_aml_name name;

	if (!cohmem_aml_name(a, pos, end, "\\", &name) || end - *pos < bytes)
		return false;
	*pos += bytes;
	for (; operands; operands--)
		if (!cohmem_aml_skip_operand(a, pos, end, 0))
			return false;
	return true;
}

static bool extended(const struct cohmem_aml *a, size_t *pos, size_t end,
		     const char *scope, int depth)
{
	size_t pkg_end;

	if (*pos >= end)
		return false;
	switch (a->b[(*pos)++]) {
	case EXT_DEVICE:
	case EXT_THERMAL:
		return see_container(a, pos, end, scope, 0, depth);
	case EXT_PROCESSOR:	/* id, block address, block length */
		return see_container(a, pos, end, scope, 6, depth);
	case EXT_POWER_RES:	/* level, order */
		return see_container(a, pos, end, scope, 3, depth);
	case EXT_FIELD:
	case EXT_INDEX_FIELD:
	case EXT_BANK_FIELD:
		if (!cohmem_aml_length(a, pos, end, &pkg_end))
			return false;
		*pos = pkg_end;
		return true;
	case EXT_MUTEX:
		return skip_name_and(a, pos, end, 1, 0);
	case EXT_EVENT:
		return skip_name_and(a, pos, end, 0, 0);
	case EXT_OP_REGION:
		return skip_name_and(a, pos, end, 1, 2);
	case EXT_DATA_REGION:
		return skip_name_and(a, pos, end, 0, 3);
	case EXT_CREATE_FIELD:
		return skip_operands_and_name(a, pos, end, 3);
	}
	return false;
}

/* One declaration at @pos. On success @pos is after it. */
static bool declaration(const struct cohmem_aml *a, size_t *pos, size_t end,
			const char *scope, int depth)
{
	size_t p = *pos;
	bool ok = false;
	u8 op = a->b[p++];

	switch (op) {
	case OP_SCOPE:
		ok = see_container(a, &p, end, scope, 0, depth);
		break;
	case OP_NAME:
		ok = see_name(a, &p, end, scope);
		break;
	case OP_METHOD:
		ok = see_method(a, &p, end, scope);
		break;
	case OP_EXT:
		ok = extended(a, &p, end, scope, depth);
		break;
	case OP_IF:
	case OP_WHILE:
		ok = see_block(a, &p, end, scope, true, depth);
		break;
	case OP_ELSE:
		ok = see_block(a, &p, end, scope, false, depth);
		break;
	case OP_EXTERNAL:
		ok = skip_name_and(a, &p, end, 2, 0);
		break;
	case OP_ALIAS:
		ok = skip_name_and(a, &p, end, 0, 0) &&
		     skip_name_and(a, &p, end, 0, 0);
		break;
	case OP_CREATE_DWORD_FIELD ... OP_CREATE_BIT_FIELD:
	case OP_CREATE_QWORD_FIELD:
		ok = skip_operands_and_name(a, &p, end, 2);
		break;
	case OP_NOOP:
		ok = true;
		break;
	}
	if (ok)
		*pos = p;
	return ok;
}

/*
 * Could a declaration that matters start at @pos, so unlikely by chance that
 * it may be believed in the middle of unknown code?
 */
static bool unmistakable(const struct cohmem_aml *a, size_t pos, size_t end)
{
	size_t p = pos + 1, pkg_end;

	switch (a->b[pos]) {
	case OP_NAME:
		return end - p >= 4 && !memcmp(a->b + p, "_DSD", 4);
	case OP_METHOD:
		return cohmem_aml_length(a, &p, end, &pkg_end) &&
		       pkg_end - p >= 4 &&
		       !memcmp(a->b + p, "_DSD", 4);
	case OP_SCOPE:
		/* Compilers shorten "\_SB" to "_SB" where it means the same. */
		return cohmem_aml_length(a, &p, end, &pkg_end) &&
		       pkg_end - p >= 4 &&
		       (a->b[p] == OP_ROOT || !memcmp(a->b + p, "_SB_", 4));
	case OP_EXT:
		return p < end && a->b[p] == EXT_DEVICE;
	}
	return false;
}

static void walk_block(const struct cohmem_aml *a, size_t pos, size_t end,
		       const char *scope, int depth)
{
	if (depth > COHMEM_AML_DEPTH)
		return;
	while (pos < end) {
		if (declaration(a, &pos, end, scope, depth))
			continue;
		do {
			pos++;
		} while (pos < end && !unmistakable(a, pos, end));
	}
}

/**
 * cohmem_aml_walk() - visit the properties of one table
 * @table: DSDT or SSDT, header included
 * @len: how many bytes there are
 * @visitor: what to call
 *
 * Return: 0, or -EINVAL where this is no whole table.
 */
int cohmem_aml_walk(const void *table, size_t len,
		    const struct cohmem_aml_visitor *visitor)
{
	struct cohmem_aml a = { .b = table, .visitor = visitor };
	size_t said = 0;
	int i;

	if (len < TABLE_HEADER)
		return -EINVAL;
	for (i = 0; i < 4; i++)
		said |= (size_t)a.b[TABLE_LENGTH + i] << (8 * i);
	if (said < TABLE_HEADER || said > len)
		return -EINVAL;
	a.narrow = a.b[TABLE_REVISION] < 2;
	walk_block(&a, TABLE_HEADER, said, "\\", 0);
	return 0;
}
