// SPDX-License-Identifier: GPL-2.0-only
/*
 * cohmem_guest: what a guest does with a GPU whose coherent memory is behind BAR4.
 *
 * It takes the place of NVIDIA's driver as far as this memory goes, on kernels as
 * they are, so that all of the way from a host to a program in a guest can be had
 * and tested with nothing but free software. It does nothing with the GPU itself.
 *
 * Nothing loads it by itself: where NVIDIA's driver is, the GPU is that one's.
 */
#include <linux/acpi.h>
#include <linux/memory.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/pm.h>
#include <linux/property.h>
#include <linux/slab.h>
#include <linux/string_helpers.h>
#ifdef CONFIG_X86
#include <asm/cpufeature.h>
#endif

#include "guest.h"
#include "regs.h"
#include "size.h"
#include "srat.h"

static const char * const modes[COHMEM_GUEST_NR_MODES] = {
	[COHMEM_GUEST_NUMA] = "numa",
	[COHMEM_GUEST_DRIVER] = "driver",
};

static char *mode = "numa";
module_param(mode, charp, 0444);
MODULE_PARM_DESC(mode,
		 "What is done with the memory: numa, the kernel has it; driver, programs map it from /dev/cohmem/ADDRESS (numa)");

static char *size;
module_param(size, charp, 0444);
MODULE_PARM_DESC(size,
		 "How much memory is behind the BAR, where the GPU does not say or less is wanted (512M, 95G)");

static int node = NUMA_NO_NODE;
module_param(node, int, 0444);
MODULE_PARM_DESC(node,
		 "The NUMA node of the memory, where firmware's tables name none");

static bool any_machine;
module_param(any_machine, bool, 0444);
MODULE_PARM_DESC(any_machine,
		 "Also where nothing says that this is a virtual machine (N)");

/* On hosts the memory is elsewhere, and BAR4 a BAR like any other. */
static bool is_guest(struct pci_dev *pdev)
{
	if (device_property_present(&pdev->dev, COHMEM_PROP_MEM_BASE)) {
		dev_err(&pdev->dev, "firmware says where the memory is: this is a host, and cohmem_guest is for guests\n");
		return false;
	}
	if (any_machine)
		return true;
#ifdef CONFIG_X86
	if (boot_cpu_has(X86_FEATURE_HYPERVISOR))
		return true;
#endif
	/* ACPI 6.5, table 5.9: the hypervisor's name, zero without one. */
	if (!acpi_disabled && acpi_gbl_FADT.hypervisor_id)
		return true;
	dev_err(&pdev->dev, "nothing says that this is a virtual machine: if it is one, give any_machine=1\n");
	return false;
}

/* A BAR that can be the memory: 64-bit, prefetchable, and somewhere. */
static bool has_bar(struct pci_dev *pdev)
{
	const unsigned long want = IORESOURCE_MEM | IORESOURCE_MEM_64 | IORESOURCE_PREFETCH;
	const struct resource *r = &pdev->resource[COHMEM_GUEST_BAR];

	if ((r->flags & want) != want || r->flags & IORESOURCE_UNSET ||
	    !pci_resource_len(pdev, COHMEM_GUEST_BAR)) {
		dev_info(&pdev->dev, "no BAR4 with memory: not a GPU for cohmem_guest\n");
		return false;
	}
	return true;
}

/* The function says how its memory is laid out, see docs/contract.md. */
static const struct cohmem_placement *placement_of(struct pci_dev *pdev)
{
	bool fixed = false;
	u16 dvsec, flags;

	dvsec = pci_find_dvsec_capability(pdev, COHMEM_PCI_VENDOR_NVIDIA,
					  COHMEM_DVSEC_NVIDIA_ID);
	if (dvsec && !pci_read_config_word(pdev, dvsec + COHMEM_DVSEC_NVIDIA_FLAGS, &flags))
		fixed = flags != 0xffff && flags & COHMEM_DVSEC_NVIDIA_MIG_FIXED;
	return cohmem_placement_for(pdev->vendor, pdev->device, fixed);
}

/* What the GPU says of the size of its memory, MiB; 0 if nothing. */
static u32 size_register(struct pci_dev *pdev)
{
	void __iomem *regs;
	u32 mib = 0;

	if (pci_resource_len(pdev, 0) < COHMEM_BAR0_FB_MIB + 4)
		return 0;
	regs = pci_iomap_range(pdev, 0, COHMEM_BAR0_FB_MIB, 4);
	if (regs) {
		mib = ioread32(regs);
		pci_iounmap(pdev, regs);
	}
	return mib;
}

static int find_size(struct cohmem_guest *gpu)
{
	struct pci_dev *pdev = gpu->pdev;
	u64 bar = pci_resource_len(pdev, COHMEM_GUEST_BAR);
	enum cohmem_guest_size why;

	gpu->base = pci_resource_start(pdev, COHMEM_GUEST_BAR);
	if (size && *size)
		why = cohmem_guest_size_asked(memparse(size, NULL), bar, PAGE_SIZE,
					      &gpu->size);
	else
		why = cohmem_guest_size(size_register(pdev), placement_of(pdev), bar,
					&gpu->size);
	if (why) {
		dev_err(&pdev->dev, "BAR4 shows 0x%llx bytes: %s\n", bar,
			cohmem_guest_size_str(why));
		return -ENODEV;
	}
	gpu->len = cohmem_guest_blocks(gpu->base, gpu->size, memory_block_size_bytes(),
				       &gpu->start);
	if (!gpu->len && gpu->mode == COHMEM_GUEST_NUMA) {
		dev_err(&pdev->dev, "0x%llx bytes at 0x%llx hold no memory block of 0x%lx bytes: use mode=driver\n",
			gpu->size, gpu->base, memory_block_size_bytes());
		return -ENOSPC;
	}
	return 0;
}

/* The domains that are kept for the function, in the order of preference. */
static unsigned int find_pxms(struct pci_dev *pdev, u32 pxm[COHMEM_GUEST_MAX_PXM])
{
	struct cohmem_guest_where where = {
		.segment = pci_domain_nr(pdev->bus),
		.bus = pdev->bus->number,
		.devfn = pdev->devfn,
	};
	struct acpi_table_header *srat;
	u64 start, count;
	unsigned int nr;

	if (!acpi_disabled && ACPI_SUCCESS(acpi_get_table(ACPI_SIG_SRAT, 0, &srat))) {
		nr = cohmem_guest_srat((u8 *)srat, srat->length, &where, pxm);
		acpi_put_table(srat);
		if (nr)
			return nr;
	}
	/* What hosts say of their GPUs, a VMM may say as well. */
	if (device_property_read_u64(&pdev->dev, COHMEM_PROP_PXM_START, &start) ||
	    device_property_read_u64(&pdev->dev, COHMEM_PROP_PXM_COUNT, &count))
		return 0;
	for (nr = 0; nr < count && nr < COHMEM_GUEST_MAX_PXM; nr++)
		pxm[nr] = start + nr;
	return nr;
}

/* The first of the function's nodes that has no memory yet. */
static int find_node(struct cohmem_guest *gpu)
{
	struct pci_dev *pdev = gpu->pdev;
	u32 pxm[COHMEM_GUEST_MAX_PXM];
	unsigned int i, nr;
	int nid;

	gpu->node = node;
	if (gpu->node != NUMA_NO_NODE) {
		if (gpu->node < 0 || gpu->node >= MAX_NUMNODES || !node_possible(gpu->node)) {
			dev_err(&pdev->dev, "node=%d is none of this machine\n", gpu->node);
			return -EINVAL;
		}
		return 0;
	}
	nr = find_pxms(pdev, pxm);
	for (i = 0; i < nr; i++) {
		nid = pxm_to_node(pxm[i]);
		if (nid == NUMA_NO_NODE || !node_possible(nid) || node_state(nid, N_MEMORY))
			continue;
		gpu->node = nid;
		return 0;
	}
	if (gpu->mode == COHMEM_GUEST_DRIVER || cohmem_guest_is_ram(gpu))
		return 0;
	if (nr)
		dev_err(&pdev->dev,
			"all %u nodes that are kept for it have memory already: give node=\n",
			nr);
	else
		dev_err(&pdev->dev,
			"SRAT has no generic initiator for it: the VMM has to name its nodes (acpi-generic-initiator in QEMU), or give node=\n");
	return -ENODEV;
}

static void release(struct kref *ref)
{
	struct cohmem_guest *gpu = container_of(ref, struct cohmem_guest, ref);

	cohmem_guest_file_release(gpu);
	kfree(gpu);
}

/**
 * cohmem_guest_put() - one reference less
 * @gpu: the GPU, gone with the last one
 */
void cohmem_guest_put(struct cohmem_guest *gpu)
{
	kref_put(&gpu->ref, release);
}

static int probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct cohmem_guest *gpu;
	int ret;

	/* Before anything is touched. */
	if (!has_bar(pdev) || !is_guest(pdev))
		return -ENODEV;
	gpu = kzalloc_obj(*gpu);
	if (!gpu)
		return -ENOMEM;
	kref_init(&gpu->ref);
	mutex_init(&gpu->lock);
	init_rwsem(&gpu->gate);
	gpu->pdev = pdev;
	gpu->mode = match_string(modes, ARRAY_SIZE(modes), mode);
	gpu->bad = cohmem_guest_bad_find(pdev);
	ret = gpu->bad ? pci_enable_device_mem(pdev) : -ENOMEM;
	if (ret)
		goto err_put;
	ret = find_size(gpu);
	if (!ret)
		ret = find_node(gpu);
	if (!ret)
		ret = gpu->mode == COHMEM_GUEST_NUMA ? cohmem_guest_numa_start(gpu) :
						       cohmem_guest_file_start(gpu);
	if (ret)
		goto err_disable;
	pci_set_drvdata(pdev, gpu);
	return 0;

err_disable:
	/* Not where the kernel has memory there, from before. */
	if (!gpu->len || !cohmem_guest_is_ram(gpu))
		pci_disable_device(pdev);
err_put:
	cohmem_guest_put(gpu);
	return ret;
}

static void remove(struct pci_dev *pdev)
{
	struct cohmem_guest *gpu = pci_get_drvdata(pdev);

	if (gpu->mode == COHMEM_GUEST_NUMA)
		cohmem_guest_numa_stop(gpu);
	else
		cohmem_guest_file_stop(gpu);
	if (!gpu->len || !cohmem_guest_is_ram(gpu))
		pci_disable_device(pdev);
	cohmem_guest_put(gpu);
}

static void reset_prepare(struct pci_dev *pdev)
{
	struct cohmem_guest *gpu = pci_get_drvdata(pdev);

	if (gpu->mode == COHMEM_GUEST_DRIVER)
		cohmem_guest_file_close(gpu);
	else if (READ_ONCE(gpu->online))
		dev_crit(&pdev->dev, "reset while its memory is on line: what was there may be lost\n");
}

static void reset_done(struct pci_dev *pdev)
{
	struct cohmem_guest *gpu = pci_get_drvdata(pdev);

	if (gpu->mode == COHMEM_GUEST_DRIVER)
		cohmem_guest_file_open(gpu);
}

static const struct pci_error_handlers err_handlers = {
	.reset_prepare = reset_prepare,
	.reset_done = reset_done,
};

static int guest_suspend(struct device *dev)
{
	struct cohmem_guest *gpu = dev_get_drvdata(dev);

	if (gpu->mode == COHMEM_GUEST_NUMA && READ_ONCE(gpu->online)) {
		dev_err(dev, "no sleep: the memory on line here would be lost; write offline into cohmem_guest/state first\n");
		return -EBUSY;
	}
	if (gpu->mode == COHMEM_GUEST_DRIVER)
		cohmem_guest_file_close(gpu);
	return 0;
}

static int guest_resume(struct device *dev)
{
	struct cohmem_guest *gpu = dev_get_drvdata(dev);

	if (gpu->mode == COHMEM_GUEST_DRIVER)
		cohmem_guest_file_open(gpu);
	return 0;
}

static DEFINE_SIMPLE_DEV_PM_OPS(pm_ops, guest_suspend, guest_resume);

/*
 * What a function shows decides, not its id. There is no module alias, so that
 * udev leaves GPUs alone.
 */
static const struct pci_device_id ids[] = {
	{ PCI_DEVICE(COHMEM_PCI_VENDOR_NVIDIA, PCI_ANY_ID) },
	{ }
};

static struct pci_driver driver = {
	.name = "cohmem_guest",
	.id_table = ids,
	.probe = probe,
	.remove = remove,
	.err_handler = &err_handlers,
	.dev_groups = cohmem_guest_groups,
	.driver.pm = pm_sleep_ptr(&pm_ops),
};

static int __init cohmem_guest_init(void)
{
	int ret;

	if (match_string(modes, ARRAY_SIZE(modes), mode) < 0) {
		pr_err("cohmem_guest: mode=%s: there are numa and driver\n", mode);
		return -EINVAL;
	}
	ret = cohmem_guest_file_init();
	if (ret)
		return ret;
	cohmem_guest_numa_init();
	ret = pci_register_driver(&driver);
	if (ret) {
		cohmem_guest_numa_exit();
		cohmem_guest_file_exit();
	}
	return ret;
}
module_init(cohmem_guest_init);

static void __exit cohmem_guest_exit(void)
{
	pci_unregister_driver(&driver);
	cohmem_guest_numa_exit();
	cohmem_guest_file_exit();
	cohmem_guest_bad_exit();
}
module_exit(cohmem_guest_exit);

MODULE_DESCRIPTION("Guest's side of GPUs with CPU-coherent memory");
MODULE_LICENSE("GPL");
