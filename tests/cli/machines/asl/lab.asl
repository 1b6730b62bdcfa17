// SPDX-License-Identifier: GPL-2.0-only
// The lab's GPU, below the second root port of QEMU's virt machine.
DefinitionBlock ("", "SSDT", 2, "COHMEM", "LAB", 1)
{
	External (\_SB.PCI0.S10.S00, DeviceObj)

	Scope (\_SB.PCI0.S10.S00)
	{
		Name (_DSD, Package () {
			ToUUID ("daffd814-6eba-4d8c-8a91-bc9bbf4aa301"),
			Package () {
				Package () { "nvidia,gpu-mem-base-pa", 0x1000000000 },
				Package () { "nvidia,gpu-mem-size", 0x1800000000 },
				Package () { "nvidia,gpu-mem-pxm-start", 1 },
				Package () { "nvidia,gpu-mem-pxm-count", 8 }
			}
		})
	}
}
