/* SPDX-License-Identifier: GPL-2.0-only */
/* Notes of pages that have gone bad: what badpages.c offers. */
#ifndef COHMEM_BADPAGES_H
#define COHMEM_BADPAGES_H

#include <linux/spinlock.h>
#include <linux/types.h>

/* 16 KiB of notes: far more bad pages than memory fit for use ever shows. */
#define COHMEM_BADPAGES_MAX	2048

/**
 * struct cohmem_badpages - notes of bad pages, by physical address
 * @lock: guards changes of what follows
 * @nr: entries of @page in use, also of those taken back; read without @lock
 * @live: entries that are bad pages
 * @overflow: there were more bad pages than entries
 * @page: physical address of each bad page, or that of no page
 */
struct cohmem_badpages {
	spinlock_t lock; /* see above */
	unsigned int nr;
	unsigned int live;
	bool overflow;
	u64 page[COHMEM_BADPAGES_MAX];
};

/**
 * enum cohmem_badpages_added - what became of a page that was to be noted
 * @COHMEM_BADPAGES_KNOWN: it was noted before
 * @COHMEM_BADPAGES_NEW: it is noted now
 * @COHMEM_BADPAGES_FULL: it is the first that there was no room for
 */
enum cohmem_badpages_added {
	COHMEM_BADPAGES_KNOWN,
	COHMEM_BADPAGES_NEW,
	COHMEM_BADPAGES_FULL,
};

void cohmem_badpages_init(struct cohmem_badpages *b);
enum cohmem_badpages_added cohmem_badpages_add(struct cohmem_badpages *b,
					       u64 phys, unsigned int *live);
int cohmem_badpages_forget(struct cohmem_badpages *b, u64 phys);
void cohmem_badpages_forget_all(struct cohmem_badpages *b);
u64 cohmem_badpages_clean(const struct cohmem_badpages *b, u64 start, u64 len);
int cohmem_badpages_run(const struct cohmem_badpages *b, u64 at, u64 *start,
			u64 *end);
unsigned int cohmem_badpages_count(const struct cohmem_badpages *b,
				   bool *overflow);
int cohmem_badpages_list(const struct cohmem_badpages *b, char *buf);

#endif /* COHMEM_BADPAGES_H */
