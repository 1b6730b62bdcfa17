// SPDX-License-Identifier: GPL-2.0-only
/* XML as plan_libvirt.c needs it. Out of memory, libxml2 says so and ends. */
#include <ctype.h>
#include <errno.h>
#include <libxml/parser.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "plan_xml.h"

/**
 * xml_new() - an empty document
 * @root: name of its element
 * Return: the document.
 */
xmlDoc *xml_new(const char *root)
{
	xmlDoc *doc = xmlNewDoc((const xmlChar *)"1.0");

	xmlDocSetRootElement(doc, xmlNewDocNode(doc, NULL,
						(const xmlChar *)root, NULL));
	return doc;
}

static void no_message(void *arg, const char *fmt, ...)
{
	(void)arg;
	(void)fmt;
}

/**
 * xml_read() - read a document
 * @path: its file; "-" is standard input
 * @why: on failure, what is wrong
 * @len: size of @why
 *
 * Nothing is fetched and no entity is looked up, whatever the file asks for.
 *
 * Return: the document, or NULL.
 */
xmlDoc *xml_read(const char *path, char *why, size_t len)
{
	const int flags = XML_PARSE_NOBLANKS | XML_PARSE_NONET;
	const xmlError *e;
	xmlDoc *doc;

	xmlSetGenericErrorFunc(NULL, no_message);
	errno = 0;
	doc = !strcmp(path, "-") ? xmlReadFd(STDIN_FILENO, "-", NULL, flags) :
	      xmlReadFile(path, NULL, flags);
	if (doc && xmlDocGetRootElement(doc))
		return doc;
	e = xmlGetLastError();
	if (e && e->line > 0 && e->message)
		snprintf(why, len, "line %d: %.*s", e->line,
			 (int)strcspn(e->message, "\n"), e->message);
	else
		snprintf(why, len, "%s", errno ? strerror(errno) :
			 "is no XML");
	xmlFreeDoc(doc);
	return NULL;
}

/**
 * xml_print() - write a document to standard output
 * @doc: the document
 */
void xml_print(xmlDoc *doc)
{
	xmlBuffer *buf = xmlBufferCreate();

	xmlKeepBlanksDefault(0);
	xmlNodeDump(buf, doc, xmlDocGetRootElement(doc), 0, 1);
	printf("%s\n", (const char *)xmlBufferContent(buf));
	xmlBufferFree(buf);
}

/**
 * xml_next() - the next element of a name
 * @n: where to start, itself included; or NULL
 * @name: the name
 * Return: the element, or NULL.
 */
xmlNode *xml_next(xmlNode *n, const char *name)
{
	for (; n; n = n->next)
		if (n->type == XML_ELEMENT_NODE &&
		    !strcmp((const char *)n->name, name))
			return n;
	return NULL;
}

/**
 * xml_child() - the first child of a name
 * @parent: of which element
 * @name: the name
 * Return: the child, or NULL.
 */
xmlNode *xml_child(xmlNode *parent, const char *name)
{
	return xml_next(parent->children, name);
}

/**
 * xml_add() - a new last child
 * @parent: of which element
 * @name: its name
 * @ns: its name space, or NULL
 * Return: the child.
 */
xmlNode *xml_add(xmlNode *parent, const char *name, xmlNs *ns)
{
	/* Not xmlNewChild(): that takes the parent's name space over. */
	xmlNode *n = xmlNewDocNode(parent->doc, ns, (const xmlChar *)name, NULL);

	return xmlAddChild(parent, n);
}

/**
 * xml_ensure() - the first child of a name, made where there is none
 * @parent: of which element
 * @name: the name
 * Return: the child.
 */
xmlNode *xml_ensure(xmlNode *parent, const char *name)
{
	xmlNode *n = xml_child(parent, name);

	return n ? n : xml_add(parent, name, NULL);
}

/**
 * xml_ensure_ns() - as xml_ensure(), in a name space
 * @parent: of which element
 * @name: the name
 * @prefix: how the name space is called, if it is not known yet
 * @uri: the name space
 * Return: the child.
 */
xmlNode *xml_ensure_ns(xmlNode *parent, const char *name, const char *prefix,
		       const char *uri)
{
	xmlNs *ns = xmlSearchNsByHref(parent->doc, parent, (const xmlChar *)uri);
	xmlNode *n;

	xml_foreach(parent, name, n)
		if (n->ns && !strcmp((const char *)n->ns->href, uri))
			return n;
	if (!ns)
		ns = xmlNewNs(parent, (const xmlChar *)uri,
			      (const xmlChar *)prefix);
	return xml_add(parent, name, ns);
}

/**
 * xml_attr() - set an attribute
 * @n: of which element
 * @name: its name
 * @fmt: its value
 */
void xml_attr(xmlNode *n, const char *name, const char *fmt, ...)
{
	char value[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	xmlSetProp(n, (const xmlChar *)name, (const xmlChar *)value);
}

/**
 * xml_text() - set the text of an element
 * @n: the element
 * @fmt: the text
 */
void xml_text(xmlNode *n, const char *fmt, ...)
{
	char value[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	xmlNodeSetContent(n, NULL);
	xmlNodeAddContent(n, (const xmlChar *)value);
}

/**
 * xml_comment() - a comment as last child
 * @parent: of which element
 * @text: the comment
 */
void xml_comment(xmlNode *parent, const char *text)
{
	xmlAddChild(parent, xmlNewDocComment(parent->doc, (const xmlChar *)text));
}

/**
 * xml_has_attr() - does an element have an attribute?
 * @n: the element
 * @name: the attribute
 * Return: true if so.
 */
bool xml_has_attr(xmlNode *n, const char *name)
{
	return xmlHasProp(n, (const xmlChar *)name);
}

/**
 * xml_number() - an attribute that is a number
 * @n: of which element
 * @attr: the attribute
 * @out: its value, decimal or with 0x
 * Return: true if there is one.
 */
bool xml_number(xmlNode *n, const char *attr, unsigned int *out)
{
	xmlChar *text = xmlGetProp(n, (const xmlChar *)attr);
	unsigned long v;
	char *end;
	bool ok;

	if (!text)
		return false;
	errno = 0;
	v = strtoul((const char *)text, &end, 0);
	ok = isdigit(*text) && !*end && !errno && v <= UINT32_MAX;
	if (ok)
		*out = v;
	xmlFree(text);
	return ok;
}

/**
 * xml_size() - an element that is a size, with libvirt's units
 * @n: the element
 * @out: bytes
 * Return: true if it is one.
 */
bool xml_size(xmlNode *n, u64 *out)
{
	static const struct {
		const char *name;
		u64 bytes;
	} units[] = {
		{ "b", 1 }, { "bytes", 1 }, { "KB", 1000 }, { "k", 1ULL << 10 },
		{ "KiB", 1ULL << 10 }, { "MB", 1000000 }, { "M", 1ULL << 20 },
		{ "MiB", 1ULL << 20 }, { "GB", 1000000000 }, { "G", 1ULL << 30 },
		{ "GiB", 1ULL << 30 }, { "T", 1ULL << 40 }, { "TiB", 1ULL << 40 },
	};
	xmlChar *text = xmlNodeGetContent(n);
	xmlChar *unit = xmlGetProp(n, (const xmlChar *)"unit");
	const char *name = unit ? (const char *)unit : "KiB";
	unsigned int i;
	bool ok = false;
	char *end;

	*out = 0;
	if (text) {
		errno = 0;
		*out = strtoull((const char *)text, &end, 10);
		ok = end != (const char *)text && !errno &&
		     !end[strspn(end, " \n\t")];
	}
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (!strcmp(name, units[i].name))
			break;
	if (i == sizeof(units) / sizeof(units[0]) ||
	    *out > ~0ULL / units[i].bytes)
		ok = false;
	else
		*out *= units[i].bytes;
	xmlFree(text);
	xmlFree(unit);
	return ok;
}

/**
 * xml_pci_address() - an address of PCI
 * @parent: where it goes
 * @name: of the element
 * @domain: segment
 * @bus: bus
 * @slot: device
 * @fn: function
 */
void xml_pci_address(xmlNode *parent, const char *name, unsigned int domain,
		     unsigned int bus, unsigned int slot, unsigned int fn)
{
	xmlNode *a = xml_add(parent, name, NULL);

	/* On the host's side the type goes without saying. */
	if (strcmp((const char *)parent->name, "source"))
		xml_attr(a, "type", "pci");
	xml_attr(a, "domain", "0x%04x", domain);
	xml_attr(a, "bus", "0x%02x", bus);
	xml_attr(a, "slot", "0x%02x", slot);
	xml_attr(a, "function", "0x%x", fn);
}

static bool is_pci_controller(xmlNode *c)
{
	xmlChar *type = xmlGetProp(c, (const xmlChar *)"type");
	bool yes = type && !strcmp((const char *)type, "pci");

	xmlFree(type);
	return yes;
}

/**
 * xml_next_index() - the first index that no PCI controller has or follows
 * @devices: of which domain
 * Return: the index; 0 is the root's.
 */
unsigned int xml_next_index(xmlNode *devices)
{
	unsigned int next = 1, index;
	xmlNode *c;

	xml_foreach(devices, "controller", c)
		if (is_pci_controller(c) && xml_number(c, "index", &index) &&
		    index >= next)
			next = index + 1;
	return next;
}

/**
 * xml_controller() - a new PCI controller
 * @devices: of which domain
 * @index: its number
 * @model: what it is
 * Return: the controller.
 */
xmlNode *xml_controller(xmlNode *devices, unsigned int index,
			const char *model)
{
	xmlNode *c = xml_add(devices, "controller", NULL);

	xml_attr(c, "type", "pci");
	xml_attr(c, "index", "%u", index);
	xml_attr(c, "model", "%s", model);
	return c;
}

/**
 * xml_root_controller() - the controller that is the root, made if need be
 * @devices: of which domain
 * Return: the controller.
 */
xmlNode *xml_root_controller(xmlNode *devices)
{
	unsigned int index;
	xmlNode *c;

	xml_foreach(devices, "controller", c)
		if (is_pci_controller(c) && xml_number(c, "index", &index) &&
		    !index)
			return c;
	return xml_controller(devices, 0, "pcie-root");
}

/**
 * xml_has_hostdev() - is a function of the host assigned already?
 * @devices: of which domain
 * @f: the function
 * Return: true if so.
 */
bool xml_has_hostdev(xmlNode *devices, const struct cohmem_func *f)
{
	unsigned int domain, bus, slot, fn;
	xmlNode *dev, *source, *a;

	xml_foreach(devices, "hostdev", dev) {
		source = xml_child(dev, "source");
		a = source ? xml_child(source, "address") : NULL;
		if (!a || !xml_number(a, "bus", &bus) ||
		    !xml_number(a, "slot", &slot) ||
		    !xml_number(a, "function", &fn))
			continue;
		if (!xml_number(a, "domain", &domain))
			domain = 0;
		if (domain == f->domain && bus == f->bus && slot == f->dev &&
		    fn == f->fn)
			return true;
	}
	return false;
}
