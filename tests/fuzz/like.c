// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz target for --like: one input is one file. What it is taken for must be a
 * function that works: config space that can be written and reset, and a
 * description that says the same again.
 */
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "drive.h"
#include "gpu.h"
#include "sim.h"

const char fuzz_name[] = "like";
const char fuzz_promise[] = "no file is taken for what cannot be";

static struct sim_config config;

static void must(bool true_it_is)
{
	if (!true_it_is)
		abort();
}

/* What goes through a description comes out as it went in. */
static void there_and_back(const struct sim_gpu *g)
{
	static struct sim_gpu again;
	struct json_object *o = cohmem_sim_gpu_json(g);
	const char *text = json_object_to_json_string(o);
	struct sim_notes n = { 0 };

	must(!cohmem_sim_gpu_json_parse(text, strlen(text), &again, &n));
	must(!memcmp(again.byte, g->byte, sizeof(g->byte)));
	must(!memcmp(again.bar_size, g->bar_size, sizeof(g->bar_size)));
	must(!memcmp(again.bar_bits, g->bar_bits, sizeof(g->bar_bits)));
	must(!memcmp(again.prop, g->prop, sizeof(g->prop)));
	must(!memcmp(again.has_prop, g->has_prop, sizeof(g->has_prop)));
	must(again.memory_base == g->memory_base &&
	     again.memory_size == g->memory_size);
	json_object_put(o);
}

static void use(const struct sim_gpu *g, const struct sim_setup *s)
{
	static u8 ones[SIM_CONFIG_SIZE];
	struct sim_messages m;
	unsigned int i;

	memset(ones, 0xff, sizeof(ones));
	for (i = 0; i < SIM_CXL_RANGES; i++)
		cohmem_sim_config_set_cxl(&config, i, s->hbm_size, 1, true, true);
	cohmem_sim_config_write(&config, 0, ones, sizeof(ones));
	m = cohmem_sim_config_messages(&config);
	must(m.nr <= (m.msix ? SIM_NR_VECTORS : SIM_NR_MSI));
	cohmem_sim_config_pending(&config, 0xffffffff);
	cohmem_sim_config_set_intx(&config, true);
	if (config.aer)
		cohmem_sim_aer_raise(&config, 0x4000, false);
	for (i = 0; i < 6; i++)
		must(!s->bar_size[i] ||
		     !(s->bar_size[i] & (s->bar_size[i] - 1)));
	cohmem_sim_config_reset(&config, SIM_CONFIG_FLR);
	cohmem_sim_config_reset(&config, SIM_CONFIG_CONVENTIONAL);
	cohmem_sim_config_reset(&config, SIM_CONFIG_POWER_ON);
	must(!memcmp(config.byte, config.initial, sizeof(config.byte)));
	/* What it is has not been changed by anything. */
	must(!memcmp(config.byte, g->byte, 4));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sim_gpu g;
	const struct sim_model *kin;
	struct sim_notes n = { 0 };
	struct sim_setup s = { 0 };
	struct sim_config_setup c;
	struct sim_model own;
	const char *why;

	if (cohmem_sim_gpu_parse(data, size, NULL, &g, &n)) {
		must(n.why[0]);
		return 0;
	}
	kin = cohmem_sim_gpu_kin(&g);
	must(kin);
	if (cohmem_sim_gpu_complete(&g, kin, &n)) {
		must(n.why[0]);
		return 0;
	}
	there_and_back(&g);
	cohmem_sim_gpu_setup(&g, kin, &own, &s, &n);
	c = (struct sim_config_setup){
		.model = &own, .device_id = s.device_id, .mem_base = s.mem_base,
		.mem_size = s.hbm_size - s.cxl_range2,
		.nr_cxl_ranges = s.cxl_two_ranges ? 2 : 1,
		.no_msix = size & 1, .dump = s.dump,
	};
	memcpy(c.bar_size, s.bar_size, sizeof(c.bar_size));
	memcpy(c.bar_bits, s.bar_bits, sizeof(c.bar_bits));
	must(!cohmem_sim_config_init(&config, &c, &why));
	cohmem_sim_gpu_explain(&g, &config, &n);
	use(&g, &s);
	return 0;
}
