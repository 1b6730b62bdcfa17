/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writing AML, as far as a table of declarations needs it: the other way round of aml.h,
 * whose names of opcodes it uses. Where memory runs out nothing more is written, and
 * cohmem_aml_close() says so: nobody has to ask in between.
 */
#ifndef LIBCOHMEM_AML_WRITE_H
#define LIBCOHMEM_AML_WRITE_H

#include "aml.h"

/**
 * struct cohmem_aml_out - a table being written
 * @b: its bytes; allocated
 * @len: how many
 * @room: of @b
 * @failed: memory ran out
 */
struct cohmem_aml_out {
	u8 *b;
	size_t len;
	size_t room;
	bool failed;
};

void cohmem_aml_open(struct cohmem_aml_out *o, const char signature[4],
		     const char oem_table[8]);
int cohmem_aml_close(struct cohmem_aml_out *o);
void cohmem_aml_put(struct cohmem_aml_out *o, const void *bytes, size_t len);
void cohmem_aml_put_byte(struct cohmem_aml_out *o, u8 byte);
void cohmem_aml_put_integer(struct cohmem_aml_out *o, u64 value);
void cohmem_aml_put_string(struct cohmem_aml_out *o, const char *text);
void cohmem_aml_put_path(struct cohmem_aml_out *o, const char *path);
size_t cohmem_aml_begin(struct cohmem_aml_out *o);
void cohmem_aml_end(struct cohmem_aml_out *o, size_t mark);

#endif /* LIBCOHMEM_AML_WRITE_H */
