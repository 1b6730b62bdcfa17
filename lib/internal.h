/* SPDX-License-Identifier: GPL-2.0-only */
/* What the library's files share and nobody else sees. */
#ifndef LIBCOHMEM_INTERNAL_H
#define LIBCOHMEM_INTERNAL_H

#include <errno.h>
#include <limits.h>
#include <sys/types.h>
#include <time.h>

#include "host.h"

#define COHMEM_RUN_DIR	"/run/cohmem"

struct cohmem_acpi_entry {
	char path[256];
	struct cohmem_dsd dsd;
};

/**
 * struct cohmem_acpi - what the ACPI tables announce, read once a context
 * @read: they have been looked at
 * @error: 0, or why they could not be read
 * @bad_table: a table that could not be read whole, or empty
 * @bad_why: why
 * @bad_words: both as a sentence
 * @nr: entries
 * @entry: one for each path with at least one known property
 */
struct cohmem_acpi {
	bool read;
	int error;
	char bad_table[32];
	const char *bad_why;
	char bad_words[96];
	unsigned int nr;
	struct cohmem_acpi_entry *entry;
};

/**
 * struct cohmem_holders - who holds which device file, read once a scan
 * @read: /proc has been looked through
 * @unknown: why that is not all, or NULL
 * @nr: entries
 * @user: one for each pair of a process and a file
 */
struct cohmem_holders {
	bool read;
	const char *unknown;
	unsigned int nr;
	struct cohmem_user *user;
};

struct cohmem_ctx {
	char root[PATH_MAX / 2];
	int root_fd;		/* the root; -1: the running machine */
	bool live;		/* root is empty: the running machine */
	bool unpacked;		/* root was made from a recording, and goes */
	unsigned int wait_s;	/* how long to wait for others */
	bool keep;		/* plans are made from the last scan */
	bool wait_users;	/* and for those who hold a function, too */
	int signo;		/* what interrupted the last plan, or 0 */
	struct cohmem_holders holders;
	cohmem_log_fn *log;
	void *log_arg;
	const struct cohmem_ops *ops;
	void *ops_arg;
	struct cohmem_why why;
	struct cohmem_acpi acpi;
	unsigned int nr;
	unsigned int room;
	struct cohmem_func *func;
	bool egm_read;		/* the sockets' EGM was looked for */
	unsigned int nr_egm;
	struct cohmem_egm *egm;
};

/* ctx.c */
__attribute__((format(printf, 3, 4)))
void cohmem_log(struct cohmem_ctx *ctx, enum cohmem_log_level level,
		const char *fmt, ...);
__attribute__((format(printf, 5, 6)))
int cohmem_fail(struct cohmem_ctx *ctx, int error, const char *subject,
		const char *hint, const char *fmt, ...);

/* path.c: every access to a host file goes through here */
int cohmem_path(const struct cohmem_ctx *ctx, char out[PATH_MAX],
		const char *path);
bool cohmem_exists(const struct cohmem_ctx *ctx, const char *path);
int cohmem_open(const struct cohmem_ctx *ctx, const char *path, int flags);
int cohmem_open_file(const struct cohmem_ctx *ctx, const char *path, int flags);
ssize_t cohmem_read_target(const struct cohmem_ctx *ctx, const char *path,
			   char *buf, size_t size);
int cohmem_read_str(const struct cohmem_ctx *ctx, const char *path, char *buf,
		    size_t size);
int cohmem_read_u64(const struct cohmem_ctx *ctx, const char *path, u64 *out);
int cohmem_read_link(const struct cohmem_ctx *ctx, const char *path, char *buf,
		     size_t size);
int cohmem_read_blob(const struct cohmem_ctx *ctx, const char *path,
		     size_t max, u8 **data, size_t *len);
int cohmem_dir_foreach(const struct cohmem_ctx *ctx, const char *path,
		       int (*fn)(void *arg, const char *name), void *arg);
__attribute__((format(printf, 3, 4)))
void cohmem_fmt(char *buf, size_t size, const char *fmt, ...);
bool cohmem_word_ok(const char *word);

/* pci.c */
void cohmem_scan_free(struct cohmem_ctx *ctx);

/* names.c */
int cohmem_pci_name(const struct cohmem_ctx *ctx, u16 vendor, u16 device,
		    char *buf, size_t size);

/* config.c */
void cohmem_config_load(struct cohmem_ctx *ctx, struct cohmem_func *f);

/* acpi.c, acpi_dsd.c */
struct cohmem_dsd_scan;
int cohmem_acpi_read(struct cohmem_ctx *ctx);
const struct cohmem_dsd *cohmem_acpi_find(struct cohmem_ctx *ctx,
					  const char *path);

/* memory.c */
void cohmem_memory_load(struct cohmem_ctx *ctx, struct cohmem_func *f);

/* bound.c */
void cohmem_bound_load(struct cohmem_ctx *ctx, struct cohmem_func *f);
void cohmem_bound_free(struct cohmem_func *f);
int cohmem_bound_layout(struct cohmem_ctx *ctx, const struct cohmem_func *f,
			struct cohmem_memory *m);

/* host_egm.c */
void cohmem_egm_free(struct cohmem_ctx *ctx);
bool cohmem_egm_has_file(struct cohmem_ctx *ctx, const struct cohmem_func *unit);
void cohmem_egm_refresh(struct cohmem_ctx *ctx, struct cohmem_func *unit);

/* file.c: files of our own */
int cohmem_make_dirs(const struct cohmem_ctx *ctx, const char *path);
int cohmem_replace_file(const struct cohmem_ctx *ctx, const char *path,
			const char *text);
int cohmem_remove_file(const struct cohmem_ctx *ctx, const char *path);

/* users.c */
void cohmem_holders_free(struct cohmem_ctx *ctx);

/* lock.c */
struct cohmem_lock { int fd[2]; };
int cohmem_lock_plan(struct cohmem_ctx *ctx, const struct cohmem_plan *plan,
		     struct cohmem_lock *lock);
int cohmem_lock_func(struct cohmem_ctx *ctx, const struct cohmem_func *f,
		     struct cohmem_lock *lock);
void cohmem_unlock(struct cohmem_lock *lock);
bool cohmem_wait_more(struct cohmem_ctx *ctx, struct timespec *until);

/* record.c */
void cohmem_record_path(const char *bdf, char *buf, size_t size);
int cohmem_record_write(struct cohmem_ctx *ctx,
			const struct cohmem_record *rec);
int cohmem_record_remove(struct cohmem_ctx *ctx, const char *bdf);
bool cohmem_record_owner(struct cohmem_ctx *ctx, const char *bdf,
			 char owner[COHMEM_BDF_LEN]);

/* kmsg.c */
int cohmem_kmsg_open(struct cohmem_ctx *ctx);
bool cohmem_kmsg_last(int fd, const char *bdf, char *buf, size_t size);

/* system.c */
int cohmem_write(struct cohmem_ctx *ctx, const char *path, const char *value);
extern const struct cohmem_ops cohmem_real_ops;
extern const struct cohmem_ops cohmem_recorded_ops;

#endif /* LIBCOHMEM_INTERNAL_H */
