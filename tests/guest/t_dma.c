// SPDX-License-Identifier: GPL-2.0-only
/*
 * DMA, proven and not assumed: the device's copy engine moves data between
 * guest memory and coherent memory, through the IOMMU, and says so by an
 * interrupt.
 */
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "copy.h"

/* Above every window that an IOMMU may reserve for interrupts. */
#define IOVA	(4ULL << 30)

static u8 *ram(u64 len)
{
	u8 *p = mmap(NULL, len, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED, "%s", strerror(errno));
	memset(p, 0, len);
	return p;
}

static void the_engine_is_there(void)
{
	struct dev d;

	copy_open(&d);
	CHECK_EQ(engine_r32(&d, COHMEM_ENGINE_VERSION), 1);
	CHECK_EQ(engine_r64(&d, COHMEM_ENGINE_MEM_SIZE), facts()->hbm);
	dev_close(&d);
}

/* Guest memory to coherent memory and back, seen by the CPU in between. */
static void both_ways(void)
{
	u64 len = 3 * MiB + 4096 + 40;
	struct dev d;
	u8 *buf, *m;

	copy_open(&d);
	buf = ram(4 * MiB);
	dma_map(&d, buf, IOVA, 4 * MiB);
	m = map(&d, 4, 64 * MiB, 4 * MiB);
	fill(buf, len, 1);
	engine_run(&d, COPY, BUS, IOVA, MEM, 64 * MiB, len);
	CHECK_EQ(mismatch(m, len, 1), -1);

	fill(m, len, 2);
	engine_run(&d, COPY, MEM, 64 * MiB, BUS, IOVA, len);
	CHECK_EQ(mismatch(buf, len, 2), -1);

	/* odd places, odd lengths */
	memset(buf, 0, 4 * MiB);
	engine_run(&d, COPY, MEM, 64 * MiB + 8, BUS, IOVA + 4093, 70001);
	CHECK(!memcmp(buf + 4093, m + 8, 70001), "odd copy");
	CHECK(!buf[4092] && !buf[4093 + 70001], "beside it");
	dma_unmap(&d, IOVA, 4 * MiB);
	dev_close(&d);
}

static void resmem_by_the_engine(void)
{
	const struct facts *f = facts();
	u64 len = 256 * KiB;
	struct dev d;
	u8 *m;

	if (!f->split)
		SKIP("this model has no resmem");
	copy_open(&d);
	m = map(&d, 2, 0, len);
	engine_w64(&d, COHMEM_ENGINE_PATTERN, 0x1122334455667788ULL);
	engine_run(&d, COHMEM_OP_FILL, 0, 0, MEM, f->usemem, len);
	CHECK_EQ(load((u64 *)m), 0x1122334455667788ULL);
	CHECK_EQ(load((u64 *)(m + len - 8)), 0x1122334455667788ULL);
	fill(m, len, 6);
	engine_run(&d, COPY, MEM, f->usemem, MEM, 32 * MiB, len);
	m = map(&d, 4, 32 * MiB, len);
	CHECK_EQ(mismatch(m, len, 6), -1);
	dev_close(&d);
}

/* The BAR itself as a target of DMA: peers and guests do that. */
static void dma_to_the_bar(void)
{
	const struct facts *f = facts();
	unsigned int bars[] = { 4, 2 }, nr = f->split ? 2 : 1, i;
	u64 len = 4 * MiB;
	struct dev d;
	u8 *buf, *m;

	copy_open(&d);
	buf = ram(len);
	dma_map(&d, buf, IOVA, len);
	for (i = 0; i < nr; i++) {
		u64 at = (bars[i] == 2 ? f->usemem : 0) + 16 * MiB;

		/* not touched before: the map has to fault it in */
		m = map_aligned(&d, bars[i], 16 * MiB, len, 2 * MiB, 0);
		dma_map(&d, m, 2 * IOVA, len);
		fill(buf, len, 10 + i);
		engine_run(&d, COPY, BUS, IOVA, BUS, 2 * IOVA, len);
		CHECK_EQ(mismatch(m, len, 10 + i), -1);
		memset(buf, 0, len);
		engine_run(&d, COPY, MEM, at, BUS, IOVA, len);
		CHECK_EQ(mismatch(buf, len, 10 + i), -1);
		memset(buf, 0, len);
		engine_run(&d, COPY, BUS, 2 * IOVA, BUS, IOVA, len);
		CHECK_EQ(mismatch(buf, len, 10 + i), -1);
		dma_unmap(&d, 2 * IOVA, len);
		engine_fails(&d, COPY, BUS, 2 * IOVA, BUS, IOVA, 4096,
		      COHMEM_EERR_UNMAPPED);
		unmap(m, len);
	}
	dma_unmap(&d, IOVA, len);
	dev_close(&d);
}

/* A VMA that only small leaves fit into, and the far end of the memory. */
static void dma_to_awkward_mappings(void)
{
	const struct facts *f = facts();
	u64 len = 2 * MiB;
	struct dev d;
	u8 *m;

	copy_open(&d);
	m = map_aligned(&d, 4, 16 * MiB, len, 2 * MiB, f->page);
	dma_map(&d, m, IOVA, len);
	engine_w64(&d, COHMEM_ENGINE_PATTERN, 0x0102030405060708ULL);
	engine_run(&d, COHMEM_OP_FILL, 0, 0, BUS, IOVA, len);
	CHECK_EQ(load((u64 *)(m + len - 8)), 0x0102030405060708ULL);
	dma_unmap(&d, IOVA, len);
	unmap(m, len);

	m = map(&d, 4, f->usemem - len, len);
	dma_map(&d, m, IOVA, len);
	engine_run(&d, COHMEM_OP_FILL, 0, 0, BUS, IOVA, len);
	CHECK_EQ(load((u64 *)(m + len - 8)), 0x0102030405060708ULL);
	dma_unmap(&d, IOVA, len);
	dev_close(&d);
}

/* A GiB at once, as a VMM maps it. */
static void dma_map_of_a_gigabyte(void)
{
	double t[3];
	struct dev d;
	u8 *m;

	copy_open(&d);
	m = map_aligned(&d, 4, 0, GiB, GiB, 0);
	t[0] = now_ms();
	dma_map(&d, m, IOVA, GiB);
	t[1] = now_ms();
	engine_w64(&d, COHMEM_ENGINE_PATTERN, 0x55aa);
	engine_run(&d, COHMEM_OP_FILL, 0, 0, BUS, IOVA + GiB - 4096, 4096);
	CHECK_EQ(load((u64 *)(m + GiB - 8)), 0x55aa);
	t[1] -= t[0];
	t[0] = now_ms();
	dma_unmap(&d, IOVA, GiB);
	t[2] = now_ms() - t[0];
	test_info("1 GiB mapped in %.1f ms, unmapped in %.1f ms", t[1], t[2]);
	dev_close(&d);
}

static void what_is_not_mapped_is_not_reached(void)
{
	struct dev d;
	u8 *buf;

	copy_open(&d);
	buf = ram(MiB);
	engine_fails(&d, COPY, MEM, 0, BUS, IOVA, 4096, COHMEM_EERR_UNMAPPED);
	dma_map(&d, buf, IOVA, MiB);
	engine_run(&d, COPY, MEM, 0, BUS, IOVA, 4096);
	engine_fails(&d, COPY, MEM, 0, BUS, IOVA + MiB, 4096, COHMEM_EERR_UNMAPPED);
	dma_unmap(&d, IOVA, MiB);
	engine_fails(&d, COPY, MEM, 0, BUS, IOVA, 4096, COHMEM_EERR_UNMAPPED);
	engine_fails(&d, COPY, MEM, facts()->hbm, MEM, 0, 8, COHMEM_EERR_RANGE);
	dev_close(&d);
}

static void bus_mastering_off(void)
{
	struct dev d;
	u8 *buf;

	copy_open(&d);
	buf = ram(MiB);
	dma_map(&d, buf, IOVA, MiB);
	set_command(&d, 0, PCI_COMMAND_MASTER);
	engine_fails(&d, COPY, MEM, 0, BUS, IOVA, 4096, COHMEM_EERR_NO_MASTER);
	set_command(&d, PCI_COMMAND_MASTER, 0);
	engine_run(&d, COPY, MEM, 0, BUS, IOVA, 4096);
	dev_close(&d);
}

static bool signalled(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	u64 n;

	return poll(&p, 1, ms) == 1 && read(fd, &n, 8) == 8;
}

/*
 * Since Linux 6.15 an MSI cannot be set up for a device in a VFIO type1 domain
 * whose IOMMU reports a hardware MSI window, as QEMU's virtio-iommu does on
 * arm64: iommu_dma_prepare_msi() fails with EOPNOTSUPP, the caller leaks the
 * vector, and a WARN follows when the driver is unbound. No driver can help it.
 */
static bool msi_is_broken(const struct dev *d)
{
#ifdef __aarch64__
	char text[4096];

	return d->iommufd < 0 && kernel_version() >= 61500 &&
	       file_read(dev_path("iommu_group/reserved_regions"), text,
			 sizeof(text)) > 0 &&
	       strstr(text, " msi");
#else
	(void)d;
	return false;
#endif
}

static void completion_by_interrupt(void)
{
	int fds[4];
	unsigned int i;
	struct dev d;
	u8 *buf;

	copy_open(&d);
	if (msi_is_broken(&d))
		SKIP("this kernel cannot set up MSIs under virtio-iommu with a type1 container (since 6.15)");
	buf = ram(MiB);
	dma_map(&d, buf, IOVA, MiB);
	for (i = 0; i < 4; i++)
		fds[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	CHECK_EQ(__irq_set(&d, VFIO_PCI_MSIX_IRQ_INDEX, 0, fds, 4), 0);
	for (i = 0; i < 4; i++) {
		engine_submit(&d, COPY, MEM, 0, BUS, IOVA, 4096,
		       i | COHMEM_ENGINE_IRQ_ON);
		CHECK(signalled(fds[i], 5000), "no interrupt on vector %u", i);
		CHECK_EQ(engine_finish(&d), COHMEM_STATUS_DONE);
		CHECK(!signalled(fds[(i + 1) % 4], 0), "a stray interrupt");
	}
	/* without a job, by order */
	sim("irq 2");
	CHECK(signalled(fds[2], 5000), "no interrupt by order");
	irq_off(&d, VFIO_PCI_MSIX_IRQ_INDEX);
	dev_close(&d);
}

/* The engine's own checksum of what the CPU wrote: no copy in between. */
static void checksum(void)
{
	u64 len = 100000;
	u32 crc = 0xffffffff, i, k;
	struct dev d;
	u8 *m;

	copy_open(&d);
	m = map(&d, 4, 0, MiB);
	fill(m, len, 77);
	for (i = 0; i < len; i++) {
		crc ^= m[i];
		for (k = 0; k < 8; k++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	engine_run(&d, COHMEM_OP_CRC32, MEM, 0, MEM, 0, len);
	CHECK_EQ(engine_r32(&d, COHMEM_ENGINE_RESULT), ~crc);
	dev_close(&d);
}

static void a_reset_ends_a_job(void)
{
	struct dev d;

	copy_open(&d);
	engine_submit(&d, COHMEM_OP_FILL, 0, 0, MEM, 0, 512 * MiB, 0);
	CHECK_EQ(dev_reset(&d), 0);
	set_command(&d, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 0);
	CHECK_EQ(engine_r32(&d, COHMEM_ENGINE_STATUS), COHMEM_STATUS_IDLE);
	CHECK_EQ(reg_read(&d, 4, 0, &(u64){ 0 }, 8), 8);
	engine_run(&d, COPY, MEM, 0, MEM, MiB, 4096);
	dev_close(&d);
}

static void not_while_it_trains(void)
{
	struct dev d;

	copy_open(&d);
	sim_training(1000);
	CHECK_EQ(dev_reset(&d), 0);
	set_command(&d, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 0);
	engine_fails(&d, COPY, MEM, 0, MEM, MiB, 4096, COHMEM_EERR_NOT_READY);
	CHECK_EQ(reg_read(&d, 4, 0, &(u64){ 0 }, 8), 8);
	engine_run(&d, COPY, MEM, 0, MEM, MiB, 4096);
	dev_close(&d);
}

SUITE(TEST(the_engine_is_there), TEST(both_ways), TEST(resmem_by_the_engine),
      TEST(dma_to_the_bar), TEST(dma_to_awkward_mappings),
      TEST(dma_map_of_a_gigabyte), TEST(what_is_not_mapped_is_not_reached),
      TEST(bus_mastering_off), TEST(completion_by_interrupt), TEST(checksum),
      TEST(a_reset_ends_a_job), TEST(not_while_it_trains));
