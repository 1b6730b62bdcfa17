// SPDX-License-Identifier: GPL-2.0-only
/*
 * What no file of a host tells. Lines "key=value" in a recording; an answer that
 * is not there is not known.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "check.h"
#include "internal.h"

/* Linux: include/uapi/linux/kvm.h. By number, as older headers lack the newest. */
#define KVM_IO			0xae
#define KVM_CREATE_VM		_IO(KVM_IO, 0x01)
#define KVM_CHECK_EXTENSION	_IO(KVM_IO, 0x03)
#define KVM_CAP_ARM_IPA_SIZE	165
#define KVM_CAP_ARM_CACHEABLE	243	/* cacheable PFNMAP; asked of a VM */

static int ask_arch(struct cohmem_ctx *ctx, char *buf, size_t size)
{
	struct utsname u;

	(void)ctx;
	if (uname(&u))
		return -errno;
	cohmem_fmt(buf, size, "%s", u.machine);
	return 0;
}

static int open_kvm(struct cohmem_ctx *ctx)
{
	return cohmem_open(ctx, "/dev/kvm", O_RDWR);
}

static int ask_kvm(struct cohmem_ctx *ctx, char *buf, size_t size)
{
	int kvm = open_kvm(ctx), vm;

	if (kvm < 0) {
		cohmem_fmt(buf, size, "%s", strerror(-kvm));
		return 0;
	}
	vm = ioctl(kvm, KVM_CREATE_VM, 0);
	cohmem_fmt(buf, size, "%s", vm < 0 ? strerror(errno) : "yes");
	if (vm >= 0)
		close(vm);
	close(kvm);
	return 0;
}

static int ask_cacheable(struct cohmem_ctx *ctx, char *buf, size_t size)
{
	int kvm = open_kvm(ctx), vm, ret = 0;

	if (kvm < 0)
		return kvm;
	vm = ioctl(kvm, KVM_CREATE_VM, 0);
	if (vm < 0) {
		ret = -errno;
	} else {
		cohmem_fmt(buf, size, "%d", ioctl(vm, KVM_CHECK_EXTENSION,
						  KVM_CAP_ARM_CACHEABLE) > 0);
		close(vm);
	}
	close(kvm);
	return ret;
}

static int ask_ipa(struct cohmem_ctx *ctx, char *buf, size_t size)
{
	int kvm = open_kvm(ctx), bits;

	if (kvm < 0)
		return kvm;
	bits = ioctl(kvm, KVM_CHECK_EXTENSION, KVM_CAP_ARM_IPA_SIZE);
	close(kvm);
	if (bits <= 0)
		return -ENODATA;
	cohmem_fmt(buf, size, "%d", bits);
	return 0;
}

static int ask_memlock(struct cohmem_ctx *ctx, char *buf, size_t size)
{
	struct rlimit r;

	(void)ctx;
	if (getrlimit(RLIMIT_MEMLOCK, &r))
		return -errno;
	if (r.rlim_max == RLIM_INFINITY)
		cohmem_fmt(buf, size, "unlimited");
	else
		cohmem_fmt(buf, size, "%llu", (unsigned long long)r.rlim_max);
	return 0;
}

static int ask_page_size(struct cohmem_ctx *ctx, char *buf, size_t size)
{
	(void)ctx;
	cohmem_fmt(buf, size, "%ld", sysconf(_SC_PAGESIZE));
	return 0;
}

static int ask_qemu(struct cohmem_ctx *ctx, char *buf, size_t size)
{
	struct cohmem_qemu q;
	int ret;

	ret = cohmem_ask_qemu(ctx, "qemu-system-aarch64", COHMEM_VM_VIRT, &q);
	if (ret)
		return ret;
	cohmem_fmt(buf, size, "%s%s%s%s", q.version,
		   q.initiator ? " initiator" : "", q.aperture ? " aperture" : "",
		   q.iommufd ? " iommufd" : "");
	return 0;
}

static int ask_libvirt(struct cohmem_ctx *ctx, char *buf, size_t size)
{
	unsigned int v;
	int ret = cohmem_ask_libvirt(ctx, &v);

	if (!ret)
		cohmem_fmt(buf, size, "%u.%u.%u", v / 1000000, v / 1000 % 1000,
			   v % 1000);
	return ret;
}

static const struct {
	const char *key;
	int (*ask)(struct cohmem_ctx *ctx, char *buf, size_t size);
} questions[] = {
	{ "arch", ask_arch },
	{ "kvm", ask_kvm },
	{ "kvm.cacheable", ask_cacheable },
	{ "kvm.ipa_bits", ask_ipa },
	{ "memlock", ask_memlock },
	{ "page_size", ask_page_size },
	{ "qemu", ask_qemu },
	{ "libvirt", ask_libvirt },
};

#define NR_QUESTIONS	(sizeof(questions) / sizeof(questions[0]))

/**
 * cohmem_answer_key() - the questions there are
 * @nr: from 0 on
 * Return: the key of one, or NULL after the last.
 */
const char *cohmem_answer_key(unsigned int nr)
{
	return nr < NR_QUESTIONS ? questions[nr].key : NULL;
}

static int from_recording(struct cohmem_ctx *ctx, const char *key, char *buf,
			  size_t size)
{
	char text[4096], *line, *save;
	size_t len = strlen(key);
	int ret;

	ret = cohmem_read_str(ctx, COHMEM_ANSWERS, text, sizeof(text));
	if (ret)
		return ret;
	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		if (!strncmp(line, key, len) && line[len] == '=') {
			cohmem_fmt(buf, size, "%s", line + len + 1);
			return 0;
		}
	return -ENODATA;
}

/**
 * cohmem_answer() - find something out that no file tells
 * @ctx: the context
 * @key: the question
 * @buf: the answer; empty on error
 * @size: size of @buf
 * Return: 0, or -errno where it is not known.
 */
int cohmem_answer(struct cohmem_ctx *ctx, const char *key, char *buf,
		  size_t size)
{
	unsigned int i;

	buf[0] = '\0';
	if (!ctx->live)
		return from_recording(ctx, key, buf, size);
	for (i = 0; i < NR_QUESTIONS; i++)
		if (!strcmp(questions[i].key, key))
			return questions[i].ask(ctx, buf, size);
	return -EINVAL;
}

/**
 * cohmem_answer_u64() - an answer that is a number
 * @ctx: the context
 * @key: the question
 * @out: the number
 * Return: true if it is known.
 */
bool cohmem_answer_u64(struct cohmem_ctx *ctx, const char *key, u64 *out)
{
	char text[64], *end;

	if (cohmem_answer(ctx, key, text, sizeof(text)) || !text[0])
		return false;
	errno = 0;
	*out = strtoull(text, &end, 10);
	return !*end && !errno;
}
