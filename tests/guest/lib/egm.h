/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Extended GPU Memory: what the lab has made of it, computed here from the lab's
 * own words, and its character device. A test of a driver that knows no EGM is
 * skipped; of one that does, and shows none, it fails.
 *
 * "Socket" N is the Nth range that the machine has, from 0 on.
 */
#ifndef COHMEM_GUEST_EGM_H
#define COHMEM_GUEST_EGM_H

#include <linux/vfio.h>

#include "hold.h"
#include "uapi/egm.h"

#define EGM_REGION_TYPE	(VFIO_REGION_TYPE_PCI_VENDOR_TYPE | 0x10de)

#define EGM_BLOCK	65536ULL	/* what firmware retires at a time */
#define EGM_SOCKETS	8
#define EGM_RETIRED	4096
#define EGM_RANGES	150	/* of one export, with which all of it takes memory */

/**
 * struct egm_facts - what the machine is supposed to have
 * @nr: ranges
 * @pxm: the node of each
 * @base: its physical address
 * @size: bytes of each
 * @list: what kind of list of retired blocks firmware has, see lab/egm.sh
 * @nr_retired: blocks on it
 * @retired: their offsets, ascending
 */
struct egm_facts {
	unsigned int nr;
	unsigned int pxm[EGM_SOCKETS];
	u64 base[EGM_SOCKETS];
	u64 size;
	const char *list;
	unsigned int nr_retired;
	u64 retired[EGM_RETIRED];
};

const struct egm_facts *egm_facts(void);
const struct egm_facts *need_egm(void);
bool egm_is_retired(u64 off);
u64 egm_good(u64 off, u64 len);

const char *egm_path(unsigned int socket, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
u64 egm_u64(const char *name);
bool egm_becomes(const char *name, const char *want, unsigned int ms);
void egm_is(const char *name, const char *want);
void egm_set(const char *name, const char *value);

int __egm_open(unsigned int socket);
int egm_open(unsigned int socket);
void egm_close(int fd);
void *__egm_map(int fd, u64 off, u64 len, int prot, int flags);
void *egm_map(int fd, u64 off, u64 len);
void *egm_room(u64 len, u64 align);
void egm_map_at(void *want, int fd, u64 off, u64 len);
void *egm_map_aligned(int fd, u64 off, u64 len, u64 align);
bool egm_freed(unsigned int ms);
unsigned int egm_gpus(void);
int egm_export(int fd, const struct egm_dma_range *range, unsigned int nr);
int egm_export_one(int fd, u64 off, u64 len);

/**
 * struct egm_region - EGM as a region of a device
 * @index: its number
 * @info: what VFIO says of it
 */
struct egm_region {
	unsigned int index;
	struct vfio_region_info *info;
};

bool egm_region_find(struct dev *d, struct egm_region *r);
void *egm_region_cap(struct vfio_region_info *info, u16 id);

void egm_settle(const char *policy);
void egm_cleared(void);

#endif /* COHMEM_GUEST_EGM_H */
