// SPDX-License-Identifier: GPL-2.0-only
/* The pieces AML is made of, written: ACPI 6.5, 20.2. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "aml_write.h"

#define TABLE_HEADER	36
#define TABLE_LENGTH	4
#define TABLE_CHECKSUM	9

/**
 * cohmem_aml_put() - bytes as they are
 * @o: the table
 * @bytes: them
 * @len: how many
 */
void cohmem_aml_put(struct cohmem_aml_out *o, const void *bytes, size_t len)
{
	size_t room = o->room ? o->room : 512;
	u8 *more;

	while (room < o->len + len)
		room *= 2;
	if (!o->failed && room > o->room) {
		more = realloc(o->b, room);
		o->failed = !more;
		if (more) {
			o->b = more;
			o->room = room;
		}
	}
	if (o->failed)
		return;
	memcpy(o->b + o->len, bytes, len);
	o->len += len;
}

/**
 * cohmem_aml_put_byte() - one byte, an opcode say
 * @o: the table
 * @byte: the byte
 */
void cohmem_aml_put_byte(struct cohmem_aml_out *o, u8 byte)
{
	cohmem_aml_put(o, &byte, 1);
}

static void put_le(struct cohmem_aml_out *o, u64 value, unsigned int bytes)
{
	for (; bytes; bytes--, value >>= 8)
		cohmem_aml_put_byte(o, value);
}

/**
 * cohmem_aml_put_integer() - a constant, in as few bytes as it takes
 * @o: the table
 * @value: the number
 */
void cohmem_aml_put_integer(struct cohmem_aml_out *o, u64 value)
{
	if (value <= 1) {
		cohmem_aml_put_byte(o, value ? OP_ONE : OP_ZERO);
	} else if (value <= 0xff) {
		cohmem_aml_put_byte(o, OP_BYTE);
		put_le(o, value, 1);
	} else if (value <= 0xffff) {
		cohmem_aml_put_byte(o, OP_WORD);
		put_le(o, value, 2);
	} else if (value <= 0xffffffff) {
		cohmem_aml_put_byte(o, OP_DWORD);
		put_le(o, value, 4);
	} else {
		cohmem_aml_put_byte(o, OP_QWORD);
		put_le(o, value, 8);
	}
}

/**
 * cohmem_aml_put_string() - a string
 * @o: the table
 * @text: the string, in ASCII
 */
void cohmem_aml_put_string(struct cohmem_aml_out *o, const char *text)
{
	cohmem_aml_put_byte(o, OP_STRING);
	cohmem_aml_put(o, text, strlen(text) + 1);
}

/**
 * cohmem_aml_put_path() - a name
 * @o: the table
 * @path: absolute, "\_SB_.PCI0.S80_", or one part alone; parts of four characters
 */
void cohmem_aml_put_path(struct cohmem_aml_out *o, const char *path)
{
	unsigned int nr, i;

	if (*path == OP_ROOT) {
		cohmem_aml_put_byte(o, OP_ROOT);
		path++;
	}
	nr = (strlen(path) + 1) / 5;
	if (nr == 2) {
		cohmem_aml_put_byte(o, OP_DUAL_NAME);
	} else if (nr > 2) {
		cohmem_aml_put_byte(o, OP_MULTI_NAME);
		cohmem_aml_put_byte(o, nr);
	}
	for (i = 0; i < nr; i++)
		cohmem_aml_put(o, path + 5 * i, 4);
}

/**
 * cohmem_aml_begin() - what follows belongs to the opcode that was written last
 * @o: the table
 * Return: for cohmem_aml_end(), which says how long it has become.
 */
size_t cohmem_aml_begin(struct cohmem_aml_out *o)
{
	return o->len;
}

/**
 * cohmem_aml_end() - put the length of a block in front of it
 * @o: the table
 * @mark: where it begins
 */
void cohmem_aml_end(struct cohmem_aml_out *o, size_t mark)
{
	size_t len = o->len - mark, more = 0, all, i;
	u8 field[4];

	/* The field counts itself: six bits of it in one byte, or four and eight each. */
	while (more < 3 && len + 1 + more >= (more ? 1UL << (4 + 8 * more) : 64))
		more++;
	all = len + 1 + more;
	field[0] = more ? more << 6 | (all & 0xf) : all;
	for (i = 0; i < more; i++)
		field[i + 1] = all >> (4 + 8 * i);
	cohmem_aml_put(o, field, 1 + more);
	if (o->failed)
		return;
	memmove(o->b + mark + 1 + more, o->b + mark, len);
	memcpy(o->b + mark, field, 1 + more);
}

/**
 * cohmem_aml_open() - begin a table
 * @o: the table
 * @signature: "SSDT"
 * @oem_table: its name among those of this program
 */
void cohmem_aml_open(struct cohmem_aml_out *o, const char signature[4],
		     const char oem_table[8])
{
	memset(o, 0, sizeof(*o));
	cohmem_aml_put(o, signature, 4);
	put_le(o, 0, 4);			/* length */
	put_le(o, 2, 1);			/* revision: integers have 64 bits */
	put_le(o, 0, 1);			/* checksum */
	cohmem_aml_put(o, "COHMEM", 6);
	cohmem_aml_put(o, oem_table, 8);
	put_le(o, 1, 4);
	cohmem_aml_put(o, "COHM", 4);
	put_le(o, 1, 4);
}

/**
 * cohmem_aml_close() - end a table: its length and checksum
 * @o: the table; where that fails, nothing is left of it
 * Return: 0 or -ENOMEM.
 */
int cohmem_aml_close(struct cohmem_aml_out *o)
{
	u8 sum = 0;
	size_t i;

	if (o->failed || o->len < TABLE_HEADER) {
		free(o->b);
		o->b = NULL;
		return -ENOMEM;
	}
	for (i = 0; i < 4; i++)
		o->b[TABLE_LENGTH + i] = o->len >> 8 * i;
	for (i = 0; i < o->len; i++)
		sum += o->b[i];
	o->b[TABLE_CHECKSUM] = -sum;
	return 0;
}
