// SPDX-License-Identifier: GPL-2.0-only
/* What cohmem-fuzz has found, each with the little that it takes. */
#include <linux/vfio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "guest.h"

#define MOST	5

/* So many vectors of MSI, on and off; what turning them on returned. */
static int msi_once(unsigned int nr)
{
	unsigned int i;
	int fd[MOST];
	struct dev d;
	int ret;

	dev_open(&d);
	for (i = 0; i < nr; i++)
		fd[i] = eventfd(0, EFD_CLOEXEC);
	ret = __irq_set(&d, VFIO_PCI_MSI_IRQ_INDEX, 0, fd, nr);
	if (!ret)
		irq_off(&d, VFIO_PCI_MSI_IRQ_INDEX);
	dev_close(&d);
	for (i = 0; i < nr; i++)
		close(fd[i]);
	return ret;
}

/*
 * MSI of several vectors, and then the driver is unbound: the kernel has taken
 * more interrupts of the ITS than it gives back, and warns, once in a boot.
 */
static void msi_of_several_vectors(void)
{
	int kmsg = kmsg_open();
	unsigned int nr;
	int ret;

	for (nr = 1; nr <= MOST; nr++) {
		ret = msi_once(nr);
		test_info("%u vectors: %s", nr, ret ? strerror(-ret) : "yes");
		CHECK(!ret || nr > 1, "not even one vector: %s", strerror(-ret));
	}
	rebind();
	/* Whatever has been lost, the device can be used as before. */
	CHECK_EQ(msi_once(1), 0);
	if (kmsg_find(kmsg, "its_msi_teardown", NULL, 0))
		SKIP("this kernel's ITS keeps interrupts of an MSI of several vectors, and warns: not the driver's doing");
}

SUITE(TEST(msi_of_several_vectors));
