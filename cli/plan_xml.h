/* SPDX-License-Identifier: GPL-2.0-only */
/* XML as plan_libvirt.c needs it: short names for what libxml2 has long ones for. */
#ifndef COHMEM_CLI_PLAN_XML_H
#define COHMEM_CLI_PLAN_XML_H

#include <libxml/tree.h>

#include "cohmem.h"

/* All children of an element that have a name. */
#define xml_foreach(parent, name, n) \
	for (n = xml_next((parent)->children, name); n; \
	     n = xml_next(n->next, name))

xmlDoc *xml_new(const char *root);
xmlDoc *xml_read(const char *path, char *why, size_t len);
void xml_print(xmlDoc *doc);
xmlNode *xml_next(xmlNode *n, const char *name);
xmlNode *xml_child(xmlNode *parent, const char *name);
xmlNode *xml_ensure(xmlNode *parent, const char *name);
xmlNode *xml_ensure_ns(xmlNode *parent, const char *name, const char *prefix,
		       const char *uri);
xmlNode *xml_add(xmlNode *parent, const char *name, xmlNs *ns);
__attribute__((format(printf, 3, 4)))
void xml_attr(xmlNode *n, const char *name, const char *fmt, ...);
__attribute__((format(printf, 2, 3)))
void xml_text(xmlNode *n, const char *fmt, ...);
void xml_comment(xmlNode *parent, const char *text);
bool xml_has_attr(xmlNode *n, const char *name);
bool xml_number(xmlNode *n, const char *attr, unsigned int *out);
bool xml_size(xmlNode *n, u64 *out);
void xml_pci_address(xmlNode *parent, const char *name, unsigned int domain,
		     unsigned int bus, unsigned int slot, unsigned int fn);
unsigned int xml_next_index(xmlNode *devices);
xmlNode *xml_controller(xmlNode *devices, unsigned int index,
			const char *model);
xmlNode *xml_root_controller(xmlNode *devices);
bool xml_has_hostdev(xmlNode *devices, const struct cohmem_func *f);

#endif /* COHMEM_CLI_PLAN_XML_H */
