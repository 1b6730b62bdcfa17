/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One step of the fuzzer: a system call with all its arguments, made from a
 * number of 64 bits and nothing else. Who has the number has the step, on any
 * machine of the same geometry: a sequence is a list of numbers, which can be
 * printed, cut, and put together with others.
 *
 * Nothing here makes a call: it runs on any host, and tests/unit looks at it.
 */
#ifndef COHMEM_FUZZ_STEP_H
#define COHMEM_FUZZ_STEP_H

#include "env.h"

/**
 * struct geometry - what boundaries an offset can lie at
 * @page: the kernel's page size
 * @mem_base: physical address of the coherent memory
 * @hbm: all of it, bytes
 * @usemem: what is backed of BAR4
 * @usemem_bar: size of BAR4
 * @resmem: what is backed of BAR2, 0 where BAR2 is the part's own
 * @bar2: size of BAR2
 * @quiet: offset in BAR4 of what no step may change
 * @quiet_len: its size
 */
struct geometry {
	u64 page;
	u64 mem_base;
	u64 hbm;
	u64 usemem;
	u64 usemem_bar;
	u64 resmem;
	u64 bar2;
	u64 quiet;
	u64 quiet_len;
};

/* No step writes more than this at once. */
#define FUZZ_WRITE_MAX	(8ULL << 20)
/* Nor more than this to BAR0: it would reach from one register to another. */
#define FUZZ_BAR0_WRITE_MAX	65536ULL

/*
 * Calls, in two pools. CALL(id, name, weight, fields): fields are what of a step
 * the call looks at, for its text.
 */
#define USER_CALLS(CALL) \
	CALL(GET_INFO, "GET_INFO", 2, F_ARGSZ | F_PTR) \
	CALL(REGION_INFO, "GET_REGION_INFO", 4, F_REGION | F_ARGSZ | F_PTR) \
	CALL(IRQ_INFO, "GET_IRQ_INFO", 2, F_REGION | F_ARGSZ | F_PTR) \
	CALL(SET_IRQS, "SET_IRQS", 6, F_REGION | F_FLAGS | F_NUM | F_LEN | F_ARGSZ | F_PTR) \
	CALL(RESET, "RESET", 1, 0) \
	CALL(HOT_RESET_INFO, "GET_PCI_HOT_RESET_INFO", 2, F_ARGSZ | F_PTR) \
	CALL(HOT_RESET, "PCI_HOT_RESET", 2, F_FLAGS | F_NUM | F_ARGSZ | F_PTR) \
	CALL(IOEVENTFD, "IOEVENTFD", 3, F_REGION | F_OFF | F_FLAGS | F_NUM | F_ARGSZ | F_PTR) \
	CALL(FEATURE, "FEATURE", 6, F_FLAGS | F_NUM | F_ARGSZ | F_PTR) \
	CALL(EXPORT, "FEATURE_DMA_BUF", 5, F_REGION | F_OFF | F_LEN | F_NUM | F_SLOT) \
	CALL(DMABUF_USE, "dma-buf", 4, F_SLOT | F_NUM | F_OFF | F_LEN) \
	CALL(DEVICE_IOCTL, "ioctl(device)", 3, F_NUM | F_FLAGS | F_PTR) \
	CALL(ENTRY_IOCTL, "ioctl(container)", 3, F_NUM | F_FLAGS | F_PTR) \
	CALL(GROUP_IOCTL, "ioctl(group)", 2, F_NUM | F_PTR) \
	CALL(DMA_MAP, "IOMMU_MAP_DMA", 5, F_OFF | F_LEN | F_FLAGS | F_ARGSZ | F_NUM | F_PTR) \
	CALL(DMA_UNMAP, "IOMMU_UNMAP_DMA", 4, F_OFF | F_LEN | F_FLAGS | F_ARGSZ | F_NUM) \
	CALL(DMA_INFO, "IOMMU_GET_INFO", 2, F_ARGSZ | F_PTR) \
	CALL(PREAD, "pread", 10, F_REGION | F_OFF | F_LEN | F_PTR) \
	CALL(PWRITE, "pwrite", 10, F_REGION | F_OFF | F_LEN | F_PTR) \
	CALL(PREADV, "preadv2", 4, F_REGION | F_OFF | F_LEN | F_FLAGS | F_PTR) \
	CALL(PWRITEV, "pwritev2", 4, F_REGION | F_OFF | F_LEN | F_FLAGS | F_PTR) \
	CALL(READ, "read", 1, F_LEN | F_PTR) \
	CALL(WRITE, "write", 1, F_LEN | F_PTR) \
	CALL(SPLICE, "splice", 2, F_REGION | F_OFF | F_LEN | F_NUM) \
	CALL(URING, "io_uring", 5, F_REGION | F_OFF | F_LEN | F_NUM | F_PTR) \
	CALL(AIO, "io_submit", 3, F_REGION | F_OFF | F_LEN | F_NUM | F_PTR) \
	CALL(FILE_OP, "file", 3, F_NUM | F_OFF | F_LEN) \
	CALL(CONFIG_READ, "read of config space", 4, F_OFF | F_LEN) \
	CALL(CONFIG_WRITE, "write to config space", 5, F_OFF | F_LEN | F_NUM) \
	CALL(MMAP, "mmap", 10, F_SLOT | F_REGION | F_OFF | F_LEN | F_FLAGS) \
	CALL(MUNMAP, "munmap", 3, F_SLOT | F_OFF | F_LEN) \
	CALL(MREMAP, "mremap", 3, F_SLOT | F_LEN | F_FLAGS | F_NUM) \
	CALL(MADVISE, "madvise", 5, F_SLOT | F_NUM | F_OFF | F_LEN) \
	CALL(MPROTECT, "mprotect", 4, F_SLOT | F_FLAGS | F_OFF | F_LEN) \
	CALL(MLOCK, "mlock", 3, F_SLOT | F_NUM) \
	CALL(MSYNC, "msync, mincore", 2, F_SLOT | F_NUM) \
	CALL(LOAD, "load", 12, F_SLOT | F_OFF) \
	CALL(STORE, "store", 10, F_SLOT | F_OFF) \
	CALL(FORK, "fork", 2, F_SLOT | F_OFF) \
	CALL(FUTEX, "futex", 3, F_SLOT | F_NUM | F_OFF) \
	CALL(REMOTE, "process_vm_readv", 2, F_SLOT | F_NUM | F_OFF | F_LEN) \
	CALL(PIPE, "pipe", 3, F_SLOT | F_NUM | F_OFF | F_LEN) \
	CALL(UFFD, "UFFDIO_REGISTER", 2, F_SLOT | F_NUM) \
	CALL(PROC, "/proc/self", 1, F_SLOT | F_NUM) \
	CALL(OPEN, "another descriptor", 3, F_SLOT | F_NUM) \
	CALL(CLOSE, "close", 3, F_SLOT)

/* What a machine does: the administrator, the guest's firmware, the hardware. */
#define MACHINE_CALLS(CALL) \
	CALL(WAKE, "wake", 16, 0) \
	CALL(M_RESET, "VFIO_DEVICE_RESET", 3, 0) \
	CALL(FLR, "FLR by config space", 2, 0) \
	CALL(SYSFS_RESET, "reset by sysfs", 2, 0) \
	CALL(POWER, "power state", 2, F_NUM) \
	CALL(DECODE, "memory decoding", 4, F_NUM) \
	CALL(ATTR_READ, "attribute", 6, F_NUM) \
	CALL(ATTR_WRITE, "attribute", 6, F_NUM | F_OFF) \
	CALL(ENGINE, "copy engine", 5, F_NUM | F_OFF | F_LEN) \
	CALL(EMULATOR, "emulator", 5, F_NUM | F_LEN) \
	CALL(FAULT, "emulator fails", 3, F_NUM | F_LEN) \
	CALL(PAUSE, "pause", 6, F_NUM)

enum fuzz_field {
	F_REGION = 1, F_OFF = 2, F_LEN = 4, F_PTR = 8, F_SLOT = 16,
	F_FLAGS = 32, F_ARGSZ = 64, F_NUM = 128,
};

#define FUZZ_ENUM(id, name, weight, fields)	CALL_##id,
enum fuzz_call {
	USER_CALLS(FUZZ_ENUM)
	NR_USER_CALLS,
	FUZZ_BEFORE_MACHINE = NR_USER_CALLS - 1,
	MACHINE_CALLS(FUZZ_ENUM)
	NR_CALLS,
};

enum fuzz_pool { POOL_USER, POOL_MACHINE };

/* Where a pointer that is handed to the kernel points. */
enum fuzz_ptr {
	PTR_GOOD,	/* memory */
	PTR_ODD,	/* the same, at an odd address */
	PTR_EDGE,	/* its last bytes; nothing behind */
	PTR_READ_ONLY,
	PTR_UNMAPPED,
	PTR_DEVICE,	/* the coherent memory itself */
	PTR_BAR0,	/* registers of the device */
	PTR_HELD,	/* a page that comes late, by userfaultfd */
	PTR_NULL,
	PTR_KERNEL,	/* the kernel's half of the addresses */
	NR_PTRS,
};

/* What a structure says of its own size. */
enum fuzz_argsz {
	ARGSZ_RIGHT,
	ARGSZ_ZERO,
	ARGSZ_SHORT,
	ARGSZ_ONE_SHORT,
	ARGSZ_LARGER,
	ARGSZ_PAGE,
	ARGSZ_HUGE,
	NR_ARGSZ,
};

/**
 * struct step - a call that is to be made
 * @id: what it was made from
 * @call: which call
 * @ptr: where its pointer points
 * @argsz: what its structure says of its size
 * @slot: which mapping or descriptor
 * @region: VFIO region, or index of another kind
 * @flags: flags, as the call has them
 * @num: a number: a command, a count, a place in a table
 * @off: offset
 * @len: length
 */
struct step {
	u64 id;
	enum fuzz_call call;
	enum fuzz_ptr ptr;
	enum fuzz_argsz argsz;
	unsigned int slot;
	unsigned int region;
	u32 flags;
	u32 num;
	u64 off;
	u64 len;
};

u64 fuzz_mix(u64 x);
void step_make(struct step *s, u64 id, enum fuzz_pool pool,
	       const struct geometry *g);
bool step_writes(const struct step *s);
bool step_far_from_quiet(u64 off, const struct geometry *g);
int step_text(const struct step *s, char *buf, size_t size);
const char *fuzz_call_name(enum fuzz_call call);
const char *fuzz_ptr_name(enum fuzz_ptr ptr);
u32 fuzz_argsz(enum fuzz_argsz kind, u32 right);

#endif /* COHMEM_FUZZ_STEP_H */
