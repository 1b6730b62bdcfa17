// SPDX-License-Identifier: GPL-2.0-only
/* cohmem record: a file of this host, to be looked at elsewhere. */
#include <errno.h>
#include <unistd.h>

#include "capture.h"
#include "print_record.h"

#define DEFAULT_FILE	"cohmem-recording.tar"

static int record(struct cli *cli, int argc, char **argv)
{
	const char *path = cli->value[OPT_OUTPUT];
	bool show = cli->value[OPT_SHOW];
	struct record_list list = { 0 };
	FILE *out = NULL;
	int code, ret;

	(void)argv;
	if (argc)
		return usage_error(cli, "takes no arguments");
	if (show && path)
		return usage_error(cli, "--show writes no file");
	if (!path)
		path = DEFAULT_FILE;
	code = open_host(cli);
	if (code)
		return code;
	if (!show) {
		out = strcmp(path, "-") ?
		      create_own(path, "--output FILE names another") : stdout;
		if (!out)
			return EXIT_FAIL;
	}
	list.cli = cli;
	list.show = show;
	if (show)
		record_begin(&list);
	ret = cohmem_capture(cli->ctx, out, record_member, &list);
	if (out && out != stdout && fclose(out) && !ret) {
		complain(path, NULL, "%s", strerror(errno));
		code = EXIT_FAIL;
	}
	if (ret) {
		complain_why(cli);
		code = EXIT_FAIL;
	}
	/* Half a recording is none. */
	if (code && out && out != stdout)
		unlink(path);
	if (!code)
		record_end(&list, show || out == stdout ? NULL : path);
	return code;
}

const struct command cmd_record = {
	.name = "record",
	.args = "",
	.summary = "record this host in a file",
	.text =
"What --sysroot FILE needs to look at this host elsewhere, and an emulated GPU\n"
"to be like one of its: sysfs of the GPUs, their groups and the ports above,\n"
"configuration space, firmware tables, what the kernel logged of them, what\n"
"kernel and programs can. Left out is what identifies people and machines:\n"
"names, serial numbers, addresses, processes. --show lists what would go in.\n"
"Run it as root: others see little of all that.\n",
	.takes = OPT_BIT(OPT_SHOW) | OPT_BIT(OPT_OUTPUT),
	.fn = record,
};
