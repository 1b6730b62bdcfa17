// SPDX-License-Identifier: GPL-2.0-only
/* The test of a function: configuration space as a guest sees it. */
#include <linux/pci_regs.h>

#include "ecap.h"
#include "internal.h"
#include "regs.h"
#include "selftest.h"

#define CFG_SIZE	4096

static bool get(struct cohmem_selftest *t, unsigned int pos, void *buf,
		size_t len)
{
	return cohmem_vfio_read(&t->vfio, COHMEM_VFIO_CONFIG, pos, buf, len) ==
	       (ssize_t)len;
}

static bool put(struct cohmem_selftest *t, unsigned int pos, const void *buf,
		size_t len)
{
	return cohmem_vfio_write(&t->vfio, COHMEM_VFIO_CONFIG, pos, buf, len) ==
	       (ssize_t)len;
}

/**
 * cohmem_test_config() - nothing tells a guest where the memory is on the host
 * @t: the test
 */
void cohmem_test_config(struct cohmem_selftest *t)
{
	unsigned int pos = 0x100, hops, nr = 0, nr_dvsec = 0;
	bool nvidia = false, broken = false;
	u32 head = 0, h1 = 0, h2 = 0;
	const char *what;

	for (hops = 0; pos; hops++) {
		if (pos < 0x100 || pos + 4 > CFG_SIZE || pos & 3 ||
		    hops > CFG_SIZE / 8 || !get(t, pos, &head, 4)) {
			broken = true;
			break;
		}
		if (head && head != ~0U)
			nr++;
		if ((head & 0xffff) == COHMEM_ECAP_DVSEC &&
		    get(t, pos + COHMEM_DVSEC_HEADER1, &h1, 4) &&
		    get(t, pos + COHMEM_DVSEC_HEADER2, &h2, 4)) {
			nr_dvsec++;
			what = cohmem_dvsec_hidden(h1, h2);
			if (what) {
				cohmem_tested(t, "config-hidden",
					      COHMEM_TEST_FAILED,
					      "at %#x a DVSEC can be seen that a guest must not see: %s",
					      pos, what);
				return;
			}
			nvidia |= (h1 & 0xffff) == COHMEM_PCI_VENDOR_NVIDIA;
		}
		pos = head >> 20 & ~3U;
	}
	if (broken) {
		cohmem_tested(t, "config-hidden", COHMEM_TEST_FAILED,
			      "the chain of extended capabilities breaks at %#x",
			      pos);
		return;
	}
	cohmem_tested(t, "config-hidden", COHMEM_TEST_PASSED,
		      "%u extended capabilities, %u of them DVSECs and none of CXL%s; NVIDIA's is %s",
		      nr, nr_dvsec, t->f->has_cxl_dvsec ?
		      " (the function has one)" : "",
		      nvidia ? "shown" : t->f->has_nv_dvsec ?
		      "hidden by this kernel" : "not there");
}

/* Returns 0 where the BAR answers as one of @size; the words that it gave. */
static bool sized(struct cohmem_selftest *t, unsigned int pos, u64 size,
		  u64 *before, u64 *answer, u64 *after)
{
	const u32 ones = ~0U;
	u32 lo = 0, hi = 0;
	bool ok;

	ok = get(t, pos, before, 8);
	ok &= put(t, pos, &ones, 4) && get(t, pos, &lo, 4);
	ok &= put(t, pos + 4, &ones, 4) && get(t, pos + 4, &hi, 4);
	ok &= put(t, pos, before, 8) && get(t, pos, after, 8);
	*answer = (u64)hi << 32 | lo;
	return ok && *before == *after &&
	       (*answer & ~(u64)PCI_BASE_ADDRESS_MEM_MASK) ==
	       (PCI_BASE_ADDRESS_MEM_TYPE_64 | PCI_BASE_ADDRESS_MEM_PREFETCH) &&
	       ~(*answer & PCI_BASE_ADDRESS_MEM_MASK) + 1 == size;
}

/**
 * cohmem_test_bars() - BARs of the memory can be sized, and are as before then
 * @t: the test
 */
void cohmem_test_bars(struct cohmem_selftest *t)
{
	const struct cohmem_layout *l = &t->f->memory.layout;
	u64 before = 0, answer = 0, after = 0;
	u16 command = 0, off;
	unsigned int i;
	bool ok;

	if (!get(t, PCI_COMMAND, &command, 2)) {
		cohmem_tested(t, "config-bars", COHMEM_TEST_FAILED,
			      "the command register cannot be read");
		return;
	}
	off = command & ~PCI_COMMAND_MEMORY;
	put(t, PCI_COMMAND, &off, 2);
	for (i = 0; i < l->nr; i++) {
		const struct cohmem_region *r = &l->region[i];

		ok = sized(t, PCI_BASE_ADDRESS_0 + 4 * r->bar, r->region_size,
			   &before, &answer, &after);
		cohmem_tested(t, r->kind == COHMEM_USEMEM ?
			      "config-bar-usemem" : "config-bar-resmem",
			      ok ? COHMEM_TEST_PASSED : COHMEM_TEST_FAILED,
			      "BAR%u: sized as %#llx, want %#llx; it was %#llx and is %#llx",
			      r->bar, (unsigned long long)answer,
			      (unsigned long long)((~(r->region_size - 1)) |
				PCI_BASE_ADDRESS_MEM_TYPE_64 |
				PCI_BASE_ADDRESS_MEM_PREFETCH),
			      (unsigned long long)before,
			      (unsigned long long)after);
	}
	put(t, PCI_COMMAND, &command, 2);
}
