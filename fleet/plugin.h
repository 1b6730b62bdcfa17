/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cohmem-device-plugin: GPUs with coherent memory for the kubelet.
 *
 *	host.c		the GPUs of the host, each with a verdict: healthy, or why not
 *	bind.c		giving them to the driver, and back
 *	kubelet.c	resources: a socket and a registration each; the kubelet's coming
 *			and going
 *	service.c	the methods of the device plugin API
 *	choose.c	which GPUs go well together
 *	features.c	what Node Feature Discovery is told
 *	options.c	command line and configuration file
 *	server.c client.c h2.c	as much of gRPC as that takes
 *
 * One thread. The host is looked at every few seconds, and when a PCI function comes or
 * goes, a driver notifies, or SIGHUP comes; who watches is told what has changed.
 */
#ifndef FLEET_PLUGIN_H
#define FLEET_PLUGIN_H

#include <stdio.h>

#include "grpc.h"
#include "libcohmem.h"

#define MAX_GPUS	256
#define MAX_RESOURCES	16
#define RESOURCE_LEN	96
#define MAX_NAMED	16
#define MAX_ONLY	32

enum nodes {
	NODES_AUTO,	/* the group, and iommufd's where the host has them */
	NODES_GROUP,
	NODES_IOMMUFD,
};

/**
 * struct gpu - a GPU as the kubelet is told of it
 * @bdf: its address, and its id with the kubelet
 * @resource: what it is called
 * @node: NUMA node, or -1
 * @socket: what tells which GPUs are close to each other: the node, or else the socket
 * @group: IOMMU group, or -1
 * @cdev: N of vfioN, or -1
 * @mib: its memory in MiB; 0: not known
 * @offered: the kubelet is told of it
 * @why: why it is withheld, in one stable word; empty: healthy
 * @retry_at: when binding is tried again
 * @retry_ms: how long it waits after the next failure
 */
struct gpu {
	char bdf[COHMEM_BDF_LEN];
	char resource[RESOURCE_LEN];
	int node;
	int socket;
	int group;
	int cdev;
	unsigned long long mib;
	bool offered;
	char why[64];
	uint64_t retry_at;
	unsigned int retry_ms;
};

/* What a part is to be called, other than it would be. */
struct named {
	unsigned int vendor;
	unsigned int device;
	char resource[RESOURCE_LEN];
};

struct options {
	const char *sysroot;
	char kubelet_dir[96];
	char nfd_file[256];
	bool bind;		/* GPUs that VFIO does not have yet */
	bool unbind;		/* them again, at the end */
	enum nodes nodes;
	unsigned int interval_s;
	unsigned int allow_poisoned;
	bool allow_dirty;
	bool once;
	bool verbose;
	struct named named[MAX_NAMED];
	unsigned int nr_named;
	char only[MAX_ONLY][COHMEM_BDF_LEN];
	unsigned int nr_only;
};

extern struct options opt;

/* main.c */
__attribute__((format(printf, 3, 4)))
void say(const char *subject, const char *hint, const char *fmt, ...);
void say_why(struct cohmem_ctx *ctx);
void look_soon(void);

/* options.c */
int read_options(int argc, char **argv);

/* host.c */
extern struct gpu gpus[MAX_GPUS];
extern unsigned int nr_gpus;

int host_open(void);
void host_close(void);
int host_look(bool *changed);
struct gpu *gpu_find(const char *bdf);
bool gpu_wanted(const char *bdf);
struct cohmem_ctx *host(void);

/* notify.c */
void notify_open(void);
void notify_arm(void);
void notify_close(void);

/* bind.c */
bool bind_one(struct gpu *g);
void unbind_all(void);

/* kubelet.c */
struct resource;

void kubelet_open(void);
void kubelet_close(void);
void kubelet_changed(void);
void kubelet_tick(void);

/* service.c */
extern const struct grpc_method service_methods[];
extern const char service_register[];

int service_list(const char *resource, uint8_t **msg, size_t *len);
int service_registration(const char *resource, const char *endpoint,
			 uint8_t **msg, size_t *len);
const char *resource_name(const struct resource *r);
void resource_watched(struct resource *r, struct grpc_call *call);

/* choose.c */

/**
 * struct choice - a GPU that may be chosen
 * @gpu: the GPU
 * @must: it has to be among them
 * @taken: it is among them
 */
struct choice {
	const struct gpu *gpu;
	bool must;
	bool taken;
};

unsigned int choose(struct choice *c, unsigned int nr, unsigned int want);

/* features.c */
void features_write(void);
void features_remove(void);

#endif /* FLEET_PLUGIN_H */
