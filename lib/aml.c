// SPDX-License-Identifier: GPL-2.0-only
/* The pieces AML is made of; the theory is in acpi_dsd.c. */
#include <stdio.h>

#include "aml.h"

#define MAX_STRING	1024

/**
 * cohmem_aml_length() - read the length of a package, which counts its own bytes
 * @a: the table
 * @pos: where it starts; moved behind it on success
 * @end: where the block around it ends
 * @pkg_end: where the package ends, not beyond @end
 * Return: false where there is none.
 */
bool cohmem_aml_length(const struct cohmem_aml *a, size_t *pos, size_t end,
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

/**
 * cohmem_aml_parent() - remove the last part of a path
 * @path: the path
 * Return: false at the root.
 */
bool cohmem_aml_parent(char *path)
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

/**
 * cohmem_aml_name() - read a name
 * @a: the table
 * @pos: where it starts; moved behind it on success
 * @end: where the block around it ends
 * @scope: what it is relative to
 * @out: the absolute path
 * Return: false where there is none, or it leads above the root or is too long.
 */
bool cohmem_aml_name(const struct cohmem_aml *a, size_t *pos, size_t end,
		     const char *scope, struct cohmem_aml_name *out)
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
		if (!cohmem_aml_parent(out->text))
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

/**
 * cohmem_aml_integer() - read an integer constant
 * @a: the table
 * @pos: where it starts; moved behind it on success
 * @end: where the block around it ends
 * @out: its value
 * Return: false where there is none.
 */
bool cohmem_aml_integer(const struct cohmem_aml *a, size_t *pos, size_t end,
			u64 *out)
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

/**
 * cohmem_aml_string() - step over a string
 * @a: the table
 * @pos: where it starts; moved behind it on success
 * @end: where the block around it ends
 * @text: where its characters start; they end in NUL
 * Return: false where there is none.
 */
bool cohmem_aml_string(const struct cohmem_aml *a, size_t *pos, size_t end,
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

/**
 * cohmem_aml_skip() - step over a data object: a constant, string, buffer, package
 *	or name
 * @a: the table
 * @pos: where it starts; moved behind it on success
 * @end: where the block around it ends
 * Return: false where there is none.
 */
bool cohmem_aml_skip(const struct cohmem_aml *a, size_t *pos, size_t end)
{
	struct cohmem_aml_name ignored;
	const char *text;
	size_t p = *pos, pkg_end;
	u64 v;

	if (cohmem_aml_integer(a, pos, end, &v) || cohmem_aml_string(a, pos, end, &text))
		return true;
	if (p >= end)
		return false;
	switch (a->b[p]) {
	case OP_BUFFER:
	case OP_PACKAGE:
	case OP_VAR_PACKAGE:
		p++;
		if (!cohmem_aml_length(a, &p, end, &pkg_end))
			return false;
		*pos = pkg_end;
		return true;
	case OP_EXT:
		if (end - p < 2 || a->b[p + 1] != EXT_REVISION)
			return false;
		*pos = p + 2;
		return true;
	}
	return cohmem_aml_name(a, pos, end, "\\", &ignored);
}

/**
 * cohmem_aml_skip_operand() - step over a data object or a comparison of such
 * @a: the table
 * @pos: where it starts; moved behind it on success
 * @end: where the block around it ends
 * @depth: nesting so far
 * Return: false where there is none.
 */
bool cohmem_aml_skip_operand(const struct cohmem_aml *a, size_t *pos,
			     size_t end, int depth)
{
	size_t p = *pos;
	int nr = 0;

	if (p >= end || depth > COHMEM_AML_DEPTH)
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
		return cohmem_aml_skip(a, pos, end);
	for (p++; nr; nr--)
		if (!cohmem_aml_skip_operand(a, &p, end, depth + 1))
			return false;
	*pos = p;
	return true;
}
