// SPDX-License-Identifier: GPL-2.0-only
/*
 * A plan as libvirt's XML. One way for all three uses: the parts are put into a
 * domain, be it a bare skeleton, a new one, or a person's own.
 *
 * What versions of libvirt can, and what stands in for what they cannot:
 *
 *  below 10.0    no VFIO driver but vfio-pci: refused, as the guest would start
 *                and not have the memory
 *  10.0 to 11.7  neither initiators nor the aperture, and to a <cell> without memory
 *                it gives a backend of size 0, which no QEMU starts with: these
 *                nodes, their distances, initiators and the aperture are handed
 *                through to QEMU as they are (<qemu:commandline>)
 *  11.8 on       <acpi nodeset>; the aperture is handed through
 *  12.1 on       <pcihole64> of the root, and iommufd
 *  11.9+nvidia   besides, <memory model='egm'>: a cell's memory is EGM
 *
 * Without the last there is no way to EGM: to a cell libvirt gives a memory backend of
 * its own making, in a file whose path nobody can say, and QEMU takes no second one.
 *
 * Traps: without <features><acpi/> libvirt starts QEMU with acpi=off, and the guest
 * sees no node; <pcihole64> takes any number, QEMU only powers of two from 512 GiB.
 */
#include <errno.h>
#include <stdlib.h>

#include "plan.h"
#include "plan_xml.h"

#define KIB		1024ULL
#define GIB		(1ULL << 30)
#define QEMU_NS		"http://libvirt.org/schemas/domain/qemu/1.0"

/* Is @id of a cell of the domain taken? The next free one is wanted. */
static unsigned int next_cell(xmlNode *numa)
{
	unsigned int next = 0, id;
	xmlNode *cell;

	xml_foreach(numa, "cell", cell)
		if (xml_number(cell, "id", &id) && id >= next)
			next = id + 1;
	return next;
}

/* The cell of the domain that stands for a CPU node of the plan. */
static unsigned int cell_of(const struct cohmem_vm *vm, unsigned int node,
			    unsigned int first_gi)
{
	/* Our own cells, or as many of somebody's, are numbered alike. */
	return node < vm->nr_cpu_nodes && node < first_gi ? node : 0;
}

/* The number in the domain of a node of the plan. */
static unsigned int renumber(const struct cohmem_vm *vm, unsigned int node,
			     unsigned int first_gi)
{
	return node < vm->nr_cpu_nodes ? cell_of(vm, node, first_gi) :
	       node - vm->nr_cpu_nodes + first_gi;
}

/* The distance that a cell of the domain has to another, if it says. */
static bool sibling(xmlNode *cell, unsigned int id, unsigned int *value)
{
	xmlNode *all = xml_child(cell, "distances"), *s;
	unsigned int have;

	if (!all)
		return false;
	xml_foreach(all, "sibling", s)
		if (xml_number(s, "id", &have) && have == id)
			return xml_number(s, "value", value);
	return false;
}

/* A person's own word stands, and holds for the way back, too. */
static void put_sibling(xmlNode *cell, unsigned int from, unsigned int to,
			unsigned int value)
{
	xmlNode *other, *s;
	unsigned int id;

	if (sibling(cell, to, &id))
		return;
	xml_foreach(cell->parent, "cell", other)
		if (xml_number(other, "id", &id) && id == to)
			sibling(other, from, &value);
	s = xml_add(xml_ensure(cell, "distances"), "sibling", NULL);
	xml_attr(s, "id", "%u", to);
	xml_attr(s, "value", "%u", value);
}

static xmlNode *put_cell(xmlNode *numa, unsigned int id, u64 memory)
{
	xmlNode *cell = xml_add(numa, "cell", NULL);

	xml_attr(cell, "id", "%u", id);
	xml_attr(cell, "memory", "%llu", (unsigned long long)(memory / KIB));
	xml_attr(cell, "unit", "KiB");
	return cell;
}

/* CPU cells where the domain has none, then initiator nodes, then distances. */
static unsigned int put_cells(const struct plan_view *view, xmlNode *domain)
{
	const struct cohmem_vm *vm = view->vm;
	xmlNode *cpu = xml_ensure(domain, "cpu"), *numa, *cell;
	unsigned int i, k, first_gi, id, nr;
	bool ours = !xml_child(cpu, "numa");

	if (!xml_has_attr(cpu, "mode"))
		xml_attr(cpu, "mode", "host-passthrough");
	numa = xml_ensure(cpu, "numa");
	for (i = 0; ours && i < vm->nr_cpu_nodes; i++) {
		const struct cohmem_vm_node *n = &vm->node[i];

		cell = put_cell(numa, i, n->memory);
		if (n->nr_cpus == 1)
			xml_attr(cell, "cpus", "%u", n->first_cpu);
		else
			xml_attr(cell, "cpus", "%u-%u", n->first_cpu,
				 n->first_cpu + n->nr_cpus - 1);
		/* EGM lies where it lies. */
		if (n->host_node >= 0 && !view->merge && !n->egm) {
			xmlNode *tune = xml_ensure(domain, "numatune"), *mem;

			mem = xml_add(tune, "memnode", NULL);
			xml_attr(mem, "cellid", "%u", i);
			xml_attr(mem, "mode", "strict");
			xml_attr(mem, "nodeset", "%d", n->host_node);
		}
	}
	first_gi = next_cell(numa);
	nr = view->libvirt < LIBVIRT_NODESET ? vm->nr_cpu_nodes : vm->nr_nodes;
	for (i = vm->nr_cpu_nodes; i < nr; i++)
		put_cell(numa, renumber(vm, i, first_gi), 0);
	for (i = 0; nr > 1 && i < nr; i++) {
		xml_foreach(numa, "cell", cell) {
			if (!xml_number(cell, "id", &id) ||
			    id != renumber(vm, i, first_gi))
				continue;
			for (k = 0; k < nr; k++)
				put_sibling(cell, id, renumber(vm, k, first_gi),
					    i == k ? 10 : vm->distance[i][k]);
		}
	}
	return first_gi;
}

/* A port of its own below a bridge that tells the guest which node is near. */
static unsigned int put_expander(xmlNode *devices, unsigned int nr,
				 unsigned int cell)
{
	unsigned int index = xml_next_index(devices);
	xmlNode *c = xml_controller(devices, index, "pcie-expander-bus"), *t, *n;

	t = xml_add(c, "target", NULL);
	xml_attr(t, "busNr", "%u", (nr + 1) * 16);
	n = xml_add(t, "node", NULL);
	xml_text(n, "%u", cell);
	c = xml_controller(devices, index + 1, "pcie-root-port");
	xml_pci_address(c, "address", 0, index, 0, 0);
	return index + 1;
}

static int put_gpu(const struct plan_view *view, xmlNode *devices,
		   unsigned int i, unsigned int first_gi)
{
	const struct cohmem_vm *vm = view->vm;
	const struct cohmem_vm_gpu *g = &vm->gpu[i];
	unsigned int first = renumber(vm, g->first_node, first_gi);
	xmlNode *dev, *sub;

	if (xml_has_hostdev(devices, g->f)) {
		complain(g->f->bdf, "take it out of the domain first",
			 "the domain has it already");
		return EXIT_FAIL;
	}
	dev = xml_add(devices, "hostdev", NULL);
	xml_attr(dev, "mode", "subsystem");
	xml_attr(dev, "type", "pci");
	xml_attr(dev, "managed", "no");
	sub = xml_add(dev, "driver", NULL);
	if (view->iommufd)
		xml_attr(sub, "iommufd", "yes");
	else
		xml_attr(sub, "name", "vfio");
	sub = xml_add(dev, "source", NULL);
	xml_pci_address(sub, "address", g->f->domain, g->f->bus, g->f->dev,
			g->f->fn);
	sub = xml_add(dev, "alias", NULL);
	xml_attr(sub, "name", "ua-gpu%u", i);
	if (view->libvirt >= LIBVIRT_NODESET) {
		sub = xml_add(dev, "acpi", NULL);
		xml_attr(sub, "nodeset", "%u-%u", first, first + g->nr_nodes - 1);
	}
	sub = xml_add(dev, "rom", NULL);
	xml_attr(sub, "bar", "off");
	if (vm->nr_cpu_nodes > 1)
		xml_pci_address(dev, "address", 0,
				put_expander(devices, i, cell_of(vm, g->cpu_node, first_gi)),
				0, 0);
	return EXIT_OK;
}

static void pass_on(xmlNode *commandline, const char *option,
		    const char *value)
{
	xmlNode *arg;

	arg = xml_add(commandline, "arg", commandline->ns);
	xml_attr(arg, "value", "%s", option);
	arg = xml_add(commandline, "arg", commandline->ns);
	xml_attr(arg, "value", "%s", value);
}

/* The distance between two nodes by their numbers in the domain. */
static unsigned int distance(const struct cohmem_vm *vm, unsigned int a,
			     unsigned int b, unsigned int first_gi)
{
	/* Of more CPU cells than the plan knows, all but the first are far. */
	unsigned int x = a < first_gi ? cell_of(vm, a, first_gi) :
			 a - first_gi + vm->nr_cpu_nodes;

	return vm->distance[x][b - first_gi + vm->nr_cpu_nodes];
}

/* Nodes without memory, initiators and distances to and between them. */
static void pass_on_nodes(const struct plan_view *view, xmlNode *cmd,
			  unsigned int first_gi)
{
	const struct cohmem_vm *vm = view->vm;
	unsigned int nr_gi = vm->nr_nodes - vm->nr_cpu_nodes, i, k;
	char text[160];

	for (i = 0; i < nr_gi; i++) {
		snprintf(text, sizeof(text), "node,nodeid=%u", first_gi + i);
		pass_on(cmd, "-numa", text);
	}
	for (i = first_gi; i < first_gi + nr_gi; i++)
		for (k = 0; k < i; k++) {
			snprintf(text, sizeof(text), "dist,src=%u,dst=%u,val=%u",
				 k, i, distance(vm, k, i, first_gi));
			pass_on(cmd, "-numa", text);
		}
	for (i = 0; i < vm->nr_gpus; i++)
		for (k = 0; k < vm->gpu[i].nr_nodes; k++) {
			snprintf(text, sizeof(text),
				 "acpi-generic-initiator,id=gpu%u.gi%u,pci-dev=ua-gpu%u,node=%u",
				 i, k, i,
				 renumber(vm, vm->gpu[i].first_node + k, first_gi));
			pass_on(cmd, "-object", text);
		}
}

/* What this libvirt does not know, in QEMU's own words. */
static void put_commandline(const struct plan_view *view, xmlNode *domain,
			    unsigned int first_gi)
{
	const struct cohmem_vm *vm = view->vm;
	xmlNode *cmd;
	char text[160];

	if (view->libvirt >= LIBVIRT_IOMMUFD)
		return;
	cmd = xml_ensure_ns(domain, "commandline", "qemu", QEMU_NS);
	if (vm->machine == COHMEM_VM_VIRT) {
		snprintf(text, sizeof(text), "highmem-mmio-size=%lluG",
			 (unsigned long long)(vm->aperture / GIB));
		pass_on(cmd, "-machine", text);
	}
	if (view->libvirt < LIBVIRT_NODESET)
		pass_on_nodes(view, cmd, first_gi);
}

/* The aperture as libvirt's own element, where it has one. */
static void put_aperture(const struct plan_view *view, xmlNode *devices)
{
	xmlNode *root, *hole;

	if (view->vm->machine == COHMEM_VM_VIRT &&
	    view->libvirt < LIBVIRT_IOMMUFD)
		return;
	root = xml_root_controller(devices);
	hole = xml_ensure(root, "pcihole64");
	xml_attr(hole, "unit", "GiB");
	xml_text(hole, "%llu", (unsigned long long)(view->vm->aperture / GIB));
}

/*
 * Without it QEMU ends when its guest reads a page that has gone bad. Who has said
 * what they want has it.
 */
static void put_memory_errors(const struct plan_view *view, xmlNode *features)
{
	if (view->vm->machine == COHMEM_VM_VIRT && view->libvirt >= LIBVIRT_RAS &&
	    !xml_child(features, "ras"))
		xml_attr(xml_add(features, "ras", NULL), "state", "on");
}

/* GPUs of the machine whose near node a node is. */
static unsigned int gpus_at(const struct cohmem_vm *vm, unsigned int node)
{
	unsigned int i, nr = 0;

	for (i = 0; i < vm->nr_gpus; i++)
		nr += vm->gpu[i].cpu_node == node;
	return nr;
}

/* NVIDIA's element: one for each GPU, which together make up the EGM of a cell. */
static int put_egm(const struct plan_view *view, xmlNode *domain,
		   xmlNode *devices)
{
	const struct cohmem_vm *vm = view->vm;
	xmlNode *n, *m;
	unsigned int i;

	if (!vm->egm)
		return EXIT_OK;
	n = xml_ensure(domain, "memoryBacking");
	xml_attr(xml_ensure(n, "source"), "type", "file");
	xml_attr(xml_ensure(n, "access"), "mode", "shared");
	xml_attr(xml_ensure(n, "allocation"), "mode", "immediate");
	for (i = 0; i < vm->nr_gpus; i++) {
		const struct cohmem_vm_node *node = &vm->node[vm->gpu[i].cpu_node];
		unsigned int nr = gpus_at(vm, vm->gpu[i].cpu_node);

		if (node->memory % (nr * KIB)) {
			complain(node->egm->unit.bdf, "another --egm SIZE",
				 "its share of the memory is no multiple of a KiB for each of its %u GPUs, among which libvirt divides it",
				 nr);
			return EXIT_FAIL;
		}
		m = xml_add(devices, "memory", NULL);
		xml_attr(m, "model", "egm");
		xml_attr(m, "access", "shared");
		n = xml_add(xml_add(m, "source", NULL), "path", NULL);
		xml_text(n, "/dev/%s", node->egm->unit.bdf);
		m = xml_add(m, "target", NULL);
		n = xml_add(m, "size", NULL);
		xml_attr(n, "unit", "KiB");
		xml_text(n, "%llu", (unsigned long long)(node->memory / nr / KIB));
		n = xml_add(m, "node", NULL);
		xml_text(n, "%u", vm->gpu[i].cpu_node);
		n = xml_add(m, "pciDev", NULL);
		xml_text(n, "ua-gpu%u", i);
	}
	return EXIT_OK;
}

static int put_parts(const struct plan_view *view, xmlNode *domain)
{
	xmlNode *devices, *features;
	unsigned int first_gi, i;
	int code;

	features = xml_ensure(domain, "features");
	xml_ensure(features, "acpi");
	put_memory_errors(view, features);
	first_gi = put_cells(view, domain);
	devices = xml_ensure(domain, "devices");
	put_aperture(view, devices);
	for (i = 0; i < view->vm->nr_gpus; i++) {
		code = put_gpu(view, devices, i, first_gi);
		if (code)
			return code;
	}
	code = put_egm(view, domain, devices);
	if (!code)
		put_commandline(view, domain, first_gi);
	return code;
}

/* What a domain of one's own has, as far as it is not about the GPUs. */
static void put_whole(const struct plan_view *view, xmlNode *domain)
{
	bool virt = view->vm->machine == COHMEM_VM_VIRT;
	xmlNode *n, *os;

	n = xml_add(domain, "name", NULL);
	xml_text(n, "%s", view->name);
	n = xml_add(domain, "memory", NULL);
	xml_attr(n, "unit", "KiB");
	xml_text(n, "%llu", (unsigned long long)(view->vm->memory / KIB));
	n = xml_add(domain, "vcpu", NULL);
	xml_text(n, "%u", view->vm->cpus);
	os = xml_add(domain, "os", NULL);
	xml_attr(os, "firmware", "efi");
	n = xml_add(os, "type", NULL);
	xml_attr(n, "arch", virt ? "aarch64" : "x86_64");
	xml_attr(n, "machine", virt ? "virt" : "q35");
	xml_text(n, "hvm");
	n = xml_ensure(xml_ensure(domain, "features"), "acpi");
	if (virt) {
		n = xml_add(n->parent, "gic", NULL);
		xml_attr(n, "version", "3");
	}
}

static int too_old(const struct plan_view *view)
{
	unsigned int major = view->libvirt / 1000000;
	unsigned int minor = view->libvirt / 1000 % 1000;

	if (view->libvirt < LIBVIRT_VARIANT_DRIVERS) {
		complain("libvirt", "libvirt 10.0 or newer; Debian 12 has 11.3 in backports. Or 'cohmem plan qemu'",
			 "version %u.%u knows no VFIO driver but vfio-pci: the machine would start, and its guest not have the memory",
			 major, minor);
		return EXIT_FAIL;
	}
	if (view->vm->egm && !view->libvirt_egm) {
		complain("libvirt", "NVIDIA's builds know it (--libvirt 11.9.0+nvidia); or 'cohmem plan qemu'",
			 "version %u.%u cannot be told to take a cell's memory from /dev/%s",
			 major, minor, view->vm->node[0].egm->unit.bdf);
		return EXIT_FAIL;
	}
	if (view->iommufd && view->libvirt < LIBVIRT_IOMMUFD) {
		complain("libvirt", "leave --iommufd out",
			 "version %u.%u does not know iommufd; 12.1 does", major, minor);
		return EXIT_FAIL;
	}
	return EXIT_OK;
}

/* Whose libvirt is it for? Of a recorded host nobody can be asked. */
static int find_version(struct cli *cli, struct plan_view *view)
{
	if (view->libvirt)
		return EXIT_OK;
	if (cli->sysroot) {
		complain("libvirt", "--libvirt VERSION", "the version of a recorded host is not known");
		return EXIT_FAIL;
	}
	if (cohmem_ask_libvirt(cli->ctx, &view->libvirt)) {
		complain("virsh", "install libvirt-clients, or give --libvirt VERSION", "%s",
			 cohmem_why(cli->ctx)->what);
		return EXIT_FAIL;
	}
	return EXIT_OK;
}

/**
 * plan_libvirt() - show a plan as libvirt's XML
 * @cli: the run
 * @view: the plan
 * Return: an exit code; EXIT_FAIL where this libvirt cannot do it.
 */
int plan_libvirt(struct cli *cli, const struct plan_view *view)
{
	struct plan_view v = *view;
	xmlDoc *doc = view->domain;
	xmlNode *domain;
	int code;

	code = find_version(cli, &v);
	if (!code)
		code = too_old(&v);
	if (code)
		return code;
	if (!doc)
		doc = xml_new("domain");
	domain = xmlDocGetRootElement(doc);
	if (!view->merge) {
		xml_attr(domain, "type", "kvm");
		xml_comment(domain, v.whole ?
			    " Made by 'cohmem plan libvirt'. Disks and network are yours to add; then virsh define. " :
			    " The parts for the GPUs, each in its place of a domain. The option merge puts them into yours. ");
		xml_comment(domain,
			    " Where the guest uses the GPU's memory as its own, a virtio device wants"
			    " <driver iommu='on'/>, a model virtio-non-transitional where it has models, and of"
			    " QEMU (9.2 or newer, by <qemu:override>) x-max-bounce-buffer-size=" VIRTIO_BOUNCE
			    ": or it ends at the first large request that goes to that memory. ");
	}
	if (v.whole)
		put_whole(&v, domain);
	code = put_parts(&v, domain);
	if (!code)
		xml_print(doc);
	if (doc != view->domain)
		xmlFreeDoc(doc);
	return code;
}
