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
 * Opcodes and encodings: ACPI 6.5, 20.2. _DSD: ACPI 6.5, 6.2.5, and the _DSD
 * guide for its UUID daffd814-6eba-4d8c-8a91-bc9bbf4aa301.
 */
#include <errno.h>
#include <stdio.h>

#include "acpi_dsd.h"
#include "regs.h"

#define TABLE_HEADER	36
#define TABLE_LENGTH	4
#define TABLE_REVISION	8
#define MAX_DEPTH	32
#define MAX_STRING	1024

#define OP_ZERO		0x00
#define OP_ONE		0x01
#define OP_ALIAS	0x06
#define OP_NAME		0x08
#define OP_BYTE		0x0a
#define OP_WORD		0x0b
#define OP_DWORD	0x0c
#define OP_STRING	0x0d
#define OP_QWORD	0x0e
#define OP_SCOPE	0x10
#define OP_BUFFER	0x11
#define OP_PACKAGE	0x12
#define OP_VAR_PACKAGE	0x13
#define OP_METHOD	0x14
#define OP_EXTERNAL	0x15
#define OP_DUAL_NAME	0x2e
#define OP_MULTI_NAME	0x2f
#define OP_EXT		0x5b
#define OP_ROOT		0x5c
#define OP_PARENT	0x5e
#define OP_CREATE_DWORD_FIELD	0x8a
#define OP_CREATE_BIT_FIELD	0x8d
#define OP_CREATE_QWORD_FIELD	0x8f
#define OP_LAND		0x90
#define OP_LOR		0x91
#define OP_LNOT		0x92
#define OP_LEQUAL	0x93
#define OP_LGREATER	0x94
#define OP_LLESS	0x95
#define OP_IF		0xa0
#define OP_ELSE		0xa1
#define OP_WHILE	0xa2
#define OP_NOOP		0xa3
#define OP_ONES		0xff

#define EXT_MUTEX	0x01
#define EXT_EVENT	0x02
#define EXT_CREATE_FIELD	0x13
#define EXT_REVISION	0x30
#define EXT_OP_REGION	0x80
#define EXT_FIELD	0x81
#define EXT_DEVICE	0x82
#define EXT_PROCESSOR	0x83
#define EXT_POWER_RES	0x84
#define EXT_THERMAL	0x85
#define EXT_INDEX_FIELD	0x86
#define EXT_BANK_FIELD	0x87
#define EXT_DATA_REGION	0x88

/* daffd814-6eba-4d8c-8a91-bc9bbf4aa301 in the byte order of ToUUID() */
static const u8 dsd_uuid[16] = {
	0x14, 0xd8, 0xff, 0xda, 0xba, 0x6e, 0x8c, 0x4d,
	0x8a, 0x91, 0xbc, 0x9b, 0xbf, 0x4a, 0xa3, 0x01,
};

static const char *const prop_names[COHMEM_NR_PROPS] = {
	[COHMEM_MEM_BASE] = COHMEM_PROP_MEM_BASE,
	[COHMEM_MEM_SIZE] = COHMEM_PROP_MEM_SIZE,
	[COHMEM_PXM_START] = COHMEM_PROP_PXM_START,
	[COHMEM_PXM_COUNT] = COHMEM_PROP_PXM_COUNT,
	[COHMEM_EGM_BASE] = COHMEM_PROP_EGM_BASE,
	[COHMEM_EGM_SIZE] = COHMEM_PROP_EGM_SIZE,
	[COHMEM_EGM_PXM] = COHMEM_PROP_EGM_PXM,
	[COHMEM_EGM_RETIRED] = COHMEM_PROP_EGM_RETIRED,
};

struct aml {
	const u8 *b;
	bool narrow;	/* table revision below 2: integers have 32 bits */
	const struct cohmem_aml_visitor *visitor;
};

/* An absolute path and whether it was spelled as a bare name. */
struct path {
	char text[COHMEM_AML_PATH];
	bool bare;
};

static void walk_block(const struct aml *a, size_t pos, size_t end,
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

/*
 * Read the length of a package at @pos. It counts its own bytes. On success
 * @pos is after it and @pkg_end where the package ends, not beyond @end.
 */
static bool pkg_length(const struct aml *a, size_t *pos, size_t end,
		       size_t *pkg_end)
{
	size_t p = *pos, len;
	unsigned int more, i;

	if (p >= end)
		return false;
	more = a->b[p] >> 6;
	if (end - p < 1 + more)
		return false;
	len = more ? a->b[p] & 0x0f : a->b[p] & 0x3f;
	for (i = 0; i < more; i++)
		len |= (size_t)a->b[p + 1 + i] << (4 + 8 * i);
	if (len < 1 + more || len > end - p)
		return false;
	*pos = p + 1 + more;
	*pkg_end = p + len;
	return true;
}

static bool is_seg(const u8 *s)
{
	int i;

	for (i = 0; i < 4; i++) {
		if ((s[i] >= 'A' && s[i] <= 'Z') || s[i] == '_')
			continue;
		if (i && s[i] >= '0' && s[i] <= '9')
			continue;
		return false;
	}
	return true;
}

/* Remove the last part of a path; false at the root. */
static bool parent(char *path)
{
	char *dot = strrchr(path, '.');

	if (dot)
		*dot = '\0';
	else if (path[1])
		path[1] = '\0';
	else
		return false;
	return true;
}

static bool append(char *path, const u8 *seg)
{
	size_t len = strlen(path);

	if (len + 6 > COHMEM_AML_PATH)
		return false;
	if (len > 1)
		path[len++] = '.';
	memcpy(path + len, seg, 4);
	path[len + 4] = '\0';
	return true;
}

/* Read a name at @pos, relative to @scope. On success @pos is after it. */
static bool name_string(const struct aml *a, size_t *pos, size_t end,
			const char *scope, struct path *out)
{
	size_t p = *pos;
	unsigned int nr = 1;

	if (p >= end)
		return false;
	snprintf(out->text, sizeof(out->text), "%s", scope);
	out->bare = true;
	if (a->b[p] == OP_ROOT) {
		strcpy(out->text, "\\");
		out->bare = false;
		p++;
	}
	while (p < end && a->b[p] == OP_PARENT) {
		if (!parent(out->text))
			return false;
		out->bare = false;
		p++;
	}
	if (p >= end)
		return false;
	if (a->b[p] == OP_ZERO) {
		nr = 0;
		p++;
	} else if (a->b[p] == OP_DUAL_NAME) {
		nr = 2;
		p++;
	} else if (a->b[p] == OP_MULTI_NAME) {
		if (end - p < 2)
			return false;
		nr = a->b[p + 1];
		p += 2;
	}
	if (nr != 1)
		out->bare = false;
	if ((end - p) / 4 < nr)
		return false;
	for (; nr; nr--, p += 4)
		if (!is_seg(a->b + p) || !append(out->text, a->b + p))
			return false;
	*pos = p;
	return true;
}

static bool last_seg_is(const char *path, const char *seg)
{
	size_t len = strlen(path);

	return len >= 5 && !strcmp(path + len - 4, seg);
}

/* Read an integer constant at @pos. On success @pos is after it. */
static bool integer(const struct aml *a, size_t *pos, size_t end, u64 *out)
{
	size_t p = *pos, width, i;
	u64 v = 0;

	if (p >= end)
		return false;
	switch (a->b[p++]) {
	case OP_ZERO:
		width = 0;
		break;
	case OP_ONE:
		width = 0;
		v = 1;
		break;
	case OP_ONES:
		width = 0;
		v = a->narrow ? 0xffffffffU : ~0ULL;
		break;
	case OP_BYTE:
		width = 1;
		break;
	case OP_WORD:
		width = 2;
		break;
	case OP_DWORD:
		width = 4;
		break;
	case OP_QWORD:
		width = 8;
		break;
	default:
		return false;
	}
	if (end - p < width)
		return false;
	for (i = 0; i < width; i++)
		v |= (u64)a->b[p + i] << (8 * i);
	*out = a->narrow ? (u32)v : v;
	*pos = p + width;
	return true;
}

/* Step over a string at @pos; @text is where its characters start. */
static bool string(const struct aml *a, size_t *pos, size_t end,
		   const char **text)
{
	size_t p = *pos, room;

	if (p >= end || a->b[p] != OP_STRING)
		return false;
	p++;
	room = end - p < MAX_STRING ? end - p : MAX_STRING;
	*text = (const char *)a->b + p;
	if (!memchr(*text, 0, room))
		return false;
	*pos = p + strlen(*text) + 1;
	return true;
}

/* Step over a data object: a constant, string, buffer, package or name. */
static bool skip_data(const struct aml *a, size_t *pos, size_t end)
{
	struct path ignored;
	const char *text;
	size_t p = *pos, pkg_end;
	u64 v;

	if (integer(a, pos, end, &v) || string(a, pos, end, &text))
		return true;
	if (p >= end)
		return false;
	switch (a->b[p]) {
	case OP_BUFFER:
	case OP_PACKAGE:
	case OP_VAR_PACKAGE:
		p++;
		if (!pkg_length(a, &p, end, &pkg_end))
			return false;
		*pos = pkg_end;
		return true;
	case OP_EXT:
		if (end - p < 2 || a->b[p + 1] != EXT_REVISION)
			return false;
		*pos = p + 2;
		return true;
	}
	return name_string(a, pos, end, "\\", &ignored);
}

/* Step over an operand: a data object or a comparison of such. */
static bool skip_operand(const struct aml *a, size_t *pos, size_t end,
			 int depth)
{
	size_t p = *pos;
	int nr = 0;

	if (p >= end || depth > MAX_DEPTH)
		return false;
	switch (a->b[p]) {
	case OP_LNOT:
		nr = 1;
		break;
	case OP_LAND:
	case OP_LOR:
	case OP_LEQUAL:
	case OP_LGREATER:
	case OP_LLESS:
		nr = 2;
		break;
	}
	if (!nr)
		return skip_data(a, pos, end);
	for (p++; nr; nr--)
		if (!skip_operand(a, &p, end, depth + 1))
			return false;
	*pos = p;
	return true;
}

/* One property at [pos, end): a name and a value. */
static void see_property(const struct aml *a, size_t pos, size_t end,
			 const char *owner, const char *scope)
{
	struct cohmem_aml_value value = { .kind = COHMEM_AML_OTHER };
	struct path ref;
	const char *name;
	unsigned int i;

	if (!string(a, &pos, end, &name))
		return;
	for (i = 0; i < COHMEM_NR_PROPS; i++)
		if (!strcmp(name, prop_names[i]))
			break;
	if (i == COHMEM_NR_PROPS)
		return;
	if (integer(a, &pos, end, &value.integer)) {
		value.kind = COHMEM_AML_INTEGER;
	} else if (name_string(a, &pos, end, scope, &ref)) {
		value.kind = COHMEM_AML_NAME;
		snprintf(value.name, sizeof(value.name), "%s", ref.text);
		value.search = ref.bare;
	}
	a->visitor->property(a->visitor->arg, owner, i, &value);
}

/* The opening of a package at @pos: @pos moves to its first element. */
static bool open_package(const struct aml *a, size_t *pos, size_t end,
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
	if (!pkg_length(a, &p, end, pkg_end))
		return false;
	if (op == OP_PACKAGE) {
		if (p >= *pkg_end)
			return false;
		p++;
	} else if (!integer(a, &p, *pkg_end, &nr)) {
		return false;
	}
	*pos = p;
	return true;
}

/* A buffer at @pos that holds the UUID of device properties? */
static bool is_property_uuid(const struct aml *a, size_t pos, size_t end)
{
	size_t pkg_end;
	u64 size;

	if (pos >= end || a->b[pos++] != OP_BUFFER)
		return false;
	return pkg_length(a, &pos, end, &pkg_end) &&
	       integer(a, &pos, pkg_end, &size) && size == sizeof(dsd_uuid) &&
	       pkg_end - pos == sizeof(dsd_uuid) &&
	       !memcmp(a->b + pos, dsd_uuid, sizeof(dsd_uuid));
}

/*
 * The package of a _DSD at @pos: pairs of a UUID and its data. @owner is the
 * object that has it, @scope where its names are looked up from.
 */
static bool see_dsd(const struct aml *a, size_t pos, size_t end,
		    const char *owner, const char *scope)
{
	size_t dsd_end, list_end, one_end, p;
	bool wanted, seen = false;

	if (!open_package(a, &pos, end, &dsd_end))
		return false;
	while (pos < dsd_end) {
		wanted = is_property_uuid(a, pos, dsd_end);
		if (!skip_data(a, &pos, dsd_end))
			break;
		p = pos;
		if (!skip_data(a, &pos, dsd_end))
			break;
		if (!wanted || !open_package(a, &p, dsd_end, &list_end))
			continue;
		seen = true;
		while (p < list_end) {
			size_t q = p;

			if (open_package(a, &q, list_end, &one_end))
				see_property(a, q, one_end, owner, scope);
			if (!skip_data(a, &p, list_end))
				break;
		}
	}
	return seen;
}

/* Method(_DSD): a package it returns is as good as a Name; look for one. */
static void see_dsd_method(const struct aml *a, size_t pos, size_t end,
			   const char *owner, const char *scope)
{
	for (; pos < end; pos++)
		if (a->b[pos] == OP_PACKAGE)
			see_dsd(a, pos, end, owner, scope);
}

static bool see_name(const struct aml *a, size_t *pos, size_t end,
		     const char *scope)
{
	struct path name;
	size_t p = *pos;
	u64 v;

	if (!name_string(a, &p, end, scope, &name))
		return false;
	*pos = p;
	if (last_seg_is(name.text, "_DSD")) {
		char owner[COHMEM_AML_PATH];

		strcpy(owner, name.text);
		parent(owner);
		see_dsd(a, p, end, owner, scope);
	} else if (a->visitor->integer && integer(a, &p, end, &v)) {
		a->visitor->integer(a->visitor->arg, name.text, v);
	}
	return skip_data(a, pos, end);
}

/* Anything with a package length, a name and declarations inside. */
static bool see_container(const struct aml *a, size_t *pos, size_t end,
			  const char *scope, size_t extra, int depth)
{
	struct path name;
	size_t p = *pos, pkg_end;

	if (!pkg_length(a, &p, end, &pkg_end) ||
	    !name_string(a, &p, pkg_end, scope, &name) ||
	    pkg_end - p < extra)
		return false;
	walk_block(a, p + extra, pkg_end, name.text, depth + 1);
	*pos = pkg_end;
	return true;
}

static bool see_method(const struct aml *a, size_t *pos, size_t end,
		       const char *scope)
{
	struct path name;
	size_t p = *pos, pkg_end;

	if (!pkg_length(a, &p, end, &pkg_end) ||
	    !name_string(a, &p, pkg_end, scope, &name) || p >= pkg_end)
		return false;
	if (last_seg_is(name.text, "_DSD")) {
		char owner[COHMEM_AML_PATH];

		strcpy(owner, name.text);
		parent(owner);
		see_dsd_method(a, p + 1, pkg_end, owner, name.text);
	}
	*pos = pkg_end;
	return true;
}

static bool see_block(const struct aml *a, size_t *pos, size_t end,
		      const char *scope, bool has_predicate, int depth)
{
	size_t p = *pos, pkg_end;

	if (!pkg_length(a, &p, end, &pkg_end))
		return false;
	if (has_predicate)
		/* One that is not understood is dealt with as unknown code. */
		skip_operand(a, &p, pkg_end, depth);
	walk_block(a, p, pkg_end, scope, depth + 1);
	*pos = pkg_end;
	return true;
}

static bool skip_operands_and_name(const struct aml *a, size_t *pos,
				   size_t end, int nr)
{
	struct path name;

	for (; nr; nr--)
		if (!skip_operand(a, pos, end, 0))
			return false;
	return name_string(a, pos, end, "\\", &name);
}

static bool skip_name_and(const struct aml *a, size_t *pos, size_t end,
			  size_t bytes, int operands)
{
	struct path name;

	if (!name_string(a, pos, end, "\\", &name) || end - *pos < bytes)
		return false;
	*pos += bytes;
	for (; operands; operands--)
		if (!skip_operand(a, pos, end, 0))
			return false;
	return true;
}

static bool extended(const struct aml *a, size_t *pos, size_t end,
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
		if (!pkg_length(a, pos, end, &pkg_end))
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
static bool declaration(const struct aml *a, size_t *pos, size_t end,
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
static bool unmistakable(const struct aml *a, size_t pos, size_t end)
{
	size_t p = pos + 1, pkg_end;

	switch (a->b[pos]) {
	case OP_NAME:
		return end - p >= 4 && !memcmp(a->b + p, "_DSD", 4);
	case OP_METHOD:
		return pkg_length(a, &p, end, &pkg_end) && pkg_end - p >= 4 &&
		       !memcmp(a->b + p, "_DSD", 4);
	case OP_SCOPE:
		/* Compilers shorten "\_SB" to "_SB" where it means the same. */
		return pkg_length(a, &p, end, &pkg_end) && pkg_end - p >= 4 &&
		       (a->b[p] == OP_ROOT || !memcmp(a->b + p, "_SB_", 4));
	case OP_EXT:
		return p < end && a->b[p] == EXT_DEVICE;
	}
	return false;
}

static void walk_block(const struct aml *a, size_t pos, size_t end,
		       const char *scope, int depth)
{
	if (depth > MAX_DEPTH)
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
	struct aml a = { .b = table, .visitor = visitor };
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
