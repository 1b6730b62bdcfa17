// SPDX-License-Identifier: GPL-2.0-only
// Two GH200, the link of the second one down: size 0.
DefinitionBlock ("", "SSDT", 2, "COHMEM", "GH200DN", 1)
{
	External (\_SB.PCI9.RP00.GPU0, DeviceObj)
	External (\_SB.PC19.RP00, DeviceObj)

	Scope (\_SB.PCI9.RP00.GPU0)
	{
		Name (_DSD, Package () {
			ToUUID ("daffd814-6eba-4d8c-8a91-bc9bbf4aa301"),
			Package () {
				Package () { "nvidia,gpu-mem-base-pa", 0x400000000000 },
				Package () { "nvidia,gpu-mem-size", 0x17F0000000 },
				Package () { "nvidia,gpu-mem-pxm-start", 2 },
				Package () { "nvidia,gpu-mem-pxm-count", 8 }
			}
		})
	}

	Scope (\_SB.PC19.RP00)
	{
		Device (GPU0)
		{
			Name (_ADR, Zero)
			Name (_DSD, Package () {
				ToUUID ("daffd814-6eba-4d8c-8a91-bc9bbf4aa301"),
				Package () {
					Package () { "nvidia,gpu-mem-base-pa", 0x500000000000 },
					Package () { "nvidia,gpu-mem-size", Zero },
					Package () { "nvidia,gpu-mem-pxm-start", 10 },
					Package () { "nvidia,gpu-mem-pxm-count", 8 }
				}
			})
		}
	}
}
