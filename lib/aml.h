/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The pieces AML is made of, for acpi_dsd.c: each reader checks that its piece
 * lies within [pos, end), and moves pos behind it only if so.
 */
#ifndef LIBCOHMEM_AML_H
#define LIBCOHMEM_AML_H

#include "acpi_dsd.h"

#define COHMEM_AML_DEPTH	32	/* of nesting that is followed */

/* Opcodes and encodings: ACPI 6.5, 20.2. */
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
#define EXT_COND_REF_OF	0x12
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

/**
 * struct cohmem_aml - a table being read
 * @b: its bytes
 * @narrow: table revision below 2: integers have 32 bits
 * @visitor: who is told
 */
struct cohmem_aml {
	const u8 *b;
	bool narrow;
	const struct cohmem_aml_visitor *visitor;
};

/**
 * struct cohmem_aml_name - an absolute path
 * @text: the path
 * @bare: it was spelled as a single name, without a prefix
 */
struct cohmem_aml_name {
	char text[COHMEM_AML_PATH];
	bool bare;
};

bool cohmem_aml_length(const struct cohmem_aml *a, size_t *pos, size_t end,
		       size_t *pkg_end);
bool cohmem_aml_parent(char *path);
bool cohmem_aml_name(const struct cohmem_aml *a, size_t *pos, size_t end,
		     const char *scope, struct cohmem_aml_name *out);
bool cohmem_aml_integer(const struct cohmem_aml *a, size_t *pos, size_t end,
			u64 *out);
bool cohmem_aml_string(const struct cohmem_aml *a, size_t *pos, size_t end,
		       const char **text);
bool cohmem_aml_skip(const struct cohmem_aml *a, size_t *pos, size_t end);
bool cohmem_aml_skip_operand(const struct cohmem_aml *a, size_t *pos,
			     size_t end, int depth);

#endif /* LIBCOHMEM_AML_H */
