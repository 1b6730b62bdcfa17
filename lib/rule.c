// SPDX-License-Identifier: GPL-2.0-only
/*
 * Binding at each boot: a udev rule for one address. An id would not do, as
 * GPUs that stay with the host have the same.
 *
 * When the function appears, the rule sets driver_override, which keeps every
 * other driver away, loads the driver and has the kernel probe the function: a
 * driver that is loaded already would not look at it again. Its number is below
 * that of udev's own rule that loads modules by alias.
 */
#include <stdlib.h>

#include "plan.h"

#define RULES	"/etc/udev/rules.d"

/**
 * cohmem_rule_path() - where the rule of a function is
 * @bdf: the function
 * @buf: the path, without the root
 * @size: size of @buf
 */
void cohmem_rule_path(const char *bdf, char *buf, size_t size)
{
	cohmem_fmt(buf, size, RULES "/70-cohmem-%s.rules", bdf);
}

/**
 * cohmem_is_persistent() - is a function given to VFIO at each boot?
 * @ctx: the context
 * @bdf: the function
 * Return: true if bind --persist has left a rule for it.
 */
bool cohmem_is_persistent(const struct cohmem_ctx *ctx, const char *bdf)
{
	char path[128];

	cohmem_rule_path(bdf, path, sizeof(path));
	return cohmem_exists(ctx, path);
}

/**
 * cohmem_rule_read() - the rule of a function
 * @ctx: the context
 * @bdf: the function
 * Return: its text, to be freed; NULL where there is none.
 */
char *cohmem_rule_read(struct cohmem_ctx *ctx, const char *bdf)
{
	char path[128], *text;
	size_t len;
	u8 *data;

	cohmem_rule_path(bdf, path, sizeof(path));
	if (cohmem_read_blob(ctx, path, COHMEM_RULE_LEN, &data, &len))
		return NULL;
	text = malloc(len + 1);
	if (text) {
		memcpy(text, data, len);
		text[len] = '\0';
	}
	free(data);
	return text;
}

/**
 * cohmem_rule_make() - what the rule for a plan's members has to say
 * @ctx: the context
 * @plan: the plan; .rule is filled in
 */
void cohmem_rule_make(struct cohmem_ctx *ctx, struct cohmem_plan *plan)
{
	unsigned int i;
	size_t len;

	cohmem_fmt(plan->rule, sizeof(plan->rule),
		   "# Written by \"cohmem bind --persist\"; \"cohmem unbind %s\" removes it.\n",
		   plan->bdf);
	for (i = 0; i < plan->nr_members; i++) {
		const struct cohmem_binding *b = &plan->member[i];
		const struct cohmem_func *f = cohmem_func_find(ctx, b->bdf);

		if (!f)
			continue;
		len = strlen(plan->rule);
		cohmem_fmt(plan->rule + len, sizeof(plan->rule) - len,
			   "ACTION==\"add\", SUBSYSTEM==\"pci\", KERNEL==\"%s\", \\\n"
			   "\tATTR{vendor}==\"0x%04x\", ATTR{device}==\"0x%04x\", \\\n"
			   "\tATTR{driver_override}=\"%s\", \\\n"
			   "\tRUN+=\"/bin/sh -c '/sbin/modprobe %s; echo %s >/sys/bus/pci/drivers_probe'\"\n",
			   b->bdf, f->vendor, f->device, b->bound_to,
			   b->bound_to, b->bdf);
	}
}

/**
 * cohmem_rule_write() - put the rule of a function in place
 * @ctx: the context
 * @bdf: the function
 * @text: the rule
 * Return: 0 or -errno, explained.
 */
int cohmem_rule_write(struct cohmem_ctx *ctx, const char *bdf,
		      const char *text)
{
	char path[128];
	int ret;

	cohmem_rule_path(bdf, path, sizeof(path));
	ret = cohmem_make_dirs(ctx, RULES);
	if (!ret)
		ret = cohmem_replace_file(ctx, path, text);
	if (ret)
		return cohmem_fail(ctx, ret, bdf, ret == -EACCES ||
				   ret == -EPERM ? "run as root" : "",
				   "cannot write %s: %s", path,
				   strerror(-ret));
	return 0;
}

/**
 * cohmem_rule_remove() - take the rule of a function away
 * @ctx: the context
 * @bdf: the function
 * Return: 0 (also where there was none) or -errno, explained.
 */
int cohmem_rule_remove(struct cohmem_ctx *ctx, const char *bdf)
{
	char path[128];
	int ret;

	cohmem_rule_path(bdf, path, sizeof(path));
	ret = cohmem_remove_file(ctx, path);
	if (ret)
		return cohmem_fail(ctx, ret, bdf, ret == -EACCES ||
				   ret == -EPERM ? "run as root" : "",
				   "cannot remove %s: %s", path,
				   strerror(-ret));
	return 0;
}
