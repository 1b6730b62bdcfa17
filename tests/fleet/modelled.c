// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device plugin above a model of the kernel: whatever it binds and unbinds is done
 * to the tree of a recorded machine. The linker puts __wrap_cohmem_new() in the place
 * of the library's function (--wrap).
 */
#include "../cli/kernel_model.h"

int __real_cohmem_new(struct cohmem_ctx **out, const char *root);
int __wrap_cohmem_new(struct cohmem_ctx **out, const char *root);

int __wrap_cohmem_new(struct cohmem_ctx **out, const char *root)
{
	static struct kernel kernel;
	int ret = __real_cohmem_new(out, root);

	if (ret)
		return ret;
	snprintf(kernel.root, sizeof(kernel.root), "%s", root);
	kernel.ctx = *out;
	km_play(&kernel, *out);
	return 0;
}
