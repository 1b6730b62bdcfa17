// SPDX-License-Identifier: GPL-2.0-only
/* The part of a recording that is the sockets' EGM: capture.h has the form. */
#include <stdlib.h>

#include "capture.h"
#include "host_egm.h"
#include "internal.h"

#define FILE_MAX	(1 << 20)

static void add_file(struct cohmem_ctx *ctx, struct cohmem_tar *t,
		     const struct cohmem_egm *e, const char *file)
{
	char path[128];
	size_t len;
	u8 *data;

	cohmem_control_path(&e->unit, file, path, sizeof(path));
	if (cohmem_read_blob(ctx, path, FILE_MAX, &data, &len))
		return;
	cohmem_tar_file(t, path + 1, data, len);
	free(data);
}

/**
 * cohmem_capture_egm() - what stands in the class of EGM
 * @ctx: the context, scanned
 * @t: the recording
 *
 * A folder in the place of the link that it is on the host, so links in it are made anew.
 */
void cohmem_capture_egm(struct cohmem_ctx *ctx, struct cohmem_tar *t)
{
	char path[128], target[64];
	struct cohmem_func *f;
	struct cohmem_egm *e;
	unsigned int i;

	cohmem_egm_foreach(ctx, e) {
		if (!cohmem_egm_has_file(ctx, &e->unit))
			continue;
		cohmem_fmt(path, sizeof(path), COHMEM_EGM_CLASS "/%s", e->unit.bdf);
		cohmem_tar_dir(t, path + 1);
		for (i = 0; i < COHMEM_NR_FACTS; i++)
			if (cohmem_fact_def(i)->of & COHMEM_FACT_OF_EGM)
				add_file(ctx, t, e, cohmem_fact_def(i)->file);
		add_file(ctx, t, e, "poison_pages");
		add_file(ctx, t, e, "retired_pages");
		cohmem_func_foreach(ctx, f) {
			cohmem_control_path(&e->unit, f->bdf, path, sizeof(path));
			if (!cohmem_exists(ctx, path))
				continue;
			cohmem_fmt(target, sizeof(target),
				   "../../../bus/pci/devices/%s", f->bdf);
			cohmem_tar_link(t, path + 1, target);
		}
	}
}
