// SPDX-License-Identifier: GPL-2.0-only
/*
 * VFIO PCI driver for GPUs whose memory is reached through a cache-coherent
 * link. An index: which function of this driver answers which call, and in
 * which order things are set up and undone. The theory is in device.h.
 */
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/vfio_pci_core.h>

#include "device.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

static bool nointxmask;
module_param(nointxmask, bool, 0644);
MODULE_PARM_DESC(nointxmask,
		 "Do not use PCI 2.3 INTx masking; as of vfio-pci (default: N)");

static bool disable_idle_d3;
module_param(disable_idle_d3, bool, 0644);
MODULE_PARM_DESC(disable_idle_d3,
		 "Keep unused devices in D0; applies to devices bound later (default: N)");

static bool enable_sriov;
module_param(enable_sriov, bool, 0644);
MODULE_PARM_DESC(enable_sriov,
		 "Allow virtual functions; as of vfio-pci (default: N)");

/*
 * What vfio-pci-core does to power or decoding, under memory_lock. What is lost
 * on the way down is noted then, so that it is true whoever wakes the device up;
 * and again on the way up, so that the clock of the wait starts then.
 */
static void cohmem_memory_changed(struct vfio_pci_core_device *core,
				  enum vfio_pci_memory_change what)
{
	struct cohmem_device *cdev = cohmem_from_core(core);

	switch (what) {
	case VFIO_PCI_MEMORY_DECODING:
		if (cohmem_has_memory(cdev))
			cohmem_ready_kick(cdev);
		break;
	case VFIO_PCI_MEMORY_POWER_DOWN:
	case VFIO_PCI_MEMORY_POWER_UP:
		cohmem_ready_lost(cdev);
		break;
	case VFIO_PCI_MEMORY_SUSPEND:
		cohmem_ready_reset_prepare(cdev);
		break;
	case VFIO_PCI_MEMORY_RESUME:
		cohmem_ready_reset_done(cdev);
		break;
	}
}

static const struct vfio_pci_device_ops cohmem_pci_ops = {
	.get_dmabuf_phys	= cohmem_get_dmabuf_phys,
	.claims_region		= cohmem_claims_region,
	.memory_changed		= cohmem_memory_changed,
};

static int cohmem_init_dev(struct vfio_device *vdev)
{
	struct cohmem_device *cdev = cohmem_from_vfio(vdev);

#ifdef COHMEM_COMPAT /* compat */
	cohmem_compat_init(&cdev->core, &cohmem_pci_ops, nointxmask, disable_idle_d3); /* compat */
#else /* compat */
	cdev->core.pci_ops = &cohmem_pci_ops;
	cdev->core.nointxmask = nointxmask;
	cdev->core.disable_idle_d3 = disable_idle_d3;
#endif /* compat */
	return vfio_pci_core_init_dev(vdev);
}

static int cohmem_open_device(struct vfio_device *vdev)
{
	struct cohmem_device *cdev = cohmem_from_vfio(vdev);
	int ret;

	ret = cohmem_clear_open(cdev);
	if (ret)
		return ret;
	ret = vfio_pci_core_enable(&cdev->core);
	if (ret)
		goto err_scrub;
	if (!cohmem_has_memory(cdev))
		goto out;

	ret = cohmem_config_open(cdev);
	if (ret)
		goto err_disable;
	ret = cohmem_poison_open(cdev);
	if (ret)
		goto err_disable;
	ret = cohmem_egm_gpu_open(cdev);
	if (ret)
		goto err_poison;
	ret = cohmem_ready_open(cdev, COHMEM_HELD_BY_USER,
				vfio_pci_core_get_iomap(&cdev->core, 0));
	if (ret)
		goto err_egm;
out:
	vfio_pci_core_finish_enable(&cdev->core);
	return 0;

err_egm:
	cohmem_egm_gpu_close(cdev, false);
err_poison:
	cohmem_poison_close(cdev);
err_disable:
	vfio_pci_core_disable(&cdev->core);
err_scrub:
	cohmem_clear_close(cdev, false);
	return ret;
}

static void cohmem_close_device(struct vfio_device *vdev)
{
	struct cohmem_device *cdev = cohmem_from_vfio(vdev);

	if (cohmem_has_memory(cdev)) {
		cohmem_ready_close(cdev);
		cohmem_poison_close(cdev);
	}
	vfio_pci_core_close_device(vdev);
	/*
	 * With everything taken down that the user set up, and not before: the
	 * core resets the function then, and says whether that worked.
	 */
	if (cohmem_has_memory(cdev))
		cohmem_egm_gpu_close(cdev, !cdev->core.needs_reset);
	cohmem_clear_close(cdev, !cdev->core.needs_reset);
}

static const struct vfio_device_ops cohmem_ops = {
	.name			= "cohmem_vfio_pci",
	.init			= cohmem_init_dev,
	.release		= vfio_pci_core_release_dev,
	.open_device		= cohmem_open_device,
	.close_device		= cohmem_close_device,
	.ioctl			= cohmem_ioctl,
	.get_region_info_caps	= cohmem_get_region_info,
	.device_feature		= vfio_pci_core_ioctl_feature,
	.read			= cohmem_read,
	.write			= cohmem_write,
	.mmap			= cohmem_mmap,
	.request		= vfio_pci_core_request,
	.match			= vfio_pci_core_match,
	.match_token_uuid	= vfio_pci_core_match_token_uuid,
	.bind_iommufd		= vfio_iommufd_physical_bind,
	.unbind_iommufd		= vfio_iommufd_physical_unbind,
	.attach_ioas		= vfio_iommufd_physical_attach_ioas,
	.detach_ioas		= vfio_iommufd_physical_detach_ioas,
	.pasid_attach_ioas	= vfio_iommufd_physical_pasid_attach_ioas,
	.pasid_detach_ioas	= vfio_iommufd_physical_pasid_detach_ioas,
};

static int cohmem_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct cohmem_platform plat;
	struct cohmem_device *cdev;
	int ret;

	ret = cohmem_firmware_read(pdev, &plat);
	if (ret)
		return ret;

	cdev = vfio_alloc_device(cohmem_device, core.vdev, &pdev->dev,
				 &cohmem_ops);
	if (IS_ERR(cdev))
		return PTR_ERR(cdev);
	cdev->plat = plat;
	cohmem_reach_init(cdev);
	cohmem_ready_setup(cdev);
	dev_set_drvdata(&pdev->dev, &cdev->core);

	ret = cohmem_config_init(cdev);
	if (ret)
		goto err_put;
	ret = cohmem_poison_init(cdev);
	if (ret)
		goto err_config;
	ret = cohmem_clear_init(cdev);
	if (ret)
		goto err_poison;
	/* Before anybody can open it: what it can reach is known then. */
	cohmem_egm_attach(cdev);
	ret = vfio_pci_core_register_device(&cdev->core);
	if (ret)
		goto err_egm;
	return 0;

err_egm:
	cohmem_egm_detach(cdev);
	cohmem_clear_fini(cdev);
err_poison:
	cohmem_poison_fini(cdev);
err_config:
	cohmem_config_fini(cdev);
err_put:
	vfio_put_device(&cdev->core.vdev);
	return ret;
}

static void cohmem_remove(struct pci_dev *pdev)
{
	struct cohmem_device *cdev = cohmem_from_pdev(pdev);

	/* Pulled out under its user: nothing behind the mappings any more. */
	if (pci_channel_offline(pdev))
		cohmem_ready_lost(cdev);
	cohmem_clear_stop(cdev);
	vfio_pci_core_unregister_device(&cdev->core);
	cohmem_egm_detach(cdev);
	cohmem_clear_fini(cdev);
	cohmem_poison_fini(cdev);
	cohmem_config_fini(cdev);
	vfio_put_device(&cdev->core.vdev);
}

static int cohmem_sriov_configure(struct pci_dev *pdev, int nr_virtfn)
{
	struct cohmem_device *cdev = cohmem_from_pdev(pdev);

	if (!enable_sriov)
		return -ENOENT;
	return vfio_pci_core_sriov_configure(&cdev->core, nr_virtfn);
}

static void cohmem_reset_prepare(struct pci_dev *pdev)
{
	cohmem_ready_reset_prepare(cohmem_from_pdev(pdev));
}

/*
 * A reset that the user has asked for leaves the emulated BARs as it leaves real
 * ones; any other leaves them as vfio-pci leaves its virtual ones: its user
 * knows nothing of it.
 */
static void cohmem_reset_done(struct pci_dev *pdev)
{
	struct cohmem_device *cdev = cohmem_from_pdev(pdev);

	if (atomic_read(&cdev->resetters))
		cohmem_config_reset(cdev);
	cohmem_ready_reset_done(cdev);
}

/*
 * A frozen channel ends in a reset of the link, and so does any error if another
 * function below the same port asks for it. Nobody announces that: there is this,
 * and what comes when it is over.
 */
static pci_ers_result_t cohmem_error_detected(struct pci_dev *pdev,
					      pci_channel_state_t state)
{
	if (state == pci_channel_io_perm_failure)
		cohmem_ready_lost(cohmem_from_pdev(pdev));
	else
		cohmem_ready_hold(cohmem_from_pdev(pdev));
	return vfio_pci_core_aer_err_detected(pdev, state);
}

static pci_ers_result_t cohmem_slot_reset(struct pci_dev *pdev)
{
	cohmem_ready_lost(cohmem_from_pdev(pdev));
	return PCI_ERS_RESULT_RECOVERED;
}

static void cohmem_error_resume(struct pci_dev *pdev)
{
	cohmem_ready_release(cohmem_from_pdev(pdev));
}

static const struct pci_error_handlers cohmem_err_handlers = {
	.reset_prepare	= cohmem_reset_prepare,
	.reset_done	= cohmem_reset_done,
	.error_detected	= cohmem_error_detected,
	.slot_reset	= cohmem_slot_reset,
	.resume		= cohmem_error_resume,
};

/*
 * Names for driver_override and for the vfio_pci: alias that libvirt reads;
 * what a function can do is not decided here (firmware.c).
 */
#define COHMEM_ID(device) \
	{ PCI_DRIVER_OVERRIDE_DEVICE_VFIO(PCI_VENDOR_ID_NVIDIA, device) }

static const struct pci_device_id cohmem_ids[] = {
	COHMEM_ID(0x2342),	/* GH200 120GB */
	COHMEM_ID(0x2343),	/* GH200 */
	COHMEM_ID(0x2345),	/* GH200 480GB */
	COHMEM_ID(0x2348),	/* GH200 144GB HBM3e */
	COHMEM_ID(0x2941),	/* GB200 */
	COHMEM_ID(0x31c2),	/* GB300 */
	COHMEM_ID(0x3041),	/* Vera Rubin, pre-production */
	COHMEM_ID(0x307f),	/* Vera Rubin, pre-production */
	{ }
};
MODULE_DEVICE_TABLE(pci, cohmem_ids);

static struct pci_driver cohmem_driver = {
	.name			= KBUILD_MODNAME,
	.id_table		= cohmem_ids,
	.probe			= cohmem_probe,
	.remove			= cohmem_remove,
	.sriov_configure	= cohmem_sriov_configure,
	.err_handler		= &cohmem_err_handlers,
	.dev_groups		= cohmem_sysfs_groups,
	.driver_managed_dma	= true,
	.driver			= {
		.probe_type	= PROBE_PREFER_ASYNCHRONOUS,
	},
};

static int __init cohmem_init(void)
{
	int ret = cohmem_egm_module_init();

	if (ret)
		return ret;
	ret = pci_register_driver(&cohmem_driver);
	if (ret)
		cohmem_egm_module_exit();
	return ret;
}
module_init(cohmem_init);

static void __exit cohmem_exit(void)
{
	pci_unregister_driver(&cohmem_driver);
	cohmem_egm_module_exit();
}
module_exit(cohmem_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("VFIO PCI driver for GPUs with CPU-coherent memory");
