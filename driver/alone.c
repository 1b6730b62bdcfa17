// SPDX-License-Identifier: GPL-2.0-only
/*
 * The function by itself: between two users this driver takes it, stops it and
 * looks at its memory, with nobody else there.
 *
 * vfio-pci-core has taken everything down by then: interrupts, ioeventfds,
 * exports, config space, BARs, bus mastering. What can still happen is what can
 * happen to any bound device: a reset from sysfs or of the whole bus, system
 * sleep, removal. All of that changes the ready machine first, as ever.
 *
 * "Stopped" is not taken for granted. A GPU goes on writing to its own memory
 * whatever its bus master bit says, so only a reset that has been seen to work
 * stops it: the core's, after its last user, or one of our own.
 */
#include <linux/delay.h>
#include <linux/io.h>
#include <linux/pci.h>
#include <linux/pm_runtime.h>

#include "device.h"

/* Between two tries for the device lock, which others hold for moments. */
#define RETRY_MS	20

/*
 * Reset the function. Its device lock may be taken, for moments or by an
 * unbinding that waits for us: so it is only tried, again and again.
 *
 * The PCI core goes from one way of resetting to the next, and takes some of
 * them for done before the function answers: so it is looked at before and after.
 */
static int stop_it(struct pci_dev *pdev, bool (*stop)(void *), void *arg)
{
	int ret;

	if (!pci_device_is_present(pdev))
		return -ENODEV;
	while ((ret = pci_try_reset_function(pdev)) == -EAGAIN) {
		if (stop(arg))
			return -ECANCELED;
		msleep(RETRY_MS);
	}
	if (pci_channel_offline(pdev))
		return -ENODEV;
	/* No way to reset it, or the function did not come back in time. */
	return ret || !pci_device_is_present(pdev) ? -ENOTTY : 0;
}

static void __iomem *map_bar0(struct pci_dev *pdev)
{
	void __iomem *io;

	if (!pci_resource_len(pdev, 0) ||
	    !(pci_resource_flags(pdev, 0) & IORESOURCE_MEM) ||
	    pci_request_selected_regions(pdev, BIT(0), KBUILD_MODNAME))
		return NULL;
	io = pci_iomap(pdev, 0, 0);
	if (!io)
		pci_release_selected_regions(pdev, BIT(0));
	return io;
}

static void unmap_bar0(struct pci_dev *pdev, void __iomem *io)
{
	if (!io)
		return;
	pci_iounmap(pdev, io);
	pci_release_selected_regions(pdev, BIT(0));
}

/**
 * cohmem_alone_begin() - take the function, and stop it
 * @cdev: the function, closed
 * @stopped: it is known to have stopped: it need only answer
 * @stop: asked now and then: is it to be given up
 * @arg: for @stop
 *
 * On success the function is awake, has stopped, decodes memory, is no bus master,
 * and its memory is being waited for.
 *
 * Context: may sleep; the caller keeps users from opening it.
 * Return: 0; -ECANCELED; -ENODEV if it is gone; -ENOTTY if it cannot be reset,
 * so that what it does to its memory cannot be known; -EBUSY if its BAR0 cannot
 * be had; another error if it cannot be woken up.
 */
int cohmem_alone_begin(struct cohmem_device *cdev, bool stopped,
		       bool (*stop)(void *), void *arg)
{
	struct pci_dev *pdev = cdev->core.pdev;
	void __iomem *bar0;
	int ret;

	ret = pm_runtime_resume_and_get(&pdev->dev);
	if (ret)
		return ret;
	pci_clear_master(pdev);
	ret = pci_enable_device(pdev);
	if (ret)
		goto err_power;
	if (!stopped || !pci_device_is_present(pdev))
		ret = stop_it(pdev, stop, arg);
	if (ret)
		goto err_disable;
	bar0 = map_bar0(pdev);
	ret = cohmem_ready_open(cdev, COHMEM_HELD_BY_US, bar0);
	if (ret)
		goto err_unmap;
	return 0;

err_unmap:
	unmap_bar0(pdev, bar0);
err_disable:
	pci_disable_device(pdev);
err_power:
	pm_runtime_put(&pdev->dev);
	return ret;
}

/**
 * cohmem_alone_end() - let go of the function
 * @cdev: the function, taken by cohmem_alone_begin()
 *
 * Context: may sleep.
 */
void cohmem_alone_end(struct cohmem_device *cdev)
{
	struct pci_dev *pdev = cdev->core.pdev;
	void __iomem *bar0 = cdev->bar0;

	cohmem_ready_close(cdev);
	unmap_bar0(pdev, bar0);
	pci_disable_device(pdev);
	pm_runtime_put(&pdev->dev);
}
