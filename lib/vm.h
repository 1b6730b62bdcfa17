/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The model of a virtual machine that gets GPUs: everything that a VMM has to be
 * told and a person would otherwise work out by hand. All forms (QEMU's command
 * line, libvirt's XML, KubeVirt's YAML) render this model; nothing is computed in
 * a form.
 *
 * Words: "window" is the address space that a bridge passes on to what is behind
 * it; "aperture" the address space above RAM that the machine has for all such
 * windows; "node" a NUMA node of the guest, whose PXM is its number; "initiator
 * node" one without memory and CPUs that belongs to a GPU and that the guest's
 * driver may put memory on line in.
 */
#ifndef COHMEM_VM_H
#define COHMEM_VM_H

#include "host_egm.h"

#define COHMEM_VM_MAX_GPUS	8
#define COHMEM_VM_GPU_NODES	8	/* what the guest's driver looks for */
#define COHMEM_VM_MAX_CPU_NODES	8
#define COHMEM_VM_MAX_NODES	(COHMEM_VM_MAX_CPU_NODES + \
				 COHMEM_VM_MAX_GPUS * COHMEM_VM_GPU_NODES)
#define COHMEM_VM_MAX_WARNINGS	48

/* The least aperture that QEMU's machine "virt" lets one ask for. */
#define COHMEM_APERTURE_MIN	(512ULL << 30)
/* A bridge passes memory on in steps of this. PCI-to-PCI bridge spec, 3.2.5. */
#define COHMEM_WINDOW_STEP	(1ULL << 20)

/**
 * struct cohmem_window - the prefetchable window of a bridge
 * @size: bytes
 * @align: what its start has to be a multiple of
 */
struct cohmem_window {
	u64 size;
	u64 align;
};

int cohmem_window_firmware(const u64 *bars, unsigned int nr,
			   struct cohmem_window *out);
int cohmem_window_kernel(const u64 *bars, unsigned int nr,
			 struct cohmem_window *out);
int cohmem_window_place(const struct cohmem_window *windows, unsigned int nr,
			u64 *offsets, u64 *end);
u64 cohmem_aperture_round(u64 need, u64 least);

/* Which machine of QEMU's. */
enum cohmem_vm_machine {
	COHMEM_VM_VIRT,		/* arm64 */
	COHMEM_VM_Q35,		/* x86: for the emulated superchip only */
};

/**
 * struct cohmem_vm_request - what a machine is wanted for
 * @nr: GPUs
 * @bdf: their addresses
 * @machine: which machine
 * @cpus: virtual CPUs
 * @memory: bytes of memory, in whole MiB
 * @egm: its memory is the EGM of the GPUs' sockets: @memory bytes of it, shared out
 *	among the sockets; with @memory 0 all of it
 * @gpu_nodes: initiator nodes for each GPU; 0: as many as its driver looks for
 * @others: bytes of the aperture for whatever else the guest will have
 */
struct cohmem_vm_request {
	unsigned int nr;
	const char (*bdf)[COHMEM_BDF_LEN];
	enum cohmem_vm_machine machine;
	unsigned int cpus;
	u64 memory;
	bool egm;
	unsigned int gpu_nodes;
	u64 others;
};

/**
 * struct cohmem_vm_bar - a BAR as the guest will see it
 * @index: 0 to 5
 * @size: bytes; 0 = none
 * @backed: bytes with memory behind them; @size for a real BAR
 * @what: "usemem", "resmem" or "real"
 * @high: it lies in the aperture: 64-bit and prefetchable
 * @offset: where in the aperture firmware is expected to put it; where @high
 */
struct cohmem_vm_bar {
	u8 index;
	u64 size;
	u64 backed;
	const char *what;
	bool high;
	u64 offset;
};

/**
 * struct cohmem_vm_gpu - a GPU of the machine
 * @f: the function on the host
 * @bar: its BARs as the guest sees them, by index
 * @first_node: first of its initiator nodes
 * @nr_nodes: how many
 * @cpu_node: the guest's CPU node that it is close to
 * @has_pxm: firmware says which proximity domains it has on the host
 * @pxm: the first of these
 * @window: the window of its root port, as firmware makes it
 * @window_kernel: as a kernel makes it that assigns addresses anew
 * @offset: where in the aperture its window begins
 */
struct cohmem_vm_gpu {
	const struct cohmem_func *f;
	struct cohmem_vm_bar bar[COHMEM_NR_BARS];
	unsigned int first_node;
	unsigned int nr_nodes;
	unsigned int cpu_node;
	bool has_pxm;
	u64 pxm;
	struct cohmem_window window;
	struct cohmem_window window_kernel;
	u64 offset;
};

/**
 * struct cohmem_vm_node - a NUMA node of the guest
 * @gpu: index of the GPU it belongs to; -1: a node with CPUs and memory
 * @host_node: node of the host it stands for, or -1
 * @pxm: proximity domain of the host it stands for, or -1
 * @first_cpu: of a CPU node
 * @nr_cpus: of a CPU node
 * @memory: bytes, of a CPU node
 * @egm: the EGM that is its memory, or NULL
 * @base: guest physical address of its memory; 0: not known, or not in one piece
 */
struct cohmem_vm_node {
	int gpu;
	int host_node;
	int pxm;
	unsigned int first_cpu;
	unsigned int nr_cpus;
	u64 memory;
	const struct cohmem_egm *egm;
	u64 base;
};

/**
 * struct cohmem_vm_warning - something a person should know of a plan
 * @id: stable word
 * @subject: the function it is about, or empty
 * @text: what
 * @fix: what to do about it; may be empty
 */
struct cohmem_vm_warning {
	const char *id;
	char subject[COHMEM_BDF_LEN];
	char text[320];
	char fix[200];
};

/**
 * struct cohmem_vm - the machine
 * @machine: which machine
 * @cpus: virtual CPUs
 * @memory: bytes of memory
 * @egm: that is EGM
 * @nr_gpus: GPUs
 * @gpu: them, in order of address
 * @nr_cpu_nodes: nodes 0 .. have CPUs and memory; initiator nodes follow
 * @nr_nodes: all nodes
 * @node: them
 * @distance: between them
 * @from_slit: at least one distance is the host's own
 * @others: bytes of the aperture for other devices
 * @need_firmware: bytes of aperture that firmware uses
 * @need_kernel: that a kernel uses that assigns addresses anew
 * @aperture: bytes to ask the VMM for
 * @kubevirt_aperture: bytes that KubeVirt would ask for
 * @has_iommufd: the host's kernel has iommufd, and a character device for each
 *	GPU that is bound to VFIO
 * @nr_warnings: things to know
 * @warning: them
 */
struct cohmem_vm {
	enum cohmem_vm_machine machine;
	unsigned int cpus;
	u64 memory;
	bool egm;
	unsigned int nr_gpus;
	struct cohmem_vm_gpu gpu[COHMEM_VM_MAX_GPUS];
	unsigned int nr_cpu_nodes;
	unsigned int nr_nodes;
	struct cohmem_vm_node node[COHMEM_VM_MAX_NODES];
	u8 distance[COHMEM_VM_MAX_NODES][COHMEM_VM_MAX_NODES];
	bool from_slit;
	u64 others;
	u64 need_firmware;
	u64 need_kernel;
	u64 aperture;
	u64 kubevirt_aperture;
	bool has_iommufd;
	unsigned int nr_warnings;
	struct cohmem_vm_warning warning[COHMEM_VM_MAX_WARNINGS];
};

int cohmem_vm_plan(struct cohmem_ctx *ctx,
		   const struct cohmem_vm_request *want, struct cohmem_vm *vm);
__attribute__((format(printf, 5, 6)))
void cohmem_vm_warn(struct cohmem_vm *vm, const char *id, const char *subject,
		    const char *fix, const char *fmt, ...);
int cohmem_vm_distances(struct cohmem_ctx *ctx, struct cohmem_vm *vm);

/* vm_egm.c */
int cohmem_vm_pick_egm(struct cohmem_ctx *ctx, struct cohmem_vm *vm,
		       const struct cohmem_egm *egm[COHMEM_VM_MAX_GPUS]);
int cohmem_vm_lay_out_egm(struct cohmem_ctx *ctx,
			  const struct cohmem_vm_request *want,
			  struct cohmem_vm *vm);

/*
 * Where QEMU puts what a plan has, for those who have to know: the slots of the root
 * bus, and bus numbers of the bridges that hang there (lib/vm_table.c, the forms).
 */
#define COHMEM_VM_FIRST_SLOT	0x10
#define COHMEM_VM_BUSES_PER_PXB	16

int cohmem_vm_table(const struct cohmem_vm *vm, u8 **table, size_t *len);
int cohmem_vm_initrd(const u8 *table, size_t len, u8 **archive, size_t *size);

/**
 * struct cohmem_qemu - what a QEMU can
 * @asked: it was asked; else it is taken for the newest
 * @version: as it says it, "10.0.13"
 * @aperture: highmem-mmio-size can be given
 * @initiator: it knows acpi-generic-initiator
 * @nohotplug: it knows vfio-pci-nohotplug
 * @iommufd: it knows the object iommufd
 * @pxb: it knows pxb-pcie
 * @egm: it knows acpi-egm-memory, NVIDIA's addition: it writes the guest's tables
 */
struct cohmem_qemu {
	bool asked;
	char version[32];
	bool aperture;
	bool initiator;
	bool nohotplug;
	bool iommufd;
	bool pxb;
	bool egm;
};

bool cohmem_ask_libvirt_egm(struct cohmem_ctx *ctx);
int cohmem_ask_qemu(struct cohmem_ctx *ctx, const char *program,
		    enum cohmem_vm_machine machine, struct cohmem_qemu *qemu);
int cohmem_ask_libvirt(struct cohmem_ctx *ctx, unsigned int *version);
int cohmem_run_program(struct cohmem_ctx *ctx, char *const *argv, char *out,
		       size_t size);

#endif /* COHMEM_VM_H */
