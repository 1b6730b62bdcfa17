// SPDX-License-Identifier: GPL-2.0-only
/*
 * A plan as QEMU's command line: a script for bash, in which each option has a
 * line and each group of them says why it is there; or only the arguments, each
 * ended by a zero byte, for programs.
 */
#include <stdarg.h>

#include "plan.h"

#define ARG_MAX_LEN	512
#define GIB		(1ULL << 30)
#define MIB		(1ULL << 20)

__attribute__((format(printf, 2, 3)))
static void comment(const struct plan_view *view, const char *fmt, ...)
{
	char text[ARG_MAX_LEN];
	va_list ap;

	if (view->args0)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	printf("\t# %s\n", shown(text));
}

/* A word for a shell; quoted only where that is needed. */
static void quoted(const char *word)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
		"-_./:=,@%+";
	const char *p;

	if (*word && strspn(word, plain) == strlen(word)) {
		fputs(word, stdout);
		return;
	}
	putchar('\'');
	for (p = word; *p; p++)
		if (*p == '\'')
			fputs("'\\''", stdout);
		else
			putchar(*p);
	putchar('\'');
}

__attribute__((format(printf, 3, 4)))
static void option(const struct plan_view *view, const char *name,
		   const char *fmt, ...)
{
	char value[ARG_MAX_LEN];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	if (view->args0) {
		printf("%s%c%s%c", name, 0, value, 0);
		return;
	}
	printf("\t%s ", name);
	quoted(value);
	printf("\n");
}

static int refuse(const struct plan_view *view)
{
	const struct cohmem_qemu *q = &view->qemu;
	char least[32], want[32];

	if (!q->initiator) {
		complain(view->program, "QEMU 9.0 or newer has it; Debian 12 has one in backports",
			 "QEMU %s does not know acpi-generic-initiator: the guest's driver would find no nodes for the memory",
			 q->version);
		return EXIT_FAIL;
	}
	if (!q->aperture && view->vm->aperture > COHMEM_APERTURE_MIN) {
		complain(view->program, "QEMU 10.0 or newer has highmem-mmio-size; or assign fewer GPUs",
			 "QEMU %s has %s for BARs and no more, %s are needed",
			 q->version, human_size(COHMEM_APERTURE_MIN, least),
			 human_size(view->vm->aperture, want));
		return EXIT_FAIL;
	}
	if (view->iommufd && !q->iommufd) {
		complain(view->program, NULL, "QEMU %s does not know iommufd",
			 q->version);
		return EXIT_FAIL;
	}
	if (view->vm->nr_cpu_nodes > 1 && !q->pxb) {
		complain(view->program, NULL,
			 "QEMU %s does not know pxb-pcie, which tells the guest what a GPU is close to",
			 q->version);
		return EXIT_FAIL;
	}
	return EXIT_OK;
}

static void put_machine(const struct plan_view *view)
{
	const struct cohmem_vm *vm = view->vm;
	unsigned long long aperture = vm->aperture / GIB;

	if (vm->machine == COHMEM_VM_Q35) {
		comment(view, "The machine.");
		option(view, "-machine", "q35,accel=kvm");
		comment(view, "Address space above RAM, for BARs.");
		option(view, "-global", "q35-pcihost.pci-hole64-size=%lluG", aperture);
	} else if (view->qemu.aperture) {
		comment(view, "The machine, told of bad pages; highmem-mmio-size is the room for BARs.");
		option(view, "-machine",
		       "virt,accel=kvm,gic-version=3,ras=on,highmem-mmio-size=%lluG", aperture);
	} else {
		comment(view, "The machine, told of bad pages; its %lluG for BARs are enough.",
			aperture);
		option(view, "-machine", "virt,accel=kvm,gic-version=3,ras=on");
	}
	option(view, "-cpu", "host");
	if (vm->nr_cpu_nodes > 1 && vm->cpus % vm->nr_cpu_nodes == 0)
		option(view, "-smp", "%u,sockets=%u", vm->cpus, vm->nr_cpu_nodes);
	else
		option(view, "-smp", "%u", vm->cpus);
	option(view, "-m", "%lluM", (unsigned long long)(vm->memory / MIB));
	if (vm->machine == COHMEM_VM_VIRT) {
		comment(view, "Without UEFI a guest has no ACPI, and without ACPI no initiator nodes.");
		option(view, "-bios", "/usr/share/qemu-efi-aarch64/QEMU_EFI.fd");
	}
}

static void put_cpu_nodes(const struct plan_view *view)
{
	const struct cohmem_vm *vm = view->vm;
	unsigned int i;

	if (vm->egm)
		comment(view, "CPUs; memory is the EGM of their sockets, which only one at a time can open.");
	else
		comment(view, "CPUs and memory.");
	for (i = 0; i < vm->nr_cpu_nodes; i++) {
		const struct cohmem_vm_node *n = &vm->node[i];
		unsigned long long mib = n->memory / MIB;
		unsigned int last = n->first_cpu + n->nr_cpus - 1;

		if (n->egm)
			option(view, "-object",
			       "memory-backend-file,id=ram%u,mem-path=/dev/%s,share=on,prealloc=off,size=%lluM",
			       i, n->egm->unit.bdf, mib);
		else if (n->host_node >= 0)
			option(view, "-object",
			       "memory-backend-ram,id=ram%u,size=%lluM,host-nodes=%d,policy=bind",
			       i, mib, n->host_node);
		else
			option(view, "-object",
			       "memory-backend-ram,id=ram%u,size=%lluM", i, mib);
		if (n->nr_cpus == 1)
			option(view, "-numa", "node,nodeid=%u,cpus=%u,memdev=ram%u",
			       i, last, i);
		else
			option(view, "-numa",
			       "node,nodeid=%u,cpus=%u-%u,memdev=ram%u", i,
			       n->first_cpu, last, i);
	}
}

static void put_gpu_nodes(const struct plan_view *view)
{
	const struct cohmem_vm *vm = view->vm;
	unsigned int i, k;

	comment(view, "Nodes without memory, in which the guest's driver puts the GPUs' on line.");
	for (i = vm->nr_cpu_nodes; i < vm->nr_nodes; i++)
		option(view, "-numa", "node,nodeid=%u", i);
	comment(view, "All distances: QEMU wants every one as soon as there is one.");
	for (i = 0; i < vm->nr_nodes; i++)
		for (k = i + 1; k < vm->nr_nodes; k++)
			option(view, "-numa", "dist,src=%u,dst=%u,val=%u", i, k,
			       vm->distance[i][k]);
}

/*
 * Below a bridge that tells the guest which CPU node is near. QEMU would plug whatever
 * says nothing of its bus in there, where it finds no room, and end: a disk of
 * "-drive if=virtio", for one. Devices in JSON are made after all that are not.
 */
static void put_bridged(const struct plan_view *view, unsigned int i)
{
	const struct cohmem_vm_gpu *g = &view->vm->gpu[i];

	option(view, "-device",
	       "{\"driver\":\"pxb-pcie\",\"id\":\"pxb%u\",\"bus\":\"pcie.0\",\"addr\":\"0x%x\",\"bus_nr\":%u,\"numa_node\":%u}",
	       i, COHMEM_VM_FIRST_SLOT + i, (i + 1) * COHMEM_VM_BUSES_PER_PXB, g->cpu_node);
	option(view, "-device",
	       "{\"driver\":\"pcie-root-port\",\"id\":\"rp%u\",\"bus\":\"pxb%u\",\"addr\":\"0x0\",\"chassis\":%u}",
	       i, i, i + 1);
	option(view, "-device",
	       "{\"driver\":\"%s\",\"id\":\"gpu%u\",\"host\":\"%s\",\"bus\":\"rp%u\",\"addr\":\"0x0\",\"rombar\":0%s}",
	       view->qemu.nohotplug ? "vfio-pci-nohotplug" : "vfio-pci", i,
	       g->f->bdf, i, view->iommufd ? ",\"iommufd\":\"iommufd0\"" : "");
}

static void put_plain(const struct plan_view *view, unsigned int i)
{
	const struct cohmem_vm_gpu *g = &view->vm->gpu[i];

	option(view, "-device",
	       "pcie-root-port,id=rp%u,bus=pcie.0,addr=0x%x,chassis=%u",
	       i, COHMEM_VM_FIRST_SLOT + i, i + 1);
	option(view, "-device", "%s,id=gpu%u,host=%s,bus=rp%u,addr=0x0,rombar=0%s",
	       view->qemu.nohotplug ? "vfio-pci-nohotplug" : "vfio-pci", i,
	       g->f->bdf, i, view->iommufd ? ",iommufd=iommufd0" : "");
}

/*
 * Each GPU is function 0 behind a root port of its own, as the guest's driver
 * wants it.
 */
static void put_gpu(const struct plan_view *view, unsigned int i)
{
	const struct cohmem_vm *vm = view->vm;
	const struct cohmem_vm_gpu *g = &vm->gpu[i];
	unsigned int k;

	comment(view, "GPU %s: %s", g->f->bdf, g->f->name);
	if (vm->nr_cpu_nodes > 1)
		put_bridged(view, i);
	else
		put_plain(view, i);
	for (k = 0; k < g->nr_nodes; k++)
		option(view, "-object",
		       "acpi-generic-initiator,id=gpu%u.gi%u,pci-dev=gpu%u,node=%u",
		       i, k, i, g->first_node + k);
	/* NVIDIA's QEMU tells the guest by it which memory is EGM. */
	if (vm->egm && view->qemu.egm)
		option(view, "-object", "acpi-egm-memory,id=gpu%u.egm,pci-dev=gpu%u,node=%u",
		       i, i, g->cpu_node);
}

/**
 * plan_qemu() - show a plan as QEMU's command line
 * @cli: the run
 * @view: the plan
 * Return: an exit code; EXIT_FAIL where this QEMU cannot do it.
 */
int plan_qemu(struct cli *cli, const struct plan_view *view)
{
	unsigned int i;
	int code = refuse(view);

	(void)cli;
	if (code)
		return code;
	if (!view->args0) {
		printf("#!/bin/bash\n# Made by cohmem %s%s%s: a machine with %u GPU%s.\n",
		       COHMEM_VERSION, view->qemu.asked ? " for QEMU " : "",
		       shown(view->qemu.version), view->vm->nr_gpus,
		       view->vm->nr_gpus == 1 ? "" : "s");
		printf("# Disks, network and console are yours to add, as arguments of this script. Where the\n"
		       "# guest uses the GPU's memory as its own, each virtio device of QEMU 9.2 or newer wants\n"
		       "#\tdisable-legacy=on,iommu_platform=on,x-max-bounce-buffer-size=%s\n"
		       "# or it ends at the first large request that goes to that memory.\nargs=(\n",
		       VIRTIO_BOUNCE);
	}
	put_machine(view);
	put_cpu_nodes(view);
	put_gpu_nodes(view);
	if (view->iommufd)
		option(view, "-object", "iommufd,id=iommufd0");
	for (i = 0; i < view->vm->nr_gpus; i++)
		put_gpu(view, i);
	if (!view->args0) {
		printf(")\nexec ");
		quoted(view->program);
		printf(" -name ");
		quoted(view->name);
		printf(" \"${args[@]}\" \"$@\"\n");
	}
	return EXIT_OK;
}
