// SPDX-License-Identifier: GPL-2.0-only
/* The part of a recording that is one GPU: capture.h has the form. */
#include <json-c/json.h>
#include <stdlib.h>

#include "capture.h"
#include "internal.h"

#define DEVICES		"/sys/bus/pci/devices"
#define EXT_ID_SERIAL	0x0003	/* Device Serial Number; PCIe 5.0, 7.9.3 */

/**
 * cohmem_hide_serial() - serial numbers say whose machine it is
 * @cfg: configuration space, changed
 * @len: bytes of it
 */
void cohmem_hide_serial(u8 *cfg, size_t len)
{
	unsigned int at = 0x100, left = 512;

	while (left-- && at >= 0x100 && at + 12 <= len) {
		u32 head = cfg[at] | cfg[at + 1] << 8 | cfg[at + 2] << 16 |
			   (u32)cfg[at + 3] << 24;

		if (!head || head == ~0U)
			break;
		if ((head & 0xffff) == EXT_ID_SERIAL)
			memset(cfg + at + 4, 0, 8);
		at = head >> 20 & ~3U;
	}
}

static void put_hex(struct json_object *o, const char *key, u64 n)
{
	char text[32];

	cohmem_fmt(text, sizeof(text), "0x%llx", (unsigned long long)n);
	json_object_object_add(o, key, json_object_new_string(text));
}

static struct json_object *config_hex(struct cohmem_ctx *ctx,
				      const struct cohmem_func *f)
{
	struct json_object *o = NULL;
	char path[128], *hex;
	size_t len, i;
	u8 *cfg;

	cohmem_fmt(path, sizeof(path), DEVICES "/%s/config", f->bdf);
	if (cohmem_read_blob(ctx, path, 4096, &cfg, &len))
		return NULL;
	cohmem_hide_serial(cfg, len);
	hex = malloc(2 * len + 1);
	for (i = 0; hex && i < len; i++)
		snprintf(hex + 2 * i, 3, "%02x", cfg[i]);
	if (hex && len)
		o = json_object_new_string(hex);
	free(hex);
	free(cfg);
	return o;
}

/**
 * cohmem_capture_gpu() - a GPU, complete in itself
 * @ctx: the context
 * @t: the recording
 * @f: the GPU, loaded
 *
 * All that an emulator has to know to be one like it.
 */
void cohmem_capture_gpu(struct cohmem_ctx *ctx, struct cohmem_tar *t,
			 const struct cohmem_func *f)
{
	struct json_object *top = json_object_new_object(), *list, *o;
	const struct cohmem_memory *m = &f->memory;
	const char *text;
	char name[64];
	unsigned int i;

	json_object_object_add(top, "schema", json_object_new_string("cohmem.gpu.1"));
	json_object_object_add(top, "bdf", json_object_new_string(f->bdf));
	put_hex(top, "vendor_id", f->vendor);
	put_hex(top, "device_id", f->device);
	put_hex(top, "subsystem_vendor_id", f->subvendor);
	put_hex(top, "subsystem_device_id", f->subdevice);
	put_hex(top, "class", f->class);
	put_hex(top, "revision", f->revision);
	list = json_object_new_array();
	for (i = 0; i < COHMEM_NR_BARS; i++) {
		const struct cohmem_bar_info *b = &f->bar[i];

		if (!b->size)
			continue;
		o = json_object_new_object();
		json_object_object_add(o, "index", json_object_new_int(i));
		json_object_object_add(o, "size", json_object_new_uint64(b->size));
		json_object_object_add(o, "prefetchable", json_object_new_boolean(b->prefetch));
		json_object_object_add(o, "is_64bit", json_object_new_boolean(b->is_64));
		json_object_object_add(o, "is_io", json_object_new_boolean(b->is_io));
		json_object_array_add(list, o);
	}
	json_object_object_add(top, "bars", list);
	json_object_object_add(top, "memory_base", NULL);
	json_object_object_add(top, "memory_size", NULL);
	if (m->state == COHMEM_MEM_OK) {
		json_object_object_add(top, "memory_size", json_object_new_uint64(m->size));
		if (m->has_base)
			put_hex(top, "memory_base", m->base);
	}
	json_object_object_add(top, "layout", m->placement ?
			       json_object_new_string(m->placement) : NULL);
	/* Firmware's own words, whatever became of them. */
	o = json_object_new_object();
	for (i = 0; f->announced && i < COHMEM_NR_PROPS; i++)
		if (f->dsd.present & 1U << i && !(f->dsd.opaque & 1U << i))
			put_hex(o, cohmem_prop_name(i), f->dsd.value[i]);
	json_object_object_add(top, "firmware", o);
	json_object_object_add(top, "config", config_hex(ctx, f));
	text = json_object_to_json_string_ext(top, JSON_C_TO_STRING_PRETTY |
					      JSON_C_TO_STRING_NOSLASHESCAPE);
	cohmem_fmt(name, sizeof(name), "cohmem/gpu-%s.json", f->bdf);
	cohmem_tar_file(t, name, text, strlen(text));
	json_object_put(top);
}
