// SPDX-License-Identifier: GPL-2.0-only
/*
 * A driver for QEMU's pci-testdev that can do nothing but vote: whenever there is
 * an error on the link, it wants the slot to be reset. Whoever shares the slot is
 * reset along, and is asked nothing.
 */
#include <linux/module.h>
#include <linux/pci.h>

static int vote_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	pci_info(pdev, "will vote for a reset\n");
	return 0;
}

static pci_ers_result_t vote_error_detected(struct pci_dev *pdev,
					    pci_channel_state_t state)
{
	pci_info(pdev, "votes for a reset of the slot\n");
	return PCI_ERS_RESULT_NEED_RESET;
}

static pci_ers_result_t vote_slot_reset(struct pci_dev *pdev)
{
	return PCI_ERS_RESULT_RECOVERED;
}

static const struct pci_error_handlers vote_err_handlers = {
	.error_detected	= vote_error_detected,
	.slot_reset	= vote_slot_reset,
};

static const struct pci_device_id vote_ids[] = {
	{ PCI_DEVICE(PCI_VENDOR_ID_REDHAT, 0x0005) },
	{ }
};
MODULE_DEVICE_TABLE(pci, vote_ids);

static struct pci_driver vote_driver = {
	.name			= "cohmem_test_vote",
	.id_table		= vote_ids,
	.probe			= vote_probe,
	.err_handler		= &vote_err_handlers,
	/* It shares its IOMMU group with a function that VFIO hands out. */
	.driver_managed_dma	= true,
};
module_pci_driver(vote_driver);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Test helper: vote for slot resets");
