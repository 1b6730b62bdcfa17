// SPDX-License-Identifier: GPL-2.0-only
/*
 * The methods of the device plugin API, and what they say of GPUs. The kubelet
 * decides who gets what; here it is only told what there is, and how a container
 * reaches it: device nodes, and the variable in which KubeVirt looks for addresses.
 */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "deviceplugin.pb-c.h"
#include "plugin.h"

const char service_register[] = "/v1beta1.Registration/Register";

/* More than any container can want: bounds what is made of one request. */
#define MAX_IDS		(2 * MAX_GPUS)

static int pack(const ProtobufCMessage *m, uint8_t **msg, size_t *len)
{
	*len = protobuf_c_message_get_packed_size(m);
	*msg = malloc(*len + 1);
	if (!*msg)
		return -ENOMEM;
	protobuf_c_message_pack(m, *msg);
	return 0;
}

/* Ends a call with a message. */
static void answer(struct grpc_call *call, const ProtobufCMessage *m)
{
	uint8_t *msg;
	size_t len;

	if (pack(m, &msg, &len)) {
		grpc_end(call, GRPC_RESOURCE_EXHAUSTED, "out of memory");
		return;
	}
	if (grpc_reply(call, msg, len))
		grpc_end(call, GRPC_RESOURCE_EXHAUSTED, "out of memory");
	else
		grpc_end(call, GRPC_OK, NULL);
	free(msg);
}

static void not_understood(struct grpc_call *call)
{
	grpc_end(call, GRPC_INVALID_ARGUMENT, "the request cannot be decoded");
}

/**
 * service_registration() - the message that a resource is registered by
 * @resource: its name
 * @endpoint: file name of its socket
 * @msg: the message; allocated
 * @len: bytes of it
 * Return: 0 or -ENOMEM.
 */
int service_registration(const char *resource, const char *endpoint,
			 uint8_t **msg, size_t *len)
{
	V1beta1__DevicePluginOptions o = V1BETA1__DEVICE_PLUGIN_OPTIONS__INIT;
	V1beta1__RegisterRequest r = V1BETA1__REGISTER_REQUEST__INIT;

	o.pre_start_required = 1;
	o.get_preferred_allocation_available = 1;
	r.version = (char *)"v1beta1";
	r.endpoint = (char *)endpoint;
	r.resource_name = (char *)resource;
	r.options = &o;
	return pack(&r.base, msg, len);
}

/**
 * service_list() - the message that tells of a resource's GPUs
 * @resource: its name
 * @msg: the message; allocated
 * @len: bytes of it
 * Return: 0 or -ENOMEM.
 */
int service_list(const char *resource, uint8_t **msg, size_t *len)
{
	static V1beta1__Device device[MAX_GPUS], *devices[MAX_GPUS];
	static V1beta1__TopologyInfo topology[MAX_GPUS];
	static V1beta1__NUMANode node[MAX_GPUS], *nodes[MAX_GPUS];
	V1beta1__ListAndWatchResponse r = V1BETA1__LIST_AND_WATCH_RESPONSE__INIT;
	unsigned int i, n = 0;

	for (i = 0; i < nr_gpus; i++) {
		const struct gpu *g = &gpus[i];

		if (!g->offered || strcmp(g->resource, resource))
			continue;
		v1beta1__device__init(&device[n]);
		v1beta1__topology_info__init(&topology[n]);
		v1beta1__numanode__init(&node[n]);
		device[n].id = (char *)g->bdf;
		device[n].health = (char *)(g->why[0] ? "Unhealthy" : "Healthy");
		if (g->node >= 0) {
			node[n].id = g->node;
			nodes[n] = &node[n];
			topology[n].n_nodes = 1;
			topology[n].nodes = &nodes[n];
			device[n].topology = &topology[n];
		}
		devices[n] = &device[n];
		n++;
	}
	r.n_devices = n;
	r.devices = devices;
	return pack(&r.base, msg, len);
}

static void get_options(struct grpc_call *call, void *arg, const uint8_t *msg,
			size_t len)
{
	V1beta1__DevicePluginOptions o = V1BETA1__DEVICE_PLUGIN_OPTIONS__INIT;

	(void)arg, (void)msg, (void)len;
	o.pre_start_required = 1;
	o.get_preferred_allocation_available = 1;
	answer(call, &o.base);
}

static void list_and_watch(struct grpc_call *call, void *arg,
			   const uint8_t *msg, size_t len)
{
	(void)msg, (void)len;
	resource_watched(arg, call);
}

/* A GPU that a request names, or NULL after the call was ended. */
static struct gpu *named(struct grpc_call *call, const struct resource *r,
			 const char *id)
{
	struct gpu *g = gpu_find(id);
	char text[128];

	if (g && g->offered && !strcmp(g->resource, resource_name(r)))
		return g;
	snprintf(text, sizeof(text), "%.40s is no GPU of this resource", id);
	grpc_end(call, GRPC_NOT_FOUND, text);
	return NULL;
}

/* The same, and it may be had; the host was looked at a moment ago. */
static struct gpu *healthy(struct grpc_call *call, const struct resource *r,
			   const char *id)
{
	struct gpu *g = named(call, r, id);
	char text[128];

	if (!g || !g->why[0])
		return g;
	snprintf(text, sizeof(text), "%s is withheld: %s", g->bdf, g->why);
	say(g->bdf, NULL, "asked for although it is withheld: %s", g->why);
	grpc_end(call, GRPC_FAILED_PRECONDITION, text);
	return NULL;
}

/* Healthy a moment ago is not enough for what is given away now. */
static void look_now(void)
{
	bool changed;

	if (!host_look(&changed) && changed)
		kubelet_changed();
}

static bool has_iommufd(void)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/dev/iommu",
		 opt.sysroot ? opt.sysroot : "");
	return !access(path, F_OK);
}

/* What one container gets, and all that it is made of. */
struct grant {
	V1beta1__ContainerAllocateResponse r;
	V1beta1__ContainerAllocateResponse__EnvsEntry env, *envs[1];
	V1beta1__DeviceSpec spec[2 * MAX_GPUS + 2], *specs[2 * MAX_GPUS + 2];
	char path[2 * MAX_GPUS + 2][40];
	char key[RESOURCE_LEN + 16];
	char value[MAX_GPUS * COHMEM_BDF_LEN];
};

__attribute__((format(printf, 2, 3)))
static void add_node(struct grant *t, const char *fmt, ...)
{
	unsigned int n = t->r.n_devices, i;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(t->path[n], sizeof(t->path[n]), fmt, ap);
	va_end(ap);
	for (i = 0; i < n; i++)
		if (!strcmp(t->path[i], t->path[n]))
			return;
	v1beta1__device_spec__init(&t->spec[n]);
	t->spec[n].container_path = t->path[n];
	t->spec[n].host_path = t->path[n];
	t->spec[n].permissions = (char *)"mrw";
	t->specs[n] = &t->spec[n];
	t->r.n_devices++;
}

static void add_nodes(struct grant *t, const struct gpu *g)
{
	bool group = g->group >= 0 && opt.nodes != NODES_IOMMUFD;
	bool iommufd = g->cdev >= 0 && opt.nodes != NODES_GROUP && has_iommufd();

	if (group) {
		add_node(t, "/dev/vfio/vfio");
		add_node(t, "/dev/vfio/%d", g->group);
	}
	if (iommufd) {
		add_node(t, "/dev/iommu");
		add_node(t, "/dev/vfio/devices/vfio%d", g->cdev);
	}
}

/* "nvidia.com/GH200": PCI_RESOURCE_NVIDIA_COM_GH200, as KubeVirt makes it. */
static void variable(const char *resource, char *key)
{
	char *p = key + sprintf(key, "PCI_RESOURCE_");

	for (; *resource; resource++)
		*p++ = *resource == '/' || *resource == '.' ? '_' :
		       toupper((unsigned char)*resource);
	*p = '\0';
}

/* Returns false after the call was ended. */
static bool grant(struct grpc_call *call, const struct resource *r,
		  const V1beta1__ContainerAllocateRequest *q, struct grant *t)
{
	size_t i, used = 0;
	struct gpu *g;

	v1beta1__container_allocate_response__init(&t->r);
	v1beta1__container_allocate_response__envs_entry__init(&t->env);
	variable(resource_name(r), t->key);
	for (i = 0; i < q->n_devices_ids; i++) {
		g = healthy(call, r, q->devices_ids[i]);
		if (!g)
			return false;
		if (strstr(t->value, g->bdf))
			continue;
		add_nodes(t, g);
		used += sprintf(t->value + used, "%s%s", used ? "," : "", g->bdf);
	}
	t->env.key = t->key;
	t->env.value = t->value;
	t->envs[0] = &t->env;
	t->r.n_envs = 1;
	t->r.envs = t->envs;
	t->r.devices = t->specs;
	return true;
}

static void allocate(struct grpc_call *call, void *arg, const uint8_t *msg,
		     size_t len)
{
	V1beta1__AllocateResponse response = V1BETA1__ALLOCATE_RESPONSE__INIT;
	V1beta1__ContainerAllocateResponse *list[MAX_IDS];
	V1beta1__AllocateRequest *q;
	struct grant *grants;
	size_t i;

	q = v1beta1__allocate_request__unpack(NULL, len, msg);
	if (!q) {
		not_understood(call);
		return;
	}
	/* The kubelet asks for one container at a time; a pod has not many. */
	if (q->n_container_requests > 64) {
		grpc_end(call, GRPC_INVALID_ARGUMENT, "too many containers");
		v1beta1__allocate_request__free_unpacked(q, NULL);
		return;
	}
	look_now();
	grants = calloc(q->n_container_requests + 1, sizeof(*grants));
	for (i = 0; grants && i < q->n_container_requests; i++) {
		if (!grant(call, arg, q->container_requests[i], &grants[i]))
			goto out;
		list[i] = &grants[i].r;
		say(NULL, NULL, "allocated as %s: %s", resource_name(arg),
		    grants[i].value);
	}
	response.n_container_responses = i;
	response.container_responses = list;
	if (grants)
		answer(call, &response.base);
	else
		grpc_end(call, GRPC_RESOURCE_EXHAUSTED, "out of memory");
out:
	free(grants);
	v1beta1__allocate_request__free_unpacked(q, NULL);
}

static void pre_start(struct grpc_call *call, void *arg, const uint8_t *msg,
		      size_t len)
{
	V1beta1__PreStartContainerResponse r =
		V1BETA1__PRE_START_CONTAINER_RESPONSE__INIT;
	V1beta1__PreStartContainerRequest *q;
	bool ok = true;
	size_t i;

	q = v1beta1__pre_start_container_request__unpack(NULL, len, msg);
	if (!q) {
		not_understood(call);
		return;
	}
	look_now();
	for (i = 0; ok && i < q->n_devices_ids; i++)
		ok = healthy(call, arg, q->devices_ids[i]);
	if (ok)
		answer(call, &r.base);
	v1beta1__pre_start_container_request__free_unpacked(q, NULL);
}

static int by_address(const void *a, const void *b)
{
	const struct choice *x = a, *y = b;

	return strcmp(x->gpu->bdf, y->gpu->bdf);
}

/* Takes the ids of one list; returns false after the call was ended. */
static bool take(struct grpc_call *call, const struct resource *r, char **ids,
		 size_t nr, bool must, struct choice *c, unsigned int *n)
{
	struct gpu *g;
	unsigned int k;
	size_t i;

	for (i = 0; i < nr; i++) {
		g = named(call, r, ids[i]);
		if (!g)
			return false;
		for (k = 0; k < *n && c[k].gpu != g; k++)
			;
		if (k == *n)
			c[(*n)++] = (struct choice){ .gpu = g };
		c[k].must |= must;
	}
	return true;
}

static bool prefer_one(struct grpc_call *call, const struct resource *r,
		       const V1beta1__ContainerPreferredAllocationRequest *q,
		       V1beta1__ContainerPreferredAllocationResponse *out)
{
	static struct choice c[MAX_GPUS];
	unsigned int n = 0, i;

	v1beta1__container_preferred_allocation_response__init(out);
	if (!take(call, r, q->available_deviceids, q->n_available_deviceids,
		  false, c, &n) ||
	    !take(call, r, q->must_include_deviceids,
		  q->n_must_include_deviceids, true, c, &n))
		return false;
	qsort(c, n, sizeof(c[0]), by_address);
	choose(c, n, q->allocation_size > 0 ? q->allocation_size : 0);
	out->deviceids = calloc(n + 1, sizeof(char *));
	for (i = 0; out->deviceids && i < n; i++)
		if (c[i].taken)
			out->deviceids[out->n_deviceids++] =
				(char *)c[i].gpu->bdf;
	return true;
}

static void prefer(struct grpc_call *call, void *arg, const uint8_t *msg,
		   size_t len)
{
	V1beta1__PreferredAllocationResponse r =
		V1BETA1__PREFERRED_ALLOCATION_RESPONSE__INIT;
	V1beta1__ContainerPreferredAllocationResponse one[64], *list[64];
	V1beta1__PreferredAllocationRequest *q;
	size_t i, n = 0;

	q = v1beta1__preferred_allocation_request__unpack(NULL, len, msg);
	if (!q) {
		not_understood(call);
		return;
	}
	if (q->n_container_requests > 64) {
		grpc_end(call, GRPC_INVALID_ARGUMENT, "too many containers");
		v1beta1__preferred_allocation_request__free_unpacked(q, NULL);
		return;
	}
	for (; n < q->n_container_requests; n++) {
		if (!prefer_one(call, arg, q->container_requests[n], &one[n]))
			break;
		list[n] = &one[n];
	}
	r.n_container_responses = n;
	r.container_responses = list;
	if (n == q->n_container_requests)
		answer(call, &r.base);
	for (i = 0; i < n; i++)
		free(one[i].deviceids);
	v1beta1__preferred_allocation_request__free_unpacked(q, NULL);
}

const struct grpc_method service_methods[] = {
	{ "/v1beta1.DevicePlugin/GetDevicePluginOptions", get_options },
	{ "/v1beta1.DevicePlugin/ListAndWatch", list_and_watch },
	{ "/v1beta1.DevicePlugin/GetPreferredAllocation", prefer },
	{ "/v1beta1.DevicePlugin/Allocate", allocate },
	{ "/v1beta1.DevicePlugin/PreStartContainer", pre_start },
	{ NULL, NULL },
};
