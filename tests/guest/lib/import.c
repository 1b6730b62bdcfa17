// SPDX-License-Identifier: GPL-2.0-only
/* An importer of dma-bufs: the helper module cohmem_test_import (tests/kmod). */
#include "guest.h"

#define HELPER	"/sys/module/cohmem_test_import/parameters/"

/**
 * need_importer() - for a test that makes no sense without
 */
void need_importer(void)
{
	if (!file_exists(HELPER "attach"))
		SKIP("cohmem_test_import is not loaded");
}

/**
 * __import() - attach the importer to an export for the GPU, and map it
 * @fd: from dev_export() or egm_export()
 * Return: 0 or -errno.
 */
int __import(int fd)
{
	char text[64];

	snprintf(text, sizeof(text), "%d %s", fd, facts()->bdf);
	return file_write(HELPER "attach", text);
}

/**
 * import() - the same, or end the test
 * @fd: from dev_export() or egm_export()
 */
void import(int fd)
{
	int ret;

	need_importer();
	ret = __import(fd);
	CHECK(!ret, "import: %s", strerror(-ret));
}

/**
 * import_map_again() - map what was revoked once more
 * Return: 0 or -errno.
 */
int import_map_again(void)
{
	return file_write(HELPER "map", "1");
}

/**
 * import_end() - the importer lets go of what it has, if anything
 */
void import_end(void)
{
	CHECK_EQ(file_write(HELPER "detach", "1"), 0);
}

/**
 * import_state() - what the importer has
 * @text: becomes "none", "revoked", or "mapped" with address and length of each piece
 * @size: bytes of it
 */
void import_state(char *text, size_t size)
{
	CHECK(file_read(HELPER "state", text, size) > 0, "no state");
}

/**
 * import_is() - what the importer has must begin so
 * @want: how import_state() must begin
 */
void import_is(const char *want)
{
	char text[256];

	import_state(text, sizeof(text));
	CHECK(!strncmp(text, want, strlen(want)),
	      "the importer is \"%s\", not \"%s\"", text, want);
}
