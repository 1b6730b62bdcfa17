// SPDX-License-Identifier: GPL-2.0-only
/* The domain of a person's own that a plan is to be put into. */
#include <stdlib.h>

#include "plan.h"
#include "plan_xml.h"

/**
 * plan_read_domain() - read a domain and what the plan has to know of it
 * @cli: the run
 * @view: its .merge names the file; .domain is the document
 * @want: CPUs and memory of the machine are set to the domain's
 * Return: an exit code.
 */
int plan_read_domain(struct cli *cli, struct plan_view *view,
		     struct cohmem_vm_request *want)
{
	xmlNode *domain, *n;
	char why[256];
	long cpus = 0;
	xmlChar *text;

	(void)cli;
	view->domain = xml_read(view->merge, why, sizeof(why));
	if (!view->domain) {
		complain(view->merge, "virsh dumpxml --inactive NAME writes one", "%s", why);
		return EXIT_FAIL;
	}
	domain = xmlDocGetRootElement(view->domain);
	if (strcmp((const char *)domain->name, "domain")) {
		complain(view->merge, "virsh dumpxml --inactive NAME writes one",
			 "is no domain of libvirt's, but <%.64s>", (const char *)domain->name);
		return EXIT_FAIL;
	}
	n = xml_child(domain, "vcpu");
	if (n) {
		text = xmlNodeGetContent(n);
		cpus = text ? strtol((const char *)text, NULL, 10) : 0;
		xmlFree(text);
	}
	if (cpus < 1 || cpus > 4096) {
		complain(view->merge, NULL, "does not say how many CPUs it has (<vcpu>)");
		return EXIT_FAIL;
	}
	want->cpus = cpus;
	n = xml_child(domain, "memory");
	if (!n || !xml_size(n, &want->memory)) {
		complain(view->merge, NULL, "does not say how much memory it has (<memory>)");
		return EXIT_FAIL;
	}
	return EXIT_OK;
}

/**
 * plan_free_domain() - let go of it
 * @view: the plan
 */
void plan_free_domain(struct plan_view *view)
{
	xmlFreeDoc(view->domain);
	view->domain = NULL;
}
