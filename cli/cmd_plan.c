// SPDX-License-Identifier: GPL-2.0-only
/* cohmem plan: the virtual machine for some GPUs, in the words of a VMM. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "plan.h"

#define GIB	(1ULL << 30)

/* Other devices of a guest: a dozen of virtio functions and hot-plug ports. */
#define OTHERS	(1 * GIB)

/* Nodes that a kernel with CONFIG_NODES_SHIFT=4 knows, as Debian's for arm64. */
#define FEW_NODES	16

static const struct form {
	const char *name;
	int (*show)(struct cli *cli, const struct plan_view *view);
} forms[] = {
	{ "qemu", plan_qemu },
	{ "libvirt", plan_libvirt },
	{ "kubevirt", plan_kubevirt },
};

/* "16G", "512M", "1048576K" */
static bool parse_size(const char *text, u64 *out)
{
	static const char units[] = "KMGT";
	const char *unit;
	char *end;
	u64 n;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	n = strtoull(text, &end, 10);
	unit = *end ? strchr(units, toupper((unsigned char)*end)) : NULL;
	if (errno || !unit || !n)
		return false;
	end++;
	if (!strcmp(end, "iB"))
		end += 2;
	if (*end || n > ~0ULL >> 10 * (unit - units + 1))
		return false;
	*out = n << 10 * (unit - units + 1);
	return true;
}

static bool parse_number(const char *text, unsigned int most, unsigned int *out)
{
	char *end;
	long n;

	if (!isdigit((unsigned char)*text))
		return false;
	n = strtol(text, &end, 10);
	if (*end || n < 1 || n > (long)most)
		return false;
	*out = n;
	return true;
}

/* "12.8.0" or "12.8"; "11.9.0+nvidia4" is a build of NVIDIA's. */
static bool parse_version(const char *text, unsigned int *out, bool *nvidia)
{
	unsigned int major, minor, micro = 0;
	int used = 0;

	if (sscanf(text, "%3u.%3u%n.%3u%n", &major, &minor, &used, &micro,
		   &used) < 2)
		return false;
	*nvidia = !strncmp(text + used, "+nvidia", 7);
	if (text[used] && !*nvidia)
		return false;
	*out = major * 1000000 + minor * 1000 + micro;
	return true;
}

static bool name_ok(const char *name)
{
	const char *p;

	for (p = name; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("-_.", *p))
			return false;
	return *name && *name != '-' && *name != '.' && strlen(name) < 64;
}

static int read_options(struct cli *cli, struct cohmem_vm_request *want,
			struct plan_view *view)
{
	const char *v;

	want->cpus = 4;
	want->memory = 16 * GIB;
	want->others = OTHERS;
#if defined(__x86_64__)
	/* A recorded host is a superchip unless it says otherwise. */
	if (!cli->sysroot)
		want->machine = COHMEM_VM_Q35;
#endif
	v = cli->value[OPT_CPUS];
	if (v && !parse_number(v, 4096, &want->cpus))
		return usage_error(cli, "'%s' is no number of CPUs", v);
	v = cli->value[OPT_MEMORY];
	if (v && !parse_size(v, &want->memory))
		return usage_error(cli, "'%s' is no size like 16G", v);
	v = cli->value[OPT_EGM];
	if (v && strcmp(v, "all") && !parse_size(v, &want->memory))
		return usage_error(cli, "'%s' is no size like 16G, nor 'all'", v);
	want->egm = v;
	if (v && !strcmp(v, "all"))
		want->memory = 0;
	v = cli->value[OPT_GPU_NODES];
	if (v && !parse_number(v, COHMEM_VM_GPU_NODES, &want->gpu_nodes))
		return usage_error(cli, "'%s' is no number of nodes from 1 to %u", v,
				   COHMEM_VM_GPU_NODES);
	v = cli->value[OPT_LIBVIRT];
	if (v && !parse_version(v, &view->libvirt, &view->libvirt_egm))
		return usage_error(cli, "'%s' is no version like 11.3.0", v);
	view->name = cli->value[OPT_NAME] ? cli->value[OPT_NAME] : "cohmem";
	if (!name_ok(view->name))
		return usage_error(cli, "'%s' is no name for a machine",
				   view->name);
	view->args0 = cli->value[OPT_ARGS0];
	view->iommufd = cli->value[OPT_IOMMUFD];
	view->merge = cli->value[OPT_MERGE];
	view->whole = cli->value[OPT_NEW];
	if (view->merge && view->whole)
		return usage_error(cli, "--merge and --new exclude each other");
	return EXIT_OK;
}

/* A machine's memory is EGM, or it is not: nothing goes with --egm that says else. */
static int egm_only(struct cli *cli)
{
	static const enum option_id not[] = { OPT_MEMORY, OPT_MERGE };
	static const enum option_id with[] = { OPT_EGM_TABLE, OPT_EGM_INITRD };
	unsigned int i;

	for (i = 0; i < 2; i++) {
		if (cli->value[OPT_EGM] && cli->value[not[i]])
			return usage_error(cli, "--egm and --%s exclude each other: both say what memory the machine has",
					   options[not[i]].name);
		if (!cli->value[OPT_EGM] && cli->value[with[i]])
			return usage_error(cli, "--%s goes with --egm",
					   options[with[i]].name);
	}
	return EXIT_OK;
}

static int only_for(struct cli *cli, const char *form)
{
	static const struct {
		enum option_id id;
		const char *form;
	} only[] = {
		{ OPT_ARGS0, "qemu" }, { OPT_MERGE, "libvirt" },
		{ OPT_NEW, "libvirt" },
	};
	unsigned int i;

	for (i = 0; i < sizeof(only) / sizeof(only[0]); i++)
		if (cli->value[only[i].id] &&
		    (!form || strcmp(form, only[i].form)))
			return usage_error(cli, "--%s is for the form %s",
					   options[only[i].id].name, only[i].form);
	if (cli->value[OPT_GPU_NODES] && form && !strcmp(form, "kubevirt"))
		return usage_error(cli, "--gpu-nodes is not for the form kubevirt: KubeVirt gives each GPU eight");
	if (cli->json && form)
		return usage_error(cli, "--json shows the model: it is given without a form");
	return EXIT_OK;
}

/*
 * What the QEMU can that will start the machine. One that was named has to be
 * there; of a recorded host, and where there is none, the newest is assumed.
 */
static int ask(struct cli *cli, struct plan_view *view)
{
	const char *named = cli->value[OPT_QEMU];
	enum cohmem_vm_machine machine = view->vm->machine;
	int ret = -ENOENT;

	view->program = named ? named : machine == COHMEM_VM_Q35 ?
			"qemu-system-x86_64" : "qemu-system-aarch64";
	if (named || !cli->sysroot)
		ret = cohmem_ask_qemu(cli->ctx, view->program, machine,
				      &view->qemu);
	if (!ret)
		return EXIT_OK;
	if (named) {
		complain_why(cli);
		return EXIT_FAIL;
	}
	cohmem_ask_qemu(cli->ctx, NULL, machine, &view->qemu);
	cohmem_vm_warn(view->vm, "qemu-not-asked", NULL,
		       "--qemu PROGRAM asks the one that will start it",
		       "no QEMU was asked what it can: a recent one is assumed");
	return EXIT_OK;
}

static void warn_iommufd(struct cli *cli, struct plan_view *view)
{
	struct cohmem_vm *vm = view->vm;
	unsigned int i;

	if (!view->iommufd)
		return;
	for (i = 0; i < vm->nr_gpus; i++)
		if (vm->gpu[i].f->is_vfio && vm->gpu[i].f->vfio_cdev < 0)
			cohmem_vm_warn(vm, "no-cdev", vm->gpu[i].f->bdf,
				       "use a kernel with CONFIG_VFIO_DEVICE_CDEV, or leave --iommufd out",
				       "the host's kernel has no character device for it: iommufd cannot be used");
	cohmem_vm_warn(vm, "iommufd-p2p", NULL,
		       "leave --iommufd out where GPUs or NICs talk to each other directly",
		       "iommufd maps memory of a BAR for other devices only as far as kernel and QEMU share it by dma-buf");
	(void)cli;
}

static void warn_egm(struct cli *cli, struct plan_view *view)
{
	struct cohmem_vm *vm = view->vm;

	if (!vm->egm)
		return;
	if (view->iommufd || view->kubevirt)
		cohmem_vm_warn(vm, "egm-iommufd", NULL, view->kubevirt ?
			       "NVIDIA's kernels can" : "leave --iommufd out",
			       "iommufd cannot map EGM for DMA (\"Bad address\"): it has no struct pages; a VFIO container can");
	if (vm->machine != COHMEM_VM_VIRT)
		cohmem_vm_warn(vm, "egm-table", NULL, NULL,
			       "on a PC no table can tell the guest of its EGM: it has the memory, its driver does not use it as such");
	else if (!view->qemu.egm && !view->libvirt_egm && !view->kubevirt &&
		 !cli->value[OPT_EGM_TABLE] && !cli->value[OPT_EGM_INITRD])
		cohmem_vm_warn(vm, "egm-table", NULL,
			       "--egm-initrd FILE writes an archive to be put before the guest's initrd",
			       "QEMU's tables do not tell the guest of its EGM: it has the memory, its driver does not use it as such");
}

/*
 * The guest's kernel numbers its nodes as SRAT has them, and what is beyond its limit
 * has none: the last GPUs find no node for their memory, and it says so only in its log.
 */
static void warn_nodes(struct plan_view *view)
{
	struct cohmem_vm *vm = view->vm;
	char fix[96];

	if (vm->machine != COHMEM_VM_VIRT || vm->nr_nodes <= FEW_NODES)
		return;
	snprintf(fix, sizeof(fix), "--gpu-nodes %u, where GPUs are not divided (MIG) in the guest",
		 (FEW_NODES - vm->nr_cpu_nodes) / vm->nr_gpus);
	cohmem_vm_warn(vm, "guest-nodes", NULL, view->kubevirt ? NULL : fix,
		       "a guest's kernel that knows %u nodes (CONFIG_NODES_SHIFT=4, as Debian's for arm64) has none for some of the GPUs: there are %u",
		       FEW_NODES, vm->nr_nodes);
}

static int plan(struct cli *cli, int argc, char **argv)
{
	char (*bdfs)[COHMEM_BDF_LEN] = NULL;
	struct cohmem_vm_request want = { 0 };
	const struct form *form = NULL;
	struct plan_view view = { 0 };
	unsigned int i;
	int code;

	for (i = 0; argc && i < sizeof(forms) / sizeof(forms[0]); i++)
		if (!strcmp(argv[0], forms[i].name))
			form = &forms[i];
	if (form) {
		argc--;
		argv++;
	}
	code = read_options(cli, &want, &view);
	if (!code)
		code = only_for(cli, form ? form->name : NULL);
	if (!code)
		code = egm_only(cli);
	if (!code)
		code = open_host(cli);
	if (!code)
		code = pick_funcs(cli, argc, argv, &bdfs, &want.nr);
	if (!code && cli->failed)
		code = EXIT_FAIL;
	if (code)
		goto out;
	view.vm = malloc(sizeof(*view.vm));
	if (!view.vm) {
		complain(NULL, NULL, "out of memory");
		code = EXIT_FAIL;
		goto out;
	}
	if (view.merge)
		code = plan_read_domain(cli, &view, &want);
	if (code)
		goto out;
	want.bdf = (const char (*)[COHMEM_BDF_LEN])bdfs;
	if (cohmem_vm_plan(cli->ctx, &want, view.vm)) {
		complain_why(cli);
		code = EXIT_FAIL;
		goto out;
	}
	if (!form || form->show == plan_qemu)
		code = ask(cli, &view);
	if (form && form->show == plan_libvirt && !view.libvirt && !cli->sysroot)
		view.libvirt_egm = cohmem_ask_libvirt_egm(cli->ctx);
	if (code)
		goto out;
	view.kubevirt = form && form->show == plan_kubevirt;
	warn_iommufd(cli, &view);
	warn_egm(cli, &view);
	warn_nodes(&view);
	code = plan_write_egm(cli, &view);
	if (code)
		goto out;
	if (form)
		code = form->show(cli, &view);
	else if (cli->json)
		plan_json(cli, &view);
	else
		plan_text(cli, &view);
	if (form && !code)
		plan_warnings(&view);
out:
	plan_free_domain(&view);
	free(view.vm);
	free(bdfs);
	return code;
}

const struct command cmd_plan = {
	.name = "plan",
	.args = "[qemu | libvirt | kubevirt] BDF... | --all",
	.summary = "work out the virtual machine for GPUs",
	.text =
"What a VMM has to be told so that a guest can use the memory: initiator\n"
"nodes, distances, the address space for BARs, computed from the BARs that\n"
"the guest will see. Nothing is changed.\n"
"  (no form)  the machine and how its numbers come about; --json: the same\n"
"  qemu       a script that starts QEMU; what you add is added at its end\n"
"  libvirt    the parts of a domain, a whole domain (--new), or yours with\n"
"             these parts (--merge)\n"
"  kubevirt   the parts of KubeVirt's resource and of a machine's\n"
"What is odd goes to standard error.\n"
"With --egm its memory is that which firmware lends to machines with a socket's\n"
"GPUs: fast for these, out of reach for the host.\n",
	.takes = OPT_BIT(OPT_ALL) | OPT_BIT(OPT_CPUS) | OPT_BIT(OPT_MEMORY) |
		 OPT_BIT(OPT_QEMU) | OPT_BIT(OPT_ARGS0) | OPT_BIT(OPT_IOMMUFD) |
		 OPT_BIT(OPT_LIBVIRT) | OPT_BIT(OPT_MERGE) | OPT_BIT(OPT_NEW) |
		 OPT_BIT(OPT_NAME) | OPT_BIT(OPT_EGM) | OPT_BIT(OPT_EGM_TABLE) |
		 OPT_BIT(OPT_EGM_INITRD) | OPT_BIT(OPT_GPU_NODES),
	.takes_bdf = true,
	.fn = plan,
};
