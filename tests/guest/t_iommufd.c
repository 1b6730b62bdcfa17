// SPDX-License-Identifier: GPL-2.0-only
/*
 * iommufd, the way in that VMMs are going over to: binding and attaching, guest
 * memory by its file, coherent memory by its dma-buf, and what becomes of such a
 * mapping when the memory goes. That the device reaches guest memory, or does not, is
 * seen by its copy engine. Of dma-bufs it cannot be on arm64: iommufd maps them with
 * IOMMU_MMIO, and QEMU's virtio-iommu keeps such mappings from devices like ours. There the
 * helper module cohmem_test_iova (tests/kmod) asks the kernel's IOMMU domain.
 *
 * No Debian kernel has iommufd: --kernel debug.
 */
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "copy.h"
#include "uapi.h"

/* Above every window that an IOMMU may reserve for interrupts. */
#define IOVA	(4 * GiB)
/* What is exported of the coherent memory. */
#define AT	(32 * MiB)
#define LEN	(2 * MiB)

static void iommufd_open(struct dev *d)
{
	if (!have_cdev())
		SKIP("this kernel has no iommufd: --kernel debug");
	setenv("COHMEM_VIA", "cdev", 1);
	copy_open(d);
}

static int map_file(struct dev *d, int fd, u64 start, u64 len, u64 iova)
{
	struct abi_ioas_map_file arg = {
		.size = sizeof(arg),
		.flags = ABI_IOAS_MAP_FIXED | ABI_IOAS_MAP_READ |
			 ABI_IOAS_MAP_WRITE,
		.ioas_id = d->ioas, .fd = fd,
		.start = start, .length = len, .iova = iova,
	};

	return ioctl(d->iommufd, ABI_IOAS_MAP_FILE, &arg) ? -errno : 0;
}

#define HELPER	"/sys/module/cohmem_test_iova/parameters/"

/* Where an address of a GPU leads by what its IOMMU domain has; 0: to nothing. */
static u64 leads_to(const char *bdf, u64 iova)
{
	char text[64];
	int ret;

	if (!file_exists(HELPER "look"))
		SKIP("cohmem_test_iova is not loaded");
	snprintf(text, sizeof(text), "%s %#llx", bdf, (unsigned long long)iova);
	ret = file_write(HELPER "look", text);
	CHECK(!ret, "%s: %s", text, strerror(-ret));
	CHECK(file_read(HELPER "phys", text, sizeof(text)) > 0, "no address");
	return strtoull(text, NULL, 0);
}

/* All of what is mapped, by its ends. */
static void leads_to_all(const char *bdf, u64 iova, u64 phys, u64 len)
{
	u64 last = len - facts()->page;

	CHECK_EQ(leads_to(bdf, iova), phys);
	CHECK_EQ(leads_to(bdf, iova + last), phys ? phys + last : 0);
}

static int export(struct dev *d, unsigned int bar, u64 off, u64 len)
{
	int fd = dev_export(d, bar, off, len);

	if (fd == -ENOTTY || fd == -EOPNOTSUPP)
		SKIP("this kernel's vfio-pci exports no dma-buf");
	CHECK(fd >= 0, "export of BAR%u: %s", bar, strerror(-fd));
	return fd;
}

/* Guest memory as a VMM has it, with its file. */
static u8 *ram(u64 len, int *fd)
{
	u8 *p;

	*fd = memfd_create("ram", MFD_CLOEXEC);
	CHECK(*fd >= 0 && !ftruncate(*fd, len), "memfd: %s", strerror(errno));
	p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
	CHECK(p != MAP_FAILED, "%s", strerror(errno));
	return p;
}

/* The same device file once more: a second user of the function. */
static int open_again(struct dev *d)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", d->fd);
	fd = open(path, O_RDWR | O_CLOEXEC);
	CHECK(fd >= 0, "the device file again: %s", strerror(errno));
	return fd;
}

static int bind_to(int fd, int iommufd)
{
	struct abi_bind_iommufd bind = {
		.argsz = sizeof(bind), .iommufd = iommufd,
	};

	return ioctl(fd, ABI_BIND_IOMMUFD, &bind) ? -errno : 0;
}

/* Who has not bound it has nothing, and one binds it at a time. */
static void one_user_at_a_time(void)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	struct abi_attach_pt attach = { .argsz = sizeof(attach), .pt_id = 9999 };
	struct dev d;
	int fd;

	iommufd_open(&d);
	CHECK_EQ(bind_to(d.fd, d.iommufd), -EINVAL);
	fd = open_again(&d);
	CHECK_ERRNO(ioctl(fd, VFIO_DEVICE_GET_INFO, &info), EINVAL);
	CHECK_ERRNO(ioctl(fd, VFIO_DEVICE_RESET), EINVAL);
	CHECK_ERRNO(pread(fd, &info, 4, d.region[4].offset), EINVAL);
	CHECK(mmap(NULL, MiB, PROT_READ, MAP_SHARED, fd, d.region[4].offset) ==
	      MAP_FAILED, "mapped by somebody who has not bound it");
	CHECK_EQ(bind_to(fd, d.iommufd), -EINVAL);
	CHECK_ERRNO(ioctl(d.fd, ABI_ATTACH_PT, &attach), ENOENT);

	/* The second is served when the first has gone. */
	dev_close(&d);
	CHECK_EQ(bind_to(fd, -2), -EINVAL);
	CHECK_EQ(bind_to(fd, 1000), -EBADF);
	CHECK_EQ(bind_to(fd, fd), -EBADFD);
	close(fd);
	dev_open(&d);
	dev_close(&d);
}

static void detached_is_cut_off(void)
{
	struct abi_attach_pt detach = { .argsz = 8 }, attach = {
		.argsz = sizeof(attach),
	};
	struct dev d;
	int mem;
	u8 *buf;

	iommufd_open(&d);
	buf = ram(LEN, &mem);
	dma_map(&d, buf, IOVA, LEN);
	fill(buf, LEN, 1);
	engine_run(&d, COPY, BUS, IOVA, MEM, 0, LEN);
	CHECK(!ioctl(d.fd, ABI_DETACH_PT, &detach), "detach: %s",
	      strerror(errno));
	engine_submit(&d, COPY, MEM, 4096, BUS, IOVA, 4096, 0);
	CHECK_EQ(engine_finish(&d), COHMEM_STATUS_ERROR);
	CHECK_EQ(mismatch(buf, LEN, 1), -1);
	attach.pt_id = d.ioas;
	CHECK(!ioctl(d.fd, ABI_ATTACH_PT, &attach), "attach: %s",
	      strerror(errno));
	engine_run(&d, COPY, BUS, IOVA, MEM, 0, LEN);
	dev_close(&d);
}

/* A memfd, from its middle on, without an address in any process. */
static void memory_by_its_file(void)
{
	struct dev d;
	int mem;
	u8 *buf;

	iommufd_open(&d);
	buf = ram(2 * LEN, &mem);
	CHECK_EQ(map_file(&d, mem, LEN, LEN, IOVA), 0);
	fill(buf + LEN, LEN, 2);
	unmap(buf, 2 * LEN);
	engine_run(&d, COPY, BUS, IOVA, MEM, AT, LEN);
	buf = map(&d, 4, AT, LEN);
	CHECK_EQ(mismatch(buf, LEN, 2), -1);
	fill(buf, LEN, 3);
	engine_run(&d, COPY, MEM, AT, BUS, IOVA, LEN);
	buf = mmap(NULL, LEN, PROT_READ, MAP_SHARED, mem, LEN);
	CHECK(buf != MAP_FAILED, "%s", strerror(errno));
	CHECK_EQ(mismatch(buf, LEN, 3), -1);
	dma_unmap(&d, IOVA, LEN);
	engine_fails(&d, COPY, BUS, IOVA, MEM, 0, 4096, COHMEM_EERR_UNMAPPED);
	dev_close(&d);
}

/*
 * No struct page stands behind coherent memory, and iommufd pins pages: what type1
 * takes by its address goes by the dma-buf here.
 */
static void not_by_its_address(void)
{
	struct dev d;
	u8 *m;

	iommufd_open(&d);
	m = map_aligned(&d, 4, AT, LEN, LEN, 0);
	store((u64 *)m, 1);
	CHECK_EQ(__dma_map(&d, m, IOVA, LEN), -EFAULT);
	engine_fails(&d, COPY, BUS, IOVA, MEM, 0, 4096, COHMEM_EERR_UNMAPPED);
	dev_close(&d);
}

static void by_its_export(struct dev *d, unsigned int bar, u64 phys)
{
	const char *bdf = facts()->bdf;
	int fd;

	fd = export(d, bar, AT, 2 * LEN);
	CHECK_EQ(map_file(d, fd, LEN, LEN, IOVA), 0);
	leads_to_all(bdf, IOVA, phys + AT + LEN, LEN);
	CHECK_EQ(leads_to(bdf, IOVA + LEN), 0);
	CHECK_EQ(leads_to(bdf, IOVA - facts()->page), 0);
	dma_unmap(d, IOVA, LEN);
	leads_to_all(bdf, IOVA, 0, LEN);
	close(fd);
}

static void coherent_memory_by_its_export(void)
{
	const struct facts *f = facts();
	struct dev d;

	iommufd_open(&d);
	by_its_export(&d, 4, f->mem_base);
	if (f->split)
		by_its_export(&d, 2, f->mem_base + f->usemem);
	dev_close(&d);
}

static void no_more_than_was_exported(void)
{
	const struct facts *f = facts();
	struct dev d;
	int fd;

	iommufd_open(&d);
	fd = export(&d, 4, f->usemem - LEN, LEN);
	CHECK_EQ(map_file(&d, fd, 0, LEN + f->page, IOVA), -EINVAL);
	CHECK_EQ(map_file(&d, fd, LEN, f->page, IOVA), -EINVAL);
	CHECK_EQ(map_file(&d, fd, -f->page, 2 * f->page, IOVA), -EOVERFLOW);
	CHECK_EQ(map_file(&d, fd, 0, 0, IOVA), -EINVAL);
	CHECK_EQ(map_file(&d, fd, 0, LEN, IOVA), 0);
	/* twice at one address */
	CHECK_EQ(map_file(&d, fd, 0, LEN, IOVA), -EEXIST);
	close(fd);
	/* a mapping needs its file no more */
	leads_to_all(f->bdf, IOVA, f->mem_base + f->usemem - LEN, LEN);
	dev_close(&d);
}

/* --- The memory goes --------------------------------------------------------- */

enum way { BY_VFIO, BY_FLR, BY_HOT_RESET, BY_DECODING, BY_D3 };

static const char * const way_name[] = {
	"VFIO_DEVICE_RESET", "FLR", "hot reset", "memory decoding", "D3hot",
};

static int hot_reset_info(struct dev *d, struct vfio_pci_hot_reset_info *info,
			  size_t size)
{
	memset(info, 0, size);
	info->argsz = size;
	return ioctl(d->fd, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, info) ? -errno : 0;
}

/* Linux resets no bus with a GPU of GH200's kind on it. */
static bool has_hot_reset(struct dev *d)
{
	struct vfio_pci_hot_reset_info info;

	return hot_reset_info(d, &info, sizeof(info)) != -ENODEV;
}

/* By the device's descriptor alone, as it is owned by iommufd. */
static int hot_reset(struct dev *d)
{
	struct vfio_pci_hot_reset arg = { .argsz = sizeof(arg) };

	return ioctl(d->fd, VFIO_DEVICE_PCI_HOT_RESET, &arg) ? -errno : 0;
}

static void take_away(struct dev *d, enum way way)
{
	switch (way) {
	case BY_VFIO:
		CHECK_EQ(dev_reset(d), 0);
		break;
	case BY_FLR:
		flr(d);
		break;
	case BY_HOT_RESET:
		CHECK_EQ(hot_reset(d), 0);
		break;
	case BY_DECODING:
		set_command(d, 0, PCI_COMMAND_MEMORY);
		break;
	case BY_D3:
		set_power(d, 3);
		break;
	}
}

static void give_back(struct dev *d)
{
	set_power(d, 0);
	set_command(d, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 0);
	CHECK_EQ(reg_read(d, 4, 0, &(u64){ 0 }, 8), 8);
}

static bool stays_away(enum way way)
{
	return way == BY_DECODING || way == BY_D3;
}

/*
 * @user, a GPU of that address, has a mapping of @d's memory; whatever takes that memory
 * away takes the mapping, which does not come back by itself.
 */
static void revoked(struct dev *d, struct dev *user, const char *bdf,
		    enum way way)
{
	u64 phys = facts()->mem_base + AT;
	int fd, mem;
	u8 *buf;

	if (way == BY_HOT_RESET && !has_hot_reset(d)) {
		test_info("no hot reset for this GPU");
		return;
	}
	fd = export(d, 4, AT, LEN);
	buf = ram(LEN, &mem);
	CHECK_EQ(map_file(user, fd, 0, LEN, IOVA), 0);
	CHECK_EQ(map_file(user, mem, 0, LEN, 2 * IOVA), 0);
	leads_to_all(bdf, IOVA, phys, LEN);

	take_away(d, way);
	leads_to_all(bdf, IOVA, 0, LEN);
	if (stays_away(way))
		CHECK_EQ(map_file(user, fd, 0, LEN, 3 * IOVA), -ENODEV);
	give_back(d);
	leads_to_all(bdf, IOVA, 0, LEN);
	/* other mappings are none of its business */
	fill(buf, LEN, way + 1);
	engine_run(user, COPY, BUS, 2 * IOVA, MEM, 0, LEN);
	dma_unmap(user, IOVA, LEN);
	CHECK_EQ(map_file(user, fd, 0, LEN, IOVA), 0);
	leads_to_all(bdf, IOVA, phys, LEN);
	dma_unmap(user, IOVA, LEN);
	dma_unmap(user, 2 * IOVA, LEN);
	unmap(buf, LEN);
	close(fd);
	close(mem);
	test_info("%s takes it away", way_name[way]);
}

static void revoked_for_its_own_device(void)
{
	enum way way;
	struct dev d;

	iommufd_open(&d);
	for (way = BY_VFIO; way <= BY_D3; way++)
		revoked(&d, &d, facts()->bdf, way);
	dev_close(&d);
}

/* For a reset by sysfs the core revokes nothing (7.3): docs/security.md, "What is left". */
static void revoked_by_sysfs(void)
{
	u64 phys = facts()->mem_base + AT;
	struct dev d;
	int fd;

	iommufd_open(&d);
	fd = export(&d, 4, AT, LEN);
	CHECK_EQ(map_file(&d, fd, 0, LEN, IOVA), 0);
	leads_to_all(facts()->bdf, IOVA, phys, LEN);
	CHECK_EQ(file_write(dev_path("reset"), "1"), 0);
	give_back(&d);
	if (leads_to(facts()->bdf, IOVA) == phys)
		SKIP("this kernel's vfio-pci takes no dma-buf back for a reset by sysfs");
	leads_to_all(facts()->bdf, IOVA, 0, LEN);
	dev_close(&d);
}

static void open_peer(struct dev *d, char *bdf, size_t size)
{
	if (!use_gpu(1))
		SKIP("needs a second GPU: lab/run gb200x2-iommufd");
	snprintf(bdf, size, "%s", facts()->bdf);
	iommufd_open(d);
	CHECK(use_gpu(0), "no first GPU");
}

/* What type1 cannot do: another device's mapping of this memory goes as well. */
static void revoked_for_a_peer(void)
{
	struct dev d, user;
	char bdf[32];
	enum way way;

	open_peer(&user, bdf, sizeof(bdf));
	dev_open(&d);
	give_back(&d);
	for (way = BY_VFIO; way <= BY_D3; way++)
		revoked(&d, &user, bdf, way);
	dev_close(&d);
	dev_close(&user);
}

static void gone_with_its_user(void)
{
	struct dev d, user;
	char bdf[32];
	int fd;

	open_peer(&user, bdf, sizeof(bdf));
	dev_open(&d);
	give_back(&d);
	fd = export(&d, 4, AT, LEN);
	CHECK_EQ(map_file(&user, fd, 0, LEN, IOVA), 0);
	leads_to_all(bdf, IOVA, facts()->mem_base + AT, LEN);
	dev_close(&d);
	leads_to_all(bdf, IOVA, 0, LEN);
	CHECK_EQ(map_file(&user, fd, 0, LEN, 2 * IOVA), -ENODEV);
	/* nor is it there for the next one's sake */
	dev_open(&d);
	give_back(&d);
	CHECK_EQ(map_file(&user, fd, 0, LEN, 2 * IOVA), -ENODEV);
	leads_to_all(bdf, IOVA, 0, LEN);
	dev_close(&d);
	close(fd);
	dev_close(&user);
}

/* --- Hot reset ------------------------------------------------------------------ */

static void hot_reset_by_descriptor(void)
{
	struct {
		struct vfio_pci_hot_reset_info head;
		struct vfio_pci_dependent_device dev[8];
	} info;
	struct {
		struct vfio_pci_hot_reset head;
		int fd;
	} by_group = { .head.argsz = sizeof(by_group), .head.count = 1 };
	u64 resets;
	struct dev d;
	u8 *m;

	iommufd_open(&d);
	if (!has_hot_reset(&d))
		SKIP("Linux resets no bus with this GPU on it: lab/run gb200x2-iommufd");
	CHECK_EQ(hot_reset_info(&d, &info.head, sizeof(info)), 0);
	/* 1: the numbers are iommufd's; 2: all of them are ours */
	CHECK_EQ(info.head.flags, 3);
	CHECK_EQ(info.head.count, 1);
	by_group.fd = d.fd;
	CHECK_ERRNO(ioctl(d.fd, VFIO_DEVICE_PCI_HOT_RESET, &by_group), EINVAL);

	m = map(&d, 4, AT, LEN);
	fill(m, LEN, 5);
	resets = attr_u64("reset_generation");
	CHECK_EQ(hot_reset(&d), 0);
	CHECK(attr_u64("reset_generation") > resets, "nobody noticed");
	give_back(&d);
	CHECK_EQ(mismatch(m, LEN, 5), -1);
	dev_close(&d);
}

/* --- Other devices, and spaces by PASID ---------------------------------------- */

/*
 * What Linux calls the IOMMU of this machine that lets devices reach what is mapped with
 * IOMMU_MMIO and knows PASIDs, as the IOMMUs of real hosts do.
 */
#define VTD_DEBUG	"/sys/kernel/debug/iommu/intel"

static void needs_vtd(void)
{
	if (!file_exists(VTD_DEBUG))
		SKIP("virtio-iommu has no PASIDs and keeps what is MMIO from devices: --flavour amd64-quick");
}

/* Another GPU's engine reads and writes coherent memory by its dma-buf, and no more of it. */
static void reached_by_a_peer(void)
{
	struct dev d, user;
	char bdf[32];
	int fd, mem;
	u8 *m, *buf;

	needs_vtd();
	open_peer(&user, bdf, sizeof(bdf));
	dev_open(&d);
	give_back(&d);
	buf = ram(LEN, &mem);
	CHECK_EQ(map_file(&user, mem, 0, LEN, 2 * IOVA), 0);
	fd = export(&d, 4, AT, LEN);
	CHECK_EQ(map_file(&user, fd, 0, LEN, IOVA), 0);
	m = map(&d, 4, AT, LEN);
	fill(m, LEN, 5);
	engine_run(&user, COPY, BUS, IOVA, BUS, 2 * IOVA, LEN);
	CHECK_EQ(mismatch(buf, LEN, 5), -1);
	fill(buf, LEN, 6);
	engine_run(&user, COPY, BUS, 2 * IOVA, BUS, IOVA, LEN);
	CHECK_EQ(mismatch(m, LEN, 6), -1);
	engine_fails(&user, COPY, BUS, IOVA + LEN, BUS, 2 * IOVA, 4096,
		     COHMEM_EERR_UNMAPPED);
	/* Nor when its owner has it reset, though the peer still has the mapping. */
	CHECK_EQ(dev_reset(&d), 0);
	engine_fails(&user, COPY, BUS, IOVA, BUS, 2 * IOVA, 4096,
		     COHMEM_EERR_UNMAPPED);
	dev_close(&d);
	dev_close(&user);
}

static u32 new_space(struct dev *d)
{
	struct abi_ioas_alloc arg = { .size = sizeof(arg) };

	CHECK(!ioctl(d->iommufd, ABI_IOAS_ALLOC, &arg), "%s", strerror(errno));
	return arg.out_ioas_id;
}

/* A page table over a space that may serve a PASID. */
static u32 pasid_table(struct dev *d, u32 ioas)
{
	struct abi_hwpt_alloc arg = {
		.size = sizeof(arg), .flags = ABI_HWPT_ALLOC_PASID,
		.dev_id = d->devid, .pt_id = ioas,
	};

	if (ioctl(d->iommufd, ABI_HWPT_ALLOC, &arg)) {
		if (errno == EOPNOTSUPP)
			SKIP("no PASIDs for this GPU and IOMMU: a gb200's, and intel-iommu");
		FAIL("a page table for PASIDs: %s", strerror(errno));
	}
	return arg.out_hwpt_id;
}

static int attach_pasid(struct dev *d, u32 pt, u32 pasid)
{
	struct abi_attach_pt_pasid arg = {
		.argsz = sizeof(arg), .flags = ABI_PT_PASID, .pt_id = pt,
		.pasid = pasid,
	};

	return ioctl(d->fd, ABI_ATTACH_PT, &arg) ? -errno : 0;
}

static int detach_pasid(struct dev *d, u32 pasid)
{
	struct abi_detach_pt_pasid arg = {
		.argsz = sizeof(arg), .flags = ABI_PT_PASID, .pasid = pasid,
	};

	return ioctl(d->fd, ABI_DETACH_PT, &arg) ? -errno : 0;
}

/* Where the tables that the IOMMU itself reads have this address for a PASID; 0: nowhere. */
static u64 pasid_leads_to(u32 pasid, u64 iova)
{
	unsigned long long pfn, entry[5];
	char path[128], line[256];
	u64 found = 0;
	FILE *f;
	int nr;

	snprintf(path, sizeof(path), VTD_DEBUG "/%s/%x/domain_translation_struct",
		 facts()->bdf, pasid);
	f = fopen(path, "r");
	if (!f)
		return 0;
	/* Page frame, and an entry of each level down to the page, which may be large. */
	while (fgets(line, sizeof(line), f)) {
		nr = sscanf(line, "%llx | %llx %llx %llx %llx %llx", &pfn, &entry[0],
			    &entry[1], &entry[2], &entry[3], &entry[4]) - 1;
		if (nr >= 3 && pfn == iova >> 12)
			found = entry[nr - 1] & 0xffffffffff000;
	}
	fclose(f);
	return found;
}

/* One PASID's memory is neither another's nor that of who has none. */
static void a_pasid_has_a_space_of_its_own(void)
{
	struct abi_attach_pt attach = { .argsz = sizeof(attach) };
	const struct facts *f = facts();
	u32 plain, table, other;
	struct dev d, in_space;
	int fd, mem;
	u8 *buf;

	needs_vtd();
	iommufd_open(&d);
	plain = pasid_table(&d, d.ioas);
	in_space = d;
	in_space.ioas = new_space(&d);
	table = pasid_table(&in_space, in_space.ioas);
	other = pasid_table(&d, new_space(&d));
	/* Both have to be for PASIDs, the one that has none as well. */
	CHECK_EQ(attach_pasid(&d, table, 7), -EINVAL);
	attach.pt_id = plain;
	CHECK(!ioctl(d.fd, ABI_ATTACH_PT, &attach), "%s", strerror(errno));
	CHECK_EQ(attach_pasid(&d, table, 7), 0);
	CHECK_EQ(attach_pasid(&d, other, 8), 0);
	CHECK(attach_pasid(&d, table, 1 << 20) < 0, "a PASID that it does not have");

	fd = export(&d, 4, AT, LEN);
	CHECK_EQ(map_file(&in_space, fd, 0, LEN, IOVA), 0);
	CHECK_EQ(pasid_leads_to(7, IOVA), f->mem_base + AT);
	CHECK_EQ(pasid_leads_to(8, IOVA), 0);
	CHECK_EQ(leads_to(f->bdf, IOVA), 0);
	buf = ram(LEN, &mem);
	CHECK_EQ(map_file(&d, mem, 0, LEN, IOVA), 0);
	fill(buf, LEN, 7);
	engine_run(&d, COPY, BUS, IOVA, MEM, AT + LEN, LEN);
	CHECK_EQ(pasid_leads_to(7, IOVA), f->mem_base + AT);

	/* A reset takes the memory away from it, too, and the PASID not. */
	CHECK_EQ(dev_reset(&d), 0);
	CHECK_EQ(pasid_leads_to(7, IOVA), 0);
	give_back(&d);
	dma_unmap(&in_space, IOVA, LEN);
	CHECK_EQ(map_file(&in_space, fd, 0, LEN, IOVA), 0);
	CHECK_EQ(pasid_leads_to(7, IOVA), f->mem_base + AT);

	CHECK_EQ(detach_pasid(&d, 7), 0);
	CHECK_EQ(pasid_leads_to(7, IOVA), 0);
	CHECK_EQ(attach_pasid(&d, table, 7), 0);
	CHECK_EQ(pasid_leads_to(7, IOVA), f->mem_base + AT);
	/* Who goes leaves none behind. */
	dev_close(&d);
	CHECK_EQ(pasid_leads_to(7, IOVA), 0);
	iommufd_open(&d);
	dev_close(&d);
}

SUITE(TEST(one_user_at_a_time), TEST(detached_is_cut_off),
      TEST(memory_by_its_file), TEST(not_by_its_address),
      TEST(coherent_memory_by_its_export), TEST(no_more_than_was_exported),
      TEST_LONG(revoked_for_its_own_device, 90), TEST(revoked_by_sysfs),
      TEST_LONG(revoked_for_a_peer, 90), TEST(gone_with_its_user),
      TEST(hot_reset_by_descriptor), TEST(reached_by_a_peer),
      TEST(a_pasid_has_a_space_of_its_own));
