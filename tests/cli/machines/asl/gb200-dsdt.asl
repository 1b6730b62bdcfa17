// SPDX-License-Identifier: GPL-2.0-only
// A DSDT with what real ones have around the interesting parts: regions,
// fields, methods, processors, code at the top, branches.
DefinitionBlock ("", "DSDT", 2, "COHMEM", "GB200", 1)
{
	// The size of one GPU, patched by firmware before the table is installed.
	Name (GMSZ, 0x2E00000000)
	Name (GMB0, 0x400000000000)
	OperationRegion (CHIP, SystemMemory, 0x22000000, 0x1000)
	Field (CHIP, DWordAcc, NoLock, Preserve)
	{
		STAT, 32,
		Offset (0x100),
		CTRL, 8
	}
	Mutex (MTX0, 0)
	Event (EVNT)
	Name (BUFF, Buffer (0x20) { 0x10, 0x20, 0x08, 0x5F, 0x44, 0x53, 0x44 })
	CreateDWordField (BUFF, 4, BF04)

	Method (HLPR, 2, Serialized)
	{
		// Looks like a declaration, is none.
		Local0 = Package () { "nvidia,gpu-mem-size", 0x1234 }
		Return (Add (Arg0, Arg1))
	}

	// Code at the top of a table.
	Store (HLPR (1, 2), \CTRL)
	If (LEqual (GMSZ, Zero))
	{
		Store (Ones, \CTRL)
	}
	Else
	{
		Store (HLPR (3, 4), \CTRL)
	}

	Scope (\_SB)
	{
		Device (CPU0)
		{
			Name (_HID, "ACPI0007")
			Name (_UID, Zero)
			Method (_STA) { Return (0x0F) }
		}

		PowerResource (PWR0, 0, 0)
		{
			Method (_STA) { Return (One) }
			Method (_ON) { Store (One, CTRL) }
			Method (_OFF) { Store (Zero, CTRL) }
		}

		ThermalZone (TZ00)
		{
			Method (_TMP) { Return (3000) }
		}

		Device (PCI8)
		{
			Name (_HID, EisaId ("PNP0A08"))
			Name (_SEG, 8)
			Name (GMSZ, 0x2D00000000)	// hides the outer one
			Device (RP00)
			{
				Name (_ADR, Zero)
				Device (GPU0)
				{
					Name (_ADR, Zero)
					// Values of other objects.
					Name (_DSD, Package () {
						ToUUID ("daffd814-6eba-4d8c-8a91-bc9bbf4aa301"),
						Package () {
							Package () { "nvidia,gpu-mem-base-pa", \GMB0 },
							Package () { "nvidia,gpu-mem-size", GMSZ },
							Package () { "nvidia,gpu-mem-pxm-start", 2 },
							Package () { "nvidia,gpu-mem-pxm-count", 8 },
							Package () { "nvidia,egm-base-pa", 0x80000000000 },
							Package () { "nvidia,egm-size", 0x6F00000000 },
							Package () { "nvidia,egm-pxm", 40 },
							Package () { "nvidia,egm-retired-pages-data-base", 0x80100000 }
						},
						// Another UUID, to be stepped over.
						ToUUID ("dbb8e3e6-5886-4ba6-8795-1319f52a966b"),
						Package () {
							Package () { "nvidia,gpu-mem-size", "KIDS" }
						}
					})
				}
			}
		}

		Device (PCI9)
		{
			Name (_HID, EisaId ("PNP0A08"))
			Name (_SEG, 9)
			Device (RP00)
			{
				Name (_ADR, Zero)
				Device (GPU0)
				{
					Name (_ADR, Zero)
					// A method that returns a package.
					Method (_DSD, 0, NotSerialized)
					{
						Store (One, \CTRL)
						Return (Package () {
							ToUUID ("daffd814-6eba-4d8c-8a91-bc9bbf4aa301"),
							Package () {
								Package () { "nvidia,gpu-mem-base-pa", 0x500000000000 },
								Package () { "nvidia,gpu-mem-size", 0x2E00000000 },
								Package () { "some,other-property", "words" },
								Package () { "nvidia,gpu-mem-pxm-start", 10 },
								Package () { "nvidia,gpu-mem-pxm-count", 8 }
							}
						})
					}
				}
			}
		}
	}
}
