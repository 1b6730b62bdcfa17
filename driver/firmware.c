// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the platform announces: ACPI _DSD properties of the function, and
 * DVSECs in its config space. The only reader of either, and the place where
 * every refusal says its cause.
 *
 * What is announced decides, never the device id: an unknown part that
 * announces memory is served, a known one that announces none is passed
 * through as it is.
 */
#include <linux/acpi.h>
#include <linux/bits.h>
#include <linux/ioport.h>
#include <linux/mm.h>
#include <linux/pci.h>
#include <linux/property.h>

#include "device.h"

static int refuse(struct pci_dev *pdev, int err, enum cohmem_reason reason)
{
	return dev_err_probe(&pdev->dev, err, "refused (%s): %s; %s\n",
			     cohmem_reason_name(reason),
			     cohmem_reason_str(reason),
			     cohmem_reason_hint(reason));
}

static int errno_of(enum cohmem_reason reason)
{
	switch (reason) {
	case COHMEM_OK:
		return 0;
	case COHMEM_ERR_LINK_DOWN:
		return -ENXIO;
	case COHMEM_ERR_OVERFLOW:
		return -EOVERFLOW;
	case COHMEM_ERR_TOO_LARGE:
	case COHMEM_ERR_PHYS_LIMIT:
		return -E2BIG;
	case COHMEM_ERR_SYSTEM_RAM:
	case COHMEM_ERR_BUSY:
		return -EBUSY;
	default:
		return -EINVAL;
	}
}

/* Returns 0, or -ENODATA where firmware announces nothing, or a refusal. */
static int read_properties(struct pci_dev *pdev, u64 *base, u64 *size)
{
	static const char * const names[] = {
		COHMEM_PROP_MEM_BASE, COHMEM_PROP_MEM_SIZE,
	};
	u64 *to[] = { base, size };
	unsigned int i, present = 0;
	int ret, bad = 0;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (!device_property_present(&pdev->dev, names[i]))
			continue;
		present++;
		ret = device_property_read_u64(&pdev->dev, names[i], to[i]);
		if (ret) {
			dev_err(&pdev->dev,
				"firmware property %s is not an integer (%d)\n",
				names[i], ret);
			bad = ret;
		}
	}
	if (!present)
		return -ENODATA;
	if (present != ARRAY_SIZE(names) || bad)
		return refuse(pdev, -EINVAL, COHMEM_ERR_INCOMPLETE);
	return 0;
}

/* Whether this can be used, and what is wrong with it, is found out by egm.c. */
static void read_egm(struct device *dev, struct cohmem_egm_announced *a)
{
	static const char * const names[] = {
		COHMEM_PROP_EGM_BASE, COHMEM_PROP_EGM_SIZE, COHMEM_PROP_EGM_PXM,
	};
	u64 *to[] = { &a->base, &a->size, &a->pxm };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (!device_property_read_u64(dev, names[i], to[i]))
			a->nr_numbers++;
	}
	device_property_read_u64(dev, COHMEM_PROP_EGM_RETIRED, &a->retired);
}

/*
 * What is only passed on: nothing here decides anything, so what is missing or
 * of the wrong type is left out without a word.
 */
static void read_proximity(struct pci_dev *pdev, struct cohmem_proximity *near)
{
	struct device *dev = &pdev->dev;
	u64 start, count;

	if (!device_property_read_u64(dev, COHMEM_PROP_PXM_START, &start) &&
	    !device_property_read_u64(dev, COHMEM_PROP_PXM_COUNT, &count)) {
		near->pxm_start = start;
		near->pxm_count = count;
	}
	read_egm(dev, &near->egm);
}

static bool mig_fixed(struct pci_dev *pdev)
{
	u16 dvsec, flags;

	dvsec = pci_find_dvsec_capability(pdev, COHMEM_PCI_VENDOR_NVIDIA,
					  COHMEM_DVSEC_NVIDIA_ID);
	if (!dvsec ||
	    pci_read_config_word(pdev, dvsec + COHMEM_DVSEC_NVIDIA_FLAGS,
				 &flags) ||
	    PCI_POSSIBLE_ERROR(flags))
		return false;
	return flags & COHMEM_DVSEC_NVIDIA_MIG_FIXED;
}

/*
 * A CXL Device DVSEC alone says nothing about memory: only one that is
 * mem-capable and has a range does. Otherwise BAR0 tells.
 */
static void read_cxl(struct pci_dev *pdev, struct cohmem_platform *plat)
{
	u16 dvsec, cap;

	plat->ready_by = COHMEM_READY_BY_BAR0;
	dvsec = pci_find_dvsec_capability(pdev, COHMEM_PCI_VENDOR_CXL,
					  COHMEM_DVSEC_CXL_ID);
	if (!dvsec)
		return;
	if (pci_read_config_word(pdev, dvsec + COHMEM_CXL_CAP, &cap) ||
	    PCI_POSSIBLE_ERROR(cap) || !(cap & COHMEM_CXL_CAP_MEM_CAPABLE)) {
		pci_info(pdev, "the CXL DVSEC announces no memory: readiness is read from BAR0\n");
		return;
	}
	plat->ready_by = COHMEM_READY_BY_CXL_DVSEC;
	plat->cxl_dvsec = dvsec;
	plat->cxl_range2 = (cap & COHMEM_CXL_CAP_HDM_COUNT) ==
			   COHMEM_CXL_CAP_HDM_COUNT_2;
}

/* Is the BAR of MSI-X's @what register (table or pending bits) @bar? */
static bool msix_in_bar(struct pci_dev *pdev, unsigned int what,
			unsigned int bar)
{
	u32 reg;

	if (!pdev->msix_cap ||
	    pci_read_config_dword(pdev, pdev->msix_cap + what, &reg))
		return false;
	return (reg & PCI_MSIX_TABLE_BIR) == bar;
}

/*
 * The emulated BAR hides what is at its pair of indices. A whole real BAR may
 * vanish there (Hopper has one behind resmem), unless interrupts need it; half
 * of one may not.
 */
static enum cohmem_reason check_bars(struct pci_dev *pdev,
				     const struct cohmem_platform *plat)
{
	const struct cohmem_layout *l = &plat->layout;
	unsigned int i, bar;

	for (i = 0; i < l->nr; i++) {
		bar = l->region[i].bar;
		if (pci_resource_len(pdev, bar + 1))
			return COHMEM_ERR_REAL_BAR;
		if (pci_resource_len(pdev, bar - 1) &&
		    pci_resource_flags(pdev, bar - 1) & IORESOURCE_MEM_64)
			return COHMEM_ERR_REAL_BAR;
		if (!pci_resource_len(pdev, bar))
			continue;
		if (msix_in_bar(pdev, PCI_MSIX_TABLE, bar) ||
		    msix_in_bar(pdev, PCI_MSIX_PBA, bar))
			return COHMEM_ERR_REAL_BAR;
		pci_info(pdev, "real BAR%u is hidden behind %s\n", bar,
			 cohmem_kind_name(l->region[i].kind));
	}

	if (plat->ready_by == COHMEM_READY_BY_BAR0 &&
	    (!(pci_resource_flags(pdev, 0) & IORESOURCE_MEM) ||
	     pci_resource_len(pdev, 0) < COHMEM_BAR0_MIN_SIZE))
		return COHMEM_ERR_BAR0;
	return COHMEM_OK;
}

/* Can a page table entry of this kernel hold the address? */
static bool mappable(u64 last)
{
	unsigned long pfn = PHYS_PFN(last);

	return pte_pfn(pfn_pte(pfn, PAGE_KERNEL)) == pfn &&
	       PFN_PHYS(pfn) == (last & PAGE_MASK);
}

/**
 * cohmem_phys_bits() - how wide a physical address can be here
 *
 * What the CPU can address is not known everywhere (on arm64 iomem_resource has
 * no end), and a page table entry of a kernel may hold less than that: what is
 * above would be mapped somewhere else.
 *
 * Context: any.
 * Return: bits, at most 64.
 */
unsigned int cohmem_phys_bits(void)
{
	unsigned int bits = fls64(iomem_resource.end);

	while (bits > PAGE_SHIFT && !mappable(GENMASK_ULL(bits - 1, 0)))
		bits--;
	return bits;
}

/* Nobody else may use the range, neither now nor while we are bound. */
static enum cohmem_reason claim(struct pci_dev *pdev, u64 base, u64 size)
{
	if (region_intersects(base, size, IORESOURCE_SYSTEM_RAM,
			      IORES_DESC_NONE) != REGION_DISJOINT)
		return COHMEM_ERR_SYSTEM_RAM;
	if (!devm_request_mem_region(&pdev->dev, base, size, pci_name(pdev)))
		return COHMEM_ERR_BUSY;
	return COHMEM_OK;
}

static void say_layout(struct pci_dev *pdev, const struct cohmem_platform *plat)
{
	const struct cohmem_chip *chip = cohmem_chip_find(pdev->vendor,
							  pdev->device);
	unsigned int i;

	pci_info(pdev, "%s: %llu MiB of coherent memory at %#llx, ready by %s\n",
		 chip ? chip->name : "unlisted part", plat->size >> 20,
		 plat->base, plat->ready_by == COHMEM_READY_BY_CXL_DVSEC ?
		 "CXL DVSEC" : "BAR0");
	for (i = 0; i < plat->layout.nr; i++) {
		const struct cohmem_region *r = &plat->layout.region[i];

		pci_info(pdev, "BAR%u: %s, %llu MiB at %#llx in a BAR of %llu MiB\n",
			 r->bar, cohmem_kind_name(r->kind), r->size >> 20,
			 r->base, r->region_size >> 20);
	}
}

/**
 * cohmem_firmware_read() - learn what the function is, and claim its memory
 * @pdev: the function
 * @plat: filled; zero for a function that announces no coherent memory
 *
 * The claim on the physical range ends with the binding (devres).
 *
 * Context: probe, device lock held.
 * Return: 0, or a negative errno with the cause logged.
 */
int cohmem_firmware_read(struct pci_dev *pdev, struct cohmem_platform *plat)
{
	enum cohmem_reason reason;
	int ret;

	memset(plat, 0, sizeof(*plat));
	ret = read_properties(pdev, &plat->base, &plat->size);
	if (ret == -ENODATA) {
		if (cohmem_chip_selfhosted(pdev->vendor, pdev->device))
			pci_warn(pdev, "this id belongs to a part with coherent memory, but firmware announces none (no %s): plain pass-through; check the host's ACPI tables\n",
				 COHMEM_PROP_MEM_BASE);
		else
			pci_info(pdev, "firmware announces no coherent memory: plain pass-through\n");
		return 0;
	}
	if (ret)
		return ret;

	read_cxl(pdev, plat);
	read_proximity(pdev, &plat->near);
	plat->place = cohmem_placement_for(pdev->vendor, pdev->device,
					   mig_fixed(pdev));
	reason = cohmem_layout_compute(plat->place, plat->base, plat->size,
				       PAGE_SIZE, cohmem_phys_bits(),
				       &plat->layout);
	if (reason == COHMEM_OK)
		reason = check_bars(pdev, plat);
	if (reason == COHMEM_OK)
		reason = claim(pdev, plat->base, plat->size);
	if (reason != COHMEM_OK) {
		pci_err(pdev, "%s = %#llx, %s = %#llx\n", COHMEM_PROP_MEM_BASE,
			plat->base, COHMEM_PROP_MEM_SIZE, plat->size);
		return refuse(pdev, errno_of(reason), reason);
	}

	say_layout(pdev, plat);
	return 0;
}
