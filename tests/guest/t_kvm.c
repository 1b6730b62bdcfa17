// SPDX-License-Identifier: GPL-2.0-only
/*
 * A virtual machine of three instructions, by KVM's own ioctls: it loads a word
 * of usemem, which is a memory slot of it, stores it to where nothing is, so that
 * we get it, and so on. What a fault of it comes to is what QEMU's guests get.
 */
#include <fcntl.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "hold.h"

#ifdef __aarch64__

#define CODE_AT		0x10000ULL
#define USEMEM_AT	0x40000000ULL
#define NOTHING_AT	0x20000000ULL
#define SLOT		(32 * MiB)

#define REG(field)	(KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | \
			 KVM_REG_ARM_CORE_REG(field))

/* 1: ldr x2, [x0]; str x2, [x1]; b 1b */
static const u32 code[] = { 0xf9400002, 0xf9000022, 0x17fffffe };

struct vm {
	int kvm, vm, vcpu;
	struct kvm_run *run;
	u8 *usemem;
	u64 slot_page;
};

static void slot(struct vm *m, u32 nr, u64 gpa, u64 size, void *at)
{
	struct kvm_userspace_memory_region r = {
		.slot = nr, .guest_phys_addr = gpa, .memory_size = size,
		.userspace_addr = (uintptr_t)at,
	};

	CHECK(!ioctl(m->vm, KVM_SET_USER_MEMORY_REGION, &r),
	      "memory slot %u: %s", nr, strerror(errno));
}

static void set_reg(struct vm *m, u64 id, u64 value)
{
	struct kvm_one_reg r = { .id = id, .addr = (uintptr_t)&value };

	CHECK(!ioctl(m->vcpu, KVM_SET_ONE_REG, &r), "KVM_SET_ONE_REG: %s",
	      strerror(errno));
}

static void vm_start(struct vm *m, struct dev *d)
{
	struct kvm_vcpu_init init;
	long size;
	u8 *ram;

	m->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (m->kvm < 0)
		SKIP("no KVM in here: %s", strerror(errno));
	m->vm = ioctl(m->kvm, KVM_CREATE_VM, 0);
	CHECK(m->vm >= 0, "KVM_CREATE_VM: %s", strerror(errno));
	ram = mmap(NULL, 65536, PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(ram != MAP_FAILED, "mmap: %s", strerror(errno));
	memcpy(ram, code, sizeof(code));
	m->usemem = map_aligned(d, 4, 0, SLOT, 2 * MiB, 0);
	slot(m, 0, CODE_AT, 65536, ram);
	slot(m, 1, USEMEM_AT, SLOT, m->usemem);
	m->vcpu = ioctl(m->vm, KVM_CREATE_VCPU, 0);
	CHECK(m->vcpu >= 0, "KVM_CREATE_VCPU: %s", strerror(errno));
	CHECK(!ioctl(m->vm, KVM_ARM_PREFERRED_TARGET, &init),
	      "KVM_ARM_PREFERRED_TARGET: %s", strerror(errno));
	CHECK(!ioctl(m->vcpu, KVM_ARM_VCPU_INIT, &init),
	      "KVM_ARM_VCPU_INIT: %s", strerror(errno));
	size = ioctl(m->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	CHECK(size > 0, "KVM_GET_VCPU_MMAP_SIZE: %s", strerror(errno));
	m->run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, m->vcpu,
		      0);
	CHECK(m->run != MAP_FAILED, "vcpu: %s", strerror(errno));
	set_reg(m, REG(regs.pc), CODE_AT);
	set_reg(m, REG(regs.regs[1]), NOTHING_AT);
}

struct request {
	struct vm *m;
	u64 off, value;
};

/* The guest loads the word at @off of usemem. 0 or -errno. */
static long guest_load(void *arg)
{
	struct request *q = arg;
	struct kvm_run *run = q->m->run;

	set_reg(q->m, REG(regs.pc), CODE_AT);
	set_reg(q->m, REG(regs.regs[0]), USEMEM_AT + q->off);
	if (ioctl(q->m->vcpu, KVM_RUN, 0))
		return -errno;
	if (run->exit_reason != KVM_EXIT_MMIO ||
	    run->mmio.phys_addr != NOTHING_AT || !run->mmio.is_write ||
	    run->mmio.len != 8)
		return -EPROTO;
	memcpy(&q->value, run->mmio.data, 8);
	/* the store is done when it runs again: let it, up to there */
	run->immediate_exit = 1;
	ioctl(q->m->vcpu, KVM_RUN, 0);
	run->immediate_exit = 0;
	return 0;
}

static void loads(struct vm *m, u64 off, u64 want)
{
	struct request q = { m, off, 0 };
	long ret = guest_load(&q);

	CHECK(!ret, "the guest's load of usemem+%#llx: %s (exit reason %u)",
	      (unsigned long long)off, strerror(-ret), m->run->exit_reason);
	CHECK_EQ(q.value, want);
}

static void vm_end(struct vm *m)
{
	close(m->vcpu);
	close(m->vm);
	close(m->kvm);
	unmap(m->usemem, SLOT);
}

static void open_and_write(struct dev *d, u64 off, u64 value)
{
	dev_open(d);
	set_command(d, 2, 0);
	CHECK_EQ(reg_write(d, 4, off, &value, 8), 8);
}

static void loads_what_is_there(void)
{
	struct dev d;
	struct vm m;

	rebind();
	open_and_write(&d, 4096, 1234567);
	vm_start(&m, &d);
	loads(&m, 4096, 1234567);
	loads(&m, 4096, 1234567);
	vm_end(&m);
	dev_close(&d);
}

/* A guest that is rebooted resets its GPU: the bad page is there again. */
static void goes_on_with_a_bad_page(void)
{
	const u64 off = 4 * MiB + 3 * facts()->page;
	char text[32];
	struct dev d;
	struct vm m;

	rebind();
	open_and_write(&d, off, 99);
	vm_start(&m, &d);
	loads(&m, off, 99);
	snprintf(text, sizeof(text), "0x%llx",
		 (unsigned long long)(facts()->mem_base + off));
	attr_write("poison_pages", text);
	loads(&m, off, 99);
	CHECK_EQ(dev_reset(&d), 0);
	set_command(&d, 2, 0);
	loads(&m, off, 99);
	loads(&m, off + facts()->page, 0);
	vm_end(&m);
	dev_close(&d);
	rebind();
}

static void waits_for_untrained_memory(void)
{
	struct request q;
	struct dev d;
	struct job j;
	struct vm m;

	open_and_write(&d, 0, 77);
	vm_start(&m, &d);
	loads(&m, 0, 77);
	reset_slowly(&d, 1500);
	q = (struct request){ &m, 0, 0 };
	job_start(&j, guest_load, &q);
	job_join(&j, "the guest's load", 1500 + AT_ONCE_MS);
	CHECK(!j.ret, "the guest's load: %s", strerror(-j.ret));
	CHECK_EQ(q.value, 77);
	CHECK(sim_number("status", "since_reset_ms") >= 1500,
	      "loaded before the memory was there");
	loads(&m, 0, 77);
	vm_end(&m);
	dev_close(&d);
}

#else /* !__aarch64__ */

static void skip(void)
{
	SKIP("the guest is one of arm64's");
}

#define loads_what_is_there		skip
#define goes_on_with_a_bad_page		skip
#define waits_for_untrained_memory	skip

#endif

SUITE(TEST(loads_what_is_there), TEST(goes_on_with_a_bad_page),
      TEST(waits_for_untrained_memory));
