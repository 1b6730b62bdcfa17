// SPDX-License-Identifier: GPL-2.0-only
/* The form for libvirt in a program that was built without libxml2. */
#include "plan.h"

static int refuse(void)
{
	complain("libvirt", "build it with libxml2 (meson setup -Dlibvirt=enabled); the package of Debian is",
		 "this cohmem was built without XML");
	return EXIT_NOT_APPLICABLE;
}

/**
 * plan_libvirt() - say that this cannot be done
 * @cli: the run
 * @view: the plan
 * Return: EXIT_NOT_APPLICABLE.
 */
int plan_libvirt(struct cli *cli, const struct plan_view *view)
{
	(void)cli;
	(void)view;
	return refuse();
}

/**
 * plan_read_domain() - say that this cannot be done
 * @cli: the run
 * @view: the plan
 * @want: left alone
 * Return: EXIT_NOT_APPLICABLE.
 */
int plan_read_domain(struct cli *cli, struct plan_view *view,
		     struct cohmem_vm_request *want)
{
	(void)cli;
	(void)view;
	(void)want;
	return refuse();
}

/**
 * plan_free_domain() - there is none
 * @view: the plan
 */
void plan_free_domain(struct plan_view *view)
{
	(void)view;
}
