// SPDX-License-Identifier: GPL-2.0-only
/* What cohmem-fuzz has found, each with the little that it takes. */
#include <linux/vfio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "guest.h"

/* A vector of MSI, on and off; what turning it on returned. */
static int msi_once(void)
{
	int fd = eventfd(0, EFD_CLOEXEC), ret;
	struct dev d;

	dev_open(&d);
	ret = __irq_set(&d, VFIO_PCI_MSI_IRQ_INDEX, 0, &fd, 1);
	if (!ret)
		irq_off(&d, VFIO_PCI_MSI_IRQ_INDEX);
	dev_close(&d);
	close(fd);
	return ret;
}

/*
 * Where an MSI cannot be had (under virtio-iommu and type1 since 6.15), its user is
 * told so; and then the driver is unbound. its_irq_domain_alloc() of 7.3 has taken an
 * interrupt of the ITS before iommu_dma_prepare_msi() says no, and does not give it
 * back: its_msi_teardown() misses it, and warns, once in a boot.
 */
static void an_msi_that_cannot_be_had(void)
{
	int kmsg = kmsg_open();
	int ret = msi_once();

	test_info("an MSI: %s", ret ? strerror(-ret) : "yes");
	CHECK(!ret || ret == -ENOSPC, "an MSI: %s", strerror(-ret));
	rebind();
	/* Whatever the kernel has lost, it is as before. */
	CHECK_EQ(msi_once(), ret);
	if (kmsg_find(kmsg, "its_msi_teardown", NULL, 0))
		SKIP("this kernel loses an interrupt of the ITS when an MSI fails, and warns: not the driver's doing");
}

SUITE(TEST(an_msi_that_cannot_be_had));
