// SPDX-License-Identifier: GPL-2.0-only
/*
 * What firmware of the machine has to say of EGM: the properties nvidia,egm-* of each
 * GPU, by which the guest's driver knows which memory of its own is EGM. QEMU does not
 * write them (NVIDIA's does, by acpi-egm-memory), so here is a table that does.
 *
 * QEMU's "virt" machine has no objects for slots and what is plugged in there; should a
 * version have them, under the names that QEMU gives them elsewhere, they are used:
 *
 *	If (LNot (CondRefOf (PORT))) { Scope (BUS)  { Device (Sxx) { _ADR } } }
 *	If (LNot (CondRefOf (GPU)))  { Scope (PORT) { Device (S00) { _ADR } } }
 *	Scope (GPU) { Name (_DSD, ..) }
 *
 * It cannot be handed to QEMU, whose -acpitable is for PCs. Linux takes it out of an
 * archive in front of its initrd (CONFIG_ACPI_TABLE_UPGRADE), early enough to be there
 * when the bus is looked at.
 */
#include <stdio.h>
#include <stdlib.h>

#include "aml_write.h"
#include "internal.h"
#include "regs.h"
#include "vm.h"

/* Where a GPU of the machine is in its ACPI name space. */
struct place {
	char bus[32];
	char port[32];
	char gpu[48];
	u64 port_adr;
};

/* As the forms put it: a port in a slot of the root, or alone below a bridge. */
static void place_of(const struct cohmem_vm *vm, unsigned int i, struct place *p)
{
	unsigned int slot = 0;

	if (vm->nr_cpu_nodes > 1) {
		cohmem_fmt(p->bus, sizeof(p->bus), "\\_SB_.PC%02X",
			   (i + 1) * COHMEM_VM_BUSES_PER_PXB);
	} else {
		cohmem_fmt(p->bus, sizeof(p->bus), "\\_SB_.PCI0");
		slot = COHMEM_VM_FIRST_SLOT + i;
	}
	cohmem_fmt(p->port, sizeof(p->port), "%.24s.S%02X_", p->bus,
		   (slot << 3) & 0xff);
	cohmem_fmt(p->gpu, sizeof(p->gpu), "%s.S00_", p->port);
	p->port_adr = (u64)slot << 16;
}

static const char *last_part(const char *path)
{
	return path + strlen(path) - 4;
}

/* A device that is there already keeps what it has. */
static void ensure_device(struct cohmem_aml_out *o, const char *parent,
			  const char *path, u64 adr)
{
	static const u8 cond[] = { OP_LNOT, OP_EXT, EXT_COND_REF_OF };
	static const u8 device[] = { OP_EXT, EXT_DEVICE };
	size_t if_mark, scope, dev;

	cohmem_aml_put_byte(o, OP_IF);
	if_mark = cohmem_aml_begin(o);
	cohmem_aml_put(o, cond, sizeof(cond));
	cohmem_aml_put_path(o, path);
	cohmem_aml_put_byte(o, 0);	/* the reference goes nowhere */
	cohmem_aml_put_byte(o, OP_SCOPE);
	scope = cohmem_aml_begin(o);
	cohmem_aml_put_path(o, parent);
	cohmem_aml_put(o, device, sizeof(device));
	dev = cohmem_aml_begin(o);
	cohmem_aml_put_path(o, last_part(path));
	cohmem_aml_put_byte(o, OP_NAME);
	cohmem_aml_put_path(o, "_ADR");
	cohmem_aml_put_integer(o, adr);
	cohmem_aml_end(o, dev);
	cohmem_aml_end(o, scope);
	cohmem_aml_end(o, if_mark);
}

static void put_property(struct cohmem_aml_out *o, enum cohmem_prop prop,
			 u64 value)
{
	size_t pair;

	cohmem_aml_put_byte(o, OP_PACKAGE);
	pair = cohmem_aml_begin(o);
	cohmem_aml_put_byte(o, 2);
	cohmem_aml_put_string(o, cohmem_prop_name(prop));
	cohmem_aml_put_integer(o, value);
	cohmem_aml_end(o, pair);
}

static void put_dsd(struct cohmem_aml_out *o, const char *gpu,
		    const struct cohmem_vm_node *n, unsigned int node)
{
	size_t scope, dsd, uuid, list;

	cohmem_aml_put_byte(o, OP_SCOPE);
	scope = cohmem_aml_begin(o);
	cohmem_aml_put_path(o, gpu);
	cohmem_aml_put_byte(o, OP_NAME);
	cohmem_aml_put_path(o, "_DSD");
	cohmem_aml_put_byte(o, OP_PACKAGE);
	dsd = cohmem_aml_begin(o);
	cohmem_aml_put_byte(o, 2);
	cohmem_aml_put_byte(o, OP_BUFFER);
	uuid = cohmem_aml_begin(o);
	cohmem_aml_put_integer(o, sizeof(cohmem_dsd_uuid));
	cohmem_aml_put(o, cohmem_dsd_uuid, sizeof(cohmem_dsd_uuid));
	cohmem_aml_end(o, uuid);
	cohmem_aml_put_byte(o, OP_PACKAGE);
	list = cohmem_aml_begin(o);
	cohmem_aml_put_byte(o, 3);
	put_property(o, COHMEM_DSD_EGM_BASE, n->base);
	put_property(o, COHMEM_DSD_EGM_SIZE, n->memory);
	put_property(o, COHMEM_DSD_EGM_PXM, node);
	cohmem_aml_end(o, list);
	cohmem_aml_end(o, dsd);
	cohmem_aml_end(o, scope);
}

/**
 * cohmem_vm_table() - the table that tells a guest of its EGM
 * @vm: the machine
 * @table: an SSDT; allocated
 * @len: its size
 * Return: 0; -ENOTSUP where the machine has no EGM, or not in one piece; or -ENOMEM.
 */
int cohmem_vm_table(const struct cohmem_vm *vm, u8 **table, size_t *len)
{
	struct cohmem_aml_out o;
	struct place p;
	unsigned int i;
	int ret;

	*table = NULL;
	*len = 0;
	if (!vm->egm || vm->machine != COHMEM_VM_VIRT)
		return -ENOTSUP;
	cohmem_aml_open(&o, "SSDT", "COHMEGM ");
	for (i = 0; i < vm->nr_gpus; i++) {
		unsigned int node = vm->gpu[i].cpu_node;

		place_of(vm, i, &p);
		ensure_device(&o, p.bus, p.port, p.port_adr);
		ensure_device(&o, p.port, p.gpu, 0);
		put_dsd(&o, p.gpu, &vm->node[node], node);
	}
	ret = cohmem_aml_close(&o);
	if (ret)
		return ret;
	*table = o.b;
	*len = o.len;
	return 0;
}

/* A member of a "newc" archive: cpio(5). Names and contents begin at multiples of 4. */
static void put_member(struct cohmem_aml_out *o, const char *name,
		       const void *data, size_t len, unsigned int mode)
{
	static const u8 zeroes[4];
	char head[111];
	size_t n = strlen(name) + 1;

	cohmem_fmt(head, sizeof(head),
		   "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x",
		   0, mode, 0, 0, 1, 0, (unsigned int)len, 0, 0, 0, 0,
		   (unsigned int)n, 0);
	cohmem_aml_put(o, head, 110);
	cohmem_aml_put(o, name, n);
	cohmem_aml_put(o, zeroes, -(110 + n) & 3);
	cohmem_aml_put(o, data, len);
	cohmem_aml_put(o, zeroes, -len & 3);
}

/**
 * cohmem_vm_initrd() - a table as a guest's kernel takes it, in front of its initrd
 * @table: the table
 * @len: its size
 * @archive: an archive; allocated
 * @size: its size, a multiple of 4
 * Return: 0 or -ENOMEM.
 */
int cohmem_vm_initrd(const u8 *table, size_t len, u8 **archive, size_t *size)
{
	struct cohmem_aml_out o = { 0 };

	put_member(&o, "kernel/firmware/acpi/cohmem-egm.aml", table, len, 0100644);
	put_member(&o, "TRAILER!!!", "", 0, 0);
	*archive = o.b;
	*size = o.len;
	if (!o.failed)
		return 0;
	free(o.b);
	*archive = NULL;
	return -ENOMEM;
}
