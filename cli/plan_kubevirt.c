// SPDX-License-Identifier: GPL-2.0-only
/*
 * A plan for KubeVirt, after its proposal VEP-199 (alpha in 1.9): nodes, distances
 * and the aperture are not said but inferred on the host, so what is left is to
 * permit the device, to turn the feature gates on, and to ask for GPUs.
 */
#include <ctype.h>

#include "plan.h"

/* KubeVirt 1.9 takes these for GPUs with coherent memory, and no others. */
static const u16 known_ids[] = { 0x2342, 0x2348, 0x2941 };

static bool is_known(const struct cohmem_func *f)
{
	unsigned int i;

	for (i = 0; i < sizeof(known_ids) / sizeof(known_ids[0]); i++)
		if (f->vendor == 0x10de && f->device == known_ids[i])
			return true;
	return false;
}

static bool seen_before(const struct cohmem_vm *vm, unsigned int i)
{
	unsigned int k;

	for (k = 0; k < i; k++)
		if (vm->gpu[k].f->vendor == vm->gpu[i].f->vendor &&
		    vm->gpu[k].f->device == vm->gpu[i].f->device)
			return true;
	return false;
}

static void put_kubevirt(const struct cohmem_vm *vm)
{
	unsigned int i;
	char name[COHMEM_RESOURCE_LEN];

	printf("# Into KubeVirt's own resource (kubectl -n kubevirt edit kubevirt).\n"
	       "apiVersion: kubevirt.io/v1\n"
	       "kind: KubeVirt\n"
	       "metadata:\n"
	       "  name: kubevirt\n"
	       "  namespace: kubevirt\n"
	       "spec:\n"
	       "  configuration:\n"
	       "    developerConfiguration:\n"
	       "      featureGates:\n"
	       "      - HostDevices\n"
	       "      - GraceIOVirtualization\n"
	       "      - PCINUMAAwareTopology\n"
	       "      - IOMMUFD\n"
	       "    permittedHostDevices:\n"
	       "      pciHostDevices:\n");
	for (i = 0; i < vm->nr_gpus; i++) {
		const struct cohmem_func *f = vm->gpu[i].f;

		if (seen_before(vm, i))
			continue;
		cohmem_resource_name(f, name);
		printf("      - pciVendorSelector: \"%04X:%04X\"\n"
		       "        resourceName: %s\n"
		       "        # Its own plugin takes functions of vfio-pci only.\n"
		       "        externalResourceProvider: true\n",
		       f->vendor, f->device, name);
	}
}

static void put_machine(const struct plan_view *view)
{
	/* VEP-199: EGM needs the other two, and takes all that the host has. */
	static const char egm[] =
		"  annotations:\n"
		"    alpha.kubevirt.io/graceVirtualization: '{\"hostDevices\":true,\"smmuv3\":true,\"egm\":true}'\n";
	const struct cohmem_vm *vm = view->vm;
	unsigned int i;
	char name[COHMEM_RESOURCE_LEN];

	printf("---\n"
	       "# Into your machine. Disks and network are yours to add.\n"
	       "apiVersion: kubevirt.io/v1\n"
	       "kind: VirtualMachineInstance\n"
	       "metadata:\n"
	       "  name: %s\n"
	       "%s"
	       "spec:\n"
	       "  architecture: arm64\n"
	       "  domain:\n"
	       "    machine:\n"
	       "      type: virt\n"
	       "    cpu:\n"
	       "      sockets: %u\n"
	       "      cores: %u\n"
	       "      threads: 1\n"
	       "      model: host-passthrough\n"
	       "      dedicatedCpuPlacement: true\n"
	       "      numa:\n"
	       "        guestMappingPassthrough: {}\n"
	       "    memory:\n"
	       "      guest: %lluMi\n"
	       "    firmware:\n"
	       "      bootloader:\n"
	       "        efi:\n"
	       "          secureBoot: false\n"
	       "    devices:\n"
	       "      autoattachGraphicsDevice: false\n"
	       "      autoattachMemBalloon: false\n"
	       "      hostDevices:\n",
	       view->name, vm->egm ? egm : "", vm->nr_cpu_nodes,
	       (vm->cpus + vm->nr_cpu_nodes - 1) / vm->nr_cpu_nodes,
	       (unsigned long long)(vm->memory >> 20));
	for (i = 0; i < vm->nr_gpus; i++) {
		cohmem_resource_name(vm->gpu[i].f, name);
		printf("      - deviceName: %s\n        name: gpu%u\n", name, i);
	}
}

/* It takes the host's EGM, all of it, for a machine that has all of its GPUs. */
static int check_egm(struct cli *cli, const struct cohmem_vm *vm)
{
	struct cohmem_egm *e;
	unsigned int i, k;

	if (!vm->egm)
		return EXIT_OK;
	if (strcmp(cli->value[OPT_EGM], "all")) {
		complain("kubevirt", "--egm all",
			 "it gives a machine all EGM of the host, or none");
		return EXIT_FAIL;
	}
	cohmem_egm_foreach(cli->ctx, e)
		for (i = 0; i < e->nr_gpus; i++) {
			for (k = 0; k < vm->nr_gpus; k++)
				if (vm->gpu[k].f == e->gpu[i])
					break;
			if (k < vm->nr_gpus)
				continue;
			complain(e->gpu[i]->bdf, "name all GPUs of the host, or plan without --egm",
				 "KubeVirt gives EGM only to a machine that has all GPUs of the host");
			return EXIT_FAIL;
		}
	return EXIT_OK;
}

static void warn(struct cohmem_vm *vm)
{
	char theirs[32], ours[32];
	unsigned int i;

	cohmem_vm_warn(vm, "kubevirt-provider", NULL,
		       "run cohmem-device-plugin on the node, which does; see docs/fleet.md",
		       "KubeVirt's and NVIDIA's own plugins do not offer a function bound to " COHMEM_DRIVER);
	for (i = 0; i < vm->nr_gpus; i++)
		if (!is_known(vm->gpu[i].f) && !seen_before(vm, i))
			cohmem_vm_warn(vm, "kubevirt-id", vm->gpu[i].f->bdf,
				       "ask KubeVirt to add the id to its list",
				       "KubeVirt 1.9 does not take %04x:%04x for a GPU with coherent memory: no nodes, no aperture",
				       vm->gpu[i].f->vendor, vm->gpu[i].f->device);
	if (vm->kubevirt_aperture < vm->aperture)
		cohmem_vm_warn(vm, "kubevirt-aperture", NULL,
			       "assign fewer GPUs to one machine",
			       "KubeVirt sizes the aperture from the BARs on the host, to %s; the guest needs %s",
			       human_size(vm->kubevirt_aperture, theirs),
			       human_size(vm->aperture, ours));
	if (vm->egm)
		cohmem_vm_warn(vm, "kubevirt-egm", NULL,
			       "the launcher's image needs NVIDIA's QEMU and libvirt, and the pod /dev/egm*",
			       "KubeVirt's own launcher has a libvirt that does not know EGM");
	if (!vm->has_iommufd)
		cohmem_vm_warn(vm, "kubevirt-iommufd", NULL,
			       "boot a kernel with CONFIG_IOMMUFD and CONFIG_VFIO_DEVICE_CDEV",
			       "KubeVirt assigns these GPUs through iommufd only, which the host's kernel does not have");
}

/**
 * plan_kubevirt() - show a plan as YAML for KubeVirt
 * @cli: the run
 * @view: the plan
 * Return: an exit code.
 */
int plan_kubevirt(struct cli *cli, const struct plan_view *view)
{
	const char *p;

	if (view->vm->machine != COHMEM_VM_VIRT) {
		complain("kubevirt", NULL, "such GPUs are assigned on arm64 hosts only");
		return EXIT_NOT_APPLICABLE;
	}
	for (p = view->name; *p; p++)
		if (!islower((unsigned char)*p) && !isdigit((unsigned char)*p) &&
		    *p != '-')
			return usage_error(cli, "'%s': names of Kubernetes have lower case letters, digits and '-'",
					   view->name);
	if (check_egm(cli, view->vm))
		return EXIT_FAIL;
	warn(view->vm);
	put_kubevirt(view->vm);
	put_machine(view);
	return EXIT_OK;
}
