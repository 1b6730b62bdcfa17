// SPDX-License-Identifier: GPL-2.0-only
// The second tray: one GPU whose _DSD depends on a branch that cannot be decided
// here, one whose value is that of another object.
DefinitionBlock ("", "SSDT", 2, "COHMEM", "GB200X", 1)
{
	External (\_SB, DeviceObj)
	External (\STAT, FieldUnitObj)
	External (\GMSZ, IntObj)

	Scope (\_SB)
	{
		Device (PC18)
		{
			Name (_HID, EisaId ("PNP0A08"))
			Name (_SEG, 0x18)
			Device (RP00)
			{
				Name (_ADR, Zero)
				Device (GPU0)
				{
					Name (_ADR, Zero)
					Method (_DSD, 0, NotSerialized)
					{
						If (LEqual (\STAT, One))
						{
							Return (Package () {
								ToUUID ("daffd814-6eba-4d8c-8a91-bc9bbf4aa301"),
								Package () {
									Package () { "nvidia,gpu-mem-base-pa", 0x600000000000 },
									Package () { "nvidia,gpu-mem-size", 0x2E00000000 }
								}
							})
						}
						Else
						{
							Return (Package () {
								ToUUID ("daffd814-6eba-4d8c-8a91-bc9bbf4aa301"),
								Package () {
									Package () { "nvidia,gpu-mem-base-pa", 0x600000000000 },
									Package () { "nvidia,gpu-mem-size", 0x1700000000 }
								}
							})
						}
					}
				}
			}
		}

		Device (PC19)
		{
			Name (_HID, EisaId ("PNP0A08"))
			Name (_SEG, 0x19)
			Device (RP00)
			{
				Name (_ADR, Zero)
				Device (GPU0)
				{
					Name (_ADR, Zero)
					Name (_DSD, Package () {
						ToUUID ("daffd814-6eba-4d8c-8a91-bc9bbf4aa301"),
						Package () {
							Package () { "nvidia,gpu-mem-base-pa", 0x700000000000 },
							Package () { "nvidia,gpu-mem-size", \GMSZ },
							Package () { "nvidia,gpu-mem-pxm-start", 26 },
							Package () { "nvidia,gpu-mem-pxm-count", 8 }
						}
					})
				}
			}
		}
	}
}
