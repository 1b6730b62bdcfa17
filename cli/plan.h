/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The forms of a plan. Each renders the model of a machine (lib/vm.h) for one
 * reader; none of them computes anything.
 */
#ifndef COHMEM_CLI_PLAN_H
#define COHMEM_CLI_PLAN_H

#include "cohmem.h"
#include "vm.h"

/**
 * struct plan_view - all that the forms show
 * @vm: the machine
 * @name: its name
 * @program: the QEMU that starts it
 * @qemu: what that can
 * @iommufd: the GPUs go through iommufd
 * @args0: QEMU's arguments only, ended by zero bytes
 * @libvirt: version of libvirt it is for, 12008000 = 12.8.0
 * @libvirt_egm: that libvirt is NVIDIA's and knows <memory model='egm'>
 * @kubevirt: it is for KubeVirt, which brings such a libvirt with it
 * @merge: file of a domain to put it into, or NULL
 * @domain: that domain, an xmlDoc
 * @whole: a whole new domain
 */
struct plan_view {
	struct cohmem_vm *vm;
	const char *name;
	const char *program;
	struct cohmem_qemu qemu;
	bool iommufd;
	bool args0;
	unsigned int libvirt;
	bool libvirt_egm;
	bool kubevirt;
	const char *merge;
	void *domain;
	bool whole;
};

/* What libvirt's versions can; see plan_libvirt.c. */
#define LIBVIRT_VARIANT_DRIVERS	10000000U
#define LIBVIRT_RAS		10004000U
#define LIBVIRT_NODESET		11008000U
#define LIBVIRT_IOMMUFD		12001000U

/*
 * What QEMU's virtio devices need beside memory in a BAR: they reach that only by
 * bounce buffers, of 4 KiB if nobody says otherwise. See docs/guest.md.
 */
#define VIRTIO_BOUNCE	"67108864"

void plan_text(struct cli *cli, const struct plan_view *view);
void plan_json(struct cli *cli, const struct plan_view *view);
int plan_qemu(struct cli *cli, const struct plan_view *view);
int plan_libvirt(struct cli *cli, const struct plan_view *view);
int plan_kubevirt(struct cli *cli, const struct plan_view *view);
int plan_write_egm(struct cli *cli, const struct plan_view *view);
int plan_read_domain(struct cli *cli, struct plan_view *view,
		     struct cohmem_vm_request *want);
void plan_free_domain(struct plan_view *view);
void plan_warnings(const struct plan_view *view);

#endif /* COHMEM_CLI_PLAN_H */
