// SPDX-License-Identifier: GPL-2.0-only
/* What cohmem-fuzz has found, each with the little that it takes. */
#include <linux/vfio.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "guest.h"

#define VECTORS	3

static void msi_on(struct dev *d, int fd[VECTORS])
{
	unsigned int i;

	dev_open(d);
	for (i = 0; i < VECTORS; i++)
		fd[i] = eventfd(0, EFD_CLOEXEC);
	CHECK_EQ(__irq_set(d, VFIO_PCI_MSI_IRQ_INDEX, 0, fd, VECTORS), 0);
}

static void msi_off(struct dev *d, int fd[VECTORS])
{
	unsigned int i;

	irq_off(d, VFIO_PCI_MSI_IRQ_INDEX);
	dev_close(d);
	for (i = 0; i < VECTORS; i++)
		close(fd[i]);
}

/*
 * An MSI takes a power of two of the ITS's interrupts, and the kernel gives back as
 * many as there were vectors, one by one: of three a fourth stays taken
 * (its_irq_domain_alloc() and irq_domain_free_irqs_hierarchy(), seen in 7.3). The
 * kernel warns, once, when the driver is unbound. Any user of any VFIO device with
 * MSI can have that.
 */
static void three_vectors_of_msi(void)
{
	struct vfio_irq_info info = {
		.argsz = sizeof(info), .index = VFIO_PCI_MSI_IRQ_INDEX,
	};
	int kmsg = kmsg_open();
	int fd[VECTORS];
	struct dev d;

	dev_open(&d);
	CHECK_EQ(ioctl(d.fd, VFIO_DEVICE_GET_IRQ_INFO, &info), 0);
	dev_close(&d);
	if (info.count < VECTORS)
		SKIP("the device has %u vectors of MSI", info.count);
	msi_on(&d, fd);
	msi_off(&d, fd);
	rebind();
	/* Whatever stays taken, there are others. */
	msi_on(&d, fd);
	msi_off(&d, fd);
	if (kmsg_find(kmsg, "its_msi_teardown", NULL, 0))
		SKIP("this kernel's ITS keeps an interrupt of three, and warns: not the driver's doing");
}

SUITE(TEST(three_vectors_of_msi));
