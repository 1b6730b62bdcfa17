// SPDX-License-Identifier: GPL-2.0-only
/* cohmem-sim run */
#include <errno.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli.h"
#include "gpu.h"
#include "options.h"
#include "regs.h"
#include "server.h"

static const char usage[] =
"Usage: cohmem-sim run --model MODEL --mem FILE --socket PATH [OPTION...]\n"
"       cohmem-sim run --like FILE[#BDF] --mem FILE --socket PATH [OPTION...]\n"
"\n"
"Emulate a superchip until SIGTERM. Prints one line beginning with 'ready'\n"
"once QEMU can connect.\n"
"\n";

struct run {
	struct sim_setup setup;
	struct sim_setup given;	/* what of it the command line says */
	const char *model, *like, *config, *addressing;
	const char *socket, *control, *log, *record, *replay, *egm;
	u64 egm_size;
	s64 link_ms, train_ms;
	u64 device_id;
	bool has_id, has_hbm, has_base, has_range2, has_bar[6], verbose, once;
	struct sim_model own;	/* of --like */
	struct sim_gpu gpu;	/* of --like, or --config */
	struct sim_notes notes;
};

#define AT(member)	offsetof(struct run, member)

static const struct sim_option options[] = {
	{ "model", 0, SIM_OPT_TEXT, "MODEL", AT(model), 0,
	  "what to emulate; see 'cohmem-sim models'" },
	{ "like", 0, SIM_OPT_TEXT, "FILE[#BDF]", AT(like), 0,
	  "or: the GPU of a recording (cohmem record), of what\n"
	  "lspci -vvxxxx prints, or of 'cohmem-sim models'" },
	{ "mem", 0, SIM_OPT_TEXT, "FILE", AT(given.hbm_path), 0,
	  "the coherent memory: a sparse file, made if absent,\n"
	  "that QEMU maps too (memory-backend-file,share=on)" },
	{ "hbm", 0, SIM_OPT_NUMBER, "SIZE", AT(given.hbm_size), AT(has_hbm),
	  "its size (the model's default: 96G)" },
	{ "mem-base", 0, SIM_OPT_NUMBER, "ADDR", AT(given.mem_base), AT(has_base),
	  "where QEMU puts it (0x1000000000)" },
	{ "egm", 0, SIM_OPT_TEXT, "FILE@ADDR", AT(egm), 0,
	  "the EGM of its socket: a file that QEMU maps at this\n"
	  "physical address; has to be there" },
	{ "egm-size", 0, SIM_OPT_NUMBER, "SIZE", AT(egm_size), 0,
	  "how much of the file is EGM (all)" },
	{ "socket", 0, SIM_OPT_TEXT, "PATH", AT(socket), 0,
	  "vfio-user socket to listen on" },
	{ "control", 0, SIM_OPT_TEXT, "PATH", AT(control), 0,
	  "control socket for 'cohmem-sim ctl'" },
	{ "device-id", 0, SIM_OPT_NUMBER, "ID", AT(device_id), AT(has_id),
	  "PCI device id instead of the model's" },
	{ "config", 0, SIM_OPT_TEXT, "FILE", AT(config), 0,
	  "config space of a real part (lspci -xxxx) instead of\n"
	  "the model's capabilities and ids" },
	{ "addressing", 0, SIM_OPT_TEXT, "WORD", AT(addressing), 0,
	  "the engine's addresses of coherent memory: offset, or\n"
	  "hpa as GB200 has it (offset)" },
	{ "link-ms", 0, SIM_OPT_NUMBER, "N", AT(link_ms), 0,
	  "chip-to-chip link trains for N ms after a reset (20)" },
	{ "train-ms", 0, SIM_OPT_NUMBER, "N", AT(train_ms), 0,
	  "memory trains for N ms after a reset (50)" },
	{ "bar0-size", 0, SIM_OPT_NUMBER, "SIZE", AT(given.bar_size[0]),
	  AT(has_bar[0]), "size of BAR0 (the model's)" },
	{ "real-bar2", 0, SIM_OPT_NUMBER, "SIZE", AT(given.bar_size[2]),
	  AT(has_bar[2]), "size of the real BAR2, 0 for none (the model's)" },
	{ "real-bar4", 0, SIM_OPT_NUMBER, "SIZE", AT(given.bar_size[4]),
	  AT(has_bar[4]), "the same of BAR4" },
	{ "cxl-range2", 0, SIM_OPT_NUMBER, "SIZE", AT(given.cxl_range2),
	  AT(has_range2), "the CXL DVSEC has two ranges; so much of the memory,\n"
	  "or 0, is the second's" },
	{ "no-msix", 0, SIM_OPT_FLAG, NULL, AT(given.no_msix), 0,
	  "interrupts by INTA only (see cohmem-sim(1))" },
	{ "any-file", 0, SIM_OPT_FLAG, NULL, AT(given.any_file), 0,
	  "DMA to any file of the client's, not only to memory:\n"
	  "it may keep the emulator waiting" },
	{ "record", 0, SIM_OPT_TEXT, "FILE", AT(record), 0,
	  "write down the control commands that come, with their\ntime" },
	{ "replay", 0, SIM_OPT_TEXT, "FILE", AT(replay), 0,
	  "run the commands of such a file at their time" },
	{ "log", 0, SIM_OPT_TEXT, "FILE", AT(log), 0,
	  "write the log there instead of standard error" },
	{ "verbose", 'v', SIM_OPT_FLAG, NULL, AT(verbose), 0,
	  "log every message" },
	{ "once", 0, SIM_OPT_FLAG, NULL, AT(once), 0,
	  "exit when the client disconnects" },
	{ }
};

static void help(void)
{
	fputs(usage, stdout);
	cohmem_sim_options_help(options);
}

static bool power_of_two(u64 n)
{
	return n && !(n & (n - 1));
}

static int bar_size(const char *name, u64 size, bool zero_ok)
{
	if ((!size && zero_ok) || (power_of_two(size) && size >= 4096 &&
				   size <= COHMEM_REGION_SIZE_MAX))
		return 0;
	return cohmem_sim_usage_error("run",
		"%s: a BAR's size is a power of two, 4K to 1T", name);
}

static void of_model(struct run *r, const struct sim_model *m)
{
	struct sim_setup *s = &r->setup;
	unsigned int i;

	s->model = m;
	s->device_id = m->device_id;
	s->hbm_size = m->hbm_size;
	s->mem_base = SIM_MEM_BASE;
	cohmem_sim_model_bars(m, s->bar_size, s->bar_bits);
	for (i = 0; i < SIM_CXL_RANGES; i++)
		s->cxl_timeout[i] = 1;
}

/* What --model, --like and --config say. Return: 0, or an exit code. */
static int choose(struct run *r)
{
	const struct sim_model *m = NULL;
	int code;

	if (r->like && r->config)
		return cohmem_sim_usage_error("run",
				"--like has a config space already: no --config");
	if (r->like) {
		code = cohmem_sim_be_like("run", r->like, r->model, &r->gpu, &m,
					  &r->notes);
		if (code)
			return code;
		of_model(r, m);
		cohmem_sim_gpu_setup(&r->gpu, m, &r->own, &r->setup, &r->notes);
		return 0;
	}
	m = cohmem_sim_need_model("run", r->model);
	if (!m)
		return SIM_EXIT_USAGE;
	of_model(r, m);
	if (r->config && cohmem_sim_gpu_dump(r->config, &r->gpu, &r->notes)) {
		fprintf(stderr, "cohmem-sim: --config: %s: %s\n", r->config,
			r->notes.why);
		return SIM_EXIT_FAILURE;
	}
	if (r->config)
		r->setup.dump = r->gpu.byte;
	return 0;
}

/* What is said on the command line goes before. */
static int override(struct run *r)
{
	struct sim_setup *s = &r->setup, *given = &r->given;
	unsigned int i;

	s->hbm_path = given->hbm_path;
	s->no_msix = given->no_msix;
	s->any_file = given->any_file;
	if (r->has_hbm)
		s->hbm_size = given->hbm_size;
	if (r->has_base)
		s->mem_base = given->mem_base;
	if (r->has_range2) {
		s->cxl_two_ranges = true;
		s->cxl_range2 = given->cxl_range2;
	}
	for (i = 0; i < 6; i++) {
		if (!r->has_bar[i])
			continue;
		s->bar_size[i] = given->bar_size[i];
		if (s->bar_size[i] && !s->bar_bits[i] && !r->like)
			s->bar_bits[i] = SIM_BAR_BITS;
	}
	if (r->has_id && r->device_id > 0xffff)
		return cohmem_sim_usage_error("run", "--device-id: 16 bits");
	if (r->has_id)
		s->device_id = r->device_id;
	s->hpa = r->addressing && !strcmp(r->addressing, "hpa");
	if (r->addressing && !s->hpa && strcmp(r->addressing, "offset"))
		return cohmem_sim_usage_error("run",
				"--addressing: offset or hpa");
	return 0;
}

/* BARs are registers: one of 64 bits takes the next one's place. */
static int bars_fit(const struct run *r)
{
	static const char *const name[6] = {
		"--bar0-size", "BAR1", "--real-bar2", "BAR3", "--real-bar4",
		"BAR5",
	};
	const struct sim_setup *s = &r->setup;
	unsigned int i;
	int code = 0;

	for (i = 0; !code && i < 6; i++) {
		u64 size = s->bar_size[i];
		bool wide = s->bar_bits[i] & COHMEM_BAR_TYPE_64;

		code = bar_size(name[i], size, i);
		if (!code && size && (wide ? i == 5 || s->bar_size[i + 1] :
					     size > 1U << 31))
			code = cohmem_sim_usage_error("run",
					"%s: there is no room for it", name[i]);
	}
	return code;
}

static int settle(struct run *r)
{
	const struct sim_setup *s = &r->setup;
	int code = choose(r);

	if (!code)
		code = override(r);
	if (code)
		return code;
	if (!s->hbm_path || !r->socket)
		return cohmem_sim_usage_error("run", "%s is missing",
				r->socket ? "--mem" : "--socket");
	if (!s->hbm_size || s->hbm_size % SIM_HBM_PAGE)
		return cohmem_sim_usage_error("run",
				"--hbm: a multiple of 4K, more than 0");
	if (s->cxl_two_ranges && !s->model->cxl_dvsec)
		return cohmem_sim_usage_error("run",
				"--cxl-range2: model %s has no CXL DVSEC",
				s->model->name);
	if (s->model->cxl_dvsec && s->hbm_size % (256 << 20))
		return cohmem_sim_usage_error("run",
				"--hbm: the CXL DVSEC knows multiples of 256M");
	if (!s->no_msix && s->bar_size[0] < SIM_MSIX_BAR0_SIZE &&
	    (!r->like || cohmem_sim_gpu_find(&r->gpu, &cohmem_sim_cap_msix)))
		return cohmem_sim_usage_error("run",
				"--bar0-size: MSI-X needs 4M; or give --no-msix");
	if (s->cxl_range2 % (256 << 20) || s->cxl_range2 >= s->hbm_size)
		return cohmem_sim_usage_error("run",
				"--cxl-range2: a multiple of 256M, less than --hbm");
	return bars_fit(r);
}

static int failed(const char *what, int err)
{
	fprintf(stderr, "cohmem-sim: %s: %s\n", what, strerror(-err));
	if (err == -EADDRINUSE)
		fputs("Another cohmem-sim serves this socket; stop it or choose "
		      "another path.\n", stderr);
	if (err == -EBUSY)
		fputs("Another cohmem-sim has this memory; stop it or choose "
		      "another file.\n", stderr);
	if (err == -EFBIG)
		fputs("It has less than --egm-size says; make it larger.\n",
		      stderr);
	if (err == -EEXIST)
		fputs("It exists and is not what is needed (a file of another "
		      "size, or no socket); remove it.\n", stderr);
	return SIM_EXIT_FAILURE;
}

/* FILE@ADDR; what stands before the last '@' is the file's name. */
static int open_egm(struct run *r)
{
	const char *at = r->egm ? strrchr(r->egm, '@') : NULL;
	char *path;
	int err;
	u64 base;

	if (!r->egm)
		return r->egm_size ? cohmem_sim_usage_error("run",
				"--egm-size: --egm is missing") : 0;
	if (!at || at == r->egm || cohmem_sim_parse_size(at + 1, &base))
		return cohmem_sim_usage_error("run",
				"--egm: a file, '@', and its physical address");
	if (r->egm_size % SIM_HBM_PAGE)
		return cohmem_sim_usage_error("run",
				"--egm-size: a multiple of 4K");
	path = strndup(r->egm, at - r->egm);
	if (!path)
		return failed("--egm", -ENOMEM);
	err = cohmem_sim_egm_open(&r->setup.egm, path, base, r->egm_size);
	if (err)
		err = failed(path, err);
	free(path);
	return err;
}

static int serve(struct run *r, struct sim *s)
{
	static struct sim_script script;
	struct sim_server v;
	int err;

	err = cohmem_sim_script_open(&script, r->record, r->replay,
				     cohmem_sim_clock_ns(&s->clock));
	if (err) {
		cohmem_sim_script_close(&script);
		return failed(r->replay && (!r->record || script.to) ?
			      r->replay : r->record, err);
	}
	err = cohmem_sim_server_open(&v, s, r->socket, r->control, &script);
	if (err) {
		int code = failed(v.socket_path ? r->control : r->socket, err);

		cohmem_sim_server_close(&v);
		cohmem_sim_script_close(&script);
		return code;
	}
	v.once = r->once;
	printf("ready model=%s device=%04x:%04x hbm=%llu mem=%s socket=%s\n",
	       s->model->name, sim_get16(s->config.byte, PCI_VENDOR_ID),
	       r->setup.device_id,
	       (unsigned long long)s->hbm.size, r->setup.hbm_path, r->socket);
	fflush(stdout);
	err = cohmem_sim_server_run(&v);
	cohmem_sim_server_close(&v);
	cohmem_sim_script_close(&script);
	return err ? failed("poll", err) : 0;
}

/**
 * cohmem_sim_cmd_run() - cohmem-sim run
 * @argc: arguments, the command's name first
 * @argv: the same
 * Return: exit code.
 */
int cohmem_sim_cmd_run(int argc, char **argv)
{
	static struct run r = { .link_ms = SIM_FOLLOW, .train_ms = SIM_FOLLOW };
	const char *why = NULL;
	FILE *log = NULL;
	struct sim *s;
	int code, err;

	code = cohmem_sim_options("run", options, help, &r, argc, argv);
	if (code == SIM_OPTIONS_GO_ON)
		code = cohmem_sim_no_arguments("run", argc, argv);
	if (code != SIM_OPTIONS_GO_ON)
		return code;
	code = settle(&r);
	if (!code)
		code = open_egm(&r);
	if (code)
		return code;
	if (r.log) {
		log = fopen(r.log, "a");
		if (!log)
			return failed(r.log, -errno);
	}
	s = malloc(sizeof(*s));
	err = s ? cohmem_sim_init(s, &r.setup, &why) : -ENOMEM;
	if (err && why) {
		fprintf(stderr, "cohmem-sim: config space: %s\n", why);
		code = SIM_EXIT_FAILURE;
	} else if (err) {
		code = failed(r.setup.hbm_path, err);
	} else {
		if (r.like) {
			cohmem_sim_gpu_explain(&r.gpu, &s->config, &r.notes);
			cohmem_sim_say_notes(r.like, &r.notes);
		}
		if (log)
			s->log = log;
		s->verbose = r.verbose || r.log;
		if (r.link_ms != SIM_FOLLOW)
			s->will.link_ms = r.link_ms;
		if (r.train_ms != SIM_FOLLOW)
			s->will.train_ms = r.train_ms;
		s->initial = s->will;
		code = serve(&r, s);
		cohmem_sim_fini(s);
	}
	free(s);
	if (log)
		fclose(log);
	return code;
}
