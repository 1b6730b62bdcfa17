// SPDX-License-Identifier: GPL-2.0-only
/* The test of a function: mapping, padding, and DMA mappings of the memory. */
#include <stdlib.h>
#include <sys/mman.h>

#include "internal.h"
#include "selftest.h"
#include "touch.h"

#define NR_PLACES	9

/* What the last level of a huge mapping can cover; where the memory allows it. */
#define ALIGN		(1ULL << 30)

/* Above every window that an IOMMU may reserve for interrupts. */
#define IOVA_RAM	(4ULL << 30)
#define IOVA_MEM	(5ULL << 30)
#define DMA_BYTES	(16ULL << 20)

static const struct cohmem_region *find(struct cohmem_selftest *t,
					enum cohmem_kind kind)
{
	const struct cohmem_layout *l = &t->f->memory.layout;
	unsigned int i;

	for (i = 0; i < l->nr; i++)
		if (l->region[i].kind == kind)
			return &l->region[i];
	return NULL;
}

static void *map_all(struct cohmem_selftest *t, const struct cohmem_region *r)
{
	return cohmem_vfio_map_aligned(&t->vfio, r->bar, 0, r->size, ALIGN, 0);
}

/**
 * struct walk - a visit of some places in a region
 * @t: the test
 * @r: the region
 * @map: where it is mapped
 * @places: places that were looked at
 * @left_out: places in pages noted as bad
 * @why: what went wrong, or empty
 */
struct walk {
	struct cohmem_selftest *t;
	const struct cohmem_region *r;
	u8 *map;
	unsigned int places;
	unsigned int left_out;
	char why[200];
};

/* Write and read one word; what it held is put back, whatever happens. */
static bool try_word(struct walk *w, u64 off, volatile u64 *p, u64 old)
{
	const u64 values[] = { ~old, (w->r->base + off) ^ 0x5555555555555555ULL,
			       old };
	struct cohmem_fault f = { 0 };
	u64 got = old, wrong = 0, want = 0;
	unsigned int i;

	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		if (!cohmem_try_store(p, values[i], &f) ||
		    !cohmem_try_load(p, &got, &f)) {
			cohmem_fmt(w->why, sizeof(w->why), "%s when 0x%llx is written",
				   cohmem_fault_name(&f),
				   (unsigned long long)(w->r->base + off));
			return false;
		}
		if (got != values[i] && !want) {
			want = values[i];
			wrong = got;
		}
	}
	if (got == old && !want)
		return true;
	cohmem_fmt(w->why, sizeof(w->why), "0x%llx reads 0x%llx after 0x%llx was written",
		   (unsigned long long)(w->r->base + off),
		   (unsigned long long)wrong, (unsigned long long)want);
	return false;
}

static bool look(struct walk *w, u64 off, bool write)
{
	volatile u64 *p = (volatile u64 *)(w->map + off);
	struct cohmem_fault f;
	u64 old = 0, read = 0;

	off &= ~7ULL;
	if (cohmem_is_bad_page(w->t, w->r->base + off, 8)) {
		w->left_out++;
		return true;
	}
	if (!cohmem_try_load(p, &old, &f)) {
		cohmem_fmt(w->why, sizeof(w->why), "%s when 0x%llx is read",
			   cohmem_fault_name(&f),
			   (unsigned long long)(w->r->base + off));
		return false;
	}
	if (cohmem_vfio_read(&w->t->vfio, w->r->bar, off, &read, 8) != 8 ||
	    read != old) {
		cohmem_fmt(w->why, sizeof(w->why),
			   "0x%llx is 0x%llx when mapped and 0x%llx by read()",
			   (unsigned long long)(w->r->base + off),
			   (unsigned long long)old, (unsigned long long)read);
		return false;
	}
	w->places++;
	return !write || try_word(w, off, p, old);
}

static void map_region(struct cohmem_selftest *t, const struct cohmem_region *r,
		       const char *id, bool write)
{
	const u64 offs[NR_PLACES] = {
		0, r->size - 8, t->page - 8, r->size - t->page, r->size / 2,
		r->size / 2 - 8, r->size / 3, r->size / 4 * 3, r->size / 7 * 5,
	};
	struct walk w = { .t = t, .r = r };
	u64 start = cohmem_now_ms();
	unsigned int i;
	bool ok = true;

	w.map = map_all(t, r);
	if (w.map == MAP_FAILED) {
		cohmem_tested(t, id, COHMEM_TEST_FAILED, "BAR%u: mmap of %#llx bytes: %s",
			      r->bar, (unsigned long long)r->size,
			      strerror(errno));
		return;
	}
	for (i = 0; ok && i < NR_PLACES; i++)
		ok = look(&w, offs[i] & ~7ULL, write);
	munmap(w.map, r->size);
	if (!ok) {
		cohmem_tested(t, id, COHMEM_TEST_FAILED, "BAR%u: %s", r->bar,
			      w.why);
		return;
	}
	cohmem_tested(t, id, COHMEM_TEST_PASSED,
		      "BAR%u: all of it mapped, %u places from the first to the last %s in %llu ms; %u left out as bad",
		      r->bar, w.places, write ?
		      "read, written, read and put back" : "read",
		      (unsigned long long)(cohmem_now_ms() - start),
		      w.left_out);
}

/**
 * cohmem_test_mapping() - the memory can be mapped and answers
 * @t: the test
 *
 * Only usemem is written to, a word at each place.
 */
void cohmem_test_mapping(struct cohmem_selftest *t)
{
	const struct cohmem_region *r = find(t, COHMEM_USEMEM);
	bool again = false;
	unsigned int i;

	for (i = 0; i < t->nr; i++)
		again |= !strcmp(t->result[i].id, "map-usemem");
	if (r)
		map_region(t, r, again ? "map-after-reset" : "map-usemem", true);
	r = find(t, COHMEM_RESMEM);
	if (r && !again)
		map_region(t, r, "map-resmem", false);
}

static bool reads_ones(struct cohmem_selftest *t, const struct cohmem_region *r,
		       u64 off, u64 *got)
{
	*got = 0;
	return cohmem_vfio_read(&t->vfio, r->bar, off, got, 8) == 8 &&
	       *got == ~0ULL;
}

static void pad(struct cohmem_selftest *t, const struct cohmem_region *r,
		const char *id)
{
	const u64 offs[] = { r->size, r->size + (r->region_size - r->size) / 2,
			     r->region_size - 8 };
	u64 got = 0, before = 0, after = 0;
	const u64 value = 0x1122334455667788ULL;
	unsigned int i;
	void *p;

	if (r->size == r->region_size) {
		cohmem_tested(t, id, COHMEM_TEST_SKIPPED,
			      "BAR%u has none", r->bar);
		return;
	}
	cohmem_vfio_read(&t->vfio, r->bar, 0, &before, 8);
	for (i = 0; i < sizeof(offs) / sizeof(offs[0]); i++) {
		u64 off = offs[i] & ~7ULL;

		if (!reads_ones(t, r, off, &got) ||
		    cohmem_vfio_write(&t->vfio, r->bar, off, &value, 8) != 8 ||
		    !reads_ones(t, r, off, &got)) {
			cohmem_tested(t, id, COHMEM_TEST_FAILED,
				      "BAR%u at %#llx: reads 0x%llx, or what is written is not discarded",
				      r->bar, (unsigned long long)off,
				      (unsigned long long)got);
			return;
		}
	}
	cohmem_vfio_read(&t->vfio, r->bar, 0, &after, 8);
	p = cohmem_vfio_map(&t->vfio, r->bar, r->size, t->page, PROT_READ,
			    MAP_SHARED);
	if (p != MAP_FAILED)
		munmap(p, t->page);
	if (p != MAP_FAILED || before != after) {
		cohmem_tested(t, id, COHMEM_TEST_FAILED, "BAR%u: %s", r->bar,
			      p != MAP_FAILED ? "the padding can be mapped" :
			      "a write to the padding changed the memory");
		return;
	}
	if (cohmem_vfio_read(&t->vfio, r->bar, r->region_size, &got, 8) >= 0) {
		cohmem_tested(t, id, COHMEM_TEST_FAILED,
			      "BAR%u: there is something behind its end", r->bar);
		return;
	}
	cohmem_tested(t, id, COHMEM_TEST_PASSED,
		      "BAR%u: %#llx bytes read as 0xff, swallow writes and cannot be mapped",
		      r->bar, (unsigned long long)(r->region_size - r->size));
}

/**
 * cohmem_test_padding() - what is between the memory and the BAR's end
 * @t: the test
 */
void cohmem_test_padding(struct cohmem_selftest *t)
{
	const struct cohmem_region *r = find(t, COHMEM_USEMEM);

	if (r)
		pad(t, r, "padding-usemem");
	r = find(t, COHMEM_RESMEM);
	if (r)
		pad(t, r, "padding-resmem");
}

/* Returns 0, or -errno of the step that @what names. */
static int dma(struct cohmem_selftest *t, void *va, u64 iova, u64 len,
	       const char **what)
{
	int ret = cohmem_vfio_dma_map(&t->vfio, va, iova, len);

	*what = "mapping";
	if (ret)
		return ret;
	*what = "unmapping";
	return cohmem_vfio_dma_unmap(&t->vfio, iova, len);
}

static void dma_ram(struct cohmem_selftest *t)
{
	const char *what;
	void *p;
	int ret;

	p = mmap(NULL, t->page, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED) {
		cohmem_tested(t, "dma-ram", COHMEM_TEST_FAILED, "no page of RAM: %s",
			      strerror(errno));
		return;
	}
	ret = dma(t, p, IOVA_RAM, t->page, &what);
	munmap(p, t->page);
	if (ret)
		cohmem_tested(t, "dma-ram", COHMEM_TEST_FAILED, "%s a page of RAM: %s%s",
			      what, strerror(-ret), ret == -ENOMEM ?
			      " (the limit of locked memory, 'ulimit -l'?)" : "");
	else
		cohmem_tested(t, "dma-ram", COHMEM_TEST_PASSED,
			      "%s maps and unmaps a page of RAM", t->iommu);
}

static void dma_usemem(struct cohmem_selftest *t, const struct cohmem_region *r)
{
	u64 len = r->size < DMA_BYTES ? r->size : DMA_BYTES;
	const u64 offs[] = { 0, r->size - len };
	u64 start = cohmem_now_ms();
	const char *what = "";
	unsigned int i, done = 0;
	u8 *p;
	int ret = 0;

	p = map_all(t, r);
	if (p == MAP_FAILED) {
		cohmem_tested(t, "dma-usemem", COHMEM_TEST_FAILED, "mmap: %s",
			      strerror(errno));
		return;
	}
	for (i = 0; !ret && i < 2; i++) {
		/* Under poison_policy "refuse" one such page fails all. */
		if (cohmem_is_bad_page(t, r->base + offs[i], len))
			continue;
		ret = dma(t, p + offs[i], IOVA_MEM, len, &what);
		done += !ret;
	}
	munmap(p, r->size);
	if (ret && t->vfio.iommufd >= 0 && (ret == -EFAULT || ret == -EOPNOTSUPP))
		cohmem_tested(t, "dma-usemem", COHMEM_TEST_SKIPPED,
			      "iommufd of this kernel maps no memory of devices by their mapping: %s",
			      strerror(-ret));
	else if (ret)
		cohmem_tested(t, "dma-usemem", COHMEM_TEST_FAILED,
			      "%s %#llx bytes of usemem: %s", what,
			      (unsigned long long)len, strerror(-ret));
	else if (!done)
		cohmem_tested(t, "dma-usemem", COHMEM_TEST_SKIPPED,
			      "there are bad pages at its beginning and at its end");
	else
		cohmem_tested(t, "dma-usemem", COHMEM_TEST_PASSED,
			      "%s maps and unmaps %u pieces of usemem of %#llx bytes in %llu ms",
			      t->iommu, done, (unsigned long long)len,
			      (unsigned long long)(cohmem_now_ms() - start));
}

/**
 * cohmem_test_dma() - the IOMMU takes RAM and usemem
 * @t: the test
 *
 * Nothing is moved: there is no engine of real hardware that we know.
 */
void cohmem_test_dma(struct cohmem_selftest *t)
{
	const struct cohmem_region *r = find(t, COHMEM_USEMEM);

	dma_ram(t);
	if (r)
		dma_usemem(t, r);
}

/**
 * cohmem_pattern_open() - prepare the test of all of a region
 * @t: the test, opened
 * @r: the region
 * @m: what cohmem_memtest_run() wants; tick and arg are the caller's, who frees
 *	skip in the end
 * Return: 0 or -errno, explained.
 */
int cohmem_pattern_open(struct cohmem_selftest *t,
			const struct cohmem_region *r, struct cohmem_memtest *m)
{
	const struct cohmem_bound *b = &t->f->bound;
	char path[64], list[1024] = "";
	unsigned int i;

	m->base = r->base;
	m->size = r->size;
	m->page = t->page;
	m->skip = calloc(b->nr_poison ? b->nr_poison : 1, sizeof(*m->skip));
	if (!m->skip)
		return cohmem_fail(t->ctx, -ENOMEM, t->f->bdf, "",
				   "out of memory");
	for (i = 0; i < b->nr_poison; i++)
		if (b->poison[i] >= r->base && b->poison[i] - r->base < r->size)
			m->skip[m->nr_skip++] = b->poison[i];
	if (t->f->numa_node >= 0) {
		cohmem_fmt(path, sizeof(path),
			   "/sys/devices/system/node/node%d/cpulist",
			   t->f->numa_node);
		cohmem_read_str(t->ctx, path, list, sizeof(list));
	}
	m->nr_cpus = cohmem_memtest_cpus(list, m->cpu, COHMEM_MEMTEST_CPUS);
	m->map = map_all(t, r);
	if (m->map == MAP_FAILED) {
		m->map = NULL;
		return cohmem_fail(t->ctx, -errno, t->f->bdf, "",
				   "cannot map BAR%u: %s", r->bar,
				   strerror(errno));
	}
	return 0;
}

/**
 * cohmem_pattern_close() - the region is not mapped any more
 * @m: the test of memory
 */
void cohmem_pattern_close(struct cohmem_memtest *m)
{
	if (m->map)
		munmap(m->map, m->size);
	m->map = NULL;
}
