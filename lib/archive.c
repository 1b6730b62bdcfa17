// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tar files: as little of them as a recording needs. They come from strangers, so
 * reading one never leaves the folder it is unpacked to: names and what links point
 * to are looked at, and a name below a link is refused.
 */
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture.h"
#include "internal.h"

#define BLOCK		512
#define MAX_MEMBERS	65536
#define MAX_BYTES	(256ULL << 20)

/* POSIX.1-1988, ustar. All fields are text. */
struct header {
	char name[100];
	char mode[8];
	char uid[8];
	char gid[8];
	char size[12];
	char mtime[12];
	char checksum[8];
	char type;
	char target[100];
	char magic[6];
	char version[2];
	char user[32];
	char group[32];
	char major[8];
	char minor[8];
	char prefix[155];
	char rest[12];
};

static unsigned int checksum(const struct header *h)
{
	const unsigned char *p = (const unsigned char *)h;
	unsigned int sum = 0, i;

	for (i = 0; i < BLOCK; i++)
		sum += i >= offsetof(struct header, checksum) &&
		       i < offsetof(struct header, type) ? ' ' : p[i];
	return sum;
}

/* Long names are cut at a slash into prefix and name. */
static bool set_name(struct header *h, const char *name)
{
	size_t len = strlen(name);
	const char *cut;

	if (len < sizeof(h->name)) {
		memcpy(h->name, name, len);
		return true;
	}
	cut = strchr(name + len - sizeof(h->name) + 1, '/');
	if (!cut || (size_t)(cut - name) >= sizeof(h->prefix))
		return false;
	memcpy(h->prefix, name, cut - name);
	memcpy(h->name, cut + 1, strlen(cut + 1));
	return true;
}

static void put(struct cohmem_tar *t, const char *name, char type,
		const void *data, size_t len, const char *target)
{
	static const char zero[BLOCK];
	struct header h;

	if (t->error)
		return;
	if (t->seen)
		t->seen(t->arg, name, len, target);
	if (!t->out)
		return;
	memset(&h, 0, sizeof(h));
	if (!set_name(&h, name) ||
	    (target && strlen(target) >= sizeof(h.target))) {
		t->error = -ENAMETOOLONG;
		return;
	}
	memcpy(h.mode, type == '5' ? "0000755" : "0000644", 8);
	memcpy(h.uid, "0000000", 8);
	memcpy(h.gid, "0000000", 8);
	snprintf(h.size, sizeof(h.size), "%011zo", len);
	memcpy(h.mtime, "00000000000", 12);
	h.type = type;
	if (target)
		memcpy(h.target, target, strlen(target));
	memcpy(h.magic, "ustar", 6);
	memcpy(h.version, "00", 2);
	snprintf(h.checksum, sizeof(h.checksum), "%06o", checksum(&h));
	h.checksum[7] = ' ';
	if (fwrite(&h, BLOCK, 1, t->out) != 1 ||
	    (len && fwrite(data, len, 1, t->out) != 1) ||
	    (len % BLOCK && fwrite(zero, BLOCK - len % BLOCK, 1, t->out) != 1))
		t->error = errno ? -errno : -EIO;
}

/**
 * cohmem_tar_file() - add a file
 * @t: the tar file
 * @name: its name
 * @data: its bytes
 * @len: how many
 */
void cohmem_tar_file(struct cohmem_tar *t, const char *name, const void *data,
		     size_t len)
{
	put(t, name, '0', data, len, NULL);
}

/**
 * cohmem_tar_link() - add a symbolic link
 * @t: the tar file
 * @name: its name
 * @target: what it points to
 */
void cohmem_tar_link(struct cohmem_tar *t, const char *name, const char *target)
{
	put(t, name, '2', NULL, 0, target);
}

/**
 * cohmem_tar_dir() - add a folder
 * @t: the tar file
 * @name: its name
 */
void cohmem_tar_dir(struct cohmem_tar *t, const char *name)
{
	put(t, name, '5', NULL, 0, NULL);
}

/**
 * cohmem_tar_end() - write the end
 * @t: the tar file
 * Return: 0, or -errno of whatever failed first.
 */
int cohmem_tar_end(struct cohmem_tar *t)
{
	static const char zero[2 * BLOCK];

	if (!t->error && t->out && (fwrite(zero, sizeof(zero), 1, t->out) != 1 ||
				    fflush(t->out)))
		t->error = errno ? -errno : -EIO;
	return t->error;
}

/* Neither absolute nor with a part that is empty, "." or "..". */
static bool name_ok(const char *name)
{
	const char *p = name;
	size_t len;

	if (!*name)
		return false;
	for (;;) {
		len = strcspn(p, "/");
		if (!len || (len == 1 && p[0] == '.') ||
		    (len == 2 && p[0] == '.' && p[1] == '.'))
			return false;
		if (!p[len])
			return true;
		p += len + 1;
	}
}

/*
 * A link may go up, but not out of the folder: its depth pays for each "..", and
 * these stand at the front, where no other link can have changed what they mean.
 */
static bool target_ok(const char *name, const char *target)
{
	int depth = 0;
	const char *p;

	for (p = name; (p = strchr(p, '/')); p++)
		depth++;
	for (p = target; !strncmp(p, "../", 3); p += 3)
		if (--depth < 0)
			return false;
	return name_ok(p);
}

/* Make the folders above @name; -ELOOP where one of them is a link. */
static int make_parents(int dir, const char *name)
{
	char part[512];
	const char *p;
	struct stat st;

	for (p = name; (p = strchr(p, '/')); p++) {
		cohmem_fmt(part, sizeof(part), "%.*s", (int)(p - name), name);
		if (mkdirat(dir, part, 0755) && errno != EEXIST)
			return -errno;
		if (fstatat(dir, part, &st, AT_SYMLINK_NOFOLLOW))
			return -errno;
		if (!S_ISDIR(st.st_mode))
			return -ELOOP;
	}
	return 0;
}

static int write_file(int dir, const char *name, FILE *in, u64 size)
{
	char block[BLOCK];
	size_t n;
	int fd, ret = 0;

	fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
		    O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	while (size && !ret) {
		n = size < BLOCK ? size : BLOCK;
		if (fread(block, BLOCK, 1, in) != 1)
			ret = -EINVAL;
		else if (write(fd, block, n) != (ssize_t)n)
			ret = errno ? -errno : -EIO;
		size -= n;
	}
	close(fd);
	return ret;
}

static bool octal(const char *text, size_t size, u64 *out)
{
	size_t i;

	*out = 0;
	for (i = 0; i < size && text[i] >= '0' && text[i] <= '7'; i++) {
		if (*out >> 60)
			return false;
		*out = *out << 3 | (text[i] - '0');
	}
	return i && (i == size || !text[i] || text[i] == ' ');
}

static int unpack_member(int dir, FILE *in, const struct header *h, u64 *left)
{
	char name[sizeof(h->prefix) + sizeof(h->name) + 2];
	char target[sizeof(h->target) + 1];
	u64 size, sum;
	size_t len;
	int ret;

	if (!octal(h->checksum, sizeof(h->checksum), &sum) ||
	    sum != checksum(h) || memcmp(h->magic, "ustar", 5) ||
	    !octal(h->size, sizeof(h->size), &size) || size > *left)
		return -EINVAL;
	*left -= size;
	cohmem_fmt(name, sizeof(name), "%.*s%s%.*s", (int)sizeof(h->prefix),
		   h->prefix, h->prefix[0] ? "/" : "", (int)sizeof(h->name),
		   h->name);
	cohmem_fmt(target, sizeof(target), "%.*s", (int)sizeof(h->target),
		   h->target);
	len = strlen(name);
	while (len && name[len - 1] == '/')
		name[--len] = '\0';
	if (!strncmp(name, "./", 2))
		memmove(name, name + 2, len - 1);
	if (!strcmp(name, "."))
		return 0;
	if (!name_ok(name))
		return -EINVAL;
	ret = make_parents(dir, name);
	if (ret)
		return ret;
	switch (h->type) {
	case '0':
	case '\0':
		return write_file(dir, name, in, size);
	case '2':
		if (size || !target_ok(name, target))
			return -EINVAL;
		return symlinkat(target, dir, name) ? -errno : 0;
	case '5':
		return mkdirat(dir, name, 0755) && errno != EEXIST ? -errno : 0;
	}
	return -EINVAL;		/* devices, hard links, extensions: not ours */
}

/**
 * cohmem_tar_unpack() - unpack a tar file
 * @path: the file
 * @dir: an empty folder
 * Return: 0, -EINVAL where it is no tar file of a recording, or -errno.
 */
int cohmem_tar_unpack(const char *path, const char *dir)
{
	unsigned int members = 0;
	u64 left = MAX_BYTES;
	struct header h;
	int fd, ret = 0;
	FILE *in;

	in = fopen(path, "re");
	if (!in)
		return -errno;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		ret = -errno;
	while (!ret) {
		if (fread(&h, BLOCK, 1, in) != 1) {
			ret = -EINVAL;	/* it has to end as it should */
			break;
		}
		if (!h.name[0] && !h.checksum[0])
			break;
		ret = members++ < MAX_MEMBERS ?
		      unpack_member(fd, in, &h, &left) : -E2BIG;
	}
	if (!ret && !members)
		ret = -EINVAL;
	if (fd >= 0)
		close(fd);
	fclose(in);
	return ret;
}

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	remove(path);
	return 0;
}

/**
 * cohmem_tar_remove() - remove what was unpacked
 * @dir: the folder; itself, too
 */
void cohmem_tar_remove(const char *dir)
{
	nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
