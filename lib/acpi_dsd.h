/* SPDX-License-Identifier: GPL-2.0-only */
/* Find the properties of interest in the AML of one ACPI table. */
#ifndef LIBCOHMEM_ACPI_DSD_H
#define LIBCOHMEM_ACPI_DSD_H

#include "host.h"

#define COHMEM_AML_PATH	256

enum cohmem_aml_kind {
	COHMEM_AML_INTEGER,
	COHMEM_AML_NAME,	/* the value of another object */
	COHMEM_AML_OTHER,	/* something only an interpreter can tell */
};

/**
 * struct cohmem_aml_value - value of a property
 * @kind: what it is
 * @integer: COHMEM_AML_INTEGER: the number
 * @name: COHMEM_AML_NAME: absolute path
 * @search: that path was a bare name: search the parents, too
 */
struct cohmem_aml_value {
	enum cohmem_aml_kind kind;
	u64 integer;
	char name[COHMEM_AML_PATH];
	bool search;
};

/**
 * struct cohmem_aml_visitor - what to call for what is found
 * @property: a known property in a _DSD of the object at @path
 * @integer: a Name() that is a constant; may be NULL
 * @arg: passed on
 */
struct cohmem_aml_visitor {
	void (*property)(void *arg, const char *path, enum cohmem_prop prop,
			 const struct cohmem_aml_value *value);
	void (*integer)(void *arg, const char *path, u64 value);
	void *arg;
};

/* What the UUID of device properties looks like in a table. */
extern const u8 cohmem_dsd_uuid[16];

int cohmem_aml_walk(const void *table, size_t len,
		    const struct cohmem_aml_visitor *visitor);

#endif /* LIBCOHMEM_ACPI_DSD_H */
