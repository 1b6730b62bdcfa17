// SPDX-License-Identifier: GPL-2.0-only
/* Findings, and the checks that are about the host and not about one GPU. */
#include <stdarg.h>
#include <stdlib.h>

#include "check.h"
#include "internal.h"

#define PEER		"nvgrace_gpu_vfio_pci"

/**
 * cohmem_severity_name() - how much a finding matters
 * @severity: the severity
 * Return: one stable word.
 */
const char *cohmem_severity_name(enum cohmem_severity severity)
{
	static const char *const names[] = {
		"ok", "note", "unknown", "warning", "block",
	};

	return severity < COHMEM_NR_SEVERITIES ? names[severity] : "unknown";
}

/**
 * cohmem_found() - note what a check has found
 * @c: where
 * @id: the check
 * @severity: how much it matters
 * @bdf: the function or EGM it is about, or NULL
 * @fmt: what was seen
 * Return: the finding, for cohmem_explain().
 */
struct cohmem_finding *cohmem_found(struct cohmem_check *c, const char *id,
				    enum cohmem_severity severity,
				    const char *bdf, const char *fmt, ...)
{
	struct cohmem_finding *f;
	va_list ap;

	c->count[severity]++;
	/* The last place is overwritten, never lost silently: the count tells. */
	f = &c->finding[c->nr < COHMEM_MAX_FINDINGS ? c->nr++ :
			COHMEM_MAX_FINDINGS - 1];
	memset(f, 0, sizeof(*f));
	f->id = id;
	f->severity = severity;
	cohmem_fmt(f->bdf, sizeof(f->bdf), "%s", bdf ? bdf : "");
	va_start(ap, fmt);
	vsnprintf(f->evidence, sizeof(f->evidence), fmt, ap);
	va_end(ap);
	return f;
}

/**
 * cohmem_explain() - what a finding means, and what to do
 * @f: the finding
 * @means: what it means for the machine
 * @fix: what to do about it, or NULL
 */
void cohmem_explain(struct cohmem_finding *f, const char *means,
		    const char *fix)
{
	cohmem_fmt(f->means, sizeof(f->means), "%s", means);
	cohmem_fmt(f->fix, sizeof(f->fix), "%s", fix ? fix : "");
}

static bool release_of(struct cohmem_ctx *ctx, char *buf, size_t size)
{
	return !cohmem_read_str(ctx, "/proc/sys/kernel/osrelease", buf, size) &&
	       buf[0] && !strchr(buf, '/');
}

/**
 * cohmem_kernel_version() - the version of the host's kernel
 * @ctx: the context
 * Return: 6012 for 6.12; 0 where it is not known.
 */
unsigned int cohmem_kernel_version(struct cohmem_ctx *ctx)
{
	unsigned int major, minor;
	char release[128];

	if (!release_of(ctx, release, sizeof(release)) ||
	    sscanf(release, "%u.%u", &major, &minor) != 2)
		return 0;
	return major * 1000 + minor;
}

/* 'y', 'm', 'n' of the running kernel's configuration; 0: not known. */
static char kernel_config(struct cohmem_ctx *ctx, const char *option)
{
	char path[256], release[128], *p;
	size_t len, n = strlen(option);
	char found = 'n';
	u8 *text;

	if (!release_of(ctx, release, sizeof(release)))
		return 0;
	cohmem_fmt(path, sizeof(path), "/boot/config-%s", release);
	if (cohmem_read_blob(ctx, path, 1 << 20, &text, &len))
		return 0;
	/* The last byte makes room for an end. */
	if (len)
		text[len - 1] = '\0';
	for (p = (char *)text; len && p; p = strchr(p, '\n')) {
		p += *p == '\n';
		if (!strncmp(p, option, n) && p[n] == '=') {
			found = p[n + 1];
			break;
		}
	}
	free(text);
	return found;
}

static void check_kernel(struct cohmem_ctx *ctx, struct cohmem_check *c)
{
	unsigned int v = cohmem_kernel_version(ctx);
	char release[128];

	if (!v) {
		cohmem_explain(cohmem_found(c, "kernel", COHMEM_UNKNOWN, NULL,
					    "the kernel's release cannot be read"),
			       "what it can is not known", NULL);
		return;
	}
	release_of(ctx, release, sizeof(release));
	if (v < 6001)
		cohmem_explain(cohmem_found(c, "kernel", COHMEM_BLOCKS, NULL,
					    "Linux %s", release),
			       "the driver cannot be built for it",
			       "boot Linux 6.1 or newer; 6.17 or newer to give guests cacheable memory");
	else
		cohmem_found(c, "kernel", COHMEM_FIT, NULL, "Linux %s", release);
	if (v < 6012)
		cohmem_explain(cohmem_found(c, "huge-pfnmap", COHMEM_ODD, NULL,
					    "Linux %s maps BARs page by page", release),
			       "machines start slowly, and page tables of a guest take hundreds of MB",
			       "boot Linux 6.12 or newer");
	else if (kernel_config(ctx, "CONFIG_ARCH_SUPPORTS_HUGE_PFNMAP") == 'n')
		cohmem_explain(cohmem_found(c, "huge-pfnmap", COHMEM_ODD, NULL,
					    "CONFIG_ARCH_SUPPORTS_HUGE_PFNMAP is not set"),
			       "machines start slowly, and page tables of a guest take hundreds of MB",
			       "use a kernel that has it");
	else
		cohmem_found(c, "huge-pfnmap", COHMEM_FIT, NULL,
			     "Linux %s maps BARs by huge pages", release);
	if (!cohmem_exists(ctx, "/proc/sys/vm"))
		cohmem_explain(cohmem_found(c, "memory-failure", COHMEM_UNKNOWN, NULL,
					    "/proc/sys/vm cannot be looked at"),
			       "what a bad page does is not known", NULL);
	else if (!cohmem_exists(ctx, "/proc/sys/vm/memory_failure_recovery"))
		cohmem_explain(cohmem_found(c, "memory-failure", COHMEM_ODD, NULL,
					    "the kernel has no CONFIG_MEMORY_FAILURE"),
			       "a bad page of the GPU's memory may end the host, not only the guest that touched it",
			       "use a kernel with CONFIG_MEMORY_FAILURE");
	else if (v < 6019)
		cohmem_explain(cohmem_found(c, "memory-failure", COHMEM_NOTE, NULL,
					    "Linux %s tells drivers of bad RAM only", release),
			       "a bad page of the GPU's memory is not kept from use unless it is written to poison_pages",
			       "boot Linux 6.19 or newer");
	else
		cohmem_found(c, "memory-failure", COHMEM_FIT, NULL,
			     "Linux %s tells the driver of bad pages", release);
}

/* Is a module there: loaded, built in, or among those that can be loaded? */
static bool has_module(struct cohmem_ctx *ctx, const char *name, bool *loaded)
{
	static const char *const lists[] = { "modules.dep", "modules.builtin" };
	char path[256], release[128], word[80];
	bool found = false;
	unsigned int i;
	size_t len;
	u8 *text;

	cohmem_fmt(path, sizeof(path), "/sys/module/%s", name);
	*loaded = cohmem_exists(ctx, path);
	if (*loaded)
		return true;
	/* Files of modules may be named with dashes. */
	for (i = 0; !found && i < 4; i++) {
		char *p;

		cohmem_fmt(word, sizeof(word), "/%s.ko", name);
		for (p = word; i & 1 && *p; p++)
			if (*p == '_')
				*p = '-';
		if (!release_of(ctx, release, sizeof(release)))
			return false;
		cohmem_fmt(path, sizeof(path), "/lib/modules/%s/%s", release,
			   lists[i / 2]);
		if (cohmem_read_blob(ctx, path, 4 << 20, &text, &len))
			continue;
		if (len) {
			text[len - 1] = '\0';
			found = strstr((char *)text, word);
		}
		free(text);
	}
	return found;
}

static bool modules_known(struct cohmem_ctx *ctx)
{
	char path[256], release[128];

	if (!release_of(ctx, release, sizeof(release)))
		return false;
	cohmem_fmt(path, sizeof(path), "/lib/modules/%s/modules.dep", release);
	return cohmem_exists(ctx, path);
}

/* Whose alias comes first is what libvirt takes where it chooses by itself. */
static const char *first_alias(struct cohmem_ctx *ctx)
{
	char path[256], release[128], *ours, *theirs;
	const char *first = NULL;
	size_t len;
	u8 *text;

	if (!release_of(ctx, release, sizeof(release)))
		return NULL;
	cohmem_fmt(path, sizeof(path), "/lib/modules/%s/modules.alias", release);
	if (cohmem_read_blob(ctx, path, 16 << 20, &text, &len))
		return NULL;
	if (len) {
		text[len - 1] = '\0';
		ours = strstr((char *)text, " " COHMEM_DRIVER);
		theirs = strstr((char *)text, " " PEER);
		if (ours || theirs)
			first = !theirs || (ours && ours < theirs) ?
				COHMEM_DRIVER : PEER;
	}
	free(text);
	return first;
}

static void check_modules(struct cohmem_ctx *ctx, struct cohmem_check *c)
{
	bool loaded, peer_loaded;
	bool ours = has_module(ctx, COHMEM_DRIVER, &loaded);
	bool peer = has_module(ctx, PEER, &peer_loaded);
	const char *first;

	if (!ours && !modules_known(ctx))
		cohmem_explain(cohmem_found(c, "module", COHMEM_UNKNOWN, NULL,
					    "the modules of the running kernel cannot be looked at"),
			       "whether a GPU can be bound is not known", NULL);
	else if (!ours)
		cohmem_explain(cohmem_found(c, "module", COHMEM_BLOCKS, NULL,
					    "%s is not there for the running kernel",
					    COHMEM_DRIVER),
			       "no GPU can be bound to it",
			       "install cohmem-dkms and the kernel's headers, or run 'make module'");
	else
		cohmem_found(c, "module", COHMEM_FIT, NULL, "%s is %s",
			     COHMEM_DRIVER, loaded ? "loaded" : "installed");
	if (!peer)
		return;
	first = first_alias(ctx);
	cohmem_explain(cohmem_found(c, "module-peer", COHMEM_NOTE, NULL,
				    "the kernel's own driver %s is %s, too%s%s", PEER,
				    peer_loaded ? "loaded" : "there",
				    first ? "; libvirt finds first: " : "",
				    first ? first : ""),
		       "libvirt with managed='yes' may choose it; what is bound already stays as it is",
		       "bind with 'cohmem bind' and use managed='no', as 'cohmem plan libvirt' does");
}

static void check_secure_boot(struct cohmem_ctx *ctx, struct cohmem_check *c)
{
	const char *const var =
		"/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";
	bool loaded, on = false, known;
	size_t len = 0;
	u8 *data = NULL;

	known = !cohmem_read_blob(ctx, var, 16, &data, &len) && len >= 5;
	if (known)
		on = data[4];
	free(data);
	if (!known)
		return;		/* no UEFI, or none that has it */
	has_module(ctx, COHMEM_DRIVER, &loaded);
	if (on && !loaded)
		cohmem_explain(cohmem_found(c, "secure-boot", COHMEM_ODD, NULL,
					    "secure boot is on, and the module not loaded yet"),
			       "a module that is not signed with a key that the machine knows is refused",
			       "mokutil --import the key of DKMS; see README.Debian of cohmem-dkms");
	else
		cohmem_found(c, "secure-boot", COHMEM_FIT, NULL, "secure boot is %s%s",
			     on ? "on" : "off", on ? ", and the module loaded" : "");
}

static void check_kvm(struct cohmem_ctx *ctx, struct cohmem_check *c)
{
	char text[128], arch[32];
	u64 n;

	if (cohmem_answer(ctx, "kvm", text, sizeof(text))) {
		cohmem_explain(cohmem_found(c, "kvm", COHMEM_UNKNOWN, NULL,
					    "nothing is recorded of KVM"),
			       "whether a machine would start is not known", NULL);
	} else if (strcmp(text, "yes")) {
		cohmem_explain(cohmem_found(c, "kvm", COHMEM_BLOCKS, NULL,
					    "/dev/kvm: %s", text),
			       "no machine can be started with KVM",
			       "run as root or in group kvm; turn virtualisation on in firmware set-up");
		return;
	} else {
		cohmem_found(c, "kvm", COHMEM_FIT, NULL, "KVM makes machines");
	}
	if (cohmem_answer(ctx, "arch", arch, sizeof(arch)) ||
	    strcmp(arch, "aarch64"))
		return;
	if (!cohmem_answer_u64(ctx, "kvm.cacheable", &n))
		cohmem_explain(cohmem_found(c, "kvm-cacheable", COHMEM_UNKNOWN, NULL,
					    "KVM could not be asked"),
			       "whether guests get the memory cacheable is not known",
			       "run as root");
	else if (!n)
		cohmem_explain(cohmem_found(c, "kvm-cacheable", COHMEM_BLOCKS, NULL,
					    "KVM does not map such memory cacheable (capability 243)"),
			       "the guest gets Device memory: its driver cannot put it on line, unaligned accesses fault",
			       "boot Linux 6.17 or newer, on a CPU with FWB and DIC (Grace has both)");
	else
		cohmem_found(c, "kvm-cacheable", COHMEM_FIT, NULL,
			     "KVM maps the memory cacheable");
}

static void check_iommu(struct cohmem_ctx *ctx, struct cohmem_check *c)
{
	struct cohmem_func *f;
	bool groups = false;

	cohmem_func_foreach(ctx, f)
		groups |= f->group >= 0;
	if (!groups && !cohmem_has_iommu(ctx))
		cohmem_explain(cohmem_found(c, "iommu", COHMEM_BLOCKS, NULL,
					    "the kernel drives no IOMMU"),
			       "nothing can be handed to a machine",
			       "turn it on: SMMU, VT-d or AMD-Vi in firmware set-up; on Intel also intel_iommu=on");
	else
		cohmem_found(c, "iommu", COHMEM_FIT, NULL, "the kernel drives an IOMMU");
	if (cohmem_exists(ctx, "/dev/iommu"))
		cohmem_found(c, "iommufd", COHMEM_FIT, NULL, "iommufd is there");
	else
		cohmem_explain(cohmem_found(c, "iommufd", COHMEM_NOTE, NULL,
					    "no /dev/iommu: the kernel has no iommufd, or it is not loaded"),
			       "a VFIO container is used, which is fine; KubeVirt, vSMMU and vCMDQ do not work",
			       "for these use a kernel with CONFIG_IOMMUFD (Debian's have none)");
}

static void check_memory(struct cohmem_ctx *ctx, struct cohmem_check *c)
{
	u64 size = 0, pages = 0, n;
	char text[64];

	if (cohmem_answer_u64(ctx, "page_size", &size))
		cohmem_found(c, "page-size", COHMEM_FIT, NULL, "pages of %llu KiB",
			     (unsigned long long)size / 1024);
	if (!cohmem_answer(ctx, "memlock", text, sizeof(text)) &&
	    strcmp(text, "unlimited"))
		cohmem_explain(cohmem_found(c, "memlock", COHMEM_ODD, NULL,
					    "the limit of locked memory is %s bytes here", text),
			       "QEMU started from here by somebody who is not root cannot map the guest's memory (ENOMEM); libvirt sets a limit of its own",
			       "ulimit -l unlimited, or LimitMEMLOCK=infinity of the unit");
	else if (text[0])
		cohmem_found(c, "memlock", COHMEM_FIT, NULL,
			     "the limit of locked memory is %s", text);
	if (!cohmem_read_u64(ctx, "/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", &n))
		pages += n * 2;
	if (!cohmem_read_u64(ctx, "/sys/kernel/mm/hugepages/hugepages-524288kB/free_hugepages", &n))
		pages += n * 512;
	if (!cohmem_read_u64(ctx, "/sys/kernel/mm/hugepages/hugepages-1048576kB/free_hugepages", &n))
		pages += n * 1024;
	if (pages)
		cohmem_found(c, "hugepages", COHMEM_FIT, NULL,
			     "%llu MiB of free huge pages", (unsigned long long)pages);
	else if (cohmem_exists(ctx, "/sys/kernel/mm/hugepages"))
		cohmem_explain(cohmem_found(c, "hugepages", COHMEM_NOTE, NULL,
					    "no huge pages are reserved"),
			       "the guest's ordinary memory is in small or transparent pages: more page tables, slower DMA mapping",
			       "reserve some: /proc/sys/vm/nr_hugepages, or hugepages= at boot");
}

static void check_programs(struct cohmem_ctx *ctx, struct cohmem_check *c)
{
	unsigned int major, minor;
	char text[128];

	if (cohmem_answer(ctx, "qemu", text, sizeof(text))) {
		if (!ctx->live)
			goto libvirt;	/* nobody asked */
		cohmem_explain(cohmem_found(c, "qemu", COHMEM_NOTE, NULL,
					    "no qemu-system-aarch64 in PATH"),
			       "machines cannot be started by hand from here",
			       "install qemu-system-arm 10.0 or newer");
	} else if (!strstr(text, "initiator")) {
		cohmem_explain(cohmem_found(c, "qemu", COHMEM_BLOCKS, NULL, "QEMU %s", text),
			       "it has no generic initiators: the guest's driver finds no nodes for the memory",
			       "install QEMU 10.0 or newer; Debian 12 has it in backports");
	} else if (!strstr(text, "aperture")) {
		cohmem_explain(cohmem_found(c, "qemu", COHMEM_ODD, NULL, "QEMU %s", text),
			       "its address space for BARs is 512 GiB and no more: enough for one or two GPUs",
			       "install QEMU 10.0 or newer");
	} else {
		cohmem_found(c, "qemu", COHMEM_FIT, NULL, "QEMU %.*s",
			     (int)strcspn(text, " "), text);
	}
libvirt:
	if (cohmem_answer(ctx, "libvirt", text, sizeof(text)) ||
	    sscanf(text, "%u.%u", &major, &minor) != 2)
		return;		/* nobody needs it */
	if (major < 10)
		cohmem_explain(cohmem_found(c, "libvirt", COHMEM_ODD, NULL, "libvirt %s", text),
			       "it binds plain vfio-pci: the machine starts, and its guest does not have the memory",
			       "install libvirt 10.0 or newer, or start QEMU by 'cohmem plan qemu'");
	else if (major * 1000 + minor < 11008)
		cohmem_explain(cohmem_found(c, "libvirt", COHMEM_NOTE, NULL, "libvirt %s", text),
			       "initiator nodes and address space are handed through to QEMU as they are",
			       "'cohmem plan libvirt' does that");
	else
		cohmem_found(c, "libvirt", COHMEM_FIT, NULL, "libvirt %s", text);
}

/**
 * cohmem_check_host() - all checks that are about the host
 * @ctx: the context, scanned
 * @c: where the findings go
 */
void cohmem_check_host(struct cohmem_ctx *ctx, struct cohmem_check *c)
{
	check_kernel(ctx, c);
	check_modules(ctx, c);
	check_secure_boot(ctx, c);
	check_iommu(ctx, c);
	check_kvm(ctx, c);
	check_memory(ctx, c);
	check_programs(ctx, c);
}
