/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A GPU as somebody wrote it down, to be one like it: a recording that "cohmem
 * record" has made of a host, the description of one GPU out of it (JSON,
 * cohmem.gpu.1), or what lspci prints. Arrows point down: gpu.c chooses and makes
 * a superchip's setup of it; gpu_json.c, gpu_text.c and gpu_tar.c read one form
 * each, and know nothing but bytes. All of it comes from strangers.
 */
#ifndef COHMEM_SIM_GPU_H
#define COHMEM_SIM_GPU_H

#include <stddef.h>

#include "config.h"

/* What firmware says of the memory; in the order of the driver's names. */
enum sim_prop {
	SIM_PROP_BASE, SIM_PROP_SIZE, SIM_PROP_PXM, SIM_PROP_PXMS,
	SIM_PROP_EGM_BASE, SIM_PROP_EGM_SIZE, SIM_PROP_EGM_PXM,
	SIM_PROP_EGM_RETIRED, SIM_NR_PROPS,
};

/* A function's address. */
struct sim_bdf {
	u32 domain;
	u8 bus, dev, fn;
};

/**
 * struct sim_gpu - what is known of a GPU
 * @has_bdf, @bdf: its address
 * @byte: config space
 * @have: how many bytes of it are known, from the start
 * @has_bars: the sizes of its BARs are known
 * @bar_size: the sizes; of BARs of 64 bits at the first of two indices
 * @bar_bits: the low bits of their registers
 * @has_firmware: what firmware announces is known, be it nothing
 * @prop, @has_prop: what it announces
 * @memory_base, @memory_size: what became of that, or 0
 */
struct sim_gpu {
	bool has_bdf;
	struct sim_bdf bdf;
	u8 byte[SIM_CONFIG_SIZE];
	u32 have;
	bool has_bars;
	u64 bar_size[6];
	u8 bar_bits[6];
	bool has_firmware;
	u64 prop[SIM_NR_PROPS];
	bool has_prop[SIM_NR_PROPS];
	u64 memory_base, memory_size;
};

#define SIM_MAX_NOTES	32

/* What is to be said about it: a line each, and why it failed. */
struct sim_notes {
	unsigned int nr;
	char line[SIM_MAX_NOTES][128];
	char why[192];
};

void cohmem_sim_note(struct sim_notes *n, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
int cohmem_sim_refuse(struct sim_notes *n, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* gpu.c */
struct sim_setup;
struct sim_model;

const char *cohmem_sim_prop_name(enum sim_prop prop);
bool cohmem_sim_bdf_parse(const char *text, size_t len, struct sim_bdf *bdf);
void cohmem_sim_bdf_text(const struct sim_bdf *bdf, char text[24]);
bool cohmem_sim_bdf_same(const struct sim_bdf *a, const struct sim_bdf *b);
int cohmem_sim_gpu_parse(const u8 *data, size_t len, const struct sim_bdf *want,
			 struct sim_gpu *g, struct sim_notes *n);
int cohmem_sim_gpu_load(const char *name, struct sim_gpu *g,
			struct sim_notes *n);
int cohmem_sim_gpu_dump(const char *path, struct sim_gpu *g,
			struct sim_notes *n);

/* gpu_model.c */
const struct sim_model *cohmem_sim_gpu_kin(const struct sim_gpu *g);
u32 cohmem_sim_gpu_find(const struct sim_gpu *g, const struct sim_cap *cap);
int cohmem_sim_gpu_complete(struct sim_gpu *g, const struct sim_model *base,
			    struct sim_notes *n);
void cohmem_sim_gpu_setup(const struct sim_gpu *g, const struct sim_model *base,
			  struct sim_model *model, struct sim_setup *setup,
			  struct sim_notes *n);
void cohmem_sim_gpu_explain(const struct sim_gpu *g, const struct sim_config *c,
			    struct sim_notes *n);
void cohmem_sim_gpu_announce(struct sim_gpu *g);
int cohmem_sim_gpu_of_model(const struct sim_model *model, struct sim_gpu *g,
			    struct sim_notes *n);

/* gpu_json.c */
struct json_object;

int cohmem_sim_gpu_json_parse(const char *text, size_t len, struct sim_gpu *g,
			      struct sim_notes *n);
struct json_object *cohmem_sim_gpu_json(const struct sim_gpu *g);

/* gpu_text.c */
bool cohmem_sim_gpu_text_here(const char *text, size_t len);
int cohmem_sim_gpu_text_parse(const char *text, size_t len,
			      const struct sim_bdf *want, bool any,
			      struct sim_gpu *g, struct sim_notes *n);

/* gpu_tar.c */
bool cohmem_sim_gpu_tar_here(const u8 *data, size_t len);
int cohmem_sim_gpu_tar_find(const u8 *data, size_t len,
			    const struct sim_bdf *want, const u8 **member,
			    size_t *size, struct sim_notes *n);

#endif /* COHMEM_SIM_GPU_H */
