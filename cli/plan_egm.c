// SPDX-License-Identifier: GPL-2.0-only
/* What a plan writes beside its form: the table that tells the guest of its EGM. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "plan.h"

static int write_file(const char *path, const char *other, const u8 *data,
		      size_t len)
{
	FILE *out = create_own(path, other);
	bool bad;

	if (!out)
		return EXIT_FAIL;
	bad = fwrite(data, 1, len, out) != len;
	errno = 0;
	bad |= fclose(out) != 0;
	if (!bad)
		return EXIT_OK;
	complain(path, NULL, "cannot write: %s",
		 errno ? strerror(errno) : "the disk may be full");
	unlink(path);
	return EXIT_FAIL;
}

/**
 * plan_write_egm() - write the table where it was asked for
 * @cli: the run
 * @view: the plan
 * Return: an exit code.
 */
int plan_write_egm(struct cli *cli, const struct plan_view *view)
{
	const char *as_table = cli->value[OPT_EGM_TABLE];
	const char *as_initrd = cli->value[OPT_EGM_INITRD];
	u8 *table, *archive = NULL;
	size_t len, size = 0;
	int code = EXIT_OK, ret;

	if (!as_table && !as_initrd)
		return EXIT_OK;
	ret = cohmem_vm_table(view->vm, &table, &len);
	if (ret == -ENOTSUP) {
		complain_as("unsupported", NULL, NULL,
			    "no table can tell the guest of a PC of its EGM: the memory of a PC is in two pieces");
		return EXIT_FAIL;
	}
	if (!ret && as_initrd)
		ret = cohmem_vm_initrd(table, len, &archive, &size);
	if (ret) {
		complain(NULL, NULL, "out of memory");
		free(table);
		return EXIT_FAIL;
	}
	if (as_table)
		code = write_file(as_table, "--egm-table FILE names another one",
				  table, len);
	if (as_initrd && !code)
		code = write_file(as_initrd, "--egm-initrd FILE names another one",
				  archive, size);
	free(archive);
	free(table);
	return code;
}
