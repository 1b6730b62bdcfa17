#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What a kernel offers, told by its headers and by nothing else: prints one
# -DCOHMEM_HAVE_<name> for each thing found. A version number would be wrong
# wherever somebody has backported something.
#
#   probes.sh <folder with linux/vfio.h>
#
# Which change of the kernel each name stands for is said where the name is
# used, in the shadow headers below include/.
inc=$1
[ -e "$inc/linux/vfio.h" ] || exit 1

# has NAME FILE TEXT: TEXT is a fixed string.
has() {
	grep -qsF -- "$3" "$inc/$2" && printf ' -DCOHMEM_HAVE_%s' "$1"
}

printf ' -DCOHMEM_COMPAT'
has IOMMUFD_OPS		linux/vfio.h		'(*bind_iommufd)'
has PASID_OPS		linux/vfio.h		'(*pasid_attach_ioas)'
has REGION_INFO_CAPS	linux/vfio.h		'(*get_region_info_caps)'
has MATCH_TOKEN_UUID	linux/vfio.h		'(*match_token_uuid)'
has VFIO_INODE		linux/vfio.h		'struct inode *inode;'
has VMF_INSERT_PFN	linux/vfio_pci_core.h	'vfio_pci_vmf_insert_pfn('
has GET_IOMAP		linux/vfio_pci_core.h	'vfio_pci_core_get_iomap('
has PCI_OPS		linux/vfio_pci_core.h	'struct vfio_pci_device_ops *pci_ops;'
has MEMORY_CHANGED	linux/vfio_pci_core.h	'VFIO_PCI_MEMORY_DECODING'
has MEMORY_ENABLED	linux/vfio_pci_core.h	'__vfio_pci_memory_enabled('
has CORE_KNOBS		linux/vfio_pci_core.h	'nointxmask:1;'
has VM_FLAGS_SET	linux/mm.h		'vm_flags_set('
has RELEASE_FAULT_LOCK	linux/mm.h		'release_fault_lock('
has PFN_ADDRESS_SPACE	linux/memory-failure.h	'register_pfn_address_space('
has PFN_FAILED		linux/memory-failure.h	'(*failed)(struct pfn_address_space'
has CACHEABLE_PFNMAP	uapi/linux/kvm.h	'KVM_CAP_ARM_CACHEABLE_PFNMAP_SUPPORTED'
has PFN_T		linux/pfn_t.h		'__pfn_to_pfn_t('
echo
