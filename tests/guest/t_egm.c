// SPDX-License-Identifier: GPL-2.0-only
/*
 * Extended GPU Memory by its character device: what of it can be seen, who gets
 * it, what can be mapped, and that retired blocks cannot.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "egm.h"

#define RW	(PROT_READ | PROT_WRITE)

/* What VMMs have compiled in. */
_Static_assert(EGM_RETIRED_PAGES_LIST == 0x4564, "list");
_Static_assert(EGM_EXPORT_DMABUF == 0xc0104565, "export");
_Static_assert(sizeof(struct egm_retired_pages_info) == 16, "list");

static void as_firmware_says(void)
{
	const struct egm_facts *e = need_egm();
	char text[64], want[64], link[256];
	struct stat st;
	unsigned int s;
	u64 v;

	attr_is("egm", "ok");
	CHECK_EQ(attr_u64("egm_base"), e->base[0]);
	CHECK_EQ(attr_u64("egm_size"), e->size);
	CHECK_EQ(attr_u64("egm_pxm"), e->pxm[0]);
	for (s = 0; s < e->nr; s++) {
		CHECK(file_read(egm_path(s, "egm_size"), text, sizeof(text)) > 0,
		      "%s", egm_path(s, "egm_size"));
		snprintf(want, sizeof(want), "0x%llx",
			 (unsigned long long)e->size);
		CHECK(!strcmp(text, want), "egm_size is %s, not %s", text, want);
		CHECK(file_read(egm_path(s, "egm_base"), text, sizeof(text)) > 0,
		      "%s", egm_path(s, "egm_base"));
		v = strtoull(text, NULL, 0);
		CHECK_EQ(v, e->base[s]);
		CHECK(!stat(egm_path(s, "egm_base"), &st) &&
		      (st.st_mode & 0777) == 0400, "egm_base is for root: %o",
		      st.st_mode);
		snprintf(text, sizeof(text), "/dev/egm%u", e->pxm[s]);
		CHECK(!stat(text, &st), "%s: %s", text, strerror(errno));
		CHECK(S_ISCHR(st.st_mode) && (st.st_mode & 0777) == 0600,
		      "%s: mode %o", text, st.st_mode);
		CHECK_EQ(minor(st.st_rdev), e->pxm[s]);
	}
	/* The first GPU is one of the first socket. */
	CHECK(realpath(egm_path(0, "%s", facts()->bdf), link), "no link %s: %s",
	      egm_path(0, "%s", facts()->bdf), strerror(errno));
	CHECK(strstr(link, facts()->bdf) && strstr(link, "/pci"), "it leads to %s",
	      link);
}

static void size_and_no_reading(void)
{
	const struct egm_facts *e = need_egm();
	int fd = egm_open(0);
	u64 v = 0;

	CHECK_EQ(lseek(fd, 0, SEEK_END), e->size);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), e->size);
	CHECK_EQ(lseek(fd, 4096, SEEK_SET), 4096);
	CHECK_ERRNO(lseek(fd, -1, SEEK_SET), EINVAL);
	CHECK_ERRNO(pread(fd, &v, 8, 0), EINVAL);
	CHECK_ERRNO(pwrite(fd, &v, 8, 0), EINVAL);
	egm_close(fd);
}

static void one_opener(void)
{
	int fd, kmsg, again;
	char want[32];

	need_egm();
	CHECK(egm_freed(AT_ONCE_MS), "somebody has it");
	snprintf(want, sizeof(want), "egm%u", egm_facts()->pxm[0]);
	kmsg = kmsg_open();
	fd = egm_open(0);
	egm_is("user", want);
	CHECK_EQ(__egm_open(0), -EBUSY);
	CHECK_EQ(__egm_open(0), -EBUSY);
	CHECK(kmsg_count(kmsg, want), "nobody says who has it");
	/* A copy of the descriptor is no second opener. */
	again = dup(fd);
	egm_close(fd);
	CHECK_EQ(__egm_open(0), -EBUSY);
	egm_close(again);
	CHECK(egm_freed(AT_ONCE_MS), "it is closed");
	egm_close(egm_open(0));
}

/* Whoever maps it has it. */
static void a_mapping_holds_it(void)
{
	int fd;
	u8 *p;

	need_egm();
	fd = egm_open(0);
	p = egm_map(fd, egm_good(0, 2 * MiB), 2 * MiB);
	egm_close(fd);
	store((u64 *)p, 5);
	CHECK_EQ(load((u64 *)p), 5);
	CHECK_EQ(__egm_open(0), -EBUSY);
	unmap(p + MiB, MiB);
	CHECK_EQ(__egm_open(0), -EBUSY);
	unmap(p, MiB);
	CHECK(egm_freed(AT_ONCE_MS), "nobody maps it any more");
	egm_close(egm_open(0));
}

static void private_is_refused(void)
{
	static const int prots[] = { PROT_NONE, PROT_READ, PROT_WRITE, RW };
	unsigned int i;
	void *p;
	int fd;

	need_egm();
	fd = egm_open(0);
	for (i = 0; i < ARRAY_SIZE(prots); i++) {
		p = __egm_map(fd, 0, 65536, prots[i], MAP_PRIVATE);
		CHECK(p == MAP_FAILED && errno == EINVAL, "prot %d: %p (%s)",
		      prots[i], p, strerror(errno));
	}
	egm_close(fd);
}

static void refused(int fd, u64 off, u64 len)
{
	void *p = __egm_map(fd, off, len, RW, MAP_SHARED);

	CHECK(p == MAP_FAILED, "%#llx+%#llx was mapped",
	      (unsigned long long)off, (unsigned long long)len);
	CHECK(errno == EINVAL || errno == EOVERFLOW || errno == ENOMEM,
	      "%#llx+%#llx: %s", (unsigned long long)off,
	      (unsigned long long)len, strerror(errno));
}

static void bounds(void)
{
	const struct egm_facts *e = need_egm();
	u64 page = facts()->page;
	int fd = egm_open(0);

	unmap(egm_map(fd, e->size - page, page), page);
	unmap(egm_map(fd, 0, e->size), e->size);
	refused(fd, e->size, page);
	refused(fd, e->size - page, 2 * page);
	refused(fd, 0, e->size + page);
	refused(fd, page, e->size);
	refused(fd, 1ULL << 62, page);
	refused(fd, -page & INT64_MAX, page);
	refused(fd, -page, page);
	refused(fd, -page, 2 * page);
	refused(fd, -e->base[0], page);
	CHECK(__egm_map(fd, 1, page, RW, MAP_SHARED) == MAP_FAILED &&
	      errno == EINVAL, "offset 1: %s", strerror(errno));
	egm_close(fd);
}

static void protections(void)
{
	char path[32];
	struct fault f;
	u64 off, v;
	int fd;
	u8 *p;

	need_egm();
	fd = egm_open(0);
	off = egm_good(0, 2 * MiB);
	p = __egm_map(fd, off, 65536, PROT_READ, MAP_SHARED);
	CHECK(p != MAP_FAILED, "read-only: %s", strerror(errno));
	v = load((u64 *)p);
	CHECK(!try_store((u64 *)p, 1, &f) && f.sig == SIGSEGV, "%s",
	      fault_str(&f));
	CHECK(!mprotect(p, 65536, RW), "%s", strerror(errno));
	store((u64 *)p, ~v);
	CHECK_EQ(load((u64 *)p), ~v);
	/* Growing would reach what was not asked for at mmap(). */
	CHECK(mremap(p, 65536, 2 * MiB, MREMAP_MAYMOVE) == MAP_FAILED,
	      "it grew");
	unmap(p, 65536);

	/* A descriptor that is read-only cannot be written through. */
	egm_close(fd);
	snprintf(path, sizeof(path), "/dev/egm%u", egm_facts()->pxm[0]);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0, "%s: %s", path, strerror(errno));
	CHECK(__egm_map(fd, off, 65536, RW, MAP_SHARED) == MAP_FAILED &&
	      errno == EACCES, "%s", strerror(errno));
	egm_close(fd);
}

/* Everything that is not retired, as the hardware sees it. */
static void the_bytes_are_there(void)
{
	const struct egm_facts *e = need_egm();
	u64 off, v, seed = 1;
	int fd = egm_open(0);
	u8 *p = egm_map(fd, 0, e->size);

	for (off = 0; off < e->size; off += 5 * MiB + 65536) {
		if (egm_is_retired(off))
			continue;
		store((u64 *)(p + off), mix(&seed));
		v = load((u64 *)(p + off));
		if (have_sim()) {
			sim_egm_read(off, &seed, 8);
			CHECK_EQ(seed, v);
			v = ~v;
			sim_egm_write(off, &v, 8);
			CHECK_EQ(load((u64 *)(p + off)), v);
		}
		seed = off;
	}
	unmap(p, e->size);
	egm_close(fd);
}

/* Each retired block, at both ends and in the middle, and what is beside it. */
static void retired_blocks_are_not_there(void)
{
	const struct egm_facts *e = need_egm();
	u64 page = facts()->page, off;
	unsigned int i, nr = 0;
	int fd;
	u8 *p;

	if (!e->nr_retired)
		SKIP("firmware has retired nothing");
	fd = egm_open(0);
	p = egm_map_aligned(fd, 0, e->size, 2 * MiB);
	for (i = 0; i < e->nr_retired; i++) {
		off = e->retired[i];
		expect_sigbus((u64 *)(p + off), 0);
		expect_sigbus((u64 *)(p + off + EGM_BLOCK / 2), 0);
		expect_sigbus((u64 *)(p + off + EGM_BLOCK - 8), 0);
		if (off && !egm_is_retired(off - page))
			store((u64 *)(p + off - 8), i);
		if (off + EGM_BLOCK < e->size &&
		    !egm_is_retired(off + EGM_BLOCK))
			store((u64 *)(p + off + EGM_BLOCK), i);
		/* And the fault beside it has brought nothing of it in. */
		expect_sigbus((u64 *)(p + off), 0);
		expect_sigbus((u64 *)(p + off + EGM_BLOCK - page), 0);
		nr++;
	}
	unmap(p, e->size);
	/* In a mapping that no large leaf fits, the faults' way is another. */
	off = e->retired[e->nr_retired / 2];
	if (off >= MiB && off + MiB <= e->size) {
		p = egm_map_aligned(fd, off - MiB + page, 2 * MiB - page,
				    2 * MiB);
		store((u64 *)(p + 3 * page), 1);
		expect_sigbus((u64 *)(p + MiB - page), 0);
		unmap(p, 2 * MiB - page);
	}
	egm_close(fd);
	test_info("%u blocks", nr);
}

static int list(int fd, struct egm_retired_pages_list *l, u32 argsz)
{
	l->argsz = argsz;
	return ioctl(fd, EGM_RETIRED_PAGES_LIST, l) ? -errno : 0;
}

static void the_list_of_retired_blocks(void)
{
	const struct egm_facts *e = need_egm();
	u32 head = sizeof(struct egm_retired_pages_list), i;
	u32 full = head + e->nr_retired * sizeof(struct egm_retired_pages_info);
	struct egm_retired_pages_list *l = calloc(1, full + 4096);
	int fd = egm_open(0);

	CHECK(l, "calloc");
	/* Who asks how much room it takes is told, and that it is too little. */
	CHECK_EQ(list(fd, l, head), e->nr_retired ? -ENOSPC : 0);
	CHECK_EQ(l->count, e->nr_retired);
	if (e->nr_retired) {
		CHECK_EQ(l->argsz, full);
		memset(l, 0x5a, full + 4096);
		CHECK_EQ(list(fd, l, full - 1), -ENOSPC);
		CHECK_EQ(l->argsz, full);
		CHECK_EQ(l->count, e->nr_retired);
		CHECK(l->retired_pages[0].offset == 0x5a5a5a5a5a5a5a5aULL,
		      "half a list was written");
	}
	memset(l, 0x5a, full + 4096);
	CHECK_EQ(list(fd, l, full), 0);
	CHECK_EQ(l->count, e->nr_retired);
	for (i = 0; i < e->nr_retired; i++) {
		CHECK_EQ(l->retired_pages[i].offset, e->retired[i]);
		CHECK_EQ(l->retired_pages[i].size, EGM_BLOCK);
	}
	for (i = full; i < full + 4096; i++)
		CHECK(((u8 *)l)[i] == 0x5a, "byte %u behind it was written",
		      i - full);
	/* More room than is there, and than there could be, does no harm. */
	CHECK_EQ(list(fd, l, full + 4096), 0);
	CHECK_EQ(l->count, e->nr_retired);
	CHECK_EQ(list(fd, l, UINT32_MAX), 0);
	CHECK_EQ(l->count, e->nr_retired);
	CHECK_EQ(egm_u64("retired_count"), e->nr_retired);
	egm_close(fd);
	free(l);
}

static void hostile_ioctls(void)
{
	struct egm_retired_pages_list l = { 0 };
	u64 page = facts()->page;
	unsigned int nr;
	u8 *edge;
	int fd;

	need_egm();
	fd = egm_open(0);
	CHECK_ERRNO(ioctl(fd, EGM_RETIRED_PAGES_LIST, NULL), EFAULT);
	CHECK_ERRNO(ioctl(fd, EGM_RETIRED_PAGES_LIST, (void *)-4096L), EFAULT);
	l.argsz = 0;
	CHECK_ERRNO(ioctl(fd, EGM_RETIRED_PAGES_LIST, &l), EINVAL);
	l.argsz = 7;
	CHECK_ERRNO(ioctl(fd, EGM_RETIRED_PAGES_LIST, &l), EINVAL);
	/* A list that is said to fit, and runs into nothing. */
	edge = mmap(NULL, 2 * page, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(edge != MAP_FAILED, "%s", strerror(errno));
	unmap(edge + page, page);
	edge += page - sizeof(l);
	((struct egm_retired_pages_list *)edge)->argsz = UINT32_MAX;
	if (egm_facts()->nr_retired)
		CHECK_ERRNO(ioctl(fd, EGM_RETIRED_PAGES_LIST, edge), EFAULT);
	for (nr = 0; nr < 256; nr++)
		if (nr != 100 && nr != 101)
			CHECK_ERRNO(ioctl(fd, _IO('E', nr), &l), ENOTTY);
	CHECK_ERRNO(ioctl(fd, _IO(';', 100), &l), ENOTTY);
	egm_close(fd);
}

/* The same list for whoever reads files. */
static void retired_in_sysfs(void)
{
	const struct egm_facts *e = need_egm();
	static char text[65536];
	unsigned int i = 0;
	char *line;
	int len;

	len = file_read(egm_path(0, "retired_pages"), text, sizeof(text));
	CHECK(len >= 0, "%s", strerror(-len));
	for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		if (!strcmp(line, "...")) {
			CHECK(i < e->nr_retired, "all were listed");
			CHECK(len > 3000, "only %d bytes were used", len);
			return;
		}
		CHECK(i < e->nr_retired, "one too many: %s", line);
		CHECK(!strncmp(line, "0x", 2), "\"%s\"", line);
		CHECK_EQ(strtoull(line, NULL, 0), e->base[0] + e->retired[i]);
		i++;
	}
	CHECK_EQ(i, e->nr_retired);
}

SUITE(TEST(as_firmware_says), TEST(size_and_no_reading), TEST(one_opener),
      TEST(a_mapping_holds_it), TEST(private_is_refused), TEST(bounds),
      TEST(protections), TEST(the_bytes_are_there),
      TEST(retired_blocks_are_not_there), TEST(the_list_of_retired_blocks),
      TEST(hostile_ioctls), TEST(retired_in_sysfs));
